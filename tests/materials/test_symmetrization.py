"""H(R), A(R) and S(R) averaged over a group have every operation, and what the average changed is told."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from crystals import DIAMOND, FCC, atomic_orbitals, bloch, platinum, random_functions
from reference_materials import data

from symcur.materials import (
    Orbital,
    WannierFunctions,
    projections,
    read_functions,
    residuals,
    symmetries,
    symmetrize,
    symmetrize_with_group,
    symmetry_group,
)  # fmt: skip
from symcur.materials.symmetrization import _relabelled

PLATINUM = {"atoms": {"Pt": [[0, 0, 0]]}, "orbitals": "Pt: s; p; d", "spin": "block"}
CRYSTALS = {
    "diamond": (FCC, {"atoms": DIAMOND, "orbitals": "C: s; p", "spin": "block"}, 96),
    "zinc blende, hybrids": (FCC, {"atoms": {"Ga": [[0, 0, 0]], "As": [[0.25] * 3]}, "orbitals": "Ga: sp3\nAs: sp3"}, 48),
    "glide": (
        np.diag([3.0, 4.1, 5.3]),
        {
            "atoms": {"A": [[0, 0.13, 0.1], [0.5, -0.13, 0.1]], "B": [[0, 0.3, 0.45], [0.5, -0.3, 0.45]]},
            "orbitals": "A: s; py\nB: s",
            "spin": "interlaced",
        },
        8,
    ),
    "polar, threefold": (
        np.array([[3.0, 0, 0], [-1.5, 1.5 * np.sqrt(3), 0], [0, 0, 5.1]]),
        {"atoms": {"A": [[0, 0, 0]], "B": [[1 / 3, 2 / 3, 0.3]]}, "orbitals": "A: p\nB: s"},
        12,
    ),
    "ferromagnet": (
        np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]) * 1.43,
        {"atoms": {"Fe": [[0, 0, 0]]}, "moments": {"Fe": [[0, 0, 2.2]]}, "orbitals": "Fe: s; p", "spin": "block"},
        16,
    ),
    "antiferromagnet": (
        np.diag([3.0, 3.0, 4.0]),
        {"atoms": {"Mn": [[0, 0, 0], [0.5] * 3]}, "moments": {"Mn": [[0, 0, 1], [0, 0, -1]]}, "orbitals": "Mn: s", "spin": "block"},
        32,
    ),
}  # fmt: skip


@cache
def symmetric(name):
    """Random functions averaged over the group of a crystal: (functions before, after, group)."""
    lattice, crystal, count = CRYSTALS[name]
    basis = projections(crystal["atoms"], crystal["orbitals"], crystal.get("spin"))
    before = random_functions(np.array(lattice), basis)
    group = symmetry_group(before, **crystal)
    assert len(group) == count
    return before, symmetrize_with_group(before, group, most=np.inf), group


def home(functions):
    return int((functions.cells == 0).all(axis=1).argmax())


@pytest.mark.parametrize("name", CRYSTALS)
def test_every_operation_holds_in_momentum_space(name) -> None:
    """X(O k) = D X(k) D^+ with the components of a vector turned; with time reversal X(-O k) = D X(k)^* D^+."""
    _, f, group = symmetric(name)
    k = np.random.default_rng(7).uniform(-2, 2, size=(4, 3))
    from_sites = f.position.copy()
    from_sites[home(f), range(f.size), range(f.size)] -= group.site_of_functions @ group.lattice
    rotations = {kind: group.rotations_of(kind) for kind in ("polar", "axial")}
    for g in np.random.default_rng(5).choice(len(group), size=8, replace=False):
        O, D, T = group.cartesian[g], group.matrices[g], group.operations[g].time_reversal
        for X, kind in ((f.hamiltonian[..., None], None), (from_sites, "polar"), (f.spin, "axial")):
            here, there = bloch(f, X, k), bloch(f, X, (-k if T else k) @ O.T)
            turned = np.moveaxis(D @ np.moveaxis(here.conj() if T else here, -1, 0) @ D.conj().T, 0, -1)
            expected = turned if kind is None else turned @ rotations[kind][g].T
            np.testing.assert_allclose(there, expected, atol=1e-12, err_msg=f"{kind}, {group.operations[g]}")


@pytest.mark.slow_for("diamond")
@pytest.mark.parametrize("name", CRYSTALS)
def test_the_average_is_a_projection_and_stays_hermitian(name) -> None:
    before, f, group = symmetric(name)
    again = symmetrize_with_group(f, group, most=1e-12)
    assert np.array_equal(again.cells, f.cells)
    for X, Y in ((again.hamiltonian, f.hamiltonian), (again.position, f.position), (again.spin, f.spin)):
        np.testing.assert_allclose(X, Y, atol=1e-13)
    np.testing.assert_allclose(again.centres, f.centres, atol=1e-13)
    minus = [int((f.cells == -R).all(axis=1).argmax()) for R in f.cells]
    np.testing.assert_allclose(f.hamiltonian[minus].conj().mT, f.hamiltonian, atol=1e-13)
    assert residuals(f, group).max() < 1e-12 < 0.1 < residuals(before, group)[1:].min()


def test_symmetrising_brings_noise_closer_to_the_truth() -> None:
    """The average of H + noise is H + the average of the noise, which is smaller by about the root of the number of operations."""
    clean, basis = atomic_orbitals(FCC, DIAMOND, "C: s; p")
    noise = random_functions(FCC, basis, seed=3).hamiltonian * 1e-3
    noisy = replace(clean, hamiltonian=clean.hamiltonian + noise)
    found = symmetrize(noisy, atoms=DIAMOND, orbitals=basis, most=0.1)
    rows = [int((found.cells == R).all(axis=1).argmax()) for R in clean.cells]
    left = np.linalg.norm(found.hamiltonian[rows] - clean.hamiltonian)
    assert left < 0.3 * np.linalg.norm(noise)


def test_centres_keep_the_displacement_that_symmetry_allows() -> None:
    """Hybrids along the bonds stay displaced by one length along them; where it mixes functions that differ, they share a
    centre: in diamond that is the atom, at a threefold axis a point of the axis."""
    _, f, group = symmetric("zinc blende, hybrids")
    away = f.centres - group.site_of_functions @ group.lattice
    direction = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    lengths = np.einsum("ij,ij->i", away, np.tile(direction, (2, 1))) / 3
    np.testing.assert_allclose(away, lengths[:, None] * np.tile(direction, (2, 1)), atol=1e-13)
    assert np.ptp(lengths[:4]) < 1e-13 < np.abs(lengths).min()
    np.testing.assert_allclose(f.position[home(f), range(8), range(8)], f.centres, atol=1e-13)
    _, diamond, group = symmetric("diamond")
    np.testing.assert_allclose(diamond.centres, group.site_of_functions @ FCC, atol=1e-13)
    _, polar, group = symmetric("polar, threefold")
    away = polar.centres - group.site_of_functions @ group.lattice
    np.testing.assert_allclose(away[:3], away[0, 2] * np.array([[0, 0, 1]] * 3), atol=1e-13)
    between = polar.position[home(polar), range(3), range(3)] - polar.centres[:3]
    assert np.abs(between).max() > 1e-3, "the position matrix keeps the difference"


def test_functions_may_lie_in_any_cell() -> None:
    """Files often count a function to another cell than its atom: the result is the same, counted as in the file."""
    before, f, group = symmetric("glide")
    cells = np.random.default_rng(1).integers(-1, 2, size=(before.size, 3))
    elsewhere = symmetrize_with_group(_relabelled(before, cells), group, most=np.inf)
    np.testing.assert_allclose(elsewhere.centres, f.centres - cells @ f.lattice, atol=1e-12)
    k = np.random.default_rng(2).uniform(-1, 1, size=(3, 3))
    np.testing.assert_allclose(bloch(elsewhere, elsewhere.hamiltonian, k), bloch(f, f.hamiltonian, k), atol=1e-12)
    assert residuals(elsewhere, group).max() < 1e-12


def test_rounded_lattices_and_positions_are_made_exact() -> None:
    hexagonal = np.array([[3.0, 0, 0], [-1.5, 2.59808, 0], [0, 0, 5.1]])
    atoms = {"A": [[0.33333, 0.66667, 0.25], [0.66667, 0.33333, 0.75]]}
    basis = projections(atoms, "A: s; p", "block")
    before = random_functions(hexagonal, basis)
    group = symmetry_group(before, atoms=atoms, orbitals=basis, tolerance=1e-3)
    f = symmetrize_with_group(before, group, most=np.inf)
    assert len(group) == 48
    assert np.abs(f.lattice - hexagonal).max() < 1e-5
    np.testing.assert_allclose(group.cartesian @ group.cartesian.mT, np.broadcast_to(np.eye(3), (48, 3, 3)), atol=1e-14)
    k = np.array([0.3, -0.8, 0.5])
    energies = [np.linalg.eigvalsh(bloch(f, f.hamiltonian, O @ k)) for O in group.cartesian]
    assert np.ptp(energies, axis=0).max() < 1e-12
    assert re.search("primitive vectors changed by at most [0-9.]+e-06 Angstrom", f.notes[-1])


# -- which operations hold ---------------------------------------------------------------------------------------------
def test_the_operations_that_a_hamiltonian_has_are_found() -> None:
    """A Zeeman field along z on a random model of diamond leaves the magnetic group of a moment along z."""
    _, f, group = symmetric("diamond")
    field = f.hamiltonian.copy()
    field[home(f)] += np.diag(np.repeat([0.3, -0.3], 8))
    magnet = symmetries(replace(f, hamiltonian=field), group)
    expected = symmetry_group(f, atoms=DIAMOND, orbitals="C: s; p", spin="block", moments={"C": [[0, 0, 1], [0, 0, 1]]})
    assert len(magnet) == len(expected) == 16
    assert {str(g) for g in magnet.operations} == {str(g) for g in expected.operations}
    assert symmetries(f, group).name == group.name


def test_a_tolerance_within_the_noise_gives_no_group() -> None:
    clean, basis = atomic_orbitals(FCC, DIAMOND, "C: s; p")
    noise = random_functions(FCC, basis, seed=3).hamiltonian * 1e-3
    noisy, group = (
        replace(clean, hamiltonian=clean.hamiltonian + noise),
        symmetry_group(clean, atoms=DIAMOND, orbitals=basis),
    )
    middle = float(np.median(residuals(noisy, group)))
    with pytest.raises(ValueError, match="tolerance: expected one that a group of operations meets"):
        symmetries(noisy, group, middle)
    assert len(symmetries(noisy, group)) == 1


def test_ranks_of_multiplets_from_symmetry() -> None:
    """Inversion times time reversal makes Kramers pairs; without inversion, or in a magnet without it, nothing does."""
    ranks = {name: symmetric(name)[2].multiplet_ranks() for name in CRYSTALS}
    assert ranks["diamond"] == (2,) * 8
    assert ranks["antiferromagnet"] == (2, 2)
    assert ranks["ferromagnet"] == (1,) * 8
    assert ranks["glide"] == (1,) * 12
    assert ranks["zinc blende, hybrids"] == (1,) * 8
    for name in CRYSTALS:
        _, f, _ = symmetric(name)
        energies = np.linalg.eigvalsh(bloch(f, f.hamiltonian, np.array([0.31, -0.77, 0.53])))
        ends = np.flatnonzero(np.diff(energies) > 1e-9)
        assert tuple(np.diff([-1, *ends, f.size - 1])) == ranks[name], name


# -- files -------------------------------------------------------------------------------------------------------------
def test_platinum() -> None:
    """48 operations and time reversal change H(R) by at most 0.037 eV; inversion is off by 0.057 eV, time reversal by 0.055 eV."""
    raw = platinum()
    group = symmetry_group(raw, **PLATINUM)
    off = {str(g): r for g, r in zip(group.operations, residuals(raw, group), strict=True)}
    assert len(group) == 96
    assert off["-x, -y, -z"] == pytest.approx(0.057, abs=5e-4)
    assert off["x, y, z'"] == pytest.approx(0.055, abs=5e-4)
    found = symmetrize_with_group(raw, group, fermi_energy=11.3158)
    assert np.abs(found.hamiltonian - raw.hamiltonian).max() == pytest.approx(0.037, abs=5e-4)
    k = np.array([0.3, -0.8, 0.5])
    here, O, D = bloch(found, found.hamiltonian, k), group.cartesian, group.matrices
    signs = np.where(group.antiunitary, -1, 1)[:, None, None]
    there = bloch(found, found.hamiltonian, (signs * O) @ k)
    turned = D @ np.where(signs < 0, here.conj(), here) @ D.conj().mT
    np.testing.assert_allclose(there, turned, atol=1e-12)
    assert group.multiplet_ranks() == (2,) * 9
    changed, bands = found.notes[-3:-1]
    assert "96 operations of Fm-3m (no. 225) with time reversal: H(R) changed by at most 0.0368 eV" in changed
    moved, near = (float(x) for x in re.findall(r"at most ([0-9.]+) eV", bands))
    assert moved == pytest.approx(0.36, abs=0.01)
    assert near == pytest.approx(0.024, abs=5e-4)


def test_a_wrong_order_for_platinum_is_refused() -> None:
    """The order in the input file of the package that wrote it."""
    wrong = PLATINUM | {"orbitals": "Pt: s; pz; px; py; dxy; dyz; dxz; dx2-y2; dz2"}
    message = r"got an H\(R\) that it changes by 1.44 eV, more than most = 0.1. .* check order, spins and positions$"
    with pytest.raises(ValueError, match=message):
        symmetrize(platinum(), **wrong)


def test_cells_that_the_group_does_not_close_are_told() -> None:
    """Hoppings counted by cells and not by bonds cut a shell of neighbours: the hint names the cure."""
    clean, basis = atomic_orbitals(FCC, DIAMOND, "C: s; p")
    kept = np.abs(clean.cells @ [1, 1, 1]) <= 0
    cut = replace(clean, cells=clean.cells[kept], hamiltonian=clean.hamiltonian[kept])
    with pytest.raises(ValueError, match=r"not closed under the group .*use_ws_distance"):
        symmetrize(cut, atoms=DIAMOND, orbitals=basis)


def test_indium_arsenide_symmetrised_by_others() -> None:
    """InAs of TBmodels, symmetrised by its authors' code with spin: all 48 operations hold to rounding, in no other order of p."""
    pytest.importorskip("h5py")
    f = read_functions(data("InAs/InAs_sym_reference.hdf5"))
    atoms = {"In": [[0, 0, 0]], "As": [[0.25] * 3]}
    off = {
        p: residuals(f, symmetry_group(f, atoms=atoms, orbitals=f"In: s; {p}\nAs: {p}", spin="block")).max()
        for p in ("px; py; pz", "pz; px; py")
    }
    assert off["px; py; pz"] < 1e-12
    assert off["pz; px; py"] > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"orbitals": "Pt: s; p"}, "orbitals: expected 18, one for each function, got 8"),
        ({"atoms": {}, "orbitals": "f=0,0,0: s; p; d"}, "atoms: expected positions by species"),
        (
            {"atoms": {"Pt": [[0, 0, 0], [0, 0, 0]]}, "orbitals": "f=0,0,0: s; p; d"},
            "atoms: expected a crystal .* overlap",
        ),
        ({"atoms": {"Pt": [0, 0, 0]}, "orbitals": "f=0,0,0: s; p; d"}, r"atoms: expected an array \(n, 3\) for Pt"),
        ({"moments": {"Fe": [[0, 0, 1]]}}, "moments: expected one per atom"),
        (
            {"orbitals": [Orbital((0, 0, 0), "s", "up")] * 17 + [Orbital((0, 0, 0), "s")]},
            "orbitals: expected spins for all",
        ),
    ],
)
def test_what_does_not_fit_the_file_is_refused(change, message) -> None:
    zeros = WannierFunctions(FCC, np.zeros((1, 3), dtype=int), np.zeros((1, 18, 18)))
    with pytest.raises(ValueError, match=message):
        symmetrize(zeros, **PLATINUM | change)
