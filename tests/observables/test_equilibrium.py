"""Equilibrium: the current of a crystal at rest vanishes, and what circulates is a magnetization."""

from __future__ import annotations

import numpy as np
import pytest
from dense_sums import DenseZone, fermi, grand_potential
from random_models import random_lattice_model

from symcur import models, observables
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y
from symcur.observables import (
    current_dipole_density,
    equilibrium_current,
    gap,
    magnetization,
    torque_dipole_density,
    torque_quadrupole_density,
)

QUASIPARTICLES = (
    "thermal_hall",
    "spin_hall",
    "spin_current",
    "spin_magnetization",
    "spin_nernst",
)  # of superconductors alone


def in_plane_kane_mele():
    """Kane and Mele's insulator, with s the spin along x: without inversion its conventional current flows at rest."""
    model = models.kane_mele()
    return model.with_s(kron(sigma_0, sigma_x) / 2)


# -- the current -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("temperature", [0.0, 0.15])
def test_the_total_current_vanishes_in_an_insulator_and_the_conventional_one_does_not(temperature):
    model = in_plane_kane_mele()
    result = equilibrium_current(model, gap(model, 2).mu, temperature, rtol=1e-6)
    assert result.status == "converged"
    conventional = result.parts["conventional"].value
    assert np.abs(result.value).max() <= result.error.max() < 1e-4 * np.abs(conventional).max()
    # Mirror and threefold symmetry leave the flow along y of the spin along x, and nothing else.
    assert abs(conventional[0]) < 1e-6
    assert abs(conventional[1]) > 1e-3


