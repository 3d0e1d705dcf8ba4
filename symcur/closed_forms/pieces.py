"""The smallest pieces into which a constant unitary matrix takes H(k) and s, at every k and for all parameters.

They are looked for in what commutes with all coefficients of H and s (``commutant``) and verified exactly. Of bosons it has to
commute with the metric as well, so that commutators of different pieces vanish and each has a metric of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import sympy as sp

from symcur.arrays import ObjectArray
from symcur.closed_forms.commutant import Numbers, RootNeeded
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.ring import Exact, NotExact, Ring, reduced, total
from symcur.expressions.interpreter import shifted


@dataclass(frozen=True)
class Piece:
    """H and s, and the metric g of bosons, between states that are the orthonormal columns of ``basis``."""

    basis: sp.Matrix
    H: sp.Matrix
    s: sp.Matrix
    g: sp.Matrix | None = None

    @property
    def matrices(self) -> list[sp.Matrix]:
        return [X for X in (self.H, self.s, self.g) if X is not None]


def pieces(whole: Piece, k: Sequence[sp.Symbol], primes: frozenset[int] = frozenset()) -> list[Piece]:
    """As small as they get: by the order of the rows, then by what commutes with H and s."""
    parts = _connected(*whole.matrices)
    if len(parts) > 1:
        chosen = (Piece(whole.basis[:, part], *(X[part, part] for X in whole.matrices)) for part in parts)
        return [piece for part in chosen for piece in pieces(part, k)]
    if whole.H.rows == 1:
        return [whole]
    try:
        found = _split(whole, k, primes)
    except NotExact:
        return [whole]
    except RootNeeded as needed:
        return pieces(whole, k, primes.union(needed.args))
    return [piece for part in found for piece in pieces(part, k)] if len(found) > 1 else [whole]


def _connected(*matrices: sp.Matrix) -> list[list[int]]:
    """The rows that are joined by entries that are not zero."""
    left, parts = set(range(matrices[0].rows)), []
    while left:
        part, new = set[int](), {min(left)}
        while new:
            part |= new
            new = {b for b in left - part if any(X[a, b] != 0 for X in matrices for a in new)}
        parts.append(sorted(part))
        left -= part
    return parts


def _split(whole: Piece, k: Sequence[sp.Symbol], primes: frozenset[int]) -> list[Piece]:
    ring = Ring([x for X in whole.matrices for x in X], k)
    numbers = Numbers({*ring.squares.values(), *primes})
    matrices = numbers.coefficients(ring, [ring.matrix(X) for X in whole.matrices])
    bases = numbers.bases(numbers.projectors(matrices)) if matrices else []
    if len(bases) < 2:
        return [whole]
    rotated = in_basis(whole, bases, k)
    parts = [slice(start, end) for start, end in pairwise(accumulate((W.cols for W in bases), initial=0))]
    if not all(x.is_zero for X in rotated for a in parts for b in parts if a != b for x in X[a, b].flat):
        raise ArithmeticError(f"H: expected constant blocks of {whole.H} in the basis {bases}")
    return [
        Piece((whole.basis * W).applyfunc(sp.expand), *(as_written(X[part, part]) for X in rotated))
        for W, part in zip(bases, parts, strict=True)
    ]


def chiral(whole: Piece, k: Sequence[sp.Symbol], primes: frozenset[int] = frozenset()) -> Piece | None:
    """In a basis in which H - Tr H/N has off-diagonal blocks only; None where there is none or H has them as it stands."""
    try:
        ring = Ring([*whole.H, *whole.s], k)
        numbers = Numbers({*ring.squares.values(), *primes})
        H = ring.matrix(whole.H)
        traceless = reduced(shifted(H, -total(H.diagonal(), ring) / len(H)))
        bases = numbers.bases(numbers.chiral_projectors(numbers.coefficients(ring, [traceless])))
    except NotExact:
        return None
    except RootNeeded as needed:
        return chiral(whole, k, primes.union(needed.args))
    if not bases or all(x in (0, 1) for W in bases for x in W):
        return None
    H, s = in_basis(whole, bases, k)
    return Piece(sp.Matrix.hstack(*bases), as_written(H), as_written(s))


def in_basis(whole: Piece, bases: Sequence[sp.Matrix], k: Sequence[sp.Symbol]) -> list[ObjectArray]:
    """The matrices in new bases, whose orthonormality is verified exactly."""
    U = sp.Matrix.hstack(*bases)
    ring = Ring([x for X in (*whole.matrices, U) for x in X], k)
    exact = ring.matrix(U)
    adjoint = np.frompyfunc(Exact.conjugate, 1, 1)(exact.T)
    unit, *rotated = (reduced(adjoint @ ring.matrix(X) @ exact) for X in (sp.eye(U.rows), *whole.matrices))
    if not all((x - ring.one if a == b else x).is_zero for (a, b), x in np.ndenumerate(unit)):
        raise ArithmeticError(f"H: expected an orthonormal basis, got {U}")
    return rotated


def as_written(matrix: ObjectArray) -> sp.Matrix:
    """Exact functions as SymPy expressions."""
    parts = [[written(x.part(which)).expression for x in matrix.flat] for which in ("real", "imag")]
    return sp.Matrix(*matrix.shape, [re + sp.I * im for re, im in zip(*parts, strict=True)])


def equivalent(a: Piece, b: Piece, k: Sequence[sp.Symbol]) -> bool:
    """Are they known to be the same but for a constant change of basis?"""
    n = a.H.rows
    if n != b.H.rows:
        return False
    try:
        ring = Ring([x for piece in (a, b) for X in piece.matrices for x in X], k)
        numbers = Numbers(ring.squares.values())
        both = [ring.matrix(sp.diag(x, y)) for x, y in zip(a.matrices, b.matrices, strict=True)]
        matrices = numbers.coefficients(ring, both)
        return numbers.are_equivalent([C[:, :n, :n] for C in matrices], [C[:, n:, n:] for C in matrices])
    except NotExact:
        return False
