"""Real materials: Wannier functions from files as band structures, their symmetry, and conductivities in SI units."""

from .orbitals import Orbital, projections
from .representation import SymmetryGroup, acting_on
from .space_groups import Operation, SpaceGroup, space_group
from .symmetrization import residuals, symmetries, symmetrize, symmetrize_with_group, symmetry_group
from .symmetry_of_models import hoppings_of, model_symmetry
from .tensors import AllowedComponents, allowed_components, reduced_mesh, symmetric_tensor, tensor_matrices
from .wannier_functions import WannierFunctions

__all__ = [
    "AllowedComponents",
    "Operation",
    "Orbital",
    "SpaceGroup",
    "SymmetryGroup",
    "WannierFunctions",
    "acting_on",
    "allowed_components",
    "hoppings_of",
    "model_symmetry",
    "projections",
    "reduced_mesh",
    "residuals",
    "space_group",
    "symmetric_tensor",
    "symmetries",
    "symmetrize",
    "symmetrize_with_group",
    "symmetry_group",
    "tensor_matrices",
]
