"""N bands: P, S, S^2, ... of the band with energy E as nodes of a straight-line program, without eigenvectors.

With the distinct energies e_1 ... e_d of H, q(z) = prod_a (z - e_a) is the square-free part of the characteristic
polynomial and q(H) = 0, so that the resolvent is R(z) = (z - H)^(-1) = B(z)/q(z), B(z) = (q(z) - q(H))/(z - H).
Around an energy E of H (T. Kato, Perturbation Theory for Linear Operators, I-5.3),

    R(E + x) = P/x + S - S^2 x + S^3 x^2 - ...,

with P the projector onto the whole multiplet. The coefficients follow from those of B and q by division of power series.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from math import comb
from typing import Any

import numpy as np
import sympy as sp
from sympy import QQ

from symcur.arrays import ObjectArray
from symcur.band_structures import Model
from symcur.closed_forms.letters import letters
from symcur.expressions import MatrixInterpreter
from symcur.expressions.interpreter import shifted
from symcur.program import Complex, Program, Scalar, from_sympy
from symcur.program.matrices import (
    hermitian,
    hermitian_product,
    matrix_of_any_nodes,
    matrix_of_nodes,
    trace,
    trace_of_any_product,
    trace_of_product,
)


class Resolvent:
    """P, S, S^2, ... of a traceless matrix H (object array of Complex) at its energy E, shared by all that reads them.

    Its powers have real traces; it is Hermitian, or not (g H of bosons, whose energies are real).

    ``multiplicities`` are those of the distinct energies; where they are all equal, q follows from the power sums
    Tr H^j / r by Newton's identities (the Faddeev-LeVerrier recursion); otherwise q is the orthogonal polynomial of
    degree d of the measure sum_a r_a delta(z - e_a), whose moments are Tr H^j (the Stieltjes recursion).
    """

    def __init__(
        self, program: Program, H: ObjectArray, energy: Scalar, multiplicities: Sequence[int], is_hermitian: bool = True
    ) -> None:
        self.program, self.H, self.energy, self._hermitian = program, H, energy, is_hermitian
        self._product = hermitian_product if is_hermitian else np.matmul
        self._trace_of_product = trace_of_product if is_hermitian else trace_of_any_product
        self.distinct = len(multiplicities)
        self.identity = matrix_of_nodes(program, sp.eye(len(H)))
        self.labels: dict[int, str] = {}
        self._label("z", energy)
        self._label_matrix("H" if is_hermitian else "gH", H)
        uniform = multiplicities[0] if len(set(multiplicities)) == 1 else None
        self.polynomial, self.matrices = self._faddeev_leverrier(uniform) if uniform else self._stieltjes()
        for j, coefficient in enumerate(self.polynomial):
            self._label(f"c_{j}", coefficient)
        self.series: list[ObjectArray] = []
        self.slopes = [self._derivative(self.polynomial, j, program.zero) for j in range(1, self.distinct + 1)]
        for j, value in enumerate(self.slopes, 1):
            self._label(f"q_{j}", value)
        projector = self.coefficient(-1)
        self.rank: Scalar = program.constant(uniform) if uniform else trace(projector)

    def _faddeev_leverrier(self, multiplicity: int) -> tuple[list[Scalar], list[ObjectArray]]:
        """Coefficients c_0 ... c_d = 1 of q, and M_0 ... M_(d-1) with B(z) = sum_j M_j z^j."""
        d = self.distinct
        c, M = [self.program.one], [self.identity]
        for j in range(1, d + 1):
            product = self._product(self.H, M[0])
            c.insert(0, trace(product) * sp.Rational(-1, j * multiplicity) if j > 1 else self.program.zero)  # Tr H = 0
            if j < d:
                M.insert(0, shifted(product, c[0]))
        return c, M

    def _stieltjes(self) -> tuple[list[Scalar], list[ObjectArray]]:
        """The same for unequal multiplicities; the norms Tr pi_j(H)^2 vanish only where distinct energies touch."""
        zero = self.program.zero
        pi, matrix = np.array([self.program.one]), self.identity
        before = before_matrix = before_norm = None
        for _ in range(self.distinct):
            H_pi, norm = self._product(self.H, matrix), self._trace_of_product(matrix, matrix)
            a = self._trace_of_product(H_pi, matrix) / norm
            following = np.array([zero, *pi])
            following[:-1] -= pi * a
            following_matrix = H_pi + matrix * -a
            if before_norm is not None:
                b = norm / before_norm
                following[:-2] -= before * b
                following_matrix = following_matrix + before_matrix * -b
            before, before_matrix, before_norm = pi, matrix, norm
            pi, matrix = following, following_matrix
        M = [self.identity]
        for j in range(self.distinct - 1, 0, -1):
            M.insert(0, shifted(self._product(self.H, M[0]), pi[j]))
        return list(pi), M

    def _derivative(self, coefficients: Sequence[Any], order: int, zero: Any) -> Any:
        """The derivative of sum_j c_j z^j at E, over order!, by Horner's rule."""
        result = zero
        for j in range(len(coefficients) - 1, order - 1, -1):
            result = result * self.energy + coefficients[j] * comb(j, order)
        return result

    def coefficient(self, power: int) -> ObjectArray:
        """The coefficient of x^power in R(E + x), power >= -1: P, S, -S^2, S^3, ..."""
        while len(self.series) <= power + 1:
            order = len(self.series)
            value = self._derivative(self.matrices, order, self.identity * self.program.zero)
            for j in range(1, min(order, self.distinct - 1) + 1):
                value = value + self.series[order - j] * -self.slopes[j]
            value = self._divided(value, self.slopes[0])
            self.series.append(value)
            self._label_matrix({0: "P", 1: "S"}.get(order, f"R{order - 1}_"), value)
        return self.series[power + 1]

    def _divided(self, matrix: ObjectArray, number: Scalar) -> ObjectArray:
        return hermitian(lambda a, b: matrix[a, b] / number, len(matrix)) if self._hermitian else matrix / number

    @property
    def projector(self) -> ObjectArray:
        return self.coefficient(-1)

    def resolvent_power(self, power: int) -> ObjectArray:
        """S^power, power >= 1."""
        matrix = self.coefficient(power - 1)
        return matrix if power % 2 else -matrix

    def _label(self, name: str, value: Scalar) -> None:
        if value.number is None and self.program.nodes[value.node][0] != "input":
            self.labels.setdefault(value.node, name)

    def _label_matrix(self, name: str, matrix: ObjectArray) -> None:
        for a in range(len(matrix)):
            self._label(f"{name}{a + 1}{a + 1}", matrix[a, a].real)
            for b in range(a + 1 if self._hermitian else 0, len(matrix)):
                self._label(f"Re{name}{a + 1}{b + 1}", matrix[a, b].real)
                self._label(f"Im{name}{a + 1}{b + 1}", matrix[a, b].imag)


