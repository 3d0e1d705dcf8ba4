"""What a sweep has summed, kept in a file: an interrupted sweep goes on from there and ends at bitwise the same numbers."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import numpy as np

from symcur import files
from symcur.arrays import AnyArray

EVERY = 5.0  # seconds between two writings


class Record:
    """Sums by name, each with how many of its terms are in, and the file that holds them.

    The file is written whole or not at all, every few seconds and at the end; it belongs to one integral on one kind of machine,
    which a ``key`` tells. Where it cannot be written, as on a full disk, the sweep goes on and ``trouble`` says so, until it can.
    """

    def __init__(self, path: str | Path) -> None:
        files.require_writable("record", path)
        self.path, self.key, self.trouble = Path(path), "", ""
        self._sums: dict[str, tuple[int, AnyArray]] = {}
        self._written, self._changed = monotonic(), False

    def open(self, key: str) -> None:
        """Begin, or go on with what the file holds; ValueError where it is of another integral, or damaged."""
        if key != self.key:
            self.key, self._sums = key, _read(self.path, key) if self.path.exists() else {}

    def found(self, name: str) -> tuple[int, AnyArray | None]:
        """How many terms of a sum are in, and their sum; 0 and None where there are none."""
        return self._sums.get(name, (0, None))

    def arrays(self, *names: str) -> list[AnyArray]:
        """What was kept under some names that belong together; nothing where that is not all."""
        return [self._sums[name][1] for name in names] if all(name in self._sums for name in names) else []

    def keep(self, name: str, count: int, total: AnyArray) -> None:
        """A sum of so many terms; it goes to the file with the next writing."""
        self.keep_all(count, {name: total})

    def keep_all(self, count: int, totals: Mapping[str, AnyArray]) -> None:
        """Several that belong together."""
        self._sums |= {name: (count, total) for name, total in totals.items()}
        self._changed = True
        if monotonic() - self._written > EVERY:
            self.write()

    def write(self) -> None:
        """Write the file, if there is anything new; nothing is raised where that fails."""
        if not self._changed:
            return
        head = json.dumps({"key": self.key, "counts": {name: count for name, (count, _) in self._sums.items()}})
        memory = io.BytesIO()
        np.savez(memory, np.array(head), *(total for _, total in self._sums.values()))
        self._written = monotonic()
        try:
            files.write(self.path, memory.getvalue())
        except OSError as error:
            self.trouble = f"the sums could not be written to {self.path} ({error.strerror})"
        else:
            self._changed, self.trouble = False, ""


def _read(path: Path, key: str) -> dict[str, tuple[int, AnyArray]]:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
            head = json.loads(str(data["arr_0"]))
            own, counts = head["key"], head["counts"]
            sums = {name: (int(count), data[f"arr_{n + 1}"]) for n, (name, count) in enumerate(counts.items())}
    except Exception as error:  # zipfile, NumPy and JSON have each their own for a damaged file
        raise ValueError(
            f"record: expected the sums of an interrupted sweep, got {path}, which is no such file or damaged "
            f"({type(error).__name__})"
        ) from None
    if own != key:
        raise ValueError(
            f"record: expected the sums of this integral, got {path}, which is of another one (model, s, mu, temperature, mesh, "
            "window, memory, version or machine differ); remove it or name another file"
        )
    return sums
