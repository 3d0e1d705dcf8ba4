"""Points that a program does not decide are evaluated through eigenstates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symcur.eigenstates import Eigenstates, generic_momenta
from symcur.model import Model

_BLOCK = 4096


def through_eigenstates(
    model: Model,
    components: Mapping[str, np.ndarray[Any, np.dtype[Any]]],
    k: NDArray[np.float64],
    tolerance: float,
    parameters: Mapping[str, Any],
) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
    """{name: (n, N, components...)} at k of shape (n, D), and the number of distinct energies at each point.

    ``components`` holds for each name an array of scalar words; the trace over a multiplet is shared by its members.
    """
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in components}
    distinct = []
    for start in range(0, max(len(k), 1), _BLOCK):
        states = Eigenstates(model, k[start : start + _BLOCK], tolerance, **parameters)
        for name, array in components.items():
            values = [np.broadcast_to(states.scalar(word) / states.rank, states.rank.shape) for word in array.flat]
            parts[name].append(np.stack(values, axis=-1).reshape(*states.rank.shape, *array.shape))
        distinct.append((1 / states.rank).sum(axis=-1))
    return {name: np.concatenate(blocks) for name, blocks in parts.items()}, np.concatenate(distinct)


def distinct_elsewhere(model: Model, tolerance: float, parameters: Mapping[str, Any]) -> float:
    """The number of distinct energies at momenta without symmetry."""
    return float((1 / Eigenstates(model, generic_momenta(model), tolerance, **parameters).rank).sum(axis=-1).max())
