"""Different rows of an array, different points of the unit cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, Indices


def distinct_rows(x: Array) -> tuple[Indices, Indices]:
    """Where each of the different rows (M, D) stands first, in ascending order of the rows, and which of them each row is.

    As ``numpy.unique`` along an axis, which takes six times as long for the few hundred rows of landmarks.
    """
    order = np.lexsort(x.T[::-1])
    new = np.ones(len(x), dtype=bool)
    new[1:] = (x[order[1:]] != x[order[:-1]]).any(axis=1)
    same = np.empty(len(x), dtype=np.intp)
    same[order] = np.cumsum(new) - 1
    return order[new], same


def distinct(u: Array, apart: ArrayLike, which: Indices, most: int) -> Indices:
    """Of the points ``which`` of u (M, D), in this order, those further apart from all chosen before than ``apart`` (M,); at most so many."""
    radius, chosen = np.broadcast_to(np.asarray(apart, dtype=float), len(u)), list[int]()
    while len(which) and len(chosen) < most:
        one = int(which[0])
        chosen.append(one)
        distance = np.abs((u[which] - u[one] + 0.5) % 1 - 0.5).max(axis=1)
        which = which[distance > radius[one]]
    return np.array(chosen, dtype=np.intp)
