"""Lattices of pybinding: primitive vectors, sublattices and families of hoppings.

Its Hamiltonian has the energy of a hopping in the row of its first sublattice and the column of its second one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symcur.importers.crystal import Crystal, Site, as_array


def recognised(source: Any) -> bool:
    """Also models, for which ``read`` gives the reason why not."""
    return (hasattr(source, "sublattices") and hasattr(source, "hoppings")) or _is_model(source)


def _is_model(source: Any) -> bool:
    return all(hasattr(source, name) for name in ("lattice", "hamiltonian", "system"))


def parameters(source: Any) -> dict[str, Any]:
    """None: energies are numbers."""
    return {}


def read(source: Any, values: Mapping[str, Any]) -> Crystal:
    """A lattice; raises ValueError for models, which may be finite, modified or in a magnetic field."""
    if _is_model(source):
        raise ValueError(
            "source: expected a pybinding Lattice, got a Model, whose shape, leads and modifiers belong to no crystal; give "
            "model.lattice if there are none"
        )
    D = len(source.vectors)
    vectors = as_array("source", source.vectors)
    if np.abs(vectors[:, D:]).max(initial=0) > 0:
        raise ValueError(f"source: expected {D} primitive vectors in the first {D} directions, got {vectors.tolist()}")
    kinds = sorted(source.sublattices.items(), key=lambda item: item[1].unique_id)
    energies = [np.atleast_2d(kind.energy) for _, kind in kinds]
    crystal = Crystal(
        "pybinding",
        vectors[:, :D],
        [
            Site(name, np.array(kind.position, dtype=float)[:D], len(energy), name)
            for (name, kind), energy in zip(kinds, energies, strict=True)
        ],
    )
    number = {kind.unique_id: a for a, (_, kind) in enumerate(kinds)}
    for a, energy in enumerate(energies):
        crystal.add_onsite(a, energy)
    for family in source.hoppings.values():
        for term in family.terms:
            R = np.array(term.relative_index, dtype=int)[:D]
            crystal.add_hopping(number[term.from_id], number[term.to_id], R, np.atleast_2d(family.energy))
    return crystal
