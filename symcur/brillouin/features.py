"""Features of energies, or of a function, that are narrower than a grid: small gaps, extrema, peaks, followed to where they are.

Energies on a grid show where a gap or a band changes by a large part of itself, or has an extremum; from there the least height is
zoomed in on until it no longer changes much between neighbouring points, for all features of a kind at once. Energies on the
grid, and the gaps, are those of a band structure: they are kept between integrals of the same one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symcur.arrays import Array, Indices

from .cells import Landmarks
from .memory import pieces
from .occupation import OCCUPATIONS
from .parabolas import bottoms
from .problem import Problem, SmoothProblem
from .sweep import CHUNK

GRID = {1: 1024, 2: 96, 3: 24}
COARSE = 1 / 16  # features of this length and more show on any grid
MOST, ROUNDS = 2048, 100  # cells that are followed, and how often their points come closer
SMALLEST, TOUCHING = 1e-9, 1e-8
NOISE = 1e-12  # of the largest gap or energy
TOUCHES = 10  # times the noise: a gap that is none
FAST = 1 / 16  # of the spacing of the grid: for longer lengths energies are taken from what is fast
LEAPS, BETWEEN = 12, 6  # steps to the bottom of a parabola, and rounds between them
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
    return np.asarray(e[np.arange(len(n)), :, n])


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
    """In what features are looked for, shape (M, N); ``generic`` where ten digits are enough."""
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
    if not len(features):
        return []
    heights = np.stack([landscape.height(features, f) for f in range(len(features))])
    parts = pieces(len(heights), heights[0].size)
    chosen = [one for some in parts for one in _cells(problem, features, heights[some], some.start)]
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
        lengths[cells] = spacing * _change(features, height.flat[cells], np.full(len(cells), f)) / by.flat[cells]
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


def _change(features: Features, heights: Array, which: Indices) -> Array:
    """The change of many heights, in pieces."""
    blocks = pieces(len(heights), features.numbers)
    return np.concatenate([heights[:0], *(features.change(heights[some], which[some]) for some in blocks)])


def zoomed(problem: Problem, features: Features, which: Indices, cells: Array, size: Array, noise: Array) -> Landmarks:
    """From the centre of each cell of this size to the lowest of the points around, which come closer until they resolve the height.

    ``which`` (L,) says of which feature a cell is, ``noise`` what is none of its heights. For the gap to vary by less than
    itself is enough; an extremum must look like a parabola too.
    """
    D = problem.domain.dimension
    if not len(cells):
        return Landmarks(cells.copy(), size.copy(), np.zeros((0, 0)))
    points, lengths, before = cells.copy(), size.copy(), np.zeros_like(cells)
    best = np.full(len(points), np.inf)
    if features.extremum:
        best = _heights(problem, features, which, points[:, None], np.zeros_like(size))[:, 0]
    corners = np.array(list(product((-1, 0, 1), repeat=D)), dtype=float)
    along = [np.flatnonzero(np.abs(corners @ e) == np.abs(corners).sum(axis=1)) for e in np.eye(D)]
    active: Indices = np.arange(len(points))
    for number in range(ROUNDS):
        if not len(active):
            break
        member = which[active]
        if not features.extremum and number % BETWEEN == 0:
            near = cells[active] - size[active], cells[active] + size[active]
            points[active], lengths[active], best[active] = _leapt(
                problem, features, member, points[active], lengths[active], near, noise
            )
        around = points[active, None] + lengths[active, None] * corners
        around = np.clip(around, (cells - size)[active, None], (cells + size)[active, None])
        heights = _heights(problem, features, member, around, lengths[active])
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
        else:
            wide &= (best[active] > TOUCHES * noise[member])[:, None]
        wide &= (lengths[active] > SMALLEST) & (change > noise[member, None])
        shrinks = wide & ~moved[:, None]
        lengths[active] = np.where(shrinks, lengths[active] / 2, lengths[active])
        before[active] = np.where(shrinks, change, before[active])
        active = active[moved | wide.any(axis=1)]
    if not features.extremum:
        lengths[best <= TOUCHES * noise[which]] = 0.0  # bands touch
    return Landmarks(points, lengths, np.zeros((len(points), 0)))


def _heights(problem: Problem, features: Features, which: Indices, around: Array, lengths: Array) -> Array:
    """The heights at points (L, P, D) around those of features; what is fast has digits enough for all but short lengths.

    Energies are there a piece at a time.
    """
    around = np.where(problem.domain.periodic, around, np.clip(around, 0, 1))
    heights, fast = np.empty(around.shape[:2]), lengths.min(axis=1) > FAST / GRID[around.shape[-1]]
    for generic in (True, False):
        alike = np.flatnonzero(fast == generic)
        for some in (alike[piece] for piece in pieces(len(alike), SPECTRUM * around.shape[1])):
            e = profile(problem, around[some].reshape(-1, around.shape[-1]), generic)
            heights[some] = features.height(e.reshape(len(some), around.shape[1], -1), which[some])
    return heights


def _leapt(
    problem: Problem,
    features: Features,
    which: Indices,
    start: Array,
    size: Array,
    near: tuple[Array, Array],
    noise: Array,
) -> tuple[Array, Array, Array]:
    """The least gap ``near`` each point, by steps to the bottom of the parabola through squares of gaps around; where, the length, the gap.

    Where bands touch like a cone, or nearly so, squares of gaps are parabolas. The lengths are halved as often as to be sure to
    be no shorter than what is to be resolved. A step that does not lead to a smaller gap is taken back and is the last.
    """
    corners = np.array(list(product((-1, 0, 1), repeat=start.shape[1])), dtype=float)
    points, lengths, gaps = start.copy(), size.copy(), np.full(len(start), np.inf)
    to, short = points.copy(), lengths.copy()
    active: Indices = np.arange(len(start))
    for _ in range(LEAPS):
        around = to[active, None] + short[active, None] * corners
        heights = _heights(problem, features, which[active], around, short[active])
        middle = heights[:, len(corners) // 2]
        lower = middle < gaps[active]
        active, heights = active[lower], heights[lower]
        points[active], lengths[active], gaps[active] = to[active], short[active], middle[lower]
        some, step, halvings = bottoms(heights**2, corners)
        goes = (np.abs(step) <= 1).all(axis=1) & (halvings >= 1).any(axis=1)
        active, step, halvings = active[some][goes], step[goes], np.maximum(halvings[goes], 0)
        goes = gaps[active] > TOUCHES * noise[which[active]]
        active, step, halvings = active[goes], step[goes], halvings[goes]
        if not len(active):
            break
        to[active] = np.clip(points[active] + step * lengths[active], near[0][active], near[1][active])
        short[active] = np.maximum(lengths[active] * 0.5**halvings, SMALLEST)
    return points, lengths, gaps
