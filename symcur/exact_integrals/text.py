"""An exact integral as LaTeX for a paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symcur.closed_forms.printed_names import given_names, own_names
from symcur.exact_integrals.pieces import interval_text
from symcur.expressions import axis_name


def latex(integral: Any, part: str | None) -> str:
    """One aligned environment: the components of a part of an ``ExactIntegral`` between band edges, then what mu is."""
    name = integral.named(part)
    pieces = [(interval, integral.between(interval, name)) for interval in integral.intervals]
    names = integral.latex_names

    def write(value: sp.Expr) -> str:
        return str(sp.latex(value, symbol_names=names))

    lines: list[str] = []
    known: dict[tuple[sp.Expr, ...], str] = {}
    for axes in np.ndindex(integral.components[name].shape):
        cases = tuple(piece[axes] for _, piece in pieces)
        if not any(cases):
            continue
        label = rf"{_text(name)}^{{{''.join(map(axis_name, axes))}}}"
        same, opposite = (tuple(sp.expand(sign * value) for value in cases) for sign in (1, -1))
        if same in known or opposite in known:
            lines.append(f"{label} &= {known[same] if same in known else '-' + known[opposite]}")
            continue
        known[same] = label
        rows = r" \\ ".join(
            rf"{write(value)} & {interval_text(integral.mu, interval, write)}"
            for value, (interval, _) in zip(cases, pieces, strict=True)
        )
        lines.append(rf"{label} &= \begin{{cases}} {rows} \end{{cases}}")
    lines = (
        [*lines, rf"\text{{where }}{write(integral.mu)} &: \text{{the chemical potential}}"]
        if lines
        else [f"{_text(name)} &= 0"]
    )
    body = " \\\\\n".join(lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def latex_names(integral: Any) -> dict[sp.Symbol, str]:
    """How each symbol is printed: parameters as they are called, and mu, T and k_F so that they print like none of them."""
    given = given_names(integral.symbols[1:], ["e", "i", r"\pi"])
    own = {integral.mu: r"\mu", integral.temperature: "T", integral.fermi_momentum: "k_{F}"}
    return given | own_names(own, given.values())


def _text(name: str) -> str:
    return rf"\mathrm{{{name.replace('_', ' ')}}}"