class Bands:
    """Everything the closed forms of one model share: the program, H, s, and what reads expressions of the band with energy E."""

    def __init__(self, model: Model, energy: str, multiplicities: Sequence[int]) -> None:
        self.program = Program()
        self.energy = self.program.input(energy)
        read, is_hermitian = letters(model), model.bosons is None
        nodes_of = matrix_of_nodes if is_hermitian else matrix_of_any_nodes
        self.operator = cache(lambda name, axes: nodes_of(self.program, read(name, axes)))
        H = read("H", ())
        shift = sp.expand(H.trace()) / model.size
        traceless = H - shift * sp.eye(model.size)
        nodes = nodes_of(self.program, traceless.applyfunc(sp.expand))
        relative = self.energy - from_sympy(self.program, shift).real
        self.resolvent = Resolvent(self.program, nodes, relative, multiplicities, is_hermitian)

    @cached_property
    def interpreter(self) -> MatrixInterpreter:
        """Reads expressions of the band with energy E as nodes of the program."""
        return MatrixInterpreter(
            self.operator,
            self.resolvent.projector,
            self.resolvent.resolvent_power,
            self.resolvent.rank,
            lambda value: Complex(*map(self.program.constant, map(QQ.to_sympy, (value.x, value.y)))),
            lambda value, part: Complex(getattr(value, part)),
            Complex(self.energy),
        )
