"""Results and scans read back from their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from symcur import observables
from symcur.observables.labelled import from_dataset, read_dataset
from symcur.observables.stored import result_of
from symcur.scans.store import read_scan

if TYPE_CHECKING:
    from xarray import Dataset


def load(path: str | Path) -> observables.Result | Dataset:
    """What a file holds: a result, equal to the one that was written, or the Dataset of a scan, finished or not.

    JSON and CSV hold results; NetCDF and Zarr either, and need the extra symcur[data]. No file runs code. Raises ValueError that
    names the file where it holds something else.

    >>> import tempfile, symcur as sc
    >>> result = sc.equilibrium_current(sc.models.rice_mele(), temperature=0.2, rtol=1e-3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sc.observables.write(result, f"{folder}/current.json")
    ...     sc.load(f"{folder}/current.json") == result
    True
    """
    path = Path(path)
    if path.suffix in (".nc", ".zarr") or path.is_dir():
        dataset = read_dataset(path)
        return read_scan(path) if dataset.attrs["holds"] == "scan" else result_of(path, from_dataset(dataset))
    return observables.load(path)
