"""The error estimate bounds the true error: measured on random integrals with known values."""

from __future__ import annotations

import numpy as np
import pytest
from known_integrals import chern_insulator, random_cases, square_lattice, square_lattice_2d

from symcur.brillouin import LatticeCell, Plane, features, integrate, integrate_bands
from symcur.brillouin.cells import Boxes, Cover

SQUARE = LatticeCell(np.eye(2))


def test_the_true_error_lies_within_the_estimate():
    ratios = []
    for name, result, known in random_cases(seed=20211, rounds=10):
        known = np.broadcast_to(known, result.value.shape)
        has = ~np.isnan(known)
        assert result.converged, f"{name}: {result}"
        ratios.extend((np.abs(result.value - known) / result.error)[has].ravel())
    assert len(ratios) >= 200
    assert np.mean(np.array(ratios) <= 1) >= 0.99
    assert np.max(ratios) <= 10


@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-5, 1e-6])
@pytest.mark.parametrize("rtol", [1e-2, 1e-6])
def test_a_small_gap_hides_no_curvature(gap, rtol):
    """Half a quantum of Berry curvature sits in a region as small as the gap."""
    result = integrate_bands(chern_insulator(2 - gap), LatticeCell(np.eye(2)), ["f"], 0.0, 0.0, rtol=rtol)
    assert result.converged
    assert abs(result.value[0] + 1) <= min(result.error[0], rtol)


@pytest.mark.parametrize("budget", [1000, 8000, 16000])
def test_a_tolerance_that_is_not_met_is_told(budget):
    result = integrate_bands(
        chern_insulator(2 - 1e-2), LatticeCell(np.eye(2)), ["f"], 0.0, 0.0, rtol=1e-11, max_evaluations=budget
    )
    assert result.status == "tolerance not met"
    assert "max_evaluations" in result.message
    assert result.evaluations <= budget
    assert result.error[0] > 1e-11


@pytest.mark.slow
def test_a_divergent_density_of_states_does_not_converge():
    """mu at the saddle of the square lattice: the filling is 1/2, the density of states infinite."""

    def bands(k):
        return -2 * np.cos(k).sum(axis=-1)[:, None], np.ones((len(k), 1, 2))

    result = integrate_bands(bands, LatticeCell(np.eye(2)), ["f", "-df/de"], 0.0, 0.0, rtol=1e-4)
    assert result.status == "tolerance not met"
    assert abs(result.value[0] - 0.5) <= result.error[0] < 1e-4
    assert result.error[1] > 0.1 * result.value[1]


def repeated(bands, times):
    """The same bands ``times`` times along each axis of the zone: a sum over them has the same mean."""
    return lambda k: bands(times * (k - np.array([0.3, 0.1])))


@pytest.mark.slow_for("16")
@pytest.mark.parametrize("followed", [2048, 16])
def test_pockets_that_are_not_followed_belong_to_the_error(monkeypatch, followed):
    """81 pockets, of which a part is looked at."""
    monkeypatch.setattr(features, "MOST", followed)
    mu = 1e-4 - 4
    result = integrate_bands(repeated(square_lattice, 9), SQUARE, ["f", "-df/de"], mu, 0.0, rtol=1e-3)
    known = square_lattice_2d(mu)
    assert (np.abs(result.value - known) <= result.error).all()
    assert (result.error < 20 * np.abs(known)).all()
    assert result.converged == (followed > 81)


def test_pockets_that_the_first_boxes_do_not_resolve_belong_to_the_error():
    """The bound on evaluations leaves a number and an error, not nothing."""
    mu = 1e-4 - 4
    result = integrate_bands(
        repeated(square_lattice, 9), SQUARE, ["f", "-df/de"], mu, 0.0, rtol=1e-3, max_evaluations=100_000
    )
    assert not result.converged
    assert "features" in result.message
    assert (np.abs(result.value - square_lattice_2d(mu)) <= result.error).all()
    assert result.evaluations <= 100_000


@pytest.mark.slow_for("192")
@pytest.mark.parametrize("harmonic", [96, 192])
def test_harmonics_that_look_constant_on_a_grid_are_no_constants(harmonic):
    """Also those of the grid of 96 points on which peaks are looked for, where no cell is higher than its neighbours."""
    result = integrate(lambda k: 1 + np.cos(harmonic * k[:, 0]), SQUARE, rtol=1e-3)
    assert abs(result.value - 1) <= result.error
    assert result.status == "tolerance not met" or result.error <= 1e-3


@pytest.mark.parametrize("temperature", [0.0, 1e-4])
def test_an_error_is_not_zero_where_every_sample_is_empty(temperature):
    """A chemical potential below the band: the sums vanish as far as rounding of a filled band tells, in its unit."""

    def bands(k, unit=1.0):
        return unit * (3 - np.cos(k).sum(axis=-1)[:, None]), np.ones((len(k), 1, 3))

    weights = ["f", "g", "-df/de"]
    small, large = (
        integrate_bands(lambda k, unit=unit: bands(k, unit), SQUARE, weights, 0.5 * unit, unit * temperature, rtol=1e-3)
        for unit in (1.0, 1000.0)
    )
    for result in (small, large):
        assert result.converged
        np.testing.assert_array_equal(result.value, 0)
        assert (result.error > 0).all()
    assert small.error.max() < 1e-14
    np.testing.assert_allclose(large.error / small.error, [1, 1000, 1 / 1000])