@pytest.mark.parametrize(("bands", "dimension"), [(2, 1), (3, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("temperature", [0.0, 0.2])
def test_the_total_current_vanishes_in_metals(bands, dimension, temperature):
    model = random_lattice_model(bands, dimension)
    mu = float(np.linalg.eigvalsh(model.matrix("H", np.full(dimension, 0.7)))[0])  # cuts the lowest band
    result = equilibrium_current(model, mu, temperature, rtol=1e-6)
    assert result.status == "converged"
    assert np.abs(result.value).max() <= result.error.max()
    assert np.abs(result.parts["conventional"].value).max() > 1e3 * result.error.max()


def test_the_total_current_vanishes_in_three_dimensions():
    model = random_lattice_model(2, 3)
    result = equilibrium_current(model, 0.5, 0.5, rtol=1e-4)
    assert result.status == "converged"
    assert np.abs(result.value).max() <= result.error.max()
    assert np.abs(result.parts["conventional"].value).max() > 100 * result.error.max()


def test_conventional_current_of_the_rashba_gas_by_hand():
    # Both subbands filled, k_1 - k_2 = 2 m alpha and k_1 k_2 = 2 m mu: int f J^y with s = sigma_x/2 is
    # m^2 alpha^3/6 pi at every mu > 0, and J^x with s = sigma_y/2 is its negative. It is the current that E. I. Rashba,
    # Phys. Rev. B 68, 241315 (2003), found to flow in equilibrium; the dipole of the torque takes it back.
    m, alpha = 1.3, 0.6
    expected = m**2 * alpha**3 / (6 * np.pi)
    for spin, flow, sign in ((sigma_x, 1, 1.0), (sigma_y, 0, -1.0)):
        model = models.rashba(m=m, alpha=alpha, M=0).with_s(spin / 2)
        result = equilibrium_current(model, [0.2, 1.0], rtol=1e-7)
        assert result.parts["conventional"].value[:, flow] == pytest.approx(sign * expected, rel=1e-5)
        assert result.parts["torque"].value[:, flow] == pytest.approx(-sign * expected, rel=1e-5)
        assert np.abs(result.value).max() < 1e-6 * expected


def test_charge_has_no_torque_and_its_current_vanishes_by_itself():
    model = random_lattice_model(3, 2).with_s(1)
    result = equilibrium_current(model, 0.3, 0.2, rtol=1e-8)
    assert np.abs(result.parts["torque"].value).max() < 1e-12
    assert np.abs(result.parts["conventional"].value).max() <= 1e-9


def test_parts_against_sums_over_states():
    model, mu, T = random_lattice_model(3, 2), 0.7, 0.3
    zone = DenseZone(model, 160)
    f, g = fermi(zone.e, mu, T), grand_potential(zone.e, mu, T)
    result = equilibrium_current(model, mu, T, rtol=1e-9)
    dipole = torque_dipole_density(model, mu, T, rtol=1e-9)
    for i in range(2):
        conventional = zone.integral(f * zone.diagonal(zone.J[i]))
        moment = zone.integral(f * zone.moment(zone.v[i], zone.tau, 1).imag)
        berry = zone.integral(-2 * g * zone.moment(zone.v[i], zone.tau, 2).imag)
        assert result.parts["conventional"].value[i] == pytest.approx(conventional, abs=1e-9)
        assert result.parts["torque"].value[i] == pytest.approx(moment + berry, abs=1e-9)
        assert dipole.parts["moment"].value[i] == pytest.approx(moment, abs=1e-9)
        assert dipole.parts["berry"].value[i] == pytest.approx(berry, abs=1e-9)


# -- the dipole densities ----------------------------------------------------------------------------------------------
def test_current_dipole_density_against_sums_over_states():
    model, mu, T = random_lattice_model(3, 2), 0.7, 0.3
    zone = DenseZone(model, 160)
    f, g = fermi(zone.e, mu, T), grand_potential(zone.e, mu, T)
    result = current_dipole_density(model, mu, T, rtol=1e-9)
    moment = zone.tensor(lambda l, i: f * zone.current_dipole(l, i))
    berry = zone.tensor(lambda l, i: g * zone.s_curvature(l, i))
    assert result.indices == ("l", "i")
    assert result.parts["moment"].value == pytest.approx(moment, abs=1e-9)
    assert result.parts["berry"].value == pytest.approx(berry, abs=1e-9)


def test_current_dipole_density_is_antisymmetric_if_s_is_conserved_and_only_then():
    def symmetric_part(model):
        D = current_dipole_density(model, 0.7, 0.2, rtol=1e-7).value
        return np.abs(D + D.T).max(), np.abs(D - D.T).max()

    charge = random_lattice_model(3, 2).with_s(1)
    conserved, broken = models.kane_mele(lambda_R=0), random_lattice_model(3, 2)
    for model in (charge, conserved):
        symmetric, antisymmetric = symmetric_part(model)
        assert symmetric < 1e-8
        assert antisymmetric > 1e-3
    assert symmetric_part(broken)[0] > 1e-3


@pytest.mark.slow_for("3-2")
@pytest.mark.parametrize(("bands", "dimension"), [(3, 2), (2, 3)])
def test_what_the_torque_leaves_of_the_current_dipole_is_a_magnetization(bands, dimension):
    # C, Eqs. (1)-(6): D^{lis} + Q^{il tau} = M^{li}, antisymmetric although neither term is. Each side has its own
    # integrand; they are equal after integration only.
    model, T = random_lattice_model(bands, dimension), 0.5
    rtol = 1e-8 if dimension == 2 else 1e-5
    D, Q = (observable(model, 0.4, T, rtol=rtol) for observable in (current_dipole_density, torque_quadrupole_density))
    M = magnetization(model, 0.4, T, form="sea", rtol=rtol)
    error = 3 * (D.error.max() + Q.error.max() + M.error.max())
    assert np.abs(D.value + Q.value.T - M.value).max() <= error
    assert np.abs(M.value + M.value.T).max() <= error
    assert np.abs(D.value + D.value.T).max() > 100 * error


# -- integrands --------------------------------------------------------------------------------------------------------
FORMS = [(name, form) for name in observables.names() for form in observables.get(name).forms]


@pytest.mark.slow_but(
    "torque_dipole_density-sea",
    "equilibrium_current-sea",
    "current_dipole_density-sea",
    "hall_conductivity-surface",
    "magnetization_slope-regular",
    "torque_quadrupole_density-sea",
    "hall_conductivity-regular",
    "thermoelectric-sea",
    "magnetization-sea",
    "thermoelectric-regular",
    "hall_conductivity-sea",
    "spin_magnetization-sea",
    "thermoelectric-surface",
    "spin_current-sea",
    "spin_magnetization-regular",
    "magnetization-regular",
)
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_an_observable_is_the_mean_of_its_integrand_over_the_zone(name, form):
    observable, T = observables.get(name), 0.5
    model, mu = (models.haldane_superconductor(), 0.0) if name in QUASIPARTICLES else (random_lattice_model(3, 2), 0.4)
    parts = observable.integrand(model, model.cell.momenta(160, 0.3), mu, T, form=form)
    result = observable(model, mu, T, form=form, rtol=1e-8)
    assert parts.keys() == result.parts.keys()
    largest = max(np.abs(values).max() for values in parts.values())
    for part, values in parts.items():
        mean = values.mean(axis=0) / model.cell.volume
        assert result.parts[part].value == pytest.approx(mean, abs=1e-8 * largest), part


def test_an_integrand_without_a_temperature_is_refused():
    with pytest.raises(
        ValueError, match=r"temperature: expected a number > 0 where the integrand is asked for, got 0\.0"
    ):
        magnetization.integrand(models.haldane(), [[0.1, 0.2]], 0.3)


# -- scans -------------------------------------------------------------------------------------------------------------
@pytest.mark.slow_but("equilibrium_current", "conductivity")
@pytest.mark.parametrize("name", observables.names())
def test_every_observable_takes_scans_of_mu_and_temperature(name):
    observable, temperature = observables.get(name), [0.5, 0.6, 0.8]
    model = models.haldane_superconductor() if name in QUASIPARTICLES else random_lattice_model(2, 2)
    mu = [0.0, 0.0] if name in QUASIPARTICLES else [-0.5, 0.4]
    scan, single = observable(model, mu, temperature, rtol=1e-3), observable(model, mu[1], 0.6, rtol=1e-3)
    components = (2,) * len(scan.indices)
    assert scan.value.shape == scan.error.shape == (2, 3, *components)
    assert observable(model, mu[1], temperature, rtol=0.1).value.shape == (3, *components)
    assert observable(model, mu, 0.6, rtol=0.1).value.shape == (2, *components)
    assert single.value.shape == components
    for part in scan.parts:
        allowed = scan.parts[part].error[1, 1] + single.parts[part].error
        assert (np.abs(scan.parts[part].value[1, 1] - single.parts[part].value) <= allowed).all()
