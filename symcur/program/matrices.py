"""Hermitian matrices of nodes: of each the upper half is made, the rest conjugated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import sympy as sp

from symcur.arrays import ObjectArray
from symcur.program.program import Complex, Program, Scalar, from_sympy


def hermitian(entry: Callable[[int, int], Complex], size: int) -> ObjectArray:
    """The matrix with these entries on and above the diagonal, which is real."""
    result = np.empty((size, size), dtype=object)
    for a in range(size):
        result[a, a] = Complex(entry(a, a).real)
        for b in range(a + 1, size):
            result[a, b] = entry(a, b)
            result[b, a] = result[a, b].conjugate()
    return result


def matrix_of_nodes(program: Program, matrix: sp.Matrix) -> ObjectArray:
    """A Hermitian SymPy matrix as nodes."""
    return hermitian(lambda a, b: from_sympy(program, matrix[a, b]), matrix.rows)


def matrix_of_any_nodes(program: Program, matrix: sp.Matrix) -> ObjectArray:
    """A SymPy matrix, Hermitian or not, as nodes."""
    return np.array([[from_sympy(program, x) for x in row] for row in matrix.tolist()], dtype=object)


def hermitian_product(A: ObjectArray, B: ObjectArray) -> ObjectArray:
    """A B for commuting Hermitian matrices, so that the product is Hermitian and half of it is enough."""
    return hermitian(lambda a, b: total(A[a, c] * B[c, b] for c in range(len(A))), len(A))


def trace(matrix: ObjectArray) -> Scalar:
    result: Scalar = total(matrix[a, a].real for a in range(len(matrix)))
    return result


def trace_of_product(A: ObjectArray, B: ObjectArray) -> Scalar:
    """Tr[A B] of Hermitian matrices."""
    pairs = [(A[a, b], B[a, b]) for a in range(len(A)) for b in range(a + 1, len(A))]
    diagonal = total(A[a, a].real * B[a, a].real for a in range(len(A)))
    result: Scalar = diagonal + 2 * total(x.real * y.real + x.imag * y.imag for x, y in pairs) if pairs else diagonal
    return result


def trace_of_any_product(A: ObjectArray, B: ObjectArray) -> Scalar:
    """Re Tr[A B] of any matrices."""
    result: Scalar = total((A[a, b] * B[b, a]).real for a, b in np.ndindex(A.shape))
    return result


def total(values: Iterable[Any]) -> Any:
    """The sum, which is not begun with a zero."""
    return reduce(add, values)
