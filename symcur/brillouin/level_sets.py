"""Integrals of w(e) v over the unit cube for polynomials e and v and an occupation function w, to high order.

The energy's level sets e = mu + T L (one at T = 0, seven at T > 0, where w turns within a few T) are found by
reduction of the dimension: along the axis in which e is monotone they are single points of each line, and
the integral over the line is a smooth function of the other coordinates, except where a level set leaves through
an end of the line. These points are found on the faces in the same way, down to roots on the edges; between them
Gauss rules converge exponentially. Bernstein coefficients tell whether a piece of the cube admits this; one that
does not (it holds an extremum or a saddle of e, or a level set too curved) is bisected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from symcur.arrays import Array, Indices, Mask

from .bernstein import along, basis, gauss, roots, sign_changes, transform, vander
from .occupation import FLAT, OCCUPATIONS, Weights, columns, occupation

WARM_LEVELS = np.array([-30.0, -11.0, -4.0, 0.0, 4.0, 11.0, 30.0])
COLD_LEVELS = np.zeros(1)
# An axis is taken as monotone if its smallest slope is at least this part of its largest.
SLOPE_RATIO = 0.4
# Pieces smaller than this part of the cube, next to a critical point on the level, are not resolved further.
SMALLEST = 1e-12

# Numbers kept at once; pieces that would need more are left unresolved, with an error bound.
LARGEST = 1_000_000
# Numbers handled at a time, so that they stay in the cache.
BLOCK = 100_000


@dataclass
class Pieces:
    """Boxes with polynomials: e (I, p, ..), v (I, K, p, ..), their mu and T, their volume, the row they add to."""

    e: Array
    v: Array
    mu: Array
    temperature: Array
    volume: Array
    row: Indices

    def __getitem__(self, which: Indices | Mask) -> Pieces:
        return Pieces(*(array[which] for array in vars(self).values()))

    def halves(self, axes: int) -> Pieces:
        """Bisect along that many axes of the cube, from the first."""
        e, v, copies = self.e, self.v, 2**axes
        b = basis(e.shape[-1])
        for axis in range(axes):
            e = np.concatenate([along(m, e, axis + 1) for m in (b.left, b.right)])
            v = np.concatenate([along(m, v, axis + 2) for m in (b.left, b.right)])
        mu, temperature, volume = (np.tile(a, copies) for a in (self.mu, self.temperature, self.volume / copies))
        return Pieces(e, v, mu, temperature, volume, np.tile(self.row, copies))


def level_set_integrals(pieces: Pieces, weights: Weights, n: int, rows: int) -> Array:
    """Sums over the pieces of each row, shape (3, rows, K): integral of w_k(e) v_k, of its modulus, and an error bound.

    The error bound is for pieces that were not resolved to the end. All temperatures are zero or
    all are positive. n is the number of Gauss points per smooth stretch.
    """
    total = np.zeros((3, rows, len(weights)))
    dimension = pieces.e.ndim - 1
    numbers = _flat(pieces.e).shape[1] * (1 + len(weights))  # in one piece
    most = max(4 * len(pieces.row), LARGEST // numbers)
    while len(pieces.row):
        smooth, empty = _smooth(pieces)
        total += _collect(pieces[smooth], _gauss(pieces[smooth], weights, n), rows)
        pieces = _steepest_last(pieces[~smooth & ~empty])
        split = _obstacle(pieces)
        tiny = (split > 0) & ((pieces.volume < SMALLEST) | (len(split) > most))
        total += _collect(pieces[tiny], _unresolved(pieces[tiny], weights, n), rows)
        good = pieces[split == 0]
        if len(good.row):
            levels = _levels(good)
            outer = _outer(levels, dimension)
            result = _slices(good.e, good.v, good.mu, good.temperature, levels, outer, weights, n)
            total += _collect(good, result, rows)
        again = [pieces[(split == axes) & ~tiny].halves(axes) for axes in range(1, dimension + 1)]
        pieces = Pieces(*map(np.concatenate, zip(*(vars(part).values() for part in again), strict=True)))
    return total


def _collect(pieces: Pieces, result: Array, rows: int) -> Array:
    total = np.zeros((3, rows, result.shape[-1]))
    for part in range(len(result)):
        np.add.at(total[part], pieces.row, pieces.volume[:, None] * result[part])
    return total


def _flat(array: Array) -> Array:
    return array.reshape(len(array), int(np.prod(array.shape[1:])))


def _levels(pieces: Pieces) -> Array:
    levels = WARM_LEVELS if pieces.temperature[0] > 0 else COLD_LEVELS
    return pieces.mu[:, None] + pieces.temperature[:, None] * levels


def _outer(levels: Array, dimension: int) -> Array:
    """The levels that break the outer integrals. In 3D mu and mu -+ 11 T do: they turn more gently than w itself."""
    return levels[:, 1::2] if dimension == 3 and levels.shape[1] > 1 else levels


def _smooth(pieces: Pieces) -> tuple[Mask, Mask]:
    """Which pieces a plain Gauss rule integrates, and which are empty."""
    flat = _flat(pieces.e)
    low, high = flat.min(axis=1) - pieces.mu, flat.max(axis=1) - pieces.mu
    t = pieces.temperature
    empty = low >= FLAT * t
    smooth = high <= -FLAT * t
    if len(t) and t[0] > 0:
        smooth |= high - low <= 5 * t
        smooth |= ((low > 10 * t) | (high < -10 * t)) & (high - low <= 30 * t)
    return smooth & ~empty, empty


def _gauss(pieces: Pieces, weights: Weights, n: int) -> Array:
    """The tensor Gauss rule on each piece: (2, I, K)."""
    count, dimension = len(pieces.row), pieces.e.ndim - 1
    result = np.zeros((2, count, len(weights)))
    if count == 0:
        return result
    x, w = gauss(n)
    matrix = vander(x, pieces.e.shape[-1])
    e = transform(matrix, pieces.e, dimension).reshape(count, -1)
    v = transform(matrix, pieces.v, dimension).reshape(count, len(weights), -1)
    return _weigh(e, v, pieces.mu, pieces.temperature, reduce(np.multiply.outer, [w] * dimension).ravel(), weights)


def _unresolved(pieces: Pieces, weights: Weights, n: int) -> Array:
    """The tensor Gauss rule with an error bound: all of it, and for a delta function the size of v over the range of e."""
    result = _gauss(pieces, weights, n)
    error_bound = result[1].copy()
    surface = _delta_columns(weights)
    if len(pieces.row) and pieces.temperature[0] == 0 and len(surface):
        flat = _flat(pieces.e)
        size = np.abs(pieces.v[:, surface]).reshape(len(flat), len(surface), -1).mean(axis=-1)
        error_bound[:, surface] = size / np.maximum(np.ptp(flat, axis=1), 1e-300)[:, None]
    return np.concatenate([result, error_bound[None]])


def _weigh(e: Array, v: Array, mu: Array, t: Array, w: Array, weights: Weights) -> Array:
    """The sum over points (last axis) of w times the weighted v (J, K, points), and of its modulus."""
    result = np.zeros((2, *v.shape[:2]))
    for name, which in columns(weights).items():
        f = occupation(name, e, mu[:, None], t[:, None] if t[0] > 0 else 0.0)
        part = v[:, which] * (f * w)[:, None, :]
        result[0][:, which] = part.sum(axis=-1)
        result[1][:, which] = np.abs(part).sum(axis=-1)
    return result


def _steepest_last(pieces: Pieces) -> Pieces:
    """Permute the axes of each piece so that e varies most along the last and least along the first."""
    dimension = pieces.e.ndim - 1
    if dimension == 1 or len(pieces.row) == 0:
        return pieces
    axes = range(1, dimension + 1)
    steep = np.stack([np.abs(np.diff(pieces.e, axis=a)).mean(axis=tuple(axes)) for a in axes], axis=1)
    order = np.argsort(steep, axis=1, kind="stable")
    code = order @ (dimension ** np.arange(dimension))
    e, v = np.empty_like(pieces.e), np.empty_like(pieces.v)
    for value in np.unique(code):
        some = np.nonzero(code == value)[0]
        turn = [int(a) for a in order[some[0]]]
        e[some] = pieces.e[some].transpose(0, *(a + 1 for a in turn))
        v[some] = pieces.v[some].transpose(0, 1, *(a + 2 for a in turn))
    return Pieces(e, v, pieces.mu, pieces.temperature, pieces.volume, pieces.row)


def _monotone(e: Array) -> Mask:
    """Whether each polynomial is safely monotone along its last axis."""
    steps = _flat(np.diff(e, axis=-1))
    low, high = steps.min(axis=1), steps.max(axis=1)
    monotone: Mask = (low > SLOPE_RATIO * high) | (high < SLOPE_RATIO * low)
    return monotone


def _obstacle(pieces: Pieces) -> Indices:
    """0 where the reduction works, else the number of leading axes along which to bisect."""
    e, dimension = pieces.e, pieces.e.ndim - 1
    split = np.where(_monotone(e), 0, dimension).astype(np.intp)
    if dimension == 1 or len(e) == 0:
        return split
    levels = _outer(_levels(pieces), dimension)
    if dimension == 3:
        for face in (e[..., 0], e[..., -1]):
            flat = _flat(face)
            crossed = (flat.min(axis=1)[:, None] < levels) & (levels < flat.max(axis=1)[:, None])
            split = np.where((split == 0) & crossed.any(axis=1) & ~_monotone(face), 2, split)
    for edge in np.moveaxis(_edges(e), -1, 0):
        many = (sign_changes(edge, levels) > 1).any(axis=1)
        split = np.where((split == 0) & many, 1, split)
    return split


def _edges(e: Array) -> Array:
    """The polynomials in 2D or 3D on the edges along the first axis, (J, p, edges)."""
    edges = e[..., [0, -1]] if e.ndim == 3 else e[..., [0, -1], :][..., [0, -1]]
    return edges.reshape(*e.shape[:2], -1)


def _slices(e: Array, v: Array, mu: Array, t: Array, levels: Array, outer: Array, weights: Weights, n: int) -> Array:
    """Integrate over the first axis the integrals over the others: (2, J, K)."""
    if e.ndim == 2:
        return _line(e, v, mu, t, levels, weights, n)
    count, p = e.shape[:2]
    inner = [roots(edge, outer) for edge in np.moveaxis(_edges(e), -1, 0)]
    ends = [np.zeros((count, 1)), *inner, np.ones((count, 1))]
    breaks = np.sort(np.concatenate(ends, axis=1), axis=1)
    wide = np.diff(breaks, axis=1) > 1e-15
    stretches = wide.sum(axis=1)
    x, w = gauss(n)
    result = np.zeros((2, count, len(weights)))
    for m in np.unique(stretches):
        some = np.nonzero(stretches == m)[0]
        first = np.argsort(~wide[some], axis=1, kind="stable")[:, :m]
        left = np.take_along_axis(breaks[some], first, axis=1)
        width = np.take_along_axis(breaks[some], first + 1, axis=1) - left
        points = (left[..., None] + width[..., None] * x).reshape(len(some), -1)
        matrix = vander(points, p)
        shape = e.shape[2:]
        e1 = (matrix @ e[some].reshape(len(some), p, -1)).reshape(-1, *shape)
        v1 = (matrix[:, None] @ v[some].reshape(len(some), len(weights), p, -1)).swapaxes(1, 2)
        repeat = np.repeat(some, m * n)
        parts = _slices(
            e1, v1.reshape(-1, len(weights), *shape), mu[repeat], t[repeat], levels[repeat], outer[repeat], weights, n
        ).reshape(2, len(some), m * n, len(weights))
        factor = (width[..., None] * w).reshape(len(some), -1)
        result[:, some] = np.einsum("rjmk,jm->rjk", parts, factor)
    return result


def _line(e: Array, v: Array, mu: Array, t: Array, levels: Array, weights: Weights, n: int) -> Array:
    """The integral over a line along which e is monotone: (2, J, K)."""
    crossings = roots(e, levels)
    count, cold = len(e), t[0] == 0
    rising = e[:, -1:] > e[:, :1]
    # Breakpoints in the order of energy, from the occupied end to the highest level: the rest is empty.
    start = np.where(rising, 0.0, 1.0)
    breaks = np.concatenate([start, crossings], axis=1)
    left, width = np.minimum(breaks[:, :-1], breaks[:, 1:]), np.abs(np.diff(breaks, axis=1))
    line, panel = np.nonzero(width > 1e-15)
    left, width = left[line, panel, None], width[line, panel, None]
    result = np.zeros((2, count, len(weights)))
    x, w = gauss(n)
    block = max(1, BLOCK // (n * e.shape[1]))
    for i in range(0, len(line), block):
        some, at = slice(i, i + block), line[i : i + block]
        matrix = vander(left[some] + width[some] * x, e.shape[1])
        energies = (matrix @ e[at, :, None])[..., 0]
        part = _weigh(energies, v[at] @ matrix.swapaxes(1, 2), mu[at], t[at], width[some] * w, weights)
        first = np.flatnonzero(np.diff(at, prepend=-1))
        result[:, at[first]] += np.add.reduceat(part, first, axis=1)
    surface = _delta_columns(weights)
    if cold and len(surface):
        _add_surface(e, v, mu, crossings[:, 0], surface, result)
    return result


def _delta_columns(weights: Weights) -> Indices:
    """The components whose occupation is a delta function at T = 0."""
    return np.array([c for c, name in enumerate(weights) if OCCUPATIONS.get(name).delta], dtype=np.intp)


def _add_surface(e: Array, v: Array, mu: Array, crossing: Array, which: Indices, result: Array) -> None:
    """The integral of delta(e - mu) v over each line: v/|de/dx| where the line crosses the level."""
    p = e.shape[1]
    crossed = (e[:, 0] < mu) != (e[:, -1] < mu)
    slope = np.abs(np.einsum("jp,jp->j", vander(crossing, p - 1), np.diff(e, axis=1))) * (p - 1)
    at_level = np.einsum("jkp,jp->jk", v[:, which], vander(crossing, p))
    part = at_level * (crossed / np.where(crossed, slope, 1.0))[:, None]
    result[0][:, which], result[1][:, which] = part, np.abs(part)
