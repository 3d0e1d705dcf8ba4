"""What may stand in a letter of the formula language: a rule is given the name of a field, its value and the letter.

A malformed letter would be read in different ways by different interpreters, and then a verdict about it means nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import QQ_I

from symcur.expressions.axes import FIELD, Covariant, order_of, ordered

CONSTANT = frozenset({"s", "eta"})  # operators that do not depend on k, but where derivatives are covariant
CURVATURE = "curvature"  # the operator F_il of covariant derivatives


def _number(field: str, value: Any, letter: Any) -> None:
    if not isinstance(value, QQ_I.dtype):
        raise TypeError(f"{field}: expected an element of SymPy's QQ_I (as_expression makes one), got {value!r}")


def _label(field: str, value: Any, letter: Any) -> None:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{field}: expected a name, for example 'n', got {value!r}")


def _axis(field: str, value: Any, letter: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, str | int | Covariant) or value == "":
        raise TypeError(f"{field}: expected an integer or a name, for example 'i', got {value!r}")


def _axes(field: str, value: Any, letter: Any) -> None:
    if not isinstance(value, tuple):
        raise TypeError(f"{field}: expected a tuple of axes, got {value!r}")
    for one in value:
        _axis(field, one, letter)
    if value != ordered(value):
        raise ValueError(f"{field}: expected {ordered(value)!r} (expressions.ordered sorts them), got {value!r}")
    name, plain = getattr(letter, "name", None), tuple(axis for axis in value if not isinstance(axis, Covariant))
    if plain and name in CONSTANT:
        raise ValueError(f"{field}: expected none for {name}, which does not depend on k, got {value!r}")
    if FIELD in value and name in (None, "H", CURVATURE):
        raise ValueError(
            f"{field}: expected momenta (v({FIELD!r}) is d_h H = -s, v_band({FIELD!r}) the derivative of e_n), got {value!r}"
        )
    if name == CURVATURE:
        if len(plain) != 2 or plain[0] == plain[1]:
            raise ValueError(f"{field}: expected two different axes of F (expressions.F makes it), got {value!r}")
        if any(order_of(axis) < order_of(Covariant(plain[0])) for axis in value[2:]):
            raise ValueError(f"{field}: expected what expressions.derivative makes of F, got {value!r}")
    elif len(plain) < len(value) and (name is None or not {*plain} <= {FIELD}):
        raise ValueError(f"{field}: expected {'covariant axes alone' if name else 'momenta'}, got {value!r}")


def _integer(field: str, value: Any, letter: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{field}: expected an integer, got {value!r}")


def _positive(field: str, value: Any, letter: Any) -> None:
    _integer(field, value, letter)
    if value < 1:
        raise ValueError(f"{field}: expected at least 1, got {value!r}")


def _kind(field: str, value: Any, letter: Any) -> None:
    if value not in ("f", "g"):
        raise ValueError(f"{field}: expected 'f' or 'g', got {value!r}")


def _order(field: str, value: Any, letter: Any) -> None:
    _integer(field, value, letter)
    if value < 0:
        raise ValueError(f"{field}: expected at least 0, got {value!r}")
    if value and letter.kind == "g":
        raise ValueError(f"{field}: expected 0 for g, whose derivative by the energy is f, got {value!r}")


def _other_band(field: str, value: Any, letter: Any) -> None:
    _label(field, value, letter)
    if value == letter.m:
        raise ValueError(f"{field}: expected another band than m, got {value!r} for both")


_Rule = Callable[[str, Any, Any], None]
_RULES: dict[str, dict[str, _Rule]] = {
    "Number": {"value": _number},
    "Operator": {"name": _label, "axes": _axes},
    "Projector": {"band": _label},
    "Resolvent": {"band": _label, "power": _positive},
    "BandEnergy": {"band": _label, "axes": _axes},
    "Occupation": {"kind": _kind, "band": _label, "order": _order},
    "Gap": {"m": _label, "n": _other_band, "power": _integer},
    "Derivative": {"axis": _axis},
}


def check(node: Any) -> None:
    """Raise a TypeError or a ValueError that names the field of this node that is malformed."""
    for field, rule in _RULES.get(type(node).__name__, {}).items():
        rule(field, getattr(node, field), node)
