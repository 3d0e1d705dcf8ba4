"""Parts of lattice cells that the operations of an integrand take to all others: triangles, prisms, boxes of halved axes.

Where an integrand has the mirrors of a square or hexagonal lattice the part is the triangle that they bound, in 3D a prism on it, else
[0, 1/2] along each axis along which a change of signs of fractions makes the halves alike, or a quarter of a rhombic cell. Time reversal
counts like any other operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symcur.arrays import AnyArray, Array

from .cells import Landmarks
from .domains import Domain, LatticeCell
from .integrability import integrable
from .landmarks import landmarks
from .problem import BandProblem
from .wedges import Folded, Wedge, symmetries

POINTS = 24  # on each face
FLAT = 1e-2  # of the range of the energies
ORTHOGONAL = 1e-9
NEAR = 0.25  # a quarter of a box: so far beyond a face landmarks still ask for small ones
APART = 1e-9  # closer points are one
NOTHING = 1e-9  # an element of a sum of orthogonal matrices that is zero but for rounding


@dataclass(frozen=True)
class Linear:
    """u -> W u, an integer matrix on the unit cube of a cell."""

    rows: tuple[tuple[int, ...], ...]

    def __call__(self, u: Array) -> Array:
        return np.asarray(u @ np.array(self.rows).T % 1.0)

    def after(self, other: Linear) -> Linear:
        return _linear(np.array(self.rows) @ other.rows)

    @property
    def signs(self) -> Array:
        return np.diag(self.rows)

    def rotation(self, reciprocal: Array) -> Array | None:
        """What it does to Cartesian k; None where that is no rotation."""
        turn = reciprocal.T @ np.array(self.rows) @ np.linalg.inv(reciprocal.T)
        return turn if np.abs(turn @ turn.T - np.eye(len(turn))).max() <= ORTHOGONAL else None


@dataclass(frozen=True)
class Chamber:
    """The part of a cell with these ``edges``, see ``Wedge``, and operations that generate a group which makes all of it the cell."""

    edges: Array
    triangle: bool
    generators: tuple[Linear, ...]

    def of(self, domain: Domain) -> Wedge:
        return Wedge(domain, np.zeros(len(self.edges)), self.edges, self.triangle)


def part_of_cell(problem: BandProblem, rtol: float) -> BandProblem:
    """The same integral over the smallest part of a cell, if there is one, with its landmarks.

    No band is flat on a face of the part, as a level set that lies in a face would not be seen. Where bands touch and the integrand is not
    known to be absolutely integrable, k -> -k alone is used, and only of even integrands: what diverges in a corner of the part may cancel
    there by its angle.
    """
    marks, domain = landmarks(problem, rtol), problem.domain
    if not isinstance(domain, LatticeCell) or domain.dimension == 1:
        return problem
    chambers = _chambers(domain.dimension)
    generators = [g for one in chambers for g in one.generators]
    operations = list(dict.fromkeys([*_flips(domain.dimension), *generators]))
    found = symmetries(problem, operations, [g.rotation(domain.reciprocal) for g in operations])
    if found and not integrable(problem, rtol, found):
        chambers, inversion = [], _linear(-np.eye(domain.dimension))
        found = {g: S for g, S in found.items() if g == inversion and np.array_equal(S, np.eye(len(S)))}
    usable = [*_boxes(problem, found), *(one for one in chambers if all(g in found for g in one.generators))]
    for chamber in sorted(usable, key=lambda one: -one.of(domain).parts):
        if not _flat(problem, chamber):
            return _on(problem, chamber, _generated({g: found[g] for g in chamber.generators}), marks)
    return problem


def _chambers(D: int) -> list[Chamber]:
    """Triangles that mirrors bound, and a rectangle of rhombic lattices; in 3D times [0, 1/2]."""
    half, third = 0.5, 1 / 3
    flip, swap, skew = np.diag([1, -1]), np.array([[0, 1], [1, 0]]), np.array([[1, 1], [0, -1]])
    hexagonal = np.array([[half, third], [0, third]])
    plane = [
        (hexagonal, True, [swap, skew]),  # Gamma, M, K of reciprocal vectors with 60 degrees between them
        (flip @ hexagonal, True, [flip @ g @ flip for g in (swap, skew)]),  # with 120 degrees
        (np.array([[half, half], [0, half]]), True, [flip, swap]),  # Gamma, X, M of a square
        (np.array([[half / 2, half], [half / 2, -half]]), False, [swap, -swap]),
    ]
    if D == 2:
        return [Chamber(edges, triangle, tuple(map(_linear, mirrors))) for edges, triangle, mirrors in plane]
    over = _linear(np.diag([1, 1, -1]))
    return [
        Chamber(_with(edges, half), triangle, (*(_linear(_with(g, 1)) for g in mirrors), over))
        for edges, triangle, mirrors in plane
    ]


def _linear(matrix: AnyArray) -> Linear:
    return Linear(tuple(tuple(int(entry) for entry in row) for row in matrix))


def _with(matrix: AnyArray, last: float) -> Array:
    """Of two dimensions, with one more."""
    return np.block([[matrix, np.zeros((2, 1))], [np.zeros((1, 2)), np.full((1, 1), last)]])


def _flips(D: int) -> list[Linear]:
    return [_linear(np.diag(signs)) for signs in product((1, -1), repeat=D) if -1 in signs]


def _boxes(problem: BandProblem, found: dict[Linear, Array]) -> list[Chamber]:
    """[0, 1/2] along each axis of which sign changes alone make the halves alike and on whose faces no band is flat."""
    D = problem.domain.dimension
    size, left = np.ones(D), [g for g in _flips(D) if g in found]
    generators: tuple[Linear, ...] = ()
    for axis in range(D):
        across = next((g for g in left if g.signs[axis] < 0), None)
        trial = np.where(np.arange(D) == axis, 0.5, 1.0)
        if across is not None and not _flat(problem, Chamber(np.diag(trial), False, ())):
            size, generators = size * trial, (*generators, across)
            left = [g for g in left if g.signs[axis] > 0]
    return [Chamber(np.diag(size), False, generators)] if generators else []


def _flat(problem: BandProblem, chamber: Chamber) -> bool:
    """Whether a band is flat on a face of the part."""
    D, energies = problem.domain.dimension, []
    part = chamber.of(problem.domain)
    inside = np.random.default_rng(71).uniform(size=(POINTS, D))
    for axis, end in product(range(D), (0.0, 1.0)):
        if not part.periodic[axis]:
            on_face = np.where(np.arange(D) == axis, end, inside)
            energies.append(problem.energies(part.of_domain(on_face)))
    return bool(np.ptp(energies, axis=1).min() < FLAT * np.ptp(energies))


def _generated(generators: dict[Linear, Array]) -> dict[Linear, Array]:
    """All products, and how they exchange components."""
    identity = _linear(np.eye(len(next(iter(generators)).rows)))
    group = {identity: np.eye(len(next(iter(generators.values()))))}
    new = list(group)
    while new:
        one = new.pop()
        for g, matrix in generators.items():
            both = g.after(one)
            if both not in group:
                group[both] = matrix @ group[one]
                new.append(both)
    return group


def _on(problem: BandProblem, chamber: Chamber, group: dict[Linear, Array], marks: Landmarks) -> BandProblem:
    matrix = np.sum(list(group.values()), axis=0)
    matrix[np.abs(matrix) < NOTHING] = 0.0
    wedge = chamber.of(problem.domain)
    part = problem.with_bands(Folded(problem, matrix), problem.weights).on(wedge)
    share = np.abs(matrix) / len(group)  # what a feature of the cell adds to sums over the images of one in the part

    def shared(weight: Array) -> Array:
        return np.asarray((weight.reshape(-1, problem.together) @ share.T).reshape(weight.shape))

    images = _images(marks, wedge, list(group))
    behind = images.unfollowed
    part.landmarks = replace(
        images,
        weight=shared(images.weight),
        unfollowed=None if behind is None else replace(behind, weight=shared(behind.weight)),
    )
    part.left_out = shared(problem.left_out)
    problem.memory.stay(part.landmarks.weight.nbytes, "the weights of narrow features")
    return part


def _images(marks: Landmarks, part: Wedge, group: Sequence[Linear]) -> Landmarks:
    """Landmarks of a cell and what the operations make of them: one of each in what mirrors bound, else also those around the part."""
    D, count = part.dimension, len(marks.u)
    corners = part.of_domain(np.array(list(product((0.0, 1.0), repeat=D))))
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    u = np.concatenate([marks.u @ np.array(g.rows).T for g in group])
    u, number = (u - middle + 0.5) % 1.0 + middle - 0.5, np.tile(np.arange(count), len(group))
    if part.triangle:
        y = u @ np.linalg.inv(part.edges).T
        depth = np.concatenate([y, 1 - y[:, :2].sum(axis=1, keepdims=True), 1 - y[:, 2:]], axis=1).min(axis=1)
        deepest = depth.reshape(len(group), count).argmax(axis=0) if count else number[:0]
        u, number = u[deepest * count + np.arange(count)], np.arange(count)
    x, length = part.of_part(u), _along(marks.length, part.steps)[number]
    near = (np.abs(x - 0.5) <= 0.5 + np.maximum(2 * length, NEAR)).all(axis=1)
    rounded = np.column_stack([number, np.round(x / APART)])[near]
    kept = np.flatnonzero(near)[np.unique(rounded, axis=0, return_index=True)[1]]
    behind = marks.unfollowed
    return Landmarks(
        x[kept],
        length[kept],
        marks.weight[number[kept]],
        None if behind is None else replace(behind, length=_along(behind.length, part.steps)),
    )


def _along(length: Array, steps: Array) -> Array:
    """Lengths (L, D) along the axes of the cell as lengths along those of a part, along which u_b moves by ``steps`` (b, a)."""
    return np.stack([(length[:, step > 0] / step[step > 0]).min(axis=1) for step in steps.T], axis=-1)
