"""The chemical potential of a filling: so many occupied states per cell of the lattice."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures import BandStructure, Parameters, gap, named
from symcur.band_structures.energies import MANY, energies_within
from symcur.brillouin import LatticeCell
from symcur.brillouin.memory import Memory
from symcur.brillouin.occupation import occupation
from symcur.brillouin.trapezoid import OFFSET
from symcur.observables.engine import COARSE

_MESHES = {1: (256, 1024), 2: (48, 64), 3: (16, 20)}  # points per axis
_ROOT = 1e-12  # of the spread of the energies


def chemical_potential(
    model: BandStructure | str,
    filling: ArrayLike,
    temperature: float = 0.0,
    *,
    parameters: Parameters = None,
    memory: float | None = None,
) -> tuple[Array, Array]:
    """mu with ``filling`` electrons (or holes) per cell, a number or a 1D array, and the estimated error of each, both of its shape.

    Dirac electrons of a continuum, which have no lowest band, are counted from neutrality (``model.neutral`` bands).

    A whole number at T = 0 gives the middle of the gap above so many bands, where there is one. Else sum_n f(e_n - mu) is solved
    on two meshes of the zone, by linear interpolation of the ordered energies at T = 0: the value is that of the finer one, the
    error twice the difference. Where plane waves are cut off, twice what those change that the
    potential links to them is part of it. Units of energy of the model. ``memory``, bytes, is what arrays may take, by default 2e9.
    Raises ValueError where states do not suffice, and where not one momentum fits.
    """
    model = named(model).with_values(parameters)
    cell = model.lattice_cell("a filling counts electrons per cell")
    asked = np.asarray(filling, dtype=float)
    least, most = -model.neutral, model.size - model.neutral
    if asked.ndim > 1 or not np.isfinite(asked).all() or not ((asked > least) & (asked < most)).all():
        counted = "those of the bands from neutrality" if least else "that of the bands"
        raise ValueError(f"filling: expected numbers above {least} and below {most}, {counted}, got {filling!r}")
    if not (np.isfinite(temperature) and temperature >= 0):
        raise ValueError(f"temperature: expected a number >= 0 (k_B = 1), got {temperature!r}")
    if model.statistics.fixed_mu:
        raise ValueError(
            f"model: expected electrons, got {model.name}, whose energies are measured from the chemical potential"
        )
    budget = Memory(memory)
    levels = [
        _levels(budget, model, cell, n // (2 if model.size >= MANY else 1), offset)
        for n, offset in zip(_MESHES[model.dimension], OFFSET[[0, 2]], strict=True)
    ]
    larger = model.larger
    few = [] if larger is None else [_levels(budget, one, cell, COARSE, float(OFFSET[0])) for one in (model, larger)]
    mu, error = np.empty(asked.shape), np.empty(asked.shape)
    for place, number in np.ndenumerate(asked):
        middle = _middle_of_gap(model, float(number), levels, memory) if temperature == 0 else None
        states = float(number) + model.neutral
        coarse, fine = (_solved(energies, states, temperature) for energies in levels)
        mu[place], error[place] = (fine, 2 * abs(fine - coarse)) if middle is None else (middle, 0.0)
        if larger is not None:
            if middle is None:
                both = [
                    _solved(energies, float(number) + one.neutral, temperature)
                    for one, energies in zip((model, larger), few, strict=True)
                ]
            else:
                both = [middle, gap(larger, round(number), memory=memory).mu]
            error[place] += 2 * np.ptp(both)
    return mu, error


def _levels(memory: Memory, model: BandStructure, cell: LatticeCell, points: int, offset: float) -> Array:
    """The energies (k, band) on a mesh."""
    return energies_within(memory, model, cell.momenta(points, offset))


def _middle_of_gap(model: BandStructure, number: float, levels: list[Array], memory: float | None) -> float | None:
    """The middle of the gap above ``number`` bands; None where the meshes show that there is none, or it is no whole number."""
    n = round(number) + model.neutral
    if number != round(number) or any(e[:, n - 1].max() >= e[:, n].min() for e in levels):
        return None
    return gap(model, round(number), memory=memory).mu


def _solved(energies: Array, number: float, temperature: float) -> float:
    """mu at which the mean over momenta of the number of electrons is that asked for."""
    from scipy.optimize import brentq

    ordered, momenta = np.sort(energies, axis=None), len(energies)
    if temperature == 0:
        # With mu at one of the levels it is half filled.
        return float(np.interp(number * momenta, np.arange(ordered.size) + 0.5, ordered))
    ends = ordered[0] - 60 * temperature, ordered[-1] + 60 * temperature

    def excess(mu: float) -> float:
        return float(occupation("f", ordered, mu, temperature).sum()) / momenta - number

    return float(brentq(excess, *ends, xtol=_ROOT * float(np.ptp(ordered))))
