"""The formula language: every band quantity is a short expression.

An expression is made of letters that multiply as operators,

    P = Projector(n)        the eigenprojector of band (or multiplet) n,
    S = Resolvent(n)        the reduced resolvent, sum over m != n of P_m / (e_n - e_m); S^p = Resolvent(n, p),
    H_il... = Operator("H", (i, l, ...))   derivatives of the Hamiltonian: v_i = H_i, w_il = H_il,
    s = Operator("s")       an operator that does not depend on k,
    eta = Operator("eta")   the metric of bosons, with eta^2 = 1,

of commuting scalars (band energies and their derivatives, occupation functions, gaps, traces) and of exact complex
rational numbers. Expressions are added and multiplied here, and nothing is simplified. What one means is decided by an
interpreter (``symcur.expressions.interpreter``): a normal form, a sum over states, an array, a closed form.

Axes are Cartesian: integers when numbers are wanted, strings ("i", "l") when the index is free; "h" is the field of
H - h s, and Covariant("i") the axis of a covariant derivative (``symcur.expressions.axes``).
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from sympy import QQ, QQ_I
from sympy.polys.polyerrors import CoercionFailed

from symcur.expressions import checks
from symcur.expressions.axes import FIELD as FIELD
from symcur.expressions.axes import Axis as Axis
from symcur.expressions.axes import Covariant as Covariant
from symcur.expressions.axes import axis_name as axis_name
from symcur.expressions.axes import momentum
from symcur.expressions.axes import ordered as ordered
from symcur.expressions.checks import CONSTANT as CONSTANT
from symcur.expressions.checks import CURVATURE as CURVATURE
from symcur.expressions.shared import Shared
from symcur.expressions.shared import fold as fold
from symcur.expressions.shared import walk as walk


@dataclass(frozen=True, eq=False, repr=False)
class Expression(Shared):
    """A node of a formula. Immutable and hashable; + - * and division by numbers build new expressions.

    ``children`` are the expressions that a node contains and ``rebuild(*children)`` is the same node with others in
    their place. Everything that walks through an expression needs no more (``walk``, ``fold``, ``substitute``).
    """

    to_latex: ClassVar[Callable[[Expression, str], str]]  # set by symcur.expressions.latex

    def __post_init__(self) -> None:
        checks.check(self)
        for child in self.children:
            if not isinstance(child, Expression):
                raise TypeError(f"{type(self).__name__}: expected an expression in it, got {child!r}")

    @property
    def children(self) -> tuple[Expression, ...]:
        return ()

    def rebuild(self, *children: Expression) -> Expression:
        return self

    def __add__(self, other: Expression | complex) -> Expression:
        return add(self, as_expression(other))

    def __radd__(self, other: complex) -> Expression:
        return add(as_expression(other), self)

    def __sub__(self, other: Expression | complex) -> Expression:
        return add(self, -as_expression(other))

    def __rsub__(self, other: complex) -> Expression:
        return add(as_expression(other), -self)

    def __neg__(self) -> Expression:
        return multiply(MINUS, self)

    def __mul__(self, other: Expression | Any) -> Expression:
        return multiply(self, as_expression(other))

    def __rmul__(self, other: Any) -> Expression:
        return multiply(as_expression(other), self)

    def __truediv__(self, other: Any) -> Expression:
        return multiply(Number(ONE.value / _exact(other)), self)

    def latex(self, form: str = "trace") -> str:
        """LaTeX: form "trace" writes Tr[P v_i S s], form "sum" the paper's sum over states."""
        return Expression.to_latex(self, form)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def __str__(self) -> str:
        return self.latex()


@dataclass(frozen=True, eq=False, repr=False)
class Number(Expression):
    """An exact complex rational, an element of SymPy's QQ_I (which refuses floats)."""

    value: Any


