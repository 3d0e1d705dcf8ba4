"""Integration over the Brillouin zone, or over continuum momentum space, to a tolerance the user names.

It knows only callables and domains. ``integrate`` takes a smooth array-valued function, ``integrate_bands`` sums
over bands with occupation functions, for whole arrays of mu and T in one sweep. METHODS are the ways to integrate.
"""

from __future__ import annotations

from .domains import Ball, Domain, LatticeCell, Plane
from .integration import integrate, integrate_bands, require_accuracy
from .mesh import Mesh
from .method import METHODS, Method
from .method_selection import Automatic
from .problem import Bending
from .reduced_meshes import IrreducibleMesh, irreducible_mesh, keeps_mesh
from .solution import Estimate, Integral, Interrupted, Tolerance

__all__ = [
    "METHODS",
    "Automatic",
    "Ball",
    "Bending",
    "Domain",
    "Estimate",
    "Integral",
    "Interrupted",
    "IrreducibleMesh",
    "LatticeCell",
    "Mesh",
    "Method",
    "Plane",
    "Tolerance",
    "integrate",
    "integrate_bands",
    "irreducible_mesh",
    "keeps_mesh",
    "require_accuracy",
]
