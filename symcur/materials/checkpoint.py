"""``.chk`` and ``.chk.fmt`` of Wannier90: the Wannier functions as combinations of Bloch states on a mesh of k.

Formats: what ``w90chk2chk`` of Wannier90 writes and reads. The first index of an array runs fastest; the lattice stands as the
x components of the three vectors, then the y and the z components.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from symcur.arrays import Array, ComplexArray, Indices, Mask
from symcur.materials.fortran_records import Records
from symcur.materials.text_files import Lines, content
from symcur.materials.wannier_functions import require_lattice

_MOST = 10**6  # bands, functions, k points or neighbours
_COMMENT, _STAGE = 33, 20  # characters


@dataclass(frozen=True)
class Checkpoint:
    """K points of k, B bands, N Wannier functions, b neighbours of each k.

    ``lattice`` (3, 3) in Angstrom; ``mesh`` (3); ``k`` (K, 3), fractions of the reciprocal vectors; ``states`` (K, B, N): the
    functions in terms of the bands, zero outside of the window; ``overlaps`` (K, b, N, N): <u_a,k|u_b,k+b> of the functions;
    ``centres`` (N, 3), Cartesian in Angstrom.
    """

    path: Path
    lattice: Array
    mesh: Indices
    k: Array
    states: ComplexArray
    overlaps: ComplexArray
    centres: Array


def read_checkpoint(path: Path) -> Checkpoint:
    """A binary or a formatted checkpoint; raises ValueError that names the file, the place and what was expected there."""
    data = content(path)
    if data[:4] in (_COMMENT.to_bytes(4, "little"), _COMMENT.to_bytes(4, "big")):
        return _read(path, _Binary(path, data))
    return _read(path, _Formatted(path))


class _Source(Protocol):
    """Numbers in the order of the file."""

    def text(self, length: int, expected: str) -> str: ...
    def integers(self, count: int, expected: str) -> Indices: ...
    def reals(self, count: int, expected: str) -> Array: ...
    def complexes(self, count: int, expected: str) -> ComplexArray: ...
    def error(self, expected: str, got: str) -> ValueError: ...
    def require_end(self) -> None: ...


class _Binary(Records):
    def __init__(self, path: Path, data: bytes) -> None:
        super().__init__(path, data, _COMMENT)

    def text(self, length: int, expected: str) -> str:
        return self.take("S1", length, expected).tobytes().decode("latin-1").strip("\0 ")

    def integers(self, count: int, expected: str) -> Indices:
        return self.take("i4", count, expected).astype(np.intp)

    def reals(self, count: int, expected: str) -> Array:
        return np.asarray(self.take("f8", count, expected))

    def complexes(self, count: int, expected: str) -> ComplexArray:
        return np.asarray(self.take("c16", count, expected))


class _Formatted:
    def __init__(self, path: Path) -> None:
        self.lines = Lines(path)
        self.error, self.require_end, self.reals = self.lines.error, self.lines.require_end, self.lines.flowing

    def text(self, length: int, expected: str) -> str:
        return self.lines.line(expected, blank=True)

    def integers(self, count: int, expected: str) -> Indices:
        numbers = self.reals(count, expected)
        if (numbers % 1 != 0).any() or np.abs(numbers).max(initial=0) > 10**9:
            raise self.error(f"{expected}, integers")
        return numbers.astype(np.intp)

    def complexes(self, count: int, expected: str) -> ComplexArray:
        rows = self.lines.table(count, 2, expected)
        return np.asarray(rows[:, 0] + 1j * rows[:, 1])


def _read(path: Path, source: _Source) -> Checkpoint:
    def size(expected: str, least: int = 1) -> int:
        number = int(source.integers(1, expected)[0])
        if not least <= number <= _MOST:
            raise source.error(f"{expected}, from {least} to {_MOST}", str(number))
        return number

    source.text(_COMMENT, "a comment")
    B = size("the number of bands")
    source.integers(size("the number of excluded bands", least=0), "the excluded bands")
    lattice = source.reals(9, "the primitive vectors in Angstrom").reshape(3, 3).T.copy()
    require_lattice(str(path), lattice)
    source.reals(9, "the reciprocal vectors")
    K = size("the number of k points")
    mesh = source.integers(3, "the mesh, three integers")
    k = source.reals(3 * K, "the k points").reshape(K, 3)
    neighbours, N = size("the number of neighbours"), size("the number of Wannier functions")
    if (mesh < 1).any() or np.prod(mesh) != K:
        raise source.error(f"a mesh of {K} points", str(mesh.tolist()))
    if not N <= B:
        raise source.error(f"at most {B} Wannier functions, the number of bands", str(N))
    source.text(_STAGE, "the stage of the calculation")
    reduced = None
    if source.integers(1, "whether there was disentanglement, 0 or 1")[0]:
        reduced = _disentangled(source, K, B, N)
    elif N != B:
        raise source.error(f"as many bands as Wannier functions without disentanglement, {N}", str(B))
    U = source.complexes(K * N * N, "the rotations U of the functions").reshape(K, N, N).swapaxes(1, 2)
    M = source.complexes(K * neighbours * N * N, "the overlaps M").reshape(K, neighbours, N, N).swapaxes(2, 3)
    centres = source.reals(3 * N, "the centres of the functions").reshape(N, 3)
    source.reals(N, "the spreads of the functions")
    source.require_end()
    states = U if reduced is None else reduced @ U
    off = float(np.abs(states.conj().swapaxes(1, 2) @ states - np.eye(N)).max())
    if off > 1e-4:
        raise ValueError(f"{path}: expected orthonormal Wannier functions, got ones that are {off:.1g} from it")
    return Checkpoint(path, lattice, mesh, k, np.ascontiguousarray(states), np.ascontiguousarray(M), centres)


def _disentangled(source: _Source, K: int, B: int, N: int) -> ComplexArray:
    """U_opt by band, (K, B, N): its rows in the file are counted from the lowest band in the window."""
    source.reals(1, "the invariant part of the spread")
    window: Mask = source.integers(K * B, "which bands are in the window").reshape(K, B) != 0
    inside = source.integers(K, "the number of bands in the window at each k")
    if (window.sum(axis=1) != inside).any() or (inside < N).any():
        raise source.error(f"at each k the number of bands in the window, at least {N}", str(inside.tolist()[:20]))
    packed = source.complexes(K * N * B, "the combinations of bands").reshape(K, N, B).swapaxes(1, 2)
    states = np.zeros((K, B, N), dtype=complex)
    for point in range(K):
        states[point, window[point]] = packed[point, : inside[point]]
    return states
