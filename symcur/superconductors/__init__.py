"""Superconductors: Bogoliubov quasiparticles, their charge dipole and orbital magnetization, thermal and spin Hall response.

A superconductor is an ordinary Model in Nambu space (``bdg``), so every quantity, closed form and kernel takes it. The
observables here show the parts the theory distinguishes and count Nambu space once::

    model = symcur.models.chiral_d_superconductor()
    thermal_hall(model, temperature=0.01).value / (0.01 * THERMAL_QUANTUM)      # 2 at low temperature
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from symcur.superconductors.nambu import Superconductor, bdg

if TYPE_CHECKING:
    from symcur.superconductors.boundary import soft_boundary
    from symcur.superconductors.closed_forms import quasiparticle_forms
    from symcur.superconductors.equilibrium import (
        conventional_current,
        magnetization_integrand,
        orbital_magnetization,
    )
    from symcur.superconductors.pairing_algebra import PairingAlgebra
    from symcur.superconductors.transport import (
        SPIN_QUANTUM,
        THERMAL_QUANTUM,
        spin_hall,
        thermal_hall,
        thermoelectric_current,
    )

__all__ = [
    "SPIN_QUANTUM",
    "THERMAL_QUANTUM",
    "PairingAlgebra",
    "Superconductor",
    "bdg",
    "conventional_current",
    "magnetization_integrand",
    "orbital_magnetization",
    "quasiparticle_forms",
    "soft_boundary",
    "spin_hall",
    "thermal_hall",
    "thermoelectric_current",
]

_HOME = {
    "PairingAlgebra": "pairing_algebra",
    "conventional_current": "equilibrium",
    "magnetization_integrand": "equilibrium",
    "orbital_magnetization": "equilibrium",
    "quasiparticle_forms": "closed_forms",
    "soft_boundary": "boundary",
    "SPIN_QUANTUM": "transport",
    "THERMAL_QUANTUM": "transport",
    "spin_hall": "transport",
    "thermal_hall": "transport",
    "thermoelectric_current": "transport",
}


def __getattr__(name: str) -> Any:
    """The observables load with the integration code when first used; the model library needs only ``bdg``."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(f"symcur.superconductors.{_HOME[name]}"), name)
    globals()[name] = value
    return value
