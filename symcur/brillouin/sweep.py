"""Calling the integrand: in chunks of fixed size, through any map, counted, checked, interruptible.

Chunks do not depend on the number of workers and their results are used in order, so neither do the results.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.arrays import AnyArray, Array

from .memory import Memory

if TYPE_CHECKING:
    from .records import Record

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
Progress = Callable[[float | None, str], object]

CHUNK = 4096
TASKS = 64  # chunks that are given out together


@contextmanager
def open_map(workers: int | Map) -> Iterator[Map]:
    """The map to use for ``workers``: the built-in for 1, threads for another int (-1: one per core), or as given.

    Threads suit integrands that release the interpreter lock (NumPy, LAPACK, heyoka); for others hand in the map
    of a process pool, of mpi4py.futures or of a dask client, with an integrand that can be pickled.
    """
    if callable(workers):
        yield workers
        return
    count = threads_of(workers)
    if count == 1:
        yield map
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(count)
    try:
        yield pool.map
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def threads_of(workers: int | Map) -> int:
    """How many threads share the memory of this process: one where a map is given, which has its own."""
    if callable(workers):
        return 1
    if isinstance(workers, bool) or not isinstance(workers, (int, np.integer)) or (workers < 1 and workers != -1):
        raise ValueError(f"workers: expected a positive integer, -1 (all cores) or a map, got {workers!r}")
    return os.cpu_count() or 1 if workers == -1 else int(workers)


class Sweep:
    """Runs tasks through the map; counts evaluations, checks their limit and reports progress."""

    def __init__(
        self, mapper: Map, max_evaluations: int, progress: Progress | None, memory: Memory | None = None
    ) -> None:
        self.mapper, self.memory = mapper, Memory() if memory is None else memory
        self.max_evaluations = max_evaluations
        self.evaluations = 0
        self._progress = progress
        self._reported = monotonic()

    def affords(self, points: int) -> bool:
        """Whether that many more evaluations stay within the limit."""
        return self.evaluations + points <= self.max_evaluations

    def _each(self, task: Callable[[Any], Any], arguments: Sequence[Any]) -> Iterator[Any]:
        """task(argument) for each, in order, by no more threads at a time than the memory has room for."""
        together = len(arguments) if self.memory.at_once == self.memory.threads else self.memory.at_once
        for start in range(0, len(arguments), max(together, 1)):
            yield from self.mapper(task, arguments[start : start + together])

    def run(self, task: Callable[[Any], Any], arguments: list[Any], points: int, message: str) -> list[Any]:
        """task(argument) for each, in order; ``points`` is the number of evaluations all of them cost."""
        results: list[Any] = []
        for result in self._each(task, arguments):
            results.append(result)
            self.report(len(results) / len(arguments), message)
        self.evaluations += points
        return results

    def total(
        self,
        name: str,
        task: Callable[[Any], AnyArray],
        arguments: Sequence[Any],
        points: Sequence[int],
        message: str,
        record: Record | None = None,
    ) -> AnyArray:
        """The sum of task(argument), each of which costs so many ``points``; a ``record`` holds what is in of the sum of this name."""
        total: Any
        done, total = (0, None) if record is None else record.found(name)
        self.evaluations += sum(points[:done])
        for start in range(done, len(arguments), TASKS):
            some = arguments[start : start + TASKS]
            for count, result in enumerate(self._each(task, some), start + 1):
                total = result if total is None else total + result
                self.report(count / len(arguments), message)
            self.evaluations += sum(points[start : start + TASKS])
            if record is not None:
                record.keep(name, start + len(some), total)
        found: AnyArray = total
        return found

    def report(self, fraction: float | None, message: str, *, now: bool = False) -> None:
        """Tell the caller, at most a few times a second."""
        if self._progress is not None and (now or monotonic() - self._reported > 0.2):
            self._reported = monotonic()
            self._progress(fraction, message)


def check_finite(name: str, values: AnyArray, k: Array) -> None:
    """Refuse NaN and infinity, saying at which k they came. ``values`` has shape (M, ...), k (M, D)."""
    if not np.isfinite(values).all():
        first = int(np.argmin(np.isfinite(values).reshape(len(k), -1).all(axis=1)))
        raise ValueError(f"{name}: expected finite numbers, got {values[first].tolist()} at k = {k[first].tolist()}")
