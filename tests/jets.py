"""Band structures known exactly to every order in k, in arithmetic modulo a prime: an independent check that knows no rules.

H(k) = V(k) E(k) V(k)^(-1), with V a polynomial matrix and E diagonal. The projectors, resolvents and energies and all
their derivatives at k = 0 follow by multiplying and differentiating truncated power series; an energy may be repeated,
which makes a multiplet that is degenerate at every k. H is generic, not Hermitian: the identities between expressions are
algebraic, Re and Im are read through the adjoint expression. Two different expressions collide with a probability of 1e-9.

With the axis "h" of the field it is H(k) - h s, whose projectors are polynomials in H: they are 1 at one energy and 0 at the
others, to the order of the truncation (Hermite's interpolation).
"""

from __future__ import annotations

import itertools
import math
import zlib

import numpy as np

from symcur import expressions as ex
from symcur.expressions import Interpreter
from symcur.expressions.splitting import has_field

PRIME = 2147483629  # 1 modulo 4, so that -1 has a root; squares fit into 63 bits
IMAGINARY = next(r for a in range(2, 50) if pow(r := pow(a, (PRIME - 1) // 4, PRIME), 2, PRIME) == PRIME - 1)


def axes_for(expression: ex.Expression) -> tuple[ex.Axis, ...]:
    """The axes that exact bands need to read an expression."""
    axes = {"i", *ex.axes_of(expression), *((ex.FIELD,) if has_field(expression) else ())}
    return ex.ordered(tuple(axes))


class Series:
    """Power series in the momenta, truncated: ``terms`` are the monomials, with tables for product and derivative."""

    def __init__(self, variables: int, degree: int) -> None:
        powers = itertools.product(range(degree + 1), repeat=variables)
        self.terms = sorted((a for a in powers if sum(a) <= degree), key=sum)
        place = {a: j for j, a in enumerate(self.terms)}
        sums = [(i, j, place.get(tuple(map(sum, zip(a, b, strict=True))))) for (i, a), (j, b) in self._pairs()]
        self.left, self.right, self.out = np.array([entry for entry in sums if entry[2] is not None]).T
        self.shift = []
        for axis in range(variables):
            raised = [tuple(p + (j == axis) for j, p in enumerate(a)) for a in self.terms]
            self.shift.append([(place.get(b), b[axis]) for b in raised])

    def _pairs(self):
        return itertools.product(enumerate(self.terms), repeat=2)

    def product(self, a, b):
        """Coefficient arrays of shape (terms, n, n); n = 1 is a scalar."""
        left, right = a[self.left], b[self.right]
        if 1 in (a.shape[-1], b.shape[-1]):
            partial = left * right % PRIME
        else:
            partial = (left[..., :, :, None] * right[..., None, :, :] % PRIME).sum(axis=-2) % PRIME
        result = np.zeros((len(self.terms), *partial.shape[1:]), dtype=np.int64)
        np.add.at(result, self.out, partial)
        return result % PRIME

    def derivative(self, a, axis):
        zero = np.zeros_like(a[0])
        return np.array([zero if j is None else power * a[j] % PRIME for j, power in self.shift[axis]])

    def constant(self, value):
        value = np.asarray(value, dtype=np.int64) % PRIME
        result = np.zeros((len(self.terms), *value.shape), dtype=np.int64)
        result[0] = value
        return result

    def inverse(self, a, constant):
        """1/a for a series with the constant term ``constant`` (a number or the identity), by the geometric series."""
        unit = self.constant(np.eye(a.shape[-1]))
        small = -self.product(a, self.constant([[pow(int(constant), -1, PRIME)]])) % PRIME
        small[0] = 0
        result = power = unit
        for _ in range(sum(self.terms[-1])):
            power = self.product(power, small)
            result = (result + power) % PRIME
        return self.product(result, self.constant([[pow(int(constant), -1, PRIME)]]))


class Jet:
    """A matrix or a scalar as a power series in k, as the interpreter below makes them."""

    def __init__(self, series: Series, array) -> None:
        self.series, self.array = series, array

    def __add__(self, other: Jet) -> Jet:
        a, b = self.array, other.array
        if a.shape != b.shape:  # a number beside an operator is a multiple of the identity
            size = max(a.shape[-1], b.shape[-1])
            a, b = (x * np.eye(size, dtype=np.int64) if x.shape[-1] == 1 else x for x in (a, b))
        return Jet(self.series, (a + b) % PRIME)

    def __mul__(self, other: Jet) -> Jet:
        return Jet(self.series, self.series.product(self.array, other.array))

    def power(self, exponent: int) -> Jet:
        base = self
        if exponent < 0:
            base = Jet(self.series, self.series.inverse(self.array, self.array[0, 0, 0]))
        result = Jet(self.series, self.series.constant([[1]]))
        for _ in range(abs(exponent)):
            result = result * base
        return result


class ExactBands(Interpreter):
    """Reads expressions at k = 0 for the multiplets ``n``, ``m``, ... of the given ranks (further bands are added)."""

    def __init__(self, ranks=(1, 1, 1, 1), bands=("n", "m"), axes=("i", "l"), degree=3, seed=0) -> None:
        super().__init__()
        self.series, self.axes = Series(len(axes), degree), list(axes)
        self.generator, self.seed = np.random.default_rng(seed), seed
        size = sum(ranks)
        starts = np.cumsum([0, *ranks])
        self.member = {band: np.arange(starts[j], starts[j + 1]) for j, band in enumerate(bands[: len(ranks)])}
        multiplet = np.repeat(np.arange(len(ranks)), ranks)
        self.level = [Jet(self.series, self._random(1)) for _ in ranks]
        self.multiplet, self.size = multiplet, size
        V = self._random(size)
        V[0] = np.eye(size)
        if ex.FIELD in axes:
            V, levels = self._without_field(V), [self._without_field(level.array) for level in self.level]
            self.level = [Jet(self.series, level) for level in levels]
        V, V_inverse = Jet(self.series, V), Jet(self.series, self.series.inverse(V, 1))
        own = [np.diag((multiplet == j).astype(np.int64)) for j in range(len(ranks))]
        self.P = [V * Jet(self.series, self.series.constant(inside)) * V_inverse for inside in own]
        self.H = self._diagonal(self.level)
        self.s = Jet(self.series, self.series.constant(self._random(size)[0]))
        if ex.FIELD in axes:
            self._apply_field(ranks)

    def _random(self, size: int):
        return self.generator.integers(1, PRIME, size=(len(self.series.terms), size, size))

    def _without_field(self, array):
        h = self.axes.index(ex.FIELD)
        return array * np.array([power[h] == 0 for power in self.series.terms])[:, None, None]

    def _apply_field(self, ranks) -> None:
        h = np.zeros_like(self.s.array)
        h[self.series.terms.index(tuple(int(axis == ex.FIELD) for axis in self.axes))] = -np.eye(self.size)
        self.H = self.H + Jet(self.series, h % PRIME) * self.s
        enough = sum(self.series.terms[-1]) + 1
        start = [int(level.array[0, 0, 0]) for level in self.level]
        for a in range(len(ranks)):
            at_others = self._scalar(1)
            for b in range(len(ranks)):
                if b != a:
                    factor = self._scalar(pow(start[a] - start[b], -1, PRIME))
                    at_others = at_others * (factor * (self.H + self._scalar(-start[b]))).power(enough)
            self.P[a] = self._minus(self._scalar(1), self._minus(self._scalar(1), at_others).power(enough))
        # Of a multiplet that s splits the mean: right at h = 0.
        means = [
            self._scalar(pow(rank, -1, PRIME)) * self.trace(P * self.H) for P, rank in zip(self.P, ranks, strict=True)
        ]
        self.level = means

    def _diagonal(self, entries: list[Jet]) -> Jet:
        """The sum of P_j times the entry of level j."""
        total = self._scalar(0)
        for entry, P in zip(entries, self.P, strict=True):
            total = total + entry * P
        return total

    def _differentiated(self, jet: Jet, axes) -> Jet:
        for axis in axes:
            jet = Jet(self.series, self.series.derivative(jet.array, self.axes.index(axis)))
        return jet

    def _scalar(self, value) -> Jet:
        return Jet(self.series, self.series.constant([[value]]))

    # -- the letters -------------------------------------------------------------------------------------------------
    def number(self, value) -> Jet:
        parts = [int(p.numerator) * pow(int(p.denominator), -1, PRIME) for p in (value.x, value.y)]
        return self._scalar((parts[0] + parts[1] * IMAGINARY) % PRIME)

    def operator(self, name, axes) -> Jet:
        if name in ("H", "s"):
            return self._differentiated(getattr(self, name), axes)
        generator = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        array = generator.integers(1, PRIME, size=(len(self.series.terms), self.size, self.size))
        return self._differentiated(Jet(self.series, array), axes)

    def projector(self, band) -> Jet:
        return self.P[self.multiplet[self.member[band][0]]]

    def resolvent(self, band, power) -> Jet:
        own = self.multiplet[self.member[band][0]]
        inverse = [
            self._scalar(0) if other == own else self._minus(self.level[own], self.level[other]).power(-power)
            for other in range(len(self.level))
        ]
        return self._diagonal(inverse)

    def _minus(self, a: Jet, b: Jet) -> Jet:
        return a + self._scalar(-1) * b

    def band_energy(self, band, axes) -> Jet:
        return self._differentiated(self.level[self.multiplet[self.member[band][0]]], axes)

    def occupation(self, kind, band, order) -> Jet:
        """g is a polynomial of the energy, f its derivative."""
        energy, degree = self.band_energy(band, ()), 5
        times = order + (kind == "f")
        result = self._scalar(0)
        for j in range(times, degree + 1):
            coefficient = (7 * j + 3) ** 3 * math.perm(j, times)
            result = result + self._scalar(coefficient) * energy.power(j - times)
        return result

    def gap(self, m, n, power) -> Jet:
        return self._minus(self.band_energy(m, ()), self.band_energy(n, ())).power(power)

    def trace(self, value: Jet) -> Jet:
        return Jet(self.series, np.trace(value.array, axis1=-2, axis2=-1)[:, None, None] % PRIME)

    def derivative(self, axis, operand) -> Jet:
        return self._differentiated(self.read(operand), (axis,))

    # -- the values --------------------------------------------------------------------------------------------------
    def value(self, expression: ex.Expression):
        """The expression at k = 0: an integer modulo PRIME for a scalar, an array for an operator."""
        array = self.read(expression).array[0]
        return int(array[0, 0]) if array.shape == (1, 1) else array

    def vanishes(self, expression: ex.Expression) -> bool:
        return not np.any(self.read(expression).array[0])
