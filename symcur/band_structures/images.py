"""What a symmetry of H(k) turns an operator into.

Where H(O k) = U H(k) U^+, or U H(k)^* U^+, with one unitary U for all k, traces with s at O k are those with U^+ s U, or its conjugate, at k.
U follows from H: at one generic k it maps multiplets onto multiplets, and H at others fixes it within them.
"""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.band_structure import BandStructure
from symcur.band_structures.levels import CLEAR_GAP, joined

_POINTS = 3
_SAME = 1e-8  # relative: by how much H may miss the symmetry


def images(model: BandStructure, s: ComplexArray, rotation: Array) -> list[ComplexArray]:
    """The operators that a unitary and an antiunitary symmetry which takes k to O k make of s; none where H has none.

    ``rotation`` is O, orthogonal, (D, D). Up to a phase of U there may be several U, of which one is taken: as all are symmetries of H, sums
    over states do not differ.
    """
    k = np.random.default_rng(41).uniform(-1.5, 1.5, size=(_POINTS, model.dimension))
    H, moved = model.matrix("H", k), model.matrix("H", k @ rotation.T)
    found = []
    for start in (H, H.conj()):
        U = intertwiner(start, moved, model.size_of_terms(k[0]))
        if U is not None:
            image = U.conj().T @ s @ U
            found.append(image if start is H else image.conj())
    return found


def intertwiner(H: ComplexArray, moved: ComplexArray, size: Array) -> ComplexArray | None:
    """A unitary U with moved U = U H at every point; None where there is none. ``size``: of the terms of H at the first one."""
    (e, V), (_, W) = np.linalg.eigh(H[0]), np.linalg.eigh(moved[0])
    label = np.cumsum(~joined(e, CLEAR_GAP, size))
    rows, columns = np.nonzero(label[:, None] == label)
    here, there = V.conj().T @ H[1:] @ V, W.conj().T @ moved[1:] @ W
    # there X - X here = 0 for X with elements within multiplets alone, one column for each of them.
    N, equations = len(e), np.zeros((len(here), len(e), len(e), len(rows)), dtype=complex)
    place = np.arange(len(rows))
    equations[:, :, columns, place] += there[:, :, rows]
    equations[:, rows, :, place] -= here[:, columns, :].transpose(1, 0, 2)
    flat = equations.reshape(-1, len(rows))
    values, vectors = np.linalg.eigh(flat.conj().T @ flat)
    null = vectors[:, values <= _SAME**2 * np.abs(H).max() ** 2 * N]
    if not null.shape[1]:
        return None
    X = np.zeros((N, N), dtype=complex)
    X[rows, columns] = null @ np.random.default_rng(43).normal(size=null.shape[1])
    left, sizes, right = np.linalg.svd(X)
    if sizes[-1] < 1e-3 * sizes[0]:
        return None
    U = W @ left @ right @ V.conj().T
    miss = np.abs(moved @ U - U @ H).max()
    return np.asarray(U) if miss <= _SAME * np.abs(H).max() else None
