"""Values by routes of their own: differences of energies, projectors and states."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from scipy.differentiate import derivative

from symcur.arrays import AnyArray, Array
from symcur.band_structures import BandStructure, arithmetic
from symcur.band_structures.hermitian import eigenvectors
from symcur.brillouin.occupation import occupation
from symcur.linear_response.expansion import extrapolated

_OFFSET = 0.27  # of grids, in their spacing
SIXTH_ORDER = ((1, 45 / 60), (2, -9 / 60), (3, 1 / 60))  # f' h = sum c [f(j h) - f(-j h)]


def slope(function: Callable[[Array], Any], axis: int, step: float) -> Any:
    """The derivative along k_x or k_y of a function of the displacement, at 0, by sixth-order differences."""
    shift = step * np.eye(2)[axis]
    return sum(c * (function(j * shift) - function(-j * shift)) for j, c in SIXTH_ORDER) / step


def magnetization_by_field(model: BandStructure, mu: float, temperature: float, size: int = 48) -> tuple[float, float]:
    """dM_orb/dh at H - h s by differences of the grand-canonical charge magnetization, and their error.

    M_z = sum over states n and m != n of Im(v^x_nm v^y_mn) [f_n/w - 2 g_n/w^2], w = e_n - e_m, summed here with the pair.
    """
    k = model.lattice_cell("a sum over its zone").momenta(size, _OFFSET)
    H, s = model.matrix("H", k), model.matrix("s", k[0])
    v = [model.matrix("H", k, (axis,)) for axis in (0, 1)]

    def M(h: float) -> float:
        e, U = eigenvectors(H - h * s)
        bras = U.conj().mT
        vx, vy = (arithmetic.product(arithmetic.product(bras, component), U) for component in v)
        w = e[:, :, None] - e[:, None, :]
        inverse = np.where(w == 0, 0.0, 1 / np.where(w == 0, 1.0, w))
        f, g = (occupation(name, e, mu, temperature)[:, :, None] for name in "fg")
        terms = (vx * vy.swapaxes(1, 2)).imag * (f * inverse - 2 * g * inverse**2)
        return float(terms.sum() / len(k))

    found = derivative(np.vectorize(M, otypes=[float]), 0.0, initial_step=0.16)
    return float(found.df), float(found.error)


def curvature_by_projectors(model: BandStructure, k: Array, step: float = 0.02) -> Array:
    """Tr[s i P(d_xP d_yP - d_yP d_xP)P] of every band from sixth-order differences of P, shape (K, N): no sum over states."""

    def projectors(points: Array) -> AnyArray:
        U = eigenvectors(model.matrix("H", points))[1]
        return np.asarray(np.einsum("kan,kbn->knab", U, U.conj()))

    Px, Py = (slope(lambda shift: projectors(k + shift), axis, step) for axis in (0, 1))
    P, s = projectors(k), model.matrix("s", k[0])
    return np.asarray(np.einsum("ab,knbc,kncd,knda->kn", s, P, Px @ Py - Py @ Px, P, optimize=True).imag * -1)


def charge_moved_by_torque_field(model: BandStructure, mu: float, size: int = 40, reach: float = 0.16) -> Array:
    """C with n_q/h_q = q_i C^{il} q_l + O(q^4) in a field h of the torque, for an insulator; plain sums over states.

    By Richardson extrapolation along three rays, 2D.
    """
    k = model.lattice_cell("a sum over its zone").momenta(size, _OFFSET)
    s = model.matrix("s", k[0])

    def solved(points: Any) -> tuple[Any, Any, Any]:
        matrix = model.matrix("H", points)
        return (*eigenvectors(matrix), -1j * (s @ matrix - matrix @ s))

    e, U, torque = solved(k)

    def density(q: Any) -> float:
        e_q, U_q, torque_q = solved(k + q)
        overlap = np.conj(U.swapaxes(1, 2)) @ U_q
        element = np.conj(U_q.swapaxes(1, 2)) @ ((torque + torque_q) / 2) @ U
        n, m = (e < mu)[:, :, None], (e_q < mu)[:, None, :]
        gap = e[:, :, None] - e_q[:, None, :]
        kernel = np.where(n != m, (n * 1.0 - m) / np.where(n != m, gap, 1.0), 0.0)
        return float((kernel * overlap * element.swapaxes(1, 2)).sum().real / len(k))

    def second_order(ray: Any) -> float:
        nodes = reach / 2 ** np.arange(4.0)
        return float(extrapolated(nodes, np.array([density(x * ray) / x**2 for x in nodes]), 0)[0])

    xx, yy, diagonal = (second_order(np.array(ray)) for ray in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)))
    xy = (diagonal - xx - yy) / 2
    return np.array([[xx, xy], [xy, yy]])


def side_jump_by_phases(
    model: BandStructure,
    bands: tuple[int, int],
    k: tuple[Array, Array],
    Gamma: Array,
    seed: int,
    conserved: bool = False,
) -> Array:
    """The printed delta_sj r^s = s' A' - s A - (s' d' + s d) arg V for scattering bands[0] at k[0] -> bands[1] at k[1].

    A and arg V by differences; each state has a random phase that varies with k, and the result must not depend on
    ``seed``. ``conserved`` sets s = 1.
    """
    generator = np.random.default_rng(seed)
    slopes, curvatures = generator.normal(size=(2, 2, 2))
    s = model.matrix("s", k[0])
    centre = [eigenvectors(model.matrix("H", k[j]))[1][:, bands[j]] for j in range(2)]

    def state(j: int, step: Array) -> Any:
        u = eigenvectors(model.matrix("H", k[j] + step))[1][:, bands[j]]
        overlap = np.vdot(centre[j], u)
        return u * (overlap.conj() / abs(overlap)) * np.exp(1j * (slopes[j] @ step + curvatures[j] @ step**2))

    def scattered(j: int, step: Array) -> Any:
        """V between the two states, the one at k[j] moved."""
        steps = [step * (j == side) for side in (0, 1)]
        return np.vdot(state(1, steps[1]), Gamma @ state(0, steps[0]))

    result = np.zeros(2)
    weights = [1.0, 1.0] if conserved else [float(np.vdot(u, s @ u).real) for u in centre]
    V = np.vdot(centre[1], Gamma @ centre[0])
    for axis, (j, sign) in product(range(2), ((0, -1), (1, 1))):
        connection = (1j * np.vdot(centre[j], slope(partial(state, j), axis, 5e-4))).real
        phase = (slope(partial(scattered, j), axis, 5e-4) / V).imag
        result[axis] += weights[j] * (sign * connection - phase)
    return result
