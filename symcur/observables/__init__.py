"""Observables: sums over bands and momenta, each with its parts, its error and its convention.

OBSERVABLES holds the records; each is called as a function, see ``Observable``.
"""

# The order of these is the order of the tables: transport, equilibrium, quasiparticles.
from symcur.observables.transport import conductivity, hall_conductivity, thermoelectric  # isort: skip
from symcur.band_structures import Gap, gap
from symcur.observables.converted import convert
from symcur.observables.engine import Term
from symcur.observables.equilibrium import (
    current_dipole_density,
    equilibrium_current,
    magnetization,
    magnetization_slope,
    torque_dipole_density,
    torque_quadrupole_density,
)
from symcur.observables.export import FORMATS, LABELLED, json_text, require_format, write, write_arrays
from symcur.observables.filling import chemical_potential
from symcur.observables.observable import OBSERVABLES, Form, Observable, Plan, define
from symcur.observables.quasiparticles import (
    SPIN_QUANTUM,
    THERMAL_QUANTUM,
    spin_current,
    spin_hall,
    spin_magnetization,
    spin_nernst,
    thermal_hall,
)
from symcur.observables.result import Part, Result
from symcur.observables.stored import load
from symcur.observables.units import KINDS, Kind

get, names, add, remove = OBSERVABLES.get, OBSERVABLES.names, OBSERVABLES.add, OBSERVABLES.remove

__all__ = [
    "FORMATS",
    "KINDS",
    "LABELLED",
    "OBSERVABLES",
    "SPIN_QUANTUM",
    "THERMAL_QUANTUM",
    "Form",
    "Gap",
    "Kind",
    "Observable",
    "Part",
    "Plan",
    "Result",
    "Term",
    "add",
    "chemical_potential",
    "conductivity",
    "convert",
    "current_dipole_density",
    "define",
    "equilibrium_current",
    "gap",
    "get",
    "hall_conductivity",
    "json_text",
    "load",
    "magnetization",
    "magnetization_slope",
    "names",
    "remove",
    "require_format",
    "spin_current",
    "spin_hall",
    "spin_magnetization",
    "spin_nernst",
    "thermal_hall",
    "thermoelectric",
    "torque_dipole_density",
    "torque_quadrupole_density",
    "write",
    "write_arrays",
]
