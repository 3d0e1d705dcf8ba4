"""Real files to test against: SYMCUR_DATA, or ../shared/data beside the repository (or beside that of the worktree)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def data(name: str) -> Path:
    """A file of the reference data; without it the test is skipped."""
    folders = [Path(os.environ["SYMCUR_DATA"])] if "SYMCUR_DATA" in os.environ else []
    folders.append(ROOT.parent / "shared/data")
    if (ROOT / ".git").is_file():  # a worktree: its repository is named there
        folders.append(Path((ROOT / ".git").read_text().split()[1]).parents[2].parent / "shared/data")
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"no reference data: {name} in none of {', '.join(map(str, folders))}")
