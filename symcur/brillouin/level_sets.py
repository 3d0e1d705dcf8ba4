"""Integrals of w(e) v over the unit cube for polynomials e and v and an occupation function w, to high order.

The energy's level sets e = mu + T L (one at T = 0, seven at T > 0, where w turns within a few T) are found by
reduction of the dimension: along the axis in which e is monotone they are single points of each line, and
the integral over the line is a smooth function of the other coordinates, except where a level set leaves through
an end of the line. These points are found on the faces in the same way, down to roots on the edges; between them
Gauss rules converge exponentially. Bernstein coefficients tell whether a piece of the cube admits this; one that
does not (it holds an extremum or a saddle of e, or a level set too curved) is bisected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from symcur.arrays import Array, Indices, Mask

from .bernstein import along, basis, gauss, roots, sign_changes, transform, vander
from .level_set_errors import at_most
from .memory import pieces as cut
from .occupation import FLAT, OCCUPATIONS, Weights, columns, occupation

WARM_LEVELS = np.array([-30.0, -11.0, -4.0, 0.0, 4.0, 11.0, 30.0])
COLD_LEVELS = np.zeros(1)
# An axis is taken as monotone if its smallest slope is at least this part of its largest; in 3D parts cost more than points.
SLOPE_RATIO = {1: 0.4, 2: 0.4, 3: 0.3}
# Pieces smaller than this part of the cube, next to a critical point on the level, are not resolved further.
SMALLEST = 1e-12

# Numbers in all parts into which a piece may fall; what is left then stays unresolved, with an error bound.
MOST_PARTS = 150_000
# Numbers of the energy handled at a time, so that they stay in the cache, with values of up to so many components.
BLOCK, FEW = 100_000, 16


@dataclass
class Pieces:
    """Boxes with polynomials: e (I, p, ..), v (I, K, p, ..), their mu and T, their volume, the row they add to."""

    e: Array
    v: Array
    mu: Array
    temperature: Array
    volume: Array
    row: Indices


@dataclass
class Parts:
    """Boxes low + size [0, 1]^D inside of pieces, shape (J, D): the polynomial e on them, and the number of the piece.

    ``axes`` says in which order they take the axes of the piece. v is bisected nowhere: it is evaluated where it is needed.
    """

    whole: Pieces
    e: Array
    piece: Indices
    low: Array
    size: Array
    axes: Indices

    @classmethod
    def of(cls, whole: Pieces) -> Parts:
        count, dimension = len(whole.row), whole.e.ndim - 1
        axes = np.tile(np.arange(dimension), (count, 1))
        return cls(whole, whole.e, np.arange(count), np.zeros((count, dimension)), np.ones((count, dimension)), axes)

    def __len__(self) -> int:
        return len(self.piece)

    def __getitem__(self, which: Indices | Mask | slice) -> Parts:
        return Parts(self.whole, *(getattr(self, name)[which] for name in ("e", "piece", "low", "size", "axes")))

    def blocks(self, size: int) -> list[Parts]:
        """The same parts, so many at a time."""
        return [self[i : i + size] for i in range(0, len(self), size)]

    @property
    def mu(self) -> Array:
        return self.whole.mu[self.piece]

    @property
    def temperature(self) -> Array:
        return self.whole.temperature[self.piece]

    @property
    def volume(self) -> Array:
        return np.asarray(self.whole.volume[self.piece] * self.size.prod(axis=1))

    @property
    def v(self) -> Array:
        """The polynomials of the pieces, their axes in the order of the parts."""
        return _turned(self.whole.v, self.axes, 2, self.piece)

    def turned(self, order: Indices) -> Parts:
        """The axes of every part in another order (J, D)."""
        low, size = (np.take_along_axis(edges, order, axis=1) for edges in (self.low, self.size))
        axes = np.take_along_axis(self.axes, order, axis=1)
        return Parts(self.whole, _turned(self.e, order, 1, np.arange(len(self))), self.piece, low, size, axes)

    def halves(self, axes: int) -> Parts:
        """Bisect along that many axes, from the first."""
        parts, b = self, basis(self.e.shape[-1])
        for axis in range(axes):
            e = np.concatenate([along(m, parts.e, axis + 1) for m in (b.left, b.right)])
            half = np.where(np.arange(parts.size.shape[1]) == axis, 0.5, 1.0)
            size = parts.size * half
            low = np.concatenate([parts.low, parts.low + size * (half < 1)])
            piece, turn = np.tile(parts.piece, 2), np.tile(parts.axes, (2, 1))
            parts = Parts(self.whole, e, piece, low, np.tile(size, (2, 1)), turn)
        return parts

    @classmethod
    def joined(cls, several: Sequence[Parts]) -> Parts:
        names = ("e", "piece", "low", "size", "axes")
        return cls(several[0].whole, *(np.concatenate([getattr(part, name) for part in several]) for name in names))


def _turned(array: Array, order: Indices, first: int, which: Indices) -> Array:
    """These entries of an array, the axes from ``first`` on in the order that belongs to each of them (J, D)."""
    code = order @ (order.shape[1] ** np.arange(order.shape[1]))
    result = np.empty((len(which), *array.shape[1:]))
    for value in np.unique(code):
        some = np.nonzero(code == value)[0]
        turn = [int(axis) + first for axis in order[some[0]]]
        result[some] = array[which[some]].transpose(*range(first), *turn)
    return result


@dataclass
class LevelSets:
    """Sums over the pieces of each row, shape (rows, K): ``value``, the integral of w_k(e) v_k, ``size``, of its modulus, ``error_bound``, for
    parts that were not resolved to the end, ``apart``, of the moduli of the integrals over all parts. ``smallest`` part of a piece (rows).
    """

    value: Array
    size: Array
    error_bound: Array
    apart: Array
    smallest: Array

    @classmethod
    def none(cls, rows: int, size: int) -> LevelSets:
        value, modulus, error_bound, apart = np.zeros((4, rows, size))
        return cls(value, modulus, error_bound, apart, np.ones(rows))

    def add(self, parts: Parts, result: Array) -> None:
        """Integrals over parts of volume one (J, K) and of their moduli, with error bounds if there are any, as (2 or 3, J, K)."""
        row, volume = parts.whole.row[parts.piece], parts.volume[:, None]
        for total, some in zip((self.value, self.size, self.error_bound), result, strict=False):
            np.add.at(total, row, volume * some)
        np.add.at(self.apart, row, volume * np.abs(result[0]))
        np.minimum.at(self.smallest, row, parts.size.prod(axis=1))


def level_set_integrals(pieces: Pieces, weights: Weights, n: int, rows: int, block: int = BLOCK) -> LevelSets:
    """Integrals of polynomials with weights over all pieces.

    All temperatures are zero or all are positive. n is the number of Gauss points per smooth stretch, ``block`` how many numbers of the
    energy are handled at a time.
    """
    total = LevelSets.none(rows, len(weights))
    dimension, numbers = pieces.e.ndim - 1, _flat(pieces.e).shape[1]
    tried = np.zeros(len(pieces.row), dtype=np.intp)
    together = max(1, block // (numbers * max(1, len(weights) // FEW)))
    waiting = Parts.of(pieces).blocks(together)
    while waiting:
        parts = waiting.pop(0)
        tried += np.bincount(parts.piece, minlength=len(tried))
        smooth, empty = _smooth(parts)
        total.add(parts[smooth], _gauss(parts[smooth], weights, n))
        parts = _steepest_last(parts[~smooth & ~empty])
        split = _obstacle(parts)
        left = (split > 0) & ((parts.volume < SMALLEST) | (numbers * tried[parts.piece] > MOST_PARTS))
        total.add(parts[left], _unresolved(parts[left], weights, n))
        good = parts[split == 0]
        if len(good):
            levels = _levels(good)
            lines = Lines(
                good.e, good.v, good.low, good.size, good.mu, good.temperature, levels, _outer(levels, dimension)
            )
            total.add(good, _slices(lines, weights, n))
        halves = Parts.joined([parts[(split == axes) & ~left].halves(axes) for axes in range(1, dimension + 1)])
        waiting += halves.blocks(together)
    return total


def _flat(array: Array) -> Array:
    return array.reshape(len(array), int(np.prod(array.shape[1:])))


def _levels(parts: Parts) -> Array:
    levels = WARM_LEVELS if parts.temperature[0] > 0 else COLD_LEVELS
    return np.asarray(parts.mu[:, None] + parts.temperature[:, None] * levels)


def _outer(levels: Array, dimension: int) -> Array:
    """The levels that break the outer integrals. In 3D mu and mu -+ 11 T do: they turn more gently than w itself."""
    return levels[:, 1::2] if dimension == 3 and levels.shape[1] > 1 else levels


def _smooth(parts: Parts) -> tuple[Mask, Mask]:
    """Which parts a plain Gauss rule integrates, and which are empty."""
    flat = _flat(parts.e)
    low, high = flat.min(axis=1) - parts.mu, flat.max(axis=1) - parts.mu
    t = parts.temperature
    empty = low >= FLAT * t
    smooth = high <= -FLAT * t
    if len(t) and t[0] > 0:
        smooth |= high - low <= 5 * t
        smooth |= ((low > 10 * t) | (high < -10 * t)) & (high - low <= 30 * t)
    return smooth & ~empty, empty


def _at_points(parts: Parts, n: int) -> tuple[Array, Array]:
    """e (J, n^D) and v (J, K, n^D) at the tensor product of the Gauss points, in the order of the pieces' axes."""
    count, dimension, p = len(parts), parts.e.ndim - 1, parts.e.shape[-1]
    x, _ = gauss(n)
    back = np.argsort(parts.axes, axis=1)
    low, size = (np.take_along_axis(edges, back, axis=1) for edges in (parts.low, parts.size))
    v = parts.whole.v[parts.piece]
    for axis in range(dimension):  # the first axis goes to the end each time
        matrix = vander(low[:, axis, None] + size[:, axis, None] * x, p)
        v = np.moveaxis(v, 2, -1)
        v = (v.reshape(count, -1, p) @ matrix.swapaxes(1, 2)).reshape(*v.shape[:-1], n)
    e = _turned(transform(vander(x, p), parts.e, dimension), back, 1, np.arange(count))
    return e.reshape(count, -1), v.reshape(*v.shape[:2], -1)


