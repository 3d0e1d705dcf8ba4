"""Domains: volumes, wave vectors, and what they say of themselves."""

from __future__ import annotations

import numpy as np
import pytest

from symcur.brillouin import Ball, LatticeCell, Plane, integrate


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_one_state_per_lattice_cell(dimension):
    vectors = np.random.default_rng(dimension).normal(size=(dimension, dimension)) + 2 * np.eye(dimension)
    cell = LatticeCell(vectors)
    k, jacobian = cell.map(np.eye(dimension))
    np.testing.assert_allclose(np.exp(1j * k @ vectors.T), 1, atol=1e-12)
    np.testing.assert_allclose(jacobian * abs(np.linalg.det(vectors)), 1)
    assert cell.periodic == (True,) * dimension


@pytest.mark.slow_for("domain2-32.98672286269282")
@pytest.mark.parametrize(
    ("domain", "volume"),
    [
        (Ball(1, 2.0), 4),
        (Ball(2, 2.0, inner=0.5), np.pi * (4 - 0.25)),
        (Ball(3, 2.0, inner=0.5, center=[1, 0, 0]), 4 * np.pi / 3 * (8 - 0.125)),
        (Plane(1, 2.0), 4),
        (Plane(2, [1.0, 3.0], center=[0.2, 0]), 12),
        (Plane(3, 0.5), 1),
    ],
)
def test_volumes_and_centres(domain, volume):
    dimension = domain.dimension
    result = integrate(lambda k: np.concatenate([np.ones((len(k), 1)), k], axis=1), domain, rtol=1e-10, atol=1e-12)
    volume = volume / (2 * np.pi) ** dimension
    np.testing.assert_allclose(result.value[0], volume, rtol=1e-11)
    np.testing.assert_allclose(result.value[1:], domain.center * volume, atol=1e-11)
    assert result.domain == domain.description


def test_the_cutoff_is_stated():
    domain = Ball(2, 3.0, because="all bands are empty beyond k = 2.5")
    assert "all bands are empty beyond k = 2.5" in domain.description
    assert "3" in domain.description


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: LatticeCell([[1, 0], [2, 0]]), "vectors: expected linearly independent ones"),
        (lambda: LatticeCell([[1, 0]]), r"vectors: expected shape .*, got \(1, 2\)"),
        (lambda: LatticeCell([[np.nan]]), "vectors: expected finite numbers"),
        (lambda: Plane(4, 1.0), "dimension: expected 1, 2 or 3, got 4"),
        (lambda: Plane(2, -1.0), "cutoff: expected positive numbers"),
        (lambda: Plane(2, [1, 2, 3]), "cutoff: expected a finite number or 2 of them"),
        (lambda: Ball(2, 1.0, inner=2.0), "expected 0 <= inner < cutoff < infinity, got inner = 2.0"),
        (lambda: Ball(1, 1.0, inner=0.5), "inner: expected 0 in one dimension, got 0.5"),
        (lambda: Ball(2, np.inf), "cutoff: expected 0 <= inner < cutoff < infinity, got .* cutoff = inf"),
    ],
)
def test_errors_name_the_argument(build, message):
    with pytest.raises(ValueError, match=message):
        build()
