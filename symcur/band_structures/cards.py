"""What a band structure shows of itself: H and s as matrices, its lattice, its parameters, and what is known of it."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.display import Card, Facts, Formula, as_typed

LARGEST = 8  # bands; larger matrices are not printed
_SHORT, _PAGE = 60, 600  # characters of LaTeX: of an entry that stays in its place, of a matrix whose entries all do


def card(structure: Any) -> Card:
    """Formulas, where there are some and they fit on a page, then the facts."""
    place = "superlattice" if structure.larger else "lattice" if structure.periodic else "continuum"
    kind = f"{structure.size} bands, {structure.dimension}D {place}"
    formulas = [
        matrix(name, value)
        for name in ("H", "s")
        if isinstance(value := getattr(structure, name, None), sp.MatrixBase) and value.rows <= LARGEST
    ]
    parameters = structure.arguments()["parameters"]
    facts: list[tuple[str, str | Formula]] = [
        ("parameters", Formula(", \\; ".join(_parameter(*pair) for pair in parameters.items())) if parameters else ""),
        ("lattice", _lattice(structure)),
        ("states", "" if structure.statistics.name == "Fermi" else structure.statistics.name),
        ("level", structure.level),
        ("facts", structure.facts),
        ("reference", structure.reference),
        ("remarks", "\n".join(structure.remarks)),
    ]
    return Card(structure.name, (*formulas, Facts(tuple(facts))), kind)


def matrix(name: str, value: sp.MatrixBase) -> Formula:
    """name = the matrix; long entries of a large Hermitian one have names of their own, which are said below."""
    plain = sp.latex(value, mat_str="pmatrix", mat_delim="")
    if len(plain) <= _PAGE:
        return Formula(f"{name} = {plain}")
    known: dict[sp.Expr, str] = {}
    rows, letter = [[""] * value.cols for _ in range(value.rows)], name.lower()
    for a in range(value.rows):
        for b in range(a, value.cols):
            entry = value[a, b]
            text = sp.latex(entry)
            if len(text) > _SHORT:
                sign = "-" if entry not in known and -entry in known else ""
                text = known.get(-entry if sign else entry) or known.setdefault(entry, f"{letter}_{{{a + 1}{b + 1}}}")
                rows[a][b], rows[b][a] = sign + text, f"{sign}{text}^*" if a < b else sign + text
            else:
                rows[a][b], rows[b][a] = text, sp.latex(value[b, a])
    body = r" \\ ".join(" & ".join(row) for row in rows)
    lines = [f"{name} &= \\begin{{pmatrix}}{body}\\end{{pmatrix}}"]
    lines += [f"{text} &= {sp.latex(entry)}" for entry, text in known.items()]
    return Formula("\\begin{aligned}" + r" \\ ".join(lines) + "\\end{aligned}")


def _parameter(name: Any, value: Any) -> str:
    symbol = sp.latex(name if isinstance(name, sp.Symbol) else sp.Symbol(str(name)))
    if value is None:
        return rf"{symbol} \text{{ without a value}}"
    return f"{symbol} = {sp.latex(value) if isinstance(value, sp.Basic) else _value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, int | float):
        return as_typed([value])[0]
    return rf"\text{{{''.join(c if c.isalnum() or c in ' .-' else ' ' for c in str(value))}}}"


def _lattice(structure: Any) -> str:
    if structure.cell is None:
        return ""
    exact = getattr(structure, "lattice", None)
    if isinstance(exact, sp.MatrixBase):
        vectors = [[str(x) for x in exact.row(a)] for a in range(exact.rows)]
    else:
        vectors = [as_typed(row) for row in structure.cell.vectors]
    return ", ".join(f"({', '.join(row)})" for row in vectors)
