"""Things with names: looked up with a hint at what was meant, listed in order, and added to at run time."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Generic, ParamSpec, Protocol, TypeVar


class _Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)
P = ParamSpec("P")


class Registry(Generic[T]):
    """The items of one ``kind`` by name, in the order in which they were added."""

    def __init__(self, kind: str, items: Iterable[T] = ()) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}
        for item in items:
            self.add(item)

    def add(self, item: T) -> T:
        """Add an item and return it; a name that is taken raises ValueError."""
        if item.name in self._items:
            raise ValueError(f"{self.kind}: expected a new name, got {item.name!r}, which is taken")
        self._items[item.name] = item
        return item

    def maker(self, kind: Callable[P, T]) -> Callable[P, T]:
        """``kind(...)`` that also adds what it makes."""

        def make(*args: P.args, **kwargs: P.kwargs) -> T:
            return self.add(kind(*args, **kwargs))

        make.__doc__ = (
            f"A new {self.kind}, known by its name from here on; the arguments are those of ``{kind.__name__}``."
        )
        make.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]
        return make

    def remove(self, name: str) -> None:
        """Take an item out again."""
        del self._items[self.get(name).name]

    def get(self, name: str | T) -> T:
        """The item of this name (or the item itself); an unknown name raises a ValueError that lists the valid ones."""
        if not isinstance(name, str):
            return name
        if name not in self._items:
            close = get_close_matches(name, self._items, 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise ValueError(f"{self.kind}: expected one of {', '.join(self._items)}, got {name!r}{hint}")
        return self._items[name]

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def names(self) -> list[str]:
        """The names, in order."""
        return list(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)
