"""Narrow features of an integrand, found before sampling: near touchings of bands, pockets at a Fermi level, peaks.

What depends on the gap to a neighbouring band peaks where this gap is small, over the length in which the gap doubles; an
occupation turns over the length in which a band leaves mu. A rule with a wider spacing sees neither. Both are found from the
energies alone: in the cells of a grid that do not resolve them the least gap, or the extremum of a band, is zoomed in on
until the energies no longer change much between neighbouring points. Of a function without energies the extrema are followed
likewise. Features that the integrand does not feel (bands that cross without coupling) are dropped. What shows in no cell of
the grid (a dip much narrower than its spacing, away from all touchings) is found where H is given by formulas or hoppings,
whose variation can be bounded: see ``between_samples``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symcur.arrays import Array, Indices, Mask

from .between_samples import Hidden, narrow_places
from .cells import Landmarks
from .occupation import OCCUPATIONS
from .problem import BandProblem, Problem, SmoothProblem
from .sweep import CHUNK

GRID = {1: 1024, 2: 96, 3: 24}
COARSE = 1 / 16  # features of this length and more show on any grid
MOST, ROUNDS = 2048, 100  # cells that are followed, and how often their points come closer
LARGEST = 20_000_000  # numbers kept at once
SMALLEST, TOUCHING = 1e-9, 1e-8
NOISE = 1e-12  # of the largest gap or energy
CLOSED = 1e-7  # of the spread of the energies
VISIBLE = 0.02  # the part by which a feature changes the integrand at least
ALONE = 1e-6  # of the largest component: what vanishes sets no scale
ROUNDING = 1e-9  # in units of the mean of the integrand
LEFT_OUT = 0.02  # the part of the tolerance that peaks left out may use up
SURE = 0.25  # of the spacing: longer features of cells that are not followed are taken to lie in them
UNSURE = 3  # by what means over few points may be wrong
OFFSET = 0.2360679774997897


class Feature(ABC):
    """``height(e)`` of energies (..., N) is small at the feature, which is as wide as it changes by ``change(height)``.

    ``extremum``: it is a minimum of the height; ``slope``: one that may be hidden on the slope of something wider.
    """

    extremum: bool
    slope = False

    @abstractmethod
    def height(self, e: Array) -> Array: ...

    @abstractmethod
    def change(self, height: Array) -> Array: ...


@dataclass(frozen=True)
class NarrowGap(Feature):
    """The gap above a band is small and doubles."""

    band: int
    extremum = False

    def height(self, e: Array) -> Array:
        return np.asarray(e[..., self.band + 1] - e[..., self.band])

    def change(self, height: Array) -> Array:
        return np.abs(height)


@dataclass(frozen=True)
class Extremum(Feature):
    """A band has a minimum (sign 1) or maximum (-1) and leaves the poles mu +- i ``width`` of the occupation functions."""

    band: int
    sign: int
    mu: Array
    width: Array
    extremum = True

    def height(self, e: Array) -> Array:
        return np.asarray(self.sign * e[..., self.band])

    def change(self, height: Array) -> Array:
        e = self.sign * height[..., None, None]
        return np.asarray(2 * np.hypot(e - self.mu[:, None], self.width).min(axis=(-1, -2)))


@dataclass(frozen=True)
class Peak(Feature):
    """A function has a minimum (sign 1) or maximum (-1) and falls to half of its height above the usual value."""

    sign: int
    usual: float
    extremum = slope = True

    def height(self, e: Array) -> Array:
        return np.asarray(self.sign * e[..., 0])

    def change(self, height: Array) -> Array:
        return np.abs(height - self.sign * self.usual) / 2


def landmarks(problem: Problem, rtol: float) -> Landmarks:
    """The features shorter than a sixteenth of the zone that matter at this tolerance, looked for once.

    What the others may add to each component becomes ``problem.left_out``.
    """
    if not problem.look:
        return Landmarks.none(problem.domain.dimension, problem.size)
    if problem.landmarks is None:
        problem.landmarks, problem.left_out = _looked_for(problem, rtol)
    return problem.landmarks


def _looked_for(problem: Problem, rtol: float) -> tuple[Landmarks, Array]:
    D = problem.domain.dimension
    grid = problem.domain.grid(GRID[D], OFFSET)
    u = grid.reshape(-1, D)
    energies = _profile(problem, u).reshape(*grid.shape[:-1], -1)
    sizes = problem.strength(u[:: len(u) // 512 + 1]).mean(axis=0)
    usual = _size(problem, sizes)
    marks, behind = [Landmarks.none(D, problem.size)], [Landmarks.none(D, problem.size)]
    hidden, largest = narrow_places(problem, 1 / GRID[D]), np.zeros_like(sizes)
    for found, cells, extremum, tiles in _candidates(problem, grid, energies, hidden):
        if not len(found.u):
            continue
        _, once, same = np.unique(
            np.round(found.u / (2 * found.length + TOUCHING)), axis=0, return_index=True, return_inverse=True
        )
        # Where bands touch no length is left to be resolved.
        first = np.flatnonzero(found.length[once].min(axis=-1) > TOUCHING)
        once = once[first]
        if not len(once):
            continue
        felt, growth, *weights = _felt(problem, found[once], usual, extremum, tiles)
        once = once[felt]
        unit = usual * problem.density(found.u[once], growth[:, None] * found.length[once])
        near, weight = ((weight * unit).reshape(len(once), problem.size) for weight in weights)
        largest = np.maximum(largest, near.max(axis=0, initial=0.0).reshape(sizes.shape))
        narrow = Landmarks(found.u[once], growth[:, None] * found.length[once], weight)
        # A cell that was not followed is like the nearest one that was: a landmark itself if it is not much wider than its feature.
        wide = (narrow.length.min(axis=-1) > SURE / GRID[D]) & (10 * len(cells.left) * problem.size < LARGEST)
        behind.append(replace(narrow, weight=(cells.stand_for[once] - 1)[:, None] * weight)[~wide])
        place = np.full(len(found.u), -1)
        place[first[felt]] = np.arange(len(once))
        like = place[same.ravel()][cells.nearest()]
        known = (like >= 0) & wide[like] if len(once) else np.zeros(len(like), dtype=bool)
        marks += [narrow, replace(narrow[like[known]], u=cells.left[known])]
    together = Landmarks.joined(marks)
    # Where no point lies in a pocket it is the largest pocket that gives the integral its size.
    common = np.maximum(usual, _size(problem, largest) / UNSURE)
    parts = (together.weight / np.broadcast_to(common, sizes.shape).ravel()).max(axis=1, initial=0.0)
    order = np.argsort(parts)
    kept = np.cumsum(parts[order]) >= LEFT_OUT * rtol
    left_out = together.weight[order[~kept]].sum(axis=0)
    if hidden.unresolved:
        problem.unresolved = hidden.unresolved
        left_out = left_out + UNSURE * hidden.unresolved * problem.filled()
    return replace(together[order[kept]], unfollowed=Landmarks.joined(behind)), left_out


def _size(problem: Problem, sizes: Array) -> Array:
    """What counts as the size of each component, shape (mu T, C) or (mu T, 1): the largest unless each is judged by itself."""
    largest = np.maximum(sizes.max(axis=-1, keepdims=True), 1e-100)
    return np.asarray(np.maximum(sizes, ALONE * largest) if problem.alone else largest)


def _candidates(
    problem: Problem, grid: Array, energies: Array, hidden: Hidden
) -> Iterator[tuple[Landmarks, Followed, bool, bool]]:
    """What may be narrow, which cells were followed there, whether it is an extremum, and whether they lie side by side.

    What has the length 0 is not narrow. Features are looked for in the cells of the grid, and in the boxes in which H bends
    more than the grid shows; and the quantities may vary in these boxes without any feature of the energies.
    """
    order = np.argsort(hidden.size.max(axis=1, initial=0.0), kind="stable")
    cells, followed = _followed(hidden.u, order)
    u, size = cells.u, hidden.size[followed]
    for feature in _features(problem, energies):
        height = feature.height(energies)
        yield *_found(problem, feature, grid, height), feature.extremum, False
        if len(u):
            found = _zoomed(problem, feature, u, size, NOISE * float(np.abs(height).max()))
            inside = (found.length < size).any(axis=-1, keepdims=True)
            yield replace(found, length=found.length * inside), cells, feature.extremum, False
    if len(u):
        yield Landmarks(u, size, np.zeros((len(u), 0))), cells, True, True


def _felt(
    problem: Problem, marks: Landmarks, usual: Array, extremum: bool, tiles: bool
) -> tuple[Mask, Array, Array, Array]:
    """Where the integrand changes over the length of a feature, over how many, and what it adds nearby and at most.

    The last two, shape (L, mu T, C), are in units of ``usual``.

    Means over cubes around the landmark are compared with those over cubes four times as large, and at an extremum once more: a
    pocket may be wider than the tip of its band, but what depends on a gap changes where the gap does. Where the integrand is
    smooth they differ sixteen times less at each step to smaller cubes; at a peak, a dip, or a ridge that crosses the cube they
    do not.
    """
    D = marks.u.shape[1]
    random = np.random.default_rng(41).uniform(-0.5, 0.5, size=(8, D))
    random = np.concatenate([random, -random])

    def mean(which: Indices, side: Array) -> Array:
        """The mean strength in cubes, shape (L, mu T, C); some at a time, since scans make them large."""
        points = marks.u[which, None] + np.minimum(side, 0.5)[:, None, None] * random
        blocks = np.array_split(points, points[..., 0].size * problem.size // LARGEST + 1)
        strengths = [
            problem.strength(block.reshape(-1, D)).reshape(*block.shape[:2], *usual.shape[:1], -1) for block in blocks
        ]
        return np.concatenate([strength.mean(axis=1) for strength in strengths]) / usual

    which, side = np.arange(len(marks.u)), 2 * marks.length.min(axis=-1)
    means = np.array([mean(which, growth * side) for growth in (1, 4, 16, 64)])
    steps = np.abs(np.diff(means, axis=0))
    narrow = (steps[:2] > 0.3 * steps[1:]) & (steps[:2] > VISIBLE * (means[:2] + means[1:3])) & (steps[:2] > ROUNDING)
    near, wider = narrow[:2].any(axis=(2, 3))
    felt = np.asarray(near | (wider & (64 * side <= 1) & extremum))
    lengths = np.where(near, 1.0, 4.0)[felt]
    which, side, inner = which[felt], side[felt], means[0][felt]
    growing, weights = np.ones(len(side), dtype=bool), [np.zeros_like(inner)]
    while growing.any():  # up to the distance to the next landmark of a ridge, tiles to the next tile
        outer = mean(which, 4 * side)
        weights.append(UNSURE * np.abs(outer - inner) * (growing * side**D)[:, None, None])
        inner, side = outer, 4 * side
        growing &= (side <= 2 / GRID[D]) & (not tiles)
    return felt, lengths, weights[min(1, len(weights) - 1)], np.sum(weights, axis=0)


def _profile(problem: Problem, u: Array) -> Array:
    return np.concatenate([problem.profile(part) for part in np.array_split(u, len(u) // CHUNK + 1)])


def _features(problem: Problem, energies: Array) -> list[Feature]:
    """The gap between each two neighbouring bands that are not degenerate throughout, both extrema of each band or function."""
    if isinstance(problem, SmoothProblem):
        return [Peak(sign, float(np.median(energies))) for sign in (1, -1)]
    flat, bands = energies.reshape(-1, problem.count), range(problem.count)
    apart = np.ptp(np.diff(flat, axis=1), axis=0) > 1e-9 * np.ptp(flat)
    gaps = [NarrowGap(n) for n in bands[:-1] if apart[n]]
    width = problem.temperature * min(OCCUPATIONS.get(name).pole for name in problem.weights)
    return [*gaps, *(Extremum(n, sign, problem.mu, width) for n in bands for sign in (1, -1))]


def _neighbours(height: Array, periodic: tuple[bool, ...]) -> Array:
    """The values at all 3^D points around each, shape (..., 3, ..., 3); beyond an edge those of the edge."""
    wide = height
    for axis, wraps in enumerate(periodic):
        pad = [(1, 1) if a == axis else (0, 0) for a in range(height.ndim)]
        wide = np.pad(wide, pad, mode="wrap" if wraps else "edge")
    return np.lib.stride_tricks.sliding_window_view(wide, (3,) * height.ndim)


def _found(
    problem: Problem, feature: Feature, grid: Array, height: Array, most: int | None = None
) -> tuple[Landmarks, Followed]:
    """Cells in which the height changes by a large part of itself, or has an extremum, followed to their least height."""
    D, spacing = problem.domain.dimension, 1 / len(grid)
    around = _neighbours(height, problem.domain.periodic)
    axes = tuple(range(D, 2 * D))
    change = np.abs(around - height[(..., *(None,) * D)]).max(axis=axes)
    length = spacing * feature.change(height) / np.maximum(change, np.finfo(float).tiny)
    noise = NOISE * float(np.abs(height).max())
    # A cell further from a narrow gap than its neighbour finds nothing that the neighbour does not.
    closest = (length < 2 * spacing) | (length <= _neighbours(length, problem.domain.periodic).min(axis=axes))
    cells = np.flatnonzero(height <= around.min(axis=axes) if feature.extremum else (length < COARSE) & closest)
    if feature.slope:
        depth = around.mean(axis=axes) - height
        deepest = _neighbours(depth, problem.domain.periodic).max(axis=axes)
        cells = np.flatnonzero((depth >= deepest) & (depth > noise))
    cells = cells[np.argsort(length.ravel()[cells], kind="stable")]
    followed, cells = _followed(grid.reshape(-1, D), cells, most)
    if not len(cells):  # a function that is the same at all points of the grid
        return Landmarks.none(D, 0), followed
    found = _zoomed(problem, feature, followed.u, np.full_like(followed.u, spacing), noise)
    least = found.length.min(axis=-1, keepdims=True)
    resolved = length.ravel()[cells, None]
    if feature.extremum:  # nothing is to be resolved where bands touch, mu lies on it, or it is wide
        resolved = spacing * np.sqrt(np.minimum(resolved, 1 / spacing) / spacing)  # a flat band is wide, not infinite
        lengths = np.where(least < spacing / 2, found.length, resolved)
        inside = problem.domain.periodic[0] | (found.u[:, 0] < 1)  # a band does not turn where the domain ends
        narrow = (least[:, 0] > TOUCHING) & (lengths.min(axis=-1) < COARSE) & inside
        return replace(found, length=lengths * narrow[:, None]), followed
    return replace(found, length=np.where(least == spacing, resolved, found.length)), followed


@dataclass(frozen=True)
class Followed:
    """The cells that are followed, ``u``, for how many each of them stands, and those that are ``left``: middles (L, D)."""

    u: Array
    stand_for: Array
    left: Array

    def nearest(self) -> Indices:
        """The closest followed cell of each that is left."""
        if not len(self.left):
            return np.zeros(0, dtype=np.intp)
        from scipy.spatial import KDTree

        return np.asarray(KDTree(self.u).query(self.left)[1], dtype=np.intp)


def _followed(middles: Array, cells: Indices, most: int | None = None) -> tuple[Followed, Indices]:
    """At most MOST of the cells, or so many: the first half of them and a random choice of the others. Also their numbers."""
    most = MOST if most is None else most
    first, rest = cells[: most // 2], cells[most // 2 :]
    mixed = np.random.default_rng(37).permutation(len(rest))
    chosen, left = rest[mixed[: most // 2]], rest[mixed[most // 2 :]]
    share = np.repeat([1.0, len(rest) / max(len(chosen), 1)], [len(first), len(chosen)])
    numbers = np.concatenate([first, chosen])
    return Followed(middles[numbers], share, middles[left]), numbers


def _zoomed(problem: Problem, feature: Feature, cells: Array, size: Array, noise: float) -> Landmarks:
    """From the centre of each cell of this size to the lowest of the points around, which come closer until they resolve the height.

    For the gap to vary by less than itself is enough; an extremum must look like a parabola too.
    """
    D, periodic = problem.domain.dimension, problem.domain.periodic
    points, lengths, before = cells.copy(), size.copy(), np.zeros_like(cells)
    best = feature.height(_profile(problem, points))
    corners = np.array(list(product((-1, 0, 1), repeat=D)), dtype=float)
    along = [np.flatnonzero(np.abs(corners @ e) == np.abs(corners).sum(axis=1)) for e in np.eye(D)]
    active: Indices = np.arange(len(points))
    for _ in range(ROUNDS):
        if not len(active):
            break
        around = points[active, None] + lengths[active, None] * corners
        around = np.clip(around, (cells - size)[active, None], (cells + size)[active, None])
        around = np.where(periodic, around, np.clip(around, 0, 1))
        heights = feature.height(_profile(problem, around.reshape(-1, D))).reshape(len(active), -1)
        rows, place = np.arange(len(active)), np.argmin(heights, axis=1)
        moved = heights[rows, place] < best[active]
        points[active] = np.where(moved[:, None], around[rows, place], points[active])
        best[active] = np.minimum(best[active], heights[rows, place])
        change = np.stack([np.abs(heights[:, pair] - best[active, None]).max(axis=1) for pair in along], axis=-1)
        wide = change > feature.change(best[active])[:, None]
        if feature.extremum:  # a parabola changes by a quarter to a half of it when the length is halved, a dip by more
            wide |= change > 0.7 * before[active]
        wide &= (lengths[active] > SMALLEST) & (change > noise)
        shrinks = wide & ~moved[:, None]
        lengths[active] = np.where(shrinks, lengths[active] / 2, lengths[active])
        before[active] = np.where(shrinks, change, before[active])
        active = active[moved | wide.any(axis=1)]
    if not feature.extremum:
        lengths[best <= 10 * noise] = 0.0  # bands touch
    return Landmarks(points, lengths, np.zeros((len(points), 0)))


def narrow_gaps(problem: BandProblem, energies: Array, most: int | None = None) -> Iterator[tuple[NarrowGap, Array]]:
    """Each gap between bands, of energies on the grid of GRID, with the points (L, D) where it is least, near ``most`` cells or fewer."""
    grid = problem.domain.grid(GRID[problem.domain.dimension], OFFSET)
    for feature in _features(problem, energies):
        if isinstance(feature, NarrowGap):
            yield feature, _found(problem, feature, grid, feature.height(energies), most)[0].u


def energies_on_grid(problem: BandProblem) -> Array:
    """Shape (n, ..., N)."""
    D = problem.domain.dimension
    grid = problem.domain.grid(GRID[D], OFFSET)
    return _profile(problem, grid.reshape(-1, D)).reshape(*grid.shape[:-1], -1)


def touchings(problem: BandProblem) -> list[tuple[Array, Array]]:
    """Where the gap above a band closes at a mu that separates the two bands all around: the point, and which mu.

    At T = 0 an integrand with the curvature of a touching that may be lifted in two ways has no limit there.
    """
    D, energies = problem.domain.dimension, energies_on_grid(problem)
    around = np.array(list(product((-1, 1), repeat=D))) / GRID[D] / 16
    result = []
    for feature, points in narrow_gaps(problem, energies):
        for u in points:
            e = _profile(problem, np.stack([u, *(u + around)]))[:, feature.band : feature.band + 2]
            between = (e[1:, 0].max() < problem.mu) & (problem.mu < e[1:, 1].min())
            at = np.abs(e[0, :, None] - problem.mu).max(axis=0) < CLOSED * np.ptp(energies)
            if (between & at).any():
                result.append((u, between & at))
    return result
