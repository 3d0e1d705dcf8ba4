"""Lattice models on which the theory is checked by numbers: random ones, of electrons and bosons, a Chern insulator, a wire."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symcur.arrays import ComplexArray
from symcur.band_structures import Model, NumericModel
from symcur.band_structures.metric import Metric
from symcur.band_structures.numeric import from_hoppings
from symcur.brillouin import LatticeCell

_BONDS: dict[int, list[tuple[int, ...]]] = {
    1: [(1,), (2,)],
    2: [(1, 0), (0, 1), (1, -1)],
    3: [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, -1)],
}


@cache
def random_lattice(
    seed: int, dimension: int = 2, bands: int = 3, hopping: int = 64, spacing: int = 2, conserved: bool = False
) -> Model:
    """H = H_0 + sum_R (T_R exp(i k.R) + h.c.) and s with random rational entries, reproducible from the seed.

    H_0 has levels about ``spacing`` apart; entries of T_R are up to 16/hopping. ``conserved``: s = diag(1, 1, -1, ...)
    and H without the elements that would change it.
    """
    generator = np.random.default_rng(seed)
    k = sp.symbols("k_x k_y k_z", real=True)[:dimension]
    charges = [1, 1, -1, -1][:bands]
    keep = sp.Matrix(bands, bands, lambda a, b: int(not conserved or charges[a] == charges[b]))
    start = _rational_matrix(generator, bands, 64).multiply_elementwise(keep)
    H = start + start.H + sp.diag(*[spacing * n for n in range(bands)])
    for bond in _BONDS[dimension]:
        T = _rational_matrix(generator, bands, hopping).multiply_elementwise(keep)
        T *= sp.exp(sp.I * sp.Matrix(bond).dot(sp.Matrix(k)))
        H += T + T.H
    s = _rational_matrix(generator, bands, 32)
    s = sp.diag(*charges) if conserved else s + s.H
    name = f"random {dimension}D lattice, {bands} bands, seed {seed}" + (", [s, H] = 0" if conserved else "")
    return Model(H, s, k, lattice=sp.eye(dimension).tolist(), name=name)


@cache
def random_bosons(
    seed: int, metric: tuple[tuple[str, int], ...] = (("bosons", 2),), hopping: float = 0.06, copies: int = 1
) -> NumericModel:
    """H(k) > 0 on a square lattice with hoppings to neighbours, and s: random matrices with X H X = H(-k)^* and X s X = s^*.

    ``copies`` repeats every mode, so that bands are degenerate, and s is random among the copies too. The lowest eigenvalue of H
    is 0.4.
    """
    generator, size = np.random.default_rng(seed), sum(2 * count for _, count in metric)
    X = Metric.of(metric, size).exchange

    def matrix(X: ComplexArray) -> ComplexArray:
        """A random matrix with X M X = M^*, which H(-k)^* = X H(k) X demands of every hopping."""
        M = generator.normal(size=X.shape) + 1j * generator.normal(size=X.shape)
        return np.asarray(M + X @ M.conj() @ X) / 2

    levels = np.arange(size // 2, dtype=float)
    onsite = np.zeros((size, size), dtype=complex)
    at = 0
    for _, count in metric:
        both = np.tile(levels[:count], 2) + at / 2
        onsite[at : at + 2 * count, at : at + 2 * count] = np.diag(both)
        at += 2 * count
    mixing = matrix(X)
    hoppings = {(0, 0): onsite + (mixing + mixing.conj().T) / 4}
    for R in ((1, 0), (0, 1)):
        hoppings[R] = hopping * matrix(X)
        hoppings[-R[0], -R[1]] = hoppings[R].conj().T
    k = LatticeCell(np.eye(2)).momenta(24, 0.3)
    H = sum(np.exp(1j * k @ np.array(R))[:, None, None] * t for R, t in hoppings.items())
    hoppings[0, 0] += (0.4 - np.linalg.eigvalsh(H).min()) * np.eye(size)
    repeated = tuple((kind, copies * count) for kind, count in metric)
    full: dict[tuple[int, ...], Any] = {R: np.kron(t, np.eye(copies)) for R, t in hoppings.items()}
    s = matrix(Metric.of(repeated, copies * size).exchange)
    name = f"random bosons {'+'.join(f'{count} {kind}' for kind, count in repeated)}, seed {seed}"
    return from_hoppings(full, (s + s.conj().T) / 2, np.eye(2), name=name, metric=repeated)


@cache
def chern_insulator(mixing: str) -> Model:
    """Two orbitals with s = 1 in bands of Chern number 1 and -1, one with s = -1 below; ``mixing`` hybridises them."""
    k_x, k_y = k = sp.symbols("k_x k_y", real=True)
    mass = 1 - sp.cos(k_x) - sp.cos(k_y)
    H = sp.zeros(3)
    H[0, 0], H[1, 1], H[0, 1] = mass, -mass, sp.sin(k_x) - sp.I * sp.sin(k_y)
    H[2, 2] = -sp.Rational(9, 2) + sp.cos(k_x + k_y) / 4
    generator = np.random.default_rng(0)
    for R in [(0, 0), (1, 0), (0, 1), (1, -1)]:
        column = _rational_matrix(generator, 2, 16)[:, 0]
        H[:2, 2] += sp.Rational(mixing) * column * sp.exp(sp.I * (R[0] * k_x + R[1] * k_y))
    H[1, 0], H[2, :2] = sp.conjugate(H[0, 1]), H[:2, 2].H
    return Model(H, sp.diag(1, 1, -1), k, lattice=[[1, 0], [0, 1]], name=f"Chern insulator, mixing {mixing}")


@cache
def wire() -> Model:
    """Two nondegenerate bands in one dimension, s not conserved; each band rises once and falls once."""
    k = sp.Symbol("k_x", real=True)
    X, Y, Z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.Matrix([[1, 0], [0, -1]])
    H = -sp.cos(k) * sp.eye(2) + sp.Rational(3, 2) * Z + sp.sin(k) * X / 2 + sp.cos(k) * Y / 3
    return Model(H, (X + Z) / 2, (k,), lattice=[[1]], name="two-band wire")


def _rational_matrix(generator: np.random.Generator, size: int, denominator: int) -> Any:
    real, imaginary = generator.integers(-16, 17, size=(2, size, size)).tolist()
    return (sp.Matrix(real) + sp.I * sp.Matrix(imaginary)) / denominator
