"""The eigenstates of a band structure as an eigenbasis of numbers."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from symcur import expressions as ex
from symcur.arrays import AnyArray, Array, ComplexArray, Indices, Mask
from symcur.band_structures import BandStructure
from symcur.band_structures.arithmetic import product, times_each
from symcur.band_structures.levels import Closeness, amplification, follows
from symcur.eigenstates.basis import Eigenbasis
from symcur.eigenstates.filled import cumulated
from symcur.eigenstates.words import Factors, halves, reversed_factors


class Eigenstates(Eigenbasis):
    """The eigenstates of a band structure at points k, and the values of expressions there.

    ``left`` X ``vectors``, both (..., N, N), are the elements of X, see ``BandStructure.eigenstates``: the eigenvectors are columns,
    by ascending energy, for bosons para-unitary, with H and s read as g H and g s. ``amplification`` (...) is by what rounding errors exceed
    those of H: |H|/gap times the mean square of the vectors, 1 for electrons. ``levels`` (..., N) are the energies one by one,
    ``energies`` the means of multiplets.
    """

    def __init__(
        self,
        model: BandStructure,
        k: ArrayLike,
        tolerance: Closeness = None,
        *,
        known: tuple[Eigenstates, Mask | Indices] | None = None,
        up_to_phases: bool = False,
    ) -> None:
        """``known``: eigenstates, and which of their points are k, whose vectors and matrix elements are taken over. ``up_to_phases`` of
        the orbitals, in which matrices and vectors may then differ from those of the model, as traces do not."""
        self.model, self.k, self._known = model, model.points(k), known
        if known is None:
            self._matrix, self._covariant = model.at(self.k, up_to_phases), model.covariant_at(self.k)
            self.levels, self.left, self.vectors = self._solved()
        else:
            self.levels, self.left, self.vectors = (
                getattr(known[0], x)[known[1]] for x in ("levels", "left", "vectors")
            )
        energies = self.levels
        joined = self.joined = follows(model, energies, self.k, tolerance)
        norms = None
        self.amplification: Array = amplification(energies, joined)
        if model.bosons is not None:
            self.amplification = self.amplification * (np.abs(self.vectors) ** 2).sum(axis=(-1, -2)) / model.size
            model.bosons.require_separate_norms(energies, joined, self.k)
            norms = model.bosons.norms.astype(complex)
        members, rank = np.eye(energies.shape[-1], dtype=bool), np.ones(energies.shape)
        self._starts: Indices | None = None  # of multiplets, among the levels of all points, where there are some
        if joined.any():
            self._starts = np.flatnonzero(~joined)
            self._ranks = np.diff(self._starts, append=joined.size)
            label = np.cumsum(~joined, axis=-1)
            members = label[..., :, None] == label[..., None, :]
            rank = np.repeat(self._ranks, self._ranks).reshape(rank.shape).astype(float)
            energies = self.over_multiplets(energies) / rank
        gaps = energies[..., :, None] - energies[..., None, :]
        np.copyto(gaps, np.inf, where=members)
        # Complex as what they multiply.
        members, inverse_gaps = members.astype(complex), (1 / gaps).astype(complex)
        super().__init__(energies, members, rank, inverse_gaps, np.eye(model.size, dtype=complex), norms)
        self._turned_gaps: dict[ex.Expression, ComplexArray] = {}

    def _solved(self) -> tuple[Array, ComplexArray, ComplexArray]:
        return self.model.diagonalized(self._matrix("H", ()), self.k)

    def rejoined(self, tolerance: Closeness, where: Mask | Indices) -> Eigenstates:
        """The same states at some of the points with other multiplets."""
        return Eigenstates(self.model, self.k[where], tolerance, known=(self, where))

    def rotated(self, operator: AnyArray) -> ComplexArray:
        """The elements of a matrix (N, N) in the eigenbasis."""
        return product(times_each(self.left, operator), self.vectors)

    def with_s(self, elements: ComplexArray) -> Self:
        """The same states, with what is known of them, and another s, by its elements (..., N, N) in the eigenbasis."""
        other = copy(self)
        other._operators = {X: found for X, found in self._operators.items() if not has_s(X)} | {ex.s: elements}
        other._rows, other._diagonals, other._traces, other.filled_traces, *parts = (
            {factors: found for factors, found in known.items() if not any(map(has_s, factors))}
            for known in self._words
        )
        other._parts = dict(zip(self._parts, parts, strict=True))
        return other

    @property
    def _words(self) -> tuple[dict[Factors, Any], ...]:
        """What is known of words."""
        return self._rows, self._diagonals, self._traces, self.filled_traces, *self._parts.values()

    @property
    def nbytes(self) -> int:
        """How many bytes the arrays hold that are known so far."""
        held = [self.levels, self.vectors, self.left, self.members, self.inverse_gaps]
        tables: tuple[dict[Any, Any], ...] = (self._powers, self._turned_gaps, self._operators, *self._words)
        for known in tables:
            held += known.values()
        return sum({id(array): array.nbytes for array in held}.values())

    def number(self, number: ex.Number) -> complex:
        return _number(number)

    def value(self, expression: ex.Expression) -> Any:
        return super().value(ex.covariant(expression) if self.model.covariant else expression)

    def elements(self, name: str, axes: tuple[ex.Axis, ...]) -> ComplexArray:
        numbers = tuple(axis for axis in map(ex.momentum, axes) if isinstance(axis, int))
        if len(numbers) < len(axes):
            raise ValueError(f"expression: expected integer axes, 0 for x, where numbers are asked for, got {axes}")
        if self._known is not None:
            return np.asarray(self._known[0].operator(ex.Operator(name, axes))[self._known[1]])
        if name not in ("H", "s") or ex.Covariant in map(type, axes):
            return np.asarray(self.left @ self._covariant(name, numbers) @ self.vectors)
        if name != "s" or self.model.covariant:
            return product(self._bras(self._matrix(name, numbers)), self.vectors)
        s = self.model.matrix("s", np.zeros(self.model.dimension))  # the same at every k
        return product(self._bras(s), self.vectors)

    def _bras(self, X: ComplexArray) -> ComplexArray:
        """left @ X, for a diagonal X without the sum, as velocities and s are in plane waves; X of shape (N, N) or (..., N, N)."""
        if is_diagonal(X):
            return self.left * np.diagonal(X, axis1=-2, axis2=-1)[..., None, :]
        return product(self.left, X)

    def _product(self, X: Any, Y: Any) -> Any:
        return product(X, Y)

    def derivative(self, axes: tuple[int, ...]) -> ComplexArray:
        """That of H between the orbitals, (..., N, N)."""
        return self._matrix("H", axes)

    def over_multiplets(self, values: AnyArray) -> AnyArray:
        if self._starts is None:
            return values
        sums = np.add.reduceat(values.ravel(), self._starts)
        return np.repeat(sums, self._ranks).reshape(values.shape)

    def filled(self, operand: ex.Expression) -> Any:
        found = cumulated(self, operand)
        return super().filled(operand) if found is None else found

    def part(self, values: Any, which: str) -> Any:
        return getattr(values, which)

    def _part_of_diagonal(self, factors: Factors, which: str) -> Any:
        """Re sum_b x_ab^* y_ab as a product of twice as many real numbers; the imaginary part is that with i x or -i y."""
        left, right = halves(factors)
        x, y = reversed_factors(right), left
        if not right or factors in self._diagonals or self.norms is not None or reversed_factors(factors) == factors:
            return super()._part_of_diagonal(factors, which)
        if which == "real":
            return _real_product(self.rows(x), self.rows(y))
        if isinstance(y[-1], ex.Resolvent):
            return -_real_product(self.rows(x), self._turned(y))
        if isinstance(x[-1], ex.Resolvent):
            return _real_product(self._turned(x), self.rows(y))
        return super()._part_of_diagonal(factors, which)

    def _turned(self, factors: Factors) -> Any:
        """i times the rows of factors that end with a resolvent, without these."""
        key = (*factors, ex.I)
        if key not in self._rows:
            S = factors[-1]
            assert isinstance(S, ex.Resolvent)
            if S not in self._turned_gaps:
                self._turned_gaps[S] = 1j * self._gaps(S.power)
            self._rows[key] = self.rows(factors[:-1]) * self._turned_gaps[S]
        return self._rows[key]

    def _closed(self, rows: Any, others: Any) -> Any:
        if self.norms is None:
            return np.vecdot(others, rows)
        return np.vecdot(others, rows * self.norms) * self.norms

    @property
    def distinct(self) -> Array:
        """The number of distinct energies at each point."""
        return np.asarray((1 / self.rank).sum(axis=-1))


def is_diagonal(X: ComplexArray) -> bool:
    """Whether all of the matrices (..., N, N) are."""
    first = X.reshape(-1, *X.shape[-2:])[:1]  # decides for most
    if np.count_nonzero(first) > X.shape[-1]:
        return False
    return bool(np.count_nonzero(X) == np.count_nonzero(np.diagonal(X, axis1=-2, axis2=-1)))


def _real_product(x: ComplexArray, y: ComplexArray) -> Array:
    """Re sum_b x_ab^* y_ab, (..., N)."""
    return np.vecdot(*((z if z.flags.c_contiguous else z.copy()).view(float) for z in (x, y)))


@cache
def has_s(expression: ex.Expression) -> bool:
    return any(node == ex.s for node in ex.walk(expression))


@cache
def _number(number: ex.Number) -> complex:
    return complex(number.value.x, number.value.y) if number.value.y else float(number.value.x)
