"""LaTeX in rows that fit a page: how wide a text is, and long sums continued in the next row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import sympy as sp

WIDTH = 78
"""Of a row with the labels in front, in letters: the width of a page of 6.5 inches in type of 10 points."""
PAGE = 42
"""Rows without fractions on a page of 9 inches."""
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_WIDE = {r"\cos": 3.0, r"\sin": 3.0, r"\tanh": 4.0, r"\exp": 3.0, r"\quad": 2.0, r"\dots": 2.0}
_TYPES = (r"\mathrm", r"\mathcal", r"\texttt", r"\tilde", r"\hat", r"\bar", r"\check", r"\breve")
_NARROW = (*_TYPES, r"\left", r"\right", r"\bigl", r"\bigr", r"\,", r"\tfrac", r"\textstyle", "{", "}", "&")
_SCRIPT = 0.7  # of subscripts and exponents
Write = Callable[[sp.Expr], str]


def width(text: str) -> float:
    """How wide LaTeX is printed, in letters."""
    tokens = iter(_TOKEN.findall(text))
    return _sequence(tokens, "")


def _sequence(tokens: Iterator[str], end: str) -> float:
    total = 0.0
    for token in tokens:
        if token == end:
            break
        total += _one(token, tokens)
    return total


def _one(token: str, tokens: Iterator[str]) -> float:
    if token in (r"\frac", r"\tfrac"):
        return max(_group(tokens), _group(tokens)) + 0.5
    if token in "_^":
        return _SCRIPT * _group(tokens)
    if token == "{":
        return _sequence(tokens, "}")
    if token.isspace() or token in _NARROW:
        return 0.0
    if token in "+-=":
        return 2.0
    return _WIDE.get(token, 1.0)


def _group(tokens: Iterator[str]) -> float:
    """The argument that follows: a letter or what stands in braces."""
    token = next((t for t in tokens if not t.isspace()), "")
    return _sequence(tokens, "}") if token == "{" else _one(token, tokens) if token else 0.0


def height(row: str) -> float:
    """How high a row is printed, in rows without fractions."""
    return 1 + 0.8 * _depth(iter(_TOKEN.findall(row)), "")


def _depth(tokens: Iterator[str], end: str) -> int:
    """How many fractions stand in one another."""
    deepest = 0
    for token in tokens:
        if token == end:
            break
        inner = (_depth(tokens, "}") for _ in range(2) if next(tokens, "") == "{")
        if token in (r"\frac", r"\tfrac"):
            deepest = max(deepest, 1 + max(inner, default=0))
        elif token == "{":
            deepest = max(deepest, _depth(tokens, "}"))
    return deepest


def rows(label: str, value: sp.Expr, write: Write, most: float = WIDTH) -> list[str]:
    """label &= value, continued in the next row wherever the value would be wider than ``most``."""
    text = write(value)
    if width(text) <= most:
        return [f"{label} &= {text}"]
    return packed(f"{label} &= ", _pieces(value, write, most / 2), most)


def packed(front: str, pieces: Sequence[str], most: float = WIDTH) -> list[str]:
    """One row after the other, each as long as fits in ``most`` letters from the sign of equality on."""
    found, row, filled = [], front, False
    for piece in pieces:
        if filled and width((row + piece).partition("&")[2]) > most:
            found.append(row.rstrip())
            row = r"&\quad "
        row, filled = f"{row}{piece} ", True
    return [*found, row.rstrip()]


def _pieces(value: sp.Expr, write: Write, whole: float) -> list[str]:
    """Parts of the text between which a row may end; what is not wider than ``whole`` stays together."""
    text = write(value)
    if width(text) <= whole:
        return [text]
    if value.is_Add:
        result: list[str] = []
        for term in value.as_ordered_terms():
            first, *more = _pieces(term, write, whole)
            sign = "" if not result or first.startswith("-") else "+ "
            result += [sign + first, *more]
        return result
    sums = [factor for factor in value.args if factor.is_Add] if value.is_Mul else []
    if not sums:
        return [text]
    longest = max(sums, key=lambda factor: width(write(factor)))
    others = list(value.args)
    others.remove(longest)
    rest = others[0] if len(others) == 1 else sp.Mul(*others, evaluate=False)
    inside = _pieces(longest, write, 0.0 if width(text) > 2 * whole else whole)
    written = rf"\left({write(rest)}\right)" if rest.is_Add else write(rest)
    if width(written) > whole:
        outside = _pieces(rest, write, whole)
        *before, last = bracketed("", outside) if rest.is_Add else outside
        return [*before, *bracketed(last + r"\, ", inside)]
    front = {"1": "", "-1": "- "}.get(written, written + r"\, ")
    return bracketed(front, inside)


def bracketed(front: str, pieces: Sequence[str]) -> list[str]:
    """The pieces of front [pieces]."""
    if len(pieces) == 1:
        return [rf"{front}\left({pieces[0]}\right)"]
    return [rf"{front}\bigl[{pieces[0]}", *pieces[1:-1], rf"{pieces[-1]}\bigr]"]
