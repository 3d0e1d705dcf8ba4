"""Energies and eigenvectors of a Hermitian matrix of up to four rows as a straight-line program, without iteration.

For the traceless part h of H the characteristic polynomial has only real roots. A cubic with real roots is
4t^3 - 3t = x with |x| <= 1; its outermost root has modulus in [sqrt(3)/2, 1], depends smoothly on |x| and comes from
two Newton steps; the other two solve a quadratic. A quartic goes through its resolvent cubic, whose roots are the
squares (e_1 + e_2)^2, (e_1 + e_3)^2, (e_2 + e_3)^2 (so nothing is complex and nothing needs sorting), and a Newton step. An eigenvector is
B(e) r, B the adjugate of e - h and r one of two fixed vectors: a polynomial in h applied to r. Its Rayleigh quotient has the
error of e squared, and the eigenvector is made a second time with it.

Two pairs of four bands, each degenerate everywhere, need no polynomial: h^2 = e^2, and (e - h)/2e and (e + h)/2e project onto the
pairs, whose vectors they make from two fixed ones.

The program also estimates its own error, see ``Spectrum.error_estimate``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from symcur.arrays import ObjectArray
from symcur.program import Complex, Scalar, SimplifyingProgram
from symcur.program.matrices import hermitian_product, total, trace, trace_of_product

LARGEST = 4
_ROUNDING, _LEAST = Fraction(1, 2**52), Fraction(1, 2**100)
# A vector without symmetry: moduli near one, unrelated phases.
_START = ((32, 0), (-13, 29), (-27, -17), (11, 30))
_SECOND = ((-19, 26), (31, -7), (14, 28), (23, -22))
TURN, TURNED = "turn of the start vector", -0.25
"""An input, 1 or TURNED, by which the second half of the start vector is multiplied. A state is orthogonal to both vectors only where it is
to both halves; and of unequal halves no state is that has equal weights in an orbital of each."""
PAIRS = (2, 2)
_SPLIT = 4  # by how much more a pair counts that is split: one of 1e-12 of the spread is told from none


@dataclass(frozen=True)
class Spectrum:
    """Energies ``mean + levels[n]`` ascending, orthonormal ``vectors[a, n]`` and the square of the estimated error.

    ``error_estimate`` adds up, over the bands n and their neighbours m, what multiplies the rounding errors, in units of 2^-52:
    |h|^(N-1) |r|/|B(e_n) r| (cancellation in the eigenvector), |H|/|e_n - e_m|, and the admixture of m to the second
    eigenvector: the square of that to the first, (correction of e_n)/(e_n - e_m) times |r|/|<n|r>|, is the error of the
    corrected energy and meets the same factor again. It is infinite or not a number where a gap or the overlap of r with an
    eigenvector vanishes.
    """

    mean: Scalar
    levels: list[Scalar]
    vectors: ObjectArray
    error_estimate: Scalar


def spectrum(program: SimplifyingProgram, H: ObjectArray) -> Spectrum:
    """The spectrum of a Hermitian N x N array of Complex, N <= 4."""
    N = len(H)
    mean = trace(H) / N
    h = np.array([[Complex(H[a, a].real - mean) if a == b else H[a, b] for b in range(N)] for a in range(N)])
    if N == 1:
        return Spectrum(mean, [program.zero], np.array([[Complex(program.one)]]), program.zero)
    square = hermitian_product(h, h)
    coefficients = _characteristic(h, square)
    rough = levels = list(reversed(_roots(program, coefficients)))
    krylov = [start_vector(program, N)]
    for _ in range(N - 1):
        krylov.append(h @ krylov[-1])
    if N > 2:
        levels = [_rayleigh(h, _vector(krylov, coefficients, e)) for e in rough[1:]]
        levels.insert(0, -total(levels))  # Tr h = 0
    spread = trace(square)
    least = program.constant(_LEAST) * levels[-1] ** (N - 1)  # the highest level is of the size of h
    columns, inverse_sizes = zip(
        *(_normalized(program, _vector(krylov, coefficients, e), least) for e in levels), strict=True
    )
    vectors = np.array(columns).T
    error_estimate = N * spread ** (N - 1) * total(inverse_sizes)
    near = [(1 / (above - below)) ** 2 for below, above in itertools.pairwise(levels)]
    error_estimate += (spread + mean * mean) * total(near)
    for n, (before, e, inverse) in enumerate(zip(rough, levels, inverse_sizes, strict=True)):
        inverse_overlap = N * inverse * prod((e - other) ** 2 for other in levels if other is not e)
        admixture = (e - before) ** 2 * inverse_overlap / _ROUNDING  # times the square of a gap
        around = near[max(n - 1, 0) : n + 1]
        error_estimate += admixture * admixture * inverse_overlap * total(x * x for x in around)
    return Spectrum(mean, levels, vectors, error_estimate)


def start_vector(program: SimplifyingProgram, N: int) -> ObjectArray:
    """The vector r, by the input TURN one of two."""
    turn = program.input(TURN)
    factors = [program.one] * -(-N // 2) + [turn] * (N // 2)
    return np.array([Complex(*map(program.constant, _START[a])) / 32 * factors[a] for a in range(N)])


def spectrum_of_pairs(program: SimplifyingProgram, H: ObjectArray) -> Spectrum:
    """That of a Hermitian 4 x 4 array of Complex with two levels, each of two states.

    The error estimate counts (h^2 - e^2)/e^2 too, by which the levels of a pair differ where H does not keep them together.
    """
    mean = trace(H) / 4
    h = np.array([[Complex(H[a, a].real - mean) if a == b else H[a, b] for b in range(4)] for a in range(4)])
    square = hermitian_product(h, h)
    spread = trace(square)
    energy = program.function("sqrt", spread / 4)
    split = total(_size(square[a, b]) for a in range(4) for b in range(a + 1, 4)) * 2
    split += total((square[a, a].real - spread / 4) ** 2 for a in range(4))
    error_estimate = (spread + mean * mean) / spread + split / (spread / 4 * _ROUNDING / _SPLIT) ** 2
    columns = []
    for level in (-energy, energy):
        first, second = (
            np.array([Complex(*map(program.constant, entry)) / 32 for entry in start]) for start in (_START, _SECOND)
        )
        first, second = (h @ vector + vector * level for vector in (first, second))
        inverse = 1 / program.function("sqrt", total(map(_size, first)))
        first = first * inverse
        overlap = total(x.conjugate() * y for x, y in zip(first, second, strict=True))
        second = second - first * overlap
        inverse_second = 1 / program.function("sqrt", total(map(_size, second)))
        columns += [first, second * inverse_second]
        error_estimate += spread * 4 * (inverse**2 + inverse_second**2)
    return Spectrum(mean, [-energy, -energy, energy, energy], np.array(columns).T, error_estimate)


# -- the characteristic polynomial e^N + c_2 e^(N-2) + ... + c_N and its roots, descending -----------------------------
def _characteristic(h: ObjectArray, square: ObjectArray) -> list[Scalar]:
    """[c_2, ..., c_N] by Newton's identities from Tr h^2, Tr h^3 and Tr h^4."""
    second = trace(square)
    coefficients = [-second / 2]
    if len(h) > 2:
        coefficients.append(-trace_of_product(h, square) / 3)
    if len(h) > 3:
        coefficients.append((second * second / 2 - trace_of_product(square, square)) / 4)
    return coefficients


