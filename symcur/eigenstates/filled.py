"""Tr[X P d_iP d_lP P] with P the projector onto the bands up to n, for all n at once.

With G_i = v_i/(e_a - e_b) it is the sum of X_{a'a} (G_i)_{ab} K_{ba'}, K = -G_l, over the filled a, a' <= n and the empty b > n. What
one more filled band adds for a given b takes products with the triangles of X, so that all n cost two products of matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from symcur import expressions as ex
from symcur.arrays import ComplexArray
from symcur.eigenstates.basis import Eigenbasis

UpTo = Callable[[Any, ex.Expression, ex.Axis, ex.Axis], ComplexArray]


def up_to(states: Eigenbasis, before: ex.Expression, i: ex.Axis, l: ex.Axis) -> ComplexArray:
    """Tr[X P d_iP d_lP P] with X the operator ``before``, for the bands up to n, (..., N)."""
    X = states.operator(before)
    G, K = (states.operator(ex.v(axis)) * states.inverse_gaps for axis in (i, l))
    K = -K.mT  # K_{b a} as [a, b]
    added = K * (np.tril(X) @ G) + G * (np.triu(X, 1).mT @ K)
    empty = np.triu(np.ones(X.shape[-2:]), 1)
    return np.asarray((np.cumsum(added, axis=-2) * empty).sum(axis=-1))


def cumulated(states: Eigenbasis, operand: ex.Expression, up_to: UpTo = up_to) -> ComplexArray | None:
    """The operand for the bands up to n less that for the bands below n, (..., N); None where it is not of this kind."""
    if states.norms is not None:
        return None
    match operand:
        case ex.Trace(ex.Product((*before, ex.Projector(), ex.Sum(terms), ex.Projector()))):
            pairs = [_pair(term) for term in terms]
        case _:
            return None
    found = {axes: sum(c for c, other in pairs if other == axes) for _, axes in pairs}
    if () in found:
        return None
    number, letters = 1.0 + 0j, []
    for factor in before:
        if isinstance(factor, ex.Number):
            number *= complex(factor.value.x, factor.value.y)
        else:
            letters.append(factor)
    X = ex.Product(tuple(letters)) if len(letters) > 1 else (letters or [ex.ONE])[0]
    total = np.zeros(states.energies.shape, dtype=complex)
    for axes, coefficient in found.items():
        if coefficient:
            i, l = axes
            total = total + coefficient * _once(states, X, i, l, up_to)
    return np.asarray(number * np.diff(total, axis=-1, prepend=0))


def _once(states: Eigenbasis, before: ex.Expression, i: ex.Axis, l: ex.Axis, up_to: UpTo) -> ComplexArray:
    """``up_to``, which is the conjugate of that with i and l exchanged where the operator is Hermitian."""
    known, name = states.filled_traces, _name(before, i, l)
    if name not in known:
        known[name] = up_to(states, before, i, l)
        if i != l and ex.adjoint(before) == before:
            known[_name(before, l, i)] = known[name].conj()
    return np.asarray(known[name])


@cache
def _name(before: ex.Expression, i: ex.Axis, l: ex.Axis) -> tuple[ex.Expression]:
    return (ex.Filled(ex.Trace(ex.Product((before, ex.P, ex.Derivative(i, ex.P), ex.Derivative(l, ex.P), ex.P)))),)


def _pair(term: ex.Expression) -> tuple[complex, tuple[ex.Axis, ...]]:
    """c and (i, l) of c d_iP d_lP; no axes for other terms."""
    match term:
        case ex.Product((ex.Derivative(i, ex.Projector()), ex.Derivative(l, ex.Projector()))):
            return 1.0, (i, l)
        case ex.Product((ex.Number(c), ex.Derivative(i, ex.Projector()), ex.Derivative(l, ex.Projector()))):
            return complex(c.x, c.y), (i, l)
    return 0.0, ()
