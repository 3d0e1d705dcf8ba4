"""How much the arrays of an integral may take: one budget that whoever keeps or cuts arrays asks, and the most that they took.

What is made and gone again is cut into ``pieces`` of one size that stays in the cache, whatever the budget. Momenta and boxes are
taken together as many as ``fit``, other numbers of which change sums by rounding. What stays until the end, the boxes of adaptive
methods, the momenta of meshes and the features found before, must be what the budget ``allows``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

USUAL, LEAST = 2e9, 2e5  # bytes
PIECE = 1 << 18  # numbers in an array of a piece
# Of values, of an occupation function at all energies, and of real matrices between bands, so many are there at a time.
COPIES, OCCUPATION, MATRICES = 5, 8, 200
SIZE = 8  # bytes of a number


def number_of_bytes(limit: Any) -> float:
    """A budget as a number; ValueError where it is none."""
    number = isinstance(limit, int | float | np.integer | np.floating) and not isinstance(limit, bool)
    if not (number and 0 < limit < 1e300):
        raise ValueError(f"memory: expected a number of bytes, or None, got {limit!r}")
    return float(limit)


class Memory:
    """A budget, ``limit`` bytes, what is ``kept`` of it, and the ``peak`` so far, by the sizes of arrays.

    Of ``threads`` that work on a block each only so many do so at a time, ``at_once``, as have room. What kernels, models and Python
    itself take comes on top.
    """

    def __init__(self, limit: float | None = None, threads: int = 1, least: float = LEAST) -> None:
        self.limit, self.threads = USUAL if limit is None else number_of_bytes(limit), threads
        if self.limit < least:
            raise ValueError(f"memory: expected at least {least:.0f} bytes ({least / 1e6:g} MB), got {limit!r}")
        self.at_once = threads
        self.kept = self.peak = 0

    def keep(self, size: int) -> None:
        """So many bytes stay, or, if negative, go."""
        self.kept += size
        self.peak = max(self.peak, self.kept)

    def stay(self, size: int, what: str) -> None:
        """So many bytes stay until the end; ValueError where they leave less than half of the budget for the work."""
        self.keep(size)
        if 2 * self.kept > self.limit:
            raise ValueError(
                f"memory: expected at least {2 * self.kept} bytes ({2e-6 * self.kept:.3g} MB), 2 times what {what} take, got {self.limit:.4g}"
            )

    def allows(self, size: float) -> bool:
        """Whether so many bytes fit beside what is kept."""
        return self.kept + size <= self.limit

    def take(self, size: float) -> None:
        """So many bytes are made and gone again."""
        self.peak = max(self.peak, self.kept + int(size))

    def fit(self, each: float, most: int, what: str, part: int = 2, threads: int | None = None) -> int:
        """How many things of ``each`` bytes a block holds, at most ``most``: every thread has one, and all together a ``part`` of the budget.

        Raises ValueError where not one fits.
        """
        share, threads = self.limit / part, self.threads if threads is None else threads
        count = min(most, int(share / each))
        if count < 1:
            least = int(np.ceil(part * each))
            raise ValueError(
                f"memory: expected at least {least} bytes ({least / 1e6:.3g} MB), {'' if part == 1 else f'{part} times '}what {what} takes, "
                f"got {self.limit:.4g}"
            )
        at_once = min(threads, max(1, int(share / (count * each))))
        self.at_once = at_once if threads > 1 else self.at_once
        self.take(at_once * count * each)
        return count


def pieces(count: int, each: int) -> list[slice]:
    """Slices of so many things of ``each`` numbers, of which no array of a piece, or a single thing, is longer than the others."""
    step = max(1, PIECE // max(each, 1))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]
