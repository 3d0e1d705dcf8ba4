"""Paths given on the command line: complaints come before the work, and what an interruption leaves gets a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from symcur import files, observables
from symcur.plotting import MISSING, PICTURES


def require_file(option: str, path: Path | None, endings: Sequence[str] = ()) -> None:
    """Raise ValueError unless a file of this name, with one of these endings (any where there are none), can be written."""
    if path is not None:
        files.require_writable(option, path, endings)


def require_result(option: str, path: Path | None) -> None:
    """The same for a result; NetCDF and Zarr need more than the core."""
    if path is not None:
        observables.require_format(option, path)


def require_picture(option: str, path: Path | None) -> None:
    """The same for a picture, which needs matplotlib."""
    require_file(option, path, PICTURES)
    if path is not None and find_spec("matplotlib") is None:
        raise ValueError(f"{option}: {MISSING}")


def name_for(path: Path, interrupted: bool) -> Path:
    """The path; after an interruption a name beside it that no file has, so that a finished one is never overwritten."""
    return files.unused(path, "interrupted") if interrupted else path


def record_beside(output: Path | None, resume: bool) -> Path | None:
    """Where the sums are kept; what an interruption left there is not lost by chance."""
    if output is None:
        if resume:
            raise ValueError("--resume: expected -o FILE, beside which the finished part is kept, got none")
        return None
    path = output.with_name(f"{output.name}.part")
    if path.exists() and not resume:
        raise ValueError(
            f"--output: expected no file {path}, which an interrupted calculation left, got one; --resume goes on from it, or remove it"
        )
    require_file("--output", path)
    return path
