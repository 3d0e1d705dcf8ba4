"""Centres of Wannier functions from what Wannier90 prints: ``.wout`` and ``_centres.xyz``, in Angstrom."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from symcur.arrays import Array
from symcur.materials.text_files import Lines
from symcur.materials.win_file import BOHR

_NUMBER = r"([-+]?\d*\.\d+(?:[eE][-+]?\d+)?)"
_CENTRE = re.compile(rf"\s*WF centre and spread\s+(\d+)\s+\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\)")
_VECTOR = re.compile(rf"\s*a_([123])\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s*$")


def read_wout(path: Path) -> tuple[Array, Array]:
    """The lattice (3, 3) and the centres (N, 3) of the final state, Angstrom."""
    file = Lines(path)
    unit = BOHR if any("Lattice Vectors (Bohr)" in line for line in file.lines) else 1.0
    vectors = [match.groups() for line in file.lines if (match := _VECTOR.match(line))][:3]
    if [n for n, *_ in vectors] != ["1", "2", "3"]:
        raise ValueError(
            f"{path}: expected the lines a_1, a_2, a_3 of the lattice, as in a .wout file, got {len(vectors)} of them"
        )
    last = max((n for n, line in enumerate(file.lines) if line.strip() == "Final State"), default=None)
    if last is None:
        raise ValueError(
            f"{path}: expected 'Final State' and the centres, got a file without, as of a run that did not finish"
        )
    found: list[tuple[str, ...]] = []
    for line in file.lines[last + 1 :]:
        if not (match := _CENTRE.match(line)):
            break
        found.append(match.groups())
    if not found or [int(n) for n, *_ in found] != list(range(1, len(found) + 1)):
        raise file.error("'WF centre and spread' for functions 1, 2, ... after 'Final State'", at=last + 1 + len(found))
    numbers = [np.array([list(map(float, row[1:])) for row in rows]) for rows in (vectors, found)]
    return unit * numbers[0], unit * numbers[1]


def read_xyz(path: Path) -> Array:
    """The centres (N, 3), the lines labelled X, Angstrom."""
    file = Lines(path)
    count = file.count("the number of lines that follow")
    file.line("a comment", blank=True)
    found = []
    for _ in range(count):
        label, *words = file.line(f"a label and three numbers ({count} lines)").split()
        if len(words) != 3:
            raise file.error("a label and three numbers")
        numbers = file.numbers(words, "a label and three numbers")
        if label == "X":
            found.append(numbers)
    file.require_end()
    if not found:
        raise ValueError(f"{path}: expected lines labelled X, the centres of Wannier functions, got none")
    return np.array(found)
