"""Exact static response of lattice models at finite q and its expansion in q: the independent check of the semiclassical theory.

Conventions: e = hbar = k_B = 1. A scalar potential U exp(i q.r) is added to H, so the force is F = -i q U and the field
E = F. theta_q is the coefficient of exp(i q.r) in the density of theta. Bands are filled at fixed mu and T > 0.
tau = -i[s, H], J^i = (1/2){v_i, s}; index orders are those of the paper (position or field before flow in D^{lis} and
Omega^{lis}; the torque dipole first in Q^{il} and chi^{il}). Nothing here knows a semiclassical formula. ``memory``, bytes, is what
arrays may take, by default 2e9: with less, fewer momenta are summed at a time, and sums differ by rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.linear_response.expansion import (
    Estimate,
    Expansion,
    extrapolated,
    half_chebyshev,
    in_powers,
    ray_directions,
)
from symcur.linear_response.scales import Scales, scales
from symcur.linear_response.susceptibility import Bands, Flows, Kernels, mean, operators, ray_sums, static_kernel
from symcur.linear_response.zone_sums import MOST_POINTS, Effort, converged, transverse_response

_NODES = 7
_TERMS = "uniform", "gradient", "curvature"
_DENSITY = _TERMS[:2]  # a density to first order in gradients


def static_response(
    model: BandStructure,
    operator: str,
    q: ArrayLike,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-10,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> Estimate:
    """theta_q/U at one finite q, complex: the response of "density", "s", "torque" or "current" to U exp(i q.r).

    Shape (1,), or (D,) for the current; q is Cartesian, shape (D,). Torque and current are means of the operators at k and k + q: the current
    is (1/2)(J(k) + J(k + q)), J = (1/2){v, s}. At second order in q it is not that of ``continuity_residual``, with the mean of v on the line between.
    """
    effort = Effort.of(rtol, max_points, memory)
    scale = scales(model, mu, temperature, effort.memory)
    ray = (model.points(q), mean(partial(operators, model, [operator])), None)
    summed = ray_sums(model, [ray], [1.0], partial(static_kernel, mu=mu, temperature=temperature))

    def expand(sums: ComplexArray) -> Expansion:
        value = sums[0, 0, :, 0]
        return {"value": (value, np.zeros(value.shape))}

    return converged(model, summed, expand, scale, effort)["value"]


def expanded_static_response(
    model: BandStructure,
    names: Sequence[str] | Mapping[str, Sequence[str]],
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, dict[str, Estimate]]:
    """theta_q/U = uniform + i q_l gradient[l] + q_i q_l curvature[i, l] + O(q^3) of the operators named, all from the same states.

    The coefficients are real, curvature is symmetric. For the current a last axis counts the directions of flow. A mapping
    from operators to some of the three terms converges these alone: higher ones need more momenta.
    """
    effort = Effort.of(rtol, max_points, memory)
    scale = scales(model, mu, temperature, effort.memory)
    kernel = partial(static_kernel, mu=mu, temperature=temperature)
    return _expanded(model, names, kernel, scale, scale.radius(0.7 * scale.thermal), effort)


def dephased_response(
    model: BandStructure,
    names: Sequence[str] | Mapping[str, Sequence[str]],
    by: str,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-7,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, dict[str, Estimate]]:
    """theta_q of each operator when mu (``by`` "mu") or T ("T") varies as exp(i q.r) and coherences between bands have died out.

    A gas with local mu(r), T(r) has the density matrix f((H - mu)/T), products symmetrized: its change has the elements
    (f_n - f_m)/(e_n - e_m) <n k|m k+q> times -1, or times -(e_n + e_m - 2 mu)/2T. They turn with e_n - e_m; a slow
    probe keeps those with n = m. The results are expanded as in ``expanded_static_response``. Bands must not touch; the least gap is resolved or refused.
    """
    if by not in ("mu", "T"):
        raise ValueError(f"by: expected 'mu' or 'T', got {by!r}")
    effort = Effort.of(rtol, max_points, memory)
    scale = scales(model, mu, temperature, effort.memory)
    diagonal = np.eye(model.size)

    def kernel(left: Bands, right: Bands) -> Array:
        value = -static_kernel(left, right, mu, temperature) * diagonal
        if by == "T":
            energies = left.energies[:, :, None] + right.energies[:, None, :] - 2 * mu
            value = value * energies / (2 * temperature)
        return value

    radius = scale.radius(0.7 * min(scale.thermal, scale.gap / 2))
    return _expanded(model, names, kernel, scale, radius, effort.resolving(scale))


def _expanded(
    model: BandStructure,
    names: Sequence[str] | Mapping[str, Sequence[str]],
    kernel: Kernels,
    scale: Scales,
    radius: float,
    effort: Effort,
) -> dict[str, dict[str, Estimate]]:
    """The expansions in q of responses with this kernel, from |q| < radius."""
    directions, nodes = ray_directions(model.dimension), half_chebyshev(radius, _NODES)
    terms = names if isinstance(names, Mapping) else dict.fromkeys(names, _TERMS)
    for name, asked in terms.items():
        if not set(asked) <= set(_TERMS):
            raise ValueError(f"names: expected terms {', '.join(_TERMS)} of {name}, got {', '.join(asked)}")
    places: dict[str, int | slice] = {}
    count = 0
    for name in names:
        width = model.dimension if name == "current" else 1
        places[name] = slice(count, count + width) if name == "current" else count
        count += width

    def expand(sums: ComplexArray) -> Expansion:
        found = in_powers(directions, nodes, sums[:, 0])
        return {
            f"{name} {term}": (found[term][0][..., place], found[term][1][..., place])
            for name, place in places.items()
            for term in terms[name]
        }

    flows = mean(partial(operators, model, list(names)))
    summed = ray_sums(model, [(n, flows, None) for n in directions], nodes, kernel)
    found = converged(model, summed, expand, scale, effort)
    return {name: {term: found[f"{name} {term}"] for term in terms[name]} for name in places}


def current_density_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, Estimate]:
    """d_mu of the two terms of the current density, from J^i_q/U = -d_mu int f J^i_n + i q_l d_mu D^{lis} + O(q^2).

    Source: C Eq. (1), whose statement is d_mu D^{lis} = int (-f' d^{lis} - f Omega^{lis}).

    Returns
    -------
    "uniform" [i] : d_mu int f J^i_n.
    "dipole" [l, i] : d_mu D^{lis}.
    """
    found = expanded_static_response(
        model, {"current": _DENSITY}, mu, temperature, rtol=rtol, max_points=max_points, memory=memory
    )
    return current_density(found["current"])


def current_density(response: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """The terms of ``current_density_response`` in the expansion of that of the current."""
    return {"uniform": -response["uniform"], "dipole": response["gradient"]}


def torque_density_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, Estimate]:
    """d_mu of the terms of the torque density: tau_q/U = -i q_i d_mu int f J^i_n + q_i q_l d_mu Q^{il} + O(q^3).

    Source: C Eqs. (2) and (3), whose statement is d_mu Q^{il} = int (-f' q^{il} - f chi^{il}), chi with the sign of
    B and C. Only the symmetric part of Q acts.

    Returns
    -------
    "uniform" : the response at q = 0, zero.
    "dipole" [i] : -d_mu D^{i tau} in D^{i tau} = int f d^{i tau} + g Omega^{i tau}, hence d_mu int f J^i_n.
    "quadrupole" [i, l] : the symmetric part of d_mu Q^{il}.
    """
    found = expanded_static_response(
        model, ["torque"], mu, temperature, rtol=rtol, max_points=max_points, memory=memory
    )
    return torque_density(found["torque"])


def torque_density(response: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """The terms of ``torque_density_response`` in the expansion of that of the torque."""
    return {"uniform": response["uniform"], "dipole": -response["gradient"], "quadrupole": response["curvature"]}


def magnetic_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    *,
    operator: str = "s",
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> Estimate:
    """ds/dB at fixed mu and T, from the static response to a vector potential A_l exp(i q_i r_i), l != i.

    The perturbation is -A_l times the velocity averaged along straight lines in k, to first order in A the exact
    Peierls coupling; s_q/A_l = i q_i tensor[i, l] + O(q^3), and tensor[i, l] = eps_{ilk} ds/dB_k, so [x, y] is
    ds/dB_z. operator "density" gives the change of the number of carriers instead.
    """
    if operator not in ("s", "density"):
        raise ValueError(f"operator: expected 's' or 'density', which do not change with A, got {operator!r}")
    effort = Effort.of(rtol, max_points, memory)
    scale = scales(model, mu, temperature, effort.memory)
    nodes = half_chebyshev(scale.radius(0.7 * scale.thermal), _NODES)
    kernel = partial(static_kernel, mu=mu, temperature=temperature)

    def flow(_: int) -> Flows:
        return lambda k, q: operators(model, [operator], k)

    def limit(along: ComplexArray) -> tuple[AnyArray, Array]:
        return extrapolated(nodes, along[:, 0].imag, 1)

    return transverse_response(model, flow, nodes, kernel, limit, scale, effort)
