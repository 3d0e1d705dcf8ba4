"""Sums over an irreducible mesh, averaged over the group, are the sums over all its points; and tables of allowed components."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from crystals import DIAMOND, FCC, SPIN, atomic_orbitals, platinum, random_functions

import symcur as sc
from symcur.band_structures.numeric import from_hoppings
from symcur.brillouin import irreducible_mesh, keeps_mesh
from symcur.materials import (
    allowed_components,
    model_symmetry,
    projections,
    reduced_mesh,
    symmetric_tensor,
    symmetrize_with_group,
    symmetry_group,
    tensor_matrices,
)  # fmt: skip

# Meshes contain momenta of high symmetry, where bands touch.
pytestmark = pytest.mark.filterwarnings("ignore::symcur.eigenstates.DegeneracyWarning")

HEXAGONAL = [[3.0, 0, 0], [-1.5, 1.5 * np.sqrt(3), 0], [0, 0, 5.1]]
BCC = np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]) * 1.43


# -- meshes ------------------------------------------------------------------------------------------------------------
def orbit_weights(matrices, mesh, offset):
    """Orbits point by point, in fractions: the sizes of all of them."""
    points = {
        tuple(Fraction(m + o) / n for m, o, n in zip(place, offset, mesh, strict=True))
        for place in itertools.product(*map(range, mesh))
    }
    sizes = []
    while points:
        u = points.pop()
        orbit = {tuple(sum(int(M[i, j]) * u[j] for j in range(len(u))) % 1 for i in range(len(u))) for M in matrices}
        sizes.append(len(orbit))
        points -= orbit
    return sorted(sizes)


HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("atoms", "lattice", "mesh", "offset"),
    [
        (DIAMOND, FCC, (6, 6, 6), (0, 0, 0)),
        (DIAMOND, FCC, (5, 5, 5), (HALF, HALF, HALF)),
        (DIAMOND, FCC, (4, 4, 2), (0, 0, HALF)),
        ({"A": [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]}, HEXAGONAL, (6, 6, 4), (0, 0, HALF)),
        (
            {"A": [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]},
            HEXAGONAL,
            (4, 4, 1),
            (Fraction(1, 3), Fraction(1, 3), 0),
        ),
    ],
)
def test_weights_are_the_sizes_of_orbits(atoms, lattice, mesh, offset) -> None:
    basis = projections(atoms, "\n".join(f"{name}: s" for name in atoms))
    group = symmetry_group(random_functions(np.array(lattice), basis), atoms=atoms, orbitals=basis)
    reduced, kept = reduced_mesh(group, mesh, offset)
    assert sorted(reduced.weights) == orbit_weights(kept.on_momenta, mesh, offset)
    assert reduced.weights.sum() == np.prod(mesh)
    assert np.array_equal(np.bincount(reduced.orbits.ravel()), reduced.weights)
    assert reduced.weights.dtype.kind == "i"


@pytest.mark.parametrize("n", [4, 6])
def test_points_of_odd_parity_are_a_mesh_with_all_symmetries_of_the_fcc_lattice(n) -> None:
    basis = projections(DIAMOND, "C: s")
    matrices = symmetry_group(random_functions(FCC, basis), atoms=DIAMOND, orbitals=basis).on_momenta
    assert not keeps_mesh(matrices, (n,) * 3, HALF).all()  # moved by half a step it has not
    mesh = irreducible_mesh(matrices, (n,) * 3, parity=(1, 1, 1))
    m = np.stack(np.unravel_index(np.arange(n**3), (n,) * 3), axis=-1)
    odd, place = m[m.sum(axis=1) % 2 == 1], {tuple(point): j for j, point in enumerate(m)}
    orbits = {frozenset(place[tuple(W @ point % n)] for W in matrices) for point in odd}
    assert sorted(mesh.weights) == sorted(map(len, orbits))
    assert mesh.weights.sum() == n**3 // 2
    assert np.array_equal(np.bincount(mesh.orbits[mesh.orbits >= 0]), mesh.weights)
    assert ((mesh.orbits >= 0) == (m.sum(axis=1) % 2 == 1).reshape(n, n, n)).all()
    assert keeps_mesh(matrices, (n,) * 3, parity=(1, 0, 0)).sum() < len(matrices)
    for wrong in ({"offset": HALF, "parity": (1, 1, 1)}, {"parity": (2, 0, 0)}, {"parity": (1, 1)}):
        with pytest.raises(ValueError, match="parity: expected"):
            irreducible_mesh(matrices, (n,) * 3, **wrong)


def test_which_operations_keep_an_anisotropic_or_shifted_mesh() -> None:
    quarter, mirror = [[0, -1], [1, 0]], [[-1, 0], [0, 1]]
    assert keeps_mesh([quarter, mirror], (4, 4)).tolist() == [True, True]
    assert keeps_mesh([quarter, mirror], (4, 6)).tolist() == [False, True]
    assert keeps_mesh([quarter, mirror], (4, 4), (0, HALF)).tolist() == [False, True]
    assert keeps_mesh([quarter, mirror], (4, 4), (0.25, 0)).tolist() == [False, False]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[[0, -1], [1, 0]]], (4, 4)), "matrices: expected a group"),
        (
            ([np.eye(2), [[0, -1], [1, 0]], -np.eye(2), [[0, 1], [-1, 0]]], (4, 6)),
            "matrices: expected a group that maps",
        ),
        (([np.eye(2)], (4, 4, 4)), "mesh: expected 2 numbers"),
        (([np.eye(2)], (4, 0)), "mesh: expected positive integers"),
        (([np.eye(2)], (4.5, 4)), "mesh: expected positive integers"),
        (([np.eye(2)], (4, 4), np.pi), "offset: expected a fraction"),
        (([np.eye(2) / 2], (4, 4)), "matrices: expected integers"),
    ],
)
def test_meshes_that_make_no_sense_are_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        irreducible_mesh(*arguments)


# -- integrals ---------------------------------------------------------------------------------------------------------
def integrands(models, k, mu=0.1, T=0.4):
    """The occupied sums of the conventional and the regular conserved conductivity and the dipoles on the Fermi surface: {name: (K, i, l, s)}."""
    e = models[0].energies(k)
    f, slope = 0.5 * (1 - np.tanh((e - mu) / T / 2)), 0.25 / T / np.cosh((e - mu) / T / 2) ** 2
    v = sc.evaluate(models[0], "velocity", k)
    curvatures = {
        name: np.stack([np.einsum("kn,knli->kil", f, sc.evaluate(model, name, k)) for model in models], axis=-1)
        for name in ("s_berry_curvature", "symmetrized_curvature")
    }
    dipoles = [np.einsum("kn,kni,knl->kil", slope, sc.evaluate(model, "s_dipole", k), v) for model in models]
    return curvatures | {"dipole": np.stack(dipoles, axis=-1)}


def compare(models, group, mesh, offset, indices="kks", *, mu=0.1, T=0.4):
    """The largest difference between irreducible and full sums, relative to the sum of moduli, averaged and not averaged."""
    reduced, kept = reduced_mesh(group, mesh, offset)
    cell = models[0].cell
    full = (np.stack(np.meshgrid(*map(np.arange, mesh), indexing="ij"), axis=-1) + np.array(offset, dtype=float)) / mesh
    everywhere = integrands(models, full.reshape(-1, len(mesh)) @ cell.reciprocal, mu, T)
    irreducible = integrands(models, reduced.momenta(cell.reciprocal), mu, T)
    chosen = (...,) if "s" in indices else (..., 0)
    scale = max(np.abs(values).sum(axis=0)[chosen].max() for values in everywhere.values())
    averaged, plain = [], []
    for name, values in everywhere.items():
        part, total = np.tensordot(reduced.weights, irreducible[name], axes=1)[chosen], values.sum(axis=0)[chosen]
        averaged.append(np.abs(symmetric_tensor(kept, part, indices) - total).max() / scale)
        plain.append(np.abs(part - total).max() / scale)
    assert len(reduced.weights) < np.prod(mesh)
    return max(averaged), max(plain)


def model_of(functions, s):
    hoppings = {tuple(map(int, R)): t for R, t in zip(functions.cells, functions.hamiltonian, strict=True)}
    positions = functions.centres @ np.linalg.inv(functions.lattice)
    return from_hoppings(hoppings, s, functions.lattice, positions=positions)


SPREAD = {"A": [[0, 0.13, 0.1], [0.5, -0.13, 0.1]], "B": [[0, 0.3, 0.45], [0.5, -0.3, 0.45]]}
CRYSTALS = {
    "diamond": (FCC, {"atoms": DIAMOND, "orbitals": "C: p", "spin": "block"}, (4, 4, 4), (0, 0, HALF)),
    "glide": (np.diag([3.0, 4.1, 5.3]), {"atoms": SPREAD, "orbitals": "A: s\nB: s", "spin": "block"}, (4, 3, 3), (0, HALF, 0)),
    "ferromagnet": (
        BCC,
        {"atoms": {"Fe": [[0, 0, 0]]}, "moments": {"Fe": [[0, 0, 2.2]]}, "orbitals": "Fe: s; p", "spin": "block"},
        (4, 4, 4),
        (HALF, HALF, HALF),
    ),
}  # fmt: skip


@cache
def crystal(name):
    lattice, description, mesh, offset = CRYSTALS[name]
    basis = projections(description["atoms"], description["orbitals"], "block")
    before = random_functions(np.array(lattice), basis)
    group = symmetry_group(before, **description)
    functions = symmetrize_with_group(before, group, most=np.inf)
    return functions, group, mesh, offset


@pytest.mark.parametrize("name", CRYSTALS)
def test_three_spins_on_the_irreducible_mesh_of_the_whole_group(name) -> None:
    functions, group, mesh, offset = crystal(name)
    models = [model_of(functions, np.kron(S, np.eye(functions.size // 2))) for S in SPIN]
    averaged, plain = compare(models, group, mesh, offset)
    assert averaged < 1e-12 < 1e-3 < plain


@pytest.mark.parametrize("name", CRYSTALS)
def test_one_spin_on_the_irreducible_mesh_of_the_operations_that_keep_it(name) -> None:
    functions, group, mesh, offset = crystal(name)
    s = np.kron(SPIN[2], np.eye(functions.size // 2))
    averaged, plain = compare([model_of(functions, s)], group.preserving(s), mesh, offset, "kk")
    assert averaged < 1e-12 < 1e-3 < plain


def test_wrong_signs_of_s_or_time_reversal_are_noticed() -> None:
    functions, group, mesh, offset = crystal("glide")
    s = np.kron(SPIN[2], np.eye(functions.size // 2))
    right = group.preserving(s)
    for wrong in (
        replace(right, signs=np.abs(right.signs)),
        replace(right, signs=right.signs * np.where(right.antiunitary, -1, 1)),
    ):
        averaged, _ = compare([model_of(functions, s)], wrong, mesh, offset, "kk")
        assert averaged > 1e-3


@pytest.mark.parametrize("lambda_v", [0.0, 1.0])
def test_kane_mele_in_two_dimensions(lambda_v) -> None:
    model = sc.models.kane_mele(lambda_v=lambda_v)
    group = model_symmetry(model, ["s"] * 4, ["up", "down"] * 2)
    assert len(group) == (24 if lambda_v == 0 else 12)
    s = model.matrix("s", np.zeros(2))
    averaged, plain = compare([model], group.preserving(s), (7, 7), (0, 0), "kk")
    assert averaged < 1e-12 < 1e-3 < plain
    x, y = (np.kron(np.eye(2), S) for S in SPIN[:2])
    averaged, plain = compare([model.with_s(sc_matrix(S)) for S in (x, y, s)], group, (7, 7), (0, 0))
    assert averaged < 1e-12 < 1e-3 < plain


def sc_matrix(S):
    import sympy as sp

    return sp.Matrix(S.shape[0], S.shape[1], lambda a, b: sp.nsimplify(complex(S[a, b])))


def test_platinum_on_its_irreducible_mesh() -> None:
    """16 of 216 points, 20 meV and less apart or not."""
    raw = platinum()
    group = symmetry_group(raw, atoms={"Pt": [[0, 0, 0]]}, orbitals="Pt: s; p; d", spin="block")
    functions = symmetrize_with_group(raw, group)
    assert len(reduced_mesh(group, (6, 6, 6))[0].weights) == 16
    models = [model_of(functions, np.kron(S, np.eye(9))) for S in SPIN]
    averaged, plain = compare(models, group, (6, 6, 6), (0, 0, 0), mu=11.3158, T=0.05)
    assert averaged < 1e-12 < 0.1 < plain


# -- components --------------------------------------------------------------------------------------------------------
def table(lattice, atoms, moments=None, **options):
    basis = projections(atoms, "\n".join(f"{name}: s" for name in atoms), "block")
    functions = random_functions(np.array(lattice), basis)
    return allowed_components(symmetry_group(functions, atoms=atoms, orbitals=basis, moments=moments), **options)


def test_a_cubic_metal_has_one_spin_hall_conductivity() -> None:
    """m-3m: sigma^{ils} = eps_ils sigma, and no Hall conductivity of charge; Pt."""
    found = table(FCC, {"Pt": [[0, 0, 0]]})
    even, odd = ("xy,z", "yz,x", "zx,y"), ("yx,z", "zy,x", "xz,y")
    assert found.independent == ("xy,z",)
    assert all(found.relation(name) == {"xy,z": 1.0} for name in even)
    assert all(found.relation(name) == {"xy,z": -1.0} for name in odd)
    assert set(found.vanishing) == set(found.names) - {*even, *odd}
    assert str(found).splitlines()[1] == "xy,z = -xz,y = -yx,z = yz,x = zx,y = -zy,x"
    assert table(FCC, {"Pt": [[0, 0, 0]]}, indices="kk").independent == ()


KNOWN = {
    "m-3m": (FCC, {"A": [[0, 0, 0]]}, 1),
    "-43m": (FCC, {"A": [[0, 0, 0]], "B": [[0.25] * 3]}, 1),
    "4/mmm": (np.diag([3.0, 3, 4]), {"A": [[0, 0, 0]]}, 3),
    "6/mmm": (HEXAGONAL, {"A": [[0, 0, 0]]}, 3),
    "mmm": (np.diag([3.0, 3.5, 4]), {"A": [[0, 0, 0]]}, 6),
    "-1": ([[3.0, 0.1, 0.3], [0.4, 3.5, 0.7], [0.2, 1.1, 4]], {"A": [[0, 0, 0]]}, 27),
}
"""The number of independent spin Hall components in nonmagnetic crystals by Laue class: Seemann et al., PRB 92, 155138 (2015)."""


@pytest.mark.parametrize("name", KNOWN)
def test_numbers_of_components_are_those_of_the_literature(name) -> None:
    lattice, atoms, count = KNOWN[name]
    assert len(table(lattice, atoms).independent) == count


def test_a_ferromagnet_has_a_hall_conductivity_normal_to_its_moment() -> None:
    found = table(BCC, {"Fe": [[0, 0, 0]]}, {"Fe": [[0, 0, 2.2]]}, indices="kk")
    assert (found.independent, found.relation("yx")) == (("xy",), {"xy": -1.0})
    assert table(BCC, {"Fe": [[0, 0, 0]]}, indices="kk").independent == ()


def test_the_table_says_what_the_average_of_any_tensor_is() -> None:
    group = crystal("glide")[1]
    found = allowed_components(group)
    tensor = symmetric_tensor(group, np.random.default_rng(4).normal(size=(3, 3, 3)))
    values = dict(zip(found.names, tensor.ravel(), strict=True))
    for name, value in values.items():
        assert value == pytest.approx(sum(c * values[other] for other, c in found.relation(name).items()), abs=1e-13)
    matrices = tensor_matrices(group)
    np.testing.assert_allclose(matrices @ tensor.ravel(), np.broadcast_to(tensor.ravel(), (len(group), 27)), atol=1e-13)


def test_threefold_axes_tie_components_and_mirrors_halve_them() -> None:
    """Kane and Mele's model with a staggered potential, C_3v and time reversal."""
    found = allowed_components(model_symmetry(sc.models.kane_mele(), ["s"] * 4, ["up", "down"] * 2))
    assert set(found.independent) == {"xx,x", "xy,z"}
    assert found.relation("yy,x") == found.relation("xy,y") == {"xx,x": -1.0}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: tensor_matrices(g, "kx"), "indices: expected letters"),
        (lambda g: tensor_matrices(g.preserving(np.eye(g.matrices.shape[1])), "kks"), "indices: expected only k"),
        (lambda g: symmetric_tensor(g, np.zeros((3, 3))), "tensor: expected the shape"),
        (lambda g: g.preserving(np.eye(3)), "s: expected a matrix"),
        (lambda g: allowed_components(g).relation("xy"), "name: expected a component like xx,x"),
        (lambda g: g.subgroup([1, 2]), "operations: expected a group"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call(crystal("glide")[1])


# -- models of the library ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "characters", "spins", "operations", "ranks"),
    [
        ("haldane", ["s"] * 2, None, 12, (1, 1)),
        ("altermagnet", ["s"] * 2, ["up", "down"], 8, (1, 1)),
        ("kagome_antiferromagnet", ["s"] * 6, ["up", "down"] * 3, 12, (1,) * 6),
        ("bhz", ["s", {"p_x": 1, "p_y": 1j}, "s", {"p_x": 1, "p_y": -1j}], ["up", "up", "down", "down"], 8, (1,) * 4),
    ],
)
def test_symmetries_of_library_models(name, characters, spins, operations, ranks) -> None:
    """And the conserved conductivity summed on their irreducible meshes."""
    model = sc.models.get(name)
    group = model_symmetry(model, characters, spins)
    assert (len(group), group.multiplet_ranks()) == (operations, ranks)
    mine = group.preserving(model.matrix("s", np.zeros(2)))
    averaged, plain = compare([model], mine, (5, 5), (0, 0), "kk")
    assert averaged < 1e-12 < 1e-3 < plain


