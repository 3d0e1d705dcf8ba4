"""The text files of Wannier90 that hold H(R): ``_hr.dat``, ``_tb.dat``, and the shifts of ``_wsvec.dat``.

H(k) = sum_R exp(i k.R) H(R)/w_R, w_R the degeneracy of R; with use_ws_distance, R is replaced for each pair of functions by the
average over R + T, T the vectors of ``_wsvec.dat``. Formats: the Wannier90 user guide, chapter "Files".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from symcur.arrays import Array, ComplexArray, Indices
from symcur.materials.text_files import Lines


@dataclass(frozen=True)
class Blocks:
    """Matrices (M, N, N, ...) as a file holds them, and the degeneracies ``weights`` (M) of their R."""

    path: Path
    cells: Indices
    weights: Indices
    hamiltonian: ComplexArray
    lattice: Array | None = None
    position: ComplexArray | None = None


def read_hr(path: Path) -> Blocks:
    """``seedname_hr.dat``: the Hamiltonian; raises ValueError by file and line."""
    file = Lines(path)
    file.line("a comment", blank=True)
    size = file.count("the number of Wannier functions", most=10_000)
    number = file.count("the number of R vectors")
    weights = _degeneracies(file, number)
    rows = file.table(number * size**2, 7, "R (three integers), two indices, and H_ab(R)")
    file.require_end()
    first = file.at - len(rows)
    blocks = rows.reshape(number, size**2, 7)
    cells = blocks[:, :1, :3]
    wrong = np.flatnonzero((blocks[..., :3] != cells).any(axis=-1) | (cells % 1 != 0).any(axis=-1))
    if len(wrong):
        raise file.error(f"R, three integers, the same in blocks of {size**2} lines", at=first + int(wrong[0]))
    H = np.empty((number, size, size), dtype=complex)
    for R, block in enumerate(blocks):
        H[R] = _placed(file, first + R * size**2, size, block[:, 3:])[..., 0]
    return Blocks(path, _with_home(file, cells[:, 0].astype(int), weights), weights, H)


def read_tb(path: Path) -> Blocks:
    """``seedname_tb.dat``: the lattice, the Hamiltonian and the position matrix; raises ValueError by file and line."""
    file = Lines(path)
    file.line("a comment", blank=True)
    lattice = file.table(3, 3, "a primitive vector in Angstrom")
    size = file.count("the number of Wannier functions", most=10_000)
    number = file.count("the number of R vectors")
    weights = _degeneracies(file, number)
    first, H = _matrices(file, number, size, 1, "H_ab(R)")
    cells = np.array(first)
    second, A = _matrices(file, number, size, 3, "the three components of <a 0|r|b R>")
    if (np.array(second) != cells).any():
        raise file.error("the same R vectors for the position matrix as for the Hamiltonian", "others")
    file.require_end()
    return Blocks(path, _with_home(file, cells, weights), weights, H[..., 0], lattice, A)


def read_wsvec(path: Path, blocks: Blocks) -> tuple[Indices, Indices]:
    """``seedname_wsvec.dat``: the shifts of each element of the blocks. Returns entries and vectors.

    ``entries`` (E, 4): index of R, of a, of b, and in how many equal parts the element is taken; ``vectors`` (E, 3): the shift T.
    """
    file = Lines(path)
    header = file.line("a comment, with 'use_ws_distance'")
    if "use_ws_distance" not in header:
        raise file.error("'use_ws_distance=.true.' or '.false.'")
    index = {tuple(R): number for number, R in enumerate(blocks.cells.tolist())}
    size = blocks.hamiltonian.shape[1]
    seen = np.zeros(blocks.hamiltonian.shape, dtype=bool)
    entries: list[tuple[int, int, int, int]] = []
    vectors: list[list[int]] = []
    for _ in range(seen.size):
        label = file.integers(5, "R and the indices of two functions")
        R, a, b = index.get(tuple(label[:3]), -1), label[3] - 1, label[4] - 1
        if R < 0 or not (0 <= a < size and 0 <= b < size) or seen[R, a, b]:
            raise file.error(f"R and two indices of {blocks.path}, each once")
        seen[R, a, b] = True
        parts = file.count("the number of shifts", most=1000)
        entries += [(R, a, b, parts)] * parts
        vectors += [file.integers(3, "a shift, three integers") for _ in range(parts)]
    file.require_end()
    return np.array(entries), np.array(vectors)


def _degeneracies(file: Lines, number: int) -> Indices:
    weights = file.flowing(number, "the degeneracies of the R vectors")
    if (weights < 1).any() or (weights != np.round(weights)).any():
        raise file.error("degeneracies, positive integers", f"{weights[(weights < 1) | (weights % 1 != 0)][0]:g}")
    return weights.astype(int)


def _with_home(file: Lines, cells: Indices, weights: Indices) -> Indices:
    """The vectors R; that of the home cell has no equals."""
    home = weights[~cells.any(axis=1)]
    if (home != 1).any():
        raise file.error("1 as the degeneracy of R = 0, which lies inside the Wigner-Seitz cell", str(home[0]))
    return cells


def _matrices(file: Lines, number: int, size: int, components: int, what: str) -> tuple[list[list[int]], ComplexArray]:
    """Blocks of one R and N^2 lines each."""
    cells: list[list[int]] = []
    found: list[ComplexArray] = []
    for R in range(number):
        cells.append(file.integers(3, f"R vector {R + 1} of {number}, three integers"))
        rows = file.table(size**2, 2 + 2 * components, f"two indices and {what}")
        found.append(_placed(file, file.at - len(rows), size, rows))
    return cells, np.array(found)


def _placed(file: Lines, first: int, size: int, rows: Array) -> ComplexArray:
    """Lines of two indices and complex numbers as matrices (N, N, ...); ``first`` is the number of the first line."""
    indices = rows[:, :2] - 1
    whole = (indices % 1 == 0).all(axis=1) & (indices >= 0).all(axis=1) & (indices < size).all(axis=1)
    if not whole.all():
        raise file.error(f"two indices from 1 to {size}", at=first + int(np.argmin(whole)))
    place = (indices @ [size, 1]).astype(int)
    again = np.flatnonzero(np.bincount(place, minlength=size**2)[place] > 1)
    if len(again):
        raise file.error("every pair of indices once for each R", at=first + int(again[-1]))
    found = np.empty((size**2, rows.shape[1] // 2 - 1), dtype=complex)
    found[place] = rows[:, 2::2] + 1j * rows[:, 3::2]
    return found.reshape(size, size, -1)
