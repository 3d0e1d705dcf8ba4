"""Small pockets around points at which bands touch: none is lost, however thin they or the shell at mu are and however close together the points."""

from __future__ import annotations

import numpy as np
import pytest

from symcur.brillouin import LatticeCell, integrate_bands
from symcur.brillouin.features import Landscape
from symcur.brillouin.problem import BandProblem

OBLIQUE = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])  # of determinant 1


def cones(centers, velocities):
    """e = +-(the smallest of v |k - c|), where components 2 sin((k - c)/2) stand for those of k - c; value 1 of the band above mu."""

    def bands(k):
        x = 2 * np.sin((k[:, None] - centers) / 2)
        e = (velocities * np.linalg.norm(x, axis=-1)).min(axis=1)
        return np.stack([-e, e], axis=1), np.broadcast_to([[0.0], [1.0]], (len(k), 2, 1))

    return bands


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize(
    ("weight", "temperature"),
    [
        ("-df/de", 0.0),
        ("entropy", 1e-5),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [("-df/de", 1e-4), ("entropy", 4e-4), ("df/dT", 1e-5), ("df/dT", 4e-4)]
        ),
    ],
)
def test_none_of_two_small_pockets_is_lost(dimension, weight, temperature):
    """The density of states of a cone is mu^(D - 1)/v^D times 1/(2 pi) or 1/(2 pi^2); entropies are Sommerfeld's pi^2 T/3 of it, and of its slope."""
    mu, random = 0.0095, np.random.default_rng(dimension)
    for _ in range(2):
        centers, v = random.uniform(0, 2 * np.pi, (2, dimension)), random.uniform(0.5, 2, 2)
        density = (mu ** (dimension - 1) / v**dimension).sum() / {2: 2 * np.pi, 3: 2 * np.pi**2}[dimension]
        heat = np.pi**2 / 3 * temperature
        known = {"-df/de": density, "entropy": heat * density, "df/dT": heat * density * (dimension - 1) / mu}[weight]
        result = integrate_bands(
            cones(centers, v), LatticeCell(np.eye(dimension)), [weight], mu, temperature, rtol=1e-2
        )
        assert result.converged
        assert abs(result.value[0] - known) <= result.error[0] + (1e-3 + 10 * (temperature / mu) ** 2) * known


def two_nodes(apart, center):
    """e = +-(4 sin^2(x/2) + 4 sin^2(y/2) + (cos apart - cos z)^2)^(1/2), x, y and z along oblique axes through the center."""

    def bands(k):
        x = (k - center) @ OBLIQUE.T
        e = np.sqrt((4 * np.sin(x[:, :2] / 2) ** 2).sum(axis=1) + (np.cos(apart) - np.cos(x[:, 2])) ** 2)
        return np.stack([-e, e], axis=1), np.broadcast_to([[0.0], [1.0]], (len(k), 2, 1))

    return bands


@pytest.mark.parametrize("apart", [0.3, 0.12, 0.05, 0.02])
def test_two_nodes_that_share_a_cell_of_the_grid_of_features(apart):
    """The nodes are found along the valley of the gap between them, whose height is up to 5000 times that at their distance across."""
    for n in range(4):
        center = np.random.default_rng(n).uniform(0, 2 * np.pi, 3)
        problem = BandProblem(two_nodes(apart, center), LatticeCell(np.eye(3)), ["f"], 0.0, 0.0)
        found = Landscape.of(problem).pinches(problem)[0][0]
        for sign in (1, -1):
            node = (center + sign * apart * np.linalg.inv(OBLIQUE)[:, 2]) / (2 * np.pi)
            assert np.abs((found - node + 0.5) % 1 - 0.5).max(axis=1).min() < 1e-7


@pytest.mark.slow
def test_pockets_around_both_of_two_nodes():
    """Needles at T = 0, which no sample of many boxes meets. Sections at z are circles of radius^2 mu^2 - (cos apart - cos z)^2, to order mu^2: the density is mu/(4 pi^2) times the length in z."""
    apart = 0.3
    for n in range(4):
        mu = (1 - np.cos(apart)) * (0.1, 0.3, 0.5, 0.8)[n]
        center = np.random.default_rng(n).uniform(0, 2 * np.pi, 3)
        length = 2 * (np.arccos(np.cos(apart) - mu) - np.arccos(np.cos(apart) + mu))
        known = mu * length / (4 * np.pi**2)
        result = integrate_bands(two_nodes(apart, center), LatticeCell(np.eye(3)), ["-df/de"], mu, 0.0, rtol=1e-2)
        assert abs(result.value[0] - known) <= result.error[0] + 1e-3 * known
        assert result.converged


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_part_of_a_needle_is_lost(seed):
    """A pocket ten times as long as wide along an oblique axis: mu^2/(2 pi^2 v_x v_y v_z) at T = 0, to order mu^2."""
    steep, mu, center = np.array([1.0, 1.0, 0.1]), 3e-4, np.random.default_rng(seed).uniform(0, 2 * np.pi, 3)

    def bands(k):
        e = np.linalg.norm(2 * np.sin((k - center) @ OBLIQUE.T / 2) * steep, axis=1)
        return np.stack([-e, e], axis=1), np.broadcast_to([[0.0], [1.0]], (len(k), 2, 1))

    known = mu**2 / (2 * np.pi**2 * steep.prod())
    result = integrate_bands(bands, LatticeCell(np.eye(3)), ["-df/de"], mu, 0.0, rtol=3e-2)
    assert abs(result.value[0] - known) <= result.error[0] + 1e-4 * known
    assert result.converged
