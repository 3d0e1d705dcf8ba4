"""Which quantities of a multiplet are sums over its parts in different blocks of H and s."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from symcur.expressions import expression as ex
from symcur.expressions.expression import Expression
from symcur.expressions.shared import fold


@lru_cache(maxsize=256)
def is_sum_over_blocks(expression: Expression) -> bool:
    """Is the value of a multiplet the sum of those of its parts in different blocks, and that of a block its own?

    So it is where every term has one trace, with a projector in it.
    """
    is_operator, _, degree = fold(expression, _RULES, _intensive)
    return not is_operator and degree == 1


_State = tuple[bool, bool, float]  # an operator? with a projector in each term? how many traces in each term?
_NEVER = (False, False, float("nan"))


def _sum(node: Expression, *terms: _State) -> _State:
    degrees = {degree for _, _, degree in terms}
    operator = any(term[0] for term in terms)
    return operator, all(term[1] for term in terms), degrees.pop() if len(degrees) == 1 else float("nan")


def _product(node: Expression, *factors: _State) -> _State:
    return any(f[0] for f in factors), any(f[1] for f in factors), sum(f[2] for f in factors)


def _trace(node: Expression, operand: _State) -> _State:
    return (False, False, operand[2] + 1) if operand[1] else _NEVER


def _intensive(node: Expression, *inner: _State) -> _State:
    """Letters and numbers; what has one operand is as that."""
    return inner[0] if inner else (False, False, 0.0)


_RULES: dict[Any, Callable[..., _State]] = {
    ex.Operator: lambda node: (True, False, 0.0),
    ex.Resolvent: lambda node: (True, False, 0.0),
    ex.Projector: lambda node: (True, True, 0.0),
    ex.Sum: _sum,
    ex.Product: _product,
    ex.Trace: _trace,
    ex.Filled: lambda node, operand: _NEVER,
    ex.Occupation: lambda node: _NEVER,
    ex.Gap: lambda node: _NEVER,
    ex.Derivative: lambda node, operand: operand if isinstance(node.axis, int) else _NEVER,
}
