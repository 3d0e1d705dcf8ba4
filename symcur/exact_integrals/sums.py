"""Terms of an observable summed over the two bands of an isotropic model at T = 0: what each Fermi momentum and each end gives.

With F dx the integrand of a term in the radial variable x, A' = F, and e the energy of a band, a Fermi momentum at which the
band rises adds, and one at which it falls subtracts,

    weight f         A
    weight g         A_1 - mu A with A_1' = e F
    weight -df/de    F/(de/dx)

and at low temperature T pi^2/3 times F/(de/dx) for "entropy" and times (d/de) F/(de/dx) for "df/dT" (A. Sommerfeld, Z. Phys.
47, 1 (1928)). Occupied states at the cutoff add, and at k = 0 subtract, the A of their band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import sympy as sp

from symcur.arrays import ObjectArray
from symcur.exact_integrals.curve import SINGULAR, BandFunction, Curve, Primitive, primitive
from symcur.exact_integrals.isotropy import Averaged, DoesNotClose
from symcur.observables import Term

COLD = ("f", "g", "-df/de")
WARM = ("entropy", "df/dT")
PER_TEMPERATURE = ", per temperature of the model"  # the unit of numbers of an observable that vanishes at T = 0
LEVELS = (-1, 1)


@dataclass(frozen=True)
class BandSum:
    """One component on one band: integrands dx of the weights f and g, and what stands on the Fermi surface."""

    f: BandFunction
    g: BandFunction
    surface: BandFunction

    @property
    def is_zero(self) -> bool:
        return self.f.is_zero and self.g.is_zero and self.surface.is_zero

    @property
    def curve(self) -> Curve:
        return self.f.curve

    @cached_property
    def antiderivatives(self) -> tuple[Primitive, Primitive]:
        """A of f + e g, and A of g, whose factor is -mu."""
        return primitive(self.f + self.g * self.curve.energy), primitive(self.g)

    @cached_property
    def circle(self) -> BandFunction:
        """What a Fermi momentum gives but for logarithms; mu is the energy there."""
        first, second = self.antiderivatives
        return first.algebraic + self.curve.energy * second.algebraic * -1 + self.surface

    def logarithms(self, x: sp.Expr, eps: sp.Expr, level: sp.Expr | int, mu: sp.Expr) -> sp.Expr:
        first, second = self.antiderivatives
        return first.transcendental(x, eps, level) - mu * second.transcendental(x, eps, level)

    def end(self, x: sp.Expr, eps: sp.Expr, level: int, mu: sp.Expr) -> sp.Expr:
        """A at the cutoff or at k = 0, where mu is not the energy."""
        first, second = self.antiderivatives
        return first.expression(x, eps, level) - mu * second.expression(x, eps, level)


def by_slope(function: BandFunction) -> BandFunction:
    """F/(de/dx)."""
    return function * function.curve.inverse_slope


def by_energy(function: BandFunction) -> BandFunction:
    """dF/de along the bands."""
    return by_slope(function.derivative())


def is_warm(terms: Sequence[Term]) -> bool:
    """Whether these terms vanish at T = 0 and are proportional to T above; DoesNotClose for any other weights."""
    weights = {term.weight for term in terms}
    if any(term.power for term in terms) or not (weights <= set(COLD) or weights <= set(WARM)):
        raise DoesNotClose(
            f"observable: expected weights among {', '.join((*COLD, *WARM))}, got {', '.join(sorted(weights))}"
        )
    return weights <= set(WARM)


class BandSums:
    """The terms of one model, averaged over directions once each."""

    def __init__(self, curve: Curve) -> None:
        self.isotropic, self.curve = curve.isotropic, curve
        self._known: dict[Term, tuple[str, ObjectArray]] = {}

    def part(self, terms: Sequence[Term]) -> ObjectArray:
        """(BandSum of the lower band, of the upper band) for each component of a sum of terms."""
        zero = BandFunction(self.curve, self.curve.functions.zero, self.curve.functions.zero)
        shape = (self.isotropic.dimension,) * terms[0].rank
        found = np.empty(shape, dtype=object)
        for axes in np.ndindex(shape):
            bands = []
            for index in range(2):
                total = {"f": zero, "g": zero, "surface": zero}
                for term in terms:
                    kind, values = self._placed(term)
                    value = values[axes[::-1] if term.transpose else axes][index]
                    total[kind] += value * self.curve.convert(sp.Rational(Fraction(term.factor)))
                bands.append(BandSum(**total))
            # Where both bands carry the same function it is integrated once.
            found[axes] = (bands[0], bands[0] if bands[0] == bands[1] else bands[1])
        return found

    def _placed(self, term: Term) -> tuple[str, ObjectArray]:
        """Where a term belongs in a BandSum, and what it adds there to the lower and the upper band, for each component."""
        bare = term.bare
        if bare not in self._known:
            averages = self.isotropic.components(bare.quantity, bare.times_velocity)
            values = np.empty(averages.shape, dtype=object)
            for axes in np.ndindex(averages.shape):
                average: Averaged = averages.item(axes)
                lower = self._value(bare, average, LEVELS[0])
                signed = any(parity for _, parity in average)
                values[axes] = lower, self._value(bare, average, LEVELS[1]) if signed else lower
            self._known[bare] = (bare.weight if bare.weight in ("f", "g") else "surface"), values
        return self._known[bare]

    def _value(self, term: Term, average: Averaged, level: int) -> BandFunction:
        curve = self.curve
        value: BandFunction = curve.averaged(average, level) * curve.measure
        if term.times_velocity:
            value = value * curve.slope * (1 / curve.du_dx)
        if term.weight in ("f", "g"):
            return value
        return by_energy(by_slope(value)) if term.weight == "df/dT" else by_slope(value)


def at_center(pair: tuple[BandSum, BandSum], levels: tuple[int, ...], mu: sp.Expr) -> sp.Expr:
    """A at k = 0 of the levels occupied there; the limit of their sum where each of them diverges."""
    values = [_at_origin(pair[LEVELS.index(level)], level, mu) for level in levels]
    if None not in values:
        return sp.Add(*values)
    curve, t = pair[0].curve, sp.Dummy("t", positive=True)
    gap = t**curve.order * sp.sqrt(curve.expression(curve.rho, t))
    ends = [pair[LEVELS.index(level)].end(t, level * gap, level, mu) for level in levels]
    return sp.limit(sp.expand(sp.Add(*ends)), t, 0, "+")


def _at_origin(band: BandSum, level: int, mu: sp.Expr) -> sp.Expr | None:
    """A at k = 0 of one level; None where it diverges."""
    curve, total = band.curve, sp.Integer(0)
    root = level * sp.sqrt(curve.expression(curve.rho, sp.Integer(0)))
    for factor, found in zip((1, -mu), band.antiderivatives, strict=True):
        odd = found.algebraic.odd * curve.x**curve.order
        singular = set(SINGULAR) & set(found.logarithms)
        if singular or not found.algebraic.even.denom.coeff(1) or not odd.denom.coeff(1):
            return None
        value = curve.expression(found.algebraic.even, sp.Integer(0)) + curve.expression(odd, sp.Integer(0)) * root
        if found.logarithms:
            value += _limit(found, level)
        total += factor * value
    return total


def _limit(primitive: Primitive, level: int) -> sp.Expr:
    """The logarithms at k = 0, where none of them diverges."""
    curve = primitive.algebraic.curve
    x = sp.Dummy("x", positive=True)
    eps = level * x**curve.order * sp.sqrt(curve.expression(curve.rho, x))
    return sp.sympify(primitive.transcendental(x, eps, level).subs(x, 0))
