"""Truncated Laurent series in one variable t > 0, whose coefficients are scalars of a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symcur.program.program import Scalar
from symcur.program.rewriting import applied

Test = Callable[[Scalar], bool]


class NoSeries(ValueError):
    """Why a function has no expansion in whole powers."""


class MoreTerms(NoSeries):
    """Leading terms cancel: what is asked for needs more terms of what is given."""


@dataclass(frozen=True)
class Laurent:
    """t^first (c_0 + c_1 t + ...), known for as many terms as there are coefficients.

    ``vanishes`` tells whether a coefficient is zero although it is not the number 0; it is asked before one divides by it.
    ``positive``: t > 0 is all that is meant, so that the root of t^2 is t.
    """

    first: int
    coefficients: tuple[Scalar, ...]
    vanishes: Test
    positive: bool = False

    @property
    def end(self) -> int:
        """The first power that is not known."""
        return self.first + len(self.coefficients)

    def __getitem__(self, power: int) -> Scalar:
        """The coefficient of t^power, below ``end``."""
        if power >= self.end:
            raise MoreTerms(f"terms are known below the power {self.end}, not {power}")
        zero = self.coefficients[0].program.zero
        return self.coefficients[power - self.first] if power >= self.first else zero

    def _made(self, first: int, coefficients: Any) -> Laurent:
        return Laurent(first, tuple(coefficients), self.vanishes, self.positive)

    def __add__(self, other: Laurent) -> Laurent:
        first, end = min(self.first, other.first), min(self.end, other.end)
        return self._made(first, (self[n] + other[n] for n in range(first, end)))

    def __sub__(self, other: Laurent) -> Laurent:
        first, end = min(self.first, other.first), min(self.end, other.end)
        return self._made(first, (self[n] - other[n] for n in range(first, end)))

    def __mul__(self, other: Laurent) -> Laurent:
        a, b = self.coefficients, other.coefficients
        count = min(len(a), len(b))
        zero = a[0].program.zero
        return self._made(
            self.first + other.first, (sum((a[j] * b[n - j] for j in range(n + 1)), zero) for n in range(count))
        )

    def leading(self) -> Laurent:
        """The same without zeros in front."""
        for n, coefficient in enumerate(self.coefficients):
            if not coefficient.is_zero and not self.vanishes(coefficient):
                return self._made(self.first + n, self.coefficients[n:])
        raise MoreTerms("all known terms vanish")

    def __truediv__(self, other: Laurent) -> Laurent:
        below = other.leading()
        a, b = self.coefficients, below.coefficients
        result: list[Scalar] = []
        for n in range(min(len(a), len(b))):
            rest = a[n]
            for j in range(1, n + 1):
                rest = rest - b[j] * result[n - j]
            result.append(rest / b[0])
        return self._made(self.first - below.first, result)

    def sqrt(self) -> Laurent:
        value = self.leading()
        if value.first % 2:
            raise NoSeries("a root of what vanishes there like an odd power of it has none")
        if value.first > 0 and value.first % 4 and not self.positive:
            raise NoSeries(
                "a root of what vanishes there like its square has none on both sides; declare the symbol positive for an "
                'expansion at 0 from above, or scale all momenta ("k")'
            )
        a = value.coefficients
        result = [applied("sqrt", a[0])]
        for n in range(1, len(a)):
            rest = a[n]
            for j in range(1, n):
                rest = rest - result[j] * result[n - j]
            result.append(rest / (2 * result[0]))
        return self._made(value.first // 2, result)

    def wave(self) -> tuple[Laurent, Laurent]:
        """cos and sin of the series, by (cos a)' = -a' sin a and (sin a)' = a' cos a."""
        if any(not self[n].is_zero and not self.vanishes(self[n]) for n in range(self.first, min(0, self.end))):
            raise NoSeries("cos and sin of what grows without bound have no expansion")
        a = [self[n] for n in range(max(self.end, 1))]
        program = a[0].program
        cos, sin = [applied("cos", a[0])], [applied("sin", a[0])]
        for n in range(1, len(a)):
            terms = [(a[j] * j, cos[n - j], sin[n - j]) for j in range(1, n + 1)]
            cos.append(-sum((rate * s for rate, _, s in terms), program.zero) / n)
            sin.append(sum((rate * c for rate, c, _ in terms), program.zero) / n)
        return self._made(0, cos), self._made(0, sin)
