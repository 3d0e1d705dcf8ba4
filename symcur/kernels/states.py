"""Expressions read in the eigenbasis, as ``symcur.eigenstates`` does, with the nodes of a program as entries.

Orbitals with the same value of a diagonal s form a block. In J_i = (v_i s + s v_i)/2 the elements of v_i between the blocks
g and h carry (s_g + s_h)/2; so v_i and J_i, and whatever else is linear in v_i, share one set of elements.

For bosons every operator X is read as g X, with the elements eta_a (T^+ X T)_ab, T the para-unitary matrix and eta_a the norm
of the state a; where g is diagonal too and made of signs, the orbitals of a block share the value of g s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import sympy as sp

from symcur import expressions as ex
from symcur.arrays import ObjectArray
from symcur.band_structures.metric import Metric
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

    ``matrices(name, axes)`` gives H, its derivatives and s as N x N nodes, ``s`` as a formula; ``multiplets`` the ranks of the multiplets
    by ascending energy.
    """

    def __init__(
        self,
        s: sp.Matrix,
        program: Program,
        matrices: Callable[[str, tuple[Any, ...]], Nodes],
        found: Spectrum,
        multiplets: tuple[int, ...],
        bosons: Metric | None = None,
    ) -> None:
        N = s.rows
        self._norms = [1] * N if bosons is None else bosons.norms.astype(int).tolist()
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
        norms = None if bosons is None else np.array(self._norms, dtype=object)
        super().__init__(levels + Complex(found.mean), members, rank, inverse_gaps, identity, norms)
        metric = np.eye(N) if bosons is None else bosons.matrix
        self._metric = [round(g.real) for g in np.diag(metric)]
        signs = set(self._metric) <= {1, -1} and np.array_equal(metric, np.diag(self._metric))
        separate = s.is_diagonal() and signs
        diagonal = [g * s[a, a] for a, g in enumerate(self._metric)] if separate else []
        self._blocks = [[a for a in range(N) if diagonal[a] == value] for value in dict.fromkeys(diagonal)]
        self._s_values = np.array([_signed(self._metric, matrices("s", ()))[b, b] for b, *_ in self._blocks])
        self._block_elements: dict[tuple[Expression | None, int, int], Nodes] = {}

    def number(self, number: ex.Number) -> Complex:
        return Complex(self._constant(number.value.x), self._constant(number.value.y))

    def part(self, values: Nodes, which: str) -> Nodes:
        return np.asarray(np.frompyfunc(lambda x: Complex(getattr(x, which)), 1, 1)(values))

    def elements(self, name: str, axes: tuple[ex.Axis, ...]) -> Nodes:
        orbitals = list(range(len(self.identity)))
        return self._of_upper_half(self._between(self._matrix(name, axes), orbitals, orbitals))

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
                        result = result + self._of_upper_half(self._block(None, g, g)) * (weight[g] - weight[-1])
                continue
            for g, h in np.ndindex(weight.shape):
                result = result + self._block(operator, g, h) * weight[g, h]
        return self._of_upper_half(result)

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
            ex.Number: lambda node: {None: np.full(blocks, self.number(node))},
            ex.Named: lambda node, definition: definition,
            ex.Sum: _sum,
            ex.Product: lambda node, *factors: reduce(_product, factors),
        }
        return ex.fold(expression, rules, lambda node, *parts: None)

    def _block(self, operator: ex.Operator | None, g: int, h: int) -> Nodes:
        """X_gh (for None the identity in a block) in the eigenbasis."""
        key = (operator, g, h)
        if key not in self._block_elements:
            X = _signed(self._metric, self.identity) if operator is None else self._matrix(operator.name, operator.axes)
            self._block_elements[key] = self._between(X, self._blocks[g], self._blocks[h])
        return self._block_elements[key]

    def _between(self, X: Nodes, rows: list[int], columns: list[int]) -> Nodes:
        U = self._vectors
        return _signed(self._norms, U[rows].conj().T @ (X[np.ix_(rows, columns)] @ U[columns]))

    def _of_upper_half(self, X: Nodes) -> Nodes:
        return _signed(self._norms, hermitian(lambda a, b: X[a, b] if self._norms[a] > 0 else -X[a, b], len(X)))


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


def _signed(signs: Sequence[int], X: Nodes) -> Nodes:
    """Row a times its sign."""
    return np.array([row if sign > 0 else -row for sign, row in zip(signs, X, strict=True)])


def _vanishes(x: Complex) -> bool:
    return x.real.is_zero and x.imag.is_zero
