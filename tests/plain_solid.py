"""Conductivities of a solid given by hoppings, as plain NumPy sums over a mesh: no expressions, no methods of integration."""

from __future__ import annotations

import numpy as np


def integrands(hoppings, s, lattice, k, mu, T, window):
    """sigma [x, y] and its parts at k, summed over bands; levels closer than the window chained into multiplets."""
    R = np.array(list(hoppings)) @ lattice
    t = np.array(list(hoppings.values()))
    phase = np.exp(1j * k @ R.T)
    e, U = np.linalg.eigh(np.einsum("kr,rab->kab", phase, t))
    x, y = (U.conj().mT @ np.einsum("kr,rab->kab", phase * 1j * R[:, i], t) @ U for i in (0, 1))
    s = U.conj().mT @ s @ U
    label = np.cumsum(np.diff(e, prepend=e[:, :1]) > window, axis=1)
    same = label[:, :, None] == label[:, None, :]
    mean = (same @ e[..., None])[..., 0] / same.sum(-1)  # the gap between multiplets is that of their means
    inverse = np.where(same, 0, 1 / np.where(same, 1, mean[:, :, None] - mean[:, None, :]))

    def shared(values):
        return (same @ values[..., None])[..., 0] / same.sum(-1)

    a, b, J = x * inverse, y * inverse, (x @ s + s @ x) / 2
    conventional = -2 * np.einsum("kab,kba->ka", b * inverse, J).imag
    curvature = 1j * (b @ a.conj().mT - a @ b.conj().mT) * same
    multiplet = np.einsum("kab,kba->ka", curvature, s).real
    others = np.einsum("kab,kbc,kac->ka", b, s, a.conj()).imag
    averaged = np.einsum("kab,kbb,kab->ka", b, s, a.conj()).imag  # without the elements of s between other bands
    d_x, d_y = (shared(np.einsum("kab,kba->ka", d, s).imag) for d in (a, b))
    v_x, v_y = (shared(np.diagonal(v, axis1=1, axis2=2).real) for v in (x, y))
    f = 1 / (1 + np.exp(np.clip((e - mu) / T, -500, 500)))
    slope = f * (1 - f) / T
    dipole = (slope * v_y * d_x).sum(1)
    surface = (slope * (v_y * d_x + v_x * d_y)).sum(1) / 2
    sea = {
        name: (f * shared(values)).sum(1)
        for name, values in (("o", multiplet / 2 - others), ("a", multiplet / 2 - averaged))
    }
    return {
        "conventional": (f * shared(conventional)).sum(1),
        "intrinsic": sea["o"] + surface,
        "dipole": dipole,
        "band": sea["o"] + surface - dipole,
        "averaged": sea["a"] + surface,
    }


def on_mesh(hoppings, s, lattice, n, shift, parity, *arguments):
    """The integrals by n^D points (j + shift)/n, or by those of them with odd parity.j."""
    D = len(lattice)
    j = np.stack(np.unravel_index(np.arange(n**D), (n,) * D), axis=-1)
    u = (j if parity is None else j[j @ parity % 2 == 1]) / n + shift / n
    k = u @ (2 * np.pi * np.linalg.inv(lattice).T)
    found = integrands(hoppings, s, lattice, k, *arguments)
    return {name: values.mean() / abs(np.linalg.det(lattice)) for name, values in found.items()}
