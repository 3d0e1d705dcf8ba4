"""Malformed letters are refused by the name of the field, when they are made."""

from __future__ import annotations

import pytest
from sympy import Rational

from symcur.expressions import (
    BandEnergy,
    Derivative,
    Expression,
    Gap,
    Named,
    Number,
    Occupation,
    Operator,
    P,
    Projector,
    Resolvent,
    Sum,
    Trace,
    s,
    w,
)

MALFORMED = {
    "a gap of one band": (lambda: Gap("n", "n"), ValueError, "n: expected another band than m, got 'n' for both"),
    "a half gap": (lambda: Gap("m", "n", Rational(1, 2)), TypeError, "power: expected an integer, got 1/2"),
    "S^0": (lambda: Resolvent("n", 0), ValueError, "power: expected at least 1, got 0"),
    "S^-1": (lambda: Resolvent("n", -1), ValueError, "power: expected at least 1, got -1"),
    "S to the truth": (lambda: Resolvent("n", True), TypeError, "power: expected an integer, got True"),
    "unordered axes": (
        lambda: Operator("H", ("l", "i")),
        ValueError,
        r"axes: expected \('i', 'l'\) .*, got \('l', 'i'\)",
    ),
    "unordered axes of e": (lambda: BandEnergy("n", ("l", "i")), ValueError, "axes: expected "),
    "a list of axes": (lambda: Operator("H", ["i"]), TypeError, r"axes: expected a tuple of axes, got \['i'\]"),
    "a string of axes": (lambda: Operator("H", "il"), TypeError, "axes: expected a tuple of axes, got 'il'"),
    "an axis of half": (lambda: Operator("H", (0.5,)), TypeError, "axes: expected an integer or a name, .* got 0.5"),
    "ds/dk": (lambda: Operator("s", ("i",)), ValueError, r"axes: expected none for s, .*, got \('i',\)"),
    "an operator without name": (lambda: Operator(""), TypeError, "name: expected a name, .* got ''"),
    "the second derivative of g": (lambda: Occupation("g", "n", 1), ValueError, "order: expected 0 for g, .*, got 1"),
    "an integral of f": (lambda: Occupation("f", "n", -1), ValueError, "order: expected at least 0, got -1"),
    "h for f": (lambda: Occupation("h"), ValueError, "kind: expected 'f' or 'g', got 'h'"),
    "a band by number": (lambda: Projector(3), TypeError, "band: expected a name, .* got 3"),
    "a band without name": (lambda: BandEnergy(""), TypeError, "band: expected a name, .* got ''"),
    "a raw number": (lambda: Number(3), TypeError, "value: expected an element of SymPy's QQ_I .*, got 3"),
    "no axis": (lambda: Derivative(None, P), TypeError, "axis: expected an integer or a name, .* got None"),
    "a trace of text": (lambda: Trace("P s"), TypeError, "Trace: expected an expression in it, got 'P s'"),
    "a sum of numbers": (lambda: Sum((P, 1)), TypeError, "Sum: expected an expression in it, got 1"),
    "a name for text": (lambda: Named("x", "s"), TypeError, "Named: expected an expression in it, got 's'"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_letter_is_refused(name):
    make, error, message = MALFORMED[name]
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "letter",
    [
        Gap("m", "n", 0),
        Gap("m", "n", -3),
        Resolvent("m", 7),
        w("l", 0),
        w("l", "i"),
        Operator("s"),
        Occupation("f", "m", 3),
    ],
)
def test_what_is_well_formed_is_made(letter):
    assert isinstance(letter * s, Expression)
