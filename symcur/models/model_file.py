"""Models in TOML files: parameters, momenta, H and s as formulas, or hoppings. Reading such a file runs nothing.

A file of formulas, read as a ``Model``::

    name = "chern"                                       # name, reference and facts may be left out
    k = ["k_x", "k_y"]
    lattice = [[1, 0], [0, 1]]                           # left out in the continuum
    H = "t*(sin(k_x)*sigma_x + sin(k_y)*sigma_y) + m*sigma_z"
    s = [["1/2", 0], [0, "-1/2"]]                        # a matrix formula, as H above, or rows of entries

    [parameters]
    t = 1
    M = -1

    [definitions]                                        # each in the names before it
    m = "M + cos(k_x) + cos(k_y)"

A file of numbers, read as a ``NumericModel``, see ``Model.from_hoppings``::

    lattice = [[1]]
    positions = [[0], [0.5]]                             # 0 where left out
    s = [[1, 0], [0, -1]]

    [[hoppings]]
    R = [0]
    t = [[0, 1], [1, 0]]

The formulas are those of ``symcur.models.grammar``, within its bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sympy as sp

from symcur import files
from symcur.band_structures import BandStructure, Model
from symcur.files import shortened
from symcur.models import grammar
from symcur.models.grammar import CONSTANTS, NotInGrammar, Term, formula

MOST_TEXT = 50_000  # characters of all formulas together
MOST_NAMES = 100
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)
_ABOUT = ("name", "reference", "facts")
_KEYS = (*_ABOUT, "k", "parameters", "definitions", "lattice", "H", "s", "hoppings", "positions")


def load(path: str | Path) -> BandStructure:
    """The model in a TOML file, as ``symcur.models.model_file`` describes it. Nothing in the file is run.

    Raises ValueError or TypeError that names the entry, what was expected and what was given.
    """
    path = Path(path)
    try:
        return _model(files.toml_table("model", path), path.stem)
    except (ArithmeticError, AttributeError, MemoryError, RecursionError) as error:
        raise ValueError(f"model: expected formulas that can be evaluated, got {path} ({error})") from error


def _model(table: Mapping[str, Any], stem: str) -> BandStructure:
    kind = ("k", "parameters", "definitions", "H") if "H" in table else ("hoppings", "positions")
    for key in table:
        if key not in (*_ABOUT, "lattice", "s", *kind):
            got = f"{key} {'beside' if 'H' in table else 'without'} H" if key in _KEYS else shortened(key)
            raise ValueError(
                f"{key if key in _KEYS else shortened(key)}: expected H and s with k, parameters, definitions and lattice, or "
                f"hoppings and s with lattice and positions, got {got}"
            )
    about = {"name": stem} | {key: _words(key, table[key]) for key in _ABOUT if key in table}
    reader = _Reader()
    if "H" in table:
        return _of_formulas(table, reader, about)
    if "hoppings" not in table:
        raise ValueError("H: expected H or hoppings in the file, got neither")
    return _of_hoppings(table, reader, about)


def _of_formulas(table: Mapping[str, Any], reader: _Reader, about: dict[str, str]) -> Model:
    names = _required(table, "k", list)
    if not 1 <= len(names) <= 3:
        raise ValueError(f"k: expected the names of one to three momenta, got {len(names)}")
    k = tuple(reader.symbol("k", name) for name in names)
    values = {
        name: reader.read(f"parameters.{name}", value, CONSTANTS).value if isinstance(value, str) else value
        for name, value in _optional(table, "parameters", dict).items()
    }
    for name, value in values.items():
        if isinstance(value, bool):
            raise ValueError(f"parameters.{name}: expected a number or a formula, got {str(value).lower()}")
    parameters = {reader.symbol("parameters", name): value for name, value in values.items()}
    for name, value in _optional(table, "definitions", dict).items():
        reader.define("definitions", name, reader.read(f"definitions.{name}", value, reader.names))
    return Model(
        reader.matrix("H", table["H"]),
        reader.matrix("s", _required(table, "s", str | list | int | float)),
        k,
        parameters,
        None if "lattice" not in table else reader.rows("lattice", table["lattice"], CONSTANTS),
        **about,
    )


def _of_hoppings(table: Mapping[str, Any], reader: _Reader, about: dict[str, str]) -> BandStructure:
    hoppings: dict[tuple[int, ...], list[list[complex]]] = {}
    for number, item in enumerate(_required(table, "hoppings", list)):
        label = f"hoppings[{number}]"
        if not isinstance(item, dict) or set(item) != {"R", "t"} or not isinstance(item["R"], list):
            raise ValueError(f"{label}: expected a table of R, a list of integers, and t, a matrix")
        R = tuple(item["R"])
        if not all(type(n) is int and abs(n) < 10**6 for n in R) or R in hoppings:
            raise ValueError(f"{label}.R: expected integers, and every R once, got {shortened(str(item['R']))}")
        hoppings[R] = reader.numbers(f"{label}.t", item["t"])
    positions = reader.numbers("positions", table["positions"]) if "positions" in table else None
    s = reader.numbers("s", _required(table, "s", list))
    lattice = reader.numbers("lattice", _required(table, "lattice", list))
    for label, rows in (("lattice", lattice), ("positions", positions or [])):
        if any(entry.imag for row in rows for entry in row):
            raise ValueError(f"{label}: expected real numbers, got complex ones")
    real = [[[entry.real for entry in row] for row in rows] for rows in (lattice, positions or [])]
    return Model.from_hoppings(hoppings, s, real[0], positions=real[1] if positions else None, **about)


class _Reader:
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


def _required(table: Mapping[str, Any], key: str, kind: Any) -> Any:
    if not isinstance(table.get(key), kind):
        raise ValueError(f"{key}: expected an entry of this name in the file, got {shortened(str(table.get(key)))}")
    return table[key]


def _optional(table: Mapping[str, Any], key: str, kind: Any) -> Any:
    return _required(table, key, kind) if key in table else kind()


def _words(key: str, value: Any) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text.isprintable() or not 0 < len(text) <= 1000:
        raise ValueError(f"{key}: expected up to 1000 printable characters, got {shortened(repr(value))}")
    return text
