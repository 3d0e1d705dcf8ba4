"""Closed forms as numbers near touchings: the promised digits, the bounds they rest on, and what multiplets are there."""

from __future__ import annotations

import re
import warnings

import mpmath
import numpy as np
import pytest
import sympy as sp
from lattice_models import random_model

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import conditioning, derive
from symcur.closed_forms.form import ClosedForm
from symcur.eigenstates import DegeneracyWarning, evaluate
from symcur.expressions import P, S, Trace, s
from symcur.kernels import compile

CORNER = np.array([4 * np.pi / 3, 0.0])
GENERIC = (0.4, 0.7)


def around(centre: object, distances: object, seed: int = 4) -> np.ndarray:
    """Points in random directions at these distances from a momentum."""
    centre = np.asarray(centre, dtype=float)
    directions = np.random.default_rng(seed).normal(size=(len(distances), len(centre)))
    return centre + directions / np.linalg.norm(directions, axis=-1, keepdims=True) * np.array(distances)[:, None]


def reference(form: ClosedForm, k: np.ndarray) -> np.ndarray:
    """Thirty digits for every point and band, (M, bands, components)."""
    bands = range(form.model.size)
    return np.array([[np.array(form.at(x, n, 30), dtype=object).ravel() for n in bands] for x in k]).astype(float)


def split(size: float) -> Model:
    """Three bands without structure, two of them apart by about ``size`` everywhere: V V^+ + g M(k) with a column V."""
    k_x, k_y = sp.symbols("k_x k_y", real=True)
    g = sp.Symbol("g", real=True)
    V = sp.Matrix([2, sp.exp(sp.I * k_x), sp.cos(k_y) + 3])
    M = sp.Matrix([[sp.cos(k_x), sp.I * sp.sin(k_y), 1], [-sp.I * sp.sin(k_y), 2, 0], [1, 0, sp.sin(k_x + k_y)]])
    return Model(
        V * V.H + g * M, sp.Matrix([[1, sp.I, 0], [-sp.I, 0, 2], [0, 2, -1]]), (k_x, k_y), {g: size}, name="split"
    )


DISTANCES = 10.0 ** -np.arange(1, 8, 1.5)
NEAR = {
    "split": (split(1e-5), "s_dipole", around((0.4, 0.7), [0.2, 0.5, 0.9])),
    "bhz": (models.bhz().with_values(Delta_BIA=1e-5), "s_dipole", around((0.4, 0.7), [0.2, 0.5, 0.9])),
    "bilayer": (models.bilayer_graphene().with_values(u=1e-6), "berry_curvature", around(CORNER, DISTANCES)),
    "weyl": (models.weyl(), "s_dipole", around((0, 0, np.pi / 2), DISTANCES)),
    "luttinger": (models.luttinger(), "s_dipole", around((0, 0, 0), DISTANCES)),
}


def worst(form: ClosedForm, k: np.ndarray, values: np.ndarray, exact: np.ndarray) -> float:
    """The largest error relative to what the promise is relative to."""
    size = np.abs(exact).max(axis=-1)
    size = np.maximum(size, conditioning.floor(form, form.model, k, form.model.energies(k)))
    return float((np.abs(values - exact).max(axis=-1) / size).max())


@pytest.mark.slow_for("bilayer", "split")
@pytest.mark.parametrize("case", ["split", "bhz", "bilayer", "weyl", "luttinger"])
def test_the_promise_is_kept_near_touchings(case: str) -> None:
    model, name, k = NEAR[case]
    form = derive(model, name)
    values = form(k).reshape(len(k), model.size, -1)
    assert worst(form, k, values, reference(form, k)) < conditioning.PROMISE


def test_it_is_not_kept_by_double_precision_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model, name, k = NEAR["split"]
    form = derive(model, name)
    exact = reference(form, k)
    monkeypatch.setattr(conditioning, "_relative", lambda *given: np.zeros(given[4].shape[:2]))
    assert worst(form, k, form(k), exact) > 10 * conditioning.PROMISE


