"""Expressions with covariant derivatives: all derivatives of one kind, and the words of the paper in a basis of Wannier functions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import permutations

from symcur.expressions.calculus import derivative_along
from symcur.expressions.expression import (
    CURVATURE,
    FIELD,
    Axis,
    Covariant,
    Derivative,
    Expression,
    Named,
    Operator,
    add,
    substitute,
    walk,
)


@cache
def covariant(expression: Expression) -> Expression:
    """The expression with all derivatives by k covariant: v_i is D_i H, d_i of a number stays what it is.

    Higher derivatives of H and of other operators, which have no order, become the mean over all orders.
    """

    def moved(node: Expression) -> Expression | None:
        match node:
            case Operator(name, axes) if name != CURVATURE and any(map(_is_plain, axes)):
                orders = sorted(set(permutations(map(_marked, axes))), key=repr)
                return add(*(derivative_along(Operator(name), order) for order in orders)) / len(orders)
            case Derivative(axis, operand):
                return Derivative(_marked(axis), covariant(operand))
            case Named(symbol, definition, hermitian):
                return Named(symbol, covariant(definition), hermitian)
        return None

    return substitute(expression, moved)


def _is_plain(axis: Axis) -> bool:
    return not isinstance(axis, Covariant) and axis != FIELD


def _marked(axis: Axis) -> Axis:
    return axis if isinstance(axis, Covariant) or axis == FIELD else Covariant(axis)


@cache
def has_covariant(expression: Expression) -> bool:
    """Whether covariant derivatives or F occur."""
    names = {node.name for node in walk(expression) if isinstance(node, Operator)}
    return CURVATURE in names or any(isinstance(axis, Covariant) for axis in _axes(expression))


@cache
def is_curved(expression: Expression) -> bool:
    """The same; raises a ValueError where other derivatives occur as well."""
    if not has_covariant(expression):
        return False
    for node in walk(expression):
        if any(map(_is_plain, _axes_of_node(node))):
            raise ValueError(
                f"expression: expected covariant derivatives alone (expressions.covariant makes them), got {node} beside them"
            )
    return True


def _axes(expression: Expression) -> Iterator[Axis]:
    for node in walk(expression):
        yield from _axes_of_node(node)


def _axes_of_node(node: Expression) -> tuple[Axis, ...]:
    """The axes of an operator, F's own indices aside, or of a derivative."""
    match node:
        case Operator(name, axes):
            return axes[2:] if name == CURVATURE else axes
        case Derivative(axis, _):
            return (axis,)
    return ()