def _roots(program: SimplifyingProgram, coefficients: list[Scalar]) -> list[Scalar]:
    if len(coefficients) == 1:
        energy = program.function("sqrt", -coefficients[0])
        return [energy, -energy]
    return _cubic(program, *coefficients) if len(coefficients) == 2 else _quartic(program, *coefficients)


def _quartic(program: SimplifyingProgram, c_2: Scalar, c_3: Scalar, c_4: Scalar) -> list[Scalar]:
    """The roots (s_1 + s_2 + s_3)/2 and with two signs changed; s_1 > s_2 > |s_3|, s_1 s_2 s_3 = -c_3.

    Where two pairs of roots are close, at a distance g apart, s_2 and s_3 are off by 2^-52/g^3 in units of the largest root, and after a
    Newton step the roots by 2^-52/g.
    """
    linear = -c_2 * c_2 / 3 - 4 * c_4
    constant = c_2 * (8 * c_4 / 3 - 2 * c_2 * c_2 / 27) - c_3 * c_3
    large, middle, _ = (root - 2 * c_2 / 3 for root in _cubic(program, linear, constant))
    s_1, s_2 = (program.function("sqrt", _modulus(program, z)) for z in (large, middle))
    s_3 = -c_3 / (s_1 * s_2)
    roots = [(s_1 + s_2 + s_3) / 2, (s_1 - s_2 - s_3) / 2, (s_2 - s_1 - s_3) / 2, (s_3 - s_1 - s_2) / 2]
    return [e - (((e * e + c_2) * e + c_3) * e + c_4) / ((4 * e * e + 2 * c_2) * e + c_3) for e in roots]


