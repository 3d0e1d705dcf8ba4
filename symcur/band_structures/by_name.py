"""A band structure where one is expected: itself, or the one of the library with this name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from symcur.band_structures.band_structure import BandStructure

LIBRARY = "symcur.models"  # stands above this room, and is loaded when a name is given


def named(model: Any) -> BandStructure:
    """The model, or for a name that of the library, with the values that it has there.

    Raises ValueError for a name that no model has, and TypeError for what is no model.
    """
    if isinstance(model, BandStructure):
        return model
    if isinstance(model, str):
        found: BandStructure = import_module(LIBRARY).named(model)
        return found
    hint = (
        f", a function: call it, as in {name}()" if (name := getattr(model, "__name__", "")) and callable(model) else ""
    )
    raise TypeError(
        f"model: expected a Model or another band structure, or the name of one of the library such as 'rashba', "
        f"got {type(model).__name__ if not hint else name}{hint}"
    )
