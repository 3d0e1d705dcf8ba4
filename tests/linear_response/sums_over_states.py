"""The semiclassical side: NumPy sums over states on a uniform grid, sharing no code with symcur.linear_response."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np


def states(model, size, h=0.0):
    """Energies (K, N), v[i] and s in the eigenbasis of H - h s on size^D points, and the weight of a point."""
    k = model.cell.momenta(size)
    s = model.matrix("s", k[0])
    e, U = np.linalg.eigh(model.matrix("H", k) - h * s)
    dagger = U.conj().swapaxes(1, 2)
    v = np.array([dagger @ model.matrix("H", k, (i,)) @ U for i in range(model.dimension)])
    return SimpleNamespace(e=e, v=v, s=dagger @ s @ U, weight=1 / (len(k) * model.cell.volume))


def semiclassics(model, mu, temperature, size):
    """The integrals that the theory predicts for the responses, each index order as in the paper."""
    z = states(model, size)
    e, v, s = z.e, z.v, z.s
    identity = np.eye(e.shape[1], dtype=bool)
    omega = e[:, :, None] - e[:, None, :]
    inverse = np.where(identity, 0, 1 / np.where(identity, 1, omega))
    J, tau = (v @ s + s @ v) / 2, 1j * omega * s  # tau_mn = -i (e_n - e_m) s_mn
    vn, sn, Jn = (np.einsum("...kaa->...ka", A).real for A in (v, s, J))
    f = (1 - np.tanh((e - mu) / (2 * temperature))) / 2
    df = -f * (1 - f) / temperature

    def pairs(A, B, power):
        return np.einsum("xkab,ykba,kab->xyka", A, B, inverse**power, optimize=True)

    def integral(A):
        return A.sum(axis=(-2, -1)) * z.weight

    d_J, Omega_J = pairs(v, J, 1).imag, -2 * pairs(v, J, 2).imag  # [l, i]
    d_s, Omega_s = pairs(v, s[None], 1)[:, 0].imag, -2 * pairs(v, s[None], 2)[:, 0].imag
    Omega, Omega_tau = -2 * pairs(v, v, 2).imag, -2 * pairs(v, tau[None], 2)[:, 0].imag
    moment = (d_J - d_J.swapaxes(0, 1)) / 2 + (d_s[:, None] * vn[None] - d_s[None] * vn[:, None]) / 2  # m^{lis} [l, i]
    q = (-d_J + d_s[None] * vn[:, None] + moment).swapaxes(0, 1)  # [i, l]
    # chi^{il} = 2 Im sum v^l J^i/omega^2 - Omega^{il} s_n + d_l d^{is}; int f d_l d^{is} = -int f' v_l d^{is}.
    gradient = integral(-df * d_s[:, None] * vn[None])
    chi = -integral(f * Omega_J).T - integral(f * Omega * sn) + gradient
    return SimpleNamespace(
        current_uniform=integral(-df * Jn),
        current_dipole=integral(-df * d_J - f * Omega_J),
        current_dipole_without_curvature=integral(-df * d_J),
        quadrupole_without_chi=symmetric(integral(-df * q)),
        chi=chi,
        chi_by_definition=_polarizability(z, tau, inverse, f, df, d_s, vn, lambda i, l: l),
        chi_misprinted=_polarizability(z, tau, inverse, f, df, d_s, vn, lambda i, l: i),
        s_berry_curvature=integral(f * Omega_J),
        s_weighted_curvature=integral(f * Omega * sn),
        torque_berry_curvature=integral(f * Omega_tau),
        velocity_of_s=integral(-df * vn * sn),
        density_uniform=integral(-df),
        s_uniform=integral(-df * sn),
        s_dipole=integral(-df * d_s - f * Omega_s),
    )


def _polarizability(z, tau, inverse, f, df, d_s, vn, dipole_index):
    """int f chi^{il}, chi^{il} = d_{k_i} d^{ls} - 2 Im sum v^l_nm D^i_mn/omega^2, D^i the interband torque dipole.

    That is the definition of the revised preprint; the Letter, as we have it, prints d_{k_i} d^{is} in the first term.
    """
    result = np.zeros((len(z.v), len(z.v)))
    for i, v_i in enumerate(z.v):
        over = inverse.swapaxes(1, 2)  # [m, n]: 1/(e_n - e_m)
        rate = -1j * (z.s @ v_i - v_i @ z.s)
        D = 1j * (rate / 2 + tau @ (v_i * over) - tau * over * vn[i][:, None, :])
        for l, v_l in enumerate(z.v):
            second = -2 * np.einsum("kab,kba,kab->ka", v_l, D, inverse**2).imag
            result[i, l] = (-df * vn[i] * d_s[dipole_index(i, l)] + f * second).sum() * z.weight
    return result


def symmetric(A):
    return (A + A.T) / 2


def orbital_magnetization(model, mu, h, size, plane=(0, 1)):
    """Charge orbital magnetization of the insulator H - h s by the modern theory: a sum over filled-empty pairs."""
    z = states(model, size, h)
    filled = z.e < mu
    a, b = z.e[:, :, None], z.e[:, None, :]
    pairs = filled[:, :, None] & ~filled[:, None, :]
    moment = (z.v[plane[0]] * z.v[plane[1]].swapaxes(1, 2)).imag * (a + b - 2 * mu)
    return -np.where(pairs, moment / np.where(pairs, a - b, 1) ** 2, 0).sum() * z.weight


def odd_derivative(function, step):
    """function'(0) from central differences at step, step/2 and step/4 by Richardson, exact to step^6."""
    first = [(function(h) - function(-h)) / (2 * h) for h in (step, step / 2, step / 4)]
    second = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(first)]
    return (16 * second[1] - second[0]) / 15