def _gauss(parts: Parts, weights: Weights, n: int) -> Array:
    """The tensor Gauss rule on each part: (2, J, K)."""
    if len(parts) == 0:
        return np.zeros((2, 0, len(weights)))
    w = reduce(np.multiply.outer, [gauss(n)[1]] * (parts.e.ndim - 1)).ravel()
    return _weigh(*_at_points(parts, n), parts.mu, parts.temperature, w, weights)


def _unresolved(parts: Parts, weights: Weights, n: int) -> Array:
    """The tensor Gauss rule, whose points may all be where the weight is small, with a bound of the error."""
    result = _gauss(parts, weights, n)
    error_bound = np.zeros(result.shape[1:])
    if len(parts):
        size = np.abs(_at_points(parts, n)[1]).mean(axis=-1)
        error_bound = at_most(_flat(parts.e), size, parts.mu, parts.temperature, weights)
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


def _steepest_last(parts: Parts) -> Parts:
    """Permute the axes of each part so that e varies most along the last and least along the first."""
    dimension = parts.e.ndim - 1
    if dimension == 1 or len(parts) == 0:
        return parts
    axes = range(1, dimension + 1)
    steep = np.stack([np.abs(np.diff(parts.e, axis=a)).mean(axis=tuple(axes)) for a in axes], axis=1)
    return parts.turned(np.argsort(steep, axis=1, kind="stable"))


