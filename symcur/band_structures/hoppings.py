"""A periodic Hamiltonian as hoppings on a lattice: the Fourier components of H(k), exact and with exact derivatives.

H_ab(k) = sum_R t_ab(R) exp(i k.(R + r_b - r_a)), R the vectors of the lattice and r_a the positions of the orbitals.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import mul

import numpy as np

from symcur.arrays import Array, ComplexArray, Indices
from symcur.band_structures.arithmetic import phase_factors
from symcur.band_structures.band_structure import BandStructure
from symcur.brillouin import LatticeCell

_RANGES = {1: (16, 64, 256), 2: (16, 32, 64), 3: (8, 16, 32)}  # points per axis: hoppings up to half as far
_NEGLIGIBLE = 1e-13  # relative to what of H depends on k
_ACCURACY = 1e-11  # likewise, of H rebuilt from its hoppings at random momenta
_ROUNDING = 1e-15  # relative to H
HERMITIAN = 1e-10  # relative: t(-R) against t(R)^+
_FEW = 16  # vectors: for fewer the adjoint costs more than half of the sum
Matrices = Callable[..., ComplexArray]  # of axes, and with q the mean on the way to k + q
_SHORT = 4  # momenta on a line: for fewer on average every R is summed at every momentum


@dataclass(frozen=True)
class TightBinding:
    """``hoppings[R]`` = t(R), R in units of the primitive vectors of the cell; ``positions`` (N, D) likewise."""

    cell: LatticeCell
    positions: Array
    hoppings: Mapping[tuple[int, ...], ComplexArray]

    def matrix(self, k: Array, axes: tuple[int, ...] = ()) -> ComplexArray:
        """H, or its derivative along axes, at k of shape (M, D): shape (M, N, N)."""
        return self.at(k)(axes)

    def at(self, k: Array, phases: bool = True) -> Matrices:
        """``matrix`` at k as a function of the axes, with the phases computed once; with ``q`` int_0^1 dt of that at k + t q.

        This is exact: a bond d is weighted with exp(i q.d/2) sin(q.d/2)/(q.d/2). Without ``phases`` all elements lack exp(i k.(r_b - r_a)).
        """
        summed, table = self._summed(k, phases), self._table

        def matrix(axes: tuple[int, ...], q: Array | None = None) -> ComplexArray:
            if q is None:
                return summed(table(axes))
            along = table.bonds @ q
            return summed(table(axes) * phase_factors(along / 2) * np.sinc(along / (2 * np.pi)))

        return matrix

    def _summed(self, k: Array, of_positions: bool) -> Callable[[ComplexArray], ComplexArray]:
        """What a table of amplitudes, one for each bond, sums to at k, with the phases computed once."""
        table = self._table
        sums = _Sums(table.cells, k @ self.cell.vectors.T / (2 * np.pi))
        between = None
        if of_positions and table.apart:
            phases = phase_factors(k @ table.orbitals.T)
            between = phases.conj()[:, :, None] * phases[:, None, :]

        def matrix(amplitudes: ComplexArray) -> ComplexArray:
            result = sums(amplitudes).reshape(len(k), *table.shape)
            if table.halved:
                result += result.conj().mT
            return result if between is None else np.multiply(result, between, out=result)

        return matrix

    @cached_property
    def _table(self) -> _Table:
        return _Table(self)


class _Table:
    """The hoppings as arrays, sorted by the last component of R; ``table(axes)`` is (i d)^axes t, shape (R, N^2), d the bonds.

    ``halved``: of R and -R one is left, with half of t(0), and what it sums to is to be added to its adjoint. ``apart``: not all
    orbitals stand at one place.
    """

    def __init__(self, bonds: TightBinding) -> None:
        found = {tuple(map(int, R)): np.asarray(t, dtype=complex) for R, t in bonds.hoppings.items()}
        sides = {R: (t, np.conj(found.get(tuple(-n for n in R), np.zeros_like(t))).T) for R, t in found.items()}
        largest = max(np.abs(t).max() for t in found.values())
        self.halved = len(found) > _FEW and all(
            np.abs(one - other).max() <= HERMITIAN * largest for one, other in sides.values()
        )
        if self.halved:
            found = {
                R: (one + other) / (2 + 2 * (not any(R)))
                for R, (one, other) in sides.items()
                if R[::-1] >= (0,) * len(R)
            }
        cells = sorted(found, key=lambda R: R[-1])
        t = np.array([found[R] for R in cells])
        self.cells, self.orbitals, self.shape = np.array(cells), bonds.positions @ bonds.cell.vectors, t.shape[1:]
        self.apart = bool(np.ptp(self.orbitals, axis=0).any())
        along = (self.cells @ bonds.cell.vectors)[:, None, None]
        self.bonds = (along + self.orbitals[None, :] - self.orbitals[:, None]).reshape(len(t), t[0].size, -1)
        self._found: dict[tuple[int, ...], ComplexArray] = {(): t.reshape(len(t), -1)}

    def __call__(self, axes: tuple[int, ...]) -> ComplexArray:
        if axes not in self._found:
            self._found[axes] = self(axes[:-1]) * (1j * self.bonds[..., axes[-1]])
        return self._found[axes]


class _Sums:
    """sum_R t(R) exp(2 pi i u.R) at u of shape (M, D), in units of the reciprocal vectors, for R sorted by the last component.

    Along lines of momenta that differ in the last component, as rows of grids, the others are summed once.
    """

    def __init__(self, cells: Indices, u: Array) -> None:
        powers = [
            phase_factors(2 * np.pi * x[:, None] * np.arange(R.min(), R.max() + 1))
            for x, R in zip(u.T, cells.T, strict=True)
        ]
        places = cells - cells.min(axis=0)
        apart = (np.abs(np.diff(u[:, :-1], axis=0)) > 8 * np.finfo(float).eps * (1 + np.abs(u).max(initial=0))).any(
            axis=1
        )
        starts = np.concatenate([[0], np.flatnonzero(apart) + 1])
        self._last: ComplexArray | None = None
        if u.shape[1] > 1 and _SHORT * len(starts) < len(u):
            self._lines = list(itertools.pairwise([*starts, len(u)]))
            self._layers = np.searchsorted(places[:, -1], np.arange(places[-1, -1] + 2))
            self._last, powers = powers[-1], [power[starts] for power in powers[:-1]]
        self._phases = reduce(mul, (power[:, place] for power, place in zip(powers, places.T, strict=False)))

    def __call__(self, t: ComplexArray) -> ComplexArray:
        if self._last is None:
            return np.asarray(self._phases @ t)
        layers = [self._phases[:, a:b] @ t[a:b] for a, b in itertools.pairwise(self._layers)]
        result = np.empty((len(self._last), t.shape[1]), dtype=complex)
        for (a, b), line in zip(self._lines, np.stack(layers, axis=1), strict=True):
            np.matmul(self._last[a:b], line, out=result[a:b])
        return result


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
    if positions is None:
        raise ValueError(
            f"model: expected orbitals at points of the cell, for hoppings between them, got {structure.name} in plane waves"
        )
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
    phases = phase_factors(2 * np.pi * u @ positions.T)
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
