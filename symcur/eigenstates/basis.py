"""Words read in an eigenbasis, all bands at once.

In the eigenbasis at each k, P_n is a mask and S_n^p an entrywise product with (e_n - e_m)^(-p). The rows <a|X of a product are built
letter by letter; each row carries the letters of its own band. A trace Tr[P X Y] is the sum over a in the multiplet of
<a|X Y|a> = sum_b <a|X|b> <a|Y^+|b>^*, so that a product of n operators takes n - 2 products of matrices. A multiplet is found by a
tolerance; the trace over it is shared equally among its members, so that sums over bands are right.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from functools import cache, reduce
from operator import add, mul
from typing import Any, Self

import numpy as np

from symcur import expressions as ex
from symcur.arrays import ObjectArray
from symcur.eigenstates.words import Factors, halves, has_band_letters, paired, reversed_factors, traces_alike, words
from symcur.expressions import Expression, Interpreter, Matrix
from symcur.expressions.splitting import has_field, without_field

Components = ObjectArray  # of scalar expressions, one for each choice of the Cartesian axes


class Eigenbasis(ABC):
    """Reads expressions of all bands in an eigenbasis, given its energies and which bands form a multiplet.

    ``energies`` and ``rank`` have the shape (..., N), ``members`` (..., N, N) tells which bands form a multiplet and
    ``inverse_gaps`` is 1/(e_n - e_m) between multiplets, 0 within. Entries are numbers or the nodes of a program. ``norms`` (N) are the
    signs eta of the states of bosons, whose operators g X have the adjoint X^# = eta X^+ eta.
    """

    def __init__(
        self, energies: Any, members: Any, rank: Any, inverse_gaps: Any, identity: Any, norms: Any = None
    ) -> None:
        self.energies, self.members, self.rank, self.inverse_gaps = energies, members, rank, inverse_gaps
        self.identity, self.norms = identity, norms
        self._apart = bool((rank == 1).all())
        self._powers: dict[int, Any] = {1: inverse_gaps}
        self._operators: dict[Expression, Any] = {}
        self._rows: dict[Factors, Any] = {(): identity}
        self._diagonals: dict[Factors, Any] = {}
        self._parts: dict[str, dict[Factors, Any]] = {"real": {}, "imag": {}}
        self._traces: dict[Factors, Any] = {}
        self.filled_traces: dict[Factors, Any] = {}

    @abstractmethod
    def number(self, number: ex.Number) -> Any:
        """An exact number."""

    @abstractmethod
    def elements(self, name: str, axes: tuple[ex.Axis, ...]) -> Any:
        """The matrix elements of s or of a derivative of H, (..., N, N)."""

    @abstractmethod
    def part(self, values: Any, which: str) -> Any:
        """The "real" or "imag" part."""

    @property
    def apart(self) -> bool:
        """Whether no bands form a multiplet."""
        return self._apart

    # -- operators without band letters: v_i, s, tau, J_i, ... -------------------------------------------------------
    def operator(self, expression: Expression) -> Any:
        """An operator without band letters in the eigenbasis, (..., N, N)."""
        if expression not in self._operators:
            other = ex.adjoint(expression)
            known = self._operators.get(other)
            self._operators[expression] = self._operator(expression) if known is None else self._adjoint(known, other)
        return self._operators[expression]

    def _operator(self, expression: Expression) -> Any:
        match expression:
            case ex.Operator("H", ()):
                return self._of_all[..., None] * self.identity
            case ex.Operator(name, axes):
                return self.elements(name, axes)
            case ex.Named(_, definition):
                return self.operator(definition)
            case ex.Sum(terms):
                return reduce(add, itertools.starmap(self._with_partner, paired(terms)))
            case ex.Product((ex.Number() as number, *factors)):
                return self.number(number) * reduce(self._times, factors, self.identity)
            case ex.Product(factors):
                return reduce(self._times, factors, self.identity)
            case ex.Number():
                return self.number(expression) * self.identity
        raise TypeError(f"expression: expected an operator without band letters, got {type(expression).__name__}")

    def _with_partner(self, term: Expression, sign: int) -> Any:
        X = self.operator(term)
        return X + self._adjoint(X, term) if sign > 0 else X - self._adjoint(X, term) if sign < 0 else X

    def _times(self, X: Any, factor: Expression) -> Any:
        if factor == ex.H:
            return X * self._of_all[..., None, :]
        return self.operator(factor) if X is self.identity else self._product(X, self._on_the_right(factor))

    def _product(self, X: Any, Y: Any) -> Any:
        """X Y, of rows and an operator."""
        return X @ Y

    def _on_the_right(self, expression: Expression) -> Any:
        """An operator between all states."""
        return self.operator(expression)

    def _adjoint(self, X: Any, expression: Expression) -> Any:
        """That of an operator with these elements."""
        return self.adjoint(X)

    @property
    def _of_all(self) -> Any:
        """The energies of the states between which operators have elements."""
        return self.energies

    def adjoint(self, X: Any) -> Any:
        """X^+, for bosons eta X^+ eta."""
        return X.conj().mT if self.norms is None else self.norms[:, None] * X.conj().mT * self.norms

    def afresh(self) -> Self:
        """The same basis without what was read in it: which of two conjugates is made first decides how both are rounded."""
        other = copy(self)
        other._operators, other._rows = {}, {(): self.identity}
        other._diagonals, other._parts = {}, {"real": {}, "imag": {}}
        other._traces, other.filled_traces = {}, {}
        return other

    # -- scalars -----------------------------------------------------------------------------------------------------
    def scalar(self, expression: Expression) -> Any:
        """A scalar expression for every band, shape (..., N): numbers, band energies, traces, Re, Im, sums and products."""
        scalar = _scalar(expression, self._apart)(self)
        return scalar if np.shape(scalar) == self.rank.shape else np.broadcast_to(scalar, self.rank.shape)

    def value(self, expression: Expression) -> Any:
        """A scalar expression with the trace over a multiplet shared among its members, shape (..., N)."""
        return self.scalar(expression) if self._apart else self.scalar(expression) / self.rank

    def values(self, components: Components) -> Any:
        """The same for the components of a quantity, shape (..., N, components...)."""
        values = [self.value(expression) for expression in components.flat]
        return np.stack(values, axis=-1).reshape(*self.rank.shape, *components.shape)

    def filled(self, operand: Expression) -> Any:
        """The operand for the bands up to n less that for the bands below n, shape (..., N)."""
        N = self.identity.shape[-1]
        below = [FilledBands(self, count).read(operand) for count in range(N + 1)]
        return np.stack(np.broadcast_arrays(*(b - a for a, b in itertools.pairwise(below))), axis=-1)

    def over_multiplets(self, values: Any) -> Any:
        """The sum over the multiplet of every band, for values of shape (..., N)."""
        return (self.members @ values[..., None])[..., 0]

    # -- products ----------------------------------------------------------------------------------------------------
    def diagonal(self, factors: Factors) -> Any:
        """<a| f_1 f_2 ... |a>, shape (..., N): the conjugate of that of the reversed product."""
        if factors == (ex.H,):
            return self.energies
        if factors not in self._diagonals:
            mirrored = reversed_factors(factors)
            if mirrored in self._diagonals:
                return self._diagonals[mirrored].conj()
            left, right = halves(factors)
            if right:
                value = self._closed(self.rows(left), self.rows(reversed_factors(right)))
            else:
                value = np.diagonal(self.rows(left), axis1=-2, axis2=-1)
            self._diagonals[factors] = self.part(value, "real") if mirrored == factors else value
        return self._diagonals[factors]

    def part_of_diagonal(self, factors: Factors, which: str) -> Any:
        """The "real" or "imag" part of ``diagonal``."""
        known = self._parts[which]
        if factors not in known:
            if (mirrored := reversed_factors(factors)) in known:
                return known[mirrored] if which == "real" else -known[mirrored]
            known[factors] = self._part_of_diagonal(factors, which)
        return known[factors]

    def _part_of_diagonal(self, factors: Factors, which: str) -> Any:
        return self.part(self.diagonal(factors), which)

    def trace(self, between: tuple[Factors, ...]) -> Any:
        """Tr[P X_1 P X_2 ...] over the multiplet of every band, shape (..., N)."""
        alike = traces_alike(between)
        for factors, conjugate in alike:
            if factors in self._traces:
                return self._traces[factors].conj() if conjugate else self._traces[factors]
        value = self._traces[alike[0][0]] = self._total(alike[0][0])
        return value

    def _total(self, factors: Factors) -> Any:
        """The sum over the multiplet of every band of <a| f_1 f_2 ... |a>."""
        return self.over_multiplets(self.diagonal(factors))

    def _closed(self, rows: Any, others: Any) -> Any:
        """sum_b rows_ab (others^#)_ba."""
        return (rows * self.adjoint(others).mT).sum(axis=-1)

    def _gaps(self, power: int) -> Any:
        if power not in self._powers:
            self._powers[power] = self._gaps(power - 1) * self.inverse_gaps
        return self._powers[power]

    def rows(self, factors: Factors) -> Any:
        """Row a holds <a| f_1 f_2 ... with the letters of the band a, shape (..., N, N)."""
        if factors not in self._rows:
            self._rows[factors] = self._act(self.rows(factors[:-1]), factors[-1])
        return self._rows[factors]

    def _act(self, rows: Any, expression: Expression) -> Any:
        match expression := _without_field(expression, self._apart):
            case ex.Projector():
                return rows * self.members
            case ex.Resolvent(_, power):
                return rows * self._gaps(power)
            case ex.Number() | ex.BandEnergy() | ex.Trace() | ex.Re() | ex.Im():
                return rows * self.scalar(expression)[..., None]
            case ex.Derivative(axis, operand):
                return self._act(rows, ex.derivative(operand, axis))
            case _ if not has_band_letters(expression):
                return self._times(rows, expression)
            case ex.Named(_, definition):
                return self._act(rows, definition)
            case ex.Sum(terms):
                return reduce(add, (self._act(rows, term) for term in terms))
            case ex.Product(factors):
                return reduce(self._act, factors, rows)
        raise TypeError(f"expression: expected an operator that eigenstates can read, got {type(expression).__name__}")


# -- scalars: each expression is taken apart once ----------------------------------------------------------------------
Reader = Callable[[Eigenbasis], Any]


@cache
def _scalar(expression: Expression, apart: bool) -> Reader:
    """What reads a scalar in an eigenbasis; ``apart``: without multiplets."""
    match expression := _without_field(expression, apart):
        case ex.Number():
            return lambda basis: basis.number(expression)
        case ex.BandEnergy(_, ()):
            return lambda basis: basis.energies
        case ex.BandEnergy(_, axes):
            slope = _scalar(ex.Re(ex.band_energy_derivative(axes)), apart)
            return slope if apart else lambda basis: slope(basis) / basis.rank
        case ex.Sum(operands) | ex.Product(operands):
            together, parts = add if isinstance(expression, ex.Sum) else mul, [_scalar(x, apart) for x in operands]
            return lambda basis: reduce(together, [part(basis) for part in parts])
        case ex.Im(operand) if _is_real(operand):
            return lambda basis: basis.number(ex.ZERO)
        case ex.Re(operand) if _is_real(operand):
            return _scalar(operand, apart)
        case ex.Re(operand) | ex.Im(operand):
            which = "real" if isinstance(expression, ex.Re) else "imag"
            if apart and (part := _part_of_trace(operand, which)) is not None:
                return part
            whole = _scalar(operand, apart)
            return lambda basis: basis.part(whole(basis), which)
        case ex.Named(_, definition):
            return _scalar(definition, apart)
        case ex.Derivative(axis, operand):
            return _scalar(ex.derivative(operand, axis), apart)
        case ex.Trace(operand):
            return _trace(operand, apart)
        case ex.Filled(operand):
            return lambda basis: basis.over_multiplets(basis.filled(operand))
    raise TypeError(f"expression: expected a scalar that eigenstates can read, got {type(expression).__name__}")


def _trace(operand: Expression, apart: bool) -> Reader:
    terms = [(word.coefficient, word.between, [_scalar(x, apart) for x in word.scalars]) for word in words(operand)]

    def term(basis: Eigenbasis, coefficient: Any, between: tuple[Factors, ...], scalars: list[Reader]) -> Any:
        value = reduce(mul, map(basis.diagonal, between)) if apart else basis.trace(between)
        if coefficient is not ex.ONE:
            value = basis.number(coefficient) * value
        return reduce(lambda product, scalar: product * scalar(basis), scalars, value)

    if not terms:
        return lambda basis: basis.number(ex.ZERO)
    return lambda basis: reduce(add, [term(basis, *one) for one in terms])


def _part_of_trace(operand: Expression, which: str) -> Reader | None:
    """What reads Re or Im of a trace over one band, where each of its words is a real number times one product; None elsewhere."""
    found = words(operand.children[0]) if isinstance(operand, ex.Trace) else ()
    if not found or any(word.scalars or len(word.between) > 1 or not _is_real(word.coefficient) for word in found):
        return None
    terms = [(word.coefficient, word.between[0]) for word in found]
    return lambda basis: reduce(add, [basis.number(c) * basis.part_of_diagonal(X, which) for c, X in terms])


@cache
def _is_real(expression: Expression) -> bool:
    """Whether a scalar is seen to be real."""
    match expression:
        case ex.Re() | ex.Im() | ex.BandEnergy():
            return True
        case ex.Number(value):
            return not value.y
        case ex.Sum() | ex.Product() | ex.Named():
            return all(map(_is_real, expression.children))
        case ex.Trace(operand):
            products = (x for word in words(operand) for x in word.between)
            scalars = (x for word in words(operand) for x in (word.coefficient, *word.scalars))
            return all(map(_is_real, scalars)) and all(x == reversed_factors(x) for x in products)
    return False


def _without_field(expression: Expression, apart: bool) -> Expression:
    """With the derivatives by h taken that stand in a trace or in front; where there are multiplets, as for those."""
    if not isinstance(expression, ex.Trace | ex.Derivative) or not has_field(expression):
        return expression
    return without_field(expression, not apart)


class FilledBands(Interpreter):
    """Reads a trace with P the projector onto the lowest ``count`` bands of an eigenbasis.

    d_iP mixes filled with empty states, v_ab/(e_a - e_b) with a filled and b empty and its adjoint, whatever the gaps between
    filled states.
    """

    def __init__(self, basis: Eigenbasis, count: int) -> None:
        super().__init__()
        self.basis, self.filled_states = basis, np.arange(basis.identity.shape[-1]) < count

    def number(self, value: Any) -> Any:
        return self.basis.number(ex.Number(value))

    def operator(self, name: str, axes: tuple[ex.Axis, ...]) -> Matrix:
        return Matrix(self.basis.operator(ex.Operator(name, axes)))

    def projector(self, band: str) -> Matrix:
        return Matrix(self.basis.identity * self.filled_states.astype(int))

    def derivative(self, axis: ex.Axis, operand: Expression) -> Matrix:
        if operand != ex.P:
            raise TypeError(f"expression: expected derivatives of P alone in sums over filled bands, got d{operand}")
        filled = self.filled_states.astype(int)
        mixing = filled[:, None] - filled  # 1 from filled to empty, -1 back
        return Matrix(self.basis.operator(ex.v(axis)) * self.basis.inverse_gaps * mixing)

    def trace(self, value: Matrix) -> Any:
        return value.trace()

    def resolvent(self, band: str, power: int) -> Any:
        raise TypeError("expression: expected no resolvents in sums over filled bands, which belong to one band")

    def band_energy(self, band: str, axes: tuple[ex.Axis, ...]) -> Any:
        raise TypeError("expression: expected no band energies in sums over filled bands, which belong to one band")

    def real(self, operand: Expression) -> Any:
        return self.basis.part(self.read(operand), "real")

    def imag(self, operand: Expression) -> Any:
        return self.basis.part(self.read(operand), "imag")
