"""Words read row by row in the eigenbasis, as ``symcur.eigenstates`` does, with the nodes of a program as entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symcur import words
from symcur.eigenstates import Eigenstates, distributed, has_band_letters
from symcur.kernels.program import Complex
from symcur.kernels.sectors import Weights, sector_weights
from symcur.kernels.signed import SignedProgram
from symcur.kernels.spectrum import Spectrum
from symcur.model import Model
from symcur.words import Word

Nodes = np.ndarray[Any, Any]  # of Complex


class ProgramStates(Eigenstates):
    """A spectrum made of nodes in place of a numeric one, with a pattern of multiplets.

    ``matrices(name, axes)`` gives H, its derivatives and s as N x N nodes; ``multiplets`` the ranks of the multiplets
    by ascending energy. Orbitals with the same value of a diagonal s form a sector; the elements of an operator between
    sectors are made once and serve every product of that operator with s, such as J_i = (v_i s + s v_i)/2.
    """

    def __init__(
        self,
        model: Model,
        program: SignedProgram,
        matrices: Callable[[str, tuple[Any, ...]], Nodes],
        found: Spectrum,
        multiplets: tuple[int, ...],
    ) -> None:
        N = model.size
        self.model, self.program, self.vectors, self._matrix = model, program, found.vectors, matrices
        self.k = np.zeros(model.dimension)
        label = np.repeat(np.arange(len(multiplets)), multiplets)
        self.members = np.array([[int(label[a] == label[b]) for b in range(N)] for a in range(N)], dtype=object)
        self.rank = self.members.sum(axis=-1)
        levels = (self.members @ np.array([Complex(level) for level in found.levels])) / self.rank
        self.energies = levels + Complex(found.mean)
        self._zero, one = Complex(program.zero), Complex(program.one)
        self._inverse_gaps = np.full((N, N), self._zero)
        for n in range(N):
            for m in range(n + 1, N):
                if label[m] != label[n]:
                    self._inverse_gaps[n, m] = one / (levels[n] - levels[m])
                    self._inverse_gaps[m, n] = -self._inverse_gaps[n, m]
        identity = np.array([[one if a == b else self._zero for b in range(N)] for a in range(N)])
        self._matrices, self._rows = {}, {(): identity}
        diagonal = [model.s[a, a] for a in range(N)] if model.s.is_diagonal() else []
        self._sectors = [[a for a in range(N) if diagonal[a] == value] for value in dict.fromkeys(diagonal)]
        self._s_values = np.array([matrices("s", ())[sector[0], sector[0]] for sector in self._sectors])
        self._sector_elements: dict[tuple[Word | None, int, int], Nodes] = {}

    # -- operators ---------------------------------------------------------------------------------------------------
    def operator(self, word: Word) -> Nodes:
        if word not in self._matrices:
            hermitian = isinstance(word, words.Operator) or (isinstance(word, words.Named) and word.hermitian)
            shared = hermitian and len(self._sectors) > 0
            weights = sector_weights(word, self._s_values, self._number) if shared else None
            match word:
                case words.Operator("H", ()):
                    value = np.full_like(self._inverse_gaps, self._zero)
                    np.fill_diagonal(value, self.energies)
                case _ if weights is not None:
                    value = self._weighted(weights)
                case words.Operator(name, axes):
                    orbitals = list(range(self.model.size))
                    value = self._hermitian(self._elements(self._matrix(name, axes), orbitals, orbitals))
                case words.Number(number):
                    value = self._rows[()] * self._number(number)
                case _:
                    return super().operator(word)
            self._matrices[word] = value
        return self._matrices[word]

    def _weighted(self, weights: Weights) -> Nodes:
        """sum_X sum_gh c^X_gh X_gh in the eigenbasis; the diagonal part as d_last + sum_g (d_g - d_last) 1_gg."""
        result = np.full_like(self._inverse_gaps, self._zero)
        for operator, weight in weights.items():
            if not isinstance(operator, words.Operator):
                last = weight[-1]
                result = result + self._rows[()] * last
                for g in range(len(self._sectors) - 1):
                    if not _vanishes(weight[g] - last):
                        result = result + self._hermitian(self._between(None, g, g)) * (weight[g] - last)
                continue
            for g, h in np.ndindex(weight.shape):
                result = result + self._between(operator, g, h) * weight[g, h]
        return self._hermitian(result)

    def _between(self, operator: words.Operator | None, g: int, h: int) -> Nodes:
        """X_gh (for None the identity in a sector) in the eigenbasis."""
        key = (operator, g, h)
        if key not in self._sector_elements:
            X = self._rows[()] if operator is None else self._matrix(operator.name, operator.axes)
            self._sector_elements[key] = self._elements(X, self._sectors[g], self._sectors[h])
        return self._sector_elements[key]

    def _elements(self, X: Nodes, rows: list[int], columns: list[int]) -> Nodes:
        U = self.vectors
        result: Nodes = _conjugate(U[rows]).T @ (X[np.ix_(rows, columns)] @ U[columns])
        return result

    def _hermitian(self, X: Nodes) -> Nodes:
        """The upper half of a Hermitian matrix, the rest conjugated."""
        result = X.copy()
        for n in range(len(X)):
            result[n, n] = Complex(X[n, n].real)
            result[n + 1 :, n] = _conjugate(X[n, n + 1 :])
        return result

    # -- scalars -----------------------------------------------------------------------------------------------------
    def scalar(self, word: Word) -> Nodes:
        match word:
            case words.Number(number):
                return np.array(self._number(number))
            case words.Re(operand):
                return _each(lambda x: Complex(x.real), self.scalar(operand))
            case words.Im(operand):
                return _each(lambda x: Complex(x.imag), self.scalar(operand))
            case words.BandEnergy(_, axes) if axes:
                trace: Word = words.Trace(words.P * words.v(axes[0]))
                for axis in axes[1:]:
                    trace = words.derivative(trace, axis)
                value: Nodes = self.scalar(words.Re(trace)) / self.rank
                return value
        return super().scalar(word)

    def _trace(self, operand: Word) -> Nodes:
        """As inherited; in Tr[P ... S^p B] the gaps are multiplied last, when the matrix elements are together."""
        total = np.full(self.model.size, self._zero)
        for factors in distributed(operand):
            start = next(j for j, factor in enumerate(factors) if isinstance(factor, words.Projector))
            rest = (*factors[start + 1 :], *factors[:start])
            match rest:
                case (*before, words.Resolvent(_, power), last) if not has_band_letters(last):
                    terms = self.rows(tuple(before)) * self.operator(last).T * self._inverse_gaps**power
                case (*before, last) if not has_band_letters(last):
                    terms = self.rows(tuple(before)) * self.operator(last).T
                case _:
                    terms = np.diag(np.diag(self.rows(rest)))
            total = total + self.members @ terms.sum(axis=-1)
        return total

    def _number(self, number: Any) -> Complex:
        if isinstance(number, int):
            return Complex(self.program.constant(number))
        return Complex(self.program.constant(number.x), self.program.constant(number.y))


def _vanishes(x: Complex) -> bool:
    return x.real.is_zero and x.imag.is_zero


def _each(function: Callable[[Complex], Complex], nodes: Nodes) -> Nodes:
    result = np.empty_like(nodes)
    for place, entry in np.ndenumerate(nodes):
        result[place] = function(entry)
    return result


def _conjugate(nodes: Nodes) -> Nodes:
    return _each(Complex.conjugate, nodes)
