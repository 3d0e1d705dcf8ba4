"""Lattices of pybinding against its own Hamiltonian, whose wave vector has the opposite sign."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from bloch import MOMENTA, PAULI, with_positions

import symcur as sc

A, B, C = [0.1, 0.2], [0.4, 0.6, 0.3], [0.7, 0.1]
VECTORS = [[1.0, 0.1], [0.2, 1.3]]
T, U = np.array([[0.3 + 0.4j], [0.7 - 0.1j]]), np.array([[0.11j], [0.2]])
ONSITE = np.array([[1, 0.2j], [-0.2j, 0.5]])


def by_hand(k):
    """H(k) with the positions in the phases; states A (2), B, C."""
    r, vectors = np.array([A, B[:2], C]), np.array(VECTORS)
    H = np.zeros((4, 4), dtype=complex)
    H[:2, :2], H[2, 2], H[3, 3] = ONSITE / 2, 0.15, 0.15
    phase = lambda a, b, R: np.exp(1j * np.dot(k, np.array(R) @ vectors + r[b] - r[a]))  # noqa: E731
    H[:2, 2:3] = T * phase(0, 1, (0, 0)) + U * phase(0, 1, (1, 0))
    H[2, 2] += 0.5j * phase(1, 1, (0, 1))
    H[3, 2] = 0.25 * phase(2, 1, (0, 0))
    return H + H.conj().T


def sublattice(x, energy, number):
    return SimpleNamespace(position=np.array([*x, 0][:3]), energy=np.atleast_2d(energy), unique_id=number)


def family(t, R, a, b):
    return SimpleNamespace(energy=np.atleast_2d(t), terms=[SimpleNamespace(relative_index=[*R, 0], from_id=a, to_id=b)])


def stand_in(**changes):
    """What a Lattice of pybinding shows; not the package itself."""
    hoppings = {"t": family(T, (0, 0), 0, 1), "u": family(U, (1, 0), 0, 1), "b": family(0.5j, (0, 1), 1, 1), "c": family(0.25, (0, 0), 2, 1)}  # fmt: skip
    sublattices = {"C": sublattice(C, 0.3, 2), "A": sublattice(A, ONSITE, 0), "B": sublattice(B, 0.3, 1)}
    shown = {"vectors": [[*row, 0.0] for row in VECTORS], "sublattices": sublattices, "hoppings": hoppings}
    return SimpleNamespace(**(shown | changes))


def test_a_lattice_by_its_attributes() -> None:
    model = sc.import_model(stand_in(), {"A": PAULI[2] / 2, "B": 0.5, "C": 0})
    for k in MOMENTA:
        np.testing.assert_allclose(model.matrix("H", k), by_hand(k), atol=1e-14)
    np.testing.assert_array_equal(model.s, np.diag([0.5, -0.5, 0.5, 0]))


def test_vectors_out_of_the_plane_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 2 primitive vectors in the first 2 directions"):
        sc.import_model(stand_in(vectors=[[1.0, 0, 0], [0, 1.0, 0.2]]), 1)


# -- the package itself ------------------------------------------------------------------------------------------------
@pytest.fixture(name="pb", scope="module")
def package():
    return pytest.importorskip("pybinding")


@pytest.fixture(name="lattice")
def made(pb):
    lattice = pb.Lattice(*VECTORS)
    lattice.add_sublattices(("A", A, ONSITE), ("B", B, 0.3))
    lattice.add_one_alias("C", "B", C)
    lattice.add_hoppings(
        ([0, 0], "A", "B", T), ([1, 0], "A", "B", U), ([0, 1], "B", "B", 0.5j), ([0, 0], "C", "B", 0.25)
    )
    return lattice


def test_pybinding_itself_agrees(pb, lattice) -> None:
    """In its single precision. Its states are sorted otherwise: by the number of orbitals, B, C, A."""
    model = sc.import_model(lattice, 1)
    order, centres = [2, 3, 0, 1], np.array([A, A, B[:2], C])
    for k in MOMENTA:
        system = pb.Model(lattice, pb.translational_symmetry())
        solver = pb.solver.lapack(system)
        solver.set_wave_vector(-k)
        H = with_positions(system.hamiltonian.toarray()[np.ix_(np.argsort(order), np.argsort(order))], k, centres)
        np.testing.assert_allclose(model.matrix("H", k), H, atol=1e-6)
        np.testing.assert_allclose(model.matrix("H", k), by_hand(k), atol=1e-14)
        np.testing.assert_allclose(
            model.energies(k), solver.eigenvalues, atol=3e-6
        )  # it diagonalizes in single precision


def test_the_direction_of_hoppings_is_that_of_a_finite_piece(pb) -> None:
    """Without any wave vector: <A at 0|H|B at R> of a piece is that of the crystal."""
    lattice = pb.Lattice(a1=[1.0, 0.0])
    lattice.add_sublattices(("A", [0, 0], 0.0), ("B", [0.4, 0], 0.0))
    lattice.add_hoppings(([1], "A", "B", 0.3 + 0.4j))
    piece = pb.Model(lattice, pb.primitive(3))
    x, H = piece.system.positions.x, piece.hamiltonian.toarray()
    a, b = int(np.argmin(np.abs(x - 0.0))), int(np.argmin(np.abs(x - 1.4)))
    assert H[a, b] == pytest.approx(0.3 + 0.4j)
    assert sc.import_model(lattice, 1).matrix("H", [0.9])[0, 1] == pytest.approx((0.3 + 0.4j) * np.exp(1j * 0.9 * 1.4))


def test_models_of_pybinding_are_refused(pb, lattice) -> None:
    with pytest.raises(ValueError, match="expected a pybinding Lattice, got a Model"):
        sc.import_model(pb.Model(lattice, pb.translational_symmetry()), 1)
