"""alpha, the response of the conserved current to a temperature gradient, and its relations with sigma."""

from __future__ import annotations

import numpy as np
import pytest
from dense_sums import DenseZone, fermi, grand_potential
from random_models import random_lattice_model

from symcur import models
from symcur.observables import conductivity, gap, thermoelectric


# -- the entropy form --------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("3-2-160-0.3", "2-3-40-0.6")
@pytest.mark.parametrize(("bands", "dimension", "points", "T"), [(3, 1, 300, 0.2), (3, 2, 160, 0.3), (2, 3, 40, 0.6)])
def test_both_entropies_of_the_paper_give_alpha(bands, dimension, points, T):
    # A weighs with the entropy density e_n = [(e - mu) f - g]/T, B and C with -dg/dT. alpha^{ils} is compared with sums
    # over states of the first; d_l of the dipole moves to e_n, whose slope is (e - mu)/T df/de.
    model, mu = random_lattice_model(bands, dimension), 0.5
    zone = DenseZone(model, points)
    f = fermi(zone.e, mu, T)
    entropy = ((zone.e - mu) * f - grand_potential(zone.e, mu, T)) / T
    minus_slope = (zone.e - mu) / T * f * (1 - f) / T
    band = zone.tensor(lambda i, l: entropy * zone.weighted_curvature(l, i))
    dipole = zone.tensor(lambda i, l: minus_slope * zone.s_dipole(i) * zone.diagonal(zone.v[l]))
    conventional = zone.tensor(lambda i, l: entropy * zone.s_curvature(l, i))
    rtol, allowed = (1e-8, 1e-8) if dimension < 3 else (1e-5, 1e-5)
    result = thermoelectric(model, mu, T, rtol=rtol)
    assert result.status == "converged"
    expected = {"band": band, "dipole": dipole, "conventional": conventional, "intrinsic": band + dipole}
    expected["torque"] = band + dipole - conventional
    for part, value in expected.items():
        assert result.parts[part].value == pytest.approx(value, abs=allowed), part
    assert np.abs(band + dipole).max() > 1e-3


@pytest.mark.parametrize("form", ["sea", "surface"])
def test_forms_agree_where_no_bands_touch(form):
    model = models.haldane(M=0.5)
    regular = thermoelectric(model, [0.9, 1.4], 0.1, rtol=1e-7)
    other = thermoelectric(model, [0.9, 1.4], 0.1, form=form, rtol=1e-7)
    for part in regular.parts:
        allowed = 3 * (regular.parts[part].error + other.parts[part].error).max()
        assert np.abs(regular.parts[part].value - other.parts[part].value).max() <= allowed, part
    assert np.abs(regular.parts["dipole"].value).max() > 1e-3


# -- relations with sigma ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("model", "mu", "T"),
    [(models.rashba(), 1.0, 0.02), (random_lattice_model(2, 1), -0.5, 0.01)],
    ids=["rashba", "chain"],
)
def test_exact_mott_relation(model, mu, T):
    # alpha(mu, T) = int de (-df/de) [(e - mu)/T] sigma(e, T = 0), and sigma(mu, T) the same without the square bracket:
    # here for mu where sigma at T = 0 is smooth within +-30 T.
    step = 0.75  # the trapezoid rule for 1/cosh^2(x/2), with poles at +-i pi, errs by exp(-2 pi^2/step)
    x = np.arange(-30, 30.1, step)  # (e - mu)/T
    cold = conductivity(model, mu + T * x, 0.0, rtol=1e-8)
    thermal = step / (4 * np.cosh(x / 2) ** 2)
    hot, alpha = (observable(model, mu, T, rtol=1e-8) for observable in (conductivity, thermoelectric))
    for part in alpha.parts:
        sigma = cold.parts[part].value
        assert alpha.parts[part].value == pytest.approx(np.tensordot(thermal * x, sigma, 1), abs=3e-8), part
        assert hot.parts[part].value == pytest.approx(np.tensordot(thermal, sigma, 1), abs=3e-8), part
    assert np.abs(alpha.parts["conventional"].value).max() > 1e-5


def test_maxwell_relation():
    # d alpha/d mu = d sigma/dT, since -dg/dT and f are slopes of the same g.
    model, mu, T, h = random_lattice_model(2, 2), 0.4, 0.4, 0.02
    steps, stencil = h * np.array([-2, -1, 1, 2]), np.array([1, -8, 8, -1]) / (12 * h)
    alpha = np.tensordot(stencil, thermoelectric(model, mu + steps, T, rtol=1e-7).value, 1)
    sigma = np.tensordot(stencil, conductivity(model, mu, T + steps, rtol=1e-7).value, 1)
    assert alpha == pytest.approx(sigma, abs=1e-5)
    assert np.abs(alpha).max() > 1e-3


