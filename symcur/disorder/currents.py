"""The currents of one energy: everything that the occupation of the Fermi surface carries.

Tensors are [i, l]: flow along i in response to E_l; their integral over energy with the weight -f' is the conductivity.
With the hermitian collision operator, sum_a q_a lambda_l (d_b - d_a) w q_b = -sum_a q_a d_a v_l: the dipole-shift current
does not depend on the disorder. It is computed from the scattering here, so that this can be checked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from symcur.arrays import Array
from symcur.disorder.boltzmann import Distribution, solve
from symcur.disorder.contours import Contours
from symcur.disorder.fermi_states import FermiSurface, sampled
from symcur.disorder.momentum_cell import Unresolved, UnresolvedFermiSurface
from symcur.disorder.potentials import Disorder
from symcur.disorder.rates import Scattering, TooLarge, shift_rate
from symcur.disorder.surfaces import Surface
from symcur.observables import Part

OCCUPATION = ("conventional", "torque", "occupation", "charge")  # proportional to the relaxation time
SCATTERING = ("dipole_shift", "side_jump", "scattering_torque")  # independent of the strength of the disorder
PARTS = (*OCCUPATION, *SCATTERING)
_UNSOLVED = 1e-6  # a larger residual than this and ten times rtol means that there is no solution
_ROUNDING = 1e-13  # of the natural size: below it a part is zero


@dataclass(frozen=True)
class Current(Part):
    """A part [i, l] (the torque [0, l]) and what its error is compared with.

    ``scale`` is the same sum with moduli, for a part that vanishes by cancellation. ``size`` is the natural size from
    dimensions alone, for a part in which every electron carries nothing.
    """

    scale: float
    size: float

    def allowed(self, rtol: float) -> float:
        """The error that meets the tolerance."""
        return max(rtol * self.scale, _ROUNDING * self.size)

    def relative(self, difference: Array) -> float:
        """A difference relative to the scale, or to a small part of the natural size if the part vanishes."""
        return float(np.abs(difference).max() / max(self.scale, 1e-3 * self.size, 1e-300))


@dataclass(frozen=True)
class Currents:
    """The parts at one energy, or their average over energies, and the quality of the solution."""

    parts: dict[str, Current]
    mean_rate: float
    density_of_states: float
    distribution: Distribution | None
    nodes: int
    converged: bool

    def changes(self, coarse: Currents, rtol: float) -> tuple[dict[str, Array], bool]:
        """By how much every part differs from that of a coarser computation, and whether all are within the tolerance."""
        changes = {name: np.abs(part.value - coarse.parts[name].value) for name, part in self.parts.items()}
        return changes, all(changes[name].max() <= part.allowed(rtol) for name, part in self.parts.items())

    def with_errors(self, errors: dict[str, Array], converged: bool) -> Currents:
        parts = {name: replace(part, error=errors[name]) for name, part in self.parts.items()}
        return replace(self, parts=parts, converged=converged)


def carried(surface: FermiSurface, scattering: Scattering) -> dict[str, Array]:
    """What an electron at each node carries, (M, D), or (M, 1) for the torque."""
    s = surface.quantity("s_expectation")[:, 0]
    d = surface.quantity("s_dipole")
    return {
        "conventional": surface.quantity("s_current"),
        "torque": surface.quantity("torque_dipole"),
        "occupation": surface.velocity * s[:, None],
        "dipole_shift": scattering.accumulated(d),
        "side_jump": shift_rate(scattering, s),
        "charge": surface.velocity,
        "scattering_torque": scattering.accumulated(s[:, None]),
    }


def currents(surface: FermiSurface, disorder: Disorder) -> Currents:
    """Solve the Boltzmann equation on these nodes and add up the currents; no error estimate."""
    scattering = Scattering(surface, disorder)
    distribution = solve(scattering)
    weighted = surface.weight[:, None] * distribution.values
    sizes = _sizes(surface, weighted)
    parts = {}
    for name, x in carried(surface, scattering).items():
        value, scale = x.T @ weighted, float((np.abs(x).T @ np.abs(weighted)).max())
        parts[name] = Current(value, np.full_like(value, np.inf), scale, sizes[name])
    return Currents(
        parts=parts,
        mean_rate=scattering.mean_rate,
        density_of_states=surface.density_of_states,
        distribution=distribution,
        nodes=len(surface),
        converged=False,
    )


def _sizes(surface: FermiSurface, weighted: Array) -> dict[str, float]:
    """The size of each part if s and the dipoles were as large as they can be."""
    s = float(np.abs(np.linalg.eigvalsh(surface.model.matrix("s", surface.k[0]))).max())
    v, spread = surface.velocity, surface.spread
    charge = float((np.abs(v).T @ np.abs(weighted)).max())
    geometric = s * float((np.abs(surface.weight) * (v**2).sum(axis=-1) / spread).sum())
    torque = s * float((np.abs(surface.weight) * np.abs(v).sum(axis=-1)).sum())
    sizes = dict.fromkeys(OCCUPATION, s * charge) | dict.fromkeys(SCATTERING, geometric)
    return sizes | {"scattering_torque": torque, "charge": charge}


def converged_currents(
    shape: Contours | Surface, disorder: Disorder, rtol: float, start: int = 0
) -> tuple[Currents, int]:
    """Refine the nodes until every part changes by less than rtol of its scale; also the level that was reached.

    Raises ValueError where the field accelerates electrons that nothing scatters.
    """
    coarse, level = None, start
    for level in shape.levels[start:]:
        try:
            surface = sampled(shape, level)
            if not len(surface):
                return _nothing(shape.model.dimension), start
            fine = currents(surface, disorder)
        except Unresolved:
            coarse = None
            continue
        except TooLarge:
            if coarse is None:
                raise
            break
        if coarse is not None:
            fine = fine.with_errors(*fine.changes(coarse, rtol))
            if fine.converged:
                return _solved(fine, disorder, rtol), level
        coarse = fine
    if coarse is None:
        raise UnresolvedFermiSurface(
            f"mu: expected smooth Fermi lines, got ones with corners that are too sharp at energy {shape.energy:g}"
        )
    return _solved(coarse, disorder, rtol), level


def _solved(found: Currents, disorder: Disorder, rtol: float) -> Currents:
    """The currents, where the Boltzmann equation has a solution."""
    residual = found.distribution.residual if found.distribution else 0.0
    if residual > max(_UNSOLVED, 10 * rtol):
        raise ValueError(
            "disorder: expected one that scatters between all parts of the Fermi surface on which the velocities do not add up to "
            f"zero, got {disorder}, which leaves electrons on one of them to be accelerated for ever, or nearly so: the Boltzmann "
            f"equation is solved up to {residual:.1e} of the velocity only"
        )
    return found


def _nothing(D: int) -> Currents:
    """Where no band crosses the energy."""
    zeros = {name: np.zeros((1 if name == "scattering_torque" else D, D)) for name in PARTS}
    parts = {name: Current(zero, zero, 0.0, 0.0) for name, zero in zeros.items()}
    return Currents(parts, 0.0, 0.0, None, nodes=0, converged=True)


def average(samples: list[tuple[float, Currents]]) -> Currents:
    """The sum of the currents at several energies with these weights; of the solutions the worst is kept."""

    def total(part: str, number: str) -> Any:
        return sum(weight * getattr(c.parts[part], number) for weight, c in samples)

    solved = [c.distribution for _, c in samples if c.distribution is not None]
    density = sum(weight * c.density_of_states for weight, c in samples)
    return Currents(
        parts={name: Current(*(total(name, field.name) for field in fields(Current))) for name in PARTS},
        mean_rate=sum(weight * c.mean_rate * c.density_of_states for weight, c in samples) / max(density, 1e-300),
        density_of_states=density,
        distribution=max(solved, key=lambda d: d.residual, default=None),
        nodes=max(c.nodes for _, c in samples),
        converged=all(c.converged for _, c in samples),
    )
