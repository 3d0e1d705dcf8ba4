"""Multiplets: the trace of the whole expression is taken, shared equally, and touchings at isolated points are reported."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sympy as sp
from plain_sums import projector
from random_models import random_k

from symcur import Model, evaluate, models, quantities
from symcur import expressions as ex
from symcur.band_structures import Window
from symcur.eigenstates import DegeneracyWarning, Eigenstates
from symcur.eigenstates.basis import Eigenbasis
from symcur.eigenstates.filled import cumulated
from symcur.quantities.field import filled_curvature

SCALARS = [name for name in quantities.names() if not quantities.get(name).operator]


def kramers_model(splitting=0):
    """H = sum_a d_a(k) Gamma_a with five anticommuting Gamma_a: two pairs, degenerate at every k; generic s."""
    x, y, z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)
    kron = sp.kronecker_product
    Gamma = [kron(x, sp.eye(2)), kron(z, sp.eye(2)), kron(y, x), kron(y, y), kron(y, z)]
    k = sp.symbols("k_x k_y", real=True)
    d = [2 + sp.cos(k[0]), sp.sin(k[0] + k[1]) / 2, sp.sin(k[1]), sp.sin(k[0]), sp.cos(k[1]) / 3]
    H = sp.cos(k[0] - k[1]) / 4 * sp.eye(4) + splitting * kron(sp.eye(2), z)
    for component, matrix in zip(d, Gamma, strict=True):
        H += component * matrix
    generator = np.random.default_rng(4)
    A = sp.Matrix(4, 4, lambda a, b: sp.Rational(int(generator.integers(-9, 9)), 7) * (1 + sp.I * (a - b)))
    return Model(H, s=(A + A.H) / 2, k=k, lattice=[[1, 0], [0, 1]])


def test_a_kramers_pair_shares_its_trace_equally():
    model, k = kramers_model(), random_k(5, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in SCALARS:
            values = evaluate(model, name, k)
            assert np.array_equal(values[:, 0], values[:, 1])
            assert np.array_equal(values[:, 2], values[:, 3])
            assert np.isfinite(values).all()


@pytest.mark.parametrize("name", SCALARS)
def test_quantities_of_a_pair_are_traces_of_projectors_and_resolvents(name):
    """Expressions read with explicit matrices P and S of the pair, built from nothing but eigenprojectors."""
    model, k = kramers_model(), np.array([0.3, 1.9])
    energies = np.linalg.eigvalsh(model.matrix("H", k))[::2]
    both = [projector(model, k, 0, 2), projector(model, k, 2, 2)]
    values = evaluate(model, name, k)
    operator = {axes: model.matrix("H", k, axes) for axes in ((), (0,), (1,), (0, 0), (0, 1), (1, 1))}
    for pair in (0, 1):
        S_pair = both[1 - pair] / (energies[pair] - energies[1 - pair])
        explicit = Explicit(operator, model.matrix("s", k), both[pair], S_pair)
        for axes in quantities.get(name).components(2):
            expected = explicit.read(quantities.get(name).expression(*axes)).real / 2
            assert values[2 * pair][axes] == pytest.approx(expected, rel=1e-9, abs=1e-10)


class Explicit:
    """A few lines that evaluate an expression from matrices, with the derivative rules; scalars are numbers."""

    def __init__(self, H, sigma, P, S) -> None:
        self.H, self.s, self.P, self.S, self.one = H, sigma, P, S, np.eye(len(P))

    def read(self, expression):
        match expression:
            case ex.Number(value):
                return complex(value.x, value.y)
            case ex.Operator("s"):
                return self.s
            case ex.Operator("H", axes):
                return self.H[axes]
            case ex.Projector():
                return self.P
            case ex.Resolvent(_, power):
                return np.linalg.matrix_power(self.S, power)
            case ex.BandEnergy(_, (i,)):
                return np.trace(self.P @ self.H[i,]).real / np.trace(self.P).real
            case ex.Sum(terms):
                return sum(self.read(term) for term in terms)
            case ex.Product(factors):
                result = self.one
                for factor in map(self.read, factors):
                    result = result @ factor if np.ndim(factor) else result * factor
                scalar = all(np.ndim(self.read(factor)) == 0 for factor in factors)
                return result[0, 0] if scalar else result
            case ex.Trace(operand):
                return np.trace(self.read(operand))
            case ex.Re(operand):
                return self.read(operand).real
            case ex.Im(operand):
                return self.read(operand).imag
            case ex.Derivative(axis, operand):
                return self.read(ex.derivative(operand, axis))
            case ex.Named(_, definition):
                return self.read(definition)
        raise AssertionError(expression)


def test_products_inside_the_trace_differ_from_products_of_traces():
    """For a pair Tr[s Omega_P] is not Tr[s] Tr[Omega]/2: the expression decides, not its factors."""
    model, k = kramers_model(), random_k(5, 2)
    weighted = evaluate(model, "s_weighted_curvature", k)[..., 0, 1]
    product = evaluate(model, "s_expectation", k) * evaluate(model, "berry_curvature", k)[..., 0, 1]
    assert np.abs(weighted - product).max() > 0.1 * np.abs(weighted).max() > 1e-3


ADDITIVE = ("energy", "velocity", "s_expectation", "s_current", "berry_curvature", "s_berry_curvature")
ADDITIVE += ("mixed_berry_curvature", "torque_berry_curvature")


@pytest.mark.parametrize("name", ADDITIVE)
def test_expectation_values_and_curvatures_summed_over_a_pair_do_not_see_its_splitting(name):
    """Im v_nm theta_mn/omega^2 is odd under n <-> m, so what the members of a split pair exchange cancels in the sum."""
    k = np.array([0.3, 1.9])
    merged = evaluate(kramers_model(), name, k)
    split = evaluate(kramers_model(sp.Rational(1, 10**5)), name, k)
    assert np.allclose(split[:2].sum(axis=0), merged[:2].sum(axis=0), atol=1e-3)


def test_a_dipole_summed_over_a_pair_does_see_its_splitting():
    """Im v_nm s_mn/omega is even under n <-> m: it stays finite as the pair closes, and is absent once it has closed."""
    k = np.array([0.3, 1.9])
    merged = evaluate(kramers_model(), "s_dipole", k)[:2].sum(axis=0)
    split = evaluate(kramers_model(sp.Rational(1, 10**5)), "s_dipole", k)[:2].sum(axis=0)
    assert np.abs(split - merged).max() > 1e-2


def test_the_tolerance_decides_what_is_a_multiplet():
    model, k = kramers_model(sp.Rational(1, 10**6)), np.array([[0.3, 1.9]])
    assert Eigenstates(model, k).rank.tolist() == [[1, 1, 1, 1]]
    assert Eigenstates(model, k, tolerance=1e-4).rank.tolist() == [[2, 2, 2, 2]]
    for tolerance in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"tolerance: expected a finite number >= 0, got {tolerance}"):
            evaluate(model, "energy", k, tolerance=tolerance)


@pytest.mark.filterwarnings("ignore::symcur.closed_forms.DigitsWarning")
@pytest.mark.parametrize("offset", [0, 10**8])
def test_a_large_constant_in_H_does_not_hide_a_degeneracy(offset):
    model, k = kramers_model(), np.array([0.3, 1.9])
    shifted = model.replace(H=model.H + offset * sp.eye(4))
    assert Eigenstates(shifted, k).rank.tolist() == [2, 2, 2, 2]
    assert np.allclose(evaluate(shifted, "s_dipole", k), evaluate(model, "s_dipole", k), rtol=1e-5, atol=1e-6)


# -- touchings ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("k", [[[0.0, 0.0]], [0.0, 0.0], [[0.0, 0.0], [0.1, 0.2], [0.3, 0.1]]])
def test_bands_that_touch_at_a_point_are_reported(k):
    model = models.rashba(M=0)
    with pytest.warns(DegeneracyWarning, match=r"bands were merged at 1 of \d points, first at k = \[0.0, 0.0\]"):
        values = evaluate(model, "berry_curvature", k)
    assert np.isfinite(values).all()


def test_bands_that_are_degenerate_everywhere_are_not_reported():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(models.luttinger(), "s_dipole", [[0.3, 0.2, 0.5], [0.1, 0.4, -0.2]])
        evaluate(kramers_model(), "s_dipole", [0.3, 0.2])


def test_states_joined_otherwise_at_some_points_are_those_found_anew():
    """Matrix elements are taken over from the points that were asked for, here every other one from the second on."""
    model, k = models.kane_mele(lambda_v=0, lambda_R=0.05), random_k(12, 2)
    where = np.arange(len(k)) % 2 == 1
    states = Eigenstates(model, k, Window(0.0))
    again, anew = states.rejoined(Window(0.3), where), Eigenstates(model, k[where], Window(0.3))
    assert (anew.rank > 1).any()
    assert np.array_equal(again.rank, anew.rank)
    for name in ("s_dipole", "symmetrized_curvature", "s_berry_curvature"):
        components = quantities.components(quantities.get(name), 2)
        expected = anew.values(components).real
        assert np.abs(again.values(components).real - expected).max() <= 1e-10 * np.abs(expected).max(), name


@pytest.mark.parametrize("gap", [0.0, 0.6])
def test_all_fillings_at_once_are_those_one_by_one(gap):
    """Tr[s Omega_P] of the bands up to n, from triangles of s and from the projectors; also where a filling cuts a multiplet."""
    model, k = models.kane_mele(lambda_v=0.1, lambda_R=0.05), random_k(12, 2)
    states = Eigenstates(model, k, Window(gap))
    assert (states.rank > 1).any() == (gap > 0)
    for component in quantities.components(filled_curvature, 2).flat:
        operand = component.operand.operand
        expected = Eigenbasis.filled(states, operand)
        assert np.abs(states.filled(operand) - expected).max() <= 1e-13 * max(np.abs(expected).max(), 1e-3)
    assert np.abs(expected).max() == 0, "of d_yP d_yP - d_yP d_yP"
    X = ex.Trace(ex.s * ex.P * ex.Derivative(0, ex.P) * ex.Derivative(1, ex.P) * ex.P)
    assert cumulated(states, X) is None, "no other operand is taken for this one"
    assert np.isfinite(states.filled(X)).all()


# -- what rounding does not tell apart ---------------------------------------------------------------------------------
def turned(blocks, s, lattice, seed):
    """Hoppings {R: t} of a spinless H, with spin in a random basis: exactly degenerate pairs, but for rounding."""
    generator = np.random.default_rng(seed)
    U, _ = np.linalg.qr(generator.normal(size=(2, 2)) + 1j * generator.normal(size=(2, 2)))
    turn = np.kron(np.eye(len(s) // 2), U)
    both = {R: turn @ np.kron(t, np.eye(2)) @ turn.conj().T for R, t in blocks.items()}
    hermitian = {R: (t + both[tuple(-x for x in R)].conj().T) / 2 for R, t in both.items()}
    return Model.from_hoppings(hermitian, turn @ s @ turn.conj().T, lattice)


@pytest.mark.parametrize("seed", range(3))
def test_one_level_with_spin_carries_nothing_where_its_energy_vanishes(seed):
    """E(k) = 0.3 + 0.5 cos(k + 0.6) twice: the terms of H, not their sum, say how far rounding splits the pair. All is exactly 0."""
    e0, t = 0.3, 0.25 * np.exp(0.6j)
    blocks = {(0,): e0 * np.eye(1), (1,): t * np.eye(1), (-1,): np.conj(t) * np.eye(1)}
    model = turned(blocks, np.diag([0.5, -0.5]) + 0.2 * np.eye(2)[::-1], [[1.0]], seed)
    zero = np.arccos(-e0 / 0.5) - 0.6
    k = zero + np.array([0.0, 1e-16, 1e-12, 1e-8, 0.1])[:, None]
    assert np.abs(model.energies(k[:1])).max() < 3e-16
    for name in ("s_dipole", "s_berry_curvature", "dipole_gradient"):
        assert np.abs(evaluate(model, name, k)).max() < 1e-14, name
    assert (Eigenstates(model, k).distinct == 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_bands_that_all_touch_are_one_multiplet_whatever_the_rounding(seed):
    """Graphene with spin at K: four levels at 0, of which H has only rounding to tell."""
    A = np.array([[0, 1], [0, 0]], dtype=complex)
    blocks = {(0, 0): A + A.T, (1, 0): A, (-1, 0): A.T, (0, 1): A, (0, -1): A.T}
    s = np.kron(np.eye(2), np.diag([0.5, -0.5])) + 0.15 * np.kron(np.diag([1, -1]), np.eye(2)[::-1])
    lattice = np.array([[1, 0], [0.5, np.sqrt(0.75)]])
    model, K = turned(blocks, s, lattice, seed), np.array([1 / 3, 2 / 3]) @ (2 * np.pi * np.linalg.inv(lattice).T)
    with pytest.warns(DegeneracyWarning, match="merged at 1 of 2"):
        values = evaluate(model, "s_berry_curvature", [K, K + 0.1])
    assert np.abs(values[0]).max() < 1e-14
    assert np.abs(model.energies(K)).max() < 1e-14
