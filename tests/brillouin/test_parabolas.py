"""The bottom of a parabola through values around a point."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from symcur.brillouin.parabolas import bottoms


def corners_of(dimension):
    return np.array(list(product((-1, 0, 1), repeat=dimension)), dtype=float)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_squares_of_gaps_next_to_a_touching_tell_where_it_is_and_how_wide(dimension):
    """g^2 = m^2 + |A (x - a)|^2: along an axis it doubles g over sqrt(3) m/|A e|."""
    random, corners = np.random.default_rng(dimension), corners_of(dimension)
    A, a, m = random.normal(size=(dimension, dimension)), random.uniform(-1, 1, dimension), 1e-3
    values = m**2 + ((corners - a) @ A.T) ** 2 @ np.ones(dimension)
    some, step, halvings = bottoms(values[None], corners)
    assert some.tolist() == [0]
    np.testing.assert_allclose(step[0], a, atol=1e-12)
    doubles = np.sqrt(3) * m / np.linalg.norm(A, axis=0)
    assert (0.5 ** halvings[0] >= doubles).all()
    assert (0.5 ** halvings[0] <= 4 * doubles).all()


@pytest.mark.parametrize("bend", [lambda x, y: (x + y) ** 2, lambda x, y: 2 + x * x - y * y, lambda x, y: 1 + 0 * x])
def test_valleys_saddles_and_constants_have_no_bottom(bend):
    corners = corners_of(2)
    some, step, halvings = bottoms(bend(*corners.T)[None], corners)
    assert len(some) == len(step) == len(halvings) == 0
