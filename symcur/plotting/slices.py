"""One picture for each of several values, behind a slider that needs no server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symcur.display import Card, Picture, Shown, Slices, as_typed
from symcur.plotting.canvas import drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 60  # pictures in a page


@dataclass(frozen=True)
class Slider(Shown):
    """Pictures of the same for several values of ``name``; notebooks show one at a time. ``figures`` are (value, PNG)."""

    name: str
    figures: tuple[tuple[str, bytes], ...]

    def card(self) -> Card:
        """What notebooks show."""
        slices = ((value, (Picture(png, f"{self.name} = {value}"),)) for value, png in self.figures)
        return Card("", (Slices(self.name, tuple(slices)),))


def draw_slices(draw: Callable[[float], Figure], name: str, values: Iterable[float], *, dpi: float = 90) -> Slider:
    """``draw(value)`` for each value, as pictures behind a slider that stays in a page or a notebook when nothing runs any more.

    ``draw_slices(lambda mu: draw_zone(model, "berry_curvature", mu=mu), "mu", [0, 0.1, 0.2])``.
    """
    chosen = [float(value) for value in values]
    if not 0 < len(chosen) <= MOST:
        raise ValueError(f"values: expected 1 to {MOST}, got {len(chosen)}")
    pictures = (drawn(draw(value), "png", dpi) for value in chosen)
    return Slider(name, tuple(zip(as_typed(chosen), pictures, strict=True)))
