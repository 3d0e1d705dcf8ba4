"""A continuum with a periodic potential in plane waves: one-valley models of moire superlattices.

The states are u(r) = sum_{G a} u_{G a} exp(i (G + o_a).r) |a>, G vectors of the reciprocal superlattice and o_a an offset of each
orbital (a layer's corner of its own zone), and position is i d/dk. With the kinetic matrix h(p), a polynomial, and the potential
sum_g V_g exp(i g.r),

    H_{G a, G' b}(k) = delta_{G G'} h_ab(k + G + o_a) + V_{G - G', ab},

whose derivatives are exact. s is a matrix between the orbitals, 1 between plane waves: it commutes with position and with every
shift of plane waves, so no value depends on the choice of the cell.

All G make H(k + b) = H(k) up to a shift of plane waves. Finitely many, |G| <= cutoff, break this: H(k) holds next to k = 0, and the
momenta of the cell are those next to k = 0 (``NearCell``). What is cut off changes numbers; ``larger`` is the same with all plane
waves that the potential links to those that are kept, by which observables estimate it.
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
_MOST = 400  # plane waves times orbitals
_FACE = 12  # momenta along each axis that are moved to the faces of the zone
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

    def momenta(self, n: int, offset: ArrayLike = 0.0) -> Array:
        return self.near(super().momenta(n, offset))

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
    cutoff : plane waves with |G| <= cutoff are kept.
    offsets : o_a, shape (n, D), Cartesian; 0 by default.

    filled : bands of each plane wave that are filled at neutrality, from where ``neutral`` of the bands fillings count: 0 for a lowest band, n/2 of Dirac
        electrons, which have none.
    parameters : what these numbers were made from, by name, to be told with results; they cannot be changed here.

    ``waves`` are the G, shape (W, D), and the bands are W n, plane wave after plane wave; ``local`` is s between the orbitals and
    ``coupling`` the potential between plane waves, (W, n, W, n). Raises ValueError or TypeError naming the
    argument, what was expected and what was given.
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
    coupling: ComplexArray
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
        counts = _within(cell, cutoff)
        if len(counts) * n > self.most:
            raise ValueError(
                f"cutoff: expected one with at most {self.most} bands, got {cutoff!r} with {len(counts) * n}"
            )
        if type(filled) is not int or not 0 <= filled < n:
            raise ValueError(
                f"filled: expected an integer from 0 to {n - 1}, those of the orbitals that are not all, got {filled!r}"
            )
        full = np.kron(np.eye(len(counts)), local)
        full.setflags(write=False)
        vars(self).update(
            kinetic=h, potentials=V, local=local, offsets=shifts, cutoff=float(cutoff), cell=cell, dimension=D, s=full,
            size=len(full), positions=None, parameters=dict(parameters or {}), name=name, reference=reference, facts=facts,
            filled=filled, neutral=filled * len(counts), waves=counts @ cell.reciprocal, coupling=_coupling(counts, V, n),
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
        p = k[:, None, None, :] + self.waves[:, None, :] + self.offsets  # (M, W, n, D)
        blocks: Any = 0.0
        for monomial, matrix in self.kinetic.items():
            factor, left = _differentiated(monomial, axes)
            if factor:
                blocks = blocks + factor * np.prod(p[..., left], axis=-1)[..., None] * matrix
        n, W = len(self.local), len(self.waves)
        result = np.empty((len(k), W, n, W, n), dtype=complex)
        result[:] = 0.0 if axes else self.coupling
        result[:, range(W), :, range(W), :] += np.moveaxis(np.broadcast_to(blocks, (len(k), W, n, n)), 1, 0)
        return result.reshape(len(k), W * n, W * n)

    def time_reversed(self) -> Self:
        """The model of the opposite valley: H(-k)^* and s^*, with the plane waves -G."""
        h = {axes: (-1) ** len(axes) * X.conj() for axes, X in self.kinetic.items()}
        V = {tuple(-m for m in g): X.conj() for g, X in self.potentials.items()}
        return self.replace(kinetic=h, potentials=V, offsets=-self.offsets, s=self.local.conj())

    @cached_property
    def larger(self) -> PlaneWaveModel:
        """The same with all plane waves G + g that the potential V_g links to those that are kept, and at least with the next ones."""
        lengths = np.linalg.norm(_within(self.cell, 2 * self.cutoff + self._step) @ self.cell.reciprocal, axis=1)
        following = float(lengths[lengths > self.cutoff * (1 + 1e-9)].min())
        shifts = [np.array(g) @ self.cell.reciprocal for g, V in self.potentials.items() if V.any()]
        linked = max((float(np.linalg.norm(self.waves + g, axis=1).max()) for g in shifts), default=0.0)
        return _Larger(**{**self.arguments(), "cutoff": max(following, linked) * (1 + 1e-9)})

    @property
    def _step(self) -> float:
        return float(np.linalg.norm(self.cell.reciprocal, axis=1).max())

    @property
    def bending(self) -> Bending | None:
        """Known for h(p) up to second order: half of its second derivatives, the same at every k."""
        if any(len(axes) > 2 for axes in self.kinetic):
            return None
        norms = {
            axes: np.linalg.norm(X) * np.sqrt(len(self.waves)) for axes, X in self.kinetic.items() if len(axes) == 2
        }

        def bound(k: Array, radius: Array, step: Array) -> Array:
            return np.asarray(sum((size * step[:, i] * step[:, j] for (i, j), size in norms.items()), np.zeros(len(k))))

        return bound

    @property
    def remarks(self) -> tuple[str, ...]:  # type: ignore[override]
        return (
            f"{len(self.waves)} plane waves of {len(self.local)} orbitals: sums over states end with band {self.size}",
        )

    def broken_periodicity(self, bands: int) -> float:
        """The largest difference of so many energies above neutrality, and below, between opposite faces of the zone; 0 if all waves were kept."""
        k, b = self.cell.momenta(_FACE, 0.37), self.cell.shortest
        k = k - (k @ b.T / (b**2).sum(axis=1)).T[..., None] * b[:, None] + b[:, None] / 2
        near = slice(max(0, self.neutral - bands), self.neutral + bands)
        at = np.linalg.norm(k, axis=-1) <= np.linalg.norm(self.cell.near(k), axis=-1) * (1 + 1e-9)
        one, other = (self.energies(x[at])[:, near] for x in (k, k - b[:, None]))
        return float(np.abs(one - other).max())


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


def _within(cell: LatticeCell, cutoff: float) -> Indices:
    """The integers of all G with |G| <= cutoff, shape (W, D)."""
    if isinstance(cutoff, bool) or not isinstance(cutoff, int | float | np.number) or not 0 <= cutoff < np.inf:
        raise ValueError(f"cutoff: expected a finite number >= 0, the largest |G| of plane waves, got {cutoff!r}")
    reach = np.floor(cutoff * np.linalg.norm(cell.vectors, axis=1) / (2 * np.pi) + 1e-9).astype(int)
    if np.prod(2 * reach + 1.0) > 100 * _MOST:
        raise ValueError(f"cutoff: expected one with at most {_MOST} bands, got {cutoff!r}")
    counts = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(
        -1, len(reach)
    )
    lengths = np.linalg.norm(counts @ cell.reciprocal, axis=1)
    order = np.argsort(lengths, kind="stable")
    return np.asarray(counts[order[lengths[order] <= cutoff * (1 + 1e-9)]])


def _coupling(counts: Indices, V: Mapping[tuple[int, ...], ComplexArray], n: int) -> ComplexArray:
    """V_{G - G'} between all plane waves, shape (W, n, W, n)."""
    places = {tuple(G): j for j, G in enumerate(counts.tolist())}
    result = np.zeros((len(counts), n, len(counts), n), dtype=complex)
    for g, X in V.items():
        for G, j in places.items():
            if (source := places.get(tuple(a - b for a, b in zip(G, g, strict=True)))) is not None:
                result[j, :, source] += X
    return result


def _differentiated(monomial: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, list[int]]:
    """The factor and the axes that are left of p_a p_b ... differentiated along axes."""
    factor, left = 1, list(monomial)
    for axis in axes:
        factor *= left.count(axis)
        if not factor:
            return 0, []
        left.remove(axis)
    return factor, left
