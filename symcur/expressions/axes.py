"""The directions of derivatives: the momenta, covariant derivatives along them, and the field h.

FIELD = "h" is the strength of a field that couples to s, H -> H - h s, at h = 0: d_h H = -s, and s and the derivatives of H by k
do not depend on h.

Covariant("i") is the axis of the covariant derivative D_i X = d_i X - i [A_i, X] in a basis of Wannier functions, whose
connection A_i(k) may be any Hermitian matrices. In it s may depend on k, and derivatives do not commute:
[D_i, D_l] X = -i [F_il, X], F_il = d_i A_l - d_l A_i - i [A_i, A_l].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Momentum = str | int
FIELD = "h"


@dataclass(frozen=True)
class Covariant:
    """The axis of the covariant derivative along a momentum."""

    axis: Momentum

    def __post_init__(self) -> None:
        if isinstance(self.axis, bool) or not isinstance(self.axis, str | int) or self.axis in ("", FIELD):
            raise TypeError(f"axis: expected a momentum, for example 'i' or 0, got {self.axis!r}")


Axis = str | int | Covariant


def momentum(axis: Axis) -> Momentum:
    """The axis without the mark of a covariant one."""
    return axis.axis if isinstance(axis, Covariant) else axis


def order_of(axis: Axis) -> tuple[bool, str, Any]:
    """The key that axes of derivatives are sorted by."""
    return isinstance(axis, Covariant), str(type(momentum(axis))), momentum(axis)


def momenta(axes: tuple[Axis, ...]) -> tuple[Momentum, ...]:
    """The axes, if they are momenta; raises a TypeError where derivatives are covariant and nobody knows the connection."""
    for axis in axes:
        if isinstance(axis, Covariant):
            raise TypeError(f"axes: expected ordinary derivatives, as the connection A is not known here, got {axis}")
    return tuple(map(momentum, axes))


def ordered(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Axes of derivatives that commute, in a fixed order."""
    return tuple(sorted(axes, key=order_of))


def axis_name(axis: Axis) -> str:
    """The letter of an axis: x, y, z for 0, 1, 2, a free index as it is called."""
    axis = momentum(axis)
    return "xyz"[axis] if isinstance(axis, int) else axis


def nabla(axis: Axis) -> str:
    """The derivative along an axis in LaTeX."""
    if isinstance(axis, Covariant):
        return rf"\nabla_{{{axis_name(axis)}}}"
    return rf"\partial_{FIELD}" if axis == FIELD else rf"\partial_{{k_{{{axis_name(axis)}}}}}"