def lowest_gap(model, filled):
    """The middle and the width of the gap above the given number of filled bands, on a grid of 48^D points."""
    e = states(model, 48 if model.dimension == 2 else 16).e
    top, bottom = e[:, filled - 1].max(), e[:, filled].min()
    assert bottom > top
    return (top + bottom) / 2, bottom - top


# -- a field perpendicular to q: three expressions, [i, l] = [flow, field] -------------------------------------------------
def transverse_semiclassics(model, mu, temperature, size, step=0.02):
    """static d_h int (f m^{il} + g Omega^{il}); surface int (-f') s_n m^{il}; dipole int f d_l d^{is} = int (-f') v_l d^{is}.

    m and Omega are the moment and curvature of the charge, d_h the derivative of H - h s at fixed mu and T. With
    omega -> 0 first the response is static, with q -> 0 first it is static - surface + dipole.
    """

    def terms(h):
        z = states(model, size, h)
        identity = np.eye(z.e.shape[1], dtype=bool)
        inverse = np.where(identity, 0, 1 / (z.e[:, :, None] - z.e[:, None, :] + identity))
        moment = np.einsum("ikab,lkba,kab->ilka", z.v, z.v, inverse, optimize=True).imag
        curvature = -2 * np.einsum("ikab,lkba,kab->ilka", z.v, z.v, inverse**2, optimize=True).imag
        return z, inverse, moment, curvature

    def magnetization(h):
        z, _, moment, curvature = terms(h)
        x = (z.e - mu) / temperature
        f, g = (1 - np.tanh(x / 2)) / 2, -temperature * np.logaddexp(0, -x)
        return (f * moment + g * curvature).sum(axis=(-2, -1)) * z.weight

    z, inverse, moment, _ = terms(0.0)
    minus_df = 1 / (4 * temperature * np.cosh((z.e - mu) / (2 * temperature)) ** 2)
    d_s = np.einsum("ikab,kba,kab->ika", z.v, z.s, inverse, optimize=True).imag
    s_n, v_n = (np.einsum("...kaa->...ka", A).real for A in (z.s, z.v))
    return SimpleNamespace(
        static=odd_derivative(magnetization, step),
        surface=(minus_df * s_n * moment).sum(axis=(-2, -1)) * z.weight,
        dipole=(minus_df * v_n[None] * d_s[:, None]).sum(axis=(-2, -1)) * z.weight,
    )
