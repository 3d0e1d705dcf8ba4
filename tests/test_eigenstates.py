"""Quantities through eigenstates: printed sums, geometry without sums, gauge freedom, identities, scaling."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_sums import States, gradient, projector, quantity
from random_models import random_k, separated

from symcur import Model, evaluate, quantities
from symcur import expressions as ex
from symcur.eigenstates import Eigenstates
from symcur.expressions import Derivative, Im, J, P, Re, Resolvent, S, Trace, s, tau, v

SCALARS = [name for name in quantities.names() if not quantities.get(name).operator]
TORQUE = [name for name in quantities.names() if name.startswith("torque")]
cases = st.sampled_from([(2, 1), (3, 2), (2, 3), (4, 2)])
momenta = st.integers(0, 10**6)
few = settings(max_examples=8, deadline=None, derandomize=True)


# -- against the sums that the paper prints ----------------------------------------------------------------------------
@pytest.mark.slow_for("faraday_curvature-4-3", "energy-4-3", "dipole_gradient-4-3")
@pytest.mark.parametrize(("bands", "dimension"), [(2, 1), (3, 2), (4, 3)])
@pytest.mark.parametrize("name", SCALARS)
def test_every_quantity_is_its_printed_sum_over_states(lattice_model, name, bands, dimension):
    model = lattice_model(bands, dimension)
    k = separated(model, random_k(1, dimension, 8))[:2]
    values = evaluate(model, name, k)
    axes = quantities.get(name).components(dimension)
    assert values.shape == (2, bands, *(dimension,) * len(quantities.get(name).indices))
    assert values.dtype == float
    for point, n in itertools.product(range(2), range(bands)):
        expected = [quantity(name, model, k[point], n, choice) for choice in axes]
        assert np.allclose(values[point, n].ravel(), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("bands", "dimension"), [(2, 2), (4, 3)])
def test_the_interband_torque_dipole_is_the_printed_formula(lattice_model, bands, dimension):
    """The phases of the states are arbitrary, so compare D_mn v_nm, and D_nn."""
    model = lattice_model(bands, dimension)
    k = separated(model, random_k(2, dimension, 8))[0]
    D, at = evaluate(model, "interband_torque_dipole", k), States(model, k)
    assert D.shape == (dimension, bands, bands)
    v_here = Eigenstates(model, k).operator(v(0))
    for i, m, n in itertools.product(range(dimension), range(bands), range(bands)):
        assert D[i, m, n] * v_here[n, m] == pytest.approx(at.interband(i, m, n) * at.v[0][n, m], rel=1e-9, abs=1e-12)
        if m == n:
            assert D[i, n, n].real == pytest.approx(quantity("torque_dipole", model, k, n, (i,)), abs=1e-12)


# -- geometry without sums over states ---------------------------------------------------------------------------------
def test_the_berry_curvature_is_the_commutator_of_projector_slopes(lattice_model):
    """Omega^{il} = i Tr(P [d_i P, d_l P])."""
    model, k = lattice_model(3, 3), np.array([0.4, -1.1, 0.8])
    Omega = evaluate(model, "berry_curvature", k)
    for n in range(3):
        slopes = [gradient(lambda q, n=n: projector(model, q, n), k, i) for i in range(3)]
        Pn = projector(model, k, n)
        for i, l in itertools.product(range(3), repeat=2):
            commutator = slopes[i] @ slopes[l] - slopes[l] @ slopes[i]
            assert Omega[n, i, l] == pytest.approx((1j * np.trace(Pn @ commutator)).real, abs=1e-8)


def test_the_s_dipole_is_the_position_of_s_in_the_projector(lattice_model):
    """d^{is} = Re Tr[(i d_iP P)^+ s P] = -Im Tr[s (d_i P) P], without any sum over states."""
    model, k = lattice_model(4, 2), np.array([0.4, -1.1])
    d, sigma = evaluate(model, "s_dipole", k), model.matrix("s", k)
    for n, i in itertools.product(range(4), range(2)):
        slope = gradient(lambda q, n=n: projector(model, q, n), k, i)
        assert d[n, i] == pytest.approx(-np.trace(sigma @ slope @ projector(model, k, n)).imag, abs=1e-8)


@pytest.mark.slow_for("2", "1")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_plaquette_fluxes_sum_to_the_chern_number_and_approach_the_curvature(lattice_model, seed):
    """Fukui and Hatsugai: link variables on a grid, no derivative and no gap in a denominator."""
    model, L = lattice_model(3, 2, seed), 40
    grid = 2 * np.pi * np.arange(L) / L
    k = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)
    energies, vectors = np.linalg.eigh(model.matrix("H", k))
    assert np.diff(energies).min() > 0.05
    link = [np.einsum("xyan,xyan->xyn", vectors.conj(), np.roll(vectors, -1, axis=axis)) for axis in (0, 1)]
    loop = link[0] * np.roll(link[1], -1, axis=0) / np.roll(link[0], -1, axis=1) / link[1]
    chern = -np.angle(loop).sum(axis=(0, 1)) / (2 * np.pi)
    assert np.allclose(chern, np.round(chern), atol=1e-9)
    Omega = evaluate(model, "berry_curvature", k)[..., 0, 1]
    assert np.allclose(Omega.mean(axis=(0, 1)) * 2 * np.pi, chern, atol=0.02)
    assert np.allclose(Omega.sum(axis=-1), 0, atol=1e-9 * np.abs(Omega).max())


def test_a_small_plaquette_carries_the_curvature(lattice_model):
    model, k, h = lattice_model(3, 2), np.array([0.4, -1.1]), 1e-3
    corners = [k + h * np.array(step) for step in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    for n in range(3):
        P_1, P_2, P_3, P_4 = (projector(model, corner, n) for corner in corners)
        flux = -np.angle(np.trace(P_1 @ P_2 @ P_3 @ P_4))
        assert flux / (2 * h) ** 2 == pytest.approx(evaluate(model, "berry_curvature", k)[n, 0, 1], rel=1e-4)


# -- gauge freedom -----------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("3-1", "2-3")
@pytest.mark.parametrize(("bands", "dimension"), [(3, 1), (2, 2), (2, 3)])
def test_a_constant_change_of_basis_changes_nothing(lattice_model, bands, dimension):
    model = lattice_model(bands, dimension)
    generator = np.random.default_rng(bands)
    A = sp.Matrix(bands, bands, lambda a, b: int(generator.integers(-4, 5)) * (1 if a > b else sp.I))
    K = (A - A.H) / 3
    U = (sp.eye(bands) - K).inv() * (sp.eye(bands) + K)  # Cayley: unitary and rational
    rotated = Model((U * model.H * U.H).applyfunc(sp.expand), s=U * model.s * U.H, k=model.k)
    k = separated(model, random_k(1, dimension, 6))
    for name in SCALARS:
        here, there = evaluate(model, name, k), evaluate(rotated, name, k)
        assert np.allclose(here, there, rtol=1e-8, atol=1e-9 * max(1, np.abs(here).max(initial=0)))


def test_the_phases_of_the_eigenvectors_are_free(lattice_model, monkeypatch):
    model, k = lattice_model(3, 2), random_k(7, 2)
    before = {name: evaluate(model, name, k) for name in SCALARS}
    eigh, phase = np.linalg.eigh, np.exp(1j * random_k(8, 3))

    def rephased(H):
        energies, vectors = eigh(H)
        return energies, vectors * phase[: len(vectors), None, :]

    monkeypatch.setattr(np.linalg, "eigh", rephased)
    for name, values in before.items():
        assert np.allclose(evaluate(model, name, k), values, rtol=1e-12, atol=1e-12)


# -- the identities of the theory on random models ---------------------------------------------------------------------
@settings(max_examples=15, deadline=None, derandomize=True)
@given(cases, momenta)
def test_the_identities_hold_for_every_band_of_random_models(lattice_model, case, seed):
    model = lattice_model(*case)
    k = separated(model, random_k(seed, model.dimension))
    q = {name: evaluate(model, name, k) for name in SCALARS}
    v_n, s_n, d = q["velocity"], q["s_expectation"], q["s_dipole"]
    swap = lambda X: X.swapaxes(-1, -2)  # noqa: E731
    dipole_velocity = np.einsum("...i,...l->...il", d, v_n)
    gradient_of_s = np.stack([evaluate(model, Derivative(i, Trace(P * s)), k).real for i in range(model.dimension)], -1)
    curl = swap(q["dipole_gradient"]) - q["dipole_gradient"]  # [l, i]: d_l d^i - d_i d^l
    Omega_chi = swap(q["s_berry_curvature"]) + q["torque_polarizability"]
    identities = {
        "velocity times s": (q["drift_current"], v_n * s_n[..., None]),
        "1. torque dipole": (q["torque_dipole"], -q["s_current"] + q["drift_current"]),
        "2. torque curvature": (q["torque_berry_curvature"], gradient_of_s),
        "3. torque metric": (q["torque_metric"], d),
        "6. quadrupole": (
            q["torque_quadrupole"],
            -swap(q["s_current_dipole"]) + dipole_velocity + swap(q["orbital_moment"]),
        ),
        "6. symmetric": (q["torque_quadrupole"], swap(q["torque_quadrupole"])),
        "8. antisymmetric": (q["orbital_moment"], -swap(q["orbital_moment"])),
        "symmetrized": (q["symmetrized_curvature"] - q["s_weighted_curvature"], curl / 2),
        "9. intrinsic": (Omega_chi, swap(q["s_weighted_curvature"]) + q["dipole_gradient"]),
        "curvature": (q["berry_curvature"], -swap(q["berry_curvature"])),
        "weight": (q["s_weighted_curvature"], q["berry_curvature"] * s_n[..., None, None]),
        "curvatures sum to zero": (q["berry_curvature"].sum(axis=1), 0.0),
        "s is traceless up to its trace": (s_n.sum(axis=1), float(sp.re(model.s.trace()))),
    }
    for name, (left, right) in identities.items():
        assert np.allclose(left, right, rtol=1e-8, atol=1e-9 * max(1.0, np.abs(left).max(initial=0))), name


@few
@given(cases, momenta)
def test_the_dipole_changes_in_a_field_as_its_polarizability_says(lattice_model, case, seed):
    """A (18): d of the field-dressed projector P + dP, dP = -iE_l S^2 v_l P + h.c., to first order in E."""
    model = lattice_model(*case)
    k = separated(model, random_k(seed, model.dimension))[:1]
    chi, mixed = evaluate(model, "torque_polarizability", k), evaluate(model, "mixed_berry_curvature", k)
    for i, l in itertools.product(range(model.dimension), repeat=2):
        dP = -ex.I * Resolvent("n", 2) * v(l) * P
        dP = dP + ex.adjoint(dP)
        slope_of_dP, dP_i = Derivative(i, dP), Derivative(i, P)
        change = -dP * dP_i * P + (1 - P) * slope_of_dP * P + (1 - P) * dP_i * dP
        change = evaluate(model, -Im(Trace(tau * change)), k).real
        v_n = evaluate(model, "velocity", k)[..., i]
        expected = chi[..., i, l] + v_n * mixed[..., l]
        assert np.allclose(change, expected, rtol=1e-8, atol=1e-8 * max(1.0, np.abs(expected).max(initial=0)))


# -- limits ------------------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("3-2")
@pytest.mark.parametrize(("bands", "dimension"), [(2, 1), (3, 2)])
def test_s_proportional_to_the_identity_is_carried_as_charge(lattice_model, bands, dimension):
    model = lattice_model(bands, dimension).replace(s=sp.Rational(3, 2))
    k = separated(model, random_k(6, dimension, 6))
    for name in (*TORQUE, "interband_torque_dipole", "s_dipole", "mixed_metric", "dipole_gradient"):
        size = np.abs(evaluate(model, "s_berry_curvature", k)).max(initial=0)
        assert np.abs(evaluate(model, name, k)).max(initial=0) < 1e-9 * (1 + size)
    for of_s, of_charge in (
        ("s_current", "velocity"),
        ("drift_current", "velocity"),
        ("s_berry_curvature", "berry_curvature"),
        ("s_weighted_curvature", "berry_curvature"),
    ):
        expected = 1.5 * evaluate(model, of_charge, k)
        assert np.allclose(evaluate(model, of_s, k), expected, rtol=1e-9, atol=1e-9)
    curvature = [evaluate(model, Im(Trace(P * v(0) * S * v(i))), k).real for i in range(model.dimension)]
    assert np.allclose(evaluate(model, "orbital_moment", k)[..., 0, :], 1.5 * np.stack(curvature, -1), atol=1e-9)


ENERGY_POWER = {
    "energy": 1,
    "velocity": 1,
    "s_current": 1,
    "drift_current": 1,
    "s_current_dipole": 1,
    "orbital_moment": 1,
}
ENERGY_POWER |= {"torque_dipole": 1, "torque_quadrupole": 1, "mixed_berry_curvature": -1, "mixed_metric": -1}
ENERGY_POWER |= {"interband_torque_dipole": 1, "s_weighted_moment": 1}


@pytest.mark.slow_for("factor0")
@pytest.mark.parametrize("factor", [sp.Rational(1, 10**12), 10**12])
def test_quantities_scale_with_their_units(lattice_model, factor):
    model, k = lattice_model(3, 2), random_k(9, 2)
    stronger, larger = model.replace(H=factor * model.H), model.replace(s=factor * model.s)
    for name in quantities.names():
        value = np.abs(evaluate(model, name, k))
        power = ENERGY_POWER.get(name, 0)
        assert np.allclose(np.abs(evaluate(stronger, name, k)) / float(factor) ** power, value, rtol=1e-8, atol=1e-9)
        carries_s = name not in ("energy", "velocity", "berry_curvature")
        assert ("s" in quantities.get(name).unit.split()) == carries_s
        assert np.allclose(np.abs(evaluate(larger, name, k)) / float(factor) ** carries_s, value, rtol=1e-8, atol=1e-9)


@pytest.mark.slow_for("-100")
@pytest.mark.parametrize("exponent", [-100, 100])
def test_huge_and_tiny_energies_neither_overflow_nor_lose_digits(lattice_model, exponent):
    model, k = lattice_model(3, 2), random_k(9, 2)
    scaled = model.replace(H=sp.Integer(10) ** exponent * model.H)
    for name in ("berry_curvature", "s_dipole", "s_berry_curvature", "torque_polarizability"):
        assert np.allclose(evaluate(scaled, name, k), evaluate(model, name, k), rtol=1e-8)


def test_a_single_band_has_no_geometry(lattice_model):
    model, k = lattice_model(1, 2), random_k(3, 2)
    s_0 = float(model.s[0, 0])
    assert np.array_equal(evaluate(model, "s_expectation", k), np.full((3, 1), s_0))
    assert np.allclose(evaluate(model, "s_current", k), s_0 * evaluate(model, "velocity", k))
    assert np.allclose(evaluate(model, "drift_current", k), s_0 * evaluate(model, "velocity", k))
    for name in set(quantities.names()) - {"energy", "velocity", "s_expectation", "s_current", "drift_current"}:
        assert not evaluate(model, name, k).any()


def test_no_momenta_give_no_values(lattice_model):
    model = lattice_model(3, 2)
    for name in quantities.names():
        extra = (2, 3, 3) if quantities.get(name).operator else (3, *(2,) * len(quantities.get(name).indices))
        assert evaluate(model, name, np.zeros((0, 2))).shape == (0, *extra)
        assert evaluate(model, name, np.zeros((4, 0, 2))).shape == (4, 0, *extra)
        assert evaluate(model, name, np.full((2, 1, 2), 0.3)).shape == (2, 1, *extra)
        assert evaluate(model, name, [0.3, 0.1]).shape == extra


def test_many_points_are_the_same_as_one_by_one(lattice_model):
    model, k = lattice_model(2, 2), random_k(4, 2, 4097)
    together = evaluate(model, "s_dipole", k)
    for point in (0, 4095, 4096):
        assert np.allclose(together[point], evaluate(model, "s_dipole", k[point]), rtol=1e-12, atol=1e-14)


# -- expressions of one's own ------------------------------------------------------------------------------------------
def test_any_scalar_expression_can_be_evaluated(lattice_model):
    model, k = lattice_model(3, 2), np.array([0.3, 0.8])
    expression = Re(Trace(P * v(0) * Resolvent("n", 2) * J(1))) - ex.v_band(0) * Trace(P * s) / 2
    at = States(model, k)
    expected = [at.moment(n, at.v[0], at.J[1], 2).real - at.v[0][n, n].real * at.s[n, n].real / 2 for n in range(3)]
    assert np.allclose(evaluate(model, expression, k), expected)
    curvature_of_energy = evaluate(model, ex.BandEnergy("n", (0, 1)), k)
    velocity = lambda q: evaluate(model, "velocity", q)[..., 0]  # noqa: E731
    assert np.allclose(curvature_of_energy, gradient(velocity, k, 1), rtol=1e-8)


@pytest.mark.parametrize(
    ("expression", "error", "message"),
    [
        (Trace(P * v("i")), ValueError, r"expression: expected integer axes, .* got \('i',\)"),
        (Trace(s), ValueError, "Trace: expected a projector in every term, got a term without"),
        (P, TypeError, "expression: expected a scalar that eigenstates can read, got Projector"),
        (ex.Occupation("f"), TypeError, "expression: expected a scalar that eigenstates can read, got Occupation"),
        ("spin", ValueError, "quantity: expected one of energy, .*, got 'spin'"),
    ],
)
def test_what_has_no_value_is_refused(lattice_model, expression, error, message):
    with pytest.raises(error, match=message):
        evaluate(lattice_model(2, 2), expression, [0.3, 0.1])
