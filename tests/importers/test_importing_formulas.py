"""SymPy's physics matrices, and functions of k that return NumPy matrices."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sympy as sp
from bloch import FRACTIONS, LATTICE, MOMENTA, PAULI, by_hand, with_positions
from sympy.physics.matrices import mgamma, msigma
from sympy.physics.paulialgebra import Pauli
from sympy.physics.quantum import TensorProduct
from sympy.physics.quantum.pauli import SigmaX, SigmaY, SigmaZ

import symcur as sc
from symcur.importers.exact_numbers import exact_number

k_x, k_y = k = sp.symbols("k_x k_y", real=True)
M = sp.Symbol("M", real=True)
S1, S2, S3 = map(msigma, (1, 2, 3))
kron = sp.kronecker_product


@pytest.mark.parametrize(
    ("source", "matrix"),
    [
        (k_x * Pauli(1) + k_y * Pauli(2) + M * Pauli(3) + k_x**2, k_x * S1 + k_y * S2 + M * S3 + k_x**2 * sp.eye(2)),
        (k_x * SigmaX() + k_y * SigmaY() + M * SigmaZ(), k_x * S1 + k_y * S2 + M * S3),
        (M * TensorProduct(Pauli(3), 1) + k_x * TensorProduct(Pauli(1), Pauli(2)), M * kron(S3, sp.eye(2)) + k_x * kron(S1, S2)),
        (M * TensorProduct(SigmaZ("s"), SigmaZ("s")), M * kron(S3, S3)),
        (k_x * sp.KroneckerProduct(S1, sp.Identity(2)), k_x * kron(S1, sp.eye(2))),
        (k_x * mgamma(0) * mgamma(1) + M * mgamma(0), k_x * mgamma(0) * mgamma(1) + M * mgamma(0)),
        ((k_x * Pauli(1) + k_y * Pauli(2)) ** 2 / M, (k_x**2 + k_y**2) / M * sp.eye(2)),
    ],
    ids=["symbols", "operators", "products", "labels", "kronecker", "dirac", "power"],
)  # fmt: skip
def test_the_matrix_that_an_expression_of_sympy_stands_for(source, matrix) -> None:
    model = sc.import_model(source, 1, k=k, parameters={M: 0.3} if M in source.free_symbols else None)
    assert (model.H - matrix).applyfunc(sp.expand) == sp.zeros(*matrix.shape)


def test_operators_of_s_too_and_closed_forms_follow() -> None:
    H = k_x * Pauli(1) + k_y * Pauli(2) + M * Pauli(3)
    model = sc.import_model(H, Pauli(3) / 2, k=["k_x", "k_y"], parameters={"M": 0.3}, name="Dirac")
    written = sc.Model(k_x * S1 + k_y * S2 + M * S3, S3 / 2, k, {M: 0.3}, name="Dirac")
    assert sc.derive(model, "s_dipole").expressions == sc.derive(written, "s_dipole").expressions
    assert (model.name, model.values()) == ("Dirac", {"M": 0.3})


def test_symbols_become_real_ones_of_the_same_name() -> None:
    """Also momenta that do not commute, as kwant.continuum has them."""
    q = sp.Symbol("q", commutative=False)
    model = sc.import_model(
        sp.Matrix([[q**2, sp.Symbol("m")], [sp.Symbol("m"), -(q**2)]]), 1, k=[q], parameters={"m": 2}
    )
    assert {x.name: x.is_real for x in model.H.free_symbols} == {"q": True, "m": True}
    np.testing.assert_allclose(model.matrix("H", [0.5]), [[0.25, 2], [2, -0.25]])


def test_operators_that_do_not_say_on_which_space_they_act_are_refused() -> None:
    with pytest.raises(ValueError, match="expected operators on one space, or TensorProduct"):
        sc.import_model(SigmaX("a") * SigmaY("b"), 1, k=k)
    with pytest.raises(ValueError, match="expected matrices of one size in a sum"):
        sc.import_model(TensorProduct(Pauli(1), Pauli(1)) + Pauli(1), 1, k=k)
    with pytest.raises(ValueError, match="k: expected the momenta"):
        sc.import_model(k_x * Pauli(1), 1)


def test_lattices_of_formulas() -> None:
    """As where a Model is written: none is a continuum."""
    assert not sc.import_model(sp.exp(-(k_x**2)) * Pauli(3), 1, k=[k_x]).periodic
    assert sc.import_model(sp.cos(k_x) * Pauli(3), 1, k=[k_x], lattice=[[1]]).periodic


def test_numbers_in_floating_point_are_small_roots_where_they_round_them() -> None:
    assert exact_number(np.sqrt(3) / 2) == sp.sqrt(3) / 2
    assert exact_number(-1 / np.sqrt(2)) == -sp.sqrt(2) / 2
    assert exact_number(0.25 - 1j / 3) == sp.Rational(1, 4) - sp.I / 3
    assert exact_number(0.8660254) != sp.sqrt(3) / 2
    assert float(exact_number(0.123456789)) == 0.123456789


# -- functions of k ----------------------------------------------------------------------------------------------------
CENTRES = np.repeat(FRACTIONS, 2, axis=0)
SPIN = np.kron(np.eye(2), PAULI[2] / 2)


def gauged(k):
    """The same crystal in the gauge H(k + G) = H(k)."""
    return with_positions(by_hand(k), -np.asarray(k), CENTRES @ LATTICE)


def test_a_function_with_positions_in_its_phases() -> None:
    model = sc.import_model(by_hand, SPIN, lattice=LATTICE)
    written = sc.Model.from_functions(lambda k: np.array([by_hand(q) for q in k]), SPIN, lattice=LATTICE)
    for axes in ((), (0,), (0, 1)):
        np.testing.assert_allclose(model.matrix("H", MOMENTA, axes), written.matrix("H", MOMENTA, axes), atol=1e-11)
    np.testing.assert_allclose(model.matrix("H", MOMENTA[0]), by_hand(MOMENTA[0]), atol=1e-12)
    assert model.name == "by_hand"


def test_numbers_stand_for_a_diagonal_s() -> None:
    """As for the sites of a crystal, exactly in formulas."""
    model = sc.import_model(k_x * Pauli(1) + M * Pauli(3), [sp.Rational(1, 2), -M], k=k)
    assert model.s == sp.diag(sp.Rational(1, 2), -M)
    for numbers in ([1, -2], np.array([1.0, -2.0])):
        model = sc.import_model(lambda k: np.cos(k[0]) * PAULI[2], numbers, lattice=[[1.0]])
        np.testing.assert_array_equal(model.matrix("s", [0.3]), np.diag([1, -2]))
    with pytest.raises(ValueError, match=r"s: expected shape \(2, 2\), that of H, got \(3, 3\)"):
        sc.import_model(lambda k: np.cos(k[0]) * PAULI[2], [1, 2, 3], lattice=[[1.0]])


def test_positions_are_put_into_a_periodic_function() -> None:
    """Velocities are then those of the crystal; without positions they are of another one, with all orbitals at one place."""
    model = sc.import_model(gauged, SPIN, lattice=LATTICE, positions=CENTRES)
    np.testing.assert_allclose(model.matrix("H", MOMENTA[0]), by_hand(MOMENTA[0]), atol=1e-12)
    exact = sc.import_model(by_hand, SPIN, lattice=LATTICE)
    np.testing.assert_allclose(model.matrix("H", MOMENTA, (0,)), exact.matrix("H", MOMENTA, (0,)), atol=1e-11)
    plain = sc.import_model(gauged, SPIN, lattice=LATTICE)
    assert np.abs(plain.matrix("H", MOMENTA, (0,)) - exact.matrix("H", MOMENTA, (0,))).max() > 0.1
    with pytest.raises(ValueError, match="positions: expected them for an H with H\\(k \\+ G\\) = H\\(k\\) alone"):
        sc.import_model(by_hand, SPIN, lattice=LATTICE, positions=CENTRES)


def test_components_parameters_and_arrays_of_functions() -> None:
    def H(kx, ky, m=0.5, *, t):
        return np.array(
            [[m + t * np.cos(kx), np.sin(kx) - 1j * np.sin(ky)], [np.sin(kx) + 1j * np.sin(ky), -m - t * np.cos(ky)]]
        )

    model = sc.import_model(H, PAULI[2], lattice=np.eye(2), parameters={"t": 1})
    assert model.values() == {"m": 0.5, "t": 1.0}
    np.testing.assert_allclose(model.with_values(m=-1, t=2).matrix("H", [0.3, 0.7]), H(0.3, 0.7, -1, t=2), atol=1e-12)
    array = np.array([[lambda k: np.cos(k[0]), 0.5], [0.5, lambda k: -np.cos(k[1])]], dtype=object)
    found = sc.import_model(array, PAULI[2], lattice=np.eye(2)).matrix("H", [0.3, 0.7])
    np.testing.assert_allclose(found, [[np.cos(0.3), 0.5], [0.5, -np.cos(0.7)]], atol=1e-12)
    for chain in (lambda k: np.array([[np.cos(k)]]), lambda k: np.array([[np.cos(k[0])]])):
        np.testing.assert_allclose(sc.import_model(chain, 1, lattice=[[1]]).matrix("H", [0.3]), [[np.cos(0.3)]])
    with pytest.raises(ValueError, match="parameters: expected values of t, got none"):
        sc.import_model(H, PAULI[2], lattice=np.eye(2))


def test_functions_that_are_no_crystal_are_refused() -> None:
    with pytest.raises(ValueError, match=r"for the continuum see Model\.from_functions"):
        sc.import_model(by_hand, SPIN)
    with pytest.raises(ValueError, match="lattice: expected H"):
        sc.import_model(lambda k: np.array([[k[0] ** 2]]), 1, lattice=[[1]])
    with pytest.raises(ValueError, match="expected a square matrix for one k"):
        sc.import_model(lambda k: np.cos(k), 1, lattice=np.eye(2))
    with pytest.raises(ValueError, match="expected H in double precision, got single"):
        sc.import_model(lambda k: np.cos(k, dtype=np.float32)[None], 1, lattice=[[1]])
    with pytest.raises(ValueError, match="function of k, or of its 2 components, got one of 3 arguments"):
        sc.import_model(lambda a, b, c: np.eye(2), 1, lattice=np.eye(2))
    for source in ("graphene.toml", 3, [1, 2], object()):
        with pytest.raises(TypeError, match="source: expected a model of PythTB, a kwant Builder"):
            sc.import_model(source, 1)


def test_imported_models_travel_to_other_processes() -> None:
    model = sc.import_model(pickled, 1, lattice=[[1]], parameters={"t": 2})
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.matrix("H", [0.3]), model.matrix("H", [0.3]))
    assert again.with_values(t=1).values() == {"t": 1}


def pickled(k, t):
    return np.array([[t * np.cos(k)]])