def _monotone(e: Array, ratio: float) -> Mask:
    """Whether each polynomial is safely monotone along its last axis."""
    steps = _flat(np.diff(e, axis=-1))
    low, high = steps.min(axis=1), steps.max(axis=1)
    monotone: Mask = (low > ratio * high) | (high < ratio * low)
    return monotone


def _obstacle(parts: Parts) -> Indices:
    """0 where the reduction works, else the number of leading axes along which to bisect."""
    e, dimension = parts.e, parts.e.ndim - 1
    ratio = SLOPE_RATIO[dimension]
    split = np.where(_monotone(e, ratio), 0, dimension).astype(np.intp)
    if dimension == 1 or len(e) == 0:
        return split
    levels = _outer(_levels(parts), dimension)
    if dimension == 3:
        for face in (e[..., 0], e[..., -1]):
            flat = _flat(face)
            crossed = (flat.min(axis=1)[:, None] < levels) & (levels < flat.max(axis=1)[:, None])
            split = np.where((split == 0) & crossed.any(axis=1) & ~_monotone(face, ratio), 2, split)
    for edge in np.moveaxis(_edges(e), -1, 0):
        many = (sign_changes(edge, levels) > 1).any(axis=1)
        split = np.where((split == 0) & many, 1, split)
    return split


def _edges(e: Array) -> Array:
    """The polynomials in 2D or 3D on the edges along the first axis, (J, p, edges)."""
    edges = e[..., [0, -1]] if e.ndim == 3 else e[..., [0, -1], :][..., [0, -1]]
    return edges.reshape(*e.shape[:2], -1)


@dataclass
class Lines:
    """Boxes of one to D dimensions on which to integrate; v is given on a larger one, of which they are low + size [0, 1]^D."""

    e: Array
    v: Array
    low: Array
    size: Array
    mu: Array
    temperature: Array
    levels: Array
    outer: Array

    def inside(self, which: Indices, points: Array) -> Array:
        """Points of the first axis as points of the box of v."""
        return np.asarray(self.low[which, :1] + self.size[which, :1] * points)


