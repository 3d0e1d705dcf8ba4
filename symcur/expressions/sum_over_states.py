"""An expression read as the sum over states that the paper prints, expanded with free symbols for N bands.

The symbols are the energies e_a and the matrix elements <a|X|b> of every operator; nothing is known about them but that
they exist. P_n and S_n are diagonal, tau_ab = -i (e_b - e_a) s_ab. Derivatives use first-order perturbation theory in
the parallel-transport gauge, d|b> = sum_c |c> v_cb/(e_b - e_c), so that for any matrix element

    d_l <a|X|b> = <a|d_l X|b> + sum_{c != a} v_ac X_cb/(e_a - e_c) + sum_{c != b} X_ac v_cb/(e_b - e_c),

and know nothing of the rules for projectors and resolvents.

How many bands suffice. Let the expanded expression have q external bands and at most r other labels: the summed ones (one sum
fewer than matrix elements in every trace) and the open ends of an operator. Each monomial of the difference of two such
expressions carries at most q + r different band labels, and the coefficient of a monomial with labels in a set T does not
change when bands outside T are added or removed: the symbols of those bands do not occur in it. A difference that
vanishes identically for N = q + r bands therefore has no monomial with any choice of labels, and vanishes for every N.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from flint import Ordering, fmpq, fmpq_mpoly_ctx
from sympy import QQ_I

from symcur.expressions import expression as ex
from symcur.expressions.axes import momenta
from symcur.expressions.calculus import collected
from symcur.expressions.expression import Expression
from symcur.expressions.interpreter import Interpreter, Matrix

Symbol = tuple[Any, ...]


class Field:
    """Fractions of polynomials in the symbols of N bands whose denominators are products of gaps e_a - e_b.

    Operators ``names`` are differentiated along ``axes`` up to ``order``; the first bands have the labels ``external``.
    """

    def __init__(
        self,
        bands: int,
        axes: tuple[ex.Axis, ...],
        order: int,
        names: tuple[str, ...],
        external: tuple[str, ...] = ("n",),
    ) -> None:
        self.bands, self.external = bands, external
        self.pairs = list(itertools.combinations(range(bands), 2))
        symbols: list[Symbol] = [("i",), *(("e", a) for a in range(bands))]
        for name in names:
            first, last = int(name == "H"), 0 if name in ex.CONSTANT else order
            for degree in range(first, last + 1):
                for combination in itertools.combinations_with_replacement(axes, degree):
                    symbols += [(name, ex.ordered(combination), a, b) for a in range(bands) for b in range(bands)]
        symbols += [(kind, a, j) for kind in "fg" for a in range(bands) for j in range(order + 1)]
        self.symbols = list(dict.fromkeys(symbols))
        self.context = fmpq_mpoly_ctx.get([f"x{j}" for j in range(len(self.symbols))], Ordering.lex)
        self.generators = dict(zip(self.symbols, self.context.gens(), strict=True))
        self.zero = Ratio(self, ())
        self.none = (0,) * len(self.pairs)

    def number(self, value: Any) -> Ratio:
        x, y = (fmpq(int(part.numerator), int(part.denominator)) for part in (value.x, value.y))
        return Ratio(self, [(self.none, self.context.constant(x) + y * self.generators[("i",)])])

    def symbol(self, *symbol: Any) -> Ratio:
        if symbol[0] == "H" and ex.FIELD in symbol[1]:  # H - h s
            return self.number(QQ_I(-1)) * self.symbol("s", (), *symbol[2:]) if len(symbol[1]) == 1 else self.zero
        if symbol not in self.generators:
            raise KeyError(f"symbol: expected one within the derivatives that this field was made for, got {symbol}")
        return Ratio(self, [(self.none, self.generators[symbol])])

    def gap(self, a: int, b: int, power: int) -> Ratio:
        """(e_a - e_b)^power."""
        sign, pair = (1, (a, b)) if a < b else (-1 if power % 2 else 1, (b, a))
        exponents = tuple(power if pair == other else 0 for other in self.pairs)
        return Ratio(self, [(exponents, self.context.constant(sign))])


class Ratio:
    """A sum of polynomials times powers of gaps."""

    __slots__ = ("field", "terms")

    def __init__(self, field: Field, terms: Iterable[tuple[tuple[int, ...], Any]]) -> None:
        self.field, self.terms = field, {gaps: p for gaps, p in collected(terms).items() if p != 0}

    def __add__(self, other: Any) -> Ratio:
        if not isinstance(other, Ratio):
            return NotImplemented
        return Ratio(self.field, (*self.terms.items(), *other.terms.items()))

    def __sub__(self, other: Ratio) -> Ratio:
        return self + self.field.number(QQ_I(-1)) * other

    def __mul__(self, other: Any) -> Ratio:
        if not isinstance(other, Ratio):
            return NotImplemented
        terms = (
            (tuple(map(sum, zip(gaps, more, strict=True))), p * q)
            for gaps, p in self.terms.items()
            for more, q in other.terms.items()
        )
        return Ratio(self.field, terms)

    def vanishes(self) -> bool:
        """Whether i^2 + 1 divides the numerator over the common denominator."""
        field = self.field
        lowest = [min((gaps[j] for gaps in self.terms), default=0) for j in range(len(field.pairs))]
        numerator = field.context.constant(0)
        for gaps, polynomial in self.terms.items():
            factor = field.context.constant(1)
            for (a, b), power, least in zip(field.pairs, gaps, lowest, strict=True):
                factor *= (field.generators[("e", a)] - field.generators[("e", b)]) ** (power - least)
            numerator += polynomial * factor
        _, remainder = divmod(numerator, field.generators[("i",)] ** 2 + 1)
        return bool(remainder == 0)

    def derivative(self, axis: ex.Axis) -> Ratio:
        result = self.field.zero
        for gaps, polynomial in self.terms.items():
            for j, degree in enumerate(polynomial.degrees()):
                if degree:
                    slope = Ratio(self.field, [(gaps, polynomial.derivative(j))])
                    result += slope * _symbol_derivative(self.field, self.field.symbols[j], axis)
            for (a, b), power in zip(self.field.pairs, gaps, strict=True):
                if power:
                    speed = self.field.symbol("H", (axis,), a, a) - self.field.symbol("H", (axis,), b, b)
                    slope_of_gap = self.field.number(QQ_I(power)) * self.field.gap(a, b, -1) * speed
                    result += Ratio(self.field, [(gaps, polynomial)]) * slope_of_gap
        return result

    def value(self, values: dict[Symbol, Any]) -> Any:
        """The exact complex rational at given values of the symbols."""
        total = QQ_I(0)
        numbers = [values[symbol] for symbol in self.field.symbols]
        for gaps, polynomial in self.terms.items():
            factor = QQ_I(1)
            for (a, b), power in zip(self.field.pairs, gaps, strict=True):
                factor *= (values[("e", a)] - values[("e", b)]) ** power
            for exponents, coefficient in polynomial.terms():
                term = QQ_I.convert(int(coefficient.p)) / QQ_I.convert(int(coefficient.q)) * factor
                for number, exponent in zip(numbers, exponents, strict=True):
                    if exponent:
                        term *= number**exponent
                total += term
        return total


def _symbol_derivative(field: Field, symbol: Symbol, axis: ex.Axis) -> Ratio:
    match symbol:
        case ("i",):
            return field.zero
        case ("e", a):
            return field.symbol("H", (axis,), a, a)
        case ("f", a, j):
            return field.symbol("f", a, j + 1) * field.symbol("H", (axis,), a, a)
        case ("g", a, 0):
            return field.symbol("f", a, 0) * field.symbol("H", (axis,), a, a)
    name, axes, a, b = symbol
    result = field.zero if name in ex.CONSTANT else field.symbol(name, ex.ordered((*axes, axis)), a, b)
    for c in range(field.bands):
        if c != a:
            result += field.symbol("H", (axis,), a, c) * field.symbol(name, axes, c, b) * field.gap(a, c, -1)
        if c != b:
            result += field.symbol(name, axes, a, c) * field.symbol("H", (axis,), c, b) * field.gap(b, c, -1)
    return result


class SumOverStatesInterpreter(Interpreter):
    """Expressions as matrices (or scalars) over a Field; the external bands are given their numbers."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field, self.external = field, {band: j for j, band in enumerate(field.external)}

    def _matrix(self, entry: Callable[[int, int], Ratio]) -> Matrix:
        bands = range(self.field.bands)
        return Matrix(np.array([[entry(a, b) for b in bands] for a in bands], dtype=object))

    def number(self, value: Any) -> Ratio:
        return self.field.number(value)

    def operator(self, name: str, axes: tuple[ex.Axis, ...]) -> Matrix:
        if name == "H" and not axes:
            return self._matrix(lambda a, b: self.field.symbol("e", a) if a == b else self.field.zero)
        return self._matrix(lambda a, b: self.field.symbol(name, axes, a, b))

    def projector(self, band: str) -> Matrix:
        n, one = self.external[band], self.number(QQ_I(1))
        return self._matrix(lambda a, b: one if a == b == n else self.field.zero)

    def resolvent(self, band: str, power: int) -> Matrix:
        n = self.external[band]
        return self._matrix(lambda a, b: self.field.gap(n, a, -power) if a == b != n else self.field.zero)

    def band_energy(self, band: str, axes: tuple[ex.Axis, ...]) -> Ratio:
        value = self.field.symbol("e", self.external[band])
        for axis in axes:
            value = value.derivative(axis)
        return value

    def occupation(self, kind: str, band: str, order: int) -> Ratio:
        return self.field.symbol(kind, self.external[band], order)

    def gap(self, m: str, n: str, power: int) -> Ratio:
        return self.field.gap(self.external[m], self.external[n], power)

    def trace(self, value: Matrix) -> Ratio:
        diagonal: Ratio = value.trace()
        return diagonal

    def derivative(self, axis: ex.Axis, operand: Expression) -> Any:
        inner = self.read(operand)
        if isinstance(inner, Ratio):
            return inner.derivative(axis)
        field = self.field
        # d|b> = sum_c |c> A_cb
        A = self._matrix(lambda c, b: field.zero if c == b else field.symbol("H", (axis,), c, b) * field.gap(b, c, -1))
        slopes = self._matrix(lambda a, b: inner.array[a, b].derivative(axis))
        return slopes + A * inner + self.number(QQ_I(-1)) * (inner * A)


