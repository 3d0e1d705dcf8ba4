"""Coefficients of an expansion that have no short formula, as derivatives of the formula in matrices: to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import factorial
from typing import Any

import sympy as sp

from symcur.closed_forms.calculus import read_again
from symcur.closed_forms.common_subexpressions import unused
from symcur.closed_forms.letters import Section
from symcur.closed_forms.printed_names import printed


def as_derivative(coefficient: Any, form: Any, point: Mapping[sp.Symbol, sp.Expr], power: int, scaled: bool) -> Any:
    """The coefficient of t^power of a ``form`` that is regular at the point; where all momenta are scaled, k = point + t k."""
    if scaled:
        names = {symbol.name for symbol in (*form.model.k, *form.model.parameters)}
        t = sp.Symbol(next(name for name in ("t", "r", "xi", "u", unused("t", names)) if name not in names), real=True)
        given: dict[sp.Expr, sp.Expr] = {symbol: x + t * symbol for symbol, x in point.items()} | {t: sp.Integer(0)}
    else:
        ((t, x),) = point.items()
        given = {t: x}
    first = form.model if form.whole is None else form.whole.whole

    def section(given: dict[sp.Expr, sp.Expr]) -> Section:
        """With what was put in before."""
        before = {} if form.whole is None else form.whole.given
        known = {x: y.subs(given, simultaneous=True) for x, y in before.items()}
        return Section(first, coefficient.model, given | known, given)

    if power == 0 and not form.outer:
        there = section(dict(point))
        found = read_again(replace(coefficient, parts=form.parts), there)
        if found:
            return replace(found.put_into(coefficient), parts=form.parts, whole=there)
    rate = rf"\partial_{{{printed(t)}}}"
    if power > 1:
        rate = rf"\tfrac{{1}}{{{factorial(power)}}} {rate}^{{{power}}}"
    outer = form.outer if power == 0 else f"{rate} {form.outer}".rstrip()
    return replace(coefficient, parts=form.parts, outer=outer, whole=section(given))
