"""Large arrays whose memory is used again when the last view of them is gone.

The first touch of fresh memory costs a kernel a quarter of its time; sweeps over the same grid need not pay it twice.
"""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray

_SMALL = 1 << 17  # numbers; below, the allocator itself recycles


class Memory:
    """Hands out uninitialised arrays; keeps the memory of the one that was given back last."""

    def __init__(self) -> None:
        self._spare: list[NDArray[np.float64]] = []

    def empty(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """As ``numpy.empty(shape)``."""
        size = int(np.prod(shape))
        if size < _SMALL:
            return np.empty(shape)
        try:
            memory = self._spare.pop()
        except IndexError:
            memory = np.empty(size)
        if not size <= memory.size <= 2 * size:
            memory = np.empty(size)
        # Every view has this array as its base: when it dies, nobody can see the memory any more.
        numbers = np.frombuffer(memory.data, count=size)
        weakref.finalize(numbers, self._keep, memory).atexit = False
        return numbers.reshape(shape)

    def _keep(self, memory: NDArray[np.float64]) -> None:
        self._spare[:] = [memory]
