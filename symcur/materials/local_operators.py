"""Operators s of the tight-binding level: constant, and between functions at one centre, so that they commute with position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray, Indices, Mask
from symcur.materials.spin_order import (
    breaking_of_time_reversal,
    found_order,
    pairs_of,
    require_plausible,
    spin_half,
)
from symcur.materials.wannier_functions import WannierFunctions

SPINS = ("spin_x", "spin_y", "spin_z")
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


def operator(functions: WannierFunctions, s: str | ArrayLike, spin: Any, at_one_centre: float) -> Operator:
    """s by name, as one number for each function, or as a matrix; see ``Material`` for what is accepted."""
    if not 0 <= at_one_centre < np.inf:
        raise ValueError(f"at_one_centre: expected a length in Angstrom, got {at_one_centre!r}")
    if isinstance(s, str) and s not in SPINS:
        raise ValueError(f"s: expected one of {', '.join(SPINS)}, an array of N numbers or an N x N matrix, got {s!r}")
    from_files = isinstance(spin, str) and spin == "files"
    if from_files and functions.spin is None:
        raise ValueError(f"spin: expected spin matrices of a .spn file, got {functions.source}, which holds none")
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
