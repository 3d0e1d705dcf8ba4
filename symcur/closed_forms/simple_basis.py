"""A constant basis in which H and s are simple: one that depends on them as operators and not on the basis that they are given in.

States are told apart by s, then by the coefficient matrices of H, restricted to the states not yet told apart, and by how these
couple them. Phases are such that the first coefficient that couples two states is positive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import sympy as sp

from symcur.arrays import ObjectArray
from symcur.closed_forms.commutant import Numbers
from symcur.closed_forms.pieces import Piece, as_written, in_basis
from symcur.closed_forms.ring import NotExact, Ring

_LARGEST = 8  # bands
_SPARSE = (
    1.5  # entries of a row of the matrices of H and s, on average: with no more of them they are simple as they stand
)
_LONGEST = 10**40  # numerator times denominator of the squared length of a state before phases are chosen
_LARGEST_ROOT, _LARGEST_NUMBER = 30, 10**8  # in the matrices in the new basis
_FAR = 10**9 + 7  # larger than any eigenvalue


def simple(whole: Piece, k: Sequence[sp.Symbol]) -> Piece | None:
    """H and s in such a basis; None where they have no fewer entries in it than as they stand."""
    if not 1 < whole.H.rows <= _LARGEST:
        return None
    try:
        ring = Ring([x for X in whole.matrices for x in X], k)
        numbers = Numbers(ring.squares.values())
        coefficients = [C for X in (whole.s, whole.H) for C in numbers.coefficients(ring, [ring.matrix(X)])]
        if np.count_nonzero(coefficients) <= _SPARSE * whole.H.rows * len(coefficients):
            return None
        bases = numbers.bases(_told_apart(numbers, coefficients), _LONGEST)
        if not bases:
            return None
        matrices = [numbers.sympy(C) for C in coefficients]
        U = _with_phases(sp.Matrix.hstack(*bases), matrices)
        turned = [(U.H * C * U).applyfunc(sp.expand) for C in matrices]
        if _entries(turned) >= _entries(matrices) or not all(map(_is_simple, turned)):
            return None
        H, s = in_basis(whole, [U], k)
    except NotExact:
        return None
    return Piece(U, as_written(H), as_written(s))


def _entries(matrices: Sequence[sp.Matrix]) -> int:
    """Real and imaginary parts that are not zero."""
    return sum((sp.re(x) != 0) + (sp.im(x) != 0) for C in matrices for x in C)


def _is_simple(matrix: sp.Matrix) -> bool:
    """Made of short rational numbers and roots of small ones?"""
    roots = {root.base for root in matrix.atoms(sp.Pow)}
    return all(root.is_Rational and max(root.p, root.q) <= _LARGEST_ROOT for root in roots) and all(
        max(abs(number.p), number.q) <= _LARGEST_NUMBER for number in matrix.atoms(sp.Rational)
    )


def _told_apart(numbers: Numbers, matrices: Sequence[ObjectArray]) -> list[ObjectArray]:
    """Projectors of sum 1 onto states that are as few as they get."""
    found = [numbers.identity(matrices[0].shape[1])] if matrices else []
    count = 0
    while count < len(found):
        count = len(found)
        for matrix in _seen(numbers, matrices, found):
            found = [part for P in found for part in _parts(numbers, P, matrix)]
            if len(found) > count:
                break
    return found


def _seen(numbers: Numbers, matrices: Sequence[ObjectArray], found: Sequence[ObjectArray]) -> Iterator[ObjectArray]:
    yield from matrices
    for P in found if len(found) > 1 else ():
        for C in matrices:
            yield numbers.product(numbers.product(C, P), C)


def _parts(numbers: Numbers, P: ObjectArray, matrix: ObjectArray) -> list[ObjectArray]:
    """The projectors onto the eigenspaces, of conjugate eigenvalues together, of a matrix between the states of P."""
    one = numbers.identity(P.shape[1])
    inside = numbers.product(numbers.product(P, matrix), P) + (one - P) * _FAR
    parts = [Q for Q in numbers.eigenspaces(inside) if numbers.product(P, Q).any()]
    return parts if len(parts) > 1 else [P]


def _with_phases(U: sp.Matrix, matrices: Sequence[sp.Matrix]) -> sp.Matrix:
    """The columns times phases such that what couples each to those before is positive, where that is a root of a rational number."""
    U = U.copy()
    fixed, left = [0], list(range(1, U.cols))
    while left:
        b, z = next(_couplings(U, matrices, fixed, left), (left[0], sp.Integer(1)))
        square = sp.expand(z * sp.conjugate(z))
        if square.is_Rational:
            phase = sp.expand(sp.conjugate(z) / sp.sqrt(square))
            U[:, b] = (U[:, b] * phase).applyfunc(sp.expand)
        fixed.append(b)
        left.remove(b)
    return U


def _couplings(
    U: sp.Matrix, matrices: Sequence[sp.Matrix], first: Sequence[int], second: Sequence[int]
) -> Iterator[tuple[int, sp.Expr]]:
    """The second state and the element, where one between a first and a second state does not vanish."""
    for C in matrices:
        for a in first:
            for b in second:
                z = sp.expand((U[:, a].H * C * U[:, b])[0])
                if z != 0:
                    yield b, z
