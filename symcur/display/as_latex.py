"""Cards as LaTeX in display mathematics, for documents made of notebooks and for papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symcur.display.blocks import Block, Card, Facts, Folded, Formula, Numbers, Sentence, Slices
from symcur.display.numbers import bound, number

_SPECIAL = {
    **{character: f"\\{character}" for character in "#$%&_{}"},
    "\\": r"$\backslash$",
    "~": r"$\sim$",
    "^": r"$\hat{\ }$",
    "<": "$<$",
    ">": "$>$",
}


def latex(card: Card) -> str:
    """The formulas and tables of the card, in $$; the title in words where there is no formula."""
    rows = list(_rows(card.blocks)) or [words(card.title)]
    return (
        f"$${rows[0]}$$" if len(rows) == 1 else "$$\\begin{gathered}\n" + " \\\\\n".join(rows) + "\n\\end{gathered}$$"
    )


def words(text: str) -> str:
    r"""A text as \text{...} on one line, with what has a meaning in LaTeX escaped."""
    return rf"\text{{{''.join(_SPECIAL.get(character, character) for character in ' '.join(text.split()))}}}"


def _rows(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Formula(formula):
                yield formula
            case Numbers():
                yield from (_array(block),) if block.rows else ()
                yield from (words(block.vanishing),) if block.vanishing else ()
            case Slices(name, slices):
                for value, inner in slices:
                    yield words(f"{name} = {value}")
                    yield from _rows(inner)
            case Folded(_, inner):
                yield from _rows(inner)
            case Facts() if "unit" in dict(block.told):
                yield words(f"unit {dict(block.told)['unit']}")
            case Sentence(text, strong) if strong:
                yield words(text)


def _array(numbers: Numbers) -> str:
    leading = numbers.leading
    lines = [" & ".join(map(words, (*numbers.keys, *numbers.parts)))]
    for a, row in enumerate(numbers.rows):
        cells = [words(key) for key in row.keys]
        for b, (value, error) in enumerate(row.values):
            shown = _number(number(value, error))
            shown = rf"\mathbf{{{shown}}}" if (a, b) in leading else shown
            cells.append(rf"{shown} \pm {_number(bound(error))}")
        lines.append(" & ".join(cells))
    columns = "l" * len(numbers.keys) + "r" * len(numbers.parts)
    return rf"\begin{{array}}{{{columns}}}" + r" \\ ".join(lines) + r"\end{array}"


def _number(text: str) -> str:
    """A printed number, 9e-06 as 9 x 10^-6."""
    digits, e, power = text.partition("e")
    return (
        rf"{digits} \times 10^{{{int(power)}}}"
        if e
        else {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\text{nan}"}.get(text, text)
    )
