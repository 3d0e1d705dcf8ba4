"""Where bands lie: the gap of an insulator, and how far out in k a continuum has states."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import numpy as np

from symcur.arrays import Array, Indices
from symcur.band_structures.band_structure import BandStructure, Parameters
from symcur.band_structures.by_name import named
from symcur.brillouin.memory import SIZE, Memory

_GRID = {1: 512, 2: 96, 3: 28}
MANY = 64  # bands, from which on grids have half as many points along each axis
_LARGEST = 200  # bands, beyond which no larger basis is asked
_FEW = 12  # points per axis at which a larger basis is compared
_STARTS = 4  # best grid points that are polished
_RAYS = 64, 5  # random directions besides the axes, and their seed
_RADII = np.geomspace(1e-6, 1e9, 1501)
_STEP = 5  # around minima of the lowest band, of these radii one in so many comes first
_CLOSED = 1e-7  # of the spread of the energies: what the minimiser leaves of a gap at a point where bands touch
_ORDERED = 4  # arrays as long as those of energies that stay, and their order
_MATRICES = 4  # complex N x N at a time, where energies are asked for


@dataclass(frozen=True)
class Gap:
    """The gap above ``occupied`` bands: from the top of the filled to the bottom of the empty ones; ``mu`` is its middle.

    ``memory``: the bytes that arrays of the search took at most, by their sizes.
    """

    occupied: int
    top: float
    bottom: float
    memory: int = field(default=0, compare=False)

    @property
    def mu(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        return self.bottom - self.top


def energies_within(memory: Memory, model: BandStructure, k: Array) -> Array:
    """The energies at k of shape (M, D), of as many momenta at a time as fit: they stay, with what is made of their order."""
    N = model.size
    memory.stay(SIZE * _ORDERED * len(k) * N, "the energies of a mesh")
    most = memory.fit(2 * SIZE * _MATRICES * N**2, max(1, len(k)), "one momentum", 4)
    return np.concatenate([model.energies(k[start : start + most]) for start in range(0, max(1, len(k)), most)])


def gap(
    model: BandStructure | str, occupied: int, *, parameters: Parameters = None, memory: float | None = None
) -> Gap:
    """The (indirect) gap of a lattice model with ``occupied`` filled bands, from neutrality where that is where fillings count from (``model.neutral``).

    Raises ValueError where there is none.

    The band edges are searched on a grid and polished by a minimiser; a valley narrower than the grid can be missed. A
    gap below 1e-7 of the width of all bands counts as a touching. ``memory``, bytes, is what arrays may take, by default 2e9. Where a basis was cut off, one whose middle does not lie
    in the gap of a larger basis that tells it is refused.
    """
    model = named(model).with_values(parameters)
    cell = model.lattice_cell("a filling counts electrons per cell")
    least, most = 1 - model.neutral, model.size - 1 - model.neutral
    if isinstance(occupied, bool) or not isinstance(occupied, int | np.integer) or not least <= occupied <= most:
        raise ValueError(f"occupied: expected a whole number from {least} to {most}, got {occupied!r}")
    first = model.neutral + int(occupied)  # empty band
    D, n = model.dimension, _GRID[model.dimension] // (2 if model.size >= MANY else 1)
    u, budget = cell.grid(n).reshape(-1, D), Memory(memory)
    energies = energies_within(budget, model, cell.map(u)[0])

    def extremum(band: int, sign: float) -> float:
        from scipy.optimize import minimize

        def energy(point: Array) -> float:
            return float(sign * model.energies(cell.map(point)[0])[band])

        best = [float((sign * energies[:, band]).min())]
        for start in u[np.argsort(sign * energies[:, band])[:_STARTS]]:
            simplex = np.vstack([start, start + np.eye(D) / n])
            options = {"initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-13}
            best.append(float(minimize(energy, start, method="Nelder-Mead", options=options).fun))
        return sign * min(best)

    found = Gap(int(occupied), extremum(first - 1, -1.0), extremum(first, 1.0))
    if found.width <= _CLOSED * float(np.ptp(energies)):
        raise ValueError(
            f"occupied: expected a gap above {occupied} bands of {model.name}, got filled ones up to {found.top:.6g} and "
            f"empty ones down to {found.bottom:.6g}; give mu instead"
        )
    if model.larger is not None:
        _require_told(model, found, cell.momenta(_FEW, 0.3), budget)
    return replace(found, memory=budget.peak)


def _require_told(model: BandStructure, found: Gap, k: Array, memory: Memory) -> None:
    """That mu lies in the gap of a larger basis, one whose edges differ from those of the one before by less than half of it.

    Half as much is allowed for what still larger ones change.
    """
    one, edges = model, _edges(model, found.occupied, k, memory)
    while True:
        larger, width = one.larger, float(edges[:, 1].min() - edges[:, 0].max())
        assert larger is not None
        following = _edges(larger, found.occupied, k, memory)
        top, bottom = float(following[:, 0].max()), float(following[:, 1].min())
        moved = float(np.abs(following - edges).max())
        told, inside = 2 * moved < width, min(found.mu - top, bottom - found.mu)
        if told and inside > moved / 2:
            return
        if (told and inside < -moved / 2) or larger.size > _LARGEST:
            raise ValueError(
                f"model: expected a basis that tells a gap of {found.width:.3g} around {found.mu:.6g} from none, got {model.name} with "
                f"{model.size} bands: with {larger.size} filled ones end at {top:.6g} and empty ones begin at {bottom:.6g}"
            )
        one, edges = larger, following


def _edges(model: BandStructure, occupied: int, k: Array, memory: Memory) -> Array:
    """The energies next to the gap, (k, 2)."""
    first = model.neutral + occupied
    return energies_within(memory, model, k)[:, first - 1 : first + 1]


# -- the continuum -----------------------------------------------------------------------------------------------------
def directions(dimension: int, count: int, seed: int) -> Array:
    """Unit vectors: both ways along the axes, and random ones."""
    random = np.random.default_rng(seed).normal(size=(count, dimension))
    every = np.concatenate([np.eye(dimension), -np.eye(dimension), random])
    return np.asarray(every / np.linalg.norm(every, axis=-1, keepdims=True))


def bounded_below(model: BandStructure) -> bool:
    """Whether the lowest band stays above a bound: always on a lattice, for a continuum read off its energies far out."""
    if model.periodic:
        return True
    radii = 10.0 ** np.arange(4, 7)[:, None, None]
    lowest = model.energies(radii * directions(model.dimension, 32, 3))[..., 0]
    drop, further = -np.diff(lowest, axis=0)
    # Unbounded: the energy falls, and faster from decade to decade.
    return not bool((further > 2 * np.abs(drop) + 1e-9 * np.abs(lowest).max(axis=0)).any())


def occupied_ball(model: BandStructure, energy: float) -> tuple[Array, float]:
    """Centre and radius of a ball beyond which the lowest band lies above the energy; tiny where it always does.

    The edges of the occupied states are found on rays from k = 0 and from the minima of the lowest band. The ball lies around
    k = 0 unless one around a minimum is less than half as large.
    """
    centres, energies = _lowest_band(model)
    rays = directions(model.dimension, *_RAYS)
    edges = np.zeros((0, model.dimension))
    for centre, lowest in zip(centres, energies, strict=True):
        last = _last_below(model, centre, lowest, energy)
        occupied = last >= 0
        if last.max() + 1 >= len(_RADII):
            raise ValueError(
                f"mu: expected a lowest band of {model.name} that rises above {energy:g} far out, got one that stays below; "
                "no momentum cutoff exists"
            )
        edges = np.concatenate([edges, centre + 1.02 * _RADII[last[occupied] + 1, None] * rays[occupied]])
    if not len(edges):
        return centres[0], 1e-6  # an empty system
    radii = [float(np.linalg.norm(edges - centre, axis=-1).max()) for centre in centres]
    best = int(np.argmin(radii))
    return (centres[0], radii[0]) if radii[0] <= 2 * radii[best] else (centres[best], radii[best])


@lru_cache(maxsize=64)
def _lowest_band(model: BandStructure) -> tuple[list[Array], list[Array]]:
    """k = 0 and the lowest minima of the lowest band, and its energies (radii, directions) on rays from each of them.

    The radii are ``_RADII`` around k = 0 and every ``_STEP``-th of them around a minimum.
    """
    from scipy.optimize import minimize

    lowest = _on_rays(model, _RADII)[..., 0]
    ring, ray = np.nonzero((lowest[1:-1] < lowest[:-2]) & (lowest[1:-1] < lowest[2:]))
    starts = _RADII[ring + 1, None] * directions(model.dimension, *_RAYS)[ray]
    minima: list[Array] = []
    for start in starts[np.argsort(lowest[ring + 1, ray], kind="stable")]:
        size = float(np.linalg.norm(start))
        if len(minima) < _STARTS and all(np.linalg.norm(start - c) > 0.2 * np.linalg.norm(c) for c in minima):
            options = {"xatol": 1e-7, "fatol": 1e-12}
            energy = partial(lambda size, x: float(model.energies(size * x)[0]), size)
            minima.append(size * minimize(energy, start / size, method="Nelder-Mead", options=options).x)
    return [np.zeros(model.dimension), *minima], [
        lowest,
        *(_on_rays(model, _RADII[::_STEP], c)[..., 0] for c in minima),
    ]


def _last_below(model: BandStructure, centre: Array, lowest: Array, energy: float) -> Indices:
    """On each ray the place in ``_RADII`` of the last one where the lowest band is not above the energy; -1 where there is none."""
    below, step = lowest <= energy, (len(_RADII) - 1) // (len(lowest) - 1)
    last = np.where(below.any(axis=0), step * (len(below) - 1 - np.argmax(below[::-1], axis=0)), -1)
    (occupied,) = np.nonzero(last >= 0)
    if step > 1 and len(occupied):
        beyond = np.arange(1, step)[:, None]
        radii = _RADII[np.minimum(last[occupied] + beyond, len(_RADII) - 1), None]
        between = model.energies(centre + radii * directions(model.dimension, *_RAYS)[occupied])[..., 0] <= energy
        last[occupied] += (between * beyond).max(axis=0)
    return last


def crossing_radius(model: BandStructure, energy: float) -> float:
    """A radius beyond which no band crosses the energy in any of many directions."""
    radii = np.geomspace(1e-5, 1e5, 401)
    above = _on_rays(model, radii) > energy
    changes = np.flatnonzero((above[1:] != above[:-1]).any(axis=(1, 2)))
    if len(changes) and changes[-1] + 2 >= len(radii):
        raise ValueError(
            f"cutoff: expected a number, because bands of {model.name} cross the energy {energy:g} at any |k|, got None"
        )
    return float(radii[changes[-1] + 1]) if len(changes) else float(radii[0])


def _on_rays(model: BandStructure, radii: Array, centre: Array | float = 0.0) -> Array:
    """Energies (radii, directions, bands)."""
    return model.energies(centre + radii[:, None, None] * directions(model.dimension, *_RAYS))
