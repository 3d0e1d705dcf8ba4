"""Uniform meshes for solids: sums over many bands in 1D to 3D at T > 0, where level sets are too expensive.

Two meshes of n^D points are compared, one with a point at k = 0 and one moved by half a spacing along every axis; the value is
their mean. Harmonics that are odd multiples of n along an odd number of axes enter the two with opposite signs, so that the
difference is the error of either. What enters both alike is watched by a mesh of n/2 + 1 points per axis at another place. Where
points fall like random ones, as in metals, this one is worse by 2^(D/2) at least and deviates by a few times the difference of the
two: that much is divided by 2^(D/2). What it deviates more counts in full, since the two may agree by accident. n is doubled,
nothing is evaluated twice.

Points must see the Fermi surface: n points per axis are enough if energies change by less than a few T between neighbours at mu,
or else if a hundred samples lie within 2 T of mu; otherwise nothing is known and the error is infinite. Features of the bands
narrower than the spacing are found before (``landmarks``) and what they may add counts; in 3D this would cost more than the
meshes, and the message says that they are seen only where points fall on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from symcur.arrays import AnyArray, Array, Mask
from symcur.version import __version__

from .landmarks import landmarks
from .mesh_symmetry import MeshSymmetry, mesh_symmetry
from .method import METHODS, Method
from .occupation import OCCUPATIONS
from .problem import BandProblem, Problem, SmoothProblem
from .records import Record
from .solution import ROUNDING, Estimate, Tolerance, nothing
from .sweep import CHUNK, Sweep
from .trapezoid import OFFSET, Probe

START = {1: 16, 2: 8, 3: 8}
MANY_BANDS = 8  # beyond, other methods do not come far in 3D
BANDS_PER_CHUNK = 4  # a chunk of points with more bands is smaller, as its matrices are larger
PLACES = 4  # momenta at which the integrand tells two integrals apart
COPIES, MATRICES = 5, 200  # of the values and occupations, and of real matrices between bands, that are there at a time
ENOUGH = 100  # samples within 2 T of mu
COARSEST = 1.0  # the error at which the points per axis that occupations need are counted
POINTS_PER_FEATURE = 2
AS_RANDOM = 6  # by how many times their difference coarser meshes deviate where points fall like random ones


@dataclass(frozen=True)
class Level:
    """The value of two meshes of n^D points with its error; ``apart`` is their difference alone."""

    n: int
    value: AnyArray
    error: Array
    scale: Array
    apart: Array


class Mesh(Method):
    """For solids: many bands, T > 0, moderate accuracy. ``points`` per axis fix the mesh, by default it is doubled.

    ``memory``, bytes, bounds what one chunk of momenta takes (each thread works on one), on top of the momenta and sums themselves;
    sums over other chunks differ by rounding. ``record``, the path of a file: what is summed is kept there, and where it exists, the sums go on from it and end at
    bitwise the same numbers. It is left to whoever named it to remove it.
    """

    name = "mesh"
    description = "two uniform meshes, one moved by half a spacing"

    def __init__(
        self, points: int | None = None, *, memory: float | None = None, record: str | Path | None = None
    ) -> None:
        if points is not None and (isinstance(points, bool) or not isinstance(points, int | np.integer) or points < 2):
            raise ValueError(f"points: expected an integer >= 2, the points per axis, or None, got {points!r}")
        if memory is not None and not 0 < memory < np.inf:
            raise ValueError(f"memory: expected a number of bytes, or None, got {memory!r}")
        self.points, self.memory = None if points is None else int(points), memory
        self.record = None if record is None else Record(record)

    def __repr__(self) -> str:
        return f"Mesh(points={self.points})"

    def obstacle(self, problem: Problem) -> str:
        if not all(problem.domain.periodic):
            return f"a mesh needs a periodic domain, this is {problem.domain.description}"
        return ""

    def suits(self, problem: BandProblem) -> bool:
        """Whether there are so many bands in 3D that other methods do not come far, and no step to integrate."""
        return problem.domain.dimension == 3 and problem.count > MANY_BANDS and not problem.has_steps

    def estimate(self, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> Estimate:
        """Raises ValueError at a step: where a band is cut by mu at T = 0."""
        seen, marks = _Seen(problem), None
        watched = problem.domain.dimension < 3
        if watched:
            marks = landmarks(problem, tolerance.rtol)
        points = _Points(problem, sweep, mesh_symmetry(problem), self.memory, self.record)
        if self.record is not None:
            self.record.open(points.key(self.points))
        best = replace(nothing(problem.size), method=self.description)
        try:
            for level in self._levels(points):
                error, blind = level.error + problem.left_out, ~seen.on(level.n)
                if points.symmetry is not None:
                    error = error + points.symmetry.deviation * level.scale
                if marks is not None:
                    error = error + marks.unresolved(POINTS_PER_FEATURE / level.n)
                error = np.where(blind, np.inf, error)
                allowed = tolerance.allowed(level.value, level.scale)
                met = error <= allowed
                text = f"{level.n} points per axis, the two meshes differ by {_excess(level.apart, allowed):.1e} of the tolerance"
                if blind.any():
                    text += f"; {seen.why}"
                if points.symmetry is not None:
                    text += f"; {len(points.symmetry.matrices)} symmetries used"
                if not watched:
                    text += f"; what is narrower than 1/{level.n} of the zone shows only where points fall on it"
                best = Estimate(level.value, error, level.scale, met, text, self.description)
                sweep.report(None, f"mesh: {text}")
                if met.all():
                    break
        except KeyboardInterrupt:
            return best.stopped("mesh")
        finally:
            if self.record is not None:
                self.record.write()
        return best

    def _levels(self, points: _Points) -> Iterator[Level]:
        dimension, sweep = points.problem.domain.dimension, points.sweep
        n = self.points or START[dimension]
        shifts = list(product((0.0, 0.5), repeat=dimension))  # the first and the last are the two meshes
        cost = 2 * n**dimension + (n // 2 + 1) ** dimension
        means: dict[tuple[float, ...], AnyArray] = {}
        while sweep.affords(cost):
            means |= {shift: points.mean(n, shift) for shift in (shifts[0], shifts[-1]) if shift not in means}
            (central, scale), (moved, more) = means[shifts[0]], means[shifts[-1]]
            value, scale, apart = (central + moved) / 2, np.abs(scale + more) / 2, np.abs(central - moved)
            off = np.abs(points.mean(n // 2 + 1, points.elsewhere)[0] - value)
            off = np.maximum(off * 2 ** (-dimension / 2), off - AS_RANDOM * apart)
            yield Level(n, value, np.maximum(apart, off) + ROUNDING * scale, scale, apart)
            cost = (2 * n) ** dimension * 2 - 2 * n**dimension + (n + 1) ** dimension
            if self.points is not None or not sweep.affords(cost):
                return
            means |= {shift: points.mean(n, shift) for shift in shifts[1:-1]}
            means, n, cost = {shifts[0]: np.mean(list(means.values()), axis=0)}, 2 * n, 0


MESH = Mesh()
METHODS.add(MESH)


class _Seen:
    """Which components meshes can judge: whose occupations turn on the scale of the spacing, or often enough."""

    def __init__(self, problem: Problem) -> None:
        self._needed = self._near = np.zeros((1, 1))
        self.dimension, self.shape, self.why = problem.domain.dimension, (1, problem.size), ""
        if isinstance(problem, SmoothProblem) or all(OCCUPATIONS.get(name).constant for name in problem.weights):
            return
        probe = Probe.of(problem)
        level = probe.cut(problem)
        if level is not None:
            raise ValueError(
                f"method: expected one that can integrate a step (a band is cut by mu = {level:g} at T = 0), got 'mesh'; "
                "'patches' and 'auto' can"
            )
        self.shape = (len(problem.mu) * len(problem.temperature), problem.together)
        pairs = list(product(problem.mu, problem.temperature))
        needed = [probe.points_per_axis(mu, t, COARSEST) if t > 0 else 0.0 for mu, t in pairs]
        self._needed, self._near = np.array([needed]).T, np.array([[probe.within(mu, 2 * t) for mu, t in pairs]]).T
        worst = int(np.argmax(self._needed))
        self.why = f"T = {pairs[worst][1]:g} needs {self._needed[worst, 0]:.0f} points per axis"

    def on(self, n: int) -> Mask:
        """Which components two meshes of n^D points can judge, shape (size)."""
        seen = (self._needed <= n) | (2 * n**self.dimension * self._near >= ENOUGH)
        return np.array(np.broadcast_to(seen, self.shape).ravel(), dtype=bool)


def _excess(error: Array, allowed: Array) -> float:
    return float(np.max(error / allowed, initial=0.0))


@dataclass(frozen=True)
class _Points:
    """Sums over meshes of n^D points, over one of each orbit where the integrand has symmetries."""

    problem: Problem
    sweep: Sweep
    symmetry: MeshSymmetry | None
    memory: float | None = None
    record: Record | None = None

    @property
    def chunk(self) -> int:
        """How many momenta are evaluated together."""
        bands, numbers = 1, COPIES * self.problem.size
        if not isinstance(self.problem, SmoothProblem):
            bands = self.problem.count
            numbers = COPIES * bands * (self.problem.together + len(self.problem.mu)) + MATRICES * bands**2
        usual = max(64, int(CHUNK * min(1.0, (BANDS_PER_CHUNK / bands) ** 2)))
        return usual if self.memory is None else max(1, min(usual, int(self.memory / (8 * numbers))))

    def key(self, n: int | None) -> str:
        """A digest of the sums: the integrand at a few momenta, bit by bit, its occupations, and how the momenta are taken together."""
        problem, matrices = self.problem, [] if self.symmetry is None else self.symmetry.matrices.tolist()
        digest = hashlib.sha256(repr((__version__, problem.shape, n, self.chunk, matrices)).encode())
        u = np.random.default_rng(97).uniform(size=(PLACES, problem.domain.dimension))
        arrays: list[AnyArray] = [*problem.domain.map(u)]
        if isinstance(problem, SmoothProblem):
            arrays.append(problem.sample(u))
        else:
            digest.update(repr((problem.weights, getattr(problem.bands, "decided_by", ""))).encode())
            arrays += [problem.mu, problem.temperature, *problem.sample(u, probe=True)]
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @property
    def elsewhere(self) -> tuple[float, ...]:
        """Where the third mesh lies: at a generic place, which has no symmetry, or else between."""
        dimension = self.problem.domain.dimension
        return tuple(OFFSET[:dimension]) if self.symmetry is None else (0.5,) * dimension

    def mean(self, n: int, shift: tuple[float, ...]) -> AnyArray:
        """The mean over the points (j + shift)/n of the integrand and of its modulus, shape (2, size)."""
        symmetry = None if self.symmetry is None else self.symmetry.of_mesh(n, shift)
        if symmetry is None or len(symmetry.matrices) == 1:
            u, weights = self.problem.domain.grid(n, shift).reshape(-1, self.problem.domain.dimension), None
        else:
            u, weights = symmetry.points(n, shift)
        places = [slice(start, start + self.chunk) for start in range(0, len(u), self.chunk)]
        arguments = [(u[place], None if weights is None else weights[place]) for place in places]
        total = self.sweep.total(
            f"{n} points per axis, moved by {shift}",
            partial(_sum, self.problem),
            arguments,
            [len(some) for some, _ in arguments],
            f"mesh, {n} points per axis",
            self.record,
        )
        total = total / n**self.problem.domain.dimension
        # A mesh that has only some of the symmetries stands for all those that the others make of it.
        return total if self.symmetry is None else self.symmetry.average(total)


def _sum(problem: Problem, argument: tuple[Array, Array | None]) -> AnyArray:
    return problem.sums(*argument)
