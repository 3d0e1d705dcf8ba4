"""Operators s of the tight-binding level: constant, and between functions at one centre, so that they commute with position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray, Indices, Mask
from symcur.materials.angular_momentum import angular_momentum
from symcur.materials.orbitals import Orbital, projections
from symcur.materials.spin_order import (
    breaking_of_time_reversal,
    found_order,
    pairs_of,
    require_plausible,
    spin_half,
)
from symcur.materials.wannier_functions import WannierFunctions

SPINS = ("spin_x", "spin_y", "spin_z")
ORBITAL = ("orbital_x", "orbital_y", "orbital_z")
_AT_ITS_SITE = 0.1  # Angstrom: by how much another site may be nearer than that of the orbital
_LINKS = 1e-9  # relative to the largest element of s: what is smaller links nothing
_SAME_SPIN = 0.05  # of hbar


@dataclass(frozen=True)
class Operator:
    """s as a matrix (N, N), what was found about it, and the pairs (N/2, 2) of up and down where they are known.

    ``links`` (N, N): functions that belong to one centre, because s or the spin in another direction links them.
    """

    matrix: ComplexArray
    notes: tuple[str, ...] = ()
    pairs: Indices | None = None
    links: Mask | None = None


def operator(
    functions: WannierFunctions,
    s: str | ArrayLike,
    spin: Any,
    orbitals: str | Sequence[Orbital] | None,
    at_one_centre: float,
) -> Operator:
    """s by name, as one number for each function, or as a matrix; see ``Material`` for what is accepted."""
    if not 0 <= at_one_centre < np.inf:
        raise ValueError(f"at_one_centre: expected a length in Angstrom, got {at_one_centre!r}")
    if isinstance(s, str) and s not in (*SPINS, *ORBITAL):
        names = ", ".join((*SPINS, *ORBITAL))
        raise ValueError(f"s: expected one of {names}, an array of N numbers or an N x N matrix, got {s!r}")
    from_files = isinstance(spin, str) and spin == "files"
    if from_files and functions.spin is None:
        raise ValueError(f"spin: expected spin matrices of a .spn file, got {functions.source}, which holds none")
    if isinstance(s, str) and s in ORBITAL:
        return _orbital(functions, ORBITAL.index(s), None if from_files else spin, orbitals)
    if isinstance(s, str):
        axis = SPINS.index(s)
        if functions.spin is not None and (spin is None or from_files):
            return _local_part(functions, axis, at_one_centre)
        pairs, notes = _partners(functions, spin)
        matrix = spin_half(pairs)[..., axis]
        if functions.spin is not None:
            _require_alike(matrix, _local_part(functions, axis, at_one_centre).matrix, functions.source, axis)
        return Operator(matrix, notes, pairs)
    matrix = _given(s, functions.size)
    if functions.spin is not None and (spin is None or from_files):
        return Operator(matrix)
    try:
        pairs, notes = _partners(functions, spin)
    except ValueError:
        if spin is not None:
            raise
        return Operator(matrix)
    return Operator(matrix, notes, pairs)


def at_common_centres(centres: Array, s: Operator, at_one_centre: float) -> tuple[Array, tuple[str, ...]]:
    """The centres with those of functions that s links replaced by their mean, and a note if any moved.

    Raises ValueError where s links functions whose centres are further apart.
    """
    links = _links(s.matrix)
    if s.links is not None:
        links |= s.links
    if s.pairs is not None:
        up, down = s.pairs.T
        links[up, down] = True
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=-1) * links
    if apart.max() > at_one_centre:
        a, b = np.unravel_index(apart.argmax(), apart.shape)
        raise ValueError(
            f"s: expected an operator between functions at one centre at the level of tight binding, got one that "
            f"links functions {a} and {b} (counted from 0), {apart[a, b]:.3g} Angstrom apart, where at_one_centre = "
            f"{at_one_centre:g} is allowed; partners in different cells, other centres or another order of the spin may be "
            "the reason"
        )
    common = centres.copy()
    for group in _connected(links):
        common[group] = centres[group].mean(axis=0)
    moved = float(np.linalg.norm(common - centres, axis=1).max())
    if moved == 0:
        return common, ()
    return common, (
        f"Centres of functions that s links are put at their mean, which moves them by up to {moved:.2g} Angstrom.",
    )


def _links(matrix: ComplexArray) -> Mask:
    return np.abs(matrix) > _LINKS * max(float(np.abs(matrix).max()), np.finfo(float).tiny)


def _local_part(functions: WannierFunctions, axis: int, at_one_centre: float) -> Operator:
    """<a 0|sigma/2|b 0> between functions at one centre; a note says what is left out."""
    assert functions.spin is not None
    assert functions.centres is not None
    here, centres = functions.home, functions.centres
    near = np.linalg.norm(centres[:, None] - centres[None], axis=-1) <= at_one_centre
    local = functions.spin[here] * near[..., None]
    rest = functions.spin[..., axis].copy()
    rest[here] -= local[..., axis]
    out = float(np.abs(rest).max())
    note = (
        f"{SPINS[axis]} is the part of the spin matrices between functions at one centre; the largest element left out is "
        f"{out:.2g}."
    )
    links: Mask = np.any(_links(local), axis=-1)
    return Operator(local[..., axis], (note,), links=links)


def _orbital(functions: WannierFunctions, axis: int, spin: Any, orbitals: str | Sequence[Orbital] | None) -> Operator:
    """L of functions that look like the orbitals, given or those of the projections."""
    basis, notes, pairs = _basis(functions, spin, orbitals)
    apart = _distances(functions, basis)
    own = np.diagonal(apart)
    wrong = int(np.argmax(own - apart.min(axis=1)))
    if own[wrong] > apart[wrong].min() + _AT_ITS_SITE:
        raise ValueError(
            f"orbitals: expected each function at the site of its orbital, got function {wrong} (counted from 0), "
            f"{basis[wrong].name}, whose centre is {own[wrong]:.3g} Angstrom from it and nearer to that of another"
        )
    note = (
        f"{ORBITAL[axis]} is that of the real harmonics {', '.join(dict.fromkeys(o.name for o in basis))}; centres are up to "
        f"{own.max():.2g} Angstrom from the sites of these."
    )
    return Operator(angular_momentum(basis)[..., axis], (*notes, note), pairs)


def _basis(
    functions: WannierFunctions, spin: Any, given: str | Sequence[Orbital] | None
) -> tuple[tuple[Orbital, ...], tuple[str, ...], Indices | None]:
    """An orbital for each function, from text for each or for each pair of up and down."""
    N = functions.size
    orbitals = functions.projections if given is None else given
    if not isinstance(orbitals, str):
        basis = tuple(orbitals)
        if len(basis) != N or not all(isinstance(orbital, Orbital) for orbital in basis):
            raise ValueError(
                f"orbitals: expected an Orbital for each of {N} functions, or text, got {len(basis)} of them"
            )
        return basis, (), None
    if not orbitals.strip():
        raise ValueError(
            f"orbitals: expected what the functions look like, 'Pt: s; p; d' or an Orbital for each, got {functions.source} "
            "without projections"
        )
    found = projections(functions.atoms, orbitals, by_number=given is None)
    if len(found) == N:
        return found, (), None
    if 2 * len(found) != N:
        raise ValueError(
            f"orbitals: expected {N} functions, or half of them for up and down, got {len(found)} in {orbitals!r}"
        )
    pairs, notes = _partners(functions, spin)
    placed = [found[0]] * N
    for orbital, pair in zip(found, pairs, strict=True):
        for n, direction in zip(pair, ("up", "down"), strict=True):
            placed[n] = replace(orbital, spin=direction)
    return tuple(placed), notes, pairs


def _distances(functions: WannierFunctions, basis: Sequence[Orbital]) -> Array:
    """From each centre to the nearest image of the site of each orbital, (N, N), Angstrom."""
    assert functions.centres is not None
    D = len(functions.lattice)
    sites = np.array([orbital.position[:D] for orbital in basis])
    x = (functions.centres @ np.linalg.inv(functions.lattice))[:, None] - sites
    shifts = np.array(list(product((-1, 0, 1), repeat=D)))
    images = (x - np.round(x))[:, :, None] + shifts
    return np.asarray(np.linalg.norm(images @ functions.lattice, axis=-1).min(axis=-1))


def _require_alike(ordered: ComplexArray, measured: ComplexArray, source: str, axis: int) -> None:
    """Raise ValueError where the spin of a given order is not that of the files."""
    off = float(np.abs(ordered - measured).max())
    if off > _SAME_SPIN:
        raise ValueError(
            f"spin: expected the order and the phases of the spin matrices of {source}, got ones for which {SPINS[axis]} "
            f"differs from them by up to {off:.2g}; leave spin out to use those matrices"
        )


def _partners(functions: WannierFunctions, spin: Any) -> tuple[Indices, tuple[str, ...]]:
    order = found_order(functions) if spin is None else spin
    pairs = pairs_of(order, functions.size)
    if spin is not None:
        require_plausible(functions, spin, pairs)
    most, part = breaking_of_time_reversal(functions, pairs)
    how = "as time reversal shows" if spin is None else "as given"
    name = repr(order) if isinstance(order, str) else "pairs"
    return pairs, (
        f"Spin order {name}, {how}, the first of each pair up; |T H(R)* T^-1 - H(R)| is at most {most:.2g} eV "
        f"({100 * part:.2g} % of H in norm).",
    )


def _given(s: ArrayLike, size: int) -> ComplexArray:
    try:
        raw = np.asarray(s)
        if raw.dtype.kind not in "biufc":
            raise TypeError
        matrix = raw.astype(complex)
    except (TypeError, ValueError):
        raise TypeError(f"s: expected a name, an array of N numbers or an N x N matrix, got {s!r}") from None
    if matrix.shape == (size,) and not matrix.imag.any():
        matrix = np.diag(matrix)
    if matrix.ndim == 0:
        matrix = matrix * np.eye(size)
    if matrix.shape != (size, size) or not np.isfinite(matrix).all():
        raise ValueError(f"s: expected {size} real numbers or a {size} x {size} matrix, finite, got shape {raw.shape}")
    off = float(np.abs(matrix - matrix.conj().T).max())
    if off > 1e-10 * float(np.abs(matrix).max()):
        raise ValueError(f"s: expected a Hermitian matrix, got one that differs from its adjoint by {off:.1e}")
    return matrix


def _connected(links: Mask) -> list[Indices]:
    """The groups of more than one function that are linked, directly or in steps."""
    from scipy.sparse.csgraph import connected_components

    number, label = connected_components(links, directed=False)
    groups = [np.flatnonzero(label == n) for n in range(number)]
    return [group for group in groups if len(group) > 1]
