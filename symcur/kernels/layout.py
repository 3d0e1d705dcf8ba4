"""Which rows of a program's results are which components of which quantity."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from symcur.arrays import AnyArray, Array, ObjectArray

_FLOAT = np.dtype(float)

_LENGTHS = 256  # of rows whose places are known at a time

_Place = tuple[str, tuple[int, ...], int, tuple[int, ...], int]


class Layout:
    """Rows (component, band) for each quantity, so that no quantity has to be transposed.

    ``nodes`` are the rows, ``labels`` name them, ``shapes`` are those of one point, ``is_complex`` tells which
    quantities have a second set of rows for the imaginary part.
    """

    def __init__(self, values: Mapping[str, ObjectArray]) -> None:
        """``values``: for each quantity an object array (band, components...) of Complex."""
        self.shapes = {name: value.shape for name, value in values.items()}
        self.is_complex = {name: any(not x.imag.is_zero for x in value.flat) for name, value in values.items()}
        self.labels: list[str] = []
        self.nodes: list[int] = []
        self.start: dict[str, int] = {}
        self._places: dict[int, list[_Place]] = {}
        for name, value in values.items():
            self.start[name] = len(self.nodes)
            for part in ("real", "imag")[: 1 + self.is_complex[name]]:
                suffix = f".{part}" if self.is_complex[name] else ""
                for (*component, band), entry in np.ndenumerate(np.moveaxis(value, 0, -1)):
                    self.nodes.append(getattr(entry, part).node)
                    self.labels.append(f"{name}[{', '.join(map(str, (band, *component)))}]{suffix}")

    def arrays(self, rows: Array, count: int) -> dict[str, AnyArray]:
        """{quantity: array (count, band, components...)} at the first points of contiguous rows, for real ones without copying."""
        if count == 0:
            return {name: np.empty((0, *shape)) for name, shape in self.shapes.items()}
        places = self._places.get(rows.strides[0])
        if places is None:
            if len(self._places) >= _LENGTHS:
                self._places.clear()
            places = self._places[rows.strides[0]] = self._located(rows.strides[0])
        found: dict[str, AnyArray] = {}
        for name, shape, start, strides, imaginary in places:
            value = np.ndarray((count, *shape), _FLOAT, rows, start, strides)
            if imaginary:
                value = value + 1j * np.ndarray((count, *shape), _FLOAT, rows, imaginary, strides)
            found[name] = value
        return found

    def _located(self, row: int) -> list[_Place]:
        """Where quantities lie in rows of so many bytes: their first number, the strides of the array, and the first imaginary part, or 0."""
        places = []
        for name, shape in self.shapes.items():
            steps = (
                1,
                *(prod((shape[0], *shape[j:])) for j in range(2, len(shape) + 1)),
            )  # in rows, to the next band and component
            imaginary = (self.start[name] + prod(shape)) * row if self.is_complex[name] else 0
            strides = (_FLOAT.itemsize, *(row * step for step in steps))
            places.append((name, shape, row * self.start[name], strides, imaginary))
        return places
