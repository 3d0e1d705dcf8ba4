"""Exact response of lattice models to slow fields, q -> 0 before w -> 0: the intrinsic part of a clean crystal.

A field grows like exp(eta t), w = i eta. The response is expanded in q at each eta > 0, where it is analytic for
|q| < eta/v, and then in eta. Its part odd in eta holds the acceleration of the carriers (the Drude weight over eta, from f'
within a band) and corrections that vanish with eta; the part even in eta is a series in eta^2 up to the smallest direct gap,
whose constant is what the clean crystal owes to interband mixing. Conventions are those of ``static``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.linear_response.expansion import (
    Estimate,
    Expansion,
    Rays,
    axis_pairs,
    converged,
    extrapolated,
    half_chebyshev,
    linear_form,
    lowest_coefficients,
    quadratic_form,
    require_lattice,
    require_plane,
    scales,
    scattered,
    transverse_waves,
)
from symcur.linear_response.static import MOST_POINTS
from symcur.linear_response.susceptibility import (
    Bands,
    Flows,
    anticommutator,
    field_kernel,
    line_velocity,
    mean,
    operators,
    pair_sums,
    potential_kernel,
    velocities,
)

_NODES = 6
_FREQUENCIES = np.array([0.48, 0.40, 0.32, 0.24, 0.16, 0.08])  # in units of the smallest direct gap


def uniform_field_response(
    model: BandStructure, mu: float, temperature: float, *, rtol: float = 1e-6, max_points: int = MOST_POINTS
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

    def expand(rays: Rays, etas: Array, along: ComplexArray) -> Expansion:
        # theta_q/U = (-i q) theta_q/E: the order q gives minus the value, the order q^2 minus the term in -i q E.
        linear, linear_error = _slow_limit(etas, *extrapolated(rays.nodes, -along.imag, 1))
        square, square_error = _slow_limit(etas, *extrapolated(rays.nodes, -along.real, 2))
        return {
            "current": linear_form(rays.directions, linear[:, :-1], linear_error[:, :-1]),
            "torque": linear_form(rays.directions, linear[:, -1], linear_error[:, -1]),
            "torque_gradient": quadratic_form(rays.directions, square[:, -1], square_error[:, -1]),
        }

    return _slow_response(model, mu, temperature, flows, None, expand, rtol, max_points)


def field_gradient_response(
    model: BandStructure,
    flow: str,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = MOST_POINTS,
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

    def contact(k: Array, bands: Bands) -> Array:
        return _contact(model, k, bands, mu, temperature) if flow == "heat" else np.zeros((model.dimension,) * 2)

    def expand(rays: Rays, etas: Array, along: ComplexArray) -> Expansion:
        limit, error = _slow_limit(etas, *extrapolated(rays.nodes, along.imag, 1))
        return {"tensor": linear_form(rays.directions, limit, error)}

    return _slow_response(model, mu, temperature, flows, contact, expand, rtol, max_points)["tensor"]


def _slow_response(
    model: BandStructure,
    mu: float,
    temperature: float,
    flows: Callable[[Array], ComplexArray],
    contact: Callable[[Array, Bands], Array] | None,
    expand: Callable[[Rays, Array, ComplexArray], Expansion],
    rtol: float,
    max_points: int,
) -> dict[str, Estimate]:
    """Flows (number, K, N, N) in answer to a potential U, or with ``contact`` to -h s, at every q and eta.

    ``expand`` gets them as an array (ray, eta, flow, node).
    """
    require_lattice(model, mu, temperature)
    scale = scales(model, mu, temperature)
    etas = _frequencies(scale.gap)
    # Half the distance at which two energies of one band, k and k + q apart, differ by i eta.
    radius = min(scale.radius(scale.thermal), scale.radius(float(etas.min())) / 2)
    rays = Rays(model.dimension, radius, _NODES)
    s = model.matrix("s", np.zeros(model.dimension))

    vertex = None if contact is None else lambda k, q: -np.broadcast_to(s, (len(k), *s.shape))
    kernels = [partial(potential_kernel, mu=mu, temperature=temperature, eta=eta) for eta in etas]
    pairs = pair_sums(model, [(q, mean(flows), vertex) for q in rays.wave_vectors], kernels)

    def summed(k: Array, bands: Bands) -> ComplexArray:
        local = 0 if contact is None else (1j * rays.wave_vectors @ contact(k, bands))[:, None]
        return np.asarray(pairs(k, bands) + local)

    def expanded(sums: ComplexArray) -> Expansion:
        return expand(rays, etas, rays.nodes_last(sums))

    return converged(model, summed, expanded, rtol, max_points)


def transverse_field_response(
    model: BandStructure, mu: float, temperature: float, *, rtol: float = 1e-6, max_points: int = MOST_POINTS
) -> Estimate:
    """The conserved current J + J^tau of an insulator along q, driven by a field E perpendicular to q, q and w -> 0.

    Along q the conserved current is C_q = (q.J_q + i tau_q)/|q|, since i q.J^tau_q = -tau_q. A transverse field has
    a curl and drives dB/dt (Faraday); the current then carries s to where B changes it. tensor[i, l] is the
    response of the flow along i to E along l; by continuity it equals eps_{ilk} ds/dB_k. It is not the response to
    a uniform field, int f Omega^{li} s, unless s is conserved.

    The field is E = -eta A exp(eta t). Raises ValueError unless mu lies in a gap (f(1 - f) < 1e-12 for all states).
    """
    require_plane(model, mu, temperature)
    scale = scales(model, mu, temperature)
    etas = _frequencies(scale.gap)
    nodes = half_chebyshev(scale.radius(scale.thermal), _NODES)
    s = model.matrix("s", np.zeros(model.dimension))
    torque = mean(partial(operators, model, ["torque"]))

    def flow(i: int) -> Flows:
        return lambda k, q: anticommutator(line_velocity(model, k, q, i), s)[None] + 1j * torque(k, q) / q[i]

    def kernel(left: Bands, right: Bands, eta: float) -> ComplexArray:
        for bands in (left, right):
            _require_insulator(bands, mu, temperature)
        return field_kernel(left, right, mu, temperature, eta)

    pairs = axis_pairs(model.dimension)
    waves = transverse_waves(model, pairs, nodes, flow)
    summed = pair_sums(model, waves, [partial(kernel, eta=eta) for eta in etas])

    def expand(sums: ComplexArray) -> Expansion:
        along = np.swapaxes(sums.reshape(len(pairs), len(nodes), len(etas)), 1, 2)
        value, error = _slow_limit(etas, *(x[..., None] for x in extrapolated(nodes, along.real, 0)))
        return {"tensor": scattered(pairs, model.dimension, value[:, 0], error[:, 0])}

    return converged(model, summed, expand, rtol, max_points)["tensor"]


# -- small pieces ----------------------------------------------------------------------------------------------------
def _slow_limit(etas: Array, values: Array, errors: Array) -> tuple[Array, Array]:
    """eta -> 0 of an even function of eta; axis 1 counts the frequencies, and disappears."""
    limit, error = extrapolated(etas, np.moveaxis(values, 1, -1), 0)
    return limit, error + np.moveaxis(errors, 1, -1) @ np.abs(lowest_coefficients(etas)[0])


def _frequencies(gap: float) -> Array:
    if not np.isfinite(gap):
        gap = 1.0  # one band, or all degenerate: no interband scale exists, and the interband part vanishes
    return np.asarray(_FREQUENCIES * gap)


def _contact(model: BandStructure, k: Array, bands: Bands, mu: float, temperature: float) -> Any:
    """-(1/2) sum over k and n of f Im <n| w_il s |n>."""
    D = model.dimension
    s = model.matrix("s", np.zeros(D))
    f = (1 - np.tanh((bands.energies - mu) / (2 * temperature))) / 2
    U = bands.states

    def element(i: int, l: int) -> float:
        ws = model.matrix("H", k, (i, l)) @ s
        return float(-np.einsum("kan,kab,kbn,kn->", U.conj(), ws, U, f, optimize=True).imag / 2)

    return np.array([[element(i, l) for l in range(D)] for i in range(D)])


def _require_insulator(bands: Bands, mu: float, temperature: float) -> None:
    distance = float(np.abs(bands.energies - mu).min())
    if distance < 28 * temperature:
        raise ValueError(
            f"mu: expected a value in a gap, at least 28 temperatures from every band, got {mu}, which is {distance:.3g} away "
            f"from one at temperature {temperature}"
        )
