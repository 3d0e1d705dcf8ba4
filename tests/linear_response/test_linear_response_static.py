"""Exact static response against int (-f' d - f Omega) and int (-f' q - f chi), component by component."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
from sums_over_states import semiclassics, symmetric

from symcur import linear_response
from symcur.band_structures import Model
from symcur.linear_response.expansion import extrapolated, half_chebyshev, quadratic_form, ray_directions

MU, TEMPERATURE = 1.0, 0.3
OBLIQUE = {
    "lattice": ((1, 0), (sp.Rational(1, 2), sp.Rational(4, 5))),
    "positions": ((0, 0), (sp.Rational(1, 3), sp.Rational(1, 5)), (sp.Rational(1, 2), -sp.Rational(1, 7))),
}


def relative(a, b):
    """The largest relative deviation of any single component."""
    return np.abs(a / b - 1).max()


@cache
def both_responses(model, mu, temperature):
    current = linear_response.current_density_response(model, mu, temperature)
    return current, linear_response.torque_density_response(model, mu, temperature)


def check(model, mu, temperature, size, within):
    current, torque = both_responses(model, mu, temperature)
    theory = semiclassics(model, mu, temperature, size)
    quadrupole = theory.quadrupole_without_chi - symmetric(theory.chi)
    assert relative(current["uniform"].value, theory.current_uniform) < within
    assert relative(current["dipole"].value, theory.current_dipole) < within
    assert relative(torque["dipole"].value, theory.current_uniform) < within
    assert relative(torque["quadrupole"].value, quadrupole) < within
    assert abs(torque["uniform"].value) < 1e-12
    for estimate, exact in (
        (current["dipole"], theory.current_dipole),
        (torque["dipole"], theory.current_uniform),
        (torque["quadrupole"], quadrupole),
    ):
        assert np.all(np.abs(estimate.value - exact) < estimate.error + 1e-12)


@pytest.mark.slow_but("4")
@pytest.mark.parametrize("seed", range(10))
def test_current_and_torque_density_of_random_models(random_model, seed):
    check(random_model(seed), MU, TEMPERATURE, 56, within=1e-8)


@pytest.mark.slow
def test_current_and_torque_density_in_three_dimensions(random_model):
    check(random_model(1, dimension=3, hopping=128), MU, 0.6, 20, within=1e-8)


@pytest.mark.slow
def test_current_and_torque_density_with_orbitals_at_different_positions(random_model):
    check(random_model(5, **OBLIQUE), MU, TEMPERATURE, 56, within=1e-8)


@pytest.mark.parametrize("seed", [2, 4])
def test_a_formula_without_berry_curvature_is_refuted(random_model, seed):
    """Dropping g Omega^{lis} from D, or chi from Q, is off by more than 10^4 errors."""
    model = random_model(seed)
    current, torque = both_responses(model, MU, TEMPERATURE)
    theory = semiclassics(model, MU, TEMPERATURE, 56)
    dipole, quadrupole = current["dipole"], torque["quadrupole"]
    assert np.all(np.abs(dipole.value - theory.current_dipole_without_curvature) > 1e4 * dipole.error)
    assert np.all(np.abs(quadrupole.value - theory.quadrupole_without_chi) > 1e4 * quadrupole.error)


@pytest.mark.parametrize("seed", [1, 5])
def test_the_index_of_chi_decides(random_model, seed):
    """chi with d_{k_i} d^{ls} as its first term gives the torque density; with d_{k_i} d^{is} it does not."""
    model = random_model(seed)
    quadrupole = linear_response.torque_density_response(model, MU, TEMPERATURE)["quadrupole"]
    theory = semiclassics(model, MU, TEMPERATURE, 56)
    right = theory.quadrupole_without_chi - symmetric(theory.chi_by_definition)
    wrong = theory.quadrupole_without_chi - symmetric(theory.chi_misprinted)
    opposite = theory.quadrupole_without_chi + symmetric(theory.chi_by_definition)
    assert relative(quadrupole.value, right) < 1e-8
    off_diagonal = (0, 1)
    assert abs(quadrupole.value - wrong)[off_diagonal] > 1e4 * quadrupole.error[off_diagonal]
    assert np.all(np.abs(quadrupole.value - opposite) > 1e4 * quadrupole.error)


@pytest.mark.parametrize("seed", [0, 3])
def test_in_equilibrium_the_torque_is_the_divergence_of_the_current(random_model, seed):
    """i q.J_q = tau_q at second order: the symmetric part of D cancels that of Q, so J + J^tau circulates."""
    current, torque = both_responses(random_model(seed), MU, TEMPERATURE)
    total = symmetric(current["dipole"].value) + torque["quadrupole"].value
    assert np.abs(total).max() < 1e-9 * np.abs(torque["quadrupole"].value).max()
    assert np.abs(torque["quadrupole"].value).max() > 1e-3


def test_a_conserved_s_has_no_torque_and_an_antisymmetric_dipole(random_model):
    model = random_model(6, conserved=True)
    current, torque = both_responses(model, MU, TEMPERATURE)
    assert all(np.abs(x.value).max() < 1e-12 for x in torque.values())
    assert np.abs(current["uniform"].value).max() < 1e-12
    dipole = current["dipole"].value
    assert np.abs(dipole + dipole.T).max() < 1e-9 * np.abs(dipole).max()
    assert np.abs(dipole).max() > 1e-4


def test_densities_respond_with_their_compressibility_and_dipole(random_model):
    model = random_model(8)
    theory = semiclassics(model, MU, TEMPERATURE, 56)
    carriers = linear_response.expanded_static_response(model, ["density"], MU, TEMPERATURE)["density"]
    assert carriers["uniform"].value == pytest.approx(-theory.density_uniform, rel=1e-9)
    assert np.abs(carriers["gradient"].value).max() < 1e-11
    s = linear_response.expanded_static_response(model, ["s"], MU, TEMPERATURE)["s"]
    assert s["uniform"].value == pytest.approx(-theory.s_uniform, rel=1e-9)
    assert relative(s["gradient"].value, theory.s_dipole) < 1e-8


@pytest.mark.slow
def test_a_degenerate_multiplet_is_the_product_it_is(random_model):
    """H x 1 and s x A respond like H and s, times Tr A: pairs within a multiplet are handled in the limit."""
    single = random_model(4, bands=2)
    A = sp.Matrix([[2, sp.I], [-sp.I, 1]])
    double = Model(
        sp.kronecker_product(single.H, sp.eye(2)), sp.kronecker_product(single.s, A), single.k, lattice=single.lattice
    )
    for respond in (linear_response.current_density_response, linear_response.uniform_field_response):
        one, two = respond(single, MU, TEMPERATURE), respond(double, MU, TEMPERATURE)
        for name in one:
            assert two[name].value == pytest.approx(3 * one[name].value, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("operator", ["density", "s", "torque", "current"])
def test_finite_q_is_the_density_matrix_of_a_ring(random_model, operator):
    """A ring of 64 cells in the potential U cos(q x), diagonalised at finite U, differentiated at U = 0."""
    model, cells, temperature = random_model(2, dimension=1), 64, 0.5
    q = 2 * np.pi * 8 / cells
    found = linear_response.static_response(model, operator, [q], MU, temperature)
    expected = _ring_response(model, operator, cells, q, MU, temperature)
    assert abs(found.value[0] - expected) < 1e-8 * abs(expected)


def _ring_response(model, operator, cells, q, mu, temperature):
    size, x = model.size, np.arange(cells)
    k = 2 * np.pi * x / cells
    wave = np.exp(1j * np.outer(x, k)) / np.sqrt(cells)

    def in_real_space(blocks):
        return np.einsum("xk,kab,yk->xayb", wave, blocks, wave.conj()).reshape(cells * size, cells * size)

    H, v = in_real_space(model.matrix("H", k[:, None])), in_real_space(model.matrix("H", k[:, None], (0,)))
    s = np.kron(np.eye(cells), model.matrix("s", [0.0]))
    theta = {"density": np.eye(cells * size), "s": s, "torque": -1j * (s @ H - H @ s), "current": (v @ s + s @ v) / 2}
    position = np.repeat(x, size)
    mode = np.exp(-1j * q * position)
    component = (theta[operator] * mode[None, :] + mode[:, None] * theta[operator]) / 2

    def expectation(U):
        energies, states = np.linalg.eigh(H + np.diag(U * np.cos(q * position)))
        f = (1 - np.tanh((energies - mu) / (2 * temperature))) / 2
        return np.einsum("an,n,bn,ba->", states, f, states.conj(), component) / cells

    def slope(U):
        return (expectation(U) - expectation(-U)) / (2 * U)

    fine, middle, coarse = slope(0.01), slope(0.02), slope(0.04)
    a, b = (4 * fine - middle) / 3, (4 * middle - coarse) / 3
    return 2 * (16 * a - b) / 15  # cos(q x) holds half of exp(i q x)


def test_the_expansion_leaves_a_remainder_of_third_order(random_model):
    model, direction = random_model(7), np.array([0.03, -0.05])
    terms = linear_response.expanded_static_response(model, ["current"], MU, TEMPERATURE)["current"]

    def remainder(q):
        second = np.einsum("i,l,ilj->j", q, q, terms["curvature"].value)
        series = terms["uniform"].value + 1j * q @ terms["gradient"].value + second
        return linear_response.static_response(model, "current", q, MU, TEMPERATURE).value - series

    assert np.abs(remainder(direction) / remainder(direction / 2)) == pytest.approx(8, rel=0.05)


def test_terms_that_are_asked_for_are_those_of_the_whole_expansion(random_model):
    model = random_model(7)
    whole = linear_response.expanded_static_response(model, ["s", "current"], MU, TEMPERATURE, rtol=1e-8)
    some = linear_response.expanded_static_response(
        model, {"s": ("gradient",), "current": ("uniform",)}, MU, TEMPERATURE, rtol=1e-8
    )
    assert {name: tuple(terms) for name, terms in some.items()} == {"s": ("gradient",), "current": ("uniform",)}
    for name, term in (("s", "gradient"), ("current", "uniform")):
        found, expected = some[name][term], whole[name][term]
        assert found.points < expected.points
        assert (np.abs(found.value - expected.value) <= found.error + expected.error).all()
    with pytest.raises(ValueError, match="names: expected terms uniform, gradient, curvature of s, got slope"):
        linear_response.expanded_static_response(model, {"s": ("slope",)}, MU, TEMPERATURE)


def test_extrapolation_is_exact_for_polynomials_and_honest_for_others():
    x = half_chebyshev(0.4, 6)
    assert extrapolated(x, 3 - 2 * x**2 + x**10, 0)[0] == pytest.approx(3, rel=1e-13)
    assert extrapolated(x, 3 - 2 * x**2 + x**10, 2)[0] == pytest.approx(-2, rel=1e-12)
    assert extrapolated(x, 5 * x - x**11, 1)[0] == pytest.approx(5, rel=1e-13)
    value, error = extrapolated(x, np.tanh(3 * x), 1)
    assert 1e-9 < abs(value - 3) < error < 1e-2


def test_rays_fix_a_symmetric_tensor():
    T = symmetric(np.arange(9.0).reshape(3, 3))
    rays = ray_directions(3)
    recovered, _ = quadratic_form(rays, np.einsum("ni,il,nl->n", rays, T, rays), np.zeros(6))
    assert recovered == pytest.approx(T, abs=1e-13)


def test_what_cannot_be_answered_is_refused(random_model):
    model = random_model(0)
    k = sp.Symbol("k_x", real=True)
    continuum = Model(sp.Matrix([[k**2]]), sp.eye(1), (k,))
    with pytest.raises(ValueError, match=r"model: expected a lattice model.*continuum model"):
        linear_response.current_density_response(continuum, 0.0, 0.1)
    for temperature in (0.0, -1.0, np.inf):
        with pytest.raises(ValueError, match="temperature: expected a finite positive number"):
            linear_response.torque_density_response(model, 0.0, temperature)
    with pytest.raises(ValueError, match="mu: expected a finite number, got nan"):
        linear_response.torque_density_response(model, np.nan, 0.1)
    with pytest.raises(ValueError, match="operator: expected one of density, s, torque, current, got 'spin'"):
        linear_response.static_response(model, "spin", [0.1, 0.0], 0.0, 0.1)
    with pytest.raises(ValueError, match="flow: expected 'charge' or 'heat', got 'entropy'"):
        linear_response.field_gradient_response(model, "entropy", 0.0, 0.1)
    with pytest.raises(ValueError, match="by: expected 'mu' or 'T', got 'h'"):
        linear_response.dephased_response(model, ["s"], "h", 0.0, 0.1)
    with pytest.raises(ValueError, match="max_points: expected enough momenta"):
        linear_response.current_density_response(model, 1.0, 0.02, max_points=1000)
