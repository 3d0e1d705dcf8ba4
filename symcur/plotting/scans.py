"""Results against mu or temperature: all parts in one picture, or a panel for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.arrays import Array, Mask
from symcur.display import as_typed
from symcur.expressions import axis_name
from symcur.observables.result import Result
from symcur.plotting.canvas import at_level, grid_of_axes, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = {
    "conventional": "conventional",
    "intrinsic": "conserved",
    "torque": "conserved - conventional",
    "band": "conserved, band part",
    "dipole": "conserved, dipole part",
    "filled_multiplet": "filled multiplet",
}
LINES = ("-", "--", "-.", ":")  # of the parts, which are told apart without colours too
MOST_LEVELS = 5  # temperatures in a legend; more have a scale of colours
MANY = "viridis"


def draw_scan(result: Result, component: tuple[int, ...] | None = None) -> Figure:
    """Every part of an observable against mu (or against temperature where mu is one number), with error bars.

    ``component`` defaults to the largest of any part (the total may vanish by symmetry).
    """
    along, levels, name = _axes_of(result)
    component = _component(result, component)
    figure, axes = new_figure()
    shades = np.linspace(1.0, 0.25, len(levels)) if len(levels) > 1 else [1.0]
    texts = [f"{name} = {text}" for text in as_typed(levels)]
    for j, part in enumerate(result.parts):
        style: dict[str, Any] = {"lw": 1.4, "color": f"C{j}", "ls": LINES[j % len(LINES)]}
        for (value, error, _), text, shade in zip(_curves(result, part, component), texts, shades, strict=True):
            label = f"{part}, {text}" if len(levels) > 1 else part
            axes.errorbar(along, value, yerr=error, label=label, alpha=shade, **style)
    axes.set_xlabel(_axis(result))
    axes.set_ylabel(_quantity(result, component))
    axes.set_title(_title(result), fontsize=9)
    axes.axhline(0, color="0.8", lw=0.8, zorder=0)
    _legend(axes, list(result.parts), texts, list(shades))
    return figure


def _legend(axes: Any, parts: list[str], levels: list[str], shades: list[float]) -> None:
    """A line for each part, and where there are several temperatures one for each, or for the first and the last of many."""
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=f"C{j}", lw=1.4, ls=LINES[j % len(LINES)]) for j in range(len(parts))]
    if len(levels) > 1:
        shown = range(len(levels)) if len(levels) <= MOST_LEVELS else (0, len(levels) - 1)
        marks += [Line2D([], [], color="0.2", lw=1.4, alpha=shades[j]) for j in shown]
        parts = [*parts, *(levels[j] for j in shown)]
    axes.legend(marks, parts, frameon=False, fontsize=8)


def draw_panels(*results: Result, component: tuple[int, ...] | None = None, mark: float | None = None) -> Figure:
    """A panel for each part of results over the same mu (or temperature): conventional, conserved, their difference, ...

    The parts of ``PANELS`` that there are, or else all, each taken from the first result that has it. Bands are the errors; hollow
    points are where the tolerance of their result was not met, crossed ones where the error is infinite. ``component`` defaults to the
    largest of the first result; ``mark`` draws a line at a mu.
    """
    if not results:
        raise ValueError("results: expected at least one, got none")
    first = results[0]
    for other in results[1:]:
        if not (np.array_equal(other.mu, first.mu) and np.array_equal(other.temperature, first.temperature)):
            raise ValueError("results: expected the same mu and temperature in all of them, got different ones")
        if (other.unit, other.indices, other.model) != (first.unit, first.indices, first.model):
            raise ValueError(
                f"results: expected one model and unit, got {first.model} in {first.unit} and {other.model} in {other.unit}"
            )
    _, levels, name = _axes_of(first)
    component = _component(first, component)
    found = {part: result for result in reversed(results) for part in result.parts}
    shown = {part: found[part] for part in PANELS if part in found} or dict.fromkeys(first.parts, first)
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, grid = grid_of_axes(3.2 * columns + 0.6, 2.5 * rows + 0.6, rows, columns, sharey="row")
    for axes, (part, result) in zip(grid.ravel(), shown.items(), strict=False):
        _panel(axes, result, part, component)
        axes.set_title(PANELS.get(part, part), fontsize=9)
        if mark is not None and name == "T":
            axes.axvline(mark, color="0.6", lw=0.8, ls=":", zorder=0)
    for axes in grid.ravel()[len(shown) :]:
        axes.set_axis_off()
    for axes in grid.ravel()[max(0, len(shown) - columns) : len(shown)]:  # the lowest of every column
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(_axis(first))
    figure.supylabel(_quantity(first, component), fontsize=9, ma="center")
    used = list(shown.values())
    marks = ["hollow: tolerance not met"] if any(not result.met.all() for result in used) else []
    marks += ["crossed: nothing known"] if any(not np.isfinite(result.error).all() for result in used) else []
    figure.suptitle("; ".join([_title(first), *marks]), fontsize=9)
    if len(levels) > MOST_LEVELS:
        _bar(figure, grid, levels, name)
    elif len(levels) > 1:
        grid[0, 0].legend(frameon=False, fontsize=7)
    return figure


def _bar(figure: Figure, grid: Any, levels: Array, name: str) -> None:
    """One bar for the colours of many curves in all panels."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    colours = ScalarMappable(Normalize(float(levels.min()), float(levels.max())), cmap=MANY)
    figure.colorbar(colours, ax=grid.ravel().tolist(), label=name)