def test_a_quarter_turn_of_the_altermagnet_comes_with_time_reversal() -> None:
    group = model_symmetry(sc.models.altermagnet(), ["s"] * 2, ["up", "down"])
    assert {"-y, x, z'", "-x, -y, z"} <= {str(g) for g in group.operations}
    assert "x, y, z'" not in {str(g) for g in group.operations}


def test_layers_are_told_by_their_heights() -> None:
    """Without a bias inversion exchanges the layers; no such operation is found where both lie in one plane."""
    model = sc.models.bilayer_graphene()
    s = model.matrix("s", np.zeros(2))
    groups = {
        (u, heights): model_symmetry(model.with_values(u=u), ["p_z"] * 4, heights=heights).preserving(s)
        for u, heights in ((0, (0, 0, 1, 1)), (0.2, (0, 0, 1, 1)), (0, (0, 0, 0, 0)))
    }
    exchanging = {
        key: {str(g) for g in group.operations if group.signs[group.operations.index(g)] < 0}
        for key, group in groups.items()
    }
    assert len(exchanging[0, (0, 0, 1, 1)]) == 12
    assert exchanging[0.2, (0, 0, 1, 1)] == exchanging[0, (0, 0, 0, 0)] == set()
    with pytest.raises(ValueError, match="expected 4 each"):
        model_symmetry(model, ["p_z"] * 3)


def test_orbitals_on_three_axes_of_a_lattice_in_three_dimensions() -> None:
    functions, basis = atomic_orbitals(FCC, DIAMOND, "C: s; p")
    model = model_of(functions, np.kron(SPIN[2], np.eye(8)))
    group = model_symmetry(model, [o.character for o in basis], [o.spin for o in basis])
    assert len(group) == 96
    assert len(group.preserving(model.s)) == 32
