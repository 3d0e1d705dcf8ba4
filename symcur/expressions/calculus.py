"""Adjoints and derivatives of expressions, and what becomes of one when its letters change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, reduce
from itertools import product
from typing import Any, TypeVar

from symcur.expressions.axes import momentum, order_of
from symcur.expressions.expression import (
    CONSTANT,
    CURVATURE,
    FIELD,
    ONE,
    ZERO,
    Axis,
    BandEnergy,
    Covariant,
    Derivative,
    Expression,
    Gap,
    H,
    I,
    Im,
    Named,
    Number,
    Occupation,
    Operator,
    P,
    Product,
    Projector,
    Re,
    Resolvent,
    Sum,
    Trace,
    add,
    multiply,
    ordered,
    s,
    substitute,
    tau,
    v,
    v_band,
)

K = TypeVar("K")


def collected(terms: Iterable[tuple[K, Any]]) -> dict[K, Any]:
    """A sum of (key, coefficient) terms with the coefficients of each key added up."""
    result: dict[K, Any] = {}
    for key, value in terms:
        result[key] = result[key] + value if key in result else value
    return result


def is_operator(expression: Expression) -> bool:
    """Whether the value is an operator and not a number."""
    match expression:
        case Trace():
            return False
        case Operator() | Projector() | Resolvent():
            return True
    return any(map(is_operator, expression.children))


@cache
def adjoint(expression: Expression) -> Expression:
    """The Hermitian adjoint: products reversed, numbers conjugated; operators, projectors and scalars are Hermitian."""
    match expression:
        case Number(value):
            return Number(value.parent()(value.x, -value.y))
        case Product(factors):
            return multiply(*(adjoint(factor) for factor in reversed(factors)))
        case Named(hermitian=True) | Re() | Im():
            return expression
    return expression.rebuild(*map(adjoint, expression.children))


@cache
def derivative(expression: Expression, axis: Axis) -> Expression:
    """d/dk_axis by the rules d_iP = S v_i P + P v_i S, d_iS = S(v_i - d_i e)S - S^2 v_i P - P v_i S^2, dg/de = f.

    Along the field h they hold for nondegenerate bands (``symcur.expressions.splitting`` for multiplets).
    """
    match expression:
        case Number():
            return ZERO
        case Operator("H", axes) if axis == FIELD:
            return -Operator("s", axes) if all(isinstance(a, Covariant) for a in axes) else ZERO
        case Operator(name) if axis == FIELD and name in ("s", CURVATURE):
            return ZERO
        case Operator() if isinstance(axis, Covariant):
            return _covariant_derivative(expression, axis)
        case Operator(name, axes):
            return ZERO if name in CONSTANT and not axes else Operator(name, ordered((*axes, axis)))
        case Projector(n):
            return Resolvent(n) * v(axis) * expression + expression * v(axis) * Resolvent(n)
        case Resolvent(n, power):
            S, P, S2 = Resolvent(n), Projector(n), Resolvent(n, 2)
            once = S * v(axis) * S - v_band(axis, n) * S2 - S2 * v(axis) * P - P * v(axis) * S2
            return add(*(multiply(*[S] * j, once, *[S] * (power - 1 - j)) for j in range(power)))
        case BandEnergy(n, axes) if axis == FIELD:
            return reduce(lambda slope, momentum: Derivative(momentum, slope), axes, -Trace(Projector(n) * s))
        case BandEnergy(n, axes):
            return BandEnergy(n, ordered((*axes, momentum(axis))))
        case Occupation(kind, n, order):
            return Occupation("f", n, order + 1 if kind == "f" else 0) * v_band(axis, n)
        case Gap(m, n, power):
            return power * Gap(m, n, power - 1) * (v_band(axis, m) - v_band(axis, n))
        case Product(factors):
            return add(*(multiply(*factors[:j], derivative(f, axis), *factors[j + 1 :]) for j, f in enumerate(factors)))
        case Derivative(inner_axis, operand):
            return derivative(derivative(operand, inner_axis), axis)
    if not expression.children:
        raise TypeError(f"expression: expected a node of the language, got {type(expression).__name__}")
    return expression.rebuild(*(derivative(child, axis) for child in expression.children))


def derivative_along(expression: Expression, axes: Iterable[Axis]) -> Expression:
    """One derivative after the other, the first axis first."""
    return reduce(derivative, axes, expression)


def F(i: Axis, l: Axis) -> Expression:
    """F_il = d_i A_l - d_l A_i - i [A_i, A_l], antisymmetric: what covariant derivatives do not commute by."""
    first, second = momentum(i), momentum(l)
    if first == second:
        return ZERO
    letter = Operator(CURVATURE, ordered((first, second)))
    return letter if letter.axes[0] == first else -letter


def _covariant_derivative(letter: Operator, axis: Covariant) -> Expression:
    """D_axis of D_b ... D_a X: the letters with ordered axes are free, the others follow from [D_a, D_b] X = -i [F_ab, X].

    So they are for F but for Bianchi's identity, D_a F_il = D_i F_al - D_l F_ai, which removes those with a before i and l.
    """
    name, axes = letter.name, letter.axes
    if axes and isinstance(axes[-1], Covariant) and order_of(axis) < order_of(axes[-1]):
        inner, last = Operator(name, axes[:-1]), axes[-1]
        curvature = F(axis, last)
        return derivative_along(inner, (axis, last)) - I * (curvature * inner - inner * curvature)
    if name == CURVATURE and order_of(axis.axis) < order_of(axes[0]):
        i, l = axes[:2]
        return derivative(F(axis, l), Covariant(momentum(i))) - derivative(F(axis, i), Covariant(momentum(l)))
    return Operator(name, (*axes, axis))


def w(i: Axis, l: Axis) -> Expression:
    """d^2H/dk_i dk_l; of covariant derivatives the mean of both orders."""
    one, other = derivative_along(H, (i, l)), derivative_along(H, (l, i))
    return one if one == other else (one + other) / 2


def with_axes(expression: Expression, choice: Mapping[Axis, Axis]) -> Expression:
    """The expression with axes replaced, for example {"i": 0, "l": 1}; axes that are not named stay."""

    def renamed(axis: Axis) -> Axis:
        plain = choice.get(momentum(axis), momentum(axis))
        return Covariant(momentum(plain)) if isinstance(axis, Covariant) else plain

    def moved(node: Expression) -> Expression | None:
        match node:
            case Operator(name, axes):
                start, rest = (F(*map(renamed, axes[:2])), axes[2:]) if name == CURVATURE else (Operator(name), axes)
                return derivative_along(start, map(renamed, rest))
            case BandEnergy(n, axes):
                momenta = [axis for axis in map(renamed, axes) if axis != FIELD]
                slope: Expression = BandEnergy(n, ordered(tuple(momenta)))
                for _ in range(len(axes) - len(momenta)):
                    slope = Derivative(FIELD, slope)
                return slope
            case Derivative(axis, operand):
                return Derivative(renamed(axis), with_axes(operand, choice))
        return None

    return substitute(expression, moved)


def band_energy_derivative(axes: tuple[Axis, ...]) -> Expression:
    """r times d e_n/dk_i dk_l ... of a multiplet of r bands as a trace: r e_n = Tr[P H], r d_i e_n = Tr[P v_i], ..."""
    if not axes:
        return Trace(P * Operator("H"))
    trace: Expression = Trace(P * v(axes[0]))
    for axis in axes[1:]:
        trace = derivative(trace, axis)
    return trace


def by_occupation(expression: Expression) -> dict[Expression, Expression]:
    """An expression linear in occupation functions as {occupation: coefficient}; what carries none has the key ONE."""
    match expression:
        case Sum(terms):
            return collected(pair for term in terms for pair in by_occupation(term).items())
        case Derivative(axis, operand) if any(key != ONE for key in by_occupation(operand)):
            return by_occupation(derivative(operand, axis))
        case Occupation():
            return {expression: ONE}
        case Product(factors):
            parts: dict[Expression, Expression] = {ONE: ONE}
            for factor in factors:
                pairs = product(parts.items(), by_occupation(factor).items())
                parts = collected((multiply(a, b), multiply(x, y)) for (a, x), (b, y) in pairs)
            return parts
    return {ONE: expression}


# -- conditions ------------------------------------------------------------------------------------------------------------
def without_torque(expression: Expression) -> Expression:
    """The expression with tau = 0: zero if and only if every term, as written, contains the torque."""
    return substitute(expression, lambda node: ZERO if node == tau else None)


def conserved(expression: Expression) -> Expression:
    """The expression with s = 1.

    Where [s, H(k)] = 0 for all k, H and its derivatives are block diagonal in the eigenspaces of s, and so are P and S of
    a band. In the traces of a band s is then the number s_n, and an expression linear in s is s_n times this.
    """
    return substitute(expression, lambda node: ONE if node == s else None)
