"""Expressions read in the eigenbasis, as ``symcur.eigenstates`` does, with the nodes of a program as entries.

Orbitals with the same value of a diagonal s form a block. In J_i = (v_i s + s v_i)/2 the elements of v_i between the blocks
g and h carry (s_g + s_h)/2; so v_i and J_i, and whatever else is linear in v_i, share one set of elements.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from symcur import expressions as ex
from symcur.arrays import ObjectArray
from symcur.band_structures.formulas import Formulas
from symcur.eigenstates import Eigenbasis
from symcur.expressions import Expression
from symcur.expressions.calculus import collected
from symcur.expressions.interpreter import shifted
from symcur.kernels.spectrum import Spectrum
from symcur.program import Complex, Program
from symcur.program.matrices import hermitian

Nodes = ObjectArray  # of Complex


class ProgramStates(Eigenbasis):
    """A spectrum made of nodes in place of a numeric one, with a pattern of multiplets.

    ``matrices(name, axes)`` gives H, its derivatives and s as N x N nodes; ``multiplets`` the ranks of the multiplets
    by ascending energy.
    """

    def __init__(
        self,
        formulas: Formulas,
        program: Program,
        matrices: Callable[[str, tuple[Any, ...]], Nodes],
        found: Spectrum,
        multiplets: tuple[int, ...],
    ) -> None:
        N = formulas.H.rows
        self._constant, self._vectors, self._matrix = program.constant, found.vectors, matrices
        zero, one = Complex(program.zero), Complex(program.one)
        label = np.repeat(np.arange(len(multiplets)), multiplets)
        members = (label[:, None] == label).astype(int).astype(object)
        rank = members.sum(axis=-1)
        levels = (members @ np.array([Complex(level) for level in found.levels])) / rank
        inverse_gaps = np.full((N, N), zero)
        for n in range(N):
            for m in range(n + 1, N):
                if label[m] != label[n]:
                    inverse_gaps[n, m] = one / (levels[n] - levels[m])
                    inverse_gaps[m, n] = -inverse_gaps[n, m]
        identity = shifted(np.full((N, N), zero), one)
        super().__init__(levels + Complex(found.mean), members, rank, inverse_gaps, identity)
        diagonal = [formulas.s[a, a] for a in range(N)] if formulas.s.is_diagonal() else []
        self._blocks = [[a for a in range(N) if diagonal[a] == value] for value in dict.fromkeys(diagonal)]
        self._s_values = np.array([matrices("s", ())[block[0], block[0]] for block in self._blocks])
        self._block_elements: dict[tuple[Expression | None, int, int], Nodes] = {}

    def number(self, value: Any) -> Complex:
        return Complex(self._constant(value.x), self._constant(value.y))

    def part(self, values: Nodes, which: str) -> Nodes:
        return np.asarray(np.frompyfunc(lambda x: Complex(getattr(x, which)), 1, 1)(values))

    def elements(self, name: str, axes: tuple[ex.Axis, ...]) -> Nodes:
        orbitals = list(range(len(self.identity)))
        return _of_upper_half(self._between(self._matrix(name, axes), orbitals, orbitals))

    # -- between the blocks of s -------------------------------------------------------------------------------------
    def _operator(self, expression: Expression) -> Nodes:
        hermitian = isinstance(expression, ex.Operator) or (isinstance(expression, ex.Named) and expression.hermitian)
        weights = self._weights(expression) if hermitian and self._blocks else None
        if weights is None:
            return np.asarray(super()._operator(expression))
        result = self.identity * Complex(self._constant(0))
        for operator, weight in weights.items():
            if not isinstance(operator, ex.Operator):  # d_last + sum_g (d_g - d_last) 1_gg
                result = result + self.identity * weight[-1]
                for g in range(len(self._blocks) - 1):
                    if not _vanishes(weight[g] - weight[-1]):
                        result = result + _of_upper_half(self._block(None, g, g)) * (weight[g] - weight[-1])
                continue
            for g, h in np.ndindex(weight.shape):
                result = result + self._block(operator, g, h) * weight[g, h]
        return _of_upper_half(result)

    def _weights(self, expression: Expression) -> Weights | None:
        """The expression in terms of derivatives of H between blocks of s.

        None where it contains H itself, band letters or a product of two derivatives.
        """
        blocks = len(self._blocks)

        def operator(node: ex.Operator) -> Weights | None:
            if node == ex.s:
                return {None: self._s_values}
            return {node: np.full((blocks, blocks), Complex(self._constant(1)))} if node.axes else None

        rules: dict[type[Expression], Callable[..., Weights | None]] = {
            ex.Operator: operator,
            ex.Number: lambda node: {None: np.full(blocks, self.number(node.value))},
            ex.Named: lambda node, definition: definition,
            ex.Sum: _sum,
            ex.Product: lambda node, *factors: reduce(_product, factors),
        }
        return ex.fold(expression, rules, lambda node, *parts: None)

    def _block(self, operator: ex.Operator | None, g: int, h: int) -> Nodes:
        """X_gh (for None the identity in a block) in the eigenbasis."""
        key = (operator, g, h)
        if key not in self._block_elements:
            X = self.identity if operator is None else self._matrix(operator.name, operator.axes)
            self._block_elements[key] = self._between(X, self._blocks[g], self._blocks[h])
        return self._block_elements[key]

    def _between(self, X: Nodes, rows: list[int], columns: list[int]) -> Nodes:
        U = self._vectors
        result: Nodes = U[rows].conj().T @ (X[np.ix_(rows, columns)] @ U[columns])
        return result


Weights = dict[Expression | None, ObjectArray]
"""{operator X: c[g, h]} for sum_gh c_gh X_gh; under None the diagonal d[g] of what contains no operator but s."""


def _sum(node: Expression, *terms: Weights | None) -> Weights | None:
    known = [term for term in terms if term is not None]
    return collected(pair for term in known for pair in term.items()) if len(known) == len(terms) else None


def _product(a: Weights | None, b: Weights | None) -> Weights | None:
    if a is None or b is None or (set(a) != {None} and set(b) != {None}):
        return None
    return collected(
        (x or y, left[:, None] * right if x is None and y is not None else left * right)
        for x, left in a.items()
        for y, right in b.items()
    )


def _of_upper_half(X: Nodes) -> Nodes:
    return hermitian(lambda a, b: X[a, b], len(X))


def _vanishes(x: Complex) -> bool:
    return x.real.is_zero and x.imag.is_zero
