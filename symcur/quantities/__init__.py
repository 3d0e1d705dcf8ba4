"""The band quantities of the theory, one file per family."""

from __future__ import annotations

from difflib import get_close_matches

from symcur.quantities import bands, dipoles, geometry, torque
from symcur.quantities.quantity import Quantity

_ALL = (
    bands.energy,
    bands.velocity,
    bands.s_expectation,
    bands.s_current,
    bands.drift_current,
    geometry.berry_curvature,
    geometry.s_berry_curvature,
    geometry.mixed_berry_curvature,
    geometry.mixed_metric,
    geometry.s_weighted_curvature,
    geometry.symmetrized_curvature,
    dipoles.s_dipole,
    dipoles.s_current_dipole,
    dipoles.dipole_gradient,
    dipoles.orbital_moment,
    torque.torque_dipole,
    torque.torque_berry_curvature,
    torque.torque_metric,
    torque.torque_polarizability,
    torque.torque_quadrupole,
    torque.interband_torque_dipole,
)
_BY_NAME = {quantity.name: quantity for quantity in _ALL}

__all__ = ["Quantity", "get", "names"]


def names() -> list[str]:
    """The names of all quantities."""
    return list(_BY_NAME)


def get(name: str | Quantity) -> Quantity:
    """The quantity of this name; an unknown name raises a ValueError that lists the valid ones."""
    if isinstance(name, Quantity):
        return name
    if name not in _BY_NAME:
        close = get_close_matches(str(name), _BY_NAME, 1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise ValueError(f"quantity: {name!r} came{hint}; valid are {', '.join(_BY_NAME)}")
    return _BY_NAME[name]
