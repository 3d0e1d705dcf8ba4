"""Different rows are those that NumPy finds, in its order, whatever the signs of zeros."""

from __future__ import annotations

import numpy as np
import pytest

from symcur.brillouin.distinct import distinct_rows


@pytest.mark.parametrize("shape", [(0, 2), (1, 3), (200, 1), (500, 2), (500, 3)])
@pytest.mark.parametrize("span", [1.5, 1e6])
def test_as_numpy_finds_them(shape, span):
    random = np.random.default_rng(shape[0])
    rows = np.round(random.uniform(-span, span, size=shape))
    rows[rows == 0] = random.choice([0.0, -0.0], size=(rows == 0).sum())
    _, first, same = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    found = distinct_rows(rows)
    np.testing.assert_array_equal(found[0], first)
    np.testing.assert_array_equal(found[1], same.ravel())