@pytest.mark.parametrize("real", [np.float64, np.longdouble])
@pytest.mark.parametrize("case", ["split", "bhz", "bilayer", "weyl", "luttinger"])
def test_the_bounds_hold(case: str, real: type) -> None:
    model, name, k = NEAR[case]
    form = derive(model, name)
    given = {n: conditioning.exact_parameter(n, x) for n, x in model.values().items()}
    if real is np.float64:
        energies = conditioning._energies(form, model, k)
    else:
        energies = conditioning._long_energies(form, model, k, given)
    values, bound = conditioning._run(form, k, given, real, energies)
    error = np.abs(values.astype(float) - reference(form, k)).max(axis=-1)
    assert (error <= bound + 1e-15 * np.abs(values).max(axis=-1)).all()
    assert (bound < 1e-2 * np.abs(values).max(axis=-1)).any()  # and they say something


def test_many_points_are_ordered_by_risk_and_none_is_missed() -> None:
    """Among ordinary momenta, some close to a touching: all of them inside the promise."""
    model = models.haldane().with_values(M=3 * np.sqrt(3) * 0.1 * 0.999999)
    form = derive(model, "berry_curvature")
    near = around(CORNER, 10.0 ** -np.linspace(1, 7, 5))
    k = np.concatenate([np.random.default_rng(3).uniform(-3, 3, (300, 2)), near])
    k = k[np.random.default_rng(5).permutation(len(k))]
    values = form(k).reshape(len(k), 2, -1)
    chosen = np.argsort(np.ptp(model.energies(k), axis=-1))[:12]
    assert worst(form, k[chosen], values[chosen], reference(form, k[chosen])) < conditioning.PROMISE


def test_what_vanishes_identically_is_small() -> None:
    form = derive(models.bhz(), "s_weighted_curvature")
    k = np.random.default_rng(0).uniform(-3, 3, (20, 2))
    floor = conditioning.floor(form, form.model, k, form.model.energies(k))
    assert (np.abs(form(k)).max(axis=(1, 2, 3)) <= conditioning.PROMISE * floor[:, 0]).all()


def test_too_many_points_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    _, name, k = NEAR["split"]
    monkeypatch.setattr(conditioning, "MOST_OPERATIONS", 100)
    form = derive(split(1e-9), name)
    with pytest.warns(conditioning.DigitsWarning, match=r"rounding errors of up to about .* of 9 pairs"):
        form(k)


def test_touchings_are_not_numbers() -> None:
    values = derive(models.luttinger(), "s_dipole")([[0.0, 0.0, 0.0], [0.3, 0.1, 0.2]])
    assert np.isnan(values[0]).all()
    assert np.isfinite(values[1]).all()


COINCIDING = {
    "finite": (models.bhz(), "s_dipole", {"Delta_BIA": 0}),
    "divided": (models.kane_mele(), "s_dipole", {"lambda_v": 0, "lambda_R": 0}),
    "s alone": (models.kane_mele(), -2 * Trace(P * s * S * s), {"lambda_v": 0, "lambda_R": 0}),
    "three bands": (split(1.0), "velocity", {"g": 0}),
}


@pytest.mark.slow_for("three bands", "divided")
@pytest.mark.parametrize("case", COINCIDING)
def test_values_at_which_more_bands_coincide_are_refused(case: str) -> None:
    """The formula of BHZ is finite there, but it is not that of a pair, which vanishes; put into H the values give this one."""
    model, name, values = COINCIDING[case]
    form = derive(model, name)
    k = np.random.default_rng(2).uniform(-2, 2, (300, model.dimension))
    for points in (GENERIC, k):
        with pytest.raises(ValueError, match=r"parameters: expected values for which .* distinct energies .*, got 2;"):
            form(points, **values)
    assert np.isfinite(form(GENERIC)).all()
    at_values = model.with_values(values)
    again = derive(model.with_parameters(values), name)(k)
    assert again == pytest.approx(evaluate(at_values, name, k).real, rel=1e-9, abs=1e-12)


