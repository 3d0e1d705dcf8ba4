"""Formulas in traces of words in H', its derivatives and s as LaTeX: what ``powers`` gives, for quantities of at most two operators."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd, lcm

import sympy as sp
from flint import fmpq

from symcur import expressions as ex
from symcur.closed_forms.circles import Letter
from symcur.closed_forms.powers import Expanded, Levels, Polynomial, Traces, Word

_OPERATORS = 2
Z = sp.Symbol("z")


def in_words(levels: Levels, expanded: Expanded) -> str | None:
    """A right-hand side, or None where products of traces or longer words occur."""
    if not expanded.terms or any(len(key) != 1 or len(key[0][1]) > _OPERATORS for key in expanded.terms):
        return None
    groups: dict[tuple[str, Letter], list[tuple[Word, Polynomial]]] = {}
    for ((part, word),), polynomial in sorted(expanded.terms.items(), key=_order):
        groups.setdefault((part, word[-1][1]), []).append((word, polynomial))
    content = _content([value for polynomial in expanded.terms.values() for value in polynomial.to_dict().values()])
    if next(iter(groups.values()))[0][1].leading_coefficient() < 0:
        content = -content
    traces = []
    for (part, last), terms in groups.items():
        inner = _sum([(polynomial / content, _word(word)) for word, polynomial in terms], levels)
        real = part == "Re" and all(len(word) == 1 for word, _ in terms)
        outer = r"\mathrm{Tr}" if real else rf"\mathrm{{{part}}}\,\mathrm{{Tr}}"
        bracket = rf"\left({inner}\right)\, " if len(terms) > 1 else inner + " "
        traces.append(rf"{outer}[{bracket}{_operator(last)}]")
    body = " + ".join(traces)
    front = _front(content, expanded.power)
    return f"{front}{body}" if len(traces) == 1 or not front else rf"{front}\left({body}\right)"


def _order(item: tuple[Traces, Polynomial]) -> tuple[object, ...]:
    ((part, word),), _ = item
    return part, str(word[-1][1]), [-power for power, _ in word]


def _content(numbers: Sequence[fmpq]) -> fmpq:
    """The positive rational number that leaves coprime integers."""
    return fmpq(reduce(gcd, (abs(int(x.p)) for x in numbers)), reduce(lcm, (int(x.q) for x in numbers)))


def _front(content: fmpq, power: int) -> str:
    sign, above, below = "-" if content < 0 else "", abs(int(content.p)), int(content.q)
    if not power and below == 1:
        return sign if above == 1 else f"{sign}{above}\\,"
    slope = "" if not power else "q'(z)" if power == 1 else f"q'(z)^{{{power}}}"
    return rf"{sign}\frac{{{above}}}{{{'' if below == 1 and power else below}{slope}}}\,"


def _sum(terms: Sequence[tuple[Polynomial, str]], levels: Levels) -> str:
    """Polynomials times words, of which the last one may be empty: the unit matrix."""
    pieces = []
    for polynomial, word in terms:
        number = sp.Add(
            *(sp.Rational(int(c.p), int(c.q)) * _monomial(e, levels) for e, c in polynomial.to_dict().items())
        )
        pieces.append(times(number, word))
    return joined(pieces)


def times(number: sp.Expr, word: str) -> str:
    """A polynomial in z in front of a word."""
    text = descending(number)
    if not word:
        return text
    if number.is_Add:
        return (
            rf"-\left({descending(-number)}\right) {word}" if text.startswith("-") else rf"\left({text}\right) {word}"
        )
    return {"1": "", "-1": "-"}.get(text, f"{text} ") + word


def descending(number: sp.Expr) -> str:
    """A polynomial in z, highest power first."""
    coefficients = sp.Poly(number, Z).all_coeffs()
    powers = range(len(coefficients) - 1, -1, -1)
    return joined([str(sp.latex(c * Z**n)) for c, n in zip(coefficients, powers, strict=True) if c != 0] or ["0"])


def joined(terms: Sequence[str]) -> str:
    """A sum."""
    return " ".join(signed(terms))


def signed(terms: Sequence[str]) -> list[str]:
    """Its terms with their signs, that of the first one only where it is negative."""
    return [*terms[:1], *(f"- {term[1:].strip()}" if term.startswith("-") else f"+ {term}" for term in terms[1:])]


def _monomial(exponents: Sequence[int], levels: Levels) -> sp.Expr:
    a = [sp.Symbol(f"a_{j}") for j in range(2, levels.distinct + 1)]
    return sp.Mul(*(x ** int(n) for x, n in zip((Z, *a), exponents, strict=True)))


def _word(word: Word) -> str:
    """The word without its last letter."""
    letters = [_operator(letter) for _, letter in word[:-1]] + [""]
    pieces = [(_power(power), letter) for (power, _), letter in zip(word, letters, strict=True)]
    return r"\, ".join(piece for pair in pieces for piece in pair if piece)


def _power(power: int) -> str:
    return "" if power == 0 else "H'" if power == 1 else f"H'^{{{power}}}"


def _operator(letter: Letter) -> str:
    return (ex.J(letter[1]) if letter[0] == "J" else ex.Operator(letter[1], letter[2])).latex()
