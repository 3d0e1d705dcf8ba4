"""One way to read a word: walk it once, with letters, sums, products and traces supplied by the reader.

A reader says what the letters are; its values add and multiply by themselves. The same walk therefore serves normal
forms, sums over states, NumPy arrays, SymPy and modular matrices and straight-line programs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import reduce
from operator import add
from typing import Any, ClassVar

from sympy import QQ_I

from symcur import words
from symcur.words import Word

_HALF, _MINUS_HALF_I = QQ_I(1) / QQ_I(2), QQ_I(0, -1) / QQ_I(2)


class Reading(ABC):
    """Supply the letters; ``read(word)`` gives the value. Re X = (X + X^adjoint)/2 and Im X likewise."""

    memory: dict[Word, Any]
    remembers: ClassVar[tuple[type[Word], ...]] = (
        words.Operator,
        words.Projector,
        words.Resolvent,
        words.Named,
        words.Trace,
        words.Sum,
    )

    def __init__(self) -> None:
        self.memory = {}

    def read(self, word: Word) -> Any:
        if not isinstance(word, self.remembers):
            return self._walk(word)
        if word not in self.memory:
            self.memory[word] = self._walk(word)
        return self.memory[word]

    def _walk(self, word: Word) -> Any:
        match word:
            case words.Number(value):
                return self.number(value)
            case words.Operator(name, axes):
                return self.operator(name, axes)
            case words.Projector(band):
                return self.projector(band)
            case words.Resolvent(band, power):
                return self.resolvent(band, power)
            case words.BandEnergy(band, axes):
                return self.band_energy(band, axes)
            case words.Occupation(kind, band, order):
                return self.occupation(kind, band, order)
            case words.Gap(m, n, power):
                return self.gap(m, n, power)
            case words.Sum(terms):
                return reduce(add, (self.read(term) for term in terms))
            case words.Product(factors):
                return self.product([self.read(factor) for factor in factors])
            case words.Trace(operand):
                return self.trace(self.read(operand))
            case words.Re(operand):
                return self.real(operand)
            case words.Im(operand):
                return self.imag(operand)
            case words.Derivative(axis, operand):
                return self.derivative(axis, operand)
            case words.Named(_, definition):
                return self.read(definition)
        raise TypeError(f"word: {type(word).__name__} came; a Word is valid")

    def product(self, factors: list[Any]) -> Any:
        result = factors[0]
        for factor in factors[1:]:
            result = result * factor
        return result

    def real(self, operand: Word) -> Any:
        return self.number(_HALF) * (self.read(operand) + self.read(words.adjoint(operand)))

    def imag(self, operand: Word) -> Any:
        difference = self.read(operand) + self.number(QQ_I(-1)) * self.read(words.adjoint(operand))
        return self.number(_MINUS_HALF_I) * difference

    def derivative(self, axis: words.Axis, operand: Word) -> Any:
        """By the rules for P and S; a reader with rules of its own overrides this."""
        return self.read(words.derivative(operand, axis))

    @abstractmethod
    def number(self, value: Any) -> Any: ...

    @abstractmethod
    def operator(self, name: str, axes: tuple[words.Axis, ...]) -> Any: ...

    @abstractmethod
    def projector(self, band: str) -> Any: ...

    @abstractmethod
    def resolvent(self, band: str, power: int) -> Any: ...

    @abstractmethod
    def band_energy(self, band: str, axes: tuple[words.Axis, ...]) -> Any: ...

    @abstractmethod
    def trace(self, value: Any) -> Any: ...

    def occupation(self, kind: str, band: str, order: int) -> Any:
        raise TypeError(f"{type(self).__name__} does not read occupation functions ({kind}_{band})")

    def gap(self, m: str, n: str, power: int) -> Any:
        raise TypeError(f"{type(self).__name__} does not read gaps between named bands ({m}, {n})")
