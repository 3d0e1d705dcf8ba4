"""Closed forms against eigenstates: they share the expressions and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lattice_models import MOMENTA, kramers_model, random_model

from symcur import models, quantities
from symcur.band_structures import Model
from symcur.closed_forms import Algebraic, derive
from symcur.eigenstates import evaluate
from symcur.expressions import Occupation, P, Projector, S, Trace, s, v, v_band

k_x, k_y = MOMENTA[:2]
SIX_BANDS = random_model(5, 6, 3)
KRAMERS = kramers_model(1)
CHAIN = Model.from_hoppings({(1,): [[1]], (-1,): [[1]]}, 1, [[1]], name="chain")
TRACED = [name for name in quantities.names() if not quantities.get(name).operator]


def momenta(model: Model, count: int = 12, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-2.9, 2.9, (count, model.dimension))


def well_separated(model: Model, k: np.ndarray) -> np.ndarray:
    """Bands whose gaps to both neighbours are at least a tenth of the bandwidth, (..., band)."""
    energies = np.linalg.eigvalsh(model.matrix("H", k))
    below = np.diff(energies, axis=-1, prepend=-np.inf)
    above = np.diff(energies, axis=-1, append=np.inf)
    return np.minimum(below, above) >= 0.1 * (energies[..., -1:] - energies[..., :1])


def assert_agrees(model: Model, name: str, k: np.ndarray, bands: np.ndarray, tolerance: float) -> None:
    expected = evaluate(model, name, k)
    difference = np.abs(derive(model, name)(k) - expected)[bands]
    assert difference.max() <= tolerance * max(np.abs(expected[bands]).max(), 1e-4)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    size=st.integers(2, 6),
    dimension=st.integers(1, 3),
    names=st.sets(st.sampled_from(TRACED), max_size=2),
)
def test_random_lattice_models(seed: int, size: int, dimension: int, names: set[str]) -> None:
    if size == 2 and dimension == 3:
        dimension = 2  # three-dimensional vector forms with random coefficients are long; Weyl stands for them below
    model = random_model(seed, size, dimension)
    k = momenta(model)
    bands = well_separated(model, k)
    assume(bands.any())
    for name in {"s_dipole", *names}:
        assert_agrees(model, name, k, bands, 1e-9)


@pytest.mark.parametrize("model_name", ["kane_mele", "weyl"])
def test_what_expressions_share_at_the_same_momenta_changes_no_number(model_name: str) -> None:
    """Neither what was derived nor what was computed before; other momenta have numbers of their own."""
    model = models.named(model_name)
    k, elsewhere = momenta(model, 3), momenta(model, 3, seed=4)
    metric, torque = (Trace(P * v(i) * S * S * v(1)) for i in (0, 1)), Trace(P * v(0) * S * s)
    several, one = [*metric], [torque]
    after, alone = Algebraic(model, k), Algebraic(model, k)
    after(several)
    found = after(one)
    assert (found == alone(one)).all()
    assert (after(several) == Algebraic(model, k)(several)).all()
    assert abs(found[..., 0] - evaluate(model, torque, k).real).max() < 1e-12 * abs(found).max()
    there = Algebraic(model, elsewhere)(one)
    assert abs(there[..., 0] - evaluate(model, torque, elsewhere).real).max() < 1e-12 * abs(there).max()
    with pytest.raises(ValueError, match=r"k: expected \(M, D\) with at most 64 points, got an array of shape \(65, "):
        Algebraic(model, momenta(model, 65))


@pytest.mark.slow_for("torque_polarizability", "faraday_curvature", "dipole_gradient", "energy")
@pytest.mark.parametrize("name", TRACED)
def test_six_bands_in_three_dimensions(name: str) -> None:
    model = SIX_BANDS
    k = momenta(model, 6)
    assert_agrees(model, name, k, well_separated(model, k), 1e-9)


@pytest.mark.slow_for(
    "faraday_curvature", "symmetrized_curvature", "dipole_gradient", "torque_polarizability", "energy"
)
@pytest.mark.parametrize("name", TRACED)
def test_kramers_pairs_carry_half_the_trace(name: str) -> None:
    model = KRAMERS
    form = derive(model, name)
    assert form.multiplicities == (2, 2)
    k = momenta(model)
    assert_agrees(model, name, k, np.ones((len(k), 4), dtype=bool), 1e-9)


@pytest.mark.parametrize("model_name", ["haldane", "weyl", "rice_mele", "luttinger", "kagome_antiferromagnet"])
@pytest.mark.parametrize("name", ["velocity", "s_current_dipole", "s_weighted_curvature", "orbital_moment"])
def test_library_models(model_name: str, name: str) -> None:
    model = models.get(model_name)
    k = momenta(model)
    assert_agrees(model, name, k, well_separated(model, k) | (model.size != 6), 1e-9)


@pytest.mark.slow_for("two bands")
@pytest.mark.parametrize("model", [random_model(2, 2, 2), random_model(2, 3, 2)], ids=["two bands", "three bands"])
def test_the_interband_dipole_is_an_operator_between_orbitals(model: Model) -> None:
    form = derive(model, "interband_torque_dipole")
    N = model.size
    assert form.shape == (2, N, N)
    k = momenta(model, 4)
    _, u = np.linalg.eigh(model.matrix("H", k))
    operator = form(k)  # (k, n, i, a, b)
    elements = np.einsum("kam,kniab,kbn->kimn", u.conj(), operator, u)
    expected = evaluate(model, "interband_torque_dipole", k)
    assert np.abs(np.abs(elements) - np.abs(expected)).max() < 1e-10 * np.abs(expected).max()
    # D^i P_n acts on band n alone.
    others = np.einsum("kniab,kbm->knmia", operator, u)
    for n in range(N):
        for m in set(range(N)) - {n}:
            assert np.abs(others[:, n, m]).max() < 1e-10 * np.abs(operator).max()


def unequal_multiplets() -> Model:
    """V V^+ of one column: the energy |V|^2 once and 0 twice."""
    a = sp.Symbol("a", real=True)
    column = sp.Matrix([1 + a, sp.exp(sp.I * k_x), a * sp.cos(k_y) + 2])
    s = sp.Matrix([[1, sp.I, 0], [-sp.I, 0, 2], [0, 2, -1]])
    return Model(column * column.H, s, (k_x, k_y), {a: 0.3})


@pytest.mark.slow_for("torque_quadrupole")
@pytest.mark.parametrize("name", ["s_expectation", "s_weighted_curvature", "torque_quadrupole", "drift_current"])
def test_unequal_multiplets(name: str) -> None:
    model = unequal_multiplets()
    form = derive(model, name)
    assert form.multiplicities == (2, 1)
    k = momenta(model)
    assert_agrees(model, name, k, np.ones((len(k), 3), dtype=bool), 1e-9)


@pytest.mark.slow
def test_an_s_proportional_to_the_identity_has_no_dipole_and_the_charge_current() -> None:
    model = random_model(8, 4, 2).replace(s=3)
    k = momenta(model)
    for name in ("s_dipole", "torque_dipole", "torque_quadrupole", "dipole_gradient"):
        assert np.abs(derive(model, name)(k)).max() < 1e-12
    assert np.allclose(derive(model, "s_current")(k), 3 * derive(model, "velocity")(k), rtol=1e-10)


def test_a_single_band_has_its_dispersion_and_no_geometry() -> None:
    model = Model([[-2 * sp.cos(k_x) - sp.cos(k_y)]], 2, (k_x, k_y))
    assert derive(model, "energy").energies == (-2 * sp.cos(k_x) - sp.cos(k_y),)
    assert list(derive(model, "velocity").expressions) == [2 * sp.sin(k_x), sp.sin(k_y)]
    assert derive(model, "s_expectation").expressions[()] == 2
    assert all(component == 0 for component in sp.flatten(derive(model, "torque_polarizability").expressions))


def test_h_proportional_to_the_identity_is_one_multiplet() -> None:
    model = Model(k_x**2 * sp.eye(3), sp.diag(1, 2, 6), (k_x, k_y))
    form = derive(model, "s_expectation")
    assert form.multiplicities == (3,)
    assert form.expressions[()] == 3
    assert derive(model, "drift_current").expressions == sp.Array([6 * k_x, 0])


def test_functions_that_are_no_polynomials() -> None:
    """sqrt(k^2 + m^2) and its derivatives: the vector form gives way to the adjugate where it must."""
    m, g = sp.symbols("m g", positive=True)
    gap = sp.sqrt(k_x**2 + m**2)
    angle = k_y + sp.pi / 3
    H = sp.Matrix([[gap, g * sp.exp(sp.I * angle)], [g * sp.exp(-sp.I * angle), -gap / m + sp.sqrt(6) * k_x]])
    model = Model(H, sp.Matrix([[1, sp.I], [-sp.I, 0]]), (k_x, k_y), {m: 0.7, g: 0.4})
    k = momenta(model)
    for name in ("s_expectation", "s_dipole", "velocity", "torque_polarizability", "berry_curvature"):
        assert_agrees(model, name, k, np.ones((len(k), 2), dtype=bool), 1e-9)


@pytest.mark.slow_for("2")
@pytest.mark.parametrize("size", [2, 4])
def test_any_scalar_expression_can_be_derived(size: int) -> None:
    model = random_model(4, size, 2)
    k = momenta(model)
    for expression in (Trace(P * v(0) * S * s), Trace(P * s * v(1)) * v_band(0), 2 * Trace(P * s) - v_band(1)):
        form = derive(model, expression)
        expected = evaluate(model, expression, k)
        assert form.shape == ()
        assert form.complex == bool(np.abs(expected.imag).max() > 1e-9)
        assert np.allclose(form(k), expected, rtol=1e-9, atol=1e-11)


def test_shapes() -> None:
    model = random_model(1, 3, 2)
    assert derive(model, "s_current_dipole")(np.zeros((5, 7, 2))).shape == (5, 7, 3, 2, 2)
    assert derive(model, "energy")([0.1, 0.2]).shape == (3,)
    assert derive(model, "energy")(np.zeros((0, 2))).shape == (0, 3)


def test_expressions_hold_the_definitions_written_out() -> None:
    model = random_model(6, 3, 1)
    form = derive(model, "s_current")
    point = {k_x: sp.Rational(3, 7), form.energy_symbol: sp.Rational(5, 3), sp.Symbol("level", positive=True): 2}
    known = dict(point)
    for symbol, expression in form.definitions:
        assert expression.free_symbols <= set(known)
        known[symbol] = expression.xreplace(known).evalf(30)
    compact = form.compact[0].xreplace(known).evalf(30)
    assert abs(form.expressions[0].xreplace(point).evalf(30) - compact) < 1e-25 * abs(compact)


@pytest.mark.parametrize("model_name", ["rashba", "haldane", "luttinger", "bilayer_graphene", "bhz", "weyl"])
def test_explicit_energies_are_the_eigenvalues_in_ascending_order(model_name: str) -> None:
    model = models.get(model_name)
    form = derive(model, "energy")
    assert form.energies is not None
    k = momenta(model)
    values = [float(value) for value in model.values().values()]
    function = sp.lambdify((*model.k, *model.parameters), form.energies)
    explicit = np.array([np.broadcast_to(e, len(k)) for e in function(*k.T, *values)]).T
    expected = np.linalg.eigvalsh(model.matrix("H", k))
    assert np.allclose(
        np.repeat(explicit, form.multiplicities, axis=-1), expected, rtol=0, atol=1e-6 * np.abs(expected).max()
    )


def test_energies_without_a_short_closed_form_are_none() -> None:
    assert derive(models.kane_mele(), "energy").energies is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3, "energy"), TypeError, "model: expected a Model or another band structure, .* got int"),
        ((CHAIN, "energy"), TypeError, "model: expected a Model given by formulas, .* got chain, .* given by numbers"),
        ((models.rashba(), "s_dipol"), ValueError, r"quantity: expected .* got 's_dipol' \(did you mean s_dipole\?\)"),
        ((models.rashba(), 3), TypeError, "quantity: expected a name, a Quantity or an Expression, got int"),
        ((models.rashba(), P * s), ValueError, "quantity: expected a scalar expression .* got an operator"),
        ((models.kane_mele(), P * s), ValueError, "quantity: expected a scalar expression .* got an operator"),
        ((models.rashba(), Trace(P * v("i"))), ValueError, "expression: expected H or s with integer axes"),
        ((models.kane_mele(), Trace(P * v("i"))), ValueError, "expression: expected H or s with integer axes"),
        ((models.rashba(), Trace(P * v(2))), ValueError, "axes: expected integers from 0 to 1, got .*2"),
        ((models.kane_mele(), Trace(P * v(-1))), ValueError, "axes: expected integers from 0 to 1, got .*-1"),
    ],
)
def test_wrong_arguments_of_derive(arguments: tuple, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        derive(*arguments)


def test_expressions_of_two_bands_or_with_occupations_are_refused() -> None:
    with pytest.raises(ValueError, match="quantity: expected an expression of one band, got the bands m, n"):
        derive(models.rashba(), Trace(P * s * Projector("m")))
    with pytest.raises(ValueError, match=r"quantity: expected .* got Occupation in an expression"):
        derive(models.rashba(), Occupation() * Trace(P * s))
