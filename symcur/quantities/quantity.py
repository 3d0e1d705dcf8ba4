"""What a band quantity is: a word, its indices, its unit and its places in the paper."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from symcur.words import Axis, Named, Word, axis_name


@dataclass(frozen=True)
class Quantity:
    """A quantity of one band (or multiplet), as a function of Cartesian axes.

    ``indices`` are the names of the axes in the paper's order; ``definition(*axes)`` is the word; ``template`` is its
    LaTeX symbol with the indices as <i>, <l>. ``where`` maps the versions A (first preprint), B (revised), C (the Letter)
    to places.
    ``operator`` marks a word that is an operator (not traced): its components are matrices.
    """

    name: str
    indices: tuple[str, ...]
    definition: Callable[..., Word]
    template: str
    unit: str
    meaning: str
    where: Mapping[str, str] = field(default_factory=dict)
    operator: bool = False

    def word(self, *axes: Axis) -> Word:
        """The word at the given axes; without any, at free axes named as the indices."""
        chosen = axes or self.indices
        if len(chosen) != len(self.indices):
            raise ValueError(
                f"{self.name}: {len(chosen)} axes came; it has the indices {', '.join(self.indices) or '(none)'}"
            )
        return self.definition(*chosen)

    def named(self, *axes: Axis) -> Named:
        """The same, printed by its symbol inside other words."""
        return Named(self.symbol(*axes), self.word(*axes), hermitian=not self.operator)

    def symbol(self, *axes: Axis) -> str:
        """The LaTeX symbol at the given axes; without any, at the free indices."""
        symbol = self.template
        for index, axis in zip(self.indices, axes or self.indices, strict=True):
            symbol = symbol.replace(f"<{index}>", axis_name(axis))
        return symbol

    def components(self, dimension: int) -> list[tuple[int, ...]]:
        """All choices of axes in ``dimension`` dimensions, last index fastest."""
        return list(itertools.product(range(dimension), repeat=len(self.indices)))
