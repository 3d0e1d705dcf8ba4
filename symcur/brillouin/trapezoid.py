"""The periodic trapezoid rule with doubling: exponentially convergent for smooth periodic integrands.

A grid of n^D points, displaced to a generic position, is refined to (2n)^D by adding its 2^D - 1 copies shifted
by half a spacing; nothing is evaluated twice. The error of the finer sum is judged from the scatter of the
copies: each is an n^D rule of its own, so the largest of their deviations from the mean, D_n, bounds the
error of the coarser rule even where one copy agrees by accident. It is the estimate. For analytic integrands
errors square when n doubles, so it is generous; but a gain taken for granted would be lost where a weak narrow
feature hides behind a strong smooth one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .problem import Problem
from .solution import ROUNDING, Estimate, Tolerance, nothing
from .sweep import CHUNK, Sweep

Array = NDArray[np.float64]

START = {1: 16, 2: 8, 3: 6}
OFFSET = np.array([0.3819660112501051, 0.2360679774997897, 0.1458980337503154])


def grid(n: int, dimension: int, shift: tuple[float, ...], start: int, stop: int) -> Array:
    """Points start..stop (row-major order) of the n^D grid displaced by shift, in units of the cube."""
    index = np.stack(np.unravel_index(np.arange(start, stop), (n,) * dimension), axis=-1)
    u: Array = (index + np.asarray(shift)) / n % 1.0
    return u


def _partial_sum(problem: Problem, argument: tuple[int, tuple[float, ...], int, int]) -> NDArray[Any]:
    n, shift, start, stop = argument
    return problem.sums(grid(n, problem.domain.dimension, shift, start, stop))


def _copy(problem: Problem, sweep: Sweep, n: int, shift: tuple[float, ...]) -> NDArray[Any]:
    points = n**problem.domain.dimension
    arguments = [(n, shift, start, min(start + CHUNK, points)) for start in range(0, points, CHUNK)]
    parts = sweep.run(partial(_partial_sum, problem), arguments, points, f"trapezoid, {n} points per axis")
    mean: NDArray[Any] = np.sum(parts, axis=0) / points
    return mean


def refinements(problem: Problem, sweep: Sweep, most: int) -> Iterator[tuple[int, NDArray[Any], Array, Array]]:
    """Yields n, value, error and scale for n = START, 2 START, ... while n^D <= most."""
    dimension = problem.domain.dimension
    n, shift = START[dimension], tuple(OFFSET[:dimension])
    means = [_copy(problem, sweep, n, shift)]
    while (2 * n) ** dimension <= most and sweep.affords((2 * n) ** dimension - n**dimension):
        halves = [h for h in product((0.0, 0.5), repeat=dimension) if any(h)]
        means += [_copy(problem, sweep, n, tuple(np.add(shift, h))) for h in halves]
        mean = np.mean(means, axis=0)
        value, scale = mean[0], np.abs(mean[1])
        scatter = np.max([np.abs(m[0] - value) for m in means], axis=0)
        # The points (i + shift + {0, 1/2})/n are the points (j + 2 shift)/(2n).
        n, shift, means = 2 * n, tuple(2 * x for x in shift), [mean]
        yield n, value, scatter + ROUNDING * scale, scale


def trapezoid(
    problem: Problem, sweep: Sweep, tolerance: Tolerance, least: float, most: int, *, patient: bool
) -> tuple[Estimate, bool]:
    """The estimate, and whether it met the tolerance; unless ``patient`` it gives up early where more cannot help.

    ``most`` bounds the number of points of a grid. ``least`` is the number of points per axis known to be needed:
    copies that agree on coarser grids, as they may for steps not resolved at all, mean nothing. Interruption returns the
    last complete grid.
    """
    best = nothing(problem.size, "interrupted")
    dimension = problem.domain.dimension
    try:
        for n, value, error, scale in refinements(problem, sweep, most):
            excess = float(np.max(error / tolerance.allowed(value, scale), initial=0.0))
            text = f"estimate {excess:.1e} of the tolerance on {n} points per axis"
            best = Estimate(value, error, scale, "converged", text)
            sweep.report(None, "trapezoid: " + text)
            if excess <= 1 and n >= least:
                return best, True
            if not patient and n >= 4 * START[dimension] and _hopeless(best, tolerance, most ** (1 / dimension) / n):
                break
    except KeyboardInterrupt:
        best.status, best.message = "interrupted", "by the user; last complete grid: " + best.message
        return best, False
    best.status = "tolerance not met"
    return best, False


def _hopeless(now: Estimate, tolerance: Tolerance, growth: float) -> bool:
    """Whether the tolerance would be missed even if the number of digits doubled with each doubling left."""
    scale = np.maximum(now.scale, np.finfo(float).tiny)
    wanted = np.log(np.minimum(tolerance.allowed(now.value, now.scale) / scale, 0.5))
    have = np.log(np.clip(now.error / scale, 1e-16, 0.9))
    return bool(np.any(have * 2 ** np.floor(np.log2(max(growth, 1.0))) > wanted))
