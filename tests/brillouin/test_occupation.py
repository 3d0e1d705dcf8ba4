"""Occupation functions: their relations, and their limits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from symcur.brillouin.occupation import OCCUPATIONS, occupation


@pytest.mark.parametrize("x", [-800.0, -30.0, -1.3, 0.0, 0.7, 25.0, 800.0])
def test_against_fifty_digits(x):
    t, mu = 0.37, -0.2
    with mpmath.workdps(50):
        y, big = mpmath.mpf(x), mpmath.mpf(t)
        f = 1 / (mpmath.exp(y) + 1)
        dilogarithm = mpmath.polylog(2, -mpmath.exp(-y))
        known = {
            "f": f,
            "g": -big * mpmath.log(1 + mpmath.exp(-y)),
            "-df/de": f * (1 - f) / big,
            "entropy": mpmath.log(1 + mpmath.exp(-y)) + y * f,
            "df/dT": y * f * (1 - f) / big,
            "heat": 3 / mpmath.pi**2 * (y**2 * f + 2 * y * mpmath.log(1 + mpmath.exp(-y)) - 2 * dilogarithm),
            "one": mpmath.mpf(1),
        }
    assert {*known, *BOSE, "c_2"} == set(OCCUPATIONS.names())
    for name in known:
        value = float(occupation(name, np.array(mu + t * x), mu, t))
        assert value == pytest.approx(float(known[name]), rel=1e-12, abs=1e-300)


def test_derivatives():
    """dg/de = f, -dg/dT = entropy, and the derivatives of f and of the carried heat, by central differences."""
    e, t, h = np.linspace(-2, 2, 41), 0.3, 1e-5
    slope = (occupation("g", e + h, 0.1, t) - occupation("g", e - h, 0.1, t)) / (2 * h)
    np.testing.assert_allclose(slope, occupation("f", e, 0.1, t), atol=1e-9)
    slope = -(occupation("g", e, 0.1, t + h) - occupation("g", e, 0.1, t - h)) / (2 * h)
    np.testing.assert_allclose(slope, occupation("entropy", e, 0.1, t), atol=1e-9)
    slope = (occupation("f", e, 0.1, t + h) - occupation("f", e, 0.1, t - h)) / (2 * h)
    np.testing.assert_allclose(slope, occupation("df/dT", e, 0.1, t), atol=1e-9)
    slope = -(occupation("f", e + h, 0.1, t) - occupation("f", e - h, 0.1, t)) / (2 * h)
    np.testing.assert_allclose(slope, occupation("-df/de", e, 0.1, t), atol=1e-9)
    slope = -(occupation("heat", e + h, 0.1, t) - occupation("heat", e - h, 0.1, t)) / (2 * h)
    carried = 3 * ((e - 0.1) / (np.pi * t)) ** 2 * occupation("-df/de", e, 0.1, t)
    np.testing.assert_allclose(slope, carried, atol=1e-9)


@pytest.mark.parametrize("name", ["f", "g", "entropy", "heat", "one"])
def test_low_temperature_tends_to_zero_temperature(name):
    e = np.linspace(-1, 1, 20)
    np.testing.assert_allclose(occupation(name, e, 0.0, 1e-310), occupation(name, e, 0.0, 0.0), atol=1e-15)


# -- bosons ------------------------------------------------------------------------------------------------------------
BOSE = {
    "n": lambda x, T: 1 / mpmath.expm1(x),
    "G": lambda x, T: T * mpmath.log(abs(mpmath.expm1(-x))),
    "-dn/de": lambda x, T: mpmath.exp(x) / mpmath.expm1(x) ** 2 / T,
    "c_1": lambda x, T: x / mpmath.expm1(x) - mpmath.log(abs(mpmath.expm1(-x))),
    "dn/dT": lambda x, T: x * mpmath.exp(x) / mpmath.expm1(x) ** 2 / T,
    "n_thermal": lambda x, T: mpmath.sign(x) / mpmath.expm1(abs(x)),
    "n_zero_point": lambda x, T: mpmath.mpf(-1 if x < 0 else 0),
    "G_thermal": lambda x, T: T * mpmath.log(-mpmath.expm1(-abs(x))),
    "G_zero_point": lambda x, T: -T * x if x < 0 else mpmath.mpf(0),
}


@pytest.mark.parametrize("name", BOSE)
def test_bose_functions_against_many_digits(name):
    T, x = 0.5, np.array([-900.0, -30.0, -2.0, -(2.0**-14), 2.0**-20, 0.3125, 1.0, 8.0, 40.0, 900.0])
    with mpmath.workdps(450):
        expected = [float(BOSE[name](mpmath.mpf(e), mpmath.mpf(T))) for e in x]
    np.testing.assert_allclose(occupation(name, T * x, 0.0, T), expected, rtol=1e-13)


def test_the_weight_of_heat_against_quadrature():
    x = [-30.0, -2.0, -0.01, 0.3, 1.0, 8.0, 30.0]

    def slope(y: mpmath.mpf) -> mpmath.mpf:
        return y**2 * mpmath.exp(-y) / mpmath.expm1(-y) ** 2 if y else mpmath.mpf(1)

    expected = [
        float(
            3
            / mpmath.pi**2
            * mpmath.quad(slope, [e, *(y for y in (-10.0, -1.0, 0.0, 1.0, 5.0, 10.0, 20.0, 40.0) if y > e), 120.0])
        )
        for e in x
    ]
    np.testing.assert_allclose(occupation("c_2", np.array(x), 0.0, 1.0), expected, rtol=1e-12)


@pytest.mark.parametrize("T", [0.0, 0.4])
@pytest.mark.parametrize("name", ["n", "G"])
def test_what_is_thermal_and_the_zero_point_add_up(name, T):
    energy = np.array([-9.0, -0.3, 0.2, 1.5])
    thermal, zero_point = (occupation(f"{name}_{part}", energy, 0.0, T) for part in ("thermal", "zero_point"))
    np.testing.assert_allclose(thermal + zero_point, occupation(name, energy, 0.0, T), rtol=1e-14)
    np.testing.assert_array_equal(zero_point, occupation(name, energy, 0.0, 0.0))


def test_bose_functions_at_zero_temperature_are_the_zero_point():
    energy = np.array([-2.0, 1.5])
    assert occupation("n", energy, 0.0, 0.0).tolist() == [-1.0, 0.0]
    assert occupation("G", energy, 0.0, 0.0).tolist() == [2.0, 0.0]
    assert occupation("c_1", energy, 0.0, 0.0).tolist() == [0.0, 0.0]
