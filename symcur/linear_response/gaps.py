"""The least direct gap of a lattice model, which sets the frequencies of slow fields."""

from __future__ import annotations

import numpy as np

from symcur.arrays import AnyArray, Array
from symcur.band_structures import BandStructure
from symcur.brillouin import LatticeCell
from symcur.brillouin.memory import Memory
from symcur.linear_response.susceptibility import bytes_of_a_momentum, solve, velocities

CROSSING = 1e-12  # of the largest energy: bands that come closer cross, touch or, where they do so everywhere, are one
ENOUGH = 0.1  # the part of a gap to which it is known
# Points per axis: one gap hides behind the slope of another.
GRID = {1: 240, 2: 24, 3: 12}
OFFSET = 0.31  # of grids, in their spacing: off the symmetric points
_MOVES = 12  # with steps of one length
_LESS = 0.02  # of the gap: a place that is lower by less is not worth a move
_PARTS = np.array([1, 0.25, 0.06])  # of the way to where the gap is least if bands go on as they are
_FARTHEST = 0.1  # of the zone in one step
_FLAT = 1e-4  # of the largest singular value: along what is slower a gap does not change
_WORK = 6  # matrices at a time


def least_gap(model: BandStructure, cell: LatticeCell, coarse: Array, speed: float, memory: Memory) -> float:
    """The least of the direct gaps, from energies (M, N) on a ``coarse`` grid and downhill from all the lowest places of a finer one.

    Where bands are degenerate or cross they have none. A place goes to the lowest of its neighbours, and nearer ones are asked where none is lower.
    It is given up where a gap that changes by 2 ``speed`` per momentum would not get below the least one known, or two bands alone would come no
    closer than twice that. Energies in blocks within ``memory``.
    """
    D, size = model.dimension, GRID[model.dimension]
    most = memory.fit(bytes_of_a_momentum(model, _WORK), size**D, "one momentum")

    def energies(u: Array) -> Array:
        return np.concatenate(
            [model.energies(u[start : start + most] @ cell.reciprocal) for start in range(0, len(u), most)]
        )

    every = coarse if len(coarse) == size**D else energies(cell.grid_between(size, OFFSET, 0, size**D))
    gaps, zero = np.diff(every, axis=-1).reshape(*(size,) * D, -1), CROSSING * float(np.abs(every).max()) + 1e-300
    lowest = np.all([gaps <= np.roll(gaps, by, axis) for axis in range(D) for by in (1, -1)], axis=0) & (gaps > zero)
    *axes, pair = np.nonzero(lowest)
    apart = np.diff(coarse, axis=-1)
    least = float(apart.min(initial=np.inf, where=apart > zero))
    u, found = (np.stack(axes, axis=-1) + OFFSET) / size, gaps[lowest]
    half, moves = np.full(len(u), 0.5 / size), np.zeros(len(u), dtype=int)
    around = np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * D, indexing="ij"), axis=-1).reshape(-1, D)
    reach = 2 * speed * float(np.linalg.norm(cell.reciprocal, axis=1).sum())
    while len(u):
        there, expected = _along_the_bands(model, cell, u, pair, int(most))
        near = expected < 2 * least
        expected = expected[near]
        u, pair, found, moves, half = u[near], pair[near], found[near], moves[near], half[near]
        if not len(u):
            break
        places = np.concatenate([u[:, None] + half[:, None, None] * around, there[near]], axis=1)
        every = np.diff(energies(places.reshape(-1, D)), axis=-1).reshape(*places.shape[:2], -1)
        here = np.take_along_axis(every, pair[:, None, None], axis=-1)[..., 0]
        best = here.argmin(axis=1)[:, None]
        moves = np.where((here.min(axis=1) < (1 - _LESS) * found) & (moves < _MOVES), moves + 1, 0)
        u, found = (
            np.take_along_axis(places, best[..., None], axis=1)[:, 0],
            np.take_along_axis(here, best, axis=1)[:, 0],
        )
        stays = moves == 0
        done = stays & ((reach * half <= ENOUGH * found) | (expected >= (1 - ENOUGH) * found))
        least = min(least, float(found[done].min(initial=np.inf)))
        on = ~done & (found > zero) & ~(stays & (found - 2 * reach * half > least))
        u, pair, found, moves, half = u[on], pair[on], found[on], moves[on], np.where(stays, half / 2, half)[on]
    return least


def _along_the_bands(
    model: BandStructure, cell: LatticeCell, u: Array, pair: AnyArray, most: int
) -> tuple[Array, Array]:
    """Where two bands alone, with the velocities that they have at u, would be closest, and on the way there: (places, parts of the way, D); their gap there.

    It is 2 |d + W dk|, d = (0, 0, gap/2) and W the velocities in Pauli matrices: it has its least at once in a valley, however narrow.
    """
    found, gaps = [], []
    for start in range(0, len(u), most):
        k, n = u[start : start + most] @ cell.reciprocal, pair[start : start + most]
        bands, at = solve(model, k), np.arange(len(k))
        v = np.stack([bands.inverse @ v @ bands.states for v in velocities(model, k)], axis=-1)
        between = v[at, n, n + 1]
        W = np.stack([between.real, between.imag, (v[at, n + 1, n + 1] - v[at, n, n]).real / 2], axis=1)
        d = (bands.energies[at, n + 1] - bands.energies[at, n]) / 2
        k_way = -np.linalg.pinv(W, rcond=_FLAT)[..., 2] * d[:, None]
        gaps.append(2 * np.linalg.norm((W @ k_way[..., None])[..., 0] + d[:, None] * [0, 0, 1], axis=-1))
        way = k_way @ cell.vectors.T / (2 * np.pi)
        found.append(way * np.minimum(1, _FARTHEST / (np.linalg.norm(way, axis=-1, keepdims=True) + 1e-300)))
    return u[:, None] + np.concatenate(found)[:, None] * _PARTS[:, None], np.concatenate(gaps)
