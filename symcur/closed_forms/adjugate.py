"""N bands: P, S, S^2, ... of the band with energy E as nodes of a straight-line program, without eigenvectors.

With the distinct energies e_1 ... e_d of H, q(z) = prod_a (z - e_a) is the square-free part of the characteristic
polynomial and q(H) = 0, so that the resolvent is R(z) = (z - H)^(-1) = B(z)/q(z), B(z) = (q(z) - q(H))/(z - H).
Around an energy E of H (T. Kato, Perturbation Theory for Linear Operators, I-5.3),

    R(E + x) = P/x + S - S^2 x + S^3 x^2 - ...,

with P the projector onto the whole multiplet. The coefficients follow from those of B and q by division of power series.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import comb
from typing import Any

import numpy as np
import sympy as sp
from sympy import QQ

from symcur import words
from symcur.kernels.program import Complex, Program, Scalar, from_sympy
from symcur.matrices import MatrixReading, ObjectArray
from symcur.model import Model


class Resolvent:
    """P, S, S^2, ... of a Hermitian matrix H (object array of Complex) at its energy E, shared by all that reads them.

    ``multiplicities`` are those of the distinct energies; where they are all equal, q follows from the power sums
    Tr H^j / r by Newton's identities (the Faddeev-LeVerrier recursion); otherwise q is the orthogonal polynomial of
    degree d of the measure sum_a r_a delta(z - e_a), whose moments are Tr H^j (the Stieltjes recursion).
    """

    def __init__(self, program: Program, H: ObjectArray, energy: Scalar, multiplicities: Sequence[int]) -> None:
        self.program, self.H, self.energy = program, H, energy
        self.distinct = len(multiplicities)
        self.identity = _constant_matrix(program, np.eye(len(H), dtype=int))
        self.labels: dict[int, str] = {}
        self._label("z", energy)
        self._label_matrix("H", H)
        uniform = multiplicities[0] if len(set(multiplicities)) == 1 else None
        self.polynomial, self.matrices = self._faddeev_leverrier(uniform) if uniform else self._stieltjes()
        for j, coefficient in enumerate(self.polynomial):
            self._label(f"c_{j}", coefficient)
        self.series: list[ObjectArray] = []
        self._q = [self._derivative_of_q(j) for j in range(1, self.distinct + 1)]
        for j, value in enumerate(self._q, 1):
            self._label(f"q_{j}", value)
        projector = self.coefficient(-1)
        self.rank: Scalar = program.constant(uniform) if uniform else _trace(projector)

    def _faddeev_leverrier(self, multiplicity: int) -> tuple[list[Scalar], list[ObjectArray]]:
        """Coefficients c_0 ... c_d = 1 of q, and M_0 ... M_(d-1) with B(z) = sum_j M_j z^j."""
        d = self.distinct
        c, M = [self.program.one], [self.identity]
        for j in range(1, d + 1):
            product = hermitian_product(self.H, M[0])
            c.insert(0, _trace(product) * sp.Rational(-1, j * multiplicity))
            if j < d:
                M.insert(0, self._shifted(product, c[0]))
        return c, M

    def _stieltjes(self) -> tuple[list[Scalar], list[ObjectArray]]:
        """The same for unequal multiplicities; the norms Tr pi_j(H)^2 vanish only where distinct energies touch."""
        zero = self.program.zero
        before, pi = [zero], [self.program.one]
        before_matrix, matrix = None, self.identity
        norm = before_norm = None
        for _ in range(self.distinct):
            H_pi = hermitian_product(self.H, matrix)
            before_norm, norm = norm, _trace_of_product(matrix, matrix)
            a = _trace_of_product(H_pi, matrix) / norm
            following = [zero, *pi]
            for j, coefficient in enumerate(pi):
                following[j] = following[j] - a * coefficient
            following_matrix = H_pi + matrix * -a
            if before_norm is not None:
                b = norm / before_norm
                for j, coefficient in enumerate(before):
                    following[j] = following[j] - b * coefficient
                following_matrix = following_matrix + before_matrix * -b
            before, pi, before_matrix, matrix = pi, following, matrix, following_matrix
        M = [self.identity]
        for j in range(self.distinct - 1, 0, -1):
            M.insert(0, self._shifted(hermitian_product(self.H, M[0]), pi[j]))
        return pi, M

    def _shifted(self, matrix: ObjectArray, number: Scalar) -> ObjectArray:
        result = matrix.copy()
        for a in range(len(result)):
            result[a, a] = result[a, a] + number
        return result

    def _derivative_of_q(self, order: int) -> Scalar:
        """q^(order)(E)/order!, by Horner's rule."""
        result = self.program.zero
        for j in range(self.distinct, order - 1, -1):
            result = result * self.energy + self.polynomial[j] * comb(j, order)
        return result

    def _derivative_of_B(self, order: int) -> ObjectArray:
        result: ObjectArray = self.identity * self.program.zero
        for j in range(self.distinct - 1, order - 1, -1):
            result = result * self.energy + self.matrices[j] * comb(j, order)
        return result

    def coefficient(self, power: int) -> ObjectArray:
        """The coefficient of x^power in R(E + x), power >= -1: P, S, -S^2, S^3, ..."""
        while len(self.series) <= power + 1:
            order = len(self.series)
            value = self._derivative_of_B(order)
            for j in range(1, min(order, self.distinct - 1) + 1):
                value = value + self.series[order - j] * -self._q[j]
            value = _divided(value, self._q[0])
            self.series.append(value)
            self._label_matrix({0: "P", 1: "S"}.get(order, f"R{order - 1}_"), value)
        return self.series[power + 1]

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
            for b in range(a + 1, len(matrix)):
                self._label(f"Re{name}{a + 1}{b + 1}", matrix[a, b].real)
                self._label(f"Im{name}{a + 1}{b + 1}", matrix[a, b].imag)