# -- how many bands decide -------------------------------------------------------------------------------------------
def summed_indices(expression: Expression) -> int:
    """An upper bound r on the number of band labels, besides the external ones, in any term of the expanded expression.

    For a scalar these are the summed indices; an operator has its two open ends in addition, unless a projector is
    written there.
    """
    ends = ex.fold(expression, _OPEN_ENDS, lambda node, *ends: None)
    elements = ex.fold(expression, _ELEMENTS, lambda node, *elements: max(elements, default=0))
    return elements if ends is None else max(elements - 1 + sum(ends), 0)


Ends = tuple[bool, bool] | None


def _ends_of_sum(node: Expression, *ends: Ends) -> Ends:
    if all(end is None for end in ends):
        return None
    return any(end is None or end[0] for end in ends), any(end is None or end[1] for end in ends)


def _ends_of_product(node: Expression, *ends: Ends) -> Ends:
    inner = [end for end in ends if end is not None]
    return (inner[0][0], inner[-1][1]) if inner else None


def _ends_of_part(node: Expression, end: Ends) -> Ends:
    return None if end is None else (any(end), any(end))


# Whether the left and the right index of an operator can be any band; None for a scalar.
_OPEN_ENDS: dict[type[Expression], Callable[..., Ends]] = {
    ex.Projector: lambda node: (False, False),
    ex.Operator: lambda node: (True, True),
    ex.Resolvent: lambda node: (True, True),
    ex.Sum: _ends_of_sum,
    ex.Product: _ends_of_product,
    ex.Re: _ends_of_part,
    ex.Im: _ends_of_part,
    ex.Derivative: lambda node, end: None if end is None else (True, True),
    ex.Named: lambda node, end: end,
}

