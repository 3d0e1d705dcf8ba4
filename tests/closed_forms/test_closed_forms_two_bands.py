"""Two-band closed forms: what a physicist would write."""

from __future__ import annotations

import pytest
import sympy as sp
from lattice_models import random_model

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import derive
from symcur.eigenstates import evaluate
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z

SIGMA = (sigma_x, sigma_y, sigma_z)


def rashba_without_mass() -> Model:
    alpha, m = sp.Symbol("alpha", real=True), sp.Symbol("m", positive=True)
    H = (k_x**2 + k_y**2) / (2 * m) * sigma_0 + alpha * (k_y * sigma_x - k_x * sigma_y)
    return Model(H, sigma_z / 2, (k_x, k_y), {alpha: 0.7, m: 1.0})


def test_the_dipole_of_k_linear_rashba_depends_on_k_alone() -> None:
    """d^s = (-k_y, k_x)/(4 k^2) for both bands, without energies, coupling or square roots."""
    form = derive(rashba_without_mass(), "s_dipole")
    quarter, k_squared = sp.Rational(1, 4), k_x**2 + k_y**2
    assert form.expressions == sp.Array([sp.Mul(-quarter, k_y, 1 / k_squared), sp.Mul(quarter, k_x, 1 / k_squared)])
    assert form.definitions == ()


def test_rashba_without_mass_carries_no_curvature_and_no_torque_dipole() -> None:
    for name in ("berry_curvature", "s_expectation", "torque_dipole", "s_weighted_curvature"):
        assert all(component == 0 for component in sp.flatten(derive(rashba_without_mass(), name).expressions))


def test_the_curvature_of_a_massive_dirac_cone() -> None:
    """Omega^{xy} = -v^2 Delta/(2 E^3) with E = -+ sqrt(v^2 k^2 + Delta^2)."""
    model = models.massive_dirac()
    v, Delta = sp.symbols("v Delta", real=True)
    form = derive(model, "berry_curvature")
    E = form.energy_symbol
    assert form.expressions == sp.Array([[0, -(v**2) * Delta / (2 * E**3)], [v**2 * Delta / (2 * E**3), 0]])
    size = sp.sqrt(Delta**2 + v**2 * (k_x**2 + k_y**2))
    assert form.energies == (-size, size)
    assert derive(model, "energy").expressions[()] == E


def test_the_spin_of_a_dirac_cone() -> None:
    model = models.massive_dirac()
    Delta = sp.Symbol("Delta", real=True)
    form = derive(model, "s_expectation")
    assert form.expressions[()] == Delta / (2 * form.energy_symbol)


@pytest.mark.slow_for("model2", "model1", "model3")
@pytest.mark.parametrize("model", [models.rashba(), models.haldane(), models.altermagnet(), random_model(3, 2, 2)])
def test_curvature_is_the_solid_angle_of_h(model: Model) -> None:
    """Omega^{il} = -+ h . (d_i h x d_l h)/(2 |h|^3) for the upper and lower band, from the components of h alone."""
    h = sp.Matrix([sp.trace(model.H * sigma) / 2 for sigma in SIGMA])
    h0 = model.H.trace() / 2
    numerator = h.dot(h.diff(model.k[0]).cross(h.diff(model.k[1])))
    point = dict(zip(model.k, (sp.Rational(4, 7), sp.Rational(-9, 10)), strict=True))
    point |= {symbol: sp.Rational(j + 3, 7) for j, symbol in enumerate(model.parameters)}
    form = derive(model, "berry_curvature")
    size = sp.sqrt(h.dot(h))
    for sign in (1, -1):
        energy = (h0 + sign * size).xreplace(point).evalf(40, chop=True)
        expected = -sign * (numerator / (2 * size**3)).xreplace(point).evalf(40, chop=True)
        got = form.expressions[0, 1].xreplace(point | {form.energy_symbol: energy}).evalf(40)
        assert abs(got - expected) < 1e-30 * abs(expected)


@pytest.mark.parametrize("model_name", ["rashba", "haldane", "altermagnet", "massive_dirac", "rice_mele"])
def test_no_square_roots_of_k_appear(model_name: str) -> None:
    model = models.get(model_name)
    for name in ("s_dipole", "s_current_dipole", "velocity", "orbital_moment"):
        for component in sp.flatten(derive(model, name).expressions):
            roots = component.atoms(sp.Pow)
            assert not any(power.exp == sp.Rational(1, 2) and power.base.free_symbols for power in roots)


def test_even_quantities_do_not_depend_on_the_band() -> None:
    """The dipole of a two-band model is even in eps: no energy in it."""
    for model_name in ("rashba", "haldane", "cubic_rashba", "weyl"):
        form = derive(models.get(model_name), "s_dipole")
        assert all(form.energy_symbol not in component.free_symbols for component in form.expressions)


def test_lattice_results_are_short() -> None:
    """The Haldane dipole: a ratio of a handful of harmonics, h . h with a symbol of its own."""
    form = derive(models.haldane(), "s_dipole")
    assert [symbol.name for symbol, _ in form.definitions] == ["h2"]
    assert sp.count_ops(list(form.compact)) < 60


def test_names_of_the_model_are_not_taken() -> None:
    """A model with parameters named E, epsilon and h2 keeps them; the energy gets another symbol."""
    E, epsilon, h2 = sp.symbols("E epsilon h2", real=True)
    H = (E + sp.cos(k_x) + sp.cos(k_y) + sp.cos(2 * k_x) * sp.sin(k_y)) * sigma_0
    H += epsilon * sp.sin(k_x) * sigma_x + sp.sin(k_y) * sigma_y + (h2 - sp.cos(k_x) - sp.cos(k_y)) * sigma_z
    model = Model(H, sigma_z, (k_x, k_y), {E: 0.1, epsilon: 0.7, h2: 1.2})
    form = derive(model, "velocity")
    names = [symbol.name for symbol in (*form.arguments, *(symbol for symbol, _ in form.definitions))]
    assert len(set(names)) == len(names)
    k = [[0.4, 0.9]]
    assert form(k) == pytest.approx(derive(model, "velocity")(k))
    assert form(k) == pytest.approx(evaluate(model, "velocity", k), rel=1e-12)
