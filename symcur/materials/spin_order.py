"""Which Wannier functions are the up and down partners of one orbital: given, or found by time reversal.

For functions that are products of a real orbital and a spin up or down, T = i sigma_y K. The right order gives
T H(R)* T^-1 = H(R) in a nonmagnetic material; a wrong one is off by about the size of H. Which partner is up, and a
common phase of all that are down (a rotation about z), cannot be seen by it: the first of a pair counts as up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from symcur.arrays import ComplexArray, Indices
from symcur.materials.wannier_functions import WannierFunctions

ORDERS = ("block", "interlaced")
_KEPT = 0.1  # a breaking of time reversal, relative to H, that the right order may show
_CLEAR = 5.0  # times more are shown by every wrong order
_PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def pairs_of(order: Any, size: int) -> Indices:
    """(N/2, 2), the indices of up and down, from "block", "interlaced" or the pairs themselves; else ValueError."""
    if size % 2:
        raise ValueError(f"spin: expected an even number of Wannier functions, up and down, got {size}")
    if isinstance(order, str):
        if order not in ORDERS:
            raise ValueError(f"spin: expected {_choices()}, got {order!r}")
        half = np.arange(size // 2)
        return np.stack([half, half + size // 2] if order == "block" else [2 * half, 2 * half + 1], axis=-1)
    try:
        pairs = np.asarray(order)
        whole = pairs.dtype.kind in "iu" and pairs.shape == (size // 2, 2)
    except (TypeError, ValueError):
        whole = False
    if not whole or sorted(pairs.ravel().tolist()) != list(range(size)):
        raise ValueError(
            f"spin: expected {_choices()} that hold each of the {size} functions once, counted from 0, got {order!r}"
        )
    return pairs.astype(int)


def reversal(pairs: Indices) -> ComplexArray:
    """The unitary part of time reversal, i sigma_y between partners, shape (N, N)."""
    up, down = pairs.T
    matrix = np.zeros((pairs.size, pairs.size), dtype=complex)
    matrix[up, down], matrix[down, up] = 1, -1
    return matrix


def spin_half(pairs: Indices) -> ComplexArray:
    """sigma/2 on each pair, shape (N, N, 3)."""
    matrices = np.zeros((pairs.size, pairs.size, 3), dtype=complex)
    for pair in pairs:
        matrices[np.ix_(pair, pair)] = np.moveaxis(_PAULI, 0, -1) / 2
    return matrices


def breaking_of_time_reversal(functions: WannierFunctions, pairs: Indices) -> tuple[float, float]:
    """T H(R)* T^-1 - H(R): its largest element in eV, and its norm over that of H, measured from the mean energy."""
    U, H = reversal(pairs), functions.hamiltonian
    rest = U @ H.conj() @ U.T - H
    mean = np.trace(H[functions.home]).real / functions.size
    size = np.sqrt(max(np.linalg.norm(H) ** 2 - functions.size * mean**2, np.finfo(float).tiny))
    return float(np.abs(rest).max()), float(np.linalg.norm(rest) / size)


def found_order(functions: WannierFunctions) -> str:
    """The order that time reversal shows; ValueError, with what each breaks, where none or more than one is possible."""
    if functions.size % 2:
        raise ValueError(
            f"spin: expected an even number of Wannier functions for a spin, got {functions.size} in {functions.source}; "
            "name another s, such as an orbital angular momentum, an array of N numbers or a matrix"
        )
    broken = {order: breaking_of_time_reversal(functions, pairs_of(order, functions.size)) for order in ORDERS}
    best, *others = sorted(ORDERS, key=lambda order: broken[order][1])
    same = functions.size == 2  # both orders are the same pair
    if broken[best][1] <= _KEPT and (same or all(broken[other][1] > _CLEAR * broken[best][1] for other in others)):
        return best
    raise ValueError(
        f"spin: expected {_choices()}, or .chk, .eig and .spn files, got {functions.source}, whose order time reversal "
        f"does not show: {_listed(broken)}. That is so for magnetic materials, rotated functions and functions without spin"
    )


def require_plausible(functions: WannierFunctions, order: Any, pairs: Indices) -> None:
    """Raise ValueError where time reversal shows another order than the given one."""
    candidates: Iterable[str] = [
        other for other in ORDERS if not np.array_equal(pairs_of(other, len(pairs) * 2), pairs)
    ]
    given = breaking_of_time_reversal(functions, pairs)
    for other in candidates:
        better = breaking_of_time_reversal(functions, pairs_of(other, functions.size))
        if better[1] <= _KEPT and given[1] > _CLEAR * better[1]:
            name = repr(order) if isinstance(order, str) else "the given pairs"
            raise ValueError(
                f"spin: expected the order that time reversal shows in {functions.source}, {other!r}, which breaks it by "
                f"{better[0]:.2g} eV; got {name}, which would break it by {given[0]:.2g} eV"
            )


def _listed(broken: dict[str, tuple[float, float]]) -> str:
    return ", ".join(
        f"{order!r} breaks it by {most:.2g} eV ({100 * part:.1f} % of H)" for order, (most, part) in broken.items()
    )


def _choices() -> str:
    return "'block' (all up, then all down), 'interlaced' (up, down, up, down) or pairs [(up, down), ...]"
