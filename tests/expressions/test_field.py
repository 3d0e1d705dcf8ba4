"""d/dh at H - h s as a derivative like any other: identities, multiplets that s splits, and what must not be proved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jets import axes_for
from random_expressions import random_operator

from symcur import evaluate, settle
from symcur.claims import Equality
from symcur.claims.prover import NONDEGENERATE, examine, multiplets
from symcur.expressions import (
    BandEnergy,
    Derivative,
    Gap,
    H,
    I,
    Im,
    Occupation,
    Operator,
    P,
    Projector,
    Resolvent,
    S,
    Trace,
    add,
    derivative,
    exact_points,
    s,
    splitting,
    substitute,
    v,
    v_band,
    w,
    with_axes,
)
from symcur.expressions.exact_points import vanishes
from symcur.linear_response.lattices import random_lattice
from symcur.models import kane_mele
from symcur.quantities import get

S2, f, g, df = Resolvent("n", 2), Occupation("f"), Occupation("g"), Occupation("f", "n", 1)
CYCLIC = (("h", "i", "l"), ("i", "l", "h"), ("l", "h", "i"))
W, Omega_bar = (get(name).expression for name in ("faraday_curvature", "symmetrized_curvature"))


def D(*axes_and_operand):
    *axes, operand = axes_and_operand
    for axis in reversed(axes):
        operand = Derivative(axis, operand)
    return operand


def m(a, b):
    """The charge's orbital moment, for axes of (k, h)."""
    return Im(Trace(P * v(a) * S * v(b)))


def Omega(a, b):
    """The charge's Berry curvature, for axes of (k, h)."""
    return -2 * Im(Trace(P * v(a) * S2 * v(b)))


def Omega_P(a, b):
    """The same without S, of any multiplet."""
    return I * Trace(P * (D(a, P) * D(b, P) - D(b, P) * D(a, P)))


def two_form(a, b):
    """m^{ab} + e Omega^{ab} without S and e."""
    return -Im(Trace(H * P * D(a, P) * D(b, P)) + Trace(P * D(a, P) * H * D(b, P)))


PAIR = P + Projector("m")


def W_of_pair(a, b, c):
    """The term of W with v_a between D_b and D_c of n and m together: no gap between n and m is in it."""
    return -Im(Trace(PAIR * D(b, PAIR) * v(a) * D(c, PAIR) + PAIR * v(a) * PAIR * D(b, PAIR) * D(c, PAIR)))


def of_m(expression):
    """The same of the band m."""
    moved = {P: Projector("m"), S: Resolvent("m"), S2: Resolvent("m", 2)}
    return substitute(expression, moved.get)


def curl(form):
    return add(*(D(a, form(b, c)) for a, b, c in CYCLIC))


ANY_RANK = {
    "d_h H": (D("h", H), -s),
    "d_h v": (D("h", v("i")), 0),
    "d_h s": (D("h", s), 0),
    "d_h P": (D("h", P), -(S * s * P + P * s * S)),
    "P is idempotent, in second order": (
        D("h", "h", P),
        D("h", "h", P) * P + P * D("h", "h", P) + 2 * D("h", P) * D("h", P),
    ),
    "[H, P] = 0, in second order": (H * D("h", "h", P) - D("h", "h", P) * H, 2 * (s * D("h", P) - D("h", P) * s)),
    "P d_h^2 P P": (P * D("h", "h", P) * P, -2 * P * s * S2 * s * P),
    "P s P stands in d_h^2 P": (
        S * D("h", "h", P) * P,
        2 * S2 * s * (S * s * P - S * P * s) - 2 * S2 * S * s * P * s * P + 0 * P,
    ),
    "derivatives commute": (D("h", "i", P), D("i", "h", P)),
    "derivatives of a word commute": (D("i", "h", P * w("i", "l") * P * s), D("h", "i", P * w("i", "l") * P * s)),
    "d_h s_n": (D("h", Trace(P * s)), -2 * Trace(P * s * S * s)),
    "sum of energies": (D("h", Trace(P * H)), -Trace(P * s)),
    "its second derivative": (D("h", "h", Trace(P * H)), 2 * Trace(P * s * S * s)),
    "Omega^{hi} is Omega^{is}": (Omega("h", "i"), get("mixed_berry_curvature").expression("i")),
    "m^{hl} = d^{ls}": (m("h", "l"), get("s_dipole").expression("l")),
    "the mixed curvature of states": (Omega_P("h", "i"), Omega("h", "i")),
    "Omega has no curl": (curl(Omega_P), 0),
    "m + e Omega of states": (two_form("i", "l"), m("i", "l") + BandEnergy() * Omega("i", "l")),
    "W is the curl of m + e Omega": (W("i", "l"), curl(two_form)),
    "W of two bands is that of the pair": (
        W("i", "l") + of_m(W("i", "l")),
        add(*(W_of_pair(*axes) for axes in CYCLIC)),
    ),
    "any operator": (
        D("h", Trace(P * Operator("A"))),
        Trace(P * Operator("A", ("h",))) - Trace(Operator("A") * (S * s * P + P * s * S)),
    ),
    "two bands": (D("h", P * Projector("m")), 0),
}
ONE_BAND = {
    "d_h e": (D("h", BandEnergy()), -Trace(P * s)),
    "d_h v": (D("h", v_band("i")), -D("i", Trace(P * s))),
    "second order": (D("h", "h", BandEnergy()), 2 * Trace(P * s * S * s)),
    "d_h S": (D("h", S), derivative(S, "h")),
    "d_h^2 P": (D("h", "h", P), derivative(derivative(P, "h"), "h")),
    "d_h of a gap": (D("h", Gap("m", "n", -1)), Gap("m", "n", -2) * (Trace(Projector("m") * s) - Trace(P * s))),
    "d_h f": (D("h", g), -f * Trace(P * s)),
    "curl of m": (W("i", "l"), add(*(D(a, m(b, c)) + v_band(a) * Omega(b, c) for a, b, c in CYCLIC))),
    "curl of Omega": (curl(Omega), 0),
    "d_h Omega": (
        D("h", Omega("i", "l")),
        -2 * Im(Trace(derivative(P, "h") * v("i") * S2 * v("l")))
        - 2 * Im(Trace(P * v("i") * derivative(S2, "h") * v("l"))),
    ),
    "d_h m": (
        D("h", m("i", "l")),
        W("i", "l") - D("i", m("l", "h")) - D("l", m("h", "i")) - add(*(v_band(a) * Omega(b, c) for a, b, c in CYCLIC)),
    ),
}
WRONG = {
    "d_h P with the opposite sign": (D("h", P), S * s * P + P * s * S),
    "d_h^2 P without P s P": (S * D("h", "h", P) * P, 2 * S * s * S * s * P),
    "twice": (D("h", Trace(P * s)), -4 * Trace(P * s * S * s)),
    "W of two bands without h": (
        W("i", "l") + of_m(W("i", "l")),
        add(*(W_of_pair(*axes) for axes in CYCLIC[1:])),
    ),
    "W is bar-Omega": (Omega_bar("l", "i"), curl(two_form)),
    "W without d_h of the moment": (W("i", "l"), D("i", two_form("l", "h")) + D("l", two_form("h", "i"))),
    "s follows h": (D("h", Trace(P * s * P * s)), 0),
}


