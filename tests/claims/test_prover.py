"""The prover settles an equality of expressions: proved, refuted with a counterexample, or undecided, and never more."""

from __future__ import annotations

import itertools

import pytest
from sympy.combinatorics import Permutation

from symcur import expressions as ex
from symcur import settle
from symcur.claims import Equality, examine
from symcur.claims.prover import NONDEGENERATE
from symcur.expressions import (
    ZERO,
    BandEnergy,
    Derivative,
    Gap,
    H,
    I,
    Im,
    J,
    Named,
    Occupation,
    Operator,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    s,
    tau,
    v,
    v_band,
)
from symcur.expressions.sum_over_states import field_for, sum_over_states

S2 = Resolvent("n", 2)
f, g = Occupation("f"), Occupation("g")
d = Im(Trace(P * v("i") * S * s))


def test_an_identity_is_proved_for_any_number_of_bands_and_any_rank():
    proof = settle(Re(Trace(P * v("i") * S2 * tau)), d, note="the torque metric is the s dipole")
    assert proof.outcome == "proved"
    assert "any number of bands and any rank" in proof.how
    assert proof.counterexample is None
    assert proof.equality.note == "the torque metric is the s dipole"
    assert proof.seconds > 0


@pytest.mark.parametrize("rhs", [-d, 2 * d, Im(Trace(P * v("l") * S * s)), Im(Trace(P * v("i") * S2 * s)), 0, I * d])
def test_a_false_statement_is_refuted_and_anyone_can_rerun_the_counterexample(rhs):
    proof = settle(Re(Trace(P * v("i") * S2 * tau)), rhs)
    assert proof.outcome == "refuted"
    assert proof.how == "counterexample in exact arithmetic"
    example = proof.counterexample
    assert example.lhs != example.rhs
    assert example.rerun() == (example.lhs, example.rhs)
    assert str(example).startswith(f"{example.bands} bands, seed {example.seed}: lhs = ")


def test_what_holds_for_one_band_but_not_for_a_multiplet_is_not_called_proved():
    """Omega_n s_n: a product of traces for one band, the trace of the product for a multiplet."""
    Omega = -2 * Im(Trace(P * v("i") * S2 * v("l")))
    weighted = Trace(s * I * P * (v("i") * S2 * v("l") - v("l") * S2 * v("i")) * P)
    for proof in (settle(Omega * Trace(P * s), weighted), settle(Trace(P), 1)):
        assert proof.outcome == NONDEGENERATE == "proved for a nondegenerate band"
        assert "normal forms differ for multiplets" in proof.how
        assert proof.counterexample.ranks == (2,)
        assert proof.counterexample.lhs != proof.counterexample.rhs
        assert proof.counterexample.rerun() == (proof.counterexample.lhs, proof.counterexample.rhs)


def test_a_total_derivative_is_allowed_only_with_its_primitive():
    flow = f * (Trace(P * J("i")) + Im(Trace(P * v("i") * S * tau))) + g * -2 * Im(Trace(P * v("i") * S2 * tau))
    primitive = g * Trace(P * s)
    assert settle(flow, 0, modulo={"i": primitive}).outcome == "proved"
    assert settle(flow, Derivative("i", primitive)).outcome == "proved"
    assert settle(flow, 0).outcome == "refuted"
    for wrong in ({"l": primitive}, {"i": 2 * primitive}, {"i": f * Trace(P * s)}):
        proof = settle(flow, 0, modulo=wrong)
        assert proof.outcome == "refuted"
        assert proof.counterexample.rerun() == (proof.counterexample.lhs, proof.counterexample.rhs)


@pytest.mark.parametrize(
    ("lhs", "rhs", "outcome"),
    [
        (S * H, BandEnergy() * S - (1 - P), "proved"),
        (Derivative("i", P), S * v("i") * P + P * v("i") * S, "proved"),
        (P * v("i") * P, v_band("i") * P, "proved"),
        (P * s * P, Trace(P * s) * P, NONDEGENERATE),
        (S * v("i") * S2, S2 * v("i") * S, "refuted"),
        (Derivative("i", P), S * v("i") * P - P * v("i") * S, "refuted"),
        (Projector("m") * P, ZERO, "proved"),
        (Projector("m") * s * P, ZERO, "refuted"),
        (P, 1, "refuted"),
    ],
    ids=str,
)
def test_operators_are_settled_too(lhs, rhs, outcome):
    proof = settle(lhs, rhs)
    assert proof.outcome == outcome
    assert (proof.counterexample is None) == (outcome == "proved")
    if outcome != "proved":
        assert proof.counterexample.lhs != proof.counterexample.rhs


PREMATURE = {
    "an operator": S * v("i") * S2 - S2 * v("i") * S,
    "a lone product of scalars": f
    * (Trace(P * v("i") * S * v("l") * S2 * s) - Trace(P * v("i") * S2 * v("l") * S * s)),
    "a lone trace": Trace(P * (v("i") * S * v("l") * S2 - v("i") * S2 * v("l") * S) * s),
}


@pytest.mark.parametrize("name", PREMATURE)
def test_what_holds_for_two_bands_only_is_refuted(name):
    assert settle(PREMATURE[name]).outcome == "refuted"


def test_what_holds_for_three_bands_only_is_refuted_with_more():
    """Outside two of three bands there is one state, on which all operators commute; outside two of four they do not."""
    outside = 1 - P - Projector("m")
    expression = Trace(P * s * outside * (v("i") * outside * v("l") - v("l") * outside * v("i")) * outside * s)
    assert sum_over_states(expression, field_for(expression, 3)).vanishes()
    proof = settle(expression)
    assert proof.outcome == "refuted"
    assert proof.counterexample.bands > 3


