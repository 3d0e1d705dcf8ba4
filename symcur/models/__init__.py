"""The model library: Hamiltonians of the literature with reference, default values and what is known exactly.

Each model is a function of its name that takes parameter values by keyword and returns a Model::

    symcur.models.kane_mele(lambda_R=0.05)
    symcur.models.get("kane_mele", lambda_R=0.05)

Those of ``NUMERIC``, in plane waves, are given by numbers: computed like the others, refused where formulas are needed.
Nothing is built before a function is called. ``load`` reads a model from a TOML file, without running anything.
"""

from __future__ import annotations

from typing import Any

from symcur import bosons
from symcur.band_structures import BandStructure, BuildingFunction, BuiltModel, Model
from symcur.models.continuum import cubic_rashba, luttinger, massive_dirac, rashba, rashba_dresselhaus
from symcur.models.honeycomb import bilayer_graphene, haldane, kane_mele
from symcur.models.lattices import altermagnet, bhz, kagome_antiferromagnet, rice_mele, weyl
from symcur.models.library import MODELS, LibraryModel, library_model
from symcur.models.model_file import load
from symcur.models.moire import NUMERIC, library_numbers, twisted_bilayer_graphene, twisted_dichalcogenide
from symcur.models.superconductors import (
    chiral_d_superconductor,
    chiral_p_superconductor,
    haldane_superconductor,
    s_wave_superconductor,
    spin_orbit_superconductor,
)
from symcur.registry import Registry

__all__ = [
    "MODELS",
    "NUMERIC",
    "LibraryModel",
    "altermagnet",
    "bhz",
    "bilayer_graphene",
    "chiral_d_superconductor",
    "chiral_p_superconductor",
    "cubic_rashba",
    "get",
    "haldane",
    "haldane_superconductor",
    "kagome_antiferromagnet",
    "kane_mele",
    "library_model",
    "library_numbers",
    "load",
    "luttinger",
    "massive_dirac",
    "named",
    "names",
    "rashba",
    "rashba_dresselhaus",
    "rice_mele",
    "s_wave_superconductor",
    "spin_orbit_superconductor",
    "twisted_bilayer_graphene",
    "twisted_dichalcogenide",
    "weyl",
]


def names() -> list[str]:
    """The names of the library models given by formulas, sorted; ``NUMERIC.names()`` are those given by numbers."""
    return sorted(MODELS.names())


def named(name: str, /) -> BandStructure:
    """The model, superlattice, magnet or crystal of the library with this name; raises ValueError that lists those there are."""
    every: Registry[LibraryModel[Model] | BuildingFunction] = Registry("model", [*MODELS, *NUMERIC, *bosons.MODELS])
    return every.get(name)()


def get(name: str, /, **values: Any) -> Model | BuiltModel:
    """The library model of this name, by formulas or by numbers, with values of its parameters by keyword.

    Raises ValueError for an unknown model or parameter name, listing the valid ones.
    """
    library: Registry[LibraryModel[Model] | BuildingFunction] = Registry("model", [*MODELS, *NUMERIC])
    return library.get(name)(**values)
