"""Thermal Hall, spin Hall and thermoelectric response, and the verdicts on the claims."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from symcur import models
from symcur.claims.claim import KINDS
from symcur.claims.superconductors import CLAIMS
from symcur.eigenstates import evaluate
from symcur.microscope import hoppings
from symcur.superconductors import (
    SPIN_QUANTUM,
    THERMAL_QUANTUM,
    orbital_magnetization,
    spin_hall,
    thermal_hall,
    thermoelectric_current,
)
from symcur.superconductors.transport import heat_weight

TRAPEZOID = {"rtol": 1e-8, "method": "trapezoid"}


@pytest.mark.parametrize("x", [-30.0, -2.0, 0.0, 0.7, 5.0])
def test_the_weight_of_the_heat_is_its_integral(x):
    integrand = lambda y: y**2 / (4 * np.cosh(y / 2) ** 2)  # noqa: E731
    assert heat_weight(np.array(x)) == pytest.approx(quad(integrand, x, 60, epsabs=1e-13)[0], abs=1e-11)


@pytest.mark.parametrize(
    ("model", "quanta"),
    [
        (models.chiral_d_superconductor(), 2),
        (models.chiral_d_superconductor(Delta_2=-0.8), -2),
        (models.chiral_d_superconductor("triangular"), 2),
        (models.chiral_p_superconductor(), -0.5),
        (models.chiral_p_superconductor(E_F=1.0), 0.5),
        (models.chiral_d_superconductor(E_F=-5.0), 0),
    ],
)
def test_kappa_is_quantised_at_low_temperature(model, quanta):
    T = np.array([0.01, 0.02])
    kappa = thermal_hall(model, T, **TRAPEZOID)
    np.testing.assert_allclose(kappa.value / (T * THERMAL_QUANTUM), quanta, atol=1e-6)


def test_spin_hall_is_quantised_and_obeys_the_wiedemann_franz_law_of_spin():
    for model in (models.chiral_d_superconductor(), models.chiral_d_superconductor("triangular")):
        spin = spin_hall(model, 0.01, **TRAPEZOID).value
        assert spin / SPIN_QUANTUM == pytest.approx(2, abs=1e-6)
        kappa = thermal_hall(model, 0.01, **TRAPEZOID).value
        assert kappa == pytest.approx(4 * np.pi**2 / 3 * 0.01 * spin, rel=1e-6)


def test_heat_flows_along_the_edges_of_an_open_ribbon_as_kappa_says():
    """dI/dT of the lower edge is kappa_xy: the sign, the quantum and the factor 1/2, from states of a finite lattice."""
    model, rows, T = models.chiral_p_superconductor(), 30, 0.02
    hopping, momenta = hoppings(model), 480
    heat = {T: 0.0, T / 2: 0.0}
    for k_x in 2 * np.pi * (np.arange(momenta) + 0.5) / momenta:
        H, v = np.zeros((2, rows, 2, rows, 2), dtype=complex)
        for (R1, R2), t in hopping.items():
            for c in range(max(0, -R2), min(rows, rows - R2)):
                H[c, :, c + R2, :] += t * np.exp(1j * k_x * R1)
                v[c, :, c + R2, :] += 1j * R1 * t * np.exp(1j * k_x * R1)
        energies, states = np.linalg.eigh(H.reshape(2 * rows, -1))
        flow = (states.conj() * (v.reshape(2 * rows, -1) @ states)).real[:rows].sum(axis=0) * energies
        for temperature in heat:
            f = (1 - np.tanh(energies / (2 * temperature))) / 2
            heat[temperature] += float(model.counting) * (flow @ f) / momenta
    slope = (heat[T] - heat[T / 2]) / (T**2 - (T / 2) ** 2) * 2 * T
    assert slope == pytest.approx(thermal_hall(model, T, **TRAPEZOID).value, rel=2e-3)


def test_the_kubo_part_is_the_response_of_the_heat_current_operator():
    model, T = models.haldane_superconductor(), 0.2
    n = 80
    u = np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), axis=-1).reshape(-1, 2) / n
    k = u @ np.array([[2 * np.pi, -2 * np.pi / np.sqrt(3)], [0, 4 * np.pi / np.sqrt(3)]]) + 0.01
    H = model.matrix("H", k)
    e, states = np.linalg.eigh(H)
    heat = []
    for i in (0, 1):
        v = model.matrix("H", k, axes=(i,))
        heat.append(states.conj().swapaxes(1, 2) @ (v @ H + H @ v) @ states / 2)
    gaps = e[:, :, None] - e[:, None, :] + np.eye(4)
    curvature = -2 * (heat[1] * heat[0].swapaxes(1, 2) / gaps**2).imag * (1 - np.eye(4))
    kubo = (curvature.sum(axis=2) / (1 + np.exp(e / T))).sum(axis=1).mean() / T / (np.sqrt(3) / 2)
    kappa = thermal_hall(model, T, **TRAPEZOID)
    assert kappa.parts["kubo"].value == pytest.approx(kubo, rel=1e-9)
    assert kappa.value == pytest.approx(kappa.parts["kubo"].value + kappa.parts["energy_magnetization"].value)


def test_the_spin_response_is_refused_where_spin_is_not_conserved_or_absent():
    with pytest.raises(ValueError, match=r"spin_orbit_superconductor does not conserve its spin"):
        spin_hall(models.spin_orbit_superconductor(), 0.1)
    with pytest.raises(ValueError, match=r"chiral_p_superconductor has no spin \(form='spinless'\)"):
        spin_hall(models.chiral_p_superconductor(), 0.1)
    with pytest.raises(TypeError, match=r"model: .*symcur.superconductors.bdg"):
        thermal_hall(models.haldane(), 0.1)
    with pytest.raises(ValueError, match=r"temperature: 0 came; a number > 0"):
        thermal_hall(models.chiral_p_superconductor(), 0)
    with pytest.raises(ValueError, match=r"unknown parameter Delta; valid are"):
        orbital_magnetization(models.chiral_p_superconductor(), 0.1, Delta=1.0)


def test_without_pairing_alpha_is_twice_that_of_the_normal_state_and_with_trivial_bands_it_vanishes():
    T, E_F = 0.2, 0.9
    normal = models.haldane()
    n = 120
    u = (np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), axis=-1).reshape(-1, 2) + 0.3) / n
    k = u @ np.array([[2 * np.pi, -2 * np.pi / np.sqrt(3)], [0, 4 * np.pi / np.sqrt(3)]])
    x = (evaluate(normal, "energy", k) - E_F) / T
    f = 1 / (1 + np.exp(x))
    entropy = -f * np.log(f) - (1 - f) * np.log1p(-f)
    yx = (entropy * evaluate(normal, "berry_curvature", k)[..., 1, 0]).sum(axis=1).mean() / (np.sqrt(3) / 2)
    alpha = thermoelectric_current(models.haldane_superconductor(Delta_0=0.0, E_F=E_F), T, **TRAPEZOID)
    assert alpha.value[0, 1] == pytest.approx(2 * yx, rel=1e-7)
    trivial = thermoelectric_current(models.chiral_d_superconductor(), T, rtol=1e-7)
    assert np.abs(trivial.value).max() < 1e-12
    assert abs(trivial.parts["band"].value[0, 1]) > 1e-3, "band and dipole parts cancel"


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.name for claim in CLAIMS])
def test_every_claim_on_superconductors_is_settled_as_recorded(claim):
    assert claim.recorded in KINDS
    assert claim.recorded not in ("open", "failed")
    assert claim.check is not None
    evidence = claim.check()
    assert evidence.holds, evidence.text
    assert evidence.residual <= evidence.tolerance
