"""Random lattice models with rational entries: N bands in D dimensions, reproducible by seed."""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy as sp

from symcur import Model

MOMENTA = sp.symbols("k_x k_y k_z", real=True)


def _rational(generator: np.random.Generator) -> sp.Rational:
    return sp.Rational(int(generator.integers(-9, 10)), int(generator.integers(5, 10)))


def _hermitian(generator: np.random.Generator, size: int) -> sp.Matrix:
    M = sp.Matrix(size, size, lambda a, b: _rational(generator) + sp.I * _rational(generator))
    return (M + M.H) / 2


@cache
def random_lattice_model(bands: int, dimension: int, seed: int = 0) -> Model:
    """H(k) = H_0 + sum_R (T_R exp(i k.R) + h.c.) on the hypercubic lattice, random rational H_0, T_R and s.

    R runs over the primitive vectors and (1, ..., 1); H_0 spreads the levels so that bands rarely come close.
    """
    generator = np.random.default_rng([bands, dimension, seed])
    k = MOMENTA[:dimension]
    H = _hermitian(generator, bands) + sp.diag(*(2 * n for n in range(bands)))
    vectors = {tuple(row) for row in np.eye(dimension, dtype=int).tolist()} | {(1,) * dimension}
    for R in sorted(vectors):
        T = sp.Matrix(bands, bands, lambda a, b: (_rational(generator) + sp.I * _rational(generator)) / 4)
        phase = sum(x * component for x, component in zip(k, R, strict=True))
        H += T * sp.exp(sp.I * phase) + T.H * sp.exp(-sp.I * phase)
    return Model(H, s=_hermitian(generator, bands), k=k, lattice=np.eye(dimension, dtype=int).tolist(), name="random")


def random_k(seed, dimension, count=3):
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, size=(count, dimension))


def separated(model, k):
    """The points where all gaps exceed a fiftieth of the bandwidth: elsewhere digits are lost, not identities."""
    energies = np.linalg.eigvalsh(model.matrix("H", k))
    return k[np.diff(energies).min(axis=-1, initial=np.inf) > 0.02 * np.ptp(energies, axis=-1)]


def random_solid(bands=4, seed=5):
    """Hoppings to the nearest neighbours of a cubic lattice, and a random s: levels come close somewhere."""
    random = np.random.default_rng(seed)

    def matrix():
        return random.normal(size=(bands, bands)) + 1j * random.normal(size=(bands, bands))

    hoppings = {(0, 0, 0): (lambda X: X + X.conj().T)(matrix() / 2)}
    for axis in range(3):
        R = tuple(int(j == axis) for j in range(3))
        hoppings[R] = matrix() / 3
        hoppings[tuple(-x for x in R)] = hoppings[R].conj().T
    s = matrix()
    return hoppings, s + s.conj().T
