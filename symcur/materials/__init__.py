"""Real materials: Wannier functions from files as band structures, their symmetry, and conductivities in SI units."""

from symcur.materials.material import Material
from symcur.materials.reading import read, read_functions
from symcur.materials.wannier_functions import WannierFunctions

__all__ = ["Material", "WannierFunctions", "read", "read_functions"]
