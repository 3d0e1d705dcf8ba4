"""Closed forms to many digits."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from lattice_models import kramers_model, random_model

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import derive
from symcur.closed_forms.arbitrary_precision import agreed


def agreement(a: object, b: object) -> int:
    """The number of digits to which nested lists of mpmath numbers agree, relative to the largest component."""
    a, b = np.array(a, dtype=object).ravel(), np.array(b, dtype=object).ravel()
    with mpmath.workdps(100):
        scale = max(abs(y) for y in b)
        difference = max(abs(x - y) for x, y in zip(a, b, strict=True))
        return 100 if difference == 0 else int(-mpmath.log10(difference / scale))


@pytest.mark.slow_for("model-orbital_moment", "model-torque_quadrupole")
@pytest.mark.parametrize(
    ("model", "name"),
    [
        (models.kane_mele(), "s_berry_curvature"),
        (models.haldane(), "torque_polarizability"),
        (models.luttinger(), "s_current_dipole"),
        (random_model(9, 5, 2), "orbital_moment"),
        (kramers_model(4), "torque_quadrupole"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_fifty_digits_agree_with_eighty(model: Model, name: str) -> None:
    form = derive(model, name)
    k = ("0.31", "-0.17", "0.23")[: model.dimension]
    for band in (0, model.size - 1):
        assert agreement(form.at(k, band, digits=50), form.at(k, band, digits=80)) >= 45


def test_digits_survive_near_a_touching() -> None:
    """At a gap of 1e-6 the working precision is raised until the digits are there."""
    form = derive(models.bilayer_graphene(), "s_berry_curvature")
    k = (4 * sp.pi / 3 + sp.Rational(1, 10**3), 0)
    values = {"u": sp.Rational(1, 10**9)}
    assert agreement(form.at(k, 1, digits=50, **values), form.at(k, 1, digits=80, **values)) >= 45


def test_at_agrees_with_double_precision() -> None:
    model = models.kane_mele()
    form = derive(model, "s_dipole")
    k = (0.4, -1.1)
    for band in range(4):
        assert np.array(form.at(k, band, digits=20), dtype=float) == pytest.approx(form(k)[band], rel=1e-10)


def test_a_known_value_to_fifty_digits() -> None:
    """Massive Dirac at v = 1, Delta = 3, k = (4, 0): E = 5 and Omega^{xy} = -3/250 in the upper band."""
    form = derive(models.massive_dirac(), "berry_curvature")
    value = form.at((4, 0), 1, digits=50, v=1, Delta=3)
    with mpmath.workdps(60):
        assert abs(value[0][1] + mpmath.mpf(3) / 250) < mpmath.mpf(10) ** -50
    assert value[0][0] == 0


def test_numbers_may_come_in_any_exact_form() -> None:
    form = derive(models.rashba(), "s_expectation")
    same = [(0.25, 0.5), ("0.25", "1/2"), (Fraction(1, 4), sp.Rational(1, 2)), (mpmath.mpf("0.25"), np.float64(0.5))]
    values = [form.at(k, 0, digits=40, M=0.125) for k in same]
    ways = ({"M": "1/8"}, {sp.Symbol("M", real=True): Fraction(1, 8)})
    values += [form.at(same[0], 0, digits=40, parameters=parameters) for parameters in ways]
    values.append(derive(form.model.with_values(M=sp.Rational(1, 8)), "s_expectation").at(same[0], 0, digits=40))
    assert all(value == values[0] for value in values)
    assert isinstance(values[0], mpmath.mpf)


def test_a_component_that_vanishes_is_zero() -> None:
    """The velocity of Kane-Mele at a corner of the zone vanishes by threefold symmetry, not identically."""
    form = derive(models.kane_mele(), "velocity")
    assert form.at((4 * sp.pi / 3, 0), 0, digits=30) == [0, 0]


def test_a_zero_is_found_where_rounding_left_nothing_at_one_precision() -> None:
    """Two components that vanish: at each precision rounding leaves nothing of one of them, as for the curvature of BHZ."""

    def values(precision: int) -> list[mpmath.mpf]:
        rounding = mpmath.mpf(10) ** -(precision - 5)
        return [rounding, rounding * 0] if round(np.log2(precision / 40)) % 2 else [rounding * 0, rounding]

    assert agreed(values, 20) == [0, 0]
    with pytest.raises(ArithmeticError, match="20 digits were not reached"):
        agreed(lambda precision: [mpmath.mpf(precision) ** -5], 20)  # it does not shrink fast enough to be a zero


def test_complex_components() -> None:
    form = derive(random_model(2, 3, 1), "interband_torque_dipole")
    value = form.at([0.7], 1, digits=30)
    assert np.array(value, dtype=complex) == pytest.approx(form([0.7])[1], rel=1e-10)


@pytest.mark.parametrize(
    ("model", "k", "parameters"),
    [
        (models.rashba(), (0, 0), {"M": 0}),
        (models.bilayer_graphene(), (4 * sp.pi / 3, 0), {"u": 0}),
        (models.luttinger(), (0, 0, 0), {}),
        (models.bhz(), (0.1, 0.2), {"Delta_BIA": 0}),
    ],
    ids=["rashba", "bilayer", "luttinger", "kramers at these values"],
)
def test_a_touching_is_an_error(model: Model, k: tuple, parameters: dict) -> None:
    with pytest.raises(ValueError, match="got one at which it touches another"):
        derive(model, "s_dipole").at(k, 1, **parameters)


@pytest.mark.parametrize(
    ("k", "band", "keywords", "error", "message"),
    [
        ((1, 2, 3), 0, {}, ValueError, "k: expected 2 components, got 3"),
        (1.0, 0, {}, ValueError, "k: expected 2 components, got 1"),
        ((1, 2), 2, {}, ValueError, "band: expected an integer from 0 to 1, .* got 2"),
        ((1, 2), -1, {}, ValueError, "band: expected .* got -1"),
        ((1, 2), 0.0, {}, ValueError, "band: expected .* got 0.0"),
        ((1, 2), 0, {"digits": 0}, ValueError, "digits: expected a positive integer, got 0"),
        ((1, 2), 0, {"digits": 1.5}, ValueError, "digits: expected .* got 1.5"),
        ((float("nan"), 2), 0, {}, ValueError, "k: expected a finite real number, got nan"),
        ((1j, 2), 0, {}, ValueError, "k: expected .* got 1j"),
        (("one", 2), 0, {}, TypeError, "k: expected a real number, got 'one'"),
        ((1, 2), 0, {"M": float("inf")}, ValueError, "M: expected a finite real number, got inf"),
        ((1, 2), 0, {"mass": 1}, ValueError, "parameters: expected some of M, alpha, m of rashba, got mass"),
        ((1, 2), 0, {"m": -1}, ValueError, "m: expected a positive number, .* got -1"),
        ((1, 2), 0, {"parameters": 1}, TypeError, "parameters: expected a mapping"),
    ],
)
def test_wrong_arguments(k: object, band: object, keywords: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        derive(models.rashba(), "s_dipole").at(k, band, **keywords)
