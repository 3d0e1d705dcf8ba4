"""The periodic trapezoid rule with doubling: exponentially convergent for smooth periodic integrands.

A grid of n^D points, displaced to a generic position, is refined to (2n)^D by adding its 2^D - 1 copies shifted
by half a spacing; nothing is evaluated twice. The error of the finer sum is judged from the scatter of the
copies: each is an n^D rule of its own, so the largest of their deviations from the mean, D_n, bounds the
error of the coarser rule even where one copy agrees by accident. It is the estimate. For analytic integrands
errors square when n doubles, so it is generous; but a gain taken for granted would be lost where a weak narrow
feature hides behind a strong smooth one. All copies alias the harmonics that are multiples of the first n, and the two of
one axis have errors +-cos(phi) of one harmonic, which may vanish by chance; so two grids with n/2 + 1 points per axis,
incommensurate with them and a quarter of a spacing apart, cos(phi) and sin(phi), must agree as well before a result is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from symcur.arrays import AnyArray, Array

from .landmarks import landmarks
from .method import METHODS, Method
from .occupation import OCCUPATIONS
from .problem import BandProblem, Problem, SmoothProblem
from .records import Record
from .solution import ROUNDING, Estimate, Tolerance, nothing
from .sweep import CHUNK, Sweep

START = {1: 16, 2: 8, 3: 6}
OFFSET = np.array([0.3819660112501051, 0.2360679774997897, 0.1458980337503154])


def _partial_sum(problem: Problem, argument: tuple[int, tuple[float, ...], int, int]) -> AnyArray:
    """The sum over points start..stop (row-major order) of the n^D grid displaced by shift."""
    n, shift, start, stop = argument
    return problem.sums(problem.domain.grid_between(n, shift, start, stop) % 1.0)


def _copy(problem: Problem, sweep: Sweep, n: int, shift: tuple[float, ...]) -> AnyArray:
    points = n**problem.domain.dimension
    chunk = sweep.memory.fit(problem.bytes_of_a_point, min(CHUNK, points), "one momentum")
    text = f"trapezoid, {n} points per axis"
    return np.asarray(sweep.total(text, *on_grid(problem, n, shift, chunk), text) / points)


def on_grid(
    problem: Problem, n: int, shift: tuple[float, ...], chunk: int
) -> tuple[Callable[[Any], AnyArray], list[tuple[int, tuple[float, ...], int, int]], list[int]]:
    """The sum over the n^D grid displaced by shift as tasks of so many points: a function, its arguments, the points of each."""
    points = n**problem.domain.dimension
    arguments = [(n, shift, start, min(start + chunk, points)) for start in range(0, points, chunk)]
    return partial(_partial_sum, problem), arguments, [stop - start for _, _, start, stop in arguments]


def refinements(
    problem: Problem, sweep: Sweep, most: int, record: Record | None = None
) -> Iterator[tuple[int, AnyArray, Array, Array]]:
    """Yields n, value, error and scale for n = START, 2 START, ... while n^D <= most, from where the ``record`` is on."""
    dimension = problem.domain.dimension
    n, shift = START[dimension], tuple(OFFSET[:dimension])
    known = [] if record is None else record.arrays("trapezoid", "points")
    if known:
        done, sweep.evaluations = map(int, known.pop())
        while n < done:
            n, shift = 2 * n, tuple(2 * x for x in shift)
    means = known or [_copy(problem, sweep, n, shift)]
    while (2 * n) ** dimension <= most and sweep.affords((2 * n) ** dimension - n**dimension):
        if record is not None:
            record.keep_all(n, {"trapezoid": means[0], "points": np.array([n, sweep.evaluations])})
        halves = [h for h in product((0.0, 0.5), repeat=dimension) if any(h)]
        means += [_copy(problem, sweep, n, tuple(np.add(shift, h))) for h in halves]
        mean = np.mean(means, axis=0)
        value, scale = mean[0], np.abs(mean[1])
        scatter = np.max([np.abs(m[0] - value) for m in means], axis=0)
        # The points (i + shift + {0, 1/2})/n are the points (j + 2 shift)/(2n).
        n, shift, means = 2 * n, tuple(2 * x for x in shift), [mean]
        yield n, value, scatter + ROUNDING * scale, scale


class Trapezoid(Method):
    """For periodic domains and smooth integrands: insulators, or temperatures that smear the Fermi surface."""

    name = "trapezoid"
    description = "periodic trapezoid with doubling"

    def obstacle(self, problem: Problem) -> str:
        if not all(problem.domain.periodic):
            return f"the trapezoid rule needs a periodic domain, this is {problem.domain.description}"
        return ""

    def estimate(self, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> Estimate:
        """Grids are doubled until the tolerance or the limit of evaluations is met. Raises ValueError at a step (T = 0)."""
        occupations = sharpness(problem, tolerance.rtol, sweep.max_evaluations)
        if occupations.points == np.inf:
            raise ValueError(
                f"method: expected one that can integrate a step ({occupations.why}), got 'trapezoid'; 'patches' and 'auto' can"
            )
        return self.attempt(problem, sweep, tolerance, occupations.points, sweep.max_evaluations, patient=True)

    def attempt(
        self, problem: Problem, sweep: Sweep, tolerance: Tolerance, least: float, most: int, *, patient: bool
    ) -> Estimate:
        """The estimate; unless ``patient`` it gives up early where more cannot help.

        ``most`` bounds the number of points of a grid. ``least`` is the number of points per axis known to be needed:
        copies that agree on coarser grids, as they may for steps not resolved at all, mean nothing. Interruption returns the
        last complete grid.
        """
        best = replace(nothing(problem.size), method=self.description)
        dimension = problem.domain.dimension
        self.open_record(problem, sweep, tolerance)
        try:
            for n, value, error, scale in refinements(problem, sweep, most, self.record):
                excess = float(np.max(error / tolerance.allowed(value, scale), initial=0.0))
                text = f"estimate {excess:.1e} of the tolerance on {n} points per axis"
                best = Estimate(value, error, scale, np.zeros(len(error), bool), text, self.description)
                sweep.report(None, "trapezoid: " + text)
                if excess <= 1 and n >= least:
                    error = error + problem.left_out
                    for quarter in (0.0, 0.25):
                        other = _copy(problem, sweep, n // 2 + 1, tuple(OFFSET[:dimension] + quarter))[0]
                        error = np.maximum(error, np.abs(other - value) + problem.left_out)
                        best = replace(best, error=error, met=error <= tolerance.allowed(value, scale))
                        if not best.met.all():
                            break
                    else:
                        return best
                enough = most ** (1 / dimension) / n
                if not patient and n >= 4 * START[dimension] and _hopeless(best, tolerance, enough):
                    break
        except KeyboardInterrupt:
            return best.stopped("grid")
        return best


TRAPEZOID = Trapezoid()
METHODS.add(TRAPEZOID)


def _hopeless(now: Estimate, tolerance: Tolerance, growth: float) -> bool:
    """Whether the tolerance would be missed even if the number of digits doubled with each doubling left."""
    scale = np.maximum(now.scale, np.finfo(float).tiny)
    with np.errstate(over="ignore"):
        wanted = np.log(np.minimum(tolerance.allowed(now.value, now.scale) / scale, 0.5))
    have = np.log(np.clip(now.error / scale, 1e-16, 0.9))
    return bool(np.any(have * 2 ** np.floor(np.log2(max(growth, 1.0))) > wanted))


# -- are the occupations smooth enough? --------------------------------------------------------------------------------
# Copies of a grid that scatter less than the tolerance have seen a feature of bands with so many points in it, and a peak of a
# function, all of which is sampled, with fewer.
POINTS_PER_FEATURE, POINTS_PER_PEAK = 2, 0.5
PROBE = {1: 64, 2: 24, 3: 10}


@dataclass(frozen=True)
class Sharpness:
    """Whether the occupations are too sharp for affordable grids, why, and the points per axis they need."""

    sharp: bool
    why: str
    points: float


def sharpness(problem: Problem, rtol: float, most: int) -> Sharpness:
    """Judge whether the trapezoid rule can reach rtol with a grid of ``most`` points.

    At T = 0 a band is cut by mu if mu lies within its range on a probing grid, widened by the curvature between
    neighbours. At T > 0 the Fermi function has poles at mu +- i pi T: with the slope |de/du| at an energy e near mu, n points
    per axis leave an error exp(-2 pi n |e - mu - i pi T|/|de/du|).
    """
    smooth = isinstance(problem, SmoothProblem)
    marks, largest = landmarks(problem, rtol), most ** (1 / problem.domain.dimension)
    features = (POINTS_PER_PEAK if smooth else POINTS_PER_FEATURE) / marks.shortest
    what = "a peak" if smooth else "bands that come close, or an occupied pocket,"
    need, why = features, f"{what} within {marks.shortest:.1e} of the zone"
    if not isinstance(problem, SmoothProblem) and features <= largest:
        need, why = max((need, why), _occupations(problem, rtol))
    if need <= largest:
        why = "periodic integrand" if smooth else "occupations are smooth: insulator, or T large enough"
    elif need < np.inf:
        why += f" need {need:.0f} grid points per axis"
    return Sharpness(need > largest, why, need)


def _occupations(problem: BandProblem, rtol: float) -> tuple[float, str]:
    """The points per axis that occupations need, infinitely many where a band is cut at T = 0, and why."""
    if all(OCCUPATIONS.get(name).constant for name in problem.weights):
        return 0.0, "no occupation function"
    probe = Probe.of(problem)
    level = probe.cut(problem)
    if level is not None:
        return np.inf, f"metal at T = 0: a band is cut by mu = {level:g}, or nearly so"
    warm = [*problem.temperature[problem.temperature > 0], 1e300]
    points = [max(probe.points_per_axis(mu, t, rtol) for mu in problem.mu) for t in warm]
    return max(points), f"occupations at T = {warm[int(np.argmax(points))]:g}"


@dataclass(frozen=True)
class Probe:
    """Energies on a coarse mesh, shape (M, N), by how much they change along the zone, and how far they may be off between points.

    ``reach`` is the spacing in units of the zone.
    """

    energies: Array
    slope: Array
    bend: Array
    reach: float

    @classmethod
    def of(cls, problem: BandProblem) -> Probe:
        dimension = problem.domain.dimension
        n = PROBE[dimension]
        u = problem.domain.grid(n, OFFSET[:dimension]).reshape(-1, dimension)
        e = problem.energies(u).reshape(*(n,) * dimension, -1)
        axes = range(dimension)
        slope = np.max([np.abs(np.roll(e, -1, a) - np.roll(e, 1, a)) * n / 2 for a in axes], axis=0)
        bend = np.sum([np.abs(np.roll(e, -1, a) + np.roll(e, 1, a) - 2 * e) for a in axes], axis=0)
        energies, slope, bend = (x.reshape(-1, problem.count) for x in (e, slope, bend))
        return cls(energies, slope, bend, 1 / n)

    def cut(self, problem: BandProblem) -> float | None:
        """A mu that cuts a band, or nearly so, where there is T = 0."""
        low, high = (self.energies - self.bend).min(axis=0), (self.energies + self.bend).max(axis=0)
        mu = problem.mu[:, None]
        cut = ((low < mu) & (mu < high)).any(axis=1)
        return float(problem.mu[int(np.argmax(cut))]) if problem.has_steps and cut.any() else None

    def points_per_axis(self, mu: float, t: float, rtol: float) -> float:
        """How many points per axis leave an error rtol where the Fermi function of this mu and t > 0 is continued to its pole."""
        distance = np.maximum(np.abs(self.energies - mu) - self.slope * self.reach, 0.0)
        steepness = self.slope / np.hypot(distance, np.pi * t)
        worst = float(np.max(steepness, where=distance < 10 * t, initial=0.0))
        return float(np.log(10 / rtol) * worst / (2 * np.pi))

    def within(self, mu: float, width: float) -> float:
        """How many states of a point lie within ``width`` of mu, on average; between points energies are taken to be linear."""
        half = self.slope * self.reach / 2 + np.finfo(float).tiny
        low, high = (np.clip(mu + x - self.energies, -half, half) for x in (-width, width))
        return float(((high - low) / (2 * half)).sum(axis=1).mean())
