"""What is too large is refused with the reason; what only looks large is settled."""

from __future__ import annotations

from functools import reduce

import pytest

import symcur as sc
from symcur.expressions import (
    BandEnergy,
    Derivative,
    Gap,
    H,
    Number,
    Occupation,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    add,
    bounds,
    multiply,
    s,
    v,
)
from symcur.expressions.expression import QQ_I


def along(expression, axes):
    return reduce(lambda x, axis: Derivative(axis, x), axes, expression)


def nested(levels, step):
    return reduce(lambda x, _: step(x), range(levels), Trace(P * v("i") * S * s))


def number(value):
    return Number(QQ_I(value))


labels = [f"m{j}" for j in range(400)]
TOO_LARGE = {
    "S^(10^6)": (
        Trace(P * v("i") * Resolvent("n", 10**6) * s),
        "50 as the power or the order of Resolvent, got 1000000",
    ),
    "a gap to the -10^6": (Gap("m", "n", -(10**6)), "50 as the power or the order of Gap, got 1000000"),
    "f to the order 10^5": (Occupation("f", "n", 10**5), "50 as the power or the order of Occupation, got 100000"),
    "fifty derivatives": (along(Trace(P * s), "i" * 50), "multiplications at a random point"),
    "twenty axes": (
        along(Trace(P * s), "abcdefghjklmnopqrstu"),
        "500 terms of a power series in the momenta, got 1048576",
    ),
    "four hundred bands": (add(*(Trace(Projector(m) * s) for m in labels)), "multiplications at a random point"),
    "deep": (nested(3000, lambda x: Re(x) + 1), "100 expressions within each other, got 60"),
    "short but doubling": (nested(40, lambda x: Re(x) * Re(x) + 1), "at most .*, got"),
    "10^5000": (number(10**5000) * Trace(P * s), r"numerators and denominators up to 1e\+200"),
    "fractions of many gaps": (
        Trace(P * s * multiply(*map(Resolvent, labels[:8])) * s)
        - Trace(P * s * multiply(*map(Resolvent, labels[7::-1])) * s),
        "terms of polynomials in the energies",
    ),
}
SETTLED = {
    "S^50": (Trace(P * v("i") * Resolvent("n", 50) * s), Trace(P * v("i") * S * Resolvent("n", 49) * s)),
    "S_n^50 S_m^50": (
        Trace(P * v("i") * Resolvent("n", 50) * Resolvent("m", 50) * s),
        Trace(P * v("i") * Resolvent("m", 50) * Resolvent("n", 50) * s),
    ),
    "gaps to the -50": (
        multiply(*(Gap(a, b, -50) for a, b in ("ab", "bc", "cd", "da"))),
        multiply(*(Gap(b, a, -50) for a, b in ("ab", "bc", "cd", "da"))),
    ),
    "twelve gaps around": (add(*(Gap(labels[j], labels[(j + 1) % 12]) for j in range(12))), 0),
    "H^40": (Trace(P * multiply(*[H] * 40) * s), multiply(*[BandEnergy()] * 40) * Trace(P * s)),
    "a word of sixty letters": (
        Trace(P * multiply(*[v("i") * S] * 30) * s),
        Trace(multiply(*[v("i") * S] * 30) * s * P),
    ),
    "forty parts of parts": (Re(nested(40, lambda x: Re(x) + 1)), Re(nested(0, Re)) + 40),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_refused_with_the_reason(name):
    expression, reason = TOO_LARGE[name]
    proof = sc.settle(expression, 0)
    assert proof.outcome == "undecided"
    with pytest.raises(ValueError, match=f"^too large: expression: expected .*{reason}"):
        raise ValueError(proof.how)


@pytest.mark.parametrize("name", SETTLED)
def test_what_only_looks_large_is_settled(name):
    left, right = SETTLED[name]
    assert sc.settle(left, right).outcome == "proved"
    assert sc.settle(left, right + Trace(P * s)).outcome == "refuted"


def test_terms_on_the_way_to_a_normal_form_are_counted(monkeypatch):
    left, right = along(Trace(P * s), "ijl"), along(Trace(P * s), "lji")
    assert sc.settle(left, right).outcome == "proved"
    monkeypatch.setattr(bounds, "MOST_TERMS", 20)
    refused = sc.settle(left, right)
    assert refused.outcome == "undecided"
    assert refused.how.startswith("too large: expression: expected at most 20 terms")
    assert sc.settle(left, 2 * right).outcome == "refuted"  # by a point, which needs no normal form


def test_sides_that_floats_do_not_tell_apart_are_refuted_exactly():
    proof = sc.settle(number(10**30 + 1) * Trace(P * s), number(10**30) * Trace(P * s))
    assert proof.outcome == "refuted"
    left, right = proof.counterexample.rerun()
    assert left != right
    assert complex(left) == complex(right)
    assert str(left) in str(proof.counterexample)


def test_an_axis_is_not_called_by_two_names():
    proof = sc.settle(Derivative(0, Trace(P * s)), Derivative("x", Trace(P * s)))
    assert proof.outcome == "undecided"
    assert "expected 0 or 'x' for one direction, which print alike, got both" in proof.how
    assert sc.settle(Derivative(0, Trace(P * s)), Derivative("y", Trace(P * s))).outcome == "refuted"
