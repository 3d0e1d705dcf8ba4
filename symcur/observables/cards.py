"""What a result shows of itself, in the terminal and in notebooks: its numbers with errors, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from symcur.display import Block, Card, Facts, Numbers, Row, Sentence, Slices, as_typed, zeros

_SLICED = 12  # rows; more are shown a slice at a time, one for each mu or temperature
_MOST = 200  # slices


def card(result: Any, components: str = "*", most: int | None = None, hint: str = "") -> Card:
    """All rows (of components such as "x?", at most so many), the components that vanish on one line, then the facts."""
    numbers, vanishing = table(result, components)
    left = 0 if most is None else max(0, len(numbers.rows) - most)
    blocks: list[Block] = [Numbers(numbers.keys, numbers.parts, numbers.rows[:most])] if numbers.rows else []
    more = f"... {left} more rows{hint}" if left else ""
    return Card(_title(result), (*blocks, *(Sentence(text) for text in (vanishing, more) if text), facts(result)))


def sliced(result: Any) -> Card:
    """The same where a long scan is shown a slice at a time."""
    numbers, vanishing = table(result)
    if len(numbers.rows) <= _SLICED:
        return card(result)
    varies = 0 if len({row.keys[0] for row in numbers.rows}) > 1 else 1
    slices = list(_slices(numbers, varies))
    more = f"... {len(slices) - _MOST} more values" if len(slices) > _MOST else ""
    sentences = (Sentence(text) for text in (vanishing, more) if text)
    return Card(_title(result), (Slices(numbers.keys[varies], tuple(slices[:_MOST])), *sentences, facts(result)))


def _slices(numbers: Numbers, key: int) -> Iterator[tuple[str, tuple[Block, ...]]]:
    for value in dict.fromkeys(row.keys[key] for row in numbers.rows):
        yield value, (Numbers(numbers.keys, numbers.parts, tuple(r for r in numbers.rows if r.keys[key] == value)),)


def table(result: Any, components: str = "*") -> tuple[Numbers, str]:
    """The numbers of the components that do not vanish, and "xx = yy = 0 (4e-9)" of those that do at all mu and temperatures."""
    found = list(rows(result, components))
    pairs: dict[str, list[tuple[float, float]]] = {}
    for (*_, component), parts, _ in found:
        pairs.setdefault(component, []).extend(parts.values())
    empty, vanishing = zeros(pairs)
    shown = [
        Row(place, tuple(parts.values()), "" if met else "not met")
        for place, parts, met in found
        if place[2] not in empty
    ]
    if vanishing and not shown:
        mu, T = map(as_typed, result.scan[:2])
        vanishing += f" for mu = {_several(mu)}, T = {_several(T)}"
    return Numbers(("mu", "T", "component"), tuple(result.parts), tuple(shown)), vanishing


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
            ("method", f"{result.method}; {result.evaluations} k points, {result.by_eigenstates or 0} by eigenstates"),
            ("status", f"{result.status}: {result.message}"),
        )
    )


def _title(result: Any) -> str:
    return f"{result.observable} of {result.model}"
