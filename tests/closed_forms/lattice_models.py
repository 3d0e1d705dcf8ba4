"""Random lattice models with exact coefficients, for the tests of closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import sympy as sp

from symcur.band_structures import Model

MOMENTA = sp.symbols("k_x k_y k_z", real=True)


def hermitian(generator: np.random.Generator, size: int, denominator: int) -> sp.Matrix:
    real, imag = generator.integers(-9, 10, size=(2, size, size))
    matrix = sp.Matrix(size, size, lambda a, b: sp.Rational(int(real[a, b]), denominator))
    matrix += sp.I * sp.Matrix(size, size, lambda a, b: sp.Rational(int(imag[a, b]), denominator))
    return (matrix + matrix.H) / 2


def random_model(seed: int, size: int, dimension: int) -> Model:
    """Levels at 0, 1, 2, ... with random hopping to the nearest cells and a random s; the lattice is Z^D."""
    generator = np.random.default_rng(seed)
    k = MOMENTA[:dimension]
    level = sp.Symbol("level", positive=True)
    H = level * sp.diag(*range(size)) + hermitian(generator, size, 20)
    for component in k:
        H += hermitian(generator, size, 30) * sp.cos(component) + hermitian(generator, size, 30) * sp.sin(component)
    return Model(H, hermitian(generator, size, 9), k, {level: 1.0}, lattice=sp.eye(dimension).tolist())


def kramers_model(seed: int, dimension: int = 2) -> Model:
    """h0 + sum_a h_a(k) Gamma_a with five anticommuting 4 x 4 matrices: two energies, twice each, at every k."""
    generator = np.random.default_rng(seed)
    k = MOMENTA[:dimension]
    x, y, z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)
    gammas = [sp.kronecker_product(x, sp.eye(2))] + [sp.kronecker_product(y, sigma) for sigma in (x, y, z)]
    gammas.append(sp.kronecker_product(z, sp.eye(2)))
    mass = sp.Symbol("mass", positive=True)
    H = sp.cos(k[0]) / 5 * sp.eye(4) + mass * gammas[-1]
    for gamma, wave in itertools.product(gammas, (sp.cos, sp.sin)):
        for component in k:
            H += sp.Rational(int(generator.integers(-9, 10)), 20) * wave(component) * gamma
    s = hermitian(generator, 4, 9)
    return Model(H, s, k, {mass: 2.0}, lattice=sp.eye(dimension).tolist())
