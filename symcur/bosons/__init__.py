"""Bosons: magnons of a spin model, phonons, and their hybrids, as band structures with a metric.

Every quantity and observable takes them; component [i, l] of ``thermoelectric`` is the conserved s Nernst response::

    model = symcur.bosons.kagome_magnons()
    symcur.thermoelectric(model, temperature=1.0)
"""

from __future__ import annotations

from typing import Any

from symcur.band_structures import BuiltModel, Metric
from symcur.bosons.hybrids import hybrid
from symcur.bosons.lattice_dynamics import phonons, springs
from symcur.bosons.library import (
    MODELS,
    canted_kagome_magnons,
    ferrimagnet_hybrid,
    honeycomb_magnons,
    honeycomb_phonons,
    jarosite_magnons,
    kagome_magnons,
    kitaev_magnons,
    square_phonons,
)
from symcur.bosons.phonopy_reader import from_phonopy
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
    "Metric",
    "SpinLattice",
    "canted_kagome_magnons",
    "dzyaloshinskii",
    "exchange_tensor",
    "ferrimagnet_hybrid",
    "from_phonopy",
    "get",
    "honeycomb_magnons",
    "honeycomb_phonons",
    "hybrid",
    "jarosite_magnons",
    "kagome_magnons",
    "kitaev_magnons",
    "kitaev_tensor",
    "names",
    "neighbours",
    "phonons",
    "shells",
    "springs",
    "square_phonons",
]


def names() -> list[str]:
    """The names of the library models, sorted."""
    return sorted(MODELS.names())


def get(name: str, /, **values: Any) -> BuiltModel:
    """The library model of this name, with values of its parameters by keyword.

    Raises ValueError for an unknown model or parameter name, listing the valid ones.
    """
    return MODELS.get(name)(**values)
