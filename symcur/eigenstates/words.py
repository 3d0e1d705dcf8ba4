"""Traces multiplied out: sums of numbers times scalars times Tr[P X_1 P X_2 ...], X_j products of operators and resolvents."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, reduce
from itertools import chain, groupby, product
from typing import Any

from symcur import expressions as ex
from symcur.expressions import Expression

_SCALARS = (ex.BandEnergy, ex.Trace, ex.Re, ex.Im)
_BAND_LETTERS = (ex.Projector, ex.Resolvent, *_SCALARS, ex.Derivative, ex.Filled)
_MOST_TERMS = 64  # a product with more of them keeps its sums

Factors = tuple[Expression, ...]


@dataclass(frozen=True)
class Word:
    """coefficient x scalars x Tr[P X_1 P X_2 ...]; ``between`` holds the X_j, each as its factors."""

    coefficient: ex.Number
    scalars: Factors
    between: tuple[Factors, ...]


@cache
def words(operand: Expression) -> tuple[Word, ...]:
    """The operand of a trace. Raises ValueError where a term has no projector."""
    coefficients: dict[tuple[Factors, tuple[Factors, ...]], Any] = {}
    for word in (word for factors in _terms(operand) for word in _closed(factors)):
        key = word.scalars, word.between
        coefficients[key] = coefficients.get(key, ex.ZERO.value) + word.coefficient.value
    return tuple(Word(ex.Number(number), *key) for key, number in coefficients.items() if number)


@cache
def has_band_letters(expression: Expression) -> bool:
    """Whether anything in an expression belongs to a band."""
    return any(isinstance(node, _BAND_LETTERS) for node in ex.walk(expression))


@cache
def reversed_factors(factors: Factors) -> Factors:
    """The adjoint of a product, factor by factor."""
    return tuple(map(ex.adjoint, reversed(factors)))


@cache
def paired(terms: Factors) -> tuple[tuple[Expression, int], ...]:
    """Terms of a sum with the sign of their adjoint where that is another term, which is left out, or 0."""
    rest, result = list(terms), []
    while rest:
        term = rest.pop(0)
        partners = (
            (sign, partner) for sign, partner in ((1, ex.adjoint(term)), (-1, -ex.adjoint(term))) if partner in rest
        )
        sign, partner = next(partners, (0, term))
        result.append((term, sign))
        if sign:
            rest.remove(partner)
    return tuple(result)


@cache
def halves(factors: Factors) -> tuple[Factors, Factors]:
    """A product cut in two: after a projector where there is one, else before an operator, and then before the resolvent in front of it.

    The left part has as many operators as the right one, or one more; of two, it has the resolvent.
    """
    operators = [j for j, factor in enumerate(factors) if not isinstance(factor, ex.Projector | ex.Resolvent)]
    projectors = [j + 1 for j, factor in enumerate(factors) if _is_projector(factor)]
    if projectors:
        cut = min(projectors, key=lambda j: abs(2 * sum(place < j for place in operators) - len(operators)))
    else:
        cut = operators[(len(operators) + 1) // 2] if len(operators) > 1 else len(factors)
        if len(operators) > 2 and isinstance(factors[cut - 1], ex.Resolvent):
            cut -= 1
    return factors[:cut], factors[cut:]


@cache
def traces_alike(between: tuple[Factors, ...]) -> tuple[tuple[Factors, bool], ...]:
    """Words X_1 P X_2 P ... with the same trace over a multiplet as these, themselves first, and whether it is the conjugate one."""
    mirrored = tuple(map(reversed_factors, reversed(between)))
    return tuple(
        (reduce(lambda before, after: (*before, ex.P, *after), [*word[j:], *word[:j]]), conjugate)
        for word, conjugate in ((between, False), (mirrored, True))
        for j in range(len(word))
    )


@cache
def _terms(expression: Expression) -> tuple[Factors, ...]:
    """An operator multiplied out, down to letters, scalars and operators without band letters."""
    match expression:
        case ex.Derivative(axis, operand):
            return _terms(ex.derivative(operand, axis))
        case ex.Product(factors):
            terms = [_terms(factor) for factor in factors]
            if math.prod(map(len, terms)) <= _MOST_TERMS:
                return tuple(tuple(chain(*choice)) for choice in product(*terms))
            return (factors,)
        case ex.Sum(terms) if has_band_letters(expression):
            return tuple(chain(*map(_terms, terms)))
        case ex.Named(_, definition) if has_band_letters(expression):
            return _terms(definition)
    return ((expression,),)


def _closed(factors: Factors) -> Iterator[Word]:
    """The words of one term; where it has no projector among its factors, one of those is multiplied out that has one in every term."""
    if not any(isinstance(factor, ex.Projector) for factor in factors):
        place = next((j for j, factor in enumerate(factors) if _closes(factor)), None)
        if place is None:
            raise ValueError("Trace: expected a projector in every term, got a term without, which belongs to no band")
        for inner in _terms(factors[place]):
            yield from _closed((*factors[:place], *inner, *factors[place + 1 :]))
        return
    coefficient, scalars, letters = ex.ONE.value, [], []
    for factor in factors:
        match factor:
            case ex.Number(value):
                coefficient *= value
            case _ if isinstance(factor, _SCALARS):
                scalars.append(factor)
            case _:
                letters.append(factor)
    first = next(j for j, factor in enumerate(letters) if isinstance(factor, ex.Projector))
    rotated = letters[first + 1 :] + letters[:first]
    pieces = [tuple(_powers(list(piece))) for closing, piece in groupby(rotated, _is_projector) if not closing]
    if not any(isinstance(end, ex.Resolvent) for piece in pieces for end in (piece[0], piece[-1])):  # P S = 0
        yield Word(ex.Number(coefficient), tuple(scalars), tuple(pieces) or ((),))


def _is_projector(expression: Expression) -> bool:
    return isinstance(expression, ex.Projector)


def _powers(factors: list[Expression]) -> Iterator[Expression]:
    """S^p S^q is S^(p+q)."""
    for _, run in groupby(factors, lambda factor: isinstance(factor, ex.Resolvent)):
        same = list(run)
        powers = [S.power for S in same if isinstance(S, ex.Resolvent)]
        yield from [ex.Resolvent("n", sum(powers))] if powers else same


def _closes(expression: Expression) -> bool:
    """Whether every term of an operator contains a projector: P + S d_iP does, 1 - P does not."""
    return ex.fold(expression, _CLOSING, lambda node, *parts: False)


_CLOSING: dict[type[Expression], Callable[..., bool]] = {
    ex.Projector: lambda node: True,
    ex.Sum: lambda node, *terms: all(terms),
    ex.Product: lambda node, *factors: any(factors),
    ex.Named: lambda node, definition: definition,
    ex.Derivative: lambda node, operand: _closes(ex.derivative(node.operand, node.axis)),
}