@pytest.mark.parametrize("name", ANY_RANK)
def test_identities_hold_for_multiplets_that_s_splits(name):
    result = settle(*ANY_RANK[name])
    assert result.outcome == "proved", result.how


@pytest.mark.parametrize("name", ONE_BAND)
def test_energies_and_resolvents_of_a_multiplet_have_no_derivative(name):
    result = settle(*ONE_BAND[name])
    assert result.outcome == NONDEGENERATE
    assert "which s may split" in result.how


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refuted_with_matrices(name):
    result = settle(*WRONG[name])
    assert result.outcome == "refuted"
    found = result.counterexample
    assert found.rerun() == (found.lhs, found.rhs)
    assert found.lhs != found.rhs
    assert {H, s} <= set(found.matrices)


def test_maxwell_s_relation_is_an_identity_of_integrands():
    """d_h (f m + g Omega) = f W and terms on the Fermi surface, up to total derivatives (B along z, h uniform)."""
    lhs = D("h", f * m("i", "l") + g * Omega("i", "l"))
    surface = -df * Trace(P * s) * m("i", "l") + df * (v_band("i") * m("l", "h") + v_band("l") * m("h", "i"))
    primitive = {"i": -(f * m("l", "h") + g * Omega("l", "h")), "l": -(f * m("h", "i") + g * Omega("h", "i"))}
    assert settle(lhs, f * W("i", "l") + surface, modulo=primitive).outcome == NONDEGENERATE
    assert settle(lhs, f * W("i", "l"), modulo=primitive).outcome == "refuted"
    assert settle(lhs, f * W("i", "l") + surface).outcome == "refuted"
    of_states = D("h", g) * Omega("i", "l") + g * curl(Omega) + f * Trace(P * s) * Omega("i", "l")
    assert settle(of_states).outcome == NONDEGENERATE


def test_the_axis_h_is_no_momentum():
    assert v("h") == -s
    assert w("h", "i") == w("h", "h") == 0 * P
    assert with_axes(w("i", "l") + v("l") * BandEnergy("n", ("i",)), {"i": "h"}) == -0 * P + v("l") * v_band("h")
    assert D("h", P).latex() == r"\partial_h P"
    with pytest.raises(ValueError, match=r"axes: expected momenta .*, got \('h',\)"):
        Operator("H", ("h",))
    with pytest.raises(ValueError, match=r"axes: expected momenta .*, got \('h', 'i'\)"):
        BandEnergy("n", ("h", "i"))
    with pytest.raises(ValueError, match=r"primitive: expected momenta, along which integrals .*, got 'h'"):
        Equality(P, P, primitive=(("h", P),))


