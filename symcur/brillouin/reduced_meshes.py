"""Uniform meshes of momenta reduced by symmetry: which points stand for all, and how many each stands for, in integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, Indices, Mask

_FINEST = 1000  # the largest denominator of an offset


@dataclass(frozen=True, eq=False)
class IrreducibleMesh:
    """The points u = (m + offset)/mesh, m = 0 ... mesh - 1 along each axis, in units of the reciprocal vectors, one for each orbit.

    ``points`` (P, D); ``weights`` (P,), integers that add up to the number of all points. ``orbits``: which of the P points stands for
    each point of the mesh, shape ``mesh``.
    """

    mesh: tuple[int, ...]
    offset: tuple[Fraction, ...]
    points: Array
    weights: Indices
    orbits: Indices

    def momenta(self, reciprocal: ArrayLike) -> Array:
        """Cartesian k of the points for reciprocal vectors as rows, (P, D)."""
        return np.asarray(self.points @ np.asarray(reciprocal, dtype=float))

    def __repr__(self) -> str:
        return f"IrreducibleMesh({' x '.join(map(str, self.mesh))}: {len(self.weights)} of {self.orbits.size} points)"


def irreducible_mesh(matrices: ArrayLike, mesh: Sequence[int], offset: Any = 0) -> IrreducibleMesh:
    """The mesh reduced by a group of integer matrices (G, D, D) that act on fractions u of the reciprocal vectors.

    ``offset``: in steps of the mesh, 0 for a mesh with k = 0, 1/2 for one between; a number or one per axis, a fraction or a float that is
    one to rounding. All arithmetic is exact. Raises ValueError where a matrix does not map the mesh onto itself (``keeps_mesh``).
    """
    group, (n, shift) = _integers(matrices), _mesh(mesh, offset)
    if group.shape[1] != len(n):
        raise ValueError(f"mesh: expected {group.shape[1]} numbers of points, got {tuple(mesh)}")
    keeps = keeps_mesh(group, n, shift)
    if not keeps.all():
        raise ValueError(
            f"matrices: expected a group that maps the mesh {n} with offset {_text(shift)} onto itself, got "
            f"{group[int(keeps.argmin())].tolist()}"
        )
    different = np.unique(group, axis=0)
    products = np.unique((different[:, None] @ different).reshape(-1, *different.shape[1:]), axis=0)
    if not np.array_equal(products, different):
        raise ValueError(
            f"matrices: expected a group, got {len(different)} matrices whose products are {len(products)}"
        )
    first = np.arange(np.prod(n)).reshape(n)
    for matrix in different:
        np.minimum(first, _image(matrix, n, shift), out=first)
    chosen, orbits, weights = np.unique(first, return_inverse=True, return_counts=True)
    m = np.stack(np.unravel_index(chosen, n), axis=-1)
    points = (m + np.array(shift, dtype=float)) / n
    return IrreducibleMesh(n, shift, points, weights.astype(np.intp), orbits.reshape(n).astype(np.intp))


def keeps_mesh(matrices: ArrayLike, mesh: Sequence[int], offset: Any = 0) -> Mask:
    """Whether each integer matrix (G, D, D) maps the mesh onto itself modulo reciprocal vectors, shape (G,)."""
    group, (n, shift) = _integers(matrices), _mesh(mesh, offset)
    return np.array([_affine(matrix, n, shift) is not None for matrix in group], dtype=bool)


def _affine(matrix: Indices, n: tuple[int, ...], offset: tuple[Fraction, ...]) -> tuple[Indices, Indices] | None:
    """Integers A, c with m -> A m + c the action on the numbers of points, modulo n; None where there are none."""
    D = len(n)
    A = [[Fraction(int(matrix[i, j]) * n[i], n[j]) for j in range(D)] for i in range(D)]
    c = [sum((A[i][j] * offset[j] for j in range(D)), Fraction(0)) - offset[i] for i in range(D)]
    if any(entry.denominator != 1 for row in (*A, c) for entry in row):
        return None
    return np.array([[int(entry) for entry in row] for row in A]), np.array([int(entry) for entry in c])


def _image(matrix: Indices, n: tuple[int, ...], offset: tuple[Fraction, ...]) -> Indices:
    """The place of the image of every point of the mesh, shape n."""
    affine = _affine(matrix, n, offset)
    assert affine is not None
    A, c = affine
    D, place = len(n), np.zeros(n, dtype=np.intp)
    for i in range(D):
        along = [(A[i, j] * np.arange(n[j])).reshape([-1 if a == j else 1 for a in range(D)]) for j in range(D)]
        place = place * n[i] + np.add(sum(along[1:], along[0]), c[i]) % n[i]
    return place


def _integers(matrices: ArrayLike) -> Indices:
    group = np.asarray(matrices)
    if (
        group.ndim != 3
        or group.shape[1] != group.shape[2]
        or not len(group)
        or not np.array_equal(group, np.rint(group))
    ):
        raise ValueError(f"matrices: expected integers of shape (G, D, D), got {matrices!r}")
    return group.astype(np.intp)


def _mesh(mesh: Sequence[int], offset: Any) -> tuple[tuple[int, ...], tuple[Fraction, ...]]:
    n = tuple(int(count) for count in mesh)
    if not n or any(count < 1 for count in n) or list(n) != list(mesh):
        raise ValueError(f"mesh: expected positive integers, got {mesh!r}")
    given = list(offset) if isinstance(offset, Sequence | np.ndarray) else [offset] * len(n)
    shift = tuple(Fraction(x).limit_denominator(_FINEST) for x in given)
    if len(shift) != len(n) or any(abs(float(x) - float(y)) > 1e-12 for x, y in zip(shift, given, strict=True)):
        raise ValueError(
            f"offset: expected a fraction of a step, or {len(n)} with denominators up to {_FINEST}, got {offset!r}"
        )
    return n, shift


def _text(shift: tuple[Fraction, ...]) -> str:
    return f"({', '.join(map(str, shift))})"
