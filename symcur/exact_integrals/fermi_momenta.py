"""Fermi momenta of an isotropic model as exact functions of mu, and which of them exist where.

(mu - h0(u))^2 = r(u) is a polynomial equation for u, the square of the Fermi momentum. A root u_F > 0 lies on the level of the
sign of mu - h0(u_F), and the occupied states on its side inside or outside, as that level rises or falls there. Up to degree two
roots are explicit; beyond they are ``FermiRoot``, a function of mu known by its equation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from symcur.exact_integrals.curve import BandFunction, Curve
from symcur.exact_integrals.isotropy import Isotropic

_DIGITS = 40


class FermiRoot(sp.Function):  # type: ignore[misc]
    """FermiRoot(n, mu, c_N, ..., c_0): the n-th positive root, ascending from 1, of sum_j c_j u^j, whose c_j depend on mu."""

    is_positive = True

    def _eval_evalf(self, precision: int) -> Any:
        index, _, *coefficients = self.args
        if not all(c.is_number for c in coefficients):
            return None
        with mpmath.workprec(2 * precision + 20):
            numbers = [mpmath.mpmathify(c.evalf(mpmath.mp.dps)) for c in coefficients]
            found = mpmath.polyroots(numbers, maxsteps=500, extraprec=4 * precision)
            small = mpmath.mpf(2) ** (-precision // 2)
            real = sorted(z.real for z in found if abs(z.imag) <= small * abs(z) and z.real > 0)
            return sp.Float(real[int(index) - 1], precision=precision) if len(real) >= index else sp.nan

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        coefficients = self.args[:1:-1]
        change = sp.Add(*(sp.diff(c, symbol) * self**j for j, c in enumerate(coefficients)))
        return -change / sp.Add(*(j * c * self ** (j - 1) for j, c in enumerate(coefficients) if j))

    def _latex(self, printer: Any, exp: Any = None) -> str:
        text = rf"u_{{{self.args[0]}}}\left({printer.doprint(self.args[1])}\right)"
        return text if exp is None else f"{text}^{{{exp}}}"


@dataclass(frozen=True)
class Crossing:
    """A Fermi momentum at given numbers: the root ``label``, its level (-1 lower, +1 upper), and whether that rises there."""

    label: int
    level: int
    rises: int
    u: Any


@dataclass(frozen=True)
class Occupied:
    """What is occupied at given numbers: the Fermi momenta, and the levels at k = 0 and at the cutoff."""

    crossings: tuple[Crossing, ...]
    inner: tuple[int, ...]
    outer: tuple[int, ...]

    @property
    def pattern(self) -> tuple[Any, ...]:
        return tuple((c.label, c.level, c.rises) for c in self.crossings), self.inner, self.outer


class EdgeReached(ValueError):
    """mu lies on a band edge, where Fermi momenta merge or leave and one-sided limits may differ."""


class FermiMomenta:
    """The roots u(mu) of (mu - h0)^2 = r within 0 < u < K^2 (K None: everywhere)."""

    def __init__(self, isotropic: Isotropic, mu: sp.Symbol, temperature: sp.Symbol, cutoff: sp.Expr | None) -> None:
        self.isotropic, self.mu, self.temperature, self.cutoff = isotropic, mu, temperature, cutoff
        self._mu, self.u = sp.Dummy("mu", real=True), sp.Dummy("u", positive=True)
        self.field = sp.QQ.frac_field(*isotropic.symbols, self._mu)
        self.symbols = isotropic.symbols | {self._mu: mu}
        mu_ = self.field.gens[-1]
        h0, r = ({n: self._lifted(c) for n, c in p.items()} for p in (isotropic.h0, isotropic.r))
        shifted = {n: -c for n, c in h0.items()}
        shifted[0] = shifted.get(0, self.field.zero) + mu_
        square = {n: -c for n, c in r.items()}
        for a, c in shifted.items():
            for b, d in shifted.items():
                square[a + b] = square.get(a + b, self.field.zero) + c * d
        self.shifted = shifted  # mu - h0
        self.coefficients = [square.get(n, self.field.zero) for n in range(max(square) + 1)]
        while len(self.coefficients) > 1 and not self.coefficients[-1]:
            self.coefficients.pop()
        self.degree = len(self.coefficients) - 1
        self.discriminant = self.field.zero
        if self.degree == 2:
            c, b, a = self.coefficients
            self.discriminant = b**2 - 4 * a * c

    def _lifted(self, element: Any) -> Any:
        return self.field.from_sympy(self.isotropic.field.to_sympy(element))

    def expression(self, element: Any) -> sp.Expr:
        return sp.factor(self.field.to_sympy(element)).xreplace(self.symbols)

    @property
    def labels(self) -> tuple[int, ...]:
        """Names of the explicit roots: the signs of the square root."""
        return {0: (), 1: (0,), 2: (1, -1)}.get(self.degree, ())

    def root(self, label: int) -> sp.Expr:
        """u_F: explicit, or the label-th positive root."""
        if self.degree < 3:
            return self._written(*self._root(label))
        return FermiRoot(label, self.mu, *map(self.expression, reversed(self.coefficients)))

    def _root(self, label: int) -> tuple[Any, Any]:
        """(a, b) with u_F = a + b sqrt(discriminant)."""
        if self.degree == 1:
            return -self.coefficients[0] / self.coefficients[1], self.field.zero
        _, b, a = self.coefficients
        return -b / (2 * a), self.field.convert(label) / (2 * a)

    def _written(self, a: Any, b: Any) -> sp.Expr:
        return self.expression(a) + self.expression(b) * sp.sqrt(self.expression(self.discriminant))

    # -- functions on the Fermi surface ------------------------------------------------------------------------------
    def on_circle(self, function: BandFunction, label: int) -> list[tuple[Any, Any]]:
        """[(a, b), (c, d)]: the function at an explicit root is a + b s + k_F (c + d s), s the root of the discriminant."""
        curve, u = function.curve, _Surd(self, *self._root(label))
        eps = u.polynomial(self.shifted)
        parts = [_Surd(self, self.field.zero, self.field.zero)] * 2
        for element, factor in ((function.even, None), (function.odd, eps)):
            for index, part in enumerate(self._at(curve, element, u)):
                parts[index] = parts[index] + (part if factor is None else part * factor)
        return [(part.a, part.b) for part in parts]

    def _at(self, curve: Curve, element: Any, u: _Surd) -> list[_Surd]:
        """An element of the function field at the root: [even, odd] in x = |k| (odd is 0 where x = u)."""
        above, below = ([*map(u.polynomial, self._split(curve, part))] for part in (element.numer, element.denom))
        if not curve.root:
            return [above[0] * below[0].inverse(), above[1]]
        norm = (below[0] * below[0] + (below[1] * below[1] * u).negative()).inverse()
        even = above[0] * below[0] + (above[1] * below[1] * u).negative()
        odd = above[1] * below[0] + (above[0] * below[1]).negative()
        return [even * norm, odd * norm]

    def _split(self, curve: Curve, polynomial: Any) -> tuple[dict[int, Any], dict[int, Any]]:
        """A polynomial in x as polynomials in u: even and odd powers of |k|."""
        found: tuple[dict[int, Any], dict[int, Any]] = ({}, {})
        for (power,), c in polynomial.terms():
            n, odd = divmod(int(power), curve.step)
            found[odd][n] = self._lifted(c)
        return found

    def written(self, terms: Mapping[int, list[tuple[Any, Any]]]) -> sp.Expr:
        """sum over the roots of what ``on_circle`` gave, {label: it with its sign}."""
        zero = self.field.zero
        a, b = (sum((value[0][part] for value in terms.values()), zero) for part in (0, 1))
        total = self._written(a, b)
        for label, (_, (c, d)) in terms.items():
            if c or d:
                total += sp.sqrt(self.root(label)) * self._written(c, d)
        return total

    # -- at given numbers --------------------------------------------------------------------------------------------
    def occupied(self, values: Mapping[sp.Symbol, sp.Expr], mu: sp.Rational) -> Occupied:
        """What is occupied at exact values of the parameters (and the cutoff); raises EdgeReached at a band edge."""
        at = {**values, self.mu: mu}
        u = self.u
        h0, r = (self.isotropic.polynomial(p, u).xreplace(at) for p in (self.isotropic.h0, self.isotropic.r))
        K = None if self.cutoff is None else sp.Rational(rational(self.cutoff.xreplace(at)))
        crossings = self._crossings(h0, r, mu, K)
        inner, outer = (self._levels(h0, r, mu, place) for place in (sp.Integer(0), None if K is None else K**2))
        return Occupied(crossings, inner, outer)

    def _crossings(self, h0: sp.Expr, r: sp.Expr, mu: sp.Rational, K: sp.Rational | None) -> tuple[Crossing, ...]:
        u = self.u
        equation = sp.Poly(_rationalised(sp.expand((mu - h0) ** 2 - r)), u, domain="QQ")
        if equation.is_zero:
            raise ValueError("model: expected bands that depend on k, got a flat band at mu")
        slope, shift = equation.diff(u), sp.Poly(_rationalised(sp.expand(mu - h0)), u, domain="QQ")
        found: list[Crossing] = []
        for n, (root, multiplicity) in enumerate(_positive_roots(equation)):
            value = mpf(root)
            if K is not None and value > mpf(K**2):
                continue
            eps, rise = (_at(polynomial, value) for polynomial in (shift, slope))
            if multiplicity > 1 or value == 0 or not _clear(eps) or not _clear(rise):
                raise EdgeReached(f"mu: expected a value off the band edges, got {mu}")
            label = n + 1
            if self.degree == 1:
                label = 0
            elif self.degree == 2:
                label = int(mpmath.sign(rise))  # the slope of a parabola at (-b +- s)/(2a) is +-s
            level = int(mpmath.sign(eps))
            found.append(Crossing(label, level, -level * int(mpmath.sign(rise)), value))
        return tuple(found)

    def _levels(self, h0: sp.Expr, r: sp.Expr, mu: sp.Rational, place: sp.Rational | None) -> tuple[int, ...]:
        if place is None:
            return ()
        with mpmath.workdps(_DIGITS):
            centre, gap = mpf(h0.subs(self.u, place)), mpmath.sqrt(mpf(r.subs(self.u, place)))
            distance = {level: mpf(mu) - centre - level * gap for level in (-1, 1)}
            scale = abs(centre) + gap + abs(mpf(mu))
            if any(abs(value) <= scale * mpmath.mpf(10) ** (-_DIGITS // 2) for value in distance.values()):
                raise EdgeReached(f"mu: expected a value off the band edges, got {mu}")
            return tuple(level for level, value in distance.items() if value > 0)


def mpf(number: sp.Expr) -> Any:
    with mpmath.workdps(_DIGITS):
        return mpmath.mpmathify(sp.N(number, _DIGITS))


def rational(number: sp.Expr) -> sp.Rational:
    """The number itself where it is rational, else with forty digits."""
    number = sp.sympify(number)
    return number if number.is_Rational else sp.Rational(str(sp.N(number, _DIGITS)))


def _rationalised(polynomial: sp.Expr) -> sp.Expr:
    terms = sp.Add.make_args(polynomial)
    parts = (term.as_independent(*term.free_symbols) if term.free_symbols else (term, sp.Integer(1)) for term in terms)
    return sp.Add(*(rational(number) * rest for number, rest in parts))


def _positive_roots(polynomial: sp.Poly) -> list[tuple[sp.Expr, int]]:
    if polynomial.degree() < 1:
        return []
    return [(root, n) for root, n in polynomial.real_roots(multiple=False) if root.is_positive or root == 0]


def _at(polynomial: sp.Poly, value: Any) -> Any:
    with mpmath.workdps(_DIGITS):
        return mpmath.polyval([mpf(c) for c in polynomial.all_coeffs()], value)


def _clear(value: Any) -> bool:
    return bool(abs(value) > mpmath.mpf(10) ** (-_DIGITS // 2))


class _Surd:
    """a + b s with s^2 the discriminant."""

    __slots__ = ("a", "b", "momenta")

    def __init__(self, momenta: FermiMomenta, a: Any, b: Any) -> None:
        self.momenta, self.a, self.b = momenta, a, b

    def __add__(self, other: _Surd) -> _Surd:
        return _Surd(self.momenta, self.a + other.a, self.b + other.b)

    def __mul__(self, other: _Surd) -> _Surd:
        D = self.momenta.discriminant
        return _Surd(self.momenta, self.a * other.a + self.b * other.b * D, self.a * other.b + self.b * other.a)

    def negative(self) -> _Surd:
        return _Surd(self.momenta, -self.a, -self.b)

    def inverse(self) -> _Surd:
        norm = self.a**2 - self.b**2 * self.momenta.discriminant
        return _Surd(self.momenta, self.a / norm, -self.b / norm)

    def polynomial(self, coefficients: Mapping[int, Any]) -> _Surd:
        """sum_n c_n (a + b s)^n."""
        field = self.momenta.field
        total = _Surd(self.momenta, field.zero, field.zero)
        for n in range(max(coefficients, default=0), -1, -1):
            total = total * self + _Surd(self.momenta, coefficients.get(n, field.zero), field.zero)
        return total
