"""Figures, files, and colours that show the sign of a number: white is zero, and what rounding leaves of zero is white too."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from symcur import files
from symcur.arrays import Array
from symcur.band_structures import BandStructure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (".png", ".pdf", ".svg")
MISSING = "plotting needs matplotlib: python -m pip install 'symcur[plot]'"
COLOURS = "RdBu_r"
SCALES = ("auto", "linear", "symlog")
ZERO = 1e-9  # of the size that a number has by its unit
_LINEAR_END, _LOG_END = 0.98, 0.999  # quantiles of |x| at which colours end
_LOG_FROM = 30.0  # times the median of |x|: where larger values lie, "auto" takes the logarithm
_DECADES = 3.0  # of the logarithm


def new_figure(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Any]:
    """A figure and its axes; sizes in inches."""
    figure, grid = grid_of_axes(width, height, 1, 1)
    return figure, grid[0, 0]


def grid_of_axes(
    width: float, height: float, rows: int, columns: int, sharey: Literal["row"] | bool = False
) -> tuple[Figure, Any]:
    """A figure and its axes in rows and columns, which share what is horizontal."""
    figure = _picture()(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=sharey)


def require_matplotlib() -> None:
    """Raise ImportError that names the extra where matplotlib is not there."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise ImportError(MISSING) from None


@cache
def _picture() -> type[Figure]:
    """A figure that notebooks show, also where pyplot is not imported."""
    require_matplotlib()
    from matplotlib.figure import Figure

    class Picture(Figure):
        def _repr_png_(self) -> bytes:
            return drawn(self, "png", 100)

    return Picture


def drawn(figure: Figure, ending: str, dpi: float) -> bytes:
    """The contents of a picture file."""
    memory = io.BytesIO()
    figure.savefig(memory, format=ending, dpi=dpi)
    return memory.getvalue()


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure to a file; the ending chooses the format (png, pdf, svg). What was there before stays if it fails."""
    files.write(path, drawn(figure, Path(path).suffix.removeprefix("."), 160))


def near(model: BandStructure, k: Array) -> Array:
    """Where H(k) holds: next to k = 0 in a basis of plane waves that was cut off, which breaks the period of the lattice."""
    return k if model.cell is None else model.cell.near(k)


def at_level(model: str, level: str) -> str:
    """The name of a model with what it knows of position."""
    return literal(f"{model}, level {level}" if level else model)


def literal(text: str) -> str:
    """A text in which no dollar begins mathematics."""
    return text.replace("$", r"\$")


@dataclass(frozen=True)
class Colouring:
    """Colours for numbers of both signs: what ``matplotlib`` takes, and ``note``, where the colours end.

    ``zero``: smaller numbers are zero.
    """

    style: dict[str, Any]
    note: str
    zero: float

    def clean(self, values: Array) -> Array:
        """The numbers, with 0 for those that only rounding tells from it."""
        return np.where(np.abs(values) < self.zero, 0.0, values)

    def label(self, text: str) -> str:
        return f"{text}\n{self.note}" if self.note else text


def colouring(values: Array, natural: float, scale: str = "auto") -> Colouring:
    """Symmetric and robust colours for these numbers, ``natural`` the size that they have by their unit.

    "linear" ends at the 98th percentile of the moduli, "symlog" at the 99.9th or a thousand times the median, with three decades and
    what is linear below; "auto" takes the latter where some values are far above the median.
    """
    require_matplotlib()
    from matplotlib.colors import Normalize, SymLogNorm

    if scale not in SCALES:
        raise ValueError(f"scale: expected one of {', '.join(SCALES)}, got {scale!r}")
    zero = ZERO * natural
    size = np.abs(values[np.isfinite(values)])
    size = size[size >= zero]
    if not len(size):
        return Colouring({"cmap": COLOURS, "norm": Normalize(-1.0, 1.0)}, "zero everywhere, to rounding", zero)
    most, middle = float(size.max()), float(np.median(size))
    end, log_end = float(np.quantile(size, _LINEAR_END)), float(np.quantile(size, _LOG_END))
    if scale == "symlog" or (scale == "auto" and log_end > _LOG_FROM * middle):
        last = min(log_end, 10**_DECADES * middle)  # one touching on a path does not hide the rest
        linear = max(10 ** np.floor(np.log10(last) - _DECADES + 0.5), zero)
        norm: Any = SymLogNorm(linear, vmin=-last, vmax=last)
        note = f"logarithmic beyond $\\pm${linear:g}"
    else:
        norm, note, last = Normalize(-end, end), "", end
    if most > 1.05 * last:
        note = f"{note}{', ' if note else ''}up to {float(f'{most:.2g}'):g}"
    return Colouring({"cmap": COLOURS, "norm": norm}, note, zero)


def readable(unit: str, model: BandStructure) -> str:
    """A unit with its powers raised, and eV and Angstrom in the place of energy and length for materials, which know them."""
    if model.length_unit == 1.0:
        unit = re.sub(r"\blength\b", "Å", re.sub(r"\benergy\b", "eV", unit))
    return re.sub(r"\^(\d+)", r"$^\1$", unit)
