"""Which bands form a multiplet: how close their energies are, and how many distinct ones H(k) has at a generic k."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symcur.arrays import Array, Mask
from symcur.band_structures.band_structure import BandStructure
from symcur.band_structures.exact import exact
from symcur.band_structures.formulas import generic_values

DEGENERACY_TOLERANCE = 1e-9  # of the spread of the energies at k
RESOLVED = 1e-12  # of that spread: closer energies are one to double precision, whatever is known about them
_DIGITS = 50
CLEAR_GAP = 1e-6  # of the spread of the energies: far above the rounding errors of double precision
_MOST_BANDS = 8  # beyond, energies to fifty digits take too long
_POINTS = 2


class DigitsWarning(UserWarning):
    """Numbers have lost digits by rounding: more than a closed form promises, or half of them through eigenstates."""


def pattern(H: sp.ImmutableDenseMatrix, point: Mapping[sp.Symbol, sp.Expr]) -> tuple[int, ...]:
    """The multiplicities of the energies of H with these values put in, ascending, to fifty digits."""
    with mpmath.workdps(_DIGITS):
        matrix = _digits(H, point)
        energies = sorted(mpmath.eigh((matrix + matrix.H) / 2, eigvals_only=True))
        tolerance = mpmath.mpf(10) ** (-_DIGITS // 2) * (1 + max(abs(e) for e in energies))
        return tuple(map(len, multiplets(energies, tolerance)))


def pattern_of_any(matrix: sp.Matrix, point: Mapping[sp.Symbol, sp.Expr]) -> tuple[tuple[int, ...], bool]:
    """The same of any matrix, and whether its eigenvalues are real and the order has a meaning."""
    with mpmath.workdps(_DIGITS):
        found = levels_of_any(_digits(matrix, point))
        tolerance = mpmath.mpf(10) ** (-_DIGITS // 2) * (1 + max(abs(e) for level in found for e in level))
        return tuple(map(len, found)), all(abs(mpmath.im(e)) < tolerance for level in found for e in level)


def levels_of_any(matrix: Any) -> list[list[Any]]:
    """The eigenvalues of a matrix of mpmath, equal ones together, by their real and then imaginary parts.

    Those of a zero mode of bosons, where it is not diagonalizable, are known to half of the digits.
    """
    values = sorted(mpmath.eig(matrix, left=False, right=False), key=mpmath.re)
    tolerance = mpmath.mpf(10) ** (-2 * mpmath.mp.dps // 5) * (1 + max(map(abs, values)))
    parts = (sorted(level, key=mpmath.im) for level in multiplets(values, tolerance, mpmath.re))
    return [level for part in parts for level in multiplets(part, tolerance, mpmath.im)]


def _digits(matrix: sp.Matrix, point: Mapping[sp.Symbol, sp.Expr]) -> Any:
    numeric = matrix.xreplace(dict(point)).evalf(_DIGITS + 10)
    return mpmath.matrix([[mpmath.mpmathify(entry) for entry in row] for row in numeric.tolist()])


def multiplets(energies: Sequence[Any], tolerance: Any, part: Callable[[Any], Any] = lambda x: x) -> list[list[Any]]:
    """Numbers of which a part ascends, by default the whole, cut where it differs by more than the tolerance."""
    result = [[energies[0]]]
    for lower, upper in itertools.pairwise(energies):
        if part(upper) - part(lower) > tolerance:
            result.append([])
        result[-1].append(upper)
    return result


def distinct_energies(
    H: sp.ImmutableDenseMatrix,
    k: Sequence[sp.Symbol],
    values: Mapping[sp.Symbol, Any],
    energies: Callable[[Array], Array],
    is_hermitian: bool = True,
) -> int | None:
    """The number of distinct energies at random k for these parameter values, or None where it is not decided.

    Clear gaps in double precision count; where some are not clear, fifty digits decide up to eight bands. A float stands for
    the decimal fraction that it prints. H is g H for bosons.
    """
    generator = np.random.default_rng(5)
    points = [generic_values(k, generator) for _ in range(_POINTS)]
    numbers = energies(np.array([[float(point[symbol]) for symbol in k] for point in points]))
    clear = np.diff(numbers, axis=-1) > CLEAR_GAP * np.ptp(numbers, axis=-1)[:, None]
    size = int(numbers.shape[-1])
    if clear.all(axis=-1).any():
        return size
    if size > _MOST_BANDS:
        return None
    fixed = {symbol: exact(sp.sympify(value)) for symbol, value in values.items()}
    if is_hermitian:
        return max(len(pattern(H, point | fixed)) for point in points)
    return max(len(pattern_of_any(H, point | fixed)[0]) for point in points)


# -- multiplets at given k ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Window:
    """Neighbouring levels closer than ``energy``, in the units of H, are one multiplet; chains of them too."""

    energy: float

    def __post_init__(self) -> None:
        if isinstance(self.energy, bool) or not (
            isinstance(self.energy, int | float | np.number) and np.isfinite(self.energy) and self.energy >= 0
        ):
            raise ValueError(f"window: expected a finite energy >= 0, got {self.energy!r}")


Closeness = float | Window | None
"""How close levels are one multiplet: a part of the spread of the energies at k, a Window, or None for what is known of H."""


def joined(energies: Array, tolerance: float | Window, size: Array | float = 0.0) -> Mask:
    """Whether each band belongs to one multiplet with the band below: closer than a Window, or ``tolerance`` times the spread.

    energies (..., N) ascending. Below the rounding of the eigenvalues two cannot be told apart: that of the energies, and that of
    the terms of H, of which ``size`` (...) tells how large they are where their sum is small.
    """
    largest = np.maximum(np.abs(energies).max(axis=-1), size)[..., None]
    rounding = 8 * energies.shape[-1] * np.finfo(float).eps * largest
    spread = energies[..., -1:] - energies[..., :1]
    closest = np.maximum(tolerance.energy if isinstance(tolerance, Window) else tolerance * spread, rounding)
    result = np.zeros(energies.shape, dtype=bool)
    np.less_equal(energies[..., 1:] - energies[..., :-1], closest, out=result[..., 1:])
    return result


def follows(model: BandStructure, energies: Array, k: Array, tolerance: Closeness) -> Mask:
    """Whether each band belongs to one multiplet with the band below at k, as ``joined`` tells, by default by what is known.

    Without a tolerance, bands closer than DEGENERACY_TOLERANCE are told apart down to 1e-12 of the spread where this shows no
    more levels than H has at generic k; but not E and -E of a boson, which is none where they meet.
    """
    size = model.size_of_terms(k)
    if tolerance is not None:
        require_tolerance(tolerance)
        return joined(energies, tolerance, size)
    coarse, fine = joined(energies, DEGENERACY_TOLERANCE, size), joined(energies, RESOLVED, size)
    if model.bosons is not None:
        middle = slice(model.bosons.negative, model.bosons.negative + 1)
        fine[..., middle] = coarse[..., middle]
    doubtful = (coarse != fine).any(axis=-1)
    if doubtful.any() and model.distinct_energies is not None:
        distinct = doubtful & ((~fine).sum(axis=-1) <= model.distinct_energies)
        return np.where(distinct[..., None], fine, coarse)
    return coarse


def amplification(energies: Array, joined: Mask) -> Array:
    """By what rounding errors of eigenvectors exceed those of H: |H|/gap, summed over the gaps between multiplets; shape (...)."""
    with np.errstate(divide="ignore"):
        inverse_gaps = np.where(joined[..., 1:], 0.0, 1 / (energies[..., 1:] - energies[..., :-1]))
    return np.asarray(np.sqrt(1 + (energies**2).sum(axis=-1) * (inverse_gaps**2).sum(axis=-1)))


def require_tolerance(tolerance: Closeness) -> None:
    if not isinstance(tolerance, Window | None) and not (np.isfinite(tolerance) and tolerance >= 0):
        raise ValueError(f"tolerance: expected a finite number >= 0, got {tolerance!r}")


def closer_than_told_apart(model: BandStructure, k: Array) -> bool:
    """Whether bands differ at k by more than rounding and by less than ``follows`` tells apart."""
    energies, size = model.energies(k), model.size_of_terms(k)
    return bool((joined(energies, RESOLVED, size) & ~joined(energies, 0.0, size)).any())
