"""Adaptive cubature of smooth functions on any domain: tensor Gauss rules on boxes that are bisected in batches.

The rule has p points per axis; its error is judged from the last two Legendre coefficients of the integrand along
each axis, integrated over the others. All boxes of a round are evaluated together, so that a vectorised
integrand is called with thousands of points at once.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from symcur.arrays import AnyArray, Array, Mask

from .bernstein import basis
from .cells import Boxes, first_boxes, functionals, initial_boxes, refine, tail_error, tensor
from .chambers import part_of_cell
from .landmarks import landmarks
from .memory import COPIES, PIECE, SIZE
from .method import METHODS, Method
from .problem import Problem, SmoothProblem
from .solution import Estimate, Tolerance
from .sweep import CHUNK, Sweep
from .wedges import on_a_part

POINTS = {1: 12, 2: 10, 3: 8}
START = {1: 4, 2: 2, 3: 2}
TOGETHER = 8  # tasks whose results are kept twice for a while


class Cubature(Method):
    """For smooth integrands on any domain, and for soft occupations (T > 0) in 3D, where level sets are expensive."""

    name = "cubature"
    description = "adaptive cubature, tensor Gauss rules"

    def obstacle(self, problem: Problem) -> str:
        return "cubature cannot integrate the step of T = 0, 'patches' and 'auto' can" if problem.has_steps else ""

    def estimate(self, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> Estimate:
        self.open_record(problem, sweep, tolerance)
        if not isinstance(problem, SmoothProblem):
            problem = part_of_cell(problem, tolerance.rtol)
        smooth, dimension = problem.weighted(), problem.domain.dimension
        points, marks = POINTS[dimension] ** dimension, landmarks(problem, tolerance.rtol)
        most = first_boxes(problem.size, sweep, points)
        boxes, unresolved = initial_boxes(problem.domain, START[dimension], marks, most)
        unseen = problem.left_out + unresolved
        found = refine(partial(_rule, smooth, sweep), points, boxes, sweep, tolerance, unseen, self.record)
        return replace(found, method=self.description + on_a_part(problem.domain))


CUBATURE = Cubature()
METHODS.add(CUBATURE)


def _rule(problem: SmoothProblem, sweep: Sweep, boxes: Boxes) -> tuple[AnyArray, Array, Array, Mask]:
    dimension = problem.domain.dimension
    points = POINTS[dimension] ** dimension
    each = points * problem.bytes_of_a_point
    per_task = sweep.memory.fit(each, max(1, min(CHUNK // points, COPIES * PIECE * SIZE // each)), "one box")
    tasks = [boxes[i : i + per_task] for i in range(0, len(boxes), per_task)]
    value, error, scale = (
        np.empty((len(boxes), problem.size), dtype=problem.dtype),
        *np.empty((2, len(boxes), problem.size)),
    )
    for i in range(0, len(tasks), TOGETHER):
        some, here = tasks[i : i + TOGETHER], slice(i * per_task, (i + TOGETHER) * per_task)
        results = sweep.run(
            partial(_sample, problem), some, sum(map(len, some)) * points, f"cubature, {len(boxes)} new boxes"
        )
        for target, part in zip((value, error, scale), zip(*results, strict=True), strict=True):
            np.concatenate(part, out=target[here])
    return value, error, scale, np.zeros(error.shape, dtype=bool)


def _sample(problem: SmoothProblem, boxes: Boxes) -> tuple[AnyArray, Array, Array]:
    dimension = problem.domain.dimension
    p = POINTS[dimension]
    u = boxes.points(tensor(basis(p).nodes, dimension))
    values = problem.sample(u.reshape(-1, dimension)).reshape(len(boxes), p**dimension, problem.size)
    values = values * boxes.volume()[:, None, None]
    rows = functionals(p, dimension)
    parts = np.einsum("fp,bpc->fbc", rows, values)
    scale = np.einsum("p,bpc->bc", rows[0], np.abs(values))
    return parts[0], tail_error(parts[1:], scale), scale
