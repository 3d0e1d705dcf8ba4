"""Real materials: Wannier functions from files as band structures, their symmetry, and conductivities in SI units."""

from symcur.materials.material import Material
from symcur.materials.orbitals import Orbital, projections
from symcur.materials.reading import holds_functions, read, read_functions
from symcur.materials.representation import SymmetryGroup, acting_on
from symcur.materials.space_groups import Operation, SpaceGroup, space_group
from symcur.materials.symmetrization import residuals, symmetries, symmetrize, symmetrize_with_group, symmetry_group
from symcur.materials.symmetry_of_models import hoppings_of, model_symmetry
from symcur.materials.tensors import (
    AllowedComponents,
    allowed_components,
    reduced_mesh,
    symmetric_tensor,
    tensor_matrices,
)
from symcur.materials.wannier_functions import WannierFunctions

__all__ = [
    "AllowedComponents",
    "Material",
    "Operation",
    "Orbital",
    "SpaceGroup",
    "SymmetryGroup",
    "WannierFunctions",
    "acting_on",
    "allowed_components",
    "holds_functions",
    "hoppings_of",
    "model_symmetry",
    "projections",
    "read",
    "read_functions",
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
