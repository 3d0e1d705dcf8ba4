"""The Fermi surface as a quadrature rule: densities of states and other integrals that are known or computed otherwise."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import sympy as sp
from metals import parabolic, square_lattice, warped_sphere

from symcur import models
from symcur.brillouin import LatticeCell, integrate_bands
from symcur.disorder import fermi_surface, sampled
from symcur.disorder.currents import PARTS, currents
from symcur.disorder.potentials import white_noise

DEGENERATE = "model: expected separate bands on the Fermi surface, got degenerate ones"


def test_an_ellipse_has_the_density_of_states_of_its_masses():
    surface = sampled(fermi_surface(parabolic(1.0, 3.0), 0.7), 2)
    assert surface.density_of_states == pytest.approx(np.sqrt(3.0) / (2 * np.pi), rel=1e-13)
    np.testing.assert_allclose((surface.k**2 / [1, 3]).sum(axis=1) / 2, 0.7, rtol=1e-13)


@pytest.mark.parametrize("energy", [-2.5, -0.4, 0.6, 1.7])  # a pocket, two open lines, a pocket of holes
def test_lattice_fermi_lines_agree_with_the_delta_function_in_the_zone(energy):
    model = square_lattice()

    def bands(k):
        return (-2 * np.cos(k[:, 0]) - np.cos(k[:, 1]))[:, None], np.ones((len(k), 1, 1))

    zone = integrate_bands(bands, LatticeCell(np.eye(2)), ("-df/de",), energy, 0.0, rtol=1e-9).value[0]
    shape = fermi_surface(model, energy)
    assert sampled(shape, 2).density_of_states == pytest.approx(zone, rel=1e-7)
    windings = sum(np.abs(curve.winding).sum() for curve in shape.curves)
    assert (windings > 0) == (abs(energy) < 1)


def test_the_nodes_converge_faster_than_any_power():
    shape = fermi_surface(models.rashba_dresselhaus(), 1.0)
    values = [sampled(shape, level).density_of_states for level in range(4)]
    errors = np.abs(np.array(values[:-1]) - values[-1])
    assert errors[1] < 1e-3 * errors[0] + 1e-14
    assert errors[2] < 1e-3 * errors[1] + 1e-14


def test_velocities_point_outwards_and_sum_to_zero_on_closed_lines():
    surface = sampled(fermi_surface(models.altermagnet(), -1.5), 2)
    scale = surface.weight @ np.abs(surface.velocity)
    assert np.abs(surface.weight @ surface.velocity).max() < 1e-6 * scale.max()


def test_rays_and_tetrahedra_converge_to_the_same_currents_in_three_dimensions():
    rays = fermi_surface(warped_sphere(), 1.0)
    mesh = dataclasses.replace(rays, sheets=None)
    assert rays.method != mesh.method
    fine = currents(sampled(rays, 3), white_noise())
    first, second = (currents(sampled(mesh, level), white_noise()) for level in (0, 2))
    for part in PARTS:
        known = fine.parts[part]
        errors = [np.abs(known.value - c.parts[part].value).max() / known.scale for c in (first, second)]
        assert errors[1] < 5e-5, part
        assert errors[1] < errors[0] / 20, part
    assert second.density_of_states == pytest.approx(fine.density_of_states, rel=1e-5)


def test_a_free_electron_sphere():
    model = warped_sphere().replace(H=(sum(k**2 for k in warped_sphere().k) / 2) * np.eye(2, dtype=int), s=1)
    surface_energy = 0.8
    with pytest.raises(ValueError, match=DEGENERATE):
        sampled(fermi_surface(model, surface_energy), 0)
    single = model.replace(H=[[model.H[0, 0]]], s=[[1]])
    surface = sampled(fermi_surface(single, surface_energy), 1)
    assert surface.density_of_states == pytest.approx(np.sqrt(2 * surface_energy) / (2 * np.pi**2), rel=1e-12)


@pytest.mark.slow_for("-2.5")
@pytest.mark.parametrize("energy", [-2.5, 0.4])  # a closed surface, an open one
def test_a_mesh_in_the_zone_agrees_with_the_delta_function(energy):
    k = warped_sphere().k
    model = warped_sphere().replace(H=[[-2 * sum(map(sp.cos, k))]], s=[[1]], lattice=np.eye(3, dtype=int).tolist())

    def bands(k):
        return -2 * np.cos(k).sum(axis=1)[:, None], np.ones((len(k), 1, 1))

    zone = integrate_bands(bands, LatticeCell(np.eye(3)), ("-df/de",), energy, 0.0, rtol=1e-6).value[0]
    assert sampled(fermi_surface(model, energy), 2).density_of_states == pytest.approx(zone, rel=2e-5)


@pytest.mark.parametrize(
    ("model", "energy", "message"),
    [
        (models.kane_mele(lambda_R=0, lambda_v=0), 2.0, f"{DEGENERATE} of kane_mele"),
        (models.luttinger(), 1.0, f"{DEGENERATE} of luttinger"),
        (models.rice_mele(), 0.5, "model: expected two or three dimensions, got rice_mele in one"),
        (models.altermagnet(), float("nan"), "mu: expected a finite number, got nan"),
    ],
)
def test_what_is_refused_says_why(model, energy, message):
    with pytest.raises(ValueError, match=message):
        sampled(fermi_surface(model, energy), 0)


def test_a_cutoff_through_the_fermi_line_is_refused():
    with pytest.raises(ValueError, match="cutoff: expected one off the Fermi surface, got 2"):
        fermi_surface(models.rashba_dresselhaus(), 1.0, cutoff=2.0)
    with pytest.raises(ValueError, match="cutoff: expected None, as a lattice model has a periodic zone, got 2"):
        fermi_surface(models.altermagnet(), -1.5, cutoff=2.0)


def test_of_a_band_that_turns_over_only_what_lies_inside_the_cutoff_counts():
    model = models.cubic_rashba(M=0)
    inside = sampled(fermi_surface(model, 0.4, cutoff=1.6), 1)
    assert np.linalg.norm(inside.k, axis=1).max() < 1.6
    assert set(inside.band) == {0, 1}


@pytest.mark.parametrize("above", [1e-2, 1e-4, 1e-6])
def test_a_tiny_pocket_beside_a_large_one_is_found(above):
    """Rashba with a mass: for energies above M both bands together have the density of states m/pi."""
    surface = sampled(fermi_surface(models.rashba(), 0.1 + above), 0)
    assert set(surface.band) == {0, 1}
    assert surface.density_of_states == pytest.approx(1 / np.pi, rel=1e-11)


def test_fermi_lines_are_traced_once_whatever_scatters_on_them():
    model = models.rashba()
    lines = fermi_surface(model, 1.25)
    assert fermi_surface(models.rashba(), 1.25) is lines
    assert fermi_surface(model, 1.25, cutoff=10.0) is not lines
    assert fermi_surface(model, 1.26) is not lines
