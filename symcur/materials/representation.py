"""A space group as it acts on a basis of Wannier functions.

An operation with the orthogonal matrix O maps the function a at the site i in the cell R to sum_b D_ba |b> at the site O r_i + w. Matrix
elements follow their bond, so that with atomic positions in the phases of H(k) neither k nor the translation w enters D:

    H(O k) = D H(k) D^+,    and for operations with time reversal    H(-O k) = D H(k)^* D^+.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray, Indices, Mask

from .orbitals import Orbital, amplitudes, rotation_of_harmonics, rotation_of_spin
from .space_groups import Operation, SpaceGroup

_UNITARY = 1e-8  # by how much the matrix of an operation that the functions allow may miss being unitary
_REVERSAL = np.array([[0, -1], [1, 0]])  # -i sigma_y, which stands before complex conjugation


@dataclass(frozen=True, eq=False)
class SymmetryGroup:
    """Operations and their matrices in a basis of N functions at S sites.

    ``lattice`` (3, 3): primitive vectors as rows, exactly symmetric. ``sites`` (S, 3): fractions of them, likewise;
    ``members``: the functions at each site. ``matrices`` (G, N, N): D. ``images`` (G, S) and ``shifts`` (G, S, 3): site i goes to site
    images[g, i] in the cell shifts[g, i]. ``dimension``: how many components of k count, the first ones. ``signs`` (G,): the sign with which
    each operation maps s, where the group is that of an s (``preserving``).
    """

    lattice: Array
    operations: tuple[Operation, ...]
    orbitals: tuple[Orbital, ...]
    sites: Array
    members: tuple[Indices, ...]
    matrices: ComplexArray
    images: Indices
    shifts: Indices
    name: str
    dimension: int = 3
    signs: Indices | None = None

    def __len__(self) -> int:
        return len(self.operations)

    def __repr__(self) -> str:
        return f"SymmetryGroup({self.name}: {len(self)} operations, {len(self.orbitals)} functions at {len(self.sites)} sites)"

    # -- operations ----------------------------------------------------------------------------------------------------
    @cached_property
    def cartesian(self) -> Array:
        """The orthogonal matrices O, (G, 3, 3)."""
        return np.array([g.cartesian(self.lattice) for g in self.operations])

    @cached_property
    def antiunitary(self) -> Mask:
        return np.array([g.time_reversal for g in self.operations])

    @cached_property
    def site_of_functions(self) -> Array:
        """The site of each function, fractions of the primitive vectors, (N, 3)."""
        positions = np.zeros((len(self.orbitals), 3))
        for site, some in zip(self.sites, self.members, strict=True):
            positions[some] = site
        return positions

    @cached_property
    def on_momenta(self) -> Indices:
        """How fractions u of the reciprocal vectors transform, integers (G, D, D): of O k, or -O k with time reversal.

        Only operations of a D-dimensional crystal are there, which do not mix the first D axes with the others.
        """
        inverse = [np.rint(np.linalg.inv(g.rotation.T)) * (-1 if g.time_reversal else 1) for g in self.operations]
        return np.array(inverse).astype(np.intp)[:, : self.dimension, : self.dimension]

    def subgroup(self, chosen: ArrayLike, name: str | None = None) -> SymmetryGroup:
        """The operations that a mask or indices choose; raises ValueError unless they form a group."""
        which = np.arange(len(self))[np.asarray(chosen)]
        rows = {self._key(int(g)) for g in which}
        for g, h in itertools.product(which, repeat=2):
            if self._key(int(g), int(h)) not in rows:
                raise ValueError(
                    f"operations: expected a group, got {len(which)} that do not contain the product of {self.operations[g]} "
                    f"and {self.operations[h]}"
                )
        signs = None if self.signs is None else self.signs[which]
        return replace(
            self, operations=tuple(self.operations[g] for g in which), matrices=self.matrices[which], images=self.images[which],
            shifts=self.shifts[which], signs=signs, name=name or f"subgroup of {self.name}",
        )  # fmt: skip

    def _key(self, g: int, h: int | None = None) -> tuple[Any, ...]:
        """What tells operations apart modulo lattice vectors: the operation g, or g after h."""
        a = self.operations[g]
        if h is None:
            return a.rotation.tobytes(), a.time_reversal, self.images[g].tobytes()
        b = self.operations[h]
        rotation = (a.rotation @ b.rotation).astype(np.intp)
        return rotation.tobytes(), a.time_reversal != b.time_reversal, self.images[g][self.images[h]].tobytes()

    # -- action on operators -------------------------------------------------------------------------------------------
    def rotations_of(self, kind: str) -> Array:
        """The matrices (G, 3, 3) for Cartesian components: "polar" of a position, "axial" of a spin, odd under time reversal."""
        if kind == "polar":
            return self.cartesian
        signs = np.linalg.det(self.cartesian) * np.where(self.antiunitary, -1, 1)
        return np.asarray(signs[:, None, None] * self.cartesian)

    def acted_on(self, X: ComplexArray) -> Iterator[ComplexArray]:
        """D X D^+, or D X^* D^+ with time reversal, of a matrix (..., N, N), for each operation."""
        for D, conjugate in zip(self.matrices, self.antiunitary, strict=True):
            yield D @ (X.conj() if conjugate else X) @ D.conj().T

    def preserving(self, s: ArrayLike, tolerance: float = 1e-9) -> SymmetryGroup:
        """The operations that map s to s or to -s, shape (N, N), with their ``signs``; ``tolerance`` is relative to the largest element."""
        matrix = np.asarray(s, dtype=complex)
        if matrix.shape != self.matrices.shape[1:]:
            raise ValueError(f"s: expected a matrix {self.matrices.shape[1:]}, got the shape {matrix.shape}")
        limit = tolerance * np.abs(matrix).max()
        images = list(self.acted_on(matrix))
        same, opposite = ([np.abs(X - sign * matrix).max() <= limit for X in images] for sign in (1, -1))
        chosen, signs = np.logical_or(same, opposite), np.where(same, 1, -1)
        return replace(self, signs=signs).subgroup(chosen, f"{self.name}, operations that map s to s or -s")

    def multiplet_ranks(self, seed: int = 0) -> tuple[int, ...]:
        """The degeneracies that symmetry forces at a momentum without symmetry: (2, 2, ...) for Kramers pairs.

        They are those of a random Hermitian matrix that commutes with the operations which map every k to itself, in the order of its
        energies; where they differ from each other the order in H(k) is not known from symmetry.
        """
        here = (self.on_momenta == np.eye(self.dimension)).all(axis=(1, 2))
        N, generator = len(self.orbitals), np.random.default_rng(seed)
        X = generator.normal(size=(N, N)) + 1j * generator.normal(size=(N, N))
        images = [Y for Y, use in zip(self.acted_on(X + X.conj().T), here, strict=True) if use]
        energies = np.linalg.eigvalsh(np.mean(images, axis=0))
        ends = np.flatnonzero(np.diff(energies) > 1e-9 * np.ptp(energies))
        return tuple(np.diff([-1, *ends.tolist(), N - 1]).tolist())


# -- from a space group and a basis ------------------------------------------------------------------------------------
def acting_on(
    group: SpaceGroup, orbitals: Sequence[Orbital], *, tolerance: float = 1e-4, dimension: int = 3, skip: bool = False
) -> SymmetryGroup:
    """The matrices of a space group in the basis of the orbitals; sites may miss their images by ``tolerance``, in the unit of the lattice.

    Raises ValueError where an operation maps a site to none, or functions to others than those at its image; with ``skip`` such operations
    are left out.
    """
    if len({o.spin is None for o in orbitals}) != 1:
        raise ValueError("orbitals: expected spins for all functions or for none, got some without")
    sites, members = sites_of(group.lattice, orbitals, tolerance)
    columns, spinful = [amplitudes([orbitals[a] for a in some]) for some in members], orbitals[0].spin is not None
    found: list[tuple[Operation, Indices, Indices, ComplexArray]] = []
    for g in group.operations:
        try:
            to, shift = _map_of_sites(g, group.lattice, sites, tolerance)
            found.append((g, to, shift, _matrix(g, group.lattice, columns, members, to, spinful)))
        except ValueError:
            if not skip:
                raise
    operations, images, shifts, matrices = zip(*found, strict=True)
    exact = _symmetric_sites(sites, operations, images, shifts)
    name = group.name if len(found) == len(group.operations) else f"subgroup of {group.name}"
    return SymmetryGroup(
        group.lattice, operations, tuple(orbitals), exact, members, np.array(matrices), np.array(images), np.array(shifts), name, dimension
    )  # fmt: skip


def _matrix(
    g: Operation,
    lattice: Array,
    columns: Sequence[ComplexArray],
    members: Sequence[Indices],
    to: Indices,
    spinful: bool,
) -> ComplexArray:
    """D of an operation that maps site i to site to[i], whose functions have the amplitudes columns[i]; ValueError where it is not unitary."""
    O, N = g.cartesian(lattice), sum(map(len, members))
    D, spin = np.zeros((N, N), dtype=complex), np.eye(1, dtype=complex)
    if spinful:
        spin = rotation_of_spin(O) @ (_REVERSAL if g.time_reversal else np.eye(2))
    one = np.kron(rotation_of_harmonics(O), spin)
    for i, j in enumerate(to):
        here, there = columns[i], columns[j]
        if here.shape == there.shape:
            rotated = np.kron(np.eye(len(here) // len(one)), one) @ (here.conj() if g.time_reversal else here)
            D[np.ix_(members[j], members[i])] = there.conj().T @ rotated
    wrong = np.abs(D @ D.conj().T - np.eye(N)).max(axis=1)
    if wrong.max() > _UNITARY:
        raise ValueError(
            f"orbitals: expected functions that {g} maps onto each other, got none for the function {int(wrong.argmax())}"
        )
    return D


def sites_of(lattice: Array, orbitals: Sequence[Orbital], tolerance: float) -> tuple[Array, tuple[Indices, ...]]:
    """The different positions modulo lattice vectors, (S, 3), and which functions are there."""
    sites: list[Array] = []
    members: list[list[int]] = []
    for a, orbital in enumerate(orbitals):
        position = np.asarray(orbital.position, dtype=float)
        near = [i for i, site in enumerate(sites) if _distance(lattice, position - site) <= tolerance]
        if not near:
            sites.append(position)
            members.append([])
        members[near[0] if near else -1].append(a)
    return np.array(sites), tuple(map(np.array, members))


def _distance(lattice: Array, x: Array) -> float:
    """The length of the fractional vector x modulo lattice vectors."""
    return float(np.linalg.norm((x - np.rint(x)) @ lattice))


def _map_of_sites(g: Operation, lattice: Array, sites: Array, tolerance: float) -> tuple[Indices, Indices]:
    images = sites @ g.rotation.T + g.translation
    distances = np.array([[_distance(lattice, image - site) for site in sites] for image in images])
    to = np.argmin(distances, axis=1)
    if distances.min(axis=1).max() > 2 * tolerance or len(set(to)) < len(to):
        i = int(distances.min(axis=1).argmax())
        raise ValueError(
            f"orbitals: expected functions at the image of {sites[i].tolist()} under {g}, {images[i].tolist()}, got none"
        )
    return to, np.rint(images - sites[to]).astype(np.intp)


def _symmetric_sites(
    sites: Array, operations: Sequence[Operation], images: Sequence[Indices], shifts: Sequence[Indices]
) -> Array:
    """The positions next to these whose differences the operations keep to all digits; their mean stays."""
    total = np.zeros_like(sites)
    for g, to, shift in zip(operations, images, shifts, strict=True):
        moved = sites @ g.rotation.T - shift
        total[to] += moved - moved.mean(axis=0)
    return np.asarray(total / len(operations) + sites.mean(axis=0))
