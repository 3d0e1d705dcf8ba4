"""Two more exact responses at finite q, beside those of the microscope, for claims on gradients of mu, T and h.

Conventions and expansions are those of `symcur.microscope`: e = hbar = k_B = 1, theta_q the coefficient of exp(i q.r).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

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
    scales,
)
from symcur.microscope.susceptibility import (
    Bands,
    ComplexArray,
    FloatArray,
    anticommutator,
    dressed_vertex,
    operators,
    potential_kernel,
    solve,
    static_kernel,
    summed_traces,
    velocities,
)
from symcur.model import Model

_NODES = 8
_FREQUENCIES = np.array([0.48, 0.40, 0.32, 0.24, 0.16, 0.08])  # in units of the smallest direct gap


@cache
def dephased_response(
    model: Model, operator: str, by: str, mu: float, temperature: float, rtol: float = 1e-7
) -> dict[str, Estimate]:
    """theta_q when mu (``by`` "mu") or T ("T") varies as exp(i q.r) and coherences between bands have died out.

    A gas with local mu(r), T(r) has the density matrix f((H - mu)/T), products symmetrized: its change has the elements
    (f_n - f_m)/(e_n - e_m) <n k|m k+q> times -1, or times -(e_n + e_m - 2 mu)/2T. They turn with e_n - e_m; a slow
    probe keeps those with n = m.

    theta_q = uniform + i q_l gradient[l] + q_i q_l curvature[i, l] + O(q^3); for "current" a last axis counts the flow.
    Bands must not touch.
    """
    scale = scales(model, mu, temperature, {})
    rays = ray_directions(model.dimension)
    nodes = half_chebyshev(scale.radius(0.7 * min(scale.thermal, scale.gap / 2)), _NODES)
    wave_vectors = (rays[:, None, :] * nodes[:, None]).reshape(-1, model.dimension)
    diagonal = np.eye(model.size)

    def summed(k: FloatArray, bands: Bands) -> ComplexArray:
        theta = operators(model, [operator], k, {})
        rows = []
        for q in wave_vectors:
            right = solve(model, k + q, {})
            kernel = -static_kernel(bands, right, mu, temperature) * diagonal
            if by == "T":
                energies = bands.energies[:, :, None] + right.energies[:, None, :] - 2 * mu
                kernel = kernel * energies / (2 * temperature)
            mean = (theta + operators(model, [operator], k + q, {})) / 2
            rows.append(summed_traces(mean, dressed_vertex(bands, right, kernel)))
        return np.array(rows)

    def expand(sums: ComplexArray) -> Expansion:
        along = np.moveaxis(sums.reshape(len(rays), len(nodes), -1), 1, -1)
        uniform, error = extrapolated(nodes, along.real, 0)
        result = {
            "uniform": (uniform.mean(axis=0), error.max(axis=0) + np.ptp(uniform, axis=0)),
            "gradient": linear_form(rays, *extrapolated(nodes, along.imag, 1)),
            "curvature": quadratic_form(rays, *extrapolated(nodes, along.real, 2)),
        }
        return result if operator == "current" else {x: (v[..., 0], e[..., 0]) for x, (v, e) in result.items()}

    return converged(model, {}, summed, expand, rtol, 1 << 21)


@cache
def field_gradient_response(model: Model, flow: str, mu: float, temperature: float, rtol: float = 1e-6) -> Estimate:
    """The flow along l in answer to H - h s, h = h_q exp(i q.r + eta t): j^l_q = h_q i q_i tensor[i, l] + O(q^2).

    q -> 0 before eta -> 0, and of the series in eta the even part, as in `microscope.uniform_field_response`.
    ``flow`` is "charge", (1/2){v_l, 1}, or "heat", (1/2){v_l, H - mu}; to the latter -(1/2){v_l, h s} adds its part
    of first order in q, -(1/2) sum f Im <w_il s>.
    """
    scale = scales(model, mu, temperature, {})
    etas = _FREQUENCIES * scale.gap
    radius = min(scale.radius(scale.thermal), scale.radius(float(etas.min())) / 2)
    rays, nodes = ray_directions(model.dimension), half_chebyshev(radius, 6)
    wave_vectors = (rays[:, None, :] * nodes[:, None]).reshape(-1, model.dimension)
    s = model.matrix("s", np.zeros(model.dimension))

    def flows(k: FloatArray) -> ComplexArray:
        v = velocities(model, k, {})
        if flow == "heat":
            K = model.matrix("H", k) - mu * np.eye(model.size)
            v = [anticommutator(component, K) for component in v]
        return np.stack(v)

    def summed(k: FloatArray, bands: Bands) -> ComplexArray:
        here, vertex = flows(k), -np.broadcast_to(s, (len(k), *s.shape))
        contact = _contact(model, k, bands, mu, temperature) if flow == "heat" else np.zeros((model.dimension,) * 2)
        rows = []
        for q in wave_vectors:
            right, mean = solve(model, k + q, {}), (here + flows(k + q)) / 2
            for eta in etas:
                kernel = potential_kernel(bands, right, mu, temperature, eta)
                rows.append(summed_traces(mean, dressed_vertex(bands, right, kernel, vertex)) + 1j * q @ contact)
        return np.array(rows)

    def expand(sums: ComplexArray) -> Expansion:
        along = np.moveaxis(sums.reshape(len(rays), len(nodes), len(etas), -1), 1, -1)  # ray, eta, flow, node
        linear, error = extrapolated(nodes, along.imag, 1)
        limit, spread = extrapolated(etas, np.moveaxis(linear, 1, -1), 0)
        spread = spread + np.moveaxis(error, 1, -1) @ np.abs(lowest_coefficients(etas)[0])
        return {"tensor": linear_form(rays, limit, spread)}

    return converged(model, {}, summed, expand, rtol, 1 << 21)["tensor"]


def _contact(model: Model, k: FloatArray, bands: Bands, mu: float, temperature: float) -> Any:
    """-(1/2) sum over k and n of f Im <n| w_il s |n>."""
    D = model.dimension
    s = model.matrix("s", np.zeros(D))
    f = (1 - np.tanh((bands.energies - mu) / (2 * temperature))) / 2
    U = bands.states

    def element(i: int, l: int) -> float:
        ws = model.matrix("H", k, (i, l)) @ s
        return float(-np.einsum("kan,kab,kbn,kn->", U.conj(), ws, U, f, optimize=True).imag / 2)

    return np.array([[element(i, l) for l in range(D)] for i in range(D)])
