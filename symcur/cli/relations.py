"""``symcur relations``: the linear relations among expressions as they are typed."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from symcur.claims.prover import NONDEGENERATE
from symcur.cli import terminal
from symcur.identities import relations

PROVED = ("proved", NONDEGENERATE)


def find_relations(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="Expressions, such as 'd^{i tau}'.")],
    among: Annotated[list[str], typer.Option(help="An expression to express them by; may be repeated.")] = [],  # noqa: B006
    times: Annotated[list[str], typer.Option(help="A number such as 'v^i' or 'f' that those may stand with.")] = [],  # noqa: B006
    mod: Annotated[list[str], typer.Option(help="An axis of total derivatives to allow; primitives are found.")] = [],  # noqa: B006
    permute: Annotated[str, typer.Option(help="Axes, such as 'il', to put in all orders.")] = "",
    nondegenerate: Annotated[bool, typer.Option("--nondegenerate", help="Single bands only.")] = False,
) -> None:
    r"""Find the linear relations among expressions: symcur relations 'd^{i tau}' --among 'J^{is}' --among 'v^i s'.

    Each relation is proved for any number of bands. The exit status is 0 if every target is expressed and 1 if one is not.
    """
    found = relations(targets, among, mod, times=times, permute=permute, nondegenerate=nondegenerate)
    answers = [found.expressed(target) for target in found.targets]
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for proof in found.proofs:
        table.add_row(
            f"[{'green' if proof.outcome in PROVED else 'red'}]{proof.outcome}[/]", escape(proof.equality.note)
        )
        table.add_row("LaTeX", escape(" = ".join(proof.equality.latex())))
    for answer in answers:
        if not answer:
            table.add_row("[red]none[/]", escape(str(answer)))
    terminal.console().print(table)
    sound = all(proof.outcome in PROVED for proof in found.proofs)
    raise typer.Exit(0 if sound and all(answers) else 1)
