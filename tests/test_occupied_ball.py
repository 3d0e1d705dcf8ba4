"""The ball that holds the occupied states of a continuum."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcur import Model
from symcur.band_structures.energies import occupied_ball

k_x, k_y = sp.symbols("k_x k_y", real=True)


def parabola(x: float, y: float) -> Model:
    """e = |k - (x, y)|^2, and a band far above."""
    e = (k_x - sp.Rational(x)) ** 2 + (k_y - sp.Rational(y)) ** 2
    return Model(sp.diag(e, e + 1000), sp.diag(1, -1), (k_x, k_y))


@pytest.mark.parametrize("radius", [1e-4, 0.0123, 0.7])
def test_a_pocket_far_from_the_origin_has_a_ball_of_its_size(radius):
    centre, found = occupied_ball(parabola(30, -40), radius**2)
    assert np.linalg.norm(centre - [30, -40]) < 1e-6
    assert radius < found < 1.05 * radius


@pytest.mark.parametrize("radius", [0.3, 0.71, 5.0])
def test_a_sea_around_the_origin_has_a_ball_there(radius):
    centre, found = occupied_ball(parabola(0, 0), radius**2)
    assert not centre.any() or np.linalg.norm(centre) < 1e-6
    assert radius < found < 1.05 * radius


def test_without_occupied_states_it_is_tiny():
    assert occupied_ball(parabola(3, 4), -1.0)[1] < 1e-5


def test_a_level_above_every_energy_has_none():
    flat = Model(sp.diag(k_x**2 / (1 + k_x**2 + k_y**2), 7), sp.diag(1, -1), (k_x, k_y))
    with pytest.raises(ValueError, match="rises above 2 far out, got one that stays below"):
        occupied_ball(flat, 2.0)
