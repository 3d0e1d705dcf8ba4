"""Features of energies, or of a function, that are narrower than a grid: small gaps, extrema, peaks, followed to where they are.

Energies on a grid show where a gap or a band changes by a large part of itself, or has an extremum; from there the least height is
zoomed in on until it no longer changes much between neighbouring points, for all features of a kind at once. Energies on the
grid, and the gaps, are those of a band structure: they are kept between integrals of the same one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from symcur.arrays import Array, Indices

from .cells import Landmarks
from .feature_kinds import Extrema, Features, NarrowGaps, Peaks
from .memory import pieces
from .occupation import OCCUPATIONS
from .pinches import pinches
from .problem import Problem, SmoothProblem
from .zooming import GRID, profile, zoomed

COARSE = 1 / 16  # features of this length and more show on any grid
MOST = 2048  # cells that are followed
TOUCHING = 1e-8
NOISE = 1e-12  # of the largest gap or energy
OFFSET = 0.2360679774997897
KEPT = 8  # band structures whose energies are kept


@dataclass(frozen=True)
class Followed:
    """The cells that are followed, ``u``, for how many each of them stands, and those that are ``left``: middles (L, D)."""

    u: Array
    stand_for: Array
    left: Array

    def joined(self, u: Array) -> Followed:
        """With more cells that stand for themselves."""
        return Followed(np.concatenate([self.u, u]), np.append(self.stand_for, np.ones(len(u))), self.left)

    def nearest(self) -> Indices:
        """The closest followed cell of each that is left."""
        if not len(self.left):
            return np.zeros(0, dtype=np.intp)
        from scipy.spatial import KDTree

        return np.asarray(KDTree(self.u).query(self.left)[1], dtype=np.intp)


Found = list[tuple[Landmarks, Followed]]  # of each feature
Places = tuple[Array, Array]  # points (L, D) and the sizes of cells around them (L,)


@dataclass
class Landscape:
    """Energies, or a function, at the points ``grid`` (n, ..., n, D), shape (n, ..., n, N), and the narrow gaps that they show."""

    grid: Array
    energies: Array
    gaps: NarrowGaps
    found: Found | None = None
    narrowest: list[Places] | None = None

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

    def pinches(self, problem: Problem) -> list[Places]:
        """The points at which each of the gaps is narrow, but for lines of them."""
        if self.narrowest is None:
            self.narrowest = [
                pinches(problem, NarrowGaps(self.gaps.bands[[f]]), ends)
                for f, (ends, _) in enumerate(self.narrow_gaps(problem))
            ]
        return self.narrowest

    def tips(self, problem: Problem, features: Features) -> list[Places] | None:
        """Where each band may have a tip that the grid does not show: at the points at which it touches another."""
        if not isinstance(features, Extrema):
            return None
        none = np.zeros((0, problem.domain.dimension)), np.zeros(0)
        places = [[none] for _ in range(len(features))]
        for band, there in zip(self.gaps.bands, self.pinches(problem), strict=True):
            for n, sign in ((band, -1), (band + 1, 1)):
                f = np.flatnonzero((features.bands == n) & (features.signs == sign))[0]
                places[f].append(there)
        return [(np.concatenate([u for u, _ in some]), np.concatenate([size for _, size in some])) for some in places]


_KEPT: OrderedDict[Hashable, Landscape] = OrderedDict()


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
    if not len(features):
        return []
    heights = np.stack([landscape.height(features, f) for f in range(len(features))])
    parts = pieces(len(heights), heights[0].size)
    chosen = [one for some in parts for one in _cells(problem, features, heights[some], some.start)]
    middles, spacing = landscape.grid.reshape(-1, problem.domain.dimension), 1 / len(landscape.grid)
    tips = landscape.tips(problem, features) or [(middles[:0], np.zeros(0))] * len(chosen)
    around, sizes, lengths = [], [], []
    for (cells, length), (u, size) in zip(chosen, tips, strict=True):
        some, numbers = followed(middles, cells, most)
        around.append(some.joined(u))
        sizes.append(np.append(np.full(len(numbers), spacing), size))
        lengths.append(np.append(length[numbers], np.full(len(size), np.inf))[:, None])
    u = np.concatenate([middles[:0], *(cells.u for cells in around)])
    which = np.repeat(np.arange(len(around)), [len(cells.u) for cells in around])
    noise = np.array([NOISE * float(np.abs(height).max()) for height in heights])
    ends = zoomed(problem, features, which, u, np.repeat(np.concatenate(sizes)[:, None], u.shape[1], axis=1), noise)
    return [
        (_resolved(problem, features, ends[which == f], length, spacing), cells)
        for f, (cells, length) in enumerate(zip(around, lengths, strict=True))
    ]


def _cells(problem: Problem, features: Features, heights: Array, first: int) -> Iterator[tuple[Indices, Array]]:
    """The cells of the grid that may hold each feature from the ``first`` on, the narrowest first, and its length in them, beside zeros
    elsewhere. ``heights`` (F, n, ..., n) are those of these features.
    """
    spacing, periodic = 1 / heights.shape[1], problem.domain.periodic
    lowest, highest = (_around(heights, periodic, extreme) for extreme in (np.minimum, np.maximum))
    change = np.maximum(np.maximum(highest - heights, heights - lowest), np.finfo(float).tiny)
    if features.slope:
        depth = _around(heights, periodic, np.add) / 3 ** len(periodic) - heights
        noise = NOISE * np.abs(heights).max(axis=tuple(range(1, heights.ndim)), keepdims=True)
        chosen = (depth >= _around(depth, periodic, np.maximum)) & (depth > noise)
    elif features.extremum:
        chosen = heights <= lowest
    else:  # a cell further from a narrow gap than its neighbour finds nothing that the neighbour does not
        length = spacing * np.abs(heights) / change
        closest = (length < 2 * spacing) | (length <= _around(length, periodic, np.minimum))
        chosen = (length < COARSE) & closest
    for f, (own, height, by) in enumerate(zip(chosen, heights, change, strict=True), first):
        cells, lengths = np.flatnonzero(own), np.zeros(height.size)
        lengths[cells] = spacing * features.changes(height.flat[cells], np.full(len(cells), f)) / by.flat[cells]
        yield cells[np.argsort(lengths[cells], kind="stable")], lengths


def _around(heights: Array, periodic: tuple[bool, ...], combine: Callable[[Array, Array], Array]) -> Array:
    """Values (F, n, ..., n) and those at all 3^D - 1 points around them combined; beyond an edge those of the edge."""
    for axis, wraps in enumerate(periodic, 1):
        before, after = (-1, 0) if wraps else (0, -1)
        ends = [np.take(heights, [end], axis=axis) for end in (before, after)]
        wide = np.moveaxis(np.concatenate([ends[0], heights, ends[1]], axis=axis), axis, 0)
        heights = np.moveaxis(combine(combine(wide[:-2], wide[1:-1]), wide[2:]), 0, axis)
    return heights


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
