"""Uniform meshes for solids: sums over many bands in 1D to 3D at T > 0, where level sets are too expensive.

Two meshes of n^D points are compared, one with a point at k = 0 and one moved by half a spacing along every axis; the value is
their mean. Harmonics that are odd multiples of n along an odd number of axes enter the two with opposite signs, so that the
difference is the error of either. Where symmetries make of the moved one all that lie between, as threefold turns do in 2D, all together
are the mesh of twice as many points per axis, and this is the value. Where the moved one would lose symmetries otherwise, two meshes of points of
odd parity, with all symmetries and other numbers of points, take its place, and the largest difference counts. What enters all alike is watched by a mesh of n/2 + 1
points per axis at another place. Where points fall like random ones, as in metals, this one is worse by 2^(D/2) at least and deviates
by a few times the difference of the others: that much is divided by 2^(D/2). What it deviates more counts in full, since the others
may agree by accident. n is doubled; two meshes are part of those of 2n, and nothing is then evaluated twice.

Single components agree by chance on any few meshes. What all with the same occupation differ by, in parts of the integrals of
their moduli, tells how far off each may be; in 3D, where meshes are too coarse for the difference to fall fast.

Points must see the Fermi surface: n points per axis are enough if energies change by less than a few T between neighbours at mu,
or else if a hundred samples lie within 2 T of mu; otherwise nothing is known and the error is infinite. Features of the bands
narrower than the spacing are found before (``landmarks``) and what they may add counts; in 3D this would cost more than the
meshes, and the message says that they are seen only where points fall on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations, product
from math import gcd
from pathlib import Path

import numpy as np

from symcur.arrays import AnyArray, Array, Mask

from .landmarks import landmarks
from .memory import SIZE, Memory, number_of_bytes
from .mesh_symmetry import MeshSymmetry, symmetry_of
from .method import METHODS, Method, key_of
from .occupation import OCCUPATIONS, columns
from .problem import BandProblem, Problem, SmoothProblem
from .records import Record
from .reduced_meshes import irreducible_mesh
from .solution import ROUNDING, Estimate, Tolerance, nothing
from .sweep import CHUNK, Sweep
from .trapezoid import OFFSET, Probe, on_grid

START = {1: 16, 2: 8, 3: 8}
MANY_BANDS = 8  # beyond, other methods do not come far in 3D, and points are what an integral costs
FEW = 3  # symmetries that are worth a mesh where other grids would do
BANDS_PER_CHUNK = 4  # a chunk of points with more bands is smaller, as its matrices are larger
ENOUGH = 100  # samples within 2 T of mu
COARSEST = 1.0  # the error at which the points per axis that occupations need are counted
POINTS_PER_FEATURE = 2
THIRD = 0.9  # the points per axis of the third mesh, where there are three
TYPICAL = 5  # by how many times their typical difference the mean of a few meshes may be off
VANISHING = 1e-6  # of the largest: components that symmetry forbids
AS_RANDOM = 6  # by how many times their difference coarser meshes deviate where points fall like random ones


@dataclass(frozen=True)
class Level:
    """The value of meshes of about n^D points with its error; ``apart`` is their largest difference alone.

    Together they have ``finest`` points per axis.
    """

    n: int
    finest: int
    value: AnyArray
    error: Array
    scale: Array
    apart: Array


class Mesh(Method):
    """For solids: many bands, T > 0, moderate accuracy. ``points`` per axis fix the mesh, by default it is doubled.

    ``memory``, bytes, bounds what one chunk of momenta takes (each thread works on one), on top of the momenta and sums themselves;
    sums over other chunks differ by rounding. ``record``, the path of a file: what is summed is kept there, and where it exists, the sums go on from it and end at
    bitwise the same numbers. It is left to whoever named it to remove it; where it cannot be written, ``message`` says so.
    """

    name = "mesh"
    description = "uniform meshes at different places"

    def __init__(
        self, points: int | None = None, *, memory: float | None = None, record: str | Path | None = None
    ) -> None:
        if points is not None and (isinstance(points, bool) or not isinstance(points, int | np.integer) or points < 2):
            raise ValueError(f"points: expected an integer >= 2, the points per axis, or None, got {points!r}")
        self.points = None if points is None else int(points)
        self.memory = None if memory is None else number_of_bytes(memory)
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

    def stands_for(self, problem: Problem) -> int:
        """For how many points of a grid one stands by symmetry; 1 unless matrices are so large that points are what it costs."""
        if not isinstance(problem, BandProblem) or problem.states <= MANY_BANDS or problem.has_steps:
            return 1
        symmetry = symmetry_of(problem)
        return 1 if symmetry is None or len(symmetry.matrices) < FEW else len(symmetry.matrices)

    def estimate(self, problem: Problem, sweep: Sweep, tolerance: Tolerance, most: float = np.inf) -> Estimate:
        """On meshes of up to ``most`` points, counted without symmetries. Raises ValueError at a step, where a band is cut by mu at T = 0, and where the memory is too small for one momentum."""
        seen, marks = _Seen(problem), None
        watched = problem.domain.dimension < 3
        if watched:
            marks = landmarks(problem, tolerance.rtol)
        points = _Points(problem, sweep, symmetry_of(problem), self.memory, self.record)
        if self.record is not None:
            self.record.open(points.key(self.points))
        best = replace(nothing(problem.size), method=self.description)
        try:
            for level in self._levels(points, most):
                error, blind = level.error + problem.left_out, ~seen.on(level.n)
                if points.symmetry is not None:
                    error = error + points.symmetry.deviation * points.largest(level.scale)
                if marks is not None:
                    error = error + marks.unresolved(POINTS_PER_FEATURE / level.finest)
                error = np.where(blind, np.inf, error)
                allowed = tolerance.allowed(level.value, level.scale)
                met = error <= allowed
                text = f"{level.finest} points per axis, the meshes differ by {_excess(level.apart, allowed):.1e} of the tolerance"
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
            best = best.saying(points.refused[0]) if points.refused else best
        except KeyboardInterrupt:
            best = best.stopped("mesh")
        return best

    def _levels(self, points: _Points, most: float) -> Iterator[Level]:
        dimension, sweep = points.problem.domain.dimension, points.sweep
        n, whole = self.points or START[dimension], points.symmetry is not None and points.symmetry.covers
        weights = [1, 2**dimension - 1] if whole else None
        # Two meshes and the points between them make the first mesh of twice as many points per axis.
        halves: list[AnyArray] = []
        between: list[Place] = []
        while True:
            *places, coarse = points.places(n)
            others = places[1:] if halves else places
            if not sweep.memory.allows(stored := sum(map(points.stored, [*between, *others, coarse]))):
                points.refused.append(
                    f"memory does not allow {stored:.2g} bytes for the momenta of meshes of {n} points per axis"
                )
                return
            cost = int(sum(map(points.cost, [*between, *others, coarse])))
            if n**dimension > most or not sweep.affords(cost):
                return
            first = [np.average([*halves, *map(points.mean, between)], axis=0, weights=weights)] if halves else []
            means = [*first, *map(points.mean, others)]
            value, scale = np.average(means, axis=0, weights=weights)
            scale, apart = np.abs(scale), np.max([np.abs(a[0] - b[0]) for a, b in combinations(means, 2)], axis=0)
            off = np.abs(points.mean(coarse)[0] - value)
            off = np.maximum(off * 2 ** (-dimension / 2), off - AS_RANDOM * apart)
            error = np.maximum.reduce([apart, off, points.typical(off, scale), TYPICAL * points.typical(apart, scale)])
            yield Level(n, 2 * n if whole else n, value, error + ROUNDING * scale, scale, apart)
            if self.points is not None:
                return
            halves, between = [], []
            if len(places) == 2:
                _, *inner, _ = product((0.0, 0.5), repeat=dimension)
                halves, between = means, [] if whole else [Place(n, shift) for shift in inner]
            n *= 2


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
        """Which components meshes of n^D points can judge, shape (size)."""
        seen = (self._needed <= n) | (2 * n**self.dimension * self._near >= ENOUGH)
        return np.array(np.broadcast_to(seen, self.shape).ravel(), dtype=bool)


def _excess(error: Array, allowed: Array) -> float:
    return float(np.max(error / allowed, initial=0.0))


@dataclass(frozen=True)
class Place:
    """The points (m + shift)/n; with a ``parity`` c those of odd c.m, half as many."""

    n: int
    shift: tuple[float, ...]
    parity: tuple[int, ...] | None = None

    @property
    def count(self) -> float:
        return float(self.n ** len(self.shift)) / (1 if self.parity is None else 2)


@dataclass(frozen=True)
class _Points:
    """Sums over meshes, over one of each orbit where the integrand has symmetries."""

    problem: Problem
    sweep: Sweep
    symmetry: MeshSymmetry | None
    memory: float | None = None
    record: Record | None = None
    known: dict[Place, tuple[Array, AnyArray]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def summed(self) -> Problem:
        """The integrand, or where it has symmetries what of it does not cancel, with what stands for it at other points of an orbit."""
        return self.problem if self.symmetry is None else self.symmetry.problem

    @property
    def chunk(self) -> int:
        """How many momenta are evaluated together."""
        problem, each = self.summed, self.summed.bytes_of_a_point
        bands = 1 if isinstance(problem, SmoothProblem) else problem.count
        most = max(64, int(CHUNK * min(1.0, (BANDS_PER_CHUNK / bands) ** 2)))
        if self.memory is not None:
            most = Memory(self.memory, least=0).fit(each, most, "one momentum", 1)
        return self.sweep.memory.fit(each, most, "one momentum")

    def key(self, n: int | None) -> str:
        """A digest of the sums and of how the momenta are taken together."""
        return key_of(self.problem, n, self.chunk, [] if self.symmetry is None else self.symmetry.matrices.tolist())

    def places(self, n: int) -> tuple[Place, ...]:
        """Meshes of about n^D points, the first with k = 0 and all of n, which share no point with it; and a coarser one elsewhere.

        There is one more, moved by half a spacing. Where this costs symmetries that the points of odd parity have, there are two of these,
        with n chosen so that what one mesh takes for constants the others do not. The coarse one lies at a generic place without symmetries.
        """
        D, coarse = self.problem.domain.dimension, n // 2 + 1
        centre, between = (0.0,) * D, (0.5,) * D
        if self.symmetry is None:
            return Place(n, centre), Place(n, between), Place(coarse, tuple(OFFSET[:D]))
        if self.symmetry.covers or (parity := self.symmetry.parity) is None:
            return Place(n, centre), Place(n, between), Place(coarse, between)
        # Odd halves have momenta like L, even ones none; those of even n are all in the first mesh.
        halves: tuple[int, ...] = ()
        for about, odd in ((n, n % 2), (THIRD * n, 1 - n % 2), (coarse, 0)):
            halves += (_half(about, D, odd, n, halves),)
        return Place(n, centre), *(Place(2 * half, centre, parity) for half in halves)

    def cost(self, place: Place) -> float:
        """How many points have to be evaluated; at least so many where these are too many."""
        if self.symmetry is None:
            return place.count
        least = place.count / len(self.symmetry.of_mesh(place.n, place.shift))
        return len(self.momenta(self.symmetry, place)[0]) if self.sweep.affords(int(least)) else least

    def stored(self, place: Place) -> float:
        """How many bytes its momenta take at least, where they have to be kept."""
        if self.symmetry is None or place in self.known:
            return 0.0
        return SIZE * (len(place.shift) + 1) * place.count / len(self.symmetry.of_mesh(place.n, place.shift))

    def momenta(self, symmetry: MeshSymmetry, place: Place) -> tuple[Array, AnyArray]:
        """One point of each orbit, as fractions (P, D), and how many each stands for."""
        if place not in self.known:
            group = symmetry.of_mesh(place.n, place.shift)
            mesh = irreducible_mesh(group, (place.n,) * len(place.shift), place.shift, place.parity)
            self.known[place] = mesh.points, mesh.weights
            self.sweep.memory.keep(mesh.points.nbytes + mesh.weights.nbytes)
        return self.known[place]

    def typical(self, deviation: Array, scale: Array) -> Array:
        """What all components with the same occupation in 3D deviate by at the same mu and T, root mean square in parts of their scales.

        One of many components agrees by chance on any few meshes; all of them do not.
        """
        if self.problem.tensors is None or self.problem.domain.dimension < 3:
            return np.zeros_like(deviation)
        allowed = scale > VANISHING * self.largest(scale)  # of others rounding is all there is, and deviates by as much
        part = np.where(allowed, deviation / np.where(allowed, scale, 1), 0).reshape(-1, self.problem.together)
        counts = allowed.reshape(part.shape)
        typical = np.empty(part.shape)
        for which in columns(self.problem.weights).values():
            counted = np.maximum(counts[:, which].sum(axis=1, keepdims=True), 1)
            typical[:, which] = np.sqrt((part[:, which] ** 2).sum(axis=1, keepdims=True) / counted)
        return np.asarray(typical.ravel() * scale)

    def largest(self, scale: Array) -> Array:
        """The largest scale of each tensor, for each of its components: those that its symmetry forbids have none of their own."""
        if self.problem.tensors is None:
            return scale
        found = scale.reshape(-1, sum(self.problem.tensors)).copy()
        for tensor in _of_tensors(self.problem.tensors):
            found[:, tensor] = found[:, tensor].max(axis=1, keepdims=True)
        return found.ravel()

    def mean(self, place: Place) -> AnyArray:
        """The mean over the points of the integrand and of its modulus, shape (2, size)."""
        chunk, text = self.chunk, f"mesh, {place.n} points per axis"
        if self.symmetry is None:
            tasks = on_grid(self.problem, place.n, place.shift, chunk)
            return np.asarray(self.sweep.total(str(place), *tasks, text, self.record) / place.count)
        u, weights = self.momenta(self.symmetry, place)
        arguments = [(u[i : i + chunk], weights[i : i + chunk]) for i in range(0, len(u), chunk)]
        points = [len(some) for some, _ in arguments]
        total = self.sweep.total(str(place), partial(_sum, self.summed), arguments, points, text, self.record)
        self.sweep.memory.keep(-u.nbytes - weights.nbytes)
        del self.known[place]  # every mesh is summed once
        # A mesh that has only some of the symmetries stands for all those that the others make of it.
        return self.symmetry.average(total / place.count)


def _of_tensors(sizes: list[int]) -> list[AnyArray]:
    """The numbers of the columns of each tensor."""
    return np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])


def _half(about: float, dimension: int, odd: int, n: int, others: tuple[int, ...]) -> int:
    """Half of the points per axis of a mesh of which those of odd parity are about about^D: odd or even, none of the others, and with
    few divisors in common with them and n.
    """
    half = about * 2 ** (1 / dimension) / 2
    allowed = sorted(
        (m for m in range(1, int(half) + 6) if m % 2 == odd and m not in others), key=lambda m: abs(m - half)
    )
    near = [m for m in allowed if abs(m - half) <= half / 5] or allowed[:1]
    return min(near, key=lambda m: max(gcd(m, other) for other in (n, *others)))


def _sum(problem: Problem, argument: tuple[Array, Array | None]) -> AnyArray:
    return problem.sums(*argument)
