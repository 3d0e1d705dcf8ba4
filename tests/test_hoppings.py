"""H and its derivatives from hoppings: sums over half of the vectors, along lines of a grid, and at momenta in any order."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import Model

REACH = {1: 12, 2: 3, 3: 2}


def hoppings(dimension: int, size: int = 3, every: int = 1) -> dict[tuple[int, ...], np.ndarray]:
    """Random t(R) with t(-R) = t(R)^+; only every so-manyth pair of R and -R."""
    generator, reach = np.random.default_rng(dimension), REACH[dimension]
    found = {}
    cells = [tuple(map(int, R)) for R in np.ndindex(*(2 * reach + 1,) * dimension) if tuple(R) > (reach,) * dimension]
    for R in [tuple(n - reach for n in cell) for cell in cells[::every]]:
        t = generator.normal(size=(size, size)) + 1j * generator.normal(size=(size, size))
        found |= {R: t, tuple(-n for n in R): t.conj().T}
    return found | {(0,) * dimension: np.diag(np.arange(size)).astype(complex)}


def direct(t: dict, lattice: np.ndarray, positions: np.ndarray, k: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """sum_R t_ab(R) (i d)^axes exp(i k.d), d = R + r_b - r_a, one term after the other."""
    total, x = 0.0, positions @ lattice
    for R, matrix in t.items():
        d = np.array(R) @ lattice + x[None, :] - x[:, None]
        total = total + matrix * np.prod([1j * d[..., i] for i in axes], axis=0) * np.exp(
            1j * np.einsum("ki,abi->kab", k, d)
        )
    return total


@pytest.mark.parametrize("every", [1, 8], ids=["many", "few"])
@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_derivatives_are_sums_over_bonds(dimension, every):
    generator = np.random.default_rng(7)
    lattice = np.eye(dimension) + 0.3 * generator.normal(size=(dimension, dimension))
    positions, t = generator.uniform(size=(3, dimension)), hoppings(dimension, every=every)
    model = Model.from_hoppings(t, np.eye(3), lattice, positions=positions)
    n = {1: 40, 2: 11, 3: 7}[dimension]
    grid = model.cell.grid(n, 0.2).reshape(-1, dimension) @ model.cell.reciprocal
    shuffled = generator.permutation(grid)
    for k in (grid, grid[3 : 2 * n], shuffled, generator.uniform(-9, 9, size=(5, dimension)), grid[:1]):
        for axes in ((), (0,), (0, dimension - 1)):
            expected = direct(t, lattice, positions, k, axes)
            assert np.abs(model.matrix("H", k, axes) - expected).max() < 1e-13 * np.abs(expected).max()
    assert model.matrix("H", grid[:0], (0,)).shape == (0, 3, 3)


def test_momenta_that_differ_by_little_are_not_one_line():
    t = hoppings(2)
    model = Model.from_hoppings(t, np.eye(3), np.eye(2))
    k = np.stack([0.4 + 1e-9 * np.arange(20), np.linspace(0, 3, 20)], axis=-1)
    H = model.matrix("H", k)
    assert np.abs(H - direct(t, np.eye(2), np.zeros((3, 2)), k, ())).max() < 1e-13 * np.abs(H).max()
