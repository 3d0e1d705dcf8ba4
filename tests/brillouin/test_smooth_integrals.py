"""Smooth integrands: array-valued, complex, periodic or not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import cubature
from scipy.special import jv

from symcur.brillouin import METHODS, Estimate, LatticeCell, Method, Plane, integrate
from symcur.brillouin.trapezoid import OFFSET


def test_plane_waves_over_the_zone_are_bessel_functions():
    """int exp(i z cos k + i n k) dk/2pi = i^n J_n(z), a whole matrix at once and complex."""
    z, n = np.array([0.3, 5.0, 20.0])[:, None], np.arange(4)
    result = integrate(
        lambda k: np.exp(1j * z * np.cos(k[:, :, None]) + 1j * n * k[:, :, None]),
        LatticeCell(1.0),
        rtol=1e-11,
        relative_to="integrand",
        max_evaluations=10_000,
    )
    assert result.converged
    assert result.value.shape == (3, 4)
    np.testing.assert_allclose(result.value, 1j**n * jv(n, z), atol=1e-11)
    assert result.method.startswith("periodic trapezoid")
    assert result.evaluations <= 128 + 2 * 65


def test_a_narrow_peak_makes_the_trapezoid_rule_give_way():
    """int dk/2pi sinh(a)/(cosh(a) - cos(k)) = 1 for every width a; the denominator is written without cancellation."""
    a = 1e-4
    peak = lambda k: np.sinh(a) / (2 * np.sinh(a / 2) ** 2 + 2 * np.sin((k[:, 0] - 1) / 2) ** 2)  # noqa: E731
    result = integrate(peak, LatticeCell(1.0), rtol=1e-9)
    assert result.converged
    assert result.reason.startswith("a peak within")
    assert result.evaluations < 5000
    assert abs(result.value - 1) <= result.error < 1e-8


def test_a_trapezoid_rule_that_is_asked_for_says_how_far_it_got():
    a = 0.05
    peak = lambda k: np.sinh(a) / (np.cosh(a) - np.cos(k[:, 0] - 1.0))  # noqa: E731
    for points in (64, 128, 256, 512):
        result = integrate(peak, LatticeCell(1.0), rtol=1e-13, method="trapezoid", max_evaluations=points)
        assert result.status == "tolerance not met"
        assert abs(result.value - 1) <= result.error < 10 * np.exp(-a * points / 4)


def test_agreement_with_scipy_cubature_at_fewer_points():
    calls = []

    def lorentzian(k):
        calls.append(len(k))
        return (0.01 + ((k - 0.3) ** 2).sum(axis=-1)) ** -1.5

    box = Plane(2, 1.0)
    ours = integrate(lorentzian, box, rtol=1e-8, max_evaluations=50_000)  # too few to look for peaks first
    points = sum(calls)
    calls.clear()
    theirs = cubature(lorentzian, [-1, -1], [1, 1], rtol=1e-8, atol=0, rule="gk15")
    assert ours.converged
    assert abs(ours.value - theirs.estimate / (2 * np.pi) ** 2) <= ours.error + theirs.error
    assert points == ours.evaluations + 2
    assert points < sum(calls)


def test_a_vanishing_integral_is_judged_by_its_integrand():
    function = lambda k: np.sin(k[:, 0]) * np.exp(np.cos(k[:, 1]))  # noqa: E731
    result = integrate(function, LatticeCell(np.eye(2)), rtol=1e-8, relative_to="integrand")
    assert result.converged
    assert abs(result.value) <= result.error <= 1e-8 * result.scale


class MonteCarlo(Method):
    """The mean over random points, with its standard deviation."""

    name, description = "monte carlo", "ten thousand random points"

    def obstacle(self, problem):
        return ""

    def estimate(self, problem, sweep, tolerance):
        values = problem.sample(np.random.default_rng(4).uniform(size=(10_000, problem.domain.dimension)))
        sweep.evaluations += len(values)
        mean, deviation = values.mean(axis=0), values.std(axis=0) / 100
        met = np.zeros(mean.shape, dtype=bool)
        return Estimate(mean, 3 * deviation, np.abs(values).mean(axis=0), met, "", self.description)


def test_a_method_of_the_users_own_is_taken_as_an_object_and_by_name():
    wavy = lambda k: np.exp(np.cos(k).sum(axis=-1))  # noqa: E731
    box, exact = LatticeCell(np.eye(2)), integrate(wavy, LatticeCell(np.eye(2)), rtol=1e-10, method="cubature")
    METHODS.add(MonteCarlo())
    try:
        results = [integrate(wavy, box, rtol=1e-6, method=method) for method in (MonteCarlo(), "monte carlo")]
    finally:
        METHODS.remove("monte carlo")
    for result in results:
        assert abs(result.value - exact.value) <= result.error + exact.error
        assert (result.method, result.reason) == ("ten thousand random points", "asked for")
        assert result.evaluations == 10_000
    assert integrate(wavy, box, rtol=1e-10, method=METHODS.get("cubature")).value == exact.value


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_a_number_is_refused_with_its_place(bad):
    def function(k):
        return np.where(k[:, 0] > 3, bad, 1.0)

    with pytest.raises(ValueError, match=r"function: expected finite numbers, got (nan|inf) at k = \[[3-6]\."):
        integrate(function, LatticeCell(1.0), rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"rtol": 0}, "rtol"),
        ({"rtol": -1e-3}, "rtol"),
        ({"rtol": np.nan}, "rtol"),
        ({"atol": -1.0}, "atol"),
        ({"atol": [1.0, 2.0]}, "atol"),
        ({"method": "tetrahedron"}, "method"),
        ({"relative_to": "luck"}, "relative_to"),
        ({"max_evaluations": 0}, "max_evaluations"),
        ({"workers": 0}, "workers"),
        ({"workers": "two"}, "workers"),
        ({"domain": "zone"}, "domain"),
        ({"domain": Plane(2, 1.0), "method": "trapezoid"}, "method"),
        ({"method": "patches"}, "method"),
        ({"function": lambda k: 1.0}, "function"),
        ({"function": lambda k: np.ones(len(k) + 1)}, "function"),
    ],
)
def test_errors_name_the_argument(change, name):
    arguments = {"function": lambda k: np.ones(len(k)), "domain": LatticeCell(np.eye(2)), "rtol": 1e-6} | change
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        integrate(arguments.pop("function"), arguments.pop("domain"), **arguments)


@pytest.mark.parametrize("width", [0.3, 0.03, 0.02])
def test_a_peak_on_a_slope_is_found_before_sampling(width):
    """A Gaussian without tails far above no point of the first grids, beside something wide and steep; two components."""
    a, b = 2.4, 4.1

    def function(k):
        x, y = k[:, 0] - a, k[:, 1] - b
        peak = np.exp(-(x**2 + y**2) / 2 / width**2)
        return np.stack([5 + 4 * np.cos(k[:, 0]) + 0 * peak, 1 + np.sin(k[:, 0] + k[:, 1]) - peak], axis=-1)

    result = integrate(function, LatticeCell(np.eye(2)), rtol=1e-7)
    assert result.converged
    assert abs(result.value[0] - 5) <= result.error[0]
    assert abs(result.value[1] - 1 + width**2 / (2 * np.pi)) <= result.error[1] < 1e-6


@pytest.mark.parametrize(("function", "message"), [(3, "got 3"), (lambda k: np.full(len(k), "a"), "expected numbers")])
def test_what_is_no_function_of_k_is_refused(function, message):
    with pytest.raises((TypeError, ValueError), match=f"function: .*{message}"):
        integrate(function, LatticeCell(1.0), rtol=1e-3)


@pytest.mark.parametrize("width", [0.125, 0.15, 0.2])
def test_a_harmonic_that_vanishes_on_a_grid_and_on_its_copy_is_seen_elsewhere(width):
    """int dk/2pi sinh(a)/(cosh(a) - cos(k - phi)) = 1; n points displaced by s spacings are off by 2 e^(-n a) cos(2 pi s - n phi).

    Phases are taken where that vanishes, so that the grid and the copy between its points agree.
    """
    off = {n: (n / 16 * OFFSET[0] - 0.25) * 2 * np.pi / n for n in (16, 32, 64)}
    phases = [start + np.pi * j / n for n, start in off.items() for j in range(2 * n)]
    results = []
    for phase in phases:
        peak = lambda k, phase=phase: np.sinh(width) / (np.cosh(width) - np.cos(k[:, 0] - phase))  # noqa: E731
        results.append(integrate(peak, LatticeCell(1.0), rtol=1e-2, max_evaluations=2000))
    assert all(result.converged for result in results)
    assert max(abs(result.value - 1) / result.error for result in results) <= 1
