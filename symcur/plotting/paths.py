"""Bands along a path through the zone, coloured by a quantity."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.arrays import Array, Indices
from symcur.band_structures import BandStructure, Parameters
from symcur.brillouin import LatticeCell
from symcur.observables.windows import window_of
from symcur.plotting.canvas import at_level, colouring, new_figure
from symcur.plotting.high_symmetry import Path, segments
from symcur.plotting.integrands import BY_BAND
from symcur.plotting.maps import SHIFT, bands_of, by_band
from symcur.quantities import Quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_path(
    model: BandStructure,
    quantity: str | Quantity,
    path: Path = None,
    component: tuple[int, ...] = (),
    points: int = 201,
    *,
    reduced: bool = False,
    mu: float = 0.0,
    energies: tuple[float, float] | None = None,
    window: float | str | None = None,
    scale: str = "auto",
    parameters: Parameters = None,
    both_norms: bool = False,
) -> Figure:
    """The bands along straight lines between k points, ``points`` on each, coloured by a component of a quantity.

    Of bosons those of positive norm, unless ``both_norms`` are asked for.

    Parameters
    ----------
    quantity : of one band; or "conventional" and "conserved", the integrands of the two conductivities of a band, Omega^{lis} and
        Omega^{li} s_n + d_l d^{is}, with the component (flow, field).
    path : [(name, k), ...], Cartesian, or in the reciprocal vectors where it is ``reduced``; or names of points of the
        lattice, "G X W|K G" with a break, see ``special_points``; by default the usual path of the lattice.
    mu : the zero of the energies in the picture; energies : (lowest, highest) that are drawn, from there. Colours are those of
        what is drawn.
    window : levels closer than this energy are one multiplet and show the mean of its trace; by default that of the model.
    scale : of the colours, "linear", "symlog" or "auto"; the label says where they end.
    """
    model = model.with_values(parameters)
    lines = segments(model, path, reduced)
    k = np.concatenate([a + (b - a) * np.linspace(0, 1, points)[:, None] for (_, a), (_, b) in lines])
    starts = np.arange(0, len(k), points)
    steps = np.linalg.norm(np.diff(k, axis=0, prepend=k[:1]), axis=-1)
    steps[starts] = 0.0
    distance, levels = np.cumsum(steps), model.energies(k + SHIFT) - mu
    closest = window_of(window, model, model.cell) if isinstance(model.cell, LatticeCell) else None
    kind = BY_BAND.get(quantity, quantity) if isinstance(quantity, str) else quantity
    value, label, natural = by_band(model, kind, component, k + SHIFT, closest)
    inside = np.ones(levels.shape, dtype=bool)
    if energies is not None:
        inside = (levels >= energies[0]) & (levels <= energies[1])
    shown = inside.copy()
    shown[:, : bands_of(model, both_norms).start] = False
    if not shown.any():
        low, high = float(levels.min()), float(levels.max())
        raise ValueError(f"energies: expected a range that holds bands, from {low:g} to {high:g} here, got {energies}")
    colours = colouring(value[shown], natural, scale)
    figure, axes = new_figure()
    for band in bands_of(model, both_norms):
        if not inside[:, band].any():
            continue
        for start in starts:
            line = slice(start, start + points)
            axes.plot(
                distance[line], levels[line, band], color="0.55", lw=3.2, zorder=1, solid_capstyle="butt"
            )  # the rim of what is white
        colour: Any = colours.clean(value[:, band])
        dots = axes.scatter(
            distance, levels[:, band], c=colour, s=6, zorder=2, linewidths=0, rasterized=True, **colours.style
        )
    figure.colorbar(dots, ax=axes, label=colours.label(label))
    places, names = _ticks(distance, starts, points, [(a[0], b[0]) for a, b in lines])
    axes.set_xticks(places, names)
    for place in places:
        axes.axvline(place, color="0.85", lw=0.8, zorder=0)
    axes.set_xlim(distance[0], distance[-1])
    if energies is not None:
        axes.set_ylim(*energies)
    if mu:
        axes.axhline(0, color="0.5", lw=0.6, ls=":", zorder=0)
    axes.set_ylabel(f"energy - mu, mu = {mu:g}" if mu else "energy")
    axes.set_title(at_level(model.name, model.level), fontsize=9)
    return figure


def _ticks(
    distance: Array, starts: Indices, points: int, names: list[tuple[str, str]]
) -> tuple[list[float], list[str]]:
    """Where the corners are and what they are called; both names where the path breaks."""
    places = [0.0, *(float(distance[start + points - 1]) for start in starts)]
    between = [a if a == b else f"{a}|{b}" for (_, a), (b, _) in itertools.pairwise(names)]
    return places, [_label(name) for name in (names[0][0], *between, names[-1][1])]


def _label(name: str) -> str:
    """As text, with an index where there is an underscore."""
    return "|".join(f"${part.replace('_', '_{')}}}$" if "_" in part else part for part in name.split("|"))
