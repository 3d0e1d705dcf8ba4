"""Short programs as rational functions in lowest terms, with at most one square root: what series and explicit forms are
written in where that is short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import add, mul, sub, truediv
from typing import Any

import sympy as sp

from symcur.closed_forms.harmonics import written
from symcur.closed_forms.ring import Exact, NotExact, Ring
from symcur.program import Program, operations

_SIGNS: dict[str, Any] = {"+": add, "-": sub, "*": mul, "/": truediv}
_MOST_TERMS = 300  # of a numerator or denominator
_MOST_NODES = 4000


class TooLong(Exception):
    """No rational function of this kind, or not a short one."""


@dataclass(frozen=True)
class Ratio:
    """A quotient of polynomials without common factor."""

    above: Any
    below: Any

    @classmethod
    def of(cls, above: Any, below: Any) -> Ratio:
        if max(len(above), len(below)) > _MOST_TERMS or below.is_zero():
            raise TooLong
        common = above.gcd(below)
        above, below = above / common, below / common
        unit = below.leading_coefficient()
        return cls(above / unit, below / unit)

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.above * other.below + other.above * self.below, self.below * other.below)

    def __sub__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.above * other.below - other.above * self.below, self.below * other.below)

    def __mul__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.above * other.above, self.below * other.below)

    def __truediv__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.above * other.below, self.below * other.above)

    @property
    def is_zero(self) -> bool:
        return bool(self.above.is_zero())


@dataclass(frozen=True)
class WithRoot:
    """a + b sqrt(square)."""

    a: Ratio
    b: Ratio
    square: Ratio

    def __add__(self, other: WithRoot) -> WithRoot:
        return WithRoot(self.a + other.a, self.b + other.b, self._square(other))

    def __sub__(self, other: WithRoot) -> WithRoot:
        return WithRoot(self.a - other.a, self.b - other.b, self._square(other))

    def __mul__(self, other: WithRoot) -> WithRoot:
        square = self._square(other)
        return WithRoot(self.a * other.a + self.b * other.b * square, self.a * other.b + self.b * other.a, square)

    def __truediv__(self, other: WithRoot) -> WithRoot:
        square = self._square(other)
        norm = other.a * other.a - other.b * other.b * square
        conjugate = WithRoot(other.a / norm, other.b / norm, square)
        return self * WithRoot(conjugate.a, conjugate.b - conjugate.b - conjugate.b, square)

    def _square(self, other: WithRoot) -> Ratio:
        if self.square.is_zero or other.square.is_zero or self.square == other.square:
            return other.square if self.square.is_zero else self.square
        raise TooLong


def rational_functions(
    program: Program, nodes: Sequence[int], symbols: Mapping[str, sp.Symbol], momenta: Sequence[sp.Symbol]
) -> list[sp.Expr] | None:
    """The nodes as rational functions of the symbols, or None where they are none, or long."""
    live = program.live(nodes)
    if len(live) > _MOST_NODES:
        return None
    try:
        return _Writer(program, live, symbols, momenta).expressions(nodes)
    except (TooLong, NotExact):
        return None


class _Writer:
    def __init__(
        self, program: Program, live: Sequence[int], symbols: Mapping[str, sp.Symbol], momenta: Sequence[sp.Symbol]
    ) -> None:
        self.program, self.live, self.symbols = program, live, symbols
        used = [symbols[program.nodes[node][1][0]] for node in live if program.nodes[node][0] == "input"]
        numbers = [program.nodes[node][1][0] for node in live if program.nodes[node][0] == "constant"]
        # Functions other than roots stand for themselves.
        self.atoms = {
            node: sp.Dummy(f"f{node}", real=True)
            for node in live
            if program.nodes[node][0] not in ("input", "constant", "sqrt", *_SIGNS)
        }
        self.ring = Ring(numbers, momenta, extra=[*used, *self.atoms.values()])
        self.meaning: dict[sp.Symbol, sp.Expr] = {}
        self.zero = Ratio(self.ring.zero.real, self.ring.one.real)

    def expressions(self, nodes: Sequence[int]) -> list[sp.Expr]:
        values: dict[int, WithRoot] = {}
        for node in self.live:
            operation, arguments = self.program.nodes[node]
            if operation == "input":
                values[node] = self._plain(self.symbols[arguments[0]])
            elif operation == "constant":
                values[node] = self._plain(arguments[0])
            elif node in self.atoms:
                values[node] = self._atom(node, values)
            elif operation == "sqrt":
                values[node] = self._root(values[arguments[0]])
            else:
                a, b = (values[argument] for argument in arguments)
                values[node] = _SIGNS[operation](a, b)
        return [self._written(values[node]) for node in nodes]

    def _plain(self, expression: sp.Expr) -> WithRoot:
        value = self.ring.convert(expression)
        if any(value.shift) or not value.imag.is_zero():
            raise TooLong
        return WithRoot(Ratio(value.real, self.ring.one.real), self.zero, self.zero)

    def _atom(self, node: int, values: Mapping[int, WithRoot]) -> WithRoot:
        operation, arguments = self.program.nodes[node]
        own = self.program.arguments(node)
        written = (self._written(values[a]) for a in own)
        table = operations(sp, self.symbols.__getitem__, lambda number: number)
        self.meaning[self.atoms[node]] = table[operation](*arguments[: len(arguments) - len(own)], *written)
        return self._plain(self.atoms[node])

    def _root(self, argument: WithRoot) -> WithRoot:
        if not argument.b.is_zero:
            raise TooLong
        return WithRoot(self.zero, Ratio(self.ring.one.real, self.ring.one.real), argument.a)

    def _written(self, value: WithRoot) -> sp.Expr:
        result = self._quotient(value.a)
        if not value.b.is_zero:
            result += self._quotient(value.b) * sp.sqrt(self._quotient(value.square))
        return result.xreplace(self.meaning)

    def _quotient(self, value: Ratio) -> sp.Expr:
        above, below = (
            written(Exact(self.ring, part, self.ring.zero.real, self.ring.no_shift)).factors
            for part in (value.above, value.below)
        )
        return sp.Mul(*above, *(1 / factor for factor in below))
