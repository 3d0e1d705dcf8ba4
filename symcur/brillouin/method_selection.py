"""The choice of a method: what ``method="auto"`` does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .cubature import CUBATURE
from .mesh import MESH
from .method import METHODS, Method
from .patches import PATCHES
from .problem import BandProblem, Problem, SmoothProblem
from .solution import Estimate, Tolerance
from .sweep import Sweep
from .trapezoid import TRAPEZOID, sharpness

# Larger grids are not tried before the adaptive methods.
LARGEST_GRID = {1: 2**11, 2: 2**17, 3: 2**20}


class Automatic(Method):
    """The trapezoid rule where the domain is periodic and occupations are smooth, else an adaptive method.

    A trapezoid rule that does not converge gives way. For many bands in 3D at T > 0 it is the mesh.
    """

    name = "auto"
    description = "chosen by the integrand"

    def obstacle(self, problem: Problem) -> str:
        return ""

    def estimate(self, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> Estimate:
        if not all(problem.domain.periodic):
            return self._adaptive(problem, sweep, tolerance, "the domain is not periodic")
        if isinstance(problem, BandProblem) and MESH.suits(problem):
            return replace(
                MESH.recorded(self.record).estimate(problem, sweep, tolerance),
                reason=f"{problem.count} bands in 3D at T > 0",
            )
        most = LARGEST_GRID[problem.domain.dimension]
        occupations = sharpness(problem, tolerance.rtol, most)
        if occupations.sharp:
            return self._adaptive(problem, sweep, tolerance, occupations.why)
        first = TRAPEZOID.recorded(self.record).attempt(
            problem, sweep, tolerance, occupations.points, most, patient=False
        )
        if first.status in ("converged", "interrupted"):
            return replace(first, reason=occupations.why)
        reason = f"the trapezoid rule converged too slowly ({first.message})"
        second = self._adaptive(problem, sweep, tolerance, reason)
        if np.isnan(second.value).any():  # stopped before its first result
            message = f"{second.message}; the value is the trapezoid rule's"
            return replace(first, interrupted=second.interrupted, message=message, reason=reason)
        return second

    def _adaptive(self, problem: Problem, sweep: Sweep, tolerance: Tolerance, reason: str) -> Estimate:
        """Level sets, but in 3D, where they are expensive, cubature of the sum over bands if its occupations are soft enough.

        Soft means that 50 T span all energies up to 10 T above mu: coarse boxes then see every step.
        """
        soft = isinstance(problem, SmoothProblem)
        if not isinstance(problem, SmoothProblem) and problem.domain.dimension == 3 and not problem.has_steps:
            energies, _ = problem.sample(np.random.default_rng(1).uniform(size=(512, 3)))
            width = float(problem.mu.max()) + 10 * float(problem.temperature.max()) - float(energies.min())
            soft = width <= 50 * float(problem.temperature.min())
        method = CUBATURE if soft else PATCHES
        return replace(method.recorded(self.record).estimate(problem, sweep, tolerance), reason=reason)


METHODS.add(Automatic())
