"""Points at which two bands touch, or nearly do: also several in a cell of the grid of features, of which only one was found.

Around such a point the square of the gap is a parabola, whose axes and steepnesses tell what a single cone would be further away. Where the
gap is much smaller than that there is another point, to which the gap is followed.
"""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array, Indices

from .cells import Landmarks
from .distinct import distinct
from .feature_kinds import NarrowGaps
from .parabolas import corners_and_middles, quadratic
from .problem import Problem
from .zooming import GRID, SMALLEST, heights_at

MOST, SEEDS = 64, 256  # points, more are parts of a line, and places from which they are looked for
SAME = 1e-6  # the distance of points that are one
STEPS, REACH = 16, 4.0  # down to the bottom, and how long one is in spacings of the points around
FLAT = 1e-13  # of the largest curvature
NEAR = 1e-4  # of the spacing of the grid: the gap around a point where bands touch
HALVINGS = 10  # of two spacings: how far away other points are looked for
SMALLER = 0.6  # times the gap of a single cone


def pinches(problem: Problem, gap: NarrowGaps, ends: Landmarks) -> tuple[Array, Array]:
    """Where a gap is narrow, (L, D), and half the distance to the next such point, or the spacing of the grid, (L,).

    ``ends`` are where the search from the cells of the grid ended.
    """
    spacing, length = 1 / GRID[ends.u.shape[1]], ends.length.min(axis=1)
    touching = distinct(ends.u, SAME, np.flatnonzero(length == 0), MOST + 1)
    seeds = distinct(ends.u, np.maximum(2 * length, SAME), np.flatnonzero(length < spacing / 2), SEEDS)
    seeds = seeds[:0] if len(touching) > MOST else seeds
    if not len(seeds):
        return ends.u[:0], np.zeros(0)
    u = _bottoms(problem, gap, ends.u[seeds], np.maximum(length[seeds], NEAR * spacing))
    u = u[distinct(u, SAME, np.arange(len(u)), MOST + 1)]
    if 0 < len(u) <= MOST:
        u = np.concatenate([u, _bottoms(problem, gap, *_shallow(problem, gap, u, spacing))])
        u = u[distinct(u, SAME, np.arange(len(u)), MOST + 1)]
    if len(u) > MOST:
        u = u[:0]
    apart = np.abs((u[:, None] - u + 0.5) % 1 - 0.5).max(axis=-1)
    apart[np.diag_indices(len(apart))] = np.inf
    return u, np.minimum(apart.min(axis=1, initial=np.inf) / 2, spacing)


def _bottoms(problem: Problem, gap: NarrowGaps, start: Array, step: Array) -> Array:
    """The least gap down from each start (L, D), by Newton's method for its square, from points around at distances ``step`` (L,).

    Those in valleys that go on for longer are left out.
    """
    corners, near = corners_and_middles(start.shape[1]), NEAR / GRID[start.shape[1]]
    at, to, best, h = start.copy(), start.copy(), np.full(len(start), np.inf), step.copy()
    active: Indices = np.arange(len(start))
    for _ in range(STEPS):
        if not len(active):
            break
        squares = _squares(problem, gap, to[active, None] + h[active, None, None] * corners, h[active])
        lower = squares[:, len(corners) // 2] < best[active]
        gone = active[lower]
        at[gone], best[gone] = to[gone], squares[lower, len(corners) // 2]
        slope, curvatures, axes = quadratic(squares[lower], corners)
        along = -(axes.mT @ slope[..., None])[..., 0] / np.maximum(np.abs(curvatures), _least(curvatures))
        length = np.linalg.norm(along, axis=1)
        along *= np.minimum(1, REACH / np.maximum(length, REACH))[:, None]
        to[active] = at[active]
        to[gone] += h[gone, None] * (axes @ along[..., None])[..., 0]
        h[gone] *= np.clip(length / 2, 1 / 16, 2)
        h[active[~lower]] /= 4
        h = np.maximum(h, SMALLEST)
        active = active[h[active] > near / 256]
    return at[h <= near]


def _least(curvatures: Array) -> Array:
    """What is no curvature beside the largest."""
    return np.asarray(FLAT * np.abs(curvatures).max(axis=1, keepdims=True) + np.finfo(float).tiny)


def _shallow(problem: Problem, gap: NarrowGaps, u: Array, spacing: float) -> tuple[Array, Array]:
    """Where the gap is smallest beside that of a cone around the points u, along lines away from them, (S, D), and an eighth of the distances."""
    L, D = u.shape
    corners, h = corners_and_middles(D), np.full(L, NEAR * spacing)
    squares = _squares(problem, gap, u[:, None] + h[:, None, None] * corners, h)
    _, curvatures, axes = quadratic(squares, corners)
    steepness = np.sqrt(np.maximum(curvatures, _least(curvatures)) / 2) / h[:, None]
    directions = np.delete(corners, len(corners) // 2, axis=0)
    ways = np.einsum("lij,lnj->lni", axes, directions / steepness[:, None])  # along which the gap grows by |n|
    longest = np.abs(ways).max(axis=-1)
    factors = (2 * spacing / longest)[..., None] * 0.5 ** np.arange(HALVINGS)
    around = u[:, None, None] + factors[..., None] * ways[:, :, None]
    grown = _squares(problem, gap, around.reshape(L, -1, D), h).reshape(factors.shape)
    grown -= squares[:, None, None, len(corners) // 2]
    part = grown / (factors * np.linalg.norm(directions, axis=1)[:, None]) ** 2
    nearest = part.argmin(axis=-1)
    point, way = np.nonzero(part.min(axis=-1) < SMALLER**2)
    place = point, way, nearest[point, way]
    starts, size = around[place], longest[point, way] * factors[place] / 8
    mixed = distinct(starts, size, np.random.default_rng(43).permutation(len(starts)), SEEDS)
    return starts[mixed], size[mixed]


def _squares(problem: Problem, gap: NarrowGaps, around: Array, h: Array) -> Array:
    """The squares of the gap at points (L, P, D), of which the closest are ``h`` apart."""
    return np.asarray(heights_at(problem, gap, np.zeros(len(around), dtype=np.intp), around, h[:, None]) ** 2)
