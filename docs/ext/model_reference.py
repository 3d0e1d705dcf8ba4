"""The models of the library on a page: what each is, its matrices, parameters, lattice, what is known exactly, and where it comes from."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from itertools import chain

from markdown_text import told

from symcur import bosons, models
from symcur.display import Block, Card, Facts, Formula, Sentence

GROUPS = {
    "Electrons and superconductors, by formulas": [models.MODELS.get(name) for name in models.names()],
    "Electrons in plane waves": models.NUMERIC,
    "Magnons, phonons and their hybrids": bosons.MODELS,
}


def model_reference() -> Iterator[str]:
    """A section for each group, in it one for each model, with the parameters at their default values."""
    for title, group in GROUPS.items():
        yield f"## {title}\n"
        for library_model in group:
            yield f"### {library_model.name}\n"
            yield from (
                f"{told(' '.join(part.split()))}\n" for part in (inspect.getdoc(library_model) or "").split("\n\n")
            )
            yield from markdown(library_model().card())


def markdown(card: Card) -> Iterator[str]:
    """A card in Markdown, without its title."""
    yield f"*{card.kind}*\n"
    yield from chain.from_iterable(map(_block, card.blocks))


def _block(block: Block) -> Iterable[str]:
    match block:
        case Formula(latex):
            return (f"$$\n{latex}\n$$\n",)
        case Sentence(text):
            return (f"{told(text)}\n",)
        case Facts():
            return (f"{label}\n: {_value(value)}\n" for label, value in block.told)
    raise TypeError(f"block: expected formulas, sentences and facts, got {type(block).__name__}")


def _value(value: str | Formula) -> str:
    return f"${value.latex}$" if isinstance(value, Formula) else told(value.replace("\n", "; "))
