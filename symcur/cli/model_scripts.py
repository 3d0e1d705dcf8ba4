"""Models in Python files, which are run: their siblings can be imported, and what goes wrong in them is one message with its line."""

from __future__ import annotations

import re
import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from symcur.band_structures import BandStructure

_NAMED = re.compile(r"(?P<path>.+\.py)(?::(?P<name>\w*))?", re.DOTALL)


def split(text: str) -> tuple[Path, str] | None:
    r"""FILE.py or FILE.py:NAME as path and name, also ``C:\models\mine.py:NAME``; None for anything else."""
    found = _NAMED.fullmatch(text)
    return None if found is None else (Path(found["path"]), found["name"] or "")


def model_in(path: Path, name: str) -> BandStructure:
    """The model of this name that a file makes, or its only one."""
    if not path.is_file():
        raise ValueError(f"model: expected a file, got {path}, which does not exist")
    found = {key: value for key, value in _run(path).items() if isinstance(value, BandStructure)}
    if name or len(found) != 1:
        if name not in found:
            raise ValueError(
                f"model: expected one model in {path}, or {path}:<name>, got {', '.join(found) or 'no model'}"
            )
        return found[name]
    return next(iter(found.values()))


def _run(path: Path) -> dict[str, Any]:
    with _siblings(path):
        try:
            return runpy.run_path(str(path))
        except SystemExit as error:
            raise ValueError(
                f"model: expected a file that makes a model, got {_place(path, error)}: it exits"
            ) from None
        except Exception as error:
            told = " ".join(str(error).split())
            raise ValueError(
                f"model: expected a file that runs, got {_place(path, error)}: {type(error).__name__}{told and f': {told}'}"
            ) from error


def _place(path: Path, error: BaseException) -> str:
    """The file and the line of it in which an error came up, the last one where there are several."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}, line {lines[-1]}" if lines else str(path)


@contextmanager
def _siblings(path: Path) -> Iterator[None]:
    """Imports find the files beside this one first, as where Python runs it."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
