"""What a kernel knows about itself, what it accepts and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from kernel_models import random_model

import symcur.models
from symcur import quantities
from symcur.expressions import P, Re, Trace, v
from symcur.kernels import Kernel, Values, compile


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return compile(symcur.models.kane_mele(), ["berry_curvature", "s_dipole"], backend="numpy")


def test_arguments_and_shapes(kernel):
    assert kernel.argument_order == ("k_x", "k_y", "t", "lambda_SO", "lambda_R", "lambda_v")
    assert kernel.shapes == {"energy": (4,), "berry_curvature": (4, 2, 2), "s_dipole": (4, 2)}
    assert kernel.quantities == ("energy", "berry_curvature", "s_dipole")
    assert kernel.multiplets == (1, 1, 1, 1)
    assert repr(kernel) == (
        "Kernel(kane_mele: energy, berry_curvature, s_dipole; arguments k_x, k_y, t, lambda_SO, lambda_R, lambda_v; "
        "closed form, numpy)"
    )


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 4), (2, 1, 3)])
def test_the_shape_of_k_is_kept(kernel, shape):
    k = np.random.default_rng(0).uniform(-1, 1, (*shape, 2))
    values = kernel(k)
    assert isinstance(values, Values)
    assert {name: array.shape for name, array in values.items()} == {
        "energy": (*shape, 4),
        "berry_curvature": (*shape, 4, 2, 2),
        "s_dipole": (*shape, 4, 2),
    }


@pytest.mark.parametrize("model", ["kane_mele", "luttinger", "kagome_antiferromagnet"])
@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 2)])
def test_no_points(model, shape):
    model = symcur.models.get(model)
    values = compile(model, ["s_dipole"], backend="numpy")(np.empty((*shape, model.dimension)))
    assert values["s_dipole"].shape == (*shape, model.size, model.dimension)
    assert values.by_eigenstates == 0


@pytest.mark.parametrize("backend", ["heyoka", "numpy"])
def test_parameters_are_arguments_at_run_time(backend, monkeypatch):
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    model = symcur.models.kane_mele()
    kernel = compile(model, ["s_dipole"], backend=backend)
    monkeypatch.setattr("symcur.kernels.compilation.spectrum", None)  # nothing is compiled again
    k = np.random.default_rng(1).uniform(-3, 3, (10, 2))
    (symbol,) = (symbol for symbol in model.parameters if symbol.name == "lambda_R")
    for lambda_R in (0.05, 0.4):
        energy = kernel(k, lambda_R=lambda_R)["energy"]
        np.testing.assert_allclose(energy, model.with_values(lambda_R=lambda_R).energies(k), rtol=1e-12, atol=1e-12)
        for parameters in ({"lambda_R": lambda_R}, {symbol: lambda_R}):
            np.testing.assert_array_equal(kernel(k, parameters)["energy"], energy)


def test_a_single_name_and_no_name_at_all():
    model = random_model(2, 1, seed=3)
    assert compile(model, "s_dipole", backend="numpy").quantities == ("energy", "s_dipole")
    assert compile(model, [], backend="numpy").quantities == ("energy",)
    assert compile(model, ["energy", quantities.get("velocity")], backend="numpy").quantities == ("energy", "velocity")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["interband_torque_dipole"], "quantities: expected numbers per band, got interband_torque_dipole"),
        (["spin_dipole"], r"quantity: expected one of energy, .* got 'spin_dipole' \(did you mean s_dipole\?\)"),
        ({"energy": "velocity"}, "quantities: .* 'energy'"),
        ({"mine": Re(Trace(P * v("i")))}, "quantities: .* 'mine' .* axes 'i'"),
        ({"mine": Re(Trace(P * v(1)))}, "quantities: .* 'mine' .* axes 1"),
        ({"mine": Trace(v(0))}, "Trace: expected a projector in every term"),
    ],
)
def test_quantities_that_are_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        compile(random_model(2, 1, seed=3), asked, backend="numpy")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backend": "numba"}, "backend: expected one of auto, heyoka, numpy, got 'numba'"),
        ({"threads": 0}, "threads: expected an integer >= 1, got 0"),
        ({"threads": 1.5}, "threads: expected an integer >= 1, got 1.5"),
        ({"tolerance": -1.0}, "tolerance: expected a finite number >= 0, got -1.0"),
    ],
)
def test_arguments_that_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        compile(random_model(2, 1, seed=3), ["s_dipole"], **arguments)


def test_calls_that_are_refused(kernel):
    with pytest.raises(ValueError, match=r"k: expected an array of shape \(..., 2\), Cartesian, got \(4, 3\)"):
        kernel(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="k: expected finite numbers"):
        kernel([[0.0, np.nan]])
    with pytest.raises(ValueError, match=r"parameters: expected some of .* of kane_mele, got lambda_X"):
        kernel([[0.0, 0.1]], lambda_X=1.0)


def test_no_points_without_a_program():
    k_x = sp.Symbol("k_x", real=True)
    model = symcur.Model(sp.diag(sp.tanh(k_x), 1), s=sp.diag(1, -1), k=k_x)
    kernel = compile(model, ["s_dipole"])
    assert kernel.route == "eigenstates"
    assert kernel(np.empty((0, 1)))["s_dipole"].shape == (0, 2, 1)


@pytest.mark.parametrize("backend", ["heyoka", "numpy"])
def test_matrix_elements_that_are_not_finite_are_refused(backend):
    """|k| has no gradient at k = 0 although the energies are finite there."""
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    k_x, k_y = sp.symbols("k_x k_y", real=True)
    size = sp.sqrt(k_x**2 + k_y**2)
    for H in (sp.diag(1 + size, -1), sp.diag(1 + k_x * k_y / size, -1)):
        kernel = compile(symcur.Model(H, s=sp.Matrix([[1, 2], [2, 3]]), k=(k_x, k_y)), ["velocity"], backend=backend)
        values = kernel([[0.3, 0.4]])
        assert values.by_eigenstates == 0
        assert np.isfinite(values["velocity"]).all()
        with pytest.raises(ValueError, match=r"k: expected momenta where .* is finite, got k = \[0.0, 0.0\]"):
            kernel([[0.3, 0.4], [0.0, 0.0]])


def test_results_of_earlier_calls_are_never_overwritten():
    """Memory is recycled between calls, but only when nothing refers to it."""
    model = random_model(2, 2, seed=9)
    kernel = compile(model, ["s_dipole", "berry_curvature"], backend="numpy")
    k = np.random.default_rng(9).uniform(-3, 3, (40_000, 2))
    first = kernel(k)
    kept, copy = first["s_dipole"][::7, 1], first["s_dipole"][::7, 1].copy()
    addresses = {first["energy"].__array_interface__["data"][0]}
    del first
    for shift in (0.1, 0.2, 0.3):
        values = kernel(k + shift)
        addresses.add(values["energy"].__array_interface__["data"][0])
        del values
        np.testing.assert_array_equal(kept, copy)
    assert len(addresses) == 2  # the one still seen through ``kept``, and one used three times
