"""Domains that symmetries take to themselves: the integral over a wedge stands for the whole.

Of balls, rotations about the axis of the angles, mirrors that hold it, and turns of it upside down are tried one by one, of cells
k -> -k: energies stay, and each component becomes one of them, with a sign. Time reversal counts like any other. What holds at
random momenta holds everywhere where nothing of H is hidden between samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symcur.arrays import Array

from .between_samples import narrow_places
from .cells import Landmarks
from .domains import Ball, Domain, LatticeCell
from .landmarks import landmarks
from .problem import BandProblem, Bands, Problem, SmoothProblem

POINTS, MOST = 24, 100  # at which symmetries are tried, and components for which they are
SAME, NOTHING = 1e-9, 1e-13  # of a component, of the largest one
ROUNDED = 1e-12  # of the energies
START = 0.0721359549995793  # of a turn: where a wedge begins that no mirror bounds
NEAR = 0.25  # a quarter of a box: so far beyond a face landmarks still ask for small ones
SPACING = 1 / 24
FLAT = 1e-2  # of the range of the energies
ROTATIONS = (4, 2)  # others mix components
MIRRORS = (0.0, 0.5, 0.25, 0.75)  # phi -> turn - phi
UPSIDE_DOWN = ((1, 0.0), (1, 0.5), (-1, 0.0), (-1, 0.5))  # theta -> pi - theta, phi -> sign phi + turn


@dataclass(frozen=True)
class Operation:
    """On the unit cube of a ball: the azimuth u becomes sign u + turn, the polar angle, where it is turned over, 1 - u."""

    sign: int
    turn: float
    over: bool = False

    def __call__(self, u: Array) -> Array:
        moved = u.copy()
        moved[:, -1] = (self.sign * u[:, -1] + self.turn) % 1.0
        if self.over:
            moved[:, 1] = 1 - u[:, 1]
        return moved


class Wedge(Domain):
    """The box low + size [0, 1]^D of the unit cube of a domain, with the Jacobian of this part."""

    def __init__(self, domain: Domain, low: Array, size: Array) -> None:
        self.domain, self.low, self.size = domain, low, size
        self.dimension, self.description = domain.dimension, domain.description
        self.periodic = tuple(bool(p and s == 1) for p, s in zip(domain.periodic, size, strict=True))
        self.parts = round(1 / size.prod())

    def map(self, u: Array) -> tuple[Array, Array]:
        k, jacobian = self.domain.map(self.low + self.size * u)
        return k, jacobian * self.size.prod()

    def hull(self, u: Array, size: Array) -> Array:
        return self.domain.hull(self.low + self.size * u, self.size * size)


class Folded:
    """Bands with the sum over all images of a momentum: the values are multiplied with a matrix (C, C)."""

    def __init__(self, problem: BandProblem, matrix: Array) -> None:
        self.bands, self.matrix, self._probe, self._roughly = problem.bands, matrix, problem.probe, problem.roughly
        self._signs = np.diag(matrix) if np.array_equal(matrix, np.diag(np.diag(matrix))) else None
        for name in ("energies", "generic_energies"):
            if hasattr(self.bands, name):
                setattr(self, name, getattr(self.bands, name))

    def __call__(self, k: Array) -> tuple[Array, Array]:
        return self._folded(self.bands, k)

    def probe(self, k: Array) -> tuple[Array, Array]:
        return self._folded(self._probe, k)

    def roughly(self, k: Array) -> tuple[Array, Array]:
        return self._folded(self._roughly, k)

    def _folded(self, bands: Bands, k: Array) -> tuple[Array, Array]:
        energies, values = (np.asarray(part) for part in bands(k))
        return energies, values @ self.matrix.T if self._signs is None else values * self._signs


def within_wedge(problem: Problem) -> tuple[Problem, str]:
    """The same integral over a wedge, if symmetries take the ball to itself, and how many wedges there are in words."""
    domain = problem.domain
    if isinstance(problem, SmoothProblem) or not isinstance(domain, Ball) or domain.dimension == 1:
        return problem, ""
    rotations, mirrors = [Operation(1, 1 / n) for n in ROTATIONS], [Operation(-1, turn) for turn in MIRRORS]
    over = [Operation(*how, over=True) for how in UPSIDE_DOWN] if domain.dimension == 3 else []
    found = _symmetries(problem, [*rotations, *mirrors, *over])
    if not found:
        return problem, ""
    rotation, mirror, turned = (
        next((one for one in kind if one in found), None) for kind in (rotations, mirrors, over)
    )
    low, size, matrix = np.zeros(domain.dimension), np.ones(domain.dimension), np.eye(len(problem.weights))
    if rotation is not None:
        low[-1], size[-1] = START, rotation.turn
        matrix = np.sum([np.linalg.matrix_power(found[rotation], j) for j in range(round(1 / rotation.turn))], axis=0)
    if mirror is not None:
        low[-1], size[-1] = mirror.turn / 2, size[-1] / 2
        matrix = matrix + found[mirror] @ matrix
    if turned is not None:
        size[1] = 0.5
        matrix = matrix + found[turned] @ matrix
    folded = problem.with_bands(Folded(problem, matrix), problem.weights)
    wedge = Wedge(domain, low, size)
    return folded.on(wedge), f"; one of {wedge.parts} wedges that symmetries make alike"


@dataclass(frozen=True)
class Flip:
    """On the unit cube of a cell: each fraction, or minus it."""

    signs: tuple[int, ...]

    def __call__(self, u: Array) -> Array:
        return u * self.signs % 1.0


def part_of_cell(problem: Problem, rtol: float) -> Problem:
    """The same integral over [0, 1/2] along each axis of a cell along which a change of signs makes the halves alike, with its landmarks.

    Faces lie across axes along which no band is flat, as a level set that lies in a face would not be seen.
    """
    marks = landmarks(problem, rtol)
    domain, D = problem.domain, problem.domain.dimension
    if isinstance(problem, SmoothProblem) or not isinstance(domain, LatticeCell):
        return problem
    axes = _without_flat_faces(problem)
    found = _symmetries(problem, [Flip(signs) for signs in product((1, -1), repeat=D) if -1 in signs] if axes else [])
    size, matrix, images, left = np.ones(D), np.eye(len(problem.weights)), np.ones((1, D)), list(found)
    for axis in axes:
        across = next((g for g in left if g.signs[axis] < 0), None)
        if across is not None:
            size[axis], matrix = 0.5, matrix + found[across] @ matrix
            images = np.concatenate([images, images * across.signs])
            left = [g for g in left if g.signs[axis] > 0]
    if len(images) == 1:
        return problem
    part = problem.with_bands(Folded(problem, matrix), problem.weights).on(Wedge(domain, np.zeros(D), size))
    part.landmarks, part.left_out = _all_images(marks, images, size), problem.left_out
    return part


def on_a_part(domain: Domain) -> str:
    """What to say of a method that saw part of a domain only."""
    return f" on one of {domain.parts} parts of the zone that symmetries make alike" if isinstance(domain, Wedge) else ""


def _without_flat_faces(problem: BandProblem) -> list[int]:
    """The axes a on whose faces u_a = 0 and 1/2 every band varies."""
    D = problem.domain.dimension
    u = np.tile(np.random.default_rng(71).uniform(size=(2, POINTS, D)), (D, 1, 1, 1))
    for axis in range(D):
        u[axis, 0, :, axis], u[axis, 1, :, axis] = 0.0, 0.5
    e = problem.energies(u.reshape(-1, D)).reshape(D, 2, POINTS, -1)
    return np.flatnonzero(np.ptp(e, axis=2).min(axis=(1, 2)) >= FLAT * np.ptp(e)).tolist()


def _all_images(marks: Landmarks, images: Array, size: Array) -> Landmarks:
    """Landmarks of a cell and what changes of signs (G, D) make of them, on a part of it and around."""
    u = (images[:, None] * marks.u).reshape(-1, len(size))
    u = np.where(size < 1, (u + 0.25) % 1.0 - 0.25, u % 1.0) / size
    behind = marks.unfollowed
    length, weight = (np.tile(part, (len(images), 1)) for part in (marks.length / size, marks.weight))
    near = (np.abs(u - 0.5) <= 0.5 + np.maximum(2 * length, NEAR)).all(axis=1)
    return replace(
        Landmarks(u, length, weight)[near],
        unfollowed=None if behind is None else replace(behind, length=behind.length / size),
    )


Move = Callable[[Array], Array]


def _symmetries(problem: BandProblem, operations: Sequence[Move]) -> dict[Move, Array]:
    """Which operations leave energies as they are and exchange components, and how: v_c(g u) = sum_d S_cd v_d(u).

    None where something of H may be hidden between samples.
    """
    if problem.bending is None or len(problem.weights) > MOST:
        return {}
    u = np.random.default_rng(61).uniform(size=(POINTS, problem.domain.dimension))
    e, v = problem.sample(np.concatenate([u, *(g(u) for g in operations)]), problem.probe)
    e, v = e.reshape(-1, POINTS, problem.count), v.reshape(-1, POINTS * problem.count, len(problem.weights))
    same = np.array(problem.weights)[:, None] == np.array(problem.weights)
    found = {}
    for g, moved, values in zip(operations, e[1:], v[1:], strict=True):
        if np.abs(moved - e[0]).max() <= ROUNDED * np.abs(e).max():
            matrix = _exchanged(v[0], values, same)
            if matrix is not None:
                found[g] = matrix
    hidden = narrow_places(problem, SPACING) if found else None
    return {} if hidden is None or len(hidden.u) or hidden.unresolved else found


def _exchanged(before: Array, after: Array, same: Array) -> Array | None:
    """The components (M, C) that those after an operation are, up to the sign, as a matrix (C, C); ``same`` may be exchanged."""
    size = np.abs(before).max(axis=0)
    allowed = SAME * np.maximum(np.abs(after).max(axis=0)[:, None], size) + NOTHING * size.max()
    matches = [same & (np.abs(after[:, :, None] - sign * before[:, None]).max(axis=0) <= allowed) for sign in (1, -1)]
    matrix = np.zeros(same.shape)
    for c, (plus, minus) in enumerate(zip(*matches, strict=True)):
        for sign, which in ((1, plus), (-1, minus)):
            if which[c]:
                matrix[c, c] = sign
                break
        else:
            signs = [(sign, int(np.argmax(which))) for sign, which in ((1, plus), (-1, minus)) if which.any()]
            if not signs:
                return None
            matrix[c, signs[0][1]] = signs[0][0]
    return matrix