def _slices(boxes: Lines, weights: Weights, n: int) -> Array:
    """Integrate over the first axis the integrals over the others: (2, J, K)."""
    e, v = boxes.e, boxes.v
    if e.ndim == 2:
        return _line(boxes, weights, n)
    count, p = e.shape[:2]
    edges = np.moveaxis(_edges(e), -1, 1)
    inner = roots(edges.reshape(-1, p), np.repeat(boxes.outer, edges.shape[1], axis=0)).reshape(count, -1)
    breaks = np.sort(np.concatenate([np.zeros((count, 1)), inner, np.ones((count, 1))], axis=1), axis=1)
    width = np.diff(breaks, axis=1)
    box, stretch = np.nonzero(width > 1e-15)
    left, width = breaks[box, stretch, None], width[box, stretch, None]
    x, w = gauss(n)
    parts, shape = np.empty((2, len(box), len(weights))), e.shape[2:]
    for some in cut(len(box), n * len(weights) * int(np.prod(shape))):
        at, points = box[some], left[some] + width[some] * x
        e1 = (vander(points, p) @ e[at].reshape(len(at), p, -1)).reshape(-1, *shape)
        matrix = vander(boxes.inside(at, points), p)
        v1 = (matrix[:, None] @ v[at].reshape(len(at), len(weights), p, -1)).swapaxes(1, 2)
        again = np.repeat(at, n)
        rest = [
            x[again]
            for x in (boxes.low[:, 1:], boxes.size[:, 1:], boxes.mu, boxes.temperature, boxes.levels, boxes.outer)
        ]
        inside = _slices(Lines(e1, v1.reshape(-1, len(weights), *shape), *rest), weights, n)
        inside = inside.reshape(2, len(at), n, len(weights))
        np.einsum("rjmk,jm->rjk", inside, width[some] * w, out=parts[:, some])
    return np.asarray(np.add.reduceat(parts, np.flatnonzero(np.diff(box, prepend=-1)), axis=1))


def _line(lines: Lines, weights: Weights, n: int) -> Array:
    """The integral over a line along which e is monotone: (2, J, K)."""
    e, v, mu, t = lines.e, lines.v, lines.mu, lines.temperature
    crossings = roots(e, lines.levels)
    count, cold, p = len(e), t[0] == 0, e.shape[1]
    rising = e[:, -1:] > e[:, :1]
    # Breakpoints in the order of energy, from the occupied end to the highest level: the rest is empty.
    start = np.where(rising, 0.0, 1.0)
    breaks = np.concatenate([start, crossings], axis=1)
    left, width = np.minimum(breaks[:, :-1], breaks[:, 1:]), np.abs(np.diff(breaks, axis=1))
    line, panel = np.nonzero(width > 1e-15)
    left, width = left[line, panel, None], width[line, panel, None]
    result = np.zeros((2, count, len(weights)))
    x, w = gauss(n)
    for some in cut(len(line), 2 * n * p * max(1, len(weights) // FEW)):
        at = line[some]
        points = left[some] + width[some] * x
        energies = (vander(points, p) @ e[at, :, None])[..., 0]
        values = v[at] @ vander(lines.inside(at, points), p).swapaxes(1, 2)
        part = _weigh(energies, values, mu[at], t[at], width[some] * w, weights)
        first = np.flatnonzero(np.diff(at, prepend=-1))
        result[:, at[first]] += np.add.reduceat(part, first, axis=1)
    surface = _delta_columns(weights)
    if cold and len(surface):
        _add_surface(lines, crossings[:, 0], surface, result)
    return result


def _delta_columns(weights: Weights) -> Indices:
    """The components whose occupation is a delta function at T = 0."""
    return np.array([c for c, name in enumerate(weights) if OCCUPATIONS.get(name).delta], dtype=np.intp)


def _add_surface(lines: Lines, crossing: Array, which: Indices, result: Array) -> None:
    """The integral of delta(e - mu) v over each line: v/|de/dx| where the line crosses the level."""
    e, mu, p = lines.e, lines.mu, lines.e.shape[1]
    crossed = (e[:, 0] < mu) != (e[:, -1] < mu)
    slope = np.abs(np.einsum("jp,jp->j", vander(crossing, p - 1), np.diff(e, axis=1))) * (p - 1)
    inside = lines.inside(np.arange(len(e)), crossing[:, None])[:, 0]
    at_level = np.einsum("jkp,jp->jk", lines.v[:, which], vander(inside, p))
    part = at_level * (crossed / np.where(crossed, slope, 1.0))[:, None]
    result[0][:, which], result[1][:, which] = part, np.abs(part)
