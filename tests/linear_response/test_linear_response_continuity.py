"""The continuity equation on a lattice, exactly, at wave vectors of the size of the zone."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import linear_response


@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("conserved", [False, True])
def test_continuity_holds_for_every_matrix_element(random_model, dimension, conserved):
    """i[H, s_q] + i q.J_q = tau_q with the velocity averaged along the straight line from k to k + q."""
    generator = np.random.default_rng(dimension)
    k, q = generator.uniform(-3, 3, size=(2, 50, dimension))
    model = random_model(3, dimension=dimension, conserved=conserved)
    scale = np.abs(model.matrix("H", k)).max()
    assert linear_response.continuity_residual(model, k, q) < 1e-13 * scale


def test_the_mean_of_the_end_points_is_not_enough(random_model):
    """(1/2)(v(k) + v(k + q)) breaks the equation by q.w''q^2/12: an eighth of the residual when q is halved."""
    model, k = random_model(3), np.array([0.3, -0.8])
    s, direction = model.matrix("s", k), np.array([0.6, 0.8])

    def residual(size):
        q = size * direction
        difference = model.matrix("H", k + q) - model.matrix("H", k)
        mean = sum(q[i] * (model.matrix("H", k, (i,)) + model.matrix("H", k + q, (i,))) / 2 for i in range(2))
        defect = difference - mean
        return np.abs(defect @ s + s @ defect).max() / 2

    assert residual(0.1) > 1e-6
    assert residual(0.1) / residual(0.05) == pytest.approx(8, rel=0.1)


def test_the_line_average_integrates_the_velocity(random_model):
    model, k, q = random_model(5), np.array([[0.2, 0.5]]), np.array([1.3, -0.7])
    difference = model.matrix("H", k + q) - model.matrix("H", k)
    average = sum(q[i] * linear_response.line_velocity(model, k, q, i) for i in range(2))
    assert np.abs(difference - average).max() < 1e-14
