"""Exact linear response of lattice models at finite q, lattices in a magnetic field and in real space, finite differences.

The independent check of the semiclassical theory: it uses H(k), its derivatives and s, and none of the formulas it judges.
"""

from symcur.linear_response.dynamic import (
    accumulation_response,
    field_gradient_response,
    uniform_field_response,
    zeeman_gradient_response,
)
from symcur.linear_response.expansion import Estimate
from symcur.linear_response.luttinger import luttinger_response, nernst_response
from symcur.linear_response.magnetic_lattice import (
    density_in_magnetic_field,
    density_per_magnetic_field,
    magnetic_hamiltonian,
)
from symcur.linear_response.static import (
    current_density,
    current_density_response,
    dephased_response,
    expanded_static_response,
    magnetic_response,
    static_response,
    torque_density,
    torque_density_response,
)
from symcur.linear_response.susceptibility import continuity_residual, line_velocity
from symcur.linear_response.transverse import transverse_field_response

__all__ = [
    "Estimate",
    "accumulation_response",
    "continuity_residual",
    "current_density",
    "current_density_response",
    "density_in_magnetic_field",
    "density_per_magnetic_field",
    "dephased_response",
    "expanded_static_response",
    "field_gradient_response",
    "line_velocity",
    "luttinger_response",
    "magnetic_hamiltonian",
    "magnetic_response",
    "nernst_response",
    "static_response",
    "torque_density",
    "torque_density_response",
    "transverse_field_response",
    "uniform_field_response",
    "zeeman_gradient_response",
]
