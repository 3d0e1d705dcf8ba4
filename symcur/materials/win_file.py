"""``.win``, the input of Wannier90: lattice, atoms, mesh and projections. Format: the Wannier90 user guide, chapter "Parameters"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from symcur.arrays import Array, Indices
from symcur.materials.text_files import Lines

BOHR = 0.529177210903  # Angstrom, CODATA 2018
_YES = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


@dataclass(frozen=True)
class WinFile:
    """``lattice`` (3, 3) in Angstrom and ``atoms``, {species: positions (n, 3) in fractions of it}, both in the order of the file;
    ``keywords`` in lower case; ``projections``: that block, without its units."""

    path: Path
    keywords: Mapping[str, str]
    lattice: Array | None
    atoms: Mapping[str, list[list[float]]]
    projections: str

    def integers(self, name: str, count: int) -> Indices | None:
        """The value of a keyword as positive integers, None where it is not given."""
        if name not in self.keywords:
            return None
        words = re.split(r"[\s,]+", self.keywords[name].strip())
        if len(words) != count or not all(re.fullmatch(r"0*[1-9]\d{0,8}", word) for word in words):
            raise ValueError(f"{self.path}: expected {name} = {count} positive integers, got {self.keywords[name]!r}")
        return np.array([int(word) for word in words])

    def logical(self, name: str, default: bool) -> bool:
        value = self.keywords.get(name)
        found = default if value is None else _YES.get(value.strip(". ").lower())
        if found is None:
            raise ValueError(f"{self.path}: expected {name} = true or false, got {value!r}")
        return found


def read_win(path: Path) -> WinFile:
    """Raises ValueError by file and line."""
    file = Lines(path)
    keywords: dict[str, str] = {}
    blocks: dict[str, Lines] = {}
    while file.at < len(file.lines):
        text = _bare(file.line("", blank=True))
        if opening := re.fullmatch(r"begin\s+(\w+)", text.lower()):
            name, start = opening[1], file.at
            if name in blocks:
                raise file.error(f"one block {name}", "a second one")
            while not re.fullmatch(rf"end\s+{name}", _bare(file.line(f"'end {name}'", blank=True)).lower()):
                pass
            lines = [
                "",
                *map(_bare, file.lines[: file.at - 1]),
            ]  # blank before the block, so that lines keep their numbers
            blocks[name] = Lines(path, ["" if n < start else line for n, line in enumerate(lines[1:])])
        elif setting := re.fullmatch(r"(\w+)\s*[=:\s]\s*(.*)", text):
            keywords[setting[1].lower()] = setting[2]
    lattice = _in_units(blocks["unit_cell_cart"], 3) if "unit_cell_cart" in blocks else None
    if lattice is not None and abs(np.linalg.det(lattice)) < 1e-9:
        raise ValueError(f"{path}: expected independent primitive vectors in unit_cell_cart, got {lattice.tolist()}")
    lines = blocks["projections"].lines if "projections" in blocks else []
    projections = "\n".join(line for line in map(str.strip, lines) if ":" in line)
    return WinFile(path, keywords, lattice, _atoms(blocks, lattice), projections)


def _bare(text: str) -> str:
    """A line without its comment."""
    return re.split("[!#]", text, maxsplit=1)[0].strip()


def _unit(block: Lines) -> float:
    """The unit that a block may begin with, in Angstrom."""
    start = block.at
    word = block.line("a unit or a vector").lower()
    if re.fullmatch("bohr", word):
        return BOHR
    if not re.fullmatch("ang(strom)?", word):
        block.at = start
    return 1.0


def _in_units(block: Lines, rows: int) -> Array:
    unit = _unit(block)
    vectors = unit * block.table(rows, 3, "a vector of three numbers")
    block.require_end()
    return vectors


def _atoms(blocks: Mapping[str, Lines], lattice: Array | None) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    for name in ("atoms_frac", "atoms_cart"):
        if name not in blocks or found:
            continue
        block = blocks[name]
        unit = 1.0 if name == "atoms_frac" else _unit(block)
        while any(line.strip() for line in block.lines[block.at :]):
            words = block.line("an atom").split()
            if len(words) != 4:
                raise block.error("an atom: a label and three numbers")
            position = unit * block.numbers(words[1:], "an atom: a label and three numbers")
            if name == "atoms_cart":
                if lattice is None:
                    raise block.error("unit_cell_cart in a file with atoms_cart", "none")
                position = position @ np.linalg.inv(lattice)
            found.setdefault(words[0], []).append(position.tolist())
    return found
