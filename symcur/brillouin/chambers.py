"""The smallest part of a lattice cell that the operations of an integrand take to all others, see ``fundamental_domains``.

Without those of a lattice it is [0, 1/2] along each axis along which a change of signs of fractions makes the halves alike. Time reversal
counts like any other operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from symcur.arrays import Array

from .cells import Landmarks
from .distinct import distinct_rows
from .domains import LatticeCell
from .fundamental_domains import Chamber, Linear, flips, known_chambers, linear
from .integrability import integrable
from .landmarks import landmarks
from .parts import Part
from .problem import BandProblem
from .wedges import Folded, also_near, symmetries

POINTS = 24  # on each face
FLAT = 1e-2  # of the range of the energies
NEAR = 0.25  # a quarter of a box: so far beyond a face landmarks still ask for small ones
APART = 1e-9  # closer points are one
NOTHING = 1e-9  # an element of a sum of orthogonal matrices that is zero but for rounding


def part_of_cell(problem: BandProblem, rtol: float) -> BandProblem:
    """The same integral over the smallest part of a cell, if there is one, with its landmarks.

    No band is flat on a face of the part, as a level set that lies in a face would not be seen, and no landmark lies where its map folds.
    Where bands touch and the integrand is not known to be absolutely integrable, k -> -k alone is used, and only of even integrands: what
    diverges in a corner of the part may cancel there by its angle.
    """
    marks, domain = landmarks(problem, rtol), problem.domain
    if not isinstance(domain, LatticeCell) or domain.dimension == 1:
        return problem
    known = known_chambers(domain)
    generators = [g for one in known for g in one.generators]
    operations = list(dict.fromkeys([*flips(domain.dimension), *generators]))
    found = symmetries(problem, operations, [g.rotation(domain.reciprocal) for g in operations])
    found = also_near(problem, found, marks)
    if found and not integrable(problem, rtol, found):
        known, inversion = [], linear(-np.eye(domain.dimension))
        found = {g: S for g, S in found.items() if g == inversion and np.array_equal(S, np.eye(len(S)))}
    usable = [*_boxes(problem, found), *(one for one in known if all(g in found for g in one.generators))]
    for chamber in sorted(usable, key=lambda one: -one.parts):
        group = _generated({g: found[g] for g in chamber.generators})
        if (problem.alone and _may_cancel(group)) or _flat(problem, chamber):
            continue
        part = chamber.of(domain)
        images = _images(marks, chamber, part, list(group))
        if not part.folded_at(images.u):
            return _on(problem, part, group, images)
    return problem


def _may_cancel(group: dict[Linear, Array]) -> bool:
    """Whether sums over images hold differences of components: of equal ones rounding is left, which has no scale of its own."""
    matrix = _summed(group)
    return bool(((matrix > 0).any(axis=1) & (matrix < 0).any(axis=1)).any())


def _summed(group: dict[Linear, Array]) -> Array:
    matrix: Array = np.sum(list(group.values()), axis=0)
    matrix[np.abs(matrix) < NOTHING] = 0.0
    return matrix


def _boxes(problem: BandProblem, found: dict[Linear, Array]) -> list[Chamber]:
    """[0, 1/2] along each axis of which sign changes alone make the halves alike and on whose faces no band is flat."""
    D = problem.domain.dimension
    size, left = np.ones(D), [g for g in flips(D) if g in found]
    generators: tuple[Linear, ...] = ()
    for axis in range(D):
        across = next((g for g in left if g.signs[axis] < 0), None)
        trial = np.where(np.arange(D) == axis, 0.5, 1.0)
        if across is not None and not _flat(problem, Chamber(np.diag(trial), 1, ())):
            size, generators = size * trial, (*generators, across)
            left = [g for g in left if g.signs[axis] > 0]
    return [Chamber(np.diag(size), 1, generators)] if generators else []


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
    identity = linear(np.eye(len(next(iter(generators)).rows)))
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


def _on(problem: BandProblem, domain: Part, group: dict[Linear, Array], images: Landmarks) -> BandProblem:
    matrix = _summed(group)
    part = problem.with_bands(Folded(problem, matrix), problem.weights).on(domain)
    share = np.abs(matrix) / len(group)  # what a feature of the cell adds to sums over the images of one in the part

    def shared(weight: Array) -> Array:
        return np.asarray((weight.reshape(-1, problem.together) @ share.T).reshape(weight.shape))

    behind = images.unfollowed
    part.landmarks = replace(
        images,
        weight=shared(images.weight),
        unfollowed=None if behind is None else replace(behind, weight=shared(behind.weight)),
    )
    part.left_out = shared(problem.left_out)
    problem.memory.stay(part.landmarks.weight.nbytes, "the weights of narrow features")
    return part


def _images(marks: Landmarks, chamber: Chamber, part: Part, group: Sequence[Linear]) -> Landmarks:
    """Landmarks of a cell and what the operations make of them: one of each in what mirrors bound, else also those around the part."""
    corners = part.corners.reshape(-1, part.dimension)
    margin = np.ptp(corners, axis=0) * NEAR + 2 * marks.length.max(axis=0, initial=0.0)
    low, high = corners.min(axis=0) - margin, corners.max(axis=0) + margin
    shifts = list(product(*(range(int(np.floor(a)), int(np.ceil(b)) + 1) for a, b in zip(low, high, strict=True))))
    there, where = [np.zeros(0, dtype=np.intp)], [marks.u[:0]]
    for image in (g(marks.u) for g in group):
        moved = image + np.array(shifts)[:, None]
        around = ((moved >= low) & (moved <= high)).all(axis=-1)
        there.append(np.nonzero(around)[1])
        where.append(moved[around])
    number, u = np.concatenate(there), np.concatenate(where)
    if chamber.mirrors:
        order = np.lexsort([-chamber.depth(u), number])
        number, deepest = np.unique(number[order], return_index=True)
        u = u[order[deepest]]
    x, length = part.of_part(u), _along(marks.length, part.steps)[number]
    near = (np.abs(x - 0.5) <= 0.5 + np.maximum(2 * length, NEAR)).all(axis=1)
    rounded = np.column_stack([number, np.round(x / APART)])[near]
    kept = np.flatnonzero(near)[distinct_rows(rounded)[0]]
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
