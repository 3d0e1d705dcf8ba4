"""Scales of a model: how far responses are analytic in q, in the frequency and in k, and the lattices that have them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.band_structures.hermitian import eigenvalues
from symcur.brillouin import LatticeCell
from symcur.brillouin.memory import Memory
from symcur.linear_response.gaps import OFFSET, least_gap
from symcur.linear_response.susceptibility import Bands, bytes_of_a_momentum, solve, velocities

GRID = {1: 24, 2: 24, 3: 12}  # points per axis
_WORK = 6  # matrices at a time


@dataclass(frozen=True, eq=False)
class Scales:
    """What sets the domain of analyticity in q and in the frequency, from the ``energies`` (M, N) on a coarse grid of momenta."""

    model: BandStructure
    cell: LatticeCell
    mu: float
    energies: Array
    speed: float  # the largest norm of a velocity
    pole: float  # distance of the first pole of f from mu, pi T; of the Bose function from 0, which is 0
    memory: Memory

    @property
    def thermal(self) -> float:
        """Distance in energy from the bands to the first pole of f at mu + i pi T, or of the Bose function at 0."""
        return float(np.hypot(self.pole, np.abs(self.energies - self.mu).min()))

    @cached_property
    def gap(self) -> float:
        return least_gap(self.model, self.cell, self.energies, self.speed, self.memory)

    def radius(self, width: float) -> float:
        """A radius in q along which energies move by at most width, and at most an eighth of the zone."""
        length = float(np.linalg.norm(self.cell.vectors, axis=1).max())
        return min(width / self.speed if self.speed > 0 else np.inf, np.pi / (4 * length))

    def points(self, width: float) -> float:
        """Points per axis of a grid on which energies move by half of width from one to the next."""
        return self.speed * float(np.linalg.norm(self.cell.reciprocal, axis=1).max()) / (np.pi * width)


def scales(model: BandStructure, mu: float, temperature: float, memory: Memory, bosons: bool = False) -> Scales:
    cell = require_lattice(model, mu, temperature, bosons)
    every = cell.momenta(GRID[model.dimension], OFFSET)
    most = memory.fit(bytes_of_a_momentum(model, _WORK), len(every), "one momentum")
    found, speed = [], 0.0
    for k in (every[start : start + most] for start in range(0, len(every), most)):
        bands = solve(model, k)
        found.append(bands.energies)
        speed = max(speed, *(_largest(v, bands) for v in velocities(model, k)))
    pole = 0.0 if model.bosons is not None else np.pi * temperature
    return Scales(model, cell, mu, np.concatenate(found), speed, pole, memory)


def _largest(v: ComplexArray, bands: Bands) -> float:
    """The largest norm of an operator between the states; Hermitian matrices need no basis for that."""
    if not bands.bose:
        return float(np.abs(eigenvalues(v)).max())
    return float(np.linalg.norm(bands.inverse @ v @ bands.states, 2, axis=(-2, -1)).max())


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
