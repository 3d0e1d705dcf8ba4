"""A periodic Hamiltonian as hoppings on a lattice: the Fourier components of H(k), exact and with exact derivatives.

H_ab(k) = sum_R t_ab(R) exp(i k.(R + r_b - r_a)), R the vectors of the lattice and r_a the positions of the orbitals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.band_structure import BandStructure
from symcur.brillouin import LatticeCell

_RANGES = {1: (16, 64, 256), 2: (16, 32, 64), 3: (8, 16, 32)}  # points per axis: hoppings up to half as far
_NEGLIGIBLE = 1e-13  # relative to what of H depends on k
_ACCURACY = 1e-11  # likewise, of H rebuilt from its hoppings at random momenta
_ROUNDING = 1e-15  # relative to H


@dataclass(frozen=True)
class TightBinding:
    """``hoppings[R]`` = t(R), R in units of the primitive vectors of the cell; ``positions`` (N, D) likewise."""

    cell: LatticeCell
    positions: Array
    hoppings: Mapping[tuple[int, ...], ComplexArray]

    def matrix(self, k: Array, axes: tuple[int, ...] = ()) -> ComplexArray:
        """H, or its derivative along axes, at k of shape (M, D): shape (M, N, N)."""
        cells, t = np.array(list(self.hoppings)) @ self.cell.vectors, np.array(list(self.hoppings.values()))
        orbitals = self.positions @ self.cell.vectors
        if axes:
            bonds = cells[:, None, None] + orbitals[None, :] - orbitals[:, None]  # (R, N, N, D)
            t = t * np.prod([1j * bonds[..., axis] for axis in axes], axis=0)
        summed = (np.exp(1j * k @ cells.T) @ t.reshape(len(cells), -1)).reshape(-1, *t.shape[1:])
        phases = np.exp(1j * k @ orbitals.T)
        return np.asarray(phases.conj()[:, :, None] * summed * phases[:, None, :])


def tight_binding(structure: BandStructure) -> TightBinding:
    """The hoppings of a periodic band structure: those that it is given by, or else by Fourier transform on grids that grow until H
    is reproduced.

    Raises ValueError where they reach too far.
    """
    structure.require_local("its hoppings alone", "they do not hold the position between orbitals")
    cell, positions = structure.lattice_cell("hoppings between its cells"), structure.positions
    given = getattr(getattr(structure, "H", None), "__self__", None)
    if isinstance(given, TightBinding):
        return given
    assert positions is not None
    k = np.random.default_rng(29).uniform(-3, 3, size=(8, cell.dimension))
    exact = structure.matrix("H", k)
    for n in _RANGES[cell.dimension]:
        found = TightBinding(cell, positions, _components(structure, cell, positions, n))
        if np.abs(found.matrix(k) - exact).max() <= _ACCURACY * _spread(exact) + 10 * _ROUNDING * np.abs(exact).max():
            return found
    raise ValueError(
        f"model: expected hoppings that reach less than {n // 2} cells, got {structure.name}, whose H(k) is no such sum"
    )


def _components(
    structure: BandStructure, cell: LatticeCell, positions: Array, n: int
) -> dict[tuple[int, ...], ComplexArray]:
    D = cell.dimension
    u = cell.grid(n)
    phases = np.exp(2j * np.pi * u @ positions.T)
    values = structure.matrix("H", u @ cell.reciprocal)
    components = np.fft.fftn(phases[..., :, None] * values * phases[..., None, :].conj(), axes=range(D)) / n**D
    floor = _NEGLIGIBLE * _spread(values.reshape(-1, *positions.shape[:1] * 2)) + _ROUNDING * np.abs(values).max()
    return {
        tuple((j + n // 2) % n - n // 2 for j in place): components[place]
        for place in np.ndindex(*(n,) * D)
        if np.abs(components[place]).max() > floor or not any(place)
    }


def _spread(matrices: ComplexArray) -> float:
    """How much matrices (M, N, N) differ from their mean."""
    return float(np.abs(matrices - matrices.mean(axis=0)).max())
