"""Real materials: Wannier functions from files as band structures, their symmetry, and conductivities in SI units."""

from .wannier_functions import WannierFunctions

__all__ = ["WannierFunctions"]
