"""Exact response to a slow longitudinal field against int f Omega^{lis}, int f Omega^{l tau} and int f chi^{il}."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sums_over_states import semiclassics, symmetric

from symcur import linear_response

MU, TEMPERATURE = 1.0, 0.3


def relative(a, b):
    return np.abs(a / b - 1).max()


@cache
def response_and_theory(model):
    return linear_response.uniform_field_response(model, MU, TEMPERATURE), semiclassics(model, MU, TEMPERATURE, 64)


@pytest.mark.slow_for("9", "6", "8", "5", "1", "3")
@pytest.mark.parametrize("seed", range(10))
def test_interband_response_to_a_uniform_field(random_model, seed):
    """Measured: 1e-8 for the current, 8e-7 for the torque, 1e-6 for its gradient, each the worst component of all."""
    response, theory = response_and_theory(random_model(seed, spacing=3))
    assert relative(response["current"].value, theory.s_berry_curvature) < 1e-6
    assert relative(response["torque"].value, theory.torque_berry_curvature) < 1e-5
    assert relative(response["torque_gradient"].value, symmetric(theory.chi)) < 1e-5
    assert relative(response["torque_gradient"].value, symmetric(theory.chi_by_definition)) < 1e-5
    assert np.all(np.abs(response["current"].value - theory.s_berry_curvature) < response["current"].error)
    assert np.all(np.abs(response["torque_gradient"].value - symmetric(theory.chi)) < response["torque_gradient"].error)


@pytest.mark.slow
def test_three_dimensions(random_model):
    model = random_model(1, dimension=3, spacing=4, hopping=96)
    response = linear_response.uniform_field_response(model, MU, 0.5, rtol=1e-5)
    theory = semiclassics(model, MU, 0.5, 24)
    assert relative(response["current"].value, theory.s_berry_curvature) < 1e-4
    assert relative(response["torque_gradient"].value, symmetric(theory.chi)) < 1e-4


@pytest.mark.parametrize("seed", [0, 5])
def test_wrong_indices_and_signs_are_refuted(random_model, seed):
    response, theory = response_and_theory(random_model(seed, spacing=3))
    gradient, current = response["torque_gradient"], response["current"]
    misprint = np.abs(gradient.value - symmetric(theory.chi_misprinted))
    assert misprint[0, 1] > 1e3 * gradient.error[0, 1]
    assert np.all(np.abs(gradient.value + symmetric(theory.chi)) > 1e3 * gradient.error)
    transposed = np.abs(current.value - theory.s_berry_curvature.T)
    assert transposed[0, 1] > 1e3 * current.error[0, 1]


def test_the_uniform_torque_of_a_metal_does_not_vanish_by_itself(random_model):
    """int f Omega^{l tau} = int f d_{k_l} s_n: a Fermi-surface quantity that only scattering can balance."""
    response, theory = response_and_theory(random_model(7, spacing=3))
    torque = response["torque"]
    assert torque.value == pytest.approx(theory.velocity_of_s, rel=1e-5)
    assert np.all(np.abs(torque.value) > 1e3 * torque.error)


def test_an_insulator_has_no_uniform_torque(chern_insulator):
    response = linear_response.uniform_field_response(chern_insulator("0.25"), 0.23, 0.015)
    assert np.abs(response["torque"].value).max() < 1e-7
    total = symmetric(response["current"].value) + response["torque_gradient"].value
    assert np.abs(total).max() < 1e-6 * np.abs(response["current"].value).max()


@pytest.mark.parametrize("seed", [0, 5])
def test_what_accumulates_is_what_the_continuity_equation_leaves(random_model, seed):
    """ds/dt from the density of s, against the uniform torque and the divergence of J + J^tau."""
    model = random_model(seed, spacing=3)
    response, _ = response_and_theory(model)
    rate = linear_response.accumulation_response(model, MU, TEMPERATURE)
    flows = symmetric(response["current"].value) + response["torque_gradient"].value
    assert relative(rate["uniform"].value, response["torque"].value) < 1e-5
    assert relative(rate["gradient"].value, flows) < 1e-5


def test_a_conserved_s_of_equal_value_in_all_states_does_not_accumulate(random_model):
    model = random_model(0, spacing=3)
    rate = linear_response.accumulation_response(model.with_s(1), MU, TEMPERATURE)
    assert max(np.abs(rate[name].value).max() for name in rate) < 1e-9
