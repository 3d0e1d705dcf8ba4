"""Where the numbers of a kernel go: rows of a program's output, and the arrays that the caller sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symcur.kernels.program import Complex


class Layout:
    """Rows (component, band) for each quantity, so that no quantity has to be transposed.

    ``nodes`` are the rows, ``labels`` name them, ``shapes`` are those of one point, ``is_complex`` tells which
    quantities have a second set of rows for the imaginary part.
    """

    def __init__(self, values: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """``values``: for each quantity an object array (band, components...) of Complex."""
        self.shapes = {name: value.shape for name, value in values.items()}
        self.is_complex = {name: any(not x.imag.is_zero for x in value.flat) for name, value in values.items()}
        self.labels: list[str] = []
        self.nodes: list[int] = []
        self.start: dict[str, int] = {}
        for name, value in values.items():
            self.start[name] = len(self.nodes)
            for part in ("real", "imag")[: 1 + self.is_complex[name]]:
                suffix = f".{part}" if self.is_complex[name] else ""
                for component in np.ndindex(value.shape[1:]):
                    for band in range(len(value)):
                        entry: Complex = value[(band, *component)]
                        self.nodes.append(getattr(entry, part).node)
                        self.labels.append(f"{name}[{', '.join(map(str, (band, *component)))}]{suffix}")

    def view(self, name: str, rows: NDArray[np.float64]) -> NDArray[Any]:
        """The array (n, band, components...) of a quantity, for a real one without copying."""
        band, *components = self.shapes[name]
        length, start = int(np.prod(self.shapes[name])), self.start[name]

        def part(first: int) -> NDArray[np.float64]:
            block = rows[first : first + length].reshape(*components, band, -1)
            return np.moveaxis(block, (-1, -2), (0, 1))

        return part(start) + 1j * part(start + length) if self.is_complex[name] else part(start)
