"""Bosons: magnons of a spin model, phonons, and their hybrids, as band structures with a metric.

Every quantity and observable takes them; component [i, l] of ``thermoelectric`` is the conserved s Nernst response::

    model = symcur.bosons.kagome_magnons()
    symcur.thermoelectric(model, temperature=1.0)
"""

from symcur.bosons.lattice_dynamics import phonons
from symcur.bosons.library import MODELS, honeycomb_magnons, kagome_magnons, kitaev_magnons, square_phonons
from symcur.bosons.spin_lattice import (
    Bond,
    GroundState,
    SpinLattice,
    dzyaloshinskii,
    exchange_tensor,
    kitaev_tensor,
    neighbours,
    shells,
)

__all__ = [
    "MODELS",
    "Bond",
    "GroundState",
    "SpinLattice",
    "dzyaloshinskii",
    "exchange_tensor",
    "honeycomb_magnons",
    "kagome_magnons",
    "kitaev_magnons",
    "kitaev_tensor",
    "neighbours",
    "phonons",
    "shells",
    "square_phonons",
]
