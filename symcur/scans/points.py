"""The points of a scan: sets of parameter values, and the places where their numbers go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from symcur.arrays import AnyArray

Place = tuple[int | slice, ...]
"""Where a chunk stands in the arrays: one index along each dimension of the points, and a slice along the last."""
POINT = "point"  # the dimension of paired values
TAKEN = ("mu", "temperature", "part", "flow", "field", "i", "l", POINT, "value", "error", "status", "message")


class Points:
    """Every combination of the values of some parameters, or their pairs; ``shape`` counts them along ``dims``."""

    def __init__(self, parameters: Mapping[Any, Any], paired: bool = False) -> None:
        if not isinstance(parameters, Mapping) or not parameters:
            raise TypeError(f"parameters: expected a mapping from names to values, got {parameters!r}")
        self.values = {str(name): _values(str(name), given) for name, given in parameters.items()}
        if len(set(map(label, self.values))) < len(parameters):
            raise ValueError(f"parameters: expected each name once, got {', '.join(map(str, parameters))}")
        self.paired = paired
        counts = tuple(len(values) for values in self.values.values())
        if paired and len(set(counts)) > 1:
            raise ValueError(f"parameters: expected as many values of each where they are paired, got {counts}")
        self.shape = counts[:1] if paired else counts
        self.dims = (POINT,) if paired else tuple(map(label, self.values))

    @property
    def coordinates(self) -> dict[str, tuple[tuple[str, ...], AnyArray]]:
        """The values along the dimensions, by the label of the parameter."""
        return {
            label(name): (self.dims if self.paired else (label(name),), values) for name, values in self.values.items()
        }

    def at(self, index: tuple[int, ...]) -> dict[str, Any]:
        """The parameter set at an index."""
        where = index * len(self.values) if self.paired else index
        return {name: values[n].item() if values.dtype.kind == "f" else str(values[n])
                for n, (name, values) in zip(where, self.values.items(), strict=True)}  # fmt: skip

    def some(self, most: int) -> list[dict[str, Any]]:
        """At most so many sets from the first to the last, evenly spread."""
        total = prod(self.shape)
        flat = np.unique(np.linspace(0, total - 1, min(most, total)).round().astype(int))
        return [self.at(tuple(map(int, np.unravel_index(n, self.shape)))) for n in flat]

    def chunks(self, size: int) -> Iterator[tuple[Place, list[dict[str, Any]]]]:
        """The sets by chunks of at most so many, which follow each other along the last dimension."""
        *outer, last = self.shape
        for index in np.ndindex(*outer):
            for start in range(0, last, size):
                stop = min(start + size, last)
                yield (*index, slice(start, stop)), [self.at((*index, n)) for n in range(start, stop)]


def label(name: str) -> str:
    """What a parameter is called among the labels; ``parameter_mu`` where a label of the results has its name."""
    return f"parameter_{name}" if name in TAKEN else name


def _values(name: str, given: Any) -> AnyArray:
    values = np.asarray(given)
    if values.dtype.kind == "U":
        values = values.astype(object)
    else:
        try:
            values = values.astype(float, casting="unsafe" if values.dtype.kind in "biufO" else "no")
        except (TypeError, ValueError):
            raise TypeError(f"parameters: expected real numbers or words for {name}, got {given!r}") from None
        if not np.isfinite(values).all():
            raise ValueError(f"parameters: expected finite numbers for {name}, got {given!r}")
    if values.ndim != 1 or not len(values):
        raise ValueError(f"parameters: expected one or more values of {name}, a 1D array, got {given!r}")
    # What Zarr and NetCDF take apart.
    if not name or set("/\\") & set(name) or name.startswith((".", "_nc4_")) or name == "zarr.json":
        raise ValueError(f"parameters: expected a name that can be the name of a file, got {name!r}")
    return values
