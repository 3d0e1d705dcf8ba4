"""Equilibrium currents and the orbital magnetization of Bogoliubov quasiparticles."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcur import models
from symcur.eigenstates import Eigenstates, evaluate
from symcur.observables import equilibrium_current, magnetization, thermal_hall, thermoelectric
from symcur.quantities import get
from symcur.superconductors import bdg, soft_boundary

TRAPEZOID = {"rtol": 1e-8, "method": "trapezoid"}
TRIVIAL = [
    models.chiral_p_superconductor(),
    models.chiral_d_superconductor(),
    models.chiral_d_superconductor("triangular"),
]


def grid(model, n):
    return model.cell.momenta(n, (0.31, 0.17))


@pytest.mark.parametrize("model", TRIVIAL, ids=["p", "d square", "d triangular"])
@pytest.mark.parametrize("E_F", [-1.3, 0.7])
def test_the_magnetization_of_trivial_bands_vanishes_because_local_and_global_circuits_cancel(model, E_F):
    """In the sea form in the sum over the zone, the integrand being a curl; in the regular form at every k."""
    model, T = model.with_values(E_F=E_F), [0.05, 0.2]
    integrands = {
        form: [magnetization.integrand(model, grid(model, 40), 0, t, form=form) for t in T]
        for form in magnetization.forms
    }
    largest = max(np.abs(parts["total"]).max() for parts in integrands["sea"])
    assert max(np.abs(parts["total"]).max() for parts in integrands["regular"]) < 1e-13 * largest
    for form in magnetization.forms:
        M = magnetization(model, 0, T, form=form, **TRAPEZOID)
        assert np.abs(M.value).max() < 1e-8 * largest
        assert np.abs(M.parts["rotation"].value).max() < 1e-12
        local, round_the_zone = (M.parts[name].value[:, 0, 1] for name in ("moment", "berry"))
        assert np.abs(local).min() > 1e-3
        np.testing.assert_allclose(round_the_zone, -local, rtol=1e-7)


@pytest.mark.slow
def test_the_magnetization_of_nontrivial_bloch_bands_does_not_vanish():
    model, T = models.haldane_superconductor(), [0.05, 0.1]
    M = magnetization(model, 0, T, form="sea", rtol=1e-9, method="trapezoid")
    assert M.status == "converged"
    assert (np.abs(M.value) > 1e6 * M.error)[:, 0, 1].all()
    assert (np.abs(M.parts["rotation"].value[:, 0, 1]) > 0.1).all()
    for form in magnetization.forms:
        again = magnetization(model, 0, T, form=form, rtol=1e-5)
        assert again.status == "converged"
        assert (np.abs(M.value - again.value) <= M.error + again.error).all()


@pytest.mark.slow
def test_without_pairing_it_is_twice_the_charge_magnetization_of_the_normal_state():
    E_F, T = 0.8, 0.15
    normal = models.haldane().with_s(1)
    k = grid(normal, 120)
    e = evaluate(normal, "energy", k) - E_F
    m, Omega = (evaluate(normal, name, k)[..., 0, 1] for name in ("orbital_moment", "berry_curvature"))
    expected = (m / (1 + np.exp(e / T)) - T * np.log1p(np.exp(-e / T)) * Omega).sum(axis=1).mean() / normal.cell.volume
    for form in magnetization.forms:
        found = magnetization(models.haldane_superconductor(Delta_0=0, E_F=E_F), 0, T, form=form, **TRAPEZOID).value
        assert found[0, 1] == pytest.approx(2 * expected, rel=1e-7)


@pytest.mark.slow
def test_an_odd_part_of_the_band_energy_gives_a_magnetization_from_the_printed_remainder():
    kx, ky = k = sp.symbols("k_x k_y", real=True)
    xi, eta = -2 * sp.cos(kx) - 2 * sp.cos(ky) + 1, sp.sin(kx) / 5 + sp.sin(kx + ky) / 8 - sp.sin(ky) / 9
    gap_re, gap_im = sp.Rational(3, 5) * (sp.cos(kx) - sp.cos(ky)), sp.Rational(4, 5) * sp.sin(kx) * sp.sin(ky)
    model, T = bdg(xi + eta, gap_re + sp.I * gap_im, k, lattice=((1, 0), (0, 1))), 0.3
    flow = [gap_re * sp.diff(gap_im, x) - gap_im * sp.diff(gap_re, x) for x in k]
    E = sp.sqrt(xi**2 + gap_re**2 + gap_im**2)
    f_sum = sum(1 / (1 + sp.exp((eta + sign * E) / T)) for sign in (1, -1))
    remainder = f_sum / E**2 / 4 * (sp.diff(eta, kx) * flow[1] - sp.diff(eta, ky) * flow[0])
    expected = sp.lambdify(k, remainder)(*grid(model, 128).T).mean()
    assert abs(expected) > 1e-4
    for form in magnetization.forms:
        M = magnetization(model, 0, T, form=form, **TRAPEZOID)
        assert M.value[0, 1] == pytest.approx(expected, rel=1e-6)
        assert abs(M.parts["rotation"].value[0, 1]) > 1e-4


def test_the_conventional_current_flows_only_where_time_reversal_and_inversion_are_broken():
    T = [0.06, 0.1]
    at_rest, moving = (equilibrium_current(models.s_wave_superconductor(phi=x), 0, T, **TRAPEZOID) for x in (0, 0.1))
    conventional = moving.parts["conventional"].value
    assert np.abs(at_rest.parts["conventional"].value).max() < 1e-14
    assert (conventional[:, 0] > 0.05).all()
    assert np.abs(conventional[:, 1]).max() < 1e-14
    assert np.abs(moving.value).max() < 1e-10, "the condensate flows back"


@pytest.mark.slow
def test_a_rashba_superconductor_in_a_field_has_a_conventional_current_across_the_field():
    current = equilibrium_current(models.spin_orbit_superconductor(), 0, 0.1, rtol=1e-4, method="trapezoid")
    along, across = current.parts["conventional"].value
    assert abs(across) > 1e-3
    assert abs(along) < 1e-14
    assert np.abs(current.value).max() < 1e-10


def test_the_current_of_a_moving_condensate_is_the_derivative_of_the_free_energy():
    """J_x = dF/dphi per unit charge at fixed gap, F = int g + sum of the normal energies of the holes."""
    T, phi, h = 0.2, 0.1, 1e-4

    def free_energy(phase):
        model = models.s_wave_superconductor(phi=phase)
        k = grid(model, 128)
        e, hole = evaluate(model, "energy", k), model.matrix("H", k)[:, 1, 1].real
        return (-T * np.log1p(np.exp(-e / T)).sum(axis=1) - hole).mean()

    slope = (free_energy(phi + h) - free_energy(phi - h)) / (2 * h)
    current = equilibrium_current(models.s_wave_superconductor(phi=phi), 0, T, **TRAPEZOID)
    assert current.parts["conventional"].value[0] == pytest.approx(slope, rel=1e-6)


@pytest.mark.slow
def test_a_global_phase_of_the_gap_changes_no_observable():
    T, turn = 0.1, sp.Rational(3, 5) + sp.Rational(4, 5) * sp.I
    for model in (models.haldane_superconductor(), models.chiral_p_superconductor()):
        n = model.size // 2
        gauge = sp.diag(turn * sp.eye(n), sp.eye(n))
        turned = model.replace(H=gauge * model.H * gauge.H)
        for observable in (equilibrium_current, magnetization, thermal_hall, thermoelectric):
            one, other = (observable(x, 0, T, rtol=1e-2, method="trapezoid") for x in (model, turned))
            assert one.evaluations == other.evaluations
            for name, part in one.parts.items():
                np.testing.assert_allclose(part.value, other.parts[name].value, atol=1e-12)


def test_the_phases_of_the_bloch_states_at_every_k_change_no_observable():
    """States found in the basis of normal eigenvectors with random phases, those at k and -k independent."""
    model, T = models.haldane_superconductor(), 0.1
    k = grid(model, 12)
    names = ("s_dipole", "orbital_moment", "s_weighted_curvature", "berry_curvature", "s_current_dipole")
    expressions = [get(name).expression(*(0, 1)[: len(get(name).indices)]) for name in names]
    H = model.matrix("H", k)
    results = []
    for seed in (1, 2):
        generator = np.random.default_rng(seed)
        bloch = np.zeros_like(H)
        for block in (slice(0, 2), slice(2, 4)):
            phases = np.exp(2j * np.pi * generator.uniform(size=(len(k), 1, 2)))
            bloch[:, block, block] = np.linalg.eigh(H[:, block, block])[1] * phases
        states = Eigenstates(model, k)
        mixed = np.linalg.eigh(bloch.conj().swapaxes(1, 2) @ H @ bloch)[1]
        states.vectors = bloch @ mixed * np.exp(2j * np.pi * generator.uniform(size=(len(k), 1, 4)))
        states.left = states.vectors.conj().mT
        f = 1 / (1 + np.exp(states.energies / T))
        results.append([(f * states.scalar(expression).real).sum(axis=1).mean() for expression in expressions])
    np.testing.assert_allclose(results[0], results[1], atol=1e-12)


@pytest.mark.slow
def test_a_soft_boundary_carries_the_curl_of_the_magnetization_where_charge_is_conserved():
    model, T = models.haldane_superconductor(Delta_0=0.0), 0.1
    M = [magnetization(model.with_values(E_F=E_F), 0, T, **TRAPEZOID).value[0, 1] for E_F in (0.7, 1.0)]
    sizes = np.array([24, 32, 40])
    currents = [soft_boundary(model, 0.3, L, T, couples_to="charge", momenta=24).rising for L in sizes]
    limit = np.linalg.solve(np.vander(1 / sizes**2, 3, increasing=True), currents)[0]
    assert limit == pytest.approx(M[0] - M[1], rel=1e-3)


def test_a_soft_boundary_of_a_superconductor_carries_the_curl_of_the_conventional_dipole_density():
    """Not of M: their difference is the antisymmetric part of the torque quadrupole, which no lattice shows."""
    model, T, U = models.haldane_superconductor(), 0.15, 0.6
    k = grid(model, 96)
    e = evaluate(model, "energy", k)
    names = ("s_current_dipole", "s_berry_curvature", "orbital_moment", "s_weighted_curvature")
    d, Omega_s, m, Omega = (evaluate(model, name, k)[..., 1, 0] for name in names)

    def densities(shift):
        x = (e + shift) / T
        f, g = 1 / (1 + np.exp(x)), -T * np.log1p(np.exp(-x))
        sums = (f * d + g * Omega_s).sum(axis=1).mean(), (f * m + g * Omega).sum(axis=1).mean()
        return np.array(sums) / model.cell.volume

    conventional, magnetic = densities(0.0) - densities(U)  # J_x = -d_y D^{yx}
    sizes = np.array([24, 32, 40])
    currents = [soft_boundary(model, U, L, T, momenta=24).rising for L in sizes]
    limit = np.linalg.solve(np.vander(1 / sizes**2, 3, increasing=True), currents)[0]
    assert limit == pytest.approx(conventional, rel=5e-3)
    assert abs(limit - magnetic) > 2 * abs(conventional)


def test_an_electrostatic_soft_boundary_of_a_chiral_superconductor_carries_a_current_although_M_vanishes():
    """The theory's potential acts on quasiparticles; one that acts on the charge changes xi from place to place."""
    for model in TRIVIAL[:2]:
        currents = [soft_boundary(model, 0.3, L, 0.02, couples_to="charge", momenta=24).rising for L in (16, 24)]
        assert abs(currents[1]) > 5e-3
        assert currents[0] == pytest.approx(currents[1], rel=0.1)
        assert abs(soft_boundary(model, 0.3, 16, 0.02, momenta=24).rising) < 1e-6
