"""Superconductors: Bogoliubov quasiparticles in Nambu space, their thermal and spin Hall response, a soft boundary.

A superconductor is an ordinary Model in Nambu space (``bdg``), so every quantity, closed form, kernel and observable takes
it; sums count Nambu space once::

    model = symcur.models.chiral_d_superconductor()
    thermal_hall(model, temperature=0.01).value[0, 1] / (0.01 * THERMAL_QUANTUM)      # 2 at low temperature
"""

from symcur.observables.quasiparticles import (
    SPIN_QUANTUM,
    THERMAL_QUANTUM,
    spin_current,
    spin_hall,
    spin_magnetization,
    spin_nernst,
    thermal_hall,
)
from symcur.superconductors.boundary import SoftBoundary, soft_boundary
from symcur.superconductors.closed_forms import QuasiparticleForms, quasiparticle_forms
from symcur.superconductors.gap_equation import GapSolution, solve_gap_equation
from symcur.superconductors.nambu import Superconductor, bdg
from symcur.superconductors.pairing import singlet, spin_operator, triplet
from symcur.superconductors.pairing_algebra import PairingAlgebra

__all__ = [
    "SPIN_QUANTUM",
    "THERMAL_QUANTUM",
    "GapSolution",
    "PairingAlgebra",
    "QuasiparticleForms",
    "SoftBoundary",
    "Superconductor",
    "bdg",
    "quasiparticle_forms",
    "singlet",
    "soft_boundary",
    "solve_gap_equation",
    "spin_current",
    "spin_hall",
    "spin_magnetization",
    "spin_nernst",
    "spin_operator",
    "thermal_hall",
    "triplet",
]
