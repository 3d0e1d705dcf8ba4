"""The Fermi surface as a quadrature rule, with the eigenstates and the band quantities at its nodes."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from symcur import quantities
from symcur.arrays import Array, ComplexArray, Indices
from symcur.band_structures import BandStructure
from symcur.disorder import contours, surfaces
from symcur.disorder.momentum_cell import search_cell
from symcur.eigenstates import Eigenstates
from symcur.expressions import Expression

SEPARATION = 1e-7  # of the spread of the energies at k: closer bands count as degenerate


class FermiSurface:
    """Nodes k_a of band n_a with weights q_a: sum_a q_a F_a = sum_n int d^Dk/(2 pi)^D delta(energy - e_n) F_n.

    ``k`` is (M, D), ``band`` (M,), ``weight`` (M,). ``phases`` multiplies each state by exp(i phase): no result depends
    on it.
    """

    def __init__(
        self,
        model: BandStructure,
        energy: float,
        k: Array,
        band: Indices,
        weight: Array,
        *,
        phases: Array | None = None,
    ) -> None:
        self.model, self.energy = model, energy
        self.k, self.band, self.weight = k, band, weight
        self._states = Eigenstates(model, k, tolerance=0.0)
        self._rows = np.arange(len(k))
        self._phase = np.ones(len(k)) if phases is None else np.exp(1j * phases)
        if len(k) and model.size > 1:
            self._require_separate()

    def _require_separate(self) -> None:
        energies = self._states.energies
        gap = np.abs(energies - energies[self._rows, self.band][:, None])
        gap[self._rows, self.band] = np.inf
        close = gap.min(axis=-1) <= SEPARATION * np.ptp(energies, axis=-1)
        if close.any():
            raise ValueError(
                f"model: expected separate bands on the Fermi surface, got degenerate ones of {self.model.name}, e.g. at k = "
                f"{self.k[np.flatnonzero(close)[0]].tolist()}. Within a multiplet the distribution is a matrix, not the "
                "numbers f_n of this Boltzmann equation; lift the degeneracy or change mu"
            )

    def __len__(self) -> int:
        return len(self.k)

    def value(self, expression: Expression) -> Array:
        """A scalar expression of the band at each node, (M,)."""
        values = np.broadcast_to(self._states.scalar(expression).real, self._states.energies.shape)
        return np.asarray(values[self._rows, self.band])

    def quantity(self, name: str) -> Array:
        """A band quantity at each node, (M, components)."""
        found = quantities.get(name)
        return np.stack([self.value(found.expression(*c)) for c in found.components(self.model.dimension)], axis=-1)

    @cached_property
    def states(self) -> ComplexArray:
        """|u_a> as columns in the orbital basis, (M, N)."""
        return np.asarray(self._states.vectors[self._rows, :, self.band] * self._phase[:, None])

    def bra(self, *factors: Expression) -> ComplexArray:
        """<u_a| f_1 f_2 ... with the letters of the band at the node, in the orbital basis, (M, N)."""
        rows = self._states.rows(factors)[self._rows, self.band]
        orbital = np.einsum("mb,mob->mo", rows, self._states.vectors.conj())
        return np.asarray(orbital * self._phase.conj()[:, None])

    @property
    def spread(self) -> Array:
        """The difference of the highest and the lowest energy at each node (or |e|, for a single band)."""
        e = self._states.energies
        return np.asarray(np.ptp(e, axis=-1) if e.shape[-1] > 1 else np.maximum(np.abs(e[:, 0]), 1e-300))

    @cached_property
    def velocity(self) -> Array:
        return self.quantity("velocity")

    @cached_property
    def density_of_states(self) -> float:
        """int d^Dk/(2 pi)^D delta(energy - e), summed over bands."""
        return float(self.weight.sum())


def fermi_surface(
    model: BandStructure, energy: float, *, cutoff: float | None = None
) -> contours.Contours | surfaces.Surface:
    """Find the Fermi surface of a 2D or 3D model at an energy; ``sampled(it, level)`` puts nodes on it.

    ``cutoff`` limits |k| for continuum models with bands that cross the energy again far away.
    """
    if model.dimension == 1:
        raise ValueError(
            f"model: expected two or three dimensions, got {model.name} in one (weak disorder localises a 1D metal)"
        )
    if not np.isfinite(energy):
        raise ValueError(f"mu: expected a finite number, got {energy!r}")
    if model.dimension == 2:
        return _lines(model, float(energy), cutoff)
    return surfaces.trace(model, energy, search_cell(model, energy, cutoff))


@lru_cache(maxsize=16)
def _lines(model: BandStructure, energy: float, cutoff: float | None) -> contours.Contours:
    """Fermi lines, of H alone, and their nodes: what is asked of a model with one disorder is often asked with another."""
    return contours.trace(model, energy, search_cell(model, energy, cutoff))


def sampled(shape: contours.Contours | surfaces.Surface, level: int) -> FermiSurface:
    """The quadrature rule of this level; every level has (about) twice the nodes per axis of the one before."""
    shape.model.require_local("scattering", "states at different k overlap as orbitals at points do")
    nothing = np.zeros((0, shape.model.dimension)), np.zeros(0, dtype=np.intp), np.zeros(0)
    pieces = [(k, np.full(len(k), band), weight) for band, k, weight in shape.pieces(level)]
    k, band, weight = map(np.concatenate, zip(nothing, *pieces, strict=True))
    return FermiSurface(shape.model, shape.energy, k, band, weight)
