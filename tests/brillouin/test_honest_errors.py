"""The error estimate bounds the true error: measured on random integrals with known values."""

from __future__ import annotations

import numpy as np
import pytest
from known_integrals import chern_insulator, random_cases

from symcur.brillouin import LatticeCell, integrate_bands


def test_the_true_error_lies_within_the_estimate():
    ratios = []
    for name, result, known in random_cases(seed=20211, rounds=10):
        known = np.broadcast_to(known, result.value.shape)
        has = ~np.isnan(known)
        assert result.converged, f"{name}: {result}"
        ratios.extend((np.abs(result.value - known) / result.error)[has].ravel())
    assert len(ratios) >= 200
    assert np.mean(np.array(ratios) <= 1) >= 0.99
    assert np.max(ratios) <= 10


@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-5, 1e-6])
@pytest.mark.parametrize("rtol", [1e-2, 1e-6])
def test_a_small_gap_hides_no_curvature(gap, rtol):
    """Half a quantum of Berry curvature sits in a region as small as the gap."""
    result = integrate_bands(chern_insulator(2 - gap), LatticeCell(np.eye(2)), ["f"], 0.0, 0.0, rtol=rtol)
    assert result.converged
    assert abs(result.value[0] + 1) <= min(result.error[0], rtol)


@pytest.mark.parametrize("budget", [1000, 8000, 16000])
def test_a_tolerance_that_is_not_met_is_told(budget):
    result = integrate_bands(
        chern_insulator(2 - 1e-2), LatticeCell(np.eye(2)), ["f"], 0.0, 0.0, rtol=1e-11, max_evaluations=budget
    )
    assert result.status == "tolerance not met"
    assert "max_evaluations" in result.message
    assert result.evaluations <= budget
    assert result.error[0] > 1e-11


def test_a_divergent_density_of_states_does_not_converge():
    """mu at the saddle of the square lattice: the filling is 1/2, the density of states infinite."""

    def bands(k):
        return -2 * np.cos(k).sum(axis=-1)[:, None], np.ones((len(k), 1, 2))

    result = integrate_bands(bands, LatticeCell(np.eye(2)), ["f", "-df/de"], 0.0, 0.0, rtol=1e-4)
    assert result.status == "tolerance not met"
    assert abs(result.value[0] - 0.5) <= result.error[0] < 1e-4
    assert result.error[1] > 0.1 * result.value[1]
