"""From matrices on a mesh of k to matrices between cells: which of the equal R of the supercell an element belongs to.

On a mesh n1 x n2 x n3 the elements <a 0|X|b R> are known up to vectors of the supercell. They are given to the R for which
|R + r_b - r_a| is smallest (Wannier90: use_ws_distance), or |R| (Wigner-Seitz cell), in equal parts where several are equally
near. Centres that the symmetry makes equally near are so only to the accuracy of the wannierisation, therefore the tolerance:
with 1e-5 Angstrom it has been seen to split Kramers pairs by 0.2 eV.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray, Indices

TIES = 1e-2  # Angstrom
_ROUNDING = 1e-6  # Angstrom, of lengths from their squares
_MOST_SHIFTS = 10**5  # of the supercell that are looked at for the nearest one


def on_supercell(values: AnyArray, k: Array, mesh: Indices) -> ComplexArray:
    """X(R) = (1/K) sum_k exp(-i k.R) X(k), shape (n1, n2, n3, ...), R from 0 to n - 1; X(k) (K, ...), k (K, 3) in fractions.

    Raises ValueError unless the k are the points j/n of the mesh, each once.
    """
    place = k * mesh
    index = np.round(place).astype(np.intp)
    if np.abs(place - index).max() > 1e-4:
        raise ValueError(
            f"k: expected points of the mesh {mesh.tolist()} that holds k = 0, got {k[np.abs(place - index).max(axis=1).argmax()].tolist()}"
        )
    flat = np.ravel_multi_index(tuple((index % mesh).T), tuple(mesh))
    if len(set(flat.tolist())) != np.prod(mesh):
        raise ValueError(f"k: expected every point of the mesh {mesh.tolist()} once")
    ordered = np.empty_like(values, dtype=complex)
    ordered[flat] = values
    grid = ordered.reshape(*mesh, *values.shape[1:])
    return np.asarray(np.fft.fftn(grid, axes=range(len(mesh))) / np.prod(mesh))


def between_cells(
    lattice: Array, arrays: list[ComplexArray], centres: Array | None, ties: float = TIES
) -> tuple[Indices, list[ComplexArray]]:
    """Elements (n1, n2, n3, N, N, ...) on the supercell, given to the nearest R; ``centres`` (N, 3), None for those of |R|."""
    mesh, size = np.array(arrays[0].shape[:3]), arrays[0].shape[3]
    r = np.zeros((size, 3)) if centres is None else centres
    apart = (r[None] - r[:, None]).reshape(-1, 3)
    cells = np.array(list(product(*map(range, mesh))))
    entries, vectors = [], []
    for number, R in enumerate(cells):
        pair, shift, parts = _nearest(lattice, mesh, R, apart, ties)
        entries.append(np.stack([np.full_like(pair, number), *np.divmod(pair, size), parts], axis=-1))
        vectors.append(shift)
    flat: list[ComplexArray] = [array.reshape(-1, *array.shape[3:]) for array in arrays]
    return shifted(cells, flat, np.concatenate(entries), np.concatenate(vectors))


def shifted(
    cells: Indices, arrays: list[ComplexArray], entries: Indices, vectors: Indices
) -> tuple[Indices, list[ComplexArray]]:
    """Elements of arrays (M, N, N, ...) moved to R + T in equal parts.

    ``entries`` (E, 4): the index of R, a, b, and in how many parts the element is taken; ``vectors`` (E, 3): the shift T.
    """
    R, a, b, parts = entries.T
    found, place = np.unique(cells[R] + vectors, axis=0, return_inverse=True)
    moved = []
    for array in arrays:
        new = np.zeros((len(found), *array.shape[1:]), dtype=complex)
        np.add.at(new, (place.reshape(-1), a, b), array[R, a, b] / parts.reshape(-1, *(1,) * (array.ndim - 3)))
        moved.append(new)
    return found, moved


def _nearest(lattice: Array, mesh: Indices, R: Indices, apart: Array, ties: float) -> tuple[Indices, Indices, Indices]:
    """For each vector of ``apart`` the T of the supercell with the smallest |R + T + vector|, up to ties.

    Returns which vector (E), T (E, 3), and how many T there are for this vector (E).
    """
    x = (R + apart @ np.linalg.inv(lattice)) / mesh
    start = -mesh * np.round(x).astype(np.intp)  # brings R + vector within half a supercell along each vector
    near = (R + start) @ lattice + apart
    inverse = np.linalg.inv(lattice * mesh[:, None])
    longest = np.linalg.norm(near, axis=1).max()
    reach = np.ceil(longest * np.linalg.norm(inverse, axis=0) + 0.5).astype(int)
    if np.prod(2.0 * reach + 1) > _MOST_SHIFTS:
        raise ValueError(f"lattice: expected vectors that span a cell that is not that flat, got {lattice.tolist()}")
    shifts = np.array(list(product(*(range(-n, n + 1) for n in reach)))) * mesh
    T = shifts @ lattice
    squares = (near**2).sum(axis=1)[:, None] + 2 * near @ T.T + (T**2).sum(axis=1)
    length = np.sqrt(np.maximum(squares, 0))
    vector, shift = np.nonzero(length <= length.min(axis=1, keepdims=True) + max(ties, _ROUNDING))
    return vector, start[vector] + shifts[shift], np.bincount(vector)[vector]
