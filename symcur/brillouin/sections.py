"""Axes of the zone along which nothing varies: a sum over a section stands for the whole.

Layers that do not couple, and models with one momentum too many, would cost ten points and a bisection along an axis that has
nothing to show.
"""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array

from .domains import Domain
from .problem import BandProblem, Problem, SmoothProblem

GRID = {2: 96, 3: 24}
OFFSET = 0.2360679774997897
SAME_ENERGIES, SAME_VALUES = 1e-13, 1e-12  # of their size
NEARLY = 0.01  # of the tolerance: values that vary by less


class Section(Domain):
    """The part of a domain on which the coordinates of some axes have a fixed value; the Jacobian stays that of the whole."""

    def __init__(self, domain: Domain, axes: list[int]) -> None:
        self.domain = domain
        self.kept = [axis for axis in range(domain.dimension) if axis not in axes]
        self.dimension = len(self.kept)
        self.periodic = tuple(domain.periodic[axis] for axis in self.kept)
        self.description = domain.description

    def map(self, u: Array) -> tuple[Array, Array]:
        whole = np.full((*u.shape[:-1], self.domain.dimension), OFFSET)
        whole[..., self.kept] = u
        return self.domain.map(whole)

    def hull(self, u: Array, size: Array) -> Array:
        middle, edges = (np.full((*u.shape[:-1], self.domain.dimension), fixed) for fixed in (OFFSET, 0.0))
        middle[..., self.kept], edges[..., self.kept] = u, size
        return self.domain.hull(middle, edges)


def without_idle_axes(problem: Problem, rtol: float) -> tuple[Problem, str]:
    """The same integral over a section if nothing varies along some periodic axes, and which they are in words.

    One axis is kept. That nothing varies is judged at random points first, which nearly always decide, then on a grid.
    """
    domain = problem.domain
    if domain.dimension == 1 or isinstance(problem, SmoothProblem):
        return problem, ""
    random = np.random.default_rng(47)
    few = random.uniform(size=(32, domain.dimension))
    axes = [axis for axis in range(domain.dimension) if domain.periodic[axis]]
    for points in (few, domain.grid(GRID[domain.dimension], OFFSET).reshape(-1, domain.dimension)):
        axes = [axis for axis in axes if _idle(problem, points, axis, random, NEARLY * rtol)]
        if not axes:
            return problem, ""
    axes = axes[: domain.dimension - 1]
    names = " and ".join(str(axis + 1) for axis in axes)
    return problem.on(Section(domain, axes)), f"; nothing varies along axis {names} of the cell"


def _idle(problem: BandProblem, points: Array, axis: int, random: np.random.Generator, small: float) -> bool:
    """Whether energies and values are the same where the points are moved along an axis at random."""
    moved = points.copy()
    moved[:, axis] = random.uniform(size=len(points))
    (e, v), (f, w) = (problem.sample(u, problem.probe) for u in (points, moved))
    size = np.abs(v)
    values = max(SAME_VALUES, min(small, 1e-8)) * (size + size.mean(axis=(0, 1)))
    return bool(np.abs(e - f).max() <= SAME_ENERGIES * np.abs(e).max() and (np.abs(v - w) <= values).all())
