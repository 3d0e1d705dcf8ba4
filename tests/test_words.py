"""Words of any length in an eigenbasis: where they are cut, mirrored, multiplied out and shared must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from random_models import random_lattice_model

from symcur import Model, evaluate
from symcur import expressions as ex
from symcur.eigenstates import Eigenstates, values_at
from symcur.expressions import Derivative, Im, J, P, Re, Resolvent, S, Trace, s, tau, v, w
from symcur.linear_response.lattices import random_bosons
from symcur.quantities import components, get

S2 = Resolvent("n", 2)
K = np.array([[0.4, -1.1], [1.3, 0.2], [-2.1, 0.9]])


def pairs() -> Model:
    """A random lattice with every band twice and an s that tells the two apart."""
    model = random_lattice_model(3, 2)
    t = {(0, 0): np.diag([0.0, 1.0, 2.5]).astype(complex)}
    for j, R in enumerate([(1, 0), (0, 1), (1, 1)]):
        T = model.matrix("H", K)[j] / 6
        t |= {R: T, (-R[0], -R[1]): T.conj().T}
    generator = np.random.default_rng(3)
    X = generator.normal(size=(6, 6)) + 1j * generator.normal(size=(6, 6))
    return Model.from_hoppings({R: np.kron(T, np.eye(2)) for R, T in t.items()}, X + X.conj().T, np.eye(2))


MODELS = {
    "bands": lambda: random_lattice_model(4, 2),
    "pairs": pairs,
    "bosons": lambda: random_bosons(2, hopping=0.3),
    "pairs of bosons": lambda: random_bosons(2, copies=2),
}
LONG = P * v(0)
for _ in range(7):
    LONG = LONG * (S * s + S2 * v(1))
WORDS = {
    "two": P * J(0) * S * tau,
    "three": P * v(0) * S * s * S2 * v(1),
    "three, mirrored": P * v(1) * S2 * s * S * v(0) + 2 * ex.I * P * v(0) * S * s * S2 * v(1),
    "four": P * v(0) * S * s * S2 * J(1) * S * w(0, 0),
    "five": P * v(0) * S * v(1) * S * tau * S2 * s * S * v(1),
    "operators side by side": P * v(0) * s * tau * S * v(1) * s,
    "projectors between": P * s * P * v(0) * S2 * v(1) * P * J(1),
    "projectors at the end": v(0) * S * s * P * P * J(0) * P,
    "P beside S": P * S * v(0) + P * v(0) * S * S * s,
    "scalars": P * v(0) * S * s * ex.v_band(1) * Trace(P * v(0) * S * v(1)) / 3,
    "slopes": Derivative(0, P * v(1) * S * s) * Derivative(1, P),
    "not multiplied out": LONG * v(0),
    "not multiplied out, P inside": (P + P * v(0) * S) * LONG * v(0),
}


def by_matrices(model, k: np.ndarray, expression: ex.Expression) -> np.ndarray:
    """The trace for every band, with P_n and S_n as matrices; a multiplet's is shared."""
    energies, _, right = model.eigenstates(k)
    inverse, levels = np.linalg.inv(right), np.round(energies, 9)

    def trace(n: int) -> complex:
        own = levels == levels[n]
        gaps = np.where(own, 0, 1 / np.where(own, 1, energies[n] - energies))
        return interpreter(model, k, own, gaps, right, inverse).read(expression) / own.sum()

    return np.array([trace(n) for n in range(len(energies))])


def interpreter(model, k: np.ndarray, own: np.ndarray, gaps: np.ndarray, right: np.ndarray, left: np.ndarray):
    """One band or multiplet, P = right diag(own) left and S = right diag(gaps) left."""
    return ex.MatrixInterpreter(
        lambda name, axes: model.metric @ model.matrix(name, k, axes),
        (right * own) @ left,
        lambda power: (right * gaps**power) @ left,
        own.sum(),
        lambda value: complex(value.x, value.y),
    )


@pytest.mark.parametrize("which", MODELS)
@pytest.mark.parametrize("word", WORDS)
def test_words_are_products_of_matrices(which, word):
    model, expression = MODELS[which](), Trace(WORDS[word])
    expected = np.array([by_matrices(model, k, expression) for k in K[:2]])
    scale = np.abs(expected).max()
    assert scale > 1e-6
    for function, part in ((Re, np.real), (Im, np.imag), (lambda trace: trace, np.asarray)):
        assert np.abs(evaluate(model, function(expression), K[:2]) - part(expected)).max() < 1e-10 * scale


@pytest.mark.parametrize("which", MODELS)
def test_what_is_antisymmetric_is_so_to_the_last_digit(which):
    Omega = evaluate(MODELS[which](), "berry_curvature", K)
    assert (Omega == -Omega.swapaxes(-1, -2)).all()
    assert np.abs(Omega).max() > 1e-3


def test_the_interband_torque_dipole_of_bosons_has_the_signs_of_both_norms():
    """<m|D^i P_n|n> between para-unitary states: D^i P = (i/2)(d_i tau)P + i tau S v_i P - i v_n S tau P."""
    model, k, expression = random_bosons(3), K[0], get("interband_torque_dipole").expression
    at = Eigenstates(model, k)
    D, inverse = evaluate(model, "interband_torque_dipole", k), np.linalg.inv(at.vectors)
    for i in range(2):
        expected = np.empty_like(D[i])
        for n, energy in enumerate(at.energies):
            own = np.arange(4) == n
            gaps = np.where(own, 0, 1 / np.where(own, 1, energy - at.energies))
            operator = interpreter(model, k, own, gaps, at.vectors, inverse).read(expression(i)).array
            expected[:, n] = inverse @ operator @ at.vectors[:, n]
        np.testing.assert_allclose(D[i], expected, rtol=0, atol=1e-12 * np.abs(expected).max())
        assert np.abs(expected[:2, 2:]).max() > 1e-3 * np.abs(expected).max()  # the two norms are connected


def test_states_with_another_s_forget_what_they_know_of_the_first():
    model, other = random_lattice_model(3, 2), np.diag([1.0, 2.0, -4.0])
    first, asked = Eigenstates(model, K), components(get("s_berry_curvature"), 2)
    first.values(asked)
    found, expected = first.with_s(first.rotated(other)), Eigenstates(model.with_s(other), K)
    np.testing.assert_allclose(found.values(asked), expected.values(asked), rtol=1e-11, atol=1e-11)


def test_blocks_and_threads_do_not_matter():
    model = random_lattice_model(4, 2)
    k = np.random.default_rng(1).uniform(-3, 3, size=(9000, 2))
    asked = {"d": components(get("s_dipole"), 2), "chi": components(get("torque_polarizability"), 2)}
    one, two = (values_at(model, asked, k, None, threads)[0] for threads in (1, 2))
    few = values_at(model, asked, k[4090:4103], None)[0]
    for name in asked:
        assert (one[name] == two[name]).all()
        np.testing.assert_allclose(few[name], one[name][4090:4103], rtol=1e-12, atol=1e-12 * np.abs(few[name]).max())
    assert values_at(model, asked, k[:0], None)[0]["chi"].shape == (0, 4, 2, 2)
