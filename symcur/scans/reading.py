"""Results and scans read back from their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from symcur import observables
from symcur.observables.labelled import read_dataset
from symcur.observables.stored import plain_data, result_of
from symcur.scans.store import scan_in

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
        if dataset.attrs["holds"] == "scan":
            return scan_in(path, dataset)
        return result_of(path, plain_data(path, dataset))
    return observables.load(path)
