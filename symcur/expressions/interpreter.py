"""One way to read an expression: walk it once, with letters, sums, products and traces supplied by the interpreter.

An interpreter says what the letters are; its values add and multiply by themselves. The same walk therefore serves normal
forms, sums over states, SymPy and modular matrices and straight-line programs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np

from symcur.arrays import ObjectArray
from symcur.expressions import expression as ex
from symcur.expressions.axes import momenta
from symcur.expressions.calculus import adjoint, band_energy_derivative, derivative
from symcur.expressions.expression import Axis, Expression
from symcur.expressions.splitting import without_field

_HALF, _MINUS_ONE, _MINUS_HALF_I = ex.ONE / 2, -ex.ONE, -ex.I / 2


class Interpreter(ABC):
    """Supply the letters; ``read(expression)`` gives the value. Re X = (X + X^adjoint)/2 and Im X likewise."""

    remembered: Any = ex.Operator | ex.Projector | ex.Resolvent | ex.Named | ex.Trace | ex.Sum  # what is read only once

    def __init__(self) -> None:
        self.memory: dict[Expression, Any] = {}

    def read(self, expression: Expression) -> Any:
        if not isinstance(expression, self.remembered):
            return self.evaluate(expression)
        if expression not in self.memory:
            self.memory[expression] = self.evaluate(expression)
        return self.memory[expression]

    def evaluate(self, expression: Expression) -> Any:
        """The value of one node, from those of its children."""
        match expression:
            case ex.Number(value):
                return self.number(value)
            case ex.Operator(name, axes):
                return self.operator(name, axes)
            case ex.Projector(band):
                return self.projector(band)
            case ex.Resolvent(band, power):
                return self.resolvent(band, power)
            case ex.BandEnergy(band, axes):
                return self.band_energy(band, axes)
            case ex.Occupation(kind, band, order):
                return self.occupation(kind, band, order)
            case ex.Gap(m, n, power):
                return self.gap(m, n, power)
            case ex.Sum(terms):
                return self.total(map(self.read, terms))
            case ex.Product(factors):
                return reduce(mul, map(self.read, factors))
            case ex.Trace(operand):
                return self.trace(self.read(operand))
            case ex.Re(operand):
                return self.real(operand)
            case ex.Im(operand):
                return self.imag(operand)
            case ex.Derivative(axis, operand):
                return self.derivative(axis, operand)
            case ex.Named(_, definition):
                return self.read(definition)
            case ex.Filled(operand):
                return self.filled(operand)
        raise TypeError(f"expression: expected a node of the language, got {type(expression).__name__}")

    def total(self, values: Iterable[Any]) -> Any:
        return reduce(add, values)

    def real(self, operand: Expression) -> Any:
        return self.read(_HALF) * (self.read(operand) + self.read(self.adjoint(operand)))

    def imag(self, operand: Expression) -> Any:
        difference = self.read(operand) + self.read(_MINUS_ONE) * self.read(self.adjoint(operand))
        return self.read(_MINUS_HALF_I) * difference

    def adjoint(self, expression: Expression) -> Expression:
        """What Re and Im add to an expression."""
        return adjoint(expression)

    def derivative(self, axis: Axis, operand: Expression) -> Any:
        """By the rules for P and S; an interpreter with rules of its own overrides this."""
        return self.read(derivative(operand, axis))

    @abstractmethod
    def number(self, value: Any) -> Any: ...

    @abstractmethod
    def operator(self, name: str, axes: tuple[Axis, ...]) -> Any: ...

    @abstractmethod
    def projector(self, band: str) -> Any: ...

    @abstractmethod
    def resolvent(self, band: str, power: int) -> Any: ...

    @abstractmethod
    def band_energy(self, band: str, axes: tuple[Axis, ...]) -> Any: ...

    @abstractmethod
    def trace(self, value: Any) -> Any: ...

    def occupation(self, kind: str, band: str, order: int) -> Any:
        raise TypeError(
            f"expression: expected none with occupation functions in {type(self).__name__}, got {kind}_{band}"
        )

    def filled(self, operand: Expression) -> Any:
        raise TypeError(
            "expression: expected a quantity of one band, got one of all bands below it as well, which depends on more than the "
            "energy and the states of the band; eigenstates and kernels read it"
        )

    def gap(self, m: str, n: str, power: int) -> Any:
        raise TypeError(f"expression: expected none with gaps in {type(self).__name__}, got the bands {m} and {n}")


# -- matrices of one band ----------------------------------------------------------------------------------------------


class Matrix:
    """A square array, or a stack of them, that multiplies as a matrix; a scalar added to it is a multiple of the identity."""

    __slots__ = ("array",)

    def __init__(self, array: ObjectArray) -> None:
        self.array = array

    def __add__(self, other: Any) -> Matrix:
        if isinstance(other, Matrix):
            return Matrix(self.array + other.array)
        return Matrix(shifted(self.array, other))

    def __mul__(self, other: Any) -> Matrix:
        if isinstance(other, Matrix):
            return Matrix(self.array @ other.array)
        return Matrix(self.array * other)

    __radd__, __rmul__ = __add__, __mul__

    def trace(self) -> Any:
        return np.trace(self.array, axis1=-2, axis2=-1)


def shifted(array: ObjectArray, number: Any) -> ObjectArray:
    """The array plus this multiple of the identity."""
    result = array.copy()
    for a in range(result.shape[-1]):
        result[..., a, a] = result[..., a, a] + number
    return result


class MatrixInterpreter(Interpreter):
    """One band n given by its projector P, its resolvent powers S^p and its rank, as N x N arrays of any scalars.

    The scalars may be Python or mpmath numbers, SymPy expressions, polynomials or the nodes of a straight-line program:
    anything that adds and multiplies. ``operator_matrix(name, axes)`` gives H, its derivatives and s;
    ``resolvent_power(p)`` gives S^p; ``scalar`` turns an exact complex rational (an element of QQ_I) into a scalar and
    ``part(scalar, "real" or "imag")`` takes its parts. ``energy`` is that of the band; without it Tr[P H]/rank is read.
    """

    def __init__(
        self,
        operator_matrix: Callable[[str, tuple[Axis, ...]], ObjectArray],
        projector: ObjectArray,
        resolvent_power: Callable[[int], ObjectArray],
        rank: Any,
        scalar: Callable[[Any], Any],
        part: Callable[[Any, str], Any] = getattr,
        energy: Any = None,
    ) -> None:
        super().__init__()
        self._operator, self._projector, self._resolvent = operator_matrix, projector, resolvent_power
        self._rank, self._scalar, self._part, self._energy = rank, scalar, part, energy

    def evaluate(self, expression: Expression) -> Any:
        if self._energy is not None and expression == ex.Trace(ex.P * ex.H):
            return self._energy * self._rank
        return super().evaluate(expression)

    def number(self, value: Any) -> Any:
        return self._scalar(value)

    def operator(self, name: str, axes: tuple[Axis, ...]) -> Matrix:
        return Matrix(self._operator(name, momenta(axes)))

    def projector(self, band: str) -> Matrix:
        return Matrix(self._projector)

    def resolvent(self, band: str, power: int) -> Matrix:
        return Matrix(self._resolvent(power))

    def band_energy(self, band: str, axes: tuple[Axis, ...]) -> Any:
        if not axes and self._energy is not None:
            return self._energy
        value = self.read(band_energy_derivative(axes))
        return self._part(value if self._rank == 1 else value / self._rank, "real")

    def derivative(self, axis: Axis, operand: Expression) -> Any:
        taken = without_field(ex.Derivative(axis, operand), self._rank != 1)
        return super().derivative(taken.axis, taken.operand) if isinstance(taken, ex.Derivative) else self.read(taken)

    def trace(self, value: Matrix) -> Any:
        return value.trace()

    def real(self, operand: Expression) -> Any:
        return self._part(self.read(operand), "real")

    def imag(self, operand: Expression) -> Any:
        return self._part(self.read(operand), "imag")
