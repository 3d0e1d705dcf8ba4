"""The exact double sum over states at one wave vector q: nothing but H(k), s, g and the Fermi or Bose function.

An operator theta(r) = (1/2){theta, delta(r - r')} has the Fourier component theta_q = (1/2){theta, exp(-i q.r)}. Since
positions stand in the phases of H(k), its matrix elements are <n k| Theta |m k+q> with
Theta = (1/2)(theta(k) + theta(k + q)), and a perturbation V exp(i q.r - i w t) takes |n k> to |m k+q>. First-order
perturbation theory of the density matrix then gives, per unit of the perturbation,

    theta_q = int d^Dk/(2 pi)^D  sum_nm  K_nm <n k|Theta|m k+q> <m k+q|V|n k>,
    K_nm = (f_nk - f_m,k+q) / (w + e_nk - e_m,k+q).

Bosons are read by their equation of motion i dPsi/dt = g H Psi: g X stands for every operator X, the eigenvectors of g H with the
inverse matrix for the rows <n|, and the Bose function for f. Nothing else changes.

The momenta are k and k + q. The choice k -+ q/2 is the same integral and would make theta_{-q} the conjugate of
theta_q at each k instead of only in the converged sum, but costs two diagonalisations per q instead of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure, TightBinding, tight_binding
from symcur.band_structures.arithmetic import each_times, product, times_each
from symcur.band_structures.band_structure import ordered_axes
from symcur.band_structures.hoppings import Matrices

OPERATORS = ("density", "s", "torque", "current")
# Gauss-Legendre, on a straight line in k, where no hoppings are known; exact to rounding while |q| times their range is < 10.
_LINE_NODES = 24

_SETS = 4  # of momenta, whose matrices are kept
_STATES = 2  # matrices at a time besides those kept and those that responses stack
_NUMBER = 16  # bytes, complex
_SOME = 0.31  # of a momentum without symmetry, in units of the reciprocal vectors
_LOCAL = "response at finite q", "states at k and k + q overlap as orbitals at points do"


@dataclass(frozen=True, eq=False)
class Bands:
    """Energies (K, N), eigenvectors (K, N, N), column n for band n, and the inverse matrices, at K momenta."""

    energies: Array
    states: ComplexArray
    inverse: ComplexArray
    bose: bool = False


def solve(model: BandStructure, k: Array) -> Bands:
    model.require_local(*_LOCAL)
    energies, left, states = model.diagonalized(_matrices(model, k)("H", ()), k)
    bose = model.bosons is not None
    return Bands(energies, states, left @ np.linalg.inv(model.metric) if bose else left, bose)


def letter(model: BandStructure, name: str, k: Array, axes: tuple[int, ...] = ()) -> ComplexArray:
    """g X for X = "H" with its derivatives or "s": the operator X in the equation of motion; g = 1 but for bosons."""
    model.require_local(*_LOCAL)
    matrix = _matrices(model, k)(name, axes)
    return matrix if model.bosons is None else model.metric @ matrix


def _matrices(model: BandStructure, k: ArrayLike) -> Callable[[str, tuple[int, ...]], ComplexArray]:
    """``model.matrix`` at some momenta, as a function of name and axes: responses ask for the same ones again and again."""
    points = model.points(k)
    return _kept(model, points.shape, points.tobytes())[0]


@lru_cache(maxsize=_SETS)
def _kept(
    model: BandStructure, shape: tuple[int, ...], content: bytes
) -> tuple[Callable[[str, tuple[int, ...]], ComplexArray], Matrices | None]:
    """The matrices at some momenta, each made once, and what H and its means along lines are summed from."""
    k, bonds = np.frombuffer(content).reshape(shape), _bonds(model)
    plain, sums = model.at(k), None if bonds is None else bonds.at(k.reshape(-1, model.dimension))

    def matrix(name: str, axes: tuple[int, ...]) -> ComplexArray:
        if sums is None or name != "H":
            return plain(name, axes)
        return sums(ordered_axes(axes, model.dimension)).reshape(*shape[:-1], model.size, model.size)

    return cache(matrix), sums


@lru_cache(maxsize=64)
def _bonds(model: BandStructure) -> TightBinding | None:
    """The hoppings, whose phases all derivatives of H share; None where there are none."""
    try:
        return tight_binding(model)
    except ValueError:
        return None


# -- operators -------------------------------------------------------------------------------------------------------
def operators(model: BandStructure, names: Sequence[str], k: Array) -> ComplexArray:
    """The operators at momenta k of shape (K, D), stacked: shape (number, K, N, N); "current" counts D times.

    density is 1, torque is -i[s, H] and current is (1/2){v_i, s}.
    """
    s = letter(model, "s", np.zeros(model.dimension))
    stack: list[ComplexArray] = []
    for name in names:
        if name == "density":
            stack.append(np.broadcast_to(np.eye(model.size, dtype=complex), (len(k), model.size, model.size)))
        elif name == "s":
            stack.append(np.broadcast_to(s, (len(k), model.size, model.size)))
        elif name == "torque":
            H = letter(model, "H", k)
            stack.append(-1j * (each_times(s, H) - times_each(H, s)))
        elif name == "current":
            stack += [anticommutator(v, s) for v in velocities(model, k)]
        else:
            raise ValueError(f"operator: expected one of {', '.join(OPERATORS)}, got {name!r}")
    return np.stack(stack)


def velocities(model: BandStructure, k: Array) -> list[ComplexArray]:
    return [letter(model, "H", k, (i,)) for i in range(model.dimension)]


def line_velocity(model: BandStructure, k: Array, q: Array, axis: int) -> ComplexArray:
    """int_0^1 dt v_axis(k + t q): the velocity between |k> and |k+q> of bonds that are straight lines."""
    points, one_q = model.points(k), np.ndim(q) == 1
    sums = _kept(model, points.shape, points.tobytes())[1] if one_q else None
    if sums is None:
        return _line_sum(model, k, q, axis, _line_nodes(model, tuple(q), axis) if one_q else _LINE_NODES)
    mean = sums((axis,), q).reshape(*k.shape[:-1], model.size, model.size)
    return mean if model.bosons is None else model.metric @ mean


def _line_sum(model: BandStructure, k: Array, q: Array, axis: int, count: int) -> ComplexArray:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    line = zip((nodes + 1) / 2, weights / 2, strict=True)
    return np.asarray(sum(weight * letter(model, "H", k + t * q, (axis,)) for t, weight in line))


@lru_cache(maxsize=256)
def _line_nodes(model: BandStructure, q: tuple[float, ...], axis: int) -> int:
    """The fewest nodes that give the mean along the line to rounding, at generic momenta."""
    k = np.random.default_rng(31).uniform(-3, 3, size=(4, model.dimension))
    exact = _line_sum(model, k, np.array(q), axis, _LINE_NODES)
    close = 4 * np.finfo(float).eps * np.abs(exact).max()
    fewer = (n for n in (2, 4, 8, 16) if np.abs(_line_sum(model, k, np.array(q), axis, n) - exact).max() <= close)
    return next(fewer, _LINE_NODES)


def anticommutator(a: ComplexArray, b: ComplexArray) -> ComplexArray:
    """(1/2){a, b}; b may be one matrix for all of a."""
    both = times_each(a, b) + each_times(b, a) if b.ndim == 2 else product(a, b) + product(b, a)
    return np.asarray(both / 2)


# -- occupation kernels ----------------------------------------------------------------------------------------------
def _pairs(left: Bands, right: Bands) -> tuple[Array, Array]:
    """e_n and e_m, to be broadcast to (K, n, m)."""
    return left.energies[:, :, None], right.energies[:, None, :]


def _pair_factor(left: Bands, right: Bands, mu: float, temperature: float) -> Array:
    """(f_n - f_m)/tanh((e_n - e_m)/2T): -(1 - xy)/2, x = tanh((e_n - mu)/2T), and (1 - xy)/2 with coth for bosons."""
    x, y = (np.tanh((e - mu) / (2 * temperature)) for e in _pairs(left, right))
    return np.asarray((1 - 1 / (x * y)) / 2 if left.bose else (x * y - 1) / 2)


def occupation_difference(left: Bands, right: Bands, mu: float, temperature: float) -> Array:
    """f_n - f_m (K, n, m), without cancellation between close energies."""
    a, b = _pairs(left, right)
    return np.asarray(np.tanh((a - b) / (2 * temperature)) * _pair_factor(left, right, mu, temperature))


def static_kernel(left: Bands, right: Bands, mu: float, temperature: float) -> Array:
    """(f_n - f_m)/(e_n - e_m) of shape (K, n, m), smooth where the energies meet (there it is f')."""
    a, b = _pairs(left, right)
    z = (a - b) / (2 * temperature)
    small = np.abs(z) < 1e-3
    series = z[small] ** 2
    quotient = np.tanh(z)
    np.divide(quotient, z, out=quotient, where=~small)
    quotient[small] = 1 - series / 3 + 2 * series**2 / 15
    return np.asarray(quotient * _pair_factor(left, right, mu, temperature) / (2 * temperature))


def potential_kernel(left: Bands, right: Bands, mu: float, temperature: float, etas: Array) -> Array:
    """The part of K_nm even in eta at w = i eta, for a scalar potential growing like exp(eta t): (etas, K, n, m)."""
    a, b = _pairs(left, right)
    return np.asarray(occupation_difference(left, right, mu, temperature) * (a - b) * _slow(a - b, etas))


def accumulation_kernel(left: Bands, right: Bands, mu: float, temperature: float, etas: Array) -> ComplexArray:
    """The part of eta K_nm even in eta: the rate of change, d/dt = eta, of a density in a potential growing like exp(eta t)."""
    a, b = _pairs(left, right)
    squares = (etas**2)[:, None, None, None]
    return np.asarray(-1j * squares * occupation_difference(left, right, mu, temperature) * _slow(a - b, etas))


def field_kernel(left: Bands, right: Bands, mu: float, temperature: float, etas: Array) -> ComplexArray:
    """The same for an electric field E = -eta A given by a vector potential A exp(eta t): K_nm(A)/(-eta), even part.

    The change of the operators with A is the same for eta and -eta and drops out, divided by eta, from the even part.
    """
    a, b = _pairs(left, right)
    return np.asarray(1j * occupation_difference(left, right, mu, temperature) * _slow(a - b, etas))


def _slow(difference: Array, etas: Array) -> Array:
    """1/((e_n - e_m)^2 + eta^2), (etas, K, n, m)."""
    return np.asarray(1 / (difference**2 + (etas**2)[:, None, None, None]))


# -- the sum over pairs of states ------------------------------------------------------------------------------------
Flows = Callable[[Array, Array], ComplexArray]  # (k, q) -> (number, K, N, N)
Ray = tuple[
    Array, Flows, Flows | None
]  # direction of q, what is measured, and the perturbation (1 where there is none)
# (bands at k, bands at k + q) -> K_nm: (K, n, m), of several (number, K, n, m)
Kernels = Callable[[Bands, Bands], AnyArray]


@dataclass(frozen=True)
class Summand:
    """What is summed over momenta: (k, bands at k) -> array, already summed over a block of k; and what it takes for each momentum."""

    summed: Callable[[Array, Bands], AnyArray]
    bytes_of_a_momentum: int

    def __call__(self, k: Array, bands: Bands) -> AnyArray:
        return self.summed(k, bands)


def bytes_of_a_momentum(model: BandStructure, matrices: int) -> int:
    """With so many matrices besides H, its derivatives and the phases of hoppings at four sets of momenta."""
    bonds = _bonds(model)
    phases = 0 if bonds is None else len(bonds.hoppings)
    return _NUMBER * ((_SETS * (1 + model.dimension) + _STATES + matrices) * model.size**2 + _SETS * phases)


def ray_sums(model: BandStructure, rays: Sequence[Ray], nodes: Sequence[float] | Array, kernels: Kernels) -> Summand:
    """sum_k sum_nm K_nm <n|flow|m><m|V|n> at q = node x direction: of (k, bands at k), shape (rays, kernels, flows, nodes)."""

    def at_one_q(k: Array, left: Bands, q: Array, flows: Flows, vertex: Flows | None) -> ComplexArray:
        right = solve(model, k + q)
        driven = product(right.inverse, product(vertex(k, q), left.states) if vertex else left.states)
        weights, measured = kernels(left, right).reshape(-1, *driven.shape), flows(k, q)
        if len(weights) < len(measured):  # Tr[Theta rho], rho the change of the density matrix
            weights = product(product(right.states, weights.mT * driven), left.inverse).mT
        else:
            measured = product(product(left.inverse, measured), right.states) * driven.mT
        return np.asarray(weights.reshape(len(weights), -1) @ measured.reshape(len(measured), -1).T)

    def summed(k: Array, bands: Bands) -> ComplexArray:
        rows = [[at_one_q(k, bands, x * n, flows, vertex) for x in nodes] for n, flows, vertex in rays]
        return np.moveaxis(np.array(rows), 1, -1)

    k = model.lattice_cell("a sum over the zone").momenta(1, _SOME)
    weights, measured = summed(k, solve(model, k)).shape[1:3]
    return Summand(summed, bytes_of_a_momentum(model, 2 * weights + 3 * measured))


def mean(flows: Callable[[Array], ComplexArray]) -> Flows:
    """Flows at k and k + q, averaged: operators that are symmetrized with exp(-i q.r). Those at k serve every q."""
    here: tuple[Array, ComplexArray] | None = None

    def averaged(k: Array, q: Array) -> ComplexArray:
        nonlocal here
        if here is None or here[0] is not k:
            here = k, flows(k)
        return (here[1] + flows(k + q)) / 2

    return averaged


def continuity_residual(model: BandStructure, k: Any, q: Any) -> float:
    """How far the lattice is from d_t s_q + i q.J_q = tau_q, as the largest matrix element between k and k + q.

    On a lattice the equation is exact, at any q, with s_q = s exp(-i q.r), d_t s_q = i[H, s_q], the torque
    Theta = (1/2)(tau(k) + tau(k + q)), and the current (1/2){v, s} whose velocity is the average of v along the
    straight line from k to k + q (bonds run straight between orbitals). For H at most quadratic in k that average is
    (1/2)(v(k) + v(k + q)); otherwise the two differ at second order in q.

    Source: the continuity equation that opens the paper. k and q have shape (..., D), Cartesian.
    """
    k, q = np.broadcast_arrays(model.points(k), model.points(q))
    s = letter(model, "s", np.zeros(model.dimension))
    H, shifted = letter(model, "H", k), letter(model, "H", k + q)
    rate = 1j * (H @ s - s @ shifted)
    mean = (H + shifted) / 2
    torque = -1j * (s @ mean - mean @ s)
    divergence = np.zeros_like(rate)
    for i in range(model.dimension):
        divergence += 1j * q[..., i, None, None] * anticommutator(line_velocity(model, k, q, i), s)
    return float(np.abs(rate + divergence - torque).max())
