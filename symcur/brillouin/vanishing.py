"""Integrands that vanish identically, as symmetries have it: their samples are rounding, which has no bound next to touchings.

No rule integrates rounding that grows like the inverse square of a gap. It is told from an integrand by momenta that move by a few
of their last digits, over which nothing else changes. Samples say nothing of what is narrower than their distance, so that this is
left to the rules where H may be.
"""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array

from .features import OFFSET, Landscape, found
from .problem import BandProblem
from .solution import Estimate, Tolerance

SMALL = 1e-10  # of the natural size, above which nothing is rounding
RANDOM, CELLS = 256, 24  # momenta, and cells for each gap
SIDE = {1: 256, 2: 48, 3: 16}  # momenta along each axis
ASIDE = 1e-6  # of the zone: the distance from where gaps are least
STEP = 1e-12  # of the zone
CHANGED = 0.1  # part of the values by which rounding changes at least
NEARLY_ALL = 0.95


def only_rounding(problem: BandProblem, tolerance: Tolerance) -> Estimate | None:
    """Zero where all values are rounding, at random momenta, on a grid and next to the smallest gaps; else None.

    Asked of band structures with so low harmonics that a grid shows all of H: elsewhere a pocket may lie between the samples that
    alone breaks a symmetry. The error is the integral of the modulus of the rounding, by samples.
    """
    filled = problem.filled()
    shown = getattr(problem.bending, "shown", False)
    if not shown or not np.isfinite(tolerance.natural) or filled.max() > SMALL * tolerance.natural:
        return None
    random, D = np.random.default_rng(61), problem.domain.dimension
    grid = problem.domain.grid(SIDE[D], OFFSET).reshape(-1, D)
    if not all(_is_rounding(problem, u) for u in (random.uniform(size=(RANDOM, D)), grid)):
        return None
    landscape = Landscape.of(problem)
    near = np.concatenate([np.zeros((0, D)), *(ends.u for ends, _ in found(problem, landscape.gaps, landscape, CELLS))])
    if not _is_rounding(problem, near + ASIDE * random.uniform(-1, 1, size=near.shape)):
        return None
    zero = np.zeros(problem.size)
    text = f"all bands have nothing but rounding at {RANDOM + len(grid) + len(near)} momenta"
    return Estimate(
        zero, filled, zero, np.ones(problem.size, bool), text, "samples", "the integrand vanishes identically"
    )


def _is_rounding(problem: BandProblem, u: Array) -> bool:
    """Whether values at nearly all points change by a large part of themselves in a tiny step."""
    if not len(u):
        return True
    u = np.where(problem.domain.periodic, u % 1, np.clip(u, 0, 1))
    values, moved = (problem.sample(points, problem.probe)[1] for points in (u, u * (1 - STEP)))
    size, change = (np.abs(part).sum(axis=(1, 2)) for part in (values, moved - values))
    return bool(np.mean((change > CHANGED * size) | (size == 0)) >= NEARLY_ALL)
