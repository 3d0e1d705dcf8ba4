"""Exact response of lattice models to Luttinger's field psi, H -> H + (1/2){H, psi}: electrons, quasiparticles and bosons.

J. M. Luttinger, Phys. Rev. 135, A1505 (1964); H and the energies e are measured from mu. With H the operators J and tau change, by
(1/2){J, psi} and (1/2){tau, psi}, and s does not. For psi = psi_q exp(i q.r) and the Fourier component (1/2){theta, exp(-i q.r)} the
coupling has the elements (1/2)(e_n + e_m) <m k+q|n k>, and the change of J and tau adds (1/2)(f_n + f_m) to the weight of a pair:

    theta_q = psi_q int d^Dk/(2 pi)^D sum_nm K_nm <n k|Theta|m k+q> <m k+q|n k>.

static      K_nm = (e_n f_n - e_m f_m)/(e_n - e_m), which is (1/2)(e_n + e_m)(f_n - f_m)/(e_n - e_m) + (1/2)(f_n + f_m)
slow        (1/2)(e_n + e_m)(f_n - f_m)(e_n - e_m)/((e_n - e_m)^2 + eta^2) + (1/2)(f_n + f_m): the part even in eta for psi that
            grows like exp(eta t), q -> 0 before eta -> 0
equilibrium (g_n - g_m)/(e_n - e_m): what depends on T so that x - T dx/dT is the static response, without a part linear in T.
            A uniform psi is the temperature T/(1 + psi) and a factor 1 + psi of H, J and tau, so that a density x(T) becomes
            (1 + psi) x(T/(1 + psi)): the densities of equilibrium follow from responses alone.

Bosons are occupied by n = 1/(exp(e/T) - 1) with G = T ln|1 - exp(-e/T)| for g, their operators are read as g X, and sums over all
states are halved. Nothing here knows a semiclassical formula.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.brillouin.occupation import occupation
from symcur.linear_response.dynamic import frequencies, slow_limit
from symcur.linear_response.expansion import (
    Estimate,
    Expansion,
    extrapolated,
    half_chebyshev,
    in_powers,
    linear_form,
    quadratic_form,
    ray_directions,
)
from symcur.linear_response.scales import scales
from symcur.linear_response.susceptibility import (
    Bands,
    mean,
    operators,
    potential_kernel,
    ray_sums,
    static_kernel,
)
from symcur.linear_response.zone_sums import MOST_POINTS, Effort, converged

_NODES = 8
_SLOW_NODES = 8
_FREQUENCIES = half_chebyshev(0.3, 7)  # in units of the smallest direct gap


# -- weights of a pair of states ---------------------------------------------------------------------------------------
def _energies(left: Bands, right: Bands, mu: float) -> tuple[Array, Array]:
    return left.energies[:, :, None] - mu, right.energies[:, None, :] - mu


def _mean_occupation(left: Bands, right: Bands, mu: float, temperature: float) -> Array:
    """(1/2)(f_n + f_m): the elements of the unperturbed state, and of what changes with the operators."""
    a, b = (occupation("n" if left.bose else "f", e, 0.0, temperature) for e in _energies(left, right, mu))
    return np.asarray((a + b) / 2)


def luttinger_kernels(
    left: Bands, right: Bands, mu: float, temperature: float, etas: Array | None = None
) -> tuple[Array, Array]:
    """The static weight of a pair, or the slow ones at etas: of an operator which psi does not change, and of one that it does."""
    a, b = _energies(left, right, mu)
    kernel = static_kernel if etas is None else partial(potential_kernel, etas=etas)
    fixed = np.asarray(kernel(left, right, mu=mu, temperature=temperature) * (a + b) / 2)
    return fixed, fixed + _mean_occupation(left, right, mu, temperature)


def equilibrium_kernel(left: Bands, right: Bands, mu: float, temperature: float) -> Array:
    """(g_n - g_m)/(e_n - e_m), without cancellation between close energies (there it is f)."""
    a, b = np.broadcast_arrays(*_energies(left, right, mu))
    T, f = temperature, "n" if left.bose else "f"
    g = {"n": "G", "f": "g"}[f]
    sign = -1 if left.bose else 1
    close = (np.abs(a - b) < T) & ((a * b > 0) | (not left.bose))
    x = np.where(close, a - b, 0.0) / T
    # exp(-(g_n - g_m)/T) = 1 + f_m (exp(-x) - 1); for bosons exp((G_n - G_m)/T) = 1 - n_m (exp(-x) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = -sign * np.log1p(sign * occupation(f, b, 0.0, T) * np.expm1(-x)) / x
        far = (occupation(g, a, 0.0, T) - occupation(g, b, 0.0, T)) / (a - b)
    at_once = _mean_occupation(left, right, mu, T)
    return np.asarray(np.where(close, np.where(np.abs(x) < 1e-9, at_once, near), far))


# -- static ------------------------------------------------------------------------------------------------------------
def luttinger_response(
    model: BandStructure,
    temperature: float,
    mu: float = 0.0,
    *,
    rtol: float = 1e-9,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, Estimate]:
    """Response to a static field, per psi_q, and the densities of equilibrium that follow from it. hbar = e = k_B = 1.

    Returns
    -------
    "s", "s_gradient" [l] : s_q = s + i q_l s_gradient[l] + O(q^2), compare int e f' s_n and -int [(f + e f') d^{ls} + e f Omega^{ls}];
        for bosons n stands for f and G for g.
    "current" [i], "current_gradient" [l, i] : J^i_q likewise, int (f + e f') J^i_n and -int [(f + e f') d^{lis} + e f Omega^{lis}].
    "torque_gradient" [i], "torque_curvature" [i, l] : tau_q = i q_i torque_gradient[i] + q_i q_l torque_curvature[i, l] + O(q^3),
        int (f + e f') J^i_n and the symmetric part of -int [(f + e f') q^{il} + e f chi^{il}].
    "D" [l, i], "D_tau" [i], "Q" [i, l] : the densities of the uniform state, x - T dx/dT being their response; compare int f d^{lis} + g
        Omega^{lis}, int f d^{i tau} + g Omega^{i tau}, and the symmetric part of int f q^{il} + g chi^{il}.

    Raises ValueError for a continuum, wrong numbers, and where ``max_points`` momenta do not suffice.
    """
    effort = Effort.of(rtol, max_points, memory)
    scale = scales(model, mu, temperature, effort.memory, bosons=True)
    directions, nodes = ray_directions(model.dimension), half_chebyshev(scale.radius(0.7 * scale.thermal), _NODES)
    flows = mean(partial(operators, model, ["s", "current", "torque"]))

    def kernels(left: Bands, right: Bands) -> Array:
        at = left, right, mu, temperature
        return np.stack([*luttinger_kernels(*at), equilibrium_kernel(*at)])

    def expand(sums: ComplexArray) -> Expansion:
        fixed, moved, still = (in_powers(directions, nodes, sums[:, kernel]) for kernel in range(3))
        s, J, tau = 0, slice(1, -1), -1
        return {
            "s": _of(fixed["uniform"], s),
            "s_gradient": _of(fixed["gradient"], s),
            "current": _of(moved["uniform"], J),
            "current_gradient": _of(moved["gradient"], J),
            "torque_gradient": _of(moved["gradient"], tau),
            "torque_curvature": _of(moved["curvature"], tau),
            "D": _of(still["gradient"], J, -1),
            "D_tau": _of(still["gradient"], tau, -1),
            "Q": _of(still["curvature"], tau, -1),
        }

    summed = ray_sums(model, [(n, flows, None) for n in directions], nodes, kernels)
    return converged(model, summed, expand, scale, effort)


def _of(term: tuple[AnyArray, Array], flow: int | slice, sign: int = 1) -> tuple[AnyArray, Array]:
    """The value and the error of one flow, times a sign."""
    value, error = term
    return sign * value[..., flow], error[..., flow]


# -- slow --------------------------------------------------------------------------------------------------------------
def nernst_response(
    model: BandStructure,
    temperature: float,
    mu: float = 0.0,
    *,
    rtol: float = 1e-9,
    max_points: int = MOST_POINTS,
    memory: float | None = None,
) -> dict[str, Estimate]:
    """What a gradient of T drives, q -> 0 before the frequency: the slow response to psi less the densities of equilibrium.

    Returns
    -------
    "current" [i, l] : J^i = -current[i, l] d_l T, compare int c_1 Omega^{lis} (for electrons the entropy for c_1).
    "torque" [i, l] : the symmetric part of the same for J^tau, from tau at order q^2, compare int c_1 chi^{il}.
    "total" [i, l] : their sum, symmetrized: the conserved current's alpha as far as any torque density fixes it.
    """
    effort = Effort.of(rtol, max_points, memory)
    scale = scales(model, mu, temperature, effort.memory, bosons=True)
    etas = frequencies(scale.gap, _FREQUENCIES)
    # A third of the distance at which two energies of one band, k and k + q apart, differ by i eta.
    nodes = half_chebyshev(min(scale.radius(0.7 * scale.thermal), scale.radius(float(etas.min()) / 3)), _SLOW_NODES)
    directions = ray_directions(model.dimension)

    def driven(left: Bands, right: Bands) -> Array:
        slow = luttinger_kernels(left, right, mu, temperature, etas)[1]
        return slow - equilibrium_kernel(left, right, mu, temperature)

    def limit(values: Array, order: int) -> tuple[AnyArray, Array]:
        # J = -i q_l T alpha, tau = -q_i q_l T alpha
        found, error = slow_limit(etas, *extrapolated(nodes, values, order))
        return -found / temperature, error / temperature

    def expand(along: ComplexArray) -> Expansion:
        current, error = linear_form(directions, *limit(along.imag[:, :, :-1], 1))
        torque, torque_error = quadratic_form(directions, *limit(along.real[:, :, -1], 2))
        total, both = (current + current.T) / 2 + torque, (error + error.T) / 2 + torque_error
        return {"current": (current.T, error.T), "torque": (torque, torque_error), "total": (total, both)}

    flows = mean(partial(operators, model, ["current", "torque"]))
    summed = ray_sums(model, [(n, flows, None) for n in directions], nodes, driven)
    return converged(model, summed, expand, scale, effort.resolving(scale))
