"""Where the numbers of a scan go: arrays in memory, and a Zarr group on disk, chunk by chunk, whole or not at all."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur import files
from symcur.observables.labelled import read_dataset
from symcur.scans.layout import MISSING, differences
from symcur.scans.points import Place

if TYPE_CHECKING:
    from xarray import Dataset

ARRAYS = ("value", "error", "message", "status")  # in the order of writing: a status says that all is there
Block = Mapping[str, Any]
"""Values, errors, messages and statuses of the points of one chunk."""


class Table:
    """The Dataset of a scan and, where a store is named, its copy on disk; ``chunk`` points are written together."""

    def __init__(self, empty: Dataset, store: str | Path | None, chunk: int) -> None:
        self.dataset, self.chunk = empty, chunk
        self.kept: dict[str, Any] = {}  # the arrays on disk
        if store is None:
            return
        path = Path(store)
        if path.exists() and not path.is_dir():
            raise ValueError(f"store: expected the name of a Zarr group, a directory, got the file {path}")
        if path.exists():
            self.dataset = scan_in(path, read_dataset(path))
            if found := differences(empty, self.dataset):
                raise ValueError(
                    f"store: expected that of this scan, got {path}, where {'; '.join(found)}; name another"
                )
        else:
            files.require_writable("store", path.with_suffix(".zarr"))
            files.write_directory(path, lambda aside: _create(aside, empty, chunk))
        import zarr

        group = zarr.open_group(path, mode="r+", zarr_format=3)
        self.kept = {name: group[name] for name in ARRAYS}
        self.chunk = int(self.kept["status"].chunks[-1])

    def has(self, place: Place) -> bool:
        return bool((self.dataset["status"].values[place] != MISSING).all())

    def put(self, place: Place, block: Block) -> int:
        """Keep the numbers of a chunk and tell of how many points; OSError where they can be kept in memory alone."""
        try:
            for name, array in self.kept.items():
                array[place] = block[name]
        except OSError:
            self._remember(place, block)
            raise
        self._remember(place, block)
        return len(block["status"])

    def _remember(self, place: Place, block: Block) -> None:
        for name in ARRAYS:
            self.dataset[name].values[place] = block[name]


def scan_in(path: Path, dataset: Dataset) -> Dataset:
    """The scan in a file or a store with these arrays; what is not there is missing."""
    if dataset.attrs["holds"] != "scan":
        raise ValueError(f"{path}: expected a scan, got a {dataset.attrs['holds']}")
    if not _is_scan(dataset):
        raise ValueError(f"{path}: expected the arrays {', '.join(ARRAYS)} of a scan, got others")
    dataset = dataset[list(ARRAYS)]
    status, value, error = (dataset[name].values for name in ("status", "value", "error"))
    # An error is never NaN, nor a value whose error is finite: where a chunk was lost with the machine, its points are missing.
    lost = (np.isnan(error) | (np.isnan(value) & np.isfinite(error))).reshape(*status.shape, -1).any(axis=-1)
    status[(status == "") | lost] = MISSING
    return dataset


def _is_scan(dataset: Dataset) -> bool:
    """Whether all arrays are there, with numbers and texts along the dimensions of the points."""
    if not set(ARRAYS) <= set(dataset.data_vars):
        return False
    points = dataset["status"].dims
    kinds = {name: dataset[name].dtype.kind for name in ARRAYS}
    return kinds == {"value": "f", "error": "f", "message": "O", "status": "O"} and all(
        dataset[name].dims[: len(points)] == points for name in ARRAYS
    )


def _create(path: Path, empty: Dataset, chunk: int) -> None:
    """The labels and attributes of a scan, and arrays without a chunk."""
    import zarr

    empty.drop_vars(ARRAYS).to_zarr(path, zarr_format=3, consolidated=False)
    group = zarr.open_group(path, mode="r+", zarr_format=3)
    points = empty["status"].shape
    for name in ARRAYS:
        variable = empty[name]
        text = variable.dtype == object
        whole = (*(1,) * (len(points) - 1), min(chunk, points[-1]), *variable.shape[len(points) :])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zarr on the kind of texts
            group.create_array(
                name,
                shape=variable.shape,
                chunks=whole,
                dtype=str if text else "float64",
                fill_value="" if text else np.nan,
                dimension_names=variable.dims,
                attributes=dict(variable.attrs),
            )