# -- faults ------------------------------------------------------------------------------------------------------------
def test_a_wrong_rule_for_multiplets_is_noticed(monkeypatch):
    honest = splitting._of_projector
    monkeypatch.setattr(splitting, "_of_projector", lambda n, order: honest(n, order) * (1 if order == 1 else 2))
    assert settle(D("h", P), -(S * s * P + P * s * S)).outcome == "proved"
    assert settle(*ANY_RANK["P d_h^2 P P"]).outcome == "undecided"


def test_a_point_with_the_wrong_field_is_noticed(monkeypatch):
    honest = exact_points.ExactPoint._parts

    def wrong(self, matrix):
        inside, outside = honest(self, matrix)
        return inside, outside + outside

    monkeypatch.setattr(exact_points.ExactPoint, "_parts", wrong)
    for name in ("d_h P", "d_h s_n", "W is the curl of m + e Omega"):
        assert settle(*ANY_RANK[name]).outcome != "proved"


# -- checks of another making ------------------------------------------------------------------------------------------
@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.sampled_from(["commute", "product", "other"]))
def test_random_words_agree_with_projectors_as_polynomials_of_H(exact_bands, seed, kind):
    """tests/jets.py finds P(k, h) without perturbation theory."""
    X, Y = random_operator(seed, 2), random_operator(seed + 1, 1)
    difference = {
        "commute": D("i", "h", X) - derivative(derivative(X, "i"), "h"),
        "product": D("h", P * X * Y) - D("h", P * X) * Y - P * X * D("h", Y),
        "other": D("h", Trace(P * X * Y)) - Trace(P * D("h", X * Y)),
    }[kind]
    true = exact_bands(1, 1, 1, 1, axes=axes_for(difference), degree=4).vanishes(difference)
    assert examine(Equality(difference, 0 * P)).outcome in (("proved", NONDEGENERATE) if true else ("refuted",))
    assert vanishes(difference) == true


@pytest.mark.parametrize("ranks", multiplets(2))
@pytest.mark.parametrize("name", ANY_RANK)
def test_multiplets_agree_with_projectors_as_polynomials_of_H(exact_bands, name, ranks):
    lhs, rhs = ANY_RANK[name]
    bands = exact_bands(*ranks, 1, axes=axes_for(lhs - rhs) + (() if "h" in axes_for(lhs - rhs) else ("h",)))
    assert bands.vanishes(lhs - rhs)


def test_a_pair_of_states_that_s_splits_by_differences():
    """P(h) of two degenerate states from eigenvectors of H - h s against d_h P and d_h^2 P."""
    generator = np.random.default_rng(5)
    X = generator.normal(size=(2, 5, 5)) + 1j * generator.normal(size=(2, 5, 5))
    frame, spin = np.linalg.qr(X[0])[0], X[1] + X[1].conj().T
    energies = np.array([0.3, 0.3, 1.1, -0.8, 2.0])
    hamiltonian = (frame * energies) @ frame.conj().T

    def projector(h):
        e, states = np.linalg.eigh(hamiltonian - h * spin)
        pair = states[:, 1:3]
        assert abs(e[1] - 0.3) < 0.1 > abs(e[2] - 0.3)
        return pair @ pair.conj().T

    h = 1e-3
    first = (projector(h) - projector(-h)) / (2 * h)
    second = (projector(h) - 2 * projector(0) + projector(-h)) / h**2
    inverse = np.array([0, 0, 1 / (0.3 - 1.1), 1 / (0.3 + 0.8), 1 / (0.3 - 2.0)])
    letters = {P: projector(0), S: (frame * inverse) @ frame.conj().T, s: spin}
    for order, measured in ((1, first), (2, second)):
        expected = number(splitting.along_field(P, order), letters)
        np.testing.assert_allclose(measured, expected, atol=1e-3 * np.abs(expected).max())


def number(expression, letters):
    """The matrix of an expression in P, S and s."""
    match expression:
        case Resolvent("n", power):
            return np.linalg.matrix_power(letters[S], power)
    if expression in letters:
        return letters[expression]
    children = [number(child, letters) for child in expression.children]
    match type(expression).__name__:
        case "Sum":
            return sum(children)
        case "Product":
            return np.linalg.multi_dot([np.eye(5), np.eye(5), *children])
    return complex(expression.value.x) * np.eye(5)


def test_eigenstates_read_the_derivative_where_it_has_a_meaning():
    model, k, h = random_lattice(4, spacing=3), np.array([[0.3, -0.7]]), 1e-3
    plus, minus = (model.replace(H=model.H - sign * h * model.s) for sign in (1, -1))
    for expression in (Trace(P * H), Trace(P * s), Omega_P(0, 1), m(0, 1)):
        difference = (evaluate(plus, expression, k) - evaluate(minus, expression, k)) / (2 * h)
        np.testing.assert_allclose(evaluate(model, D("h", expression), k), difference, rtol=1e-3, atol=1e-6)
    pairs = kane_mele(lambda_v=0, lambda_R=0)
    values = evaluate(pairs, D("h", Trace(P * s)), k)
    assert np.allclose(values, evaluate(pairs, -2 * Trace(P * s * S * s), k))
    with pytest.raises(ValueError, match="which s may split, got S"):
        evaluate(pairs, D("h", m(0, 1)), k)
