"""Files are written whole or not at all, and where they cannot be written, this is said before the work. TOML is read within bounds."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

LARGEST_TOML = 300_000  # bytes
DIRECTORIES = (".zarr",)  # endings of what is a directory
LONGEST_LINE = 4000  # characters; a key of many parts costs the square of its length


def write(path: str | Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) aside, in the same directory, and rename it, so that no one ever sees a part of it.

    If anything fails, a file that was there before stays as it was and an OSError names the path. What is no ordinary
    file, such as /dev/stdout, is written to as it is; a symbolic link keeps pointing to its file.
    """
    data = content.encode() if isinstance(content, str) else content
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    aside = target.with_name(f".symcur-{token_hex(8)}")
    try:
        try:
            with aside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                aside.chmod(target.stat().st_mode & 0o7777)
            os.replace(aside, target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}; what was there before is whole", str(path)) from None


def write_directory(path: str | Path, fill: Callable[[Path], object]) -> None:
    """Make a new directory: ``fill`` writes it aside, and it is renamed; FileExistsError where there is one with anything in it."""
    target = Path(os.path.realpath(path))
    aside = target.with_name(f".symcur-{token_hex(8)}")
    try:
        fill(aside)
        os.rename(aside, target)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError) and target.exists():
            raise FileExistsError(error.errno, "expected a name that nothing has", str(path)) from None
        raise


def require_writable(label: str, path: str | Path, endings: Sequence[str] = ()) -> None:
    """Raise ValueError unless a file of this name, with one of these endings (any where there are none), can be written."""
    path = Path(path)
    if endings and path.suffix not in endings:
        raise ValueError(f"{label}: expected a name that ends in one of {', '.join(endings)}, got {path}")
    parent = Path(os.path.realpath(path)).parent
    if not parent.is_dir():
        raise ValueError(f"{label}: expected an existing directory, got {path.parent}")
    try:
        if path.is_dir() and path.suffix not in DIRECTORIES:
            raise ValueError(f"{label}: expected the name of a file, got the directory {path}")
        if path.exists() and not os.access(path, os.W_OK):
            raise ValueError(f"{label}: expected a file that may be written to, got {path}")
        if path.is_file() or not path.exists():
            tempfile.TemporaryFile(dir=parent).close()
    except OSError as error:
        raise ValueError(f"{label}: expected a file that can be written, got {path} ({error.strerror})") from None


def unused(path: str | Path, mark: str) -> Path:
    """``scan.csv`` with the mark "part" as ``scan.part.csv``, or ``scan.part-2.csv`` ... where that is taken."""
    path, number = Path(path), 1
    while True:
        found = path.with_name(f"{path.stem}.{mark}{'' if number == 1 else f'-{number}'}{path.suffix}")
        if not os.path.lexists(found):
            return found
        number += 1


def toml_table(label: str, path: str | Path) -> dict[str, Any]:
    """The content of a TOML file of bounded size; raises ValueError that begins with the label."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{label}: expected a file, got {path}, which does not exist")
    with path.open("rb") as file:
        content = file.read(LARGEST_TOML + 1)
    try:
        text = content.decode()
        if len(content) > LARGEST_TOML or max(map(len, text.splitlines()), default=0) > LONGEST_LINE:
            raise ValueError(f"more than {LARGEST_TOML} bytes, or {LONGEST_LINE} characters in a line")
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and TOMLDecodeError are ValueErrors
        raise ValueError(f"{label}: expected a TOML file, got {path} ({shortened(str(error), 200)})") from None


def shortened(text: str, most: int = 60) -> str:
    """A text as a literal, cut where it is long."""
    return repr(text if len(text) <= most else text[:most] + "...")
