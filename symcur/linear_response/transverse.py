"""Exact response to an electric field perpendicular to its wave vector q, with either limit first: q -> 0 or w -> 0.

Measured is the conserved current along q, C_q = (q.J_q + i tau_q)/|q|, since i q.J^tau_q = -tau_q. The field is E = -eta A,
with a vector potential A along l that grows like exp(eta t), w = i eta, and varies like exp(i q r_i), i != l. It has a curl,
and drives dB/dt (Faraday). By continuity i q C_q = -eta s_q at every q and eta: the current carries s to where B changes
it. The coupling is -A_l times the velocity averaged along straight lines in k, to first order in A the exact Peierls
coupling.

q first, |q| < eta/v
    The carriers have no time to move along q. Within a band, C_q has the elements -(e_nk - e_n,k+q) s/|q| and f differs by
    f' (e_nk - e_n,k+q), so that the part even in eta is of order q/eta^2 and vanishes with q. What is left is due to pairs
    of bands, and is a series in eta^2 up to the smallest direct gap. Odd in eta are the acceleration of the carriers,
    with f'/eta, and the change of J and tau with A itself, the same for eta and -eta. Imaginary is the uniform torque,
    int f d_l s_n, over |q|.
w first, eta < v |q|
    The carriers follow B(t): a pair of states whose energies differ by de has de^2/(de^2 + eta^2) of its static weight, and
    all do in the limit but a share eta/(v |q|). C_q/E = -i s_q/(|q| A) becomes the static eps_{ilk} ds/dB_k.

In an insulator the two are the same. In a metal they differ by terms of the Fermi surface, and only the first has a
symmetric part.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.linear_response.dynamic import frequencies, slow_limit
from symcur.linear_response.expansion import Estimate, extrapolated, half_chebyshev
from symcur.linear_response.scales import scales
from symcur.linear_response.static import magnetic_response
from symcur.linear_response.susceptibility import Flows, anticommutator, field_kernel, line_velocity, mean, operators
from symcur.linear_response.zone_sums import MOST_POINTS, Effort, transverse_response

_NODES = 6
_FREQUENCIES = half_chebyshev(0.2, 6)  # in units of the smallest direct gap


def transverse_field_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    *,
    first: Literal["q", "omega"] = "q",
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> Estimate:
    """tensor[i, l]: the conserved current J + J^tau along q = |q| e_i per field E along l, perpendicular to q.

    ``first`` names the limit that is taken first: "q", a field that is uniform over the way that carriers go in a period, or
    "omega", a field so slow that they follow it; then the tensor is eps_{ilk} ds/dB_k. Each is the part even in the
    frequency, of a clean insulator or metal at T > 0. Bands may be degenerate.

    The error counts the extrapolations in q and in the frequency and the change of the last refinement of the zone. Bands
    that nearly touch within reach of T from mu need many momenta. The least gap is looked for downhill from a grid, and resolved or
    refused; below 1e-12 of the largest energy bands cross.
    """
    if first not in ("q", "omega"):
        raise ValueError(f"first: expected 'q' or 'omega', the limit that is taken first, got {first!r}")
    if model.statistics.no_electric_field:
        raise ValueError(f"model: expected electrons, got {model.name}; {model.statistics.no_electric_field}")
    if first == "omega":
        return magnetic_response(model, mu, temperature, rtol=rtol, max_points=max_points, memory=memory)
    effort = Effort.of(rtol, max_points, memory)
    scale = scales(model, mu, temperature, effort.memory)
    etas = frequencies(scale.gap, _FREQUENCIES)
    # Half the distance at which two energies of one band, k and k + q apart, differ by i eta.
    nodes = half_chebyshev(min(scale.radius(scale.thermal), scale.radius(float(etas.min()) / 2)), _NODES)

    def limit(along: ComplexArray) -> tuple[AnyArray, Array]:
        return slow_limit(etas, *extrapolated(nodes, along.real, 0))

    kernels = partial(field_kernel, mu=mu, temperature=temperature, etas=etas)
    return transverse_response(
        model, partial(conserved_current, model), nodes, kernels, limit, scale, effort.resolving(scale)
    )


def conserved_current(model: BandStructure, i: int) -> Flows:
    """C_q at q along axis i, from J and tau."""
    s = model.matrix("s", np.zeros(model.dimension))
    torque = mean(partial(operators, model, ["torque"]))
    return lambda k, q: anticommutator(line_velocity(model, k, q, i), s)[None] + 1j * torque(k, q) / q[i]
