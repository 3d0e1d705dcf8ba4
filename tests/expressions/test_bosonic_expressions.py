"""The metric of bosons: words of forms, their points, what is ill-formed, and numbers from Colpa's diagonalisation."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import random_operator

from symcur import evaluate, settle
from symcur.claims import CLAIMS
from symcur.claims.prover import NONDEGENERATE, examine
from symcur.expressions import (
    METRIC,
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
    axes_of,
    bands_of,
    bosonic,
    bosons,
    calculus,
    exact_points,
    letters,
    s,
    tau,
    v,
    v_band,
    walk,
    with_axes,
)
from symcur.expressions.bosons import electronic
from symcur.linear_response.lattices import random_lattice
from symcur.quantities import get

eta, f, g, S2 = METRIC, Occupation("f"), Occupation("g"), Resolvent("n", 2)
torque = Named(r"\tau", -I * (s * eta * H - H * eta * s), hermitian=True)
current = (v("i") * eta * s + s * eta * v("i")) / 2
s_n = Trace(P * eta * s)


def of(name, *axes):
    return bosonic(get(name).expression(*axes))


TRUE = {
    "eta^2": (eta * eta, 1),
    "eta H P": (eta * H * P, BandEnergy() * P),
    "P eta H": (P * eta * H, BandEnergy() * P),
    "the form of P": (H * P, BandEnergy() * eta * P),
    "P H P": (eta * P * eta * H, BandEnergy() * eta * P * eta * eta),
    "d_i P": (Derivative("i", P), S * eta * v("i") * P + P * eta * v("i") * S),
    "v_n": (Trace(P * eta * v("i")), Derivative("i", Trace(P * eta * H))),
    "tau": (bosonic(tau), eta * torque),
    "J": (bosonic(J("i")), eta * current),
    "d^{i tau}": (Im(Trace(P * eta * v("i") * S * eta * torque)), -Trace(P * eta * current) + v_band("i") * s_n),
    "Omega^{i tau}": (-2 * Im(Trace(P * eta * v("i") * S2 * eta * torque)), Derivative("i", s_n)),
    "chi": (
        of("s_berry_curvature", "l", "i") + of("torque_polarizability", "i", "l"),
        of("s_weighted_curvature", "l", "i") + of("dipole_gradient", "i", "l"),
    ),
    "real part on states": (Re(eta * s * P), (eta * s * P + P * eta * s) / 2),
    "imaginary part with d_i P": (
        Im(Trace(eta * s * P * Derivative("i", P))),
        Im(Trace(P * eta * v("i") * S * eta * s)),
    ),
    "real part of a form": (Re(s * P), (s * P + eta * P * eta * s) / 2),
    "imaginary part of a form": (Im(s * eta * H), torque / 2),
    "the field h": (Derivative("h", P), -(S * eta * s * P + P * eta * s * S)),
    "the field h twice": (P * Derivative("h", Derivative("h", P)) * P, -2 * P * eta * s * S2 * eta * s * P),
    "the dual projector": (Re(eta * P * eta), eta * P * eta),
}
FALSE = {
    "d^{i tau} with the sign of J": (of("torque_dipole", "i"), of("s_current", "i") + of("drift_current", "i")),
    "Omega^{i tau} is half of it": (2 * of("torque_berry_curvature", "i"), Derivative("i", s_n)),
    "J without metric": (eta * current, eta * (v("i") * eta * s)),
    "chi for -chi": (
        of("s_berry_curvature", "l", "i"),
        of("s_weighted_curvature", "l", "i") + of("dipole_gradient", "i", "l") + of("torque_polarizability", "i", "l"),
    ),
    "states are orthogonal without metric": (eta * P * eta * s, s * P),
    "s is a number": (P * eta * s, s_n * P),
}
ILL_FORMED = {
    "a form for an operator": (Trace(P * eta * v("i") * S * s), r"got S next to s in"),
    "two forms": (eta * s * s, "got s next to s in"),
    "a form in front": (Trace(P * v("i") * S * eta * s), r"got P next to v_\{i\} in"),
    "P on the dual space": (
        eta * P * eta * s * P * eta * eta * eta * s * eta * P * eta * s * P * eta * s * s,
        "next to",
    ),
    "operators and forms": (eta * s + s, r"expected operators or forms alone in a sum, got \\eta\\, s \+ s"),
    "a number and a form": (eta * s * 0 + s + 1 - eta * s, "expected operators or forms alone"),
    "a trace of a form": (Trace(s * P * eta * eta) + s_n, r"expected the metric in front of the form in a trace"),
    "electrons beside bosons": (of("torque_dipole", "i") - get("torque_dipole").expression("i"), "got P next to v"),
    "in a derivative": (Derivative("i", Trace(P * eta * s) + Trace(P * s)), "got P next to s in"),
}


@pytest.mark.parametrize("name", TRUE)
def test_identities_of_bosons_are_proved_for_any_rank(name):
    result = settle(*TRUE[name])
    assert result.outcome == "proved", result.how


@pytest.mark.parametrize("name", FALSE)
def test_what_is_wrong_is_refuted_with_a_hermitian_positive_H(name):
    result = settle(*FALSE[name])
    assert result.outcome == "refuted", result.how
    found = result.counterexample
    assert found.rerun() == (found.lhs, found.rhs)
    assert found.lhs != found.rhs
    matrices = found.matrices
    assert all(X == X.H for X in matrices.values())
    assert {abs(x) for x in matrices[eta].diagonal()} == {1}
    assert matrices[eta].is_diagonal()
    assert not matrices[eta].is_positive_definite
    assert matrices[H].is_diagonal()
    assert matrices[H].is_positive_definite


@pytest.mark.parametrize("name", ILL_FORMED)
def test_a_form_in_the_place_of_an_operator_is_pointed_at(name):
    expression, message = ILL_FORMED[name]
    with pytest.raises(ValueError, match=message):
        electronic(expression)
    result = settle(expression, 0)
    assert result.outcome == "undecided"
    assert "cannot read" in result.how


def test_bosonic_takes_words_of_electrons_and_numbers_refuse_the_metric():
    with pytest.raises(ValueError, match="expected one of electrons, got the metric"):
        bosonic(eta * s)
    with pytest.raises(ValueError, match="axes: expected none for eta"):
        Operator("eta", ("i",))
    with pytest.raises(ValueError, match="name: expected 'H' with axes, or 's', got 'eta'"):
        evaluate(random_lattice(4), s_n, [[0.1, 0.2]])
    assert str(of("torque_dipole", "i")) == r"\mathrm{Im}\,\mathrm{Tr}[P\, \eta\, v_{i}\, S\, \eta\, \tau]"


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.equalities], ids=lambda claim: claim.name)
def test_the_ledger_of_electrons_is_one_of_bosons(claim):
    """Proofs and refutations carry over, with points that are para-unitary."""
    for equality in claim.equalities:
        expected = examine(equality).outcome
        modulo = {axis: bosonic(primitive) for axis, primitive in equality.primitive}
        left, right = bosonic(equality.lhs), bosonic(equality.rhs)
        if bosons.has_metric(left - right):
            result = settle(left, right, modulo=modulo)
            assert result.outcome == expected
            if expected == "refuted":
                assert eta in result.counterexample.matrices


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_words_of_electrons_come_back(seed):
    word = random_operator(seed, 3)
    barred = bosonic(word)
    assert electronic(barred) == word
    assert bosons.has_metric(barred) == any(isinstance(letter, Operator) for letter in letters(word))


def test_typed_identities_of_bosons():
    for text, outcome in (
        (r"\mathrm{Im} Tr[P \eta v_i S \eta \tau] = -Tr[P \eta J^{is}] + v^i_n Tr[P \eta s]", "proved"),
        (r"d^{i\tau} = -J^{is} + v^i s + 0 Tr[P \eta s]", "proved"),
        (r"d^{i\tau} = J^{is} + v^i s + 0 Tr[P \eta s]", "refuted"),
        (r"\tau = -i (s \eta H - H \eta s)", "proved"),
        (r"J^{is} = \frac12 (v_i η s + s η v_i)", "proved"),
        (r"\partial_h P = -(S \eta s P + P \eta s S)", "proved"),
        (r"g_n \mathrm{Tr}[P \eta s] = g_n s_n", "proved"),
        (r"Tr[P v_i S \eta s] = 0", "undecided"),
    ):
        result = settle(text)
        assert result.outcome == outcome
        assert settle(result.equality.note).outcome == outcome
        assert "eta" in "".join(result.equality.latex()) or "bosons" in result.equality.latex()[1]


# -- faults ------------------------------------------------------------------------------------------------------------
def test_a_point_without_its_metric_is_noticed(monkeypatch):
    monkeypatch.setattr(exact_points.ExactPoint, "_barred", lambda self, form: form)
    for name in ("eta H P", "d^{i tau}", "the field h"):
        assert settle(*TRUE[name]).outcome != "proved"


def test_the_adjoint_of_electrons_is_noticed(monkeypatch):
    monkeypatch.setattr(exact_points, "sharp", calculus.adjoint)
    for name in ("real part on states", "imaginary part with d_i P"):
        assert settle(*TRUE[name]).outcome != "proved"


# -- numbers -------------------------------------------------------------------------------------------------------------
class Bosons:
    """A random H(k) > 0 of two modes and their conjugates by Colpa's method; words read letter by letter, d_i by differences."""

    metric, step, temperature = np.diag([1.0, 1, -1, -1]), 4e-3, 1.3

    def __init__(self, seed, band):
        generator = np.random.default_rng(seed)
        draw = generator.normal(size=(2, 6, 4, 4)) / 6
        self.M = draw[0] + 1j * draw[1]
        self.M += self.M.conj().swapaxes(-1, -2)
        self.band = band
        self.at = cache(self._at)

    def H(self, k, axes=()):
        x, y = k
        A, B, C, D, E, _ = self.M
        match axes:
            case ():
                return 2 * np.eye(4) + np.diag([0, 1.1, 0.4, 2.3]) + A * x + B * y + C * x * y + D * x**2 + E * y**3
            case (0,):
                return A + C * y + 2 * D * x
            case (1,):
                return B + C * x + 3 * E * y**2
            case (0, 0):
                return 2 * D
            case (0, 1):
                return C
            case (1, 1):
                return 6 * E * y
        raise KeyError(axes)

    def _at(self, k):
        """E, T with T^+ eta T = eta and eta H T = T E, from K^+ K = H."""
        K = np.linalg.cholesky(self.H(k)).conj().T
        L, U = np.linalg.eigh(K @ self.metric @ K.conj().T)
        order = np.argsort(-L)
        L, U = L[order], U[:, order]
        return L, np.linalg.inv(K) @ U @ np.diag(np.sqrt(np.abs(L)))

    def projectors(self, k):
        _, T = self.at(k)
        signs = np.diag(self.metric)
        return [sign * np.outer(t, t.conj()) @ self.metric for sign, t in zip(signs, T.T, strict=True)]

    def value(self, node, k):
        match node:
            case Operator("eta"):
                return self.metric
            case Operator("s"):
                return self.M[5]
            case Operator("H", axes):
                return self.H(k, axes)
            case Projector():
                return self.projectors(k)[self.band]
            case Resolvent(_, power):
                E, _ = self.at(k)
                others = [
                    (P_m, e) for m, (P_m, e) in enumerate(zip(self.projectors(k), E, strict=True)) if m != self.band
                ]
                return sum(P_m / (E[self.band] - e) ** power for P_m, e in others)
            case BandEnergy(_, ()):
                return self.at(k)[0][self.band]
            case BandEnergy(n, (*axes, axis)):
                return self.value(Derivative(axis, BandEnergy(n, tuple(axes))), k)
            case Occupation(kind, _, order):
                return self.occupation(kind, order, self.at(k)[0][self.band])
            case Derivative(axis, operand):
                return self.difference(operand, axis, k)
            case Trace(operand):
                return np.trace(self.value(operand, k))
            case Re(operand):
                return self.value(operand, k).real
            case Im(operand):
                return self.value(operand, k).imag
            case Named(_, definition):
                return self.value(definition, k)
        children = [self.value(child, k) for child in node.children]
        match type(node).__name__:
            case "Sum":
                if any(np.ndim(child) for child in children):
                    children = [child if np.ndim(child) else child * np.eye(4) for child in children]
                return sum(children)
            case "Product":
                total = 1.0
                for child in children:
                    total = total @ child if np.ndim(total) and np.ndim(child) else total * child
                return total
        return complex(node.value.x, node.value.y)

    def difference(self, operand, axis, k):
        def at(steps):
            return self.value(operand, tuple(np.array(k) + steps * self.step * np.eye(2)[axis]))

        return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * self.step)

    def occupation(self, kind, order, energy):
        T = self.temperature
        n = 1 / np.expm1(energy / T)
        if kind == "g":
            return T * np.log(abs(-np.expm1(-energy / T)))
        return (n, -n * (1 + n) / T, n * (1 + n) * (1 + 2 * n) / T**2)[order]


