"""The pieces of an identity as they are typed, each with its place in the text. Nothing is known here of what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

AXES = frozenset("abcdhijklouxyz")
BANDS = frozenset("mnpqr")


@dataclass(frozen=True)
class Node:
    """A piece of an identity; ``at`` is its place in the text."""

    at: int

    @property
    def parts(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True)
class Constant(Node):
    value: Fraction


@dataclass(frozen=True)
class Symbol(Node):
    """A letter with its indices: axes, labels of bands, and what else stands there ("s", "tau", "2")."""

    base: str
    lower: tuple[str, ...] = ()
    upper: tuple[str, ...] = ()
    primes: int = 0

    def axes(self) -> tuple[str, ...]:
        """All its axes, as typed."""
        return tuple(index for index in (*self.lower, *self.upper) if index in AXES)

    def bands(self) -> tuple[str, ...]:
        """All its band labels, as typed."""
        return tuple(index for index in (*self.lower, *self.upper) if index[0] in BANDS)

    def others(self) -> tuple[str, ...]:
        """What is neither an axis nor a band."""
        return tuple(x for x in (*self.lower, *self.upper) if x not in AXES and x[0] not in BANDS)


@dataclass(frozen=True)
class ByName(Node):
    """A quantity by its name, or found by its symbol."""

    name: str
    axes: tuple[str, ...]


@dataclass(frozen=True)
class Terms(Node):
    """A sum, or the negative of something where there is one part."""

    signs: tuple[int, ...]
    terms: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.terms


@dataclass(frozen=True)
class Factors(Node):
    factors: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.factors


@dataclass(frozen=True)
class Wrapped(Node):
    """One part in a ``kind`` of cover: "()", "/" (one over it), "Tr", "Re", "Im"; ``bracketed`` where brackets show its end."""

    kind: str
    inner: Node
    bracketed: bool = True

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.inner,)


@dataclass(frozen=True)
class Power(Node):
    inner: Node
    exponent: int

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.inner,)


@dataclass(frozen=True)
class Commutator(Node):
    """left right + sign right left."""

    left: Node
    right: Node
    sign: int

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.left, self.right


@dataclass(frozen=True)
class Gradient(Node):
    """A derivative; ``covariant`` where it is one, \\nabla_i."""

    axis: str
    inner: Node
    covariant: bool = False

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.inner,)


@dataclass(frozen=True)
class Element(Node):
    """The matrix element (inner)_{ab}."""

    inner: Node
    bands: tuple[str, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.inner,)


@dataclass(frozen=True)
class States(Node):
    """The sum over states: labels, each with the label from which it differs ("" where it takes all values)."""

    labels: tuple[tuple[str, str], ...]
    inner: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.inner,)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it."""
    yield node
    for part in node.parts:
        yield from walk(part)
