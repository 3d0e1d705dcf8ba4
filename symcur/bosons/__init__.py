"""Bosons: magnons of a spin model, phonons, and their hybrids, as band structures with a metric.

Every quantity and observable takes them; component [i, l] of ``thermoelectric`` is the conserved s Nernst response::

    model = symcur.bosons.kagome_magnons()
    symcur.thermoelectric(model, temperature=1.0)
"""

from symcur.bosons.lattice_dynamics import phonons
from symcur.bosons.library import honeycomb_magnons, kagome_magnons, kitaev_magnons, square_phonons
from symcur.bosons.spin_lattice import Bond, SpinLattice, dzyaloshinskii, exchange_tensor, neighbours

__all__ = [
    "Bond",
    "SpinLattice",
    "dzyaloshinskii",
    "exchange_tensor",
    "honeycomb_magnons",
    "kagome_magnons",
    "kitaev_magnons",
    "neighbours",
    "phonons",
    "square_phonons",
]
