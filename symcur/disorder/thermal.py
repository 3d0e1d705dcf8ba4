"""Averages over energy with the weight -f': Gauss rules made for this weight, on the pieces between critical energies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symcur.arrays import Array, Indices
from symcur.band_structures import BandStructure
from symcur.brillouin.bernstein import gauss
from symcur.disorder.momentum_cell import MomentumCell, energy_and_velocity

_GRID = {2: 48, 3: 12}
_NEGLIGIBLE = 1e-3  # of the tolerance: weight of energies left out


def window(temperature: float, rtol: float) -> float:
    """The distance from mu beyond which -f' carries a negligible weight."""
    return temperature * float(np.log(1 / (_NEGLIGIBLE * rtol)))


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

    def speed_at(k: Array, band: Indices) -> Array:
        _, v = energy_and_velocity(model, k.reshape(-1, D), np.repeat(band, k.shape[1]))
        return np.asarray((v**2).sum(axis=-1).reshape(k.shape[:2]))

    def minima(values: Array, function: Callable[[Array, Indices], Array]) -> tuple[Array, Array]:
        """Follow the minima on the grid to ever finer stencils: the band energies there, and the values at the minima."""
        *places, band = np.nonzero(cell.minima(values))
        u, least, size = grid[tuple(places)], np.zeros(len(band)), 1 / n
        for _ in range(24):
            tried = u[:, None] + size * stencil
            values = function(cell.to_k(tried), band)
            u, least, size = tried[np.arange(len(u)), values.argmin(axis=1)], values.min(axis=1), size / 2
        return energy_at(cell.to_k(u)[:, None], band)[:, 0], least

    stencil = np.stack(np.meshgrid(*(np.linspace(-1, 1, 5),) * D, indexing="ij"), axis=-1).reshape(-1, D)
    lowest, _ = minima(energies, energy_at)
    highest, _ = minima(-energies, lambda k, band: -energy_at(k, band))
    slow, least = minima(speed, speed_at)
    stationary = slow[least < 1e-12 * speed.max()]
    return np.unique(np.round(np.concatenate([lowest, highest, stationary]), 9))
