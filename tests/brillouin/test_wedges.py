"""A wedge stands for the whole where symmetries make its images alike, and only there."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcur.brillouin import Ball, integrate_bands, wedges
from symcur.brillouin.problem import BandProblem

k_x, k_y, k_z = sp.symbols("k_x k_y k_z", real=True)


def quadratic(masses, tilt=0.0, hidden=False):
    """One band sum m_i k_i^2/2 + tilt (k_x k_y + k_y k_z + k_z k_x), the columns k_x^2, k_y^2, k_x k_y, k_x and k_y."""
    M = np.diag(masses) + tilt * (1 - np.eye(len(masses)))

    def bands(k):
        energies = np.einsum("ki,ij,kj->k", k, M, k)[:, None] / 2
        return energies, np.stack([k[:, :1] ** 2, k[:, 1:2] ** 2, k[:, :1] * k[:, 1:2], k[:, :1], k[:, 1:2]], axis=-1)

    bands.bending = None if hidden else lambda k, radius, step: np.full(len(k), 10.0)
    if not hidden:
        bands.bending.shown = True
    return bands, M


def moments(M, mu):
    """int d^Dk/(2 pi)^D k_i k_j over the ellipsoid k.M k < 2 mu."""
    D = len(M)
    volume = {2: np.pi, 3: 4 * np.pi / 3}[D] * (2 * mu) ** (D / 2) / np.sqrt(np.linalg.det(M)) / (2 * np.pi) ** D
    return volume * 2 * mu / (D + 2) * np.linalg.inv(M)


@pytest.mark.parametrize(
    ("masses", "tilt", "parts"),
    [((1, 1, 2), 0.0, 16), ((1, 1.5, 2), 0.0, 8), ((1, 1, 2), 0.3, 4), ((1, 1.5, 2), 0.3, 2), ((1, 1.5), 0.0, 4)],
)
def test_moments_of_an_ellipsoid_are_those_of_its_wedge(masses, tilt, parts):
    bands, M = quadratic(masses, tilt)
    result = integrate_bands(bands, Ball(len(masses), 2.2), ["f"] * 5, 0.5, 0.0, rtol=1e-2, relative_to="largest")
    known = moments(M, 0.5)
    assert result.converged
    assert (np.abs(result.value - [known[0, 0], known[1, 1], known[0, 1], 0.0, 0.0]) <= result.error + 1e-16).all()
    assert f"one of {parts} parts" in result.method


def test_a_wrong_image_shows(monkeypatch):
    """The sign of k_x k_y under a mirror forgotten."""
    bands, M = quadratic((1, 1.5, 2))
    honest = wedges.symmetries
    monkeypatch.setattr(wedges, "symmetries", lambda *at: {g: np.abs(S) for g, S in honest(*at).items()})
    result = integrate_bands(bands, Ball(3, 2.2), ["f"] * 5, 0.5, 0.0, rtol=1e-2, relative_to="largest")
    assert abs(result.value[2] - moments(M, 0.5)[0, 1]) > 10 * result.error[2]


def test_nothing_is_folded_where_something_may_be_hidden():
    bands, _ = quadratic((1, 1, 2), hidden=True)
    problem = BandProblem(bands, Ball(3, 2.2), ["f"] * 5, 0.5, 0.0)
    assert wedges.within_wedge(problem) is problem
