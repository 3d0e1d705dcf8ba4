"""Exact arithmetic in the functions of k and parameters that a model is made of.

The entries of H become Laurent polynomials with rational coefficients in independent generators: the symbols, the
phases z = exp(i theta) of a basis of all angles that occur, roots and inverses of polynomials with their relations, and
any other real function as it stands. Exponentials of independent angles are algebraically independent, so equal functions
have equal polynomials; among other real functions (tanh, say) only what holds whatever they are is seen.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from flint import Ordering, fmpq, fmpq_mpoly_ctx

from symcur.arrays import ObjectArray
from symcur.expressions.calculus import collected
from symcur.program import is_real

Exponents = tuple[int, ...]


class NotExact(ValueError):
    """An expression that is no polynomial in generators known to be real."""


class Ring:
    """The generators found in ``expressions``, the momenta among them, and the conversion from SymPy.

    ``extra`` are further real symbols. A phase that contains no momentum is a parameter phase. Products of more than ``longest``
    pairs of terms raise NotExact: no formula that is worth its while comes from them.
    """

    longest = math.inf

    def __init__(
        self, expressions: Iterable[sp.Expr], momenta: Iterable[sp.Symbol], extra: Iterable[sp.Symbol] = ()
    ) -> None:
        self._symbols: dict[sp.Expr, None] = dict.fromkeys(extra)
        self._roots: dict[int, None] = {}
        self._related: dict[sp.Expr, sp.Expr] = {}  # a generator, and the polynomial that its square or itself is
        self._angles: dict[sp.Expr, fmpq] = {}
        self.separable = True  # every angle is a multiple of a single one
        for expression in expressions:
            self._scan(sp.sympify(expression, strict=True))
        plain = list(self._symbols)
        roots = sorted(self._roots)
        angles = sorted(self._angles, key=str)
        self.generators: list[sp.Expr] = [*plain, *(sp.sqrt(p) for p in roots)]
        self.squares = {len(plain) + j: p for j, p in enumerate(roots)}
        self.relations: dict[int, tuple[int, Exact]] = {}  # place: a power of the generator and what it is
        self.units = [sp.Rational(int(self._angles[a].p), int(self._angles[a].q)) * a for a in angles]
        first = len(self.generators)
        self.phases = range(first, first + len(angles))
        self.generators += [sp.exp(sp.I * unit) for unit in self.units]
        self.generators += [sp.cos(unit) for unit in self.units] + [sp.sin(unit) for unit in self.units]
        moving = set(momenta)
        self.momentum_phases = [j for j, a in zip(self.phases, angles, strict=True) if a.free_symbols & moving]
        self.parameter_phases = [j for j in self.phases if j not in self.momentum_phases]
        self.parameter_places = [j for j, g in enumerate(self.generators) if not g.free_symbols & moving]
        self.place = {generator: j for j, generator in enumerate(plain)}
        self._angle_place = {a: self.phases[j] for j, a in enumerate(angles)}
        self.size = len(self.generators)
        self.context = fmpq_mpoly_ctx.get([f"g{j}" for j in range(self.size)], Ordering.degrevlex)
        self.no_shift: Exponents = (0,) * self.size
        self.zero, self.one = self.number(0), self.number(1)
        self.written: dict[Any, Any] = {}  # polynomials that have been written out
        for generator, value in self._related.items():
            place = self.place.pop(generator)
            self.relations[place] = (2 if generator != value else 1, self.convert(value).reduced())
            self.place[generator] = place
        self.roots = [*self.squares, *(j for j, (power, _) in self.relations.items() if power == 2)]

    def cosine_and_sine(self, phase: int) -> tuple[int, int]:
        """The places of cos(theta) and sin(theta), which serve for writing only, of the phase exp(i theta)."""
        count = len(self.phases)
        return phase + count, phase + 2 * count

    # -- reading SymPy -----------------------------------------------------------------------------------------------
    def _scan(self, expression: sp.Expr) -> None:
        match expression:
            case sp.Rational():
                return
            case sp.Add() | sp.Mul() | sp.conjugate():
                for argument in expression.args:
                    self._scan(argument)
            case sp.cos() | sp.sin() if expression.is_number:
                self._symbols.setdefault(expression)
            case sp.exp() if expression.is_extended_real:
                self._symbols.setdefault(expression)
            case sp.cos() | sp.sin() | sp.exp():
                terms = self._angle(expression)
                self.separable &= sum(rest != sp.pi for rest, _ in terms) < 2
                for rest, coefficient in terms:
                    if rest == sp.pi:
                        self._scan(sp.cos(rational(coefficient) * sp.pi))
                        self._scan(sp.sin(rational(coefficient) * sp.pi))
                    else:
                        self._scan(rest)  # its derivatives appear in those of H
                        known = self._angles.get(rest)
                        self._angles[rest] = known.gcd(coefficient) if known else abs(coefficient)
            case sp.Pow(base=sp.Rational() as base, exp=exponent) if (2 * exponent).is_Integer and base > 0:
                self._roots.update(dict.fromkeys(sp.factorint(base.p * base.q)))
            case sp.Pow(base=base, exp=exponent) if exponent.is_Integer and (exponent > 0 or base.is_Symbol):
                self._scan(base)
            case sp.Pow(base=base, exp=exponent) if _is_root(expression):
                self._scan(base)
                generator = base if exponent.is_Integer else sp.sqrt(base)
                self._symbols.setdefault(generator)
                if not base.is_Symbol or generator != base:
                    self._related[generator] = base
            case _ if expression == sp.I:
                return
            case _ if is_real(expression):
                self._symbols.setdefault(expression)
            case _:
                raise NotExact(f"expression: expected polynomials in real functions, got {expression}")

    @property
    def opaque(self) -> bool:
        """Are there generators whose derivatives are other functions than the generators?"""
        return bool(self._related) or any(
            not generator.is_Symbol and generator.free_symbols for generator in self.place
        )

    @staticmethod
    def _angle(expression: sp.Expr) -> list[tuple[sp.Expr, fmpq]]:
        """The argument of cos, sin or exp(i ...) as rational multiples of independent angles."""
        argument = expression.args[0] / sp.I if isinstance(expression, sp.exp) else expression.args[0]
        result = []
        for term in sp.Add.make_args(sp.expand(argument)):
            coefficient, rest = term.as_coeff_Mul(rational=True)
            if not rest.is_extended_real:
                raise NotExact(f"expression: expected a real angle, got {expression}")
            result.append((rest, fmpq(int(coefficient.p), int(coefficient.q))))
        return result

    def convert(self, expression: sp.Expr) -> Exact:
        """A SymPy expression made of the generators."""
        match expression:
            case _ if expression in self.place:
                return self.monomial({self.place[expression]: 1})
            case sp.Rational():
                return self.number(fmpq(int(expression.p), int(expression.q)))
            case sp.Add():
                return sum(map(self.convert, expression.args), self.zero)
            case sp.Mul():
                return prod(map(self.convert, expression.args), start=self.one)
            case sp.conjugate():
                return self.convert(expression.args[0]).conjugate()
            case sp.cos():
                return self._phase(expression).part("real")
            case sp.sin():
                return self._phase(expression).part("imag")
            case sp.exp():
                return self._phase(expression)
            case sp.Pow(base=sp.Rational() as base, exp=exponent) if (2 * exponent).is_Integer and base > 0:
                return self._root(base, int(2 * exponent))
            case sp.Pow(base=base, exp=exponent) if exponent.is_Integer and exponent > 0:
                return self.convert(base) ** int(exponent)
            case sp.Pow(base=base, exp=exponent) if exponent.is_Integer and base in self.place:
                return self.monomial({self.place[base]: int(exponent)})
            case sp.Pow(base=base, exp=exponent) if sp.sqrt(base) in self.place and (2 * exponent).is_Integer:
                return self.monomial({self.place[sp.sqrt(base)]: int(2 * exponent)})
            case _ if expression == sp.I:
                return self.number(0, 1)
        raise NotExact(f"expression: expected a polynomial in the generators {self.generators}, got {expression}")

    def matrix(self, entries: sp.Matrix) -> ObjectArray:
        """A SymPy matrix as an array of Exact."""
        return np.array([[self.convert(x).reduced() for x in row] for row in entries.tolist()], dtype=object)

    def _phase(self, expression: sp.Expr) -> Exact:
        powers, result = {}, self.one
        for rest, coefficient in self._angle(expression):
            if rest == sp.pi:
                angle = rational(coefficient) * sp.pi
                result = result * self.convert(sp.cos(angle) + sp.I * sp.sin(angle))
            else:
                powers[self._angle_place[rest]] = int((coefficient / self._angles[rest]).p)
        return result * self.monomial(powers)

    def _root(self, base: sp.Rational, twice: int) -> Exact:
        """base^(twice/2) = (p/q)^(twice/2) = (p q)^(twice/2) q^(-twice)."""
        if not set(sp.factorint(base.p * base.q)) <= set(self.squares.values()):
            raise NotExact(f"expression: expected roots among the generators {self.generators}, got sqrt({base})")
        result = self.number(fmpq(int(base.q)) ** -twice)
        for place, prime in self.squares.items():
            for _ in range(sp.multiplicity(prime, base.p * base.q)):
                whole, odd = divmod(twice, 2)
                result = result * self.number(fmpq(prime) ** whole) * self.monomial({place: odd})
        return result.reduced()

    def number(self, real: Any, imag: Any = 0) -> Exact:
        return Exact(self, self.context.constant(real), self.context.constant(imag), self.no_shift)

    def monomial(self, powers: dict[int, int]) -> Exact:
        up = tuple(max(powers.get(j, 0), 0) for j in range(self.size))
        down = tuple(max(-powers.get(j, 0), 0) for j in range(self.size))
        return Exact(self, self.context.from_dict({up: 1}), self.context.constant(0), down)

    def by_powers(self, polynomial: Any, places: Container[int]) -> dict[Exponents, Any]:
        """The terms of a polynomial sorted by their exponents at ``places``: polynomials in the other generators."""
        groups: dict[Exponents, dict[Exponents, Any]] = {}
        for exponents, number in polynomial.to_dict().items():
            outer = tuple(int(e) if j in places else 0 for j, e in enumerate(exponents))
            inner = tuple(0 if j in places else e for j, e in enumerate(exponents))
            groups.setdefault(outer, {})[inner] = number
        return {outer: self.context.from_dict(terms) for outer, terms in groups.items()}


class Exact:
    """(real + i imag) divided by the monomial with exponents ``shift``; the phases inside are complex themselves."""

    __slots__ = ("imag", "real", "ring", "shift")

    def __init__(self, ring: Ring, real: Any, imag: Any, shift: Exponents) -> None:
        self.ring, self.real, self.imag, self.shift = ring, real, imag, shift

    @property
    def is_zero(self) -> bool:
        return bool(self.real.is_zero() and self.imag.is_zero())

    def same(self, other: Exact) -> bool:
        """Are both written alike, so that they are equal?"""
        return bool(self.shift == other.shift and self.real == other.real and self.imag == other.imag)

    def lifted(self, shift: Exponents) -> tuple[Any, Any]:
        """Numerators over a monomial of (at least) this shift."""
        if shift == self.shift:
            return self.real, self.imag
        factor = self.ring.context.from_dict({tuple(a - b for a, b in zip(shift, self.shift, strict=True)): 1})
        return self.real * factor, self.imag * factor

    def __add__(self, other: Exact) -> Exact:
        if not isinstance(other, Exact):
            return NotImplemented
        if self.is_zero:
            return other
        if other.is_zero:
            return self
        shift = self.shift if self.shift == other.shift else tuple(map(max, self.shift, other.shift))
        (a, b), (c, d) = self.lifted(shift), other.lifted(shift)
        return Exact(self.ring, a + c, b + d, shift)

    def __neg__(self) -> Exact:
        return Exact(self.ring, -self.real, -self.imag, self.shift)

    def __sub__(self, other: Exact) -> Exact:
        return self + (-other)

    def __mul__(self, other: Any) -> Exact:
        if isinstance(other, (int, fmpq)):
            return Exact(self.ring, self.real * other, self.imag * other, self.shift)
        if not isinstance(other, Exact):
            return NotImplemented
        if self.is_zero or other.is_zero:
            return self.ring.zero
        if (len(self.real) + len(self.imag)) * (len(other.real) + len(other.imag)) > self.ring.longest:
            raise NotExact(f"expression: expected products of at most {self.ring.longest} pairs of terms")
        real = self.real * other.real - self.imag * other.imag
        imag = self.real * other.imag + self.imag * other.real
        return Exact(self.ring, real, imag, tuple(a + b for a, b in zip(self.shift, other.shift, strict=True)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Exact:
        return self.__mul__(fmpq(1) / other)

    def __pow__(self, exponent: int) -> Exact:
        return prod([self] * exponent, start=self.ring.one)

    def conjugate(self) -> Exact:
        """i -> -i and z -> 1/z."""
        degrees = zip(self.real.degrees(), self.imag.degrees(), self.shift, strict=True)
        top = [max(*column, 0) if j in self.ring.phases else None for j, column in enumerate(degrees)]

        def mirrored(exponents: Exponents) -> Exponents:
            return tuple(e if t is None else t - e for e, t in zip(exponents, top, strict=True))

        real, imag = (
            self.ring.context.from_dict({mirrored(e): c for e, c in polynomial.to_dict().items()})
            for polynomial in (self.real, self.imag)
        )
        return Exact(self.ring, real, -imag, mirrored(self.shift))

    def part(self, which: str) -> Exact:
        """The real or imaginary part, as a real function: "real" or "imag"."""
        if which == "real":
            return self.ring.number(fmpq(1, 2)) * (self + self.conjugate())
        return self.ring.number(0, fmpq(-1, 2)) * (self - self.conjugate())

    def by_powers(self, places: Container[int]) -> dict[Exponents, Exact]:
        """The same for both parts of the numerator; the denominator stays."""
        real, imag = (self.ring.by_powers(polynomial, places) for polynomial in (self.real, self.imag))
        zero = self.ring.zero.real
        return {e: Exact(self.ring, real.get(e, zero), imag.get(e, zero), self.shift) for e in {**real, **imag}}

    def reduced(self) -> Exact:
        """Powers that have a relation replaced, and common factors of numerator and monomial cancelled."""
        for place, (power, _) in self.ring.relations.items():
            if self.real.degrees()[place] >= power or self.imag.degrees()[place] >= power:
                return self._related(place).reduced()
        real, imag = self.real, self.imag
        if any(real.degrees()[j] > 1 or imag.degrees()[j] > 1 for j in self.ring.squares):
            real, imag = self._without_squares(real), self._without_squares(imag)
        common = [
            min([*column, s]) if s > 0 else 0
            for *column, s in zip(*real.monoms(), *imag.monoms(), self.shift, strict=True)
        ]
        if any(common):
            lower = self.ring.context.from_dict({tuple(common): 1})
            real, imag = real / lower, imag / lower
        return Exact(self.ring, real, imag, tuple(s - c for s, c in zip(self.shift, common, strict=True)))

    def _related(self, place: int) -> Exact:
        """The powers of one generator replaced by what its relation says."""
        power, value = self.ring.relations[place]
        total = self.ring.zero
        for exponents, coefficient in self.by_powers([place]).items():
            whole, rest = divmod(exponents[place], power)
            total = total + coefficient * self.ring.monomial({place: rest}) * value**whole
        return total

    def _without_squares(self, polynomial: Any) -> Any:
        terms = []
        for exponents, coefficient in polynomial.to_dict().items():
            remaining = list(exponents)
            for j, prime in self.ring.squares.items():
                whole, remaining[j] = divmod(exponents[j], 2)
                coefficient = coefficient * fmpq(prime) ** whole
            terms.append((tuple(remaining), coefficient))
        return self.ring.context.from_dict(collected(terms))


def total(values: Iterable[Exact], ring: Ring) -> Exact:
    """The reduced sum."""
    result = ring.zero
    for value in values:
        result = result + value
    return result.reduced()


def reduced(matrix: ObjectArray) -> ObjectArray:
    return np.asarray(np.frompyfunc(Exact.reduced, 1, 1)(matrix))


def ratio(value: Exact, other: Exact) -> fmpq | None:
    """The rational number value/other, or None."""
    part = "imag" if other.real.is_zero() else "real"
    above, below = getattr(value, part), getattr(other, part)
    if above.is_zero() or value.shift != other.shift or len(above) != len(below):
        return None
    factor = above.leading_coefficient() / below.leading_coefficient()
    return factor if (value - other * factor).is_zero else None


def rational(number: fmpq) -> sp.Rational:
    """A rational number of flint as SymPy's."""
    return sp.Rational(int(number.p), int(number.q))


def _is_root(expression: sp.Pow) -> bool:
    """A negative or half-integer power of a real function."""
    base, exponent = expression.args
    return bool((2 * exponent).is_Integer and is_real(base) and not base.is_number)
