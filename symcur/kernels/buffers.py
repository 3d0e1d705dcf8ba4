"""Memory for the arguments and results of programs, which is used again."""

from __future__ import annotations

import weakref
from math import prod

import numpy as np

from symcur.arrays import Array

_SMALL = 1 << 17  # numbers; below, the allocator itself recycles
_LINE = 8  # numbers in a line of the cache, which the longest vectors fill


class BufferPool:
    """Large arrays whose memory is used again when the last view of them is gone.

    The first touch of fresh memory costs a kernel a quarter of its time; sweeps over the same grid need not pay it twice. All begin with a
    line of the cache: a vector that lies in two costs twice as much.
    """

    def __init__(self) -> None:
        self._spare: list[Array] = []

    def empty(self, shape: tuple[int, ...]) -> Array:
        """As ``numpy.empty(shape)``."""
        size = prod(shape)
        if size < _SMALL:
            return _aligned(np.empty(size + _LINE), size).reshape(shape)
        try:
            memory = self._spare.pop()
        except IndexError:
            memory = np.empty(size + _LINE)
        if not size <= memory.size - _LINE <= 2 * size:
            memory = np.empty(size + _LINE)
        # Every view has this array as its base: when it dies, nobody can see the memory any more.
        numbers = np.frombuffer(memory.data)
        weakref.finalize(numbers, self._keep, memory).atexit = False
        return _aligned(numbers, size).reshape(shape)

    def _keep(self, memory: Array) -> None:
        self._spare[:] = [memory]


def _aligned(memory: Array, size: int) -> Array:
    start = -memory.__array_interface__["data"][0] // memory.itemsize % _LINE
    return memory[start : start + size]
