"""A quantity of one band over a zone of two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from symcur import quantities
from symcur.arrays import Array
from symcur.band_structures import BandStructure, Parameters, named, natural_size
from symcur.band_structures.levels import Window
from symcur.eigenstates import evaluate
from symcur.expressions import Derivative, Resolvent, Trace, walk
from symcur.plotting.canvas import ZERO, at_level, colouring, near, new_figure, readable
from symcur.plotting.high_symmetry import special_points
from symcur.quantities import Quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST_MAP, LARGEST_LINE = 2001, 100_000  # points along an edge of a map, and along a line
MARGIN = 1.08  # of the picture around the zone
ARROWS = 21  # along each edge
SAME, SAFETY = 1e-9, 64.0  # levels closer than this part of the spread are one; of estimates of rounding errors
SHIFT = 1e-6  # of k: keeps high-symmetry points, where bands may touch, off the grid


def draw_zone(
    model: BandStructure | str,
    quantity: str | Quantity,
    band: int = 0,
    component: tuple[int, ...] = (),
    points: int = 121,
    *,
    scale: str = "auto",
    parameters: Parameters = None,
    both_norms: bool = False,
    mu: float | None = None,
    arrows: str | Quantity | None = None,
) -> Figure:
    """A component of a quantity of one band over a 2D zone (lattice), with its outline and points, or over |k_i| <= 2 (continuum).

    ``band`` counts from 0, ``component`` holds an axis for each index of the quantity (default: 0, 1, ...). ``mu`` draws the lines where
    bands cross it, ``arrows`` a quantity with one index, such as "s_dipole", of the same band. Of bosons the bands of
    positive norm are counted and drawn, unless ``both_norms`` are asked for: the others repeat them at -k. ``scale``: "linear",
    "symlog" or "auto"; the label says where the colours end. What is zero to rounding is drawn as zero.
    """
    model = named(model).with_values(parameters)
    if model.dimension != 2:
        raise ValueError(f"model: expected D = 2 for a map of the zone, got {model.name} with D = {model.dimension}")
    require_points(points, LARGEST_MAP)
    bands = bands_of(model, both_norms)
    if not isinstance(band, int) or not 0 <= band < len(bands):
        raise ValueError(f"band: expected a whole number from 0 to {len(bands) - 1}, got {band!r}")
    corners = zone_corners(model)
    reach = np.full(2, 2.0) if corners is None else MARGIN * np.abs(corners).max(axis=0)
    k = np.stack(np.meshgrid(*(np.linspace(-end, end, points) for end in reach), indexing="ij"), axis=-1)
    every, label, natural = by_band(model, quantity, component, near(model, k + SHIFT))
    value = every[..., bands[band]]
    colours = colouring(value, natural, scale)
    figure, axes = new_figure(5.4, 4.6)
    image = axes.pcolormesh(
        k[..., 0], k[..., 1], colours.clean(value), shading="nearest", rasterized=True, **colours.style
    )
    figure.colorbar(image, ax=axes, label=colours.label(label))
    if mu is not None:
        draw_contours(axes, k[..., 0], k[..., 1], model.energies(near(model, k + SHIFT)), mu)
    if arrows is not None:
        _draw_arrows(axes, model, arrows, bands[band], reach)
    if corners is not None:
        _draw_outline(axes, model, corners)
    axes.set_aspect("equal")
    axes.set_xlabel("$k_x$")
    axes.set_ylabel("$k_y$")
    told = [f"{at_level(model.name, model.level)}, band {band}", "" if mu is None else f"lines: mu = {mu:g}"]
    told += ["" if arrows is None else f"arrows: {quantities.get(arrows).name}"]
    axes.set_title("; ".join(filter(None, told)), fontsize=9)
    return figure


def zone_corners(model: BandStructure) -> Array | None:
    """The corners of the first Brillouin zone of a 2D lattice, in order around it, (n, 2); None in the continuum."""
    if model.cell is None:
        return None
    from scipy.spatial import Voronoi

    n = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    diagram = Voronoi(n @ model.cell.reciprocal)
    region = diagram.regions[diagram.point_region[len(n) // 2]]
    corners = np.asarray(diagram.vertices[region])
    return np.asarray(corners[np.argsort(np.arctan2(corners[:, 1], corners[:, 0]))])


def _draw_outline(axes: Any, model: BandStructure, corners: Array) -> None:
    """The first zone, and the names of its points where the lattice has names."""
    axes.plot(*np.concatenate([corners, corners[:1]]).T, color="0.25", lw=1.0, zorder=3)
    try:
        points, _ = special_points(model)
    except ValueError:  # lattices without names
        return
    for name, k in points.items():
        axes.plot(*k, "o", color="0.1", ms=2.5, zorder=4)
        axes.annotate(name, k, xytext=(3, 3), textcoords="offset points", fontsize=9, zorder=4)


def draw_contours(axes: Any, x: Array, y: Array, energies: Array, mu: float) -> None:
    """The lines where bands cross mu, energies (n, n, bands)."""
    for band in np.flatnonzero((energies.min(axis=(0, 1)) < mu) & (energies.max(axis=(0, 1)) > mu)):
        axes.contour(x, y, energies[..., band], [mu], colors="k", linewidths=0.7, linestyles="solid")


def _draw_arrows(axes: Any, model: BandStructure, quantity: str | Quantity, band: int, reach: Array) -> None:
    """A vector of one band on a coarse grid, as long as the 95th percentile allows."""
    found = quantities.get(quantity)
    if len(found.indices) != 1:
        raise ValueError(f"arrows: expected a quantity with one index, such as s_dipole, got {found.name}")
    k = np.stack(np.meshgrid(*(np.linspace(-end, end, ARROWS) for end in 0.97 * reach), indexing="ij"), axis=-1)
    parts = [by_band(model, found, (axis,), near(model, k + SHIFT)) for axis in (0, 1)]
    x, y = (values[..., band] for values, _, _ in parts)
    length = np.hypot(x, y)
    longest = float(np.quantile(length, 0.95))
    if longest > ZERO * parts[0][2]:
        shorter = np.minimum(1.0, longest / np.maximum(length, longest))
        unit = longest / (2 * reach.max() / ARROWS)
        axes.quiver(
            k[..., 0],
            k[..., 1],
            x * shorter,
            y * shorter,
            angles="xy",
            scale_units="xy",
            scale=unit,
            width=0.003,
            zorder=2,
        )


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
    natural = natural_size(model, found.unit)
    values = np.where(np.abs(values) < natural * _rounding(model, found, k), 0.0, values)
    return values, f"${found.symbol(*component)}$  [{readable(found.unit, model)}]", natural


def _rounding(model: BandStructure, quantity: Quantity, k: Array) -> Array:
    """What rounding leaves of a zero, (..., bands), of the natural size: eps (spread / gap)^(p + 1), with S^p in the expression.

    A derivative counts as one S more.
    """
    energies = model.energies(k)
    spread = max(float(np.ptp(energies)), natural_size(model, "energy")) or 1.0
    gaps = np.abs(energies[..., :, None] - energies[..., None, :])
    gaps[gaps < SAME * spread] = spread  # the same level
    nodes = list(walk(quantity.expression()))
    traces = (sum(node.power for node in walk(x) if isinstance(node, Resolvent)) for x in nodes if isinstance(x, Trace))
    p = max(traces, default=0) + sum(isinstance(node, Derivative) for node in nodes)
    return np.asarray(SAFETY * np.finfo(float).eps * (spread / gaps.min(axis=-1)) ** (p + 1))


def require_component(component: tuple[int, ...], indices: tuple[str, ...], name: str, model: BandStructure) -> None:
    if len(component) != len(indices):
        raise ValueError(f"component: expected the indices {', '.join(indices) or '(none)'} of {name}, got {component}")
    if any(a not in range(model.dimension) for a in component):
        raise ValueError(f"component: expected axes from 0 to {model.dimension - 1}, got {component}")


def require_points(points: int, most: int = LARGEST_LINE) -> None:
    if isinstance(points, bool) or not isinstance(points, int | np.integer) or not 2 <= points <= most:
        raise ValueError(f"points: expected an integer from 2 to {most}, got {points!r}")
