"""Results as files: CSV, JSON and NetCDF, each with units, convention, parameters and version."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from symcur import files
from symcur.observables.result import Result

FORMATS = (".csv", ".json", ".nc")


def write(result: Result, path: str | Path) -> None:
    """Write a result; the ending of the file name chooses the format. If it fails, what was there before stays whole."""
    path = Path(path)
    formats: dict[str, Callable[[Result], str | bytes]] = {".csv": _csv, ".json": json_text, ".nc": _netcdf}
    if path.suffix not in formats:
        raise ValueError(f"path: expected a name that ends in one of {', '.join(FORMATS)}, got {path.name}")
    files.write(path, formats[path.suffix](result))


def rows(result: Result) -> list[dict[str, Any]]:
    """One row for every part, mu, temperature and component: a flat table."""
    return [
        {"mu": mu, "temperature": T, "part": name, "component": component, "value": value, "error": error, "met": met}
        for name in result.parts
        for mu, T, component, parts, met in result.rows()
        for value, error in [parts[name]]
    ]


def _header(result: Result) -> dict[str, Any]:
    """What a number needs to be read, without the numbers."""
    data = result.to_dict()
    return {
        key: value for key, value in data.items() if key not in ("value", "error", "parts", "mu", "temperature", "met")
    }


def _csv(result: Result) -> str:
    table, file = rows(result), io.StringIO(newline="")
    for key, value in _header(result).items():
        file.write(f"# {key}: {' '.join(str(value).splitlines())}\n")  # a name of two lines would end the comment
    writer = csv.DictWriter(file, fieldnames=list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    return file.getvalue()


def json_text(result: Result) -> str:
    """A result as JSON, as in its file."""
    return json.dumps(_finite(result.to_dict()), indent=1, allow_nan=False) + "\n"


def _finite(data: Any) -> Any:
    """JSON has no NaN and no infinity: what an interruption left without a value is null."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _netcdf(result: Result) -> bytes:
    from scipy.io import netcdf_file

    mu, temperature, parts = result.scan
    memory = io.BytesIO()
    with netcdf_file(memory, "w") as file:
        for key, value in _header(result).items():
            setattr(file, key, value if isinstance(value, str) else json.dumps(value))
        sizes = {"mu": len(mu), "temperature": len(temperature), **dict.fromkeys(result.indices, result.dimension)}
        for name, size in sizes.items():
            file.createDimension(name, size)
        for name, array in (("mu", mu), ("temperature", temperature)):
            file.createVariable(name, "d", (name,))[:] = array
        for name, pair in parts.items():
            for label, array in zip((name, f"{name}_error"), pair, strict=True):
                variable = file.createVariable(label, "d", tuple(sizes))
                variable[:] = array
                variable.units = result.unit
        met = file.createVariable("met", "b", ("mu", "temperature"))
        met[:] = result.met.reshape(len(mu), len(temperature))
        file.flush()
        return memory.getvalue()
