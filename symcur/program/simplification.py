"""A straight-line program that simplifies as it is built: signs are pulled out of products and sums.

With x - y and y - x made once, an antisymmetric tensor costs one component and a Hermitian matrix its upper half: the
program finds such symmetries by itself. Cosines and sines of sums of angles come from those of the angles.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Any

import sympy as sp

from symcur.program.program import Program, Scalar, from_sympy


class SimplifyingProgram(Program):
    """Program with -x as the only place where a sign can sit, and with a table of known cosines and sines."""

    keeps_atoms = False

    def __init__(self) -> None:
        self._numbers: dict[Any, Scalar] = {}
        self._phases: dict[int, tuple[Scalar, Scalar]] = {}
        super().__init__()

    def constant(self, value: Any) -> Scalar:
        """An exact real number; whole numbers may come as floats."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value not in self._numbers:
            self._numbers[value] = super().constant(value)
        return self._numbers[value]

    def negative(self, a: Scalar) -> Scalar:
        size, minus = self.unsigned(a)
        if size.number is not None:
            return self.constant(-a.number)  # type: ignore[operator]
        return size if minus else self._node("-", self.zero.node, size.node)

    def unsigned(self, a: Scalar) -> tuple[Scalar, bool]:
        """|a| up to what is known when the program is built: a = -x gives (x, True)."""
        operation, arguments = self.nodes[a.node]
        if operation == "-" and arguments[0] == self.zero.node:
            return Scalar(self, arguments[1]), True
        if operation == "constant" and arguments[0].is_negative:
            return self.constant(-arguments[0]), True
        return a, False

    def _signed(self, a: Scalar, minus: bool) -> Scalar:
        return self.negative(a) if minus and not a.is_zero else a

    def scaled(self, a: Scalar) -> tuple[Scalar, Any]:
        """(x, c) with a = c x, where c is a power of two up to its sign, as far as that is known when the program is built."""
        x, minus = self.unsigned(a)
        sign = -1 if minus else 1
        operation, arguments = self.nodes[x.node]
        if operation == "*":
            for one, other in (arguments, arguments[::-1]):
                number = Scalar(self, one).number
                if number is not None and _is_power_of_two(number):
                    return Scalar(self, other), sign * number
        return x, sign

    def _multiple(self, x: Scalar, c: Any) -> Scalar:
        """c x for a number c and x without sign."""
        if x.number is not None:
            return self.constant(c * x.number)
        return self._signed(super().multiply(self.constant(abs(c)), x), c < 0)

    def add(self, a: Scalar, b: Scalar) -> Scalar:
        if a.number is not None and b.number is not None:
            return super().add(a, b)
        (x, c), (y, d) = self.scaled(a), self.scaled(b)
        if abs(c) != abs(d):
            (x, minus), (y, other) = self.unsigned(a), self.unsigned(b)
            c, d = -1 if minus else 1, -1 if other else 1
        if c == d:
            return self._scaled(super().add(x, y), c)
        return self._scaled(self._difference(y, x), d) if c < 0 else self._scaled(self._difference(x, y), c)

    def _scaled(self, a: Scalar, c: Any) -> Scalar:
        if a.is_zero:
            return a
        x, d = self.scaled(a)
        return self._multiple(x, c * d)

    def subtract(self, a: Scalar, b: Scalar) -> Scalar:
        return self.add(a, self.negative(b))

    def _difference(self, x: Scalar, y: Scalar) -> Scalar:
        """x - y, both without sign."""
        if x.is_zero:
            return self.negative(y)
        if x.node <= y.node or y.is_zero:
            return super().subtract(x, y)
        return self.negative(super().subtract(y, x))

    def multiply(self, a: Scalar, b: Scalar) -> Scalar:
        if a.number is not None:
            return self._scaled(b, a.number) if not a.is_zero else a
        if b.number is not None:
            return self.multiply(b, a)
        (x, c), (y, d) = self.scaled(a), self.scaled(b)
        return self._scaled(super().multiply(x, y), c * d)

    def divide(self, a: Scalar, b: Scalar) -> Scalar:
        if b.number is not None:
            return super().divide(a, b)
        (x, c), (y, d) = self.scaled(a), self.scaled(b)
        return self._scaled(super().divide(x, y), sp.Rational(c) / d)

    def select(self, x: Scalar, a: Scalar, b: Scalar) -> Scalar:
        _, minus = self.unsigned(b if a.is_zero else a)
        return self._signed(super().select(x, self._signed(a, minus), self._signed(b, minus)), minus)

    def function(self, name: str, a: Scalar) -> Scalar:
        if name not in ("cos", "sin"):
            return super().function(name, a)
        angle, minus = self.unsigned(a)
        cosine, sine = self.phase(angle)
        return cosine if name == "cos" else self._signed(sine, minus)

    def phase(self, angle: Scalar) -> tuple[Scalar, Scalar]:
        """(cos, sin) of an angle without sign."""
        if angle.is_zero:
            return self.one, self.zero
        if angle.node not in self._phases:
            self._phases[angle.node] = (super().function("cos", angle), super().function("sin", angle))
        return self._phases[angle.node]

    def relate_phases(self, matrices: Iterable[sp.Matrix]) -> None:
        """Give the cosine and sine of every angle in the matrices that is a sum of two others by theirs."""
        for angle, summands in related(angles(matrices)):
            if summands is None:
                continue
            (cos_a, sin_a), (cos_b, sin_b) = map(self._phase_of, summands)
            node, minus = self.unsigned(from_sympy(self, angle).real)
            sine = self._signed(sin_a * cos_b + cos_a * sin_b, minus)
            self._phases.setdefault(node.node, (cos_a * cos_b - sin_a * sin_b, sine))

    def _phase_of(self, angle: sp.Expr) -> tuple[Scalar, Scalar]:
        node = from_sympy(self, angle).real
        return self.function("cos", node), self.function("sin", node)


