"""Exact integrals against the numerical ones, whose kernels, adaptive boxes and Fermi surfaces share nothing with them."""

from __future__ import annotations

import isotropic_models as models
import numpy as np
import pytest
import sympy as sp

import symcur as sc
from symcur.exact_integrals import isotropy
from symcur.observables import get


def worst(model, observable, mu, *, rtol=1e-6, **options):
    """The largest deviation in units of the error of the numerical integral, and the largest error, over all parts."""
    exact = sc.integrate_exactly(model, observable, **options)
    fixed = model.with_parameters(options.pop("parameters", None))
    numerical = get(observable)(fixed, list(mu), rtol=rtol, **options)
    assert not exact.refused
    deviations = [np.abs(exact(mu, part=name) - part.value) / part.error for name, part in numerical.parts.items()]
    return max(map(np.max, deviations)), max(part.error.max() for part in numerical.parts.values())


RASHBA = sc.models.rashba(M=0.3)
CASES = {
    "all Hall parts": (RASHBA, "conductivity", (-0.31, 0.1, 0.3001, 1.0), {"hall": "all"}),
    "the parts": (RASHBA, "conductivity", (-0.33, -0.2, 0.1, 1.0), {}),
    "negative": (RASHBA.with_values(alpha=-0.9, M=-0.4), "conductivity", (-0.42, -0.1, 0.7), {"form": "surface"}),
    "no ring": (RASHBA.with_values(alpha=0.2, M=0.4), "magnetization", (-0.41, -0.39, 0.1, 0.7), {}),
    "touching": (sc.models.rashba(), "conductivity", (-0.2, 0.1, 1.0), {"form": "surface", "parameters": {"M": 0}}),
    "tilted s": (RASHBA.with_s(models.X + 2 * models.Z + 3 * models.ONE), "magnetization_slope", (-0.31, 1.0), {}),
    "flow at rest": (RASHBA.with_s(models.X / 2), "equilibrium_current", (-0.31, 0.1, 1.0), {}),
    "Dirac, cut off": (sc.models.massive_dirac(), "conductivity", (-0.9, 0.1, 0.6), {"form": "sea", "cutoff": 3}),
    "BHZ": (models.bhz_continuum(), "magnetization", (0.1, 0.6), {}),
    "Weyl": (models.weyl(), "conductivity", (-0.5, 0.3), {"form": "surface", "cutoff": 1.5}),
    "anisotropic": (models.anisotropic(), "conductivity", (-0.31, 0.1, 1.0), {"form": "sea"}),
    "1D": (models.one_dimensional(), "conductivity", (-0.31, 0.1, 1.0), {}),
    "holes, cut off between pockets": (
        sc.models.cubic_rashba(),
        "hall_conductivity",
        (0.3, 0.44),
        {"cutoff": 1.6, "parameters": {"m": 1, "alpha": 0.2, "M": 0.1}, "form": "surface"},
    ),
}


@pytest.mark.parametrize(("model", "observable", "mu", "options"), CASES.values(), ids=CASES)
def test_agrees_with_the_numerical_integral(model, observable, mu, options):
    deviation, error = worst(model, observable, mu, **options)
    assert deviation < 1
    assert error < 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_random_models_agree(seed):
    random = np.random.default_rng(seed)
    values = dict(
        zip(("m", "alpha", "M", "B"), random.uniform((0.5, 0.3, -0.6, -0.3), (2, 1, 0.6, 0.3)).round(2), strict=True)
    )
    winding = (1, 2, 2)[seed]
    mu = random.uniform(-0.6, 1.5, size=3).round(3)
    model = models.winding(winding).with_values(values)
    deviation, error = worst(model, "conductivity", mu, form="sea", cutoff=1.2, rtol=1e-8)
    assert deviation < 1
    assert error < 1e-8


@pytest.mark.parametrize("n", [3, 4])
def test_fermi_momenta_without_formula(n):
    """Equations of the third and fourth degree: the conventional part is elliptic and refused, the others agree."""
    options = {"form": "sea", "cutoff": 1.2}
    fixed = models.winding(n).with_parameters(m=1, alpha=0.1, M=0.3, B=0.2)
    exact = sc.integrate_exactly(fixed, "conductivity", **options)
    assert set(exact.refused) == {"conventional", "torque"}
    mu = [0.35, 0.8]
    numerical = sc.conductivity(fixed, mu, rtol=1e-8, **options)
    for name in exact.components:
        assert (np.abs(exact(mu, part=name) - numerical.parts[name].value) < numerical.parts[name].error).all()
        written = exact.parts[name].subs(exact.mu, sp.Rational(4, 5)).applyfunc(sp.N)
        assert np.allclose(np.array(written.tolist(), dtype=float), exact(0.8, part=name), rtol=1e-12, atol=1e-16)


def test_logarithms_in_three_dimensions():
    deviation, error = worst(models.dirac(), "magnetization", (0.3, 0.7), rtol=1e-5, form="sea", cutoff=1.5)
    assert deviation < 1
    assert error < 1e-5


def test_heat_and_the_next_order_in_temperature():
    """alpha/T and sigma at T = 0.004: the T^2 term leaves what T^4 gives."""
    T, mu = 0.004, 0.1
    for observable in ("conductivity", "thermoelectric"):
        exact = sc.integrate_exactly(RASHBA, observable)
        warm = get(observable)(RASHBA, mu, T, rtol=1e-9)
        values = {symbol: sp.nsimplify(value) for symbol, value in RASHBA.parameters.items()}
        second = exact.sommerfeld(exact.interval(mu), "conventional").subs(
            {**values, exact.mu: 0.1, exact.temperature: T}
        )
        second = float(second[0, 1])
        rest = warm.parts["conventional"].value[0, 1] / (T if exact.warm else 1) - exact(mu, part="conventional")[0, 1]
        assert abs(second) > 100 * abs(rest - second)


def test_a_wrong_average_is_noticed(monkeypatch):
    true = isotropy._sphere
    monkeypatch.setattr(isotropy, "_sphere", lambda powers: true(powers) * (2 if sum(powers) > 2 else 1))
    deviation, _ = worst(RASHBA, "magnetization", (0.1, 1.0), form="sea")
    assert deviation > 1e3
