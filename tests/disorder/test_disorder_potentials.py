"""Correlators of the disorder: real space against wave vectors, lattices against sums over reciprocal vectors."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from metals import square_lattice
from scipy.integrate import quad
from scipy.special import j0

from symcur import models
from symcur.disorder import FermiSurface, Scattering, fermi_surface, gaussian, sampled, white_noise, yukawa


@pytest.mark.parametrize("disorder", [gaussian(0.8, 1.3), yukawa(0.6, density=2.0)])
@pytest.mark.parametrize("r", [0.3, 1.7])
def test_correlation_in_space_is_the_transform_of_that_in_wave_vectors(disorder, r):
    kind = disorder.kinds[0]

    def C(q):
        return float(kind.of_wave_vector(np.array(q**2)))

    plane = quad(lambda q: q * C(q) * j0(q * r) / (2 * np.pi), 0, 400, limit=2000)[0]
    assert float(kind.of_distance(np.array(r), 2)) == pytest.approx(plane, rel=1e-4, abs=1e-9)
    bulk = quad(lambda q: q * C(q) * np.sin(q * r) / (2 * np.pi**2 * r), 0, 400, limit=2000)[0]
    assert float(kind.of_distance(np.array(r), 3)) == pytest.approx(bulk, rel=1e-4, abs=1e-9)


def test_a_lattice_feels_the_sum_over_reciprocal_vectors():
    disorder = gaussian(0.35)
    model = square_lattice()
    surface = sampled(fermi_surface(model, -1.5), 0)
    (_, _, C), *_ = disorder.channels(model, surface.k)
    q = surface.k[5] - surface.k[0]
    G = np.array([(i, j) for i in range(-8, 9) for j in range(-8, 9)]) @ model.cell.reciprocal
    direct = disorder.kinds[0].of_wave_vector(((q + G) ** 2).sum(axis=1)).sum()
    assert C[5, 0] == pytest.approx(direct, rel=1e-10)


def test_rates_are_symmetric_periodic_and_blind_to_the_choice_of_the_cell():
    model, disorder = models.haldane(), gaussian(0.7) + white_noise(0.5)
    shape = fermi_surface(model, 1.4)
    surface = sampled(shape, 0)
    w = Scattering(surface, disorder).w.matrix
    np.testing.assert_array_equal(w, w.T)
    assert w.min() >= 0
    G = model.cell.reciprocal
    moved = sampled(shape, 0)
    moved = type(moved)(
        model, 1.4, surface.k + np.arange(len(surface))[:, None] % 3 * G[0], surface.band, surface.weight
    )
    np.testing.assert_allclose(Scattering(moved, disorder).w.matrix, w, atol=1e-12 * w.max())


def test_rates_of_two_kinds_add_and_scale_with_density_and_potential():
    surface = sampled(fermi_surface(models.rashba_dresselhaus(), 1.0), 0)
    a, b = gaussian(1.0, 2.0, density=3.0), white_noise(structure=sp.diag(1, -1))
    sum_of_rates = 12 * Scattering(surface, gaussian(1.0)).rate + Scattering(surface, b).rate
    np.testing.assert_allclose(Scattering(surface, a + b).rate, sum_of_rates, rtol=1e-12)


def test_magnetic_impurities_flip_the_pseudospin_that_scalar_ones_keep():
    """At opposite momenta of a helical band <u'|u> = 0 and |<u'|sigma_z|u>| = 1."""
    surface = sampled(fermi_surface(models.rashba(M=0), -0.05), 1)
    k, band = np.stack([surface.k[0], -surface.k[0]]), surface.band[[0, 0]]
    opposite = FermiSurface(surface.model, -0.05, k, band, np.ones(2))
    scalar, magnetic = (Scattering(opposite, white_noise(structure=G)).w.matrix[1, 0] for G in (None, sp.diag(1, -1)))
    assert scalar == pytest.approx(0, abs=1e-14)
    assert magnetic == pytest.approx(2 * np.pi, rel=1e-12)


def test_a_structure_that_links_positions_is_refused():
    surface = sampled(fermi_surface(models.haldane(), 1.4), 0)
    with pytest.raises(ValueError, match="structure: expected a matrix local at each position"):
        Scattering(surface, white_noise(structure=[[0, 1], [1, 0]]))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: gaussian(-1.0), "length"),
        (lambda: white_noise(0.0), "potential"),
        (lambda: white_noise(density=float("nan")), "density"),
        (lambda: white_noise(structure=[[0, 1], [2, 0]]), "structure"),
        (lambda: yukawa(1.0, relaxation_time=-2.0), "relaxation_time"),
        (lambda: yukawa(1.0, relaxation_time=2.0) + white_noise(), "relaxation_time"),
    ],
)
def test_invalid_disorder_is_refused(make, name):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        make()
