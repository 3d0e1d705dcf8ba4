"""A kernel gives what the eigenstates give: every quantity, every number of bands, every dimension."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from kernel_models import TRACED, largest_error, natural_scales, random_model

import symcur.models
from symcur.band_structures import Model
from symcur.eigenstates import evaluate
from symcur.expressions import Im, P, S, Trace, s, tau, v
from symcur.kernels import compile

DIGITS = 1e-9
FEW = ("velocity", "berry_curvature", "s_dipole", "s_berry_curvature", "torque_dipole")


def assert_agrees(model: Model, names, k, backend="numpy", **parameters):
    """Every number within DIGITS of the natural scale (of the largest value at the same k, where none is stated)."""
    values = compile(model, names, backend=backend)(k, **parameters)
    model, flat = model.with_values(parameters), k.reshape(-1, model.dimension)
    scales = natural_scales(model, flat)
    for name in ("energy", *names):
        expected = evaluate(model, name, flat)
        largest = np.abs(expected).reshape(len(flat), -1).max(axis=-1)[:, None] + np.zeros(model.size)
        got = values[name].reshape(expected.shape)
        assert largest_error(got, expected, scales.get(name, largest)) < DIGITS, name
    return values


@pytest.mark.slow_for("3-1-False", "4-1-False", "3-2-True", "2-3-False", "4-2-True")
@pytest.mark.parametrize(
    ("N", "D", "diagonal_s"),
    [
        (1, 1, False),
        (1, 3, True),
        (2, 1, True),
        (2, 3, False),
        (3, 1, False),
        (3, 2, True),
        (4, 1, False),
        (4, 2, True),
    ],
)
def test_every_quantity_in_closed_form(N, D, diagonal_s):
    model = random_model(N, D, seed=10 * N + D, diagonal_s=diagonal_s)
    k = np.random.default_rng(N).uniform(-3, 3, (40, 5, D))
    values = assert_agrees(model, TRACED, k, g=0.4)
    assert compile(model, ["energy"], backend="numpy").route == "closed form"
    assert values.by_eigenstates == 0


@pytest.mark.slow_for("6-2")
@pytest.mark.parametrize(("N", "D"), [(5, 1), (6, 2)])
def test_beyond_four_bands(N, D):
    model = random_model(N, D, seed=N, diagonal_s=N == 6)
    kernel = compile(model, FEW, backend="numpy")
    assert kernel.route == "LAPACK"
    assert "closed forms reach 4" in kernel.reason
    names = TRACED if D == 1 else (*FEW, "torque_polarizability")
    assert_agrees(model, names, np.random.default_rng(N).uniform(-3, 3, (60, D)), t=0.8)


@pytest.mark.slow_for("4-3", "6-3")
@pytest.mark.parametrize(("N", "D"), [(3, 3), (4, 3), (6, 3)])
def test_three_dimensions(N, D):
    assert_agrees(random_model(N, D, seed=N), FEW, np.random.default_rng(N).uniform(-3, 3, (60, D)))


@pytest.mark.slow_for("haldane_superconductor")
@pytest.mark.parametrize("name", symcur.models.names())
def test_library_models(name):
    model = symcur.models.get(name)
    values = assert_agrees(model, FEW, np.random.default_rng(4).uniform(-2, 2, (50, model.dimension)))
    assert values.by_eigenstates <= 1


def test_a_multiplet_carries_its_trace_in_equal_parts():
    model = symcur.models.luttinger()
    names = ("velocity", "s_expectation", "s_berry_curvature", "s_weighted_curvature", "torque_quadrupole")
    kernel = compile(model, names, backend="numpy")
    assert kernel.multiplets == (2, 2)
    assert kernel.route == "closed form"
    k = np.random.default_rng(8).uniform(-1, 1, (30, 3))
    values = assert_agrees(model, names, k)
    assert values.by_eigenstates == 0
    np.testing.assert_array_equal(values["s_berry_curvature"][:, 0], values["s_berry_curvature"][:, 1])


def test_bands_of_different_rank_may_cross():
    k_x = sp.Symbol("k_x", real=True)
    single, pair = sp.cos(k_x), sp.sin(k_x) / 3
    frame = sp.Matrix([[2, 1, 2], [-2, 2, 1], [1, 2, -2]]) / 3
    model = Model(frame * sp.diag(single, pair, pair) * frame.T, s=sp.diag(1, -1, 0), k=k_x)
    k = np.linspace(-3, 3, 41)[:, None]
    values = assert_agrees(model, ("velocity", "s_expectation", "s_dipole"), k)
    assert 0 < values.by_eigenstates < len(k)


def test_parameters_may_make_bands_degenerate_everywhere():
    model = symcur.models.kane_mele()
    k = np.random.default_rng(3).uniform(-3, 3, (20, 2))
    values = assert_agrees(model, FEW, k, lambda_R=0.0, lambda_v=0.0)
    assert values.by_eigenstates == len(k)


def test_the_identity_has_no_dipole_and_its_current_is_the_velocity():
    model = random_model(4, 2, seed=5).replace(s=1)
    values = compile(model, ["s_dipole", "s_current", "velocity", "torque_dipole", "berry_curvature"], backend="numpy")(
        np.random.default_rng(5).uniform(-3, 3, (50, 2))
    )
    assert not values["s_dipole"].any()
    assert not values["torque_dipole"].any()
    np.testing.assert_array_equal(values["s_current"], values["velocity"])
    np.testing.assert_array_equal(values["berry_curvature"][..., 0, 1], -values["berry_curvature"][..., 1, 0])
    assert not values["berry_curvature"][..., 0, 0].any()


def test_expressions_of_the_users_own():
    model = random_model(3, 2, seed=6)
    own = {"d": Im(Trace(P * v(0) * S * s)), "trace": Trace(P * v(0) * S * v(1)), "rate": "torque_dipole"}
    own["square"] = Trace(P * tau * S * tau)
    k = np.random.default_rng(6).uniform(-3, 3, (20, 2))
    values = compile(model, own, backend="numpy")(k)
    np.testing.assert_allclose(values["d"], evaluate(model, "s_dipole", k)[..., 0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(values["rate"], evaluate(model, "torque_dipole", k), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(values["trace"], evaluate(model, own["trace"], k), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(values["square"], evaluate(model, own["square"], k), rtol=1e-9, atol=1e-12)
    assert np.iscomplexobj(values["trace"])
    assert values["square"].dtype == float  # real because tau is Hermitian, and the program knows


def test_a_function_that_programs_do_not_have():
    k_x = sp.Symbol("k_x", real=True)
    model = Model(sp.Matrix([[sp.tanh(k_x), 1], [1, -sp.tanh(k_x)]]), s=sp.diag(1, -1), k=k_x)
    kernel = compile(model, ["s_dipole"], backend="numpy")
    assert kernel.route == "eigenstates"
    assert "tanh" in kernel.reason
    k = np.linspace(-2, 2, 7)[:, None]
    values = kernel(k)
    np.testing.assert_array_equal(values["s_dipole"], evaluate(model, "s_dipole", k))
    assert values.by_eigenstates == 7


def test_a_model_given_by_numbers():
    formulas = symcur.models.kane_mele()

    def H(k, lambda_R):
        return formulas.with_values(lambda_R=lambda_R).matrix("H", k)

    s = formulas.matrix("s", [0, 0])
    model = Model.from_functions(H, s, lattice=formulas.cell.vectors, parameters={"lambda_R": 0.05})
    kernel = compile(model, FEW, backend="numpy")
    assert kernel.route == "eigenstates"
    assert "given by numbers" in kernel.reason
    k = np.random.default_rng(7).uniform(-3, 3, (9, 2))
    values, expected = kernel(k, lambda_R=0.3), compile(formulas, FEW, backend="numpy")(k, lambda_R=0.3)
    assert values.by_eigenstates == 9
    for name in FEW:
        np.testing.assert_allclose(values[name], expected[name], rtol=1e-9, atol=1e-10)


def test_spin_hall_integral_of_kane_mele_rashba():
    """int d^2k/2pi Omega^{lis} with l = y, i = x over the two occupied bands: +1.027158 (peers' order: minus that)."""
    b = 2 * np.pi * np.array([[1, -1 / np.sqrt(3)], [0, 2 / np.sqrt(3)]])
    fraction = np.arange(96) / 96 + 0.003
    k = np.stack(np.meshgrid(fraction, fraction, indexing="ij"), axis=-1) @ b
    values = compile(symcur.models.kane_mele(), ["s_berry_curvature"])(k)
    mean = values["s_berry_curvature"][..., :2, 1, 0].sum(axis=-1).mean()
    assert mean * abs(np.linalg.det(b)) / (2 * np.pi) == pytest.approx(1.027158, abs=1e-6)


@pytest.mark.filterwarnings("ignore::symcur.eigenstates.DegeneracyWarning")
def test_bands_closer_than_the_tolerance_that_is_asked_for_are_one_multiplet():
    """Levels -+ sqrt(k^2 + 1e-7) beside one at 3: a gap of 2e-4 of the spread, which a tolerance of 1e-3 merges near k = 0 alone."""
    k_x, k_y = sp.symbols("k_x k_y", real=True)
    gap = sp.sqrt(10) / 10000
    model = Model(sp.Matrix([[k_x, gap, 0], [gap, -k_x, k_y], [0, k_y, 3]]), s=sp.diag(1, -1, 2), k=(k_x, k_y))
    k = np.array([[0.0, 0.0], [0.001, 0.0], [0.3, 0.1]])
    kernel = compile(model, ["s_expectation", "s_dipole"], backend="numpy", tolerance=1e-3)
    values = kernel(k)
    assert (kernel.route, values.by_eigenstates) == ("closed form", 2)
    for name in kernel.quantities:
        np.testing.assert_allclose(values[name], evaluate(model, name, k, tolerance=1e-3), rtol=1e-12, atol=1e-12)
    assert compile(model, ["s_expectation"], backend="numpy")(k).by_eigenstates == 0
