"""Words in the paper's notation: as traces, Im Tr[P v_i S s], or as sums over states, Im sum v^i_nm s_mn/omega_nm.

Both are printed from the word itself, so what is printed is what is proved and computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Any

from symcur import words
from symcur.words import Word, axis_name

_SUM, _FACTOR = 0, 1  # binding strengths: does the text need brackets inside a product?


def latex(word: Word, form: str = "trace") -> str:
    """LaTeX of a word; ``form`` is "trace" (P, S and operators) or "sum" (matrix elements and a sum over states)."""
    if form not in ("trace", "sum"):
        raise ValueError(f"form: {form!r} came; valid are 'trace' and 'sum'")
    return _print(word, form)[0]


def _print(word: Word, form: str) -> tuple[str, int]:
    match word:
        case words.Sum(terms):
            text = ""
            for term in terms:
                part, _ = _print(term, form)
                text += part if not text else _appended(part)
            return text, _SUM
        case words.Product(factors):
            return _product(factors, form), _FACTOR
        case words.Number(value):
            return _number(value), _FACTOR if not (value.x and value.y) else _SUM
        case words.Trace(operand):
            return _sum_over_states(operand) if form == "sum" else (_trace(operand), _FACTOR)
        case words.Re(operand) | words.Im(operand):
            name = r"\mathrm{Re}\," if isinstance(word, words.Re) else r"\mathrm{Im}\,"
            text = _bracketed(operand, form)
            return name + (rf"\left({text}\right)" if text.startswith("-") else text), _FACTOR
        case words.Derivative(axis, operand):
            text, strength = _print(operand, form)
            if strength == _SUM or isinstance(operand, words.Product):
                text = rf"\left({text}\right)"
            return rf"\partial_{{k_{{{axis_name(axis)}}}}} {text}", _FACTOR
        case words.Named(symbol, _):
            return symbol, _FACTOR
    return _letter(word), _FACTOR


def _letter(word: Word) -> str:
    match word:
        case words.Operator(name, axes):
            label = "".join(map(axis_name, axes))
            if name != "H":
                letter, _, index = name.partition("_")
                symbol = (letter if len(letter) == 1 else "\\" + letter) + (f"_{{{index}}}" if index else "")
                return symbol if not axes else rf"\partial_{{{label}}} {symbol}"
            return {0: "H", 1: f"v_{{{label}}}", 2: f"w_{{{label}}}"}.get(len(axes), f"H_{{{label}}}")
        case words.Projector(band):
            return "P" if band == "n" else f"P_{{{band}}}"
        case words.Resolvent(band, power):
            return ("S" if band == "n" else f"S_{{{band}}}") + (f"^{{{power}}}" if power != 1 else "")
        case words.BandEnergy(band, axes):
            if len(axes) == 1:
                return f"v_{{{band}}}^{{{axis_name(axes[0])}}}"
            return "".join(rf"\partial_{{k_{{{axis_name(axis)}}}}} " for axis in axes) + rf"\varepsilon_{{{band}}}"
        case words.Occupation(kind, band, order):
            return f"{kind}_{{{band}}}" + "'" * order
        case words.Gap(m, n, power):
            gap = rf"\omega_{{{m}{n}}}"
            return gap if power == 1 else f"{gap}^{{{power}}}"
    raise TypeError(f"word: {type(word).__name__} came; a Word is valid")


def _bracketed(word: Word, form: str) -> str:
    text, strength = _print(word, form)
    return rf"\left({text}\right)" if strength == _SUM else text


def _product(factors: tuple[Word, ...], form: str) -> str:
    sign, rest = "", factors
    if isinstance(factors[0], words.Number):
        number, rest = factors[0].value, factors[1:]
        text = _number(number)
        sign = {"1": "", "-1": "-"}.get(text, rf"\left({text}\right)" if number.x and number.y else text + r"\,")
    *before, last = rest
    return sign + r"\, ".join([*(_closed_off(factor, form) for factor in before), _bracketed(last, form)])


def _closed_off(factor: Word, form: str) -> str:
    """A factor that others follow: what acts to its right (derivatives, Re, Im, sums) is put in brackets."""
    text, strength = _print(factor, form)
    open_ended = isinstance(factor, words.Derivative | words.Re | words.Im) or (
        isinstance(factor, words.Trace) and r"\sum" in text
    )
    return rf"\left({text}\right)" if strength == _SUM or open_ended else text


def _appended(term: str) -> str:
    return " - " + term[1:].lstrip() if term.startswith("-") else " + " + term


def _number(value: Any) -> str:
    real, imag = (_rational(part) for part in (value.x, value.y))
    if not value.y:
        return real
    unit = {"1": "i", "-1": "-i"}.get(imag, imag + " i")
    return unit if not value.x else f"{real} + {unit}".replace("+ -", "- ")


def _rational(value: Any) -> str:
    numerator, denominator = int(value.numerator), int(value.denominator)
    assert gcd(numerator, denominator) == 1
    if denominator == 1:
        return str(numerator)
    return ("-" if numerator < 0 else "") + rf"\tfrac{{{abs(numerator)}}}{{{denominator}}}"


# -- sums over states --------------------------------------------------------------------------------------------------
def _trace(operand: Word) -> str:
    return rf"\mathrm{{Tr}}[{_print(operand, 'trace')[0]}]"


def _sum_over_states(operand: Word) -> tuple[str, int]:
    """Tr[P X S^p Y ...] as sum over n_1 != n of X_{n n_1} Y_{n_1 n} / omega_{n n_1}^p."""
    first, *rest = [text for factors in _products(operand) if (text := _states(factors))] or ["0"]
    return first + "".join(map(_appended, rest)), _SUM if rest or first.startswith("-") else _FACTOR


def _products(word: Word) -> Iterator[tuple[Word, ...]]:
    """The word as a sum of products of letters and abbreviations; derivatives are expanded by the rules."""
    match word:
        case words.Sum(terms):
            for term in terms:
                yield from _products(term)
        case words.Derivative(axis, operand):
            yield from _products(words.derivative(operand, axis))
        case words.Product(factors):
            partial: list[tuple[Word, ...]] = [()]
            for factor in factors:
                partial = [(*left, *right) for left in partial for right in _products(factor)]
            for choice in partial:
                merged = words.product(*choice)
                yield merged.factors if isinstance(merged, words.Product) else (merged,)
        case _:
            yield (word,)


def _states(factors: tuple[Word, ...]) -> str:
    scalars = [f for f in factors if isinstance(f, words.Number | words.BandEnergy | words.Occupation | words.Gap)]
    letters = _closed([f for f in factors if f not in scalars])
    if not letters:
        return ""
    band = letters[0].band if isinstance(letters[0], words.Projector) else "n"
    elements: list[tuple[Word, str, str]] = []
    sums, denominators, left, right = "", "", band, band
    pending: list[Word] = []
    summed = 0
    for letter in [*letters[1:], letters[0]]:
        if not isinstance(letter, words.Projector | words.Resolvent):
            if pending:  # two operators next to each other: sum over all states between
                summed += 1
                sums += rf"\sum_{{n_{summed}}} "
                elements.append((pending.pop(), left, f"n_{summed}"))
                left = f"n_{summed}"
            pending.append(letter)
            continue
        if isinstance(letter, words.Projector):
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
    scalar = words.product(*scalars)
    prefix = "" if scalar == words.ONE else "-" if scalar == -words.ONE else _print(scalar, "trace")[0] + r"\, "
    return prefix + sums + body


def _closed(letters: list[Word]) -> list[Word]:
    """The letters of a trace with a projector in front, by P P = P, S S = S^2; nothing where P S = 0."""
    start = next(j for j, f in enumerate(letters) if isinstance(f, words.Projector))
    result: list[Word] = []
    for letter in [*letters[start:], *letters[:start], letters[start]]:
        match (result[-1] if result else None), letter:
            case words.Projector(a), words.Projector(b) if a == b:
                continue
            case (words.Projector(a), words.Resolvent(b, _)) | (words.Resolvent(a, _), words.Projector(b)) if a == b:
                return []
            case words.Resolvent(a, p), words.Resolvent(b, q) if a == b:
                result[-1] = words.Resolvent(a, p + q)
            case _:
                result.append(letter)
    return result if len(result) == 1 else result[:-1]


def _element(letter: Word, a: str, b: str) -> str:
    match letter:
        case words.Operator("H", axes) if axes:
            label = "".join(map(axis_name, axes))
            symbol = {1: "v", 2: "w"}.get(len(axes), "H")
            return f"{symbol}^{{{label}}}_{{{a} {b}}}"
        case words.Named(symbol, _) if "^" in symbol:
            return f"{symbol}_{{{a} {b}}}"
    text = _bracketed(letter, "trace")
    return rf"\left({text}\right)_{{{a} {b}}}" if "_" in text else f"{text}_{{{a} {b}}}"
