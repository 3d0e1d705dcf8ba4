"""What the files of models have in common: names, parameters and definitions, entries that are formulas, within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from symcur.files import shortened
from symcur.models import grammar
from symcur.models.grammar import CONSTANTS, NotInGrammar, Term, formula

MOST_TEXT = 50_000  # characters of all formulas together
MOST_NAMES = 100
ABOUT = ("name", "reference", "facts")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)


class Reader:
    """The names that are known so far, and how much text was read."""

    def __init__(self) -> None:
        self.names: dict[str, Term] = dict(CONSTANTS)
        self.text = 0

    def define(self, label: str, name: Any, term: Term) -> None:
        """Make a name known."""
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in grammar.FUNCTIONS:
            raise ValueError(f"{label}: expected names such as k_x or lambda_R, got {shortened(str(name))}")
        if name in self.names or len(self.names) >= MOST_NAMES:
            raise ValueError(
                f"{label}: expected every name once, at most {MOST_NAMES} and not {', '.join(CONSTANTS)}, got {name}"
            )
        self.names[name] = term

    def symbol(self, label: str, name: Any) -> sp.Symbol:
        """A name that stands for itself."""
        symbol = sp.Symbol(str(name), real=True)
        self.define(label, name, Term(symbol, degree=1))
        return symbol

    def parameters(self, table: Mapping[str, Any]) -> dict[sp.Symbol, Any]:
        """The values in the section [parameters], numbers or formulas without names, by symbols that are known from here on."""
        values = {
            name: self.read(f"parameters.{name}", value, CONSTANTS).value if isinstance(value, str) else value
            for name, value in optional(table, "parameters", dict).items()
        }
        for name, value in values.items():
            if isinstance(value, bool):
                raise ValueError(f"parameters.{name}: expected a number or a formula, got {str(value).lower()}")
        return {self.symbol("parameters", name): value for name, value in values.items()}

    def definitions(self, table: Mapping[str, Any]) -> None:
        """The section [definitions], each in the names before it."""
        for name, value in optional(table, "definitions", dict).items():
            self.define("definitions", name, self.read(f"definitions.{name}", value, self.names))

    def read(self, label: str, entry: Any, names: Mapping[str, Term]) -> Term:
        """A formula or a number."""
        try:
            if not isinstance(entry, str):
                return grammar.number(entry)
            self.text += len(entry)
            if self.text > MOST_TEXT:
                raise NotInGrammar(f"at most {MOST_TEXT} characters in all formulas together, got more")
            return formula(entry, names)
        except NotInGrammar as reason:
            raise ValueError(f"{label}: expected {reason}") from None

    def rows(self, label: str, rows: Any, names: Mapping[str, Term]) -> list[list[sp.Expr]]:
        """Rows of entries."""
        if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
            raise ValueError(f"{label}: expected rows of entries, got {shortened(str(rows))}")
        if len(rows) > grammar.LARGEST_MATRIX or {len(row) for row in rows} != {len(rows[0])}:
            raise ValueError(f"{label}: expected up to {grammar.LARGEST_MATRIX} rows of one length")
        if len(rows[0]) > grammar.LARGEST_MATRIX:
            raise ValueError(f"{label}: expected up to {grammar.LARGEST_MATRIX} columns, got {len(rows[0])}")
        terms = [list(self._row(label, a, row, names)) for a, row in enumerate(rows)]
        if sum(term.terms for row in terms for term in row) > grammar.MOST_ENTRIES:
            raise ValueError(f"{label}: expected at most {grammar.MOST_ENTRIES} terms when multiplied out, got more")
        return [[term.value for term in row] for row in terms]

    def _row(self, label: str, a: int, row: list[Any], names: Mapping[str, Term]) -> Iterator[Term]:
        for b, entry in enumerate(row):
            term = self.read(f"{label}[{a}, {b}]", entry, names)
            if term.rows:
                raise ValueError(f"{label}[{a}, {b}]: expected a number, got a matrix")
            yield term

    def matrix(self, label: str, value: Any) -> Any:
        """Rows of entries, or a formula for a matrix; a number stands for a multiple of the identity."""
        if isinstance(value, list):
            return self.rows(label, value, self.names)
        return self.read(label, value, self.names).value

    def numbers(self, label: str, rows: Any) -> list[list[complex]]:
        """Rows of complex numbers."""
        return [[complex(entry) for entry in row] for row in self.rows(label, rows, CONSTANTS)]


def required(table: Mapping[str, Any], key: str, kind: Any) -> Any:
    if not isinstance(table.get(key), kind):
        raise ValueError(f"{key}: expected an entry of this name in the file, got {shortened(str(table.get(key)))}")
    return table[key]


def optional(table: Mapping[str, Any], key: str, kind: Any) -> Any:
    return required(table, key, kind) if key in table else kind()


def about(table: Mapping[str, Any], stem: str) -> dict[str, str]:
    """Name, reference and facts; the name is that of the file where it is left out."""
    return {"name": stem} | {key: _words(key, table[key]) for key in ABOUT if key in table}


def _words(key: str, value: Any) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text.isprintable() or not 0 < len(text) <= 1000:
        raise ValueError(f"{key}: expected up to 1000 printable characters, got {shortened(repr(value))}")
    return text
