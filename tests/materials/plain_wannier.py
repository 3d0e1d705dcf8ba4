"""Bands in a basis of Wannier functions from projectors and parallel transport, in plain NumPy: no sums over states.

The gauge is that of the lattice, X(k) = sum_R exp(ik.R) X(R). A matrix at k + t is carried back to k by W, dW/dt = i A W, so that
the derivative of W^+ X W is the covariant one. With P the projector onto a band, P v_i S = P D_iP.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
from scipy.linalg import expm

SIXTH_ORDER = ((1, 45 / 60), (2, -9 / 60), (3, 1 / 60))
GAUSS = 0.5 + np.array([-1, 1]) * np.sqrt(3) / 6


class PlainBands:
    """One k; ``position`` and ``s`` (M, N, N, D) and (M, N, N) over the cells of the functions."""

    def __init__(self, functions, s, step=0.005) -> None:
        self.R, self.H, self.A, self.s = (
            functions.cells @ functions.lattice,
            functions.hamiltonian,
            functions.position,
            s,
        )
        self.D, self.step = len(functions.lattice), step

    def at(self, X, k):
        return np.tensordot(np.exp(1j * self.R @ k), X, axes=1)

    def projector(self, k, n):
        u = np.linalg.eigh(self.at(self.H, k))[1][:, n]
        return np.outer(u, u.conj())

    @cache  # noqa: B019
    def transport(self, k, axis, j):
        """W from k to k + j step, to fourth order in steps of their own."""
        h, W = np.sign(j) * self.step, np.eye(self.H.shape[-1])
        for m in range(abs(j)):
            points = (np.array(k) + (m + x) * h * np.eye(self.D)[axis] for x in GAUSS)
            one, two = (1j * self.at(self.A[..., axis], point) for point in points)
            W = expm(h / 2 * (one + two) + np.sqrt(3) / 12 * h**2 * (two @ one - one @ two)) @ W
        return W

    def slope(self, X, k, axis):
        """D_axis of X(k)."""
        total = 0
        for j, c in SIXTH_ORDER:
            for side in (j, -j):
                W = self.transport(tuple(k), axis, side)
                total = total + np.sign(side) * c * W.conj().T @ X(k + side * self.step * np.eye(self.D)[axis]) @ W
        return total / self.step

    def plain_slope(self, x, k, axis):
        """d_axis of a number or a matrix, without transport."""
        e = self.step * np.eye(self.D)[axis]
        return sum(c * (x(k + j * e) - x(k - j * e)) for j, c in SIXTH_ORDER) / self.step

    def F(self, k, i, l):
        A = [self.at(self.A[..., axis], k) for axis in (i, l)]
        curl = self.plain_slope(lambda k: self.at(self.A[..., l], k), k, i) - self.plain_slope(
            lambda k: self.at(self.A[..., i], k), k, l
        )
        return curl - 1j * (A[0] @ A[1] - A[1] @ A[0])

    def s_of(self, k, n):
        return np.trace(self.projector(k, n) @ self.at(self.s, k)).real

    def dipole(self, k, n, i):
        """d^{is} = Im Tr[P D_iP s]."""
        P = self.projector(k, n)
        return np.trace(P @ self.slope(lambda k: self.projector(k, n), k, i) @ self.at(self.s, k)).imag

    def weighted(self, k, n, i, l):
        """Omega^{il} s = Tr[s i P (D_iP D_lP - D_lP D_iP) P]."""
        P, (Pi, Pl) = self.projector(k, n), (self.slope(lambda k: self.projector(k, n), k, axis) for axis in (i, l))
        return (1j * np.trace(self.at(self.s, k) @ P @ (Pi @ Pl - Pl @ Pi) @ P)).real

    def band_part(self, k, n, i, l):
        """Omega^{li} s + (d_l d^{is} - d_i d^{ls})/2, with differences of dipoles."""
        curl = self.plain_slope(lambda k: self.dipole(k, n, i), k, l) - self.plain_slope(
            lambda k: self.dipole(k, n, l), k, i
        )
        return self.weighted(k, n, l, i) + curl / 2


def components(D):
    return list(itertools.product(range(D), repeat=2))
