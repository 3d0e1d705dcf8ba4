"""Builders of kwant with translational symmetry along all directions of space.

H = sum t |a><b| + adjoint with t the value of the hopping (a, b) in the builder. Values may be functions of sites and of
parameters; they must be the same in every cell, which kwant itself takes for granted.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from symcur.arrays import Array
from symcur.importers.crystal import Crystal, Site, as_array

_SAME = 1e-10  # relative: values in other cells
_FAR = 5  # cells, where values are looked at beside the next ones


def recognised(source: Any) -> bool:
    """Also builders, leads and finalized systems that cannot be taken, for which ``read`` gives the reason."""
    return hasattr(source, "hopping_value_pairs") or (hasattr(source, "hamiltonian_submatrix") or _is_lead(source))


def _is_lead(source: Any) -> bool:
    return hasattr(source, "interface") and hasattr(source, "finalized")


def parameters(source: Any) -> dict[str, Any]:
    """The names that values of sites and hoppings take besides the sites, with their defaults or None."""
    _require_bulk(source)
    found: dict[str, Any] = {}
    for value, sites in _values(source):
        if callable(value):
            found |= {p.name: None if p.default is p.empty else p.default for p in _more(value, sites)}
    return found


def read(source: Any, values: Mapping[str, Any]) -> Crystal:
    """A bulk builder; raises ValueError for finite samples, ribbons, leads, and values that differ from cell to cell."""
    _require_bulk(source)
    symmetry = source.symmetry
    sites = sorted(source.sites())
    onsite = dict(source.site_value_pairs())
    energies = [_number(onsite[site], symmetry, (site,), values) for site in sites]
    crystal = Crystal(
        "kwant",
        as_array("source", np.array(symmetry.periods, dtype=float)),
        [
            Site(_name(site), np.array(site.pos, dtype=float), site.family.norbs or len(np.atleast_1d(e)), site)
            for site, e in zip(sites, energies, strict=True)
        ],
    )
    number = {site: a for a, site in enumerate(sites)}
    for a, energy in enumerate(energies):
        crystal.add_onsite(a, energy)
    for (a, b), value in source.hopping_value_pairs():
        R, at_home = np.array(symmetry.which(b)) - np.array(symmetry.which(a)), symmetry.to_fd(b)
        crystal.add_hopping(number[symmetry.to_fd(a)], number[at_home], R, _number(value, symmetry, (a, b), values))
    return crystal


def _require_bulk(source: Any) -> None:
    if not hasattr(source, "hopping_value_pairs"):
        raise ValueError(
            f"source: expected a kwant Builder with translational symmetry, got the {type(source).__name__}, which is finalized or "
            "a lead; give the Builder from which it was made"
        )
    if getattr(source, "_momentum_names", None):
        raise ValueError("source: expected a kwant Builder as it was before wraparound, got one after it")
    directions = source.symmetry.num_directions
    if directions == 0:
        raise ValueError("source: expected a kwant Builder with translational symmetry, got a finite sample")
    if source.leads:
        raise ValueError(f"source: expected a crystal, got a kwant Builder with {len(source.leads)} leads")
    space = np.shape(source.symmetry.periods)[-1]
    if space != directions:
        raise ValueError(
            f"source: expected a kwant Builder with as many periods as space has dimensions, got {directions} in {space} dimensions: "
            "a lead, a ribbon or a slab"
        )


def _name(site: Any) -> str:
    """The name of the family where there is one."""
    return site.family.name or f"site {tuple(site.tag)}"


def _values(source: Any) -> Iterator[tuple[Any, int]]:
    """The values, and of how many sites they are."""
    yield from ((value, 1) for _, value in source.site_value_pairs())
    yield from ((value, 2) for _, value in source.hopping_value_pairs())


def _more(function: Any, sites: int) -> list[inspect.Parameter]:
    """What a function takes besides sites."""
    taken = list(inspect.signature(function).parameters.values())
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in taken):
        raise ValueError(
            f"source: expected functions with named parameters as values, got {getattr(function, '__name__', function)} with any"
        )
    return taken[sites:]


def _number(value: Any, symmetry: Any, sites: tuple[Any, ...], values: Mapping[str, Any]) -> Any:
    """The value at these sites, the same in other cells, or ValueError."""
    if not callable(value):
        return value
    given = [values[p.name] for p in _more(value, len(sites))]
    here = np.asarray(value(*sites, *given), dtype=complex)
    for element in _elsewhere(len(symmetry.periods)):
        moved = symmetry.act(tuple(element), *sites)
        there = np.asarray(value(*(moved if len(sites) == 2 else (moved,)), *given), dtype=complex)
        if there.shape != here.shape or not np.abs(there - here).max() <= _SAME * max(np.abs(here).max(), _SAME):
            what = "hopping" if len(sites) == 2 else "energy"
            raise ValueError(
                f"source: expected values that are the same in every cell, got the {what} {here.tolist()} at {sites[0]} and "
                f"{there.tolist()} {element.tolist()} cells away, as with disorder or a magnetic field"
            )
    return here


def _elsewhere(directions: int) -> Array:
    """Cells in which values are looked at: the next ones, one farther away, and all of these at once."""
    steps = np.eye(directions, dtype=int)
    return np.concatenate([steps, _FAR * steps, [np.arange(2, 2 + directions)]])
