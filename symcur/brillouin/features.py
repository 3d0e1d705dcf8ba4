"""Features of energies, or of a function, that are narrower than a grid: small gaps, extrema, peaks, followed to where they are.

Energies on a grid show where a gap or a band changes by a large part of itself, or has an extremum; from there the least height is
zoomed in on until it no longer changes much between neighbouring points, for all features of a kind at once. Energies on the
grid, and the gaps, are those of a band structure: they are kept between integrals of the same one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symcur.arrays import Array, Indices

from .cells import Landmarks
from .memory import pieces
from .occupation import OCCUPATIONS
from .problem import Problem, SmoothProblem
from .sweep import CHUNK

GRID = {1: 1024, 2: 96, 3: 24}
COARSE = 1 / 16  # features of this length and more show on any grid
MOST, ROUNDS = 2048, 100  # cells that are followed, and how often their points come closer
SMALLEST, TOUCHING = 1e-9, 1e-8
NOISE = 1e-12  # of the largest gap or energy
OFFSET = 0.2360679774997897
KEPT = 8  # band structures whose energies are kept
SPECTRUM = 16  # energies of a point, about, where it is asked how many points fit


class Features(ABC):
    """Features of one kind: height and width of each, told apart by a number.

    The ``height`` of energies (M, P, N) for the features ``which`` (M,) is small at the feature, which is as wide as it changes by
    ``change(height)``, of heights (M,). ``extremum``: it is a minimum of the height; ``slope``: one that may be hidden on the slope
    of something wider.
    """

    extremum: bool
    slope = False

    @property
    def numbers(self) -> int:
        """How many numbers the change of a height takes."""
        return 1

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def height(self, e: Array, which: Indices) -> Array: ...

    @abstractmethod
    def change(self, height: Array, which: Indices) -> Array: ...


@dataclass(frozen=True)
class NarrowGaps(Features):
    """The gaps above some bands are small and double."""

    bands: Indices
    extremum = False

    def __len__(self) -> int:
        return len(self.bands)

    def height(self, e: Array, which: Indices) -> Array:
        n = self.bands[which]
        return np.asarray(_band(e, n + 1) - _band(e, n))

    def change(self, height: Array, which: Indices) -> Array:
        return np.abs(height)


@dataclass(frozen=True)
class Extrema(Features):
    """Bands have a minimum (sign 1) or maximum (-1) and leave the poles mu +- i ``width`` of the occupation functions."""

    bands: Indices
    signs: Indices
    mu: Array
    width: Array
    extremum = True

    @property
    def numbers(self) -> int:
        return self.mu.size * self.width.size

    def __len__(self) -> int:
        return len(self.bands)

    def height(self, e: Array, which: Indices) -> Array:
        return np.asarray(self.signs[which, None] * _band(e, self.bands[which]))

    def change(self, height: Array, which: Indices) -> Array:
        e = (self.signs[which] * height)[:, None, None]
        return np.asarray(2 * np.hypot(e - self.mu[:, None], self.width).min(axis=(-1, -2)))


@dataclass(frozen=True)
class Peaks(Features):
    """A function has a minimum (sign 1) or maximum (-1) and falls to half of its height above the usual value."""

    signs: Indices
    usual: float
    extremum = slope = True

    def __len__(self) -> int:
        return len(self.signs)

    def height(self, e: Array, which: Indices) -> Array:
        return np.asarray(self.signs[which, None] * e[..., 0])

    def change(self, height: Array, which: Indices) -> Array:
        return np.abs(height - self.signs[which] * self.usual) / 2


def _band(e: Array, n: Indices) -> Array:
    """The bands n (M,) of energies (M, P, N)."""
    return np.asarray(np.take_along_axis(e, n[:, None, None], axis=-1)[..., 0])


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


Found = list[tuple[Landmarks, Followed]]  # of each feature


@dataclass
class Landscape:
    """Energies, or a function, at the points ``grid`` (n, ..., n, D), shape (n, ..., n, N), and the narrow gaps that they show."""

    grid: Array
    energies: Array
    gaps: NarrowGaps
    found: Found | None = None

    @classmethod
    def of(cls, problem: Problem) -> Landscape:
        """Of a problem; that of a band structure of which it is known is taken from there."""
        domain = problem.domain
        corners = domain.map(np.random.default_rng(67).uniform(size=(4, domain.dimension)))[0]
        key = (problem.spectrum, type(domain), corners.tobytes())
        known = None if problem.spectrum is None else _KEPT.pop(key, None)
        if known is None:
            grid = domain.grid(GRID[domain.dimension], OFFSET)
            energies = profile(problem, grid.reshape(-1, domain.dimension), generic=True)
            energies = energies.reshape(*grid.shape[:-1], -1)
            known = cls(grid, energies, _gaps(problem, energies))
        if problem.spectrum is not None:
            _KEPT[key] = known
            while len(_KEPT) > KEPT:
                _KEPT.popitem(last=False)
        return known

    def height(self, features: Features, f: int) -> Array:
        """The height of the feature f on the grid, shape (n, ..., n)."""
        flat = self.energies.reshape(1, -1, self.energies.shape[-1])
        return features.height(flat, np.array([f])).reshape(self.energies.shape[:-1])

    def narrow_gaps(self, problem: Problem) -> Found:
        """Where each of the gaps is narrow."""
        if self.found is None:
            self.found = found(problem, self.gaps, self)
        return self.found


_KEPT: OrderedDict[Hashable, Landscape] = OrderedDict()


def profile(problem: Problem, u: Array, generic: bool = False) -> Array:
    """In what features are looked for, shape (M, N); ``generic`` where no point was moved next to a touching."""
    return np.concatenate([problem.profile(part, generic) for part in np.array_split(u, len(u) // CHUNK + 1)])


def _gaps(problem: Problem, energies: Array) -> NarrowGaps:
    """The gap between each two neighbouring bands that are not degenerate throughout."""
    if isinstance(problem, SmoothProblem):
        return NarrowGaps(np.zeros(0, dtype=np.intp))
    flat = energies.reshape(-1, problem.count)
    return NarrowGaps(np.flatnonzero(np.ptp(np.diff(flat, axis=1), axis=0) > 1e-9 * np.ptp(flat)))


def turns(problem: Problem, energies: Array) -> Features:
    """Both extrema of each band or function."""
    if isinstance(problem, SmoothProblem):
        return Peaks(np.array([1, -1]), float(np.median(energies)))
    width = problem.temperature * min(OCCUPATIONS.get(name).pole for name in problem.weights)
    bands, signs = np.repeat(np.arange(problem.count), 2), np.tile([1, -1], problem.count)
    return Extrema(bands, signs, problem.mu, width)


def found(problem: Problem, features: Features, landscape: Landscape, most: int | None = None) -> Found:
    """Cells in which the height changes by a large part of itself, or has an extremum, followed to their least height.

    ``most`` of them for each feature, if not MOST.
    """
    heights = [landscape.height(features, f) for f in range(len(features))]
    chosen = [_cells(problem, features, f, height) for f, height in enumerate(heights)]
    middles, spacing = landscape.grid.reshape(-1, problem.domain.dimension), 1 / len(landscape.grid)
    some = [followed(middles, cells, most) for cells, _ in chosen]
    u = np.concatenate([middles[:0], *(cells.u for cells, _ in some)])
    which = np.repeat(np.arange(len(some)), [len(cells.u) for cells, _ in some])
    noise = np.array([NOISE * float(np.abs(height).max()) for height in heights])
    ends = zoomed(problem, features, which, u, np.full_like(u, spacing), noise)
    return [
        (_resolved(problem, features, ends[which == f], chosen[f][1][numbers, None], spacing), cells)
        for f, (cells, numbers) in enumerate(some)
    ]


def _cells(problem: Problem, features: Features, f: int, height: Array) -> tuple[Indices, Array]:
    """The cells of the grid that may hold the feature f, the narrowest first, and its length in every cell."""
    spacing, periodic = 1 / len(height), problem.domain.periodic
    lowest, highest = (_around(height, periodic, extreme) for extreme in (np.minimum, np.maximum))
    change = np.maximum(highest - height, height - lowest)
    scale = _change(features, height.ravel(), np.full(height.size, f)).reshape(height.shape)
    length = spacing * scale / np.maximum(change, np.finfo(float).tiny)
    if features.slope:
        depth = _around(height, periodic, np.add) / 3**height.ndim - height
        noise = NOISE * float(np.abs(height).max())
        chosen = (depth >= _around(depth, periodic, np.maximum)) & (depth > noise)
    elif features.extremum:
        chosen = height <= lowest
    else:  # a cell further from a narrow gap than its neighbour finds nothing that the neighbour does not
        closest = (length < 2 * spacing) | (length <= _around(length, periodic, np.minimum))
        chosen = (length < COARSE) & closest
    cells = np.flatnonzero(chosen)
    return cells[np.argsort(length.ravel()[cells], kind="stable")], length.ravel()


def _around(height: Array, periodic: tuple[bool, ...], combine: Callable[[Array, Array], Array]) -> Array:
    """A value and those at all 3^D - 1 points around it combined; beyond an edge those of the edge."""
    for axis, wraps in enumerate(periodic):
        pad = [(1, 1) if a == axis else (0, 0) for a in range(height.ndim)]
        wide = np.moveaxis(np.pad(height, pad, mode="wrap" if wraps else "edge"), axis, 0)
        height = np.moveaxis(combine(combine(wide[:-2], wide[1:-1]), wide[2:]), 0, axis)
    return height


def followed(middles: Array, cells: Indices, most: int | None = None) -> tuple[Followed, Indices]:
    """At most MOST of the cells, or so many: the first half of them and a random choice of the others. Also their numbers."""
    half = (MOST if most is None else most) // 2
    first, rest = cells[:half], cells[half:]
    mixed = np.random.default_rng(37).permutation(len(rest))
    chosen, left = rest[mixed[:half]], rest[mixed[half:]]
    share = np.repeat([1.0, len(rest) / max(len(chosen), 1)], [len(first), len(chosen)])
    numbers = np.concatenate([first, chosen])
    return Followed(middles[numbers], share, middles[left]), numbers


def _resolved(problem: Problem, features: Features, ends: Landmarks, length: Array, spacing: float) -> Landmarks:
    """The ends of followed cells with the lengths that are to be resolved, where the cells show the ``length`` (L, 1)."""
    least = ends.length.min(axis=-1, keepdims=True)
    if not features.extremum:
        return replace(ends, length=np.where(least == spacing, length, ends.length))
    # Nothing is to be resolved where bands touch, mu lies on it, or it is wide; a flat band is wide, not infinite.
    wide = spacing * np.sqrt(np.minimum(length, 1 / spacing) / spacing)
    lengths = np.where(least < spacing / 2, ends.length, wide)
    inside = problem.domain.periodic[0] | (ends.u[:, 0] < 1)  # a band does not turn where the domain ends
    narrow = (least[:, 0] > TOUCHING) & (lengths.min(axis=-1) < COARSE) & inside
    return replace(ends, length=lengths * narrow[:, None])


def _change(features: Features, heights: Array, which: Indices) -> Array:
    """The change of many heights, in pieces."""
    blocks = pieces(len(heights), features.numbers)
    return np.concatenate([heights[:0], *(features.change(heights[some], which[some]) for some in blocks)])


def _heights(problem: Problem, features: Features, u: Array, which: Indices) -> Array:
    """The heights (M, P) at points (M, P, D), whose energies are there a piece at a time."""
    M, P, D = u.shape
    heights = np.empty((M, P))
    for some in pieces(M, SPECTRUM * P):
        e = profile(problem, u[some].reshape(-1, D))
        heights[some] = features.height(e.reshape(-1, P, e.shape[-1]), which[some])
    return heights


def zoomed(problem: Problem, features: Features, which: Indices, cells: Array, size: Array, noise: Array) -> Landmarks:
    """From the centre of each cell of this size to the lowest of the points around, which come closer until they resolve the height.

    ``which`` (L,) says of which feature a cell is, ``noise`` what is none of its heights. For the gap to vary by less than
    itself is enough; an extremum must look like a parabola too.
    """
    D, periodic = problem.domain.dimension, problem.domain.periodic
    points, lengths, before = cells.copy(), size.copy(), np.zeros_like(cells)
    if not len(points):
        return Landmarks(points, lengths, np.zeros((0, 0)))
    best = _heights(problem, features, points[:, None], which)[:, 0]
    corners = np.array(list(product((-1, 0, 1), repeat=D)), dtype=float)
    along = [np.flatnonzero(np.abs(corners @ e) == np.abs(corners).sum(axis=1)) for e in np.eye(D)]
    active: Indices = np.arange(len(points))
    for _ in range(ROUNDS):
        if not len(active):
            break
        member = which[active]
        around = points[active, None] + lengths[active, None] * corners
        around = np.clip(around, (cells - size)[active, None], (cells + size)[active, None])
        around = np.where(periodic, around, np.clip(around, 0, 1))
        heights = _heights(problem, features, around, member)
        rows, place = np.arange(len(active)), np.argmin(heights, axis=1)
        moved = heights[rows, place] < best[active]
        points[active] = np.where(moved[:, None], around[rows, place], points[active])
        best[active] = np.minimum(best[active], heights[rows, place])
        change = np.stack([np.abs(heights[:, pair] - best[active, None]).max(axis=1) for pair in along], axis=-1)
        wide = change > _change(features, best[active], member)[:, None]
        if (
            features.extremum
        ):  # a parabola changes by a quarter to a half of it when the length is halved, a dip by more
            wide |= change > 0.7 * before[active]
        wide &= (lengths[active] > SMALLEST) & (change > noise[member, None])
        shrinks = wide & ~moved[:, None]
        lengths[active] = np.where(shrinks, lengths[active] / 2, lengths[active])
        before[active] = np.where(shrinks, change, before[active])
        active = active[moved | wide.any(axis=1)]
    if not features.extremum:
        lengths[best <= 10 * noise[which]] = 0.0  # bands touch
    return Landmarks(points, lengths, np.zeros((len(points), 0)))
