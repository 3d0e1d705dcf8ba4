"""A finite piece of a two-dimensional lattice model with open boundaries, and what its middle says about magnetization.

Only its hoppings come from H(k): no momenta, no Berry phases.
"""

from __future__ import annotations

import numpy as np

from symcur.band_structures import tight_binding


class Flake:
    """size x size cells; ``H`` the Hamiltonian, ``x`` and ``y`` the coordinates of the orbitals."""

    def __init__(self, model, size):
        bonds, orbitals = tight_binding(model), model.size
        cells = np.stack(np.meshgrid(np.arange(size), np.arange(size), indexing="ij"), axis=-1).reshape(-1, 2)
        r = (cells[:, None, :] + bonds.positions) @ model.cell.vectors
        self.x, self.y = (r - r.reshape(-1, 2).mean(axis=0)).reshape(-1, 2).T
        self.area = model.cell.volume
        H = np.zeros((size, size, orbitals, size, size, orbitals), dtype=complex)
        for (n1, n2), T in bonds.hoppings.items():
            for i in range(max(0, -n1), min(size, size - n1)):
                for j in range(max(0, -n2), min(size, size - n2)):
                    H[i, j, :, i + n1, j + n2, :] = T
        self.H = H.reshape(size**2 * orbitals, -1)
        middle = np.all(np.abs(cells - (size - 1) / 2) < 1, axis=1)  # one cell, or four of an even flake
        self.middle = np.repeat(middle, orbitals)
        self.cells_in_the_middle = int(middle.sum())

    def magnetization(self, mu, weight=1.0):
        """M_z per area of the middle, (1/2)<r x v> written with projectors so that it is local.

        With v = i[H, r] and P the occupied states, (1/2) Tr P (x v_y - y v_x) = -Im Tr P x (H - mu) Q y P + Im Tr Q x P
        (H - mu) P y Q, whose trace over the middle converges like the density matrix: R. Bianco and R. Resta, Phys. Rev.
        Lett. 110, 087202 (2013). ``weight`` multiplies each orbital (its charge).
        """
        e, U = np.linalg.eigh(self.H)
        P = U[:, e < mu] @ U[:, e < mu].conj().T
        Q = np.eye(len(P)) - P
        shifted = self.H - mu * np.eye(len(P))
        X, Y = P @ (self.x[:, None] * Q), Q @ (self.y[:, None] * P)
        filled = -(X @ shifted @ Y).diagonal().imag
        X, Y = Q @ (self.x[:, None] * P), P @ (self.y[:, None] * Q)
        empty = (X @ shifted @ Y).diagonal().imag
        density = (filled + empty) * weight
        return float(density[self.middle].sum() / (self.area * self.cells_in_the_middle))

    def whole_magnetization(self, mu):
        """(1/2A) sum over occupied states of <x v_y - y v_x>, boundary included."""
        e, U = np.linalg.eigh(self.H)
        P = U[:, e < mu] @ U[:, e < mu].conj().T
        v_x, v_y = (1j * self.H * (r[None, :] - r[:, None]) for r in (self.x, self.y))
        angular = self.x[:, None] * v_y - self.y[:, None] * v_x
        return float(np.trace(P @ angular).real / 2 / (self.area * len(P) / 2))
