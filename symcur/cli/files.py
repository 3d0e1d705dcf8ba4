"""Paths given on the command line: complaints come before the work, not after it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from symcur.plotting import MISSING, PICTURES


def require_file(option: str, path: Path | None, endings: Sequence[str] = ()) -> None:
    """Raise ValueError unless a file of this name, with one of these endings (any where there are none), can be written."""
    if path is None:
        return
    if endings and path.suffix not in endings:
        raise ValueError(f"{option}: expected a name that ends in one of {', '.join(endings)}, got {path}")
    if not path.parent.is_dir():
        raise ValueError(f"{option}: expected an existing directory, got {path.parent}")
    if path.is_dir():
        raise ValueError(f"{option}: expected the name of a file, got the directory {path}")


def require_picture(option: str, path: Path | None) -> None:
    """The same for a picture, which needs matplotlib."""
    require_file(option, path, PICTURES)
    if path is not None and find_spec("matplotlib") is None:
        raise ValueError(f"{option}: {MISSING}")
