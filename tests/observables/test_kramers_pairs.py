"""Inversion times time reversal: every state has a partner at the same momentum, and sums over bands read one of the two."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from symcur import Model, conductivity, quantities
from symcur.band_structures import Window
from symcur.band_structures.kramers import in_pairs
from symcur.eigenstates import Eigenstates
from symcur.eigenstates.kramers import KramersPairs, diagonalized, partners
from symcur.observables import windows
from symcur.observables.windows import WindowedValues

N = 8
PARITY = {"odd": -1, "even": 1}
NAMES = {
    "velocity": "any",
    "s_expectation": "even",
    "s_current": "even",
    "drift_current": "even",
    "s_dipole": "odd",
    "s_berry_curvature": "odd",
    "symmetrized_curvature": "odd",
    "s_weighted_curvature": "odd",
    "dipole_gradient": "odd",
    "orbital_moment": "odd",
    "torque_dipole": "even",
    "torque_metric": "odd",
    "torque_polarizability": "odd",
    "faraday_curvature": "odd",
}
CELL, POSITIONS = np.array([[1.0, 0.2], [-0.1, 1.1]]), np.repeat([[0.1, 0.2], [-0.1, -0.2]], N // 2, axis=0)


def theta(generator):
    """U of Theta = U K with U U^* = -1: inversion takes functions at one point to those at the other."""
    B = np.linalg.qr(generator.normal(size=(4, 4)) + 1j * generator.normal(size=(4, 4)))[0]
    return np.block([[np.zeros((4, 4)), B], [-B.T, np.zeros((4, 4))]])


def paired_solid(kind="odd", broken=0.0, positions=POSITIONS):
    """Random hoppings that commute with a random Theta, but for a part of this size, and s that Theta turns around or keeps."""
    generator = np.random.default_rng(3)
    U, hoppings = theta(generator), {}

    def random():
        return generator.normal(size=(N, N)) + 1j * generator.normal(size=(N, N))

    for R in itertools.product((-1, 0, 1), repeat=2):
        if R >= (0, 0):
            X = 0.4 * random() if any(R) else np.diag(np.arange(N) + 0j)
            t = X + U @ X.T @ U.conj().T + broken * random()
            hoppings |= {R: t, tuple(-n for n in R): t.conj().T} if any(R) else {R: (t + t.conj().T) / 2}
    Y = random() * (positions[:, None] == positions).all(axis=-1)  # s links functions at the same point
    Y, sign = Y + Y.conj().T, {"odd": -1, "even": 1, "neither": 0}[kind]
    return Model.from_hoppings(hoppings, Y + sign * U @ Y.conj() @ U.conj().T, CELL, positions=positions)


def values_of(model, window):
    return WindowedValues(model, conductivity.forms["regular"].parts, window)


def without_pairs(monkeypatch):
    monkeypatch.setattr(windows, "in_pairs", lambda model: None)


def test_the_basis_of_pairs_has_the_same_bands_in_quaternions():
    model = paired_solid()
    paired, W = in_pairs(model)
    k = np.random.default_rng(5).normal(size=(7, 2))
    H = paired.matrix("H", k)
    assert np.abs(W.conj().T @ W - np.eye(N)).max() < 1e-14
    assert np.abs(partners(H[..., ::2]) - H[..., 1::2]).max() < 1e-13
    assert np.abs(paired.energies(k) - model.energies(k)).max() < 1e-13
    for axes in ((0,), (0, 1)):  # derivatives know where the functions are
        assert np.abs(W.conj().T @ model.matrix("H", k, axes) @ W - paired.matrix("H", k, axes)).max() < 1e-12


def test_a_weakly_broken_symmetry_is_none():
    assert in_pairs(paired_solid(broken=1e-9)) is None
    assert in_pairs(paired_solid(broken=1e-15)) is not None


@pytest.mark.parametrize(
    "levels", [(0.3, 1.0, 2.0, 2.5), (1.0, 1.0, 1.0, 2.0), (1.0, 1.0 + 1e-11, 2.0, 2.0), (1.0, 1.0, 1.0, 1.0)]
)
@pytest.mark.parametrize("coupled", [4, 2, 1])
def test_pairs_are_orthogonal_however_close_their_energies_are(levels, coupled):
    generator = np.random.default_rng(coupled)
    Q = np.eye(8, dtype=complex)
    for _ in range(6):  # reflections with quaternions, of the first few pairs
        y = np.zeros((8, 1), dtype=complex)
        y[: 2 * coupled, 0] = generator.normal(size=2 * coupled) + 1j * generator.normal(size=2 * coupled)
        pair = np.concatenate([y, partners(y)], axis=1) / np.linalg.norm(y)
        Q = Q - 2 * pair @ (pair.conj().T @ Q)
    H = (Q * np.repeat(levels, 2)) @ Q.conj().T
    e, u = diagonalized(H[None])
    assert e[0] == pytest.approx(sorted(levels), abs=1e-13)
    both = np.concatenate([u[0], partners(u[0])], axis=1)
    assert np.abs(both.conj().T @ both - np.eye(8)).max() < 1e-14
    assert np.abs(H @ u[0] - u[0] * e[0]).max() < 1e-13


@pytest.mark.parametrize("window", [0.0, 3.5])
@pytest.mark.parametrize("kind", PARITY)
def test_one_of_each_pair_has_the_quantities_of_both(kind, window):
    """A quantity belongs to spin or to charge: it vanishes for s of one parity, and not for that of the other."""
    model, k = paired_solid(kind), np.random.default_rng(11).normal(size=(20, 2))
    paired, _ = in_pairs(model)
    both, one = Eigenstates(model, k, Window(window)), KramersPairs(paired, k, Window(window), PARITY[kind])
    assert (both.rank.max() == 2) == (window == 0)
    assert np.abs(np.repeat(one.levels, 2, axis=-1) - both.levels).max() < 1e-12
    for name in NAMES:
        components = quantities.components(quantities.get(name), 2)
        expected, found = both.values(components).real, one.values(components).real
        zero = PARITY[kind] != {"even": 1, "odd": -1}.get(NAMES[name], PARITY[kind])
        assert (np.abs(expected).max() < 1e-9) == zero, name
        assert np.abs(np.repeat(found, 2, axis=1) - expected).max() < 1e-9 * max(np.abs(expected).max(), 1), name


def test_states_go_on_with_another_s_and_with_other_multiplets():
    model, k = paired_solid(), np.random.default_rng(19).normal(size=(9, 2))
    paired, _ = in_pairs(model)
    other = paired.s @ np.kron(np.diag([1.0, 2.0, 3.0, 4.0]), np.eye(2))
    other = other + other.conj().T
    one, both = KramersPairs(paired, k, Window(0.1), -1), Eigenstates(paired, k, Window(0.1))
    components = quantities.components(quantities.get("s_berry_curvature"), 2)
    one.values(components), both.values(components)
    one, both = (states.with_s(states.rotated(other)) for states in (one, both))
    found, expected = one.values(components).real, both.values(components).real
    assert np.abs(np.repeat(found, 2, axis=1) - expected).max() < 1e-9 * np.abs(expected).max()
    one, both = (states.rejoined(Window(3.5), np.arange(3, 8)) for states in (one, both))
    assert both.rank.max() > 2
    found, expected = one.values(components).real, both.values(components).real
    assert np.abs(np.repeat(found, 2, axis=1) - expected).max() < 1e-9 * np.abs(expected).max()


@pytest.mark.parametrize("window", [0.0, 2.0])
def test_columns_with_each_window_do_not_depend_on_it(monkeypatch, window):
    """Half of the window, and twice of it, join other levels at some of the momenta."""
    model, k = paired_solid(), np.random.default_rng(29).normal(size=(40, 2))
    one = values_of(model, window)
    assert one.restricted([], range(len(one.weights)))._basis.parity == -1
    found = one(k)
    without_pairs(monkeypatch)
    energies, values = values_of(model, window)(k)
    first, half, twice = np.split(values, 3, axis=-1)
    assert np.array_equal(first, half) == np.array_equal(first, twice) == (window == 0)
    assert np.abs(found[0] - energies).max() < 1e-12
    assert np.abs(found[1] - values).max() < 1e-9 * np.abs(values).max()


def test_what_is_neither_kept_nor_turned_around_is_read_from_all_states():
    model = paired_solid("neither")
    assert in_pairs(model) is not None
    columns = values_of(model, 0.1)
    assert columns.restricted([], range(len(columns.weights)))._basis.parity == 0


@pytest.mark.parametrize("window", [0.0, 2.0])
def test_filled_bands_are_filled_pair_by_pair(monkeypatch, window):
    """Tr[s Omega_P] of the bands up to each pair, whatever levels inside are one multiplet."""
    terms = {"hall": conductivity.forms["regular"].choices["filled_multiplet"].parts["hall"]}
    model, k = paired_solid(), np.random.default_rng(31).normal(size=(6, 2))
    one = WindowedValues(model, terms, window)
    assert one.restricted([], range(len(one.weights)))._basis.parity == -1
    found = one(k)[1]
    without_pairs(monkeypatch)
    both = WindowedValues(model, terms, window)(k)[1]
    assert np.abs(both).max() > 0.1
    assert np.abs(found - both).max() < 1e-9 * np.abs(both).max()


@pytest.mark.parametrize("wrong", ["_adjoint", "_total", "_on_the_right"])
def test_wrong_partners_are_noticed_before_any_sum(monkeypatch, wrong):
    """The columns are compared with those of all states at a few momenta, and pairs are left alone where they differ."""
    faults = {
        "_adjoint": lambda self, X, expression: X,
        "_total": lambda self, factors: 2 * Eigenstates._total(self, factors).real,
        "_on_the_right": lambda self, X: self._with_partners(self.operator(X), 1),
    }
    model, k = paired_solid(), np.random.default_rng(17).normal(size=(5, 2))
    honest = values_of(model, 0.1)(k)[1]
    monkeypatch.setattr(KramersPairs, wrong, faults[wrong])
    columns = values_of(model, 0.1)
    assert columns.restricted([], range(len(columns.weights)))._basis.parity == 0
    assert np.abs(columns(k)[1] - honest).max() < 1e-9 * np.abs(honest).max()
