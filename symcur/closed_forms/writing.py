"""What a reading of a model makes of components: expressions in short definitions, and how they become a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from symcur.closed_forms.common_subexpressions import Definitions
from symcur.closed_forms.form import ClosedForm
from symcur.closed_forms.ring import Exact
from symcur.program import Complex, from_sympy

Pair = tuple[sp.Expr, sp.Expr]  # real and imaginary part


def up_to_sign(values: Sequence[Exact], write: Callable[[Exact], Pair]) -> list[Pair]:
    """What ``write`` makes of each value; the components of symmetric and antisymmetric tensors are written once."""
    known: list[tuple[Exact, Pair]] = []
    parts: list[Pair] = []
    for value in (value.reduced() for value in values):
        pair = next((pair for other, pair in known if other.same(value)), None)
        if pair is None:
            opposite = next((pair for other, pair in known if other.same(-value)), None)
            pair = write(value) if opposite is None else (-opposite[0], -opposite[1])
            known.append((value, pair))
        parts.append(pair)
    return parts


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
