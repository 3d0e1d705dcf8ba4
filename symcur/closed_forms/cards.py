"""What a closed form shows of itself in notebooks, read off its LaTeX: the components, folded what their symbols mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symcur.display import Block, Card, Facts, Folded, Formula, Sentence

_BEGIN, _END, _BREAK, _WHERE = "\\begin{aligned}\n", "\n\\end{aligned}", " \\\\\n", r"\text{where }"


def card(name: str, model: str, latex: str, structure: str, band: int | None) -> Card:
    """The card of a form of this name of a model, whose formulas are one aligned environment."""
    shown, folded = _apart(latex)
    blocks: list[Block] = [Formula(shown)]
    if folded:
        blocks.append(Folded("where", (Formula(folded),)))
    return Card(
        f"{name} of {model}", (*blocks, Facts((("structure", structure),))), "" if band is None else f"band {band}"
    )


def of_series(t: sp.Expr, order: int, coefficients: Mapping[int, Any]) -> Card:
    """The card of an expansion: its variable, then the coefficients, whose symbols carry the power."""
    told = Facts((("in powers of", Formula(f"t = {sp.latex(t)}")), ("up to", Formula(f"t^{{{order}}}"))))
    forms = [form for _, form in sorted(coefficients.items())]
    if not forms:
        return Card("expansion", (told, Sentence("all coefficients vanish")))
    shown = (block for form in forms for block in form.card().blocks if not isinstance(block, Facts))
    name = forms[0].name.rpartition("_order_")[0]
    return Card(f"expansion of {name} of {forms[0].model.name}", (told, *shown))


def _apart(latex: str) -> tuple[str, str]:
    """The lines before the first definition, and those from there; all of them before where blocks follow each other."""
    lines = latex.removeprefix(_BEGIN).removesuffix(_END).split(_BREAK)
    starts = [j for j, line in enumerate(lines) if line.startswith(_WHERE)]
    if not latex.startswith(_BEGIN) or len(starts) != 1 or starts[0] == 0:
        return latex, ""
    first = starts[0]
    definitions = [lines[first].removeprefix(_WHERE), *lines[first + 1 :]]
    return _aligned(lines[:first]), _aligned(definitions)


def _aligned(lines: list[str]) -> str:
    return _BEGIN + _BREAK.join(lines) + _END
