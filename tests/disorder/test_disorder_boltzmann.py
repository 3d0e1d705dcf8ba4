"""The Boltzmann equation against solutions that are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from metals import massless_dirac, parabolic, square_lattice, warped_sphere
from scipy.integrate import quad

from symcur import models
from symcur.band_structures import Model
from symcur.disorder import (
    Scattering,
    fermi_surface,
    gaussian,
    relaxation_time_approximation,
    sampled,
    solve,
    transport,
    white_noise,
    yukawa,
)
from symcur.disorder import rates as rates_module
from symcur.models.pauli import sigma_x, sigma_y, sigma_z


@pytest.mark.parametrize("disorder", [white_noise(0.9), gaussian(1.2), yukawa(0.8, density=0.5)])
def test_drude_conductivity_of_a_parabolic_band(disorder):
    """sigma = n tau_tr/m with 1/tau_tr = m int dphi/2pi C(q) (1 - cos phi)."""
    energy, k = 0.6, np.sqrt(1.2)
    kind = disorder.kinds[0]

    def out(phi):
        C = kind.strength if kind.shape == "white" else kind.of_wave_vector(np.array((2 * k * np.sin(phi / 2)) ** 2))
        return float(C) * (1 - np.cos(phi)) / (2 * np.pi)

    inverse_time = quad(out, 0, 2 * np.pi, epsabs=0, epsrel=1e-12)[0]
    drude = k**2 / (4 * np.pi) / inverse_time
    found = transport(parabolic(), disorder, energy, intrinsic=False, rtol=1e-9)["charge"]
    np.testing.assert_allclose(found, drude * np.eye(2), rtol=1e-9, atol=1e-9 * drude)


def test_drude_conductivity_of_a_massless_dirac_cone():
    """White noise: rate pi N n u^2 (no backscattering), transport time twice the lifetime, sigma = N v^2 tau_tr/2."""
    mu, N = 0.8, 0.8 / (2 * np.pi)
    found = transport(massless_dirac(), white_noise(), mu, intrinsic=False, rtol=1e-9)
    assert found.rate == pytest.approx(np.pi * N, rel=1e-9)
    np.testing.assert_allclose(found["charge"], N * (2 / (np.pi * N)) / 2 * np.eye(2), atol=1e-9)


def test_white_noise_on_one_anisotropic_band_is_the_relaxation_time_approximation():
    scattering = Scattering(sampled(fermi_surface(square_lattice(), -0.4), 2), white_noise())
    exact, simple = solve(scattering).values, relaxation_time_approximation(scattering)
    np.testing.assert_allclose(exact, simple, atol=1e-10 * np.abs(exact).max())


def test_interband_scattering_between_isotropic_contours():
    """Rashba, white noise: lambda is radial on each contour and solves the 2 x 2 system of the two radii."""
    surface = sampled(fermi_surface(models.rashba(M=0), 1.0), 2)
    found = solve(Scattering(surface, white_noise())).values
    direction = surface.k / np.linalg.norm(surface.k, axis=1)[:, None]
    radial = (found * direction).sum(axis=1)
    for band in (0, 1):
        np.testing.assert_allclose(radial[surface.band == band], radial[surface.band == band][0], rtol=1e-10)
    alpha, m, mu = 0.7, 1.0, 1.0
    root = np.sqrt(m**2 * alpha**2 + 2 * m * mu)
    k = np.array([root + m * alpha, root - m * alpha])
    speed = root / m
    N = k / (2 * np.pi * speed)
    chirality = np.array([-1, 1])
    # W = pi (1 + s s' cos phi): out 1/tau = pi sum N; the cosine scatters in pi s s' N'/2 lambda'
    system = np.pi * (np.eye(2) * N.sum() - np.outer(chirality, chirality) * N / 2)
    expected = np.linalg.solve(system, np.full(2, speed))
    np.testing.assert_allclose([radial[surface.band == b][0] for b in (0, 1)], expected, rtol=1e-10)


@pytest.mark.parametrize("disorder", [white_noise(), gaussian(1.0), yukawa(1.0)])
def test_particles_are_conserved_and_the_equation_is_solved(disorder):
    surface = sampled(fermi_surface(models.altermagnet(), -1.5), 2)
    scattering = Scattering(surface, disorder)
    found = solve(scattering)
    assert found.residual < 1e-8
    assert found.drift < 1e-12
    assert found.conserved == 1
    assert np.abs(surface.weight @ found.values).max() < 1e-10 * np.abs(found.values).max() * surface.density_of_states
    any_distribution = np.random.default_rng(5).normal(size=(len(surface), 3))
    created = surface.weight @ scattering.collision(any_distribution)
    assert (
        np.abs(created).max() < 1e-12 * (surface.weight @ (scattering.rate[:, None] * np.abs(any_distribution))).max()
    )


def test_solvers_agree(monkeypatch):
    surface = sampled(fermi_surface(models.rashba_dresselhaus(), 1.0), 2)
    thin = Scattering(surface, white_noise())
    monkeypatch.setattr(rates_module, "_THIN", 10**9)
    dense = Scattering(surface, white_noise())
    assert thin.thin
    assert not dense.thin
    np.testing.assert_allclose(thin.w.matrix, dense.w.matrix, atol=1e-13)
    reference = solve(dense).values
    np.testing.assert_allclose(solve(thin).values, reference, atol=1e-10 * np.abs(reference).max())
    monkeypatch.setattr("symcur.disorder.boltzmann._SLOW", 2.0)  # eigenvectors
    np.testing.assert_allclose(solve(dense).values, reference, atol=1e-10 * np.abs(reference).max())


@pytest.mark.parametrize("thin", [True, False])
def test_contours_that_scattering_does_not_connect_keep_their_particles(thin, monkeypatch):
    """Conserved spin, spin-split by a Zeeman field: two parabolic bands that scalar disorder does not mix."""
    k = parabolic().k
    kinetic = (k[0] ** 2 + k[1] ** 2) / 2
    model = parabolic().replace(H=sp.diag(kinetic + sp.Rational(3, 10), kinetic), s=sp.diag(1, -1))
    monkeypatch.setattr(rates_module, "_THIN", 1 if thin else 10**9)
    scattering = Scattering(sampled(fermi_surface(model, 0.9), 1), white_noise())
    assert scattering.thin == thin
    found, q = solve(scattering), scattering.surface.weight
    assert found.conserved == 2
    assert found.residual < 1e-10
    for band in (0, 1):
        mine = scattering.surface.band == band
        assert np.abs(q[mine] @ found.values[mine]).max() < 1e-10


@pytest.mark.parametrize("eigenvectors", [True, False])
def test_distant_pockets_keep_their_particles(eigenvectors, monkeypatch):
    """Two pockets half a reciprocal vector apart exchange nothing by smooth disorder, and no velocity tells them apart."""
    k_x, k_y = k = sp.symbols("k_x k_y", real=True)
    model = Model([[-sp.cos(2 * k_x) - 2 * sp.cos(k_y)]], [[1]], k, lattice=[[1, 0], [0, 1]])
    if eigenvectors:
        monkeypatch.setattr("symcur.disorder.boltzmann._SLOW", 2.0)
    scattering = Scattering(sampled(fermi_surface(model, -2.5), 2), gaussian(8.0))
    found, q = solve(scattering), scattering.surface.weight
    assert found.conserved == 2
    assert found.residual < 1e-10
    for pocket in (np.cos(scattering.surface.k[:, 0]) > 0, np.cos(scattering.surface.k[:, 0]) < 0):
        assert np.abs(q[pocket] @ found.values[pocket]).max() < 1e-10 * np.abs(found.values).max()


@pytest.mark.slow_for("0.05")
@pytest.mark.parametrize("temperature", [0.0, 0.05])
def test_open_lines_that_hardly_exchange_electrons(temperature):
    """Each of two open lines carries a net velocity: J_dp does not depend on the disorder while it joins them, then nothing is solved."""
    k_x, k_y = k = sp.symbols("k_x k_y", real=True)
    H = (-2 * sp.cos(k_x) - 0.4 * sp.cos(k_y)) * sp.eye(2) + 0.3 * sp.sin(k_y) * sigma_x
    H += -(0.3 * sp.sin(k_x) - 0.15 * sp.sin(k_y)) * sigma_y + (0.25 + 0.2 * sp.cos(k_x)) * sigma_z
    model = Model(H, sigma_z / 2, k, lattice=[[1, 0], [0, 1]])
    short, longer = (
        transport(model, gaussian(length), -0.3, temperature, rtol=1e-4, intrinsic=False) for length in (0.5, 1.0)
    )
    for result in (short, longer):
        assert result.status == "converged"
    moved, error = (getattr(short.parts["dipole_shift"], name)[0, 0] for name in ("value", "error"))
    assert abs(longer["dipole_shift"][0, 0] - moved) <= error + longer.parts["dipole_shift"].error[0, 0]
    if temperature == 0:
        assert moved == pytest.approx(0.001402, abs=1e-6)
    with pytest.raises(ValueError, match=r"^disorder: expected one that scatters between all parts"):
        transport(model, gaussian(3), -0.3, temperature, rtol=1e-4, intrinsic=False)


def test_a_result_whose_checks_fail_is_not_converged(monkeypatch):
    """The collision integral is made wrong behind the back of the solver: particles are not conserved any more."""
    monkeypatch.setattr(rates_module.Scattering, "accumulated", lambda self, x: 1.1 * -self.collision(x))
    result = transport(models.altermagnet(), gaussian(0.8), -1.5, rtol=1e-3)
    assert result.status == "tolerance not met"
    assert "the check 'band' fails by" in result.message


def test_three_hundred_nodes_suffice_for_six_digits_on_two_contours():
    found = transport(models.rashba_dresselhaus(), gaussian(1.0), 1.0, rtol=1e-6, intrinsic=False)
    assert found.status == "converged"
    assert found.nodes <= 300


def test_finite_range_disorder_in_three_dimensions_favours_forward_scattering():
    """The transport time of smooth disorder exceeds the lifetime; both agree for points on a single sphere."""
    k = warped_sphere().k
    sphere = warped_sphere().replace(H=[[sum(x**2 for x in k) / 2]], s=[[1]])
    y = 2 * 1.6  # C = exp(-2 k^2 (1 - c)), k^2 = 1.6, c the cosine of the angle
    out = quad(lambda c: np.exp(-y * (1 - c)), -1, 1)[0]
    back = quad(lambda c: np.exp(-y * (1 - c)) * (1 - c), -1, 1)[0]
    N, v = np.sqrt(1.6) / (2 * np.pi**2), np.sqrt(1.6)
    for disorder, ratio in ((white_noise(), 1.0), (gaussian(1.0), out / back)):
        found = transport(sphere, disorder, 0.8, intrinsic=False, rtol=1e-6)
        assert found["charge"][0, 0] / (N * v**2 / 3) * found.rate == pytest.approx(ratio, rel=1e-6)
        np.testing.assert_allclose(
            found["charge"], found["charge"][0, 0] * np.eye(3), atol=1e-6 * found["charge"][0, 0]
        )
