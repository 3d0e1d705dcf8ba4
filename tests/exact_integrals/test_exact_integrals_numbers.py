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
LOG = {"m": 1, "alpha": 0.7, "M": 0.3, "B": 0.2}
ARC = {"m": 1, "alpha": 0.5, "M": 0.6, "B": -0.3}
TOUCHING = {"m": 1, "alpha": 0.2, "M": 0, "B": 0.1}
CASES = {
    "all Hall parts": (RASHBA, "conductivity", (-0.31, 0.3001), {"hall": "all", "parameters": RASHBA.parameters}),
    "the parts": (RASHBA, "conductivity", (-0.33, 0.1, 1.0), {}),
    "logarithms": (models.winding(1), "current_dipole_density", (-0.1, 0.35), {"parameters": LOG}),
    "arctangents": (models.winding(1), "current_dipole_density", (0.1, 0.7), {"parameters": ARC}),
    "touching, logarithms": (models.winding(2), "current_dipole_density", (0.3,), {"parameters": TOUCHING}),
    "touching": (sc.models.rashba(), "conductivity", (-0.2, 0.1, 1.0), {"form": "surface", "parameters": {"M": 0}}),
    "tilted s": (RASHBA.with_s(models.X + 2 * models.Z + 3 * models.ONE), "equilibrium_current", (-0.31, 1.0), {}),
    "Dirac, cut off": (sc.models.massive_dirac(), "conductivity", (-0.9, 0.1, 0.6), {"form": "sea", "cutoff": 3}),
    "BHZ": (models.bhz_continuum(), "hall_conductivity", (0.1, 0.45, 0.6), {"form": "sea"}),
    "Weyl": (models.weyl(), "conductivity", (-0.5, 0.3), {"form": "surface", "cutoff": 1.5}),
    "anisotropic": (models.anisotropic(), "hall_conductivity", (-0.31, 1.0), {}),
    "1D": (models.one_dimensional(), "conductivity", (-0.31, 0.1, 1.0), {}),
    "holes, cut off between pockets": (
        sc.models.cubic_rashba(),
        "hall_conductivity",
        (0.3, 0.44),
        {"cutoff": 1.6, "parameters": {"m": 1, "alpha": 0.2, "M": 0.1}, "form": "surface"},
    ),
}


@pytest.mark.slow_but("1D", "touching, logarithms")
@pytest.mark.parametrize(("model", "observable", "mu", "options"), CASES.values(), ids=CASES)
def test_agrees_with_the_numerical_integral(model, observable, mu, options):
    deviation, error = worst(model, observable, mu, **options)
    assert deviation < 1
    assert error < 1e-6


@pytest.mark.slow_for("1", "2")
@pytest.mark.parametrize("seed", range(3))
def test_random_models_agree(seed):
    random = np.random.default_rng(seed)
    values = dict(
        zip(("m", "alpha", "M", "B"), random.uniform((0.5, 0.3, -0.6, -0.3), (2, 1, 0.6, 0.3)).round(2), strict=True)
    )
    winding = (1, 2, 2)[seed]
    mu = random.uniform(-0.6, 1.5, size=3).round(3)
    options = {"form": "sea", "cutoff": 1.2, "parameters": values, "rtol": 1e-8}
    deviation, error = worst(models.winding(winding), "conductivity", mu, **options)
    assert deviation < 1
    assert error < 1e-8


@pytest.mark.slow_for("4")
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


def test_fermi_momenta_without_formula_can_be_differentiated():
    fixed = models.winding(3).with_parameters(m=1, alpha=0.1, M=0.3, B=0.2)
    exact = sc.integrate_exactly(fixed, "hall_conductivity", form="sea", cutoff=1.2)
    slope = sp.diff(exact.between(exact.interval(0.8))[0, 1], exact.mu)
    step = (exact(0.8 + 1e-6) - exact(0.8 - 1e-6))[0, 1] / 2e-6
    assert float(slope.subs(exact.mu, sp.Rational(4, 5))) == pytest.approx(step, rel=1e-6)


def test_heat_and_the_next_order_in_temperature():
    """alpha/T and sigma_H at T = 0.004: the T^2 term leaves what T^4 gives."""
    T, mu = 0.004, 0.1
    for observable, part in (("hall_conductivity", "band"), ("thermoelectric", "conventional")):
        exact = sc.integrate_exactly(RASHBA, observable, form="sea", parameters=RASHBA.parameters)
        warm = get(observable)(RASHBA, mu, T, form="sea", rtol=1e-8)
        second = exact.sommerfeld(exact.interval(mu), part).subs({exact.mu: mu, exact.temperature: T})[0, 1]
        rest = warm.parts[part].value[0, 1] / (T if exact.warm else 1) - exact(mu, part=part)[0, 1]
        assert abs(second) > 100 * abs(rest - second)


def test_a_wrong_average_is_noticed(monkeypatch):
    true = isotropy._sphere
    monkeypatch.setattr(isotropy, "_sphere", lambda powers: true(powers) * (2 if any(powers) else 1))
    deviation, _ = worst(RASHBA, "current_dipole_density", (0.1,), rtol=1e-4)
    assert deviation > 1e3
