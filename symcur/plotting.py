"""Pictures: scans over mu or temperature, quantities over the zone, and bands coloured by a quantity. Needs matplotlib."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur import files, quantities
from symcur.arrays import Array
from symcur.band_structures import BandStructure, Parameters
from symcur.eigenstates import evaluate
from symcur.expressions import axis_name
from symcur.observables.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (".png", ".pdf", ".svg")
_SHIFT = 1e-6  # of k: keeps high-symmetry points, where bands may touch, off the grid
MISSING = "plotting needs matplotlib: python -m pip install 'symcur[plot]'"


def _figure(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(MISSING) from None
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure to a file; the ending chooses the format (png, pdf, svg). What was there before stays if it fails."""
    memory = io.BytesIO()
    figure.savefig(memory, format=Path(path).suffix.removeprefix("."), dpi=160)
    files.write(path, memory.getvalue())


def draw_scan(result: Result, component: tuple[int, ...] | None = None) -> Figure:
    """Every part of an observable against mu (or against temperature where mu is one number), with error bars.

    ``component`` defaults to the largest of any part (the total may vanish by symmetry).
    """
    mu, temperature, parts = result.scan
    if len(mu) == 1 and len(temperature) == 1:
        raise ValueError("result: expected several values of mu or of temperature, got one of each")
    if component is None:
        largest = np.max([np.abs(value).max(axis=(0, 1)) for value, _ in parts.values()], axis=0)
        first = int((largest >= (1 - 1e-6) * largest.max()).argmax())  # not decided by rounding
        component = tuple(int(j) for j in np.unravel_index(first, largest.shape))
    along_mu = len(mu) > 1
    figure, axes = _figure()
    along, fixed, other = (mu, temperature, "T") if along_mu else (temperature, mu, "mu")
    at: Any = (..., *component)
    for name, pair in parts.items():
        curves = (array[at].T if along_mu else array[at] for array in pair)
        for level, value, error in zip(fixed, *curves, strict=True):
            label = f"{name}, {other} = {level:g}" if len(fixed) > 1 else name
            axes.errorbar(along, value, yerr=error, label=label, lw=1.4)
    axes.set_xlabel("mu" if along_mu else "temperature (k_B = 1)")
    axes.set_ylabel(f"{result.observable} [{''.join(map(axis_name, component))}]\n{result.unit}")
    hall = f"; Hall part: {result.hall.split(':')[0]}" if result.hall else ""
    axes.set_title(f"{_at_level(result.model, result.level)}: {result.form.split(':')[0]}{hall}", fontsize=9)
    axes.axhline(0, color="0.8", lw=0.8, zorder=0)
    axes.legend(frameon=False, fontsize=8)
    return figure


def draw_zone(
    model: BandStructure,
    quantity: str,
    band: int = 0,
    component: tuple[int, ...] = (),
    points: int = 121,
    *,
    parameters: Parameters = None,
    both_norms: bool = False,
) -> Figure:
    """A component of a quantity of one band over a 2D zone (lattice) or over |k_i| <= 2 (continuum).

    ``band`` counts from 0, ``component`` holds an axis for each index of the quantity (default: 0, 1, ...). Of bosons the bands of
    positive norm are counted and drawn, unless ``both_norms`` are asked for: the others repeat them at -k.
    """
    model = model.with_values(parameters)
    if model.dimension != 2:
        raise ValueError(f"model: expected D = 2 for a map of the zone, got {model.name} with D = {model.dimension}")
    bands = _bands(model, both_norms)
    if not isinstance(band, int) or not 0 <= band < len(bands):
        raise ValueError(f"band: expected a whole number from 0 to {len(bands) - 1}, got {band!r}")
    axis = np.linspace(-1, 1, points) * (2.0 if model.cell is None else np.abs(model.cell.reciprocal).max())
    k = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    every, label = _by_band(model, quantity, component, k + _SHIFT)
    value = every[..., bands[band]]
    figure, axes = _figure(5.4, 4.6)
    top = np.quantile(np.abs(value), 0.995) or 1.0
    image = axes.pcolormesh(k[..., 0], k[..., 1], value, cmap="RdBu_r", vmin=-top, vmax=top, shading="nearest")
    figure.colorbar(image, ax=axes, label=label)
    axes.set_aspect("equal")
    axes.set_xlabel("k_x")
    axes.set_ylabel("k_y")
    axes.set_title(f"{_at_level(model.name, model.level)}, band {band}", fontsize=9)
    return figure


def draw_path(
    model: BandStructure,
    quantity: str,
    path: list[tuple[str, tuple[float, ...]]],
    component: tuple[int, ...] = (),
    points: int = 201,
    *,
    parameters: Parameters = None,
    both_norms: bool = False,
) -> Figure:
    """The bands along straight lines between named k points (Cartesian), coloured by a component of a quantity.

    Of bosons those of positive norm, unless ``both_norms`` are asked for.
    """
    model = model.with_values(parameters)
    corners = [np.asarray(corner, dtype=float) for _, corner in path]
    segments = [a + (b - a) * np.linspace(0, 1, points)[:, None] for a, b in itertools.pairwise(corners)]
    k = np.concatenate(segments)
    jumps = np.linalg.norm(np.diff(k, axis=0, prepend=k[:1]), axis=-1)
    distance = np.cumsum(jumps)
    energies = model.energies(k + _SHIFT)
    value, label = _by_band(model, quantity, component, k + _SHIFT)
    figure, axes = _figure()
    top = np.quantile(np.abs(value), 0.98) or 1.0
    for band in _bands(model, both_norms):
        dots = axes.scatter(distance, energies[:, band], c=value[:, band], s=5, cmap="RdBu_r", vmin=-top, vmax=top)
    figure.colorbar(dots, ax=axes, label=label)
    places = [0.0, *(distance[points * (j + 1) - 1] for j in range(len(segments)))]
    axes.set_xticks(places, [name for name, _ in path])
    for place in places:
        axes.axvline(place, color="0.85", lw=0.8, zorder=0)
    axes.set_ylabel("energy")
    axes.set_title(_at_level(model.name, model.level), fontsize=9)
    return figure


def _at_level(name: str, level: str) -> str:
    return f"{name}, level {level}" if level else name


def _bands(model: BandStructure, both_norms: bool) -> range:
    """Those drawn: energies ascend, so that the bands of negative norm of bosons come first."""
    repeated = model.bosons.negative if model.bosons is not None and model.bosons.doubled and not both_norms else 0
    return range(repeated, model.size)


def _by_band(model: BandStructure, quantity: str, component: tuple[int, ...], k: Array) -> tuple[Array, str]:
    """Values (..., bands) of a component of a quantity, and its name with the unit."""
    found = quantities.get(quantity)
    if found.operator:
        raise ValueError(f"quantity: expected a number per band, got {quantity}, an operator between bands")
    indices = found.indices
    component = component or tuple(a % model.dimension for a in range(len(indices)))
    if len(component) != len(indices):
        raise ValueError(
            f"component: expected the indices {', '.join(indices) or '(none)'} of {quantity}, got {component}"
        )
    if any(a not in range(model.dimension) for a in component):
        raise ValueError(f"component: expected axes from 0 to {model.dimension - 1}, got {component}")
    at: Any = (..., *component)
    return evaluate(model, found, k)[at].real, f"${found.symbol(*component)}$  [{found.unit}]"
