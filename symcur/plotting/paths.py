"""Bands along a path through the zone, coloured by a quantity."""

from __future__ import annotations

import itertools
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.arrays import Array
from symcur.band_structures import BandStructure, Parameters, named
from symcur.brillouin import Ball
from symcur.eigenstates import DegeneracyWarning
from symcur.observables.windows import window_of
from symcur.plotting.canvas import Colouring, at_level, colouring, literal, near, new_figure, readable
from symcur.plotting.high_symmetry import Path, segments
from symcur.plotting.integrands import BY_BAND
from symcur.plotting.maps import SHIFT, bands_of, by_band, require_points
from symcur.quantities import Quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_path(
    model: BandStructure | str,
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
    figure, axes = new_figure()
    model = named(model).with_values(parameters)
    require_points(points)
    lines = segments(model, path, reduced)
    if not np.isfinite(mu):
        raise ValueError(f"mu: expected a finite number, got {mu!r}")
    # Not exactly at the corners, where bands touch; and not off the line, where what vanishes on it by symmetry is not zero.
    t = np.linspace(0, 1, points)[:, None] + SHIFT
    k = np.concatenate([a + (b - a) * t for (_, a), (_, b) in lines])
    steps = np.linalg.norm(np.diff(k, axis=0, prepend=k[:1]), axis=-1)
    steps[::points] = 0.0
    distance, momenta = np.cumsum(steps), near(model, k)
    levels = model.energies(momenta) - mu
    closest = window_of(window, model, model.cell or Ball(model.dimension, 1.0))
    kind = BY_BAND.get(quantity, quantity) if isinstance(quantity, str) else quantity
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegeneracyWarning)  # where bands touch their mean is drawn
        value, label, natural = by_band(model, kind, component, momenta, closest)
    low, high = energies or (-np.inf, np.inf)
    seen = (levels >= low) & (levels <= high)
    seen[:, : bands_of(model, both_norms).start] = False
    if not seen.any():
        found = f"from {levels.min():g} to {levels.max():g}"
        raise ValueError(f"energies: expected a range that holds bands, {found} here, got {energies}")
    colours = colouring(value[seen], natural, scale)
    for band in np.flatnonzero(seen.any(axis=0)):
        drawn = _draw_band(axes, _pieces(distance, levels[:, band], points), value[:, band], colours)
    figure.colorbar(drawn, ax=axes, label=colours.label(label))
    places = [0.0, *map(float, distance[points - 1 :: points])]
    axes.set_xticks(places, _names([(a, b) for (a, _), (b, _) in lines]))
    for place in places:
        axes.axvline(place, color="0.85", lw=0.8, zorder=0)
    axes.set_xlim(0.0, distance[-1])
    if energies is not None:
        axes.set_ylim(*energies)
    if mu:
        axes.axhline(0, color="0.5", lw=0.6, ls=":", zorder=0)
    unit = f"  [{readable('energy', model)}]" if model.length_unit else ""
    axes.set_ylabel((f"energy - mu, mu = {mu:g}" if mu else "energy") + unit)
    axes.set_title(at_level(model.name, model.level), fontsize=9)
    return figure


def _draw_band(axes: Any, pieces: Array, values: Array, colours: Colouring) -> Any:
    """A line with a grey rim, so that white is seen."""
    from matplotlib.collections import LineCollection

    for run in pieces:
        axes.plot(*run[:, 1].T, color="0.55", lw=3.2, zorder=1, solid_capstyle="butt")
    line = LineCollection(
        list(pieces.reshape(-1, 3, 2)), linewidths=2.4, zorder=2, capstyle="round", rasterized=True, **colours.style
    )
    line.set_array(colours.clean(values))
    return axes.add_collection(line)


def _pieces(distance: Array, levels: Array, points: int) -> Array:
    """The piece of the curve around every point, from halfway to the last one to halfway to the next, (lines, points, 3, 2)."""
    p = np.stack([distance, levels], axis=-1).reshape(-1, points, 2)
    halfway = (p[:, 1:] + p[:, :-1]) / 2
    pieces = [np.concatenate([p[:, :1], halfway], axis=1), p, np.concatenate([halfway, p[:, -1:]], axis=1)]
    return np.stack(pieces, axis=2)


def _names(corners: list[tuple[str, str]]) -> list[str]:
    """What the corners of lines (first, last) are called; both names where the path breaks."""
    between = [a if a == b else f"{a}|{b}" for (_, a), (b, _) in itertools.pairwise(corners)]
    return [_label(name) for name in (corners[0][0], *between, corners[-1][1])]


def _label(name: str) -> str:
    """As text, with an index where there is an underscore between letters."""
    return "|".join(re.sub(r"^(\w+?)_(\w+)$", r"$\1_{\2}$", literal(part)) for part in name.split("|"))
