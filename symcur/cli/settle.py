"""``symcur settle``: an identity as it is typed, what was read of it, and whether it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from symcur.certificates import prepare
from symcur.claims import ProofResult, settle
from symcur.cli import terminal
from symcur.cli.certificates import HELP, write_certificates


def settle_identity(
    identity: Annotated[
        list[str],
        typer.Argument(help="lhs = rhs, or lhs = rhs mod d_l(...); LaTeX of the paper, or plain: Im Tr(P v_i S tau)."),
    ],
    certificates: Annotated[Path | None, typer.Option(metavar="DIR", help=HELP)] = None,
) -> None:
    r"""Settle identities that you type, such as 'd^{i\tau} = -J^{is} + v^i s'.

    What was read is printed in plain letters and in LaTeX. The exit status is 0 if all are proved and 1 if not.
    """
    if certificates is not None:
        prepare(certificates)
    results = [settle(text) for text in identity]
    screen = terminal.console()
    for result in results:
        print_result(result, screen)
    certified = certificates is None or write_certificates(
        certificates, (("typed", number, result) for number, result in enumerate(results, 1)), screen
    )
    raise typer.Exit(0 if certified and all(result.outcome == "proved" for result in results) else 1)


def print_result(result: ProofResult, screen: Console) -> None:
    """What was read, in both forms, and the outcome."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_row("read", escape(result.equality.note))
    table.add_row("LaTeX", escape(" = ".join(result.equality.latex())))
    table.add_row(terminal.coloured(result.outcome), escape(result.how))
    if result.counterexample:
        table.add_row("", escape(f"counterexample: {result.counterexample}"))
    screen.print(table)
