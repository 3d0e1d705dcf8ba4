"""Unformatted sequential files of Fortran: records between two 4-byte lengths, of either byte order."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from symcur.arrays import AnyArray
from symcur.materials.text_files import LARGEST

_MARK = 4  # bytes


class Records:
    """The records of a file, taken one after the other; what does not fit raises ValueError with the file and the record."""

    def __init__(self, path: Path, data: bytes, first: int) -> None:
        """``first`` is the length in bytes that the first record must have; it tells the byte order."""
        self.path, self.data, self.at, self.number = path, data, 0, 0
        for self.order in "<>":
            if data[:_MARK] == np.array(first, dtype=f"{self.order}i4").tobytes():
                return
        raise ValueError(
            f"{path}: expected an unformatted Fortran file with a first record of {first} bytes, got another"
        )

    def take(self, kind: str, count: int, expected: str) -> AnyArray:
        """The next record as so many numbers: kind "i4", "f8", "c16" or "S1"."""
        self.number += 1
        raw = self._record(expected)
        if len(raw) != count * np.dtype(kind).itemsize:
            raise self.error(
                f"{expected} in {count * np.dtype(kind).itemsize} bytes ({count} of kind {kind})", f"{len(raw)} bytes"
            )
        found = np.frombuffer(raw, dtype=kind if kind[0] == "S" else self.order + kind)
        if kind[0] in "fc" and not (np.abs(found) < LARGEST).all():
            raise self.error(f"{expected}, finite", "NaN, infinity or a number beyond all scales")
        return found.astype(kind)

    def _record(self, expected: str) -> bytes:
        """One record; those of 2 GB and more come in parts, all but the last with a negative length."""
        parts, more = [], True
        while more:
            length = self._length(self.at, expected)
            more, size = length < 0, abs(length)
            start, end = self.at + _MARK, self.at + _MARK + size
            if end + _MARK > len(self.data) or abs(self._length(end, expected)) != size:
                raise self.error(expected, "the end of the file or a damaged record")
            parts.append(self.data[start:end])
            self.at = end + _MARK
        return b"".join(parts) if len(parts) > 1 else parts[0]

    def _length(self, at: int, expected: str) -> int:
        mark = self.data[at : at + _MARK]
        if len(mark) < _MARK:
            raise self.error(expected, "the end of the file")
        return int(np.frombuffer(mark, dtype=f"{self.order}i4")[0])

    def require_end(self) -> None:
        if self.at != len(self.data):
            self.number += 1
            raise self.error("the end of the file", "more data")

    def error(self, expected: str, got: str) -> ValueError:
        return ValueError(f"{self.path}, record {self.number}: expected {expected}, got {got}")