def test_low_temperature_mott_relation_by_hand():
    # Rashba gas, both subbands filled: the conventional part of sigma^{xy} is 1 - M^2/(2 m alpha^2 mu + M^2) in e/8pi.
    # alpha/T -> (pi^2/3) d sigma/d mu, and what is left falls like T^2.
    m, strength, M, mu = 1.0, 0.7, 0.3, 1.0
    slope = M**2 * 2 * m * strength**2 / (2 * m * strength**2 * mu + M**2) ** 2 / (8 * np.pi)
    T = np.array([0.04, 0.02, 0.01])
    alpha = thermoelectric(models.rashba(m=m, alpha=strength, M=M), mu, T, rtol=1e-8)
    ratio = alpha.parts["conventional"].value[:, 0, 1] / T / (np.pi**2 / 3 * slope)
    assert ratio[-1] == pytest.approx(1, abs=2e-3)
    assert (ratio[0] - 1) / (ratio[1] - 1) == pytest.approx(4, rel=0.05)
    assert (ratio[1] - 1) / (ratio[2] - 1) == pytest.approx(4, rel=0.05)
    # Band and dipole parts of sigma cancel at every mu > M, so the conserved Nernst response vanishes there.
    assert np.abs(alpha.value[:, 0, 1]).max() < 1e-3 * np.abs(alpha.parts["conventional"].value[:, 0, 1]).max()


def test_low_temperature_mott_relation_of_a_lattice_metal():
    model, mu, h = models.haldane(M=0.5), 0.4, 0.02
    sigma = conductivity(model, mu + h * np.array([-2, -1, 1, 2]), rtol=1e-6)
    T = np.array([0.02, 0.01])
    alpha = thermoelectric(model, mu, T, rtol=1e-5)
    for part in ("conventional", "band", "dipole"):
        slope = np.tensordot(np.array([1, -8, 8, -1]) / (12 * h), sigma.parts[part].value, 1)
        ratio = alpha.parts[part].value / T[:, None, None]
        extrapolated = (4 * ratio[1] - ratio[0]) / 3
        assert extrapolated == pytest.approx(np.pi**2 / 3 * slope, abs=5e-3 * np.abs(slope).max()), part
        assert np.abs(slope).max() > 1e-3


def test_the_intrinsic_response_of_two_bands_with_traceless_s_is_symmetric():
    # (s_n + s_m)/2 = 0 for both bands: the symmetrized curvature vanishes, and with it the Hall part, while the
    # conventional current has one.
    model = models.altermagnet()
    result = thermoelectric(model, 0.3, 0.1, rtol=1e-5)
    assert np.abs(result.value - result.value.T).max() < 1e-12
    assert np.abs(result.parts["conventional"].value - result.parts["conventional"].value.T).max() > 1e-4


# -- limits ------------------------------------------------------------------------------------------------------------
def test_alpha_vanishes_at_zero_temperature():
    result = thermoelectric(models.rashba(), [0.05, 0.5], [0.0, 0.05], rtol=1e-5)
    for part in result.parts.values():
        assert np.abs(part.value[:, 0]).max() == 0
    assert np.abs(result.parts["conventional"].value[:, 1, 0, 1]).min() > 1e-4


def test_in_a_gap_alpha_is_activated():
    model = models.haldane(M=1.5).with_s(1)
    found = gap(model, 1)
    mu = found.top + 0.4 * found.width
    nearest, T = mu - found.top, np.array([0.02, 0.025])
    alpha = thermoelectric(model, mu, T, rtol=1e-7).value[:, 0, 1]
    # The entropy of carriers at the edge: a power of T times exp(-Delta/T), Delta the distance to the nearer edge.
    activation = np.log(alpha[1] / alpha[0]) / (1 / T[0] - 1 / T[1])
    assert activation == pytest.approx(nearest, rel=0.12)
    assert abs(alpha[0]) < np.exp(-nearest / T[0])


def test_charge_has_an_antisymmetric_nernst_response_and_no_dipole():
    model = models.haldane(M=0.3).with_s(1)
    result = thermoelectric(model, 1.0, 0.1, rtol=1e-7)
    assert np.abs(result.value + result.value.T).max() < 1e-12
    assert np.abs(result.parts["dipole"].value).max() < 1e-12
    assert abs(result.value[0, 1]) > 1e-3


def test_units_of_conductivity_are_refused():
    result = thermoelectric(models.rashba(), 0.3, 0.1, rtol=1e-4)
    assert result.unit == "k_B s / (hbar length^(D-2))"
    assert result.convert("1", s_unit="hbar/2").value == pytest.approx(2 * result.value)
    with pytest.raises(
        ValueError, match="unit: expected '1' or 'SI' for thermoelectric, got 'e/8pi', a unit of conductivity"
    ):
        result.convert("e/8pi")
