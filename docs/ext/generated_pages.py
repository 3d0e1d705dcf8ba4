"""Pages that are written from the code when the documentation is built.

In quantities.md and ledger.md the comment ``<!-- generated -->`` stands for the reference that the code gives; the
documents of derivations/ are copied next to the other sources, with an index.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symcur import claims, quantities
from symcur.claims import Claim, Equality
from symcur.latex import latex
from symcur.quantities import Quantity
from symcur.words import axis_name

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = "<!-- generated -->"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", lambda app, config: copy_derivations(Path(app.srcdir)))
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}


def fill_in(app: Sphinx, name: str, source: list[str]) -> None:
    """Replace the mark on a generated page."""
    pages = {"quantities": quantity_reference, "ledger": ledger}
    if name in pages:
        source[0] = source[0].replace(MARK, "\n".join(pages[name]()))


def copy_derivations(docs: Path) -> None:
    """Copy ../derivations/*.md to docs/derivations/, in their order, and write the index."""
    target = docs / "derivations"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    documents = sorted((docs.parent / "derivations").glob("*.md"))
    for document in documents:
        shutil.copy(document, target)
    names = "\n".join(document.stem for document in documents if document.stem not in ("index", "README"))
    text = "# Derivations\n\nThe steps of the paper in its order; every step is checked by the code when the page is built.\n"
    (target / "index.md").write_text(text + f"\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n", encoding="utf-8")


def quantity_reference() -> Iterator[str]:
    """Every quantity: symbol, meaning, unit, its word as a trace and as a sum over states, its places in the paper."""
    for name in quantities.names():
        yield from _quantity(quantities.get(name))


def _quantity(quantity: Quantity) -> Iterator[str]:
    indices = f"components [{', '.join(quantity.indices)}]" if quantity.indices else "a scalar"
    trace, states = latex(quantity.word()), latex(quantity.word(), "sum")
    yield f"## {quantity.name}\n"
    yield f"{_sentence(quantity.meaning)} Per band, {indices}; unit: {quantity.unit}. In the paper: {_places(quantity.where)}.\n"
    yield f"$$\n{quantity.symbol()} = {trace}\n$$\n"
    if states != trace:
        yield f"$$\n{quantity.symbol()} = {states}\n$$\n"


def ledger() -> Iterator[str]:
    """Every claim in the order of the paper: statement, assumptions, recorded verdict, what is printed and corrected."""
    for section in dict.fromkeys(claim.section for claim in claims.CLAIMS):
        yield f"## {section}\n"
        for claim in claims.CLAIMS:
            if claim.section == section:
                yield from _claim(claim)


def _claim(claim: Claim) -> Iterator[str]:
    yield f"### {claim.name}\n"
    yield f"**{claim.recorded}** · {_places(claim.where)}\n"
    yield f"{claim.text}\n"
    if claim.statement:
        yield f"$$\n{claim.statement}\n$$\n"
    if claim.assumptions:
        yield f"Assumptions: {'; '.join(claim.assumptions)}.\n"
    if claim.why_open:
        yield f"Open: {claim.why_open}\n"
    for role, title in (("printed", "As printed"), ("corrected", "As corrected")):
        for equality in claim.equalities:
            if equality.role == role:
                yield f"{title} ({equality.note.replace('_', chr(92) + '_')}):\n\n$$\n{_equation(equality)}\n$$\n"


def _equation(equality: Equality) -> str:
    text = f"{latex(equality.lhs)} = {latex(equality.rhs)}"
    for axis, primitive in equality.primitive:
        text += rf" + \partial_{{k_{{{axis_name(axis)}}}}} \left[{latex(primitive)}\right]"
    return text


def _places(where: Mapping[str, str]) -> str:
    return "; ".join(f"{version}: {place}" for version, place in where.items()).replace("_", r"\_") or "not printed"


def _sentence(text: str) -> str:
    text = text.replace("_", r"\_").replace("<", r"\<")
    return text[:1].upper() + text[1:] + "."
