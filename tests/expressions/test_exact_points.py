"""Random exact points: right by the expanded sum over states, blind to no fault, of as many bands as decide."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import random_operator
from sympy import QQ_I, im
from test_sum_over_states import PREMATURE

from symcur import settle
from symcur.claims.prover import multiplets
from symcur.expressions import (
    BandEnergy,
    Derivative,
    Gap,
    H,
    Im,
    Occupation,
    Operator,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    bands_of,
    derivative,
    exact_points,
    normal_form,
    power_series,
    s,
    tau,
    v,
    v_band,
    w,
)
from symcur.expressions.exact_points import Demand, degree, rational_point, vanishes
from symcur.expressions.power_series import PRIME, ROOT
from symcur.expressions.sum_over_states import field_for, sum_over_states

S2, S_m, f, g = Resolvent("n", 2), Resolvent("m"), Occupation("f"), Occupation("g")
P_m = Projector("m")

READ = {
    "e": BandEnergy(),
    "a gap": Gap("n", "m", -2),
    "a trace": Trace(P * v("i") * S2 * s),
    "imaginary part": Im(Trace(P * v("i") * S * tau)),
    "a gradient": Derivative("l", Trace(P * v("i") * S * s)),
    "two gradients": Derivative("i", Derivative("l", Trace(P * v("i") * S2 * s))),
    "the gradient of a gap": Derivative("i", Gap("m", "n", -1) * Trace(P * s * P_m * s)),
    "second derivative of the energy": BandEnergy("n", ("i", "l")),
    "third derivative of the energy": Derivative("i", BandEnergy("n", ("i", "l"))),
    "an operator": S * v("i") * S_m,
    "the gradient of an operator": Derivative("i", S * w("i", "l") * P),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("states", [3, 4])
def test_a_rational_point_has_the_value_of_the_expanded_sum_over_states(name, states):
    """The sum over states is given the matrices of the point and differentiates by perturbation theory."""
    expression = READ[name]
    ranks = (1,) * len(bands_of(expression))
    point = rational_point(expression, states, ranks, 3)
    field = field_for(expression, states)
    values = {("i",): QQ_I(0, 1)}
    for kind, *rest in field.symbols[1:]:
        if kind in ("H", "s"):
            axes, a, b = rest
            matrix = point.entries(Operator(kind, axes)) if Operator(kind, axes) in known(point) else zeros(states)
            values[kind, axes, a, b] = matrix[a][b]
        else:
            values[(kind, *rest)] = point.entries(H)[rest[0]][rest[0]] if kind == "e" else QQ_I(0)
    expected = sum_over_states(expression, field)
    found = point.entries(expression)
    for a in range(states):
        for b in range(states):
            entry = expected.array[a, b] if hasattr(expected, "array") else expected if a == b else field.zero
            assert found[a][b] == entry.value(values)


def known(point):
    return {*point.operators("H"), s}


def zeros(states):
    """Derivatives that the expression does not need."""
    return [[QQ_I(0)] * states for _ in range(states)]


def test_the_matrices_of_a_rational_point_are_hermitian_and_a_multiplet_stays_one():
    expression = Derivative("i", Derivative("l", Trace(P * s)))
    point = rational_point(expression, 4, (2,), 1)
    for letter in known(point):
        X = point.entries(letter)
        assert all(X[a][b] == QQ_I(X[b][a].x, -X[b][a].y) for a in range(4) for b in range(4))
    velocity = point.entries(v("i"))
    assert velocity[0][1] == velocity[1][0] == QQ_I(0)
    assert velocity[0][0] == velocity[1][1] != velocity[2][2]


def test_minus_one_has_a_root_modulo_the_prime():
    assert ROOT**2 % PRIME == PRIME - 1
    assert pow(3, PRIME - 1, PRIME) == 1


@pytest.mark.parametrize("name", PREMATURE)
def test_as_many_bands_are_taken_as_decide(name):
    expression, decisive = PREMATURE[name]
    labels = len(bands_of(expression))
    assert Demand.of(expression).states((1,) * labels) >= decisive
    assert vanishes(expression, states=decisive - 1)
    assert not vanishes(expression)


CONSTRAINTS = {
    "P^2 = P": P * P - P,
    "(e - H)S = 1 - P": (BandEnergy() - H) * S - (1 - P),
    "dP": Derivative("i", P) - S * v("i") * P - P * v("i") * S,
    "dS": Derivative("l", S) - derivative(S, "l"),
    "P v P = (de) P": P * v("i") * P - v_band("i") * P,
    "partial fractions": S * S_m - Gap("n", "m", -1) * (S_m - S) - Gap("n", "m", -2) * (P + P_m),
    "dg/de = f": Derivative("i", g) - f * v_band("i"),
    "d(df/de)": Derivative("i", Occupation("f", "n", 1)) - Occupation("f", "n", 2) * v_band("i"),
    "a third derivative": Derivative("i", Derivative("l", Derivative("j", g * Trace(P * v("i") * S * s))))
    - Derivative("j", Derivative("i", derivative(g * Trace(P * v("i") * S * s), "l"))),
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_what_is_true_vanishes_at_points_of_every_rank_and_a_wrong_factor_does_not(name):
    expression = CONSTRAINTS[name]
    for ranks in (None, *multiplets(len(bands_of(expression)))):
        assert vanishes(expression, ranks)
        assert not vanishes(expression + expression.terms[0], ranks)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.sampled_from([None, (2, 1), (3, 2)]))
def test_points_and_exact_bands_agree_on_random_expressions(exact_bands, seed, ranks):
    X = random_operator(seed, 2)
    for expression in (P * X * P_m, Trace(P * Derivative("i", X)), Trace(P * X * P_m * s) - Trace(P_m * X * P * s)):
        if set(bands_of(expression)) == {"m", "n"}:
            n, m = (ranks or (1, 1))[::-1]
            assert vanishes(expression, ranks) == exact_bands(n, m, 1, 1, 1, 1).vanishes(expression)


FAULTS = {
    "a derivative that forgets the power": lambda patch: patch.setattr(
        power_series.Series,
        "derivative",
        lambda self, axis: power_series.Series(
            self.truncation,
            {j: self.terms[up[0]] for j, up in enumerate(self.truncation.raised[axis]) if up and up[0] in self.terms},
        ),
    ),
    "S with the wrong sign": lambda patch: patch.setattr(
        exact_points.ExactPoint,
        "resolvent",
        lambda self, band, power, honest=exact_points.ExactPoint.resolvent: (
            honest(self, band, power) * self.number(QQ_I(-1))
        ),
    ),
    "P of another band": lambda patch: patch.setattr(
        exact_points.ExactPoint,
        "projector",
        lambda self, band, honest=exact_points.ExactPoint.projector: (
            self.number(QQ_I(1)) + honest(self, band) * self.number(QQ_I(-1))
        ),
    ),
    "a normal form with a wrong rule": lambda patch: patch.setattr(normal_form, "times_gap", lambda *_: iter(())),
}
STATEMENTS = [
    (Derivative("i", Derivative("i", Trace(P * s))), Derivative("i", Trace((S * v("i") * P + P * v("i") * S) * s))),
    (S * H, BandEnergy() * S - (1 - P)),
    (Re(Trace(P * v("i") * S2 * tau)), Im(Trace(P * v("i") * S * s))),
    (P_m * S, Gap("n", "m", -1) * P_m),
]


@pytest.mark.parametrize("name", FAULTS)
def test_with_a_fault_on_one_side_some_true_statement_is_no_longer_proved(monkeypatch, name):
    assert all(settle(*sides).outcome == "proved" for sides in STATEMENTS)
    FAULTS[name](monkeypatch)
    assert any(settle(*sides).outcome != "proved" for sides in STATEMENTS)


def test_the_two_readings_must_agree(monkeypatch):
    """A random point that accepts everything proves nothing, and neither does a normal form that does."""
    wrong = settle(Trace(P * s), 2 * Trace(P * s))
    assert wrong.outcome == "refuted"
    monkeypatch.setattr("symcur.claims.prover.vanishes", lambda *_: True)
    proof = settle(Trace(P * s), 2 * Trace(P * s))
    assert (proof.outcome, "disagree" in proof.how) == ("undecided", True)
    monkeypatch.undo()
    monkeypatch.setattr("symcur.claims.prover.normal_form", lambda *_, **__: ())
    assert settle(Trace(P * s), 2 * Trace(P * s)).outcome == "refuted"
    monkeypatch.setattr("symcur.claims.prover.has_normal_form", lambda _: False)
    proof = settle(Trace(P * s), 2 * Trace(P * s))
    assert (proof.outcome, "disagree" in proof.how) == ("undecided", True)


def test_a_counterexample_can_be_recomputed_by_hand():
    """lhs = Im Tr[P v S s] from the matrices alone."""
    example = settle(Im(Trace(P * v("i") * S * s)), 0).counterexample
    matrices = example.matrices
    energies, velocity, spin = (matrices[letter] for letter in (H, v("i"), s))
    terms = [velocity[0, m] * spin[m, 0] / (energies[0, 0] - energies[m, m]) for m in range(1, example.bands)]
    assert complex(im(sum(terms).expand())) == example.lhs
    assert energies.is_diagonal()
    assert velocity == velocity.H


def test_the_probability_of_chance_is_that_of_a_high_degree():
    expression = Derivative("i", Derivative("l", Trace(P * v("i") * S * v("l") * S2 * tau)))
    assert degree(Trace(P * s)) < degree(expression) < 10**4
    assert degree(expression) / PRIME < 1e-14
