"""The microscope: exact linear response at finite q for any lattice model, and lattices in a magnetic field.

It uses H(k), its derivatives and s only, and none of the semiclassical formulas it referees.
"""

from symcur.microscope.expansion import Estimate
from symcur.microscope.magnetic_lattice import (
    density_in_magnetic_field,
    density_per_magnetic_field,
    hoppings,
    magnetic_hamiltonian,
    positions,
)
from symcur.microscope.responses import (
    current_density_response,
    expanded_static_response,
    magnetic_response,
    static_response,
    torque_density_response,
    transverse_field_response,
    uniform_field_response,
)
from symcur.microscope.susceptibility import continuity_residual, line_velocity

__all__ = [
    "Estimate",
    "continuity_residual",
    "current_density_response",
    "density_in_magnetic_field",
    "density_per_magnetic_field",
    "expanded_static_response",
    "hoppings",
    "line_velocity",
    "magnetic_hamiltonian",
    "magnetic_response",
    "positions",
    "static_response",
    "torque_density_response",
    "transverse_field_response",
    "uniform_field_response",
]
