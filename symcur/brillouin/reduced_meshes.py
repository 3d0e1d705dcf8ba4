"""Uniform meshes of momenta reduced by symmetry: which points stand for all, and how many each stands for, in integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, Indices, Mask

_FINEST = 1000  # the largest denominator of an offset
_SLAB = 1 << 18  # points that are looked at at once
Affine = tuple[Indices, Indices]  # integers A, c: m -> A m + c


@dataclass(frozen=True, eq=False)
class IrreducibleMesh:
    """The points u = (m + offset)/mesh, m = 0 ... mesh - 1 along each axis, in units of the reciprocal vectors, one for each orbit.

    ``points`` (P, D); ``weights`` (P,), integers that add up to the number of all points. ``matrices``: the group. With a ``parity`` c,
    only the points with odd c.m are meant.
    """

    mesh: tuple[int, ...]
    offset: tuple[Fraction, ...]
    points: Array
    weights: Indices
    matrices: Indices
    parity: Indices | None = None

    @property
    def orbits(self) -> Indices:
        """Which of the P points stands for each point of the mesh, shape ``mesh``, -1 for points of the other parity."""
        m = np.indices(self.mesh).reshape(len(self.mesh), -1).T
        first = np.arange(len(m))
        for matrix in self.matrices:
            np.minimum(first, _places(m, _affine(matrix, self.mesh, self.offset), self.mesh), out=first)
        if self.parity is not None:
            first[m @ self.parity % 2 == 0] = -1
        kept, orbits = np.unique(first, return_inverse=True)
        return np.asarray(orbits.reshape(self.mesh) - (kept[0] < 0), dtype=np.intp)

    def momenta(self, reciprocal: ArrayLike) -> Array:
        """Cartesian k of the points for reciprocal vectors as rows, (P, D)."""
        return np.asarray(self.points @ np.asarray(reciprocal, dtype=float))

    def __repr__(self) -> str:
        return f"IrreducibleMesh({' x '.join(map(str, self.mesh))}: {len(self.weights)} of {self.weights.sum()} points)"


def irreducible_mesh(
    matrices: ArrayLike, mesh: Sequence[int], offset: Any = 0, parity: ArrayLike | None = None
) -> IrreducibleMesh:
    """The mesh reduced by a group of integer matrices (G, D, D) that act on fractions u of the reciprocal vectors.

    ``offset``: in steps of the mesh, 0 for a mesh with k = 0, 1/2 for one between; a number or one per axis, a fraction or a float that is
    one to rounding. ``parity``: D integers c, of the mesh without offset and with even numbers of points only those with odd c.m.
    All arithmetic is exact. Raises ValueError where a matrix does not map the mesh onto itself (``keeps_mesh``).
    """
    group, (n, shift) = _integers(matrices), _mesh(mesh, offset)
    if group.shape[1] != len(n):
        raise ValueError(f"mesh: expected {group.shape[1]} numbers of points, got {tuple(mesh)}")
    keeps = keeps_mesh(group, n, shift, parity)
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
    odd, size = None if parity is None else np.asarray(parity, dtype=np.intp), int(np.prod(n))
    actions = [_affine(matrix, n, shift) for matrix in different]
    found = [
        _first_of_orbits(np.arange(start, min(start + _SLAB, size)), actions, n, odd) for start in range(0, size, _SLAB)
    ]
    m, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return IrreducibleMesh(n, shift, (m + np.array(shift, dtype=float)) / n, weights, different, odd)


def _first_of_orbits(
    place: Indices, actions: Sequence[Affine | None], n: tuple[int, ...], odd: Indices | None
) -> tuple[Indices, Indices]:
    """Those of the points at these places, (P, D), that are the first of their orbits, and the sizes of these."""
    largest = max(int((np.abs(A) @ np.array(n) + np.abs(c)).max()) for A, c in filter(None, actions))
    m = np.stack(np.unravel_index(place, n))  # (D, P), one axis after the other
    m = m.astype(np.int32 if largest < np.iinfo(np.int32).max else np.intp)
    if odd is not None:
        m = m[:, odd @ m % 2 == 1]
    fixing = np.zeros(m.shape[1], dtype=np.int32)  # how many operations keep a point
    for action in actions:
        order = _order(m, action, n)
        fixing += order == 0
        if (order < 0).any():
            first = np.flatnonzero(order >= 0)
            m, fixing = m.take(first, axis=1), fixing.take(first)
    return m.T.astype(np.intp), (len(actions) // fixing).astype(np.intp)


def _order(m: AnyArray, affine: Affine | None, n: tuple[int, ...]) -> AnyArray:
    """Whether the image of every point m, shape (D, P), comes before it, -1, is the same, 0, or comes after it, 1."""
    assert affine is not None
    order, same = np.zeros(m.shape[1], dtype=np.int8), np.arange(m.shape[1])
    for axis, (row, shift, count) in enumerate(zip(*affine, n, strict=True)):
        image = np.full(len(same), shift, dtype=m.dtype)
        for x, factor in zip(m, row, strict=True):
            if factor:
                image += (x if axis == 0 else x[same]) * m.dtype.type(factor)
        image %= m.dtype.type(count)
        order[same] = np.sign(image - m[axis][same])
        same = same[order[same] == 0]
    return order


def keeps_mesh(matrices: ArrayLike, mesh: Sequence[int], offset: Any = 0, parity: ArrayLike | None = None) -> Mask:
    """Whether each integer matrix (G, D, D) maps the mesh, or its points of odd parity, onto itself modulo reciprocal vectors, (G,)."""
    group, (n, shift) = _integers(matrices), _mesh(mesh, offset)
    actions = [_affine(matrix, n, shift) for matrix in group]
    if parity is None:
        return np.array([action is not None for action in actions], dtype=bool)
    odd = np.asarray(parity)
    if any(shift) or any(count % 2 for count in n) or odd.shape != (len(n),) or not (odd % 2).any():
        raise ValueError(
            f"parity: expected {len(n)} integers, some odd, for a mesh without offset and with even numbers of points, got "
            f"{parity!r} for {n} with offset {_text(shift)}"
        )
    return np.array([action is not None and not ((odd @ action[0] - odd) % 2).any() for action in actions], dtype=bool)


def _affine(matrix: Indices, n: tuple[int, ...], offset: tuple[Fraction, ...]) -> Affine | None:
    """Integers A, c with m -> A m + c the action on the numbers of points, modulo n; None where there are none."""
    scaled, counts = matrix * np.array(n)[:, None], np.array(n)
    if (scaled % counts).any():
        return None
    A, steps = scaled // counts, lcm(*(x.denominator for x in offset))
    start = np.array([int(x * steps) for x in offset])
    c = A @ start - start
    return None if (c % steps).any() else (A, c // steps)


def _places(m: Indices, affine: Affine | None, n: tuple[int, ...]) -> Indices:
    """The place of the image of every point m, shape (P, D), in the mesh."""
    assert affine is not None
    A, c = affine
    place = np.zeros(len(m), dtype=np.intp)
    for row, shift, count in zip(A, c, n, strict=True):
        along = sum((m[:, j] * row[j] for j in np.flatnonzero(row)), np.full(len(m), shift))
        place = place * count + along % count
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
