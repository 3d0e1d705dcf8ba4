"""Default parameter values of a library model, overridden by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symcur.model import Model


def with_values(model: Model, overrides: Mapping[str, Any]) -> Model:
    """The model with these default values; unknown names and inadmissible values raise as in Model.values."""
    return model.replace(parameters=model.values(**overrides)) if overrides else model
