"""A number of a model over two of its parameters: a phase diagram."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symcur.band_structures import BandStructure, named
from symcur.plotting.canvas import at_level, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 40_000  # points


def draw_phases(
    number: Callable[[BandStructure], float],
    model: BandStructure | str,
    parameters: Mapping[Any, ArrayLike],
    label: str = "",
) -> Figure:
    """``number(model)`` over two parameters, {name: values, name: values}, the first along the horizontal axis.

    Colours are symmetric around white where the number has both signs, else they go from its smallest to its largest value; NaN
    stays blank. ``number`` is called once for every pair.
    """
    model = named(model)
    if len(parameters) != 2:
        raise ValueError(f"parameters: expected two, each with its values, got {len(parameters)}")
    names = [str(name) for name in parameters]
    axes_of = [np.asarray(values, dtype=float) for values in parameters.values()]
    if any(values.ndim != 1 or len(values) < 2 for values in axes_of) or len(axes_of[0]) * len(axes_of[1]) > MOST:
        raise ValueError(
            f"parameters: expected at least two values of each and at most {MOST} pairs, got {[len(np.ravel(v)) for v in axes_of]}"
        )
    found = np.array(
        [[float(number(model.with_values({names[0]: x, names[1]: y}))) for x in axes_of[0]] for y in axes_of[1]]
    )
    figure, axes = new_figure(5.4, 4.2)
    known = found[np.isfinite(found)]
    most = float(np.abs(known).max(initial=0.0)) or 1.0
    both = known.size and known.min() < -1e-9 * most and known.max() > 1e-9 * most
    style: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -most, "vmax": most} if both else {"cmap": "viridis"}
    image = axes.pcolormesh(*axes_of, found, shading="nearest", rasterized=True, **style)
    figure.colorbar(image, ax=axes, label=label)
    axes.set_xlabel(f"${sp.latex(sp.Symbol(names[0]))}$")
    axes.set_ylabel(f"${sp.latex(sp.Symbol(names[1]))}$")
    axes.set_title(at_level(model.name, model.level), fontsize=9)
    return figure
