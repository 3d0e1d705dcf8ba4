"""Expressions in the paper's notation: as traces, Im Tr[P v_i S s], or as sums over states, Im sum v^i_nm s_mn/omega_nm.

Both are printed from the expression itself, so what is printed is what is proved and computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symcur.expressions import expression as ex
from symcur.expressions.axes import Covariant, axis_name, momentum, nabla
from symcur.expressions.calculus import derivative, is_operator
from symcur.expressions.expression import Expression
from symcur.expressions.shared import LONGEST, written_out

_SUM, _FACTOR = 0, 1  # binding strengths: does the text need brackets inside a product?
Text = tuple[str, int]  # LaTeX and its binding strength


def to_latex(expression: Expression, form: str = "trace") -> str:
    """LaTeX; ``form`` is "trace" (P, S and operators) or "sum" (matrix elements and a sum over states)."""
    if form not in _RULES:
        raise ValueError(f"form: expected {' or '.join(map(repr, _RULES))}, got {form!r}")
    if written_out(expression) > LONGEST:
        raise ValueError(f"expression: expected at most {LONGEST} letters and signs to print, got more")
    return _text(expression, form)[0]


def _text(expression: Expression, form: str = "trace") -> Text:
    return ex.fold(expression, _RULES[form], _not_printed)


def _not_printed(node: Any, *parts: Text) -> Text:
    raise TypeError(f"expression: expected a node of the language, got {type(node).__name__}")


def _operator(node: ex.Operator) -> Text:
    plain = sum(not isinstance(axis, Covariant) for axis in node.axes)
    shown = 1 if node.name == "H" and node.axes and not plain else plain  # v_i is H differentiated once, in either way
    derivatives = "".join(f"{nabla(axis)} " for axis in reversed(node.axes[shown:]))
    return derivatives + _without_nabla(node.name, "".join(map(axis_name, node.axes[:shown]))), _FACTOR


def _without_nabla(name: str, label: str) -> str:
    if name == ex.CURVATURE:
        return f"F_{{{label}}}"
    if name == "H":
        return {0: "H", 1: f"v_{{{label}}}", 2: f"w_{{{label}}}"}.get(len(label), f"H_{{{label}}}")
    letter, _, index = name.partition("_")
    symbol = (letter if len(letter) == 1 else "\\" + letter) + (f"_{{{index}}}" if index else "")
    return symbol if not label else rf"\partial_{{{label}}} {symbol}"


def _resolvent(node: ex.Resolvent) -> Text:
    power = f"^{{{node.power}}}" if node.power != 1 else ""
    return ("S" if node.band == "n" else f"S_{{{node.band}}}") + power, _FACTOR


def _band_energy(node: ex.BandEnergy) -> Text:
    if len(node.axes) == 1:
        return f"v_{{{node.band}}}^{{{axis_name(node.axes[0])}}}", _FACTOR
    derivatives = "".join(f"{nabla(axis)} " for axis in node.axes)
    return derivatives + rf"\varepsilon_{{{node.band}}}", _FACTOR


def _gap(node: ex.Gap) -> Text:
    gap = rf"\omega_{{{node.m}{node.n}}}"
    return gap if node.power == 1 else f"{gap}^{{{node.power}}}", _FACTOR


def _sum(node: ex.Sum, *terms: Text) -> Text:
    return _added([text for text, _ in terms]), _SUM


def _product(node: ex.Product, *texts: Text) -> Text:
    sign, factors, rest = "", node.factors, texts
    if isinstance(factors[0], ex.Number):
        number, factors, rest = factors[0].value, factors[1:], texts[1:]
        text = _number(number)
        sign = {"1": "", "-1": "-"}.get(text, rf"\left({text}\right)" if number.x and number.y else text + r"\,")
    closed = [_closed_off(factor, text) for factor, text in zip(factors[:-1], rest[:-1], strict=True)]
    return sign + r"\, ".join([*closed, _bracketed(rest[-1])]), _FACTOR


def _part(name: str) -> Callable[[Any, Text], Text]:
    def rule(node: ex.Unary, operand: Text) -> Text:
        text = _bracketed(operand)
        cut_off = isinstance(node.operand, ex.Product) and text.startswith(
            r"\left("
        )  # brackets would seem to end the part
        return name + (rf"\left({text}\right)" if text.startswith("-") or cut_off else text), _FACTOR

    return rule


def _derivative(node: ex.Derivative, operand: Text) -> Text:
    text = _bracketed((operand[0], _SUM) if isinstance(node.operand, ex.Product) else operand)
    return f"{nabla(node.axis if is_operator(node.operand) else momentum(node.axis))} {text}", _FACTOR


def _bracketed(text: Text) -> str:
    return rf"\left({text[0]}\right)" if text[1] == _SUM else text[0]


def _closed_off(factor: Expression, text: Text) -> str:
    """A factor that others follow: what acts to its right (derivatives, Re, Im, sums) is put in brackets."""
    open_ended = (
        isinstance(factor, ex.Derivative | ex.Re | ex.Im)
        or (isinstance(factor, ex.Trace) and r"\sum" in text[0])
        or (isinstance(factor, ex.BandEnergy | ex.Operator) and text[0].startswith((r"\partial", r"\nabla")))
    )
    return _bracketed((text[0], _SUM) if open_ended else text)


def _filled(node: ex.Filled, operand: Text) -> Text:
    """The operand at the projector onto the bands up to n less that at the one onto the bands below, always as a trace."""
    return rf"\left[{to_latex(node.operand)}\right]_{{P_{{<n}}}}^{{P_{{\leq n}}}}", _FACTOR


def _added(terms: list[str]) -> str:
    return terms[0] + "".join(" - " + t[1:].lstrip() if t.startswith("-") else " + " + t for t in terms[1:])


def _number(value: Any) -> str:
    real, imag = (_rational(part) for part in (value.x, value.y))
    if not value.y:
        return real
    unit = {"1": "i", "-1": "-i"}.get(imag, imag + " i")
    return unit if not value.x else f"{real} + {unit}".replace("+ -", "- ")


def _rational(value: Any) -> str:
    numerator, denominator = int(value.numerator), int(value.denominator)
    if denominator == 1:
        return str(numerator)
    return ("-" if numerator < 0 else "") + rf"\tfrac{{{abs(numerator)}}}{{{denominator}}}"


# -- traces and sums over states ---------------------------------------------------------------------------------------
def _trace(node: ex.Trace, operand: Text) -> Text:
    return rf"\mathrm{{Tr}}[{operand[0]}]", _FACTOR


def _sum_over_states(node: ex.Trace, operand: Text) -> Text:
    """Tr[P X S^p Y ...] as sum over n_1 != n of X_{n n_1} Y_{n_1 n} / omega_{n n_1}^p."""
    terms = [text for factors in _products(node.operand) if (text := _states(factors))] or ["0"]
    return _added(terms), _SUM if len(terms) > 1 or terms[0].startswith("-") else _FACTOR


def _products(expression: Expression) -> Iterator[tuple[Expression, ...]]:
    """The expression as a sum of products of letters and abbreviations; derivatives are expanded by the rules."""
    match expression:
        case ex.Sum(terms):
            for term in terms:
                yield from _products(term)
        case ex.Derivative(axis, operand):
            yield from _products(derivative(operand, axis))
        case ex.Product(factors):
            partial: list[tuple[Expression, ...]] = [()]
            for factor in factors:
                partial = [(*left, *right) for left in partial for right in _products(factor)]
            for choice in partial:
                merged = ex.multiply(*choice)
                yield merged.factors if isinstance(merged, ex.Product) else (merged,)
        case _:
            yield (expression,)


def _states(factors: tuple[Expression, ...]) -> str:
    scalars = [f for f in factors if isinstance(f, ex.Number | ex.BandEnergy | ex.Occupation | ex.Gap)]
    letters = _closed([f for f in factors if f not in scalars])
    if not letters:
        return ""
    band = letters[0].band if isinstance(letters[0], ex.Projector) else "n"
    elements: list[tuple[Expression, str, str]] = []
    sums, denominators, left, right = "", "", band, band
    pending: list[Expression] = []
    summed = 0
    for letter in [*letters[1:], letters[0]]:
        if not isinstance(letter, ex.Projector | ex.Resolvent):
            if pending:  # two operators next to each other: sum over all states between
                summed += 1
                sums += rf"\sum_{{n_{summed}}} "
                elements.append((pending.pop(), left, f"n_{summed}"))
                left = f"n_{summed}"
            pending.append(letter)
            continue
        if isinstance(letter, ex.Projector):
            right = letter.band
        else:
            summed += 1
            right = f"n_{summed}"
            sums += rf"\sum_{{{right} \neq {letter.band}}} "
            power = f"^{{{letter.power}}}" if letter.power > 1 else ""
            denominators += rf"\omega_{{{letter.band} {right}}}{power} "
        if pending:
            elements.append((pending.pop(), left, right))
        left = right
    numerator = " ".join(_element(letter, a, b) for letter, a, b in elements) or "1"
    body = rf"\frac{{{numerator}}}{{{denominators.strip()}}}" if denominators else numerator
    scalar = ex.multiply(*scalars)
    prefix = "" if scalar == ex.ONE else "-" if scalar == -ex.ONE else _text(scalar)[0] + r"\, "
    return prefix + sums + body


def _closed(letters: list[Expression]) -> list[Expression]:
    """The letters of a trace with a projector in front, by P P = P, S S = S^2; nothing where P S = 0."""
    start = next(j for j, f in enumerate(letters) if isinstance(f, ex.Projector))
    result: list[Expression] = []
    for letter in [*letters[start:], *letters[:start], letters[start]]:
        match (result[-1] if result else None), letter:
            case ex.Projector(a), ex.Projector(b) if a == b:
                continue
            case (ex.Projector(a), ex.Resolvent(b, _)) | (ex.Resolvent(a, _), ex.Projector(b)) if a == b:
                return []
            case ex.Resolvent(a, p), ex.Resolvent(b, q) if a == b:
                result[-1] = ex.Resolvent(a, p + q)
            case _:
                result.append(letter)
    return result if len(result) == 1 else result[:-1]


def _element(letter: Expression, a: str, b: str) -> str:
    match letter:
        case ex.Operator("H", axes) if axes and not isinstance(axes[0], Covariant):
            label = "".join(map(axis_name, axes))
            symbol = {1: "v", 2: "w"}.get(len(axes), "H")
            return f"{symbol}^{{{label}}}_{{{a} {b}}}"
        case ex.Named(symbol, _) if "^" in symbol:
            return f"{symbol}_{{{a} {b}}}"
    text = _bracketed(_text(letter))
    return rf"\left({text}\right)_{{{a} {b}}}" if "_" in text else f"{text}_{{{a} {b}}}"


_TRACES: dict[type[Expression], Callable[..., Text]] = {
    ex.Number: lambda node: (_number(node.value), _SUM if node.value.x and node.value.y else _FACTOR),
    ex.Operator: _operator,
    ex.Projector: lambda node: ("P" if node.band == "n" else f"P_{{{node.band}}}", _FACTOR),
    ex.Resolvent: _resolvent,
    ex.BandEnergy: _band_energy,
    ex.Occupation: lambda node: (f"{node.kind}_{{{node.band}}}" + "'" * node.order, _FACTOR),
    ex.Gap: _gap,
    ex.Sum: _sum,
    ex.Product: _product,
    ex.Trace: _trace,
    ex.Re: _part(r"\mathrm{Re}\,"),
    ex.Im: _part(r"\mathrm{Im}\,"),
    ex.Derivative: _derivative,
    ex.Filled: _filled,
    ex.Named: lambda node, definition: (node.symbol, _FACTOR),
}
_RULES: dict[str, dict[type[Expression], Callable[..., Text]]] = {
    "trace": _TRACES,
    "sum": {**_TRACES, ex.Trace: _sum_over_states},
}

Expression.to_latex = staticmethod(to_latex)
