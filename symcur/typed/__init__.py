"""Identities as text, in the paper's LaTeX or in plain letters: a closed grammar of bounded size, which runs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from symcur import expressions as ex
from symcur.expressions import Axis, Expression
from symcur.typed.meaning import Reader, axis_of
from symcur.typed.meaning import speaks_of_operators as _speaks_of_operators
from symcur.typed.nodes import Gradient, Node, Terms, Wrapped
from symcur.typed.plain_text import plain
from symcur.typed.syntax import identity as _identity
from symcur.typed.syntax import single
from symcur.typed.tokens import Unreadable

__all__ = [
    "Identity",
    "Unreadable",
    "axis_of",
    "is_operator",
    "plain",
    "read",
    "read_identity",
    "speaks_of_operators",
]


@dataclass(frozen=True)
class Identity:
    """lhs = rhs, up to the derivatives of the primitives."""

    lhs: Expression
    rhs: Expression
    primitive: tuple[tuple[Axis, Expression], ...] = ()
    operators: bool = False  # whether letters outside of traces are operators

    def plain(self) -> str:
        """What was read, in plain letters that can be typed again."""
        modulo = " + ".join(f"d_{ex.axis_name(axis)}({plain(inner)})" for axis, inner in self.primitive)
        text = f"{plain(self.lhs)} = {plain(self.rhs)}"
        if self.operators and not any(map(_speaks_of_operators, _identity(text)[:2])):
            text += " + 0 P"  # the letters that told so have dropped out
        return text + (f" mod {modulo}" if modulo else "")


def read(text: str, operators: bool | None = None) -> Expression:
    """The expression that a text stands for; raises Unreadable, a ValueError that points at the place.

    ``operators`` tells that letters are operators, as in a trace; by default they are if P, S, H or D^i stands outside of one.
    """
    node = single(text)
    return Reader(text).value(node, _speaks_of_operators(node) if operators is None else operators)


def speaks_of_operators(text: str) -> bool:
    """Whether P, S, H, D^i or a letter for any operator stands outside of every trace; raises Unreadable."""
    return _speaks_of_operators(single(text))


def read_identity(text: str) -> Identity:
    """The identity lhs = rhs [mod d_l(...)] that a text stands for; raises Unreadable."""
    left, right, modulo = _identity(text)
    reader = Reader(text)
    operators = _speaks_of_operators(left) or _speaks_of_operators(right)
    lhs, rhs = reader.value(left, operators), reader.value(right, operators)
    kinds = [None if isinstance(side, ex.Number) else is_operator(side) for side in (lhs, rhs)]
    if None not in kinds and kinds[0] != kinds[1]:
        wrong = "an operator as on the left" if kinds[0] else "a number of the band as on the left"
        raise reader.fail(right, wrong, "an operator" if kinds[1] else "a number of the band")
    primitive = tuple(_primitives(modulo, reader, operators)) if modulo else ()
    return Identity(lhs, rhs, primitive, operators)


def _primitives(node: Node, reader: Reader, operators: bool) -> list[tuple[Axis, Expression]]:
    """The derivatives behind "mod" as (axis, primitive)."""
    signs, terms = (node.signs, node.terms) if isinstance(node, Terms) else ((1,), (node,))
    found = []
    for sign, term in zip(signs, terms, strict=True):
        match term:
            case Gradient(axis=axis, inner=inner):
                found.append((axis_of(axis), sign * reader.value(inner, operators)))
            case Wrapped(kind="()", inner=inner):
                found += [(axis, sign * primitive) for axis, primitive in _primitives(inner, reader, operators)]
            case _:
                raise reader.fail(term, "the derivative that integrates to zero, as in mod d_l(d^{is})")
    return found


def is_operator(expression: Expression) -> bool:
    """Whether the value is an operator and not a number."""
    match expression:
        case ex.Trace():
            return False
        case ex.Operator() | ex.Projector() | ex.Resolvent():
            return True
    return any(map(is_operator, expression.children))
