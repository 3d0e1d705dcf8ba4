"""Pairings in spin and orbital space: Delta(k) of singlets and triplets for form="nambu", and the spin of their electrons.

Orbitals are the outer index and spins the inner one, (1 up, 1 down, 2 up, 2 down, ...), as kron(orbital, spin) has it::

    h = kron(xi, sigma_0) + ...                                   # spin-orbit coupling and Zeeman fields as they come
    model = bdg(h, singlet(psi) + triplet(d), k, form="nambu", spin=spin_operator("z", orbitals), lattice=...)

Source: M. Sigrist, K. Ueda, Rev. Mod. Phys. 63, 239 (1991), Eqs. (2.17)-(2.20).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symcur.band_structures.exact import square_matrix

_SPINS = {
    "x": sp.ImmutableDenseMatrix([[0, 1], [1, 0]]),
    "y": sp.ImmutableDenseMatrix([[0, -sp.I], [sp.I, 0]]),
    "z": sp.ImmutableDenseMatrix([[1, 0], [0, -1]]),
}
_SINGLET = sp.I * _SPINS["y"]


def singlet(psi: Any) -> sp.ImmutableDenseMatrix:
    """psi(k) i sigma_y, shape (2N, 2N), of an even psi(k) for one orbital, or of an N x N matrix with psi(-k)^T = psi(k)."""
    return _with_spin("psi", psi, _SINGLET, 1)


def triplet(d: Sequence[Any]) -> sp.ImmutableDenseMatrix:
    """(d(k).sigma) i sigma_y, shape (2N, 2N), of three components that are odd in k for one orbital, d(-k)^T = -d(k) for N.

    Among N x N matrices a number stands for a multiple of the unit matrix.
    """
    if not isinstance(d, (Sequence, sp.MatrixBase)) or isinstance(d, str) or len(d) != len(_SPINS):
        raise ValueError(f"d: expected three components, those along the x, y and z of the spins, got {d!r}")
    orbitals = max(1 if _is_number(part) else square_matrix("d", part).rows for part in d)
    parts = [_with_spin(f"d_{a}", part, _SPINS[a] * _SINGLET, orbitals) for a, part in zip(_SPINS, d, strict=True)]
    if len({part.shape for part in parts}) > 1:
        sizes = [part.rows // 2 for part in parts]
        raise ValueError(f"d: expected three components for the same number of orbitals, got {sizes}")
    return sp.ImmutableDenseMatrix(parts[0] + parts[1] + parts[2])


def spin_operator(axis: str, orbitals: int = 1) -> sp.ImmutableDenseMatrix:
    """sigma/2 along "x", "y" or "z" in every orbital, shape (2 orbitals, 2 orbitals), in units of hbar."""
    if axis not in _SPINS:
        raise ValueError(f"axis: expected 'x', 'y' or 'z', got {axis!r}")
    if type(orbitals) is not int or orbitals < 1:
        raise ValueError(f"orbitals: expected an integer >= 1, got {orbitals!r}")
    return _with_spin("orbitals", 1, _SPINS[axis] / 2, orbitals)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex, sp.Expr))


def _with_spin(label: str, orbital: Any, spin: Any, orbitals: int) -> sp.ImmutableDenseMatrix:
    if _is_number(orbital):
        orbital = (orbital * sp.eye(orbitals)).tolist()
    return sp.ImmutableDenseMatrix(sp.kronecker_product(square_matrix(label, orbital), spin))
