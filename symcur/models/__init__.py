"""The model library: Hamiltonians of the literature with reference, default values and what is known exactly.

Each model is a function of its name that takes parameter values by keyword and returns a Model::

    symcur.models.kane_mele(lambda_R=0.05)
    symcur.models.get("kane_mele", lambda_R=0.05)

Nothing is built before a function is called.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from symcur.model import Model
from symcur.models.altermagnet import altermagnet
from symcur.models.bhz import bhz
from symcur.models.bilayer_graphene import bilayer_graphene
from symcur.models.chiral_d_superconductor import chiral_d_superconductor
from symcur.models.chiral_p_superconductor import chiral_p_superconductor
from symcur.models.cubic_rashba import cubic_rashba
from symcur.models.haldane import haldane
from symcur.models.haldane_superconductor import haldane_superconductor
from symcur.models.kagome_antiferromagnet import kagome_antiferromagnet
from symcur.models.kane_mele import kane_mele
from symcur.models.luttinger import luttinger
from symcur.models.massive_dirac import massive_dirac
from symcur.models.rashba import rashba
from symcur.models.rashba_dresselhaus import rashba_dresselhaus
from symcur.models.rice_mele import rice_mele
from symcur.models.s_wave_superconductor import s_wave_superconductor
from symcur.models.spin_orbit_superconductor import spin_orbit_superconductor
from symcur.models.weyl import weyl

__all__ = [
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
    "luttinger",
    "massive_dirac",
    "names",
    "rashba",
    "rashba_dresselhaus",
    "rice_mele",
    "s_wave_superconductor",
    "spin_orbit_superconductor",
    "weyl",
]

_MODELS: dict[str, Callable[..., Model]] = {
    builder.__name__: builder
    for builder in (
        altermagnet,
        bhz,
        bilayer_graphene,
        chiral_d_superconductor,
        chiral_p_superconductor,
        cubic_rashba,
        haldane,
        haldane_superconductor,
        kagome_antiferromagnet,
        kane_mele,
        luttinger,
        massive_dirac,
        rashba,
        rashba_dresselhaus,
        rice_mele,
        s_wave_superconductor,
        spin_orbit_superconductor,
        weyl,
    )
}


def names() -> list[str]:
    """The names of the library models, sorted."""
    return sorted(_MODELS)


def get(name: str, /, **overrides: Any) -> Model:
    """The library model of this name, with default parameter values overridden by keyword.

    Raises ValueError for an unknown model or parameter name, listing the valid ones.
    """
    if name not in _MODELS:
        close = difflib.get_close_matches(str(name), names(), n=1, cutoff=0.4)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise ValueError(f"name: {name!r} is not a library model{hint}; valid are {', '.join(names())}")
    return _MODELS[name](**overrides)
