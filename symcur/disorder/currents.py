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
from symcur.brillouin.sweep import Progress
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
_CERTAIN = 1e-2  # a smaller residual may be that of a mesh that has not settled
_ROUNDING = 1e-13  # of the natural size: below it a part is zero
_LEAST_LEFT = 0.1  # of a change is at least taken for the error that is left
Change = dict[str, Array]  # of every part, absolute


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

    @property
    def rounding(self) -> float:
        """How far off components may be that cancel."""
        return _ROUNDING * max(self.scale, self.size)

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
    interrupted: bool = False

    def allowed(self, rtol: float) -> dict[str, float]:
        """The errors that meet the tolerance."""
        return {name: part.allowed(rtol) for name, part in self.parts.items()}

    def with_errors(self, errors: Change, rtol: float) -> Currents:
        """With these error estimates, converged if all are within the tolerance."""
        parts = {name: replace(part, error=errors[name]) for name, part in self.parts.items()}
        converged = all(errors[name].max() <= part.allowed(rtol) for name, part in parts.items())
        return replace(self, parts=parts, converged=converged)


SEARCH = 200_000  # rates take about as long as to find a Fermi surface


@dataclass
class Work:
    """How many rates between pairs of states were computed, and from how many on nothing is refined any more.

    To find a Fermi surface counts as much as ``SEARCH`` rates.
    """

    most: int
    progress: Progress | None = None
    done: int = 0

    @property
    def exhausted(self) -> bool:
        return self.done >= self.most

    def allows(self, more: int) -> bool:
        return self.done + more <= self.most

    def report(self, message: str) -> None:
        if self.progress is not None:
            self.progress(None, message)


def difference(fine: Currents, coarse: Currents) -> Change:
    """By how much every part differs."""
    return {name: np.abs(part.value - coarse.parts[name].value) for name, part in fine.parts.items()}


def share_left(change: Change, before: Change | None, allowed: dict[str, float]) -> float:
    """The part of the last change that is taken for the remaining error: as r + r^2 + ... where changes shrink by r.

    r is that of the part that shrinks least, without those that have settled. Rules that double their nodes shrink their
    errors at least as fast again, so that this bounds the error; it is never below a tenth and never above the change.
    """
    if before is None:
        return 1.0
    ratios = [
        float(change[name].max()) / max(float(before[name].max()), 1e-300)
        for name in change
        if change[name].max() > _LEAST_LEFT * allowed[name]
    ]
    r = min(max(ratios, default=0.0), 0.5)
    return max(r / (1 - r), _LEAST_LEFT)


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


def currents(surface: FermiSurface, disorder: Disorder, work: Work | None = None) -> Currents:
    """Solve the Boltzmann equation on these nodes and add up the currents; no error estimate."""
    if not len(surface):
        return nothing(surface.model.dimension)
    scattering = Scattering(surface, disorder)
    if work is not None:
        work.done += scattering.size
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
    shape: Contours | Surface, disorder: Disorder, rtol: float, work: Work, *, keep: bool = False
) -> tuple[Currents, int]:
    """Refine the nodes until the error estimate of every part is below rtol of its scale; also the level that was reached.

    With ``keep`` Ctrl-C returns the level before, marked as interrupted. Raises ValueError where the field accelerates
    electrons that nothing scatters, and where even the coarsest mesh has too many nodes.
    """
    coarse: Currents | None = None
    before: Change | None = None
    level = 0
    try:
        for level in shape.levels:
            if (
                coarse is not None
                and not work.allows(4 * coarse.nodes**2)
                and np.isfinite(coarse.parts["charge"].error).all()
            ):
                break
            try:
                fine = currents(sampled(shape, level), disorder, work)
            except Unresolved:
                coarse = before = None
                continue
            except TooLarge:
                if coarse is None:
                    raise
                break
            if not fine.nodes:
                return fine, level
            if coarse is not None:
                change, allowed = difference(fine, coarse), fine.allowed(rtol)
                factor = share_left(change, before, allowed)
                fine = fine.with_errors({name: factor * change[name] for name in PARTS}, rtol)
                before = change
            coarse = fine
            if coarse.converged:
                break
    except KeyboardInterrupt:
        if coarse is None or not keep:
            raise
        coarse = replace(coarse, converged=False, interrupted=True)
    if coarse is None:
        raise UnresolvedFermiSurface(
            f"mu: expected smooth Fermi lines, got ones with corners that are too sharp at energy {shape.energy:g}"
        )
    return _solved(coarse, disorder, rtol), level


def _solved(found: Currents, disorder: Disorder, rtol: float) -> Currents:
    """The currents, where the Boltzmann equation has a solution."""
    residual = found.distribution.residual if found.distribution else 0.0
    if residual > max(_UNSOLVED, 10 * rtol) and (found.converged or residual > _CERTAIN):
        raise ValueError(
            "disorder: expected one that scatters between all parts of the Fermi surface on which the velocities do not add up to "
            f"zero, got {disorder}, which leaves electrons on one of them to be accelerated for ever, or nearly so: the Boltzmann "
            f"equation is solved up to {residual:.1e} of the velocity only"
        )
    return found


def nothing(D: int) -> Currents:
    """Where no band crosses the energy."""
    zeros = {name: np.zeros((1 if name == "scattering_torque" else D, D)) for name in PARTS}
    parts = {name: Current(zero, zero, 0.0, 0.0) for name, zero in zeros.items()}
    return Currents(parts, 0.0, 0.0, None, nodes=0, converged=True)


def unknown(D: int) -> Currents:
    """Where Ctrl-C came before any result: NaN with an infinite error."""
    parts = {
        name: Current(np.full_like(part.value, np.nan), np.full_like(part.value, np.inf), 0.0, 0.0)
        for name, part in nothing(D).parts.items()
    }
    return Currents(parts, np.nan, np.nan, None, nodes=0, converged=False, interrupted=True)


def average(samples: list[tuple[float, Currents]]) -> Currents:
    """The sum of the currents at several energies with these weights; of the solutions the worst is kept, with the mean residual."""

    def total(part: str, number: str) -> Any:
        return sum(weight * getattr(c.parts[part], number) for weight, c in samples)

    solved = [(weight, c.distribution) for weight, c in samples if c.distribution is not None]
    worst = max((d for _, d in solved), key=lambda d: d.residual, default=None)
    if worst is not None:
        residual, drift = (sum(weight * getattr(d, name) for weight, d in solved) for name in ("residual", "drift"))
        worst = replace(worst, residual=residual, drift=drift)
    density = sum(weight * c.density_of_states for weight, c in samples)
    return Currents(
        parts={name: Current(*(total(name, field.name) for field in fields(Current))) for name in PARTS},
        mean_rate=sum(weight * c.mean_rate * c.density_of_states for weight, c in samples) / max(density, 1e-300),
        density_of_states=density,
        distribution=worst,
        nodes=max(c.nodes for _, c in samples),
        converged=all(c.converged for _, c in samples),
    )
