"""Explicit band energies where they have a short closed form."""

from __future__ import annotations

import sympy as sp
from flint import fmpq

from symcur.closed_forms.harmonics import written
from symcur.closed_forms.multiplets import power_sums, traceless
from symcur.closed_forms.ring import Exact, NotExact, Ring
from symcur.model import Model

_SHORT = 150  # operations in all radicands together


def explicit_energies(model: Model, multiplicities: tuple[int, ...]) -> tuple[sp.Expr, ...] | None:
    """The distinct energies, ascending, for one or two of them, and for three or four that lie symmetrically.

    With H traceless (h0 = Tr H/N taken out) and p_j = Tr H^j/r: two energies are -+sqrt(p_2/2); with p_3 = 0, three
    are 0, -+sqrt(p_2/2), and four are -+sqrt(p_2/4 +- sqrt(p_4/4 - p_2^2/16)).
    """
    distinct, r = len(multiplicities), multiplicities[0]
    if distinct > 4 or len(set(multiplicities)) > 1:
        return None
    try:
        ring = Ring(model.H, model.k)
        h0 = _shift(ring, model)
        if distinct == 1:
            return (written(h0).expression,)
        p = [moment * fmpq(1, r) for moment in power_sums(traceless(ring, model), 2 if distinct == 2 else 4)]
    except NotExact:
        return None
    if distinct > 2 and not p[3].is_zero:
        return None
    if distinct < 4:
        inner = _root(p[2] * fmpq(1, 2))
        values = [-inner, inner] if distinct == 2 else [-inner, sp.Integer(0), inner]
    else:
        splitting = _root((p[4] * fmpq(1, 4) - p[2] * p[2] * fmpq(1, 16)).reduced())
        middle = written(p[2] * fmpq(1, 4)).expression
        outer, inner = sp.sqrt(middle + splitting), sp.sqrt(middle - splitting)
        values = [-outer, -inner, inner, outer]
    if sum(sp.count_ops(value) for value in values) > _SHORT * distinct:
        return None
    start = written(h0).expression
    return tuple(start + value for value in values)


def _shift(ring: Ring, model: Model) -> Exact:
    """h0 = Tr H/N."""
    diagonal = (ring.convert(model.H[a, a]) for a in range(model.size))
    total: Exact = sum(diagonal, ring.zero)
    mean: Exact = total * fmpq(1, model.size)
    return mean.reduced()


def _root(value: Exact) -> sp.Expr:
    return sp.sqrt(written(value).expression)
