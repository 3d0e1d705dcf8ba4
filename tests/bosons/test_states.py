"""Para-unitary eigenstates, and what is refused as no boson."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from bosons.plain_states import States

import symcur as sc
from symcur.eigenstates import Eigenstates
from symcur.expressions import H, Operator, s
from symcur.linear_response.lattices import random_bosons


def random_magnet(seed: int, modes: int = 2) -> sc.Model:
    return random_bosons(seed, (("bosons", modes),), hopping=0.3)


K = np.random.default_rng(5).uniform(-3, 3, size=(6, 2))
k_x, k_y = sp.symbols("k_x k_y", real=True)
LATTICE = [[1, 0], [0, 1]]


@pytest.mark.parametrize("seed", range(3))
def test_the_eigenbasis_is_para_unitary(seed):
    """T^+ g T = eta, T^+ H T = |E|, and both signs of the norm occur equally often."""
    model = random_magnet(seed)
    energies, left, T = model.eigenstates(K)
    eta = np.sign(energies)
    np.testing.assert_allclose(T.conj().mT @ model.metric @ T, eta[..., None] * np.eye(4), atol=1e-13)
    np.testing.assert_allclose(
        T.conj().mT @ model.matrix("H", K) @ T, np.abs(energies)[..., None] * np.eye(4), atol=1e-12
    )
    np.testing.assert_allclose(left, np.linalg.inv(T) @ model.metric, atol=1e-13)
    assert (eta.sum(axis=-1) == 0).all()
    np.testing.assert_allclose(model.energies(K), energies, atol=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_energies_at_k_are_those_at_minus_k_with_the_other_sign(seed):
    model = random_magnet(seed)
    np.testing.assert_allclose(model.energies(-K), -model.energies(K)[:, ::-1], atol=1e-13)


def quantities(states: States, i: int, l: int) -> dict[str, np.ndarray]:
    """The paper's sums over states, with barred letters."""
    v, J, tau, s = states.v, states.J, states.tau, states.s
    pair, diagonal = states.pair, lambda X: np.diag(X)
    return {
        "s_expectation": diagonal(s).real,
        "s_current": diagonal(J[i]).real,
        "s_dipole": pair(v[i], s, 1).imag,
        "torque_dipole": pair(v[i], tau, 1).imag,
        "torque_berry_curvature": -2 * pair(v[i], tau, 2).imag,
        "s_berry_curvature": -2 * pair(v[l], J[i], 2).imag,
        "berry_curvature": -2 * pair(v[i], v[l], 2).imag,
    }


