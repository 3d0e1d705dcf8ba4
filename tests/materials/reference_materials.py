"""Real files to test against: SYMCUR_DATA, or ../shared/data beside the repository (or beside that of the worktree)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import symcur as sc

ROOT = Path(__file__).parents[2]
PT_LATTICE = 3.9239 / 2 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])


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


def platinum(**options):
    return sc.materials.read(data("Pt/wannier90_hr.dat.gz"), lattice=PT_LATTICE, centres=np.zeros((18, 3)), **options)
