"""From cells of a grid to the least heights of features in them, by points that come closer until they resolve the height."""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array, Indices

from .cells import Landmarks
from .feature_kinds import Extrema, Features
from .memory import pieces
from .parabolas import bottoms, corners_and_middles
from .problem import Problem
from .sweep import CHUNK

GRID = {1: 1024, 2: 96, 3: 24}
ROUNDS = 100  # how often points come closer
SMALLEST = 1e-9
TOUCHES = 10  # times the noise: a gap that is none
FAST = 1 / 16  # of the spacing of the grid: for longer lengths energies are taken from what is fast
LEAPS, BETWEEN = 12, 6  # steps to the bottom of a parabola, and rounds between them
SPECTRUM = 16  # energies of a point, about, where it is asked how many points fit


def profile(problem: Problem, u: Array, generic: bool = False) -> Array:
    """In what features are looked for, shape (M, N); ``generic`` where ten digits are enough."""
    return np.concatenate([problem.profile(part, generic) for part in np.array_split(u, len(u) // CHUNK + 1)])


def zoomed(problem: Problem, features: Features, which: Indices, cells: Array, size: Array, noise: Array) -> Landmarks:
    """From the centre of each cell of this size to the lowest of the points around, which come closer until they resolve the height.

    ``which`` (L,) says of which feature a cell is, ``noise`` what is none of its heights. For the gap to vary by less than
    itself is enough; an extremum must look like a parabola too, and where only its tip reaches mu it is followed to the tip.
    """
    if not len(cells):
        return Landmarks(cells.copy(), size.copy(), np.zeros((0, 0)))
    near = cells - size, cells + size
    points, lengths, least = _closer(problem, features, which, near, cells, size, noise)
    if not features.extremum:
        lengths[least <= TOUCHES * noise[which]] = 0.0  # bands touch
    if isinstance(features, Extrema):
        at, short, lower = _closer(problem, features.tips, which, near, points, lengths, noise)
        reached = features.crossed(least, lower, which)[:, None]
        points, lengths = np.where(reached, at, points), np.where(reached, short, lengths)
    return Landmarks(points, lengths, np.zeros((len(points), 0)))


def _closer(
    problem: Problem,
    features: Features,
    which: Indices,
    near: tuple[Array, Array],
    start: Array,
    size: Array,
    noise: Array,
) -> tuple[Array, Array, Array]:
    """Where the lowest points between the corners ``near`` are, from ``start`` with this spacing on, the spacing in the end, and the heights."""
    D = problem.domain.dimension
    points, lengths, before = start.copy(), size.copy(), np.full_like(start, features.before)
    best = np.full(len(points), np.inf)
    if features.extremum:
        best = heights_at(problem, features, which, points[:, None], np.zeros_like(size))[:, 0]
    corners = corners_and_middles(D)
    along = [np.flatnonzero(np.abs(corners @ e) == np.abs(corners).sum(axis=1)) for e in np.eye(D)]
    active: Indices = np.arange(len(points))
    for number in range(ROUNDS):
        if not len(active):
            break
        member = which[active]
        if not features.extremum and number % BETWEEN == 0:
            bounds = near[0][active], near[1][active]
            points[active], lengths[active], best[active] = _leapt(
                problem, features, member, points[active], lengths[active], bounds, noise
            )
        around = points[active, None] + lengths[active, None] * corners
        around = np.clip(around, near[0][active, None], near[1][active, None])
        heights = heights_at(problem, features, member, around, lengths[active])
        rows, place = np.arange(len(active)), np.argmin(heights, axis=1)
        moved = heights[rows, place] < best[active]
        points[active] = np.where(moved[:, None], around[rows, place], points[active])
        best[active] = np.minimum(best[active], heights[rows, place])
        change = np.stack([np.abs(heights[:, pair] - best[active, None]).max(axis=1) for pair in along], axis=-1)
        wide = change > features.changes(best[active], member)[:, None]
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
    return points, lengths, best


def heights_at(problem: Problem, features: Features, which: Indices, around: Array, lengths: Array) -> Array:
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
    corners = corners_and_middles(start.shape[1])
    points, lengths, gaps = start.copy(), size.copy(), np.full(len(start), np.inf)
    to, short = points.copy(), lengths.copy()
    active: Indices = np.arange(len(start))
    for _ in range(LEAPS):
        around = to[active, None] + short[active, None] * corners
        heights = heights_at(problem, features, which[active], around, short[active])
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
