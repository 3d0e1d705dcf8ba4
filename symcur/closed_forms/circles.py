"""Expressions of one band as sums of products of circles, Tr[P X S^p Y ...], which is often much shorter than how they are defined.

The circles are those of the normal form: derivatives of P and S are carried out, what cancels is gone, and the torque, whose
matrix elements hold a gap, has cancelled a power of S. What comes back is as equal as normal forms prove: for any number of
bands, and for multiplets where it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sympy import QQ_I

from symcur import expressions as ex
from symcur.expressions import Expression, Im, J, Re
from symcur.expressions.calculus import collected
from symcur.expressions.normal_form import normal_form

Letter = tuple[Any, ...]  # ("O", name, axes), ("J", axis), ("S", power) or ("P",)
Circle = tuple[
    Letter, ...
]  # the letters that follow one P, none for Tr P; ("e", axes) alone is a derivative of the band energy
Monomial = tuple[Circle, ...]
Terms = Mapping[Monomial, Any]  # with coefficients in QQ_I
_PROJECTOR = ("P",)
_KNOWN = ("H", "s")


@lru_cache(maxsize=4096)
def in_circles(expression: Expression, multiplet: bool) -> Expression:
    """An equal expression in circles, where there is one that is more than a derivative of the energy, else the one that came."""
    terms = circles(expression, multiplet)
    if terms is None or (
        terms and all(energy_axes(circle) is not None for monomial in terms for circle in monomial if circle)
    ):
        return expression
    return as_expression(terms)


def energy_axes(circle: Circle) -> tuple[ex.Axis, ...] | None:
    """Those along which the band energy is differentiated, where the circle stands for that; else None."""
    return circle[0][1] if circle and circle[0][0] == "e" else None


@lru_cache(maxsize=4096)
def circles(expression: Expression, multiplet: bool) -> Terms | None:
    """A real scalar expression in circles; None where it is not real or holds letters other than P, S, s and derivatives of H."""
    try:
        form = normal_form(expression, multiplet)
        terms: dict[Monomial, Any] = collected((_monomial(key), value) for key, value in form.terms.items())
    except ValueError:
        return None
    conjugates = collected((_adjoint(monomial), QQ_I(c.x, -c.y)) for monomial, c in terms.items())
    return _with_currents(terms) if terms == conjugates else None


def _monomial(key: Any) -> Monomial:
    atoms, string = key
    if string:
        raise ValueError("expression: expected a number, got an operator")
    return tuple(sorted(_circle(atom) for atom, power in atoms for _ in range(power)))


def _circle(atom: Letter) -> Circle:
    match atom:
        case ("e", "n", axes):
            return (("e", axes),)
        case ("<>", "n", word, "n"):
            return tuple(map(_letter, word))
        case ("Tr", (_, *word)):
            return tuple(map(_letter, word))
        case ("rank", "n"):
            return ()
    raise ValueError(f"expression: expected circles of one band, got {atom}")


def _letter(letter: Letter) -> Letter:
    match letter:
        case ("O", name, _) if name in _KNOWN:
            return letter
        case ("G", "n", power) if power < 0:
            return ("S", -power)
        case ("K", "n", "n"):
            return _PROJECTOR
    raise ValueError(f"expression: expected P, S, s and derivatives of H, got {letter}")


def adjoint(circle: Circle) -> Circle:
    """The circle whose value is the conjugate, from the P on that makes it the first one in order."""
    reverse = (_PROJECTOR, *circle[::-1])
    starts = [j for j, letter in enumerate(reverse) if letter == _PROJECTOR]
    return min((reverse[j + 1 :] + reverse[:j] for j in starts), key=str)


def _adjoint(monomial: Monomial) -> Monomial:
    return tuple(sorted(_same(adjoint(circle)) for circle in monomial))


def _same(circle: Circle) -> Circle:
    """The way in which a cyclic word is written here."""
    return circle if _PROJECTOR not in circle else adjoint(adjoint(circle))


# -- currents ------------------------------------------------------------------------------------------------------------
def _with_currents(terms: dict[Monomial, Any]) -> Terms:
    """v_i s + s v_i replaced by 2 J_i, one pair of terms after the other."""
    while True:
        pair = next(_pairs(terms), None)
        if pair is None:
            return terms
        one, other, joined = pair
        terms = dict(terms)
        value = terms.pop(one) + terms.pop(other)
        terms = {m: c for m, c in collected([*terms.items(), (joined, value)]).items() if c}


def _pairs(terms: Terms) -> Iterator[tuple[Monomial, Monomial, Monomial]]:
    s = ("O", "s", ())
    for monomial, value in terms.items():
        for place, circle in enumerate(monomial):
            for j in range(len(circle) - 1):
                if circle[j + 1] == s and circle[j][:2] == ("O", "H") and len(circle[j][2]) == 1:
                    before, after, axis = circle[:j], circle[j + 2 :], circle[j][2][0]
                    rest = (*monomial[:place], *monomial[place + 1 :])
                    swapped = tuple(sorted((*rest, (*before, s, circle[j], *after))))
                    if swapped != monomial and terms.get(swapped) == value:
                        yield monomial, swapped, tuple(sorted((*rest, (*before, ("J", axis), *after))))


# -- expressions again -----------------------------------------------------------------------------------------------------
def as_expression(terms: Terms) -> Expression:
    """The sum, with each monomial and its adjoint as one real or imaginary part."""
    total: list[Expression] = []
    left = dict(terms)
    while left:
        monomial = min(left, key=_order)
        value = left.pop(monomial)
        other = _adjoint(monomial)
        if other == monomial:
            total.append(ex.multiply(ex.as_expression(value), *map(_expression, monomial)))
            continue
        left.pop(other, None)
        real = [_expression(circle) for circle in monomial if _same(adjoint(circle)) == circle]
        rest = ex.multiply(*(_expression(circle) for circle in monomial if _same(adjoint(circle)) != circle))
        for number, part in ((2 * value.x, Re(rest)), (-2 * value.y, Im(rest))):
            total.append(ex.multiply(ex.as_expression(QQ_I(number, 0)), *real, part))
    return ex.add(*total)


def _order(monomial: Monomial) -> tuple[Any, ...]:
    """Long circles first; of a circle and its adjoint the one that ends with s or a current."""
    ends = sum(circle[-1][:2] == ("O", "s") or circle[-1][0] == "J" for circle in monomial if circle)
    return -max(map(len, monomial), default=0), -ends, str(monomial)


def _expression(circle: Circle) -> Expression:
    axes = energy_axes(circle)
    if axes is not None:
        return ex.BandEnergy("n", axes)
    return ex.Trace(ex.multiply(ex.P, *map(_node, circle)))


def _node(letter: Letter) -> Expression:
    match letter:
        case ("O", name, axes):
            return ex.Operator(name, axes)
        case ("J", axis):
            return J(axis)
        case ("S", power):
            return ex.Resolvent("n", power)
    return ex.P
