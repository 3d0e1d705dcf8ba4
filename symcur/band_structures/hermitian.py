"""Eigenvalues and eigenvectors of many Hermitian matrices: by LAPACK, of two bands by formulas, which take a tenth of its time, of three as in ``three_bands``.

For H = [[m + z, w^*], [w, m - z]] the energies are m -+ r, r = |(z, w)|. Up to its norm the upper state is (r + z, w), or
(w^*, r - z) where z < 0, so that nothing cancels; the lower one is orthogonal to it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import three_bands
from symcur.cores import MANY, one_core

# Rows up to which LAPACK's ``zheevd`` turns real eigenvectors as complex ones, where that takes longer than with one row more.
_TURNED = range(20, 26)


def eigenvalues(H: ComplexArray) -> Array:
    """(..., N), ascending, of Hermitian matrices (..., N, N); of each the lower triangle is read."""
    if H.shape[-1] != 2:
        return np.asarray(_by_lapack(np.linalg.eigvalsh, H))
    middle, z, w = _parts(H)
    return _energies(middle, np.hypot(z, np.abs(w)))


def eigenvectors(H: ComplexArray) -> tuple[Array, ComplexArray]:
    """``eigenvalues`` and the orthonormal eigenvectors, the columns of (..., N, N)."""
    if H.shape[-1] != 2:
        found = three_bands.eigenvectors(H.reshape(-1, 3, 3)) if _many_of_three(H) else None
        if found is None:
            found = _by_lapack(_padded if H.shape[-1] in _TURNED and H.size else np.linalg.eigh, H)
        return found[0].reshape(H.shape[:-1]), found[1].reshape(H.shape)
    middle, z, w = _parts(H)
    size = np.abs(w)
    radius = np.hypot(z, size)
    large, rising = radius + np.abs(z), z >= 0
    norm = np.hypot(large, size)
    multiple = norm == 0  # of 1
    norm = np.where(multiple, 1.0, norm)
    c, s = np.where(multiple, 1.0, large / norm), w / norm
    states = np.empty(H.shape, dtype=complex)
    states[..., 0, 0], states[..., 0, 1] = np.where(rising, -s.conj(), c), np.where(rising, c, s.conj())
    states[..., 1, 0], states[..., 1, 1] = np.where(rising, c, -s), np.where(rising, s, c)
    return _energies(middle, radius), states


def _many_of_three(H: ComplexArray) -> bool:
    return H.shape[-1] == 3 and H[..., 0, 0].size >= three_bands.MANY


def _padded(H: ComplexArray) -> tuple[Array, ComplexArray]:
    """By matrices of as many rows as LAPACK is quicker for, with energies above all others that nothing links to them."""
    N = H.shape[-1]
    whole, rest = np.zeros((*H.shape[:-2], _TURNED.stop, _TURNED.stop), dtype=complex), np.arange(N, _TURNED.stop)
    above = 2 * N * np.abs(H).max(axis=(-2, -1), keepdims=True)[..., 0]
    whole[..., :N, :N], whole[..., rest, rest] = H, np.where(above > 0, above, 1.0)
    energies, states = np.linalg.eigh(whole)
    return energies[..., :N], states[..., :N, :N]


def _by_lapack(function: Callable[[ComplexArray], Any], H: ComplexArray) -> Any:
    with one_core() if H[..., 0, 0].size >= MANY else nullcontext():
        return function(H)


def _parts(H: ComplexArray) -> tuple[Array, Array, ComplexArray]:
    """m, z and w."""
    a, b = H[..., 0, 0].real, H[..., 1, 1].real
    return (a + b) / 2, (a - b) / 2, H[..., 1, 0]


def _energies(middle: Array, radius: Array) -> Array:
    result = np.empty((*middle.shape, 2))
    np.subtract(middle, radius, out=result[..., 0])
    np.add(middle, radius, out=result[..., 1])
    return result
