"""Levels closer than a window, in units of energy, as one multiplet, and what the choice of the window changes.

In a solid with many bands pairs of filled levels come close at points, along lines, or all over the zone where inversion or time
reversal are broken weakly. The sum over two states of s_n Omega_n depends on how they split, and single points of a mesh next to a
touching weigh as 1/gap. With a window the trace over close levels is taken; occupations stay those of each level. The integrals
with half and with twice the window come from the same sweep, and the larger change belongs to the error: where it is large
the sum over bands depends on splittings inside the filled states, and no mesh helps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

import numpy as np

from symcur import quantities
from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.band_structures.images import images
from symcur.band_structures.kramers import in_pairs
from symcur.band_structures.levels import Window, follows
from symcur.brillouin import Domain, Integral, LatticeCell, Mesh, Method
from symcur.eigenstates import Eigenstates, blocks
from symcur.eigenstates.kramers import KramersPairs, NoParityError, parity_of
from symcur.observables.engine import BandValues, Parts, with_change
from symcur.observables.result import Part

AUTO = "auto"
PART = 0.03  # of the change of energy between neighbouring points of a mesh
LONGER = 2  # blocks than elsewhere: on meshes, H(k) along a line costs less than at its points
TRIALS = 3  # momenta at which two ways to the values are compared
SAME = 1e-8  # relative: what each column may differ by there
NOTHING = 1e-6  # of the largest column: one that vanishes
POINTS = 64  # per axis, where the mesh is not fixed


class WindowedValues(BandValues):
    """The columns with the window, then with half and with twice of it. ``held``: the most bytes that matrices of a block took."""

    variants, threads = 3, -1

    def __init__(self, model: BandStructure, parts: Parts, window: float, count: int | None = None) -> None:
        self.windows = tuple(Window(factor * window) for factor in (1.0, 0.5, 2.0))
        super().__init__(model, parts, count)
        self.weights *= self.variants
        self.change, self.held = np.zeros(len(self.weights) // self.variants), 0
        self.decided_by = f"window {window!r}"

    def _prepare(self, needed: list[quantities.Quantity]) -> None:
        D, found = self.model.dimension, {one.name: quantities.components(one, self.model.dimension) for one in needed}
        self._factors = [
            (component, found["velocity"][l]) if term.times_velocity else (component,)
            for term in self.terms
            for component in found[quantities.get(term.quantity).name].flat
            for l in range(D if term.times_velocity else 1)
        ]

    def __call__(self, k: Array) -> tuple[Array, Array]:
        return self._everything(k)

    probe = roughly = __call__

    @cached_property
    def _everything(self) -> Restricted:
        return self.restricted([], range(len(self.weights)))

    @cached_property
    def pairs(self) -> tuple[BandStructure, ComplexArray] | None:
        """The model in a basis of Kramers pairs, and that basis, where it has such pairs at every momentum."""
        return in_pairs(self.model)

    def restricted(self, operators: Sequence[AnyArray], columns: Sequence[int]) -> Restricted:
        """Some of the columns, numbered through those of s and then of other operators in its place."""
        return Restricted(self, operators, columns)

    def images(self, rotation: Array) -> list[AnyArray]:
        """What symmetries of H that rotate k may make of s."""
        known = self.model.covariant or self.model.bosons is not None
        return [] if known else images(self.model, self.model.matrix("s", np.zeros(self.model.dimension)), rotation)

    def column(self, states: Eigenstates, number: int) -> Array:
        """One of the columns with one window, (M, N)."""
        value = self.factor
        for expression in self._factors[number]:
            value = value * states.value(expression).real
        return np.asarray(value)

    def judged(self, integral: Integral) -> Integral:
        """The integral with the window alone, with what half and twice the window change in its error."""
        self.by_eigenstates = integral.evaluations
        columns = integral.value.shape[-1] // self.variants
        value, half, double = np.split(integral.value, self.variants, axis=-1)
        error, scale = integral.error[..., :columns], integral.scale[..., :columns]
        self.change = np.maximum(np.abs(half - value), np.abs(double - value))
        atol = integral.tolerance.atol.reshape(integral.value.shape)[..., :columns].ravel()
        tolerance, met = replace(integral.tolerance, atol=atol, together=columns), integral.met[..., :columns]
        message = f"matrices of this run took up to {self.held / 1e6:.0f} MB in each thread; {integral.message}"
        alone = replace(integral, value=value, error=error, scale=scale, met=met, message=message, tolerance=tolerance)
        return with_change(alone, self.change, f"half and twice the window of {self.windows[0].energy:.3g}")

    def checks(self, name: str, temperature: Array) -> dict[str, Part]:
        change = self.part(name, self.change, self.change, temperature).error
        return {"window": Part(change, np.zeros_like(change))}


@dataclass(frozen=True)
class _Basis:
    """A model, other operators than its s, and their ``parity`` in Kramers pairs, in a basis of which the model is, or 0."""

    model: BandStructure
    operators: Sequence[ComplexArray]
    parity: int = 0

    @property
    def s(self) -> ComplexArray:
        return self.model.matrix("s", np.zeros(self.model.dimension))

    def states(self, k: Array, window: Window) -> Eigenstates:
        return KramersPairs(self.model, k, window, self.parity) if self.parity else Eigenstates(self.model, k, window)


class Restricted:
    """k -> energies (M, N) and some of the columns of ``whole`` (M, N, K), of s and of other operators in its place."""

    def __init__(self, whole: WindowedValues, operators: Sequence[AnyArray], columns: Sequence[int]) -> None:
        self.whole, self._basis = whole, _Basis(whole.model, [np.asarray(s) for s in operators])
        self.energies, self.bending = whole.energies, whole.bending
        count = len(whole.weights) // whole.variants
        # For each operator the columns with one window, and where each goes with each of the windows.
        self._plan: list[dict[int, list[list[int]]]] = [{} for _ in range(len(operators) + 1)]
        self._size = len(columns)
        for to, number in enumerate(columns):
            image, of_image = divmod(number, len(whole.weights))
            window, column = divmod(of_image, count)
            self._plan[image].setdefault(column, [[] for _ in range(whole.variants)])[window].append(to)

        if (paired := self._in_pairs()) is not None:
            self._basis = paired

    def _in_pairs(self) -> _Basis | None:
        """A basis in which one of each Kramers pair does; None where there is none, or not for these columns."""
        if self.whole.pairs is None:
            return None
        model, W = self.whole.pairs
        s, *others = (W.conj().T @ s @ W for s in (self._basis.s, *self._basis.operators))
        if not (parity := parity_of([s, *others])):
            return None
        k = np.random.default_rng(71).uniform(-2, 2, size=(TRIALS, model.dimension))
        paired = _Basis(model, others, parity)
        try:
            values = self._block(k, paired)[1]
        except NoParityError:
            return None
        plain = self._block(k, self._basis)[1]
        sizes = np.abs(plain).max(axis=(1, 2))
        misses = np.abs(values - plain).max(axis=(1, 2))
        return paired if (misses <= SAME * np.maximum(sizes, NOTHING * sizes.max())).all() else None

    def __call__(self, k: Array) -> tuple[Array, Array]:
        found = (self._block(block, self._basis) for block in blocks(self._basis.model, k, LONGER))
        energies, values = zip(*found, strict=True)
        count = self.whole.count
        return np.concatenate(energies)[:, :count], np.moveaxis(np.concatenate(values, axis=1), 0, -1)[:, :count]

    def _block(self, k: Array, basis: _Basis) -> tuple[Array, Array]:
        first, *others = self.whole.windows
        states = basis.states(k, first)
        operators = [states.rotated(s) for s in basis.operators]
        values = np.empty((self._size, *states.levels.shape))
        self._fill(values, range(self.whole.variants), states, operators)
        for v, window in enumerate(others, 1):
            pattern = follows(states.model, states.levels, states.k, window)
            where = np.flatnonzero((pattern != states.joined).any(axis=-1))
            if len(where):
                some = values[:, where]
                self._fill(some, [v], states.rejoined(window, where), [s[where] for s in operators])
                values[:, where] = some
        members = basis.model.size // states.levels.shape[-1]
        return np.repeat(states.levels, members, axis=-1), np.repeat(values, members, axis=-1)

    def _fill(
        self, values: Array, variants: Iterable[int], states: Eigenstates, operators: Iterable[ComplexArray]
    ) -> None:
        """The columns (K, M, N) with these windows, for states that are joined by one of them."""
        # Each image goes on from the one before, with what that found without s.
        images = accumulate(operators, lambda known, s: known.with_s(s), initial=states)
        for plan, image in zip(self._plan, images, strict=True):
            for column, goes in plan.items():
                values[[to for v in variants for to in goes[v]]] = self.whole.column(image, column)
            self.whole.held = max(self.whole.held, image.nbytes)


def window_of(
    window: float | str | None, model: BandStructure, domain: Domain, method: str | Method = "auto"
) -> float | None:
    """The window in units of energy that was asked for, or else that of the model; None where only what is degenerate is merged.

    "auto" is a part of the change of energy between neighbouring points of the mesh, root mean square over the bands.
    """
    asked = model.window if window is None else window
    if not isinstance(asked, str):
        return None if asked is None else _below_spread(float(Window(asked).energy), model, domain)
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


def _below_spread(window: float, model: BandStructure, domain: Domain) -> float:
    """Refuse a window in which all levels are one: half and twice of it would change nothing."""
    energies = model.energies(domain.map(np.random.default_rng(61).uniform(size=(64, domain.dimension)))[0])
    spread = float(np.ptp(energies, axis=-1).max())
    if window > spread > 1e-9 * np.abs(energies).max():
        raise ValueError(f"window: expected an energy below the spread of the bands, {spread:.3g}, got {window!r}")
    return window
