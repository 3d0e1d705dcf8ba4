"""Matrices of SymPy's physics modules: Pauli matrices as symbols and operators, tensor products, matrix expressions.

``Pauli(i)`` of ``sympy.physics.paulialgebra``, ``SigmaX()`` and the like of ``sympy.physics.quantum``, ``TensorProduct``,
``KroneckerProduct``; ``msigma`` and ``mgamma`` are matrices as they stand.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import sympy as sp
from sympy.physics.matrices import msigma
from sympy.physics.paulialgebra import Pauli
from sympy.physics.quantum import IdentityOperator, TensorProduct
from sympy.physics.quantum.pauli import SigmaMinus, SigmaOpBase, SigmaPlus, SigmaX, SigmaY, SigmaZ

_SIGMA = {
    SigmaX: msigma(1),
    SigmaY: msigma(2),
    SigmaZ: msigma(3),
    SigmaPlus: (msigma(1) + sp.I * msigma(2)) / 2,
    SigmaMinus: (msigma(1) - sp.I * msigma(2)) / 2,
}
_OPERATORS = (Pauli, SigmaOpBase, TensorProduct, IdentityOperator, sp.MatrixBase, sp.MatrixExpr)


def matrix_of(value: Any) -> Any:
    """The matrix that a SymPy expression stands for, numbers beside operators as multiples of the identity; else ``value``.

    Raises ValueError where operators on different spaces are multiplied without a tensor product.
    """
    if not isinstance(value, (sp.Expr, sp.MatrixExpr)) or not value.has(*_OPERATORS):
        return value
    labels = {x.args[0] for x in value.atoms(SigmaOpBase)} | {x.label for x in value.atoms(Pauli)}
    if len(labels) > 1:
        raise ValueError(
            f"source: expected operators on one space, or TensorProduct of those on several, got the labels {sorted(map(str, labels))}"
        )
    found = _matrix(value)
    if isinstance(found, sp.MatrixBase):
        return found
    raise ValueError(f"source: expected a matrix, got {value}")


def _matrix(node: Any) -> Any:
    """A matrix, or a commutative expression."""
    match node:
        case sp.MatrixBase():
            return node
        case Pauli():
            return msigma(node.i)
        case SigmaOpBase():
            return _SIGMA[type(node)]
        case TensorProduct():
            return sp.kronecker_product(*map(_factor, node.args))
        case sp.Add() | sp.MatAdd():
            return _sum([_matrix(x) for x in node.args])
        case sp.Mul() | sp.MatMul():
            return reduce(lambda a, b: a * b, map(_matrix, node.args))
        case sp.Pow() | sp.MatPow() if node.has(*_OPERATORS):
            return _matrix(node.base) ** node.exp
        case sp.MatrixExpr():
            return node.as_explicit()
        case IdentityOperator():
            return sp.S.One
        case _ if node.has(*_OPERATORS):
            raise ValueError(f"source: expected sums, products and powers of operators, got {node}")
    return node


def _factor(node: Any) -> sp.MatrixBase:
    """A factor of a tensor product; a number stands for that multiple of the 2 x 2 identity."""
    found = _matrix(node)
    return found if isinstance(found, sp.MatrixBase) else found * sp.eye(2)


def _sum(terms: list[Any]) -> Any:
    sizes = {term.shape for term in terms if isinstance(term, sp.MatrixBase)}
    if len(sizes) > 1:
        raise ValueError(f"source: expected matrices of one size in a sum, got {sorted(sizes)}")
    if not sizes:
        return sp.Add(*terms)
    unit = sp.eye(sizes.pop()[0])
    return sum((term if isinstance(term, sp.MatrixBase) else term * unit for term in terms), sp.zeros(*unit.shape))
