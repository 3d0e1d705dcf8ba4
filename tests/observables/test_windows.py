"""Levels within a window of energy as one multiplet, and solids on meshes, against plain sums."""

from __future__ import annotations

import numpy as np
import pytest
from plain_solid import on_mesh
from random_models import random_solid

from symcur import Model, compile, conductivity, evaluate, magnetization, models
from symcur.band_structures import Window
from symcur.band_structures.levels import joined
from symcur.brillouin import Integral, Mesh, Tolerance
from symcur.observables.windows import WindowedValues

MU, T = 0.2, 0.4
CUBIC = np.eye(3) * 1.7


@pytest.mark.parametrize("window", [0.0, 0.25, 0.6])
def test_parts_are_plain_sums_over_the_two_meshes(window):
    hoppings, s = random_solid()
    model = Model.from_hoppings(hoppings, s, CUBIC)
    result = conductivity(model, MU, T, method=Mesh(4), window=window, rtol=1e-2)
    two = [on_mesh(hoppings, s, CUBIC, 4, shift, None, MU, T, window) for shift in (0, 0.5)]
    for name, part in result.parts.items():
        if name != "torque":
            assert part.value[0, 1] == pytest.approx((two[0][name] + two[1][name]) / 2, rel=1e-9), name
            assert part.error[0, 1] >= abs(two[0][name] - two[1][name])
    # The s between other bands counts with its elements off the diagonal.
    assert abs(two[0]["averaged"] - two[0]["intrinsic"]) > 0.02 * abs(two[0]["intrinsic"])


def test_half_and_twice_the_window_belong_to_the_error():
    hoppings, s = random_solid()
    model, window = Model.from_hoppings(hoppings, s, CUBIC), 0.25
    result = conductivity(model, MU, T, method=Mesh(4), window=window, rtol=0.3)
    plain = [
        np.mean([on_mesh(hoppings, s, CUBIC, 4, shift, None, MU, T, w)["intrinsic"] for shift in (0, 0.5)])
        for w in (window, window / 2, 2 * window)
    ]
    change = max(abs(x - plain[0]) for x in plain[1:])
    assert result.checks["window"].value[0, 1] >= change > 0.01 * abs(plain[0])
    assert result.error[0, 1] >= change
    assert result.window == window
    assert any("half and twice the window" in note for note in result.notes)
    strict = conductivity(model, MU, T, method=Mesh(6), window=window, rtol=1e-3)
    assert strict.status == "tolerance not met"
    assert "change it by" in strict.message


def test_the_larger_change_is_added_to_the_error_and_decides_whether_the_tolerance_is_met():
    model = models.haldane()
    bands = WindowedValues(model, {"part": conductivity.forms["regular"].parts["conventional"]}, 0.1)
    columns = [np.full(4, x) for x in (1.0, 1.02, 0.7)]
    numbers = np.concatenate(columns), np.full(12, 0.01), np.ones(12), np.ones(12, dtype=bool)
    for rtol, met in ((0.32, True), (0.3, False)):
        tolerance = Tolerance(rtol, np.zeros(12), "value")
        judged = bands.judged(Integral(*numbers, "", evaluations=1, domain="", tolerance=tolerance))
        assert judged.value == pytest.approx(1.0)
        assert judged.error == pytest.approx(0.31)
        assert judged.met.all() == judged.met.any() == met


def test_chains_of_close_levels_are_one_multiplet_in_units_of_energy():
    energies = np.array([[0.0, 0.9, 1.8, 2.9, 100.0], [0.0, 1.1, 2.2, 3.1, 4.0]])
    assert joined(energies, Window(1.0)).tolist() == [
        [False, True, True, False, False],
        [False, False, False, True, True],
    ]
    assert (joined(energies, Window(0.0)) == joined(energies, 0.0)).all()


@pytest.mark.filterwarnings("ignore:bands were merged")
def test_a_window_is_what_a_tolerance_is_in_units_of_the_spread():
    model = models.kane_mele(lambda_v=0.0, lambda_R=0.05)
    k = np.random.default_rng(2).uniform(-3, 3, size=(40, 2))
    energies = model.energies(k)
    for point, e in zip(k[:8], energies, strict=False):
        expected = evaluate(model, "s_dipole", point, tolerance=0.1 / np.ptp(e))
        assert np.array_equal(evaluate(model, "s_dipole", point, tolerance=Window(0.1)), expected)
    assert len(np.unique((np.diff(energies) < 0.1).sum(axis=1))) > 1  # close levels at some points, not at others
    kernel = compile(model, ["s_dipole", "symmetrized_curvature"], tolerance=Window(0.1))
    for name, values in kernel(k).items():
        expected = evaluate(model, name, k, tolerance=Window(0.1))
        assert np.abs(values - expected).max() <= 1e-10 * max(np.abs(expected).max(), 1), name


@pytest.mark.slow_for("observable1")
@pytest.mark.parametrize("observable", [conductivity, magnetization])
def test_the_mesh_agrees_with_other_methods_and_so_does_a_window_that_joins_nothing(observable):
    model, mu, temperature = models.kane_mele(), 0.9, [0.3, 0.5]
    usual = observable(model, mu, temperature, rtol=1e-4)
    for options in ({"method": "mesh"}, {"method": "mesh", "window": 1e-7}):
        result = observable(model, mu, temperature, rtol=3e-2, **options)
        assert result.status == "converged"
        for name, part in result.parts.items():
            assert (np.abs(part.value - usual.parts[name].value) <= part.error + usual.parts[name].error).all(), name


def test_the_default_window_is_a_part_of_the_change_of_energy_between_points():
    hopping = np.diag([1.0, 0.5])
    model = Model.from_hoppings({(0, 0): np.diag([0.0, 9.0]), (1, 0): hopping, (-1, 0): hopping, (0, 1): hopping, (0, -1): hopping}, np.eye(2), np.eye(2))  # fmt: skip
    windows = [conductivity(model, 1.0, 0.5, method=Mesh(n), window="auto", rtol=0.1).window for n in (8, 16)]
    # e = 2 t (cos 2 pi u + cos 2 pi w): the mean square of its slope is (4 pi t)^2.
    assert windows[0] == pytest.approx(0.03 * 4 * np.pi * np.sqrt((1 + 0.25) / 2) / 8, rel=0.15)
    assert windows[1] == pytest.approx(windows[0] / 2)
    assert conductivity(model, 1.0, 0.5, rtol=0.1).window is None
    for wrong, error in (
        (-1.0, ValueError),
        ("wide", ValueError),
        (float("nan"), ValueError),
        (True, ValueError),
        (99.0, ValueError),
    ):
        with pytest.raises(error, match="window: expected"):
            conductivity(model, 1.0, 0.5, window=wrong)
