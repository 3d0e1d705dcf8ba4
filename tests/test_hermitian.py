"""Eigenvalues and eigenvectors of stacks of Hermitian matrices, those of two bands by formulas."""

from __future__ import annotations

import numpy as np
import pytest

from symcur.band_structures.hermitian import eigenvalues, eigenvectors

EPS = np.finfo(float).eps


def random_matrices(size: int) -> np.ndarray:
    generator = np.random.default_rng(size)
    H = generator.normal(size=(40, size, size)) + 1j * generator.normal(size=(40, size, size))
    return H + H.conj().mT


def two_by_two(a: float, b: float, w: complex) -> np.ndarray:
    return np.array([[a, np.conj(w)], [w, b]], dtype=complex)


SPECIAL = np.array(
    [
        two_by_two(0, 0, 0),
        two_by_two(3, 3, 0),
        two_by_two(1, -1, 0),
        two_by_two(-1, 1, 0),
        two_by_two(0, 0, 1j),
        two_by_two(1, -1, 1e-9j),
        two_by_two(-1, 1, 1e-9 + 1e-9j),
        two_by_two(-1, 1, 1e-200),
        two_by_two(5, 5, 1e-12),
        two_by_two(-2e160, 1e160, 1e160j),
        two_by_two(-2e-170, 1e-170, 1e-170j),
    ]
)


@pytest.mark.parametrize("H", [random_matrices(1), random_matrices(2), random_matrices(3), SPECIAL], ids=len)
def test_h_is_diagonal_between_orthonormal_eigenvectors(H):
    energies, U = eigenvectors(H)
    size = np.maximum(np.abs(H).max(axis=(1, 2)), np.finfo(float).tiny)[:, None]
    assert np.abs(U.conj().mT @ U - np.eye(H.shape[-1])).max() < 8 * EPS
    assert np.abs((H / size[..., None]) @ U - U * (energies / size)[:, None]).max() < 16 * EPS
    assert np.abs((energies - np.linalg.eigvalsh(H)) / size).max() < 16 * EPS
    assert (np.diff(energies, axis=-1) >= 0).all()
    assert np.abs((eigenvalues(H) - energies) / size).max() < 16 * EPS


def test_small_components_of_two_bands_have_all_their_digits():
    """To first order in w/(a - b) the admixture is w/(a - b), however small it is."""
    for a, b in ((1.0, -1.0), (-1.0, 1.0)):
        w = (3 + 4j) * 1e-12
        _, U = eigenvectors(two_by_two(a, b, w))
        upper = U[:, 1] / U[int(a < b), 1]
        assert upper[int(a > b)] == pytest.approx(w / 2 if a > b else np.conj(w) / 2, rel=1e-14)


def test_stacks_of_any_shape_and_the_lower_triangle():
    H = random_matrices(2).reshape(2, 4, 5, 2, 2)
    energies, U = eigenvectors(H)
    assert energies.shape == (2, 4, 5, 2)
    assert U.shape == H.shape
    upper = H.copy()
    upper[..., 0, 1] = np.nan
    np.testing.assert_array_equal(eigenvalues(upper), energies)