def _colours(levels: Array) -> list[Any]:
    """Those of the style, or shades of one scale for more curves than a legend takes."""
    if len(levels) <= MOST_LEVELS:
        return [f"C{j}" for j in range(len(levels))]
    from matplotlib import colormaps

    return [colormaps[MANY](x) for x in (levels - levels.min()) / np.ptp(levels)]


def _panel(axes: Any, result: Result, part: str, component: tuple[int, ...]) -> None:
    along, levels, name = _axes_of(result)
    curves = zip(_curves(result, part, component), as_typed(levels), _colours(levels), strict=True)
    for (value, error, sure), text, colour in curves:
        (line,) = axes.plot(along, value, lw=1.2, label=f"{name} = {text}", color=colour)
        axes.fill_between(along, value - error, value + error, color=line.get_color(), alpha=0.25, lw=0)
        axes.plot(along[~sure], value[~sure], "o", mfc="white", mec=line.get_color(), ms=3, mew=0.7)
        blind = ~np.isfinite(error)
        axes.plot(along[blind], value[blind], "x", color=line.get_color(), ms=4)
    axes.axhline(0, color="0.8", lw=0.8, zorder=0)


def _axes_of(result: Result) -> tuple[Array, Array, str]:
    """What curves run along, mu where there are several; the levels that tell curves apart, and whether these are "T" or "mu"."""
    mu, temperature, _ = result.scan
    if len(mu) == 1 and len(temperature) == 1:
        raise ValueError("result: expected several values of mu or of temperature, got one of each")
    return (mu, temperature, "T") if len(mu) > 1 else (temperature, mu, "mu")


def _curves(result: Result, part: str, component: tuple[int, ...]) -> Iterator[tuple[Array, Array, Mask]]:
    """A component of a part with its errors, and where the tolerance was met, along the axis of the picture, for each level."""
    mu, _, parts = result.scan
    at: Any = (..., *component)
    value, error = (array[at] for array in parts[part])
    arrays = (value, error, result.met.reshape(value.shape))
    return zip(*(array.T if len(mu) > 1 else array for array in arrays), strict=True)


def _component(result: Result, component: tuple[int, ...] | None) -> tuple[int, ...]:
    """As given, or the largest of any part."""
    if component is not None:
        if len(component) != len(result.indices) or any(a not in range(result.dimension) for a in component):
            raise ValueError(
                f"component: expected {len(result.indices)} axes from 0 to {result.dimension - 1} for {result.observable}, got {component}"
            )
        return tuple(component)
    largest = np.max([np.abs(value).max(axis=(0, 1)) for value, _ in result.scan[2].values()], axis=0)
    first = int((largest >= (1 - 1e-6) * largest.max()).argmax())  # not decided by rounding
    return tuple(int(j) for j in np.unravel_index(first, largest.shape))


def _axis(result: Result) -> str:
    _, _, levels = _axes_of(result)
    return f"{'mu' if levels == 'T' else 'temperature (k_B = 1)'}{'  [eV]' if result.length_unit else ''}"


def _quantity(result: Result, component: tuple[int, ...]) -> str:
    return f"{result.observable} [{''.join(map(axis_name, component))}]\n{result.unit}"


def _title(result: Result) -> str:
    hall = f"; Hall part: {result.hall.split(':')[0]}" if result.hall else ""
    return f"{at_level(result.model, result.level)}: {result.form.split(':')[0]}{hall}"
