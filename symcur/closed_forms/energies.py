"""Explicit energies where they are short: functions of k in a known order."""

from __future__ import annotations

import sympy as sp
from flint import fmpq

from symcur.band_structures import Model
from symcur.closed_forms.degeneracy import power_sums
from symcur.closed_forms.entries import Entries
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.ring import Exact, NotExact
from symcur.closed_forms.three_levels import levels_of_three
from symcur.closed_forms.two_levels import levels_of_two, sum_of_squares

_SHORT = 150  # operations in the radicands per energy


def explicit_energies(model: Model, multiplicities: tuple[int, ...]) -> tuple[sp.Expr, ...] | None:
    """The distinct energies, ascending at every k, in the order of their ``multiplicities``; None where they have no short form.

    With H traceless (h0 = Tr H/N taken out) and p_j = Tr H^j/r: two energies are -+sqrt(p_2/2); with p_3 = 0, three
    are 0, -+sqrt(p_2/2), and four are -+sqrt(p_2/4 +- sqrt(p_4/4 - p_2^2/16)). Of unequal multiplicities are two, both polynomials,
    and three of which two occur equally often, e_0 + t/2 -+ h beside e_0; None where their order does not follow for every k.
    """
    if len(multiplicities) > 4:
        return None
    try:
        entries = Entries(model)
        values = (_uniform if len(set(multiplicities)) == 1 else _unequal)(entries, multiplicities)
        start = written(entries.h0).expression
    except NotExact:
        return None
    if values is None or sum(sp.count_ops(value) for value in values) > _SHORT * len(values):
        return None
    return tuple(start + value for value in values)


def _uniform(entries: Entries, multiplicities: tuple[int, ...]) -> list[sp.Expr] | None:
    distinct, H = len(multiplicities), entries.traceless
    if distinct == 1:
        return [sp.Integer(0)]
    p = [moment * fmpq(1, multiplicities[0]) for moment in power_sums(H, 2 if distinct == 2 else 4)]
    if distinct == 2:
        h = sp.sqrt(sum_of_squares(H, (p[2] * fmpq(1, 2)).reduced()))
        return [-h, h]
    if not p[3].is_zero:
        return None
    if distinct == 3:
        inner = _root(p[2] * fmpq(1, 2))
        return [-inner, sp.Integer(0), inner]
    splitting = _root((p[4] * fmpq(1, 4) - p[2] * p[2] * fmpq(1, 16)).reduced())
    middle = written(p[2] * fmpq(1, 4)).expression
    outer, inner = sp.sqrt(middle + splitting), sp.sqrt(middle - splitting)
    return [-outer, -inner, inner, outer]


def _unequal(entries: Entries, multiplicities: tuple[int, ...]) -> list[sp.Expr] | None:
    if len(multiplicities) == 2:
        middle, h = levels_of_two(entries, multiplicities)
        if _sign(h) >= 0:  # h is that of the first
            return None
        return [written((middle + h).reduced()).expression, written((middle - h).reduced()).expression]
    if len(multiplicities) != 3:
        return None
    single, _, e_0, t, d = levels_of_three(entries, multiplicities)
    middle, third = (
        written((e_0 + t / 2 - entries.h0).reduced()).expression,
        written((e_0 - entries.h0).reduced()).expression,
    )
    h = _root((t * t / 4 - d).reduced())
    place = 1 if t.is_zero or _sign(d) < 0 else 1 - _sign(t) if _sign(d) > 0 and _sign(t) else -1
    if place < 0 or multiplicities[place] != single:
        return None
    values = [middle - h, middle + h]
    values.insert(place, third)
    return values


def _sign(value: Exact) -> int:
    """1 or -1 where a function is nowhere negative or nowhere positive for real k and parameters, as is plain to see; else 0."""
    expression = written(value).expression
    if expression.is_nonnegative or expression.is_nonpositive:
        return 1 if expression.is_nonnegative else -1
    waves = expression.atoms(sp.cos, sp.sin)
    bounds = expression.xreplace({wave: sp.AccumBounds(-1, 1) for wave in waves})
    if bounds.free_symbols or not isinstance(bounds, sp.AccumBounds):
        return 0
    return 1 if bounds.min >= 0 else -1 if bounds.max <= 0 else 0


def _root(value: Exact) -> sp.Expr:
    return sp.sqrt(written(value).expression)
