"""Polynomials on the unit cube in the Bernstein basis: sampling, bounds, restriction, bisection, roots.

A polynomial of degree p - 1 in each of D variables is an array of p^D Bernstein coefficients. They bound the
polynomial, their differences bound its derivatives, the first and last along an axis are the polynomial on the
faces: all that is needed to trust a level set. The samples are taken at the Gauss-Legendre points, where
interpolation is well conditioned and the integral is the Gauss rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb, prod

import numpy as np
from numpy.polynomial import chebyshev, legendre

from symcur.arrays import Array, Indices


@lru_cache
def gauss(n: int) -> tuple[Array, Array]:
    """Gauss-Legendre points and weights on [0, 1]."""
    x, w = legendre.leggauss(n)
    return np.asarray((x + 1) / 2, dtype=float), np.asarray(w / 2, dtype=float)


def vander(x: Array, p: int) -> Array:
    """The p Bernstein polynomials of degree p - 1 at x in [0, 1]: shape (*x.shape, p)."""
    t = 2 * x.ravel() - 1
    series = np.empty((p, t.size))
    series[0], series[1:2] = 1.0, t
    for j in range(2, p):
        np.multiply(t, series[j - 1], out=series[j])
        series[j] *= 2
        series[j] -= series[j - 2]
    return (series.T @ _from_chebyshev(p)).reshape(*x.shape, p)


@lru_cache
def _from_chebyshev(p: int) -> Array:
    """Row j: what the Chebyshev polynomial T_j contributes to each Bernstein polynomial."""
    x, _ = gauss(p)
    values = np.array([[comb(p - 1, i) * y**i * (1 - y) ** (p - 1 - i) for i in range(p)] for y in x])
    return np.asarray(np.linalg.solve(chebyshev.chebvander(2 * x - 1, p - 1), values), dtype=float)


@dataclass(frozen=True)
class Basis:
    """Fixed matrices for p points per axis.

    ``fine`` takes samples at ``nodes`` to Bernstein coefficients of the interpolant, ``shorter`` and ``cut`` take them to samples
    of its Legendre series cut one and two degrees earlier. ``tails`` gives the last four Legendre coefficients. ``left``
    and ``right`` give the coefficients on the halves, ``powers`` those of t^j with t = 2x - 1.
    """

    p: int
    nodes: Array
    weights: Array
    fine: Array
    shorter: Array
    cut: Array
    tails: Array
    left: Array
    right: Array
    powers: Array

    @property
    def rounding(self) -> float:
        """By what part of its size a polynomial may change where samples, or the matrix ``fine``, are rounded."""
        return float(np.abs(self.fine).sum(axis=1).max() * np.finfo(float).eps)


@lru_cache
def basis(p: int) -> Basis:
    """The matrices for p points per axis."""
    nodes, weights = gauss(p)
    values: Array = np.asarray(legendre.legvander(2 * nodes - 1, p - 1), dtype=float)
    to_legendre: Array = (2 * np.arange(p) + 1)[:, None] * values.T * weights
    fine = np.linalg.inv(vander(nodes, p))
    shorter, cut = (np.asarray(values[:, :n] @ to_legendre[:n]) for n in (p - 1, p - 2))
    left = fine @ vander(nodes / 2, p)
    right = fine @ vander((nodes + 1) / 2, p)
    powers = np.linalg.inv(np.vander(2 * nodes - 1, increasing=True)) @ vander(nodes, p)
    return Basis(
        p, nodes, weights, np.asarray(fine, dtype=float), shorter, cut, to_legendre[p - 4 :], left, right, powers
    )


def along(matrix: Array, array: Array, axis: int) -> Array:
    """Apply a matrix to one axis of an array, as many small products: one large product would be spread over threads."""
    axis %= array.ndim
    if axis == array.ndim - 1:
        return np.asarray(array @ matrix.T)
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    product = matrix @ array.reshape(prod(before), array.shape[axis], prod(after))
    return np.asarray(product.reshape(*before, len(matrix), *after))


def transform(matrix: Array, array: Array, dimension: int) -> Array:
    """Apply a matrix to each of the last ``dimension`` axes."""
    for axis in range(-dimension, 0):
        array = along(matrix, array, axis)
    return array


def roots(coefficients: Array, levels: Array) -> Array:
    """Where polynomials (J, p) with one sign change cross levels (J, L): points of [0, 1], shape (J, L).

    A polynomial that lies on one side of a level gives the end closer to it. Newton's method inside a
    bracket, with bisections now and then should it be slow.
    """
    first, last = coefficients[:, :1], coefficients[:, -1:]
    found = np.where(np.abs(levels - first) <= np.abs(levels - last), 0.0, 1.0)
    rows, cols = np.nonzero((first < levels) != (last < levels))
    if len(rows) == 0:
        return found
    level, start, end = levels[rows, cols], first[rows, 0], last[rows, 0]
    poly = (
        basis(coefficients.shape[1]).powers @ (coefficients[rows] - level[:, None]).T
    )  # less rounding than of the energies
    slopes = poly[1:] * np.arange(1, len(poly))[:, None]
    sign = np.where(end > start, 1.0, -1.0)
    low, high = -np.ones(len(rows)), np.ones(len(rows))
    t = np.clip(2 * (level - start) / (end - start) - 1, -1, 1)
    result = t.copy()
    alive = np.arange(len(rows))
    for step in range(80):
        powers = np.ones((len(poly), len(t)))
        np.multiply.accumulate(np.broadcast_to(t, slopes.shape), out=powers[1:])
        miss = np.einsum("jn,jn->n", poly, powers) * sign
        slope = np.einsum("jn,jn->n", slopes, powers[:-1])
        low, high = np.where(miss < 0, t, low), np.where(miss < 0, high, t)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = t - miss / (slope * sign)
        middle = (low + high) / 2
        new = np.where((new >= low) & (new <= high) & ((step < 8) | (step % 3 != 2)), new, middle)
        new = np.where(miss == 0, t, new)
        result[alive] = new
        on = np.abs(new - t) > 1e-11
        if not on.any():
            break
        alive, sign, low, high = (a[on] for a in (alive, sign, low, high))
        poly, slopes, t = poly[:, on], slopes[:, on], new[on]
    found[rows, cols] = (result + 1) / 2
    return found


def sign_changes(coefficients: Array, levels: Array) -> Indices:
    """A bound on the number of crossings of levels (J, L) by polynomials (J, p), shape (J, L)."""
    above = coefficients[:, None, :] >= levels[:, :, None]
    count: Indices = np.count_nonzero(above[..., 1:] != above[..., :-1], axis=-1)
    return count
