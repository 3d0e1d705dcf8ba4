"""A lattice model of eight bands seen through its four lowest: Wannier functions for which <s r> and all of position are known.

In the large model position is diagonal in the orbitals and s constant between those of one site. The functions are the four lowest
bands projected onto the four orbitals of low energy, V = P T (T^+ P T)^(-1/2).
"""

from __future__ import annotations

import numpy as np
from plain_wannier import SIXTH_ORDER

import symcur as sc
from symcur.materials import WannierFunctions

LATTICE = np.array([[2.0, 0.3], [-0.4, 1.7]])
LOW = [0, 2, 4, 6]  # of each site one orbital is low and one high
MESH, STEP = 24, 1e-2


def large_model(seed=5) -> sc.band_structures.NumericModel:
    rng = np.random.default_rng(seed)
    places = np.repeat(rng.uniform(0, 1, size=(4, 2)), 2, axis=0)
    hoppings = {}
    for R in [(0, 0), (1, 0), (0, 1), (1, -1)]:
        t = 0.1 * (rng.normal(size=(8, 8)) + 1j * rng.normal(size=(8, 8)))
        if R == (0, 0):
            t = t + t.conj().T + np.diag([-3, 3, -2.6, 3.4, -3.5, 3.2, -2.9, 4.0])
        hoppings[R], hoppings[tuple(-n for n in R)] = t, t.conj().T
    s = np.zeros((8, 8), dtype=complex)
    for site in range(4):
        one = rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2))
        s[2 * site : 2 * site + 2, 2 * site : 2 * site + 2] = one + one.conj().T
    return sc.Model.from_hoppings(hoppings, s, LATTICE, positions=places, name="eight bands")


def frame(model, k):
    """V at k of shape (K, 2): (K, 8, 4)."""
    u = np.linalg.eigh(model.matrix("H", k))[1][..., :4]
    overlap = u @ u.conj().swapaxes(-1, -2)[..., LOW]  # P T
    left, _, right = np.linalg.svd(overlap, full_matrices=False)
    return left @ right


def lowest(model):
    """The functions with the spin matrices s in each direction, and <a 0|s (r - R)|b R>."""
    k = model.cell.momenta(MESH)
    V, H, s = frame(model, k), model.matrix("H", k), model.matrix("s", k)
    slopes = [
        sum(c * (frame(model, k + j * STEP * e) - frame(model, k - j * STEP * e)) for j, c in SIXTH_ORDER) / STEP
        for e in np.eye(2)
    ]
    adjoint = V.conj().swapaxes(-1, -2)
    A = np.stack([1j * adjoint @ dV for dV in slopes], axis=-1)
    sr = np.stack([1j * adjoint @ s @ dV for dV in slopes], axis=-1)
    centres = (model.positions @ LATTICE)[LOW]
    phases = np.exp(1j * k @ centres.T)
    cells = np.array(list(np.ndindex(MESH - 1, MESH - 1))) - (MESH // 2 - 1)

    def between_cells(X):
        """Of the gauge of the lattice, X(R) = mean over k of exp(-ik.R) X(k)."""
        ratio = phases[:, :, None] * phases[:, None, :].conj()
        periodic = X * ratio.reshape(*ratio.shape, *(1,) * (X.ndim - 3))
        found = np.tensordot(np.exp(-1j * (cells @ LATTICE) @ k.T), periodic, axes=1) / len(k)
        return found

    S = between_cells(adjoint @ s @ V)
    position, s_position = between_cells(A), between_cells(sr) + S[..., None] * centres[None, None]
    home = int(np.argmin(np.abs(cells).sum(axis=1)))
    position[home] += centres[:, None] * np.eye(4)[..., None]
    spin = np.repeat(S[..., None], 3, axis=-1)
    functions = WannierFunctions(
        LATTICE, cells, between_cells(adjoint @ H @ V), centres, position, spin, "four of eight"
    )
    return functions, s_position
