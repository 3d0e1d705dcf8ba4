"""Lattice models and sums over the zone on which claims are checked by numbers, and how two numbers are compared.

The sums take the words of the claims as they stand, through eigenstates on a uniform grid; what they are compared with
must come from elsewhere (the microscope, finite differences, real space).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from symcur.claims.claim import Evidence
from symcur.eigenstates import evaluate
from symcur.model import Model
from symcur.words import Word

FloatArray = NDArray[np.float64]
_BONDS: dict[int, list[tuple[int, ...]]] = {
    1: [(1,), (2,)],
    2: [(1, 0), (0, 1), (1, -1)],
    3: [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, -1)],
}


# -- models ----------------------------------------------------------------------------------------------------------
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


def _rational_matrix(generator: np.random.Generator, size: int, denominator: int) -> Any:
    real, imaginary = generator.integers(-16, 17, size=(2, size, size)).tolist()
    return (sp.Matrix(real) + sp.I * sp.Matrix(imaginary)) / denominator


# -- sums over the zone ----------------------------------------------------------------------------------------------
def fermi(e: FloatArray, mu: float, T: float) -> FloatArray:
    return np.asarray((1 - np.tanh((e - mu) / (2 * T))) / 2)


def grand(e: FloatArray, mu: float, T: float) -> FloatArray:
    return np.asarray(-T * np.logaddexp(0.0, (mu - e) / T))


def slope(e: FloatArray, mu: float, T: float) -> FloatArray:
    """-df/de = df/dmu."""
    f = fermi(e, mu, T)
    return np.asarray(f * (1 - f) / T)


WEIGHTS: dict[str, Callable[[FloatArray, float, float], FloatArray]] = {
    "f": fermi,
    "g": grand,
    "df/dmu": slope,
    "dg/dmu": lambda e, mu, T: -fermi(e, mu, T),
    "df/dT": lambda e, mu, T: (e - mu) / T * slope(e, mu, T),
    "entropy": lambda e, mu, T: ((e - mu) * fermi(e, mu, T) - grand(e, mu, T)) / T,
}


@dataclass(frozen=True)
class Zone:
    """int d^Dk/(2 pi)^D and the sum over bands at one mu and temperature, on size^D points (trapezoid sums)."""

    model: Model
    mu: float
    temperature: float
    size: int = 56

    @property
    def k(self) -> FloatArray:
        steps = (np.arange(self.size) + 0.27) / self.size
        mesh = np.meshgrid(*[steps] * self.model.dimension, indexing="ij")
        fractions = np.stack(mesh, axis=-1).reshape(-1, self.model.dimension)
        return np.asarray(fractions @ (2 * np.pi * np.linalg.inv(primitive_vectors(self.model)).T))

    def integral(self, quantity: str | Word, weight: str, *more: tuple[str | Word, str]) -> Any:
        """int weight x quantity, shape (components); further (quantity, weight) pairs are added."""
        e = np.asarray(np.linalg.eigvalsh(self.model.matrix("H", self.k)), dtype=np.float64)
        cell = abs(np.linalg.det(primitive_vectors(self.model))) * len(e)
        total: Any = 0.0
        for name, kind in ((quantity, weight), *more):
            values = evaluate(self.model, name, self.k).real
            total = total + np.tensordot(WEIGHTS[kind](e, self.mu, self.temperature), values, axes=2) / cell
        return total


def primitive_vectors(model: Model) -> FloatArray:
    """The primitive vectors as rows."""
    assert model.lattice is not None
    return np.array(model.lattice.evalf(20).tolist(), dtype=float)


def middle_of_gap(model: Model, filled: int, size: int = 48) -> tuple[float, float]:
    """The middle and the width of the gap above the filled bands, on a grid."""
    e = np.linalg.eigvalsh(model.matrix("H", Zone(model, 0.0, 1.0, size).k))
    top, bottom = e[:, filled - 1].max(), e[:, filled].min()
    return float((top + bottom) / 2), float(bottom - top)


def symmetric(tensor: Any) -> Any:
    """(1/2)(T^{il} + T^{li})."""
    return (tensor + tensor.T) / 2


def antisymmetric(tensor: Any) -> Any:
    """(1/2)(T^{il} - T^{li})."""
    return (tensor - tensor.T) / 2


# -- comparison ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Pair:
    """Two routes to one tensor; ``error`` is the estimated absolute error, ``scale`` what the difference is relative to."""

    label: str
    found: Any
    expected: Any
    error: ArrayLike = 0.0
    scale: float | None = None

    @property
    def unit(self) -> float:
        return self.scale or float(np.abs(self.expected).max())

    @property
    def difference(self) -> float:
        """The largest difference of a component, relative to the largest component (or to ``scale``)."""
        return float(np.abs(np.asarray(self.found) - self.expected).max()) / self.unit

    @property
    def estimated(self) -> float:
        return float(np.max(self.error)) / self.unit


def agreement(pairs: Iterable[Pair], tolerance: float, text: str, also: bool = True) -> Evidence:
    """Evidence that every pair agrees within the tolerance, which must not be smaller than the estimated error.

    ``also`` is a further condition, e.g. that a counterexample stands out from the error.
    """
    pairs = list(pairs)
    worst = max(pairs, key=lambda pair: pair.difference)
    estimated = max(pair.estimated for pair in pairs)
    holds = bool(also and worst.difference <= tolerance and estimated <= tolerance)
    details = f"{text} Largest relative difference {worst.difference:.1e} ({worst.label})"
    details += f", estimated error {estimated:.1e}." if estimated else "."
    return Evidence(holds, worst.difference, tolerance, details)
