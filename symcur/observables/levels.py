"""Transport of materials whose position has elements between Wannier functions: the levels "projected" and "full".

Within the space of the functions [r, s] = 0 does not hold. What is algebra stays, d^{i tau} = -J + v s and the integration by parts;
the regular form of sigma gains the position curvature X (``quantities.position``), and with it is exactly what the paper's
integrand Omega^{li} s_n + d_l d^{is} sums to. What rests on [r, s] = 0 is lost: Omega^{i tau} = d_i s_n, the net flow that
vanishes, the torque density whose quadrupole is q and chi, conventional + torque = intrinsic from the definition of chi, and
sigma_H = e dM/dmu. Those are refused; conventional + torque = intrinsic is then the definition of the torque part. The other forms
of sigma are refused too: they have double poles at near touchings, and in a solid there is always one.

At the level "full" the states outside of the space enter: Tr[P s P F_li] in the band part, and E_i in the dipole. They are needed
for occupied bands within the space alone, and with F, s and <s r> the conserved conductivity is that of the whole space. The
conventional one needs <s H r> and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from symcur import quantities
from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.brillouin import Domain
from symcur.brillouin.occupation import occupation
from symcur.observables.engine import Term, states_on_meshes
from symcur.observables.hall import PAPER, Choice
from symcur.observables.result import Part
from symcur.quantities.position import external_curvature, external_dipole, position_curvature, slope_of_s

LOST = (
    "[r, s] = 0 does not hold between Wannier functions, and with it Omega^{i tau} = d_i s_n, the vanishing net flow, the quadrupole "
    "of the torque, its polarizability and sigma_H = e dM/dmu"
)
_MESH = {1: 64, 2: 20, 3: 8}  # points per axis, for the net flow


def conductivity_levels(weight: str, surface: str, parts: Mapping[str, Sequence[Term]]) -> dict[str, Choice]:
    """The parts of sigma or alpha at each level, from those of the regular form in tight binding.

    ``surface`` is minus the derivative of the weight by energy. "position" is the part of "band" that tight binding lacks.
    """
    within = Term(position_curvature, weight).T
    outside, carried = Term(external_curvature, weight).T, Term(external_dipole, surface, times_velocity=True)
    conventional, band, dipole = parts["conventional"], [*parts["band"], within], parts["dipole"]
    total = [*band, *dipole]
    projected = {
        "conventional": conventional,
        "torque": [*total, *(term * -1.0 for term in conventional)],
        "band": band,
        "dipole": dipole,
        "position": [within],
        "intrinsic": total,
    }
    full = {
        "band": [*band, outside],
        "dipole": [*dipole, carried],
        "position": [within],
        "outside_band": [outside],
        "outside_dipole": [carried],
        "intrinsic": [*total, outside, carried],
    }
    sums = "intrinsic = band + dipole; band holds position"
    return {
        "projected": Choice(projected, "intrinsic", f"conventional + torque = {sums}"),
        "full": Choice(full, "intrinsic", f"{sums} and outside_band, dipole holds outside_dipole"),
    }


def beyond_tight_binding(levels: Mapping[str, Choice], name: str, hall: str, model: BandStructure) -> Choice:
    """What an observable is at the level of a model; refused, with the reason, where it has no meaning."""
    if model.level not in levels:
        model.require_local(
            name, f"{LOST} ('conductivity', 'hall_conductivity' and 'thermoelectric' in the regular form are left)"
        )
    if hall != PAPER:
        model.require_local(
            f"the Hall part {hall!r}", "its derivation needs [r, s] = 0 and it is not known how much is lost"
        )
    return levels[model.level]


def residuals(
    model: BandStructure, domain: Domain, mu: Array, temperature: Array, parts: Mapping[str, Part], total: str
) -> tuple[str, ...]:
    """Sentences on what is lost of [r, s] = 0: the net flow that is left in equilibrium, and what position changes."""
    flow = float(np.abs(net_flow(model, domain, mu, temperature)).max())
    found = [
        f"the net flow of equilibrium, which should vanish, is up to {flow:.2g} (energy x s / length^(D-1), a coarse mesh)"
    ]
    if "position" in parts:
        position, value = (float(np.abs(parts[name].value).max()) for name in ("position", total))
        found.append(
            f"F and D_i s within the functions enter with up to {position:.2g} beside values of up to {value:.2g}"
        )
    return tuple(found)


def net_flow(model: BandStructure, domain: Domain, mu: Array, temperature: Array) -> Array:
    """-int g Tr[P D_i s], by a mesh, of the shape (*mu, *T, D)."""
    levels, components = np.atleast_1d(mu), quantities.components(slope_of_s, model.dimension)
    total = np.zeros((len(levels), temperature.size, model.dimension))
    for states, (weights,) in states_on_meshes(model, domain, [_MESH[domain.dimension]]):
        slope = states.values(components).real
        g = np.stack([occupation("g", states.energies[..., None], levels, float(t)) for t in temperature.flat])
        total -= np.einsum("k,tknm,kni->mti", weights, g, slope)
    return total.reshape(*mu.shape, *temperature.shape, model.dimension)
