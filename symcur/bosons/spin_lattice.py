"""A classical spin model on a lattice, and the magnons around a state of it.

    E = sum over bonds S_i^T J S_j + sum_i S_i^T K_i S_i - sum_i h.S_i

Around directions n_i with S_i = S (e_1, e_2, n) in a local frame and u = e_1 + i e_2,

    S_i = sqrt(S/2) (u^* b + u b^+) + n (S - b^+ b)        (T. Holstein, H. Primakoff, Phys. Rev. 58, 1098 (1940), to quadratic order),

H(k) = [[A(k), B(k)], [B(k)^+, A(-k)^*]] follows for Psi = (b_k, b^+_-k). Linear terms vanish where n_i is parallel to the field
that acts on S_i; a state in which it is not is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import NumericModel
from symcur.band_structures.numeric import from_hoppings
from symcur.brillouin import LatticeCell

_MOST_PAIRS = 2_000_000
_ROUNDS = 50  # of minimisation
_POLISHING, _TURN = 4, 1e-4  # steps, and by how much spins are turned to see what torques that makes
_SOFT = 1e-8  # of the largest stiffness: below, nothing is turned
_EQUILIBRIUM = 1e-8  # of the field on a spin: what of it may be perpendicular to the spin


@dataclass(frozen=True, eq=False)
class Bond:
    """S_i^T J S_j between the site i of a cell and the site j of the cell at R (integers, in primitive vectors); J is 3 x 3."""

    i: int
    j: int
    R: tuple[int, ...]
    J: Array


def exchange_tensor(J: float = 0.0, D: ArrayLike = (0, 0, 0)) -> Array:
    """The matrix of J S_i.S_j + D.(S_i x S_j)."""
    return J * np.eye(3) + dzyaloshinskii(D)


def dzyaloshinskii(D: ArrayLike) -> Array:
    """The matrix M of S_i^T M S_j = D.(S_i x S_j)."""
    x, y, z = np.asarray(D, dtype=float)
    return np.array([[0, z, -y], [-z, 0, x], [y, -x, 0]])


def kitaev_tensor(K: float = 0.0, Gamma: float = 0.0, axis: str = "z") -> Array:
    """The matrix of K S_i^g S_j^g + Gamma (S_i^a S_j^b + S_i^b S_j^a), g the axis "x", "y" or "z" and a, b the other two."""
    if axis not in ("x", "y", "z"):
        raise ValueError(f"axis: expected 'x', 'y' or 'z', got {axis!r}")
    g = "xyz".index(axis)
    matrix = Gamma * (1 - np.eye(3))
    matrix[g], matrix[:, g] = 0.0, 0.0
    matrix[g, g] = K
    return matrix


def neighbours(lattice: ArrayLike, positions: ArrayLike, distance: float) -> list[tuple[int, int, tuple[int, ...]]]:
    """(i, j, R) of all pairs of sites at this distance, each once; positions as fractions of the primitive vectors."""
    vectors, x = np.asarray(lattice, dtype=float), np.asarray(positions, dtype=float)
    return [pair for pair, length in _pairs(vectors, x, distance) if np.isclose(length, distance)]


def shells(lattice: ArrayLike, positions: ArrayLike, count: int) -> list[float]:
    """The ``count`` smallest distances of sites, ascending."""
    vectors, x = np.asarray(lattice, dtype=float), np.asarray(positions, dtype=float)
    shortest = float(np.linalg.norm(vectors, axis=1).min())
    found = sorted(length for _, length in _pairs(vectors, x, count * shortest))
    different = [b for a, b in zip([-1.0, *found], found, strict=False) if not np.isclose(a, b)]
    return different[:count]


def _pairs(vectors: Array, x: Array, distance: float) -> Iterator[tuple[tuple[int, int, tuple[int, ...]], float]]:
    """Pairs of sites, each once, with their distances: all up to this one, and some that are farther apart."""
    spread = float(np.linalg.norm((x.max(axis=0) - x.min(axis=0)) @ np.abs(vectors)))
    reach = int(np.ceil((distance + spread) / np.linalg.svd(vectors, compute_uv=False).min()))
    if (2 * reach + 1) ** len(vectors) * len(x) ** 2 > _MOST_PAIRS:
        raise ValueError(
            f"distance: expected at most {_MOST_PAIRS:.0e} pairs of sites to look at, got {distance:g} in cells of {vectors.tolist()}"
        )
    cells = list(itertools.product(range(-reach, reach + 1), repeat=len(vectors)))
    apart = (np.array(cells)[:, None, None] + x - x[:, None]) @ vectors  # (cells, i, j, D)
    lengths = np.linalg.norm(apart, axis=-1)
    for c, i, j in np.argwhere(lengths <= distance * (1 + 1e-4)).tolist():
        if (cells[c], j) > ((0,) * len(vectors), i):
            yield (i, j, cells[c]), float(lengths[c, i, j])


@dataclass(frozen=True, eq=False)
class GroundState:
    """``directions`` (sites, 3) of the lowest energy (of a cell) found; ``reached`` of ``starts`` relaxations ended at it."""

    directions: Array
    energy: float
    reached: int
    starts: int
    seed: int

    def __str__(self) -> str:
        return (
            f"the state of lowest energy, {self.energy:.9g} a cell, among {self.starts} relaxations from random directions (seed "
            f"{self.seed}), reached by {self.reached}; the same in every cell"
        )


@dataclass(frozen=True, eq=False)
class SpinLattice:
    """A spin model: ``lattice`` D primitive vectors as rows, ``positions`` (sites, D) as fractions of them, ``spins`` S of each site.

    ``anisotropy`` holds a symmetric 3 x 3 matrix K for every site, ``field`` h acts on all (g mu_B in it).
    """

    lattice: Array
    positions: Array
    spins: Array
    bonds: tuple[Bond, ...]
    anisotropy: Array
    field: Array

    @classmethod
    def of(
        cls,
        lattice: ArrayLike,
        positions: ArrayLike,
        spins: ArrayLike,
        bonds: Sequence[Bond | tuple[int, int, tuple[int, ...], ArrayLike]],
        *,
        anisotropy: ArrayLike | None = None,
        field: ArrayLike = (0, 0, 0),
    ) -> SpinLattice:
        """From numbers and sequences; ``spins`` may be one number, a bond a tuple (i, j, R, J), J a number or a 3 x 3 matrix."""
        vectors, x = LatticeCell(np.asarray(lattice, dtype=float)).vectors, np.asarray(positions, dtype=float)
        if x.ndim != 2 or x.shape[1] != len(vectors):
            raise ValueError(f"positions: expected shape (sites, {len(vectors)}), got {x.shape}")
        S = np.broadcast_to(np.asarray(spins, dtype=float), len(x))
        if not (S > 0).all():
            raise ValueError(f"spins: expected positive numbers, got {spins!r}")
        K = np.zeros((len(x), 3, 3)) if anisotropy is None else np.asarray(anisotropy, dtype=float)
        if K.shape not in ((3, 3), (len(x), 3, 3)) or not np.allclose(K, K.swapaxes(-1, -2)):
            raise ValueError(f"anisotropy: expected symmetric matrices of shape {(len(x), 3, 3)}, got {anisotropy!r}")
        made = tuple(_bond(bond, len(x), len(vectors)) for bond in bonds)
        return cls(vectors, x, S, made, np.broadcast_to(K, (len(x), 3, 3)), np.asarray(field, dtype=float))

    def energy(self, directions: ArrayLike) -> float:
        """The classical energy of a cell, for directions (sites, 3) that repeat from cell to cell."""
        S = self.spins[:, None] * _unit(directions, len(self.spins))
        bonds = sum(float(S[b.i] @ b.J @ S[b.j]) for b in self.bonds)
        return bonds + float(np.einsum("ia,iab,ib", S, self.anisotropy, S)) - float(S.sum(axis=0) @ self.field)

    def fields(self, directions: ArrayLike) -> Array:
        """dE/dS_i, (sites, 3): in equilibrium parallel to the direction of the spin, and opposite in a minimum."""
        S = self.spins[:, None] * _unit(directions, len(self.spins))
        total = 2 * np.einsum("iab,ib->ia", self.anisotropy, S) - self.field
        for b in self.bonds:
            total[b.i] += b.J @ S[b.j]
            total[b.j] += S[b.i] @ b.J
        return np.asarray(total)

    def relaxed(self, directions: ArrayLike) -> Array:
        """The directions of a local minimum of the energy near by, (sites, 3)."""
        from scipy.optimize import minimize

        def energy(x: Array) -> tuple[float, Array]:
            vectors = x.reshape(-1, 3)
            length, n = np.linalg.norm(vectors, axis=1, keepdims=True), _unit(vectors)
            slope = self.spins[:, None] * self.fields(n)
            return self.energy(n), ((slope - (slope * n).sum(axis=1, keepdims=True) * n) / length).ravel()

        n = _unit(directions, len(self.spins))
        for _ in range(_ROUNDS):
            # The first step of BFGS has the length 1: vectors of the length 10 turn by 0.1, and no spin jumps to another minimum.
            # They grow on the way, which makes slopes small: hence anew until little moves.
            before, n = n, _unit(minimize(energy, 10 * n.ravel(), jac=True, method="BFGS").x.reshape(-1, 3))
            if np.abs(n - before).max() < 1e-5:
                break
        polished = n
        for _ in range(_POLISHING):
            polished = self._closer(polished)
        return polished if np.abs(polished - n).max() < 1e-2 else n

    def _closer(self, n: Array) -> Array:
        """A step of Newton's method to where no spin feels a torque, the shortest one: states of equal energy side by side stay apart."""

        def torque(n: Array) -> Array:
            return np.cross(self.fields(n), n).ravel()

        turns: Array = np.zeros((len(n), 2, len(n), 3))
        turns[np.arange(len(n)), :, np.arange(len(n))] = np.linalg.svd(n[:, None])[2][:, 1:]
        turns *= _TURN
        turns = turns.reshape(2 * len(n), len(n), 3)
        slopes = np.stack([torque(_unit(n + turn)) - torque(_unit(n - turn)) for turn in turns], axis=1) / 2
        step = np.linalg.lstsq(slopes, -torque(n), rcond=_SOFT)[0]
        return _unit(n + np.einsum("t,tsx->sx", step, turns))

    def ground_state(self, starts: int = 24, seed: int = 0) -> GroundState:
        """The lowest of the local minima that are found from random directions, the same in every cell.

        A state of lower energy may have been missed, and one with a wave vector is not looked for; that H(k) > 0 at all k shows
        that the state is at least a local minimum among those too. States of equal energy are told apart by the first start alone.
        """
        if starts < 1:
            raise ValueError(f"starts: expected a positive number, got {starts!r}")
        drawn = np.random.default_rng(seed).normal(size=(starts, len(self.spins), 3))
        found = [self.relaxed(n) for n in drawn]
        energies = np.array([self.energy(n) for n in found])
        same = energies - energies.min() <= 1e-9 * max(np.abs(energies).max(), np.finfo(float).tiny)
        first = int(np.argmax(same))
        return GroundState(found[first], float(energies[first]), int(same.sum()), starts, seed)

    def magnons(
        self,
        directions: ArrayLike,
        s: ArrayLike | str = "number",
        *,
        name: str = "magnons",
        reference: str = "",
        facts: str = "",
    ) -> NumericModel:
        """The magnons around a state, as a band structure with the metric "bosons".

        Parameters
        ----------
        directions : (sites, 3), those of the spins, the same in every cell; a local minimum of the energy.
        s : "number", that of the magnons; "S_x", "S_y", "S_z" or a vector a in spin space for sum_i a.S_i, of which -a.n_i b^+ b is the bilinear part
            (the part linear in b, which rotates all spins, is left out); or a Hermitian matrix of the size of H.

        Raises
        ------
        ValueError where a spin is not parallel to the field on it: the linear terms do not vanish.
        """
        n = _unit(directions, len(self.spins))
        self._require_equilibrium(n)
        u = frames(n)
        hoppings: dict[tuple[int, ...], ComplexArray] = {}
        N = len(n)

        def add(R: tuple[int, ...], a: int, b: int, value: complex) -> None:
            hoppings.setdefault(R, np.zeros((2 * N, 2 * N), dtype=complex))[a, b] += value

        zero = (0,) * len(self.lattice)
        for i in range(N):
            K, S = self.anisotropy[i], self.spins[i]
            add(zero, i, i, self.field @ n[i] + S * (u[i] @ K @ u[i].conj()) - 2 * S * n[i] @ K @ n[i])
            add(zero, i, i + N, S * (u[i] @ K @ u[i]))
        for b in self.bonds:
            i, j, back = b.i, b.j, tuple(-r for r in b.R)
            size = np.sqrt(self.spins[i] * self.spins[j]) / 2
            along, pair = size * (u[i] @ b.J @ u[j].conj()), size * (u[i] @ b.J @ u[j])
            add(b.R, i, j, along)
            add(back, j, i, np.conj(along))
            add(b.R, i, j + N, pair)
            add(back, j, i + N, pair)
            for site, other in ((i, j), (j, i)):
                add(zero, site, site, -self.spins[other] * (n[i] @ b.J @ n[j]))
        for t in hoppings.values():
            t[N:, N:] = t[:N, :N].conj()  # A(-k)^* has the conjugate hoppings
        full = {R: t.copy() for R, t in hoppings.items()}
        for R, t in hoppings.items():
            back = tuple(-r for r in R)
            full.setdefault(back, np.zeros_like(t))[N:, :N] = t[:N, N:].conj().T
        x = np.concatenate([self.positions, self.positions])
        about = {"name": name, "reference": reference, "facts": facts}
        return from_hoppings(full, _operator(s, n), self.lattice, positions=x, **about, metric="bosons")

    def _require_equilibrium(self, n: Array) -> None:
        fields = self.fields(n)
        sideways = np.linalg.norm(np.cross(fields, n), axis=1)
        worst = int(np.argmax(sideways))
        if sideways[worst] > _EQUILIBRIUM * max(np.linalg.norm(fields, axis=1).max(), np.finfo(float).tiny):
            raise ValueError(
                f"directions: expected spins along the fields on them, got site {worst} with a field of {sideways[worst]:.3g} across "
                f"and {float(-fields[worst] @ n[worst]):.3g} along; linear terms do not vanish, relaxed(directions) gives a minimum"
            )

    def with_field(self, field: ArrayLike) -> SpinLattice:
        return replace(self, field=np.asarray(field, dtype=float))


