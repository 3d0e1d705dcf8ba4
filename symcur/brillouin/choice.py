"""Whether the occupations are smooth on grids one can afford: what ``method="auto"`` decides by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .problem import BandProblem
from .sweep import Sweep
from .trapezoid import OFFSET, grid

PROBE = {1: 64, 2: 24, 3: 10}


@dataclass(frozen=True)
class Sharpness:
    """Whether the occupations are too sharp for affordable grids, why, and the points per axis they need."""

    sharp: bool
    why: str
    points: float


def sharpness(problem: BandProblem, sweep: Sweep, rtol: float, most: int) -> Sharpness:
    """Judge whether the trapezoid rule can reach rtol with a grid of ``most`` points.

    At T = 0 a band is cut by mu if mu lies within its range on a probing grid, widened by the curvature between
    neighbours. At T > 0 the Fermi function has poles at a distance pi T from the real axis of energy: with the
    largest slope |de/du| near mu, n points per axis leave an error exp(-2 pi^2 n T/|de/du|).
    """
    if all(name == "one" for name in problem.weights):
        return Sharpness(False, "no occupation function", 0.0)
    dimension = problem.domain.dimension
    n = PROBE[dimension]
    u = grid(n, dimension, tuple(OFFSET[:dimension]), 0, n**dimension)
    energies = np.concatenate([problem.sample(part)[0] for part in np.array_split(u, max(1, len(u) // 4096))])
    sweep.evaluations += len(u)
    e = energies.reshape(*(n,) * dimension, -1)
    axes = tuple(range(dimension))
    slope = np.max([np.abs(np.roll(e, -1, a) - np.roll(e, 1, a)) * n / 2 for a in axes], axis=0)
    bend = np.sum([np.abs(np.roll(e, -1, a) + np.roll(e, 1, a) - 2 * e) for a in axes], axis=0)
    low, high = (e - bend).min(axis=axes), (e + bend).max(axis=axes)
    mu = problem.mu[:, None]
    if (problem.temperature == 0).any() and ((low < mu) & (mu < high)).any():
        level = problem.mu[int(np.argmax(((low < mu) & (mu < high)).any(axis=1)))]
        return Sharpness(True, f"metal at T = 0: a band is cut by mu = {level:g}, or nearly so", np.inf)
    worst = max(
        (_points_per_axis(e, slope, mu, t, rtol), t) for t in (*problem.temperature[problem.temperature > 0], 1e300)
    )
    if worst[0] > most ** (1 / dimension):
        return Sharpness(True, f"occupations at T = {worst[1]:g} need {worst[0]:.0f} grid points per axis", worst[0])
    return Sharpness(False, "occupations are smooth: insulator, or T large enough", worst[0])


def _points_per_axis(
    e: NDArray[np.float64], slope: NDArray[np.float64], mu: NDArray[np.float64], t: float, rtol: float
) -> float:
    reach = 1.0 / np.prod(e.shape[:-1]) ** (1 / (e.ndim - 1))
    worst = 0.0
    for level in mu[:, 0]:
        near = np.abs(e - level) < slope * reach + 10 * t
        worst = max(worst, float(np.max(slope, where=near, initial=0.0)))
    return float(np.log(10 / rtol) * worst / (2 * np.pi**2 * t))
