"""How much work the prover takes on: what is larger is refused with the reason, before the work or while it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from math import comb, prod
from typing import Any

from symcur.expressions import expression as ex
from symcur.expressions.expression import Expression

DEEPEST = 100  # expressions within each other
LARGEST_POWER = 50  # of a resolvent or a gap; derivatives of an occupation function
LARGEST_NUMBER = 10**200  # numerators and denominators
MOST_WORK = 10**10  # multiplications at a point
MOST_MONOMIALS = 500  # of a power series
MOST_TERMS = 400_000  # that the normal form makes on its way
MOST_POWERS = 10**6  # terms of a polynomial in the energies

_DEPTH: dict[type[Expression], Callable[..., int]] = {}


class TooLarge(ValueError):
    """What was expected and what came."""


def require_moderate(expression: Expression) -> None:
    """Raise TooLarge for an expression that is nested too deeply, or has too large numbers or powers."""
    depth: int = ex.fold(expression, _DEPTH, lambda node, *inner: 1 + max(inner, default=0))
    _at_most("expressions within each other", depth, DEEPEST)
    for node in ex.walk(expression):
        match node:
            case ex.Resolvent(_, power) | ex.Gap(_, _, power) | ex.Occupation(_, _, power):
                _at_most(f"as the power or the order of {type(node).__name__}", abs(power), LARGEST_POWER)
            case ex.Number(value):
                for part in (value.x, value.y):
                    if max(abs(int(part.numerator)), int(part.denominator)) > LARGEST_NUMBER:
                        raise TooLarge(
                            f"expression: expected numerators and denominators up to {LARGEST_NUMBER:.0e}, got more"
                        )


def require_point(expression: Expression, highest: Mapping[Any, int], degree: int, states: int) -> None:
    """Raise TooLarge if power series with matrices of so many states are too much work for the expression."""
    counts = [1]  # monomials by degree
    for most in highest.values():
        counts = [sum(counts[max(0, d - most) : d + 1]) for d in range(min(len(counts) + most, degree + 1))]
    monomials = sum(counts)
    _at_most("terms of a power series in the momenta", monomials, MOST_MONOMIALS)
    pairs = min(monomials**2, prod((most + 1) * (most + 2) // 2 for most in highest.values()))
    steps = 4 * degree + sum(1 for _ in ex.walk(expression))
    _at_most("multiplications at a random point", steps * pairs * (states**3 + 200), MOST_WORK)


def _at_most(what: str, found: int, most: int) -> None:
    if found > most:
        raise TooLarge(f"expression: expected at most {most:,} {what}, got {found if found < 10**12 else 'more'}")


# -- the terms of a normal form ----------------------------------------------------------------------------------------
_LEFT: ContextVar[list[int] | None] = ContextVar("_LEFT", default=None)


@contextmanager
def bounded_terms() -> Iterator[None]:
    """Within this, ``made`` raises TooLarge when MOST_TERMS are exceeded."""
    token = _LEFT.set([MOST_TERMS])
    try:
        yield
    finally:
        _LEFT.reset(token)


def made(terms: int) -> None:
    """Count terms that are made, or are about to be."""
    left = _LEFT.get()
    if left is not None:
        left[0] -= terms
        if left[0] < 0:
            raise TooLarge(f"expression: expected at most {MOST_TERMS:,} terms on the way to the normal form, got more")


def require_powers(summands: list[list[int]], energies: int) -> None:
    """Raise TooLarge if products of differences of energies, each to one of these powers, have too many terms written out."""
    written = sum(min(prod(p + 1 for p in powers), comb(sum(powers) + energies, energies)) for powers in summands)
    _at_most("terms of polynomials in the energies", written, MOST_POWERS)
