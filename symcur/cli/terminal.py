"""The terminal: consoles, the progress bar that appears after a second, and how a verdict looks in a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from symcur.claims import Verdict

PAGE = 100  # columns, where the output is not a terminal
STYLES = {
    "proved": "green",
    "proved for a model": "green",
    "confirmed": "cyan",
    "refuted": "magenta",
    "misprint": "yellow",
    "open": "blue",
    "failed": "bold red",
}


def console(stderr: bool = False) -> Console:
    """A console on stdout or stderr: as wide as the terminal, at most PAGE columns."""
    stream = sys.stderr if stderr else sys.stdout
    wide = Console(file=stream, highlight=False)
    return Console(file=stream, highlight=False, width=min(wide.width, PAGE) if wide.is_terminal else PAGE)


@contextmanager
def progress(total: int, delay: float = 1.0) -> Iterator[Callable[[str], None]]:
    """A bar on stderr for work of ``total`` steps, shown once it has taken ``delay`` seconds, on a terminal only.

    Yields ``step(name)``: call it with the name of the step that begins.
    """
    screen = console(stderr=True)
    columns = (TextColumn("{task.description:<26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
    task = bar.add_task("", total=total)
    begun = 0

    def step(name: str) -> None:
        nonlocal begun
        bar.update(task, description=name, completed=begun)
        begun += 1

    timer = Timer(delay, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield step
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def places(where: Mapping[str, str]) -> str:
    """{"A": "(10)", "B": "above (5)", "C": "above (5)"} as "A (10); B, C above (5)"."""
    versions: dict[str, list[str]] = {}
    for version, place in where.items():
        versions.setdefault(place, []).append(version)
    return "; ".join(f"{', '.join(names)} {place}" for place, names in versions.items())


def means(verdict: Verdict) -> str:
    """How a verdict was reached, in a few words; the page of the claim has the whole of it."""
    outcomes = [finding.outcome for finding in verdict.findings]
    parts = []
    if "refuted" in outcomes:
        parts.append("counterexample")
    if "proved" in outcomes:
        parts.append("proof")
    if verdict.evidence:
        parts.append("numerical check")
    if verdict.models:
        parts.append(f"{len(verdict.models)} model" + "s" * (len(verdict.models) > 1))
    return ", ".join(parts) or "–"


def residual(verdict: Verdict) -> str:
    """The residual against its tolerance, or a dash where nothing was computed in floating point."""
    if verdict.residual is None or verdict.tolerance is None:
        return "–"
    relation = "≤" if verdict.residual <= verdict.tolerance else ">"
    return f"{verdict.residual:.0e} {relation} {verdict.tolerance:.0e}".replace("e-0", "e-").replace("0e+00", "0")


def duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


@contextmanager
def fraction(title: str, delay: float = 1.0) -> Iterator[Callable[[float | None, str], None]]:
    """The same for work that reports the fraction done (None where it does not know): ``report(fraction, message)``."""
    screen = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
    task = bar.add_task(title, total=None)

    def report(done: float | None, message: str) -> None:
        bar.update(
            task, description=f"{title}: {message}"[:60], total=1.0 if done is not None else None, completed=done or 0
        )

    timer = Timer(delay, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield report
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
