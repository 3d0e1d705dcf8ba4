"""The directions of derivatives: the momenta, and the field h.

FIELD = "h" is the strength of a field that couples to s, H -> H - h s, at h = 0: d_h H = -s, and s and the derivatives of H by k
do not depend on h. Every other axis is a momentum.
"""

from __future__ import annotations

Axis = str | int
FIELD = "h"


def order_of(axis: Axis) -> tuple[str, Axis]:
    """The key that axes of derivatives are sorted by."""
    return str(type(axis)), axis


def ordered(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Axes of derivatives that commute, in a fixed order."""
    return tuple(sorted(axes, key=order_of))


def axis_name(axis: Axis) -> str:
    return "xyz"[axis] if isinstance(axis, int) else axis


def nabla(axis: Axis) -> str:
    """The derivative along an axis in LaTeX."""
    return rf"\partial_{FIELD}" if axis == FIELD else rf"\partial_{{k_{{{axis_name(axis)}}}}}"