def _bond(bond: Bond | tuple[int, int, tuple[int, ...], ArrayLike], sites: int, dimension: int) -> Bond:
    i, j, R, J = (bond.i, bond.j, bond.R, bond.J) if isinstance(bond, Bond) else bond
    matrix = np.asarray(J, dtype=float)
    matrix = matrix * np.eye(3) if matrix.ndim == 0 else matrix
    place = tuple(int(r) for r in R)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or len(place) != dimension:
        raise ValueError(f"bonds: expected (i, j, {dimension} integers, a number or a 3 x 3 matrix), got {bond!r}")
    if not (0 <= i < sites and 0 <= j < sites) or (i == j and not any(place)):
        raise ValueError(f"bonds: expected two different sites, numbered from 0 to {sites - 1}, got {i} and {j} at {R}")
    return Bond(int(i), int(j), place, matrix)


def _unit(directions: ArrayLike, sites: int | None = None) -> Array:
    n = np.asarray(directions, dtype=float)
    if n.ndim != 2 or n.shape[1] != 3 or (sites is not None and len(n) != sites):
        raise ValueError(f"directions: expected shape ({sites or 'sites'}, 3), got {n.shape}")
    length = np.linalg.norm(n, axis=1, keepdims=True)
    if not (np.isfinite(n).all() and (length > 0).all()):
        raise ValueError(f"directions: expected finite vectors that are not zero, got {n.tolist()}")
    return np.asarray(n / length)


def frames(n: Array) -> ComplexArray:
    """u = e_1 + i e_2 for each direction n, e_1 x e_2 = n."""
    helper = np.eye(3)[np.argmin(np.abs(n), axis=1)]
    e_1 = np.cross(helper, n)
    e_1 /= np.linalg.norm(e_1, axis=1, keepdims=True)
    return np.asarray(e_1 + 1j * np.cross(n, e_1))


def _operator(s: ArrayLike | str, n: Array) -> ComplexArray:
    if isinstance(s, str):
        if s in ("S_x", "S_y", "S_z"):
            return _operator(np.eye(3)["xyz".index(s[-1])], n)
        if s != "number":
            raise ValueError(f"s: expected 'S_x', 'S_y', 'S_z', 'number', a vector or a matrix, got {s!r}")
        return np.eye(2 * len(n), dtype=complex)
    matrix = np.asarray(s, dtype=complex)
    if matrix.shape != (3,):
        return matrix
    carried = -(n @ matrix.real)
    return np.diag(np.concatenate([carried, carried])).astype(complex)
