"""Atomic orbitals with spin are mapped by operations of space as physics maps them, and a wrong rule shows."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from crystals import DIAMOND, FCC, POLYNOMIALS, SPIN, atomic_orbitals
from scipy.linalg import expm

from symcur.materials import Orbital, acting_on, projections, representation, residuals, space_group, symmetry_group
from symcur.materials.orbitals import HARMONICS, amplitudes, harmonics, rotation_of_harmonics, rotation_of_spin

GENERATOR = np.random.default_rng(225)


def rotation(axis, angle):
    """Rodrigues: the rotation about an axis."""
    n = np.asarray(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -n[2], n[1]], [n[2], 0, -n[0]], [-n[1], n[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@pytest.mark.parametrize("inverted", [1, -1])
def test_real_harmonics_rotate_like_their_polynomials(inverted) -> None:
    O, r = inverted * rotation([0.3, -1, 0.7], 1.1), GENERATOR.normal(size=(20, 3))
    R = rotation_of_harmonics(O)
    assert list(POLYNOMIALS) != list(HARMONICS)
    assert set(POLYNOMIALS) == set(HARMONICS)
    rotated, plain = (np.stack([POLYNOMIALS[name](*x.T) for name in HARMONICS], axis=-1) for x in (r @ O, r))
    np.testing.assert_allclose(rotated, plain @ R, atol=1e-12)


@pytest.mark.parametrize("angle", [0.4, 2.2, np.pi])
def test_spins_rotate_with_space_and_do_not_see_inversion(angle) -> None:
    axis = np.array([0.6, -0.48, 0.64])
    U, exact = rotation_of_spin(-rotation(axis, angle)), expm(-1j * angle * np.tensordot(axis, SPIN, axes=1))
    assert min(np.abs(U - sign * exact).max() for sign in (1, -1)) < 1e-12


CRYSTALS = {
    "diamond, s and p": (FCC, DIAMOND, "C: s; p", "block", 96),
    "fcc turned in space, d interlaced": (
        FCC @ rotation([0.3, -1, 0.7], 1.1),
        {"A": [[0, 0, 0]]},
        "A: d",
        "interlaced",
        96,
    ),
    "simple cubic, s and f": (np.eye(3) * 1.6, {"A": [[0, 0, 0]]}, "A: l=0; f", "block", 96),
    "hexagonal close packed, p": (
        [[1.6, 0, 0], [-0.8, 0.8 * np.sqrt(3), 0], [0, 0, 2.6]],
        {"A": [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]},
        "A: pz; px; py",
        "block",
        48,
    ),
}


@pytest.mark.parametrize("name", CRYSTALS)
def test_overlaps_of_orbitals_with_spin_orbit_coupling_have_every_operation_of_the_crystal(name) -> None:
    lattice, atoms, text, spin, count = CRYSTALS[name]
    functions, basis = atomic_orbitals(np.array(lattice), atoms, text, spin=spin)
    group = symmetry_group(functions, atoms=atoms, orbitals=basis)
    assert len(group) == count
    assert residuals(functions, group).max() < 1e-12
    assert group.multiplet_ranks() == (2,) * (functions.size // 2)


@cache
def diamond():
    return atomic_orbitals(FCC, DIAMOND, "C: s; p")


FAULTS = {
    "spins rotate backwards": ("rotation_of_spin", lambda O: rotation_of_spin(O.T)),
    "a wrong sign in SU(2)": ("rotation_of_spin", lambda O: rotation_of_spin(O).conj()),
    "the improper part acts on the spin": ("rotation_of_spin", lambda O: rotation_of_spin(np.linalg.det(O) * O[::-1])),
    "orbitals rotate backwards": ("rotation_of_harmonics", lambda O: rotation_of_harmonics(O.T)),
    "time reversal without the spin": ("_REVERSAL", np.eye(2)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_rules_are_noticed(fault, monkeypatch) -> None:
    functions, basis = diamond()
    monkeypatch.setattr(representation, *FAULTS[fault])
    group = symmetry_group(functions, atoms=DIAMOND, orbitals=basis)
    assert residuals(functions, group).max() > 0.1


def test_a_wrong_order_of_orbitals_or_spins_is_noticed() -> None:
    functions, _ = diamond()
    exchanged = {"p_z": "p_x", "p_x": "p_y", "p_y": "p_z"}
    orbitals = [
        Orbital(o.position, exchanged.get(o.name, o.name), o.spin) for o in projections(DIAMOND, "C: s; p", "block")
    ]
    for given, spin in ((orbitals, None), ("C: s; p", "interlaced")):
        wrong = symmetry_group(functions, atoms=DIAMOND, orbitals=given, spin=spin)
        assert residuals(functions, wrong).max() > 0.1, (given, spin)


def test_hybrids_along_the_bonds_are_the_orbitals_in_another_basis() -> None:
    """H between sp3 functions, turned from H between s and p; and the same hybrids as amplitudes of harmonics."""
    functions, basis = atomic_orbitals(FCC, DIAMOND, "C: s; p", spin=None)
    hybrids = projections(DIAMOND, "C: sp3")
    V, W = (np.kron(np.eye(2), amplitudes(some[:4])) for some in (basis, hybrids))
    turn = V.conj().T @ W
    turned = turn.conj().T @ functions.hamiltonian @ turn
    spread = [Orbital(o.position, {n: a for n, a in zip(HARMONICS, o.amplitudes(), strict=True) if a}) for o in hybrids]
    for orbitals in (hybrids, spread):
        group = symmetry_group(functions, atoms=DIAMOND, orbitals=orbitals)
        assert residuals(type(functions)(FCC, functions.cells, turned, functions.centres), group).max() < 1e-12


def test_local_axes_turn_the_functions() -> None:
    """p_z along a body diagonal is (p_x + p_y + p_z)/sqrt(3)."""
    x, z = np.array([1, -1, 0]) / np.sqrt(2), np.ones(3) / np.sqrt(3)
    along = Orbital((0, 0, 0), "p_z", axes=[x, np.cross(z, x), z]).amplitudes()
    np.testing.assert_allclose(along[[HARMONICS.index(f"p_{i}") for i in "xyz"]], np.ones(3) / np.sqrt(3), atol=1e-14)


@pytest.mark.parametrize(
    ("shell", "directions"),
    [
        ("sp", [[1, 0, 0], [-1, 0, 0]]),
        ("sp2", [[-1, np.sqrt(3), 0], [-1, -np.sqrt(3), 0], [2, 0, 0]]),
        ("sp3", [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]),
        ("sp3d", [[-1, np.sqrt(3), 0], [-1, -np.sqrt(3), 0], [2, 0, 0], [0, 0, 1], [0, 0, -1]]),
        ("sp3d2", [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]]),
    ],
)
def test_hybrids_are_orthonormal_and_point_along_their_bonds(shell, directions) -> None:
    """<r> of each, in the order of wannier90: the six sp3d2 of its Fe lie along -x, x, -y, y, -z, z."""
    hybrids = projections({"C": [[0, 0, 0]]}, f"C: {shell}")
    V = amplitudes(hybrids)
    np.testing.assert_allclose(V.conj().T @ V, np.eye(len(directions)), atol=1e-14)
    z, weights = np.polynomial.legendre.leggauss(6)
    angles = 2 * np.pi * np.arange(12) / 12
    rho = np.sqrt(1 - z**2)[:, None]
    r = np.stack(np.broadcast_arrays(rho * np.cos(angles), rho * np.sin(angles), z[:, None]), axis=-1).reshape(-1, 3)
    f = (harmonics(r) @ V).real
    centres = np.einsum("p,pn,pi->ni", np.repeat(weights, 12), f**2, r)
    for centre, direction in zip(centres, directions, strict=True):
        np.testing.assert_allclose(centre / np.linalg.norm(centre), direction / np.linalg.norm(direction), atol=1e-13)


def test_projections_are_read_in_the_order_of_wannier90() -> None:
    atoms = {"Ga": [[0, 0, 0]], "As": [[0.25] * 3, [0.75] * 3]}
    found = projections(atoms, "As: l=0; pz\nf=0.5,0,0: dx2-y2", "interlaced")
    names = [(o.position[0], o.name, o.spin) for o in found]
    per_site = [(n, s) for n in ("s", "p_z") for s in ("up", "down")]
    expected = [(x, *p) for x in (0.25, 0.75) for p in per_site] + [(0.5, "d_x2-y2", s) for s in ("up", "down")]
    assert names == expected


def test_functions_of_a_line_come_as_written_or_by_l_and_mr() -> None:
    """Wannier90 takes the functions of a line from l = -5 to 3; local axes hold for the line."""
    for text in (
        "C: p;s;sp3d2-2;dxy;dz2",
        "C: l=1; s; l=2,mr=5,1; l=-5,mr=2",
        "c : dz2,dxy;pz;px;py;s;sp3d2-2:zona=2:r=2",
    ):
        names = [o.name for o in projections({"C": [[0, 0, 0]]}, text, by_number=True)]
        assert names == ["sp3d2-2", "s", "p_z", "p_x", "p_y", "d_z2", "d_xy"]
    written = [o.name for o in projections({"C": [[0, 0, 0]]}, "C: dxy; s; px, pz")]
    assert written == ["d_xy", "s", "p_x", "p_z"]
    [turned] = projections({"C": [[0, 0, 0]]}, "C: pz: z=1,1,0 : x=0,0,1")
    np.testing.assert_allclose(turned.amplitudes()[1:4], [0, *np.sqrt([0.5, 0.5])], atol=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Orbital((0, 0, 0), "g_z4"), "character: expected one of s, p_z"),
        (lambda: Orbital((0, 0, 0), {"sp-1": 1}).amplitudes(), "character: expected amplitudes of"),
        (lambda: Orbital((0, 0), "s"), "position: expected three"),
        (lambda: Orbital((0, 0, 0), "s", "left"), "spin: expected 'up'"),
        (lambda: Orbital((0, 0, 0), "s", axes=np.ones((3, 3))), "axes: expected orthonormal"),
        (lambda: projections(DIAMOND, "Si: s"), "orbitals: expected one of the species C"),
        (lambda: projections(DIAMOND, "C s"), "orbitals: expected 'site: characters'"),
        (lambda: projections(DIAMOND, "f=1,a,0: s"), "orbitals: expected three numbers"),
        (lambda: projections(DIAMOND, "f=1,0: s"), "orbitals: expected three numbers"),
        (lambda: projections(DIAMOND, "C: s(u)"), "for both spins"),
        (lambda: projections(DIAMOND, "C: l=4"), "expected l from -5 to 3"),
        (lambda: projections(DIAMOND, "C: l=1,mr=4"), "expected l from -5 to 3"),
        (lambda: projections(DIAMOND, "C: p: z=1,0,0"), "axes z and x at right angles"),
        (lambda: projections(DIAMOND, "C: p: y=1,0,0"), "expected z=, x=, zona= or r="),
        (lambda: projections(DIAMOND, "C: s", "both"), "spin: expected 'block'"),
        (lambda: projections(DIAMOND, "\n"), "orbitals: expected lines"),
        (lambda: acting("C: s; px"), "orbitals: expected functions that .* maps onto each other, got none for the function"),
        (lambda: acting("f=0,0,0: s"), "orbitals: expected functions at the image of"),
        (lambda: acting("C: s\nf=0,0,0: p"), "orbitals: expected functions that"),
        (lambda: amplitudes([Orbital((0, 0, 0), n) for n in ("s", "sp-1")]), "orbitals: expected orthonormal functions"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make, message) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def acting(text):
    return acting_on(space_group(FCC, DIAMOND), projections(DIAMOND, text))
