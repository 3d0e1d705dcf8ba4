"""Tensors under a symmetry group: their average, and which components it allows.

A tensor is a sum over states of a trace of derivatives of H, of s and of projectors, such as sigma^{ils}. ``indices`` has a letter
for each of its indices: "k" for a position, velocity or derivative by k, "s" for the component of a spin. Under an operation with the
orthogonal matrix O an index k takes O, an index s det(O) O; with time reversal both change sign, and the imaginary part of a trace,
which all responses and curvatures of the paper are, once more. sigma^{ils} of a spin is even, the anomalous Hall conductivity odd.

Two ways for one component of the spin. Its conductivity alone has the operations that map s to s or -s (``preserving``), a part of the
group: 32 of 96 for s_z in Pt. All three components together ("kks") have the whole group, and cost little more at each momentum,
since energies and eigenvectors are shared: prefer them on irreducible meshes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.brillouin import IrreducibleMesh, irreducible_mesh, keeps_mesh

from .representation import SymmetryGroup

_ZERO = 1e-9  # components of unit tensors below this vanish


def tensor_matrices(group: SymmetryGroup, indices: str = "kks", *, imaginary: bool = True) -> Array:
    """How every operation acts on the flattened components, (G, n, n).

    An index k has the ``dimension`` of the group, an index s three components. A group from ``preserving(s)`` multiplies with the sign of s.
    ``imaginary``: whether the tensor is the imaginary part of a trace.
    """
    if not indices or set(indices) - set("ks"):
        raise ValueError(f"indices: expected letters k and s, as in 'kks', got {indices!r}")
    if "s" in indices and group.signs is not None:
        raise ValueError(f"indices: expected only k for the group of one s, got {indices!r}")
    reversed_sign = np.where(group.antiunitary, -1, 1)
    D = group.dimension
    of = {"k": reversed_sign[:, None, None] * group.cartesian[:, :D, :D], "s": group.rotations_of("axial")}
    matrices = reduce(_kron, (of[letter] for letter in indices))
    signs = np.ones(len(group)) if group.signs is None else group.signs
    if imaginary:
        signs = signs * reversed_sign
    return np.asarray(signs[:, None, None] * matrices)


def _kron(A: Array, B: Array) -> Array:
    product = np.einsum("gij,gkl->gikjl", A, B)
    return np.asarray(product.reshape(len(A), A.shape[1] * B.shape[1], -1))


def symmetric_tensor(group: SymmetryGroup, tensor: ArrayLike, indices: str = "kks", *, imaginary: bool = True) -> Array:
    """The average of a tensor (..., components of the indices) over the group.

    Applied to the sum over an irreducible mesh with its weights, it gives the sum over all points exactly.
    """
    mean = tensor_matrices(group, indices, imaginary=imaginary).mean(axis=0)
    values, shape = np.asarray(tensor), _shape(group, indices)
    if values.shape[values.ndim - len(shape) :] != shape:
        raise ValueError(f"tensor: expected the shape (..., {', '.join(map(str, shape))}), got {values.shape}")
    return np.asarray((values.reshape(*values.shape[: values.ndim - len(shape)], -1) @ mean.T).reshape(values.shape))


def _shape(group: SymmetryGroup, indices: str) -> tuple[int, ...]:
    return tuple(group.dimension if letter == "k" else 3 for letter in indices)


def reduced_mesh(group: SymmetryGroup, mesh: Any, offset: Any = 0) -> tuple[IrreducibleMesh, SymmetryGroup]:
    """The irreducible mesh, and the operations that map the mesh onto itself, over which tensors summed on it are to be averaged."""
    keeps = keeps_mesh(group.on_momenta, mesh, offset)
    subgroup = group if keeps.all() else group.subgroup(keeps, f"{group.name}, operations that keep the mesh")
    return irreducible_mesh(subgroup.on_momenta, mesh, offset), subgroup


@dataclass(frozen=True, eq=False)
class AllowedComponents:
    """Which components of a tensor a group leaves free.

    ``names``: all components, "xy,z" for [i, l] of the spin component z. ``independent``: those that determine the others, row by row of
    ``coefficients`` (independent, all): a component is the sum of them with its column.
    """

    names: tuple[str, ...]
    independent: tuple[str, ...]
    coefficients: Array
    group: str

    @property
    def vanishing(self) -> tuple[str, ...]:
        return tuple(name for name, column in zip(self.names, self.coefficients.T, strict=True) if not column.any())

    def relation(self, name: str) -> dict[str, float]:
        """The component as a sum of independent ones: {name: coefficient}, empty where it vanishes."""
        if name not in self.names:
            raise ValueError(f"name: expected a component like {self.names[0]}, got {name!r}")
        column = self.coefficients[:, self.names.index(name)]
        return {other: float(c) for other, c in zip(self.independent, column, strict=True) if c}

    def __str__(self) -> str:
        lines = [self.group]
        for row, name in zip(self.coefficients, self.independent, strict=True):
            alone = np.count_nonzero(self.coefficients, axis=0) == 1
            equal = [
                _term(c, other)
                for c, other, one in zip(row, self.names, alone, strict=True)
                if c and one and other != name
            ]
            lines.append(" = ".join([name, *equal]))
        mixed = [n for n in self.names if len(self.relation(n)) > 1]
        lines += [f"{n} = {' + '.join(_product(c, m) for m, c in self.relation(n).items())}" for n in mixed]
        lines.append(
            f"{len(self.vanishing)} of {len(self.names)} vanish"
            + (f": {', '.join(self.vanishing)}" if self.vanishing else "")
        )
        return "\n".join(lines)


def _term(c: float, name: str) -> str:
    """What equals the independent component where this one is c times it."""
    return name if c == 1 else f"-{name}" if c == -1 else _product(1 / c, name)


def _product(c: float, name: str) -> str:
    return name if c == 1 else f"-{name}" if c == -1 else f"{c:.12g} {name}"


def allowed_components(group: SymmetryGroup, indices: str = "kks", *, imaginary: bool = True) -> AllowedComponents:
    """Which components of a tensor vanish by symmetry, and which are equal; arguments as in ``tensor_matrices``."""
    average = tensor_matrices(group, indices, imaginary=imaginary).mean(axis=0)
    rows, independent = _reduced(average)
    names = tuple(
        _name(component, indices) for component in itertools.product(*(range(n) for n in _shape(group, indices)))
    )
    return AllowedComponents(names, tuple(names[j] for j in independent), rows, group.name)


def _name(component: tuple[int, ...], indices: str) -> str:
    letters = {"k": "", "s": ""}
    for axis, kind in zip(component, indices, strict=True):
        letters[kind] += "xyz"[axis]
    return ",".join(filter(None, letters.values()))


def _reduced(matrix: Array) -> tuple[Array, list[int]]:
    """The reduced row echelon form of a matrix of rank r, (r, n), and the columns of its pivots."""
    rows = matrix.copy()
    pivots: list[int] = []
    for column in range(matrix.shape[1]):
        r = len(pivots)
        if r == len(rows):
            break
        best = r + int(np.abs(rows[r:, column]).argmax())
        if abs(rows[best, column]) < _ZERO:
            continue
        rows[[r, best]] = rows[[best, r]]
        rows[r] /= rows[r, column]
        others = np.arange(len(rows)) != r
        rows[others] -= rows[others, column, None] * rows[r]
        pivots.append(column)
    kept, whole = rows[: len(pivots)], np.rint(rows[: len(pivots)])
    kept = np.where(np.abs(kept - whole) < _ZERO, whole, kept) + 0.0
    return kept, pivots
