"""A field perpendicular to q drives J + J^tau along q: q -> 0 first and omega -> 0 first, in metals and insulators.

Both are compared, in every component, with finite differences and sums over states of ``transverse_semiclassics``.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest
import sympy as sp
from sums_over_states import lowest_gap, semiclassics, symmetric, transverse_semiclassics

from symcur import linear_response, models
from symcur.band_structures import Model
from symcur.linear_response import transverse
from symcur.linear_response.susceptibility import field_kernel, line_velocity, operators, ray_sums, static_kernel
from symcur.linear_response.zone_sums import zone_integral

MU = 1.0
METALS = ((1, 0.2), (5, 0.5), (7, 0.3))  # seed, temperature
CONSERVED = {"spacing": 3, "conserved": True}


@cache
def response(model, temperature, first, mu=MU, rtol=1e-7):
    return linear_response.transverse_field_response(model, mu, temperature, first=first, rtol=rtol)


@cache
def theory(model, temperature, mu=MU, size=72):
    return transverse_semiclassics(model, mu, temperature, size)


def q_first(terms):
    return terms.static - terms.surface + terms.dipole


def check(found, expected, within):
    perpendicular = expected * (1 - np.eye(len(expected)))
    off = np.abs(found.value - perpendicular)
    assert off.max() < within * np.abs(perpendicular).max()
    assert np.all(off <= found.error)


@pytest.mark.slow_for("5-0.5", "1-0.2")
@pytest.mark.parametrize(("seed", "temperature"), METALS)
def test_metals_in_two_dimensions(random_model, seed, temperature):
    """Measured: 1e-11 of the largest component."""
    model = random_model(seed, spacing=3)
    terms = theory(model, temperature)
    check(response(model, temperature, "q"), q_first(terms), within=1e-8)
    check(response(model, temperature, "omega"), terms.static, within=1e-8)


@pytest.mark.slow
def test_a_metal_in_three_dimensions(random_model):
    model, temperature = random_model(1, dimension=3, bands=2, spacing=4, hopping=96), 0.6
    terms = theory(model, temperature, size=20)
    check(response(model, temperature, "q", rtol=1e-4), q_first(terms), within=1e-8)
    check(response(model, temperature, "omega", rtol=1e-4), terms.static, within=1e-8)


@pytest.mark.parametrize(("seed", "temperature"), METALS[1:])
def test_the_order_of_limits_decides_in_a_metal(random_model, seed, temperature):
    """They differ by terms of the Fermi surface, each of which is more than 10^4 errors, and by a symmetric part."""
    model = random_model(seed, spacing=3)
    terms, found = theory(model, temperature), response(model, temperature, "q")
    for missing in (terms.surface, (terms.dipole - terms.dipole.T) / 2, symmetric(terms.dipole)):
        assert abs(missing[0, 1]) > 1e4 * found.error[0, 1]
    assert symmetric(found.value)[0, 1] == pytest.approx(symmetric(terms.dipole)[0, 1], rel=1e-7)
    adiabatic = response(model, temperature, "omega")
    assert abs(symmetric(adiabatic.value)[0, 1]) < adiabatic.error[0, 1]


def at_one_q(model, temperature, q, etas, size):
    """C_q/E at q along x for a field along y that grows at each of the rates eta: from J and tau, even part in eta."""
    kernels = partial(field_kernel, mu=MU, temperature=temperature, etas=np.asarray(etas))
    ray = (np.array([1.0, 0.0]), transverse.conserved_current(model, 0), lambda k, q: -line_velocity(model, k, q, 1))
    return zone_integral(model, size, ray_sums(model, [ray], [q], kernels))[0, :, 0, 0]


@pytest.mark.parametrize(("seed", "temperature"), METALS[:2])
def test_omega_first_at_finite_q(random_model, seed, temperature):
    """eta -> 0 at q = 0.3 and on any grid: the current from J and tau is -i s_q/(q A) of a static vector potential."""
    model, q, size = random_model(seed, spacing=3), 0.3, 14
    static = partial(static_kernel, mu=MU, temperature=temperature)
    ray = (np.array([1.0, 0.0]), partial(operator_s, model), lambda k, q: -line_velocity(model, k, q, 1))
    induced = zone_integral(model, size, ray_sums(model, [ray], [q], static))[0, 0, 0, 0] / (1j * q)
    assert at_one_q(model, temperature, q, [1e-9], size)[0] == pytest.approx(induced, rel=1e-8)


def operator_s(model, k, q):
    return operators(model, ["s"], k)


def test_at_small_q_a_slower_field_goes_from_one_limit_to_the_other(random_model):
    """With q = 0.0005 fixed: within (v q/eta)^2 of the first limit for fast fields, within eta/(v q) of the second for slow."""
    model, temperature, q = random_model(7, spacing=3), 0.3, 0.0005
    first, second = (response(model, temperature, order).value[0, 1] for order in ("q", "omega"))
    values = at_one_q(model, temperature, q, q * np.array([20, 10, 0.02, 0.01]), 96).real
    fast, slow = (values[:2] - first) / (second - first), (second - values[2:]) / (second - first)
    assert np.abs(fast).max() < 0.01
    assert np.abs(slow).max() < 0.1
    assert fast[1] / fast[0] == pytest.approx(4, rel=0.1)
    assert slow[0] / slow[1] == pytest.approx(2, rel=0.1)


def test_a_conserved_s_flows_with_the_curvature(random_model):
    """[s, H] = 0, q first: int f Omega^{li} s_n, with no symmetric part; omega first adds int (-f') s_n m^{il}."""
    model = random_model(6, **CONSERVED)
    transport, terms = response(model, 0.3, "q"), theory(model, 0.3)
    curvature = semiclassics(model, MU, 0.3, 72).s_weighted_curvature.T
    check(transport, curvature, within=1e-8)
    check(response(model, 0.3, "omega"), curvature + terms.surface, within=1e-8)


def test_degenerate_bands(random_model):
    """H x 1 and s x A respond like H and s, times Tr A: pairs of a multiplet are treated like one band."""
    single = random_model(4, bands=2)
    A = sp.Matrix([[2, sp.I], [-sp.I, 1]])
    H, s = sp.kronecker_product(single.H, sp.eye(2)), sp.kronecker_product(single.s, A)
    double = Model(H, s, single.k, lattice=single.lattice)
    one, two = (response(model, 0.3, "q", rtol=1e-3) for model in (single, double))
    assert two.value == pytest.approx(3 * one.value, rel=1e-8)


def test_kane_mele_in_its_gap():
    """0.920651 e/2pi, in either order."""
    model = models.get("kane_mele")
    mu, gap = lowest_gap(model, 2)
    for first in ("q", "omega"):
        found = response(model, gap / 60, first, mu=mu, rtol=1e-5)
        assert 2 * np.pi * found.value[0, 1] == pytest.approx(0.920651, abs=1e-6)
        assert found.value[1, 0] == pytest.approx(-found.value[0, 1], rel=1e-6)


def rashba(M=0):
    k_x, k_y = k = sp.symbols("k_x k_y", real=True)
    X, Y, Z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.Matrix([[1, 0], [0, -1]])
    alpha = sp.Rational(3, 10)
    H = (2 - sp.cos(k_x) - sp.cos(k_y)) * sp.eye(2) + alpha * (sp.sin(k_y) * X - sp.sin(k_x) * Y) + M * Z
    return Model(H, Z / 2, k, lattice=[[1, 0], [0, 1]], name="Rashba lattice")


@pytest.mark.slow
def test_rashba_bands_that_touch():
    """Both subbands filled at the touching, in e/8pi: near -1 (clean 2D: -2 sigma^s), and near 0 if omega is first."""
    transport, adiabatic = (response(rashba(), 0.05, first, mu=0.25, rtol=1e-3) for first in ("q", "omega"))
    assert 8 * np.pi * transport.value[0, 1] == pytest.approx(-0.9539, abs=1e-3)
    assert 8 * np.pi * adiabatic.value[0, 1] == pytest.approx(0.0394, abs=1e-3)


def test_an_unknown_order_is_refused(random_model):
    with pytest.raises(ValueError, match=r"first: expected 'q' or 'omega'.*got 'eta'"):
        linear_response.transverse_field_response(random_model(2), MU, 0.3, first="eta")
