"""From exact values at finite q to the coefficients of the expansion in q, with errors.

Along a ray the response to a real perturbation obeys theta_{-q} = conj(theta_q): its real part is even and its
imaginary part odd in q. Both are interpolated in q^2 at the positive half of the Chebyshev nodes of the ray, and the
lowest coefficients are read off the interpolant; the error is the larger change when the outermost or the innermost
node is left out. The response is analytic in q, so that this converges geometrically. Sums over k are periodic sums,
refined until they do not change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.band_structures.hermitian import eigenvalues
from symcur.brillouin import LatticeCell
from symcur.linear_response.susceptibility import Bands, Flows, Kernels, line_velocity, ray_sums, solve, velocities

_OFFSET = 0.31  # of the grids, in their spacing: off the symmetric points
_BLOCK = 1 << 15  # elements of matrices diagonalised at a time: they stay in the cache of the processor
_SHORTEST = 256  # momenta, though
_ROUNDING = 1e-11  # of a coefficient, in units of the model: below this two sums count as equal


@dataclass(frozen=True)
class Estimate:
    """A tensor with the estimated absolute error of each component and the number of momenta of the finest sum."""

    value: AnyArray
    error: Array
    points: int

    @property
    def T(self) -> Estimate:
        return Estimate(self.value.T, self.error.T, self.points)

    def __mul__(self, factor: float) -> Estimate:
        return Estimate(factor * self.value, abs(factor) * self.error, self.points)

    def __neg__(self) -> Estimate:
        return self * -1

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(self.value + other.value, self.error + other.error, max(self.points, other.points))


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


# -- scales of a model -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Scales:
    """What sets the domain of analyticity in q and in the frequency, from a coarse grid of momenta."""

    speed: float  # the largest norm of a velocity
    thermal: (
        float  # distance in energy from the bands to the first pole of f at mu + i pi T, or of the Bose function at 0
    )
    gap: float  # the smallest direct gap between bands that are not degenerate
    length: float  # the longest primitive vector

    def radius(self, width: float) -> float:
        """A radius in q along which energies move by at most width, and at most an eighth of the zone."""
        return min(width / self.speed if self.speed > 0 else np.inf, np.pi / (4 * self.length))


def scales(model: BandStructure, mu: float, temperature: float, bosons: bool = False) -> Scales:
    cell = require_lattice(model, mu, temperature, bosons)
    k = cell.momenta(12 if model.dimension == 3 else 24, _OFFSET)
    bands = solve(model, k)
    energies, thermal = bands.energies, 0.0 if bands.bose else np.pi * temperature
    speed = max(_largest(v, bands) for v in velocities(model, k))
    steps = np.diff(energies, axis=-1)
    steps = steps[steps > 1e-6 * (np.ptp(energies) + 1e-300)]
    distance = float(np.abs(energies - mu).min())
    length = float(np.linalg.norm(cell.vectors, axis=1).max())
    return Scales(speed, float(np.hypot(thermal, distance)), float(steps.min(initial=np.inf)), length)


def _largest(v: ComplexArray, bands: Bands) -> float:
    """The largest norm of an operator between the states; Hermitian matrices need no basis for that."""
    if not bands.bose:
        return float(np.abs(eigenvalues(v)).max())
    return float(np.linalg.norm(bands.inverse @ v @ bands.states, 2, axis=(-2, -1)).max())


# -- sums over the zone ----------------------------------------------------------------------------------------------
def require_lattice(model: BandStructure, mu: float, temperature: float, bosons: bool = False) -> LatticeCell:
    """The cell; refuses a continuum, wrong numbers and, unless they are meant, bosons, to which no potential couples."""
    if model.bosons is not None and not bosons:
        raise ValueError(f"model: expected electrons, got {model.name}; {model.statistics.no_electric_field}")
    if model.statistics.fixed_mu and mu != 0:
        raise ValueError(f"mu: expected 0, from which the energies of {model.name} are measured, got {mu!r}")
    if not np.isfinite(mu):
        raise ValueError(f"mu: expected a finite number, got {mu!r}")
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature: expected a finite positive number, got {temperature!r}")
    return model.lattice_cell("exact response needs a periodic zone")


def zone_integral(model: BandStructure, size: int, summed: Callable[[Array, Bands], AnyArray]) -> AnyArray:
    """int d^Dk/(2 pi)^D on size^D points, with the factor of the statistics; summed(k, bands at k) adds up the integrand over a block of momenta."""
    cell = model.lattice_cell("a sum over the zone")
    k = cell.momenta(size, _OFFSET)
    most = max(_SHORTEST, _BLOCK // model.size**2)
    blocks = (k[start : start + most] for start in range(0, len(k), most))
    factor = float(model.statistics.factor) / (len(k) * cell.volume)
    return np.asarray(sum(summed(block, solve(model, block)) for block in blocks) * factor)


def converged(
    model: BandStructure,
    summed: Callable[[Array, Bands], AnyArray],
    expand: Callable[[ComplexArray], Expansion],
    rtol: float,
    max_points: int,
) -> dict[str, Estimate]:
    """expand(int d^Dk/(2 pi)^D ...) on grids growing by 3/2 per axis, until every tensor agrees with its predecessor.

    Two tensors agree when they differ by less than rtol of the largest component. That difference, the error of the
    coarser sum (the finer is far better, since the sums converge exponentially), is added to the error.

    Raises ValueError when max_points momenta do not suffice.
    """
    size, before = 12, Expansion()
    while size**model.dimension <= max_points:
        now = expand(zone_integral(model, size, summed))
        if before:
            changes = {name: np.abs(now[name][0] - before[name][0]) for name in now}
            if all(np.all(changes[x] <= rtol * np.abs(now[x][0]).max() + _ROUNDING) for x in now):
                points = size**model.dimension
                return {x: Estimate(value, error + changes[x], points) for x, (value, error) in now.items()}
        size, before = -(-3 * size // 2), now
    raise ValueError(
        f"max_points: expected enough momenta to converge the sum over the zone to rtol = {rtol:g}, got {max_points}; raise "
        "max_points, rtol or the temperature"
    )


# -- the response to a transverse field -------------------------------------------------------------------------------
def transverse_response(
    model: BandStructure,
    flows: Callable[[int], Flows],
    nodes: Array,
    kernels: Kernels,
    limit: Callable[[ComplexArray], tuple[AnyArray, Array]],
    rtol: float,
    max_points: int,
) -> Estimate:
    """tensor[i, l], l != i: the one flow of flows(i) in answer to A_l exp(i q r_i), by the coupling -A_l v_l.

    v is averaged along q. ``limit`` reads components and errors off an array (pair of axes, kernel, node).
    """
    D = model.dimension
    if D == 1:
        raise ValueError(f"model: expected two or three dimensions for a transverse field, got {model.name} in one")

    def coupling(l: int) -> Flows:
        return lambda k, q: -line_velocity(model, k, q, l)

    pairs = list(permutations(range(D), 2))
    rays = [(np.eye(D)[i], flows(i), coupling(l)) for i, l in pairs]

    def expand(sums: ComplexArray) -> Expansion:
        tensors = np.zeros((2, D, D))
        tensors[:, *np.transpose(pairs)] = limit(sums[:, :, 0])
        return {"tensor": (tensors[0], tensors[1])}

    return converged(model, ray_sums(model, rays, nodes, kernels), expand, rtol, max_points)["tensor"]
