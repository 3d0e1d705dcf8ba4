"""The terminal: consoles, tab-separated values, and how a verdict looks in a table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from signal import SIGINT
from typing import Annotated

import typer
from rich.console import Console

from symcur.claims import ClaimResult

INTERRUPTED = 128 + SIGINT  # the exit status that shells report after Ctrl-C
PAGE = 100  # columns, where the output is not a terminal
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout, all else on stderr.")]
Plain = Annotated[
    bool | None,
    typer.Option("--plain/--table", help="Tab-separated values, as where the output is no terminal, or the table."),
]
STYLES = {
    "proved": "green",
    "proved for a model": "green",
    "confirmed": "cyan",
    "refuted": "magenta",
    "misprint": "yellow",
    "open": "blue",
    "failed": "bold red",
}


def coloured(outcome: str) -> str:
    """The outcome of a proof as markup; red where nothing is decided."""
    return f"[{STYLES.get(outcome, 'red')}]{outcome}[/]"


def console(stderr: bool = False) -> Console:
    """A console on stdout or stderr: as wide as the terminal, at most PAGE columns."""
    screen = Console(file=sys.stderr if stderr else sys.stdout, highlight=False)
    screen.width = min(screen.width, PAGE) if screen.is_terminal else PAGE
    return screen


def is_plain(asked: bool | None) -> bool:
    """Whether tab-separated values are wanted: as asked, or where stdout is no terminal."""
    return not sys.stdout.isatty() if asked is None else asked


def has_unicode() -> bool:
    """Whether stdout takes any letter."""
    return (sys.stdout.encoding or "").lower().startswith("utf")


def tabbed(cells: Iterable[str]) -> str:
    """A line of tab-separated values; tabs and ends of lines within a value become spaces."""
    return "\t".join(" ".join(cell.split()) for cell in cells)


def comment(label: str, value: str) -> str:
    """A line above tab-separated values that says something about them."""
    return f"# {label}: {' '.join(value.split())}"


def places(where: Mapping[str, str]) -> str:
    """{"A": "(10)", "B": "above (5)", "C": "above (5)"} as "A (10); B, C above (5)"."""
    versions: dict[str, list[str]] = {}
    for version, place in where.items():
        versions.setdefault(place, []).append(version)
    return "; ".join(f"{', '.join(names)} {place}".strip() for place, names in versions.items())


def means(result: ClaimResult) -> str:
    """How a verdict was reached, in a few words; the page of the claim has the whole of it."""
    outcomes = [proof.outcome for proof in result.proofs]
    parts = []
    if "refuted" in outcomes:
        parts.append("counterexample")
    if "proved" in outcomes:
        parts.append("proof")
    if result.checks:
        parts.append("numerical check")
    if result.models:
        parts.append(f"{len(result.models)} model" + "s" * (len(result.models) > 1))
    return ", ".join(parts) or "–"


def residual(result: ClaimResult) -> str:
    """The residual against its tolerance, or a dash where nothing was computed in floating point."""
    if result.residual is None or result.tolerance is None:
        return "–"
    relation = "≤" if result.residual <= result.tolerance else ">"
    return f"{result.residual:.0e} {relation} {result.tolerance:.0e}".replace("e-0", "e-").replace("0e+00", "0")


def duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
