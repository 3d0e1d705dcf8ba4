"""The band quantities of the theory, one file per family."""

from symcur.quantities import bands, geometry, dipoles, torque, field  # isort: skip  # in this order they are listed
from symcur.quantities.quantity import QUANTITIES, Quantity, components, define

get, names, remove = QUANTITIES.get, QUANTITIES.names, QUANTITIES.remove

__all__ = [
    "QUANTITIES",
    "Quantity",
    "bands",
    "components",
    "define",
    "dipoles",
    "field",
    "geometry",
    "get",
    "names",
    "remove",
    "torque",
]
