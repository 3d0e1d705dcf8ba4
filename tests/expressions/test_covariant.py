"""Covariant derivatives in a basis of Wannier functions: what the paper's identities become where s depends on k and F is not 0."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import random_operator

from symcur import compile, derive, evaluate, settle
from symcur.claims import Equality, examine
from symcur.claims.prover import NONDEGENERATE
from symcur.expressions import (
    CURVATURE,
    BandEnergy,
    Covariant,
    Derivative,
    F,
    H,
    I,
    Im,
    Occupation,
    Operator,
    P,
    Re,
    Resolvent,
    S,
    Trace,
    axes_of,
    calculus,
    covariant,
    derivative,
    exact_points,
    normal_form,
    s,
    tau,
    v,
    v_band,
    w,
    with_axes,
)
from symcur.expressions.exact_points import vanishes
from symcur.expressions.sum_over_states import sum_over_states
from symcur.linear_response.lattices import random_lattice
from symcur.quantities import get

i, l, j = (Covariant(axis) for axis in "ilj")
f, g, S2, X = Occupation("f"), Occupation("g"), Resolvent("n", 2), Operator("X")
s_n = Trace(P * s)


def D(*axes_and_operand):
    *axes, operand = axes_and_operand
    for axis in reversed(axes):
        operand = Derivative(axis, operand)
    return operand


def commutator(A, B):
    return A * B - B * A


def of(name, *axes):
    return get(name).expression(*axes)


# What the symmetrised curvature and the dipoles leave of Omega^{li} s.
CORRECTION = (Re(Trace(P * F("i", "l") * (1 - P) * s)) + Im(Trace(P * (v(l) * S * D(i, s) - v(i) * S * D(l, s))))) / 2
CURL = (D(i, of("s_dipole", l)) - D(l, of("s_dipole", i))) / 2
FLOW = f * (of("s_current", i) + of("torque_dipole", i)) + g * of("torque_berry_curvature", i)

TRUE = {
    "[D_i, D_l] s": (D(i, l, s) - D(l, i, s), -I * commutator(F("i", "l"), s)),
    "[D_i, D_l] H": (D(i, v(l)) - D(l, v(i)), -I * commutator(F("i", "l"), H)),
    "[D_i, D_l] P": (D(i, l, P) - D(l, i, P), -I * commutator(F("i", "l"), P)),
    "third order": (D(i, l, j, s) - D(l, i, j, s), -I * commutator(F("i", "l"), D(j, s))),
    "Bianchi": (D(i, F("l", "j")) + D(l, F("j", "i")) + D(j, F("i", "l")), 0),
    "Bianchi, differentiated": (D(j, i, F("l", "j")) + D(j, l, F("j", "i")) + D(j, j, F("i", "l")), 0),
    "F is antisymmetric": (F("i", "l"), -F("l", "i")),
    "D_i P": (D(i, P), S * v(i) * P + P * v(i) * S),
    "band velocity": (P * v(i) * P, v_band(i) * P),
    "velocity of the energy": (D(i, BandEnergy()), v_band("i")),
    "derivatives of numbers commute": (D(i, l, s_n), D(l, i, s_n)),
    "product rule": (D(i, s_n), Trace(P * D(i, s)) + 2 * Re(Trace(P * v(i) * S * s))),
    "tau": (D(i, tau), -I * (commutator(D(i, s), H) + commutator(s, v(i)))),
    "w has no order": (w(i, l), w(l, i)),
    "curvature of the energy with the field h": (D("h", i, l, Trace(P * H)), -D(i, l, s_n)),
    "with the field h": (D("h", l, i, H), -D(l, i, s)),
    "any operator with the field h": (D("h", i, l, X) - D(l, "h", i, X), -I * commutator(F("i", "l"), D("h", X))),
    "torque dipole": (of("torque_dipole", i), -of("s_current", i) + of("drift_current", i)),
    "Omega^{i tau}": (of("torque_berry_curvature", i), D(i, s_n) - Trace(P * D(i, s))),
    "Omega^{li} s": (of("s_weighted_curvature", l, i), of("symmetrized_curvature", l, i) + CURL - CORRECTION),
    "net flow": (FLOW, -g * Trace(P * D(i, s)), {i: g * s_n}),
}
FALSE = {
    "derivatives commute": (D(i, l, s), D(l, i, s)),
    "those of P": (D(i, l, P), D(l, i, P)),
    "[D_i, D_l] with the opposite sign": (D(i, l, s) - D(l, i, s), I * commutator(F("i", "l"), s)),
    "s does not depend on k": (D(i, s), 0 * P),
    "Omega^{i tau} = d_i s_n": (of("torque_berry_curvature", i), D(i, s_n)),
    "Omega^{li} s as in tight binding": (of("s_weighted_curvature", l, i), of("symmetrized_curvature", l, i) + CURL),
    "without F": (
        of("s_weighted_curvature", l, i),
        of("symmetrized_curvature", l, i) + CURL - Im(Trace(P * (v(l) * S * D(i, s) - v(i) * S * D(l, s)))) / 2,
    ),
    "P s P for Q s P": (
        of("s_weighted_curvature", l, i),
        of("symmetrized_curvature", l, i) + CURL - CORRECTION - Re(Trace(P * F("i", "l") * P * s)) / 2,
    ),
    "net flow vanishes": (FLOW, 0, {i: g * s_n}),
    "net flow with the opposite sign": (FLOW, g * Trace(P * D(i, s)), {i: g * s_n}),
    "F is no curl": (D(i, F("l", "j")) + D(l, F("j", "i")), 0 * P),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_holds_in_a_wannier_basis_is_proved_for_any_rank(name):
    lhs, rhs, *modulo = TRUE[name]
    result = settle(lhs, rhs, modulo=modulo[0] if modulo else None)
    assert result.outcome == "proved", result.how


@pytest.mark.parametrize("name", FALSE)
def test_what_holds_for_constant_s_alone_is_refuted_with_matrices(name):
    lhs, rhs, *modulo = FALSE[name]
    result = settle(lhs, rhs, modulo=modulo[0] if modulo else None)
    assert result.outcome == "refuted"
    found = result.counterexample
    assert found.rerun() == (found.lhs, found.rhs)
    assert found.lhs != found.rhs
    assert {H, v(i)} <= set(found.matrices)
    assert (F("i", "l") in found.matrices) == (l in axes_of(result.equality.difference))
    assert all(X == X.H for X in found.matrices.values())


def test_the_paper_s_identities_in_the_paper_s_letters():
    """``covariant`` makes Wannier words of those for constant s, and without corrections they fail."""
    for lhs, rhs, true in (
        (of("torque_dipole"), -of("s_current") + of("drift_current"), True),
        (of("torque_berry_curvature"), D("i", s_n), False),
        (D("i", P), S * v("i") * P + P * v("i") * S, True),
    ):
        assert settle(lhs, rhs).outcome == "proved"
        assert settle(covariant(lhs), covariant(rhs)).outcome == ("proved" if true else "refuted")
    assert covariant(w("i", "l")) == w(i, l)
    third = covariant(Operator("H", ("i", "j", "l")))
    orders = ((i, l, j), (i, j, l), (l, i, j), (l, j, i), (j, i, l), (j, l, i))
    assert settle(6 * third, sum((D(*order, H) for order in orders), 0 * P)).outcome == "proved"


def test_typed_identities_are_read_and_printed():
    for text, outcome in (
        (r"\nabla_i \nabla_l s - \nabla_l \nabla_i s = -i [F_{il}, s]", "proved"),
        (r"\nabla_i P = S v_i P + P v_i S", "proved"),
        (r"\Omega^{i\tau} = \partial_{k_i} s_n - \mathrm{Tr}[P \nabla_i s]", "proved"),
        (r"\Omega^{i\tau} = \partial_{k_i} s_n", "proved"),
        (r"\Omega^{i\tau} = \partial_{k_i} s_n + 0 \mathrm{Tr}[P F_{il}]", "refuted"),
        (r"f_n (J^{is} + d^{i\tau}) + g_n \Omega^{i\tau} = -g_n Tr[P ∇_i s] mod d_i(g_n s_n)", "proved"),
        (r"Tr[P (2 w_{il} - \nabla_i v_l - \nabla_l v_i) s] = 0", "proved"),
    ):
        result = settle(text)
        assert result.outcome == outcome
        assert settle(result.equality.note).outcome == outcome, "what was read is printed as something else"
    assert settle(r"\Omega^{i\tau} = \partial_{k_i} s_n + 0 Tr[P F_{il}]").equality.latex() == (
        r"\Omega^{i\tau}",
        r"\partial_{k_{i}} s\quad \text{(covariant derivatives)}",
    )
    assert D(l, v(i)).latex() == r"\nabla_{l} v_{i}"
    assert D(l, s_n).latex() == r"\partial_{k_{l}} \mathrm{Tr}[P\, s]"


# -- refusals and faults -------------------------------------------------------------------------------------------------
REFUSED = {
    "two kinds": (lambda: settle(D(i, P), S * v("i") * P), None, "expected covariant derivatives alone .*, got v_{i}"),
    "an ordinary derivative beside F": (lambda: settle(F("i", "l"), D("i", P)), None, "covariant derivatives alone"),
    "two kinds in a letter": (lambda: Operator("H", ("i", l)), ValueError, "axes: expected covariant axes alone"),
    "a covariant axis of e": (lambda: BandEnergy("n", (i,)), ValueError, "axes: expected momenta"),
    "F_ii": (lambda: Operator(CURVATURE, ("i", "i")), ValueError, "axes: expected two different axes of F"),
    "F of three": (lambda: Operator(CURVATURE, ("i", "j", "l")), ValueError, "axes: expected two different axes of F"),
    "F against Bianchi": (
        lambda: Operator(CURVATURE, ("j", "l", i)),
        ValueError,
        "axes: expected what .*derivative makes of F",
    ),
    "a covariant h": (lambda: Covariant("h"), TypeError, "axis: expected a momentum, .* got 'h'"),
    "an axis of half": (lambda: Covariant(0.5), TypeError, "axis: expected a momentum, .* got 0.5"),
    "numbers": (lambda: evaluate(MODEL, Trace(P * D(Covariant(0), s)), K), ValueError, "expected integer axes"),
    "kernels": (lambda: compile(MODEL, {"x": Trace(P * v(Covariant(0)))}), ValueError, "expected axes from 0 to 1"),
    "sums over states": (lambda: sum_over_states(D(i, P)), TypeError, "axes: expected ordinary derivatives"),
}
MODEL, K = random_lattice(4, spacing=3), np.array([[0.3, 0.2]])


@pytest.mark.parametrize("name", REFUSED)
def test_where_the_connection_is_not_known_it_is_said(name):
    make, error, message = REFUSED[name]
    if error is None:
        result = make()
        assert result.outcome == "undecided"
        assert result.equality.latex()
        with pytest.raises(ValueError, match=message):
            raise ValueError(result.how)
    else:
        with pytest.raises(error, match=message):
            make()


def test_closed_forms_refuse_covariant_derivatives():
    with pytest.raises((TypeError, ValueError), match="expected"):
        derive(MODEL, Trace(P * v(Covariant(0))))


def test_axes_are_renamed_and_bring_F_into_its_order():
    assert with_axes(F("i", "l"), {"i": "z"}) == -F("l", "z")
    assert with_axes(F("i", "l"), {"i": "l"}) == 0 * P
    renamed = with_axes(D(l, i, s) * derivative(v(i), l), {"i": 1, "l": 0})
    assert settle(renamed, D(Covariant(0), Covariant(1), s) * D(Covariant(0), Covariant(1), H)).outcome == "proved"


@pytest.fixture
def forgetful():
    """Nothing that has been differentiated is remembered."""
    caches = derivative, normal_form._slope
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("name", ["[D_i, D_l] s", "third order", "Omega^{li} s"])
def test_a_wrong_order_of_derivatives_is_noticed(forgetful, monkeypatch, name):
    monkeypatch.setattr(calculus, "F", lambda a, b: F(b, a))
    assert settle(*TRUE[name]).outcome != "proved"


@pytest.mark.parametrize("name", ["[D_i, D_l] s", "third order", "Omega^{li} s", "Bianchi"])
def test_a_point_with_a_wrong_curvature_is_noticed(monkeypatch, name):
    honest = exact_points.ExactPoint._curvature
    twice = exact_points.ExactPoint.number
    monkeypatch.setattr(
        exact_points.ExactPoint,
        "_curvature",
        lambda self, a, b: honest(self, a, b) + self._connection(a) * twice(self, I.value),
    )
    assert not vanishes(TRUE[name][0] - TRUE[name][1])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.booleans())
def test_random_words_commute_by_F_and_by_nothing_else(seed, true):
    word = covariant(P * random_operator(seed, 2))
    assert settle(D("h", i, word), D(i, "h", word)).outcome in ("proved", NONDEGENERATE)
    curvature = F("i", "l") if true else F("l", "i")
    result = examine(Equality(D(i, l, word) - D(l, i, word), -I * commutator(curvature, word)))
    if result.outcome == "refuted":
        assert not true
    else:
        assert result.outcome == "proved"
        assert true or settle(commutator(F("i", "l"), word), 0 * P).outcome == "proved"


# -- a subspace of a space in which [r, s] = 0 ---------------------------------------------------------------------------
class Embedded:
    """Three Wannier states in a space of six with a constant s: H = W^+ H_full W, s = W^+ s W, A_i = i W^+ d_i W."""

    step = 2e-3

    def __init__(self, seed):
        generator = np.random.default_rng(seed)
        draw = generator.normal(size=(2, 8, 6, 6))
        self.M = draw[0] + 1j * draw[1]
        self.spin = self.M[7] + self.M[7].conj().T

    def frame(self, k):
        x, y = k
        B = self.M[0] + x * self.M[1] + y * self.M[2] + x * y * self.M[3] + x**2 * self.M[4]
        U, _, V = np.linalg.svd(B[:, :3], full_matrices=False)
        return U @ V

    def full(self, k):
        A = self.M[4] + k[0] * self.M[5] + k[1] * self.M[6] + k[0] * k[1] * self.M[2]
        return A + A.conj().T

    def d(self, function, axis, k):
        """A derivative by differences, to fourth order in the step."""
        e = self.step * np.eye(2)[axis]
        inner, outer = function(k + e) - function(k - e), function(k + 2 * e) - function(k - 2 * e)
        return (8 * inner - outer) / (12 * self.step)

    def H(self, k):
        W = self.frame(k)
        return W.conj().T @ self.full(k) @ W

    def s(self, k):
        W = self.frame(k)
        return W.conj().T @ self.spin @ W

    def A(self, axis, k):
        return 1j * self.frame(k).conj().T @ self.d(self.frame, axis, k)

    def D(self, function, axis, k):
        A, value = self.A(axis, k), function(k)
        return self.d(function, axis, k) - 1j * (A @ value - value @ A)

    def F(self, k):
        A = [self.A(axis, k) for axis in (0, 1)]
        slopes = self.d(lambda q: self.A(1, q), 0, k) - self.d(lambda q: self.A(0, q), 1, k)
        return slopes - 1j * (A[0] @ A[1] - A[1] @ A[0])

    def band(self, k, n=1):
        e, states = np.linalg.eigh(self.H(k))
        P = np.outer(states[:, n], states[:, n].conj())
        gaps = np.array([0 if m == n else 1 / (e[n] - e[m]) for m in range(3)])
        return P, (states * gaps) @ states.conj().T


def test_the_corrected_identities_hold_in_numbers_and_the_uncorrected_ones_do_not():
    at, k = Embedded(3), np.array([0.21, -0.13])
    (P_n, S_n), s_k, H_k = at.band(k), at.s(k), at.H(k)
    velocity, slope = ([at.D(function, axis, k) for axis in (0, 1)] for function in (at.H, at.s))
    W = at.frame(k)
    for axis in (0, 1):
        outside = at.d(at.frame, axis, k).conj().T @ (np.eye(6) - W @ W.conj().T) @ at.spin @ W
        np.testing.assert_allclose(slope[axis], outside + outside.conj().T, atol=1e-7)
        np.testing.assert_allclose(
            at.D(lambda q: at.band(q)[0], axis, k), S_n @ velocity[axis] @ P_n + P_n @ velocity[axis] @ S_n, atol=1e-7
        )
    torque = -1j * (s_k @ H_k - H_k @ s_k)

    def dipole(q, axis):
        P_q, S_q = at.band(q)
        return np.trace(P_q @ at.D(at.H, axis, q) @ S_q @ at.s(q)).imag

    Omega_tau = -2 * np.trace(P_n @ velocity[0] @ S_n @ S_n @ torque).imag
    gained = at.d(lambda q: np.trace(at.band(q)[0] @ at.s(q)).real, 0, k)
    mean = np.trace(P_n @ slope[0]).real
    assert Omega_tau == pytest.approx(gained - mean, abs=1e-7)
    assert abs(Omega_tau - gained) > 1e-2

    v_x, v_y = velocity  # i = x, l = y
    curvature = 1j * P_n @ (v_y @ S_n @ S_n @ v_x - v_x @ S_n @ S_n @ v_y) @ P_n
    Omega_s = np.trace(s_k @ curvature).real
    even = Omega_s / 2 - np.trace(P_n @ v_y @ S_n @ s_k @ S_n @ v_x).imag
    curl = (at.d(lambda q: dipole(q, 1), 0, k) - at.d(lambda q: dipole(q, 0), 1, k)) / 2
    rest = np.trace(P_n @ at.F(k) @ (np.eye(3) - P_n) @ s_k).real
    rest += np.trace(P_n @ (v_y @ S_n @ slope[0] - v_x @ S_n @ slope[1])).imag
    assert Omega_s == pytest.approx(even + curl - rest / 2, abs=1e-6)
    assert abs(Omega_s - even - curl) > 1e-2
