"""Sums over bands with sharp occupations: polynomial patches and exact level sets.

The zone is covered by boxes with p^D Gauss points each. On a box where a band is full, empty, or its
occupation varies slowly, the weighted values, summed over such bands, are integrated by the Gauss rule. Where the Fermi
level cuts a band (T = 0), or its occupation turns within the box (low T), energy and values are replaced
by their interpolating polynomials and integrated by ``level_sets``. The k points do not depend on mu and T: a
scan reuses all of them, and boxes are bisected until every value of the scan is accurate.

Error estimates: the last Legendre coefficients of the summed integrand along each axis, and for the level-set
part also three times the change when energy and values are interpolated with two degrees less and the Gauss rules
of the level-set integrals have three points less. Values that peak within a box, as next to a touching of bands, are not
trusted on a level set: they count with all that they may add, until the level set has left their box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np

from symcur.arrays import Array, Indices, Mask

from .bernstein import basis, transform
from .cells import Boxes, first_boxes, functionals, initial_boxes, refine, tail_error, tensor
from .chambers import part_of_cell
from .cut_bands import ROUNDED, SharpTask, sharp_task
from .landmarks import landmarks
from .level_sets import BLOCK, FEW
from .memory import PIECE, SIZE, pieces
from .method import METHODS, Method
from .occupation import FLAT, OCCUPATIONS, columns, occupation
from .problem import BandProblem, Problem
from .solution import Estimate, Tolerance
from .sweep import CHUNK, Sweep
from .wedges import on_a_part

POINTS = {1: 12, 2: 10, 3: 10}
START = {1: 4, 2: 3, 3: 2}
MANY = 32  # first boxes
# An occupation varies slowly in a box where the energy's range is at most this times T.
SLOW = 2.5
# Unresolved touchings of bands at the Fermi level are followed down to boxes of this size.
HIDDEN = {1: 1e-6, 2: 1e-5, 3: 5e-2}
UNTOLD = 4  # times what the last two Legendre polynomials of an energy add: what its samples may not tell, at tips too
# Tasks whose samples are kept at a time.
TOGETHER = 32
# Copies of the samples of a box, and of all its sums, that are there at a time.
SAMPLES, SUMS = 8, 3
# Tasks with level sets that are given out together, and copies of their polynomials.
SHARP, LEVELS = 16, 3
# Level-set pieces per task; it bounds the memory of the nested slices.
PIECES = {1: 4096, 2: 512, 3: 64}


def points_per_axis(dimension: int, rtol: float, boxes: int) -> int:
    """Points of each of so many first ``boxes`` along each axis; where they are many, as in 3D, fewer for fewer digits."""
    many = dimension == 3 or (dimension == 2 and boxes > MANY)
    return POINTS[dimension] - (2 if many and rtol >= 1e-4 else 0)


class Patches(Method):
    """For sums over bands with sharp occupations: metals at T = 0 or low T, on any domain."""

    name = "patches"
    description = "adaptive polynomial patches with exact level sets"

    def obstacle(self, problem: Problem) -> str:
        return "" if isinstance(problem, BandProblem) else "patches integrate sums over bands only"

    def estimate(self, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> Estimate:
        assert isinstance(problem, BandProblem)
        dimension = problem.domain.dimension
        self.open_record(problem, sweep, tolerance)
        problem = part_of_cell(problem, tolerance.rtol)
        marks = landmarks(problem, tolerance.rtol)
        most = first_boxes(problem.size, sweep, points_per_axis(dimension, tolerance.rtol, 0) ** dimension)
        boxes, unresolved = initial_boxes(problem.domain, START[dimension], marks, most)
        unseen, p = problem.left_out + unresolved, points_per_axis(dimension, tolerance.rtol, len(boxes))
        rule = partial(_rule, problem, sweep, tolerance.rtol, p)
        found = refine(rule, p**dimension, boxes, sweep, tolerance, unseen, self.record)
        return replace(found, method=self.description + on_a_part(problem.domain))


PATCHES = Patches()
METHODS.add(PATCHES)


@dataclass
class Sampled:
    """What a task learns about its boxes: the Gauss part, and where level sets are needed.

    value, error and scale have shape (B, mu, T, C); ``must_bisect`` (B, mu, T) marks boxes to bisect in any case. ``sharp`` lists
    (box, number, mu, T): the number tells which of the bands kept it is, e (U, P) and v (U, C, P).
    """

    value: Array
    error: Array
    scale: Array
    must_bisect: Mask
    sharp: Indices
    e: Array
    v: Array
    reach: Array


def _rule(problem: BandProblem, sweep: Sweep, rtol: float, p: int, boxes: Boxes) -> tuple[Array, Array, Array, Mask]:
    dimension = problem.domain.dimension
    per_task, together, size, block = _blocks(problem, sweep, p, len(boxes))
    tasks = [boxes[i : i + per_task] for i in range(0, len(boxes), per_task)]
    message = f"patches, {len(boxes)} new boxes"
    shape = (len(boxes), len(problem.mu), len(problem.temperature), len(problem.weights))
    sums = [np.empty(shape) for _ in range(3)]
    must_bisect = np.empty(shape, dtype=bool)
    for i in range(0, len(tasks), together):
        some = tasks[i : i + together]
        points = sum(map(len, some)) * p**dimension
        sampled: list[Sampled] = sweep.run(partial(_sample, problem, p), some, points, message)
        here = slice(i * per_task, i * per_task + sum(map(len, some)))
        value, error, scale = (total[here] for total in sums)
        for target, name in ((value, "value"), (error, "error"), (scale, "scale")):
            np.concatenate([getattr(s, name) for s in sampled], out=target)
        must_bisect[here] = np.concatenate([s.must_bisect for s in sampled])[..., None]
        change = np.zeros_like(value)
        sharp = _sharp_tasks(problem, sampled, per_task, size)
        task = partial(sharp_task, problem.weights, p, dimension, rtol, block)
        while group := list(islice(sharp, SHARP)):
            for (_, where), parts in zip(group, sweep.run(task, [task for task, _ in group], 0, message), strict=True):
                for target, part in zip((value, change, scale, error), parts, strict=True):
                    np.add.at(target, where, part)
        error += 3 * np.abs(change)
    value, error, scale, hidden = (part.reshape(len(boxes), -1) for part in (*sums, must_bisect))
    return value, error, scale, hidden


def _blocks(problem: BandProblem, sweep: Sweep, p: int, boxes: int) -> tuple[int, int, int, int]:
    """How many boxes a task has, so that its sums are no longer than pieces and its samples no more than a chunk; how many tasks are
    kept together; how many pieces a task of level sets has, and how many numbers of an energy these take together.
    """
    dimension, columns, memory = problem.domain.dimension, len(problem.weights), sweep.memory
    points, rows, sums = p**dimension, len(functionals(p, dimension)) + 1, problem.size
    samples = problem.count * points * columns
    usual = max(1, min(boxes, CHUNK // points, SAMPLES * PIECE // (rows * sums)))
    each = SIZE * (SAMPLES * samples + SUMS * rows * sums)
    per_task = memory.fit(each, usual, "one box", 4)
    sampling = memory.at_once
    kept = SIZE * (samples + 4 * sums) * per_task
    together = memory.fit(kept, min(TOGETHER, -(-boxes // per_task)), "the boxes of a task", 4, threads=1)
    block = memory.fit(SIZE * LEVELS * min(columns, 2 * FEW), BLOCK, "a number", 8)
    numbers = memory.at_once
    most = min(PIECES[dimension], per_task * together * problem.count)
    size = memory.fit(SIZE * LEVELS * points * columns, most, "a piece of a level set", 8)
    memory.at_once = min(sampling, numbers, memory.at_once)
    sharp = SIZE * LEVELS * (block * min(columns, 2 * FEW) + size * points * columns)
    memory.take(together * kept + memory.at_once * max(per_task * each, sharp))
    return per_task, together, size, block


def _sample(problem: BandProblem, p: int, boxes: Boxes) -> Sampled:
    dimension, count, size = problem.domain.dimension, len(boxes), len(problem.weights)
    u = boxes.points(tensor(basis(p).nodes, dimension))
    energies, values = problem.sample(u.reshape(-1, dimension))
    e = np.ascontiguousarray(energies.reshape(count, -1, problem.count).swapaxes(1, 2))
    v = values.reshape(count, -1, problem.count, size).transpose(0, 2, 3, 1)
    _gather(e, v)
    full, empty, smooth, must_bisect, reach = _occupations(problem, e, p)
    functions = [OCCUPATIONS.get(name) for name in problem.weights]
    if not any(one.constant for one in functions):  # bands that are empty in all of these boxes add nothing
        some = slice(np.flatnonzero(~empty.all(axis=(0, 2, 3))).max(initial=-1) + 1)
        e, v, reach = e[:, some], v[:, some], reach[:, some]
        full, empty, smooth = full[:, some], empty[:, some], smooth[:, some]
    v = v * boxes.volume()[:, None, None, None]
    rows = functionals(p, dimension)
    total = np.zeros((len(rows) + 1, count, len(problem.mu), len(problem.temperature), size))
    cut = ~(full | empty | smooth) & np.asarray(v.any(axis=(2, 3)))[:, :, None, None]
    moments = _moments(e, v, rows, any(one.filled[1] for one in functions))
    for name, which in columns(problem.weights).items():
        if OCCUPATIONS.get(name).constant:
            total[..., which] = moments[0][..., which].sum(axis=2)[:, :, None, None, :]
    _add_full(problem, moments, full, total)
    _add_smooth(problem, e, v, smooth, rows, total)
    error = tail_error(total[1:-1], total[-1])
    # Cutting the Legendre series of v leaves its integral over the box unchanged. What the interpolants of a cut
    # band may miss is therefore judged as for a full one, with the bands below it, whose sum can be smoother.
    below = total.copy()
    for n in range(cut.shape[1]):
        if cut[:, n].any():
            _add_full(problem, [part[:, :, n : n + 1] for part in moments], cut[:, n : n + 1], below)
            error = np.maximum(error, tail_error(below[1:-1], below[-1]))
    must_bisect[boxes.size.max(axis=1) <= HIDDEN[dimension]] = False
    kept, sharp = cut.any(axis=(2, 3)), np.argwhere(cut)
    sharp[:, 1] = (np.cumsum(kept) - 1).reshape(kept.shape)[sharp[:, 0], sharp[:, 1]]
    return Sampled(total[0].copy(), error, total[-1].copy(), must_bisect, sharp, e[kept], v[kept], reach[kept])


def _gather(e: Array, v: Array) -> None:
    """Where bands (B, N, P) are degenerate throughout a box the lowest of them takes the values (B, N, C, P) of all."""
    rounded = ROUNDED * np.abs(e).max(axis=(1, 2))
    for n in range(e.shape[1] - 1, 0, -1):
        same = np.abs(e[:, n] - e[:, n - 1]).max(axis=1) <= rounded
        v[same, n - 1] += v[same, n]
        v[same, n] = 0.0


def _occupations(problem: BandProblem, e: Array, p: int) -> tuple[Mask, Mask, Mask, Mask, Array]:
    """Whether bands are full, empty or slowly varying in each box, shape (B, N, mu, T) each; where boxes must be bisected (B, mu, T).

    Two bands that touch, or nearly so, with the Fermi level between them can hide a peak of any height between the
    samples, which no tolerance sees: such boxes are to be bisected until the gap is resolved.
    """
    dimension = problem.domain.dimension
    b = basis(p)
    cube = e.reshape(*e.shape[:2], *(p,) * dimension)
    fine = transform(b.fine, cube, dimension).reshape(e.shape)
    error_bound = UNTOLD * np.abs(cube - transform(b.cut, cube, dimension)).reshape(e.shape).max(axis=-1)
    low = np.minimum(fine.min(axis=-1), e.min(axis=-1)) - error_bound
    high = np.maximum(fine.max(axis=-1), e.max(axis=-1)) + error_bound
    # Coefficients overshoot by far where bands cross with a kink. The sum over such bands is smooth nevertheless.
    span = np.minimum(high - low, 1.1 * np.ptp(e, axis=-1) + 2 * error_bound)[:, :, None, None]
    low, high = (x[:, :, None, None] - problem.mu[:, None] for x in (low, high))
    t = problem.temperature
    full, empty = high <= -FLAT * t, low >= FLAT * t
    smooth = np.broadcast_to(span <= SLOW * t, full.shape)
    smooth = smooth | (((low > 10 * t) | (high < -10 * t)) & (span <= 4 * SLOW * t))
    smooth &= (t > 0) & ~full & ~empty
    return full, empty & ~full, smooth, _touching(problem, e, error_bound), error_bound


def _touching(problem: BandProblem, e: Array, error_bound: Array) -> Mask:
    """Where neighbouring bands come close at a Fermi level and the gap is not resolved (B, mu, T).

    A pair that is degenerate throughout is no such case as soon as the energies themselves are resolved.
    """
    lower, upper = e[:, :-1], e[:, 1:]
    unsure = 8 * (error_bound[:, :-1] + error_bound[:, 1:])
    near = (upper - lower).min(axis=-1) < unsure
    near &= unsure > 1e-3 * np.ptp(upper, axis=-1)
    cold = problem.temperature <= unsure[:, :, None, None]
    above = (upper.min(axis=-1) - unsure)[:, :, None] < problem.mu
    below = (lower.max(axis=-1) + unsure)[:, :, None] > problem.mu
    must_bisect: Mask = (near[:, :, None, None] & (above & below)[..., None] & cold).any(axis=1)
    return must_bisect


def _moments(e: Array, v: Array, rows: Array, sloped: bool) -> list[Array]:
    """For v, and where ``sloped`` for e v, of each band the functionals, then the integral with |v| for v: (F + 1, B, N, C) each."""
    moments = []
    for factor in (None, e)[: 1 + sloped]:
        signed, modulus = v, np.abs(v)
        if factor is not None:
            signed, modulus = (values * factor[:, :, None] for values in (signed, modulus))
        moments.append(np.concatenate([np.moveaxis(signed @ rows.T, -1, 0), (modulus @ rows[0])[None]]))
    return moments


def _add_full(problem: BandProblem, moments: list[Array], full: Mask, total: Array) -> None:
    """Add bands whose occupation is constant + slope (e - mu), of one sign, where ``full`` (B, N, mu, T)."""

    def summed(mask: Array, values: Array) -> Array:
        return np.asarray(np.einsum("bnmt,...bnc->...bmtc", mask, values, optimize=True))

    mask = full.astype(float)
    for name, c in columns(problem.weights).items():
        constant, slope = OCCUPATIONS.get(name).filled
        if OCCUPATIONS.get(name).constant or not (constant or slope):
            continue
        added = summed(mask * (constant - slope * problem.mu[:, None]), moments[0][..., c])
        if slope:
            added += slope * summed(mask, moments[1][..., c])
        added[-1] = np.abs(added[-1])
        total[..., c] += added


def _add_smooth(problem: BandProblem, e: Array, v: Array, smooth: Mask, rows: Array, total: Array) -> None:
    for b in np.nonzero(smooth.any(axis=(1, 2, 3)))[0]:
        where = np.argwhere(smooth[b].any(axis=0))
        for name, which in columns(problem.weights).items():
            if OCCUPATIONS.get(name).constant:
                continue
            vb = v[b][:, which]
            weighted = np.einsum("ncp,fp->npfc", vb, rows).reshape(e[b].size, -1)
            sizes = np.einsum("ncp,p->npc", np.abs(vb), rows[0]).reshape(e[b].size, -1)
            for some in pieces(len(where), e[b].size):
                m, t = where[some].T
                mask = smooth[b][:, m, t].T[:, :, None]
                mu, temperature = problem.mu[m][:, None, None], problem.temperature[t][:, None, None]
                weight = (occupation(name, e[b], mu, temperature) * mask).reshape(len(m), -1)
                result = (weight @ weighted).reshape(len(m), len(rows), len(which))
                total[:-1, b, m[:, None], t[:, None], which] += result.swapaxes(0, 1)
                total[-1, b, m[:, None], t[:, None], which] += np.abs(weight) @ sizes


Where = tuple[Indices, ...]


def _sharp_tasks(
    problem: BandProblem, samples: list[Sampled], per_task: int, size: int
) -> Iterator[tuple[SharpTask, Where]]:
    """Tasks of bounded size, T = 0 and T > 0 apart, with the place (box, mu, T) their results add to."""
    for number, sample in enumerate(samples):
        cold = problem.temperature[sample.sharp[:, 3]] == 0
        for some in (sample.sharp[cold], sample.sharp[~cold]):
            for i in range(0, len(some), size):
                box, band, m, t = some[i : i + size].T
                at, which = np.unique(band, return_inverse=True)
                task = SharpTask(
                    sample.e[at], sample.v[at], sample.reach[at], which, problem.mu[m], problem.temperature[t]
                )
                yield task, (number * per_task + box, m, t)
