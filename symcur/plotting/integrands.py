"""What a conductivity sums up, where in the zone it lies: band by band, and summed over bands on a plane."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from symcur import observables
from symcur.arrays import Array
from symcur.band_structures import BandStructure, Parameters, named, natural_size
from symcur.expressions import axis_name
from symcur.observables import Observable
from symcur.observables.units import KINDS
from symcur.plotting.canvas import at_level, colouring, grid_of_axes, near, readable
from symcur.plotting.maps import LARGEST_MAP, SHIFT, draw_contours, require_component, require_points
from symcur.plotting.scans import PANELS
from symcur.quantities import Quantity, get

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CONVENTIONAL, _CURVATURE, _GRADIENT = map(get, ("s_berry_curvature", "s_weighted_curvature", "dipole_gradient"))
BY_BAND = {
    "conventional": Quantity(
        "conventional",
        ("i", "l"),
        lambda i, l: _CONVENTIONAL.expression(l, i),
        r"\Omega^{<l><i>s}",
        "s x length^2",
        "what a band adds to the conventional conductivity, [flow, field]",
    ),
    "conserved": Quantity(
        "conserved",
        ("i", "l"),
        lambda i, l: _CURVATURE.expression(l, i) + _GRADIENT.expression(i, l),
        r"\Omega^{<l><i>}s + \partial_{k_<l>} d^{<i>s}",
        "s x length^2",
        "what a band adds to the conserved conductivity, [flow, field], C (11)",
    ),
}


def draw_plane(
    model: BandStructure | str,
    mu: float = 0.0,
    temperature: float = 0.0,
    parts: Sequence[str] = ("conventional", "intrinsic"),
    component: tuple[int, ...] = (0, 1),
    *,
    observable: str | Observable = "conductivity",
    origin: ArrayLike | None = None,
    spanning: ArrayLike | None = None,
    reduced: bool = False,
    points: int = 101,
    form: str | None = None,
    hall: str = "paper",
    window: float | str | None = None,
    scale: str = "auto",
    parameters: Parameters = None,
) -> Figure:
    """The integrand of an observable, summed over bands, on a plane through the zone: a panel for each part, with the same colours.

    ``points``^2 momenta origin + a spanning[0] + b spanning[1], 0 < a, b < 1, Cartesian, or in the reciprocal vectors where they are
    ``reduced``; by default the first two reciprocal vectors from 0. T > 0. Lines are where bands cross mu. What is zero
    to rounding by the size of the integrand is drawn as zero. ``form``, ``hall`` and ``window`` as in the observable;
    ``scale``: "linear", "symlog" or "auto"; the label says where the colours end.
    """
    model = named(model).with_values(parameters)
    observable = observables.get(observable)
    require_component(component, observable.indices, observable.name, model)
    require_points(points, LARGEST_MAP)
    start, span = _plane(model, origin, spanning, reduced)
    k = _grid(start, span, (np.arange(points) + 0.5) / points)
    momenta = near(model, k + SHIFT)
    found = observable.integrand(model, momenta, mu, temperature, form=form, hall=hall, window=window)
    unknown = [part for part in parts if part not in found]
    if unknown or not parts:
        raise ValueError(f"parts: expected some of {', '.join(found)}, got {', '.join(map(str, unknown)) or 'none'}")
    at: Any = (..., *component)
    values = np.stack([found[part][at] for part in parts])
    unit = _integrand_unit(KINDS[observable.kind].unit)
    colours = colouring(values, natural_size(model, unit), scale)
    values = colours.clean(values)
    along = _directions(span)
    x, y = (k @ direction for direction in along)
    edges = [_grid(start, span, np.linspace(0, 1, points + 1)) @ direction for direction in along]
    energies = model.energies(momenta)
    per_length = "" if model.length_unit is None else f"  [1/{readable('length', model)}]"
    height = float(np.clip(3.6 * np.ptp(edges[1]) / np.ptp(edges[0]), 2.2, 7.2)) + 0.9
    figure, grid = grid_of_axes(1.4 + 3.6 * len(parts), height, 1, len(parts), sharey=True)
    for axes, part, value in zip(grid[0], parts, values, strict=True):
        image = axes.pcolormesh(*edges, value, rasterized=True, **colours.style)
        draw_contours(axes, x, y, energies, mu)
        axes.set_title(PANELS.get(part, part), fontsize=10)
        axes.set_aspect("equal")
        axes.set_xlabel(f"k along {_numbers(along[0])}{per_length}")
    grid[0, 0].set_ylabel(f"k along {_numbers(along[1])}{per_length}")
    bar = figure.colorbar(image, ax=grid[0].tolist())
    bar.set_label(colours.label(f"integrand, sign of the paper\n[{readable(unit, model)}]"), fontsize=9)
    name = f"{observable.name} [{''.join(map(axis_name, component))}] of {at_level(model.name, model.level)}, sum over bands"
    figure.suptitle(f"{name}\nplane through {_numbers(start)}, mu = {mu:g}, T = {temperature:g}", fontsize=9)
    return figure


def _plane(
    model: BandStructure, origin: ArrayLike | None, spanning: ArrayLike | None, reduced: bool
) -> tuple[Array, Array]:
    """The corner (D) and the two edges (2, D), Cartesian."""
    if model.dimension < 2:
        raise ValueError(f"model: expected D = 2 or 3 for a plane, got {model.name} with D = {model.dimension}")
    if spanning is None or reduced:
        reciprocal = model.lattice_cell("a plane is spanned by its reciprocal vectors").reciprocal
    start = model.points(np.zeros(model.dimension) if origin is None else origin)
    span = reciprocal[:2] if spanning is None else model.points(spanning)
    if reduced:
        start, span = start @ reciprocal, span if spanning is None else span @ reciprocal
    if start.shape != (model.dimension,):
        raise ValueError(f"origin: expected one momentum, got shape {start.shape}")
    if (
        span.shape != (2, model.dimension)
        or np.linalg.matrix_rank(span, tol=1e-9 * np.abs(span).max(initial=1e-300)) < 2
    ):
        raise ValueError(f"spanning: expected two independent vectors, got {span.tolist()}")
    return start, span


def _grid(start: Array, span: Array, u: Array) -> Array:
    """start + u[a] span[0] + u[b] span[1], (n, n, D)."""
    return np.asarray(start + u[:, None, None] * span[0] + u[None, :, None] * span[1])


def _directions(span: Array) -> tuple[Array, Array]:
    """Unit vectors along the first edge, and in the plane perpendicular to it."""
    first = span[0] / np.linalg.norm(span[0])
    second = span[1] - (span[1] @ first) * first
    return first, second / np.linalg.norm(second)


def _numbers(vector: Array) -> str:
    """A vector as short text."""
    return f"({', '.join(f'{x:.3g}' for x in np.where(np.abs(vector) < 1e-9, 0.0, vector))})"


def _integrand_unit(unit: str) -> str:
    """The unit times length^D, "e s / (hbar length^(D-2))" as "e s length^2 / hbar"."""
    found = re.fullmatch(r"(.*) / \(?(\w*) ?length\^\(D-(\d)\)\)?", unit)
    if found is None:
        return f"{unit} length^D"
    over, under, power = found.groups()
    return f"{over} length{'' if power == '1' else '^' + power}" + (f" / {under}" if under else "")
