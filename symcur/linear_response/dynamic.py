"""Exact response of lattice models to slow fields, q -> 0 before w -> 0: the intrinsic part of a clean crystal.

A field grows like exp(eta t), w = i eta. The response is expanded in q at each eta > 0, where it is analytic for
|q| < eta/v, and then in eta. Its part odd in eta holds the acceleration of the carriers (the Drude weight over eta, from f'
within a band) and corrections that vanish with eta; the part even in eta is a series in eta^2 up to the smallest direct gap,
whose constant is what the clean crystal owes to interband mixing. Conventions are those of ``static``. Fields along q are
treated here, those perpendicular to q in ``transverse``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.brillouin.occupation import occupation
from symcur.linear_response.expansion import (
    Estimate,
    Expansion,
    extrapolated,
    half_chebyshev,
    linear_form,
    lowest_coefficients,
    quadratic_form,
    ray_directions,
)
from symcur.linear_response.scales import Scales, scales
from symcur.linear_response.susceptibility import (
    Bands,
    Flows,
    Summand,
    accumulation_kernel,
    anticommutator,
    bytes_of_a_momentum,
    mean,
    operators,
    potential_kernel,
    ray_sums,
    velocities,
)
from symcur.linear_response.zone_sums import MOST_POINTS, Effort, converged

_NODES = 6
_FREQUENCIES = half_chebyshev(0.38, 6)  # in units of the smallest direct gap
_CROSSINGS = 2.5  # where bands cross responses have terms |eta|, and sqrt(|eta|) where they touch: 0.93 and 2.2 of what the extrapolation states
Limit = Callable[[Array, int], tuple[AnyArray, Array]]  # (values at the nodes, order in q) -> coefficients and errors


def uniform_field_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, Estimate]:
    """Response to a longitudinal field E = -i q U exp(eta t): the intrinsic (interband) part per unit field.

    It is the whole static answer in an insulator. Source: C Eq. (10), A Eqs. (4)-(6); physical statement int f Omega^{lis},
    int f Omega^{l tau}, int f chi^{il}.

    Returns
    -------
    "current" [l, i] : J^i_q = E_l current[l, i] + O(q), compare int f Omega^{lis}.
    "torque" [l] : tau_q = E_l torque[l] + O(q), compare int f Omega^{l tau}.
    "torque_gradient" [i, l] : the term -i q_i E_l torque_gradient[i, l] of tau_q, E parallel to q; symmetric part,
        compare int f chi^{il}.
    """

    def flows(k: Array) -> ComplexArray:
        return operators(model, ["current", "torque"], k)

    directions = ray_directions(model.dimension)

    def expand(along: ComplexArray, limit: Limit) -> Expansion:
        # theta_q/U = (-i q) theta_q/E: the order q gives minus the value, the order q^2 minus the term in -i q E.
        linear, linear_error = limit(-along.imag, 1)
        square, square_error = limit(-along.real, 2)
        return {
            "current": linear_form(directions, linear[:, :-1], linear_error[:, :-1]),
            "torque": linear_form(directions, linear[:, -1], linear_error[:, -1]),
            "torque_gradient": quadratic_form(directions, square[:, -1], square_error[:, -1]),
        }

    return _slow_response(model, mu, temperature, flows, None, expand, Effort.of(rtol, max_points, memory))


def accumulation_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, Estimate]:
    """ds/dt in the longitudinal field of ``uniform_field_response``, from the density of s alone, q -> 0 before the frequency.

    Returns
    -------
    "uniform" [l] : (ds/dt)_q = E_l uniform[l] + O(q).
    "gradient" [i, l] : the term -i q_i E_l gradient[i, l], symmetric part. By continuity it is the symmetric part of the response of
        J + J^tau, div J^tau being the part of -tau with a wave vector.
    """
    directions = ray_directions(model.dimension)

    def expand(along: ComplexArray, limit: Limit) -> Expansion:
        linear, square = limit(-along.imag, 1), limit(-along.real, 2)
        return {
            "uniform": linear_form(directions, linear[0][:, 0], linear[1][:, 0]),
            "gradient": quadratic_form(directions, square[0][:, 0], square[1][:, 0]),
        }

    flows = partial(operators, model, ["s"])
    return _slow_response(
        model, mu, temperature, flows, None, expand, Effort.of(rtol, max_points, memory), accumulation_kernel
    )


def field_gradient_response(
    model: BandStructure,
    flow: str,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> Estimate:
    """The flow along l in answer to H - h s, h = h_q exp(i q.r + eta t): j^l_q = h_q i q_i tensor[i, l] + O(q^2).

    ``flow`` is "charge", (1/2){v_l, 1}, or "heat", (1/2){v_l, H - mu}; to the latter -(1/2){v_l, h s} adds its part
    of first order in q, -(1/2) sum f Im <w_il s>.
    """
    if flow not in ("charge", "heat"):
        raise ValueError(f"flow: expected 'charge' or 'heat', got {flow!r}")

    def flows(k: Array) -> ComplexArray:
        v = velocities(model, k)
        if flow == "heat":
            K = model.matrix("H", k) - mu * np.eye(model.size)
            v = [anticommutator(component, K) for component in v]
        return np.stack(v)

    def coupling(k: Array, q: Array) -> ComplexArray:
        return np.broadcast_to(-model.matrix("s", np.zeros(model.dimension)), (len(k), model.size, model.size))

    def expand(along: ComplexArray, limit: Limit) -> Expansion:
        return {"tensor": linear_form(ray_directions(model.dimension), *limit(along.imag, 1))}

    effort = Effort.of(rtol, max_points, memory)
    scale = scales(model, mu, temperature, effort.memory)
    moved = _slow_response(model, mu, temperature, flows, coupling, expand, effort, scale=scale)["tensor"]
    if flow == "charge":
        return moved
    # One diagonalisation per momentum: the contact term is cheap, and converged further.
    return moved + _contact(model, mu, temperature, scale, replace(effort, rtol=1e-2 * rtol))


def zeeman_gradient_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, Estimate]:
    """The flow of s in answer to H - h s, h = h_q exp(i q.r + eta t), a Zeeman energy where s is spin.

    Returns
    -------
    "current" [i, l] : J^i_q = h_q i q_l current[i, l] + O(q^2) of (1/2){v_i, s}.
    "torque" [i, l] : the same of J^tau, from tau_q = h_q q_i q_l torque[i, l] + O(q^3); symmetric part.
    "total" [i, l] : their sum, symmetrized: what any torque density fixes of the conserved current.
    """

    def flows(k: Array) -> ComplexArray:
        return operators(model, ["current", "torque"], k)

    def coupling(k: Array, q: Array) -> ComplexArray:
        return np.broadcast_to(-model.matrix("s", np.zeros(model.dimension)), (len(k), model.size, model.size))

    directions = ray_directions(model.dimension)

    def expand(along: ComplexArray, limit: Limit) -> Expansion:
        current, error = linear_form(directions, *limit(along.imag[:, :, :-1], 1))
        torque, torque_error = quadratic_form(directions, *limit(along.real[:, :, -1], 2))
        total, both = (current + current.T) / 2 + torque, (error + error.T) / 2 + torque_error
        return {"current": (current.T, error.T), "torque": (torque, torque_error), "total": (total, both)}

    return _slow_response(model, mu, temperature, flows, coupling, expand, Effort.of(rtol, max_points, memory))


def _slow_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    flows: Callable[[Array], ComplexArray],
    vertex: Flows | None,
    expand: Callable[[ComplexArray, Limit], Expansion],
    effort: Effort,
    kernel: Callable[..., AnyArray] = potential_kernel,
    scale: Scales | None = None,
) -> dict[str, Estimate]:
    """Flows in answer to a potential U, or to ``vertex``, along rays and for every eta.

    ``expand`` gets them as an array (ray, eta, flow, node), and limit(values, order): the term of this order in q as eta -> 0.
    """
    scale = scale or scales(model, mu, temperature, effort.memory)
    etas = frequencies(scale.gap, _FREQUENCIES)
    # Half the distance at which two energies of one band, k and k + q apart, differ by i eta.
    radius = min(scale.radius(scale.thermal), scale.radius(float(etas.min())) / 2)
    nodes = half_chebyshev(radius, _NODES)

    def limit(values: Array, order: int) -> tuple[AnyArray, Array]:
        return slow_limit(etas, *extrapolated(nodes, values, order))

    averaged = mean(flows)
    rays = [(n, averaged, vertex) for n in ray_directions(model.dimension)]
    kernels = partial(kernel, mu=mu, temperature=temperature, etas=etas)
    summed = ray_sums(model, rays, nodes, kernels)
    return converged(model, summed, lambda along: expand(along, limit), scale, effort.resolving(scale))


# -- small pieces ----------------------------------------------------------------------------------------------------
def slow_limit(etas: Array, values: Array, errors: Array) -> tuple[Array, Array]:
    """eta -> 0 of an even function of eta; axis 1 counts the frequencies, and disappears.

    The error holds for |eta| and sqrt(|eta|) too, which are left where bands cross or touch and states at both are coupled by the perturbation.
    """
    limit, error = extrapolated(etas, np.moveaxis(values, 1, -1), 0)
    return limit, _CROSSINGS * error + np.moveaxis(errors, 1, -1) @ np.abs(lowest_coefficients(etas)[0])


def frequencies(gap: float, in_gaps: Array) -> Array:
    if not np.isfinite(gap):
        gap = 1.0  # one band, or all degenerate: no interband scale exists, and the interband part vanishes
    return np.asarray(in_gaps * gap)


def _contact(model: BandStructure, mu: float, temperature: float, scale: Scales, effort: Effort) -> Estimate:
    """-(1/2) sum f Im <w_il s>."""
    axes = range(model.dimension)
    s = model.matrix("s", np.zeros(model.dimension))

    def summed(k: Array, bands: Bands) -> Array:
        f, U = occupation("f", bands.energies, mu, temperature), bands.states
        ws = np.array([[model.matrix("H", k, (i, l)) @ s for l in axes] for i in axes])
        return np.asarray(np.einsum("kan,ilkab,kbn,kn->il", U.conj(), ws, U, f, optimize=True).imag / -2)

    summand = Summand(summed, bytes_of_a_momentum(model, 3 * model.dimension**2))
    return converged(model, summand, lambda sums: {"": (sums, np.zeros(sums.shape))}, scale, effort)[""]