# -- multiplets --------------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("1e-06")
@pytest.mark.parametrize("size", [1e-6, 1e-9, 1e-10, 1e-11])
def test_bands_that_are_distinct_have_values_of_their_own(size: float) -> None:
    """BHZ at tiny Delta_BIA: eigenstates lose |H|/gap digits and say how many, and closed forms none."""
    model = models.bhz().with_values(Delta_BIA=size)
    exact = derive(model, "s_dipole")(GENERIC)
    assert np.abs(exact).max() > 0.1
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        eigenstates = evaluate(model, "s_dipole", GENERIC)
        evaluate(model, "energy", GENERIC)
    assert [warning.category for warning in told] == [conditioning.DigitsWarning] * (size < 1e-8)
    for warning in told:
        bound = float(re.search(r"of up to about (\S+) of its size", str(warning.message))[1])
        assert np.abs(eigenstates - exact).max() <= bound * np.abs(exact).max() < 1e-13 / size
    for values in (eigenstates, compile(model, ["s_dipole"])(GENERIC)["s_dipole"]):
        assert np.abs(values - exact).max() < 1e-14 / size
    kernel = compile(models.bhz(), ["s_dipole"])
    found = kernel(GENERIC, Delta_BIA=size)
    assert np.abs(found["s_dipole"] - exact).max() < 1e-14 / size
    assert found.error_estimate > 1e-15 / size


def test_bands_that_coincide_stay_one_multiplet() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = evaluate(models.bhz().with_values(Delta_BIA=0), "s_dipole", GENERIC)
    assert np.abs(values).max() < 1e-14
    with pytest.warns(DegeneracyWarning, match="touch or are too close to be told apart"):
        evaluate(models.bhz().with_values(Delta_BIA=1e-13), "s_dipole", GENERIC)
    split = evaluate(models.bhz().with_values(Delta_BIA=1e-10), "s_dipole", GENERIC, tolerance=1e-9)
    assert np.abs(split).max() < 1e-14  # a tolerance that is given is obeyed


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (models.bhz(), 4),
        (models.bhz().with_values(Delta_BIA=0), 2),
        (models.bhz().with_values(Delta_BIA=1e-20), 4),
        (models.luttinger(), 2),
        (random_model(3, 3, 2), 3),
        (Model([[0]], 0, sp.Symbol("k", real=True)), 1),
        (Model.from_hoppings({(1,): [[1]], (-1,): [[1]]}, 1, [[1]]), None),
        (models.bhz().replace(parameters=dict.fromkeys(models.bhz().parameters)), None),
    ],
)
def test_the_number_of_distinct_energies(model: Model, count: int | None) -> None:
    assert model.distinct_energies == count


# -- numbers with many digits ------------------------------------------------------------------------------------------
def test_default_parameters_are_exact() -> None:
    form = derive(models.rashba().with_values(M=0.3, alpha=0.7), "s_dipole")
    k = ("1/3", "1/7")
    with mpmath.workdps(50):
        given = [form.at(k, 0, 40), form.at(k, 0, 40, M="3/10", alpha="7/10"), form.at(k, 0, 40, M=0.3, alpha=0.7)]
        x, y = sp.Rational(1, 3), sp.Rational(1, 7)
        M, alpha = sp.Rational(3, 10), sp.Rational(7, 10)
        expected = -(alpha**2) * y / (4 * (M**2 + alpha**2 * (x**2 + y**2)))
        for value in given:
            assert abs(value[0] - mpmath.mpf(expected.p) / expected.q) < mpmath.mpf(10) ** -39


def test_small_gaps_get_the_digits_that_they_need() -> None:
    form = derive(models.bhz(), "s_dipole")
    limit = np.array(form.at(GENERIC, 1, 12, Delta_BIA="1e-12"), dtype=float)
    for size in ("1e-30", "1e-50"):
        assert np.array(form.at(GENERIC, 1, 12, Delta_BIA=size), dtype=float) == pytest.approx(limit, rel=1e-9)
    with pytest.raises(
        ValueError, match=r"closer than 1e-\d+ of the largest energy, so that more digits would be needed"
    ):
        form.at(GENERIC, 1, 12, Delta_BIA="1e-300")
    assert np.array(form.at(GENERIC, 1, 300, Delta_BIA="1e-300"), dtype=float) == pytest.approx(limit, rel=1e-9)
