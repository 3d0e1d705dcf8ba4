"""One energy, that of all bands: P = 1 and S = 0."""

from __future__ import annotations

import numpy as np
import sympy as sp

from symcur.closed_forms.entries import Entries
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.reading import Reading
from symcur.closed_forms.ring import Exact, NotExact
from symcur.expressions import MatrixInterpreter
from symcur.expressions.interpreter import shifted


class OneLevel(Reading):
    """Reads the expressions of a model whose H is a multiple of 1, as a block of one band is; one object serves all."""

    structure = "one energy: P = 1, S = 0"

    def __init__(self, entries: Entries, energy: sp.Symbol, symbols: dict[str, sp.Symbol]) -> None:
        super().__init__(entries, energy, symbols)
        if not all(entry.is_zero for entry in entries.traceless.flat):
            raise NotExact(f"{entries.model.name}: H is no multiple of 1")
        self.rank = entries.model.size
        nothing = np.full_like(entries.traceless, self.ring.zero)
        self.interpreter = MatrixInterpreter(
            entries.operator,
            shifted(nothing, self.ring.one),
            lambda power: nothing,
            self.rank,
            self.scalar,
            Exact.part,
        )

    def real(self, value: Exact) -> sp.Expr:
        value = self.quotient(value, {}).numerator
        is_energy = (value - self.middle).reduced().is_zero and not value.is_zero
        return self.energy if is_energy else written(value).expression