class BandReading(MatrixReading):
    """Words read through the nodes of a ``Resolvent``; ``operator_matrix`` gives H, its derivatives and s as nodes."""

    def __init__(
        self,
        resolvent: Resolvent,
        operator_matrix: Callable[[str, tuple[words.Axis, ...]], ObjectArray],
        energy: Scalar,
    ) -> None:
        program = resolvent.program
        super().__init__(
            operator_matrix,
            resolvent.projector,
            resolvent.resolvent_power,
            1,
            lambda value: Complex(program.constant(QQ.to_sympy(value.x)), program.constant(QQ.to_sympy(value.y))),
            lambda value, part: Complex(getattr(value, part)),
        )
        self.rank, self.energy = resolvent.rank, energy

    def _walk(self, word: words.Word) -> Any:
        if word == words.Trace(words.P * words.H):
            return Complex(self.energy * self.rank)
        return super()._walk(word)

    def band_energy(self, band: str, axes: tuple[words.Axis, ...]) -> Any:
        if not axes:
            return Complex(self.energy)
        trace: words.Word = words.Trace(words.P * words.v(axes[0]))
        for axis in axes[1:]:
            trace = words.derivative(trace, axis)
        return Complex(self.read(trace).real / self.rank)


class Bands:
    """Everything the closed forms of one model share: the program, H, s, and the reading of the band with energy E."""

    def __init__(self, model: Model, energy: str, multiplicities: Sequence[int]) -> None:
        self.model, self.program = model, Program()
        self.energy = self.program.input(energy)
        self._operators: dict[tuple[str, tuple[words.Axis, ...]], ObjectArray] = {}
        shift = sp.expand(model.H.trace()) / model.size
        traceless = model.H - shift * sp.eye(model.size)
        nodes = matrix_of_nodes(self.program, traceless.applyfunc(sp.expand))
        relative = self.energy - from_sympy(self.program, shift).real
        self.resolvent = Resolvent(self.program, nodes, relative, multiplicities)

    @cached_property
    def reading(self) -> BandReading:
        return BandReading(self.resolvent, self.operator, self.energy)

    def operator(self, name: str, axes: tuple[words.Axis, ...]) -> ObjectArray:
        key = (name, axes)
        if key not in self._operators:
            if name not in ("H", "s") or not all(isinstance(axis, int) for axis in axes):
                raise ValueError(f"word: the operator {name} with axes {axes} came; H or s with integer axes is valid")
            symbolic = self.model.s if name == "s" else self.model.derivative(axes)  # type: ignore[arg-type]
            self._operators[key] = matrix_of_nodes(self.program, symbolic)
        return self._operators[key]


def matrix_of_nodes(program: Program, matrix: sp.Matrix) -> ObjectArray:
    """A Hermitian SymPy matrix as nodes: the upper half is converted, the rest conjugated."""
    return _hermitian(lambda a, b: from_sympy(program, matrix[a, b]), matrix.rows)


def _hermitian(entry: Callable[[int, int], Complex], size: int) -> ObjectArray:
    result = np.empty((size, size), dtype=object)
    for a in range(size):
        result[a, a] = Complex(entry(a, a).real)
        for b in range(a + 1, size):
            result[a, b] = entry(a, b)
            result[b, a] = result[a, b].conjugate()
    return result


def _divided(matrix: ObjectArray, number: Scalar) -> ObjectArray:
    return _hermitian(lambda a, b: matrix[a, b] / number, len(matrix))


def hermitian_product(A: ObjectArray, B: ObjectArray) -> ObjectArray:
    """A B for commuting Hermitian matrices, so that the product is Hermitian and half of it is enough."""

    def entry(a: int, b: int) -> Complex:
        total: Complex = A[a, 0] * B[0, b]
        for c in range(1, len(A)):
            total = total + A[a, c] * B[c, b]
        return total

    return _hermitian(entry, len(A))


def _trace(matrix: ObjectArray) -> Scalar:
    total: Scalar = matrix[0, 0].real
    for a in range(1, len(matrix)):
        total = total + matrix[a, a].real
    return total


def _trace_of_product(A: ObjectArray, B: ObjectArray) -> Scalar:
    """Tr[A B] of Hermitian matrices."""
    total: Scalar = A[0, 0].real * B[0, 0].real
    for a in range(len(A)):
        for b in range(a, len(A)):
            if b > a:
                overlap = A[a, b].real * B[a, b].real + A[a, b].imag * B[a, b].imag
                total = total + overlap * 2
            elif a:
                total = total + A[a, a].real * B[a, a].real
    return total


def _constant_matrix(program: Program, matrix: Any) -> ObjectArray:
    return _hermitian(lambda a, b: Complex(program.constant(int(matrix[a, b]))), len(matrix))
