"""What Wannier90 reads for each k: energies (``.eig``), spin (``.spn``), and which k are neighbours (``.nnkp``, ``.mmn``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from symcur.arrays import Array, ComplexArray, Indices
from symcur.materials.fortran_records import Records
from symcur.materials.text_files import Lines, content

_COMMENT = 60  # characters


def read_eig(path: Path, K: int, B: int) -> Array:
    """Energies in eV, (K, B)."""
    file = Lines(path)
    rows = file.table(K * B, 3, f"a band, a k point and an energy (for {B} bands at {K} k points)")
    expected = np.stack([np.tile(np.arange(B), K), np.repeat(np.arange(K), B)], axis=-1) + 1
    wrong = np.flatnonzero((rows[:, :2] != expected).any(axis=1))
    if len(wrong):
        band, point = expected[wrong[0]].tolist()
        raise file.error(
            f"band {band} at k point {point} (there are {B} bands and {K} k points)",
            at=file.at - len(rows) + int(wrong[0]),
        )
    file.require_end()
    return rows[:, 2].reshape(K, B)


def read_spn(path: Path, K: int, B: int) -> ComplexArray:
    """<m|sigma|n> between Bloch states, (K, B, B, 3), from a binary or a formatted file."""
    data = content(path)
    pairs = B * (B + 1) // 2
    sizes = f"{B} bands and {K} k points, as in the checkpoint"
    if data[:4] in (_COMMENT.to_bytes(4, "little"), _COMMENT.to_bytes(4, "big")):
        records = Records(path, data, _COMMENT)
        records.take("S1", _COMMENT, "a comment")
        found = records.take("i4", 2, sizes).tolist()
        if found != [B, K]:
            raise records.error(sizes, str(found))
        upper = np.array([records.take("c16", 3 * pairs, f"sigma at k point {n + 1} of {K}") for n in range(K)])
        records.require_end()
    else:
        file = Lines(path)
        file.line("a comment", blank=True)
        if file.integers(2, sizes) != [B, K]:
            raise file.error(sizes)
        rows = file.table(K * pairs * 3, 2, "an element of sigma")
        file.require_end()
        upper = rows[:, 0] + 1j * rows[:, 1]
    upper = upper.reshape(K, pairs, 3)
    n, m = np.tril_indices(B)  # for m = 1..B, for n = 1..m: element (n, m)
    sigma = np.zeros((K, B, B, 3), dtype=complex)
    sigma[:, n, m] = upper.conj()
    sigma[:, m, n] = upper
    return sigma


def read_neighbours(path: Path, K: int, count: int) -> tuple[Indices, Indices]:
    """Which points are k + b, (K, b), and by which reciprocal vectors G they differ, (K, b, 3); ``.nnkp`` or ``.mmn``."""
    file = Lines(path)
    sizes = f"{K} k points with {count} neighbours, as in the checkpoint"
    if any(line.split() == ["begin", "nnkpts"] for line in file.lines):
        while file.line("begin nnkpts").split() != ["begin", "nnkpts"]:
            pass
        if file.integers(1, sizes) != [count]:
            raise file.error(sizes)
        rows = file.table(K * count, 5, f"a k point, a neighbour and G (for {sizes})")
    else:
        file.line("a comment", blank=True)
        bands, *found = file.integers(3, sizes)
        if found != [K, count] or bands < 1:
            raise file.error(sizes)
        lines = [text for text in file.lines[file.at :] if text.strip()]
        step = bands**2 + 1
        if len(lines) != K * count * step:
            raise file.error(f"{K * count} blocks of {step} lines, {K * count * step} in all", f"{len(lines)} lines")
        heads = Lines(path, lines[::step])
        rows = heads.table(K * count, 5, "a k point, a neighbour and G (the heads of blocks)")
    whole = (rows % 1 == 0).all() and (rows[:, 0] == np.repeat(np.arange(K) + 1, count)).all()
    if not whole or not ((rows[:, 1] >= 1) & (rows[:, 1] <= K)).all():
        raise ValueError(f"{path}: expected for each of {K} k points in turn {count} neighbours, integers, got others")
    table = rows.astype(np.intp).reshape(K, count, 5)
    return table[..., 1] - 1, table[..., 2:]
