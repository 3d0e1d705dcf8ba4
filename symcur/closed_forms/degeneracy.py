"""How many distinct energies H(k) has, and how often each occurs, at a generic k: decided exactly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import sympy as sp
from flint import fmpq

from symcur.arrays import ObjectArray
from symcur.band_structures import Model
from symcur.band_structures.exact import exact
from symcur.band_structures.formulas import any_functions, generic_values
from symcur.band_structures.levels import CLEAR_GAP, pattern_of_any
from symcur.band_structures.levels import pattern as observed
from symcur.closed_forms.entries import Entries
from symcur.closed_forms.letters import letters
from symcur.closed_forms.pieces import Piece, pieces
from symcur.closed_forms.ring import Exact, NotExact, Ring, reduced
from symcur.expressions.interpreter import shifted


@lru_cache(maxsize=256)
def multiplicities(model: Model) -> tuple[int, ...]:
    """The multiplicities of the distinct energies of H(k) at generic k and generic parameter values.

    A gap seen at one point proves that bands are distinct. Where bands coincide at random points (to fifty digits), a
    polynomial of the degree of the distinct energies is shown to annihilate H identically in k and all parameters.
    Unequal multiplicities are listed in ascending order of the energies at one random point. Raises ValueError where a
    degeneracy is seen but does not follow from the entries of H exactly.
    """
    if model.bosons is not None:
        return _of_bosons(model)
    generator = np.random.default_rng(5)
    H = any_functions(model.H)
    functions = sorted(H.free_symbols - {*model.k, *model.parameters}, key=str)
    points = [generic_values((*model.k, *model.parameters, *functions), generator) for _ in range(3)]
    for point in points if not functions else ():
        at_point = model.with_values({symbol: point[symbol] for symbol in model.parameters})
        energies = at_point.energies([float(point[k]) for k in model.k])
        if np.diff(energies).min(initial=np.inf) > CLEAR_GAP * (energies[-1] - energies[0]):
            return (1,) * model.size
    pattern = max((observed(H, point) for point in points), key=len)
    if len(pattern) < model.size and not _proved(model, pattern):
        raise _unproved(model, pattern)
    return pattern


def _of_bosons(model: Model) -> tuple[int, ...]:
    """The same for g H, also at values of parameters for which it is unstable and has complex eigenvalues.

    The order of unequal multiplicities is that at a point where they are real.
    """
    generator, gH = np.random.default_rng(5), letters(model)("H", ())
    points = [generic_values((*model.k, *model.parameters), generator) for _ in range(3)]
    for point in points:
        numbers = np.array(gH.xreplace(point).evalf(20).tolist(), dtype=complex)
        energies = np.linalg.eigvals(numbers)
        gaps = np.abs(energies[:, None] - energies) + np.diag(np.full(model.size, np.inf))
        if gaps.min() > CLEAR_GAP * np.abs(numbers).max():
            return (1,) * model.size
    given = {symbol: exact(sp.sympify(value)) for symbol, value in model.parameters.items() if value is not None}
    found = [pattern_of_any(gH, values) for point in points for values in (point, point | given)]
    most = max(len(pattern) for pattern, _ in found)
    pattern, ordered = max((pair for pair in found if len(pair[0]) == most), key=lambda pair: pair[1])
    if most < model.size and not _proved(model, pattern):
        raise _unproved(model, pattern)
    if len(set(pattern)) > 1 and not ordered:
        raise ValueError(
            f"model: expected bosons that are stable at random k where multiplets of different sizes occur, got {model.name}"
        )
    return pattern


def _unproved(model: Model, pattern: tuple[int, ...]) -> ValueError:
    return ValueError(
        f"model: expected degeneracies that follow exactly from the entries of H, got {model.name}, whose bands "
        f"coincide at random k (multiplicities {pattern}); write H so that this holds identically"
    )


def _proved(model: Model, pattern: tuple[int, ...]) -> bool:
    """Is the number of distinct energies at most len(pattern), identically?"""
    try:
        H = Entries(model).traceless
    except NotExact:
        return False
    if len(set(pattern)) == 1:
        return all(entry.is_zero for entry in _annihilated(H, pattern).flat)
    if model.bosons is None and _in_pieces(model) <= len(pattern):
        return True
    # The Hankel matrix of the moments Tr H^j has the rank of the number of distinct energies.
    moments = power_sums(H, 2 * len(pattern))
    rows = range(len(pattern) + 1)
    return determinant(H[0, 0].ring, [[moments[i + j] for j in rows] for i in rows]).reduced().is_zero


def _in_pieces(model: Model) -> int:
    """A bound on the number of distinct energies: those of the constant blocks of H, of blocks with the same energies once.

    Two blocks have the same energies, in the same proportion, where their moments Tr H^j/N are equal for as many j as there are
    energies in both.
    """
    found = pieces(Piece(sp.eye(model.size), model.H, sp.zeros(model.size)), model.k)
    if len(found) == 1:
        return model.size
    ring = Ring([entry for piece in found for entry in piece.H], model.k)
    most = 2 * max(piece.H.rows for piece in found)
    known: list[list[Exact]] = []
    total = 0
    for piece in found:
        moments = [(p * fmpq(1, piece.H.rows)).reduced() for p in power_sums(ring.matrix(piece.H), most)]
        if not any(all((a - b).is_zero for a, b in zip(moments, other, strict=True)) for other in known):
            known.append(moments)
            total += len(multiplicities(Model(piece.H, piece.H * 0, model.k, dict(model.parameters), name=model.name)))
    return total


def power_sums(H: ObjectArray, highest: int) -> list[Exact]:
    """Tr H^j for j = 0 ... highest."""
    powers = [_identity(H)]
    for _ in range((highest + 1) // 2):
        powers.append(reduced(powers[-1] @ H))
    half = len(powers) - 1
    pairs = ((powers[min(j, half)], powers[max(j - half, 0)]) for j in range(highest + 1))
    return [np.sum(A * B.T).reduced() for A, B in pairs]


def _annihilated(H: ObjectArray, pattern: tuple[int, ...]) -> ObjectArray:
    """q(H) with q = prod (z - e_a) over the distinct energies: Newton's identities with power sums Tr H^j / r."""
    M = _identity(H)
    for j in range(1, len(pattern) + 1):
        M = reduced(H @ M)
        M = shifted(M, (np.trace(M) * fmpq(-1, j * pattern[0])).reduced())
    return reduced(M)


def _identity(H: ObjectArray) -> ObjectArray:
    ring = H[0, 0].ring
    return shifted(np.full(H.shape, ring.zero), ring.one)


def determinant(ring: Ring, rows: list[list[Exact]]) -> Exact:
    """Of a small matrix, along its first row."""
    if not rows:
        return ring.one
    total = ring.zero
    for column, entry in enumerate(rows[0]):
        minor = determinant(ring, [[*row[:column], *row[column + 1 :]] for row in rows[1:]])
        total = total + entry * minor * (-1) ** column
    return total
