"""Processor time, and tables of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def seconds(function: Callable[[], object], rounds: int = 3, least: float = 0.02) -> float:
    """The least processor time of a call in some rounds of at least that many seconds, after one that is not counted."""
    function()
    times = []
    for _ in range(rounds):
        start, calls, taken = time.process_time(), 0, 0.0
        while taken < least:
            function()
            calls, taken = calls + 1, time.process_time() - start
        times.append(taken / calls)
    return min(times)


def once(function: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and the processor time that it takes."""
    start = time.process_time()
    return function(), time.process_time() - start


def by_the_clock(function: Callable[[], object]) -> float:
    """The seconds that one call takes by the clock, as where several processes or threads share it."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def table(title: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [[*head], *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def digits(number: float) -> str:
    """Three digits, of small numbers one, of none nothing."""
    return f"{number:.3g}" if number >= 1e-2 else f"{number:.0e}" if number > 0 else "0"


def deviation(found: object, expected: np.ndarray) -> float:
    """The largest deviation of any component in units of the largest component."""
    return float(np.abs(np.asarray(found) - expected).max() / np.abs(expected).max())
