"""Results as labelled arrays, xarray Datasets, and what stands above the numbers in every file: plain attributes that are read back as they were."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.arrays import Array, ObjectArray
from symcur.expressions import axis_name

if TYPE_CHECKING:
    from xarray import Dataset

MISSING = "expected that xarray, h5netcdf and zarr are installed, which pip install 'symcur[data]' does"
NUMBERS = ("value", "error", "parts", "checks", "mu", "temperature", "met")  # fields that are arrays, or hold them
TEXTS = {
    "observable",
    "model",
    "sums",
    "form",
    "hall",
    "convention",
    "unit",
    "kind",
    "status",
    "message",
    "method",
    "domain",
}
TEXTS |= {"level", "version", "date", "reference", "total", "holds"}  # attributes that are texts, not JSON
FORMULAS = ("momenta", "H", "s", "lattice")
SOURCE = ("version", "date", "rtol", "atol", "reference", *FORMULAS)  # where a number comes from
BREAKS = re.compile("[\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029]")
RESPONSES = ("conductivity", "thermoelectric", "thermal", "spin", "spin_nernst")


def axes_of(indices: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """The dimensions of the components: flow and field of a response [i, l], else the letters of the paper."""
    return ("flow", "field") if indices == ("i", "l") and kind in RESPONSES else indices


def strings(values: Any) -> ObjectArray:
    """Texts as an array of objects, the kind that all files take."""
    return np.array(values, dtype=object)


# -- attributes ----------------------------------------------------------------------------------------------------------
def attributes(data: Mapping[str, Any]) -> dict[str, str | int | float]:
    """Plain data as texts and numbers: what is neither stands as JSON."""
    return {
        key: value if isinstance(value, str) or type(value) in (int, float) else json.dumps(finite(value))
        for key, value in data.items()
    }


def from_attributes(found: Mapping[str, Any]) -> dict[str, Any]:
    """The plain data of ``attributes``."""
    data = {}
    for key, value in found.items():
        value = value.item() if isinstance(value, np.generic) else value
        data[key] = json.loads(value) if isinstance(value, str) and key not in TEXTS else value
    return data


def finite(data: Any, key: str = "") -> Any:
    """JSON has no NaN and no infinity: what an interruption left without a value, or without an ``error``, is null, another infinity a text."""
    if isinstance(data, dict):
        return {name: finite(value, name) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value, key) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None if math.isnan(data) or key == "error" else str(data)
    return data


def one_line(text: str) -> str:
    """A text without line breaks of any kind, for comments in a table; ``broken`` has it back."""
    return BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\\", r"\\"))


def broken(text: str) -> str:
    return re.sub(r"\\(?:u([0-9a-f]{4})|\\)", lambda found: chr(int(found[1], 16)) if found[1] else "\\", text)


# -- Datasets ------------------------------------------------------------------------------------------------------------
def require_xarray(what: str) -> None:
    """Raise ImportError that names the extra where xarray, or what it needs for files, is not there."""
    try:
        import h5netcdf  # noqa: F401
        import xarray  # noqa: F401
        import zarr  # noqa: F401
    except ImportError as error:
        raise ImportError(f"{what}: {MISSING}, got none ({error})") from None


def coordinates(
    parts: Iterable[str], mu: Array, temperature: Array, indices: tuple[str, ...], kind: str, dimension: int
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The dimensions (part, mu, temperature, components), and labels, (dimensions, values); a single mu or temperature is no dimension."""
    axes = axes_of(indices, kind)
    labels: dict[str, Any] = {"part": (("part",), strings(list(parts)))}
    for name, values in (("mu", mu), ("temperature", temperature)):
        labels[name] = ((name,) * values.ndim, values)
    labels |= {axis: ((axis,), strings([axis_name(i) for i in range(dimension)])) for axis in axes}
    return ("part", *labels["mu"][0], *labels["temperature"][0], *axes), labels


def to_dataset(result: Any) -> Dataset:
    """A result with the dimensions part, mu, temperature, flow, field, the variables value, error, met, and all else as attributes."""
    require_xarray("to_xarray")
    from xarray import Dataset

    dims, labels = coordinates(
        result.parts, result.mu, result.temperature, result.indices, result.kind, result.dimension
    )
    outer = tuple(name for name in dims if name in ("mu", "temperature"))
    data: dict[str, Any] = {
        name: (dims, np.stack([getattr(part, name) for part in result.parts.values()]), {"units": result.unit})
        for name in ("value", "error")
    }
    data["met"] = (outer, np.asarray(result.met, dtype=bool))
    if result.checks:
        labels["check"] = strings(tuple(result.checks))
        for name in ("value", "error"):
            stacked = np.stack([getattr(check, name) for check in result.checks.values()])
            data[f"check_{name}"] = (("check", *dims[1:]), stacked, {"units": result.unit})
    plain = {key: value for key, value in result.to_dict().items() if key not in NUMBERS}
    return Dataset(data, labels, attributes({"holds": "result", **plain}))


def from_dataset(dataset: Dataset) -> dict[str, Any]:
    """The fields of the result in a Dataset, as ``to_dict`` has them, with arrays; KeyError where one is lacking."""
    data = from_attributes(dataset.attrs)
    data.pop("holds")
    pairs = [
        {
            str(name): {label: dataset[f"{prefix}{label}"].values[n] for label in ("value", "error")}
            for n, name in enumerate(dataset[dim].values if dim in dataset.coords else ())
        }
        for dim, prefix in (("part", ""), ("check", "check_"))
    ]
    arrays = {name: np.asarray(dataset[name].values) for name in ("mu", "temperature", "met")}
    whole = pairs[0][data["total"]]
    return {**data, **whole, "parts": pairs[0], "checks": pairs[1], **arrays}


def read_dataset(path: Path) -> Dataset:
    """The Dataset in a NetCDF file (netCDF4), or in a Zarr group of format 3, none of which runs code; ValueError for anything else."""
    require_xarray("path")
    import xarray

    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    options: dict[str, Any] = {"decode_times": False, "decode_timedelta": False}
    if path.suffix == ".nc":
        options["engine"] = "h5netcdf"
    else:  # format 2 may hold pickled objects
        options |= {"engine": "zarr", "zarr_format": 3, "consolidated": False}
    try:
        dataset = xarray.load_dataset(path, **options)
    except Exception as error:  # h5py, zarr and numcodecs have each their own
        raise ValueError(f"{path}: expected a file of labelled arrays, got something else ({error})") from None
    if dataset.attrs.get("holds") not in ("result", "scan"):
        raise ValueError(f"{path}: expected a result or a scan of symcur, got other arrays")
    for name, variable in dataset.variables.items():
        if variable.dtype.kind in "UTO":  # one kind of text from all files
            dataset = dataset.assign({name: (variable.dims, strings(variable.values.tolist()), variable.attrs)})
    return dataset
