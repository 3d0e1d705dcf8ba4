"""What exact readings of a model have in common: real values as SymPy expressions with symbols for what is long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import sympy as sp
from flint import fmpq

from symcur.closed_forms.brackets import Written
from symcur.closed_forms.common_subexpressions import Definitions
from symcur.closed_forms.entries import Entries
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.quotients import divided, without_common_factor
from symcur.closed_forms.ring import Exact
from symcur.expressions import Expression
from symcur.program.source import needed

Pair = tuple[sp.Expr, sp.Expr]  # real and imaginary part
_SHORT = 8  # operations: longer expressions that repeat are given a symbol


class Reads(Protocol):
    """What gives the value of an expression."""

    def read(self, expression: Expression) -> Any: ...


class Reading:
    """An interpreter of expressions over exact entries, and the writing of their values.

    ``structure`` says in words what it rests on; values are divided by ``rank``, that of the multiplet; eps = E - ``middle``. Forms
    of up to ``not_compared`` operations are kept without a look at the steps of the adjugate.
    """

    structure: str
    rank: Any
    interpreter: Reads
    not_compared = 600

    def __init__(
        self, entries: Entries, energy: sp.Symbol, symbols: dict[str, sp.Symbol], middle: Exact | None = None
    ) -> None:
        self.entries, self.ring, self.energy, self._symbols = entries, entries.ring, energy, symbols
        self.definitions: dict[sp.Symbol, sp.Expr] = {}  # in an order in which each needs earlier ones only
        self.middle = (entries.h0 if middle is None else middle).reduced()
        self._middle_written = written(self.middle).expression
        self._eps = self._named("epsilon", energy - self._middle_written)

    def _named(self, name: str, expression: sp.Expr, short: int = _SHORT) -> sp.Expr:
        """A symbol with this definition where the expression is long, else the expression itself."""
        if sp.count_ops(expression) <= short:
            return expression
        self.definitions[self._symbols[name]] = expression
        return self._symbols[name]

    def scalar(self, value: Any) -> Exact:
        """An exact complex rational (an element of QQ_I)."""
        return self.ring.number(*(fmpq(int(x.numerator), int(x.denominator)) for x in (value.x, value.y)))

    def real(self, value: Exact) -> sp.Expr:
        """A real value in k, the parameters, the energy and the symbols of ``definitions``."""
        raise NotImplementedError

    def real_pair(self, value: Exact) -> tuple[sp.Expr, sp.Expr]:
        return self.real(value), sp.Integer(0)

    def complex(self, value: Exact) -> tuple[sp.Expr, sp.Expr]:
        """Real and imaginary part likewise."""
        return self.real(value.part("real")), self.real(value.part("imag"))

    def quotient(self, numerator: Exact, factors: dict[Exact, int]) -> Quotient:
        """In lowest terms; zero where it is for the components that the model has."""
        numerator = numerator.reduced()
        return Quotient(self.ring.zero, {}) if self.entries.vanishes(numerator) else Quotient(numerator, factors)

    def used(self, results: list[sp.Expr]) -> Definitions:
        """What the results need of the definitions and of the letters of the entries, in order."""
        return needed({**self.entries.letters, **self.definitions}.items(), results)


def up_to_sign(values: Sequence[Exact], write: Callable[[Exact], Pair]) -> list[Pair]:
    """What ``write`` makes of each value; the components of symmetric and antisymmetric tensors are written once."""
    known: list[tuple[Exact, Pair]] = []
    parts: list[Pair] = []
    for value in (value.reduced() for value in values):
        pair = next((pair for other, pair in known if other.same(value)), None)
        if pair is None:
            opposite = next((pair for other, pair in known if other.same(-value)), None)
            pair = write(value) if opposite is None else (-opposite[0], -opposite[1])
            known.append((value, pair))
        parts.append(pair)
    return parts


class Rank:
    """What exact values are divided by where the rank depends on the band: ``inverse`` is 1/rank as an exact function."""

    def __init__(self, inverse: Exact) -> None:
        self.inverse = inverse

    def __rtruediv__(self, value: Any) -> Exact:
        result: Exact = value * self.inverse
        return result


class Quotient:
    """numerator/prod_j factor_j^power_j, with the factors divided out as often as they divide."""

    def __init__(self, numerator: Exact, factors: dict[Exact, int]) -> None:
        self.numerator, self.powers = numerator.reduced(), dict(factors)
        for factor in factors:
            while self.powers[factor] and (quotient := divided(self.numerator, factor)) is not None:
                self.numerator, self.powers[factor] = quotient, self.powers[factor] - 1

    def written(self, names: dict[Exact, sp.Expr]) -> Written:
        """With the common factors free of phases cancelled; ``names`` writes the factors."""
        if self.numerator.is_zero:
            return Written((sp.Integer(0),), 0)
        numerator, below, length = self.numerator, [], 0.0
        for factor, power in self.powers.items():
            for _ in range(power):
                numerator, rest = without_common_factor(numerator, factor)
                if rest is factor:
                    below.append(names[factor])
                else:
                    result = written(rest)
                    length += result.length
                    below += result.factors
        above = written(numerator)
        return Written((*above.factors, *(1 / factor for factor in below)), above.length + length + len(below))
