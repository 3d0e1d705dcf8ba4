"""Results read back from the files that ``write`` makes."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.observables.export import FORMATS
from symcur.observables.labelled import SOURCE, broken, from_attributes, from_dataset, read_dataset
from symcur.observables.result import Part, Result

if TYPE_CHECKING:
    from xarray import Dataset

_HELD: dict[str, Any] = {
    "str": str,
    "int": int,
    "int | None": int | None,
    "float | None": int | float | None,
    "bool": bool,
    "Mapping[str, Any]": Mapping,
    "Mapping[str, float]": Mapping,
}
"""What a field of a result may hold, by its annotation."""


def load(path: str | Path) -> Result:
    """The result in a file that ``write`` or ``symcur compute -o`` made, equal to what was written: JSON, CSV, NetCDF or Zarr.

    No file runs code. In JSON values without a number are null, read as NaN, or as infinite where they are errors. Raises
    ValueError that names the file where it holds something else; OSError where it cannot be read; ImportError for NetCDF and
    Zarr where the extra symcur[data] is not installed.
    """
    path = Path(path)
    read = {".csv": _from_csv, ".nc": _from_arrays, ".zarr": _from_arrays}.get(path.suffix, _from_json)
    return result_of(path, read(path))


def result_of(path: Path, data: Any) -> Result:
    """The result with this plain data, as ``to_dict`` has it, from a file."""
    known = fields(Result)
    needed = {field.name for field in known if field.default is MISSING and field.default_factory is MISSING}
    written = f"as written by symcur compute -o FILE{path.suffix if path.suffix in FORMATS else '.json'}"
    if not isinstance(data, dict) or needed - set(data):
        lacks = (
            f"one without {', '.join(sorted(needed - set(data)))}" if isinstance(data, dict) else type(data).__name__
        )
        raise ValueError(f"{path}: expected a result, {written}, got {lacks}")
    source = {name: data[name] for name in data if name in SOURCE}
    if unknown := set(data) - {field.name for field in known} - set(source):
        raise ValueError(f"{path}: expected the fields of a result, got also {', '.join(sorted(unknown))}")
    try:
        own = {name: _field(name, value) for name, value in data.items() if name not in source}
        return _checked(Result(**own, source=source))
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: expected numbers and shapes of a result, got something else ({error})") from None


def _from_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):  # also of the encoding
        raise ValueError(
            f"{path}: expected a result in JSON, as written by symcur compute -o FILE.json, got something else"
        ) from None


def _from_arrays(path: Path) -> Any:
    dataset = read_dataset(path)
    if dataset.attrs["holds"] != "result":
        raise ValueError(f"{path}: expected a result, got a {dataset.attrs['holds']}; symcur.load reads both")
    return plain_data(path, dataset)


def plain_data(path: Path, dataset: Dataset) -> dict[str, Any]:
    """The fields of the result in the labelled arrays of a file."""
    try:
        return from_dataset(dataset)
    except (ValueError, KeyError, IndexError, RecursionError) as error:
        raise ValueError(f"{path}: expected the labelled arrays of a result, got others ({error})") from None


def _from_csv(path: Path) -> Any:
    try:
        lines = path.read_bytes().decode().replace("\r\n", "\n").split("\n")  # no text has a break of its own
        above = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
        data = from_attributes({key: broken(value) for key, value in above.items()})
        table = list(csv.DictReader(line for line in lines if not line.startswith("# ")))
        names, shape, whole = list(dict.fromkeys(row["part"] for row in table)), data.pop("shape"), data["total"]
        outer = (*shape["mu"], *shape["temperature"])
        inner = (data["dimension"],) * len(data["indices"])
        columns = {key: np.array([float(row[key]) for row in table]) for key in ("mu", "temperature", "value", "error")}
        pairs = {key: columns[key].reshape(len(names), *outer, *inner) for key in ("value", "error")}
        parts = {name: {key: pairs[key][n] for key in pairs} for n, name in enumerate(names)}
        grid = [math.prod(shape["mu"]), math.prod(shape["temperature"]), math.prod(inner)]
        places = {key: columns[key].reshape(len(names), *grid)[0, :, :, 0] for key in ("mu", "temperature")}
        met = np.array([row["met"] == "True" for row in table]).reshape(len(names), *grid)[0, :, :, 0].reshape(outer)
        levels = places["mu"][:, 0].reshape(shape["mu"])
        temperatures = places["temperature"][0].reshape(shape["temperature"])
        return {**data, **parts[whole], "parts": parts, "met": met, "mu": levels, "temperature": temperatures}
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, csv.Error) as error:
        raise ValueError(
            f"{path}: expected a result in CSV, as written by symcur compute -o FILE.csv, got something else ({error})"
        ) from None


def _field(name: str, value: Any) -> Any:
    if name in ("parts", "checks"):
        return {
            part: Part(_numbers(pair["value"], np.nan), _numbers(pair["error"], np.inf)) for part, pair in value.items()
        }
    if name in ("value", "mu", "temperature", "error"):
        return _numbers(value, np.inf if name == "error" else np.nan)
    if name == "met":
        return np.asarray(value, dtype=bool)
    return tuple(value) if name in ("indices", "remarks") else value


def _numbers(value: Any, missing: float) -> Any:
    """An array of floats with a number in the place of every null."""
    array = np.asarray(value, dtype=object)
    return np.where(array == None, missing, array).astype(float)  # noqa: E711


def _checked(result: Result) -> Result:
    """The result, if every field is of its kind and every array has the shape that mu, temperature and the indices give it."""
    for field in fields(Result):
        kind, value = _HELD.get(str(field.type)), getattr(result, field.name)
        if kind is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise TypeError(f"{field.name}: expected {field.type}, got {value!r}")
    held = ((str, (*result.indices, *result.remarks)), (int | float, result.parameters.values()))
    if not all(isinstance(value, kind) for kind, values in held for value in values):
        raise TypeError("expected indices and remarks that are texts, parameters that are numbers")
    if not (np.isfinite(result.mu).all() and np.isfinite(result.temperature).all()):
        raise ValueError("expected finite mu and temperature")
    outer = (*result.mu.shape, *result.temperature.shape)
    shape = (*outer, *(result.dimension,) * len(result.indices))
    pairs = [Part(result.value, result.error), *result.parts.values(), *result.checks.values()]
    found = {array.shape for pair in pairs for array in (pair.value, pair.error)}
    if found != {shape} or result.met.shape != outer:
        raise ValueError(f"expected arrays of shape {shape}, got {sorted(found)}")
    if result.status == "converged" and not result.met.all():
        raise ValueError("expected a tolerance that is met everywhere where the status is converged")
    return result
