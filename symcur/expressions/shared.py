"""Nodes that are made once, and walks that visit each of them once.

Equal nodes are one object, as long as somebody holds it, so that they are compared and looked up by identity. A derivative
written out on pages repeats few different nodes many times: it costs as much as there are different ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import RLock
from typing import Any, ClassVar, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")
N = TypeVar("N", bound="Shared")
LONGEST = 10**6  # nodes that are written where they occur


class _Content(tuple[Any, ...]):
    """The class and the fields of a node, with their hash."""

    hash: int

    def __hash__(self) -> int:
        return self.hash


_NODES: WeakValueDictionary[_Content, Any] = WeakValueDictionary()
_LOCK = RLock()


class _Maker(type):
    """Calling a class returns the node with these fields that exists, if one does."""

    def __call__(cls, *args: Any, **values: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], tuple | Shared) and not values:  # nodes are compared by identity
            try:
                node = _NODES.get(_content(cls, args))
            except TypeError:  # what is no node may have no hash
                node = None
            if node is not None:
                return node
        node = super().__call__(*args, **values)
        content = _content(cls, [getattr(node, field) for field in cls.__match_args__])  # type: ignore[attr-defined]
        with _LOCK:
            return _NODES.setdefault(content, node)


def _content(cls: type, fields: Iterable[Any]) -> _Content:
    content = _Content((cls, *fields))
    content.hash = tuple.__hash__(content)
    return content


class Shared(metaclass=_Maker):
    """The base of frozen dataclasses (``eq=False``) of which there is one object for every choice of the fields."""

    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        if written_out(self) > LONGEST:
            return f"<{type(self).__name__} of {len(inside_out(self))} different nodes>"
        fields = (f"{field}={getattr(self, field)!r}" for field in self.__match_args__)
        return f"{type(self).__qualname__}({', '.join(fields)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, field) for field in self.__match_args__)

    @property
    def children(self) -> tuple[Any, ...]:
        return ()


def inside_out(root: N) -> list[N]:
    """The node and everything in it, each once, children before what contains them."""
    seen, found, stack = {root}, [], [(root, iter(root.children))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if child not in seen:
                seen.add(child)
                stack.append((child, iter(child.children)))
                break
        else:
            found.append(node)
            stack.pop()
    return found


def walk(root: N) -> Iterator[N]:
    """The node and everything in it, each once, from the outside to the inside."""
    return reversed(inside_out(root))


def fold(root: N, rules: Mapping[Any, Callable[..., T]], default: Callable[..., T]) -> T:
    """The value of a node from those of its children: rules[type](node, *values), or default(node, *values)."""
    values: dict[N, T] = {}
    for node in inside_out(root):
        values[node] = rules.get(type(node), default)(node, *(values[child] for child in node.children))
    return values[root]


def written_out(root: Shared) -> int:
    """How many nodes there are if each is written where it occurs."""
    size: int = fold(root, {}, lambda node, *sizes: 1 + sum(sizes))
    return size
