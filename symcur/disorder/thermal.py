"""Averages over energy with the weight -f': Gauss rules made for this weight, on the pieces between critical energies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from symcur.arrays import Array, Indices
from symcur.band_structures import BandStructure
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
    t, w = np.polynomial.legendre.leggauss(400)
    t = (t + 1) / 2
    place, slope = _stretched(t, *critical)
    w = w / 2 * slope * (right - left) / (4 * np.cosh((left + (right - left) * place) / 2) ** 2)
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


@dataclass(frozen=True)
class Piece:
    """An interval of x = (e - mu)/T, and whether its ends are critical energies."""

    left: float
    right: float
    critical: tuple[bool, bool]

    def rule(self, count: int) -> tuple[Array, Array]:
        return gauss_rule(self.left, self.right, count, self.critical)


def pieces(edges: Array, mu: float, temperature: float, rtol: float) -> list[Piece]:
    """The intervals between critical energies that carry weight."""
    reach = window(1.0, rtol)
    x = (edges - mu) / temperature
    inner = np.sort(x[np.abs(x) < reach])
    inner = inner[np.diff(inner, prepend=-np.inf) > 1e-7]
    breaks = np.concatenate([[-reach], inner, [reach]])
    weight = np.diff(np.tanh(breaks / 2) / 2)
    last = len(weight) - 1
    return [
        Piece(float(breaks[j]), float(breaks[j + 1]), (j > 0, j < last))
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

    def energy_at(k: Array, band: Indices, sign: int) -> Array:
        e = model.energies(k)
        return np.asarray(sign * np.take_along_axis(e, band[:, None, None], axis=-1)[..., 0])

    def speed_at(k: Array, band: Indices, sign: int) -> Array:
        every = np.repeat(band, k.shape[1])
        _, v = energy_and_velocity(model, k.reshape(-1, D), every)
        return np.asarray((v**2).sum(axis=-1).reshape(k.shape[:2]))

    found = []
    for values, function, sign in ((energies, energy_at, 1), (energies, energy_at, -1), (speed, speed_at, 1)):
        u, band = _grid_minima(np.asarray(sign * values), grid, cell.periodic)
        u, least = _zoom(partial(_at, cell, function, band, sign), u, 1 / n)
        stationary = least < 1e-12 * speed.max() if function is speed_at else np.ones(len(u), dtype=bool)
        found.append(energy_at(cell.to_k(u)[:, None], band, 1)[stationary, 0])
    return np.unique(np.round(np.concatenate(found), 9))


def _at(cell: MomentumCell, function: Callable[..., Array], band: Indices, sign: int, u: Array) -> Array:
    return np.asarray(function(cell.to_k(u), band, sign))


def _grid_minima(values: Array, grid: Array, periodic: bool) -> tuple[Array, Indices]:
    """Reduced coordinates and bands of the grid points below all their neighbours."""
    D = grid.shape[-1]
    lowest = np.ones(values.shape, dtype=bool)
    for shift in np.ndindex(*(3,) * D):
        lowest &= values <= np.roll(values, [a - 1 for a in shift], tuple(range(D)))
    if not periodic:
        for axis in range(D):
            lowest[(slice(None),) * axis + ([0, -1],)] = False
    places = np.argwhere(lowest)
    return grid[tuple(places[:, :D].T)], places[:, D]


def _zoom(function: Callable[[Array], Array], u: Array, size: float) -> tuple[Array, Array]:
    """Follow minima to ever finer stencils; the places and the values."""
    D = u.shape[-1]
    stencil = np.stack(np.meshgrid(*(np.linspace(-1, 1, 5),) * D, indexing="ij"), axis=-1).reshape(-1, D)
    least = np.zeros(len(u))
    for _ in range(24):
        tried = u[:, None] + size * stencil
        values = function(tried)
        best = values.argmin(axis=1)
        u, least, size = tried[np.arange(len(u)), best], values.min(axis=1), size / 2
    return u, least
