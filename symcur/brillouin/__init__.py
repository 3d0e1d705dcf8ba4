"""Integration over the Brillouin zone, or over continuum momentum space, to a tolerance the user names.

It knows only callables and domains. ``integrate`` takes a smooth array-valued function, ``integrate_bands`` sums
over bands with occupation functions, for whole arrays of mu and T in one sweep.
"""

from __future__ import annotations

from .domains import Ball, Domain, LatticeCell, Plane
from .integrate import integrate, integrate_bands
from .solution import Integral

__all__ = ["Ball", "Domain", "Integral", "LatticeCell", "Plane", "integrate", "integrate_bands"]