K = (0.23, -0.31)
NUMERIC = [
    (claim.name, number, equality)
    for claim in CLAIMS
    for number, equality in enumerate(claim.equalities)
    if {letter.name for letter in letters(equality.difference) if isinstance(letter, Operator)} <= {"H", "s"}
    and bands_of(equality.difference) == ["n"]
    and set(axes_of(equality.difference)) <= {"i", "l"}
    and not any(
        isinstance(node, Gap) or (isinstance(node, Derivative) and node.axis == "h")
        for node in walk(equality.difference)
    )
]


def test_colpa_s_states_are_para_unitary_and_of_both_norms():
    bosons_at = Bosons(2, 0)
    E, T = bosons_at.at(K)
    eta_ = bosons_at.metric
    np.testing.assert_allclose(T.conj().T @ eta_ @ T, eta_, atol=1e-12)
    np.testing.assert_allclose(eta_ @ bosons_at.H(K) @ T, T * E, atol=1e-12)
    assert (np.sign(E) == np.diag(eta_)).all()
    np.testing.assert_allclose(sum(bosons_at.projectors(K)), np.eye(4), atol=1e-12)
    assert np.abs(bosons_at.H(K)[:2, 2:]).max() > 0.05, "particles and holes would not mix"


@pytest.mark.parametrize(("name", "number", "equality"), NUMERIC, ids=lambda x: str(x)[:30])
def test_the_ledger_holds_in_numbers_for_bosons_and_what_it_denies_does_not(name, number, equality):
    for band in (0, 3):
        at = Bosons(2, band)
        left, right = (bosonic(with_axes(side, {"i": 0, "l": 1})) for side in equality.sides)
        lhs, rhs = (np.asarray(at.value(side, K)) for side in (left, right))
        scale = max(np.abs(lhs).max(), np.abs(rhs).max(), 1e-3)
        if equality.role in ("printed", "denied"):
            assert np.abs(lhs - rhs).max() > 1e-3 * scale
        else:
            np.testing.assert_allclose(lhs, rhs if rhs.ndim or not lhs.ndim else rhs * np.eye(4), atol=2e-6 * scale)
    assert examine(equality).outcome in ("proved", "refuted", NONDEGENERATE)
