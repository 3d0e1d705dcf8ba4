"""A word read through the matrices of one band: P, S, S^2 and the operators as N x N arrays of any scalars.

The scalars may be Python or mpmath numbers, SymPy expressions, polynomials, or the nodes of a straight-line program:
anything that adds and multiplies and has ``.real`` and ``.imag``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symcur import words
from symcur.reading import Reading

ObjectArray = np.ndarray[Any, np.dtype[Any]]


class Matrix:
    """A square array that multiplies as a matrix; a scalar added to it is a multiple of the identity."""

    __slots__ = ("array",)

    def __init__(self, array: ObjectArray) -> None:
        self.array = array

    def __add__(self, other: Any) -> Matrix:
        if isinstance(other, Matrix):
            return Matrix(self.array + other.array)
        result = self.array.copy()
        for a in range(len(result)):
            result[a, a] = result[a, a] + other
        return Matrix(result)

    def __mul__(self, other: Any) -> Matrix:
        if isinstance(other, Matrix):
            return Matrix(self.array @ other.array)
        return Matrix(self.array * other)

    __radd__ = __add__

    def __rmul__(self, other: Any) -> Matrix:
        return Matrix(self.array * other)


class MatrixReading(Reading):
    """One band n given by its projector P, its resolvent powers S^p and its rank.

    ``operator_matrix(name, axes)`` gives H, its derivatives and s; ``resolvent_power(p)`` gives S^p; ``scalar`` turns
    an exact complex rational (an element of QQ_I) into a scalar.
    """

    def __init__(
        self,
        operator_matrix: Callable[[str, tuple[words.Axis, ...]], ObjectArray],
        projector: ObjectArray,
        resolvent_power: Callable[[int], ObjectArray],
        rank: int,
        scalar: Callable[[Any], Any],
        part: Callable[[Any, str], Any] = getattr,
    ) -> None:
        super().__init__()
        self._operator, self._projector, self._resolvent = operator_matrix, projector, resolvent_power
        self._rank, self._scalar, self._part = rank, scalar, part

    def number(self, value: Any) -> Any:
        return self._scalar(value)

    def operator(self, name: str, axes: tuple[words.Axis, ...]) -> Matrix:
        return Matrix(self._operator(name, axes))

    def projector(self, band: str) -> Matrix:
        return Matrix(self._projector)

    def resolvent(self, band: str, power: int) -> Matrix:
        return Matrix(self._resolvent(power))

    def band_energy(self, band: str, axes: tuple[words.Axis, ...]) -> Any:
        trace: words.Word = words.Trace(words.P * (words.v(axes[0]) if axes else words.H))
        for axis in axes[1:]:
            trace = words.derivative(trace, axis)
        return self._part(self.read(trace / self._rank), "real")

    def trace(self, value: Matrix) -> Any:
        diagonal = [value.array[a, a] for a in range(len(value.array))]
        total = diagonal[0]
        for entry in diagonal[1:]:
            total = total + entry
        return total

    def real(self, operand: words.Word) -> Any:
        return self._part(self.read(operand), "real")

    def imag(self, operand: words.Word) -> Any:
        return self._part(self.read(operand), "imag")
