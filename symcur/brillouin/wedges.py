"""Domains that symmetries take to themselves: the integral over a wedge stands for the whole.

Of balls, rotations about the axis of the angles, mirrors that hold it, and turns of it upside down are tried one by one, of cells
k -> -k: energies stay, and each component becomes one of them, with a sign. Time reversal counts like any other. What holds at
random momenta holds everywhere where nothing of H is hidden between samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from symcur.arrays import Array

from .between_samples import narrow_places
from .cells import Landmarks
from .domains import Ball, Domain, Plane
from .integrability import integrable
from .landmarks import landmarks
from .mesh_symmetry import turned_tensors
from .parts import Part
from .problem import BandProblem, Bands, Problem, SmoothProblem

POINTS, MOST = 24, 100  # at which symmetries are tried, and components for which they are
SAME, NOTHING = 1e-9, 1e-13  # of a component, of the largest one
ROUNDED = 1e-12  # of the energies
FEATURES, CLOSEST = 64, 1e-6  # narrow ones at which symmetries are tried again, and from how far at least, of the zone
DEGENERATE, AMPLIFIED = 1e-10, 1e3 * np.finfo(float).eps  # gaps that are none, and the rounding of values by |e|/gap
START = 0.0721359549995793  # of a turn: where a wedge begins that no mirror bounds
SPACING = 1 / 24
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


def on_a_part(domain: Domain) -> str:
    """What to say of a method that saw part of a domain only."""
    return f" on one of {domain.parts} parts that symmetries make alike" if isinstance(domain, Part) else ""


def within_wedge(problem: Problem, rtol: float) -> Problem:
    """The same integral over a wedge, if symmetries take the ball to itself, also next to narrow features.

    Not where bands touch and the integrand is not known to be absolutely integrable: what diverges may cancel in a wedge by its angle.
    """
    domain = problem.domain
    if isinstance(problem, SmoothProblem) or not isinstance(domain, Ball) or domain.dimension == 1:
        return problem
    rotations, mirrors = [Operation(1, 1 / n) for n in ROTATIONS], [Operation(-1, turn) for turn in MIRRORS]
    over = [Operation(*how, over=True) for how in UPSIDE_DOWN] if domain.dimension == 3 else []
    found = symmetries(problem, [*rotations, *mirrors, *over])
    if found:
        found = also_near(problem, found, landmarks(problem, rtol))
    # Distances are alike in all directions of a box.
    around = Plane(domain.dimension, domain.cutoff, center=domain.center)
    if not found or not integrable(problem.on(around), rtol):
        return problem
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
    return folded.on(Part.spanned(domain, low, np.diag(size)))


Move = Callable[[Array], Array]


M = TypeVar("M", bound=Move)


def symmetries(
    problem: BandProblem, operations: Sequence[M], rotations: Sequence[Array | None] | None = None
) -> dict[M, Array]:
    """Which operations leave energies as they are and exchange components, and how: v_c(g u) = sum_d S_cd v_d(u).

    Where an operation is one of the ``rotations`` of k tensors may also turn. None where something of H may be hidden between samples.
    """
    if problem.bending is None or len(problem.weights) > MOST:
        return {}
    u = np.random.default_rng(61).uniform(size=(POINTS, problem.domain.dimension))
    e, v = problem.sample(np.concatenate([u, *(g(u) for g in operations)]), problem.probe)
    e, v = e.reshape(-1, POINTS, problem.count), v.reshape(-1, POINTS * problem.count, len(problem.weights))
    same = np.array(problem.weights)[:, None] == np.array(problem.weights)
    found = {}
    for g, rotation, moved, values in zip(operations, rotations or [None] * len(operations), e[1:], v[1:], strict=True):
        if np.abs(moved - e[0]).max() <= ROUNDED * np.abs(e).max():
            matrix = _exchanged(v[0], values, same)
            if matrix is None and rotation is not None and problem.ranks is not None:
                turned, miss = turned_tensors(rotation, problem.ranks, v[0], values)
                matrix = turned if miss <= SAME else None
            if matrix is not None:
                found[g] = matrix
    hidden = narrow_places(problem, SPACING) if found else None
    return {} if hidden is None or len(hidden.u) or hidden.unresolved else found


def also_near(problem: BandProblem, found: dict[M, Array], marks: Landmarks) -> dict[M, Array]:
    """Those of the operations that hold next to the narrow features of a domain too, where small terms of H may break what holds elsewhere.

    Two points at about its length from each of the shortest ones are compared; values next to small gaps are rounded by |e|/gap.
    """
    D, some = problem.domain.dimension, np.argsort(marks.length.min(axis=1))[:FEATURES]
    if not found or not len(some):
        return found
    away = np.random.default_rng(67).normal(size=(2, len(some), D))
    u = (marks.u[some] + np.maximum(marks.length[some], CLOSEST) * away).reshape(-1, D)
    u = np.where(problem.domain.periodic, u % 1.0, np.clip(u, 0.0, 1.0))
    e, v = problem.sample(np.concatenate([u, *(g(u) for g in found)]), problem.probe)
    e, v = e.reshape(-1, len(u), problem.count), v.reshape(-1, len(u), problem.count, len(problem.weights))
    elsewhere = np.random.default_rng(61).uniform(size=(POINTS, D))  # features may all be where energies are small
    largest = max(np.abs(e).max(), np.abs(problem.energies(elsewhere)).max())
    steps = np.diff(e[0], axis=1)
    gaps = np.min(steps, axis=1, where=steps > DEGENERATE * largest, initial=largest)
    allowed = (SAME + AMPLIFIED * largest / gaps) * np.abs(v[0]).max(axis=(1, 2))
    return {
        g: S
        for (g, S), moved, values in zip(found.items(), e[1:], v[1:], strict=True)
        if np.abs(moved - e[0]).max() <= ROUNDED * largest
        and (np.abs(values - v[0] @ S.T).max(axis=(1, 2)) <= allowed).all()
    }


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
