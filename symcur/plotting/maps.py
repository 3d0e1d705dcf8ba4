"""A quantity of one band over a zone of two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from symcur import quantities
from symcur.arrays import Array
from symcur.band_structures import BandStructure, Parameters
from symcur.band_structures.levels import Window
from symcur.eigenstates import evaluate
from symcur.plotting.canvas import at_level, colouring, natural_size, near, new_figure, readable
from symcur.quantities import Quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHIFT = 1e-6  # of k: keeps high-symmetry points, where bands may touch, off the grid


def draw_zone(
    model: BandStructure,
    quantity: str | Quantity,
    band: int = 0,
    component: tuple[int, ...] = (),
    points: int = 121,
    *,
    scale: str = "auto",
    parameters: Parameters = None,
    both_norms: bool = False,
) -> Figure:
    """A component of a quantity of one band over a 2D zone (lattice) or over |k_i| <= 2 (continuum).

    ``band`` counts from 0, ``component`` holds an axis for each index of the quantity (default: 0, 1, ...). Of bosons the bands of
    positive norm are counted and drawn, unless ``both_norms`` are asked for: the others repeat them at -k. ``scale``: "linear",
    "symlog" or "auto"; the label says where the colours end.
    """
    model = model.with_values(parameters)
    if model.dimension != 2:
        raise ValueError(f"model: expected D = 2 for a map of the zone, got {model.name} with D = {model.dimension}")
    require_points(points)
    bands = bands_of(model, both_norms)
    if not isinstance(band, int) or not 0 <= band < len(bands):
        raise ValueError(f"band: expected a whole number from 0 to {len(bands) - 1}, got {band!r}")
    axis = np.linspace(-1, 1, points) * (2.0 if model.cell is None else np.abs(model.cell.reciprocal).max())
    k = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    every, label, natural = by_band(model, quantity, component, near(model, k + SHIFT))
    colours = colouring(every[..., bands[band]], natural, scale)
    figure, axes = new_figure(5.4, 4.6)
    image = axes.pcolormesh(
        k[..., 0],
        k[..., 1],
        colours.clean(every[..., bands[band]]),
        shading="nearest",
        rasterized=True,
        **colours.style,
    )
    figure.colorbar(image, ax=axes, label=colours.label(label))
    axes.set_aspect("equal")
    axes.set_xlabel("$k_x$")
    axes.set_ylabel("$k_y$")
    axes.set_title(f"{at_level(model.name, model.level)}, band {band}", fontsize=9)
    return figure


def bands_of(model: BandStructure, both_norms: bool) -> range:
    """Those drawn: energies ascend, so that the bands of negative norm of bosons come first."""
    repeated = model.bosons.negative if model.bosons is not None and model.bosons.doubled and not both_norms else 0
    return range(repeated, model.size)


def by_band(
    model: BandStructure, quantity: str | Quantity, component: tuple[int, ...], k: Array, window: float | None = None
) -> tuple[Array, str, float]:
    """Values (..., bands) of a component of a quantity, its name with the unit, and the size that it has by its unit.

    Levels closer than ``window``, an energy, are one multiplet.
    """
    found = quantities.get(quantity)
    if found.operator:
        raise ValueError(f"quantity: expected a number per band, got {found.name}, an operator between bands")
    component = component or tuple(a % model.dimension for a in range(len(found.indices)))
    require_component(component, found.indices, found.name, model)
    at: Any = (..., *component)
    values = evaluate(model, found, k, None if window is None else Window(window))[at].real
    return values, f"${found.symbol(*component)}$  [{readable(found.unit, model)}]", natural_size(model, found.unit)


def require_component(component: tuple[int, ...], indices: tuple[str, ...], name: str, model: BandStructure) -> None:
    if len(component) != len(indices):
        raise ValueError(f"component: expected the indices {', '.join(indices) or '(none)'} of {name}, got {component}")
    if any(a not in range(model.dimension) for a in component):
        raise ValueError(f"component: expected axes from 0 to {model.dimension - 1}, got {component}")


def require_points(points: int) -> None:
    if isinstance(points, bool) or not isinstance(points, int | np.integer) or points < 2:
        raise ValueError(f"points: expected an integer >= 2, got {points!r}")
