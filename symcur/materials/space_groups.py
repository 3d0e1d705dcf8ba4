"""The space group of a crystal, or its magnetic space group: which operations map lattice and atoms onto themselves."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, Indices

Atoms = Mapping[str, Sequence[Any]]
"""Positions by species, each (n, 3), fractions of the primitive vectors."""


@dataclass(frozen=True, eq=False)
class Operation:
    """x -> W x + w for fractions x of the primitive vectors, followed by time reversal where ``time_reversal`` says so.

    ``rotation`` W (3, 3), integers; ``translation`` w (3,).
    """

    rotation: Indices
    translation: Array
    time_reversal: bool = False

    def cartesian(self, lattice: Array) -> Array:
        """The orthogonal matrix of W for primitive vectors as rows."""
        return np.asarray(lattice.T @ self.rotation @ np.linalg.inv(lattice.T))

    def __str__(self) -> str:
        """As in the International Tables, "-y, x, z+1/2", with a prime for time reversal."""
        parts = []
        for row, shift in zip(self.rotation, self.translation, strict=True):
            text = "".join(
                f"{'+' if n > 0 else '-'}{'' if abs(n) == 1 else abs(n)}{x}"
                for n, x in zip(row, "xyz", strict=True)
                if n
            )
            part = Fraction(float(shift) % 1).limit_denominator(24) % 1
            parts.append(text.removeprefix("+") + (f"+{part}" if part else ""))
        return ", ".join(parts) + ("'" if self.time_reversal else "")


@dataclass(frozen=True, eq=False)
class SpaceGroup:
    """The operations of a crystal, and its primitive vectors (rows) made exactly symmetric, changed by ``lattice_change`` at most."""

    lattice: Array
    operations: tuple[Operation, ...]
    name: str
    lattice_change: float


def space_group(
    lattice: ArrayLike,
    atoms: Atoms,
    *,
    moments: Mapping[str, Sequence[Any]] | None = None,
    time_reversal: bool = True,
    tolerance: float = 1e-4,
) -> SpaceGroup:
    """The group of a crystal, found by spglib.

    ``lattice`` (3, 3): primitive vectors as rows. ``atoms``: {species: positions (n, 3)}, fractions of them. ``moments``: {species: Cartesian
    magnetic moments (n, 3)}; without them every operation comes with and without time reversal, or only without if
    ``time_reversal`` is False. ``tolerance``: how far atoms may be off, in the unit of the lattice. For a lattice in one or two
    dimensions give further vectors normal to it, longer than all of it and unequal.

    Raises ValueError where spglib finds no group, and ImportError where it is not installed (``pip install "symcur[materials]"``).
    """
    vectors = np.asarray(lattice, dtype=float)
    if vectors.shape != (3, 3) or not np.isfinite(vectors).all() or abs(np.linalg.det(vectors)) < 1e-9:
        raise ValueError(f"lattice: expected three independent primitive vectors as rows, got {lattice!r}")
    positions = [_triples("atoms", species, atoms[species]) for species in atoms]
    if not positions:
        raise ValueError("atoms: expected positions by species, got none")
    numbers = np.repeat(np.arange(len(positions)) + 1, [len(p) for p in positions])
    cell = (vectors, np.concatenate(positions), numbers)
    if moments is None:
        found, name = _grey(cell, time_reversal, tolerance)
    else:
        given = [
            _triples("moments", species, moments.get(species, np.zeros((len(atoms[species]), 3)))) for species in atoms
        ]
        if set(moments) - set(atoms) or [len(m) for m in given] != [len(p) for p in positions]:
            raise ValueError(f"moments: expected one per atom of the species {', '.join(atoms)}, got {moments!r}")
        found, name = _magnetic(cell, np.concatenate(given), time_reversal, tolerance)
    exact = _symmetric_lattice(vectors, [operation.rotation for operation in found])
    return SpaceGroup(exact, tuple(found), name, float(np.abs(exact - vectors).max()))


def _triples(label: str, species: str, given: Any) -> Array:
    try:
        array = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        array = np.zeros(0)
    if array.ndim != 2 or array.shape[1] != 3 or not np.isfinite(array).all():
        raise ValueError(f"{label}: expected an array (n, 3) for {species}, got {given!r}")
    return array


def _dataset(function: str, label: str, cell: Any, tolerance: float) -> Any:
    try:
        import spglib
    except ImportError:
        raise ImportError('space groups need spglib: pip install "symcur[materials]"') from None
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of how spglib reports failures: None in old versions, errors in new ones
        try:
            found = getattr(spglib, function)(cell, symprec=tolerance)
        except getattr(spglib, "SpglibError", ()):
            found = None
    if found is None:
        raise ValueError(
            f"{label}: expected a crystal of which spglib finds the group, got one where it finds none; do atoms overlap?"
        )
    return found


def _grey(cell: Any, time_reversal: bool, tolerance: float) -> tuple[list[Operation], str]:
    found = _dataset("get_symmetry_dataset", "atoms", cell, tolerance)
    pairs = list(zip(found.rotations.astype(np.intp), found.translations, strict=True))
    reversals = (False, True) if time_reversal else (False,)
    name = f"{found.international} (no. {found.number})" + (" with time reversal" if time_reversal else "")
    return [Operation(W, w, reverse) for reverse in reversals for W, w in pairs], name


def _magnetic(cell: Any, moments: Array, time_reversal: bool, tolerance: float) -> tuple[list[Operation], str]:
    found = _dataset("get_magnetic_symmetry_dataset", "moments", (*cell, moments), tolerance)
    rows = zip(found.rotations.astype(np.intp), found.translations, found.time_reversals, strict=True)
    operations = [Operation(W, w, bool(reverse)) for W, w, reverse in rows]
    chosen = [g for g in operations if time_reversal or not g.time_reversal]
    return chosen, f"magnetic group no. {found.uni_number} of type {found.msg_type}"


def _symmetric_lattice(vectors: Array, rotations: Sequence[Indices]) -> Array:
    """The primitive vectors next to these whose scalar products the rotations keep to all digits."""
    metric = vectors @ vectors.T
    average = np.mean([W.T @ metric @ W for W in rotations], axis=0)
    shape = np.linalg.cholesky(average)
    u, _, v = np.linalg.svd(shape.T @ vectors)  # the rotation that brings the new vectors next to the old
    return np.asarray(shape @ u @ v)
