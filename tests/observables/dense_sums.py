"""Sums over states on a dense grid of one reciprocal cell, in plain NumPy: no expressions, no kernels, no adaptivity.

For smooth integrands (T > 0, or an insulator) the periodic trapezoid rule converges faster than any power of the number
of points, so that a fixed grid is an independent check.
"""

from __future__ import annotations

import numpy as np


class DenseZone:
    """Energies and matrix elements between the eigenstates at n^D points of a lattice model.

    ``e`` has the shape (points, N); ``v[i]``, ``J[i]``, ``s`` and ``tau`` have (points, N, N).
    """

    def __init__(self, model, n):
        self.D = model.dimension
        k = model.cell.momenta(n, (0.318, 0.271, 0.141)[: self.D])  # off the high-symmetry points
        self.measure = 1 / (model.cell.volume * len(k))
        H, s = model.matrix("H", k), model.matrix("s", k)
        self.e, U = np.linalg.eigh(H)

        def between(X):
            return U.conj().swapaxes(-1, -2) @ X @ U

        slopes = [model.matrix("H", k, (i,)) for i in range(self.D)]
        self.v, self.s = [between(X) for X in slopes], between(s)
        self.J = [between((X @ s + s @ X) / 2) for X in slopes]
        self.tau = between(-1j * (s @ H - H @ s))
        self.omega = self.e[:, :, None] - self.e[:, None, :]
        self.omega[:, np.arange(model.size), np.arange(model.size)] = np.inf

    def moment(self, X, Y, power):
        """sum over m != n of X_nm Y_mn / omega_nm^power, shape (points, N)."""
        return (X * Y.swapaxes(-1, -2) / self.omega**power).sum(axis=-1)

    @staticmethod
    def diagonal(X):
        return np.diagonal(X, axis1=-2, axis2=-1).real

    def integral(self, values):
        """int d^Dk/(2 pi)^D sum_n of values, shape (points, N)."""
        return float(np.sum(values) * self.measure)

    def tensor(self, function):
        """function(i, l) -> values, as the D x D array of its integrals."""
        axes = range(self.D)
        return np.array([[self.integral(function(i, l)) for l in axes] for i in axes])

    # -- the paper's quantities, as it prints them ---------------------------------------------------------------------
    def s_dipole(self, i):
        return self.moment(self.v[i], self.s, 1).imag

    def current_dipole(self, l, i):
        return self.moment(self.v[l], self.J[i], 1).imag

    def s_curvature(self, l, i):
        return -2 * self.moment(self.v[l], self.J[i], 2).imag

    def weighted_curvature(self, l, i):
        return -2 * self.moment(self.v[l], self.v[i], 2).imag * self.diagonal(self.s)

    def orbital_moment(self, l, i):
        rotation = (self.current_dipole(l, i) - self.current_dipole(i, l)) / 2
        carried = self.s_dipole(l) * self.diagonal(self.v[i]) - self.s_dipole(i) * self.diagonal(self.v[l])
        return rotation + carried / 2


def fermi(e, mu, T):
    return 1 / (1 + np.exp((e - mu) / T))


def grand_potential(e, mu, T):
    """g with dg/de = f."""
    return -T * np.log1p(np.exp(-(e - mu) / T))
