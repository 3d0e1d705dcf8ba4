"""The independent check: sums over states with free symbols, their derivatives, and how many bands decide for any number."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import random_operator
from sympy import QQ_I

from symcur import quantities
from symcur.claims import CLAIMS
from symcur.expressions import (
    BandEnergy,
    Derivative,
    Gap,
    H,
    Im,
    J,
    Matrix,
    Named,
    Occupation,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    derivative,
    s,
    tau,
    v,
    v_band,
    w,
    with_axes,
)
from symcur.expressions.normal_form import normal_form
from symcur.expressions.sum_over_states import Field, field_for, random_point, sum_over_states, summed_indices, vanishes

S2, f = Resolvent("n", 2), Occupation("f")
proved = [e for claim in CLAIMS for e in claim.equalities if e.role in ("claim", "corrected")]


# -- derivatives of matrix elements and energies against finite differences of eigenstates -----------------------------
def eigenstates(model, k):
    """Energies and a function giving the matrix of an operator between the eigenstates, by LAPACK."""
    energies, vectors = np.linalg.eigh(model.matrix("H", k))
    return energies, lambda name, *axes: vectors.conj().T @ model.matrix(name, k, axes) @ vectors


def point_of(field: Field, model, k):
    """The values of all symbols of the field in the eigenbasis at k, as exact rationals."""
    energies, element = eigenstates(model, k)
    exact = {("i",): QQ_I(0, 1)}
    for symbol in field.symbols[1:]:
        match symbol:
            case ("e", a):
                number = energies[a]
            case ("f" | "g", _, _):
                number = 0.0
            case (name, axes, a, b):
                number = element(name, *axes)[a, b]
        exact[symbol] = rational(number)
    return exact


def rational(number):
    real, imag = (Fraction(float(part)) for part in (np.real(number), np.imag(number)))
    return QQ_I(real.numerator) / QQ_I(real.denominator) + QQ_I(0, imag.numerator) / QQ_I(imag.denominator)


def number(value):
    return complex(float(value.x), float(value.y))


def slope(function, k, axis, step=2e-3):
    """Four-point central difference."""
    e = step * np.eye(len(k))[axis]
    values = [function(k + n * e) for n in (-2, -1, 1, 2)]
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)


Pn, Pm, Pp = Projector("n"), Projector("m"), Projector("p")
LOOPS = {  # a loop of matrix elements of the bands m = 0, n = 1, p = 2 as an expression, and from eigenstates
    "e_n": (BandEnergy("n"), lambda e, X: e[1]),
    "s_nn": (Trace(Pn * s), lambda e, X: X("s")[1, 1]),
    "v_nn": (v_band(1), lambda e, X: X("H", 1)[1, 1]),
    "|s_mn|^2": (Trace(Pm * s * Pn * s), lambda e, X: X("s")[0, 1] * X("s")[1, 0]),
    "v_mp v_pm": (Trace(Pm * v(0) * Pp * v(1)), lambda e, X: X("H", 0)[0, 2] * X("H", 1)[2, 0]),
    "w_mn s_np v_pm": (
        Trace(Pm * w(0, 1) * Pn * s * Pp * v(0)),
        lambda e, X: X("H", 0, 1)[0, 1] * X("s")[1, 2] * X("H", 0)[2, 0],
    ),
    "v_mn s_nm / (e_m - e_n)^2": (
        Gap("m", "n", -2) * Trace(Pm * v(0) * Pn * s),
        lambda e, X: X("H", 0)[0, 1] * X("s")[1, 0] / (e[0] - e[1]) ** 2,
    ),
    "sum over all but n": (
        Trace(Pn * v(0) * S2 * s),
        lambda e, X: sum(X("H", 0)[1, c] * X("s")[c, 1] / (e[1] - e[c]) ** 2 for c in (0, 2)),
    ),
}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("axis", [0, 1])
def test_matrix_elements_move_as_first_order_perturbation_theory_says(lattice_model, loop, axis):
    """Closed loops do not depend on the phases of the states: differentiate the symbols and the numbers."""
    model, k = lattice_model(3, 2), np.array([0.7, -0.4])
    expression, numeric = LOOPS[loop]
    field = Field(3, (0, 1), 3, ("H", "s"), ("m", "n", "p"))
    value = number(sum_over_states(expression, field).value(point_of(field, model, k)))
    assert value == pytest.approx(numeric(*eigenstates(model, k)), rel=1e-12)
    exact = number(sum_over_states(Derivative(axis, expression), field).value(point_of(field, model, k)))
    assert exact == pytest.approx(slope(lambda q: numeric(*eigenstates(model, q)), k, axis), rel=1e-8, abs=1e-9)


def test_second_derivatives_of_the_energy_against_finite_differences(lattice_model):
    model, k = lattice_model(3, 2), np.array([0.7, -0.4])
    expression = BandEnergy("n", (0, 1))
    field = field_for(expression, 3)
    exact = number(sum_over_states(expression, field).value(point_of(field, model, k)))
    velocity = lambda q: eigenstates(model, q)[1]("H", 0)[0, 0]  # noqa: E731
    assert exact == pytest.approx(slope(velocity, k, 1), rel=1e-8)


@pytest.mark.parametrize("expression", [P, S, S2, P * v("i") * S, tau * P, J("i") * S * P], ids=str)
def test_operators_are_differentiated_without_the_rules_for_projectors(expression):
    assert vanishes(Derivative("l", expression) - derivative(expression, "l"))


# -- the independent check and the normal form agree -------------------------------------------------------------------
@pytest.mark.parametrize("number_of_claim", range(len(proved)))
def test_the_independent_check_confirms_what_is_proved_also_with_one_band_more(number_of_claim):
    difference = proved[number_of_claim].difference
    decisive = field_for(difference)
    assert vanishes(difference)
    if decisive.bands < 3:
        value = sum_over_states(difference, field_for(difference, decisive.bands + 1))
        assert all(entry.vanishes() for entry in entries(value))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.sampled_from(["zero", "product", "cyclic", "other"]))
def test_the_independent_check_and_the_normal_form_agree_on_random_expressions(seed, kind):
    X, Y = random_operator(seed, 2), random_operator(seed + 1, 1)
    expression = {
        "zero": Trace(P * X * (P + S * (BandEnergy() - H)) * Y) - Trace(P * X * Y),
        "product": P * (Derivative("i", X * S) - derivative(X, "i") * S - X * Derivative("i", S)) * P,
        "cyclic": Trace(P * X * Y) - Trace(Y * P * X),
        "other": Trace(P * X * Y) - Trace(P * Y * X),
    }[kind]
    if field_for(expression).bands <= 5:
        assert vanishes(expression) == (not normal_form(expression))
    if kind != "other":
        assert not normal_form(expression)


def test_the_printed_sums_have_the_values_of_the_exact_bands():
    """The sum over states at random rational matrices against the printed one written out."""
    expression = Im(Trace(P * v("i") * S * s)) - 2 * Re(Trace(P * v("l") * S2 * J("i")))
    field = field_for(expression, 4)
    point = random_point(field, 5)
    X = {
        (name, axes): np.array([[number(point[name, axes, a, b]) for b in range(4)] for a in range(4)])
        for name, axes in (("H", ("i",)), ("H", ("l",)), ("s", ()))
    }
    vi, vl, sigma = X["H", ("i",)], X["H", ("l",)], X["s", ()]
    J_i, e = (vi @ sigma + sigma @ vi) / 2, [number(point["e", a]).real for a in range(4)]
    expected = sum((vi[0, m] * sigma[m, 0]).imag / (e[0] - e[m]) for m in (1, 2, 3))
    expected -= 2 * sum((vl[0, m] * J_i[m, 0]).real / (e[0] - e[m]) ** 2 for m in (1, 2, 3))
    assert number(sum_over_states(expression, field).value(point)) == pytest.approx(expected, rel=1e-12)


# -- how many bands decide ---------------------------------------------------------------------------------------------
i, j, l = "i", "j", "l"
PREMATURE = {  # expressions that vanish for too few bands, and the number q + r that tells
    "a trace": (Trace(P * v(i) * S * v(j) * S2 * v(l)) - Trace(P * v(i) * S2 * v(j) * S * v(l)), 3),
    "times an occupation": (f * (Trace(P * v(i) * S * v(j) * S2 * s) - Trace(P * v(i) * S2 * v(j) * S * s)), 3),
    "an abbreviation": (Named("x", Trace(P * v(i) * S * v(j) * S2 * s) - Trace(P * v(i) * S2 * v(j) * S * s)), 3),
    "an operator": (S * v(i) * S2 - S2 * v(i) * S, 3),
    "a longer operator": (S * v(i) * S * v(j) * S2 - S * v(i) * S2 * v(j) * S, 3),
    "an operator between projectors": (P * v(i) * S * v(j) * S2 * s * P - P * v(i) * S2 * v(j) * S * s * P, 3),
    "two external bands": (
        Projector("m") * v(i) * S * v(j) * P * Gap("n", "m", -1) - Projector("m") * v(i) * S2 * v(j) * P,
        3,
    ),
    "a product of traces": (
        Trace(P * v(i) * S * v(l)) * Trace(P * v(j) * S * s) - Trace(P * v(i) * S * s) * Trace(P * v(j) * S * v(l)),
        3,
    ),
}


def entries(value):
    return list(value.array.flat) if isinstance(value, Matrix) else [value]


@pytest.mark.parametrize("name", PREMATURE)
def test_an_expression_can_vanish_for_few_bands_but_not_for_as_many_as_decide(name):
    expression, decisive = PREMATURE[name]
    field = field_for(expression)
    assert field.bands >= decisive
    few = sum_over_states(expression, field_for(expression, decisive - 1))
    assert all(entry.vanishes() for entry in entries(few))
    assert not vanishes(expression)
    assert normal_form(expression)


SUMMED = {
    "s_n": (Trace(P * s), 0),
    "one sum over states": (Trace(P * v(i) * S * s), 1),
    "with tau expanded": (Trace(P * v(i) * S * tau), 1),
    "with J expanded": (Trace(P * v(i) * S * J(l)), 2),
    "a gradient": (Derivative(l, Trace(P * v(i) * S * s)), 2),
    "a second derivative of the energy": (BandEnergy("n", (i, l)), 1),
    "a product": (Trace(P * v(i) * S * s) * Trace(P * v(l) * S * s) * v_band(i), 2),
    "within an occupation": (f * Im(Trace(P * v(i) * S * s)), 1),
    "chi": (quantities.get("torque_polarizability").expression(), 2),
    "P": (P, 0),
    "S": (S, 1),
    "s": (s, 2),
    "S v S": (S * v(i) * S, 2),
    "P_m v S s P_n": (Projector("m") * v(i) * S * s * P, 1),
    "P - 1": (P - 1, 1),
}


@pytest.mark.parametrize("name", SUMMED)
def test_no_term_carries_more_band_labels_than_the_bound(name):
    """Counted on the expanded sum for five or six bands, term by term."""
    expression, most = SUMMED[name]
    field = field_for(expression, 3 + most)
    external = set(range(len(field.external)))
    carried = 0
    for value in entries(sum_over_states(expression, field)):
        for gaps, polynomial in value.terms.items():
            in_gaps = {band for pair, power in zip(field.pairs, gaps, strict=True) if power for band in pair}
            for exponents, _ in polynomial.terms():
                used = [symbol for symbol, power in zip(field.symbols, exponents, strict=True) if power]
                labels = {x for symbol in used for x in band_labels(symbol)} | in_gaps
                carried = max(carried, len(labels - external))
    assert carried <= summed_indices(expression)
    assert carried <= most


def band_labels(symbol):
    match symbol:
        case ("i",):
            return ()
        case ("e", a) | ("f" | "g", a, _):
            return (a,)
    return symbol[-2:]


def test_free_axes_or_chosen_ones_make_no_difference_to_a_verdict():
    expression = proved[0].difference
    assert vanishes(with_axes(expression, {"i": 0, "l": 1})) == vanishes(expression)


def test_the_field_refuses_derivatives_beyond_its_order():
    with pytest.raises(KeyError, match="symbol: expected one within the derivatives that this field was made for"):
        sum_over_states(w("i", "l"), Field(2, ("i", "l"), 1, ("H",)))


def test_random_points_are_hermitian_nondegenerate_and_reproducible():
    field = Field(4, ("i",), 2, ("H", "s"))
    point = random_point(field, 3)
    assert point == random_point(field, 3) != random_point(field, 4)
    assert len({number(point["e", a]) for a in range(4)}) == 4
    for a in range(4):
        for b in range(4):
            assert number(point["H", ("i",), a, b]) == number(point["H", ("i",), b, a]).conjugate()
