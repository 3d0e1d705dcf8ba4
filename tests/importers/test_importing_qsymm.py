"""Models and families of qsymm: exact, equal to what its own functions give, and symmetric as it says."""

from __future__ import annotations

from collections import OrderedDict
from inspect import signature

import numpy as np
import pytest
import sympy as sp
from bloch import MOMENTA, PAULI

import symcur as sc

HEXAGONAL = [[1, 0], [sp.Rational(1, 2), sp.sqrt(3) / 2]]


@pytest.fixture(name="qsymm", scope="module")
def package():
    return pytest.importorskip("qsymm")


def values_of(source, k, **parameters):
    """H(k) by the package."""
    function = source.lambdify()
    given = dict(zip(("k_x", "k_y", "k_z"), k, strict=False)) | parameters
    return np.array(function(**{name: given[name] for name in signature(function).parameters}), dtype=complex)


def test_a_continuum_model_with_parameters(qsymm) -> None:
    source = qsymm.Model(
        "k_x*sigma_x + k_y*sigma_y + (M - B*(k_x**2 + k_y**2))*sigma_z + 0.5*k_x**2*eye(2)", momenta=["k_x", "k_y"]
    )
    model = sc.import_model(source, np.diag([0.5, -0.5]), parameters={"M": 0.3, "B": 1})
    for k in MOMENTA:
        np.testing.assert_allclose(model.matrix("H", k), values_of(source, k, M=0.3, B=1), atol=1e-14)
    k_x, k_y = model.k
    M, B = model.parameters
    assert (M.name, B.name) == ("M", "B") or (M.name, B.name) == ("B", "M")
    assert model.H[0, 1] == k_x - sp.I * k_y
    assert model.H.trace() == k_x**2


def test_a_family_of_the_continuum_is_a_sum_with_coefficients(qsymm) -> None:
    """All Hamiltonians to second order with fourfold rotation and time reversal of a spin 1/2: Rashba and masses."""
    rotation = qsymm.rotation(1 / 4, spin=1 / 2)
    family = qsymm.continuum_hamiltonian([rotation, qsymm.time_reversal(2, spin=1 / 2)], 2, 2)
    numbers = {f"c{j}": 0.4 + 0.3 * j for j in range(len(family))}
    model = sc.import_model(family, np.diag([0.5, -0.5]), parameters=numbers)
    for k in MOMENTA:
        theirs = sum(c * values_of(term, k) for c, term in zip(numbers.values(), family, strict=True))
        np.testing.assert_allclose(model.matrix("H", k), theirs, atol=1e-13)
    turned = np.array([[0, -1], [1, 0]])
    U = rotation.U
    np.testing.assert_allclose(
        U @ model.matrix("H", MOMENTA[0]) @ U.conj().T, model.matrix("H", turned @ MOMENTA[0]), atol=1e-12
    )
    assert sc.derive(model, "s_dipole").at([0.3, 0.2], band=0) is not None


@pytest.mark.parametrize("bloch_model", [True, False])
def test_a_family_of_a_honeycomb_lattice(qsymm, bloch_model: bool) -> None:
    """Positions are in the phases; sublattices are a third of the cell apart, and s = sigma_z commutes with position."""
    angle = sp.Matrix([[-sp.Rational(1, 2), -sp.sqrt(3) / 2], [sp.sqrt(3) / 2, -sp.Rational(1, 2)]])
    generators = [qsymm.PointGroupElement(angle, False, False, np.eye(2)), qsymm.time_reversal(2, np.eye(2))]
    family = qsymm.bloch_family(
        [("A", "B", [0, 1 / sp.sqrt(3)] if not bloch_model else [0, 1 / np.sqrt(3)]), ("A", "A", [1, 0])],
        generators,
        OrderedDict([("A", 1), ("B", 1)]),
        bloch_model=bloch_model,
    )
    numbers = {f"c{j}": 0.4 + 0.3 * j for j in range(len(family))}
    model = sc.import_model(family, PAULI[2], lattice=HEXAGONAL, parameters=numbers)
    for k in MOMENTA:
        theirs = sum(c * values_of(term, k) for c, term in zip(numbers.values(), family, strict=True))
        np.testing.assert_allclose(model.matrix("H", k), theirs, atol=1e-12)
    apart = (model.positions[1] - model.positions[0]) % 1
    assert np.allclose(apart, 1 / 3) or np.allclose(apart, 2 / 3)
    assert not model.H.atoms(sp.Float)
    assert sp.sqrt(3) in model.H.atoms(sp.Pow)


def test_what_qsymm_does_not_hold_is_asked_for(qsymm) -> None:
    chain = qsymm.Model("t*cos(k_x)*sigma_z", momenta=["k_x", "k_y"])
    with pytest.raises(ValueError, match="lattice: expected primitive vectors"):
        sc.import_model(chain, 1, parameters={"t": 1})
    with pytest.raises(ValueError, match="s: expected a matrix or a number, since qsymm names no operator"):
        sc.import_model(chain, lattice=[[1]])
    with pytest.raises(ValueError, match="parameters: expected some of t, got T"):
        sc.import_model(chain, 1, lattice=[[1]], parameters={"T": 1})
    with pytest.raises(ValueError, match="k: expected the momenta that H holds"):
        sc.import_model(qsymm.Model("k_x*k_y*sigma_z"), 1, lattice=[[1]])
    assert sc.import_model(chain, 1, lattice=[[1]]).dimension == 1
