"""H(k) of a crystal written down bond by bond, and what the packages give for it, in the gauge with positions in the phases."""

from __future__ import annotations

import numpy as np

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
LATTICE = np.array([[1.0, 0.1], [0.2, 1.3]])
FRACTIONS = np.array([[0.1, 0.2], [0.5, 0.65]])
ONSITE = np.array([np.eye(2), np.eye(2) + 2 * PAULI[0] + 3 * PAULI[1] + 4 * PAULI[2]])
BONDS = [
    ((1 + 0.3j) * np.eye(2), 0, 1, [0, 0]),
    (PAULI[0] + 0.2j * PAULI[1], 0, 1, [1, 0]),
    (np.array([[0.1, 0.2j], [0.3, 0.7]]), 1, 1, [1, 1]),
]
MOMENTA = np.array([[0.3, 0.7], [-1.2, 2.2], [2.9, -0.4]])  # Cartesian


def by_hand(k):
    """H(k) of the bonds above, k Cartesian, orbitals in the order of sites, up before down."""
    r = FRACTIONS @ LATTICE
    H = np.zeros((4, 4), dtype=complex)
    H[:2, :2], H[2:, 2:] = ONSITE
    for t, a, b, R in BONDS:
        term = np.exp(1j * np.dot(k, np.array(R) @ LATTICE + r[b] - r[a])) * t
        H[2 * a : 2 * a + 2, 2 * b : 2 * b + 2] += term
        H[2 * b : 2 * b + 2, 2 * a : 2 * a + 2] += term.conj().T
    return H


def with_positions(H, k, centres):
    """A matrix of the gauge H(k + G) = H(k) with the positions of its orbitals put into the phases."""
    phases = np.exp(1j * np.asarray(centres) @ k)
    return phases.conj()[:, None] * H * phases


def plaquette_flux(model, band=0, n=24):
    """The integral of the Berry curvature of one band over the zone, over 2 pi: overlaps around plaquettes of a mesh."""
    U = model.cell.reciprocal
    k = np.stack(np.meshgrid(*[np.arange(n) / n] * 2, indexing="ij"), axis=-1) @ U
    vectors = np.linalg.eigh(model.matrix("H", k))[1][..., band]
    right, up = (with_image(model, vectors, axis) for axis in (0, 1))
    links = [np.einsum("...a,...a->...", vectors.conj(), moved) for moved in (right, up)]
    around = links[0] * np.roll(links[1], -1, axis=0) * np.roll(links[0], -1, axis=1).conj() * links[1].conj()
    return float(-np.angle(around).sum() / (2 * np.pi))


def with_image(model, vectors, axis):
    """The states one step further along an axis; across the zone u(k + G) = U_G u(k), U_G = exp(-i G.r)."""
    moved = np.roll(vectors, -1, axis=axis)
    last = [slice(None)] * 2
    last[axis] = -1
    moved[tuple(last)] = moved[tuple(last)] * np.exp(-2j * np.pi * model.positions[:, axis])
    return moved
