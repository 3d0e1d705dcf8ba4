"""Observables: sums over bands and momenta, each with its parts, its error and its convention."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from symcur.observables.equilibrium import (
    current_dipole_density,
    equilibrium_current,
    magnetization,
    magnetization_slope,
    torque_dipole_density,
    torque_quadrupole_density,
)
from symcur.observables.export import FORMATS, write
from symcur.observables.gap import Gap, gap
from symcur.observables.result import Part, Result
from symcur.observables.transport import conductivity, hall_conductivity, thermoelectric

_ALL: dict[str, Callable[..., Result]] = {
    function.__name__: function
    for function in (
        conductivity,
        thermoelectric,
        hall_conductivity,
        magnetization,
        magnetization_slope,
        equilibrium_current,
        current_dipole_density,
        torque_dipole_density,
        torque_quadrupole_density,
    )
}

__all__ = ["FORMATS", "Gap", "Part", "Result", "gap", "get", "names", "write", *_ALL]


def names() -> list[str]:
    """The names of all observables."""
    return list(_ALL)


def get(name: str) -> Callable[..., Result]:
    """The observable of this name; an unknown name raises a ValueError that lists the valid ones."""
    if name not in _ALL:
        close = get_close_matches(name, _ALL, 1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise ValueError(f"observable: {name!r} came{hint}; valid are {', '.join(_ALL)}")
    return _ALL[name]
