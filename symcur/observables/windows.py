"""Levels closer than a window, in units of energy, as one multiplet, and what the choice of the window changes.

In a solid with many bands pairs of filled levels come close at points, along lines, or all over the zone where inversion or time
reversal are broken weakly. The sum over two states of s_n Omega_n depends on how they split, and single points of a mesh next to a
touching weigh as 1/gap. With a window the trace over close levels is taken; occupations stay those of each level. The integrals
with half and with twice the window come from the same sweep, and the larger change belongs to the error: where it is large
the sum over bands depends on splittings inside the filled states, and no mesh helps.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symcur import quantities
from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.band_structures.levels import Window, joined
from symcur.brillouin import Domain, Integral, LatticeCell, Mesh, Method
from symcur.eigenstates import Eigenstates, blocks
from symcur.observables.engine import BandValues, Parts
from symcur.observables.result import Part

AUTO = "auto"
PART = 0.03  # of the change of energy between neighbouring points of a mesh
POINTS = 64  # per axis, where the mesh is not fixed


class WindowedValues(BandValues):
    """The columns with the window, then with half and with twice of it."""

    variants = 3

    def __init__(self, model: BandStructure, parts: Parts, window: float, count: int | None = None) -> None:
        self.windows = tuple(Window(factor * window) for factor in (1.0, 0.5, 2.0))
        super().__init__(model, parts, count)
        self.weights *= self.variants
        self.change = np.zeros(len(self.weights) // self.variants)
        self.decided_by = f"window {window!r}"

    def _prepare(self, needed: list[quantities.Quantity]) -> None:
        self._components = {one.name: quantities.components(one, self.model.dimension) for one in needed}

    def __call__(self, k: Array) -> tuple[Array, Array]:
        return self.probe(k)

    def probe(self, k: Array) -> tuple[Array, Array]:
        found = [self._block(block) for block in blocks(self.model, k)]
        energies, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return energies, values

    def _block(self, k: Array) -> tuple[Array, Array]:
        states = Eigenstates(self.model, k, self.windows[0])
        patterns = [joined(states.levels, window) for window in self.windows]
        columns = [self._of(states)]
        for window, pattern in zip(self.windows[1:], patterns[1:], strict=True):
            other, values = (pattern != patterns[0]).any(axis=-1), columns[0].copy()
            if other.any():
                values[other] = self._of(states.rejoined(window, other))
            columns.append(values)
        return states.levels[:, : self.count], np.concatenate(columns, axis=-1)[:, : self.count]

    def _of(self, states: Eigenstates) -> Array:
        return self._columns({name: states.values(array).real for name, array in self._components.items()})

    def judged(self, integral: Integral) -> Integral:
        """The integral with the window alone, with what half and twice the window change in its error."""
        self.by_eigenstates = integral.evaluations
        columns = integral.value.shape[-1] // self.variants
        value, half, double = np.split(integral.value, self.variants, axis=-1)
        error, scale = integral.error[..., :columns], integral.scale[..., :columns]
        self.change = np.maximum(np.abs(half - value), np.abs(double - value))
        error = error + self.change
        atol = integral.tolerance.atol.reshape(integral.value.shape)[..., :columns].ravel()
        tolerance = replace(integral.tolerance, atol=atol, together=columns)
        allowed = tolerance.allowed(value.ravel(), scale.ravel()).reshape(value.shape)
        met = integral.met[..., :columns] & (error <= allowed)
        excess = float((self.change / allowed).max())
        text = f"half and twice the window of {self.windows[0].energy:.3g} change it by {excess:.1e} of the tolerance"
        return replace(integral, value=value, error=error, scale=scale, met=met, message=f"{text}; {integral.message}")

    def checks(self, name: str, temperature: Array) -> dict[str, Part]:
        change = self.part(name, self.change, self.change, temperature).error
        return {"window": Part(change, np.zeros_like(change))}


def window_of(
    window: float | str | None, model: BandStructure, domain: Domain, method: str | Method = "auto"
) -> float | None:
    """The window in units of energy that was asked for, or else that of the model; None where only what is degenerate is merged.

    "auto" is a part of the change of energy between neighbouring points of the mesh, root mean square over the bands.
    """
    asked = model.window if window is None else window
    if not isinstance(asked, str):
        return None if asked is None else float(Window(asked).energy)
    if asked != AUTO:
        raise ValueError(f"window: expected an energy >= 0, 'auto' or None, got {asked!r}")
    if not isinstance(domain, LatticeCell):
        if window is None:
            return None
        raise ValueError(f"window: expected an energy or None where the zone is not that of a lattice, got {asked!r}")
    points = method.points if isinstance(method, Mesh) and method.points else POINTS
    u, step = np.random.default_rng(61).uniform(size=(64, domain.dimension)), 1e-4
    energies = [model.energies(domain.map(u + shift)[0]) for shift in (*np.eye(domain.dimension) * step, 0.0)]
    slopes = np.stack(energies[:-1]) - energies[-1]
    return PART * float(np.sqrt((slopes**2).sum(axis=0).mean())) / step / points
