"""From exact values at finite q to the coefficients of the expansion in q, with errors.

Along a ray the response to a real perturbation obeys theta_{-q} = conj(theta_q): its real part is even and its
imaginary part odd in q. Both are interpolated in q^2 at the positive half of the Chebyshev nodes of the ray, and the
lowest coefficients are read off the interpolant; the error is the larger change when the outermost or the innermost
node is left out. The response is analytic in q, so that this converges geometrically.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symcur.arrays import AnyArray, Array


@dataclass(frozen=True)
class Estimate:
    """A tensor with the estimated absolute error of each component and the number of momenta of the finest sum.

    ``memory``: the bytes that arrays of the sum took at most, by their sizes.
    """

    value: AnyArray
    error: Array
    points: int
    memory: int = 0

    @property
    def T(self) -> Estimate:
        return Estimate(self.value.T, self.error.T, self.points, self.memory)

    def __mul__(self, factor: float) -> Estimate:
        return Estimate(factor * self.value, abs(factor) * self.error, self.points, self.memory)

    def __neg__(self) -> Estimate:
        return self * -1

    def __add__(self, other: Estimate) -> Estimate:
        points, memory = max(self.points, other.points), max(self.memory, other.memory)
        return Estimate(self.value + other.value, self.error + other.error, points, memory)


Expansion = dict[str, tuple[AnyArray, Array]]


# -- coefficients of an even or odd function -------------------------------------------------------------------------
def half_chebyshev(radius: float, count: int) -> Array:
    """The positive Chebyshev nodes of [-radius, radius], descending."""
    return np.asarray(radius * np.cos(np.pi * (2 * np.arange(count) + 1) / (4 * count)))


def lowest_coefficients(x: Array) -> Array:
    """Weights (2, n): applied to the values of c0 + c1 x^2 + ... at the nodes x they give c0 and c1."""
    y = x**2
    ratio = y[None, :] / (y[None, :] - y[:, None] + np.eye(len(y)))
    np.fill_diagonal(ratio, 1.0)
    at_zero = ratio.prod(axis=1)
    return np.stack([at_zero, at_zero * (1 / y - np.sum(1 / y))])


def extrapolated(x: Array, values: AnyArray, order: int) -> tuple[AnyArray, Array]:
    """The coefficient of x^order of a function that is even or odd like the order, nodes descending, last axis."""
    even = values / x if order % 2 else values
    full = even @ lowest_coefficients(x)[order // 2]
    outer = even[..., :-1] @ lowest_coefficients(x[:-1])[order // 2]
    inner = even[..., 1:] @ lowest_coefficients(x[1:])[order // 2]
    return full, np.maximum(np.abs(full - outer), np.abs(full - inner))


# -- rays and tensors ------------------------------------------------------------------------------------------------
def ray_directions(dimension: int) -> Array:
    """Unit vectors: the axes, then the diagonals of all pairs of axes; they fix a symmetric tensor of rank two."""
    axes = np.eye(dimension)
    pairs = [(axes[i] + axes[j]) / np.sqrt(2) for i in range(dimension) for j in range(i)]
    return np.array([*axes, *pairs])


def linear_form(rays: Array, along: AnyArray, error: Array) -> tuple[AnyArray, Array]:
    """G with n.G = along for each ray n (first axis), by least squares; its misfit is added to the error."""
    inverse = np.linalg.pinv(rays)
    G = np.tensordot(inverse, along, axes=1)
    misfit = np.abs(np.tensordot(rays, G, axes=1) - along).max(axis=0)
    return G, np.tensordot(np.abs(inverse), error, axes=1) + misfit


def quadratic_form(rays: Array, along: AnyArray, error: Array) -> tuple[AnyArray, Array]:
    """The symmetric tensor T with n.T.n = along for each ray n (first axis); shape (D, D, ...)."""
    D = rays.shape[1]
    i, j = np.triu_indices(D)
    entries = linear_form(rays[:, i] * rays[:, j] * np.where(i == j, 1, 2), along, error)
    tensors = np.zeros((2, D, D, *along.shape[1:]))
    tensors[:, i, j] = tensors[:, j, i] = entries
    return tensors[0], tensors[1]


def in_powers(rays: Array, nodes: Array, along: AnyArray) -> Expansion:
    """theta_q = uniform + i q_l gradient[l] + q_i q_l curvature[i, l] + O(q^3) from its values (ray, ..., node), all real."""
    uniform, error = extrapolated(nodes, along.real, 0)
    return {
        "uniform": (uniform.mean(axis=0), error.max(axis=0) + np.ptp(uniform, axis=0)),
        "gradient": linear_form(rays, *extrapolated(nodes, along.imag, 1)),
        "curvature": quadratic_form(rays, *extrapolated(nodes, along.real, 2)),
    }
