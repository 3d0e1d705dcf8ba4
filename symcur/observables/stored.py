"""Results read back from the JSON files that ``write`` makes."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import numpy as np

from symcur.observables.result import Part, Result


def load(path: str | Path) -> Result:
    """The result in a JSON file that ``write`` or ``symcur compute -o`` made; values without a number are NaN, their errors infinite.

    Raises ValueError that names the file where it holds something else; OSError where it cannot be read.
    """
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # also of the encoding
        raise ValueError(
            f"{path}: expected a result in JSON, as written by symcur compute -o FILE.json, got something else"
        ) from None
    known = fields(Result)
    needed = {field.name for field in known if field.default is MISSING and field.default_factory is MISSING}
    if not isinstance(data, dict) or needed - set(data):
        lacks = (
            f"one without {', '.join(sorted(needed - set(data)))}" if isinstance(data, dict) else type(data).__name__
        )
        raise ValueError(f"{path}: expected a result, as written by symcur compute -o FILE.json, got {lacks}")
    if unknown := set(data) - {field.name for field in known} - {"version"}:
        raise ValueError(f"{path}: expected the fields of a result, got also {', '.join(sorted(unknown))}")
    try:
        return _checked(Result(**{name: _field(name, value) for name, value in data.items() if name != "version"}))
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: expected numbers and shapes of a result, got something else ({error})") from None


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
    """The result, if every array has the shape that mu, temperature and the indices give it."""
    outer = (*result.mu.shape, *result.temperature.shape)
    shape = (*outer, *(result.dimension,) * len(result.indices))
    pairs = [Part(result.value, result.error), *result.parts.values(), *result.checks.values()]
    found = {array.shape for pair in pairs for array in (pair.value, pair.error)}
    if found != {shape} or result.met.shape != outer:
        raise ValueError(f"expected arrays of shape {shape}, got {sorted(found)}")
    return result
