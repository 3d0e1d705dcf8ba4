"""Sums over the zone of what is analytic and periodic in k, on grids that grow until they agree, with errors and bounded memory.

The error of a grid of n points per axis is made of harmonics n, each with a phase of its own that turns with the place of the grid. Of two grids
either may meet such a harmonic at its zero, so that they agree by chance, the more often the less there is between them. A sum is
therefore compared with two coarser grids a quarter of their spacing apart, of which one sees sin(phi) of a harmonic where the other sees cos(phi).
Where errors fall slowly, as above a Fermi surface, differences of several harmonics are small by chance once in a hundred times: a grid coarser by
3/2 than these, whose relative error e lets theirs be expected to be e^(3/2), is a third witness. Two harmonics of one order, as of the two ends of
a Fermi sea, may cancel at every place of a grid, but do not on a grid of another size: one of 0.85 of the points per axis is the fourth witness.

Nothing of this is seen on grids that are coarser than what they sum. In k + i kappa the summands are analytic as long as no energy reaches a pole of the
occupation, mu + i pi T, which is |kappa| < |e - mu - i pi T|/|v|: over that length grids have at least two points. Between the points of a
grid energies are closer to mu than on them by no more than they change on half of the way to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.brillouin.memory import Memory
from symcur.linear_response.expansion import Estimate, Expansion
from symcur.linear_response.gaps import OFFSET
from symcur.linear_response.scales import Scales
from symcur.linear_response.susceptibility import (
    Bands,
    Flows,
    Kernels,
    Summand,
    line_velocity,
    ray_sums,
    solve,
    velocities,
)

MOST_POINTS = 1 << 21
_WITNESSES = (1.0, 0.25), (0.85, 0.4)  # points per axis in those of the coarser grid, and places in the spacing
_COARSER = 2 / 3  # points per axis from grid to grid
_MARGIN = 2.25  # of the deviations of these and two coarser grids
_POINTS = 2  # over a length in which the occupation varies
_FIRST = 12  # points per axis
_BLOCK = 1 << 15  # elements of matrices diagonalised at a time: they stay in the cache of the processor
_SHORTEST = 256  # momenta, though
_ROUNDING = 1e-12  # of a coefficient, in units of the model: below this two sums count as equal


# A sum on a grid, and its points per axis in those of the coarser one of the two grids that are compared.
Witness = tuple[Expansion, float]


@dataclass(frozen=True)
class Effort:
    """The tolerance of a sum, relative to the largest component, the momenta of its finest grid, and the bytes that arrays may take.

    ``least``: points per axis of the coarser grids that are believed.
    """

    rtol: float
    max_points: int
    memory: Memory
    least: float = 0.0

    def resolving(self, scale: Scales) -> Effort:
        """The same with grids on which energies move by half of the least gap from one point to the next."""
        return replace(self, least=scale.points(scale.gap))

    @classmethod
    def of(cls, rtol: float, max_points: int, memory: float | None) -> Effort:
        return cls(rtol, max_points, Memory(memory))


@dataclass
class Zone:
    """int d^Dk/(2 pi)^D of a summand on grids, in blocks of momenta within the ``memory``.

    ``needed``: points per axis for what energies, velocities and the distance of the ``pole`` of the occupation from ``mu`` on the last grid ask for.
    """

    model: BandStructure
    summand: Summand
    memory: Memory
    mu: float = 0.0
    pole: float = 0.0
    needed: float = np.inf

    def __call__(self, size: int, moved: float = 0.0) -> AnyArray:
        """The integral on size^D points, moved along each axis by a part of the spacing, with the factor of the statistics."""
        cell = self.model.lattice_cell("a sum over the zone")
        count = size**self.model.dimension
        usual = min(count, max(_SHORTEST, _BLOCK // self.model.size**2))
        most = self.memory.fit(self.summand.bytes_of_a_momentum, usual, "one momentum")
        total: AnyArray = np.zeros(())
        self.needed = 0.0
        for start in range(0, count, most):
            k = cell.momenta_between(size, OFFSET + moved, start, min(start + most, count))
            bands = solve(self.model, k)
            self.needed = max(self.needed, self._points(k, bands, size))
            total = total + self.summand(k, bands)
        return np.asarray(total * (float(self.model.statistics.factor) / (count * cell.volume)))

    def _points(self, k: Array, bands: Bands, size: int) -> float:
        """1/|kappa| at these momenta in units of the zone, where energies may be off by what they change on half of a spacing."""
        cell = self.model.lattice_cell("a sum over the zone")
        v = [np.einsum("knm,kmn->kn", bands.inverse @ v, bands.states).real for v in velocities(self.model, k)]
        slopes = np.abs(np.einsum("ji,ikn->jkn", cell.reciprocal / (2 * np.pi), v))
        closest = np.maximum(np.abs(bands.energies - self.mu) - np.pi * slopes.sum(axis=0) / size, 0.0)
        lengths = np.maximum(np.hypot(closest, self.pole), np.finfo(float).tiny)
        return float((slopes / lengths).max())


def zone_integral(model: BandStructure, size: int, summand: Summand) -> AnyArray:
    """int d^Dk/(2 pi)^D on size^D points, with the factor of the statistics."""
    return Zone(model, summand, Memory())(size)


def converged(
    model: BandStructure,
    summand: Summand,
    expand: Callable[[ComplexArray], Expansion],
    scale: Scales,
    effort: Effort,
) -> dict[str, Estimate]:
    """expand(int d^Dk/(2 pi)^D ...) on grids growing by 3/2 per axis, until every tensor agrees with those of coarser grids.

    They agree when they differ by less than rtol of the largest component, in the root of the sum of squares. That difference, the error of the
    coarser sums (the finer is far better, since the sums converge exponentially), is added to the error.

    Raises ValueError when max_points momenta do not suffice, and where the memory is too small for one momentum.
    """
    rtol, max_points = effort.rtol, effort.max_points
    zone, size, coarser = Zone(model, summand, effort.memory, scale.mu, scale.pole), _FIRST, 0
    before: list[Witness] = []
    least = effort.least**model.dimension
    if least > max_points:
        raise ValueError(
            f"max_points: expected {least:.3g}, to resolve the gap of {scale.gap:.3g} of {model.name}, got {max_points}"
        )
    while size**model.dimension <= max_points:
        now = expand(zone(size))
        if before and coarser >= max(_POINTS * zone.needed, effort.least) and _agree(now, _changes(now, before), rtol):
            witnesses = [(expand(zone(round(part * coarser), moved)), part) for part, moved in _WITNESSES]
            changes = _changes(now, [*before, *witnesses])
            if _agree(now, changes, rtol):
                points, peak = size**model.dimension, zone.memory.peak
                return {x: Estimate(value, error + changes[x], points, peak) for x, (value, error) in now.items()}
        size, coarser, before = -(-3 * size // 2), size, [(now, 1.0), *((other, _COARSER) for other, _ in before[:1])]
    raise ValueError(
        f"max_points: expected enough momenta to converge the sum over the zone to rtol = {rtol:g}, got {max_points}; raise "
        "max_points, rtol or the temperature"
    )


def _changes(now: Expansion, witnesses: Sequence[Witness]) -> dict[str, Array]:
    """How far values are from what witnesses let expect of the coarser grid: the root of the sum of squares.

    Errors fall exponentially with the points per axis: where a part of these leaves the relative error e, all leave e^(1/part).
    """
    found = {}
    for x, (value, _) in now.items():
        largest = np.abs(value).max() + np.finfo(float).tiny
        apart = [(np.abs(value - other[x][0]), part) for other, part in witnesses]
        expected = [change * (np.minimum(change, largest) / largest) ** (1 / part - 1) for change, part in apart]
        found[x] = _MARGIN * np.sqrt(sum(np.square(expected)))
    return found


def _agree(now: Expansion, changes: Mapping[str, Array], rtol: float) -> bool:
    return all(np.all(changes[x] <= rtol * np.abs(now[x][0]).max() + _ROUNDING) for x in now)


# -- the response to a transverse field -------------------------------------------------------------------------------
def transverse_response(
    model: BandStructure,
    flows: Callable[[int], Flows],
    nodes: Array,
    kernels: Kernels,
    limit: Callable[[ComplexArray], tuple[AnyArray, Array]],
    scale: Scales,
    effort: Effort,
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

    return converged(model, ray_sums(model, rays, nodes, kernels), expand, scale, effort)["tensor"]
