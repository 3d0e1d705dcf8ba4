"""Averages over energy with the weight -f': Gauss rules made for this weight, on the pieces between critical energies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symcur.arrays import Array, Indices
from symcur.band_structures import BandStructure
from symcur.brillouin.bernstein import gauss
from symcur.disorder.momentum_cell import MomentumCell, energy_and_velocity

_GRID = {2: 48, 3: 12}
_STEPS = 120  # of a walk to an extremum
_NEGLIGIBLE = 1e-3  # of the tolerance: weight of energies left out


def window(temperature: float, rtol: float) -> float:
    """The distance from mu beyond which -f' carries a negligible weight."""
    return temperature * float(np.log(1 / (_NEGLIGIBLE * rtol)))


def left_out(rtol: float) -> float:
    """A bound for the part of an average that lies outside the window and in intervals that carry no weight."""
    return 10 * _NEGLIGIBLE * rtol


def gauss_rule(
    left: float, right: float, count: int, critical: tuple[bool, bool] = (False, False)
) -> tuple[Array, Array]:
    """Nodes x and weights of a Gauss rule of ``count`` points for 1/(4 cosh^2(x/2)) on [left, right].

    Towards a ``critical`` end x is a square of the variable of the rule, in which a square root is smooth. By Lanczos
    iteration on a fine discretisation of the weight.
    """
    t, w = gauss(400)
    place, slope = _stretched(t, *critical)
    w = w * slope * (right - left) / (4 * np.cosh((left + (right - left) * place) / 2) ** 2)
    vectors = [np.sqrt(w / w.sum())]
    diagonal, off = [], []
    for _ in range(count):
        y = t * vectors[-1]
        diagonal.append(float(vectors[-1] @ y))
        basis = np.array(vectors)
        for _ in range(2):
            y = y - basis.T @ (basis @ y)
        off.append(float(np.linalg.norm(y)))
        vectors.append(y / off[-1])
    nodes, states = np.linalg.eigh(np.diag(diagonal) + np.diag(off[:-1], 1) + np.diag(off[:-1], -1))
    return left + (right - left) * _stretched(nodes, *critical)[0], w.sum() * states[0] ** 2


def _stretched(t: Array, start: bool, end: bool) -> tuple[Array, Array]:
    """A map of [0, 1] onto itself that is quadratic at the chosen ends, and its derivative."""
    if start and end:
        return np.sin(np.pi * t / 2) ** 2, np.pi / 2 * np.sin(np.pi * t)
    if start:
        return t**2, 2 * t
    return (1 - (1 - t) ** 2, 2 * (1 - t)) if end else (t, np.ones_like(t))


Interval = tuple[float, float, tuple[bool, bool]]  # of x = (e - mu)/T: its ends, and whether they are critical energies


def intervals(edges: Array, mu: float, temperature: float, rtol: float) -> list[Interval]:
    """The intervals between critical energies that carry weight."""
    reach = window(1.0, rtol)
    x = (edges - mu) / temperature
    inner = np.sort(x[np.abs(x) < reach])
    inner = inner[np.diff(inner, prepend=-np.inf) > 1e-7]
    breaks = np.concatenate([[-reach], inner, [reach]])
    weight = np.diff(np.tanh(breaks / 2) / 2)
    last = len(weight) - 1
    return [
        (float(breaks[j]), float(breaks[j + 1]), (j > 0, j < last))
        for j in range(len(weight))
        if weight[j] > _NEGLIGIBLE * rtol
    ]


def critical_energies(model: BandStructure, cell: MomentumCell) -> Array:
    """Energies at which the Fermi surface changes its topology: extrema (also at touchings) and saddles of all bands."""
    D = model.dimension
    n = _GRID[D]
    grid = cell.grid(n)
    k = cell.to_k(grid)
    energies = model.energies(k)
    flat = k.reshape(-1, D)
    speeds = [(energy_and_velocity(model, flat, band)[1] ** 2).sum(axis=-1) for band in range(model.size)]
    speed = np.stack(speeds, axis=-1).reshape(energies.shape)

    def energy_at(k: Array, band: Indices) -> Array:
        return np.asarray(np.take_along_axis(model.energies(k), band[:, None, None], axis=-1)[..., 0])

    def minima(values: Array, function: Callable[[Array, Indices], Array]) -> Array:
        """Walk from the minima on the grid in random directions, not to be caught by kinks: the band energies at the end."""
        *places, band = np.nonzero(cell.minima(values))
        u, best = grid[tuple(places)], values[(*places, band)]
        size, random, rows = np.full((len(u), 1), 1 / n), np.random.default_rng(0), np.arange(len(u))
        for _ in range(_STEPS):
            tried = u[:, None] + size[..., None] * random.normal(size=(len(u), 24, D)) / 2
            found = function(cell.to_k(tried), band)
            first = found.argmin(axis=1)
            better = found[rows, first] < best
            u, best = np.where(better[:, None], tried[rows, first], u), np.where(better, found[rows, first], best)
            size = np.where(better[:, None], np.minimum(1.6 * size, 1 / n), size / 1.6)
        return energy_at(cell.to_k(u)[:, None], band)[:, 0]

    lowest = minima(energies, energy_at)
    highest = minima(-energies, lambda k, band: -energy_at(k, band))
    *places, band = np.nonzero(cell.minima(speed))
    stationary = _stationary(model, k[tuple(places)], band, float(np.linalg.norm(cell.vectors, axis=-1).max()) / n)
    return np.unique(np.round(np.concatenate([lowest, highest, stationary]), 9))


def _stationary(model: BandStructure, k: Array, band: Indices, spacing: float) -> Array:
    """The energies (S,) where Newton steps from k (M, D) on the velocity arrive at a zero of it not far away."""
    D, start, h = model.dimension, k, 1e-4 * spacing
    for _ in range(12):
        _, v = energy_and_velocity(model, k, band)
        sides = [
            [energy_and_velocity(model, k + side * h * np.eye(D)[i], band)[1] for side in (1, -1)] for i in range(D)
        ]
        slope = np.stack([(ahead - behind) / (2 * h) for ahead, behind in sides], axis=-1)
        step = -np.einsum("mij,mj->mi", np.linalg.pinv(slope, rcond=1e-9), v)
        length = np.linalg.norm(step, axis=-1, keepdims=True)
        k = k + step * np.minimum(1, spacing / np.maximum(length, 1e-300))
    energy, v = energy_and_velocity(model, k, band)
    there = np.linalg.norm(v, axis=-1) < 1e-7 * np.linalg.norm(slope, axis=(1, 2)) * spacing
    near = np.linalg.norm(k - start, axis=-1) < 3 * spacing
    return np.asarray(energy[there & near])
