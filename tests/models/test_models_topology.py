"""Chern numbers, monopoles, Zak phases and the pumped charge, from plaquette fluxes of numerical eigenstates.

Plaquettes: Fukui, Hatsugai and Suzuki, J. Phys. Soc. Jpn. 74, 1674 (2005). With A = i<u|d u>, a link <u(k)|u(k + d)> is
exp(-i A . d), so that minus the phase of a closed loop is the flux of Omega^{xy} = d_x A_y - d_y A_x.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from symcur import models
from symcur.band_structures import Model


def flux(H: NDArray[np.complex128]) -> float:
    """Flux/2pi of the lowest band through a grid of Hamiltonians of shape (n, m, N, N); the grid includes its edges."""
    u = np.linalg.eigh(H)[1][..., 0]
    first = (u[:-1].conj() * u[1:]).sum(-1)
    second = (u[:, :-1].conj() * u[:, 1:]).sum(-1)
    loops = first[:, :-1] * second[1:] * first[:, 1:].conj() * second[:-1].conj()
    return float(-np.angle(loops).sum() / (2 * np.pi))


def zone(model: Model, points: int = 24) -> NDArray[np.complex128]:
    """H on a grid of a two-dimensional Brillouin zone, both edges included."""
    x = np.arange(points + 1) / points
    reduced = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1)
    return model.matrix("H", reduced @ model.lattice_cell("its zone").reciprocal)


@pytest.mark.parametrize("phi", [1.0, -1.0, 2.5])
def test_haldane_chern_number_changes_at_the_phase_boundary(phi: float) -> None:
    boundary = 3 * np.sqrt(3) * 0.2 * abs(np.sin(phi))
    for M, inside in ((0.0, True), (0.9 * boundary, True), (-0.9 * boundary, True), (1.1 * boundary, False)):
        expected = -np.sign(np.sin(phi)) if inside else 0
        assert flux(zone(models.haldane(t2=0.2, phi=phi, M=M))) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("M", "chern"), [(-0.4, 0), (0.4, 1), (3.6, 1), (4.4, -1), (7.6, -1), (8.4, 0)])
def test_bhz_spins_carry_opposite_chern_numbers_between_the_inversion_points(M: float, chern: int) -> None:
    """B = 1: the bands invert at M = 0, 4B and 8B."""
    H = zone(models.bhz(Delta_BIA=0, M=M))
    assert flux(H[..., :2, :2]) == pytest.approx(chern, abs=1e-9)
    assert flux(H[..., 2:, 2:]) == pytest.approx(-chern, abs=1e-9)


def test_bhz_bands_invert_at_the_zone_centre() -> None:
    """At k = 0 the energies are +-sqrt(M^2 + Delta_BIA^2), and at Delta_BIA = 0 the lower pair is H1 for M > 0."""
    for M in (-0.5, 0.5):
        np.testing.assert_allclose(np.abs(models.bhz(M=M).energies([0, 0])), np.hypot(M, 0.3))
        lower = np.linalg.eigh(models.bhz(M=M, Delta_BIA=0).matrix("H", [0, 0]))[1][:, :2]
        assert (np.abs(lower[1::2]) ** 2).sum() == pytest.approx(2 if M > 0 else 0)


def test_massive_dirac_lower_band_carries_half_a_flux_quantum() -> None:
    """Within radius R the flux/2pi is (sign(Delta)/2)(1 - |Delta|/sqrt(v^2 R^2 + Delta^2)).

    The rim is a polygon of 2400 geodesics on the sphere of states, not a circle: 3e-5 (24/2400)^2 is the error.
    """
    radius, angle = np.linspace(0, 40, 60), np.linspace(0, 2 * np.pi, 2401)
    k = radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    for Delta in (0.5, -0.5):
        exact = np.sign(Delta) / 2 * (1 - 0.5 / np.hypot(40 * 1.3, 0.5))
        assert flux(models.massive_dirac(v=1.3, Delta=Delta).matrix("H", k)) == pytest.approx(exact, abs=1e-8)


def test_weyl_nodes_are_monopoles_of_opposite_charge() -> None:
    model = models.weyl()
    polar, azimuth = np.meshgrid(np.linspace(0, np.pi, 25), np.linspace(0, 2 * np.pi, 25), indexing="ij")
    outward = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], axis=-1)
    for centre, charge in ((1.0, -1), (-1.0, 1), (0.4, 0)):
        sphere = np.array([0, 0, centre]) + 0.2 * outward
        assert flux(model.matrix("H", sphere)) == pytest.approx(charge, abs=1e-9)


@pytest.mark.parametrize(("k_z", "chern"), [(0.0, 0), (0.9, 0), (-0.9, 0), (1.1, -1), (-1.1, -1), (np.pi, -1)])
def test_weyl_planes_beyond_the_nodes_are_chern_insulators(k_z: float, chern: int) -> None:
    x = np.linspace(0, 2 * np.pi, 25)
    k = np.stack(np.meshgrid(x, x, [k_z], indexing="ij"), axis=-1)[:, :, 0]
    assert flux(models.weyl().matrix("H", k)) == pytest.approx(chern, abs=1e-9)


def wannier_centre(delta: float, Delta: float) -> float:
    """Zak phase/2pi of the lower band of the chain in the gauge with positions 0 and 1/2, modulo 1 in (-1/2, 1/2]."""
    k = np.linspace(0, 2 * np.pi, 401)[:, None]
    u = np.linalg.eigh(models.rice_mele(delta=delta, Delta=Delta).matrix("H", k))[1][..., 0]
    u[-1] = np.exp(-2j * np.pi * np.array([0, 0.5])) * u[0]  # u(k + G) = exp(-i G x) u(k)
    return float(-np.angle(np.prod((u[:-1].conj() * u[1:]).sum(-1))) / (2 * np.pi))


def test_rice_mele_wannier_centre_sits_on_the_strong_bond() -> None:
    assert wannier_centre(0.3, 0.0) == pytest.approx(0.25, abs=1e-9)
    assert wannier_centre(-0.3, 0.0) == pytest.approx(-0.25, abs=1e-9)
    assert abs(wannier_centre(0.3, 50.0) - 0.5) < 0.01, "a deep well on B binds the electron at 1/2"
    assert abs(wannier_centre(0.3, -50.0)) < 0.01, "a deep well on A binds it at 0"


def test_rice_mele_pumps_one_charge_around_the_gapless_point() -> None:
    k = np.linspace(0, 2 * np.pi, 25)[:, None]

    def cycle(centre: float) -> NDArray[np.complex128]:
        path = np.linspace(0, 2 * np.pi, 25)
        chains = [models.rice_mele(delta=centre + 0.3 * np.cos(x), Delta=0.4 * np.sin(x)) for x in path]
        return np.stack([chain.matrix("H", k) for chain in chains], axis=1)

    assert abs(flux(cycle(0.0))) == pytest.approx(1, abs=1e-9)
    assert flux(cycle(0.5)) == pytest.approx(0, abs=1e-9)


def test_altermagnet_berry_curvature_is_odd_under_a_quarter_turn() -> None:
    """So the anomalous Hall conductivity vanishes although the bands carry curvature."""
    model, corner = models.altermagnet(), 0.3

    def patch(rotate: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
        x, y = np.linspace(corner, corner + 0.5, 9), np.linspace(corner + 0.6, corner + 1.2, 9)
        return flux(model.matrix("H", rotate(np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1))))

    here = patch(lambda k: k)
    turned = patch(lambda k: np.stack([-k[..., 1], k[..., 0]], axis=-1))
    assert abs(here) > 1e-3
    assert turned == pytest.approx(-here, abs=1e-12)
