"""Two bands in vector form, H = h0 + h . sigma, read exactly and simplified to what one would write by hand.

With eps = E - h0 = +-|h|: P = (1 + h . sigma/eps)/2 and S = P_other/(2 eps) = (1 - h . sigma/eps)/(4 eps). Every expression
is therefore a polynomial in 1/eps with coefficients that are exact functions of k. As eps^2 = h . h, the even powers
add up to an explicit rational function of k, the same for both bands, and the odd ones to another one times 1/eps.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import sympy as sp
from flint import fmpq

from symcur.band_structures import Model
from symcur.closed_forms.degeneracy import traceless
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.ring import Exact, NotExact, Ring
from symcur.expressions import MatrixInterpreter
from symcur.expressions.interpreter import shifted

_SHORT = 12  # operations: longer expressions for eps and h . h are given a symbol


class TwoBands:
    """Reads the expressions of a two-band model exactly; one object serves all.

    Raises NotExact where H or s are no polynomials in real functions, or where the bands are degenerate everywhere.
    """

    def __init__(self, model: Model, energy: sp.Symbol, symbols: tuple[sp.Symbol, sp.Symbol]) -> None:
        self.energy = energy
        self._inverse = sp.Dummy("1/eps", real=True)
        self._eps, self._square = symbols
        self.ring = ring = Ring([*model.H, *model.s], model.k, extra=(self._inverse,))
        self.h0, h_sigma = traceless(ring, model)
        z, x_minus_iy = h_sigma[0]
        self.h = tuple(part.reduced() for part in (x_minus_iy.part("real"), -x_minus_iy.part("imag"), z))
        self.h_squared = sum((component * component for component in self.h), ring.zero).reduced()
        if self.h_squared.is_zero:
            raise NotExact(f"{model.name}: both bands are degenerate everywhere; there is no vector form")
        half, w = fmpq(1, 2), ring.convert(self._inverse)
        other = shifted(h_sigma * -w, ring.one) * half
        self.interpreter = MatrixInterpreter(
            lambda name, axes: ring.matrix(model.formulas.symbolic(name, axes)),
            shifted(h_sigma * w, ring.one) * half,
            lambda power: other * (w * half) ** power,
            1,
            lambda value: ring.number(_fmpq(value.x), _fmpq(value.y)),
            Exact.part,
        )

    # -- writing -----------------------------------------------------------------------------------------------------
    @cached_property
    def _h0_written(self) -> sp.Expr:
        return written(self.h0).expression

    @cached_property
    def _h_squared_written(self) -> sp.Expr:
        """h . h as a sum of squares or multiplied out, whichever is shorter."""
        components = [written(component) for component in self.h if not component.is_zero]
        expanded = written(self.h_squared)
        if sum(component.length + 2 for component in components) < expanded.length:
            return sp.Add(*(component.expression**2 for component in components))
        return expanded.expression

    @cached_property
    def definitions(self) -> dict[sp.Symbol, sp.Expr]:
        """eps = E - h0 and h . h, where they are too long to be repeated; the results are written in these symbols."""
        return {
            symbol: expression
            for symbol, expression in (
                (self._eps, self.energy - self._h0_written),
                (self._square, self._h_squared_written),
            )
            if sp.count_ops(expression) > _SHORT
        }

    def written(self, value: Exact) -> tuple[sp.Expr, sp.Expr]:
        """Real and imaginary part in k, the parameters, the energy and the symbols of ``definitions``."""
        return self.real(value.part("real")), self.real(value.part("imag"))

    def real(self, value: Exact) -> sp.Expr:
        """The same for a value known to be real."""
        even, (numerator, power) = self._by_parity(value)
        if even[1] == power == 0 and (even[0] - self.h0).is_zero and (numerator - self.ring.one).is_zero:
            return self.energy
        result = self._rational(*even)
        if not numerator.is_zero:
            eps = self._eps if self._eps in self.definitions else self.energy - self._h0_written
            result += sp.Mul(*written(numerator).factors, eps ** (1 - 2 * power))
        return result

    def _by_parity(self, value: Exact) -> tuple[tuple[Exact, int], tuple[Exact, int]]:
        """(N, m) with the even part N/(h.h)^m and the odd part N eps/(h.h)^m, both in lowest powers of h.h."""
        place = self.ring.place[self._inverse]
        powers = {exponents[place]: c.reduced() for exponents, c in value.by_powers([place]).items()}
        even = {j // 2: c for j, c in powers.items() if j % 2 == 0}
        odd = {(j + 1) // 2: c for j, c in powers.items() if j % 2}
        return self._lowest(even), self._lowest(odd)

    def _lowest(self, coefficients: dict[int, Exact]) -> tuple[Exact, int]:
        """sum_m c_m (h.h)^(-m) as N (h.h)^(-M) with the smallest M."""
        total, m = self.ring.zero, max(coefficients, default=0)
        for power in range(m, -1, -1):
            # Before the next lower power is added, total/(h.h) is tried: it keeps the numerator short.
            total = (total + coefficients.get(power, self.ring.zero)).reduced()
            if power == 0:
                return total, 0
            quotient = divided(total, self.h_squared)
            if quotient is None:
                for lower in range(power - 1, -1, -1):
                    if lower in coefficients:
                        total = total + coefficients[lower] * self.h_squared ** (power - lower)
                total = total.reduced()
                while power and (quotient := divided(total, self.h_squared)) is not None:
                    total, power = quotient, power - 1
                return total, power
            total = quotient
        return total, 0

    def _rational(self, numerator: Exact, power: int) -> sp.Expr:
        """N/(h.h)^m with the common factors free of phases cancelled."""
        if numerator.is_zero:
            return sp.Integer(0)
        square = self._square if self._square in self.definitions else self._h_squared_written
        below = []
        for _ in range(power):
            numerator, denominator = without_common_factor(numerator, self.h_squared)
            below.append(square if denominator is self.h_squared else written(denominator).expression)
        return sp.Mul(*written(numerator).factors, *(1 / factor for factor in below))


def divided(numerator: Exact, denominator: Exact) -> Exact | None:
    """numerator/denominator where it is a polynomial again, else None.

    The denominator is first made rational: multiplied by its conjugates under i -> -i and sqrt(p) -> -sqrt(p).
    """
    if numerator.is_zero:
        return numerator
    ring = numerator.ring
    for place in (None, *ring.squares):
        conjugate = _galois(denominator, place)
        if conjugate is not None:
            numerator, denominator = (numerator * conjugate).reduced(), (denominator * conjugate).reduced()
    below = denominator.real
    monomial = tuple(map(min, zip(*below.monoms(), strict=True)))
    unit = tuple(e if j in ring.phases else 0 for j, e in enumerate(monomial))
    below = below / ring.context.from_dict({unit: 1})
    parts = []
    for above in (numerator.real, numerator.imag):
        quotient, remainder = divmod(above, below)
        if not remainder.is_zero():
            return None
        parts.append(quotient)
    shift = tuple(n - d + u for n, d, u in zip(numerator.shift, denominator.shift, unit, strict=True))
    positive = tuple(max(s, 0) for s in shift)
    real, imag = Exact(ring, parts[0], parts[1], shift).lifted(positive)
    return Exact(ring, real, imag, positive).reduced()


def _galois(value: Exact, place: int | None) -> Exact | None:
    """The conjugate under i -> -i (place None) or sqrt(p) -> -sqrt(p); None where it is the same."""
    if place is None:
        return None if value.imag.is_zero() else Exact(value.ring, value.real, -value.imag, value.shift)
    if value.real.degrees()[place] < 1 and value.imag.degrees()[place] < 1:
        return None

    def flipped(polynomial: Any) -> Any:
        terms = {e: -c if e[place] % 2 else c for e, c in polynomial.to_dict().items()}
        return value.ring.context.from_dict(terms)

    return Exact(value.ring, flipped(value.real), flipped(value.imag), value.shift)


def without_common_factor(numerator: Exact, denominator: Exact) -> tuple[Exact, Exact]:
    """Both divided by their greatest common factor that is free of phases (so that both stay real functions)."""
    ring = numerator.ring
    common = denominator.real.gcd(denominator.imag).gcd(numerator.real).gcd(numerator.imag)
    keep = ring.context.constant(1)
    for factor, power in common.factor()[1]:
        if all(factor.degrees()[j] < 1 for j in ring.phases):
            keep = keep * factor ** int(power)
    if keep.is_constant():
        return numerator, denominator
    return tuple(Exact(ring, x.real / keep, x.imag / keep, x.shift) for x in (numerator, denominator))  # type: ignore


def _fmpq(number: Any) -> fmpq:
    return fmpq(int(number.numerator), int(number.denominator))
