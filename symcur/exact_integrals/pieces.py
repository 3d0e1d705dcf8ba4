"""Band edges of an isotropic model, and the intervals of mu between them, at given values of the parameters."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import mpmath
import sympy as sp

from symcur.exact_integrals.fermi_momenta import FermiMomenta, Occupied, mpf, rational


@dataclass(frozen=True)
class Interval:
    """lower < mu < upper, between which Fermi momenta neither appear nor vanish; the ends are infinite or exact."""

    lower: sp.Expr
    upper: sp.Expr
    occupied: Occupied

    def holds(self, mu: sp.Expr) -> sp.Basic:
        return sp.And(mu > self.lower, mu < self.upper)


def intervals(momenta: FermiMomenta, values: Mapping[sp.Symbol, sp.Expr]) -> list[Interval]:
    """All intervals, ascending; the edges are written in the parameters, what is occupied is found at their values."""
    edges = _edges(momenta, values)
    numbers = [number for number, _ in edges]
    with mpmath.workdps(40):
        inside = [(a + b) / 2 for a, b in itertools.pairwise(numbers)]
        points = [numbers[0] - 1, *inside, numbers[-1] + 1] if numbers else [mpmath.mpf(0)]
    found: list[Interval] = []
    ends = [-sp.oo, *(expression for _, expression in edges), sp.oo]
    for n, point in enumerate(points):
        occupied = momenta.occupied(values, _near(point))
        if found and found[-1].occupied.pattern == occupied.pattern:
            found[-1] = Interval(found[-1].lower, ends[n + 1], occupied)  # no edge after all
        else:
            found.append(Interval(ends[n], ends[n + 1], occupied))
    return found


def _near(number: mpmath.mpf) -> sp.Rational:
    """A short rational number near this one."""
    return sp.Rational(str(mpmath.nstr(number, 30)))


def _edges(momenta: FermiMomenta, values: Mapping[sp.Symbol, sp.Expr]) -> list[tuple[mpmath.mpf, sp.Expr]]:
    """(number, expression) of all energies at which something may change, ascending and different."""
    found = []
    for candidate in [*level_energies(momenta, sp.Integer(0)), *_outer(momenta), *_extrema(momenta, values)]:
        number = sp.N(candidate.xreplace(dict(values)), 40)
        if number.is_real and number.is_finite:
            found.append((mpf(number), candidate))
    result: list[tuple[mpmath.mpf, sp.Expr]] = []
    for number, candidate in sorted(found, key=lambda pair: pair[0]):
        scale = max(abs(number), abs(found[-1][0]), mpmath.mpf(1))
        if not result or number - result[-1][0] > scale * mpmath.mpf(10) ** -25:
            result.append((number, candidate))
    return result


def level_energies(momenta: FermiMomenta, u: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Energies of the lower and the upper level at u = k^2."""
    h0, r = (momenta.isotropic.polynomial(p, u) for p in (momenta.isotropic.h0, momenta.isotropic.r))
    gap = sp.sqrt(sp.factor(r))
    return h0 - gap, h0 + gap


def _outer(momenta: FermiMomenta) -> tuple[sp.Expr, ...]:
    return () if momenta.cutoff is None else level_energies(momenta, momenta.cutoff**2)


def _extrema(momenta: FermiMomenta, values: Mapping[sp.Symbol, sp.Expr]) -> list[sp.Expr]:
    """Energies at which two roots merge or one goes to infinity: extrema of the bands and asymptotes among them."""
    mu, coefficients = momenta.mu, [momenta.expression(c) for c in momenta.coefficients]
    found = _roots(coefficients[-1], mu)
    if momenta.degree == 2:
        found += _roots(momenta.expression(momenta.discriminant), mu)
    elif momenta.degree > 2:
        numeric = sp.Poly(
            [
                rational(c.xreplace(dict(values))) if mu not in c.free_symbols else c.xreplace(dict(values))
                for c in reversed(coefficients)
            ],
            momenta.u,
        )
        found += sp.Poly(numeric.discriminant(), mu).sqf_part().real_roots()
    return found


def _roots(polynomial: sp.Expr, mu: sp.Symbol) -> list[sp.Expr]:
    """The zeros in mu of a polynomial whose factors are linear or quadratic."""
    found: list[sp.Expr] = []
    for factor, _ in sp.factor_list(sp.fraction(sp.together(polynomial))[0])[1]:
        if mu not in factor.free_symbols:
            continue
        part = sp.Poly(factor, mu)
        if part.degree() == 1:
            found.append(sp.factor(-part.nth(0) / part.nth(1)))
        elif part.degree() == 2:
            a, b, c = part.all_coeffs()
            found += [(-b + sign * sp.sqrt(sp.factor(b**2 - 4 * a * c))) / (2 * a) for sign in (-1, 1)]
    return found


def interval_text(mu: sp.Symbol, interval: Interval) -> str:
    """LaTeX for mu within an interval."""
    parts = [sp.latex(end) for end in (interval.lower, interval.upper)]
    left = "" if interval.lower == -sp.oo else f"{parts[0]} < "
    right = "" if interval.upper == sp.oo else f" < {parts[1]}"
    return f"{left}{sp.latex(mu)}{right}"
