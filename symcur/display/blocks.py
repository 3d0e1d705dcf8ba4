"""What a card is made of: formulas, numbers with errors, facts, sentences, what is folded away, and slices of a scan.

Texts are plain; the readers escape them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """LaTeX mathematics, on lines of its own."""

    latex: str


@dataclass(frozen=True)
class Sentence:
    """A sentence, in which letters with indices, as in d^{is} or s_n, and Greek ones are mathematics."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Facts:
    """Labels with what they stand for, a text or a formula; those without a text are left out."""

    pairs: tuple[tuple[str, str | Formula], ...]

    @property
    def told(self) -> list[tuple[str, str | Formula]]:
        return [(label, value) for label, value in self.pairs if value]


@dataclass(frozen=True)
class Row:
    """Where a row of numbers belongs, (value, error) for each part, and a mark such as "not met"."""

    keys: tuple[str, ...]
    values: tuple[tuple[float, float], ...]
    mark: str = ""


@dataclass(frozen=True)
class Numbers:
    """A table of numbers with their errors. ``keys`` head the columns that say where, ``parts`` those of the numbers.

    ``vanishing`` names below it what is zero everywhere, and has no rows.
    """

    keys: tuple[str, ...]
    parts: tuple[str, ...]
    rows: tuple[Row, ...]
    vanishing: str = ""

    @property
    def leading(self) -> set[tuple[int, int]]:
        """(row, part) of the value of each part with the largest modulus, the first where rounding decides; none where all vanish."""
        found = set()
        for part in range(len(self.parts)):
            sizes = [abs(row.values[part][0]) for row in self.rows]
            most = max((size for size in sizes if size < float("inf")), default=0.0)
            first = next((a for a, size in enumerate(sizes) if most and (1 - 1e-6) * most <= size <= most), None)
            if first is not None and sizes[first] > self.rows[first].values[part][1]:
                found.add((first, part))
        return found


@dataclass(frozen=True)
class Picture:
    """A PNG file, and in words what is on it."""

    png: bytes
    words: str


@dataclass(frozen=True)
class Folded:
    """What is seen when it is asked for."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Slices:
    """The same for several values of something: one is seen at a time, with a slider. The slices are (value, blocks)."""

    name: str
    slices: tuple[tuple[str, tuple[Block, ...]], ...]


Block = Formula | Sentence | Facts | Numbers | Picture | Folded | Slices


@dataclass(frozen=True)
class Card:
    """A title and what stands below it; ``kind`` is a word beside the title, such as a verdict."""

    title: str
    blocks: tuple[Block, ...]
    kind: str = ""
