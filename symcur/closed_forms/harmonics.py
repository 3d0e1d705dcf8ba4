"""Exact real functions written out: factored polynomials, sums of cosines and sines of multiple angles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from itertools import product
from math import prod
from typing import Any

import sympy as sp
from flint import fmpq

from symcur.closed_forms.brackets import Term, Written, cost, in_brackets
from symcur.closed_forms.ring import Exact, Ring, ratio, rational
from symcur.expressions.calculus import collected

_COLLECTED_TERMS = 200  # longer polynomials are not worth the search for a shorter form
_SEARCHED_TERMS = 24
_FEW_TERMS = 6  # of a factor, for which multiple angles and sines in the place of cosines are tried
_VARIED_TERMS = 40  # longer polynomials are written in two ways only
_WAYS = 9
_ROWS = 24  # products of parameters


def written(value: Exact) -> Written:
    """A real function as SymPy writes it, in the shortest of several forms.

    For each angle that contains momenta: a sum over its harmonics cos(n theta), sin(n theta), or a polynomial in cos(theta)
    or in sin(theta), or products of waves in single angles. Angles made of parameters only are always written as polynomials.
    Where that is shorter, what multiplies different parameters is written by itself.
    """
    value = value.reduced()
    ways = [_in_one_way(value)]
    if any(
        value.real.degrees()[j] > 0 or value.imag.degrees()[j] > 0 or value.shift[j] for j in value.ring.momentum_phases
    ):
        ways += _by_parameters(value)
    return min(ways, key=lambda way: way.length)


def _in_one_way(value: Exact) -> Written:
    """The whole in the shortest form."""
    ring = value.ring
    sums = _sum_over_harmonics(value, dict.fromkeys(ring.parameter_phases, False))
    if not ring.phases or (not ring.separable and sums.length > _COLLECTED_TERMS):
        return sums
    used = [j for j in ring.phases if value.real.degrees()[j] > 0 or value.imag.degrees()[j] > 0 or value.shift[j]]
    ways = [dict.fromkeys(ring.phases, False)]
    if len(value.real) + len(value.imag) <= _VARIED_TERMS:
        choices = [(None, False, True) if j in ring.momentum_phases else (False, True) for j in used]
        ways = [
            {j: way for j, way in zip(used, chosen, strict=True) if way is not None} for chosen in product(*choices)
        ]
    return min((sums, *(_sum_over_harmonics(value, way) for way in ways[:_WAYS])), key=lambda way: way.length)


def _by_parameters(value: Exact) -> list[Written]:
    """sum_p (parameters)_p f_p(k) with each f_p in its shortest form; nothing where there are too many terms."""
    ring = value.ring
    rows: dict[tuple[int, ...], Exact] = {}
    for harmonic, coefficient in _coefficients(value, dict.fromkeys(ring.parameter_phases, False)).items():
        wave = ring.monomial(dict(zip(ring.phases, harmonic, strict=True)))
        for outer, inner in coefficient.by_powers(ring.parameter_places).items():
            term = Exact(ring, inner.real, inner.imag, ring.no_shift) * wave
            rows[outer] = rows[outer] + term if outer in rows else term
    if len(rows) > _ROWS:
        return []
    groups: list[tuple[Exact, dict[tuple[int, ...], fmpq]]] = []
    for outer, function in rows.items():
        function = function.reduced()
        if function.is_zero:
            continue
        for first, numbers in groups:
            if (factor := ratio(function, first)) is not None:
                numbers[outer] = factor
                break
        else:
            groups.append((function, {outer: fmpq(1)}))
    below = [ring.generators[j] ** -s for j, s in enumerate(value.shift) if s and j not in ring.phases]
    parameters = [_factored(ring, ring.context.from_dict(numbers)).factors for _, numbers in groups]
    functions = [_of_momenta(function) for function, _ in groups]
    shortest = [min(ways, key=lambda way: way.length) for ways in functions]
    return [
        in_brackets([_term(*below, *outer, *f.factors) for outer, f in zip(parameters, chosen, strict=True)])
        for chosen in (shortest, [ways[0] for ways in functions])  # in the latter factors are seen that all have
    ]


def _of_momenta(value: Exact) -> list[Written]:
    """Ways to write a function in which no parameters occur, first as a polynomial in cosines and sines."""
    choices = [dict.fromkeys(value.ring.phases, way) for way in (False, True)]
    return [*(_sum_over_harmonics(value, way) for way in (*choices, {})), *_in_products(value)]


def _in_products(value: Exact) -> list[Written]:
    """A sum of products of waves of one angle each; nothing where other functions occur, or waves of one angle alone."""
    ring = value.ring
    parts = [(part.to_dict(), turns) for part, turns in ((value.real, 0), (value.imag, 1))]
    monomials = [exponents for terms, _ in parts for exponents in terms]
    used = [j for j in range(ring.size) if value.shift[j] or any(exponents[j] for exponents in monomials)]
    if len(used) < 2 or len(monomials) > _COLLECTED_TERMS or not {*used} <= {*ring.phases}:
        return []
    total: dict[tuple[sp.Expr, ...], fmpq] = {}
    for terms, turns in parts:
        for exponents, number in terms.items():
            harmonic = [(ring.units[j - ring.phases[0]], int(exponents[j]) - value.shift[j]) for j in used]
            for sines in product((0, 1), repeat=len(used)):
                quarter = turns + sum(sines)
                if quarter % 2 or any(sine and not n for sine, (_, n) in zip(sines, harmonic, strict=True)):
                    continue  # the imaginary part, which vanishes
                sign = (-1) ** (
                    quarter // 2 + sum(sine and n < 0 for sine, (_, n) in zip(sines, harmonic, strict=True))
                )
                waves = ((sp.cos, sp.sin)[sine](abs(n) * unit) for sine, (unit, n) in zip(sines, harmonic, strict=True))
                key = tuple(wave for wave in waves if wave != 1)
                total[key] = total.get(key, fmpq(0)) + number * sign
    return [in_brackets([(number, dict.fromkeys(key, 1)) for key, number in total.items() if number])]


def _term(*factors: sp.Expr) -> Term:
    """A number and factors with their powers."""
    number, powers = fmpq(1), {}
    for factor in sp.Mul.make_args(sp.Mul(*factors)):
        if factor.is_Rational:
            number = number * fmpq(int(factor.p), int(factor.q))
            continue
        base, exponent = factor.as_base_exp() if factor.is_Pow and factor.exp.is_Integer else (factor, 1)
        powers[base if exponent > 0 else 1 / base] = abs(int(exponent))
    return number, powers


def _sum_over_harmonics(value: Exact, expanded: Mapping[int, bool]) -> Written:
    ring = value.ring
    terms: list[tuple[Any, sp.Expr, int]] = []
    for harmonic, coefficient in _coefficients(value, expanded).items():
        angle = sum((n * unit for n, unit in zip(harmonic, ring.units, strict=True)), sp.Integer(0))
        if not any(harmonic):
            terms.append((coefficient.real, sp.Integer(1), 0))
        elif next(n for n in harmonic if n) > 0:
            own = cost(sp.cos(angle))
            terms += [(2 * coefficient.real, sp.cos(angle), own), (-2 * coefficient.imag, sp.sin(angle), own)]
    terms = [term for term in terms if not term[0].is_zero()]
    if not terms:
        return Written((sp.Integer(0),), 1)
    content = terms[0][0]
    for polynomial, _, _ in terms[1:]:
        content = content.gcd(polynomial)
    if 2 * sum(polynomial.leading_coefficient() < 0 for polynomial, _, _ in terms) > len(terms):
        content = -content
    outer = _factored(ring, content)
    inner = [(_factored(ring, polynomial / content), wave, own) for polynomial, wave, own in terms]
    below = [ring.generators[j] ** -s for j, s in enumerate(value.shift) if s and j not in ring.phases]
    length = outer.length + sum(1 + w.length + own for w, _, own in inner) - 1 + 2 * len(below)

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
    """A polynomial as a product of its factors; most occur again in other ways to write a function."""
    key = (str(polynomial), collect)
    if key not in ring.written:
        ring.written[key] = _in_factors(ring, polynomial, collect)
    result: Written = ring.written[key]
    return result


def _in_factors(ring: Ring, polynomial: Any, collect: bool) -> Written:
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
    return Written(lambda: (rational(number), *(x**power for part, power in parts for x in part.factors)), length)


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
    """An irreducible polynomial multiplied out: with powers of cosines and sines, or with the harmonics of one angle or of all."""
    ways, degrees = [_plain(ring, polynomial)], polynomial.degrees()
    places = (
        [j for j in ring.phases if sum(degrees[i] for i in ring.cosine_and_sine(j)) > 0]
        if len(polynomial) <= _FEW_TERMS
        else []
    )
    single = [[j] for j in places if sum(degrees[i] for i in ring.cosine_and_sine(j)) > 1]
    for chosen in [*single, *([places] if len(places) > 1 else [])]:
        generators = [i for j in chosen for i in ring.cosine_and_sine(j)]
        groups = ring.by_powers(polynomial, generators)
        if len(groups) < 2:
            continue
        value = ring.zero
        for exponents, inner in groups.items():
            term = Exact(ring, inner, ring.zero.real, ring.no_shift)
            value = value + prod((_wave(ring, i) ** exponents[i] for i in generators), start=term)
        ways.insert(0, _sum_over_harmonics(value.reduced(), {}))
    return min(ways, key=lambda way: way.length)


@lru_cache(maxsize=256)
def _wave(ring: Ring, place: int) -> Exact:
    """The cosine or sine at this place, in phases."""
    wave = ring.generators[place]
    (phase,) = (j for j in ring.phases if place in ring.cosine_and_sine(j))
    z, back = ring.monomial({phase: 1}), ring.monomial({phase: -1})
    return (z + back) / 2 if isinstance(wave, sp.cos) else (z - back) * ring.number(0, fmpq(-1, 2))


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
            length = sum(1 + _length(ring, o) + part.length for o, part in parts) - 1
            if length < best.length:
                best = Written(partial(_sum, ring, parts), length)
    return best


def _sum(ring: Ring, parts: Iterable[tuple[tuple[int, ...], Written]]) -> tuple[sp.Expr]:
    return (sp.Add(*(sp.Mul(*part.factors, *_powers(ring, exponents)) for exponents, part in parts)),)


def _plain(ring: Ring, polynomial: Any) -> Written:
    numbers = sum(abs(number) != 1 for number in polynomial.coeffs())
    length = numbers + sum(1 + _length(ring, exponents) for exponents in polynomial.monoms()) - 1

    def factors() -> tuple[sp.Expr]:
        return (sp.Add(*(sp.Mul(rational(number), *_powers(ring, e)) for e, number in polynomial.to_dict().items())),)

    return Written(factors, length)


def _length(ring: Ring, exponents: Iterable[int]) -> int:
    return sum(cost(ring.generators[j]) + (e > 1) for j, e in enumerate(exponents) if e)


def _powers(ring: Ring, exponents: Iterable[int]) -> list[sp.Expr]:
    return [ring.generators[j] ** int(e) for j, e in enumerate(exponents) if e]
