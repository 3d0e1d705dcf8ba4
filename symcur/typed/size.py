"""How large an expression is when it is multiplied out and its derivatives are taken, before anybody does so."""

from __future__ import annotations

from symcur import expressions as ex
from symcur.expressions import Expression

MOST_TERMS = 5000
MOST_MONOMIALS = 1000  # of a sum over states, multiplied out when it is read
MOST_LETTERS = 60  # of a term
LARGEST_NUMBER = 10**36
_PER_LETTER = 4  # terms of the derivative of one letter, at most, times its power for a resolvent


class TooLarge(Exception):
    """Which bound was exceeded."""


def check(expression: Expression) -> None:
    """Raise TooLarge unless the expression stays within the bounds."""
    if isinstance(expression, ex.Number):
        _number(expression)
        return
    terms, letters = _measure(expression)
    if terms > MOST_TERMS:
        raise TooLarge(f"at most {MOST_TERMS} terms when multiplied out")
    if letters > MOST_LETTERS:
        raise TooLarge(f"at most {MOST_LETTERS} letters in a product")


def _measure(expression: Expression) -> tuple[int, int]:
    """The number of terms and the letters in one, at most."""
    parts = [_measure(child) for child in expression.children]
    match expression:
        case ex.Number():
            _number(expression)
            return 1, 0
        case ex.Resolvent(_, power):
            return 1, power
        case ex.Gap(_, _, power):
            return 1, abs(power)
        case ex.Sum():
            return sum(terms for terms, _ in parts), max(letters for _, letters in parts)
        case ex.Product():
            terms = 1
            for count, _ in parts:
                terms = min(terms * count, 10**9)
            return terms, sum(letters for _, letters in parts)
        case ex.Derivative():
            ((terms, letters),) = parts
            return min(terms * max(letters, 1) * _PER_LETTER, 10**9), letters + 2
    return (1, 1) if not parts else parts[0]


def _number(number: ex.Number) -> None:
    parts = (number.value.x, number.value.y)
    if any(max(abs(int(part.numerator)), int(part.denominator)) > LARGEST_NUMBER for part in parts):
        raise TooLarge(f"numerators and denominators up to {LARGEST_NUMBER:.0e}")
