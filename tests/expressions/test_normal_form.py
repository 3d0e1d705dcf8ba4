"""Normal forms: the rules are consistent, lose nothing, and hold for one band as for a multiplet of any rank."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jets import PRIME
from random_expressions import random_operator

from symcur.expressions import (
    BandEnergy,
    Derivative,
    Gap,
    H,
    I,
    Im,
    J,
    Occupation,
    Operator,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    adjoint,
    derivative,
    s,
    tau,
    v,
    v_band,
    w,
)
from symcur.expressions.energies import reduced
from symcur.expressions.normal_form import NormalForm, NormalFormInterpreter, normal_form

e, Q, S2 = BandEnergy(), 1 - P, Resolvent("n", 2)
P_m, S_m = Projector("m"), Resolvent("m")
operators = st.integers(0, 10**6).map(random_operator)
fast = settings(max_examples=20, deadline=None, derandomize=True)


def vanishes(expression) -> bool:
    """For one band and for multiplets alike; the two must not differ in this file unless a test says so."""
    single, multiplet = (not normal_form(expression, multiplet) for multiplet in (False, True))
    assert single == multiplet
    return single


CONSTRAINTS = {
    "P^2 = P": P * P - P,
    "PS = 0": P * S,
    "SP = 0": S * P,
    "P_m P_n = 0": P_m * P,
    "P_m S_n = P_m/(e_n - e_m)": P_m * S - Gap("n", "m", -1) * P_m,
    "S_m P_n = P_n/(e_m - e_n)": S_m * P - Gap("m", "n", -1) * P,
    "HP = e P": H * P - e * P,
    "(e - H)S = Q": (e - H) * S - Q,
    "S(e - H) = Q": S * (e - H) - Q,
    "SH = e S - Q": S * H - e * S + Q,
    "HS = SH": H * S - S * H,
    "S S = S^2": S * S - S2,
    "S^2 (e - H) = S": S2 * (e - H) - S,
    "S_n S_m = S_m S_n": S * S_m - S_m * S,
    "partial fractions": S * S_m - Gap("n", "m", -1) * (S_m - S) - Gap("n", "m", -2) * (P + P_m),
    "P v_i P = (d_i e) P": P * v("i") * P - v_band("i") * P,
    "gaps multiply": Gap("n", "m", 2) * Gap("n", "m", -2) * P - P,
    "gaps are odd": (Gap("n", "m") + Gap("m", "n")) * P,
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_algebra_of_projectors_and_resolvents_and_its_derivatives(name):
    constraint = CONSTRAINTS[name]
    assert vanishes(constraint)
    for axes in (("i",), ("i", "l"), ("l", "l")):
        constraint = CONSTRAINTS[name]
        for axis in axes:
            constraint = derivative(constraint, axis)
        assert vanishes(constraint)


@pytest.mark.parametrize(
    "X",
    [
        *(P, S, S2, P_m, S_m, P * S_m, S * S_m, P * v("i") * S, e * S, Occupation("g") * P, Gap("m", "n", -2) * P),
        *(Trace(P * s), Trace(P * v("i") * S * s), Trace(P * H), Re(Trace(P * v("l") * S2 * J("i")))),
        Im(Trace(P * tau * S * v("i"))),
    ],
    ids=str,
)
def test_derivatives_along_different_axes_commute(X):
    there = Derivative("l", Derivative("i", X))
    assert vanishes(there - Derivative("i", Derivative("l", X)))


@pytest.mark.parametrize("axes", [*itertools.permutations("ilj")])
def test_third_derivatives_of_the_energy_do_not_depend_on_their_order(axes):
    energy = reference = Trace(P * H)
    for axis, standard in zip(axes, "ilj", strict=True):
        energy, reference = Derivative(axis, energy), Derivative(standard, reference)
    assert vanishes(energy - reference)
    assert vanishes(energy - Trace(P * BandEnergy("n", ("i", "j", "l"))))


@pytest.mark.parametrize("axes", [("i",), ("i", "l"), ("i", "i"), ("i", "j", "l"), ("i", "i", "l")])
def test_the_block_P_dH_P_is_the_derivative_of_the_energy_up_to_interband_terms(axes):
    constraint = P * (H - e) * P
    for axis in axes:
        constraint = P * derivative(constraint, axis) * P
    assert vanishes(constraint)
    curvature_of_the_energy = P * w("i", "l") * P + P * (v("i") * S * v("l") + v("l") * S * v("i")) * P
    assert vanishes(curvature_of_the_energy - BandEnergy("n", ("i", "l")) * P)


def test_the_projector_moves_only_between_the_band_and_the_rest():
    dP = Derivative("i", P)
    assert vanishes(dP - adjoint(derivative(P, "i")))
    assert vanishes(P * dP * P)
    assert vanishes(Q * dP * Q)
    assert vanishes(dP - (P * v("i") * S + S * v("i") * P))
    assert vanishes(Trace(dP * P))


def test_the_torque_changes_no_band_and_moves_s():
    assert vanishes(P * tau * P)
    assert vanishes(P * tau * S - I * P * s * Q)
    assert vanishes(Derivative("i", tau) + I * (s * v("i") - v("i") * s))


@fast
@given(operators, operators)
def test_normal_forms_respect_the_product_rule_and_the_adjoint(X, Y):
    for multiplet in (False, True):
        form = {
            name: normal_form(expression, multiplet)
            for name, expression in {
                "product": derivative(X * Y, "i") - derivative(X, "i") * Y - X * derivative(Y, "i"),
                "adjoint": adjoint(X * Y) - adjoint(Y) * adjoint(X),
                "cyclic": Trace(P * X * Y) - Trace(Y * P * X),
                "zero": X * Y - X * Y,
                "hermitian": P * X * adjoint(X) * P - adjoint(P * X * adjoint(X) * P),
            }.items()
        }
        assert not any(form.values()), {name for name, value in form.items() if value}


@fast
@given(operators)
def test_the_form_for_one_band_and_derivatives_are_the_same_on_both_ways(X):
    """Read directly or off the form for multiplets; differentiated before or after."""
    for expression in (P * X * P_m, P * derivative(X, "l"), Trace(P * X) * Trace(P_m * X * P), Trace(P * s * P * X)):
        direct = NormalFormInterpreter(multiplet=False).read(expression)
        assert NormalForm(reduced(direct.terms), False) == normal_form(expression)
        for multiplet in (False, True):
            before = normal_form(derivative(expression, "i"), multiplet)
            assert before == normal_form(Derivative("i", expression), multiplet)


x, y, z = Gap("n", "m"), Gap("m", "p"), Gap("n", "p")
e_m, e_p = BandEnergy("m"), BandEnergy("p")
FRACTIONS = {
    "a difference": (x, e - e_m),
    "a sum of gaps": (x + y, z),
    "partial fractions": (
        Gap("n", "m", -1) * Gap("m", "p", -1),
        Gap("n", "p", -1) * (Gap("n", "m", -1) + Gap("m", "p", -1)),
    ),
    "cancelled": (Gap("n", "m", -3) * (e * e - 2 * e * e_m + e_m * e_m), Gap("n", "m", -1)),
    "complex": (I * Gap("n", "m", -1) * (e + I * e), Gap("m", "n", -1) * (1 - I) * e),
    "nothing": (x + y - z, 0 * x),
}


@pytest.mark.parametrize("name", FRACTIONS)
def test_rational_functions_of_energies_have_one_form(name):
    left, right = FRACTIONS[name]
    assert normal_form(left * s) == normal_form(right * s)
    assert normal_form(left * s) != normal_form((right + e_p) * s)
    assert not normal_form(left - right)
    assert normal_form(left - right + Gap("m", "p", -4))


# -- nothing is lost: a normal form has the value of the expression ----------------------------------------------------
def value_of(form: NormalForm, bands):
    """The value of a normal form at k = 0 of exact bands, where H is diagonal and <a|X|b> an entry of X."""
    unit = np.eye(bands.size, dtype=np.int64)
    place = {label: int(members[0]) for label, members in bands.member.items()}

    def letter(entry):
        match entry:
            case ("O", name, axes):
                return bands.operator(name, axes).array[0]
            case ("K", a, b) if a == b:
                return bands.projector(a).array[0]
            case ("K", a, b):
                return np.outer(unit[place[a]], unit[place[b]])
            case ("G", a, k) if k < 0:
                return bands.resolvent(a, -k).array[0]
            case ("G", a, k):
                shifted = (bands.band_energy(a, ()).array[0] * unit - bands.H.array[0]) % PRIME
                return product([shifted] * k)
        raise AssertionError(entry)

    def product(matrices):
        result = unit
        for matrix in matrices:
            result = (result[:, :, None] * matrix[None] % PRIME).sum(axis=1) % PRIME
        return result

    def atom(entry):
        match entry:
            case ("e", a, axes):
                return int(bands.band_energy(a, axes).array[0, 0, 0])
            case ("f" | "g" as kind, a, order):
                return int(bands.occupation(kind, a, order).array[0, 0, 0])
            case ("gap", a, b):
                return int(bands.gap(a, b, 1).array[0, 0, 0])
            case ("rank", a):
                return len(bands.member[a])
            case ("Tr", string):
                return int(np.trace(product(map(letter, string))) % PRIME)
            case ("<>", a, block, b):
                return int(product(map(letter, block))[place[a], place[b]])
        raise AssertionError(entry)

    total = np.zeros_like(unit)
    for (atoms, string), coefficient in form.terms.items():
        factor = int(bands.number(coefficient).array[0, 0, 0])
        for entry, power in atoms:
            factor = factor * pow(atom(entry), power, PRIME) % PRIME
        total = (total + factor * product(map(letter, string))) % PRIME
    return total


@pytest.mark.parametrize("ranks", [(1, 1, 1, 1), (2, 1, 1), (2, 2, 1)])
@fast
@given(operators)
def test_a_normal_form_has_the_value_of_its_expression_in_exact_arithmetic(exact_bands, ranks, X):
    bands = exact_bands(*ranks)
    for expression in (X, Derivative("i", X), Trace(P * X), Trace(P_m * X * P * Derivative("l", X)), P_m * X * P):
        expected = (
            bands.value(expression) * np.eye(bands.size, dtype=np.int64)
            if isinstance(expression, Trace)
            else bands.value(expression)
        )
        for multiplet in {True, max(ranks) > 1}:
            assert np.array_equal(value_of(normal_form(expression, multiplet), bands), expected)


# -- what separates one band from a multiplet --------------------------------------------------------------------------
def test_for_one_band_a_trace_of_a_product_is_a_product_of_traces_but_not_for_a_multiplet():
    expressions = {
        "drift": Trace(P * s * P * v("i") * S * s) - Trace(P * s) * Trace(P * v("i") * S * s),
        "weight": Trace(P * s * P * s) - Trace(P * s) * Trace(P * s),
        "curvature": Trace(s * P * v("i") * S2 * v("l") * P) - Trace(s * P) * Trace(P * v("i") * S2 * v("l")),
        "order": Trace(P * s * P * J("i") * P * J("l")) - Trace(P * J("l") * P * J("i") * P * s),
    }
    for expression in expressions.values():
        assert not normal_form(expression, multiplet=False)
        assert normal_form(expression, multiplet=True)


def test_the_velocity_is_a_number_on_a_multiplet_too():
    assert vanishes(Trace(P * v("i") * P * s) - v_band("i") * Trace(P * s))


def test_the_rank_of_a_multiplet_is_not_assumed_to_be_one():
    assert normal_form(Trace(P) - 1, multiplet=False) == NormalForm({}, False)
    assert normal_form(Trace(P) - 1, multiplet=True)
    assert vanishes(Derivative("i", Trace(P)))


def test_a_trace_over_all_bands_has_no_normal_form():
    for expression in (Trace(s), Trace(S * v("i")), Trace(H)):
        with pytest.raises(ValueError, match="Trace: expected a projector in every term, got "):
            normal_form(expression)


def test_two_names_for_one_operator_are_two_operators():
    assert normal_form(Trace(P * Operator("theta")) - Trace(P * s))
    assert normal_form(P) != normal_form(Projector("m"))
    assert hash(normal_form(P * P)) == hash(normal_form(P))
    assert len(normal_form(P + S)) == 2


@pytest.mark.parametrize("labels", ["mn", "nm"])
@pytest.mark.parametrize("powers", [(1, 1), (2, 1), (1, 4), (3, 5)])
def test_partial_fractions_of_powers_are_those_of_numbers(labels, powers):
    """At a state outside, at one in m and at one in n; S vanishes at its own state."""
    e = {"m": Fraction(3), "n": Fraction(-2)}
    (a, b), (p, q) = labels, powers
    form = normal_form(Resolvent(a, p) * Resolvent(b, q), multiplet=True)
    assert len(form) == p + q + 2
    for energy in (Fraction(7), Fraction(1, 5), *e.values()):
        S_at = {band: 0 if e[band] == energy else 1 / (e[band] - energy) for band in e}
        total = Fraction(0)
        for (atoms, ((kind, band, power),)), value in form.terms.items():
            gaps = prod((e[x] - e[y]) ** k for (_, x, y), k in atoms)
            letter = Fraction(e[band] == energy) if kind == "K" else S_at[band] ** -power
            total += Fraction(int(value.x)) * gaps * letter
        assert total == S_at[a] ** p * S_at[b] ** q
