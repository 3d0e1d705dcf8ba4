"""Correlators that a lattice feels, summed over lattice vectors r and reciprocal vectors G by Ewald's division.

    A sum_r c(r) exp(-i q.r) = sum_G C(q + G) exp(i G.offset),    r = R + offset,

with C(q) = n u^2 int dt w(t) exp(-t a^2 q^2): w(t) = t exp(-t) for Yukawa, a delta function at 1 for Gaussian impurities. What
belongs to t a^2 below a part of A^(2/D) decays fast in space, the rest fast in wave vectors. Neither sum has more than a few
vectors, whatever the range.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.arithmetic import phase_factors
from symcur.brillouin import LatticeCell
from symcur.brillouin.bernstein import gauss
from symcur.disorder.impurities import Impurities

_DECADES = 34.5  # terms below exp(-34.5) = 1e-15 of the largest are left out
_DIVISION = 0.25  # t a^2/A^(2/D) that divides space from wave vectors
_BLOCK = 200_000  # pairs of momenta at a time


def lattice_correlation(kind: Impurities, cell: LatticeCell, k: Array, offset: Array) -> ComplexArray | Array:
    """C(k_b - k_a) [b, a] of impurities of finite range on atoms of the lattice that are ``offset`` apart; k is (M, D)."""
    D, volume = k.shape[1], cell.volume
    middle = _DIVISION * volume ** (2 / D)
    first = middle / kind.length**2  # the t that divides
    gaussian = kind.shape == "gaussian"
    if gaussian and first < 1:
        return _over_wave_vectors(kind.of_wave_vector, np.sqrt(_DECADES) / kind.length, cell, k, offset)
    if gaussian or first > _DECADES:
        return _over_space(partial(kind.of_distance, dimension=D), kind.reach, cell, k, offset)

    def far(q_squared: Array) -> Array:
        s = 1 + kind.length**2 * q_squared
        return np.asarray(kind.strength * np.exp(-first * s) * (first / s + 1 / s**2))

    def near(r: Array) -> Array:
        u, weight = gauss(160)
        t = first * u**2
        spread = 4 * t * kind.length**2
        summand = t * np.exp(-t - r[:, None] ** 2 / spread) / (np.pi * spread) ** (D / 2)
        return np.asarray(kind.strength * summand @ (weight * 2 * first * u))

    total = _over_space(near, 2 * np.sqrt(_DECADES * middle), cell, k, offset)
    return total + _over_wave_vectors(far, np.sqrt(_DECADES / middle), cell, k, offset)


def _over_space(c: Callable[[Array], Array], reach: float, cell: LatticeCell, k: Array, offset: Array) -> ComplexArray:
    """A sum c(r) exp(-i (k_b - k_a).r) over all r = R + offset within reach."""
    r = _vectors_within(reach, cell.vectors, offset)
    waves = phase_factors(-(k @ r.T))
    return np.asarray((waves * (cell.volume * c(np.linalg.norm(r, axis=-1)))) @ waves.conj().T)


def _over_wave_vectors(
    C: Callable[[Array], Array], reach: float, cell: LatticeCell, k: Array, offset: Array
) -> ComplexArray | Array:
    """sum_G C(|q + G|^2) exp(i G.offset) over all |q + G| within reach, for q = k_b - k_a; C(-q) = C(q)^*."""
    reciprocal = cell.reciprocal
    corner = float(np.linalg.norm(np.abs(reciprocal).sum(axis=0)) / 2)  # no reduced q is longer
    stars = _vectors_within(reach + corner, reciprocal, np.zeros(len(offset)))
    result: ComplexArray | Array = np.zeros((len(k), len(k)), dtype=complex if offset.any() else float)
    for rows in _blocks(len(k)):
        q = k[rows, None] - k[rows.start :]
        whole = np.round(q @ np.linalg.inv(reciprocal)) @ reciprocal
        q -= whole
        block = np.zeros(q.shape[:2], dtype=result.dtype)
        for G in stars:
            q_squared = sum((q[..., i] + G[i]) ** 2 for i in range(len(G)))
            near = q_squared < reach**2
            block[near] += C(q_squared[near]) * (np.exp(1j * G @ offset) if offset.any() else 1)
        if offset.any():
            block = block * phase_factors(-(whole @ offset))
        result[rows, rows.start :] = block
        result[rows.start :, rows] = block.conj().T
    return result


def _blocks(count: int) -> Iterator[slice]:
    step = max(_BLOCK // max(count, 1), 1)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def _vectors_within(reach: float, vectors: Array, offset: Array) -> Array:
    """All sums of whole multiples of ``vectors`` and ``offset`` that are no longer than reach, (R, D)."""
    height = 1 / np.linalg.norm(np.linalg.inv(vectors), axis=0)
    counts = [int(np.ceil((reach + np.linalg.norm(offset)) / h)) for h in height]
    whole = np.array(list(itertools.product(*(range(-c, c + 1) for c in counts))))
    r = whole @ vectors + offset
    return np.asarray(r[np.linalg.norm(r, axis=-1) <= reach])
