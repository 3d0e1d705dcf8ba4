"""Quantities through eigenstates: printed sums, geometry without sums, multiplets, gauge freedom, identities, scaling."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_sums import States, gradient, quantity

from symcur import Model, evaluate, models, quantities, words
from symcur.eigenstates import DegeneracyWarning, Eigenstates
from symcur.words import Derivative, Im, J, P, Re, Resolvent, S, Trace, s, tau, v

SCALARS = [name for name in quantities.names() if not quantities.get(name).operator]
TORQUE = [name for name in quantities.names() if name.startswith("torque")]
cases = st.sampled_from([(2, 1), (3, 2), (2, 3), (4, 2)])
momenta = st.integers(0, 10**6)
few = settings(max_examples=8, deadline=None, derandomize=True)


def random_k(seed, dimension, count=3):
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, size=(count, dimension))


def separated(model, k):
    """The points where all gaps exceed a fiftieth of the bandwidth: elsewhere digits are lost, not identities."""
    energies = np.linalg.eigvalsh(model.matrix("H", k))
    return k[np.diff(energies).min(axis=-1, initial=np.inf) > 0.02 * np.ptp(energies, axis=-1)]


# -- against the sums that the paper prints ----------------------------------------------------------------------------
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
def projector(model, k, n, rank=1):
    vectors = np.linalg.eigh(model.matrix("H", k))[1][:, n : n + rank]
    return vectors @ vectors.conj().T


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


# -- degenerate multiplets ---------------------------------------------------------------------------------------------
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
    """Words read with explicit matrices P and S of the pair, built from nothing but eigenprojectors."""
    model, k = kramers_model(), np.array([0.3, 1.9])
    energies = np.linalg.eigvalsh(model.matrix("H", k))[::2]
    both = [projector(model, k, 0, 2), projector(model, k, 2, 2)]
    values = evaluate(model, name, k)
    operator = {axes: model.matrix("H", k, axes) for axes in ((), (0,), (1,), (0, 0), (0, 1), (1, 1))}
    for pair in (0, 1):
        S_pair = both[1 - pair] / (energies[pair] - energies[1 - pair])
        reading = Explicit(operator, model.matrix("s", k), both[pair], S_pair)
        for axes in quantities.get(name).components(2):
            expected = reading.read(quantities.get(name).word(*axes)).real / 2
            assert values[2 * pair][axes] == pytest.approx(expected, rel=1e-9, abs=1e-10)


class Explicit:
    """A few lines that evaluate a word from matrices, with the derivative rules; scalars are numbers."""

    def __init__(self, H, sigma, P, S) -> None:
        self.H, self.s, self.P, self.S, self.one = H, sigma, P, S, np.eye(len(P))

    def read(self, word):
        match word:
            case words.Number(value):
                return complex(value.x, value.y)
            case words.Operator("s"):
                return self.s
            case words.Operator("H", axes):
                return self.H[axes]
            case words.Projector():
                return self.P
            case words.Resolvent(_, power):
                return np.linalg.matrix_power(self.S, power)
            case words.BandEnergy(_, (i,)):
                return np.trace(self.P @ self.H[i,]).real / np.trace(self.P).real
            case words.Sum(terms):
                return sum(self.read(term) for term in terms)
            case words.Product(factors):
                result = self.one
                for factor in map(self.read, factors):
                    result = result @ factor if np.ndim(factor) else result * factor
                scalar = all(np.ndim(self.read(factor)) == 0 for factor in factors)
                return result[0, 0] if scalar else result
            case words.Trace(operand):
                return np.trace(self.read(operand))
            case words.Re(operand):
                return self.read(operand).real
            case words.Im(operand):
                return self.read(operand).imag
            case words.Derivative(axis, operand):
                return self.read(words.derivative(operand, axis))
            case words.Named(_, definition):
                return self.read(definition)
        raise AssertionError(word)


def test_products_inside_the_trace_differ_from_products_of_traces():
    """For a pair Tr[s Omega_P] is not Tr[s] Tr[Omega]/2: the word decides, not its factors."""
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
        with pytest.raises(ValueError, match=f"tolerance: {tolerance} came; a finite number >= 0 is valid"):
            evaluate(model, "energy", k, tolerance=tolerance)


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


# -- gauge freedom -----------------------------------------------------------------------------------------------------
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
        dP = -words.I * Resolvent("n", 2) * v(l) * P
        dP = dP + words.adjoint(dP)
        slope_of_dP, dP_i = Derivative(i, dP), Derivative(i, P)
        change = -dP * dP_i * P + (1 - P) * slope_of_dP * P + (1 - P) * dP_i * dP
        change = evaluate(model, -Im(Trace(tau * change)), k).real
        v_n = evaluate(model, "velocity", k)[..., i]
        expected = chi[..., i, l] + v_n * mixed[..., l]
        assert np.allclose(change, expected, rtol=1e-8, atol=1e-8 * max(1.0, np.abs(expected).max(initial=0)))


# -- limits ------------------------------------------------------------------------------------------------------------
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
ENERGY_POWER |= {"interband_torque_dipole": 1}


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


# -- words of one's own ------------------------------------------------------------------------------------------------
def test_any_scalar_word_can_be_evaluated(lattice_model):
    model, k = lattice_model(3, 2), np.array([0.3, 0.8])
    word = Re(Trace(P * v(0) * Resolvent("n", 2) * J(1))) - words.v_band(0) * Trace(P * s) / 2
    at = States(model, k)
    expected = [at.moment(n, at.v[0], at.J[1], 2).real - at.v[0][n, n].real * at.s[n, n].real / 2 for n in range(3)]
    assert np.allclose(evaluate(model, word, k), expected)
    curvature_of_energy = evaluate(model, words.BandEnergy("n", (0, 1)), k)
    velocity = lambda q: evaluate(model, "velocity", q)[..., 0]  # noqa: E731
    assert np.allclose(curvature_of_energy, gradient(velocity, k, 1), rtol=1e-8)


@pytest.mark.parametrize(
    ("word", "error", "message"),
    [
        (Trace(P * v("i")), ValueError, "word: the free axes .* came; numbers need integer axes"),
        (Trace(s), ValueError, "Trace: without a projector"),
        (P, TypeError, "word: Projector is not a scalar that eigenstates can read"),
        (words.Occupation("f"), TypeError, "word: Occupation is not a scalar"),
        ("spin", ValueError, "quantity: 'spin' came.*valid are energy"),
    ],
)
def test_what_has_no_value_is_refused(lattice_model, word, error, message):
    with pytest.raises(error, match=message):
        evaluate(lattice_model(2, 2), word, [0.3, 0.1])
