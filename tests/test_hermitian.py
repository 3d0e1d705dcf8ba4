"""Eigenvalues and eigenvectors of stacks of Hermitian matrices, those of two and three bands by formulas."""

from __future__ import annotations

import numpy as np
import pytest

from symcur.band_structures import three_bands
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


def of_three(energies: np.ndarray) -> np.ndarray:
    """Matrices in random bases with these energies (number, 3)."""
    generator = np.random.default_rng(len(energies))
    U, _ = np.linalg.qr(
        generator.normal(size=(len(energies), 3, 3)) + 1j * generator.normal(size=(len(energies), 3, 3))
    )
    H = (U * energies[:, None, :]) @ U.conj().mT
    return (H + H.conj().mT) / 2


def many_of_three() -> dict[str, np.ndarray]:
    """Stacks that formulas solve: any, energies from equal to apart, blocks, real matrices, any scale."""
    count, generator = 3000, np.random.default_rng(5)
    kinds = {"any": of_three(generator.normal(size=(count, 3)))}
    for gap in (0.0, 1e-15, 1e-10, 1e-5, 1e-2):
        pair = generator.choice([-1, 1], size=(count, 1)) * np.array([0, gap, 1]) + generator.normal(size=(count, 1))
        kinds[f"two energies {gap:g} apart"] = of_three(pair)
        kinds[f"all {gap:g} around 1"] = of_three(1 + gap * generator.normal(size=(count, 3)))
        kinds[f"diagonal up to {gap:g}"] = np.eye(3) * np.array([2, 1, -1]) + gap * of_three(
            generator.normal(size=(count, 3))
        )
    corners = generator.permuted(np.tile([2.0, 1.0, -1.0], (count, 1)), axis=1)
    mixing = np.triu(10.0 ** generator.uniform(-16, 0, size=(count, 3, 3)), 1)
    blocks = kinds["any"].copy()
    blocks[:, 2, :2] = blocks[:, :2, 2] = 0
    real = kinds["any"].real.astype(complex)
    scale = 10.0 ** generator.uniform(-90, 90, size=(count, 1, 1))
    small = of_three(10.0 ** generator.uniform(-16, 0, size=(count, 3)))
    nearly = np.eye(3) * corners[:, None] + mixing + mixing.mT + 0j
    return {
        **kinds,
        "nearly diagonal": nearly,
        "a block of two": blocks,
        "real": real,
        "of any scale": kinds["any"] * scale,
        "graded": small,
    }


MANY = many_of_three()
STACKS = {**{str(n): random_matrices(n) for n in (1, 2, 3)}, "two bands": SPECIAL, **MANY}


@pytest.mark.parametrize("kind", MANY)
def test_of_many_matrices_of_three_bands_formulas_find_all(kind):
    assert three_bands.eigenvectors(MANY[kind]) is not None


@pytest.mark.parametrize("H", STACKS.values(), ids=STACKS)
def test_h_is_diagonal_between_orthonormal_eigenvectors(H):
    energies, U = eigenvectors(H)
    size = np.maximum(np.abs(H).max(axis=(1, 2)), np.finfo(float).tiny)[:, None]
    assert np.abs(U.conj().mT @ U - np.eye(H.shape[-1])).max() < 8 * EPS
    assert np.abs((H / size[..., None]) @ U - U * (energies / size)[:, None]).max() < 16 * EPS
    assert np.abs((energies - np.linalg.eigvalsh(H)) / size).max() < 16 * EPS
    assert (np.diff(energies, axis=-1) >= 0).all()
    assert np.abs((eigenvalues(H) - energies) / size).max() < 16 * EPS


@pytest.mark.parametrize("N", [19, 20, 24, 25, 26])
@pytest.mark.parametrize("scale", [1, 1e-200, 1e120])
def test_two_dozen_bands_with_zero_equal_and_paired_energies(N, scale):
    """Rows that are added for LAPACK's sake never mix with the others, nor come before them."""
    H = random_matrices(N)
    e, U = np.linalg.eigh(H)
    e[:10, 1:N:2] = e[:10, : N - 1 : 2]
    H[:10] = (U[:10] * e[:10, None]) @ U[:10].conj().mT
    H[10], H[11] = 0, np.eye(N)
    H *= scale
    energies, U = eigenvectors(H.reshape(5, 8, N, N))
    assert energies.shape == (5, 8, N)
    energies, U = energies.reshape(-1, N), U.reshape(H.shape)
    size = np.maximum(np.linalg.norm(H / scale, 2, axis=(1, 2)), 1)[:, None]
    assert np.abs(U.conj().mT @ U - np.eye(N)).max() < 2 * N * EPS
    assert np.abs((H / scale) @ U - U * (energies / scale)[:, None]).max() < N * EPS * size.max()
    assert np.abs((energies / scale - np.linalg.eigvalsh(H / scale)) / size).max() < N * EPS


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


@pytest.mark.parametrize(
    "odd", [np.zeros((3, 3)), 2 * np.eye(3), 1e-170 * np.ones((3, 3)), 1e170 * np.ones((3, 3))], ids=str
)
def test_matrices_beyond_the_formulas_are_left_to_lapack(odd):
    H = MANY["any"].copy()
    H[1500] = odd
    assert three_bands.eigenvectors(H) is None
    energies, U = eigenvectors(H)
    np.testing.assert_array_equal(energies, np.linalg.eigh(H)[0])
    np.testing.assert_array_equal(U, np.linalg.eigh(H)[1])


def test_many_of_three_bands_in_any_shape_and_the_lower_triangle():
    H = MANY["any"].reshape(2, 30, 50, 3, 3)
    energies, U = eigenvectors(H)
    upper = H.copy()
    for i, j in ((0, 1), (0, 2), (1, 2)):
        upper[..., i, j] = np.nan
    again, states = eigenvectors(upper)
    np.testing.assert_array_equal(again, energies)
    np.testing.assert_array_equal(states, U)
    assert np.abs(H @ U - U * energies[..., None, :]).max() < 1e-13
    with pytest.raises(np.linalg.LinAlgError):
        eigenvectors(np.full((three_bands.MANY, 3, 3), np.nan, dtype=complex))


def test_blocks_of_three_bands_stay_apart():
    """States of a block have exact zeros elsewhere."""
    _, U = eigenvectors(MANY["a block of two"])
    alone = U[:, 2] != 0
    assert (alone.sum(axis=1) == 1).all()
    assert (U[:, :2].transpose(0, 2, 1)[alone] == 0).all()
