"""Truncated power series in the momenta whose coefficients are exact matrices, for ``symcur.expressions.exact_points``.

Two arithmetics: modulo a prime with a root of -1, fast, and Gaussian rationals, for what people read.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flint import fmpq, fmpq_mat, nmod, nmod_mat

from symcur.expressions.axes import Momentum

PRIME = 2**62 - 87  # 1 modulo 4
ROOT = next(r for a in range(2, 50) if pow(r := pow(a, (PRIME - 1) // 4, PRIME), 2, PRIME) == PRIME - 1)
Entry = tuple[Any, Any]  # real and imaginary part


class Arithmetic(Protocol):
    """Numbers, and square matrices of complex ones."""

    def number(self, value: Any) -> Any: ...

    def sample(self, generator: random.Random) -> Any: ...

    def energies(self, generator: random.Random, count: int) -> list[Any]: ...

    def matrix(self, size: int, entry: Callable[[int, int], Entry]) -> Any: ...

    def diagonal(self, entries: list[Entry]) -> Any: ...

    def entry(self, matrix: Any, a: int, b: int) -> Entry: ...


class Modular:
    """Modulo PRIME; x + iy and x - iy are two independent numbers, so that "Hermitian" matrices are any matrices."""

    def number(self, value: Any) -> Any:
        return nmod(int(value.numerator), PRIME) / nmod(int(value.denominator), PRIME)

    def sample(self, generator: random.Random) -> Any:
        return nmod(generator.randrange(PRIME), PRIME)

    def energies(self, generator: random.Random, count: int) -> list[Any]:
        return [nmod(value, PRIME) for value in generator.sample(range(PRIME), count)]

    def matrix(self, size: int, entry: Callable[[int, int], Entry]) -> Any:
        pairs = (entry(a, b) for a in range(size) for b in range(size))
        return nmod_mat(size, size, [int(x + y * ROOT) for x, y in pairs], PRIME)

    def diagonal(self, entries: list[Entry]) -> Any:
        matrix = nmod_mat(len(entries), len(entries), PRIME)
        for a, (x, y) in enumerate(entries):
            matrix[a, a] = x + y * ROOT
        return matrix

    def entry(self, matrix: Any, a: int, b: int) -> Entry:
        return matrix[a, b], nmod(0, PRIME)


class Exact:
    """Rational numbers; X + iY is the real matrix [[X, -Y], [Y, X]] of twice the size."""

    def number(self, value: Any) -> Any:
        return fmpq(int(value.numerator), int(value.denominator))

    def sample(self, generator: random.Random) -> Any:
        return fmpq(generator.randint(-3, 3))

    def energies(self, generator: random.Random, count: int) -> list[Any]:
        return [fmpq(value) for value in generator.sample(range(-2 * count, 2 * count + 1), count)]

    def matrix(self, size: int, entry: Callable[[int, int], Entry]) -> Any:
        pairs = [[entry(a, b) for b in range(size)] for a in range(size)]
        upper = [value for row in pairs for value in (*(x for x, _ in row), *(-y for _, y in row))]
        lower = [value for row in pairs for value in (*(y for _, y in row), *(x for x, _ in row))]
        return fmpq_mat(2 * size, 2 * size, upper + lower)

    def diagonal(self, entries: list[Entry]) -> Any:
        size = len(entries)
        matrix = fmpq_mat(2 * size, 2 * size)
        for a, (x, y) in enumerate(entries):
            matrix[a, a] = matrix[a + size, a + size] = x
            matrix[a, a + size], matrix[a + size, a] = -y, y
        return matrix

    def entry(self, matrix: Any, a: int, b: int) -> Entry:
        return matrix[a, b], matrix[a + matrix.nrows() // 2, b]


class Truncation:
    """The monomials of power series in the momenta that are kept, with the table of their products."""

    def __init__(self, highest: Mapping[Momentum, int], degree: int) -> None:
        self.axes = axes = tuple(highest)
        powers = itertools.product(*(range(most + 1) for most in highest.values()))
        self.monomials = sorted((a for a in powers if sum(a) <= degree), key=sum)
        place = {a: j for j, a in enumerate(self.monomials)}
        self.products = [
            [(j, out) for j, b in enumerate(self.monomials) if (out := place.get(_plus(a, b))) is not None]
            for a in self.monomials
        ]
        steps = [tuple(int(other == axis) for other in axes) for axis in axes]
        self.raised = {
            axis: [(place[up], up[j]) if (up := _plus(a, steps[j])) in place else None for a in self.monomials]
            for j, axis in enumerate(axes)
        }
        self.degree = sum(self.monomials[-1])


def _plus(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(sum, zip(a, b, strict=True)))


class Series:
    """A power series whose coefficients are matrices, {monomial: matrix}; a scalar is a multiple of the identity."""

    __slots__ = ("terms", "truncation")

    def __init__(self, truncation: Truncation, terms: dict[int, Any]) -> None:
        self.truncation, self.terms = truncation, terms

    def __add__(self, other: Series) -> Series:
        terms = dict(self.terms)
        for place, matrix in other.terms.items():
            terms[place] = terms[place] + matrix if place in terms else matrix
        return Series(self.truncation, terms)

    def __mul__(self, other: Series) -> Series:
        terms: dict[int, Any] = {}
        for i, left in self.terms.items():
            for j, out in self.truncation.products[i]:
                if j in other.terms:
                    product = left * other.terms[j]
                    terms[out] = terms[out] + product if out in terms else product
        return Series(self.truncation, terms)

    def derivative(self, axis: Momentum) -> Series:
        """Correct up to one order less; what is left out is not needed."""
        raised = self.truncation.raised[axis]
        pairs = ((place, step) for place, step in enumerate(raised) if step is not None and step[0] in self.terms)
        return Series(self.truncation, {place: self.terms[up] * power for place, (up, power) in pairs})

    def map(self, function: Callable[[Any], Any]) -> Series:
        return Series(self.truncation, {place: function(matrix) for place, matrix in self.terms.items()})

    @property
    def small(self) -> Series:
        """Without the constant term."""
        return Series(self.truncation, {place: matrix for place, matrix in self.terms.items() if place})
