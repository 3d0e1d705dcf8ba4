"""The formula language: expressions add, multiply, conjugate and differentiate as the operators they stand for."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import LETTERS, SCALARS, random_operator
from sympy import QQ_I, Rational

from symcur import expressions as ex
from symcur.expressions import (
    ONE,
    ZERO,
    BandEnergy,
    Derivative,
    Expression,
    Gap,
    H,
    I,
    Im,
    J,
    Number,
    Occupation,
    Operator,
    P,
    Product,
    Projector,
    Re,
    S,
    Trace,
    adjoint,
    by_occupation,
    derivative,
    s,
    tau,
    v,
    v_band,
    w,
    with_axes,
)

operators = st.integers(0, 10**6).map(random_operator)
fast = settings(max_examples=25, deadline=None, derandomize=True)


@fast
@given(operators, operators)
def test_the_adjoint_reverses_products_and_is_an_involution(exact_bands, X, Y):
    bands = exact_bands(2, 1, 1)
    assert bands.vanishes(adjoint(X * Y) - adjoint(Y) * adjoint(X))
    assert bands.vanishes(adjoint(adjoint(X)) - X)
    assert bands.vanishes(adjoint(I * X) + I * adjoint(X))


def test_observables_are_hermitian_and_their_commutator_is_not():
    for X in (P, S, H, s, tau, J("i"), v("i"), w("i", "l"), Gap("m", "n"), BandEnergy()):
        assert adjoint(X) == X
    assert adjoint(s * H - H * s) == H * s - s * H
    assert adjoint(Trace(P * v("i") * S * s)) == Trace(s * S * v("i") * P)


@pytest.mark.parametrize("ranks", [(1, 1, 1, 1), (2, 1, 1), (3, 2)])
@pytest.mark.parametrize("letter", [*LETTERS, *SCALARS, Gap("n", "m", 3), Occupation("f", "m", 2)], ids=str)
def test_every_rule_of_differentiation_gives_the_slope_of_the_exact_power_series(exact_bands, ranks, letter):
    bands = exact_bands(*ranks)
    assert bands.vanishes(Derivative("i", letter) - derivative(letter, "i"))
    second = derivative(derivative(letter, "i"), "l")
    assert bands.vanishes(Derivative("l", Derivative("i", letter)) - second)
    third = derivative(second, "l")
    assert bands.vanishes(Derivative("l", Derivative("l", Derivative("i", letter))) - third)


@fast
@given(operators, operators)
def test_the_derivative_is_linear_and_obeys_the_product_rule(exact_bands, X, Y):
    bands = exact_bands(2, 1, 1, degree=2)
    assert bands.vanishes(derivative(X * Y, "i") - derivative(X, "i") * Y - X * derivative(Y, "i"))
    assert bands.vanishes(derivative(X + 2 * Y, "i") - derivative(X, "i") - 2 * derivative(Y, "i"))
    assert bands.vanishes(derivative(X, "i") - Derivative("i", X))


@fast
@given(operators)
def test_derivative_and_adjoint_and_trace_commute(exact_bands, X):
    bands = exact_bands(1, 1, 1, degree=2)
    assert bands.vanishes(derivative(adjoint(X), "l") - adjoint(derivative(X, "l")))
    assert bands.vanishes(derivative(Trace(P * X), "l") - Trace(derivative(P * X, "l")))
    assert bands.vanishes(derivative(Re(Trace(P * X)), "l") - Re(Trace(derivative(P * X, "l"))))


@fast
@given(operators)
def test_real_and_imaginary_part_make_up_the_whole(exact_bands, X):
    trace = Trace(P * X)
    assert exact_bands(1, 1, 1).vanishes(Re(trace) + I * Im(trace) - trace)


def test_dg_is_f_and_a_number_has_no_slope():
    f, g = Occupation("f"), Occupation("g")
    assert derivative(g, "i") == f * v_band("i")
    assert derivative(f, "i") == Occupation("f", "n", 1) * v_band("i")
    assert derivative(Number(QQ_I(3)), "i") == derivative(s, "i") == derivative(Trace(s), "i") == ZERO


def test_sums_and_products_are_flat_and_numbers_collect():
    assert P + S + s == ex.add(P, ex.add(S, s))
    assert P * S * s == ex.multiply(P, S * s)
    assert 2 * (3 * P) == 6 * P
    assert P - P != ZERO  # nothing is simplified: that is for the interpreters
    assert P + 0 == 1 * P == P / 1 == P
    assert 0 * P == ZERO
    assert 1 - P == ONE + (-1) * P
    assert Rational(1, 2) * P == P / 2


@pytest.mark.parametrize("inexact", [0.5, 1j / 2, float("nan"), "P", None])
def test_only_exact_numbers_enter_an_expression(inexact):
    for attempt in (lambda: inexact * P, lambda: P + inexact, lambda: P / inexact, lambda: ex.as_expression(inexact)):
        with pytest.raises(TypeError, match=r"expression: expected an exact complex rational, .*, got "):
            attempt()


def test_expressions_are_immutable_and_hashable():
    assert {P * v("i"): 1}[Projector() * Operator("H", ("i",))] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        P.band = "m"


def test_the_order_of_derivatives_of_H_is_irrelevant():
    assert w("l", "i") == w("i", "l")
    assert w(1, 0) == w(0, 1) == Operator("H", (0, 1))
    assert derivative(v("l"), "i") == w("i", "l")
    assert derivative(BandEnergy("n", ("l",)), "i") == BandEnergy("n", ("i", "l"))


def test_free_axes_take_the_chosen_directions():
    expression = Im(Trace(P * w("i", "l") * S * J("l"))) * v_band("i") + Derivative("l", Trace(P * s))
    fixed = Im(Trace(P * w(1, 0) * S * J(0))) * v_band(1) + Derivative(0, Trace(P * s))
    moved = with_axes(expression, {"i": 1, "l": 0})
    assert moved.terms[1] == fixed.terms[1]
    assert with_axes(J("l"), {"l": 0}) == J(0).definition
    assert with_axes(expression, {}) == expression
    assert with_axes(w("i", "l"), {"i": "l", "l": "i"}) == w("i", "l")


def test_an_expression_is_sorted_by_its_occupation_functions():
    f, g = Occupation("f"), Occupation("g")
    X, Y = Trace(P * s), Trace(P * v("i") * S * s)
    parts = by_occupation(f * (X + Y) + 2 * g * Y - f * X * 3 + Y)
    assert set(parts) == {f, g, ONE}
    again = ex.add(*(key * value for key, value in parts.items()))
    assert by_occupation(again) == parts
    assert by_occupation(Derivative("i", g * X)).keys() == {f, g}
    assert by_occupation(X) == {ONE: X}


@fast
@given(st.lists(st.tuples(st.sampled_from([Occupation("f"), Occupation("g"), ONE]), operators), min_size=1, max_size=4))
def test_sorting_by_occupation_loses_nothing(exact_bands, pairs):
    expression = ex.add(*(occupation * Trace(P * X) for occupation, X in pairs))
    expression = expression + Derivative("i", expression)
    parts = by_occupation(expression)
    assert exact_bands(1, 1, 1).vanishes(expression - ex.add(*(key * value for key, value in parts.items())))


def test_abbreviations_are_read_by_their_definition(exact_bands):
    bands = exact_bands(2, 1, 1)
    assert bands.vanishes(tau + I * (s * H - H * s))
    assert bands.vanishes(2 * J("i") - v("i") * s - s * v("i"))
    assert bands.vanishes(derivative(tau, "i") + I * (s * v("i") - v("i") * s))


def test_what_is_no_expression_is_refused():
    with pytest.raises(TypeError, match="expected a node of the language, got Expression"):
        derivative(Expression(), "i")
    assert isinstance(P * s, Product)
