"""Files as bytes or lines, plain or compressed; what does not fit is told by file, line and what was expected."""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from symcur.arrays import Array
from symcur.files import shortened

LARGEST = 1e30  # no number in eV or Angstrom is as large
_LONGEST = 10_000  # characters of a line


def require_file(path: Path) -> None:
    if not path.is_file():
        raise ValueError(f"{path}: expected a file, got {'a directory' if path.is_dir() else 'nothing of this name'}")


def content(path: Path) -> bytes:
    """The bytes of a file, decompressed where it begins as gzip or bzip2 files do."""
    require_file(path)
    data = path.read_bytes()
    unpack = gzip.decompress if data[:2] == b"\x1f\x8b" else bz2.decompress if data[:3] == b"BZh" else bytes
    try:
        return unpack(data)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"{path}: expected a whole compressed file, got one that fails: {error}") from None


class Lines:
    """The lines of a text file, taken one after the other."""

    def __init__(self, path: Path, lines: list[str] | None = None) -> None:
        """The lines of the file, or those of them that are given."""
        self.path, self.at = path, 0
        self.lines = content(path).decode("latin-1").split("\n") if lines is None else lines

    def error(self, expected: str, got: str | None = None, at: int | None = None) -> ValueError:
        """An error about line ``at``, counted from 0; by default the one that was taken last."""
        number = self.at - 1 if at is None else at
        if got is None:
            got = shortened(self.lines[number].strip()) if number < len(self.lines) else "the end of the file"
        return ValueError(f"{self.path}, line {number + 1}: expected {expected}, got {got}")

    def line(self, expected: str, *, blank: bool = False) -> str:
        """The next line, one that is not blank unless a blank one may stand there."""
        while self.at < len(self.lines):
            self.at += 1
            text = self.lines[self.at - 1].strip()
            if len(text) > _LONGEST:
                raise self.error(f"{expected} in a line of text", f"one of {len(text)} characters")
            if text or blank:
                return text
        self.at = len(self.lines) + 1
        raise self.error(expected)

    def integers(self, count: int, expected: str) -> list[int]:
        """A line of so many integers."""
        words = self.line(expected).split()
        try:
            numbers = [int(word) for word in words]
        except ValueError:
            raise self.error(expected) from None
        if len(numbers) != count:
            raise self.error(expected)
        return numbers

    def count(self, expected: str, most: int = 10**7) -> int:
        """A line of one positive integer."""
        [number] = self.integers(1, expected)
        if not 0 < number <= most:
            raise self.error(f"{expected}, from 1 to {most}")
        return number

    def flowing(self, count: int, expected: str) -> Array:
        """So many numbers, in as many lines as they take."""
        found: list[float] = []
        while len(found) < count:
            text = self.line(f"{expected}: {count} numbers, of which {len(found)} were found")
            found.extend(self.numbers(text.split(), expected))
        if len(found) != count:
            raise self.error(f"{expected}: {count} numbers, the last in this line")
        return np.array(found)

    def table(self, rows: int, columns: int, expected: str) -> Array:
        """So many lines of so many numbers, shape (rows, columns); blank lines before them are passed over."""
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1
        block = self.lines[self.at : self.at + rows]
        try:
            if len(block) == rows and max(map(len, block), default=0) <= _LONGEST:
                found = np.loadtxt(block, dtype=float, ndmin=2, comments=None)
                if found.shape == (rows, columns) and (np.abs(found) < LARGEST).all():
                    self.at += rows
                    return np.asarray(found)
        except ValueError:
            pass
        return self._table_by_lines(rows, columns, expected)

    def _table_by_lines(self, rows: int, columns: int, expected: str) -> Array:
        found: list[Array] = []
        for number in range(rows):
            expectation = f"{expected}: {columns} numbers (line {number + 1} of {rows})"
            words = self.line(expectation).split()
            if len(words) != columns:
                raise self.error(expectation)
            found.append(self.numbers(words, expectation))
        return np.array(found)

    def require_end(self) -> None:
        rest = next((n for n in range(self.at, len(self.lines)) if self.lines[n].strip()), None)
        if rest is not None:
            raise self.error("the end of the file", at=rest)

    def numbers(self, words: Sequence[str], expected: str) -> Array:
        """Words of the line that was taken last as finite numbers."""
        try:
            numbers = [fortran_number(word) for word in words]
        except ValueError:
            raise self.error(expected) from None
        if not (np.abs(numbers) < LARGEST).all():
            raise self.error(f"{expected}, finite")
        return np.array(numbers)


def fortran_number(word: str) -> float:
    """A number as Fortran writes it: 1.0D-3, and 1.0-101 where the exponent has three digits."""
    try:
        return float(word)
    except ValueError:
        return float(re.sub(r"(?<=[\d.])[dDeE]?([+-]\d+)$", r"e\1", word))
