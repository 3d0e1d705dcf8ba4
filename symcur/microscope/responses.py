"""Exact linear response of lattice models, expanded in q: the referee of the semiclassical theory.

Conventions: e = hbar = k_B = 1. A scalar potential U exp(i q.r) is added to H, so the force is F = -i q U and the field
E = F. theta_q is the coefficient of exp(i q.r) in the density of theta. Bands are filled at fixed mu and T > 0.
tau = -i[s, H], J^i = (1/2){v_i, s}; index orders are those of the paper (position or field before flow in D^{lis} and
Omega^{lis}; the torque dipole first in Q^{il} and chi^{il}). Nothing here knows a semiclassical formula.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.microscope.expansion import (
    Estimate,
    Expansion,
    converged,
    extrapolated,
    half_chebyshev,
    linear_form,
    lowest_coefficients,
    quadratic_form,
    ray_directions,
    require_lattice,
    scales,
)
from symcur.microscope.susceptibility import (
    Bands,
    ComplexArray,
    FloatArray,
    anticommutator,
    dressed_vertex,
    field_kernel,
    line_velocity,
    operators,
    potential_kernel,
    solve,
    static_kernel,
    summed_traces,
)
from symcur.model import Model

_STATIC_NODES, _DYNAMIC_NODES = 8, 6
_FREQUENCIES = np.array([0.48, 0.40, 0.32, 0.24, 0.16, 0.08])  # in units of the smallest direct gap


def static_response(
    model: Model,
    operator: str,
    q: ArrayLike,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-10,
    max_points: int = 1 << 21,
    **parameters: Any,
) -> Estimate:
    """theta_q/U at one finite q, complex: the response of "density", "s", "torque" or "current" to U exp(i q.r).

    Shape (1,), or (D,) for the current; q is Cartesian, shape (D,).
    """
    require_lattice(model, mu, temperature)
    q = model.points(q)

    def summed(k: FloatArray, bands: Bands) -> ComplexArray:
        right = solve(model, k + q, parameters)
        theta = operators(model, [operator], k, parameters) + operators(model, [operator], k + q, parameters)
        return summed_traces(theta / 2, dressed_vertex(bands, right, static_kernel(bands, right, mu, temperature)))

    def expand(value: ComplexArray) -> Expansion:
        return {"value": (value, np.zeros(value.shape))}

    return converged(model, parameters, summed, expand, rtol, max_points)["value"]


def expanded_static_response(
    model: Model,
    operator: str,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = 1 << 21,
    **parameters: Any,
) -> dict[str, Estimate]:
    """theta_q/U = uniform + i q_l gradient[l] + q_i q_l curvature[i, l] + O(q^3), all real, curvature symmetric.

    For the current a last axis counts the directions of flow.
    """
    require_lattice(model, mu, temperature)
    scale = scales(model, mu, temperature, parameters)
    rays, nodes = ray_directions(model.dimension), half_chebyshev(scale.radius(0.7 * scale.thermal), _STATIC_NODES)
    wave_vectors = (rays[:, None, :] * nodes[:, None]).reshape(-1, model.dimension)

    def summed(k: FloatArray, bands: Bands) -> ComplexArray:
        theta = operators(model, [operator], k, parameters)
        rows = []
        for q in wave_vectors:
            right = solve(model, k + q, parameters)
            X = dressed_vertex(bands, right, static_kernel(bands, right, mu, temperature))
            rows.append(summed_traces((theta + operators(model, [operator], k + q, parameters)) / 2, X))
        return np.array(rows)

    def expand(sums: ComplexArray) -> Expansion:
        along = np.moveaxis(sums.reshape(len(rays), len(nodes), -1), 1, -1)  # ray, operator, node
        uniform, error = extrapolated(nodes, along.real, 0)
        result = {
            "uniform": (uniform.mean(axis=0), error.max(axis=0) + np.ptp(uniform, axis=0)),
            "gradient": linear_form(rays, *extrapolated(nodes, along.imag, 1)),
            "curvature": quadratic_form(rays, *extrapolated(nodes, along.real, 2)),
        }
        return result if operator == "current" else {x: (v[..., 0], e[..., 0]) for x, (v, e) in result.items()}

    return converged(model, parameters, summed, expand, rtol, max_points)


def current_density_response(model: Model, mu: float, temperature: float, **options: Any) -> dict[str, Estimate]:
    """d_mu of the two terms of the current density, from J^i_q/U = -d_mu int f J^i_n + i q_l d_mu D^{lis} + O(q^2).

    Source: C Eq. (1), whose statement is d_mu D^{lis} = int (-f' d^{lis} - f Omega^{lis}).

    Returns
    -------
    "uniform" [i] : d_mu int f J^i_n.
    "dipole" [l, i] : d_mu D^{lis}.
    Options: rtol, max_points and the model's parameters, as in `expanded_static_response`.
    """
    response = expanded_static_response(model, "current", mu, temperature, **options)
    return {"uniform": _times(-1, response["uniform"]), "dipole": response["gradient"]}


def torque_density_response(model: Model, mu: float, temperature: float, **options: Any) -> dict[str, Estimate]:
    """d_mu of the terms of the torque density: tau_q/U = -i q_i d_mu int f J^i_n + q_i q_l d_mu Q^{il} + O(q^3).

    Source: C Eqs. (2) and (3), whose statement is d_mu Q^{il} = int (-f' q^{il} - f chi^{il}), chi with the sign of
    B and C. Only the symmetric part of Q acts.

    Returns
    -------
    "uniform" : the response at q = 0, zero.
    "dipole" [i] : -d_mu D^{i tau} in D^{i tau} = int f d^{i tau} + g Omega^{i tau}, hence d_mu int f J^i_n.
    "quadrupole" [i, l] : the symmetric part of d_mu Q^{il}.
    Options: rtol, max_points and the model's parameters.
    """
    response = expanded_static_response(model, "torque", mu, temperature, **options)
    return {
        "uniform": response["uniform"],
        "dipole": _times(-1, response["gradient"]),
        "quadrupole": response["curvature"],
    }


def uniform_field_response(
    model: Model,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = 1 << 21,
    **parameters: Any,
) -> dict[str, Estimate]:
    """Response to a longitudinal field, q -> 0 before w -> 0: the intrinsic (interband) part per unit field.

    The field E = -i q U exp(eta t) grows slowly, w = i eta. The response is expanded in q at each eta > 0, where
    it is analytic for |q| < eta/v, and then in eta. Its part odd in eta holds the acceleration of the carriers (the
    Drude weight over eta, from f' within a band) and corrections that vanish with eta; the part even in eta is a
    series in eta^2 up to the smallest direct gap, whose constant is what the clean crystal owes to interband mixing.
    It is the whole static answer in an insulator.

    Source: C Eq. (10), A Eqs. (4)-(6); physical statement int f Omega^{lis}, int f Omega^{l tau}, int f chi^{il}.

    Returns
    -------
    "current" [l, i] : J^i_q = E_l current[l, i] + O(q), compare int f Omega^{lis}.
    "torque" [l] : tau_q = E_l torque[l] + O(q), compare int f Omega^{l tau}.
    "torque_gradient" [i, l] : the term -i q_i E_l torque_gradient[i, l] of tau_q, E parallel to q; symmetric part,
        compare int f chi^{il}.
    """
    require_lattice(model, mu, temperature)
    scale = scales(model, mu, temperature, parameters)
    etas = _frequencies(scale.gap)
    # Half the distance at which two energies of one band, k and k + q apart, differ by i eta.
    radius = min(scale.radius(scale.thermal), scale.radius(etas.min()) / 2)
    rays, nodes = ray_directions(model.dimension), half_chebyshev(radius, _DYNAMIC_NODES)
    wave_vectors = (rays[:, None, :] * nodes[:, None]).reshape(-1, model.dimension)
    names = ["current", "torque"]

    def summed(k: FloatArray, bands: Bands) -> ComplexArray:
        theta = operators(model, names, k, parameters)
        rows = []
        for q in wave_vectors:
            right = solve(model, k + q, parameters)
            mean = (theta + operators(model, names, k + q, parameters)) / 2
            kernels = (potential_kernel(bands, right, mu, temperature, eta) for eta in etas)
            rows.append([summed_traces(mean, dressed_vertex(bands, right, kernel)) for kernel in kernels])
        return np.array(rows)

    def expand(sums: ComplexArray) -> Expansion:
        along = np.moveaxis(sums.reshape(len(rays), len(nodes), len(etas), -1), 1, -1)  # ray, eta, operator, node
        # theta_q/U = (-i q) theta_q/E: the order q gives minus the value, the order q^2 minus the term in -i q E.
        linear, linear_error = _static_limit(etas, *extrapolated(nodes, -along.imag, 1))
        square, square_error = _static_limit(etas, *extrapolated(nodes, -along.real, 2))
        return {
            "current": linear_form(rays, linear[:, :-1], linear_error[:, :-1]),
            "torque": linear_form(rays, linear[:, -1], linear_error[:, -1]),
            "torque_gradient": quadratic_form(rays, square[:, -1], square_error[:, -1]),
        }

    return converged(model, parameters, summed, expand, rtol, max_points)


def magnetic_response(
    model: Model,
    mu: float,
    temperature: float,
    *,
    operator: str = "s",
    rtol: float = 1e-6,
    max_points: int = 1 << 21,
    **parameters: Any,
) -> Estimate:
    """ds/dB at fixed mu and T, from the static response to a vector potential A_l exp(i q_i r_i), l != i.

    The perturbation is -A_l times the velocity averaged along straight lines in k, to first order in A the exact
    Peierls coupling; s_q/A_l = i q_i tensor[i, l] + O(q^3), and tensor[i, l] = eps_{ilk} ds/dB_k, so [x, y] is
    ds/dB_z. operator "density" gives the change of the number of carriers instead.
    """
    if operator not in ("s", "density"):
        raise ValueError(f"operator: {operator!r} came; valid are 's' and 'density', which do not change with A")
    _require_plane(model, mu, temperature)
    scale = scales(model, mu, temperature, parameters)
    nodes = half_chebyshev(scale.radius(0.7 * scale.thermal), _STATIC_NODES)
    axes = np.eye(model.dimension)
    pairs = _axis_pairs(model.dimension)

    def summed(k: FloatArray, bands: Bands) -> ComplexArray:
        theta = operators(model, [operator], k, parameters)
        rows = []
        for i, l in pairs:
            for q in nodes[:, None] * axes[i]:
                right = solve(model, k + q, parameters)
                vertex = -line_velocity(model, k, q, l, parameters)
                kernel = static_kernel(bands, right, mu, temperature)
                rows.append(summed_traces(theta, dressed_vertex(bands, right, kernel, vertex)))
        return np.array(rows)

    def expand(sums: ComplexArray) -> Expansion:
        along = sums.reshape(len(pairs), len(nodes))
        return {"tensor": _scattered(pairs, model.dimension, *extrapolated(nodes, along.imag, 1))}

    return converged(model, parameters, summed, expand, rtol, max_points)["tensor"]


def transverse_field_response(
    model: Model,
    mu: float,
    temperature: float,
    *,
    rtol: float = 1e-6,
    max_points: int = 1 << 21,
    **parameters: Any,
) -> Estimate:
    """The conserved current J + J^tau of an insulator along q, driven by a field E perpendicular to q, q and w -> 0.

    Along q the conserved current is C_q = (q.J_q + i tau_q)/|q|, since i q.J^tau_q = -tau_q. A transverse field has
    a curl and drives dB/dt (Faraday); the current then carries s to where B changes it. tensor[i, l] is the
    response of the flow along i to E along l; by continuity it equals eps_{ilk} ds/dB_k. It is not the response to
    a uniform field, int f Omega^{li} s, unless s is conserved.

    The field is E = -eta A exp(eta t), with the limit taken as in `uniform_field_response`. Raises ValueError unless
    mu lies in a gap (f(1 - f) < 1e-12 for all states).
    """
    _require_plane(model, mu, temperature)
    scale = scales(model, mu, temperature, parameters)
    etas = _frequencies(scale.gap)
    nodes = half_chebyshev(scale.radius(scale.thermal), _DYNAMIC_NODES)
    axes = np.eye(model.dimension)
    pairs = _axis_pairs(model.dimension)
    s = model.matrix("s", np.zeros(model.dimension), **parameters)

    def summed(k: FloatArray, bands: Bands) -> ComplexArray:
        _require_insulator(bands, mu, temperature)
        torque = operators(model, ["torque"], k, parameters)
        rows = []
        for i, l in pairs:
            for q in nodes[:, None] * axes[i]:
                right = solve(model, k + q, parameters)
                _require_insulator(right, mu, temperature)
                mean = (torque + operators(model, ["torque"], k + q, parameters)) / 2
                flow = anticommutator(line_velocity(model, k, q, i, parameters), s) + 1j * mean / q[i]
                vertex = -line_velocity(model, k, q, l, parameters)
                kernels = (field_kernel(bands, right, mu, temperature, eta) for eta in etas)
                rows.append([summed_traces(flow, dressed_vertex(bands, right, x, vertex))[0] for x in kernels])
        return np.array(rows)

    def expand(sums: ComplexArray) -> Expansion:
        along = np.swapaxes(sums.reshape(len(pairs), len(nodes), len(etas)), 1, 2)
        value, error = _static_limit(etas, *(x[..., None] for x in extrapolated(nodes, along.real, 0)))
        return {"tensor": _scattered(pairs, model.dimension, value[:, 0], error[:, 0])}

    return converged(model, parameters, summed, expand, rtol, max_points)["tensor"]


# -- small pieces ----------------------------------------------------------------------------------------------------
def _static_limit(etas: FloatArray, values: FloatArray, errors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """eta -> 0 of an even function of eta; axis 1 counts the frequencies, and disappears."""
    limit, error = extrapolated(etas, np.moveaxis(values, 1, -1), 0)
    return limit, error + np.moveaxis(errors, 1, -1) @ np.abs(lowest_coefficients(etas)[0])


def _frequencies(gap: float) -> FloatArray:
    if not np.isfinite(gap):
        gap = 1.0  # one band, or all degenerate: no interband scale exists, and the interband part vanishes
    return np.asarray(_FREQUENCIES * gap)


def _axis_pairs(dimension: int) -> list[tuple[int, int]]:
    return [(i, l) for i in range(dimension) for l in range(dimension) if i != l]


def _scattered(
    pairs: list[tuple[int, int]], dimension: int, value: FloatArray, error: FloatArray
) -> tuple[FloatArray, FloatArray]:
    tensor, spread = np.zeros((2, dimension, dimension))
    for (i, l), x, dx in zip(pairs, value, error, strict=True):
        tensor[i, l], spread[i, l] = x, dx
    return tensor, spread


def _times(factor: float, estimate: Estimate) -> Estimate:
    return Estimate(factor * estimate.value, abs(factor) * estimate.error, estimate.points)


def _require_plane(model: Model, mu: float, temperature: float) -> None:
    require_lattice(model, mu, temperature)
    if model.dimension == 1:
        raise ValueError(f"model: {model.name} is one-dimensional; a transverse field needs two dimensions or three")


def _require_insulator(bands: Bands, mu: float, temperature: float) -> None:
    distance = float(np.abs(bands.energies - mu).min())
    if distance < 28 * temperature:
        raise ValueError(
            f"mu: {mu} is {distance:.3g} away from a band at temperature {temperature}; it must lie in a gap, at least "
            "28 temperatures from every band"
        )
