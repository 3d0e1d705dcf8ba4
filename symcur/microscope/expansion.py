"""From exact values at finite q to the coefficients of the expansion in q, with errors.

Along a ray the response to a real perturbation obeys theta_{-q} = conj(theta_q): its real part is even and its
imaginary part odd in q. Both are interpolated in q^2 at the positive half of the Chebyshev nodes of the ray, and the
lowest coefficients are read off the interpolant; the error is the larger change when the outermost or the innermost
node is left out. The response is analytic in q, so that this converges geometrically. Sums over k are periodic sums,
refined until they do not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symcur.lattice import reciprocal_vectors
from symcur.microscope.susceptibility import Bands, ComplexArray, FloatArray, solve, velocities
from symcur.model import Model

_BLOCK = 1 << 13  # momenta diagonalised at a time
_ROUNDING = 1e-11  # of a coefficient, in units of the model: below this two sums count as equal


@dataclass(frozen=True)
class Estimate:
    """A tensor with the estimated absolute error of each component and the number of momenta of the finest sum."""

    value: NDArray[Any]
    error: FloatArray
    points: int


Expansion = dict[str, tuple[NDArray[Any], FloatArray]]


# -- coefficients of an even or odd function -------------------------------------------------------------------------
def half_chebyshev(radius: float, count: int) -> FloatArray:
    """The positive Chebyshev nodes of [-radius, radius], descending."""
    return np.asarray(radius * np.cos(np.pi * (2 * np.arange(count) + 1) / (4 * count)))


def lowest_coefficients(x: FloatArray) -> FloatArray:
    """Weights (2, n): applied to the values of c0 + c1 x^2 + ... at the nodes x they give c0 and c1."""
    y = x**2
    ratio = y[None, :] / (y[None, :] - y[:, None] + np.eye(len(y)))
    np.fill_diagonal(ratio, 1.0)
    at_zero = ratio.prod(axis=1)
    slope = at_zero * -(np.sum(1 / y) - 1 / y)
    return np.stack([at_zero, slope])


def extrapolated(x: FloatArray, values: NDArray[Any], order: int) -> tuple[NDArray[Any], FloatArray]:
    """The coefficient of x^order of a function that is even or odd like the order, nodes descending, last axis."""
    even = values / x if order % 2 else values
    full = even @ lowest_coefficients(x)[order // 2]
    outer = even[..., :-1] @ lowest_coefficients(x[:-1])[order // 2]
    inner = even[..., 1:] @ lowest_coefficients(x[1:])[order // 2]
    return full, np.maximum(np.abs(full - outer), np.abs(full - inner))


# -- rays and tensors ------------------------------------------------------------------------------------------------
def ray_directions(dimension: int) -> FloatArray:
    """Unit vectors: the axes, then the diagonals of all pairs of axes; they fix a symmetric tensor of rank two."""
    axes = np.eye(dimension)
    pairs = [(axes[i] + axes[j]) / np.sqrt(2) for i in range(dimension) for j in range(i)]
    return np.array([*axes, *pairs])


def linear_form(rays: FloatArray, along: NDArray[Any], error: FloatArray) -> tuple[NDArray[Any], FloatArray]:
    """G with n.G = along for each ray n (first axis), by least squares; its misfit is added to the error."""
    inverse = np.linalg.pinv(rays)
    G = np.tensordot(inverse, along, axes=1)
    misfit = np.abs(np.tensordot(rays, G, axes=1) - along).max(axis=0)
    return G, np.tensordot(np.abs(inverse), error, axes=1) + misfit


def quadratic_form(rays: FloatArray, along: NDArray[Any], error: FloatArray) -> tuple[NDArray[Any], FloatArray]:
    """The symmetric tensor T with n.T.n = along for each ray n (first axis); shape (D, D, ...)."""
    dimension = rays.shape[1]
    indices = [(i, j) for i in range(dimension) for j in range(i, dimension)]
    design = np.array([[n[i] * n[j] * (1 if i == j else 2) for i, j in indices] for n in rays])
    inverse = np.linalg.inv(design)
    T = np.zeros((dimension, dimension, *along.shape[1:]))
    spread = np.zeros_like(T)
    for (i, j), row in zip(indices, inverse, strict=True):
        T[i, j] = T[j, i] = np.tensordot(row, along, axes=1)
        spread[i, j] = spread[j, i] = np.tensordot(np.abs(row), error, axes=1)
    return T, spread


# -- scales of a model -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Scales:
    """What sets the domain of analyticity in q and in the frequency, from a coarse grid of momenta."""

    speed: float  # the largest norm of a velocity
    thermal: float  # distance in energy from mu to the bands, or to the first pole of f at mu + i pi T
    gap: float  # the smallest direct gap between bands that are not degenerate
    length: float  # the longest primitive vector

    def radius(self, width: float) -> float:
        """A radius in q along which energies move by at most width, and at most an eighth of the zone."""
        return min(width / self.speed if self.speed > 0 else np.inf, np.pi / (4 * self.length))


def scales(model: Model, mu: float, temperature: float, parameters: Mapping[str, Any]) -> Scales:
    k = grid(model, 12 if model.dimension == 3 else 24)
    energies = np.linalg.eigvalsh(model.matrix("H", k, **parameters))
    speed = max(float(np.abs(np.linalg.eigvalsh(v)).max()) for v in velocities(model, k, parameters))
    steps = np.diff(energies, axis=-1)
    steps = steps[steps > 1e-6 * (np.ptp(energies) + 1e-300)]
    distance = float(np.abs(energies - mu).min())
    assert model.lattice is not None
    length = float(np.linalg.norm(np.array(model.lattice.evalf().tolist(), dtype=float), axis=1).max())
    return Scales(speed, float(np.hypot(np.pi * temperature, distance)), float(steps.min(initial=np.inf)), length)


# -- sums over the zone ----------------------------------------------------------------------------------------------
def require_lattice(model: Model, mu: float, temperature: float) -> None:
    if model.lattice is None:
        raise ValueError(f"model: {model.name} is a continuum model; the microscope needs a lattice (a periodic zone)")
    if not np.isfinite(mu):
        raise ValueError(f"mu: {mu!r} came; a finite number is valid")
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature: {temperature!r} came; a finite positive number is valid")


def grid(model: Model, size: int) -> FloatArray:
    """size^D momenta of a uniform periodic grid, off the symmetric points, shape (size^D, D)."""
    assert model.lattice is not None
    steps = (np.arange(size) + 0.31) / size
    fractions = np.stack(np.meshgrid(*[steps] * model.dimension, indexing="ij"), axis=-1)
    return np.asarray(fractions.reshape(-1, model.dimension) @ reciprocal_vectors(model.lattice))


def zone_integral(
    model: Model, size: int, parameters: Mapping[str, Any], summed: Callable[[FloatArray, Bands], ComplexArray]
) -> ComplexArray:
    """int d^Dk/(2 pi)^D on size^D points; summed(k, bands at k) adds up the integrand over a block of momenta."""
    k = grid(model, size)
    assert model.lattice is not None
    volume = abs(float(model.lattice.det().evalf()))
    blocks = (k[start : start + _BLOCK] for start in range(0, len(k), _BLOCK))
    return np.asarray(sum(summed(block, solve(model, block, parameters)) for block in blocks) / (len(k) * volume))


def _sizes(dimension: int, max_points: int) -> Iterator[int]:
    size = 12
    while size**dimension <= max_points:
        yield size
        size = -(-3 * size // 2)


def converged(
    model: Model,
    parameters: Mapping[str, Any],
    summed: Callable[[FloatArray, Bands], ComplexArray],
    expand: Callable[[ComplexArray], Expansion],
    rtol: float,
    max_points: int,
) -> dict[str, Estimate]:
    """expand(int d^Dk/(2 pi)^D ...) on grids growing by 3/2 per axis, until every tensor agrees with its predecessor.

    Two tensors agree when they differ by less than rtol of the largest component. That difference, the error of the
    coarser sum (the finer is far better, since the sums converge exponentially), is added to the error.

    Raises ValueError when max_points momenta do not suffice.
    """
    before: Expansion = {}
    for size in _sizes(model.dimension, max_points):
        now = expand(zone_integral(model, size, parameters, summed))
        if before:
            changes = {name: np.abs(now[name][0] - before[name][0]) for name in now}
            if all(np.all(changes[x] <= rtol * np.abs(now[x][0]).max() + _ROUNDING) for x in now):
                points = size**model.dimension
                return {x: Estimate(value, error + changes[x], points) for x, (value, error) in now.items()}
        before = now
    raise ValueError(
        f"max_points: {max_points} momenta do not converge the sum over the zone to rtol = {rtol:g}; raise "
        "max_points, rtol or the temperature"
    )
