"""The chemical potential of a filling: so many occupied states per cell of the lattice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures import BandStructure, Parameters, gap, named
from symcur.band_structures.energies import MANY, energies_within
from symcur.brillouin import require_accuracy
from symcur.brillouin.memory import Memory
from symcur.brillouin.trapezoid import OFFSET
from symcur.observables.counting import Counting
from symcur.observables.engine import COARSE

_MESHES = {1: (256, 1024), 2: (48, 64), 3: (16, 20)}  # points per axis


def chemical_potential(
    model: BandStructure | str,
    filling: ArrayLike,
    temperature: float = 0.0,
    *,
    parameters: Parameters = None,
    rtol: float = 1e-5,
    max_evaluations: int = 1_000_000,
    memory: float | None = None,
) -> tuple[Array, Array]:
    """mu with ``filling`` electrons (or holes) per cell, a number or a 1D array, and the estimated error of each, both of its shape.

    Dirac electrons of a continuum, which have no lowest band, are counted from neutrality (``model.neutral`` bands).

    A whole number at T = 0 gives the middle of the gap above so many bands, where there is one. Else electrons above and holes below
    the nearest number of full bands are integrated over the zone, each to ``rtol`` of its number with at most ``max_evaluations``, at
    mu that close in on the one asked for: the error reaches to where the count, with its error, is too small and too large. In a gap of
    more than 70 T the thermal carriers of a whole number are below rounding, and leave mu open by as much.

    Where plane waves are cut off two meshes are compared instead, without a bound for what hides between their points, and twice what
    the waves change that the potential links to them is part of the error. Units of energy of the model. ``memory``, bytes, is what
    arrays may take, by default 2e9.
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
    require_accuracy(rtol, 0.0, max_evaluations)
    budget = Memory(memory)
    sizes = [n // (2 if model.size >= MANY else 1) for n in _MESHES[model.dimension]]
    mesh, basis = energies_within(budget, model, cell.momenta(sizes[0], OFFSET[0])), model.larger
    states = asked.ravel() + model.neutral
    mu, error = np.empty(states.size), np.zeros(states.size)
    for full in np.unique(np.round(states).astype(int)):
        count = Counting(model, cell, int(full), temperature, rtol, max_evaluations, budget.limit - budget.kept)
        whole = states == full
        middle = _middle_of_gap(count, mesh) if whole.any() else None
        here = (np.round(states) == full) & ~(whole & (middle is not None))
        if middle is not None:
            mu[whole] = middle
        if middle is not None and basis is not None:
            error[whole] = 2 * abs(middle - gap(basis, full - model.neutral, memory=memory).mu)
        if here.any() and basis is None:
            mu[here], error[here] = count.solve(states[here] - full, mesh)
        elif here.any():
            mu[here], error[here] = _by_meshes(count, states[here] - full, mesh, sizes[1], budget)
    return mu.reshape(asked.shape), error.reshape(asked.shape)


def _by_meshes(count: Counting, numbers: Array, coarse: Array, points: int, budget: Memory) -> tuple[Array, Array]:
    """Where a basis is cut off, and diagonalising takes long: mu from a second mesh, and an error that holds twice what a larger basis changes.

    At T = 0 a mesh may have as many equal levels as points on a line; those of so many states about the number are in the error.
    """

    def on(mesh: Array, carriers: Array, one: Counting = count) -> Array:
        return np.array([one.on_a_mesh(mesh, x) for x in carriers])

    model, basis = count.model, count.model.larger
    assert basis is not None
    fine = energies_within(budget, model, count.cell.momenta(points, OFFSET[2]))
    mu = on(fine, numbers)
    error = 2 * np.abs(mu - on(coarse, numbers))
    if count.temperature == 0:
        error = np.maximum(error, (on(fine, numbers + 1 / points) - on(fine, numbers - 1 / points)) / 2)
    other = replace(count, model=basis, full=count.full + basis.neutral - model.neutral)
    few = [energies_within(budget, one, count.cell.momenta(COARSE, OFFSET[0])) for one in (model, basis)]
    return mu, error + 2 * np.abs(on(few[0], numbers) - on(few[1], numbers, other))


def _middle_of_gap(count: Counting, mesh: Array) -> float | None:
    """The middle of the gap above the full bands at T = 0; None where there is none, as energies on a mesh or the carriers at it show."""
    n = count.full
    if count.temperature > 0 or not 0 < n < count.model.size or mesh[:, n - 1].max() >= mesh[:, n].min():
        return None
    middle = gap(count.model, n - count.model.neutral, memory=count.memory).mu
    carriers, error, _ = count.each(np.array([middle]), mesh, count.rtol)
    return middle if (np.abs(carriers) <= error).all() else None
