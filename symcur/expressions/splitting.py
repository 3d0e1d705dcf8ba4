"""Derivatives by the field h of a multiplet, which s may split.

At H - h s a multiplet is a group of levels: its projector P, and everything that is written with P, H, s and other operators, are
smooth functions of h, but the group has no single energy, so that e_n, S_n, f_n, g_n and gaps mean nothing at h != 0. From
the expansion of the resolvent around the multiplet (Kato, Perturbation theory for linear operators, II.2.1) with V = -s,

    d_h^m P = -(-1)^m m! sum over p_0 + ... + p_m = m of X_0 s X_1 s ... s X_m,    X_j = -P if p_j = 0, S^(p_j) otherwise,

the first of which is d_h P = -(S s P + P s S); from the second one on P s P stands between, as a matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import comb, factorial

from symcur.expressions.calculus import derivative
from symcur.expressions.expression import (
    FIELD,
    ZERO,
    BandEnergy,
    Derivative,
    Expression,
    Gap,
    Named,
    Number,
    Occupation,
    Operator,
    Product,
    Projector,
    Resolvent,
    add,
    multiply,
    s,
    substitute,
    walk,
)


class Split(ValueError):
    """An expression has no derivative by h where a multiplet may be split by s."""


def along_field(expression: Expression, order: int = 1) -> Expression:
    """The derivative of this order by h at h = 0, for multiplets of any rank; raises Split where there is none."""
    if order == 0:
        return expression
    match expression:
        case Number():
            return ZERO
        case Operator():
            for _ in range(order):
                expression = derivative(expression, FIELD)
            return expression
        case Projector(n):
            return _of_projector(n, order)
        case Resolvent() | BandEnergy() | Occupation() | Gap():
            raise refusal(expression)
        case Derivative(axis, operand):
            return along_field(operand, order + 1) if axis == FIELD else Derivative(axis, along_field(operand, order))
        case Product((first, *others)):
            rest = multiply(*others)
            return add(
                *(comb(order, j) * along_field(first, j) * along_field(rest, order - j) for j in range(order + 1))
            )
        case Named(_, definition):
            return along_field(definition, order)
    return expression.rebuild(*(along_field(child, order) for child in expression.children))


@cache
def has_field(expression: Expression) -> bool:
    """Whether a derivative by h stands in it."""
    return any(isinstance(node, Derivative) and node.axis == FIELD for node in walk(expression))


@cache
def without_field(expression: Expression, split: bool) -> Expression:
    """The expression with its derivatives by h taken, for multiplets that s may split or for nondegenerate bands."""

    def taken(node: Expression) -> Expression | None:
        match node:
            case Derivative(axis, operand) if axis == FIELD:
                return along_field(operand) if split else derivative(operand, FIELD)
        return None

    return substitute(expression, taken)


def refusal(letter: Expression) -> Split:
    """The refusal of a letter that belongs to one energy."""
    return Split(
        f"expression: expected P, H and operators below d_h for multiplets, which s may split, got {letter}, which has no derivative "
        "where the members have different energies"
    )


def require_no_level(expression: Expression) -> None:
    """Raise Split if the expression has a letter that belongs to one energy."""
    for node in walk(expression):
        if isinstance(node, Resolvent | BandEnergy | Occupation | Gap):
            raise refusal(node)


@cache
def _of_projector(n: str, order: int) -> Expression:
    terms = []
    for powers in _compositions(order, order + 1):
        word: list[Expression] = []
        for p in powers:
            word += [s, Resolvent(n, p) if p else -Projector(n)]
        terms.append(multiply(*word[1:]))
    sign = 1 if order % 2 else -1
    return add(*terms) * (sign * factorial(order))


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All ways to write total as a sum of this many numbers from 0 on."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)
