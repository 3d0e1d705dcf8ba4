"""Models of PythTB: ``tb_model`` of version 1, whose energies and hoppings have no public names, and ``TBModel`` of version 2.

Both have H = sum t |a 0><b R| + adjoint and, with spin, orbitals in the order up, down. Position is diagonal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symcur.importers.crystal import Crystal, Site, as_array


def recognised(source: Any) -> bool:
    """Whether it is a model of either version."""
    return (hasattr(source, "orb_vecs") and hasattr(source, "onsite")) or hasattr(source, "get_orb")


def parameters(source: Any) -> dict[str, Any]:
    """Names of the parameters of version 2; they have no values of their own."""
    return {name: None for term in getattr(source, "parameters", ()) for name in term["names"]}


def read(source: Any, values: Mapping[str, Any]) -> Crystal:
    """A model that is periodic along all of its directions; raises ValueError for ribbons, slabs and finite pieces."""
    second = hasattr(source, "onsite")
    vectors = (source.lat_vecs, source.orb_vecs) if second else (source.get_lat(), source.get_orb())
    lattice, x = (as_array("source", rows) for rows in vectors)
    periodic = list(source.periodic_dirs if second else source._per)
    if sorted(periodic) != list(range(len(lattice))) or not periodic:
        raise ValueError(
            f"source: expected a model of PythTB that is periodic along all {len(lattice)} directions, got one along {periodic}"
        )
    if values:
        source = source.with_parameters(**values)
    onsite, hoppings = _second(source) if second else _first(source)
    spinful = np.ndim(onsite) == 3
    centres = x @ lattice
    crystal = Crystal(
        "PythTB", lattice, [Site(f"orbital {a}", r, 2 if spinful else 1, a) for a, r in enumerate(centres)], spinful
    )
    for a, energy in enumerate(onsite):
        crystal.add_onsite(a, energy)
    for t, a, b, R in hoppings:
        crystal.add_hopping(a, b, np.zeros(len(lattice), dtype=int) if R is None else R, t)
    return crystal


_Hoppings = list[tuple[Any, int, int, Any]]


def _first(source: Any) -> tuple[Any, _Hoppings]:
    return source._site_energies, [(t, a, b, R[0] if R else None) for t, a, b, *R in source._hoppings]


def _second(source: Any) -> tuple[Any, _Hoppings]:
    return source.onsite, [
        (h["amplitude"], h["from_orbital"], h["to_orbital"], h.get("lattice_vector")) for h in source.hoppings
    ]