@dataclass(frozen=True, eq=False, repr=False)
class Operator(Expression):
    """A Hermitian operator in the space of the N bands; axes are the directions it has been differentiated along.

    Covariant derivatives act one after the other, the first axis first; the first two axes of F are its indices.
    """

    name: str
    axes: tuple[Axis, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Projector(Expression):
    """P_n, the projector onto the band n or onto the whole multiplet n."""

    band: str = "n"


@dataclass(frozen=True, eq=False, repr=False)
class Resolvent(Expression):
    """S_n^p with p >= 1: sum over the states m outside n of P_m / (e_n - e_m)^p."""

    band: str = "n"
    power: int = 1


@dataclass(frozen=True, eq=False, repr=False)
class BandEnergy(Expression):
    """e_n and its derivatives along axes: a scalar, the same for all members of a multiplet."""

    band: str = "n"
    axes: tuple[Axis, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Occupation(Expression):
    """f_n (kind "f", with its order-th derivative by energy) or g_n = k_B T ln(1 - f_n) (kind "g"): dg/de = f."""

    kind: str = "f"
    band: str = "n"
    order: int = 0


@dataclass(frozen=True, eq=False, repr=False)
class Gap(Expression):
    """(e_m - e_n)^power for two different bands, a scalar."""

    m: str
    n: str
    power: int = 1


@dataclass(frozen=True, eq=False, repr=False)
class Sum(Expression):
    terms: tuple[Expression, ...]

    @property
    def children(self) -> tuple[Expression, ...]:
        return self.terms

    def rebuild(self, *children: Expression) -> Expression:
        return add(*children)


@dataclass(frozen=True, eq=False, repr=False)
class Product(Expression):
    factors: tuple[Expression, ...]

    @property
    def children(self) -> tuple[Expression, ...]:
        return self.factors

    def rebuild(self, *children: Expression) -> Expression:
        return multiply(*children)


@dataclass(frozen=True, eq=False, repr=False)
class Unary(Expression):
    """A linear function of one expression."""

    operand: Expression

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def rebuild(self, *children: Expression) -> Expression:
        (operand,) = children
        return ZERO if operand == ZERO else type(self)(operand)


class Trace(Unary):
    """Tr[...]; the operand must contain a projector."""


class Re(Unary):
    """The Hermitian part."""


class Im(Unary):
    """The anti-Hermitian part over i."""


class Filled(Unary):
    """What band n adds to an expression of the projector onto all bands below it.

    In the operand P and its derivatives are those of the projector onto the bands up to n; of its value that for the bands
    below n is subtracted. The sum over filled bands is the operand for all of them as one multiplet: no gap between two
    filled bands occurs in it. The operand has no resolvents and band energies, which belong to one band.
    """


@dataclass(frozen=True, eq=False, repr=False)
class Derivative(Expression):
    """d/dk_axis of the operand (d/dh along the axis "h"), kept as written until someone reads it."""

    axis: Axis
    operand: Expression

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def rebuild(self, *children: Expression) -> Expression:
        (operand,) = children
        return ZERO if isinstance(operand, Number) else Derivative(self.axis, operand)


@dataclass(frozen=True, eq=False, repr=False)
class Named(Expression):
    """An abbreviation such as tau, J_i or d^{is}: printed by its symbol, read by its definition.

    Rebuilt from another definition it dissolves into that definition.
    """

    symbol: str
    definition: Expression
    hermitian: bool = False

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.definition,)

    def rebuild(self, *children: Expression) -> Expression:
        (definition,) = children
        return self if definition == self.definition else definition


def _gaussian(a: int, b: int, c: int, d: int) -> Any:
    """a/b + i c/d, an element of QQ_I."""
    return QQ_I(QQ(a, b), QQ(c, d))


def _parts(number: Any) -> tuple[Any, tuple[int, ...]]:
    return _gaussian, tuple(int(part(x)) for x in (number.x, number.y) for part in (QQ.numer, QQ.denom))


copyreg.pickle(type(QQ_I(0)), _parts)  # SymPy's own pickling of these numbers fails

ZERO, ONE, MINUS, I = (Number(QQ_I(*parts)) for parts in ((0, 0), (1, 0), (-1, 0), (0, 1)))


def as_expression(value: Any) -> Expression:
    """An expression, or an exact complex rational number as one; floats raise TypeError."""
    return value if isinstance(value, Expression) else Number(_exact(value))


def _exact(value: Any) -> Any:
    if type(value) is int:
        return _integer(value)
    if not isinstance(value, complex):  # QQ_I refuses real floats itself, but would take the binary digits of these
        try:
            return QQ_I.convert(value)
        except CoercionFailed:
            pass
    raise TypeError(
        "expression: expected an exact complex rational, for example Rational(1, 2) or expressions.I / 2, "
        f"got {value!r}"
    )


@lru_cache(maxsize=256)
def _integer(value: int) -> Any:
    return QQ_I(value)


def add(*terms: Expression) -> Expression:
    """The sum, flat and without zeros."""
    flat: list[Expression] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Sum) else (term,))
    flat = [term for term in flat if term != ZERO]
    return ZERO if not flat else flat[0] if len(flat) == 1 else Sum(tuple(flat))


