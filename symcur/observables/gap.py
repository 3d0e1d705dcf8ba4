"""Where the gap of an insulator is: the chemical potential of a given filling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symcur.brillouin import LatticeCell
from symcur.model import Model

_GRID = {1: 512, 2: 96, 3: 28}
_STARTS = 4  # best grid points that are polished
_CLOSED = 1e-7  # of the spread of the energies: what the minimiser leaves of a gap at a point where bands touch


@dataclass(frozen=True)
class Gap:
    """The gap above ``occupied`` bands: from the top of the filled to the bottom of the empty ones; ``mu`` is its middle."""

    occupied: int
    top: float
    bottom: float

    @property
    def mu(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        return self.bottom - self.top


def gap(model: Model, occupied: int, **parameters: Any) -> Gap:
    """The (indirect) gap of a lattice model with ``occupied`` filled bands; raises ValueError where there is none.

    The band edges are searched on a grid and polished by a minimiser; a valley narrower than the grid can be missed. A
    gap below 1e-7 of the width of all bands counts as a touching.
    """
    if not model.periodic:
        raise ValueError(f"model: {model.name} is a continuum model; a filling counts electrons per cell of a lattice")
    if not isinstance(occupied, int) or not 0 < occupied < model.size:
        raise ValueError(f"occupied: {occupied!r} came; a whole number from 1 to {model.size - 1} is valid")
    assert model.lattice is not None
    D = model.dimension
    cell = LatticeCell(np.array(model.lattice.evalf(20).tolist(), dtype=float))
    axis = np.arange(_GRID[D]) / _GRID[D]
    u = np.stack(np.meshgrid(*[axis] * D, indexing="ij"), axis=-1).reshape(-1, D)
    energies = np.linalg.eigvalsh(model.matrix("H", cell.map(u)[0], **parameters))

    def extremum(band: int, sign: float) -> float:
        from scipy.optimize import minimize

        def energy(point: np.ndarray[Any, Any]) -> float:
            k = cell.map(point[None])[0]
            return float(sign * np.linalg.eigvalsh(model.matrix("H", k, **parameters))[0, band])

        starts = u[np.argsort(sign * energies[:, band])[:_STARTS]]
        best = [sign * float(energies[:, band].max() if sign < 0 else energies[:, band].min())]
        for start in starts:
            simplex = np.vstack([start, start + np.eye(D) / _GRID[D]])
            options = {"initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-13}
            best.append(float(minimize(energy, start, method="Nelder-Mead", options=options).fun))
        return sign * min(best)

    found = Gap(occupied, extremum(occupied - 1, -1.0), extremum(occupied, 1.0))
    if found.width <= _CLOSED * float(np.ptp(energies)):
        raise ValueError(
            f"occupied: {model.name} has no gap above {occupied} bands: the filled ones reach up to {found.top:.6g}, the "
            f"empty ones down to {found.bottom:.6g}; give mu instead"
        )
    return found
