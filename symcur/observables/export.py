"""Results as files: CSV, JSON, NetCDF and Zarr, each with all that a result holds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from symcur import files
from symcur.observables.labelled import NUMBERS, attributes, finite, one_line, require_xarray
from symcur.observables.result import Result

if TYPE_CHECKING:
    from xarray import Dataset

FORMATS = (".csv", ".json", ".nc", ".zarr")
LABELLED = (".nc", ".zarr")  # need the extra symcur[data]


def require_format(label: str, path: str | Path) -> None:
    """Raise ValueError or ImportError, before the work, unless a result can be written to a file of this name."""
    files.require_writable(label, path, FORMATS)
    if Path(path).suffix in LABELLED:
        require_xarray(label)
    if Path(path).suffix == ".zarr" and Path(path).exists():
        raise ValueError(f"{label}: expected a name that nothing has, got {path}; remove it or name another")


def write(result: Result, path: str | Path) -> None:
    """Write a result; the ending of the file name chooses the format. If it fails, what was there before stays whole.

    CSV, JSON, NetCDF (netCDF4) and Zarr (a directory, format 3, never written over an older one) hold all of it, see ``load``.
    """
    path = Path(path)
    formats: dict[str, Callable[[Result], str | bytes]] = {".csv": _csv, ".json": json_text}
    if path.suffix in LABELLED:
        require_format("path", path)
        write_arrays(result.to_xarray(), path)
        return
    if path.suffix not in formats:
        raise ValueError(f"path: expected a name that ends in one of {', '.join(FORMATS)}, got {path.name}")
    files.write(path, formats[path.suffix](result))


def write_arrays(dataset: Dataset, path: str | Path) -> None:
    """Write labelled arrays as NetCDF (netCDF4) or, where nothing is yet, as a Zarr group of format 3."""
    require_format("path", path)
    if Path(path).suffix == ".zarr":
        files.write_directory(path, lambda aside: dataset.to_zarr(aside, zarr_format=3, consolidated=False))
    else:
        with _no_cluster():
            content = bytes(dataset.to_netcdf(engine="h5netcdf"))
        files.write(path, content)


def _no_cluster() -> AbstractContextManager[object]:
    """Where the client of a Dask cluster is open, xarray asks the cluster for leave to write, also one that is gone."""
    try:
        from dask import config
    except ImportError:
        return nullcontext()
    return cast("AbstractContextManager[object]", config.set(scheduler="threads"))


def rows(result: Result) -> list[dict[str, Any]]:
    """One row for every part, mu, temperature and component: a flat table."""
    return [
        {"mu": mu, "temperature": T, "part": name, "component": component, "value": value, "error": error, "met": met}
        for name in result.parts
        for mu, T, component, parts, met in result.rows()
        for value, error in [parts[name]]
    ]


def _csv(result: Result) -> str:
    table, file = rows(result), io.StringIO(newline="")
    plain = result.to_dict()
    shape = {name: list(getattr(result, name).shape) for name in ("mu", "temperature")}
    above = {key: value for key, value in plain.items() if key not in NUMBERS or key == "checks"}
    for key, value in attributes({**above, "shape": shape}).items():
        file.write(f"# {key}: {one_line(str(value))}\n")
    writer = csv.DictWriter(file, fieldnames=list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    return file.getvalue()


def json_text(result: Result) -> str:
    """A result as JSON, as in its file."""
    return json.dumps(finite(result.to_dict()), indent=1, allow_nan=False) + "\n"