# Matrix elements of the longest term; a closed trace counts one less, the sums it stands for.
_ELEMENTS: dict[type[Expression], Callable[..., int]] = {
    ex.Operator: lambda node: int(node.name != "H" or bool(node.axes)),
    ex.BandEnergy: lambda node: max(len(node.axes) - 1, 0),
    ex.Product: lambda node, *elements: sum(elements),
    ex.Trace: lambda node, elements: max(elements - 1, 0),
    ex.Derivative: lambda node, elements: elements + 1,
}

# The highest derivative of H that reading the expression can need.
_ORDER: dict[type[Expression], Callable[..., int]] = {
    ex.Operator: lambda node: len(node.axes),
    ex.BandEnergy: lambda node: len(node.axes),
    ex.Derivative: lambda node, order: order + 1,
    ex.Occupation: lambda node: node.order,
}


def field_for(expression: Expression, bands: int | None = None) -> Field:
    """The field in which the expression can be read, with ``bands`` states.

    By default as many bands as decide the expression for every N: q external ones plus r others (see above).
    """
    axes = momenta(ex.axes_of(expression))
    names = {letter.name for letter in ex.letters(expression) if isinstance(letter, ex.Operator)} | {"H"}
    external = tuple(ex.bands_of(expression))
    order = ex.fold(expression, _ORDER, lambda node, *orders: max(orders, default=0))
    needed = max(len(external) + summed_indices(expression), 2)
    return Field(bands or needed, axes, order + 1, tuple(sorted(names)), external)


def sum_over_states(expression: Expression, field: Field | None = None) -> Any:
    """The expression as an explicit sum over the states of the field: a Ratio, or a Matrix of them for an operator."""
    field = field or field_for(expression)
    return SumOverStatesInterpreter(field).read(expression)


def vanishes(expression: Expression) -> bool:
    """Whether the sum over states is identically zero in the free symbols, and so for every number of bands."""
    value = sum_over_states(expression)
    return all(entry.vanishes() for entry in value.array.flat) if isinstance(value, Matrix) else bool(value.vanishes())


def random_point(field: Field, seed: int) -> dict[Symbol, Any]:
    """Small random rationals for all symbols: distinct energies, Hermitian matrices, occupations."""
    generator = random.Random(seed)

    def rational() -> Any:
        return QQ_I(generator.randint(-9, 9)) / QQ_I(generator.randint(1, 5))

    values: dict[Symbol, Any] = {("i",): QQ_I(0, 1)}
    energies = generator.sample(range(-9, 10), field.bands)
    for symbol in field.symbols[1:]:
        match symbol:
            case ("e", a):
                values[symbol] = QQ_I(energies[a])
            case ("f" | "g", _, _):
                values[symbol] = rational()
            case (name, axes, a, b):
                if a <= b:
                    imaginary = QQ_I(0, 1) * rational() if a < b else QQ_I(0)
                    value = rational() + imaginary
                    values[name, axes, a, b] = value
                    values[name, axes, b, a] = QQ_I(value.x, -value.y)
    return values