@pytest.mark.parametrize("seed", range(3))
def test_quantities_are_the_sums_over_states_of_both_norms(seed):
    model, i, l = random_magnet(seed), 0, 1
    for k in K[:3]:
        for name, expected in quantities(States(model, k), i, l).items():
            found = sc.evaluate(model, name, k)
            component = {0: (), 1: (i,), 2: (l, i) if name == "s_berry_curvature" else (i, l)}[found.ndim - 1]
            np.testing.assert_allclose(found[(slice(None), *component)], expected, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("seed", range(3))
def test_the_theory_holds_with_barred_letters(seed):
    """d^tau = -J + v s, Omega^tau = d_i s, Omega^{lis} + chi^{il} = Omega^{li} s + d_l d^{is}; derivatives by differences."""
    model, step = random_magnet(seed), 1e-4
    values = {
        name: sc.evaluate(model, name, K)
        for name in [
            "torque_dipole",
            "s_current",
            "drift_current",
            "torque_berry_curvature",
            "s_berry_curvature",
            "torque_polarizability",
            "s_weighted_curvature",
            "dipole_gradient",
        ]
    }
    np.testing.assert_allclose(values["torque_dipole"], values["drift_current"] - values["s_current"], atol=1e-12)
    curvatures = values["s_berry_curvature"].swapaxes(-1, -2) + values["torque_polarizability"]
    np.testing.assert_allclose(
        curvatures, values["s_weighted_curvature"].swapaxes(-1, -2) + values["dipole_gradient"], atol=1e-11
    )
    for i in range(2):
        shift = step * np.eye(2)[i]
        ahead, behind = (
            [sc.evaluate(model, name, k) for name in ("s_expectation", "s_dipole")] for k in (K + shift, K - shift)
        )
        slope = [(a - b) / (2 * step) for a, b in zip(ahead, behind, strict=True)]
        np.testing.assert_allclose(values["torque_berry_curvature"][..., i], slope[0], atol=1e-6)
        np.testing.assert_allclose(values["dipole_gradient"][..., i], slope[1], atol=1e-6)


def test_a_metric_may_be_negative():
    """Sums over both norms are no sums of squares: the quantum metric of a band with positive norm may be below zero."""
    from symcur.expressions import P, Re, Resolvent, Trace, v

    metric = Re(Trace(P * v(0) * Resolvent("n", 2) * v(0)))
    values = [sc.evaluate(random_magnet(seed, modes=3), metric, K)[:, 2:].min() for seed in range(12)]
    assert min(values) < 0


def test_letters_are_read_with_the_metric():
    model = random_magnet(0)
    states = Eigenstates(model, K)
    np.testing.assert_allclose(np.diagonal(states.operator(H), axis1=-2, axis2=-1), states.energies, atol=1e-12)
    inverse = np.linalg.inv(states.vectors)
    np.testing.assert_allclose(
        states.operator(s), inverse @ model.metric @ model.matrix("s", K) @ states.vectors, atol=1e-12
    )
    assert isinstance(H, Operator)


@pytest.mark.filterwarnings("ignore::symcur.closed_forms.DigitsWarning")
@pytest.mark.parametrize("apart", [sp.Rational(1, 10**10), 0], ids=["apart", "equal"])
def test_bosons_that_are_close_but_distinct_are_told_apart(apart):
    """1e-10 of the spread: each has its own s, unless they coincide at every k."""
    a = 3 - sp.cos(k_x) / 2
    H, s = sp.diag(a, a + apart, a, a + apart), sp.diag(1, 2, 1, 2)
    model = sc.Model(H, s, (k_x, k_y), lattice=LATTICE, metric="bosons")
    assert model.distinct_energies == (4 if apart else 2)
    np.testing.assert_allclose(sc.evaluate(model, "s_expectation", K)[0, 2:], [1, 2] if apart else [1.5, 1.5])


# -- what is no ground state, no boson, no state ------------------------------------------------------------------------
def boson(a: sp.Expr, b: int = 0, s: sp.Matrix | None = None, **more: object) -> sc.Model:
    back = a.subs({k_x: -k_x, k_y: -k_y}, simultaneous=True)
    matrix = sp.Matrix([[a, b], [sp.conjugate(b), back]])
    return sc.Model(matrix, sp.eye(2) if s is None else s, (k_x, k_y), lattice=LATTICE, metric="bosons", **more)


def test_an_unstable_state_is_refused():
    with pytest.raises(ValueError, match=r"H: expected a positive H\(k\) for bosons.*not the ground state"):
        boson(1 - sp.cos(k_x) / 2, 2).energies([0.1, 0.2])


def test_a_zero_mode_is_refused_and_the_rest_of_k_is_not():
    model = boson(2 - sp.cos(k_x) - sp.cos(k_y))
    with pytest.raises(ValueError, match=r"zero mode at k = \[0.0, 0.0\]"):
        model.energies([[0.3, 0.1], [0.0, 0.0]])
    assert model.energies([0.3, 0.1])[1] > 0


def test_s_must_be_particle_hole_symmetric():
    with pytest.raises(ValueError, match=r"s: expected X s X = s\^\*"):
        boson(3 - sp.cos(k_x), s=sp.diag(1, -1))


def test_H_must_be_particle_hole_symmetric():
    matrix = sp.diag(3 - sp.sin(k_x), 3 - sp.sin(k_x))
    with pytest.raises(ValueError, match=r"H: expected X H X = H\(-k\)\^\*"):
        sc.Model(matrix, sp.eye(2), (k_x, k_y), lattice=LATTICE, metric="bosons")


@pytest.mark.parametrize("metric", ["fermions", [("bosons", 2)], [("bosons", 0)], 7, [("phonons",)]])
def test_a_wrong_metric_is_named(metric):
    with pytest.raises(ValueError, match="metric: expected"):
        sc.Model(sp.eye(2) * 3, sp.eye(2), (k_x, k_y), lattice=LATTICE, metric=metric)


def test_bosons_are_no_electrons():
    model = boson(3 - sp.cos(k_x))
    with pytest.raises(ValueError, match="bosons carry no charge"):
        sc.conductivity(model)
    with pytest.raises(ValueError, match="mu: expected 0"):
        sc.thermoelectric(model, mu=0.1, temperature=1.0)


def test_models_keep_their_metric():
    import pickle

    for model in (boson(3 - sp.cos(k_x)), random_magnet(1)):
        for other in (pickle.loads(pickle.dumps(model)), model.replace(name="other"), model.with_s(model.s)):
            assert other.bosons == model.bosons
            np.testing.assert_array_equal(other.energies(K), model.energies(K))
    assert boson(3 - sp.cos(k_x)) == boson(3 - sp.cos(k_x))
