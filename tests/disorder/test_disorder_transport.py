"""The parts of the transport current side by side."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy as sp
from metals import parabolic

from symcur import models
from symcur.disorder import gaussian, thermal, transport, white_noise, yukawa
from symcur.disorder.momentum_cell import search_cell


@pytest.fixture(scope="module")
def found():
    return transport(models.rashba_dresselhaus(), gaussian(1.0, relaxation_time=40.0), 1.0, rtol=1e-7)


def test_parts_add_up(found):
    np.testing.assert_allclose(found["conventional"] + found["torque"], found["occupation"], atol=1e-10)
    np.testing.assert_allclose(found["intrinsic"] + found["dipole_shift"], found["band"], atol=1e-8)
    np.testing.assert_allclose(found["band"] + found["side_jump"] + found["occupation"], found["total"], atol=1e-14)
    np.testing.assert_allclose(found["band"], -found["band"].T, atol=1e-14)
    assert found.status == "converged"
    assert found.relaxation_time == pytest.approx(40.0, rel=1e-9)
    assert max(found.checks.values()) < 1e-6


def test_only_the_occupation_depends_on_the_strength(found):
    weak = transport(models.rashba_dresselhaus(), gaussian(1.0, relaxation_time=80.0), 1.0, rtol=1e-7, intrinsic=False)
    np.testing.assert_allclose(weak["occupation"], 2 * found["occupation"], rtol=1e-9)
    np.testing.assert_allclose(weak["side_jump"], found["side_jump"], rtol=1e-9)
    np.testing.assert_allclose(weak["dipole_shift"], found["dipole_shift"], rtol=1e-9)


def test_the_dipole_shift_current_is_blind_to_the_disorder(found):
    for disorder in (white_noise(), yukawa(0.5), white_noise(structure=sp.diag(1, -1)) + gaussian(2.0)):
        other = transport(models.rashba_dresselhaus(), disorder, 1.0, rtol=1e-7, intrinsic=False)
        np.testing.assert_allclose(other["dipole_shift"], found["dipole_shift"], atol=1e-9)
        assert np.abs(other["side_jump"] - found["side_jump"]).max() > 1e-4


def test_a_field_picks_columns_and_the_result_is_plain_data(found):
    np.testing.assert_allclose(found.along([0.0, 2.0])["total"], 2 * found["total"][:, 1])
    with pytest.raises(ValueError, match="field: expected 2 Cartesian components"):
        found.along([1.0, 0.0, 0.0])
    with pytest.raises(KeyError, match=r"part: expected one of .*side_jump.*got 'skew'"):
        found["skew"]
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["parts"]["band"]["value"] == found["band"].tolist()
    assert "no skew scattering" in str(found)


def test_at_finite_temperature_a_parabolic_band_has_a_closed_form():
    """White noise: lambda = v tau with one tau, so sigma = tau/(2 pi) int f de = tau T ln(1 + exp(mu/T))/(2 pi)."""
    mu, T = 0.15, 0.1  # the band edge lies inside the thermal window
    found = transport(parabolic(), white_noise(), mu, T, rtol=1e-7, intrinsic=False)
    expected = T * np.log1p(np.exp(mu / T)) / (2 * np.pi)  # rate = 2 pi N = 1
    np.testing.assert_allclose(found["charge"], expected * np.eye(2), rtol=1e-6, atol=1e-9)
    assert found.status == "converged"


@pytest.mark.slow
def test_finite_temperature_is_the_average_over_energies():
    model, disorder, T = models.rashba_dresselhaus(), gaussian(1.0), 0.02
    warm = transport(model, disorder, 1.0, T, rtol=1e-5, intrinsic=False)
    x = np.arange(-18, 18.5, 0.9)
    cold = [transport(model, disorder, 1.0 + T * float(y), rtol=1e-5, intrinsic=False) for y in x]
    weight = 1 / (4 * np.cosh(x / 2) ** 2)
    for part in ("occupation", "dipole_shift", "side_jump"):
        average = 0.9 * sum(w * c[part] for w, c in zip(weight, cold, strict=True))
        np.testing.assert_allclose(warm[part], average, atol=2e-7 * np.abs(warm[part]).max())


@pytest.mark.slow
def test_the_thermal_average_converges_across_band_edges():
    """Rashba with a mass, edges at +-M within the window: J_dp of the average is the thermal J_in - J_B, from the zone."""
    found = transport(models.rashba(), white_noise(), 0.2, 0.03, rtol=1e-5)
    assert found.status == "converged"
    assert found.checks["band"] < 1e-5


def test_gauss_rules_of_the_thermal_weight():
    """Moments of 1/(4 cosh^2(x/2)) on the line: 1, 0, pi^2/3, 0, 7 pi^4/15; a square root at a critical end."""
    x, w = thermal.gauss_rule(-40.0, 40.0, 8)
    moments = [w @ x**n for n in range(5)]
    np.testing.assert_allclose(moments, [1, 0, np.pi**2 / 3, 0, 7 * np.pi**4 / 15], atol=1e-9)
    x, w = thermal.gauss_rule(0.0, 40.0, 24, (True, False))
    fine, weight = np.polynomial.legendre.leggauss(600)
    t = (fine + 1) / 2 * np.sqrt(40.0)
    expected = (weight * np.sqrt(10.0) * 2 * t * t / (4 * np.cosh(t**2 / 2) ** 2)).sum()
    assert w @ np.sqrt(x) == pytest.approx(expected, rel=1e-10)


def test_critical_energies_are_band_edges_and_saddles():
    """Rashba and Dresselhaus: minima, a saddle between them, and the edges +-M at k = 0."""
    model = models.rashba_dresselhaus()
    sum_, difference = 1.0, 0.4  # alpha +- beta
    expected = [-(sum_**2) / 2 - 0.005 / sum_**2, -(difference**2) / 2 - 0.005 / difference**2, -0.1, 0.1]
    found = thermal.critical_energies(model, search_cell(model, 0.5, None))
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_in_a_gap_nothing_is_left_but_the_band_current():
    found = transport(models.haldane(M=0.1), white_noise(), 0.0)
    assert found.nodes == 0
    assert "gap" in found.message
    np.testing.assert_array_equal(found["occupation"], 0)
    np.testing.assert_allclose(found["intrinsic"], found["band"], atol=1e-9)
    with pytest.raises(ValueError, match="relaxation_time: expected a Fermi surface"):
        transport(models.haldane(M=0.1), white_noise(relaxation_time=1.0), 0.0)


def test_time_reversal_symmetric_models_carry_no_occupation_current_of_spin():
    found = transport(models.rashba_dresselhaus(M=0), yukawa(1.0), 1.0, intrinsic=False)
    assert np.abs(found["occupation"]).max() < 1e-10 * np.abs(found["charge"]).max()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": 3}, TypeError, "model: expected a Model"),
        ({"disorder": 0.1}, TypeError, "disorder: expected white_noise, gaussian"),
        ({"mu": [0.1, 0.2]}, ValueError, "mu: expected a finite number"),
        ({"temperature": -0.1}, ValueError, "temperature: expected a number >= 0"),
        ({"rtol": 0.0}, ValueError, "rtol: expected a number between 0 and 1, got 0"),
        ({"form": "volume"}, ValueError, "form: expected .*got 'volume'"),
        ({"parameters": {"lambda_so": 1.0}}, ValueError, "parameters: expected some of .* got lambda_so"),
    ],
)
def test_invalid_arguments_are_named(arguments, error, message):
    call = {"model": models.altermagnet(), "disorder": white_noise(), "mu": -1.5} | arguments
    with pytest.raises(error, match=message):
        transport(call.pop("model"), call.pop("disorder"), call.pop("mu"), **call)


def test_superconductors_are_refused():
    with pytest.raises(ValueError, match=r"model: expected a metal, got chiral_p_superconductor.*condensate"):
        transport(models.chiral_p_superconductor(), white_noise(), 0.0)


def test_impurities_that_turn_s_are_refused():
    """[Gamma, s] is not 0: the torque -i[s, V] of the impurities would be missing from the currents."""
    with pytest.raises(ValueError, match=r"^disorder: expected impurities that conserve s of rashba, got a structure"):
        transport(models.rashba(), white_noise() + white_noise(structure=[[0, 1], [1, 0]]), 0.5)
    text = [["__import__('os').abort()", 0], [0, 1]]
    with pytest.raises(TypeError, match=r"^structure: expected .* got text"):
        white_noise(structure=text)


def test_what_vanishes_by_symmetry_is_zero_within_its_error():
    found = transport(models.rashba(M=0.3), white_noise(), 1.0, rtol=1e-3)
    for name, (same, other) in {"conventional": ("xx", "xy"), "dipole_shift": ("xy", "xx")}.items():
        part = found.parts[name]
        a, b = (tuple(map("xyz".index, axes)) for axes in (same, other))
        assert abs(part.value[b]) <= part.error[b] < 1e-9 * abs(part.value[a])
