"""Products of many small matrices, and phases, against NumPy's own."""

import numpy as np
import pytest

from symcur.band_structures import arithmetic
from symcur.band_structures.arithmetic import each_times, phase_factors, product, times_each


def _random(*shape):
    generator = np.random.default_rng(sum(shape))
    return generator.normal(size=shape) + 1j * generator.normal(size=shape)


@pytest.mark.parametrize("size", range(1, 9))
def test_one_matrix_on_either_side(size):
    a, s = _random(5, 3, size, size), _random(size, size)
    np.testing.assert_allclose(times_each(a, s), a @ s, rtol=0, atol=1e-14)
    np.testing.assert_allclose(times_each(a.mT, s), a.mT @ s, rtol=0, atol=1e-14)
    np.testing.assert_allclose(each_times(s, a), s @ a, rtol=0, atol=1e-14)


@pytest.mark.parametrize("with_numpy_2_0", [False, True])
@pytest.mark.parametrize("size", range(1, 9))
def test_rows_times_matrices(size, with_numpy_2_0, monkeypatch):
    if with_numpy_2_0:
        monkeypatch.setattr(arithmetic, "_matvec", None)
    rows, matrices = _random(7, 2 * size + 1, size), _random(7, size, size)
    np.testing.assert_allclose(product(rows, matrices), rows @ matrices, rtol=0, atol=1e-14)
    np.testing.assert_allclose(product(rows, matrices[0]), rows @ matrices[0], rtol=0, atol=1e-14)
    assert product(rows, matrices.conj().mT).flags.c_contiguous


@pytest.mark.parametrize("reach", [1e-17, 1e-3, 3.0, 1e5])
def test_phases_are_the_exponential(reach):
    x = np.random.default_rng(3).uniform(-reach, reach, size=(301, 7))
    np.testing.assert_allclose(phase_factors(x), np.exp(1j * x), rtol=0, atol=4e-16)
    assert phase_factors(0.0) == 1
