"""Work that takes long: a line on stderr while someone is looking, and the log "symcur" for everybody else.

The line appears after two seconds, on a terminal or in a notebook, never where stderr is a pipe or a file.
``show_progress(False)``, or SYMCUR_PROGRESS=0 in the environment, switches it off. ``logging.getLogger("symcur")`` gets the beginning
and the end of every such work (INFO) and what is being done (DEBUG).
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Event, Lock, Thread
from typing import Any, ParamSpec, TypeVar

LOG = logging.getLogger("symcur")
LOG.addHandler(logging.NullHandler())
MOST_PROCESSES = 61  # that a pool takes on Windows, which waits for no more
DELAY = 2.0  # seconds after which the line appears
_SWITCH = "SYMCUR_PROGRESS"
_STEP, _BAR = 0.2, 20  # seconds between two lines; columns of the bar
_LOCK = Lock()  # held by the outermost work, which alone is shown

P = ParamSpec("P")
R = TypeVar("R")
Report = Callable[[float | None, str], None]


def collect_seldom() -> None:
    """For a process that is symcur's own: expressions stay, and looking for garbage among them is for nothing, a fiftieth of the time."""
    gc.set_threshold(50_000, 20)


def show_progress(on: bool) -> None:
    """Whether a line tells of work that takes more than two seconds, in this process and those that it starts.

    >>> import symcur as sc
    >>> sc.show_progress(False)
    """
    os.environ[_SWITCH] = "1" if on else "0"


def is_watched() -> bool:
    """Whether somebody sees stderr: a terminal or a notebook, and the switch is not off."""
    if os.environ.get(_SWITCH, "1") == "0" or sys.stderr is None:
        return False
    return sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel")


@contextmanager
def progress(title: str, total: int | None = None, delay: float = DELAY) -> Iterator[Report]:
    """Yields ``report(done, message)``: how much is done, of ``total`` steps or as a fraction (None: not known), and what is being done."""
    begun, line = time.monotonic(), _Line(title, total)

    def report(done: float | None, message: str) -> None:
        LOG.debug("%s: %s", title, message)
        line.done, line.message = done, message

    LOG.info("%s: begins", title)
    shown = _LOCK.acquire(blocking=False)
    stop = Event()
    writer = Thread(target=line.write, args=(stop, delay), daemon=True) if shown and is_watched() else None
    try:
        if writer is not None:
            writer.start()
        yield report
    finally:
        stop.set()
        if writer is not None:
            writer.join()
        if shown:
            _LOCK.release()
        LOG.info("%s: ended after %.2f s", title, time.monotonic() - begun)


class _Line:
    """One line that is written over and over, and gone in the end."""

    def __init__(self, title: str, total: int | None) -> None:
        self.title, self.total = title, total
        self.done: float | None = None
        self.message = ""

    def write(self, stop: Event, delay: float) -> None:
        stream, begun, longest = sys.stderr, time.monotonic(), 0
        if stop.wait(delay):
            return
        while True:
            text = self.text(time.monotonic() - begun)
            stream.write(f"\r{text:<{longest}}")
            stream.flush()
            longest = max(longest, len(text))
            if stop.wait(_STEP):
                break
        stream.write(f"\r{'':<{longest}}\r")
        stream.flush()

    def text(self, seconds: float) -> str:
        """Title, bar, time and message, as much as fits on a line."""
        bar = ""
        if self.done is not None:
            share = min(self.done / (self.total or 1), 1.0)
            count = f"{self.done:.0f}/{self.total}" if self.total else f"{100 * share:.0f} %"
            bar = f" [{'#' * round(share * _BAR):.<{_BAR}}] {count}"
        width = shutil.get_terminal_size().columns - 1
        return f"{self.title}{bar} {seconds:.0f} s  {self.message}"[:width]


def watched(title: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a function that may take long; one that is given ``progress`` has somebody who looks already."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if kwargs.get("progress") is not None:
                return function(*args, **kwargs)
            with progress(title):
                return function(*args, **kwargs)

        return call

    return decorate


@contextmanager
def reported(title: str, given: Callable[..., Any] | None, total: int | None = None) -> Iterator[Callable[..., Any]]:
    """What a computation reports to: ``given``, or the line where there is none."""
    if given is not None:
        yield given
    else:
        with progress(title, total) as report:
            yield report
