"""Sums over states of bosons that share no code with the project."""

from __future__ import annotations

import numpy as np

import symcur as sc


class States:
    """Eigenvectors of g H by a general solver, with the inverse matrix as left ones; barred letters as matrices."""

    def __init__(self, model: sc.Model, k: np.ndarray) -> None:
        g = model.metric
        bar = lambda name, *axes: g @ model.matrix(name, k, axes)  # noqa: E731
        values, R = np.linalg.eig(bar("H"))
        order = np.argsort(values.real)
        self.E, R = values.real[order], R[:, order]
        L = np.linalg.inv(R)
        self.v = [L @ bar("H", i) @ R for i in range(2)]
        self.w = [[L @ bar("H", i, l) @ R for l in range(2)] for i in range(2)]
        self.s = L @ bar("s") @ R
        self.tau = -1j * (self.s * self.E - self.E[:, None] * self.s)
        self.J = [(v @ self.s + self.s @ v) / 2 for v in self.v]

    def pair(self, X: np.ndarray, Y: np.ndarray, power: int) -> np.ndarray:
        """sum over m of X_nm Y_mn / (E_n - E_m)^power."""
        gap = self.E[:, None] - self.E
        with np.errstate(divide="ignore"):
            inverse = np.where(gap == 0, 0.0, gap ** -float(power))
        return (X * Y.T * inverse).sum(axis=1)
