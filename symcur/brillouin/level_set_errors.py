"""What level-set integrals may miss: values that no polynomial of a box follows, and the rounding of energies."""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array, Indices

from .bernstein import basis, transform
from .occupation import OCCUPATIONS, Weights, columns, occupation

# Values whose last two Legendre polynomials add more than this part of their mean are not resolved.
PEAKED = 0.03
UNSURE = 3  # by what means over few points may be wrong


def at_most(e: Array, size: Array, mu: Array, t: Array, weights: Weights) -> Array:
    """What values of ``size`` (J, K) may add where the energies e (J, P) show their range, shape (J, K).

    That is the size times the largest weight, for a delta function at T = 0 over the range of e.
    """
    bound = np.zeros(size.shape)
    low, high = e.min(axis=1), e.max(axis=1)
    at = np.stack([low, np.clip(mu, low, high), high], axis=1)
    for name, which in columns(weights).items():
        if OCCUPATIONS.get(name).delta and t[0] == 0:
            bound[:, which] = size[:, which] / np.maximum(high - low, 1e-300)[:, None]
        else:
            largest = np.abs(occupation(name, at, mu[:, None], t[:, None] if t[0] > 0 else 0.0)).max(axis=1)
            bound[:, which] = size[:, which] * largest[:, None]
    return bound


def of_peaks(e: Array, v: Array, which: Indices, mu: Array, t: Array, weights: Weights) -> Array:
    """All that samples v (U, K, p, ..) of a peak may add with energies e (U, P), of the bands ``which`` (I,): (I, K), else zero.

    Next to a touching of bands v may go like the inverse of the distance. An interpolant of such values is wrong by a part of them
    that shrinks with the degree too slowly to be seen by a comparison with two degrees less, and as much in smaller boxes. Where mu is far
    from all energies of a box no level set crosses it.
    """
    dimension, flat = v.ndim - 2, (*v.shape[:2], -1)
    size = np.abs(v).reshape(flat).mean(axis=-1)
    missed = np.abs(v - transform(basis(v.shape[-1]).cut, v, dimension)).reshape(flat).max(axis=-1)
    size = np.where(missed > PEAKED * size, size, 0.0)[which]
    low, high = e.min(axis=1)[which], e.max(axis=1)[which]
    near = (mu >= 2 * low - high) & (mu <= 2 * high - low)  # beyond all samples by no more than their range
    bound, some = np.zeros(size.shape), np.flatnonzero(size.any(axis=1) & near)
    if len(some):
        bound[some] = UNSURE * at_most(e[which[some]], size[some], mu[some], t[some], weights)
    return bound


def of_rounding(weights: Weights, e: Array, mu: Array, temperature: Array, shift: Array) -> Array:
    """By what part of their modulus the integrals change where energies are rounded by ``shift`` (I,), of shape (I, K).

    They grow with the depth to which a band, with Bernstein coefficients ``e`` (I, P), reaches below mu, or vary with mu as the band does
    within the box, also next to its ends.
    """
    low, high = e.min(axis=-1), e.max(axis=-1)
    surface = np.min([high - low, mu - low, high - mu], axis=0)
    depth = np.stack([surface if OCCUPATIONS.get(name).delta else mu - low for name in weights], axis=-1)
    return np.asarray(shift[:, None] / np.maximum(np.maximum(depth, temperature[:, None]), shift[:, None]))
