"""A continuum with a periodic potential in plane waves: one-valley models of moire superlattices.

The states are u(r) = sum_{G a} u_{G a} exp(i (G + o_a).r) |a>, G vectors of the reciprocal superlattice and o_a an offset of each
orbital (a layer's corner of its own zone), and position is i d/dk. With the kinetic matrix h(p), a polynomial, and the potential
sum_g V_g exp(i g.r),

    H_{G a, G' b}(k) = delta_{G G'} h_ab(k + G + o_a) + V_{G - G', ab},

whose derivatives are exact. s is a matrix between the orbitals, 1 between plane waves: it commutes with position and with every
shift of plane waves, so no value depends on the choice of the cell.

All G make H(k + b) = H(k) up to a shift of plane waves. Finitely many, |G + o_a| <= cutoff, break this: H(k) holds next to k = 0, and
the momenta of the cell are those next to k = 0 (``NearCell``). No symmetry that keeps k = 0 is broken, as it takes the G + o_a of one
orbital to those of one orbital. What is cut off changes numbers; ``larger`` is the same with all plane waves that the potential links
to those that are kept, by which observables estimate it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray, Indices
from symcur.band_structures.band_structure import BandStructure, Parameters, by_name
from symcur.band_structures.exact import number_array
from symcur.brillouin import Bending, LatticeCell

_HERMITIAN = 1e-12  # relative
_MOST = 400  # bands
_SAME = 1e-9  # relative: lengths that differ by less are one
_MESH = 8  # momenta along each axis at which energies of a larger basis are compared
_FAR, _STEPS = 3, 60  # vectors among which those that bound the zone are looked for; moves towards k = 0


class NearCell(LatticeCell):
    """The reciprocal cell of the momenta that are nearer to k = 0 than to any other reciprocal vector.

    ``shortest`` are the reciprocal vectors to whose middles it reaches, shape (number, D).
    """

    def __init__(self, vectors: ArrayLike) -> None:
        super().__init__(vectors)
        counts = np.stack(np.meshgrid(*([*range(-_FAR, _FAR + 1)],) * self.dimension, indexing="ij"), axis=-1)
        every = counts.reshape(-1, self.dimension) @ self.reciprocal
        faces = [
            b
            for b in every
            if b.any() and (np.linalg.norm(every - b / 2, axis=1) > np.linalg.norm(b) / 2 * (1 - 1e-9)).all()
        ]
        self.shortest: Array = np.array(faces)
        self.description = self.description.replace("one reciprocal cell", "the reciprocal cell around k = 0")

    def near(self, k: Array) -> Array:
        """k less the nearest vector of the reciprocal lattice, of the same shape (..., D)."""
        k = k - np.rint(k @ self.vectors.T / (2 * np.pi)) @ self.reciprocal
        for _ in range(_STEPS):
            over = k @ self.shortest.T / (self.shortest**2).sum(axis=1)
            worst = over.argmax(axis=-1)
            far = np.take_along_axis(over, worst[..., None], axis=-1) > 0.5 + 1e-12
            if not far.any():
                return np.asarray(k)
            k = k - np.where(far, self.shortest[worst], 0.0)
        raise ValueError(
            f"lattice: expected primitive vectors that are not much longer than needed, got {self.vectors.tolist()}"
        )

    def map(self, u: Array) -> tuple[Array, Array]:
        k, jacobian = super().map(u)
        return self.near(k), jacobian


class PlaneWaveModel(BandStructure):
    """One-valley continuum model of a superlattice in plane waves; everything but ``derive`` and ``verify`` takes it.

    Parameters
    ----------
    kinetic : h(p) = sum_axes kinetic[axes] p_axes[0] p_axes[1] ..., a mapping from ascending tuples of axes, () for the constant
        part, to Hermitian n x n matrices; they link orbitals of the same offset only.
    potentials : a mapping from D integers, which count reciprocal vectors of the superlattice, to n x n matrices V_g, with
        V_{-g} = V_g^+.
    s : a Hermitian n x n matrix between the orbitals, or a number.
    lattice : primitive vectors of the superlattice as rows, D = 1, 2 or 3.
    cutoff : plane waves with |G + o_a| <= cutoff are kept of orbital a.
    offsets : o_a, shape (n, D), Cartesian; 0 by default.

    filled : bands of each plane wave that are filled at neutrality, from where ``neutral`` of the bands fillings count: 0 for a lowest band, n/2 of Dirac
        electrons, which have none.
    parameters : what these numbers were made from, by name, to be told with results; they cannot be changed here.

    The N bands are those of the states ``orbitals``, their numbers a, shape (N,), with ``waves``, their G + o_a, shape (N, D); ``local`` is s between
    the orbitals and ``coupling`` the potential between the states, (N, N). Raises ValueError or TypeError naming the argument, what was
    expected and what was given.
    """

    kinetic: Mapping[tuple[int, ...], ComplexArray]
    potentials: Mapping[tuple[int, ...], ComplexArray]
    local: ComplexArray
    offsets: Array
    cell: NearCell
    cutoff: float
    filled: int
    s: ComplexArray
    waves: Array
    orbitals: Indices
    coupling: ComplexArray
    _blocks: Mapping[tuple[int, ...], tuple[Indices, Indices, ComplexArray]]
    parameters: Mapping[str, float]
    most = _MOST

    def __init__(
        self,
        kinetic: Mapping[tuple[int, ...], ArrayLike],
        potentials: Mapping[tuple[int, ...], ArrayLike],
        s: ArrayLike,
        *,
        lattice: ArrayLike,
        cutoff: float,
        offsets: ArrayLike | None = None,
        filled: int = 0,
        parameters: Mapping[str, float] | None = None,
        name: str = "model",
        reference: str = "",
        facts: str = "",
    ) -> None:
        cell = NearCell(number_array("lattice", lattice, float))
        D = cell.dimension
        h = _matrices("kinetic", kinetic, D, axes=True)
        n = len(next(iter(h.values())))
        V = _matrices("potentials", potentials, D, size=n) if potentials else {}
        shifts = np.zeros((n, D)) if offsets is None else number_array("offsets", offsets, float)
        if shifts.shape != (n, D) or not np.isfinite(shifts).all():
            raise ValueError(f"offsets: expected finite numbers of shape {(n, D)}, got {offsets!r}")
        _require_consistent(h, V, shifts)
        local = number_array("s", s)
        local = local * np.eye(n) if local.ndim == 0 else local
        if local.shape != (n, n) or np.abs(local - local.conj().T).max() > _HERMITIAN * np.abs(local).max():
            raise ValueError(f"s: expected a Hermitian matrix of shape {(n, n)}, that of the orbitals, got {s!r}")
        states = _States(cell, shifts, cutoff, self.most)
        full, coupling = states.matrix({(0,) * D: local}), states.matrix(V)
        full.setflags(write=False)
        vars(self).update(
            kinetic=h, potentials=V, local=local, offsets=shifts, cutoff=float(cutoff), cell=cell, dimension=D, s=full,
            size=len(full), positions=None, parameters=dict(parameters or {}), name=name, reference=reference, facts=facts,
            filled=filled, neutral=states.neutral(filled), waves=states.waves, orbitals=states.orbitals, coupling=coupling,
            _blocks={axes: states.linked((0,) * D, X) for axes, X in h.items()},
        )  # fmt: skip

    def arguments(self) -> dict[str, Any]:
        names = ("kinetic", "potentials", "cutoff", "offsets", "filled", "name", "reference", "facts")
        return {key: getattr(self, key) for key in names} | {
            "s": self.local,
            "lattice": self.cell.vectors,
            "parameters": self.parameters,
        }

    def values(self) -> dict[str, Any]:
        return dict(self.parameters)

    def with_values(self, parameters: Parameters = None, /, **by_keyword: Any) -> Self:
        if changed := by_name(parameters, by_keyword, self):
            raise ValueError(
                f"parameters: expected none to be changed of numbers in plane waves, got {', '.join(changed)}; make them anew"
            )
        return self

    def operator_matrices(self, name: str, k: Array, axes: tuple[int, ...]) -> ComplexArray:
        if name == "s":
            return np.broadcast_to(self.s, (len(k), *self.s.shape))
        p = k[:, None, :] + self.waves  # (M, N, D)
        result = np.zeros((len(k), *self.s.shape), dtype=complex)
        if not axes:
            result += self.coupling
        for monomial, (rows, columns, values) in self._blocks.items():
            factor, left = _differentiated(monomial, axes)
            if factor:
                result[:, rows, columns] += factor * np.prod(p[..., left], axis=-1)[:, rows] * values
        return result

    def time_reversed(self) -> Self:
        """The model of the opposite valley: H(-k)^* and s^*, with the plane waves -G."""
        h = {axes: (-1) ** len(axes) * X.conj() for axes, X in self.kinetic.items()}
        V = {tuple(-m for m in g): X.conj() for g, X in self.potentials.items()}
        return self.replace(kinetic=h, potentials=V, offsets=-self.offsets, s=self.local.conj())

    @cached_property
    def larger(self) -> PlaneWaveModel:
        """The same with all plane waves G + g that the potential V_g links to those that are kept, and at least with the next ones."""
        lengths = np.concatenate(
            [
                np.linalg.norm(_within(self.cell, self.cutoff + self._step, o) @ self.cell.reciprocal + o, axis=1)
                for o in self.offsets
            ]
        )
        longest = float(lengths[lengths > self.cutoff * (1 + _SAME)].min())
        for g, V in self.potentials.items():
            for to, of in np.argwhere(V).tolist():
                moved = (
                    self.waves[self.orbitals == of]
                    + np.array(g) @ self.cell.reciprocal
                    + self.offsets[to]
                    - self.offsets[of]
                )
                longest = max(longest, float(np.linalg.norm(moved, axis=1).max()))
        return _Larger(**{**self.arguments(), "cutoff": longest * (1 + _SAME)})

    @property
    def _step(self) -> float:
        return float(np.linalg.norm(self.cell.reciprocal, axis=1).max())

    @property
    def bending(self) -> Bending | None:
        """Known for h(p) up to second order: half of its second derivatives, the same at every k."""
        if any(len(axes) > 2 for axes in self.kinetic):
            return None
        norms = {axes: np.linalg.norm(values) for axes, (_, _, values) in self._blocks.items() if len(axes) == 2}

        def bound(k: Array, radius: Array, step: Array) -> Array:
            return np.asarray(sum((size * step[:, i] * step[:, j] for (i, j), size in norms.items()), np.zeros(len(k))))

        return bound

    @property
    def remarks(self) -> tuple[str, ...]:  # type: ignore[override]
        counts = np.bincount(self.orbitals)
        waves = f"{counts.min()}" if (counts == counts[0]).all() else f"{counts.min()} to {counts.max()}"
        return (f"{waves} plane waves of each of {len(counts)} orbitals: sums over states end with band {self.size}",)

    def left_out(self, bands: int) -> float:
        """The largest change of so many energies above neutrality, and below, of momenta of the zone when ``larger`` takes the place of this basis."""
        k = self.cell.momenta(_MESH, 0.37)
        found = [one.energies(k)[:, max(0, one.neutral - bands) : one.neutral + bands] for one in (self, self.larger)]
        return float(np.abs(found[0] - found[1]).max())


class _Larger(PlaneWaveModel):
    """What tells how far another model is from all plane waves."""

    most = 8 * _MOST


def _matrices(
    label: str, given: Any, dimension: int, *, size: int | None = None, axes: bool = False
) -> dict[tuple[int, ...], ComplexArray]:
    """Finite square matrices of one size by tuples of integers."""
    if not isinstance(given, Mapping) or not given:
        raise TypeError(f"{label}: expected a mapping from tuples of integers to matrices, got {given!r}")
    found: dict[tuple[int, ...], ComplexArray] = {}
    for key, value in given.items():
        place, matrix = (
            tuple(np.atleast_1d(np.array(key, dtype=object)).tolist()),
            np.atleast_2d(number_array(label, value)),
        )
        size = len(matrix) if size is None else size
        if matrix.shape != (size, size) or not np.isfinite(matrix).all():
            raise ValueError(f"{label}: expected finite matrices of shape {(size, size)}, got {value!r} for {key}")
        right = (
            all(i in range(dimension) for i in place) and list(place) == sorted(place)
            if axes
            else len(place) == dimension
        )
        if not right or not all(type(m) is int for m in place):
            kind = f"ascending axes from 0 to {dimension - 1}" if axes else f"{dimension} integers"
            raise ValueError(f"{label}: expected {kind} for each matrix, got {key!r}")
        found[place] = matrix
    return found


def _require_consistent(
    h: Mapping[Any, ComplexArray], V: Mapping[tuple[int, ...], ComplexArray], offsets: Array
) -> None:
    apart = np.abs(offsets[:, None] - offsets).max(axis=-1) > 0
    for axes, X in h.items():
        if np.abs(X - X.conj().T).max() > _HERMITIAN * np.abs(X).max():
            raise ValueError(f"kinetic: expected Hermitian matrices, got {X.tolist()} for {axes}")
        if X[apart].any():
            raise ValueError(
                f"kinetic: expected matrices that link orbitals of the same offset, got {X.tolist()} for {axes}; what links others "
                "belongs to the potentials"
            )
    largest = max((np.abs(X).max() for X in V.values()), default=0.0)
    for g, X in V.items():
        partner = V.get(tuple(-m for m in g), np.zeros_like(X))
        if np.abs(partner - X.conj().T).max() > _HERMITIAN * largest:
            raise ValueError(
                f"potentials: expected V_(-g) = V_g^+, got {X.tolist()} for g = {g} and {partner.tolist()} for -g"
            )


class _States:
    """The states G a of the orbitals with |G + o_a| <= cutoff, by |G|, then by a."""

    def __init__(self, cell: LatticeCell, offsets: Array, cutoff: float, most: int) -> None:
        self.offsets, found = offsets, [_within(cell, cutoff, o) for o in offsets]
        if not min(map(len, found)) or sum(map(len, found)) > most:
            raise ValueError(
                f"cutoff: expected one with at most {most} bands and with plane waves of every orbital, got {cutoff!r} with "
                f"{', '.join(str(len(one)) for one in found)} plane waves"
            )
        counts, orbitals = np.concatenate(found), np.repeat(np.arange(len(found)), [len(one) for one in found])
        lengths = (np.linalg.norm(counts @ cell.reciprocal, axis=1) / np.linalg.norm(cell.reciprocal)).round(9)
        order = np.lexsort((orbitals, *counts.T[::-1], lengths))
        self.counts, self.orbitals = counts[order], orbitals[order]
        self.waves = self.counts @ cell.reciprocal + offsets[self.orbitals]
        self._places = {
            (*G, a): j for j, (G, a) in enumerate(zip(self.counts.tolist(), self.orbitals.tolist(), strict=True))
        }

    def linked(self, g: tuple[int, ...], X: ComplexArray) -> tuple[Indices, Indices, ComplexArray]:
        """Rows, columns and values of what X between the orbitals makes of G a in G + g."""
        found = []
        for (*G, a), column in self._places.items():
            for to in np.flatnonzero(X[:, a]).tolist():
                row = self._places.get((*(one + more for one, more in zip(G, g, strict=True)), to))
                if row is not None:
                    found.append((row, column, X[to, a]))
        rows, columns, values = zip(*found, strict=True) if found else ((), (), ())
        return np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp), np.array(values, dtype=complex)

    def matrix(self, terms: Mapping[tuple[int, ...], ComplexArray]) -> ComplexArray:
        """The sum over g of X_g e^{i g.r} between the states, (N, N)."""
        result = np.zeros((len(self.counts),) * 2, dtype=complex)
        for g, X in terms.items():
            rows, columns, values = self.linked(g, X)
            result[rows, columns] += values
        return result

    def neutral(self, filled: int) -> int:
        """How many bands are filled at neutrality, ``filled`` of each plane wave."""
        numbers = np.bincount(self.orbitals)
        if type(filled) is not int or not 0 <= filled < len(numbers):
            raise ValueError(
                f"filled: expected an integer from 0 to {len(numbers) - 1}, those of the orbitals that are not all, got {filled!r}"
            )
        if filled and np.ptp(numbers):
            raise ValueError(
                f"filled: expected 0 where orbitals have different numbers of plane waves, here {numbers.tolist()}, got {filled!r}"
            )
        return filled * int(numbers[0])


def _within(cell: LatticeCell, cutoff: float, offset: Array) -> Indices:
    """The integers of all G with |G + offset| <= cutoff, shape (W, D)."""
    if isinstance(cutoff, bool) or not isinstance(cutoff, int | float | np.number) or not 0 <= cutoff < np.inf:
        raise ValueError(f"cutoff: expected a finite number >= 0, the largest |G + o| of plane waves, got {cutoff!r}")
    edges, middle = np.linalg.norm(cell.vectors, axis=1) / (2 * np.pi), -cell.vectors @ offset / (2 * np.pi)
    first, last = np.ceil(middle - cutoff * edges - _SAME), np.floor(middle + cutoff * edges + _SAME)
    if np.prod(np.maximum(last - first + 1, 0)) > 100 * _MOST:
        raise ValueError(f"cutoff: expected one with at most {_MOST} bands, got {cutoff!r}")
    axes = (np.arange(int(low), int(high) + 1) for low, high in zip(first, last, strict=True))
    counts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(edges))
    return np.asarray(counts[np.linalg.norm(counts @ cell.reciprocal + offset, axis=1) <= cutoff * (1 + _SAME)])


def _differentiated(monomial: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, list[int]]:
    """The factor and the axes that are left of p_a p_b ... differentiated along axes."""
    factor, left = 1, list(monomial)
    for axis in axes:
        factor *= left.count(axis)
        if not factor:
            return 0, []
        left.remove(axis)
    return factor, left
