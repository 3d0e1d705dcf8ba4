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
from .vanishing import only_rounding

# Larger grids are not tried before the adaptive methods; where symmetries save points, of more points.
LARGEST_GRID = {1: 2**11, 2: 2**17, 3: 2**20}
# Few digits of a sum over bands, for which boxes in 2D take some thousand points, are not worth grids known to need more than these.
FEW_DIGITS, LARGEST_FOR_FEW = 1e-4, LARGEST_GRID | {2: 2**14}


class Automatic(Method):
    """The trapezoid rule where the domain is periodic and occupations are smooth, else an adaptive method.

    What vanishes identically is not integrated. A trapezoid rule that does not converge gives way. For many bands in 3D at T > 0 it is
    the mesh, and where there are many states and symmetries save most of the points.
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
        if isinstance(problem, BandProblem) and (vanishing := only_rounding(problem, tolerance)) is not None:
            return vanishing
        count = MESH.stands_for(problem)
        most, reduced = count * LARGEST_GRID[problem.domain.dimension], count > 1
        few = isinstance(problem, BandProblem) and tolerance.rtol >= FEW_DIGITS and not reduced
        worth = LARGEST_FOR_FEW[problem.domain.dimension] if few else most
        occupations = sharpness(problem, tolerance.rtol, worth)
        if occupations.sharp:
            return self._adaptive(problem, sweep, tolerance, occupations.why)
        if reduced:
            first = MESH.recorded(self.record).estimate(problem, sweep, tolerance, most)
        else:
            first = TRAPEZOID.recorded(self.record).attempt(
                problem, sweep, tolerance, occupations.points, most, patient=False
            )
        if first.status in ("converged", "interrupted"):
            return replace(first, reason=occupations.why + (" and symmetries save most points" if reduced else ""))
        reason = f"the {'mesh' if reduced else 'trapezoid rule'} converged too slowly ({first.message})"
        second = self._adaptive(problem, sweep, tolerance, reason)
        if np.isnan(second.value).any():  # stopped before its first result
            message = f"{second.message}; the value is that of the {'mesh' if reduced else 'trapezoid rule'}"
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
