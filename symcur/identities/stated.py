"""Which linear relations the ledger states: by definition, as an equality of a claim, or not at all.

An equality counts as stated if, letters and brackets multiplied out and no rule applied, it is a linear combination of the
expressions of the relations; also with its axes renamed, differentiated, or times a velocity, f or g.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from sympy import QQ_I

from symcur import expressions as ex
from symcur.claims.claim import CLAIMS
from symcur.claims.prover import Equality
from symcur.expressions import Axis, Expression, is_operator, with_axes
from symcur.expressions.calculus import collected
from symcur.identities.exact_rank import Row, echelon, kernel
from symcur.identities.linear_relations import Relations

Formal = dict[Expression, Any]


@dataclass(frozen=True)
class Stated:
    """Independent equalities that generate the relations, those first that hold by definition, then those of the ledger."""

    relations: Relations
    by_definition: tuple[Equality, ...]
    by_claims: Mapping[Equality, tuple[str, ...]]  # the names of the claims
    new: tuple[Equality, ...]

    def __str__(self) -> str:
        parts = [
            ("by definition", [equality.note for equality in self.by_definition]),
            ("stated", [f"{equality.note}  ({', '.join(names)})" for equality, names in self.by_claims.items()]),
            ("not stated", [equality.note for equality in self.new]),
        ]
        return "\n".join(f"{len(found)} {title}\n" + "".join(f"  {text}\n" for text in found) for title, found in parts)


def stated(relations: Relations) -> Stated:
    """Sort the relations by whether the equalities of the ledger state them."""
    columns = _Columns(relations)
    space = list(relations.among_primitives)
    by_definition = [row for row in columns.trivial if _grows(space, row)]
    names: dict[Row, dict[str, None]] = {}
    for claim in CLAIMS:
        for equality in claim.equalities:
            if equality.role in ("claim", "corrected"):
                for row in columns.rows(equality):
                    names.setdefault(row, {})[claim.name] = None
    simplest = sorted(names, key=lambda row: sum(map(bool, row)))
    by_claims = {relations.equality(row): tuple(names[row]) for row in simplest if _grows(space, row)}
    new = [relations.equality(row) for row in relations.coefficients if _grows(space, row)]
    return Stated(relations, tuple(map(relations.equality, by_definition)), by_claims, tuple(new))


def _grows(space: list[Row], row: Row) -> bool:
    """Whether the row is independent of the space, to which it is then added."""
    if len(echelon([*space, row], range(len(row)))) == len(space):
        return False
    space.append(row)
    return True


class _Columns:
    """The expressions of relations, multiplied out."""

    def __init__(self, relations: Relations) -> None:
        self.relations = relations
        self.vectors = [formal(x) for x in relations.expressions]
        self.letters = {word for vector in self.vectors for word in vector}
        self.order = list(range(len(self.vectors)))[::-1]
        self.axes = ex.ordered(tuple({axis for x in relations.columns for axis in ex.axes_of(x)}))

    @cached_property
    def trivial(self) -> list[Row]:
        """Relations that hold before any rule is applied, in echelon form."""
        return list(echelon(kernel(self.vectors), self.order).values())

    def rows(self, equality: Equality) -> Iterator[Row]:
        """The coefficients of the equality and of its consequences, as far as these are combinations of the columns."""
        own = ex.axes_of(equality.difference)
        for chosen in itertools.permutations(self.axes, len(own)):
            words = formal(with_axes(equality.difference, dict(zip(own, chosen, strict=True))))
            for consequence in self._consequences() if words else ():
                if all(consequence(word) in self.letters for word in words):
                    vector = collected((consequence(word), value) for word, value in words.items())
                    row = self._coordinates(vector)
                    if row and self.relations.holds(row):
                        yield row

    def _consequences(self) -> Iterator[Callable[[Expression], Expression]]:
        """What is done to both sides of an equality: nothing, times v, f or g, or a derivative of it, or both."""
        steps: list[Callable[[Expression], Expression]] = [lambda word: word]
        for axis in self.axes:
            steps.append(partial(_times, ex.v_band(axis)))
            steps.append(partial(_derivative, axis))
        for step in steps:
            yield step
            for weight in (ex.Occupation("f"), ex.Occupation("g"), ex.Occupation("f", "n", 1)):
                yield partial(_weighted, weight, step)

    def _coordinates(self, vector: Formal) -> Row | None:
        """One way to write the vector by the columns; others differ by trivial relations."""
        last = len(self.vectors)
        row = echelon(kernel([*self.vectors, vector]), [last, *self.order]).get(last)
        return None if row is None else tuple(-x for x in row[:last])


@lru_cache(maxsize=4096)
def formal(expression: Expression) -> Formal:
    """A sum of words with coefficients: brackets multiplied out, abbreviations written out, and nothing else."""
    parts = [formal(child) for child in expression.children]
    terms: list[tuple[Expression, Any]]
    match expression:
        case ex.Number(value):
            terms = [(ex.ONE, value)]
        case ex.Sum():
            terms = [pair for part in parts for pair in part.items()]
        case ex.Product():
            terms = [(ex.ONE, QQ_I(1))]
            for part in parts:
                terms = [(_times(a, b), x * y) for a, x in terms for b, y in part.items()]
        case ex.Named():
            terms = list(parts[0].items())
        case ex.Re() | ex.Im():
            terms = [pair for word, value in parts[0].items() for pair in _real(expression, word, value)]
        case ex.Trace():
            terms = [(ex.Trace(word), value) for word, value in parts[0].items()]
        case ex.Derivative(axis):
            terms = [(_derivative(axis, word), value) for word, value in parts[0].items()]
        case _:
            terms = [(expression, QQ_I(1))]
    return {word: value for word, value in collected(terms).items() if value and word != ex.ZERO}


def _weighted(weight: Expression, step: Callable[[Expression], Expression], word: Expression) -> Expression:
    return _times(weight, step(word))


def _times(left: Expression, right: Expression) -> Expression:
    """The product; numbers of the band commute and stand in a fixed order."""
    product = ex.multiply(left, right)
    if isinstance(product, ex.Product) and not any(map(is_operator, product.factors)):
        return ex.multiply(*sorted(product.factors, key=repr))
    return product


def _derivative(axis: Axis, word: Expression) -> Expression:
    """Derivatives of derivatives commute and stand in a fixed order; those of numbers vanish."""
    if isinstance(word, ex.Number):
        return ex.ZERO
    if isinstance(word, ex.Derivative):
        outer, inner = ex.ordered((axis, word.axis))
        return ex.Derivative(outer, ex.Derivative(inner, word.operand))
    return ex.Derivative(axis, word)


def _real(part: Expression, word: Expression, value: Any) -> Iterator[tuple[Expression, Any]]:
    """Re (x + iy)X = x Re X - y Im X, Im (x + iy)X = x Im X + y Re X."""
    other, sign = (ex.Im, -1) if isinstance(part, ex.Re) else (ex.Re, 1)
    yield part.rebuild(word), QQ_I(value.x)
    yield other(word), QQ_I(sign * value.y)
