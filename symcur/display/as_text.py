"""Cards as text of a given width. No number is ever cut: tables that are too wide are stacked."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from symcur.display.blocks import Block, Card, Facts, Folded, Formula, Numbers, Picture, Sentence, Slices
from symcur.display.numbers import bound, number
from symcur.display.one_line import sentence, unicode_math

_MATRIX = re.compile(r"\\begin{(pmatrix|cases)}(.*?)\\end{\1}", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # what a terminal would obey
_LEAST = 10  # columns of running text
_LABEL = 11  # columns of the labels of facts, at least


def text(card: Card, width: int = 100) -> str:
    """The card as lines of at most ``width`` columns, longer only where one word or number is."""
    heading = f"{card.title}  {card.kind}".strip()
    return _CONTROL.sub("\ufffd", "\n".join([*wrapped(heading, width), *lines(card.blocks, width)]))


def lines(blocks: Iterable[Block], width: int) -> Iterator[str]:
    """The lines of blocks."""
    for block in blocks:
        match block:
            case Formula(latex):
                yield from (line for row in _rows(latex) for line in wrapped(unicode_math(row), width, "    "))
            case Sentence(words) if words:
                yield from wrapped(sentence(words), width)
            case Facts():
                yield from _facts(block, width)
            case Numbers():
                yield from table(block, width) if block.rows else ()
                yield from wrapped(block.vanishing, width) if block.vanishing else ()
            case Picture(_, words):
                yield from wrapped(f"[{words}]", width)
            case Folded(summary, inner):
                yield from wrapped(summary, width)
                yield from (f"  {line}" for line in lines(inner, width - 2))
            case Slices(name, slices):
                for value, inner in slices:
                    yield f"{name} = {value}"
                    yield from lines(inner, width)


def _rows(latex: str) -> list[str]:
    """The rows of aligned equations, with matrices and cases within a row as (a, b; c, d)."""
    inner = _MATRIX.sub(lambda found: f"({_entries(found[2])})", latex)
    bare = inner.replace(r"\begin{aligned}", "").replace(r"\end{aligned}", "").replace("&", "")
    return [row.strip() for row in bare.split(r"\\") if row.strip()]


def _entries(body: str) -> str:
    return "; ".join(", ".join(entry.strip() for entry in row.split("&")) for row in body.split(r"\\"))


def wrapped(words: str, width: int, indent: str = "") -> list[str]:
    """A text on lines of this width; words and numbers stay whole."""
    return [
        line
        for paragraph in words.splitlines() or [""]
        for line in textwrap.wrap(
            paragraph, max(width, _LEAST), initial_indent=indent, subsequent_indent=indent,
            break_long_words=False, break_on_hyphens=False,
        ) or [""]
    ]  # fmt: skip


def _facts(facts: Facts, width: int) -> Iterator[str]:
    margin = max(_LABEL, *(len(label) for label, _ in facts.told)) if facts.told else _LABEL
    for label, value in facts.told:
        words = unicode_math(value.latex) if isinstance(value, Formula) else value
        first, *rest = (line for part in words.splitlines() for line in wrapped(part, width - margin - 2))
        yield f"{label:>{margin}}  {first}"
        yield from (" " * (margin + 2) + line for line in rest)


def table(numbers: Numbers, width: int) -> list[str]:
    """A row for each place; where that is too wide one for each number, then each number on a line below its place."""
    for layout in (_wide, _stacked):
        headings, rows = layout(numbers)
        widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
        if sum(widths) + 2 * (len(widths) - 1) <= width:
            left = [heading == "part" for heading in headings]
            return [_line(row, widths, left) for row in (headings, *rows)]
    return list(_narrow(numbers))


def _line(cells: tuple[str, ...], widths: list[int], left: list[bool]) -> str:
    aligned = (
        f"{cell:<{width}}" if flush else f"{cell:>{width}}"
        for cell, width, flush in zip(cells, widths, left, strict=True)
    )
    return "  ".join(aligned).rstrip()


def _wide(numbers: Numbers) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    rows = []
    for row in numbers.rows:
        error = max(error for _, error in row.values)
        rows.append((*row.keys, *(number(*pair) for pair in row.values), _error(error, row.mark)))
    return (*numbers.keys, *numbers.parts, "largest error"), rows


def _stacked(numbers: Numbers) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """What repeats is left out."""
    rows = []
    for row in numbers.rows:
        keys = row.keys
        for part, (value, error) in zip(numbers.parts, row.values, strict=True):
            rows.append((*keys, part, number(value, error), _error(error, row.mark)))
            keys = ("",) * len(keys)
    return (*numbers.keys, "part", "value", "error"), rows


def _narrow(numbers: Numbers) -> Iterator[str]:
    for row in numbers.rows:
        yield ", ".join(f"{name} = {key}" for name, key in zip(numbers.keys, row.keys, strict=True))
        for part, (value, error) in zip(numbers.parts, row.values, strict=True):
            yield f" {part}"
            yield f"  {number(value, error)} ± {_error(error, row.mark)}"


def _error(error: float, mark: str) -> str:
    return f"{bound(error, 1)}{f' ({mark})' if mark else ''}"
