"""The table of all linear relations among the quantities, what follows from them by d_i and v^i, and words, kind by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symcur import expressions as ex
from symcur.expressions import Expression
from symcur.identities.linear_relations import Relations, relations
from symcur.identities.stated import Stated, stated
from symcur.identities.words import Kind, kinds_of, quantities_of, words
from symcur.quantities import QUANTITIES
from symcur.typed import plain, read


@dataclass(frozen=True)
class Table:
    """The relations of one kind: among quantities, sorted by what the ledger states, and all with words among them."""

    kind: Kind
    stated: Stated
    words: Relations | None = None

    @property
    def quantities(self) -> Relations:
        return self.stated.relations


def tables(longest: int) -> Iterator[Table]:
    """One table for every kind that a quantity has, with all words of up to ``longest`` letters behind their P."""
    found = {kind for quantity in QUANTITIES if not quantity.operator for kind in kinds_of(quantity.expression())}
    for kind in sorted(found, key=lambda kind: (len(kind.axes), len(kind.operators), -kind.energy)):
        known = terms(kind)
        yield Table(kind, stated(relations([], known)), relations([], [*known, *words(kind, longest)]))


def integrals() -> Iterator[Table]:
    """Tables of integrands with f and g, and of filled bands, up to total derivatives with primitives found by themselves.

    Derivatives of quantities are left out: by parts they are products with velocities, or nothing.
    """
    f, g = ex.Occupation("f"), ex.Occupation("g")
    for axes in (("i",), ("i", "l")):
        kind = Kind(axes, ("s",), 1)
        integrands = [f * x for x in _without_derivatives(kind)] + [g * x for x in _without_derivatives(kind.lower())]
        yield Table(kind, stated(relations([], integrands, axes)))
    kind = Kind(("i", "l"), ("s",), 0)
    yield Table(kind, stated(relations([], _without_derivatives(kind), ("i", "l"))))


def _without_derivatives(kind: Kind) -> list[Expression]:
    return [x for x in terms(kind) if not any(isinstance(part, ex.Derivative) for part in (x, *x.children))]


def terms(kind: Kind) -> list[Expression]:
    """All quantities of this kind with their axes in all orders, derivatives of quantities, and velocities times these."""
    found = quantities_of(kind)
    for axis in dict.fromkeys(kind.axes):
        found += [ex.Derivative(axis, x) for x in terms(kind.without(axis)) if not isinstance(x, ex.Product)]
        products = (ex.v_band(axis) * x for x in terms(kind.without(axis).lower()))
        found += map(read, map(plain, products))  # v^i_n s_n is the quantity v^i s
    return list(dict.fromkeys(found))
