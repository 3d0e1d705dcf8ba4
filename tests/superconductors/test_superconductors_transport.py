"""Thermal Hall, spin Hall and thermoelectric response, and the verdicts on the claims."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad

from symcur import models
from symcur.band_structures import tight_binding
from symcur.brillouin.occupation import occupation
from symcur.claims import CLAIMS
from symcur.claims.claim import KINDS
from symcur.eigenstates import evaluate
from symcur.observables import SPIN_QUANTUM, THERMAL_QUANTUM, magnetization, spin_hall, thermal_hall, thermoelectric
from symcur.superconductors import bdg

TRAPEZOID = {"rtol": 1e-8, "method": "trapezoid"}


@pytest.mark.parametrize("x", [-30.0, -2.0, 0.0, 0.7, 5.0])
def test_the_weight_of_the_heat_is_its_integral(x):
    integrand = lambda y: y**2 / (4 * np.cosh(y / 2) ** 2)  # noqa: E731
    weight = np.pi**2 / 3 * occupation("heat", np.array(x), 0, 1)
    assert weight == pytest.approx(quad(integrand, x, 60, epsabs=1e-13)[0], abs=1e-11)


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
    kappa = thermal_hall(model, 0, T, **TRAPEZOID).value / (T * THERMAL_QUANTUM)[:, None, None]
    np.testing.assert_allclose(kappa, [[[0, quanta], [-quanta, 0]]] * 2, atol=1e-6)


def test_spin_hall_is_quantised_and_obeys_the_wiedemann_franz_law_of_spin():
    for model in (models.chiral_d_superconductor(), models.chiral_d_superconductor("triangular")):
        spin = spin_hall(model, 0, 0.01, **TRAPEZOID).value
        assert spin / SPIN_QUANTUM == pytest.approx(np.array([[0, 2], [-2, 0]]), abs=1e-6)
        kappa = thermal_hall(model, 0, 0.01, **TRAPEZOID).value
        assert kappa == pytest.approx(4 * np.pi**2 / 3 * 0.01 * spin, rel=1e-6)


def test_layers_without_a_coupling_carry_what_each_of_them_carries():
    k, T = sp.symbols("k_x k_y k_z", real=True), 0.3
    layer = models.chiral_p_superconductor()
    H = layer.with_parameters(layer.values()).H
    stack = bdg(H[0, 0], H[0, 1], k, lattice=np.diag([1, 1, 2]).tolist(), form="spinless")
    kappa = thermal_hall(stack, 0, T, rtol=1e-4).value
    expected = thermal_hall(layer, 0, T, rtol=1e-7).value[0, 1] / 2
    np.testing.assert_allclose(kappa, [[0, expected, 0], [-expected, 0, 0], [0, 0, 0]], atol=2e-4 * abs(expected))


def test_heat_flows_along_the_edges_of_an_open_ribbon_as_kappa_says():
    """dI/dT of the lower edge is kappa_xy: the sign, the quantum and the factor 1/2, from states of a finite lattice."""
    model, rows, T = models.chiral_p_superconductor(), 30, 0.02
    hopping, momenta = tight_binding(model).hoppings, 480
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
            heat[temperature] += float(model.statistics.factor) * (flow @ f) / momenta
    slope = (heat[T] - heat[T / 2]) / (T**2 - (T / 2) ** 2) * 2 * T
    assert slope == pytest.approx(thermal_hall(model, 0, T, **TRAPEZOID).value[0, 1], rel=2e-3)


def test_the_kubo_part_is_the_response_of_the_heat_current_operator():
    model, T = models.haldane_superconductor(), 0.2
    k = model.cell.momenta(80, 0.1)
    H = model.matrix("H", k)
    e, states = np.linalg.eigh(H)
    heat = []
    for i in (0, 1):
        v = model.matrix("H", k, axes=(i,))
        heat.append(states.conj().swapaxes(1, 2) @ (v @ H + H @ v) @ states / 2)
    gaps = e[:, :, None] - e[:, None, :] + np.eye(4)
    curvature = -2 * (heat[1] * heat[0].swapaxes(1, 2) / gaps**2).imag * (1 - np.eye(4))
    kubo = (curvature.sum(axis=2) / (1 + np.exp(e / T))).sum(axis=1).mean() / T / model.cell.volume
    kappa = thermal_hall(model, 0, T, **TRAPEZOID)
    assert kappa.parts["kubo"].value[0, 1] == pytest.approx(kubo, rel=1e-9)
    assert kappa.value == pytest.approx(kappa.parts["kubo"].value + kappa.parts["energy_magnetization"].value)


@pytest.mark.parametrize("response", [thermal_hall, spin_hall])
def test_hall_responses_of_quasiparticles_are_refused_to_what_has_none(response):
    with pytest.raises(
        TypeError, match=r"model: expected a superconductor built by symcur\.superconductors\.bdg, or bosons, got"
    ):
        response(models.haldane(), 0, 0.1)
    k = sp.Symbol("k_x", real=True)
    wire = bdg(-2 * sp.cos(k), sp.Rational(1, 2), k, lattice=[[1]], name="wire")
    with pytest.raises(ValueError, match="model: expected 2D or 3D for a Hall response, got wire in one dimension"):
        response(wire, 0, 0.1)


def test_arguments_without_a_meaning_are_named():
    model = models.chiral_p_superconductor()
    with pytest.raises(ValueError, match=r"temperature: expected numbers > 0, got"):
        thermal_hall(model, 0, [0.0, 0.1])
    with pytest.raises(ValueError, match=r"mu: expected 0.*measured from the chemical potential, got 0\.3"):
        magnetization(model, 0.3, 0.1)
    with pytest.raises(ValueError, match=r"parameters: expected some of Delta_0, E_F, t .*, got Delta"):
        magnetization(model, 0, 0.1, parameters={"Delta": 1.0})


@pytest.mark.slow
def test_without_pairing_alpha_is_twice_that_of_the_normal_state_and_with_trivial_bands_it_vanishes():
    T, E_F = 0.2, 0.9
    normal = models.haldane()
    k = normal.cell.momenta(120, 0.3)
    x = (evaluate(normal, "energy", k) - E_F) / T
    f = 1 / (1 + np.exp(x))
    entropy = -f * np.log(f) - (1 - f) * np.log1p(-f)
    yx = (entropy * evaluate(normal, "berry_curvature", k)[..., 1, 0]).sum(axis=1).mean() / normal.cell.volume
    for form in thermoelectric.forms:
        alpha = thermoelectric(models.haldane_superconductor(Delta_0=0, E_F=E_F), 0, T, form=form, **TRAPEZOID)
        assert alpha.value[0, 1] == pytest.approx(2 * yx, rel=1e-7)
        trivial = thermoelectric(models.chiral_d_superconductor(), 0, T, form=form, rtol=1e-7)
        assert np.abs(trivial.value).max() < 1e-12
        assert abs(trivial.parts["band"].value[0, 1]) > 1e-3, "band and dipole parts cancel"


def test_every_claim_on_superconductors_has_a_check_and_a_verdict():
    for claim in (claim for claim in CLAIMS if claim.section == "Superconductors"):
        assert claim.recorded in set(KINDS) - {"open", "failed"}
        assert claim.check is not None
