"""States that come in pairs u, Theta u at every momentum: one of each pair is read, and its partner follows.

In a basis w_1, Theta w_1, w_2, ... of an antiunitary Theta with Theta^2 = -1 that commutes with H(k), matrices are made of
quaternions: blocks (a, -c^*; c, a^*), and i times that where Theta turns an operator around, as it does spin. Elements of a product
between two Theta u are the conjugates of those between the u, times a sign for each letter that Theta turns around.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce
from operator import mul
from typing import Any, Self

import numpy as np

from symcur import expressions as ex
from symcur.arrays import Array, ComplexArray, Indices, Mask
from symcur.band_structures import BandStructure
from symcur.band_structures.kramers import EXACT
from symcur.band_structures.levels import Closeness
from symcur.eigenstates.filled import cumulated
from symcur.eigenstates.states import Eigenstates, has_s
from symcur.eigenstates.words import Factors


class KramersPairs(Eigenstates):
    """The eigenstates of a band structure in a basis of pairs (``band_structures.kramers``), u of each pair, then all Theta u.

    ``energies``, ``levels`` and values belong to pairs, (..., N/2), each value to one of its two states; operators are rows of all u,
    (..., N/2, N). ``parity`` is 1 where s commutes with Theta and -1 where it anticommutes.
    """

    def __init__(
        self,
        model: BandStructure,
        k: Array,
        tolerance: Closeness,
        parity: int,
        *,
        known: tuple[Eigenstates, Mask | Indices] | None = None,
    ) -> None:
        super().__init__(model, k, tolerance, known=known)
        self.parity, self._apart, self.rank = parity, False, 2 * self.rank
        self.members, self.inverse_gaps = (np.concatenate([x, x], axis=-1) for x in (self.members, self.inverse_gaps))
        self.identity = self.identity[: model.size // 2]
        self._powers, self._rows = {1: self.inverse_gaps}, {(): self.identity}
        self._whole: dict[ex.Expression, ComplexArray] = {}

    def _solved(self) -> tuple[Array, ComplexArray, ComplexArray]:
        levels, u = diagonalized(self._matrix("H", ()))
        return levels, u.conj().mT, np.concatenate([u, partners(u)], axis=-1)

    def rejoined(self, tolerance: Closeness, where: Mask | Indices) -> KramersPairs:
        return KramersPairs(self.model, self.k[where], tolerance, self.parity, known=(self, where))

    def with_s(self, elements: ComplexArray) -> Self:
        other = super().with_s(elements)
        other._whole = {X: found for X, found in self._whole.items() if not has_s(X)}
        return other

    def filled(self, operand: ex.Expression) -> Any:
        found = cumulated(self, operand, KramersPairs._up_to)
        if found is None:
            raise NoParityError("expression: expected a trace over one band, got another one over filled bands")
        return found

    def _up_to(self, before: ex.Expression, i: ex.Axis, l: ex.Axis) -> ComplexArray:
        """``filled.up_to`` with both states of the pairs up to n filled, (..., N/2).

        a' is one of the u, a and b are u and Theta u; with K_{ba'} = (G_l)_{a'b}^*, since v is Hermitian.
        """
        X, n = self.operator(before), self.identity.shape[0]
        G, K = self.operator(ex.v(i)) * self.inverse_gaps, (self.operator(ex.v(l)) * self.inverse_gaps).conj()
        whole, last = self._with_partners(G, 1), np.tri(n)
        both = K * ((X * np.tile(last, 2)) @ whole)
        for a in (slice(0, n), slice(n, None)):
            both += whole[..., a, :] * (np.triu(X[..., a], 1).mT @ K)
        found = (np.cumsum(both[..., :n] + both[..., n:], axis=-2) * (1 - last)).sum(axis=-1)
        return np.asarray(found + parity((before,), self.parity) * found.conj())

    @property
    def _of_all(self) -> Array:
        return np.concatenate([self.energies, self.energies], axis=-1)

    def _on_the_right(self, expression: ex.Expression) -> ComplexArray:
        if expression not in self._whole:
            self._whole[expression] = self._with_partners(self.operator(expression), parity((expression,), self.parity))
        return self._whole[expression]

    def _with_partners(self, rows: ComplexArray, sign: int) -> ComplexArray:
        n = rows.shape[-2]
        whole = np.empty((*rows.shape[:-2], 2 * n, 2 * n), dtype=complex)
        whole[..., :n, :] = rows
        np.conjugate(rows[..., :n], out=whole[..., n:, n:])
        np.conjugate(rows[..., n:], out=whole[..., n:, :n])
        other = whole[..., n:, :n] if sign > 0 else whole[..., n:, n:]
        np.negative(other, out=other)
        return whole

    def _adjoint(self, X: ComplexArray, expression: ex.Expression) -> ComplexArray:
        """Rows of the adjoint: (A, B) becomes (A^+, -+B^T)."""
        n, result = X.shape[-2], np.empty_like(X)
        np.conjugate(X[..., :n].mT, out=result[..., :n])
        np.multiply(X[..., n:].mT, -parity((expression,), self.parity), out=result[..., n:])
        return result

    def _total(self, factors: Factors) -> Any:
        found = super()._total(factors)
        return 2 * found.real if parity(factors, self.parity) > 0 else 2j * found.imag


def partners(u: ComplexArray) -> ComplexArray:
    """Theta of columns, (..., N, n)."""
    result = np.empty_like(u)
    np.conjugate(u[..., ::2, :], out=result[..., 1::2, :])
    np.negative(u[..., 1::2, :].conj(), out=result[..., ::2, :])
    return result


def diagonalized(H: ComplexArray) -> tuple[Array, ComplexArray]:
    """The energies of pairs (M, n) and u of each (M, N, n) of matrices of quaternions (M, N, N).

    Reflections with quaternions make H tridiagonal and real (Householder, as Bunse-Gerstner, Byers and Mehrmann, Numer. Math. 55, 83
    (1989)), so that pairs stay orthogonal however close their energies are.
    """
    H, n = H.copy(), H.shape[-1] // 2
    real, phase = np.zeros((len(H), n, n)), np.broadcast_to(np.eye(2, dtype=complex), (len(H), 2, 2))
    phases, reflections = np.empty((len(H), 2 * n, 1), dtype=complex), []
    for j in range(n):
        real[:, j, j] = H[:, 2 * j, 2 * j].real
        phases[:, 2 * j : 2 * j + 2] = phase[..., :1]
        if j + 1 < n:
            rest = slice(2 * j + 2, None)
            y, size, turn = _reflection(H[:, rest, 2 * j])
            inner, adjoint = H[:, rest, rest], y.conj().mT
            w = inner @ y
            w -= y @ ((adjoint @ w) / 2)
            inner -= np.concatenate([y, w], axis=-1) @ np.concatenate([w.conj().mT, adjoint], axis=-2)
            real[:, j + 1, j] = size
            phase = -turn @ phase
            reflections.append((rest, y, adjoint))
    levels, Z = np.linalg.eigh(real)
    u = phases * np.repeat(Z, 2, axis=-2)
    for rest, y, adjoint in reversed(reflections):
        part = u[:, rest]
        part -= y @ (adjoint @ part)
    return levels, u


def _reflection(x: ComplexArray) -> tuple[ComplexArray, Array, ComplexArray]:
    """y (M, m, 2) with which 1 - y y^+ takes the quaternions x (M, m) to their norm (M) times minus a phase (M, 2, 2), in the first."""
    size, head = np.sqrt(np.vecdot(x, x).real), np.sqrt(np.vecdot(x[:, :2], x[:, :2]).real)
    first = np.where((head > 0)[:, None], x[:, :2] / np.where(head > 0, head, 1)[:, None], [1, 0])
    y = x.copy()
    y[:, :2] += size[:, None] * first
    length = np.sqrt(size * (size + head))
    y /= np.where(length > 0, length, np.inf)[:, None]
    pair, turn = (np.concatenate([z[..., None], partners(z[..., None])], axis=-1) for z in (y, first))
    return pair, size, turn


def parity_of(operators: Sequence[ComplexArray]) -> int:
    """1 where Theta commutes with all these matrices (N, N), -1 where it anticommutes with all of them, 0 otherwise."""
    for sign in (1, -1):
        if all(np.abs(partners(X[:, ::2]) - sign * X[:, 1::2]).max() <= EXACT * np.abs(X).max() for X in operators):
            return sign
    return 0


class NoParityError(ValueError):
    """Something in a product neither commutes nor anticommutes with Theta, or is no product of operators."""


@cache
def parity(factors: Factors, of_s: int) -> int:
    """1 where the product commutes with Theta, -1 where it anticommutes; raises NoParityError where it does neither."""
    return reduce(mul, (_parity(factor, of_s) for factor in factors), 1)


def _parity(expression: ex.Expression, of_s: int) -> int:
    match expression:
        case ex.Operator(name, _):
            return of_s if name == "s" else 1
        case ex.Projector() | ex.Resolvent() | ex.BandEnergy() | ex.Re() | ex.Im():
            return 1
        case ex.Number(value) if not value.y or not value.x:
            return -1 if value.y else 1
        case ex.Named(_, definition):
            return _parity(definition, of_s)
        case ex.Product(factors):
            return parity(factors, of_s)
        case ex.Sum(terms) if len(signs := {_parity(term, of_s) for term in terms}) == 1:
            return signs.pop()
    raise NoParityError(
        f"expression: expected a product of operators that Theta keeps or turns around, got {expression}"
    )
