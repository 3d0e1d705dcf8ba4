"""What a reading of a model makes of components: expressions in short definitions, and how they become a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from symcur.closed_forms.common_subexpressions import Definitions
from symcur.closed_forms.form import ClosedForm
from symcur.closed_forms.reading import Pair
from symcur.program import Complex, from_sympy


@dataclass(frozen=True)
class Written:
    """Components as pairs (real, imaginary part) in the symbols of the definitions."""

    definitions: Definitions
    parts: list[Pair]
    structure: str
    names: Mapping[sp.Symbol, str]  # in LaTeX, of symbols for derivatives
    not_compared: int

    def put_into(self, form: ClosedForm) -> ClosedForm:
        """The form in these expressions."""
        known: dict[sp.Symbol, Any] = {}
        for symbol, expression in self.definitions:
            known[symbol] = from_sympy(form.program, expression, known)
        outputs = tuple(Complex(*(from_sympy(form.program, part, known).real for part in pair)) for pair in self.parts)
        results = tuple(re + sp.I * im for re, im in self.parts)
        return replace(
            form, outputs=outputs, node_labels={}, written=(self.definitions, results), structure=self.structure,
            latex_names=self.names,
        )  # fmt: skip

    def length(self, with_definitions: bool = True) -> int:
        """The number of operations."""
        results = [part for pair in self.parts for part in pair]
        return int(sp.count_ops([*results, *(e for _, e in self.definitions if with_definitions)]))
