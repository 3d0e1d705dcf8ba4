"""Paths given on the command line: complaints come before the work, and what an interruption leaves gets a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from symcur import files
from symcur.plotting import MISSING, PICTURES


def require_file(option: str, path: Path | None, endings: Sequence[str] = ()) -> None:
    """Raise ValueError unless a file of this name, with one of these endings (any where there are none), can be written."""
    if path is not None:
        files.require_writable(option, path, endings)


def require_picture(option: str, path: Path | None) -> None:
    """The same for a picture, which needs matplotlib."""
    require_file(option, path, PICTURES)
    if path is not None and find_spec("matplotlib") is None:
        raise ValueError(f"{option}: {MISSING}")


def name_for(path: Path, interrupted: bool) -> Path:
    """The path; after an interruption a name beside it that no file has, so that a finished one is never overwritten."""
    return files.unused(path, "interrupted") if interrupted else path
