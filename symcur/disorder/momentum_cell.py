"""Where Fermi surfaces are searched for, band energies with their velocities, and the projection onto a level set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array, Indices, Mask
from symcur.band_structures import BandStructure
from symcur.band_structures.energies import bounded_below, crossing_radius, occupied_ball
from symcur.band_structures.hermitian import eigenvectors

Piece = tuple[int, Array, Array]  # of a Fermi surface: the band, nodes k (M, D) and their weights (M,)
_OFFSET = np.array([0.4139, 0.2718, 0.3571])  # of the grid, in its spacing: off the symmetric points
_CLOSE = 1e-9  # a Newton step of this part of |k| leaves an error of its square


class UnresolvedFermiSurface(ValueError):
    """The Fermi surface at this energy is too close to a change of its topology."""


class Unresolved(ValueError):
    """A grid or a number of nodes is too coarse for the Fermi surface at this energy; more of them may resolve it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"level: expected one whose nodes resolve the Fermi lines at this energy, got one too coarse ({reason})"
        )


@dataclass(frozen=True)
class MomentumCell:
    """k = origin + u . vectors with u in [0, 1]^D: a reciprocal cell, or a box around k = 0 of a continuum."""

    origin: Array
    vectors: Array
    periodic: bool
    cutoff: float | None = None

    @property
    def beyond(self) -> str:
        """What else is to be said of the cutoff that is expected, if one was given."""
        return "" if self.cutoff is None else " that no Fermi line or surface crosses"

    def to_k(self, u: Array) -> Array:
        return np.asarray(self.origin + u @ self.vectors)

    def grid(self, n: int) -> Array:
        """Reduced coordinates (n, ..., D) of n points along each axis; without the end point where periodic."""
        offsets = _OFFSET[: len(self.origin)]
        axes = [(np.arange(n) + offset) / n if self.periodic else np.linspace(0, 1, n) for offset in offsets]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)

    def minima(self, values: Array) -> Mask:
        """Which points of a grid lie below all their neighbours, for values (n, ..., ...); not those on the rim of a box."""
        D = len(self.origin)
        lowest = np.ones(values.shape, dtype=bool)
        for shift in np.ndindex(*(3,) * D):
            lowest &= values <= np.roll(values, [a - 1 for a in shift], tuple(range(D)))
        if not self.periodic:
            for axis in range(D):
                lowest[(slice(None),) * axis + ([0, -1],)] = False
        return lowest

    def part(self, centre: Array, half: float) -> MomentumCell:
        """The box of half width ``half`` around ``centre``, both in reduced coordinates."""
        return MomentumCell(self.to_k(centre - half), 2 * half * self.vectors, False, self.cutoff)

    def inside(self, k: Array) -> bool:
        """Whether a closed piece of the Fermi surface counts: inside the cutoff. One that crosses it is refused."""
        if self.cutoff is None:
            return True
        within = np.linalg.norm(k, axis=-1) < self.cutoff
        if within.any() and not within.all():
            raise ValueError(f"cutoff: expected one off the Fermi surface, got {self.cutoff:g}, which cuts through it")
        return bool(within.all())


def search_cell(model: BandStructure, energy: float, cutoff: float | None) -> MomentumCell:
    """The reciprocal cell of a lattice model; for a continuum a box that holds every |k| where a band crosses energy."""
    D = model.dimension
    if model.cell is not None:
        if cutoff is not None:
            raise ValueError(f"cutoff: expected None, as a lattice model has a periodic zone, got {cutoff!r}")
        return MomentumCell(np.zeros(D), model.cell.reciprocal, True)
    centre, radius = np.zeros(D), cutoff
    if radius is None:
        centre, radius = (
            occupied_ball(model, energy) if bounded_below(model) else (centre, crossing_radius(model, energy))
        )
    size = 1.1 * float(radius)
    shift = size * 0.01 * _OFFSET[:D]
    return MomentumCell(centre + shift - size, 2 * size * np.eye(D), False, cutoff)


def energy_and_velocity(model: BandStructure, k: Array, band: int | Indices) -> tuple[Array, Array]:
    """The energy (M,) and the velocity (M, D) of one band, or of band[j] at k[j]."""
    matrix = model.at(model.points(k))
    energies, vectors = eigenvectors(matrix("H", ()))
    index = np.broadcast_to(np.asarray(band), len(k))
    rows = np.arange(len(k))
    u = vectors[rows, :, index]
    v = [np.einsum("ma,mab,mb->m", u.conj(), matrix("H", (i,)), u) for i in range(model.dimension)]
    return energies[rows, index], np.stack(v, axis=-1).real


def project(model: BandStructure, band: int | Indices, energy: float, k: Array, steps: int = 10) -> Array:
    """Move points along the gradient onto e_n(k) = energy, by Newton steps: the first small one is the last."""
    if not len(k):
        return k
    for _ in range(steps):
        e, v = energy_and_velocity(model, k, band)
        step = ((energy - e) / np.maximum((v**2).sum(axis=-1), 1e-300))[:, None] * v
        k = k + step
        if np.abs(step).max() <= _CLOSE * np.abs(k).max():
            break
    return k
