"""What a band quantity is: an expression, its indices, its unit and its places in the paper."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from symcur.arrays import ObjectArray
from symcur.display import Card, Facts, Folded, Formula, Shown
from symcur.expressions import Axis, Expression, Named, Re, axis_name
from symcur.registry import Registry


@dataclass(frozen=True)
class Quantity(Shown):
    """A quantity of one band (or multiplet), as a function of Cartesian axes.

    ``indices`` are the names of the axes in the paper's order; ``definition(*axes)`` is the expression; ``template`` is its
    LaTeX symbol with the indices as <i>, <l>. ``where`` maps the versions A (first preprint), B (revised), C (the Letter)
    to places.
    ``operator`` marks an expression that is an operator (not traced): its components are matrices. ``local`` says why it has no
    meaning where position has elements between orbitals and [r, s] is not 0; empty where the definition stands there too.
    """

    name: str
    indices: tuple[str, ...]
    definition: Callable[..., Expression]
    template: str
    unit: str
    meaning: str
    where: Mapping[str, str] = field(default_factory=dict, hash=False)
    operator: bool = False
    local: str = ""

    def expression(self, *axes: Axis) -> Expression:
        """The expression at the given axes; without any, at free axes named as the indices."""
        chosen = axes or self.indices
        if len(chosen) != len(self.indices):
            raise ValueError(
                f"{self.name}: expected one axis for each of the indices {', '.join(self.indices) or '(none)'}, "
                f"got {len(chosen)}"
            )
        return self.definition(*chosen)

    def card(self) -> Card:
        """What notebooks show: the definition as a trace, folded the sum over states, the meaning, the unit and the places."""
        expression, symbol = self.expression(), self.symbol()
        sums = (
            () if self.operator else (Folded("sum over states", (Formula(f"{symbol} = {expression.latex('sum')}"),)),)
        )
        places = "; ".join(f"{version} {place}" for version, place in self.where.items())
        pairs = (
            ("meaning", self.meaning),
            ("indices", ", ".join(self.indices)),
            ("unit", self.unit),
            ("in the paper", places),
        )
        return Card(self.name, (Formula(f"{symbol} = {expression.latex()}"), *sums, Facts(pairs)))

    def named(self, *axes: Axis) -> Named:
        """The same, printed by its symbol inside other expressions."""
        return Named(self.symbol(*axes), self.expression(*axes), hermitian=not self.operator)

    def symbol(self, *axes: Axis) -> str:
        """The LaTeX symbol at the given axes; without any, at the free indices."""
        symbol = self.template
        for index, axis in zip(self.indices, axes or self.indices, strict=True):
            symbol = symbol.replace(f"<{index}>", axis_name(axis))
        return symbol

    def components(self, dimension: int) -> list[tuple[int, ...]]:
        """All choices of axes in ``dimension`` dimensions, last index fastest."""
        return list(itertools.product(range(dimension), repeat=len(self.indices)))


QUANTITIES: Registry[Quantity] = Registry("quantity")


define = QUANTITIES.maker(Quantity)
"""A new quantity, which from here on is known by its name everywhere; the arguments are those of ``Quantity``."""


def components(quantity: Quantity | Expression, dimension: int) -> ObjectArray:
    """The scalar expressions of a quantity, an array with one axis for each index; a quantity is real, an expression may not be."""
    if isinstance(quantity, Expression):
        return np.array(quantity, dtype=object)
    result = np.empty((dimension,) * len(quantity.indices), dtype=object)
    for axes in quantity.components(dimension):
        result[axes] = Re(quantity.expression(*axes))
    return result
