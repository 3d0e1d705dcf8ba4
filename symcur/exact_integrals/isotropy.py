"""Models of two distinct energies that depend on one radius, and averages over directions at that radius.

H = h0 + h with tr h = 0 and h^2 = r, a multiple of the identity, has the energies h0 +- sqrt(r), each N/2 times. With eps one of
+-sqrt(r), the projector is P = (1 + h/eps)/2 and the reduced resolvent S = (1 - h/eps)/(4 eps): every expression is a polynomial
in 1/eps whose coefficients are polynomials in k. Where h0 and r are functions of u = k_1^2 + g_2 k_2^2 + g_3 k_3^2 alone,
averages over the ellipsoid at constant u are those of monomials over the sphere.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from flint import fmpq

from symcur import quantities
from symcur.arrays import ObjectArray
from symcur.band_structures import Model
from symcur.closed_forms.ring import Exact, NotExact, Ring, reduced
from symcur.expressions import Expression, MatrixInterpreter
from symcur.expressions.calculus import band_energy_derivative
from symcur.expressions.interpreter import shifted
from symcur.quantities import Quantity

Radial = dict[int, Any]
"""A polynomial in u: {power: element of the field of the parameters}."""
Averaged = dict[tuple[int, int], Radial]
"""{(power of 1/eps, power of the sign of the level): polynomial in u}."""


class DoesNotClose(ValueError):
    """An integral that has no exact form here; the message says why."""


class Isotropic:
    """What the exact integrals need of a model: h0(u), r(u), the g_i, and averages over directions.

    ``field`` is that of rational functions of the parameters over the rational numbers, ``symbols`` its generators in SymPy.
    Raises DoesNotClose with the reason.
    """

    def __init__(self, model: Model) -> None:
        self.model, self.dimension = model, model.dimension
        self._inverse, self._level = sp.Dummy("1/eps", real=True), sp.Dummy("level", real=True)
        try:
            self.ring = ring = Ring([*model.H, *model.s], model.k, extra=(*model.k, self._inverse, self._level))
            H = ring.matrix(model.H)
            h0 = (np.trace(H) * fmpq(1, model.size)).reduced()
            h = reduced(shifted(H, -h0))
        except NotExact as reason:
            raise DoesNotClose(f"model: expected H with polynomial entries, got {model.name}: {reason}") from None
        self._momenta = [ring.place[k] for k in model.k]
        self._signs = [ring.place[self._inverse], ring.place[self._level]]
        self._require_polynomials()
        places = [j for j in range(len(ring.generators)) if j not in (*self._momenta, *self._signs, *ring.phases)]
        self._parameters = [j for j in places if j < len(ring.place) + len(ring.squares)]
        self.symbols = {sp.Dummy(f"p{j}"): ring.generators[j] for j in self._parameters}
        self.field = sp.QQ.frac_field(*self.symbols) if self.symbols else sp.QQ
        self._generators = dict(zip(self._parameters, self.field.gens if self.symbols else (), strict=True))
        square = h @ h
        r = square[0, 0].reduced()
        if not all(entry.reduced().is_zero for entry in shifted(square, -r).flat):
            raise DoesNotClose(
                f"model: expected two distinct energies, (H - tr H/N)^2 a multiple of the identity, got {model.name}"
            )
        if r.is_zero:
            raise DoesNotClose(
                f"model: expected two distinct energies, got one in {model.name}, between whose bands there is no response"
            )
        self.g = self._ellipsoid([h0, r])
        self.h0, self.r = (self._radial(value) for value in (h0, r))
        self.interpreter = _Levels(self, h)

    def _require_polynomials(self) -> None:
        for j, generator in enumerate(self.ring.generators[: len(self.ring.place)]):
            if j not in self._momenta and generator.free_symbols & set(self.model.k):
                raise DoesNotClose(f"model: expected H polynomial in the momenta, got {generator} in {self.model.name}")
        if self.ring.units:
            raise DoesNotClose(
                f"model: expected H polynomial in momenta and parameters, got the angles {self.ring.units} in {self.model.name}"
            )

    # -- polynomials in k --------------------------------------------------------------------------------------------
    def _terms(self, value: Exact) -> dict[tuple[int, ...], dict[tuple[int, int], Any]]:
        """{exponents of the momenta: {(power of 1/eps, of the level): number}} of a real value."""
        value = value.reduced()
        below = prod(
            (self._generators[j] ** int(s) for j, s in enumerate(value.shift) if s and j in self._generators), start=1
        )
        if not value.imag.is_zero() or any(s and j not in self._generators for j, s in enumerate(value.shift)):
            raise DoesNotClose(f"model: expected real polynomials in the momenta, got others in {self.model.name}")
        found: dict[tuple[int, ...], dict[tuple[int, int], Any]] = {}
        for exponents, number in value.real.to_dict().items():
            factors = (self._generators[j] ** int(exponents[j]) for j in self._parameters)
            coefficient = prod(factors, start=self.field.convert(sp.Rational(int(number.p), int(number.q)))) / below
            key = (int(exponents[self._signs[0]]), int(exponents[self._signs[1]]) % 2)
            of_k = found.setdefault(tuple(int(exponents[j]) for j in self._momenta), {})
            of_k[key] = of_k.get(key, self.field.zero) + coefficient
        return found

    def _ellipsoid(self, values: list[Exact]) -> list[Any]:
        """g with g_1 = 1 such that the values depend on k through u = sum_i g_i k_i^2 alone; DoesNotClose where none is."""
        plain = [{k: c for k, found in self._terms(value).items() for c in found.values()} for value in values]
        g = [self.field.one] * self.dimension
        for polynomial in plain:
            degree = min((sum(k) for k in polynomial if any(k)), default=0)
            if degree and not degree % 2:
                first = polynomial.get((degree, *(0,) * (self.dimension - 1)), self.field.zero)
                if first:
                    for axis in range(1, self.dimension):
                        mixed = tuple(degree - 2 if a == 0 else 2 * (a == axis) for a in range(self.dimension))
                        g[axis] = polynomial.get(mixed, self.field.zero) / (first * (degree // 2))
                break
        for polynomial in plain:
            rest = dict(polynomial)
            for n in range(max((sum(k) for k in polynomial), default=0) // 2 + 1):
                leading = polynomial.get((2 * n, *(0,) * (self.dimension - 1)), self.field.zero)
                for powers, factor in _powers_of_u(g, n, self.field).items():
                    rest[powers] = rest.get(powers, self.field.zero) - leading * factor
            if any(rest.values()) or not all(g):
                raise DoesNotClose(
                    f"model: expected energies that depend on one sum of g_i k_i^2 alone, got {self.model.name}, where they "
                    "depend on the direction of k in another way"
                )
        return g

    def _radial(self, value: Exact) -> Radial:
        found = {sum(k) // 2: c for k, by in self._terms(value).items() if not any(k[1:]) for c in by.values()}
        return {n: c for n, c in found.items() if c}

    def average(self, value: Exact, scale: Any) -> Averaged:
        """The average over directions at constant u, times an element of the field."""
        found: Averaged = {}
        for powers, coefficients in self._terms(value).items():
            if any(power % 2 for power in powers):
                continue
            n = sum(powers) // 2
            factor = scale * self.field.convert(_sphere(powers))
            for power, g in zip(powers, self.g, strict=True):
                factor = factor / g ** (power // 2)
            for key, coefficient in coefficients.items():
                radial = found.setdefault(key, {})
                radial[n] = radial.get(n, self.field.zero) + factor * coefficient
        return found

    def components(self, quantity: str | Quantity, velocity: bool) -> ObjectArray:
        """The averages of a quantity summed over the N/2 bands of a level; with ``velocity`` times 2 g_l k_l = dk_l u.

        Entries are ``Averaged``. The index of the velocity, which is d eps/du times what is multiplied here, is the last.
        """
        expressions = quantities.components(quantities.get(quantity), self.dimension)
        result = np.empty(expressions.shape + ((self.dimension,) if velocity else ()), dtype=object)
        for axes in np.ndindex(expressions.shape):
            value: Exact = self.interpreter.read(expressions.item(axes))
            if not velocity:
                result[axes] = self.average(value, self.field.one)
                continue
            for l, k in enumerate(self.model.k):
                result[(*axes, l)] = self.average(value * self.ring.convert(k), 2 * self.g[l])
        return result

    # -- writing -----------------------------------------------------------------------------------------------------
    def expression(self, element: Any) -> sp.Expr:
        """An element of the field in SymPy."""
        return sp.factor(self.field.to_sympy(element)).xreplace(self.symbols)

    def polynomial(self, radial: Radial, u: sp.Expr) -> sp.Expr:
        return sp.Add(*(self.expression(c) * u**n for n, c in radial.items()))


class _Levels(MatrixInterpreter):
    """Expressions of a level as polynomials in 1/eps; ``Filled`` in the sign of the level, +1 for the upper."""

    def __init__(self, isotropic: Isotropic, h: ObjectArray) -> None:
        ring, half = isotropic.ring, fmpq(1, 2)
        self.ring, self.w, self.level = (
            ring,
            *(ring.convert(x) for x in isotropic.ring.place if isinstance(x, sp.Dummy)),
        )
        projector, other = shifted(h * self.w, ring.one) * half, shifted(h * -self.w, ring.one) * half
        self.members = isotropic.model.size // 2
        self.place = ring.place[isotropic._inverse]
        super().__init__(
            lambda name, axes: ring.matrix(isotropic.model.formulas.symbolic(name, axes)),
            projector,
            lambda power: other * (self.w * half) ** power,
            self.members,
            lambda value: ring.number(*(fmpq(int(c.numerator), int(c.denominator)) for c in (value.x, value.y))),
            Exact.part,
        )

    def band_energy(self, band: str, axes: tuple[Any, ...]) -> Exact:
        value: Exact = self.read(band_energy_derivative(axes)) * fmpq(1, self.members)
        return value.part("real")

    def filled(self, operand: Expression) -> Exact:
        """What a level adds to the operand of all bands up to it: t for the lower, minus that for the upper, as 1 has none."""
        own: Exact = self.read(operand)
        powers = own.by_powers([self.place])
        flipped = (
            c * self.ring.monomial({self.place: e[self.place]}) * (-1) ** e[self.place] for e, c in powers.items()
        )
        other, half = sum(flipped, self.ring.zero), fmpq(1, 2)
        added: Exact = (own + -self.level * own + -other + -self.level * other) * half
        return added


def _sphere(powers: tuple[int, ...]) -> sp.Rational:
    """The average of n_1^a n_2^b ... over unit vectors, all powers even: prod (a - 1)!!/(D (D + 2) ... (D + sum - 2))."""
    above = prod(int(sp.factorial2(a - 1)) for a in powers if a)
    return sp.Rational(above, prod(range(len(powers), len(powers) + sum(powers), 2)))


def _powers_of_u(g: list[Any], n: int, field: Any) -> dict[tuple[int, ...], Any]:
    """u^n as a polynomial in k."""
    found = {}
    for powers in product(range(n + 1), repeat=len(g)):
        if sum(powers) == n:
            number = int(sp.multinomial_coefficients(len(g), n)[powers])
            factors = (factor**power for factor, power in zip(g, powers, strict=True))
            found[tuple(2 * power for power in powers)] = prod(factors, start=field.convert(number))
    return found
