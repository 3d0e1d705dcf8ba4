"""Symmetries of an integrand, found by looking at it: sums over a mesh then need one point of each orbit.

Every integer matrix that keeps the metric of the reciprocal lattice is tried, with and without time reversal alike: at random
momenta u and W u the energies must agree, and each tensor must be the rotated one, or minus it. What holds at generic momenta
holds everywhere if H(k) bends nowhere more than it does there, which a bound must tell. Nothing has to be known about orbitals or
spins, and operations that change s to something else than +-s do not pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symcur.arrays import AnyArray, Array, Indices

from .between_samples import narrow_places
from .domains import LatticeCell
from .problem import BandProblem, Problem
from .reduced_meshes import irreducible_mesh, keeps_mesh

SAME_ENERGIES, SAME_VALUES = 1e-10, 1e-7  # of the spread, of the largest value of a tensor
ENTRIES = {1: 1, 2: 2, 3: 1}
NOTHING = 1e-6  # of the largest value of all: a tensor that is smaller vanishes but for rounding
POINTS = 3
SPACING = 1 / 24  # within which H is not to bend more than elsewhere


@dataclass(frozen=True)
class MeshSymmetry:
    """A group of integer matrices (G, D, D) on fractions u, and how each acts on the components of the integrand, (G, C, C).

    ``deviation``: by how much the integrand misses the symmetry at the points that were looked at, in units of its size.
    """

    matrices: Indices
    actions: Array
    deviation: float

    def of_mesh(self, n: int, shift: tuple[float, ...]) -> MeshSymmetry:
        """The operations that map the mesh (m + shift)/n onto itself."""
        keeps = keeps_mesh(self.matrices, (n,) * self.matrices.shape[1], shift)
        return replace(self, matrices=self.matrices[keeps], actions=self.actions[keeps])

    def points(self, n: int, shift: tuple[float, ...]) -> tuple[Array, Indices]:
        """One point u of each orbit of a mesh that the operations keep, and how many it stands for."""
        mesh = irreducible_mesh(self.matrices, (n,) * self.matrices.shape[1], shift)
        return mesh.points, mesh.weights

    def average(self, sums: AnyArray) -> AnyArray:
        """Sums of the integrand and of its modulus, (2, size), over points of all orbits, made those over all points.

        Over a mesh that has only some of the symmetries they become the mean over all meshes to which the others map it.
        """
        mean, modulus = self.actions.mean(axis=0), np.abs(self.actions).mean(axis=0)
        parts = [part.reshape(-1, len(mean)) @ M.T for part, M in zip(sums, (mean, modulus), strict=True)]
        return np.stack([part.ravel() for part in parts])


def mesh_symmetry(problem: Problem) -> MeshSymmetry | None:
    """The symmetries of an integrand whose ``bands`` tell the ``ranks`` of their tensors; None where there are none to use."""
    ranks, domain = getattr(getattr(problem, "bands", None), "ranks", None), problem.domain
    if ranks is None or not isinstance(problem, BandProblem) or not isinstance(domain, LatticeCell):
        return None
    if problem.bending is None:
        return None
    hidden = narrow_places(problem, SPACING)
    if len(hidden.u) or hidden.unresolved:
        return None
    D, inverse = domain.dimension, np.linalg.inv(domain.reciprocal.T)
    u = np.random.default_rng(67).uniform(size=(POINTS, D))
    energies, values = problem.sample(u, probe=True)
    candidates = _of_lattice(domain.reciprocal)
    images, moved = problem.sample((u @ candidates.mT).reshape(-1, D), probe=True)
    spread, kept = float(np.ptp(energies)), []
    for W, e, found in zip(candidates, _split(images), _split(moved), strict=True):
        if np.abs(e - energies).max() > SAME_ENERGIES * spread:
            continue
        action, deviation = _action(domain.reciprocal.T @ W @ inverse, ranks, values, found)
        if deviation <= SAME_VALUES:
            kept.append((W, action, deviation))
    if len(kept) < 2:
        return None
    matrices, actions, deviations = zip(*kept, strict=True)
    return MeshSymmetry(np.array(matrices), np.array(actions), max(deviations))


def _of_lattice(reciprocal: Array) -> Indices:
    """The integer matrices W with W^T g W = g, g the metric of the reciprocal vectors, of small entries."""
    D, metric = len(reciprocal), reciprocal @ reciprocal.T
    entries = range(-ENTRIES[D], ENTRIES[D] + 1)
    all_of_them = np.array(list(product(entries, repeat=D * D))).reshape(-1, D, D)
    same = np.abs(all_of_them.mT @ metric @ all_of_them - metric).max(axis=(1, 2)) <= 1e-9 * np.abs(metric).max()
    return np.asarray(all_of_them[same])


def _split(array: Array) -> Array:
    return array.reshape(-1, POINTS, *array.shape[1:])


def _action(rotation: Array, ranks: tuple[int, ...], values: Array, found: Array) -> tuple[Array, float]:
    """The matrix that turns ``values`` into ``found``, rotations of tensors with a sign each, and what it misses."""
    ends = np.cumsum([len(rotation) ** rank for rank in ranks])
    action, worst, least = np.zeros((ends[-1], ends[-1])), 0.0, NOTHING * max(float(np.abs(values).max()), 1e-300)
    for rank, end in zip(ranks, ends, strict=True):
        block = slice(end - len(rotation) ** rank, end)
        turn: AnyArray = np.eye(1)
        for _ in range(rank):
            turn = np.kron(turn, rotation)
        expected, size = values[..., block] @ turn.T, max(float(np.abs(values[..., block]).max()), least)
        misses = [float(np.abs(found[..., block] - sign * expected).max()) / size for sign in (1, -1)]
        action[block, block] = turn * (1 if misses[0] <= misses[1] else -1)
        worst = max(worst, min(misses))
    return action, worst
