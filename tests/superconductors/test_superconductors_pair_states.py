"""Solutions of a gap equation are minima, saddles, or metastable: against the free energy from energies of quasiparticles alone."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import sympy as sp

from symcur.models.pauli import sigma_0, sigma_z
from symcur.superconductors import bdg, singlet, solve_gap_equation

kx, ky = k = sp.symbols("k_x k_y", real=True)
D, s, d, d_r, d_i, B, mu = sp.symbols("D s d d_r d_i B mu", real=True)
SQUARE = ((1, 0), (0, 1))
xi = -2 * (sp.cos(kx) + sp.cos(ky)) + mu
plus, minus = sp.cos(kx) + sp.cos(ky), sp.cos(kx) - sp.cos(ky)
V = 4.0
BONDS = {(1, 0): [[-V]], (0, 1): [[-V]]}
MESH = np.stack(np.meshgrid(*[2 * np.pi * (np.arange(60) + 0.2) / 60] * 2), axis=-1).reshape(-1, 2)
C = np.cos(MESH)


def singlets(T, m, extended, other):
    """The potential per cell of extended s and (complex) d waves on the bonds: |D|^2/4 on each of four, both spins."""
    x = -2 * C.sum(axis=1) + m
    E = np.hypot(x, np.abs(extended * C.sum(axis=1) + other * (C[:, 0] - C[:, 1])))
    return np.mean(-2 * T * np.logaddexp(E / 2 / T, -E / 2 / T)) + (extended**2 + abs(other) ** 2) / V


def second(function, h=1e-3):
    return (function(h) - 2 * function(0.0) + function(-h)) / h**2


@pytest.fixture(scope="module")
def both():
    return bdg(xi, s * plus + d * minus, k, {s: 0.3, d: 0.0, mu: 1.0}, SQUARE)


def test_a_solution_from_which_the_free_energy_falls_is_a_saddle_and_is_left(both):
    T = 0.15
    saddle = solve_gap_equation(both, BONDS, ["s", "d"], T, lowest=False)
    here = saddle.amplitudes["s"]
    assert saddle.status == "saddle"
    assert (saddle.amplitudes["d"], set(saddle.falls_along)) == (pytest.approx(0), {"s", "d"})
    assert abs(saddle.falls_along["d"]) == 1
    curvatures = [second(lambda h, z=z: singlets(T, 1.0, here, z * h)) for z in (1, 1j)]
    # in units of that of D^2/V
    assert saddle.curvature == pytest.approx(min(curvatures) / (2 / V), abs=1e-4)
    assert saddle.curvature < -1
    found = solve_gap_equation(both, BONDS, ["s", "d"], T)
    there = found.amplitudes["d"]
    assert (found.status, found.normal, found.falls_along) == ("minimum", False, {})
    assert abs(found.amplitudes["s"]) < 1e-7
    assert found.condensation == pytest.approx(singlets(T, 1.0, 0, there) - singlets(T, 1.0, 0, 0), rel=1e-6)
    assert found.condensation < saddle.condensation < 0
    along = [lambda h: singlets(T, 1.0, 0, there + h), lambda h: singlets(T, 1.0, h, there)]
    along.append(lambda h: singlets(T, 1.0, h, 1j * there))  # the phase of one against the other
    assert found.curvature == pytest.approx(min(map(second, along)) / (2 / V), abs=1e-4)


def test_a_budget_bounds_the_sums_and_leaves_the_solution(both):
    def peak_of(memory):
        tracemalloc.start()
        try:
            found = solve_gap_equation(both, BONDS, ["s", "d"], 0.15, memory=memory)
            return found, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    (usual, most), (less, peak) = peak_of(None), peak_of(2e6)
    assert max(peak, less.memory) <= 2e6 < most <= usual.memory
    assert (less.points, less.status) == (usual.points, usual.status)
    for name, amplitude in usual.amplitudes.items():
        assert abs(abs(less.amplitudes[name]) - abs(amplitude)) <= less.error + usual.error
    assert abs(less.condensation - usual.condensation) <= less.condensation_error + usual.condensation_error
    with pytest.raises(ValueError, match="memory: expected a number of bytes, or None, got 0"):
        peak_of(0)


def test_a_phase_without_an_amplitude_of_its_own_is_told_and_with_one_it_is_found(both):
    """Where s and d are near one another s + i d lies lower than either."""
    T, m = 0.05, 2.0
    real = solve_gap_equation(both.with_values(mu=m, d=0.2), BONDS, ["s", "d"], T, tolerance=1e-3)
    assert real.status == "saddle"
    assert abs(real.falls_along["d"].imag) == 1
    model = bdg(xi, s * plus + (d_r + sp.I * d_i) * minus, k, {s: 0.3, d_r: 0.2, d_i: 0.0, mu: m}, SQUARE)
    found = solve_gap_equation(model, BONDS, ["s", "d_r", "d_i"], T, tolerance=1e-3)
    assert found.status == "minimum"
    assert abs(found.amplitudes["d_r"]) < 1e-3 < 0.1 < abs(found.amplitudes["d_i"])
    assert found.condensation < real.condensation < 0
    at = found.amplitudes["s"], complex(found.amplitudes["d_r"], found.amplitudes["d_i"])
    assert found.condensation == pytest.approx(singlets(T, m, *at) - singlets(T, m, 0, 0), rel=1e-3)
    for step in (0.02, -0.02, 0.02j, -0.02j):
        assert singlets(T, m, *at) < min(
            singlets(T, m, at[0], at[1] + step), singlets(T, m, at[0] + step.real, at[1]) + 1e-9
        )


def pauli(T, field, gap, U):
    """Of a gap in a Zeeman field, on the sites."""
    E = np.hypot(-2 * C.sum(axis=1) + 1, gap)
    return np.mean([-T * np.logaddexp((E + z) / 2 / T, -(E + z) / 2 / T) for z in (field, -field)]) * 2 + gap**2 / U


@pytest.mark.parametrize(("field", "normal"), [(0.45, False), (0.5, True)])
def test_both_states_next_to_a_first_order_transition_are_known(field, normal):
    T, U = 0.06, 3.0
    model = bdg(xi * sigma_0 + B * sigma_z, singlet(D), k, {D: 0.05, B: field, mu: 1.0}, SQUARE, form="nambu")
    found = solve_gap_equation(model, {(0, 0): [[0, -U], [-U, 0]]}, ["D"], T, tolerance=1e-3)
    gaps = np.linspace(0.5, 0.9, 401)
    values = np.array([pauli(T, field, gap, U) for gap in gaps]) - pauli(T, field, 0.0, U)
    (other,) = found.others
    states = {True: (0.0, 0.0), False: (gaps[values.argmin()], values.min())}
    assert (found.status, found.normal, found.curvature > 0) == ("minimum", normal, True)
    assert found.condensation == pytest.approx(states[normal][1], abs=1e-5)
    assert (other.amplitudes["D"], other.condensation) == pytest.approx(states[not normal], abs=2e-3)
    assert other.condensation == pytest.approx(states[not normal][1], abs=1e-5)
    assert found.condensation < other.condensation


def test_next_to_a_first_order_transition_a_coarse_mesh_does_not_decide():
    """At 0.49583 pairs lie lower by 1.4e-5, at 0.49603 the normal state does; the field of the transition is 0.49593."""
    T, U, best = 0.06, 3.0, 0.7025
    for field, lower in ((0.49583, True), (0.49603, False)):
        model = bdg(xi * sigma_0 + B * sigma_z, singlet(D), k, {D: 0.5, B: field, mu: 1.0}, SQUARE, form="nambu")
        exact = pauli(T, field, best, U) - pauli(T, field, 0.0, U)
        assert (exact < 0) == lower
        coarse = solve_gap_equation(model, {(0, 0): [[0, -U], [-U, 0]]}, ["D"], T, tolerance=0.1)
        assert coarse.status == "undecided"
        (other,) = coarse.others
        assert abs(other.condensation - exact) < other.condensation_error < 1e-4


def test_the_error_of_the_condensation_holds_what_a_last_step_changes():
    """Three bands of a chain at T = 0, where two coarse meshes differ by less than either is off."""
    random, gap = np.random.default_rng(139), sp.Symbol("gap", real=True)
    sites, bonds = (sp.Matrix(random.normal(size=(3, 3)).round(2)) for _ in range(2))
    h = sites + sites.T + bonds * sp.exp(sp.I * kx) + bonds.T * sp.exp(-sp.I * kx)
    chain = bdg(h, gap * sp.eye(3), (kx,), {gap: 1.0}, ((1,),))
    attraction = {(0,): -np.random.default_rng(139).uniform(4, 9) * np.eye(3)}
    rough, fine = (solve_gap_equation(chain, attraction, ["gap"], 0.0, tolerance=tol) for tol in (0.1, 1e-4))
    assert abs(rough.condensation - fine.condensation) < rough.condensation_error < 1e-5 * abs(fine.condensation)


@pytest.mark.parametrize(("start", "normal"), [(0.44, False), (0.4, True)])
def test_the_state_that_is_downhill_from_the_first_values_tells_whether_it_lies_lowest(start, normal):
    """The free energy has its maximum between the two starts."""
    T, U = 0.06, 3.0
    model = bdg(xi * sigma_0 + B * sigma_z, singlet(D), k, {D: start, B: 0.5, mu: 1.0}, SQUARE, form="nambu")
    found = solve_gap_equation(model, {(0, 0): [[0, -U], [-U, 0]]}, ["D"], T, tolerance=1e-4, lowest=False)
    assert (found.status, found.normal) == ("minimum" if normal else "metastable", normal)
    assert found.condensation >= 3 * found.condensation_error >= 0
    assert found.curvature > 0


def test_repulsion_on_the_sites_is_met_by_pairs_of_the_other_sign():
    """Where the interaction repels the amplitude is a maximum of G + D^2/V, and yet a minimum of the free energy."""
    T, U, m = 0.1, 3.0, 2.6
    model = bdg(xi, D + s * plus, k, {D: 0.1, s: 0.3, mu: m}, SQUARE)
    found = solve_gap_equation(model, {(0, 0): [[U]], **BONDS}, ["D", "s"], T)
    a, b = found.amplitudes["D"], found.amplitudes["s"]
    gap = a + b * C.sum(axis=1)
    E = np.hypot(-2 * C.sum(axis=1) + m, gap)
    pairs = gap / E * np.tanh(E / 2 / T) / 2
    np.testing.assert_allclose([a, b], [-U * pairs.mean(), 2 * V * (pairs * C[:, 0]).mean()], atol=1e-7)
    assert a * b < 0
    assert (found.status, found.condensation < 0) == ("minimum", True)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
def test_the_error_of_the_condensation_at_zero_temperature_holds_that_of_the_normal_state(tolerance):
    model = bdg(xi, D, k, {D: 0.5, mu: 1.0}, SQUARE)
    found = solve_gap_equation(model, {(0, 0): [[-2.0]]}, ["D"], 0.0, tolerance=tolerance)
    n = 700
    c = np.cos(2 * np.pi * (np.arange(n) + 0.37) / n)
    x = -2 * (c[:, None] + c) + 1
    gap = found.amplitudes["D"]
    exact = np.mean(np.abs(x) - np.hypot(x, gap)) + gap**2 / 2
    assert abs(found.condensation - exact) < found.condensation_error < 0.1 * abs(exact)


def test_pairs_of_orbitals_at_different_places_are_those_of_the_bonds_between_them():
    """A at 0, B at a_1/2, and an attraction between neighbours along the chain: D^2/4 on each of four bonds of a cell."""
    V, T = 9.0, 0.2
    between = 2 * sp.cos(kx / 2)
    h = sp.Matrix([[-2 * sp.cos(ky), between], [between, -2 * sp.cos(ky)]])
    model = bdg(h, sp.Matrix([[0, D * sp.cos(kx / 2)], [D * sp.cos(kx / 2), 0]]), k, {D: 0.5}, SQUARE)
    bonds = {(0, 0): [[0, -V], [-V, 0]], (1, 0): [[0, 0], [-V, 0]]}
    found = solve_gap_equation(model, bonds, ["D"], T, tolerance=1e-5)

    def potential(gap):
        e = model.with_values(D=gap).energies(MESH)
        return np.mean(-T * np.logaddexp(0, -e / T).sum(axis=1)) + gap**2 / V

    gap = found.amplitudes["D"]
    assert gap > 0.3
    assert potential(gap) < min(potential(gap + 1e-2), potential(gap - 1e-2))
    assert abs(potential(gap + 1e-3) - potential(gap - 1e-3)) < 2e-8
    assert found.condensation == pytest.approx(potential(gap) - potential(0.0), abs=1e-5)
    with pytest.raises(ValueError, match=r"interaction: expected V\[1, 0\] at R = \(1, 0\), where D pairs, got none"):
        solve_gap_equation(model, {(0, 0): bonds[(0, 0)]}, ["D"], T)