def _cubic(program: SimplifyingProgram, linear: Scalar, constant: Scalar) -> list[Scalar]:
    """The roots of y^3 + linear y + constant, all real: y = A t with 4t^3 - 3t = x."""
    A = 2 * program.function("sqrt", _modulus(program, linear / 3))
    x = -4 * constant / (A * A * A)
    outer = _outer_root(program, _modulus(program, x))
    inner = program.function("sqrt", _modulus(program, 3 - 3 * outer * outer))
    mean, half = (outer + inner) / 2, (outer - inner) / 2
    largest, smallest = program.select(x, outer, mean), program.select(x, mean, outer)
    return [A * largest, A * program.select(x, -half, half), -(A * smallest)]


def _outer_root(program: SimplifyingProgram, x: Scalar) -> Scalar:
    """cos(arccos(x)/3) for x in [0, 1]: the cubic with its values and slopes at both ends, then two Newton steps."""
    root = program.zero
    for coefficient in _start_of_root():
        root = root * x + program.constant(coefficient)
    for _ in range(2):
        square = root * root
        root = root - ((4 * square - 3) * root - x) / (12 * square - 3)
    return root


@cache
def _start_of_root() -> tuple[sp.Rational, ...]:
    """The coefficients of the cubic, the leading one first, to the digits of floats."""
    t = sp.Symbol("t")
    value_0, value_1, slope_0, slope_1 = sp.sqrt(3) / 2, sp.Integer(1), sp.Rational(1, 6), sp.Rational(1, 9)
    rise = value_1 - value_0
    start = value_0 + slope_0 * t + (3 * rise - 2 * slope_0 - slope_1) * t**2 + (slope_0 + slope_1 - 2 * rise) * t**3
    return tuple(sp.nsimplify(sp.N(x, 17), rational=True) for x in sp.Poly(start, t).all_coeffs())


# -- eigenvectors ------------------------------------------------------------------------------------------------------
def _vector(krylov: Sequence[Any], coefficients: Sequence[Scalar], energy: Scalar) -> Any:
    """B(e) r = sum_j b_j h^j r with b_(N-1) = 1, b_(j-1) = e b_j + c_(N-j+1)."""
    factor: Any = energy
    result = krylov[-1] + krylov[-2] * energy
    for vector, coefficient in zip(reversed(krylov[:-2]), coefficients, strict=False):
        factor = factor * energy + coefficient
        result = result + vector * factor
    return result


def _normalized(program: SimplifyingProgram, vector: Any, least: Scalar) -> tuple[list[Complex], Scalar]:
    """A vector of unit length with a first component that is real and positive, so that it costs half in products, and 1/|vector|^2.

    ``least`` is negligible beside the rounding errors of the components, and gives the first one a phase where it vanishes.
    """
    first = Complex(vector[0].real + least, vector[0].imag)
    size_of_first = _size(first)
    factor = 1 / program.function("sqrt", size_of_first * (size_of_first + total(map(_size, vector[1:]))))
    length, phase = size_of_first * factor, first.conjugate() * factor
    return [Complex(length), *(entry * phase for entry in vector[1:])], length * factor


def _rayleigh(h: ObjectArray, vector: Any) -> Scalar:
    """u^+ h u / u^+ u."""
    N = len(h)
    sizes = [_size(entry) for entry in vector]
    value = total(h[a, a].real * sizes[a] for a in range(N))
    for a in range(N):
        for b in range(a + 1, N):
            value = value + 2 * (h[a, b] * (vector[a].conjugate() * vector[b])).real
    quotient: Scalar = value / total(sizes)
    return quotient


def _size(entry: Complex) -> Scalar:
    return entry.real * entry.real + entry.imag * entry.imag


def _modulus(program: SimplifyingProgram, x: Scalar) -> Scalar:
    return program.select(x, x, -x)
