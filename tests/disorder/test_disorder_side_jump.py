"""The shift of the s coordinate: gauge, symmetry, impurities in real space, and a closed form of the literature."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcur import models
from symcur.disorder import FermiSurface, Scattering, fermi_surface, gaussian, sampled, transport, white_noise
from symcur.disorder.rates import weighted_shift
from symcur.linear_response.finite_differences import side_jump_by_phases
from symcur.quantities import get


def scatterer(model, disorder, k, band, **arguments):
    return Scattering(FermiSurface(model, 0.0, k, np.asarray(band), np.ones(len(k)), **arguments), disorder)


def shifts(scattering, s):
    w = scattering.w.matrix
    return np.stack([weighted_shift(scattering, i, s) / w for i in range(2)], axis=-1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_printed_shift_in_a_random_gauge_is_the_trace_formula(seed):
    Gamma = np.diag([1.0, 0.3])
    model = models.altermagnet()
    k = np.random.default_rng(seed).uniform(0.4, 1.4, size=(2, 2))
    scattering = scatterer(model, white_noise(structure=Gamma), k, (1, 0))
    found = shifts(scattering, scattering.surface.quantity("s_expectation")[:, 0])[1, 0]
    np.testing.assert_allclose(side_jump_by_phases(model, (1, 0), (k[0], k[1]), Gamma, seed), found, rtol=1e-7)


def test_the_shift_back_is_minus_the_shift():
    scattering = Scattering(sampled(fermi_surface(models.haldane(), 1.4), 0), gaussian(0.7))
    shift = weighted_shift(scattering, 0, scattering.surface.quantity("s_expectation")[:, 0])
    np.testing.assert_allclose(shift, -shift.T, atol=1e-13 * np.abs(shift).max())
    assert np.abs(shift).max() > 1e-3 * scattering.w.matrix.max()


def test_no_current_depends_on_the_phases_of_the_states():
    model, disorder = models.haldane(), gaussian(0.6) + white_noise(0.3)
    k = np.random.default_rng(2).uniform(-1, 1, size=(5, 2))
    first, second = (scatterer(model, disorder, k, (0, 1, 0, 1, 1), phases=p) for p in (None, np.arange(5.0)))
    s = first.surface.quantity("s_expectation")[:, 0]
    np.testing.assert_allclose(weighted_shift(first, 1, s), weighted_shift(second, 1, s), atol=1e-14)


def test_impurities_anywhere_in_the_cell_of_a_lattice_with_two_sites():
    """Printed shift of a Gaussian impurity at x, coordinates from x, weighted with |V|^2 and averaged over the cell.

    V is summed over the atoms in real space and differentiated by finite differences, its form factor included.
    """
    model, a, h = models.haldane(), 0.5, 1e-4
    k = np.array([[0.3, 0.7], [-0.5, 0.9]])
    scattering = scatterer(model, gaussian(a), k, (1, 1))
    s = scattering.surface.quantity("s_expectation")[:, 0]
    expected = np.stack([weighted_shift(scattering, i, s) for i in range(2)], axis=-1)[1, 0]
    cell = model.cell.vectors
    sites = np.array([[0, 0], [0, -1 / np.sqrt(3)]])  # a B neighbour below A
    lattice = np.array([(i, j) for i in range(-9, 10) for j in range(-9, 10)]) @ cell
    n = 12
    x = np.array([(i / n, j / n) for i in range(n) for j in range(n)]) @ cell
    centre = [np.linalg.eigh(model.matrix("H", p))[1][:, 1] for p in k]

    def state(j, step):
        u = np.linalg.eigh(model.matrix("H", k[j] + step))[1][:, 1]
        overlap = np.vdot(centre[j], u)
        return u * overlap.conj() / abs(overlap)

    def V(first, second):
        q = k[1] + second - k[0] - first
        r = lattice[None, :, None] + sites - x[:, None, None]
        wave = np.exp(-(r**2).sum(axis=-1) / (2 * a**2) - 1j * r @ q) / (2 * np.pi * a**2)
        return np.einsum("xRa,a->x", wave, state(1, second).conj() * state(0, first))

    area = model.cell.volume
    zero = np.zeros(2)
    for axis in range(2):
        e = h * np.eye(2)[axis]
        first = (V(e, zero) - V(-e, zero)) / (2 * h)
        second = (V(zero, e) - V(zero, -e)) / (2 * h)
        phase = -(s[1] * second + s[0] * first) * V(zero, zero).conj()
        # in this gauge both Berry connections vanish at the two points
        found = 2 * np.pi * area**2 * phase.imag.mean()
        assert found == pytest.approx(expected[axis], rel=1e-6)


@pytest.mark.parametrize("k_F", np.geomspace(0.15, 1.5, 5))
def test_massive_dirac_side_jump_accumulation(k_F):
    """s = 1, white noise: J_sj/J_int = 2x/(4 D^2 + x), x = (v k_F)^2: half the side-jump term of the literature."""
    v, D = 0.9, 0.35
    x = (v * k_F) ** 2
    model = models.massive_dirac(v=v, Delta=D).replace(s=sp.eye(2))
    found = transport(model, white_noise(), float(np.sqrt(x + D**2)), intrinsic=False)["side_jump"]
    intrinsic = -D / (4 * np.pi * np.sqrt(x + D**2))
    np.testing.assert_allclose(found, intrinsic * 2 * x / (4 * D**2 + x) * np.array([[0, 1], [-1, 0]]), atol=1e-12)


def test_the_intrinsic_anomalous_hall_conductivity_of_the_dirac_electron():
    """With a cutoff K the filled lower band misses D/sqrt(v^2 K^2 + D^2): -D (1/mu - 1/E(K))/4 pi."""
    model = models.massive_dirac(Delta=0.35).replace(s=sp.eye(2))
    with pytest.raises(ValueError, match="cutoff: expected a momentum"):
        transport(model, white_noise(), 0.8)
    found = transport(model, white_noise(), 0.8, cutoff=40.0)
    expected = -0.35 / (4 * np.pi) * (1 / 0.8 - 1 / np.hypot(40.0, 0.35))
    assert found["intrinsic"][0, 1] == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(found["dipole_shift"], 0, atol=1e-15)


def test_for_a_conserved_s_the_side_jump_is_that_of_each_spin():
    """Two opposite Dirac masses, s = sigma_z on the spin: twice the charge side jump of one species."""
    single = models.massive_dirac(Delta=0.4)
    H = sp.diag(single.H, single.H.conjugate().subs({single.k[0]: -single.k[0], single.k[1]: -single.k[1]}))
    Gamma = sp.diag(1, 1, 0, 0)
    double = single.replace(H=H + sp.diag(0, 0, 1, 1) * sp.Rational(1, 1000), s=sp.diag(1, 1, -1, -1))
    disorder = white_noise(structure=Gamma) + white_noise(structure=sp.eye(4) - Gamma)
    found = transport(double, disorder, 0.9, intrinsic=False)["side_jump"][0, 1]
    one = [transport(single.replace(s=1), white_noise(), mu, intrinsic=False)["side_jump"][0, 1] for mu in (0.9, 0.899)]
    assert found == pytest.approx(sum(one), rel=1e-8)


def test_s_dipoles_at_the_nodes_are_those_of_the_quantities():
    surface = sampled(fermi_surface(models.rashba(M=0), 1.0), 0)
    k = surface.k
    expected = np.stack([-k[:, 1], k[:, 0]], axis=-1) / (4 * (k**2).sum(axis=1)[:, None])
    np.testing.assert_allclose(surface.quantity(get("s_dipole").name), expected, atol=1e-14)
