"""What an expansion of a closed form is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from symcur.closed_forms import cards
from symcur.display import Card, Shown


@dataclass(frozen=True, eq=False)
class Series(Shown):
    """sum_n c_n t^n up to t^order; ``t`` is the variable less the point, 1/variable, or 1 where all momenta are scaled.

    ``coefficients`` maps each power whose coefficient is not zero to a ``ClosedForm`` of the shape of the quantity. Their
    energy symbol stands for the energy at the point of expansion, unless it is put in by ``explicit``. Of a ``BlockForm`` they
    are such forms, and ``expressions`` has an axis of blocks in front.
    """

    t: sp.Expr
    order: int
    coefficients: Mapping[int, Any]
    shape: tuple[int, ...]

    def explicit(self, band: int) -> Series:
        """The same with the energy of the band (from 0, ascending) at the point of expansion put in."""
        return replace(self, coefficients={n: form.explicit(band) for n, form in self.coefficients.items()})

    @property
    def expressions(self) -> sp.Array:
        """The sum, component by component; momenta that are scaled stand without their factor."""
        arrays = {n: form.expressions for n, form in sorted(self.coefficients.items())}
        shape = next((array.shape for array in arrays.values()), self.shape)
        total = [sp.Integer(0)] * int(np.prod(shape))
        for n, array in arrays.items():
            total = [a + b * self.t**n for a, b in zip(total, sp.flatten(array), strict=True)]
        return sp.ImmutableDenseNDimArray(total, shape)

    def card(self) -> Card:
        """What notebooks show: what is expanded in what, and the coefficients."""
        return cards.of_series(self.t, self.order, self.coefficients)

    def __repr__(self) -> str:
        powers = ", ".join(map(str, sorted(self.coefficients))) or "none"
        return f"Series(powers {powers} of t = {self.t}, up to t^{self.order})"
