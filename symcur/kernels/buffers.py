"""Memory for the arguments and results of programs, which is used again."""

from __future__ import annotations

import ctypes
import weakref
from math import prod

import numpy as np

from symcur.arrays import Array

_SMALL = 1 << 13  # numbers; below, the allocator itself recycles
_SETS = 2  # of numbers that arguments are kept for
_LINE = 8  # numbers in a line of the cache, which the longest vectors fill


class BufferPool:
    """Large arrays whose memory is used again when the last view of them is gone.

    The first touch of fresh memory costs a kernel a quarter of its time; sweeps over the same grid need not pay it twice. All begin with a
    line of the cache: a vector that lies in two costs twice as much.
    """

    def __init__(self) -> None:
        self._spare: list[Array] = []
        self._lent: dict[int, tuple[weakref.ref[Array], Array]] = {}

    def empty(self, shape: tuple[int, ...]) -> Array:
        """As ``numpy.empty(shape)``."""
        size = prod(shape)
        if size < _SMALL:
            return aligned(shape)
        try:
            memory = self._spare.pop()
        except IndexError:
            memory = np.empty(size + _LINE)
        if not size <= memory.size - _LINE <= 2 * size:
            memory = np.empty(size + _LINE)
        # Every view has this array as its base: when it dies, nobody can see the memory any more.
        numbers = np.frombuffer(memory.data)
        alive = weakref.ref(numbers, self._keep)
        self._lent[id(alive)] = alive, memory
        return _aligned(numbers, shape)

    def _keep(self, dead: weakref.ref[Array]) -> None:
        self._spare[:] = [self._lent.pop(id(dead))[1]]


class ArgumentPool:
    """Arrays of arguments, a row each, some of which are one number: these are written once as long as they stay the same."""

    def __init__(self) -> None:
        self._spare: dict[tuple[float, ...], Array] = {}

    def take(self, shape: tuple[int, int], first: int, numbers: tuple[float, ...]) -> Array:
        """An array (rows, length) that has the numbers in its rows from the first one."""
        array = self._spare.pop(numbers, None)
        if array is None or array.shape != shape:
            array = aligned(shape)
            array[first : first + len(numbers)] = np.array(numbers)[:, None]
        return array

    def give_back(self, numbers: tuple[float, ...], array: Array) -> None:
        """What nobody looks at any more."""
        if len(self._spare) >= _SETS:
            self._spare.clear()
        self._spare[numbers] = array


def aligned(shape: tuple[int, ...]) -> Array:
    """As ``numpy.empty(shape)``, from the beginning of a line of the cache."""
    return _aligned(np.empty(prod(shape) + _LINE), shape)


def _aligned(memory: Array, shape: tuple[int, ...]) -> Array:
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory.data))  # sooner than by NumPy
    return np.ndarray(shape, memory.dtype, memory, -address % (_LINE * memory.itemsize))
