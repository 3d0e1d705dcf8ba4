"""Which angles of a model are sums or differences of others, so that their cosines and sines cost no function call."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction

import sympy as sp

Form = tuple[Fraction, ...]  # coefficients of an angle in the monomials that occur
Relation = tuple[sp.Expr, tuple[sp.Expr, sp.Expr] | None]

_ALL_STARTS = 8  # up to so many angles every choice of the first two is tried


def angles(matrices: Iterable[sp.Matrix]) -> list[sp.Expr]:
    """The arguments of cos, sin and exp(i x), expanded, each once up to its sign, in a reproducible order."""
    found: set[sp.Expr] = set()
    for matrix in matrices:
        for function in sorted(matrix.atoms(sp.cos, sp.sin, sp.exp), key=sp.default_sort_key):
            angle = sp.expand(function.args[0] / sp.I if isinstance(function, sp.exp) else function.args[0])
            if -angle not in found and angle.is_real:
                found.add(angle)
    return sorted(found, key=sp.default_sort_key)


def related(given: list[sp.Expr]) -> list[Relation]:
    """The angles in an order in which each is the sum of two earlier ones (or of their negatives) or stands alone.

    Returns pairs (angle, the two summands) or (angle, None). The first two are chosen such that fewest stand alone.
    """
    terms = [angle.as_coefficients_dict() for angle in given]
    monomials = sorted({m for term in terms for m in term}, key=sp.default_sort_key)
    forms = [tuple(Fraction(int(c.p), int(c.q)) for c in (sp.Rational(t.get(m, 0)) for m in monomials)) for t in terms]
    numbers = tuple(range(len(given)))
    starts = itertools.permutations(numbers, 2) if 2 < len(given) <= _ALL_STARTS else [numbers[:2]]
    orders = [_order(forms, list(start)) for start in starts]
    best = min(orders, key=lambda order: sum(summands is None for _, summands in order))
    return [(given[j], s and (s[0][1] * given[s[0][0]], s[1][1] * given[s[1][0]])) for j, s in best]


_Summands = tuple[tuple[int, int], tuple[int, int]] | None  # (angle, sign) twice


def _order(forms: list[Form], start: list[int]) -> list[tuple[int, _Summands]]:
    """The angles of ``start``, then what follows from the known ones; when nothing does, the next one, and so on."""
    known: dict[Form, tuple[int, int]] = {}
    order: list[tuple[int, _Summands]] = []
    waiting = [*start, *(j for j in range(len(forms)) if j not in start)]
    while waiting:
        choice: tuple[int, _Summands] = (waiting[0], None)
        if len(order) >= len(start):
            choice = next(((j, s) for j in waiting if (s := _summands(forms[j], known))), choice)
        order.append(choice)
        waiting.remove(choice[0])
        for sign in (1, -1):
            known[tuple(sign * c for c in forms[choice[0]])] = (choice[0], sign)
    return order


def _summands(form: Form, known: dict[Form, tuple[int, int]]) -> _Summands:
    for first, a in known.items():
        b = known.get(tuple(x - y for x, y in zip(form, first, strict=True)))
        if b is not None:
            return a, b
    return None
