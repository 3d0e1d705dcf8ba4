"""The currents of one energy: everything that the occupation of the Fermi surface carries.

Tensors are [i, l]: flow along i in response to E_l; their integral over energy with the weight -f' is the conductivity.
With the hermitian collision operator, sum_a q_a lambda_l (d_b - d_a) w q_b = -sum_a q_a d_a v_l: the dipole-shift current
does not depend on the disorder. It is computed from the scattering here, so that this can be checked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from symcur.arrays import Array
from symcur.disorder.boltzmann import Distribution, solve
from symcur.disorder.contours import Contours
from symcur.disorder.fermi_states import FermiSurface, sampled
from symcur.disorder.momentum_cell import Unresolved, UnresolvedFermiSurface
from symcur.disorder.potentials import Disorder
from symcur.disorder.rates import Scattering, TooLarge, shift_rate
from symcur.disorder.surfaces import Surface

OCCUPATION = ("conventional", "torque", "occupation", "charge")  # proportional to the relaxation time
SCATTERING = ("dipole_shift", "side_jump", "scattering_torque")  # independent of the strength of the disorder
PARTS = (*OCCUPATION, *SCATTERING)
_ROUNDING = 1e-13  # of the natural size: below it a part is zero


@dataclass(frozen=True)
class Currents:
    """The parts at one energy (arrays [i, l]; the torque [0, l]), their errors and the quality of the solution.

    ``scales`` are the same sums with moduli: what a part that vanishes by cancellation is compared with. ``sizes`` are
    natural sizes from dimensions alone, for parts in which every electron carries nothing.
    """

    values: dict[str, Array]
    errors: dict[str, Array]
    scales: dict[str, float]
    sizes: dict[str, float]
    mean_rate: float
    density_of_states: float
    distribution: Distribution | None
    nodes: int
    converged: bool

    def allowed(self, part: str, rtol: float) -> float:
        """The error that meets the tolerance."""
        return max(rtol * self.scales[part], _ROUNDING * self.sizes[part])

    def relative(self, difference: Array, part: str) -> float:
        """A difference relative to the scale of a part, or to a small part of its natural size if it vanishes."""
        return float(np.abs(difference).max() / max(self.scales[part], 1e-3 * self.sizes[part], 1e-300))


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


def currents(surface: FermiSurface, disorder: Disorder, scale: float = 1.0) -> Currents:
    """Solve the Boltzmann equation on these nodes and add up the currents; no error estimate."""
    scattering = Scattering(surface, disorder, scale)
    distribution = solve(scattering)
    weighted = surface.weight[:, None] * distribution.values
    carry = carried(surface, scattering)
    scales = {name: float((np.abs(x).T @ np.abs(weighted)).max()) for name, x in carry.items()}
    return Currents(
        values={name: x.T @ weighted for name, x in carry.items()},
        errors={name: np.full((x.shape[1], weighted.shape[1]), np.inf) for name, x in carry.items()},
        scales=scales,
        sizes=_sizes(surface, scales["charge"]),
        mean_rate=scattering.mean_rate,
        density_of_states=surface.density_of_states,
        distribution=distribution,
        nodes=len(surface),
        converged=False,
    )


def _sizes(surface: FermiSurface, charge: float) -> dict[str, float]:
    """The size of each part if s and the dipoles were as large as they can be."""
    s = float(np.abs(np.linalg.eigvalsh(surface.model.matrix("s", surface.k[0]))).max())
    v, spread = surface.velocity, surface.spread
    geometric = s * float((np.abs(surface.weight) * (v**2).sum(axis=-1) / spread).sum())
    torque = s * float((np.abs(surface.weight) * np.abs(v).sum(axis=-1)).sum())
    sizes = dict.fromkeys(OCCUPATION, s * charge) | dict.fromkeys(SCATTERING, geometric)
    return sizes | {"scattering_torque": torque, "charge": charge}


def converged_currents(
    shape: Contours | Surface, disorder: Disorder, scale: float, rtol: float, start: int = 0
) -> tuple[Currents, int]:
    """Refine the nodes until every part changes by less than rtol of its scale; also the level that was reached."""
    coarse, level = None, start
    for level in shape.levels[start:]:
        try:
            surface = sampled(shape, level)
            if not len(surface):
                return _nothing(shape.model.dimension), start
            fine = currents(surface, disorder, scale)
        except Unresolved:
            coarse = None
            continue
        except TooLarge:
            if coarse is None:
                raise
            break
        if coarse is not None:
            errors = {name: np.abs(fine.values[name] - coarse.values[name]) for name in PARTS}
            within = all(errors[name].max() <= fine.allowed(name, rtol) for name in PARTS)
            fine = replace(fine, errors=errors, converged=within)
            if within:
                return fine, level
        coarse = fine
    if coarse is None:
        raise UnresolvedFermiSurface(
            f"mu: expected smooth Fermi lines, got ones with corners that are too sharp at energy {shape.energy:g}"
        )
    return coarse, level


def _nothing(D: int) -> Currents:
    """Where no band crosses the energy."""
    empty = {name: np.zeros((1 if name == "scattering_torque" else D, D)) for name in PARTS}
    zero = dict.fromkeys(PARTS, 0.0)
    return Currents(empty, empty, zero, zero, 0.0, 0.0, None, 0, True)
