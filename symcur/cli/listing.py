"""``symcur list``: what there is to verify, derive and compute."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from symcur.cli import terminal
from symcur.display import unicode_math


class Kind(StrEnum):
    models = "models"
    quantities = "quantities"
    claims = "claims"
    observables = "observables"


def list_names(kind: Annotated[Kind, typer.Argument(help="What to list.")], plain: terminal.Plain = None) -> None:
    """List the models, quantities, claims or observables, with a line on each."""
    rows = {
        Kind.models: _models,
        Kind.quantities: _quantities,
        Kind.claims: _claims,
        Kind.observables: _observables,
    }[kind]()
    if terminal.is_plain(plain):
        for row in rows:
            print(terminal.tabbed(row))
        return
    screen = terminal.console()
    if screen.width < terminal.PAGE:
        for name, *rest in rows:
            screen.print(escape(name), style="bold")
            screen.print(Padding(escape("  ".join(filter(None, rest))), (0, 0, 0, 2), expand=False))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    screen.print(table)


def _models() -> Iterator[tuple[str, ...]]:
    from symcur import bosons, models

    for name in [*models.names(), *models.NUMERIC.names()]:
        model = models.get(name)
        place = "superlattice" if model.larger else "lattice" if model.periodic else "continuum"
        parameters = ", ".join(f"{key}={value}" for key, value in model.parameters.items())
        yield name, f"{model.size} bands, {model.dimension}D {place}", parameters, model.reference
    for name in bosons.names():
        magnet = bosons.get(name)
        parameters = ", ".join(f"{key}={value}" for key, value in magnet.parameters.items())
        yield name, f"{magnet.size // 2} bosons, {magnet.dimension}D lattice", parameters, magnet.reference


def _quantities() -> Iterator[tuple[str, ...]]:
    from symcur import quantities

    for name in quantities.names():
        quantity = quantities.get(name)
        indices = f"[{', '.join(quantity.indices)}]" if quantity.indices else ""
        yield name, indices, unicode_math(quantity.symbol()), quantity.meaning


def _claims() -> Iterator[tuple[str, ...]]:
    from symcur import claims

    for claim in claims.CLAIMS:
        yield claim.name, claim.section, claim.recorded, claim.text


def _observables() -> Iterator[tuple[str, ...]]:
    from symcur import observables

    for observable in observables.OBSERVABLES:
        indices = f"[{', '.join(observable.indices)}]"
        yield observable.name, indices, unicode_math(observable.symbol), observable.meaning
