"""Pictures: scans over mu or temperature, maps over the zone, and bands coloured by a quantity. Needs matplotlib."""

from symcur.plotting.canvas import MISSING, PICTURES, save
from symcur.plotting.high_symmetry import special_points
from symcur.plotting.integrands import draw_plane
from symcur.plotting.maps import draw_zone
from symcur.plotting.paths import draw_path
from symcur.plotting.phases import draw_phases
from symcur.plotting.scans import PANELS, draw_panels, draw_scan
from symcur.plotting.slices import Slider, draw_slices

__all__ = [
    "MISSING",
    "PANELS",
    "PICTURES",
    "Slider",
    "draw_panels",
    "draw_path",
    "draw_phases",
    "draw_plane",
    "draw_scan",
    "draw_slices",
    "draw_zone",
    "save",
    "special_points",
]
