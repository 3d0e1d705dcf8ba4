"""The commands put together; a command's own file describes its arguments and options."""

from __future__ import annotations

from typing import Annotated

import typer

from symcur.cli.compute import compute
from symcur.cli.derive import derive
from symcur.cli.listing import list_names
from symcur.cli.material import material
from symcur.cli.plot import plot
from symcur.cli.relations import find_relations
from symcur.cli.scan import scan
from symcur.cli.settle import settle_identity
from symcur.cli.verify import verify

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(verify)
# An identity may begin with a minus sign.
app.command("settle", context_settings={"ignore_unknown_options": True})(settle_identity)
app.command("relations", context_settings={"ignore_unknown_options": True})(find_relations)
app.command()(derive)
app.command()(compute)
app.command()(scan)
app.command()(material)
app.command()(plot)
app.command("list")(list_names)


@app.callback(invoke_without_command=True)
def describe(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """The conserved current of nonconserved quantities: proofs, closed forms, numbers."""
    if version:
        from symcur.version import __version__

        print(f"symcur {__version__}")
        raise typer.Exit
