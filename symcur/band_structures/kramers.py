"""Kramers pairs at every momentum: inversion times time reversal takes k to itself and every state to another one.

Where Theta = U K, K complex conjugation, commutes with H(k) at every k and Theta^2 = -1, the states come in pairs u, Theta u. In a basis
of pairs w, Theta w, H(k) is a matrix of quaternions.
"""

from __future__ import annotations

import numpy as np

from symcur.arrays import ComplexArray
from symcur.band_structures.band_structure import BandStructure
from symcur.band_structures.hoppings import TightBinding
from symcur.band_structures.images import intertwiner
from symcur.band_structures.numeric import NumericModel, from_hoppings

EXACT = 1e-12  # of H: what rounding leaves of a symmetry
_POINTS = 8


def in_pairs(model: BandStructure) -> tuple[NumericModel, ComplexArray] | None:
    """The same bands with s in a basis of pairs w_1, Theta w_1, w_2, ..., and that basis as columns (N, N).

    For hoppings between functions at points alone. None where there is no such Theta to rounding, or more than one.
    """
    bonds = getattr(getattr(model, "H", None), "__self__", None)
    if not isinstance(model, NumericModel) or not isinstance(bonds, TightBinding):
        return None
    if model.covariant or model.bosons is not None or model.size % 2:
        return None
    k = np.random.default_rng(47).uniform(-1.5, 1.5, size=(_POINTS, model.dimension))
    H = model.matrix("H", k)
    U = intertwiner(H.conj(), H, model.size_of_terms(k[0]))
    if U is None or np.abs(U @ U.conj() + np.eye(model.size)).max() > EXACT:
        return None
    if np.abs(H @ U - U @ H.conj()).max() > EXACT * np.abs(H).max():
        return None
    W = _basis(U)
    positions = bonds.positions[np.abs(W).argmax(axis=0)]
    if (np.abs(W) > EXACT)[(bonds.positions[:, None] != positions).any(axis=-1)].any():
        return None
    hoppings = {R: W.conj().T @ t @ W for R, t in bonds.hoppings.items()}
    s = W.conj().T @ model.matrix("s", np.zeros(model.dimension)) @ W
    rotated = from_hoppings(hoppings, s, bonds.cell.vectors, positions=positions, name=model.name)
    return rotated, W


def _basis(U: ComplexArray) -> ComplexArray:
    """Orthonormal columns w_1, U w_1^*, w_2, ..., each w the function of which the pairs before have least, without these."""
    found = np.zeros((len(U), 0), dtype=complex)
    while found.shape[1] < len(U):
        first = int(np.argmin((np.abs(found) ** 2).sum(axis=1).round(6)))
        w = np.eye(len(U))[first] - found @ found[first].conj()
        w = w / np.linalg.norm(w)
        found = np.column_stack([found, w, U @ w.conj()])
    return found
