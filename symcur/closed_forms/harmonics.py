"""Exact real functions written out: factored polynomials, sums of cosines and sines of multiple angles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import product
from typing import Any

import sympy as sp
from flint import fmpq

from symcur.closed_forms.ring import Exact, Ring, rational
from symcur.expressions.calculus import collected

_COLLECTED_TERMS = 200  # longer polynomials are not worth the search for a shorter form
_SEARCHED_TERMS = 24
_FEW_TERMS = 6  # of a factor, for which multiple angles and sines in the place of cosines are tried
_VARIED_TERMS = 40  # longer polynomials are written in two ways only
_WAYS = 9


@dataclass(frozen=True)
class Written:
    """A product of factors and its length, the number of letters and operations.

    The factors are given, or made when they are asked for: of several ways to write a function only the shortest is.
    """

    given: tuple[sp.Expr, ...] | Callable[[], tuple[sp.Expr, ...]]
    length: float

    @cached_property
    def factors(self) -> tuple[sp.Expr, ...]:
        return self.given() if callable(self.given) else self.given

    @property
    def expression(self) -> sp.Expr:
        return sp.Mul(*self.factors)


def written(value: Exact) -> Written:
    """A real function as SymPy writes it, in the shortest of several forms.

    For each angle that contains momenta: a sum over its harmonics cos(n theta), sin(n theta), or a polynomial in cos(theta)
    or in sin(theta). Angles made of parameters only are always written the second way.
    """
    value = value.reduced()
    ring = value.ring
    parameters = dict.fromkeys(ring.parameter_phases, False)
    sums = _sum_over_harmonics(value, parameters)
    if not ring.phases or (not ring.separable and sums.length > _COLLECTED_TERMS):
        return sums
    used = [j for j in ring.phases if value.real.degrees()[j] > 0 or value.imag.degrees()[j] > 0 or value.shift[j]]
    ways = [dict.fromkeys(ring.phases, False)]
    if len(value.real) + len(value.imag) <= _VARIED_TERMS:
        choices = [(None, False, True) if j in ring.momentum_phases else (False, True) for j in used]
        ways = [
            {j: way for j, way in zip(used, chosen, strict=True) if way is not None} for chosen in product(*choices)
        ]
    best = min((_sum_over_harmonics(value, way) for way in ways[:_WAYS]), key=lambda way: way.length)
    # Sums of angles are what the model was written in where its angles do not separate: prefer them there.
    return best if best.length < sums.length * (1 if ring.separable else 0.4) else sums


def _sum_over_harmonics(value: Exact, expanded: Mapping[int, bool]) -> Written:
    ring = value.ring
    terms: list[tuple[Any, sp.Expr, int]] = []
    for harmonic, coefficient in _coefficients(value, expanded).items():
        angle = sum((n * unit for n, unit in zip(harmonic, ring.units, strict=True)), sp.Integer(0))
        if not any(harmonic):
            terms.append((coefficient.real, sp.Integer(1), 0))
        elif next(n for n in harmonic if n) > 0:
            cost = 2 + 2 * sum(n != 0 for n in harmonic)
            terms += [(2 * coefficient.real, sp.cos(angle), cost), (-2 * coefficient.imag, sp.sin(angle), cost)]
    terms = [term for term in terms if not term[0].is_zero()]
    if not terms:
        return Written((sp.Integer(0),), 1)
    content = terms[0][0]
    for polynomial, _, _ in terms[1:]:
        content = content.gcd(polynomial)
    outer = _factored(ring, content)
    inner = [(_factored(ring, polynomial / content), wave, cost) for polynomial, wave, cost in terms]
    below = [ring.generators[j] ** -s for j, s in enumerate(value.shift) if s and j not in ring.phases]
    length = outer.length + sum(w.length + cost for w, _, cost in inner) + 2 * len(below)

    def factors() -> tuple[sp.Expr, ...]:
        rest = sp.Add(*(sp.Mul(*w.factors, wave) for w, wave, _ in inner))
        number, primitive = rest.as_content_primitive() if len(inner) > 1 else (sp.Integer(1), rest)
        return (number, *outer.factors, *below, primitive)

    return Written(factors, length)


def _coefficients(value: Exact, expanded: Mapping[int, bool]) -> dict[tuple[int, ...], Exact]:
    """The coefficient of each harmonic; the phases in ``expanded`` become polynomials in cosines, or (True) in sines."""
    ring = value.ring
    terms = []
    for exponents, coefficient in value.by_powers(ring.phases).items():
        harmonic = {place: exponents[place] - value.shift[place] for place in ring.phases}
        for place in expanded:
            coefficient = coefficient * _multiple_angle(ring, place, harmonic.pop(place))
        terms.append((tuple(harmonic.get(place, 0) for place in ring.phases), coefficient))
    result: dict[tuple[int, ...], Exact] = collected(terms)
    for place in (place for place, sines in expanded.items() if sines):
        result = {harmonic: _in_sines(coefficient, place) for harmonic, coefficient in result.items()}
    return result


def _in_sines(value: Exact, place: int) -> Exact:
    """Even powers of cos(theta) replaced by those of 1 - sin(theta)^2."""
    ring = value.ring
    cosine, sine = ring.cosine_and_sine(place)
    s, c = ring.context.gens()[sine], ring.context.gens()[cosine]
    parts = [
        sum((inner * (1 - s * s) ** (e[cosine] // 2) * c ** (e[cosine] % 2) for e, inner in groups.items()), 0 * s)
        for groups in (ring.by_powers(part, [cosine]) for part in (value.real, value.imag))
    ]
    return Exact(ring, parts[0], parts[1], value.shift)


@lru_cache(maxsize=1024)
def _multiple_angle(ring: Ring, place: int, n: int) -> Exact:
    """cos(n theta) + i sin(n theta) = T_n(c) + i U_(n-1)(c) s, polynomials in c = cos(theta) and s = sin(theta)."""
    c, s = (ring.context.gens()[j] for j in ring.cosine_and_sine(place))
    T, U = [c**0, c], [0 * c, c**0]  # U_(n-1) stands at n
    for _ in range(abs(n)):
        T.append(2 * c * T[-1] - T[-2])
        U.append(2 * c * U[-1] - U[-2])
    return Exact(ring, T[abs(n)], (1 if n > 0 else -1) * s * U[abs(n)], ring.no_shift)


def _factored(ring: Ring, polynomial: Any, collect: bool = True) -> Written:
    if polynomial.is_constant():
        number = polynomial.leading_coefficient() if not polynomial.is_zero() else fmpq(0)
        return Written((rational(number),), 0 if abs(number) == 1 else 1)
    number, factors = polynomial.factor()
    number, factors = _with_pythagoras(ring, number, factors)
    write = _collected if collect else _simple
    parts = []
    for factor, power in factors:
        best = write(ring, factor)
        for sign, other in _with_sines(ring, factor):
            if (way := write(ring, other)).length < best.length:
                best, number = way, number * sign**power
        parts.append((best, power))
    length = sum(part.length + (power > 1) for part, power in parts) + (abs(number) != 1)
    return Written(lambda: (rational(number), *(part.expression**power for part, power in parts)), length)


def _with_pythagoras(ring: Ring, number: Any, factors: Iterable[tuple[Any, int]]) -> tuple[Any, list[tuple[Any, int]]]:
    """(cos - 1)(cos + 1) = -sin^2 and the same for sin, as often as they occur."""
    found = [(factor, int(power)) for factor, power in factors]
    generators = ring.context.gens()
    for place in ring.phases if len(found) > 1 else ():
        pair = [generators[j] for j in ring.cosine_and_sine(place)]
        for x, y in (pair, pair[::-1]):
            times = min(sum(n for factor, n in found if factor == x + sign) for sign in (-1, 1))
            if times:
                number = number * (-1) ** times
                found = [(f, n - times * (f in (x - 1, x + 1)) + 2 * times * (f == y)) for f, n in found]
                found += [] if any(f == y for f, _ in found) else [(y, 2 * times)]
    return number, [(factor, power) for factor, power in found if power]


def _with_sines(ring: Ring, factor: Any) -> Iterable[tuple[int, Any]]:
    """A sign and what it multiplies: the factor with 1 - sin^2 for the cos^2 of one angle, where that is shorter."""
    for place in ring.phases if len(factor) <= _FEW_TERMS else ():
        if factor.degrees()[ring.cosine_and_sine(place)[0]] < 2:
            continue
        other = _in_sines(Exact(ring, factor, ring.zero.real, ring.no_shift), place).real
        if _plain(ring, other).length < _plain(ring, factor).length:
            sign = -1 if 2 * sum(c < 0 for c in other.coeffs()) > len(other) else 1
            yield sign, other * sign
            return


def _simple(ring: Ring, polynomial: Any) -> Written:
    """An irreducible polynomial multiplied out: with powers of cosines and sines, or with the harmonics of one angle."""
    ways, degrees = [_plain(ring, polynomial)], polynomial.degrees()
    for place in ring.phases if len(polynomial) <= _FEW_TERMS else ():
        cosine, sine = ring.cosine_and_sine(place)
        if degrees[cosine] + degrees[sine] < 2:
            continue
        groups = ring.by_powers(polynomial, [cosine, sine])
        if len(groups) < 2:
            continue
        z, back = ring.monomial({place: 1}), ring.monomial({place: -1})
        c, s = (z + back) / 2, (z - back) * ring.number(0, fmpq(-1, 2))
        value = ring.zero
        for e, inner in groups.items():
            value = value + Exact(ring, inner, ring.zero.real, ring.no_shift) * c ** e[cosine] * s ** e[sine]
        ways.insert(0, _sum_over_harmonics(value.reduced(), {}))
    return min(ways, key=lambda way: way.length)


def _collected(ring: Ring, polynomial: Any) -> Written:
    """An irreducible polynomial, collected by one generator or by all parameters, whichever makes it shortest."""
    best = _simple(ring, polynomial)
    if not 3 <= len(polynomial) <= _COLLECTED_TERMS:
        return best
    used = [j for j, top in enumerate(polynomial.degrees()) if top]
    by = [[j] for j in used] if len(polynomial) <= _SEARCHED_TERMS else []
    for places in [ring.parameter_places, *by]:
        groups = ring.by_powers(polynomial, places)
        if 1 < len(groups) < len(polynomial):
            parts = [(o, _factored(ring, inner, False)) for o, inner in groups.items()]
            length = sum(1 + 2 * sum(map(bool, o)) + part.length for o, part in parts)
            if length < best.length:
                best = Written(partial(_sum, ring, parts), length)
    return best


def _sum(ring: Ring, parts: Iterable[tuple[tuple[int, ...], Written]]) -> tuple[sp.Expr]:
    return (sp.Add(*(sp.Mul(*part.factors, *_powers(ring, exponents)) for exponents, part in parts)),)


def _plain(ring: Ring, polynomial: Any) -> Written:
    length = sum(1 + sum(1 + (e > 1) for e in exponents if e) for exponents in polynomial.monoms())

    def factors() -> tuple[sp.Expr]:
        return (sp.Add(*(sp.Mul(rational(number), *_powers(ring, e)) for e, number in polynomial.to_dict().items())),)

    return Written(factors, length)


def _powers(ring: Ring, exponents: Iterable[int]) -> list[sp.Expr]:
    return [ring.generators[j] ** int(e) for j, e in enumerate(exponents) if e]
