"""Pages that are written from the code when the documentation is built.

Each model of the library has a page in models/. In conventions.md, quantities.md, models.md, ledger.md and relations.md the comment ``<!-- generated -->`` stands for the reference that the code
gives; the documents of derivations/ are copied next to the other sources, with an index.
"""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_text import plain, told
from model_reference import model_reference, write_pages
from relation_tables import relation_tables

from symcur import claims, observables, quantities
from symcur.claims import Claim, Equality
from symcur.observables import KINDS, Observable, Term
from symcur.observables.hall import ALL, Choice
from symcur.quantities import Quantity

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = "<!-- generated -->"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", lambda app, config: copy_derivations(Path(app.srcdir)))
    app.connect("config-inited", lambda app, config: write_pages(Path(app.srcdir) / "models"))
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}


def fill_in(app: Sphinx, name: str, source: list[str]) -> None:
    """Replace the mark on a generated page."""
    pages = {
        "conventions": observable_reference,
        "quantities": quantity_reference,
        "ledger": ledger,
        "models": model_reference,
        "relations": relation_tables,
    }
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
    """Every quantity: symbol, meaning, unit, its expression as a trace and as a sum over states, its places in the paper."""
    for name in quantities.names():
        yield from _quantity(quantities.get(name))


def _quantity(quantity: Quantity) -> Iterator[str]:
    indices = f"components [{', '.join(quantity.indices)}]" if quantity.indices else "a scalar"
    trace, states = quantity.expression().latex(), quantity.expression().latex("sum")
    yield f"## {quantity.name}\n"
    yield f"{_sentence(quantity.meaning)} Per band, {indices}; unit: {quantity.unit}. In the paper: {_places(quantity.where)}.\n"
    yield f"$$\n{quantity.symbol()} = {trace}\n$$\n"
    if states != trace:
        yield f"$$\n{quantity.symbol()} = {states}\n$$\n"


def observable_reference() -> Iterator[str]:
    """Every observable: definition, components, unit, its parts as integrands in each form, its places in the paper."""
    for observable in observables.OBSERVABLES:
        yield from _observable(observable)


def _observable(observable: Observable) -> Iterator[str]:
    yield f"### {observable.name}\n"
    yield f"{_sentence(observable.meaning)} In the paper: {_places(observable.where)}.\n"
    yield f"$$\n{observable.symbol} = {observable.definition}\n$$\n"
    yield f"- Components: {plain(observable.convention)}."
    yield f"- Unit: `{KINDS[observable.kind].unit}`."
    yield f"- The value is the part `{observable.total}`" + (f"; {plain(observable.sums)}." if observable.sums else ".")
    yield from (f"- {_sentence(form.text)}" for form in observable.forms.values())
    yield "\nThe integrand of each part:\n"
    default, *others = (f"`{name}`" for name in observable.forms)
    yield _row("part", default + (" (default)" if others else ""), *others)
    yield _row("---", *["---"] * len(observable.forms))
    for part in next(iter(observable.forms.values())).parts:
        integrands = (_integrand(form.parts[part], observable.indices) for form in observable.forms.values())
        yield _row(f"`{part}`", *(f"${integrand}$" for integrand in integrands))
    yield from _choices(observable)
    terms = [term for form in observable.forms.values() for part in form.parts.values() for term in part]
    choices = next(iter(observable.forms.values())).choices.values()
    terms += [
        term for choice in choices if isinstance(choice, Choice) for part in choice.parts.values() for term in part
    ]
    for quantity in dict.fromkeys(term.quantity for term in terms if isinstance(term.quantity, Quantity)):
        yield f"\nThe {plain(quantity.meaning)}:\n"
        yield f"$$\n{quantity.symbol()} = {quantity.expression().latex('sum')}\n$$"
    yield ""


def _choices(observable: Observable) -> Iterator[str]:
    """The integrands with the other choices of the Hall part, in the default form."""
    choices = next(iter(observable.forms.values())).choices
    if not choices:
        return
    yield "\nWith other choices of the [Hall part](which_number.md):\n"
    yield _row("choice", "part", "integrand")
    yield _row("---", "---", "---")
    for name, choice in choices.items():
        if name == ALL:
            continue
        if isinstance(choice, str):
            yield _row(f"`{name}`", "none", _sentence(choice))
            continue
        for part in [part for part in choice.parts if part not in ("conventional", "torque", choice.total)] + [
            choice.total
        ]:
            yield _row(f"`{name}`", f"`{part}`", f"${_integrand(choice.parts[part], observable.indices)}$")


# The occupation functions as they are printed, and the number that a printed one is multiplied with.
WEIGHTS = {
    "f": ("f", 1.0),
    "g": ("g", 1.0),
    "-df/de": ("(-f')", 1.0),
    "entropy": (r"(-\partial_T g)", 1.0),
    "df/dT": (r"\partial_T f", 1.0),
    "heat": ("w", 3 / math.pi**2),
}


def _integrand(terms: Iterable[Term], indices: tuple[str, ...]) -> str:
    """The sum of the terms, like terms collected: weight times quantity, with the indices of the observable."""
    coefficients: Counter[str] = Counter()
    for term in terms:
        axes = indices[::-1] if term.transpose else indices
        quantity = quantities.get(term.quantity)
        symbol = quantity.symbol(*axes[: len(quantity.indices)])
        if term.times_velocity:
            symbol += rf"\, {quantities.get('velocity').symbol(axes[-1])}"
        weight, number = WEIGHTS[term.weight]
        power = {0: "", 1: r"T\, "}.get(term.power, rf"T^{{{term.power}}}\, ")
        coefficients[rf"{power}{weight}\, {symbol}"] += Fraction(term.factor * number).limit_denominator(24)
    signed = (f"{'-' if x < 0 else '+'} {_fraction(abs(x))}{product}" for product, x in coefficients.items() if x)
    return " ".join(signed).removeprefix("+ ")


def _fraction(x: Fraction) -> str:
    return "" if x == 1 else rf"\tfrac{{{x.numerator}}}{{{x.denominator}}}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


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
    yield f"{told(claim.text)}\n"
    if claim.statement:
        yield f"$$\n{claim.statement}\n$$\n"
    if claim.assumptions:
        yield f"Assumptions: {told('; '.join(claim.assumptions))}.\n"
    if claim.why_open:
        yield f"Open: {told(claim.why_open)}\n"
    if claim.faults:
        yield f"Notices: {told('; '.join(claim.faults))}.\n"
    for role, title in (("printed", "As printed"), ("corrected", "As corrected")):
        for equality in claim.equalities:
            if equality.role == role:
                yield f"{title} ({told(equality.note)}):\n\n$$\n{_equation(equality)}\n$$\n"


def _equation(equality: Equality) -> str:
    return " = ".join(equality.latex())


def _places(where: Mapping[str, str]) -> str:
    return "; ".join(f"{version}: {place}" for version, place in where.items()).replace("_", r"\_") or "not printed"


def _sentence(text: str) -> str:
    text = plain(text)
    return text[:1].upper() + text[1:] + "."
