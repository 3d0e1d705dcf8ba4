"""Sums of products as one would write them: what several terms share stands once, in front of brackets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import sympy as sp
from flint import fmpq

from symcur.closed_forms.ring import rational

Term = tuple[fmpq, Mapping[sp.Expr, int]]  # a number and what it multiplies, with powers


@dataclass(frozen=True)
class Written:
    """A product of factors and its length, the number of letters and operations.

    The factors are given, or made when they are asked for: of several ways to write a function only the shortest is.
    """

    given: tuple[sp.Expr, ...] | Callable[[], tuple[sp.Expr, ...]]
    length: float

    @cached_property
    def factors(self) -> tuple[sp.Expr, ...]:
        return self.given() if callable(self.given) else self.given

    @property
    def expression(self) -> sp.Expr:
        return sp.Mul(*self.factors)


@lru_cache(maxsize=4096)
def cost(expression: sp.Expr) -> int:
    """The length of an expression: its letters and operations."""
    match expression:
        case sp.Rational():
            return int(abs(expression) != 1)
        case sp.cos() | sp.sin():
            return 1 + cost(expression.args[0])
        case sp.Add():
            return sum(1 + cost(term) for term in expression.args) - 1
        case sp.Mul():
            return sum(map(cost, expression.args))
        case sp.Pow(base=base) if not base.is_Rational:
            return 1 + cost(base)
    return 1


def in_brackets(terms: Sequence[Term]) -> Written:
    """sum of number times product, with what all terms share in front; then what most of them share, and so on."""
    if not terms:
        return Written((sp.Integer(0),), 1)
    number = _content([value for value, _ in terms])
    common = dict(terms[0][1])
    for _, factors in terms[1:]:
        common = {x: min(n, factors[x]) for x, n in common.items() if x in factors}
    front = [x**n for x, n in common.items()]
    length = sum(cost(x) + (n > 1) for x, n in common.items()) + (abs(number) != 1)
    rest = [(value / number, _without(factors, common)) for value, factors in terms]
    if len(rest) == 1:
        return Written(lambda: (rational(number), *front), length)
    parts = _parts(rest)
    return Written(
        lambda: (rational(number), *front, sp.Add(*(part.expression for part in parts))),
        length + sum(1 + part.length for part in parts) - 1,
    )


def _parts(terms: Sequence[Term]) -> list[Written]:
    """The terms with the factor that saves most in front of a bracket, and the others."""
    times = Counter(x for _, factors in terms for x in factors)
    saved = {x: (n - 1) * cost(x) for x, n in times.items() if n > 1}
    if not saved:
        return [
            Written(
                (rational(value) * sp.Mul(*(x**n for x, n in factors.items())),),
                (abs(value) != 1) + sum(cost(x) + (n > 1) for x, n in factors.items()),
            )
            for value, factors in terms
        ]
    best = max(saved, key=lambda x: saved[x])
    others = [term for term in terms if best not in term[1]]
    return [in_brackets([term for term in terms if best in term[1]]), *(_parts(others) if others else ())]


def _without(factors: Mapping[sp.Expr, int], common: Mapping[sp.Expr, int]) -> dict[sp.Expr, int]:
    return {x: n - common.get(x, 0) for x, n in factors.items() if n > common.get(x, 0)}


def _content(numbers: Sequence[fmpq]) -> fmpq:
    """The rational number that leaves coprime integers, with the sign of most of them, or of the first."""
    common = numbers[0]
    for number in numbers[1:]:
        common = common.gcd(number)
    negative = 2 * sum(number < 0 for number in numbers)
    minus = negative > len(numbers) or (negative == len(numbers) and numbers[0] < 0)
    return -abs(common) if minus else abs(common)