def multiply(*factors: Expression) -> Expression:
    """The product, flat, with its numbers multiplied in front."""
    flat: list[Expression] = []
    number = ONE
    for factor in factors:
        for part in factor.factors if isinstance(factor, Product) else (factor,):
            if not isinstance(part, Number):
                flat.append(part)
            elif part is not ONE:
                number = part if number is ONE else Number(number.value * part.value)
    if number is ZERO:
        return ZERO
    if number is not ONE or not flat:
        flat.insert(0, number)
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


# -- the letters by the names of the paper -----------------------------------------------------------------------------
P, S = Projector(), Resolvent()
H, s = Operator("H"), Operator("s")
METRIC = Operator("eta")  # of bosons: symcur.expressions.bosons
tau = Named(r"\tau", -I * (s * H - H * s), hermitian=True)


def v(i: Axis) -> Expression:
    """The velocity dH/dk_i; dH/dh = -s."""
    return -s if i == FIELD else Operator("H", (i,))


def J(i: Axis) -> Named:
    """The conventional s current (1/2){v_i, s}."""
    return Named(f"J^{{{axis_name(i)}s}}", (v(i) * s + s * v(i)) / 2, hermitian=True)


def v_band(i: Axis, n: str = "n") -> Expression:
    """The band velocity d_{k_i} e_n; along the field h the derivative, which a multiplet need not have."""
    return Derivative(FIELD, BandEnergy(n)) if i == FIELD else BandEnergy(n, (momentum(i),))


# -- walks through expressions -----------------------------------------------------------------------------------------
def substitute(expression: Expression, rule: Callable[[Expression], Expression | None]) -> Expression:
    """The expression with every node for which rule(node) is not None replaced by it."""
    found: dict[Expression, Expression] = {}

    def replaced(node: Expression) -> Expression:
        if node not in found:
            replacement = rule(node)
            found[node] = node.rebuild(*map(replaced, node.children)) if replacement is None else replacement
        return found[node]

    return replaced(expression)


def letters(expression: Expression) -> set[Expression]:
    """All letters of an expression, with the axes of derivatives not yet taken as letters H_axis."""
    found: set[Expression] = set()
    for node in walk(expression):
        if isinstance(node, Derivative):
            found |= letters(v(node.axis))
        elif not node.children:
            found.add(node)
    return found


def axes_of(expression: Expression) -> tuple[Axis, ...]:
    """The axes that occur, ordered."""
    return ordered(tuple({axis for letter in letters(expression) for axis in getattr(letter, "axes", ())}))


def bands_of(expression: Expression) -> list[str]:
    """The labels of the bands that occur, sorted."""
    labels = {
        label for letter in letters(expression) for name in ("band", "m", "n") if (label := getattr(letter, name, ""))
    }
    return sorted(labels)