@pytest.mark.parametrize("expression", [Trace(s), Trace(S * v("i")), "f", 0.5])
def test_what_the_prover_cannot_read_is_never_proved(expression):
    if isinstance(expression, (str, float)):
        with pytest.raises(TypeError, match="expression: expected an exact complex rational, "):
            settle(d, expression)
    else:
        proof = settle(expression)
        assert proof.outcome == "undecided"
        assert "cannot read" in proof.how


def test_an_operator_of_ones_own_has_no_properties_but_linearity():
    theta = Operator("theta")
    assert settle(Im(Trace(P * v("i") * S * (theta + s))), Im(Trace(P * v("i") * S * theta)) + d).outcome == "proved"
    assert settle(Im(Trace(P * v("i") * S * theta)), d).outcome == "refuted"
    assert settle(Im(Trace(P * theta)), 0).outcome == "proved"


def test_any_sign_of_tau_satisfies_the_printed_interband_formula_so_proofs_start_from_the_definitions():
    assert settle(Re(Trace(P * v("i") * S2 * -tau)), -d).outcome == "proved"
    assert settle(Re(Trace(P * v("i") * S2 * -tau)), d).outcome == "refuted"


e_n, e_m, e_p, S_m, S_p = BandEnergy(), BandEnergy("m"), BandEnergy("p"), Resolvent("m"), Resolvent("p")
P_m = Projector("m")
GAPS = {
    "H P_m = e_m P_m": (H * P_m, e_m * P_m),
    "Tr P_m H = e_m Tr P_m": (Trace(P_m * H), e_m * Trace(P_m)),
    "a gap is a difference": (Gap("m", "n"), e_m - e_n),
    "gaps add up": (Gap("m", "n") + Gap("n", "p"), Gap("m", "p")),
    "fractions with three labels": (
        Gap("m", "n", -1) * Gap("p", "n", -1),
        Gap("m", "p", -1) * (Gap("p", "n", -1) - Gap("m", "n", -1)),
    ),
    "S_n S_m S_p in any order": (S * S_m * S_p, S_p * S * S_m),
    "powers of them": (Trace(P * s * S_m * S2 * S_p * s), Trace(P * s * S2 * S_p * S_m * s)),
    "powers of H": (H * H * S_m, H * (e_m * S_m - 1 + P_m)),
    "a lone resolvent": (S_m * H * s * H * S_m, (e_m * S_m - 1 + P_m) * s * (e_m * S_m - 1 + P_m)),
    "the gradient of a gap": (Derivative("i", Gap("m", "n", -1)), Gap("m", "n", -2) * (v_band("i") - v_band("i", "m"))),
}


@pytest.mark.parametrize("name", GAPS)
def test_gaps_are_differences_of_energies(name):
    lhs, rhs = GAPS[name]
    assert settle(lhs, rhs).outcome == "proved"
    for wrong in (2 * rhs, ex.substitute(rhs, lambda node: e_p if node == e_m else None) + e_n * lhs):
        assert settle(lhs, wrong).outcome == "refuted"


def test_a_long_gradient_is_refuted_by_a_point():
    proof = settle(Derivative("l", Derivative("j", Trace(P * v("i") * S * s))), 0)
    assert proof.outcome == "refuted"
    assert proof.counterexample.rerun() == (proof.counterexample.lhs, 0)


def test_an_identity_of_small_matrices_is_not_one_of_multiplets():
    """Wagner: the square of a commutator of 2 x 2 matrices commutes with all; of 3 x 3 matrices it does not."""
    A, B, C = (P * Operator(name) * P for name in "ABC")
    square = (A * B - B * A) * (A * B - B * A)
    proof = settle(square * C, C * square)
    assert proof.outcome == NONDEGENERATE
    assert proof.counterexample.ranks == (3,)


def test_an_identity_of_all_matrices_up_to_rank_three_is_undecided():
    """Amitsur and Levitzki: the standard polynomial of six 3 x 3 matrices vanishes, but not for larger ones."""
    X = [P * Operator(name) * P for name in "ABCDEF"]
    signs = {order: Permutation(order).signature() for order in itertools.permutations(range(6))}
    proof = settle(ex.add(*(sign * ex.multiply(*(X[j] for j in order)) for order, sign in signs.items())))
    assert proof.outcome == "undecided"
    assert "normal forms differ for multiplets, random points of ranks 2 and 3 do not" in proof.how


def test_an_abbreviation_is_not_hermitian_because_it_says_so():
    false = Named("x", I * s, hermitian=True)
    proof = settle(Re(Trace(P * false)), I * Trace(P * s))
    assert proof.outcome == "undecided"
    assert "hermitian: expected a definition equal to its adjoint for x" in proof.how
    with pytest.raises(TypeError, match="axis: expected an integer or a name"):
        settle(d, d, modulo={None: d})


def test_the_difference_of_an_equality_contains_its_primitive():
    equality = Equality(d, ZERO, primitive=(("i", g * Trace(P * s)),))
    assert equality.difference == d - Derivative("i", g * Trace(P * s))
    assert examine(equality).outcome == "refuted"


def test_a_long_expression_is_checked_like_a_short_one():
    chain = v("i") * S * v("l") * S * v("i") * S * v("l") * S * v("i") * S * s
    turned = settle(Trace(P * chain), Trace(chain * P))
    assert turned.outcome == "proved"
    assert "random points of ranks 1, 2 and 3 agree" in turned.how
    exchanged = v("l") * S * v("i") * S * v("i") * S * v("l") * S * v("i") * S * s
    refuted = settle(Trace(P * chain), Trace(P * exchanged))
    assert refuted.outcome == "refuted"
    assert refuted.counterexample.rerun() == (refuted.counterexample.lhs, refuted.counterexample.rhs)
