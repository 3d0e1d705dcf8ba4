"""Lattice models for the microscope: random rational ones, and a Chern insulator whose s is not conserved."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp

from symcur.model import Model

_BONDS = {1: [(1,), (2,)], 2: [(1, 0), (0, 1), (1, -1)], 3: [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, -1)]}


def _momenta(dimension):
    return sp.symbols("k_x k_y k_z", real=True)[:dimension]


def _random_matrix(generator, size, denominator):
    real, imaginary = generator.integers(-16, 17, size=(2, size, size)).tolist()
    return (sp.Matrix(real) + sp.I * sp.Matrix(imaginary)) / denominator


@cache
def _random_model(seed, dimension=2, bands=3, hopping=64, spacing=2, conserved=False, lattice=None, positions=None):
    generator = np.random.default_rng(seed)
    k = _momenta(dimension)
    lattice = sp.eye(dimension) if lattice is None else sp.Matrix(lattice)
    charges = [1, 1, -1, -1][:bands]
    keep = sp.Matrix(bands, bands, lambda a, b: int(not conserved or charges[a] == charges[b]))
    start = _random_matrix(generator, bands, 64).multiply_elementwise(keep)
    H = start + start.H + sp.diag(*[spacing * n for n in range(bands)])
    for bond in _BONDS[dimension]:
        T = _random_matrix(generator, bands, hopping).multiply_elementwise(keep)
        T *= sp.exp(sp.I * (sp.Matrix([bond]) * lattice).dot(sp.Matrix(k)))
        H += T + T.H
    s = _random_matrix(generator, bands, 32)
    s = sp.diag(*charges) if conserved else s + s.H
    if positions is not None:
        phases = sp.diag(*[sp.exp(sp.I * sp.Matrix(k).dot(sp.Matrix(r))) for r in positions])
        H, s = phases.H * H * phases, sp.diag(*s.diagonal())
    return Model(H, s, k, lattice=lattice, name=f"random {seed}")


@cache
def _chern_insulator(mixing):
    k = kx, ky = _momenta(2)
    mass = 1 - sp.cos(kx) - sp.cos(ky)
    H = sp.zeros(3)
    H[0, 0], H[1, 1], H[0, 1] = mass, -mass, sp.sin(kx) - sp.I * sp.sin(ky)
    H[2, 2] = -sp.Rational(9, 2) + sp.cos(kx + ky) / 4
    generator = np.random.default_rng(0)
    for R in [(0, 0), (1, 0), (0, 1), (1, -1)]:
        column = _random_matrix(generator, 2, 16)[:, 0]
        H[:2, 2] += sp.nsimplify(mixing) * column * sp.exp(sp.I * (R[0] * kx + R[1] * ky))
    H[1, 0] = sp.conjugate(H[0, 1])
    H[2, :2] = H[:2, 2].H
    return Model(H, sp.diag(1, 1, -1), k, lattice=sp.eye(2), name=f"chern insulator, mixing {mixing}")


@pytest.fixture(scope="session")
def random_model():
    """H(k) = H0 + sum_R (T_R exp(i k.R) + h.c.) with random rational entries, and a random Hermitian s.

    H0 has levels about `spacing` apart; entries of T_R are up to 16/hopping. conserved: s = diag(1, 1, -1, ...) and H
    without the elements that would change it. positions: a vector per orbital, in the phases; s is then diagonal.
    """
    return _random_model


@pytest.fixture(scope="session")
def chern_insulator():
    """Two orbitals with s = +1 in a Chern band structure, one with s = -1 below; mixing hybridises them."""
    return _chern_insulator
