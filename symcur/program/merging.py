"""A straight-line program without repeated steps: nodes that are equal, opposite or zero as functions are found as they are made.

Two nodes are equal if they agree at two random points to thirty digits. Sums, products, quotients, cosines and sines are
analytic, so that functions which differ agree there with a probability below 10^-50; roots and other functions, which have
branches, count as independent inputs.
"""

from __future__ import annotations

import operator
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import mpmath
import sympy as sp

from symcur.program.program import FUNCTIONS, Program, Scalar

_BITS, _KEPT = 200, 100  # of the values, and of those compared
_POINTS = 2
_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "cos": mpmath.cos,
    "sin": mpmath.sin,
}
_Key = tuple[tuple[int, int, int], ...]


class MergingProgram(Program):
    """Program in which equal nodes are one node, opposite ones have a sign, and what vanishes is 0."""

    def __init__(self) -> None:
        self._values: dict[int, list[Any]] = {}
        self._made: dict[_Key, int] = {}
        super().__init__()

    @classmethod
    def of(cls, program: Program, outputs: Iterable[int]) -> tuple[MergingProgram, dict[int, int]]:
        """What the outputs of a program need, and for each of its nodes the node that it becomes."""
        result, nodes = cls(), {}

        def keep(node: int, value: Scalar) -> Scalar:
            nodes[node] = value.node
            return value

        arithmetic: dict[str, Callable[..., Scalar]] = {
            "input": result.input,
            "constant": result.constant,
            "atom": lambda atom, *values: result._node("atom", atom, *(value.node for value in values)),
            "+": operator.add,
            "-": operator.sub,
            "*": operator.mul,
            "/": operator.truediv,
            **{name: partial(result.function, name) for name in FUNCTIONS},
        }
        program.run(outputs, arithmetic, keep)
        return result, nodes

    def _node(self, operation: str, *arguments: Any) -> Scalar:
        key = (operation, arguments)
        if key in self._index:
            return Scalar(self, self._index[key])
        with mpmath.workprec(_BITS):
            values = self._evaluated(operation, arguments)
            if values is None:
                return self._new(operation, arguments, self._random(repr(key)))
            found = self._known(values, key)
        return found if found is not None else self._new(operation, arguments, values)

    def _known(self, values: list[Any], key: tuple[str, tuple[Any, ...]]) -> Scalar | None:
        """A node with these values, or with the opposite ones and a sign."""
        operation, arguments = key
        if operation == "constant":
            return None
        if operation in ("+", "-") and all(map(_is_small, values, *(self._values[a] for a in arguments))):
            self._index[key] = self.zero.node
            return self.zero
        same = self._made.get(_key(values))
        if same is not None:
            self._index[key] = same
            return Scalar(self, same)
        opposite = self._made.get(_key([-value for value in values]))
        if opposite is None or (operation, arguments[0]) == ("-", self.zero.node):
            return None
        result = self._new("-", (self.zero.node, opposite), values)
        self._index[key] = result.node
        return result

    def _new(self, operation: str, arguments: tuple[Any, ...], values: list[Any]) -> Scalar:
        node = super()._node(operation, *arguments)
        self._values[node.node] = values
        if operation != "constant":
            self._made.setdefault(_key(values), node.node)
        return node

    def _evaluated(self, operation: str, arguments: tuple[Any, ...]) -> list[Any] | None:
        if operation == "constant":
            return [mpmath.mpmathify(sp.N(arguments[0], _BITS))] * _POINTS
        if operation not in _ARITHMETIC:
            return None
        try:
            pairs = zip(*(self._values[node] for node in arguments), strict=True)
            return [_ARITHMETIC[operation](*pair) for pair in pairs]
        except ZeroDivisionError:
            return None

    @staticmethod
    def _random(name: str) -> list[Any]:
        """Values between 1/2 and 3/2 that depend on the name alone."""
        seeds = (zlib.crc32(f"{name} {j} {part}".encode()) for j in range(_POINTS) for part in range(4))
        words = [mpmath.mpf(seed) / 2**32 for seed in seeds]
        return [
            mpmath.mpf(1) / 2 + sum(w / 2 ** (32 * i) for i, w in enumerate(words[4 * j : 4 * j + 4]))
            for j in range(_POINTS)
        ]


def _is_small(value: Any, *terms: Any) -> bool:
    return bool(abs(value) <= max(map(abs, terms)) * mpmath.ldexp(1, -_KEPT))


def _key(values: list[Any]) -> _Key:
    """The leading bits."""
    result = []
    for value in values:
        sign, mantissa, exponent, bits = value._mpf_
        drop = max(bits - _KEPT, 0)
        result.append((int(sign), int(mantissa) >> drop << max(_KEPT - bits, 0), exponent + bits))
    return tuple(result)
