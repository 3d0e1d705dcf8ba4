"""Parabolas through values around points, and where they are least."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

from symcur.arrays import Array, Indices

NEARLY_FLAT = 1e-9  # of the largest curvature


def corners_and_middles(D: int) -> Array:
    """The points {-1, 0, 1}^D around zero, which is the middle one, shape (3^D, D)."""
    return np.array(list(product((-1, 0, 1), repeat=D)), dtype=float)


def bottoms(values: Array, corners: Array) -> tuple[Indices, Array, Array]:
    """Through which values (L, P) >= 0 at the ``corners`` (P, D) of {-1, 0, 1}^D a parabola with a least value goes, where that is, and halvings.

    So many halvings of 1, along each axis, leave more than the length over which the parabola rises by three times its least value and
    what it misses of the values.
    """
    D = corners.shape[1]
    terms, fit = _fit(corners.tobytes(), D)
    found = values @ fit
    curvatures, axes = _curvatures(found, D)
    some = np.flatnonzero(curvatures[:, 0] > NEARLY_FLAT * np.abs(curvatures).max(axis=1))
    found, curvatures, axes, values = found[some], curvatures[some], axes[some], values[some]
    step = -(axes @ ((axes.mT @ found[:, 1 : D + 1, None]) / curvatures[..., None]))[..., 0]
    least = np.maximum(found[:, 0] + (found[:, 1 : D + 1] * step).sum(axis=1) / 2, 0)
    least += 2 * np.abs(found @ terms.T - values).max(axis=1)
    along = (axes**2 @ curvatures[..., None])[..., 0]
    ratio = along / np.maximum(least[:, None], NEARLY_FLAT**2 * along)
    return some, step, np.floor(np.log2(ratio) / 2 - 1.5)


def quadratic(values: Array, corners: Array) -> tuple[Array, Array, Array]:
    """The slopes (L, D) of the parabolas through values (L, P), their curvatures (L, D) and the axes of these, columns of (L, D, D)."""
    D = corners.shape[1]
    found = values @ _fit(corners.tobytes(), D)[1]
    return found[:, 1 : D + 1], *_curvatures(found, D)


def _curvatures(found: Array, D: int) -> tuple[Array, Array]:
    """Those of the second derivatives among the coefficients, and the axes."""
    first, second = np.triu_indices(D)
    curvature = np.zeros((len(found), D, D))
    curvature[:, first, second] = found[:, D + 1 :]
    curvatures, axes = np.linalg.eigh(curvature + curvature.mT)
    return curvatures, axes


@lru_cache(maxsize=8)
def _fit(corners: bytes, D: int) -> tuple[Array, Array]:
    """The terms of second degree at the corners, and what takes values there to their coefficients."""
    at = np.frombuffer(corners).reshape(-1, D)
    first, second = np.triu_indices(D)
    terms = np.concatenate([np.ones((len(at), 1)), at, at[:, first] * at[:, second]], axis=1)
    return terms, np.linalg.pinv(terms).T
