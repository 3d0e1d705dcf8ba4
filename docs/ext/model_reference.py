"""The models of the library, a page each: what it is, its matrices, parameters, lattice and bands, what is known exactly, and where it comes from."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from markdown_text import told

from symcur import bosons, models
from symcur.band_structures import BandStructure
from symcur.display import Block, Card, Facts, Formula, Sentence
from symcur.models import LibraryModel
from symcur.plotting import draw_path

GROUPS = {
    "Electrons and superconductors, by formulas": [models.MODELS.get(name) for name in models.names()],
    "Electrons in plane waves": models.NUMERIC,
    "Magnons, phonons and their hybrids": bosons.MODELS,
}
MOST = 12  # states of a model whose bands are drawn; those in plane waves have a tutorial


def model_reference() -> Iterator[str]:
    """A table for each group, in which each model is a link to its page."""
    for title, group in GROUPS.items():
        yield f"## {title}\n"
        yield "| model | dimension | states | |"
        yield "| --- | --- | --- | --- |"
        for library_model in group:
            name, model = library_model.name, library_model()
            yield f"| [{name}](models/{name}.md) | {model.dimension} | {model.size} | {_paragraphs(library_model)[0]} |"
        yield ""
    names = [library_model.name for group in GROUPS.values() for library_model in group]
    yield "\n".join(["```{toctree}", ":hidden:", "", *(f"models/{name}" for name in names), "```", ""])


def write_pages(target: Path) -> None:
    """The page of each model, with the parameters at their default values, and a picture of its bands."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for library_model in chain.from_iterable(GROUPS.values()):
        lines = [f"# {library_model.name}\n", *(f"{text}\n" for text in _paragraphs(library_model))]
        lines += markdown(library_model().card())
        picture = f"{library_model.name}.png"
        if _drawn(library_model(), target / picture):
            lines.append(f"![The bands of {library_model.name}, coloured by the mean of s in each]({picture})\n")
        (target / f"{library_model.name}.md").write_text("\n".join(lines), encoding="utf-8")


def _paragraphs(library_model: LibraryModel) -> list[str]:
    return [told(" ".join(part.split())) for part in (inspect.getdoc(library_model) or "").split("\n\n")]


def _drawn(model: BandStructure, path: Path) -> bool:
    """The bands along the usual path of a lattice, or through k = 0 in 3D and in the continuum; a boson without energy on it has no states."""
    axes = np.eye(model.dimension)
    line = [("-x", -2 * axes[0]), ("0", 0 * axes[0]), ("y", 2 * axes[-1])]
    usual = model.cell is not None and model.dimension < 3
    if model.size > MOST:
        return False
    try:
        figure = draw_path(model, "s_expectation", None if usual else line)
    except ValueError:
        if model.bosons is None:
            raise
        return False
    figure.savefig(path, dpi=120, bbox_inches="tight")
    plt.close(figure)
    return True


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
