"""Symmetries of an integrand, found by looking at it: sums over a mesh then need one point of each orbit.

Every integer matrix that keeps the metric of the reciprocal lattice is tried, with and without time reversal alike: at random
momenta u and W u the energies must agree, and each tensor must be the rotated one, or minus it. What holds at generic momenta
holds everywhere if H(k) bends nowhere more than it does there, which a bound must tell. Nothing has to be known about orbitals or
spins.

Operations that turn s into another operator serve too where the integrand has ``images``, a function that tells from a rotation of k
which operators these may be, and ``restricted(operators, columns)``, the integrand with some of the columns of s and of these, numbered
one after the other. Energies and vectors are shared, and columns that cancel in sums over orbits are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from symcur.arrays import AnyArray, Array, Indices

from .between_samples import narrow_places
from .domains import LatticeCell
from .problem import BandProblem, Problem
from .reduced_meshes import keeps_mesh

SAME_ENERGIES, SAME_VALUES = 1e-10, 1e-7  # of the spread, of the largest value of a tensor
ENTRIES = {1: 1, 2: 2, 3: 1}
NOTHING = 1e-6  # of the largest value of all: a tensor that is smaller vanishes but for rounding
CANCELS = 1e-9  # an element of the mean of orthogonal matrices that is zero but for rounding
MOST_IMAGES = 5  # operators besides s: one makes momenta about half as expensive again
POINTS = 3
SPACING = 1 / 24  # within which H is not to bend more than elsewhere


@dataclass(frozen=True)
class MeshSymmetry:
    """A group of integer matrices (G, D, D) on fractions u, and how each makes the C components of the integrand from the K of
    ``problem``, (G, C, K).

    ``deviation``: by how much the integrand misses the symmetry at the points that were looked at, in units of its size.
    """

    matrices: Indices
    actions: Array
    deviation: float
    problem: BandProblem

    def of_mesh(self, n: int, shift: tuple[float, ...]) -> Indices:
        """The operations that map the mesh (m + shift)/n onto itself."""
        return np.asarray(self.matrices[keeps_mesh(self.matrices, (n,) * self.matrices.shape[1], shift)])

    @cached_property
    def parity(self) -> tuple[int, ...] | None:
        """c, such that the points m of odd c.m of meshes with even n are meshes with all symmetries, where moved ones lose some.

        Of the harmonics that a mesh of odd points takes for constants, those that enter even points with the other sign must be shorter
        than the others, and have all directions.
        """
        D = self.matrices.shape[1]
        if keeps_mesh(self.matrices, (2,) * D, (0.5,) * D).all():
            return None
        assert isinstance(self.problem.domain, LatticeCell)
        integers = np.array(list(product(range(-3, 4), repeat=D)))
        R = integers @ self.problem.domain.vectors
        lengths = np.linalg.norm(R, axis=1)
        shortest = lengths[lengths > 0].min()
        for c in list(product((0, 1), repeat=D))[1:]:
            seen = ((integers - c) % 2 == 0).all(axis=1) & (lengths / 2 < shortest * (1 - 1e-9))
            if keeps_mesh(self.matrices, (2,) * D, 0, c).all() and np.linalg.matrix_rank(R[seen]) == D:
                return c
        return None

    @property
    def covers(self) -> bool:
        """Whether a mesh moved by half a spacing along every axis stands for all that lie between: they and the mesh are one with twice the points."""
        between = np.unique(self.matrices.sum(axis=2) % 2, axis=0)  # in halves of a spacing
        return len(between) + 1 == int(2 ** between.shape[1])

    def average(self, sums: AnyArray) -> AnyArray:
        """Sums of the components of ``problem`` and of their moduli, (2, size), over points of all orbits, made those of the integrand
        over all points.

        Over a mesh that has only some of the symmetries they become the mean over all meshes to which the others map it. Components
        that vanish by symmetry are as large as the largest other one.
        """
        mean, modulus = self.actions.mean(axis=0), np.abs(self.actions).mean(axis=0)
        values, sizes = (part.reshape(-1, mean.shape[1]) @ M.T for part, M in zip(sums, (mean, modulus), strict=True))
        sizes[:, ~modulus.any(axis=1)] = sizes.max(axis=1, keepdims=True)
        return np.stack([values.ravel(), sizes.ravel()])


def symmetry_of(problem: Problem) -> MeshSymmetry | None:
    """``mesh_symmetry``, looked for once."""
    if not isinstance(problem, BandProblem):
        return None
    if problem.symmetry is None:
        problem.symmetry = (mesh_symmetry(problem),)
    found: MeshSymmetry | None = problem.symmetry[0]
    return found


def mesh_symmetry(problem: Problem) -> MeshSymmetry | None:
    """The symmetries of an integrand whose ``bands`` tell the ``ranks`` of their tensors; None where there are none to use."""
    domain = problem.domain
    if not isinstance(problem, BandProblem) or not isinstance(domain, LatticeCell):
        return None
    if (ranks := problem.ranks) is None or problem.bending is None:
        return None
    hidden = narrow_places(problem, SPACING)
    if len(hidden.u) or hidden.unresolved:
        return None
    looked = _Looked(problem, ranks, domain.reciprocal)
    more, operators = looked.by_images()
    kept = _group(looked.own | more, looked.candidates)
    if len(kept) < 2:
        return None
    size = len(problem.weights)
    actions = np.zeros((len(kept), size, size * (1 + len(operators))))
    for action, (image, block, _) in zip(actions, kept.values(), strict=True):
        action[:, image * size : (image + 1) * size] = block
    if problem.restricted is not None:
        columns = _needed(actions.mean(axis=0), [domain.dimension**rank for rank in ranks])
        bands = problem.restricted(operators, columns)
        actions, problem = (
            actions[:, :, columns],
            problem.with_bands(bands, [problem.weights[c % size] for c in columns]),
        )
    return MeshSymmetry(looked.candidates[list(kept)], actions, max(miss for _, _, miss in kept.values()), problem)


Kept = dict[int, tuple[int, Array, float]]  # number of the matrix: (which operator, the action, what it misses)


class _Looked:
    """Energies and tensors at random momenta and at their images under the matrices of the lattice."""

    def __init__(self, problem: BandProblem, ranks: tuple[int, ...], reciprocal: Array) -> None:
        self.problem, self.ranks = problem, ranks
        self.candidates, inverse = _of_lattice(reciprocal), np.linalg.inv(reciprocal.T)
        self.rotations = reciprocal.T @ self.candidates @ inverse
        D = len(reciprocal)
        self.u = np.random.default_rng(67).uniform(size=(POINTS, D))
        energies, values = problem.sample(self.u, problem.probe)
        images, moved = problem.sample((self.u @ self.candidates.mT).reshape(-1, D), problem.probe)
        self._moved, spread = _split(moved), float(np.ptp(energies))
        misses = np.abs(_split(images) - energies).max(axis=(1, 2))
        self.alike = np.flatnonzero(misses <= SAME_ENERGIES * spread).tolist()
        self.own = self._with(0, values, self.alike)

    def _with(self, image: int, values: Array, which: list[int]) -> Kept:
        """Those of the matrices that turn these values into those at the images."""
        found = {j: (image, *turned_tensors(self.rotations[j], self.ranks, values, self._moved[j])) for j in which}
        return {j: one for j, one in found.items() if one[2] <= SAME_VALUES}

    def by_images(self) -> tuple[Kept, list[AnyArray]]:
        """The other matrices that keep the energies, with the operators that s is turned into; nothing if these are many, or some fail."""
        found, operators = Kept(), list[AnyArray]()
        images, restricted = self.problem.images, self.problem.restricted
        place = {matrix.tobytes(): j for j, matrix in enumerate(self.candidates)}
        left = [j for j in self.alike if j not in self.own]
        while left and images is not None and restricted is not None:
            coset = [place[(self.candidates[h] @ self.candidates[left[0]]).tobytes()] for h in self.own]
            for s in images(self.rotations[left[0]]) if len(operators) < MOST_IMAGES else ():
                size = len(self.problem.weights)
                bands = restricted([s], range(size, 2 * size))  # with s in the place of the other
                values = self.problem.with_bands(bands, self.problem.weights).sample(self.u)[1]
                some = self._with(len(operators) + 1, values, coset)
                if len(some) == len(coset):
                    break
            else:
                return {}, []
            found, left = found | some, [j for j in left if j not in some]
            operators.append(s)
        return found, operators


def _group(kept: Kept, candidates: Indices) -> Kept:
    """Those with which every product stays among all: a group, whatever misses decided about single ones."""
    which = list(kept)
    products = candidates[which][:, None] @ candidates[which][None]
    known = {matrix.tobytes() for matrix in candidates[which]}
    return {j: kept[j] for j, row in zip(which, products, strict=True) if all(X.tobytes() in known for X in row)}


def _needed(mean: Array, sizes: list[int]) -> list[int]:
    """The columns of which a mean over the group makes anything; all of a tensor, by its size, of which nothing is left."""
    rows = np.repeat(np.arange(len(sizes)), sizes)
    used = np.abs(mean) > CANCELS
    vanishing = [not used[rows == tensor].any() for tensor in range(len(sizes))]
    used[:, : len(mean)] |= np.diag(np.array(vanishing)[rows])
    return np.flatnonzero(used.any(axis=0)).tolist()


def _of_lattice(reciprocal: Array) -> Indices:
    """The integer matrices W with W^T g W = g, g the metric of the reciprocal vectors, of small entries."""
    D, metric = len(reciprocal), reciprocal @ reciprocal.T
    entries = range(-ENTRIES[D], ENTRIES[D] + 1)
    all_of_them = np.array(list(product(entries, repeat=D * D))).reshape(-1, D, D)
    same = np.abs(all_of_them.mT @ metric @ all_of_them - metric).max(axis=(1, 2)) <= 1e-9 * np.abs(metric).max()
    return np.asarray(all_of_them[same])


def _split(array: Array) -> Array:
    return array.reshape(-1, POINTS, *array.shape[1:])


def turned_tensors(rotation: Array, ranks: tuple[int, ...], values: Array, found: Array) -> tuple[Array, float]:
    """The matrix that turns ``values`` into ``found``, rotations of tensors with a sign each, and what it misses."""
    turns: dict[int, AnyArray] = {0: np.eye(1)}
    for rank in range(1, max(ranks) + 1):
        turns[rank] = np.kron(turns[rank - 1], rotation)
    ends = np.cumsum([len(turns[rank]) for rank in ranks])
    action, worst, least = np.zeros((ends[-1], ends[-1])), 0.0, NOTHING * max(float(np.abs(values).max()), 1e-300)
    for rank, end in zip(ranks, ends, strict=True):
        block, turn = slice(end - len(turns[rank]), end), turns[rank]
        expected, size = values[..., block] @ turn.T, max(float(np.abs(values[..., block]).max()), least)
        misses = [float(np.abs(found[..., block] - sign * expected).max()) / size for sign in (1, -1)]
        action[block, block] = turn * (1 if misses[0] <= misses[1] else -1)
        worst = max(worst, min(misses))
    return action, worst