@pytest.mark.parametrize("level", [-30.0, 30.0])
def test_a_band_that_is_exactly_flat_is_no_feature(level):
    """Far from mu, its length is beyond all numbers; the sum is that of the other band, and of the flat one where it is filled."""

    def bands(k):
        return np.stack([level + 0 * k[:, 0], np.cos(k).sum(axis=-1)], axis=-1), np.ones((len(k), 2, 1))

    result = integrate_bands(bands, SQUARE, ["f"], -3.0, 0.1, rtol=1e-6)
    alone = integrate_bands(lambda k: tuple(a[:, 1:] for a in bands(k)), SQUARE, ["f"], -3.0, 0.1, rtol=1e-6)
    assert result.converged
    assert abs(result.value[0] - alone.value[0] - (level < 0)) <= result.error[0] + alone.error[0]


@pytest.mark.parametrize("bottom", [-10.0, 30.0, -100.0])
def test_where_energies_begin_costs_pockets_no_digits(bottom):
    """int d^2k v delta(e - mu) = 0 over a closed Fermi line; what rounding of energies leaves of it is well inside the error."""

    def bands(k):
        x = k - np.array([1.2, -0.4])
        return bottom + (1 - np.cos(x)).sum(axis=1, keepdims=True), np.sin(x)[:, None, :]

    for depth in np.geomspace(1e-6, 1e-3, 9):
        result = integrate_bands(
            bands,
            SQUARE,
            ["-df/de"] * 2,
            bottom + depth,
            0.0,
            rtol=1e-6,
            relative_to="integrand",
            max_evaluations=300_000,
        )
        assert (np.abs(result.value) <= 0.1 * result.error).all()


def cone(k):
    """Two bands e = -+|k|, and values next to their touching that give pockets of every size the same part of a delta function."""
    r = np.maximum(np.linalg.norm(k, axis=1), 1e-30)
    v = np.zeros((len(k), 2, 3))
    v[:, 0, 0] = 1.0
    v[:, :, 2] = ((k[:, 0] ** 2 - k[:, 1] ** 2) / r ** (k.shape[1] + 1))[:, None]
    v[:, :, 1] = v[:, :, 2] + (r ** (1.0 - k.shape[1]))[:, None]
    return np.stack([-r, r], axis=1), v


@pytest.mark.parametrize("D", [2, 3])
def test_pockets_next_to_a_touching_of_bands_belong_to_the_error(D):
    random = np.random.default_rng(0)
    known = [(2 / (2 * np.pi)) ** D, {2: 2 * np.pi, 3: 4 * np.pi}[D] / (2 * np.pi) ** D, 0.0]
    for rtol, decades in zip([1e-2, 1e-3] * 4, np.repeat({2: [6.5, 5, 3, 1.5], 3: [4, 3, 2, 1]}[D], 2), strict=True):
        mu, region = 10 ** -(decades + random.uniform(-0.5, 0.5)), Plane(D, 1.0, center=random.uniform(-0.5, 0.5, D))
        weights = ["f", "-df/de", "-df/de"]
        result = integrate_bands(cone, region, weights, mu, 0.0, rtol=rtol, relative_to="largest", method="patches")
        assert result.converged
        assert (np.abs(result.value - known) <= result.error + 1e-15).all(), (mu, rtol, str(result))


@pytest.mark.parametrize(("mu", "rtol"), [(0.0004231259785224965, 9e-4), (0.0004231259785224965, 3e-4)])
def test_interpolants_that_change_little_next_to_a_touching_may_still_be_wrong(mu, rtol):
    """Values whose last two Legendre polynomials add a third of their mean were 1.2 times their error off."""
    weights = ["f", "-df/de", "-df/de"]
    result = integrate_bands(cone, Plane(2, 1.0), weights, mu, 0.0, rtol=rtol, relative_to="largest", method="patches")
    assert result.converged
    assert (np.abs(result.value - [1 / np.pi**2, 1 / (2 * np.pi), 0]) <= result.error + 1e-15).all()


@pytest.mark.parametrize(("halves", "bisected"), [([44, 0, 0, 0], True), ([12, 12, 12, 12], False)])
def test_tiny_boxes_are_left_alone_for_rounding_and_not_for_a_singular_point(halves, bisected):
    """Rounding grows in all halves of a box; next to a singular point the error of one may be larger than that of the box."""

    def rule(boxes):
        error = np.array(halves, dtype=float)[:, None]
        return np.zeros((4, 1)), error, error, np.zeros((4, 1), dtype=bool)

    boxes = Boxes(np.zeros((1, 2)), np.full((1, 2), 1e-6))
    parts = np.zeros((1, 1)), np.full((1, 1), 10.0), np.zeros((1, 1)), np.zeros((1, 1), dtype=bool)
    cover = Cover(boxes, parts, np.array([False]), np.array([40.0]))
    assert len(cover.bisected(rule, np.array([True]), np.ones(1)).final) == (4 if bisected else 1)
