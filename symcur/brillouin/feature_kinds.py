"""What features of energies, or of a function, there are: small gaps, extrema of bands, peaks; how high each is and what changes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array, Indices, Mask

from .memory import pieces

UNREACHED = 4  # times closer: a band that has not reached mu


class Features(ABC):
    """Features of one kind: height and width of each, told apart by a number.

    The ``height`` of energies (M, P, N) for the features ``which`` (M,) is small at the feature, which is as wide as it changes by
    ``change(height)``, of heights (M,). ``extremum``: it is a minimum of the height; ``slope``: one that may be hidden on the slope
    of something wider; ``before``: how much the height changes at twice the spacing of the first points around it, as far as that is known.
    """

    extremum: bool
    slope = False
    before = 0.0

    @property
    def numbers(self) -> int:
        """How many numbers the change of a height takes."""
        return 1

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def height(self, e: Array, which: Indices) -> Array: ...

    @abstractmethod
    def change(self, height: Array, which: Indices) -> Array: ...

    def changes(self, heights: Array, which: Indices) -> Array:
        """The change of many heights, in pieces."""
        blocks = pieces(len(heights), self.numbers)
        return np.concatenate([heights[:0], *(self.change(heights[some], which[some]) for some in blocks)])


@dataclass(frozen=True)
class NarrowGaps(Features):
    """The gaps above some bands are small and double."""

    bands: Indices
    extremum = False

    def __len__(self) -> int:
        return len(self.bands)

    def height(self, e: Array, which: Indices) -> Array:
        n = self.bands[which]
        return np.asarray(_band(e, n + 1) - _band(e, n))

    def change(self, height: Array, which: Indices) -> Array:
        return np.abs(height)


@dataclass(frozen=True)
class Extrema(Features):
    """Bands have a minimum (sign 1) or maximum (-1) and leave the poles mu +- i ``width`` of the occupation functions."""

    bands: Indices
    signs: Indices
    mu: Array
    width: Array
    extremum = True

    @property
    def numbers(self) -> int:
        return self.mu.size * self.width.size

    def __len__(self) -> int:
        return len(self.bands)

    def height(self, e: Array, which: Indices) -> Array:
        return np.asarray(self.signs[which, None] * _band(e, self.bands[which]))

    def change(self, height: Array, which: Indices) -> Array:
        e = (self.signs[which] * height)[:, None, None]
        return np.asarray(2 * np.hypot(e - self.mu[:, None], self.width).min(axis=(-1, -2)))

    @property
    def tips(self) -> Tips:
        """The same, followed closer while their least height may reach mu."""
        return Tips(self.bands, self.signs, self.mu, self.width)

    def crossed(self, before: Array, after: Array, which: Indices) -> Mask:
        """Whether the height went from one side of a mu to the other, heights (M,)."""
        level = self.signs[which, None] * self.mu
        return np.asarray(((before[:, None] > level) & (after[:, None] <= level)).any(axis=1))


@dataclass(frozen=True)
class Tips(Extrema):
    """Extrema whose bands are judged by a smaller distance of mu while they have not reached it: they may do so between two points."""

    before = np.inf

    def change(self, height: Array, which: Indices) -> Array:
        above = height[:, None] - self.signs[which, None] * self.mu
        left = np.where(above > 0, above / UNREACHED, above)[..., None]
        return np.asarray(2 * np.hypot(left, self.width).min(axis=(-1, -2)))


@dataclass(frozen=True)
class Peaks(Features):
    """A function has a minimum (sign 1) or maximum (-1) and falls to half of its height above the usual value."""

    signs: Indices
    usual: float
    extremum = slope = True

    def __len__(self) -> int:
        return len(self.signs)

    def height(self, e: Array, which: Indices) -> Array:
        return np.asarray(self.signs[which, None] * e[..., 0])

    def change(self, height: Array, which: Indices) -> Array:
        return np.abs(height - self.signs[which] * self.usual) / 2


def _band(e: Array, n: Indices) -> Array:
    """The bands n (M,) of energies (M, P, N)."""
    return np.asarray(e[np.arange(len(n)), :, n])
