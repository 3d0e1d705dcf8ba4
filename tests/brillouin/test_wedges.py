"""A wedge stands for the whole where symmetries make its images alike, and only there."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symcur as sc
from symcur.brillouin import Ball, integrate_bands, wedges
from symcur.brillouin.landmarks import landmarks
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


def two_nodes(k, m=6e-7, d=0.0, a=0.5):
    """Massive Dirac cones at k_y = -+a with a mass: Berry curvature of opposite signs, on top of a large column."""
    x, y, z = (k[:, 1] ** 2 - a**2) / (2 * a), k[:, 0], m + d * k[:, 1] / a
    e = np.sqrt(x**2 + y**2 + z**2)
    curvature = (k[:, 1] * z / a - x * d / a) / (2 * e**3)
    return np.stack([-e, e], axis=1), (1e7 + curvature[:, None] * [1, -1])[:, :, None]


two_nodes.bending = lambda k, radius, step: np.full(len(k), 10.0)
two_nodes.bending.shown = True


def test_what_breaks_a_symmetry_only_next_to_narrow_features_of_a_ball(monkeypatch):
    """The mirror that exchanges two nodes holds to rounding away from them only: their curvatures have opposite signs."""
    ball = Ball(2, 1.0)
    mirrors = [wedges.Operation(-1, turn) for turn in (0.0, 0.5)]
    problem = BandProblem(two_nodes, ball, ["f"], 0.0, 0.0)
    assert mirrors[0] in wedges.symmetries(problem, mirrors)
    assert mirrors[0] not in wedges.also_near(problem, wedges.symmetries(problem, mirrors), landmarks(problem, 1e-8))
    monkeypatch.setattr(wedges, "integrable", lambda problem, rtol: True)
    assert wedges.within_wedge(problem, 1e-8).domain.parts == 2


def test_what_cancels_by_its_angle_in_a_wedge_does_not_converge():
    """The sea form of the conductivity diverges where the bands of Rashba's model touch; its regular form does not."""
    touching, how = {"M": 0.0}, {"cutoff": 3.0, "rtol": 1e-3, "max_evaluations": 50_000}
    sea = sc.conductivity(sc.models.rashba(), 0.3, 0.0, parameters=touching, form="sea", **how)
    assert sea.status == "tolerance not met"
    regular = sc.conductivity(sc.models.rashba(), 0.3, 0.0, parameters=touching, form="regular", **how)
    assert regular.status == "converged"
    assert "one of 8 parts" in regular.method


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
    assert wedges.within_wedge(problem, 1e-3) is problem
