"""Eigenvalues and eigenvectors of many Hermitian 3 x 3 matrices by formulas, in a third of the time of LAPACK.

In units of its size A = H - tr H/3 has eigenvalues 2 cos(phi + 2 pi n/3), cos 3 phi = det(A)/2. The one that is farthest from the others, x = 2 cos(phi)
or its negative for a negative determinant, is at least sqrt(3) away from them: nothing cancels in its state, a column of the adjugate of A - x.
A reflection takes that state to a unit vector; what is left of A is 2 x 2, and its states are found as those of two bands. Energies may
therefore come as close to each other as they like.

Rows and columns are taken in cyclic order from the largest component of the state of x, the pivot: alpha > 0, beta, gamma are its components in that order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray

MANY = 256  # matrices: fewer take LAPACK less time than NumPy takes to begin
_BLOCK = 1024  # matrices at a time: their arrays stay in the cache of the processor
_LEAST, _MOST = 1e-200, 1e200  # of the square of the size, which neither underflows nor overflows

Lower = tuple[AnyArray, ...]  # the diagonal and the elements [1, 0], [2, 0], [2, 1]
Choice = Callable[[AnyArray, AnyArray, AnyArray], AnyArray]  # the one that belongs to the pivot 0, 1 or 2


def eigenvectors(H: ComplexArray) -> tuple[Array, ComplexArray] | None:
    """Energies (K, 3), ascending, and orthonormal states, the columns of (K, 3, 3), with errors of a few roundings of |H|.

    Of H the lower triangle is read. None where a matrix is a multiple of 1, not finite, or so large or small that squares are not numbers.
    """
    energies, states = np.empty(H.shape[:-1]), np.empty(H.shape, dtype=complex)
    for start in range(0, len(H), _BLOCK):
        block = slice(start, start + _BLOCK)
        if not _solve(H[block], energies[block], states[block]):
            return None
    return energies, states


def _solve(H: ComplexArray, energies: Array, states: ComplexArray) -> bool:
    """Fills in the energies and states; False where formulas do not hold."""
    with np.errstate(over="ignore", invalid="ignore"):
        middle, diagonal = _without_trace([H[:, i, i].real for i in range(3)])
        lower = H[:, 1, 0], H[:, 2, 0], H[:, 2, 1]
        square = np.asarray(sum(map(_square, diagonal)) / 6 + sum(map(_square, lower)) / 3)
    if not (square.min() > _LEAST and square.max() < _MOST):
        return False
    size = np.sqrt(square)
    A: Lower = tuple(a * (1 / size) for a in (*diagonal, *lower))
    x, highest = _farthest(A)
    pivot, alpha, beta, gamma = _state(A, x)
    (low, high), others = _others(_in_order(A, pivot), x, alpha, beta, gamma)
    for column, values in enumerate(((low, x), (high, low), (x, high))):
        energies[:, column] = middle + size * np.where(highest, *values)
    own = alpha, beta, gamma
    for row, places in enumerate(((0, 2, 1), (1, 0, 2), (2, 1, 0))):
        lower_one, upper_one, farthest = (pivot(*(state[n] for n in places)) for state in (*others, own))
        for column, values in enumerate(((lower_one, farthest), (upper_one, lower_one), (farthest, upper_one))):
            states[:, row, column] = np.where(highest, *values)
    return True


def _without_trace(diagonal: list[Array]) -> tuple[Array, list[Array]]:
    """The mean, and what differs from it."""
    middle = (diagonal[0] + diagonal[1] + diagonal[2]) / 3
    return middle, [a - middle for a in diagonal]


def _square(z: AnyArray) -> Array:
    return np.asarray(z.real**2 + z.imag**2 if np.iscomplexobj(z) else z * z)


def _times(u: AnyArray, v: AnyArray) -> Array:
    """Re(u^* v)."""
    return np.asarray(u.real * v.real + u.imag * v.imag)


def _farthest(A: Lower) -> tuple[Array, Any]:
    """The eigenvalue farthest from the others, and whether it is the highest."""
    a, b, c, d, e, f = A
    half = (a * (b * c - _square(f)) - b * _square(e) - c * _square(d)) / 2 + _times(f * d, e)
    x = 2 * np.cos(np.arccos(np.minimum(np.abs(half), 1.0)) / 3)
    highest = half >= 0
    return np.where(highest, x, -x), highest


def _state(A: Lower, x: Array) -> tuple[Choice, AnyArray, AnyArray, AnyArray]:
    """The eigenvector of x, normalised, from its pivot, and what chooses by the pivot."""
    *diagonal, d, e, f = A
    a, b, c = (value - x for value in diagonal)
    adjugate = b * c - _square(f), a * c - _square(e), a * b - _square(d)
    first = (adjugate[0] >= adjugate[1]) & (adjugate[0] >= adjugate[2])
    second = adjugate[1] >= adjugate[2]

    def pivot(u: AnyArray, v: AnyArray, w: AnyArray) -> AnyArray:
        return np.where(first, u, np.where(second, v, w))

    one_zero, two_zero, two_one = f.conj() * e - d * c, f * d - e * b, e * d.conj() - f * a
    alpha = pivot(*adjugate)
    beta = pivot(one_zero, two_one, two_zero.conj())
    gamma = pivot(two_zero, one_zero.conj(), two_one.conj())
    norm = 1 / np.sqrt(alpha * alpha + _square(beta) + _square(gamma))
    return pivot, alpha * norm, beta * norm, gamma * norm


def _in_order(A: Lower, pivot: Choice) -> Lower:
    """The same from the pivot on."""
    a, b, c, d, e, f = A
    diagonal = pivot(a, b, c), pivot(b, c, a), pivot(c, a, b)
    return (*diagonal, pivot(d, f, e.conj()), pivot(e, d.conj(), f.conj()), pivot(f, e.conj(), d))


def _others(A: Lower, x: Array, alpha: AnyArray, beta: AnyArray, gamma: AnyArray) -> tuple[Any, Any]:
    """Energies and states of the other two: 1 - z z^+/(1 + alpha), z = (1 + alpha, beta, gamma), takes the state of x to the pivot."""
    a, b, c, d, e, f = A
    part = 1 / (1 + alpha)
    along = part * (part * (x * (1 + 2 * alpha) + a) - 2 * x)
    by_beta, by_gamma = part * beta, part * gamma
    one = b - 2 * _times(by_beta, d) + along * _square(beta)
    two = c - 2 * _times(by_gamma, e) + along * _square(gamma)
    w = f - by_gamma * d.conj() + (along * gamma - part * e) * beta.conj()
    middle, z, size = (one + two) / 2, (one - two) / 2, np.sqrt(_square(w))
    radius = np.sqrt(z * z + size * size)
    large, rising = radius + np.abs(z), z >= 0
    norm = np.sqrt(large * large + size * size)
    multiple = norm == 0  # of 1
    norm = np.where(multiple, 1.0, norm)
    cosine, sine = np.where(multiple, 1.0, large / norm), w / norm
    below = np.where(rising, -sine.conj(), cosine), np.where(rising, cosine, -sine)
    above = np.where(rising, cosine, sine.conj()), np.where(rising, sine, cosine)

    def reflected(u: AnyArray, v: AnyArray) -> tuple[AnyArray, AnyArray, AnyArray]:
        overlap = beta.conj() * u + gamma.conj() * v
        return -overlap, u - by_beta * overlap, v - by_gamma * overlap

    return (middle - radius, middle + radius), (reflected(*below), reflected(*above))
