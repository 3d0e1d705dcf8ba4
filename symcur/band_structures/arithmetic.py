"""Array operations on many small matrices and on phases, where the libraries beneath NumPy are slow.

BLAS, called for each matrix of a stack, takes longer to begin than to multiply small ones. The complex exponential takes up to
fifteen times as long after BLAS has left the upper halves of vector registers in use, as OpenBLAS does on processors with AVX-512; sine and
cosine do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symcur.arrays import Array, ComplexArray

_SMALL = 6  # up to this size a stack times one matrix is faster as one tall matrix
_SMALLEST = 4  # up to this size rows of a stack times matrices are faster one by one; NumPy 2.2 can
_matvec: Any = getattr(np, "matvec", None)


def times_each(a: ComplexArray, s: ComplexArray) -> ComplexArray:
    """a s for matrices a (..., N, N) and one s (N, N), as one product."""
    if len(s) > _SMALL:
        return np.asarray(a @ s)
    return (a.reshape(-1, len(s)) @ s).reshape(a.shape)


def each_times(s: ComplexArray, a: ComplexArray) -> ComplexArray:
    """s a for one matrix s (N, N) and matrices a (..., N, N)."""
    return times_each(a.mT, s.T).mT if len(s) <= _SMALL else np.asarray(s @ a)


def product(a: Any, b: Any) -> ComplexArray:
    """a b for rows a (..., M, N) and matrices b (..., N, N)."""
    few = _matvec is not None and a.shape[-1] <= _SMALLEST
    found: ComplexArray = _matvec(b.mT[..., None, :, :], a) if few else a @ b
    return found


def phase_factors(angles: Array) -> ComplexArray:
    """exp(i x)."""
    result = np.empty(np.shape(angles), dtype=complex)
    np.cos(angles, out=result.real)
    np.sin(angles, out=result.imag)
    return result
