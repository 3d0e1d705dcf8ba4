"""Momenta, Pauli matrices and the four-band products that the library models share."""

from __future__ import annotations

import sympy as sp

k_x, k_y, k_z = sp.symbols("k_x k_y k_z", real=True)

sigma_0 = sp.ImmutableDenseMatrix([[1, 0], [0, 1]])
sigma_x = sp.ImmutableDenseMatrix([[0, 1], [1, 0]])
sigma_y = sp.ImmutableDenseMatrix([[0, -sp.I], [sp.I, 0]])
sigma_z = sp.ImmutableDenseMatrix([[1, 0], [0, -1]])


def kron(left: sp.ImmutableDenseMatrix, right: sp.ImmutableDenseMatrix) -> sp.ImmutableDenseMatrix:
    """The Kronecker product: the left factor is the slow (outer) index."""
    return sp.ImmutableDenseMatrix(sp.kronecker_product(left, right))
