"""The symbols of the quantities, as their templates print them: a letter with axes, s or tau behind them, or s behind all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symcur.quantities import QUANTITIES, Quantity
from symcur.typed.nodes import AXES, ByName, Factors, Gradient, Node, Symbol, walk
from symcur.typed.syntax import single
from symcur.typed.tokens import Unreadable

Key = tuple[str, int, str, str]  # the letter, the number of its axes, "s" or "tau" behind them, a letter behind it


def key(node: Symbol, after: str) -> Key:
    others = node.others()
    tail = others[0] if len(others) == 1 and others == node.upper[-1:] else "".join(others)
    return node.base, len(node.axes()), tail, after


def is_s(node: Node, operators: bool) -> bool:
    """Whether it is s_n (s, where letters are numbers of the band)."""
    if isinstance(node, ByName):
        return node.name == "s_expectation"
    if not isinstance(node, Symbol) or node.base != "s" or node.upper or node.primes:
        return False
    return node.lower == ("n",) or (node.lower == () and not operators)


def is_covariant(node: Node) -> bool:
    """Whether a covariant derivative or F stands in it."""
    return any((isinstance(part, Gradient) and part.covariant) or is_curvature(part) for part in walk(node))


def has_metric(node: Node) -> bool:
    """Whether the metric of bosons stands in it."""
    return any(isinstance(part, Symbol) and part.base == "eta" for part in walk(node))


def is_curvature(node: Node) -> bool:
    """Whether it is F_il of covariant derivatives."""
    return isinstance(node, Symbol) and node.base == "F" and len(node.axes()) == 2


def symbols() -> dict[Key, Quantity]:
    """The printed symbols of all quantities that have one of the usual form; of two that share one the first has it.

    e_n and v^i_n are letters: numbers of each member of a multiplet, where the quantities are traces.
    """
    found: dict[Key, Quantity] = {}
    for symbol, quantity in _templates():
        if symbol not in (("e", 0, "", ""), ("v", 1, "", "")):
            found.setdefault(symbol, quantity)
    return found


def _templates() -> Iterator[tuple[Key, Quantity]]:
    for quantity in QUANTITIES:
        if quantity.template.count("<") != len(quantity.indices) or not set(quantity.indices) <= AXES:
            continue
        try:
            node = single(quantity.symbol())
        except Unreadable:
            continue
        match node:
            case Symbol() if node.axes() == quantity.indices:
                yield key(node, ""), quantity
            case Factors(factors=(Symbol() as first, Symbol(base="s", lower=(), upper=()))) if (
                first.axes() == quantity.indices
            ):
                yield key(first, "s"), quantity


def _plain_key(base: str, axes: int, tail: str, after: str) -> str:
    index = "lij"[:axes] + (f" {tail}" if len(tail) > 1 and axes else tail)
    return f"{base}^{{{index}}}{after}" if index else base


def typed(node: Symbol) -> str:
    indices = "".join(f"{mark}{{{' '.join(index)}}}" for mark, index in (("_", node.lower), ("^", node.upper)) if index)
    base = {"connection": r"\mathcal{A}"}.get(node.base, node.base)
    return repr(base + indices + "'" * node.primes)


def hint(node: Symbol, known: Mapping[Key, Quantity]) -> str:
    """What may stand with the letter of a symbol."""
    letter = node.base
    texts = [_plain_key(base, axes, tail, after) for base, axes, tail, after in known if base == letter]
    texts += {"v": ["v_i", "v^i_n"], "w": ["w_{il}"], "J": ["J^{is}"], "connection": [r"\mathcal{A}^i_{nm}"]}.get(
        letter, []
    )
    texts = texts or [
        "P, S, H, v_i, w_{il}, s, \\tau, J^{is}, f_n, g_n, e_n, A, B, C, Q_{il}, \\theta, \\phi and quantities"
    ]
    return "known are " + ", ".join(dict.fromkeys(texts))
