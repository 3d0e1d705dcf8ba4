"""Expressions as plain text that can be typed again: -2 Im Tr[P v_i S^2 v_l]."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from symcur import expressions as ex
from symcur.expressions import Expression, axis_name

_SUM, _FACTOR, _OPEN = 0, 1, 2  # a sum, a factor, a factor that reaches over all that follows
Text = tuple[str, int]


def plain(expression: Expression) -> str:
    """The text; typed again it is the same expression."""
    return ex.fold(expression, _RULES, _not_printed)[0]


def _not_printed(node: Any, *parts: Text) -> Text:
    raise TypeError(f"expression: expected one that can be typed, got {type(node).__name__}")


def symbol(latex: str) -> str:
    """A printed symbol in plain letters: \\chi^{il\\tau} is chi^{il tau}."""
    text = re.sub(r"\\bar\{\\Omega\}", "Omegabar", latex)
    text = re.sub(r"\\partial_(?:\{k_\{(\w)\}\}|(h)) ", r"d_\1\2 ", text)
    text = re.sub(r"\\mathcal\{(\w)\}", r"\1", text)
    text = re.sub(r"(?<=\w)\\(?=tau|theta)", " ", text)
    text = re.sub(r"\\varepsilon(?!_)", "eps", text)
    return re.sub(r"\\(?=[A-Za-z])", "", text).replace("varepsilon", "e")


def _index(axes: tuple[ex.Axis, ...]) -> str:
    return "".join(map(axis_name, axes))


def _operator(node: ex.Operator) -> Text:
    *axes, last = node.axes or ("",)
    if isinstance(last, ex.Covariant) and (axes or node.name != "H"):
        return f"nabla_{axis_name(last)}({_operator(ex.Operator(node.name, tuple(axes)))[0]})", _FACTOR
    label = _index(node.axes)
    if node.name == ex.CURVATURE:
        return f"F_{{{label}}}", _FACTOR
    if node.name == "H":
        return {0: "H", 1: f"v_{label}", 2: f"w_{label}"}.get(len(label), f"H_{label}"), _FACTOR
    text = node.name if not label else "".join(f"d_{axis} " for axis in label) + node.name
    return text, _OPEN if label else _FACTOR


def _derivative(node: ex.Derivative) -> str:
    return "nabla" if isinstance(node.axis, ex.Covariant) and ex.is_operator(node.operand) else "d"


def _resolvent(node: ex.Resolvent) -> Text:
    power = f"^{node.power}" if node.power > 1 else ""
    return "S" + _band(node.band) + power, _FACTOR


def _band(label: str) -> str:
    return "" if label == "n" else f"_{label}" if len(label) == 1 else f"_{{{label}}}"


def _energy(node: ex.BandEnergy) -> Text:
    label = _band(node.band) or "_n"
    if len(node.axes) == 1:
        return f"v^{axis_name(node.axes[0])}{label}", _FACTOR
    return "".join(f"d_{axis_name(axis)} " for axis in node.axes) + f"e{label}", _OPEN if node.axes else _FACTOR


def _gap(node: ex.Gap) -> Text:
    label = "".join((node.m, node.n))
    power = "" if node.power == 1 else f"^{node.power}" if node.power > 0 else f"^{{{node.power}}}"
    return f"omega_{{{label}}}{power}", _FACTOR


def _number(value: Any) -> Text:
    real, imaginary = (str(part) for part in (value.x, value.y))
    if not value.y:
        return real, _FACTOR
    unit = {"1": "i", "-1": "-i"}.get(imaginary, f"{imaginary} i")
    return (unit, _FACTOR) if not value.x else (f"{real} + {unit}".replace("+ -", "- "), _SUM)


def _sum(node: ex.Sum, *terms: Text) -> Text:
    first, *rest = (text for text, _ in terms)
    return first + "".join(f" - {t[1:].lstrip()}" if t.startswith("-") else f" + {t}" for t in rest), _SUM


def _product(node: ex.Product, *texts: Text) -> Text:
    parts = [text if strength == _FACTOR else f"({text})" for text, strength in texts[:-1]]
    last, strength = texts[-1]
    parts.append(last if strength != _SUM else f"({last})")
    if parts[0] == "-1":
        return f"-{' '.join(parts[1:])}", _FACTOR
    return " ".join(parts), _OPEN if strength == _OPEN else _FACTOR


def _part(name: str) -> Callable[[Any, Text], Text]:
    def rule(node: Any, operand: Text) -> Text:
        text, _ = operand
        bare = isinstance(node.operand, ex.Trace | ex.Named)
        return f"{name} {text}" if bare else f"{name}({text})", _OPEN if bare else _FACTOR

    return rule


_RULES: dict[type[Expression], Callable[..., Text]] = {
    ex.Number: lambda node: _number(node.value),
    ex.Operator: _operator,
    ex.Projector: lambda node: ("P" + _band(node.band), _FACTOR),
    ex.Resolvent: _resolvent,
    ex.BandEnergy: _energy,
    ex.Occupation: lambda node: (node.kind + (_band(node.band) or "_n") + "'" * node.order, _FACTOR),
    ex.Gap: _gap,
    ex.Sum: _sum,
    ex.Product: _product,
    ex.Trace: lambda node, operand: (f"Tr[{operand[0]}]", _FACTOR),
    ex.Re: _part("Re"),
    ex.Im: _part("Im"),
    ex.Derivative: lambda node, operand: (
        f"{_derivative(node)}_{axis_name(node.axis)}({operand[0]})",
        _FACTOR,
    ),
    ex.Named: lambda node, definition: (symbol(node.symbol), _OPEN if "\\partial" in node.symbol else _FACTOR),
}
