"""The symmetry of a given model, of formulas or of hoppings: found from where its functions are, kept where H(R) confirms it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures import BandStructure, tight_binding

from .orbitals import Orbital
from .representation import SymmetryGroup, acting_on, sites_of
from .space_groups import space_group
from .symmetrization import symmetries
from .wannier_functions import WannierFunctions

_NORMAL = (7.3, 5.1)  # lengths of the vectors added to a lattice of fewer dimensions, in units of its longest


def hoppings_of(model: BandStructure) -> WannierFunctions:
    """H(R) of a periodic model, in its own units; a lattice of fewer than three dimensions gets vectors normal to it."""
    bonds = tight_binding(model)
    D, N = model.dimension, model.size
    lattice, normal = np.zeros((3, 3)), 3 - D
    lattice[:D, :D] = bonds.cell.vectors
    longest = float(np.linalg.norm(bonds.cell.vectors, axis=1).max())
    lattice[D:, D:] = np.diag(np.array(_NORMAL[:normal]) * longest)
    cells = np.pad(np.array(list(bonds.hoppings), dtype=np.intp).reshape(-1, D), ((0, 0), (0, normal)))
    centres = np.pad(bonds.positions @ bonds.cell.vectors, ((0, 0), (0, normal)))
    return WannierFunctions(
        lattice, cells, np.array(list(bonds.hoppings.values())).reshape(-1, N, N), centres, source=model.name
    )


def model_symmetry(
    model: BandStructure,
    characters: Sequence[str | Mapping[str, complex]],
    spins: Sequence[str] | None = None,
    *,
    heights: ArrayLike = 0.0,
    tolerance: float = 1e-8,
) -> SymmetryGroup:
    """The operations that H(R) of a periodic model has to ``tolerance``, relative to its largest element.

    ``characters``: what each function looks like (``Orbital``); ``spins``: "up" or "down" of each, None without spin. ``heights``, of each
    function, along the normal of a model in two dimensions. Candidates are the operations of lattice and positions, with and
    without time reversal, that map the functions onto each other; of a chain only those that keep two axes normal to it. A magnet is told by H(R).
    For an operator s of the model, ``.preserving(s)`` of the result keeps what maps it to s or -s.
    """
    functions = hoppings_of(model)
    N, D = model.size, model.dimension
    if len(characters) != N or (spins is not None and len(spins) != N):
        raise ValueError(f"characters, spins: expected {N} each, one for each function, got {characters!r}, {spins!r}")
    assert functions.centres is not None
    positions = functions.centres @ np.linalg.inv(functions.lattice)
    if D < 3:
        positions[:, 2] = np.broadcast_to(np.asarray(heights, dtype=float), N) / functions.lattice[2, 2]
    elif np.any(heights):
        raise ValueError("heights: expected none for a model in three dimensions")
    orbitals = [
        Orbital((x, y, z), character, None if spins is None else spins[a])
        for a, ((x, y, z), character) in enumerate(zip(positions.tolist(), characters, strict=True))
    ]
    length = tolerance**0.5 * float(np.linalg.norm(functions.lattice, axis=1).max())
    group = space_group(functions.lattice, _atoms(orbitals, functions.lattice, length), tolerance=length)
    acting = acting_on(group, orbitals, tolerance=length, dimension=D, skip=True)
    return symmetries(functions, acting, tolerance * float(np.abs(functions.hamiltonian).max()))


def _atoms(orbitals: Sequence[Orbital], lattice: Array, tolerance: float) -> dict[str, list[Array]]:
    """Sites as atoms whose species are the functions there."""
    sites, members = sites_of(lattice, orbitals, tolerance)
    atoms: dict[str, list[Array]] = {}
    for site, some in zip(sites, members, strict=True):
        species = ", ".join(sorted(f"{orbitals[a].name} {orbitals[a].spin}" for a in some))
        atoms.setdefault(species, []).append(site)
    return atoms
