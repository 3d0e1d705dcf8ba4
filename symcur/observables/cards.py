"""What a result shows of itself, in the terminal and in notebooks: its numbers with errors, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import islice, product
from typing import Any

from symcur.display import Card, Facts, Numbers, Row, Sentence, Slices, as_typed, without_zeros

_SLICED = 12  # rows; more are shown a slice at a time, one for each mu or temperature
_MOST = 200  # slices


def card(result: Any, components: str = "*", most: int | None = None, hint: str = "") -> Card:
    """All rows (of components such as "x?", at most so many), the components that vanish on one line, then the facts."""
    numbers = table(result, components)
    left = 0 if most is None else max(0, len(numbers.rows) - most)
    more = Sentence(f"... {left} more rows{hint}" if left else "")
    return Card(_title(result), (replace(numbers, rows=numbers.rows[:most]), more, facts(result)))


def sliced(result: Any) -> Card:
    """The same where a long scan is shown a slice at a time."""
    numbers = table(result)
    if len(numbers.rows) <= _SLICED:
        return card(result)
    varies = 0 if len({row.keys[0] for row in numbers.rows}) > 1 else 1
    values = dict.fromkeys(row.keys[varies] for row in numbers.rows)
    slices = tuple(
        (value, (replace(numbers, rows=tuple(row for row in numbers.rows if row.keys[varies] == value), vanishing=""),))
        for value in islice(values, _MOST)
    )
    more = Sentence(f"... {len(values) - _MOST} more values" if len(values) > _MOST else "")
    return Card(_title(result), (Slices(numbers.keys[varies], slices), replace(numbers, rows=()), more, facts(result)))


def table(result: Any, components: str = "*") -> Numbers:
    """The numbers of the components that do not vanish, and "xx = yy = 0 (4e-9)" of those that do at all mu and temperatures."""
    found = (
        Row(place, tuple(parts.values()), "" if met else "not met") for place, parts, met in rows(result, components)
    )
    numbers = without_zeros(Numbers(("mu", "T", "component"), tuple(result.parts), tuple(found)))
    if numbers.rows or not numbers.vanishing:
        return numbers
    mu, T = (_several(as_typed(axis)) for axis in result.scan[:2])
    return replace(numbers, vanishing=f"{numbers.vanishing} for mu = {mu}, T = {T}")


def rows(
    result: Any, components: str = "*"
) -> Iterator[tuple[tuple[str, str, str], dict[str, tuple[float, float]], bool]]:
    """((mu, T, component) as texts, {part: (value, error)}, whether the tolerance was met) of the components of a pattern."""
    mu, T = map(as_typed, result.scan[:2])
    places = product(mu, T, range(result.dimension ** len(result.indices)))
    for (level, temperature, _), (_, _, component, parts, met) in zip(places, result.rows(), strict=True):
        if fnmatchcase(component, components):
            yield (level, temperature, component), parts, met


def _several(texts: list[str]) -> str:
    return ", ".join(texts) if len(texts) < 5 else f"{texts[0]}, {texts[1]}, ..., {texts[-1]}"


def facts(result: Any) -> Facts:
    """What a number needs to be read."""
    window = "" if result.window is None else f"levels closer than {result.window:.3g} are one multiplet"
    parameters = (f"{name} = {as_typed([value])[0]}" for name, value in result.parameters.items())
    return Facts(
        (
            ("sum", result.sums),
            ("unit", result.unit),
            ("convention", f"{result.convention}; hbar = e = k_B = 1 inside"),
            ("form", result.form),
            ("hall part", result.hall),
            ("level", result.level),
            ("window", window),
            ("note", "\n".join(result.notes)),
            ("parameters", ", ".join(parameters) or "none"),
            ("domain", result.domain),
            (
                "method",
                f"{result.method}; {result.evaluations} k points, {result.by_eigenstates or 0} by eigenstates{_memory(result)}",
            ),
            ("status", f"{result.status}: {result.message}"),
        )
    )


def _memory(result: Any) -> str:
    return f"; arrays of {result.memory / 1e6:.3g} MB" if result.memory else ""


def _title(result: Any) -> str:
    return f"{result.observable} of {result.model}"
