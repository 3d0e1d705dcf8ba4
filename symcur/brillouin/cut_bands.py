"""Bands in boxes in which a Fermi level cuts them: integrals over level sets of interpolants, and what these may miss.

Errors are told by interpolants with fewer polynomials, and Gauss rules with fewer points. Where the bands of a box have a critical point next
to the level, a saddle or a tiny pocket, the level set is so dense there that the error of the values at this point is most of that of
the integral, or cancels what is missed elsewhere. What a comparison of integrals may then find small by chance is judged part by part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array, Indices

from .bernstein import basis, transform
from .level_set_errors import of_peaks, of_rounding
from .level_sets import LevelSets, Pieces, level_set_integrals
from .occupation import OCCUPATIONS, Weights

# Energies closer than this part of the largest are those of one multiplet: rounding moves them so far.
ROUNDED = 32 * np.finfo(float).eps
# Parts this small, of the length of a box, lie next to a critical point; those that the curvature of a level set asks for are larger.
CLOSE = 1 / 16
ROUGH = 5  # Gauss points, which tell sizes


def stretch_points(dimension: int, rtol: float, cold: bool) -> tuple[int, int]:
    """Gauss points per smooth stretch of a level-set integral, and in the one that it is compared with.

    Each gains a bit over a digit, at T > 0 of the layer at mu.
    """
    if dimension == 1:
        return 16, 13
    digits = -np.log10(max(rtol, 1e-12))
    if dimension == 3 and cold:
        n = int(np.ceil((digits - 0.6) / 1.2)) + 4
        return n, n - 2
    n = int(np.ceil((digits - 4.7) / 1.2)) + (10 if dimension == 2 else 9)
    return n, n - 3


@dataclass
class SharpTask:
    """Samples e (U, P) and v (U, K, P) of some bands in some boxes, and the pairs (mu, T) wanted of each (I).

    ``reach`` (U) is by how much the bands may differ from their interpolants.
    """

    e: Array
    v: Array
    reach: Array
    which: Indices
    mu: Array
    temperature: Array


@dataclass
class Samples:
    """Energies (U, p, ..) and values (U, K, p, ..), those of the bands ``which`` (I,) wanted, with their weights and temperatures (I,)."""

    e: Array
    v: Array
    names: Weights
    which: Indices
    temperature: Array
    block: int

    def integrals(self, matrix: Array, points: int, mu: Array, some: Indices) -> LevelSets:
        """Of interpolants by a matrix, for ``some`` of those that are wanted."""
        dimension = self.e.ndim - 1
        energies, values = (transform(matrix, samples, dimension)[self.which[some]] for samples in (self.e, self.v))
        count = len(some)
        pieces = Pieces(energies, values, mu, self.temperature[some], np.ones(count), np.arange(count))
        return level_set_integrals(pieces, self.names, points, count, self.block)

    def last_polynomials(self, which: Indices) -> Samples:
        """What the last Legendre polynomial of each axis adds to components ``which``, then what that before it does to these."""
        b, dimension, v = basis(self.e.shape[-1]), self.e.ndim - 1, self.v[:, which]
        shorter, cut = (transform(matrix, v, dimension) for matrix in (b.shorter, b.cut))
        steps, names = np.concatenate([v - shorter, shorter - cut], axis=1), tuple(self.names[c] for c in which)
        return Samples(self.e, steps, names * 2, self.which, self.temperature, self.block)


def sharp_task(weights: Weights, p: int, dimension: int, rtol: float, block: int, task: SharpTask) -> Array:
    """The integrals, their change with coarser interpolants, those of the modulus, the error bounds: (4, I, C)."""
    b, every = basis(p), np.arange(len(task.which))
    n, fewer = stretch_points(dimension, rtol, task.temperature[0] == 0)
    used = [c for c, name in enumerate(weights) if not OCCUPATIONS.get(name).constant and task.v[:, c].any()]
    names = tuple(weights[c] for c in used)
    middle = task.e.mean(axis=-1)  # polynomials of what energies differ by within a box keep their digits
    e, levels = (task.e - middle[:, None]).reshape(-1, *(p,) * dimension), task.mu - middle[task.which]
    v = task.v[:, used].reshape(len(e), len(used), *(p,) * dimension)
    samples = Samples(e, v, names, task.which, task.temperature, block)
    fine, coarse = (samples.integrals(m, points, levels, every) for m, points in ((b.fine, n), (b.fine @ b.cut, fewer)))
    bernstein = transform(b.fine, e, dimension).reshape(len(e), -1)[task.which]
    shift = ROUNDED * np.abs(task.e).max(axis=-1)[task.which]
    rounding = of_rounding(names, bernstein, levels, task.temperature, shift) + b.rounding
    error_bound = fine.error_bound + fine.size * rounding
    if (
        dimension == 1
    ):  # the Fermi level picks single points, at which one of the last two Legendre polynomials may vanish, but not both
        shorter = samples.integrals(b.fine @ b.shorter, n, levels, every).value
        error_bound += 3 * (np.abs(shorter - fine.value) + np.abs(coarse.value - shorter))
    else:
        some = np.flatnonzero(fine.smallest < CLOSE**dimension)
        error_bound[some] += _near_critical_points(samples, fewer, levels, some, fine.value)
    peaks = of_peaks(e.reshape(task.e.shape), v, task.which, levels, task.temperature, names)
    error_bound = np.maximum(error_bound, peaks)
    some, mu = _missed(task)
    if len(some):
        moved = samples.integrals(b.fine, n, mu - middle[task.which[some]], some).value
        error_bound[some] += np.abs(moved - fine.value[some])
    whole = np.zeros((4, len(every), len(weights)))
    whole[0][:, used], whole[1][:, used] = fine.value, coarse.value - fine.value
    whole[2][:, used], whole[3][:, used] = fine.size, error_bound
    return whole


def _near_critical_points(samples: Samples, n: int, levels: Array, some: Indices, fine: Array) -> Array:
    """What integrals ``fine`` (I, K) may miss where a level set is dense at single points, shape (some, K).

    At such a point one of the last two Legendre polynomials of the energy may vanish, so that both are taken away in turn. Those of the values
    count in each part by themselves, for weights that live at the level.
    """
    if not len(some):
        return np.zeros((0, len(samples.names)))
    b = basis(samples.e.shape[-1])
    shorter = samples.integrals(b.fine @ b.shorter, n, levels[some], some).value
    error_bound = 3 * np.abs(shorter - fine[some])
    at_level = np.flatnonzero([OCCUPATIONS.get(name).filled == (0.0, 0.0) for name in samples.names])
    if len(at_level):
        steps = samples.last_polynomials(at_level).integrals(b.fine, ROUGH, levels[some], some).apart
        error_bound[:, at_level] += steps.reshape(len(some), 2, -1).sum(axis=1)
    return error_bound


def _missed(task: SharpTask) -> tuple[Indices, Array]:
    """Where a band may reach further beyond mu than its samples tell, into a pocket that no interpolant has; mu moved so far."""
    reach = task.reach[task.which]
    low, high = (extreme(task.e, axis=-1)[task.which] for extreme in (np.min, np.max))
    above, below = low > task.mu - reach, high < task.mu + reach
    some = np.flatnonzero((above | below) & (reach > 0) & (reach >= task.temperature))
    return some, np.where(above, task.mu + reach, task.mu - reach)[some]
