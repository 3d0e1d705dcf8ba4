"""Short programs as rational functions in lowest terms, with few square roots: what series and explicit forms are
written in where that is short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import add, mul, sub, truediv
from typing import Any

import sympy as sp

from symcur.closed_forms.harmonics import written
from symcur.closed_forms.ring import Exact, NotExact, Ring
from symcur.program import Program, operations

_SIGNS: dict[str, Any] = {"+": add, "-": sub, "*": mul, "/": truediv}
_MOST_TERMS = 300  # of a numerator or denominator
_MOST_NODES = 4000
_MOST_ROOTS = 4


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
    def negative(self) -> Ratio:
        return Ratio(-self.above, self.below)

    @property
    def is_zero(self) -> bool:
        return bool(self.above.is_zero())


@dataclass(frozen=True)
class WithRoots:
    """A sum of products of square roots with coefficients: the bits of a key say which of ``squares`` have their root in it."""

    parts: Mapping[int, Ratio]
    squares: Sequence[Ratio]

    def _of(self, terms: Iterable[tuple[int, Ratio]]) -> WithRoots:
        parts: dict[int, Ratio] = {}
        for key, value in terms:
            parts[key] = parts[key] + value if key in parts else value
        return WithRoots({key: value for key, value in parts.items() if not value.is_zero}, self.squares)

    def __add__(self, other: WithRoots) -> WithRoots:
        return self._of((*self.parts.items(), *other.parts.items()))

    def __sub__(self, other: WithRoots) -> WithRoots:
        return self + other._negative()

    def __mul__(self, other: WithRoots) -> WithRoots:
        terms = []
        for (a, x), (b, y) in product(self.parts.items(), other.parts.items()):
            terms.append((a ^ b, reduce(mul, (s for j, s in enumerate(self.squares) if a & b & 1 << j), x * y)))
        return self._of(terms)

    def __truediv__(self, other: WithRoots) -> WithRoots:
        above, below = self, other
        for j in range(len(self.squares)):
            if any(key & 1 << j for key in below.parts):
                conjugate = below._conjugate(1 << j)
                above, below = above * conjugate, below * conjugate
        if set(below.parts) != {0}:
            raise TooLong  # it vanishes
        return self._of((key, value / below.parts[0]) for key, value in above.parts.items())

    def _negative(self) -> WithRoots:
        return self._of((key, value.negative) for key, value in self.parts.items())

    def _conjugate(self, root: int) -> WithRoots:
        """With the other sign of a root."""
        return self._of((key, value.negative if key & root else value) for key, value in self.parts.items())


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
        self.squares: list[Ratio] = []

    def expressions(self, nodes: Sequence[int]) -> list[sp.Expr]:
        values: dict[int, WithRoots] = {}
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

    def _plain(self, expression: sp.Expr) -> WithRoots:
        value = self.ring.convert(expression)
        if any(value.shift) or not value.imag.is_zero():
            raise TooLong
        return WithRoots({} if value.is_zero else {0: Ratio(value.real, self.ring.one.real)}, self.squares)

    def _atom(self, node: int, values: Mapping[int, WithRoots]) -> WithRoots:
        operation, arguments = self.program.nodes[node]
        own = self.program.arguments(node)
        written = (self._written(values[a]) for a in own)
        table = operations(sp, self.symbols.__getitem__, lambda number: number)
        self.meaning[self.atoms[node]] = table[operation](*arguments[: len(arguments) - len(own)], *written)
        return self._plain(self.atoms[node])

    def _root(self, argument: WithRoots) -> WithRoots:
        if set(argument.parts) != {0} or len(self.squares) == _MOST_ROOTS:
            raise TooLong
        square = argument.parts[0]
        if square not in self.squares:
            self.squares.append(square)
        return WithRoots({1 << self.squares.index(square): Ratio(self.ring.one.real, self.ring.one.real)}, self.squares)

    def _written(self, value: WithRoots) -> sp.Expr:
        roots = [sp.sqrt(self._quotient(square)) for square in self.squares]
        terms = (
            sp.Mul(self._quotient(factor), *(root for j, root in enumerate(roots) if key & 1 << j))
            for key, factor in sorted(value.parts.items())
        )
        return sp.Add(*terms).xreplace(self.meaning)

    def _quotient(self, value: Ratio) -> sp.Expr:
        above, below = (
            written(Exact(self.ring, part, self.ring.zero.real, self.ring.no_shift)).factors
            for part in (value.above, value.below)
        )
        return sp.Mul(*above, *(1 / factor for factor in below))
