"""How many electrons there are above so many full bands, less the holes in these, and at which mu there are as many as asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.brillouin import LatticeCell, integrate_bands
from symcur.brillouin.occupation import occupation

ROOT = 1e-10  # of the spread of the energies: an interval of mu that need not be smaller
FIRST, CLOSER = 1e-2, 1 / 40  # half the first interval, of the spread, and half the next one, of the last
ENOUGH, ROUNDS = 6.0, 60  # an interval in errors of the count, below which none is closer; and the most of them
COARSE, FINER = 1e-2, 1 / 20  # the relative errors of the first count, and of the next ones


class Carriers:
    """k -> energies e (M, N), and 1 for the bands above so many ``full`` ones: electrons. Holes are those of -H above all but the full ones."""

    ranks = (0,)

    def __init__(self, model: BandStructure, full: int, sign: int) -> None:
        self.model, self.sign, self.states = model, sign, model.size
        self.first = full if sign > 0 else model.size - full
        self.bending, self.spectrum = model.bending, (model, sign)

    def energies(self, k: Array) -> Array:
        e = self.model.energies(k)
        return e if self.sign > 0 else -e[..., ::-1]

    def __call__(self, k: Array) -> tuple[Array, Array]:
        e = self.energies(k)
        return e, np.broadcast_to((np.arange(self.states) >= self.first).astype(float)[:, None], (*e.shape, 1))


@dataclass(frozen=True)
class Counting:
    """The integrals for this number of ``full`` bands, each to ``rtol`` of its own number."""

    model: BandStructure
    cell: LatticeCell
    full: int
    temperature: float
    rtol: float
    max_evaluations: int
    memory: float

    def each(self, mu: Array, energies: Array, rtol: float, least: float = 0.0) -> tuple[Array, Array, bool]:
        """Electrons and holes per cell at each mu (M,), and their errors, both (2, M), and whether these are what was asked for.

        That is rtol of both together, as ``energies`` on a mesh have them, or of ``least`` where they are fewer.
        """
        found, met = np.zeros((2, 2, len(mu))), True
        atol = rtol / self.cell.volume * np.maximum(self.carriers(energies, mu).sum(axis=0), least)[:, None]
        for n, sign in enumerate((1, -1)):
            carriers = Carriers(self.model, self.full, sign)
            if carriers.first < self.model.size:
                integral = integrate_bands(
                    carriers, self.cell, ["f"], sign * mu, self.temperature, rtol=rtol, atol=atol,
                    max_evaluations=self.max_evaluations, memory=self.memory, workers=-1 if self.model.suits_threads else 1,
                )  # fmt: skip
                found[:, n] = integral.value[:, 0], integral.error[:, 0]
                met = met and bool(integral.met.all())
        return found[0] * self.cell.volume, found[1] * self.cell.volume, met

    def carriers(self, energies: Array, mu: Array | float) -> Array:
        """Electrons and holes per cell at each mu, from the energies (M, N) on a mesh."""
        parts = (energies[:, self.full :], 1), (energies[:, : self.full], -1)
        sums = [
            [occupation("f", sign * e, sign * x, self.temperature).sum() for x in np.atleast_1d(mu)]
            for e, sign in parts
        ]
        return np.array(sums) / len(energies)

    def on_a_mesh(self, energies: Array, number: float) -> float:
        """mu for so many carriers, roughly: from the energies (M, N) on a mesh, between which levels at T = 0 are thought evenly spread."""
        from scipy.optimize import brentq

        if self.temperature == 0:
            ordered = np.sort(energies, axis=None)  # with mu at one of them it is half filled
            mu = float(np.interp((self.full + number) * len(energies), np.arange(ordered.size) + 0.5, ordered))
            # Few carriers next to a gap are in their bands.
            return float(
                min(mu, energies[:, : self.full].max())
                if number < 0
                else max(mu, energies[:, self.full :].min())
                if number > 0
                else mu
            )

        def excess(mu: float) -> float:
            electrons, holes = self.carriers(energies, mu)[:, 0]
            return float(electrons - holes - number)

        reach = 60 * self.temperature
        return float(
            brentq(excess, energies.min() - reach, energies.max() + reach, xtol=ROOT * float(np.ptp(energies)))
        )

    def solve(self, numbers: Array, energies: Array) -> tuple[Array, Array]:
        """mu for these numbers of carriers and how far it may be off; the search begins from ``energies`` (M, N) on a mesh.

        The count grows with mu: where it is less than asked for by more than its error mu is too small, and where more too large.
        """
        spread = float(np.ptp(energies)) + np.finfo(float).tiny
        first, rtol = min(FIRST * spread, self.temperature or np.inf), max(COARSE, self.rtol)
        intervals = [_Interval(x, self.on_a_mesh(energies, x), first) for x in numbers]
        known = np.empty((3, 0))  # mu, the count and its error
        for _ in range(ROUNDS):
            new = np.setdiff1d([mu for one in intervals for mu in one.ask], known[0])
            if not len(new):
                break
            count, error, met = self.each(new, energies, rtol, float(np.abs(numbers).min()))
            last = rtol == self.rtol or not met
            known = np.hstack([known, [new, count[0] - count[1], error.sum(axis=0)]])
            known = known[:, np.argsort(known[0])]
            for one in intervals:
                one.narrow(known, ROOT * spread, last)
            if any(one.ask and one.blurred for one in intervals):
                rtol = max(rtol * FINER, self.rtol)
        return np.array([one.mu for one in intervals]), np.array([one.error for one in intervals])


class _Interval:
    """Of mu, for one number of carriers; ``ask``: where they are to be counted next, ``blurred``: whether errors keep that from being closer."""

    def __init__(self, number: float, mu: float, half: float) -> None:
        self.number, self.mu, self.half = number, mu, half
        self.low, self.high, self.ask, self.blurred = -np.inf, np.inf, [mu - half, mu, mu + half], False

    @property
    def error(self) -> float:
        return float(max(self.mu - self.low, self.high - self.mu))

    def narrow(self, known: Array, least: float, last: bool) -> None:
        """By what is ``known``, columns of ascending mu; ``last``: counts will not be more accurate."""
        if not self.ask:
            return
        left = known[:, known[1] + known[2] < self.number][:, -1:]
        right = known[:, known[1] - known[2] > self.number][:, :1]
        before, self.ask, self.blurred = self.high - self.low, [], False
        self.low, self.high = float(left[0].max(initial=-np.inf)), float(right[0].min(initial=np.inf))
        if not left.size or not right.size:
            self.half *= 4
            self.ask += [] if left.size else [self.mu - self.half]
            self.ask += [] if right.size else [self.mu + self.half]
            return
        size, (_, below, error), (_, above, other) = self.high - self.low, left[:, 0], right[:, 0]
        self.mu = self.low + size * (self.number - below) / (above - below)
        noise = max(error, other) * size / (above - below)
        if size > least and not (last and size <= ENOUGH * noise):
            self.blurred = 2 * noise > size * CLOSER
            half = min(max(2 * noise, size * CLOSER), size / 3)
            self.ask = [self.mu - half, self.mu + half]
            if size > before / 4:
                self.ask.append((self.low + self.high) / 2)