def _is_power_of_two(number: Any) -> bool:
    if not number.is_Rational or number.is_zero:
        return False
    p, q = abs(int(number.p)), int(number.q)
    return p & (p - 1) == 0 and q & (q - 1) == 0


# -- angles that are sums or differences of others, so that their cosines and sines cost no function call -----------------
Form = tuple[int, ...]  # coefficients of an angle in the monomials that occur, times their common denominator
Relation = tuple[sp.Expr, tuple[sp.Expr, sp.Expr] | None]

_ALL_STARTS = 8  # up to so many angles every choice of the first two is tried


def angles(matrices: Iterable[sp.Matrix]) -> list[sp.Expr]:
    """The arguments of cos, sin and exp(i x), expanded, each once up to its sign, in a reproducible order."""
    found: set[sp.Expr] = set()
    for matrix in matrices:
        for function in sorted(matrix.atoms(sp.cos, sp.sin, sp.exp), key=sp.default_sort_key):
            angle = sp.expand(function.args[0] / sp.I if isinstance(function, sp.exp) else function.args[0])
            if -angle not in found and angle.is_real:
                found.add(angle)
    return sorted(found, key=sp.default_sort_key)


def related(given: list[sp.Expr]) -> list[Relation]:
    """The angles in an order in which each is the sum of two earlier ones (or of their negatives) or stands alone.

    Returns pairs (angle, the two summands) or (angle, None). The first two are chosen such that fewest stand alone.
    """
    terms = [angle.as_coefficients_dict() for angle in given]
    monomials = sorted({m for term in terms for m in term}, key=sp.default_sort_key)
    rows = [[sp.Rational(term.get(m, 0)) for m in monomials] for term in terms]
    unit = math.lcm(*(int(c.q) for row in rows for c in row))
    forms = [tuple(int(c * unit) for c in row) for row in rows]
    numbers = tuple(range(len(given)))
    starts = itertools.permutations(numbers, 2) if 2 < len(given) <= _ALL_STARTS else [numbers[:2]]
    orders = [_order(forms, list(start)) for start in starts]
    best = min(orders, key=lambda order: sum(summands is None for _, summands in order))
    return [(given[j], s and (s[0][1] * given[s[0][0]], s[1][1] * given[s[1][0]])) for j, s in best]


_Summands = tuple[tuple[int, int], tuple[int, int]] | None  # (angle, sign) twice


def _order(forms: list[Form], start: list[int]) -> list[tuple[int, _Summands]]:
    """The angles of ``start``, then what follows from the known ones; when nothing does, the next one, and so on."""
    known: dict[Form, tuple[int, int]] = {}
    order: list[tuple[int, _Summands]] = []
    waiting = [*start, *(j for j in range(len(forms)) if j not in start)]
    while waiting:
        choice: tuple[int, _Summands] = (waiting[0], None)
        if len(order) >= len(start):
            choice = next(((j, s) for j in waiting if (s := _summands(forms[j], known))), choice)
        order.append(choice)
        waiting.remove(choice[0])
        for sign in (1, -1):
            known[tuple(sign * c for c in forms[choice[0]])] = (choice[0], sign)
    return order


def _summands(form: Form, known: dict[Form, tuple[int, int]]) -> _Summands:
    for first, a in known.items():
        b = known.get(tuple(x - y for x, y in zip(form, first, strict=True)))
        if b is not None:
            return a, b
    return None
