"""Narrow features of an integrand, found before sampling: near touchings of bands, pockets at a Fermi level, peaks.

What depends on the gap to a neighbouring band peaks where this gap is small, over the length in which the gap doubles; an
occupation turns over the length in which a band leaves mu. A rule with a wider spacing sees neither. Both are found from the
energies alone, see ``features``; of a function without energies the extrema are followed likewise. Features that the integrand
does not feel (bands that cross without coupling) are dropped. What shows in no cell of the grid (a dip much narrower than its
spacing, away from all touchings) is found where H is given by formulas or hoppings, whose variation can be bounded: see
``between_samples``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symcur.arrays import Array, Indices, Mask

from .between_samples import Hidden, narrow_places
from .cells import Landmarks
from .distinct import distinct_rows
from .features import NOISE, TOUCHING, Followed, Landscape, followed, found, turns
from .memory import OCCUPATION, PIECE, SIZE, pieces
from .problem import BandProblem, Problem
from .zooming import GRID, profile, zoomed

LARGEST, BLOCK = 20_000_000, 1_000_000  # numbers kept at once, and made of samples at once
CLOSED = 1e-7  # of the spread of the energies
VISIBLE = 0.02  # the part by which a feature changes the integrand at least
ALONE = 1e-6  # of the largest component: what vanishes sets no scale
ROUNDING = 1e-9  # in units of the mean of the integrand
LEFT_OUT = 0.02  # the part of the tolerance that peaks left out may use up
SURE = 0.25  # of the spacing: longer features of cells that are not followed are taken to lie in them
UNSURE = 3  # by what means over few points may be wrong
MEANS = 14  # arrays as long as the means of landmarks that are there at a time


def landmarks(problem: Problem, rtol: float) -> Landmarks:
    """The features shorter than a sixteenth of the zone that matter at this tolerance, looked for once.

    What the others may add to each component becomes ``problem.left_out``.
    """
    if not problem.look:
        return Landmarks.none(problem.domain.dimension, problem.size)
    if problem.landmarks is None:
        problem.landmarks, problem.left_out = _looked_for(problem, rtol)
        problem.memory.stay(problem.landmarks.nbytes, "the weights of narrow features")
    return problem.landmarks


def _looked_for(problem: Problem, rtol: float) -> tuple[Landmarks, Array]:
    landscape, D = Landscape.of(problem), problem.domain.dimension
    levels = problem.size // problem.together
    problem.memory.take(SIZE * OCCUPATION * min(PIECE, landscape.energies.size * levels))
    u = landscape.grid.reshape(-1, D)
    some = u[:: len(u) // 512 + 1]
    blocks = pieces(len(some), problem.size)
    (means, _), (_, sizes) = _means(problem.strength_and_usual(some[block]) for block in blocks)
    felt_of = _size(problem, means)
    none = Landmarks.none(D, problem.size)
    marks, behind = [none], [none]
    hidden, largest = narrow_places(problem, 1 / GRID[D]), np.zeros_like(sizes)
    for group in _groups(_candidates(problem, landscape, hidden), max(1, LARGEST // (16 * problem.size))):
        felt, narrow, near = _felt(problem, group, felt_of)
        largest = np.maximum(largest, near.reshape(sizes.shape))
        start = 0
        for candidate in group:
            those = slice(start, start := start + len(candidate.once))
            before = int(felt[: those.start].sum())
            mine = narrow[before : before + int(felt[those].sum())]
            found, copies, beyond = _spread(problem, candidate, felt[those], mine)
            marks += [found, copies]
            behind.append(beyond)
    together = Landmarks.joined(marks)
    # Where no point lies in a pocket it is the largest pocket that gives the integral its size.
    common = np.maximum(_size(problem, sizes), _size(problem, largest) / UNSURE)
    parts = (together.weight / np.broadcast_to(common, sizes.shape).ravel()).max(axis=1, initial=0.0)
    order = np.argsort(parts)
    kept = np.cumsum(parts[order]) >= LEFT_OUT * rtol
    left_out = together.weight[order[~kept]].sum(axis=0)
    if hidden.unresolved:
        problem.unresolved = hidden.unresolved
        left_out = left_out + UNSURE * hidden.unresolved * problem.filled()
    return replace(together[order[kept]], unfollowed=Landmarks.joined(behind)), left_out


def _spread(
    problem: Problem, candidate: Candidate, felt: Mask, narrow: Landmarks
) -> tuple[Landmarks, Landmarks, Landmarks]:
    """What is felt of a feature, the same in cells that were not followed, and what stands for such cells without a place.

    A cell that was not followed is like the nearest one that was: a landmark itself if it is not much wider than its feature.
    """
    cells, once = candidate.cells, candidate.once[felt]
    wide = (narrow.length.min(axis=-1) > SURE / GRID[problem.domain.dimension]) & (
        10 * len(cells.left) * problem.size < LARGEST
    )
    behind = replace(narrow, weight=(cells.stand_for[once] - 1)[:, None] * narrow.weight)[~wide]
    place = np.full(len(candidate.ends.u), -1)
    place[candidate.first[felt]] = np.arange(len(once))
    like = place[candidate.same][cells.nearest()]
    known = (like >= 0) & wide[like] if len(once) else np.zeros(len(like), dtype=bool)
    return narrow, replace(narrow[like[known]], u=cells.left[known]), behind


def _means(blocks: Iterator[Array]) -> Iterator[tuple[Array, Array]]:
    """Of (K, M, mu T, C) that come in blocks the K means over points, each with what it is at least: most of it may be of few points by chance."""
    count, total, squares = 0, np.zeros(()), np.zeros(())
    for block in blocks:
        count, total, squares = count + block.shape[1], total + block.sum(axis=1), squares + (block**2).sum(axis=1)
    return zip(total / count, np.maximum(total - UNSURE * np.sqrt(squares), 0) / count, strict=True)


def _size(problem: Problem, sizes: Array) -> Array:
    """What counts as the size of each component, shape (mu T, C) or (mu T, 1): the largest unless each is judged by itself."""
    largest = np.maximum(sizes.max(axis=-1, keepdims=True), 1e-100)
    return np.asarray(np.maximum(sizes, ALONE * largest) if problem.alone else largest)


@dataclass(frozen=True)
class Candidate:
    """Where a feature may be narrow: the ``ends`` of followed ``cells``, whether it is an extremum, whether they lie side by side.

    ``same`` says which of the different ends each end is, ``first`` which of these are to be looked at, ``once`` are their numbers.
    """

    ends: Landmarks
    cells: Followed
    extremum: bool
    tiles: bool
    once: Indices
    first: Indices
    same: Indices

    @classmethod
    def of(cls, ends: Landmarks, cells: Followed, extremum: bool, tiles: bool = False) -> Candidate:
        rounded = np.round(ends.u / (2 * ends.length + TOUCHING))
        once, same = distinct_rows(rounded)
        # Where bands touch no length is left to be resolved.
        first = np.flatnonzero(ends.length[once].min(axis=-1) > TOUCHING)
        return cls(ends, cells, extremum, tiles, once[first], first, same)


def _candidates(problem: Problem, landscape: Landscape, hidden: Hidden) -> Iterator[Candidate]:
    """What may be narrow. What has the length 0 is not.

    Features are looked for in the cells of the grid, and in the boxes in which H bends more than the grid shows; and the
    quantities may vary in these boxes without any feature of the energies.
    """
    order = np.argsort(hidden.size.max(axis=1, initial=0.0), kind="stable")
    cells, numbers = followed(hidden.u, order)
    u, size = cells.u, hidden.size[numbers]
    extrema = turns(problem, landscape.energies)
    kinds = (landscape.gaps, landscape.narrow_gaps(problem)), (extrema, found(problem, extrema, landscape))
    for features, places in kinds:
        for f, (ends, around) in enumerate(places):
            if len(ends.u):
                yield Candidate.of(ends, around, features.extremum)
            if len(u):
                noise = np.full(len(features), NOISE * float(np.abs(landscape.height(features, f)).max()))
                ends = zoomed(problem, features, np.full(len(u), f), u, size, noise)
                inside = (ends.length < size).any(axis=-1, keepdims=True)
                yield Candidate.of(replace(ends, length=ends.length * inside), cells, features.extremum)
    if len(u):
        yield Candidate.of(Landmarks(u, size, np.zeros((len(u), 0))), cells, True, tiles=True)


def _groups(candidates: Iterator[Candidate], most: int) -> Iterator[list[Candidate]]:
    """Those that have something to be looked at, together as long as it is no more than ``most``."""
    group: list[Candidate] = []
    for candidate in candidates:
        if len(candidate.once):
            group.append(candidate)
        if sum(len(candidate.once) for candidate in group) > most:
            yield group
            group = []
    if group:
        yield group


def _felt(problem: Problem, group: list[Candidate], usual: Array) -> tuple[Mask, Landmarks, Array]:
    """Which of the different ends the integrand feels, these as landmarks, and the most that one adds to each component nearby, (size)."""
    marks = Landmarks.joined([candidate.ends[candidate.once] for candidate in group])
    lengths = [len(candidate.once) for candidate in group]
    extremum, tiles = (
        np.repeat([getattr(c, name) for c in group], lengths).astype(bool) for name in ("extremum", "tiles")
    )
    felt, narrow, largest = [], [], np.zeros(problem.size)
    most = problem.memory.fit(
        SIZE * (MEANS / 4 + 3) * problem.size, max(1, min(16 * len(marks.u), BLOCK // problem.size)), "a feature", 4
    )
    block = max(1, most // 4)
    for some in (slice(i, i + block) for i in range(0, len(marks.u), block)):
        which, found, near = _felt_of(problem, marks[some], extremum[some], tiles[some], usual, most)
        felt.append(which)
        narrow.append(found[which])
        largest = np.maximum(largest, near.max(axis=0, initial=0.0))
    return np.concatenate(felt), Landmarks.joined(narrow), largest


def _felt_of(
    problem: Problem, marks: Landmarks, extremum: Mask, tiles: Mask, usual: Array, together: int
) -> tuple[Mask, Landmarks, Array]:
    """Which of the marks the integrand feels, all of them with their lengths, and what each adds to each component nearby, (L, size).

    Samples are made at up to ``together`` points at a time.

    Means over cubes around the landmark are compared with those over cubes four times as large, and at an extremum once more: a
    pocket may be wider than the tip of its band, but what depends on a gap changes where the gap does. Where the integrand is
    smooth they differ sixteen times less at each step to smaller cubes; at a peak, a dip, or a ridge that crosses the cube they
    do not. The landmarks are as long as the cubes, and weigh what they may add at most.
    """
    D = marks.u.shape[1]
    random = np.random.default_rng(41).uniform(-0.5, 0.5, size=(8, D))
    random = np.concatenate([random, -random])

    def mean(which: Indices, side: Array) -> Array:
        """The mean strength in cubes, shape (L, mu T, C); some at a time, since scans make them large."""
        points = marks.u[which, None] + np.minimum(side, 0.5)[:, None, None] * random
        step = max(1, together // len(random))
        blocks = [points[i : i + step] for i in range(0, len(points), step)]
        means = [
            problem.strength(block.reshape(-1, D)).reshape(*block.shape[:2], *usual.shape[:1], -1).mean(axis=1)
            for block in blocks
        ]
        return np.concatenate(means) / usual

    every, side = np.arange(len(marks.u)), 2 * marks.length.min(axis=-1)
    growths = np.array([1, 4, 16, 64])
    means = mean(np.tile(every, 4), np.outer(growths, side).ravel()).reshape(4, len(every), *usual.shape[:1], -1)
    steps = np.abs(np.diff(means, axis=0))
    narrow = (steps[:2] > 0.3 * steps[1:]) & (steps[:2] > VISIBLE * (means[:2] + means[1:3])) & (steps[:2] > ROUNDING)
    near, wider = np.asarray(narrow[:2].any(axis=(2, 3)))
    felt = np.asarray(near | (wider & (64 * side <= 1) & extremum))
    growth = np.where(near, 1.0, 4.0)
    inner, nearby, most = means[0], np.zeros_like(means[0]), np.zeros_like(means[0])
    growing, number = np.flatnonzero(felt), 0
    while len(growing):  # up to the distance to the next landmark of a ridge, tiles to the next tile
        number += 1
        outer = means[number, growing] if number < len(means) else mean(growing, 4 * side[growing])
        added = UNSURE * np.abs(outer - inner[growing]) * (side[growing] ** D)[:, None, None]
        nearby[growing] = np.where(most[growing] == 0, added, nearby[growing])
        most[growing] += added
        inner[growing], side[growing] = outer, 4 * side[growing]
        growing = growing[(side[growing] <= 2 / GRID[D]) & ~tiles[growing]]
    unit = usual * problem.density(marks.u, growth[:, None] * marks.length)
    nearby, most = ((part * unit).reshape(len(every), problem.size) for part in (nearby, most))
    return felt, Landmarks(marks.u, growth[:, None] * marks.length, most), nearby


def touchings(problem: BandProblem) -> list[tuple[Array, Array]]:
    """Where the gap above a band closes at a mu that separates the two bands all around: the point, and which mu.

    At T = 0 an integrand with the curvature of a touching that may be lifted in two ways has no limit there.
    """
    D, landscape = problem.domain.dimension, Landscape.of(problem)
    around = np.array(list(product((-1, 1), repeat=D))) / GRID[D] / 16
    closed = CLOSED * float(np.ptp(landscape.energies))
    result = []
    for band, (ends, _) in zip(landscape.gaps.bands, landscape.narrow_gaps(problem), strict=True):
        pair = profile(problem, ends.u)[:, band : band + 2, None]
        at = (np.abs(pair - problem.mu) < closed).all(axis=1)
        u = ends.u[at.any(axis=1)]
        e = profile(problem, (u[:, None] + around).reshape(-1, D)).reshape(len(u), len(around), problem.count, 1)
        between = (e[:, :, band].max(axis=1) < problem.mu) & (problem.mu < e[:, :, band + 1].min(axis=1))
        result += [(here, mu) for here, mu in zip(u, between & at[at.any(axis=1)], strict=True) if mu.any()]
    return result
