"""``symcur verify``: the ledger, one verdict per row, or one claim in full."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from symcur import claims, files, running
from symcur.brillouin import Interrupted
from symcur.certificates import prepare
from symcur.claims import Claim, ClaimResult, ProofResult
from symcur.claims.cards import ROLES
from symcur.claims.claim import KINDS, MODEL_TOLERANCE
from symcur.cli import completion, terminal
from symcur.cli.certificates import HELP, write_certificates
from symcur.cli.files import name_for, require_file
from symcur.cli.named_models import find_model
from symcur.display import sentence, unicode_math
from symcur.observables.labelled import finite

LEGEND = (
    "proof: equal normal forms, any number of bands, checked at random exact points. counterexample: exact matrices. "
    "models: closed form of one side against eigenstates of the other, largest relative difference."
)
_FEW = 8  # claims, for which another process starts longer than it works
WIDTH = 99  # columns of the table
VERSIONS = "A, B, C: first preprint, revised preprint, the Letter."


def verify(
    claim: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of claims, or FILE.toml with your own; all of the paper without any.",
            autocompletion=completion.claims,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Check on this library model, FILE.toml or FILE.py[:NAME] instead of on all.",
            autocompletion=completion.models,
        ),
    ] = None,
    json_file: Annotated[
        str | None,
        typer.Option("--json", metavar="[FILE.json]", help="The verdicts as JSON, to stdout or to FILE.json."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained page to FILE.html.")] = None,
    certificates: Annotated[Path | None, typer.Option(metavar="DIR", help=HELP)] = None,
    faults: Annotated[
        bool,
        typer.Option("--faults", help="Also inject the faults of each claim: every one must turn its check to failed."),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes; verdicts do not depend on it. By default one per core, but for a few claims one."
        ),
    ] = None,
    plain: terminal.Plain = None,
) -> None:
    """Settle the claims of the paper, or those of a file: one verdict per row, or one claim in full.

    The exit status is 1 if a verdict is not what the ledger records or one has no certificate, 130 after Ctrl-C. What was
    finished then goes to FILE.interrupted.html (.json) and not to FILE.html, and to DIR.
    """
    chosen = [item for name in claim or claims.names() for item in _find(name)]
    subject = find_model(model) if model else None
    require_file("--json", Path(json_file) if json_file not in (None, "-") else None, (".json",))
    require_file("--report", report, (".html", ".htm"))
    if certificates is not None:
        twice = next((item.name for item in chosen if [other.name for other in chosen].count(item.name) > 1), None)
        if twice:
            raise ValueError(f"--certificates: expected every claim once, got {twice} more often")
        prepare(certificates)
    if workers is None:
        workers = -1 if len(chosen) > _FEW else 1
    interrupted = False
    try:
        with running.progress("claims", total=len(chosen)) as bar:
            verdicts = claims.verify_all(subject, chosen, lambda done, _, name: bar(done, name), faults, workers)
    except Interrupted as stopped:
        verdicts, interrupted = stopped.result, True
    screen = terminal.console()
    if json_file == "-":
        print(_json(verdicts, interrupted), end="")
    else:
        if len(chosen) == 1 and verdicts:
            print_claim(verdicts[0], screen)
        elif terminal.is_plain(plain):
            print_plain(verdicts)
        else:
            print_ledger(verdicts, screen)
        if interrupted:
            words = f"Interrupted after {len(verdicts)} of {len(chosen)} claims."
            terminal.console(stderr=terminal.is_plain(plain)).print(words, style="bold red")
    written = _write(verdicts, len(chosen), interrupted, json_file, report) if verdicts else []
    certified = True
    if certificates is not None:
        numbered = ((v.name, number, proof) for v in verdicts for number, proof in enumerate(v.proofs, 1))
        certified = write_certificates(certificates, numbered, terminal.console(stderr=json_file == "-"))
    if interrupted:
        if written and json_file != "-":
            rest = "" if certificates is not None else "; no other file was touched"
            screen.print(f"They are in {' and '.join(map(str, written))}{rest}.", markup=False)
        raise typer.Exit(terminal.INTERRUPTED)
    raise typer.Exit(0 if certified and all(verdict.as_recorded for verdict in verdicts) else 1)


def _find(name: str) -> tuple[Claim, ...]:
    """The claim of this name, or those of FILE.toml."""
    return claims.load(name) if name.endswith(".toml") else (claims.get(name),)


def _write(
    verdicts: Sequence[ClaimResult], asked: int, interrupted: bool, json_file: str | None, report: Path | None
) -> list[Path]:
    """Write the files that were asked for, under names of their own after an interruption; returns the names."""
    written = []
    if json_file not in (None, "-"):
        written.append(name_for(Path(json_file), interrupted))
        files.write(written[-1], _json(verdicts, interrupted))
    if report is not None:
        from symcur.cli.report import html

        written.append(name_for(report, interrupted))
        files.write(written[-1], html(verdicts, asked))
    return written


def _json(verdicts: Sequence[ClaimResult], interrupted: bool) -> str:
    from symcur.version import __version__

    content = {
        "symcur": __version__,
        "complete": not interrupted,
        "as_recorded": all(verdict.as_recorded for verdict in verdicts),
        "verdicts": [verdict.to_dict() for verdict in verdicts],
    }
    return json.dumps(finite(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


# -- the ledger --------------------------------------------------------------------------------------------------------
def print_ledger(verdicts: Sequence[ClaimResult], screen: Console) -> None:
    """The verdicts grouped by the sections of the paper, and a line that counts them."""
    sections = dict.fromkeys(verdict.claim.section for verdict in verdicts)
    for section in sections if screen.width >= WIDTH else ():
        table = Table(
            title=section, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0), width=WIDTH
        )
        for heading, width in (("claim", 26), ("verdict", 9), ("how", 17), ("residual", 13), ("time", 6)):
            table.add_column(heading, width=width, header_style="dim", justify="right" if heading == "time" else "left")
        table.add_column("in the paper", ratio=1, header_style="dim")
        for verdict in (verdict for verdict in verdicts if verdict.claim.section == section):
            table.add_row(
                verdict.name,
                _kind(verdict),
                escape(terminal.means(verdict)),
                terminal.residual(verdict),
                terminal.duration(verdict.seconds),
                escape(terminal.places(verdict.where)),
            )
        screen.print(table)
        screen.print()
    if screen.width < WIDTH:
        _print_stacked(verdicts, screen)
    for verdict in verdicts:
        if verdict.kind in ("open", "failed"):
            _print(screen, f"{verdict.name}: {_kind(verdict)}, {escape(verdict.how)}", 0)
    screen.print(summary(verdicts))
    of_the_paper = any(verdict.claim.section in claims.sections() for verdict in verdicts)
    screen.print(f"{LEGEND} {VERSIONS}" if of_the_paper else LEGEND, style="dim")


def _print_stacked(verdicts: Sequence[ClaimResult], screen: Console) -> None:
    """A claim and its verdict, and what belongs to them below."""
    section = ""
    for verdict in verdicts:
        if verdict.claim.section != section:
            section = verdict.claim.section
            screen.print(section, style="bold", markup=False)
        screen.print(f"{verdict.name}  {_kind(verdict)}")
        numbers = f"{terminal.residual(verdict)}; {terminal.duration(verdict.seconds)}"
        for told in (terminal.means(verdict), numbers, terminal.places(verdict.where)):
            _print(screen, escape(told), 2)
    screen.print()


def print_plain(verdicts: Sequence[ClaimResult]) -> None:
    """The verdicts as tab-separated values."""
    print(terminal.tabbed(("claim", "verdict", "recorded", "how", "residual", "tolerance", "seconds", "in the paper")))
    for verdict in verdicts:
        numbers = (verdict.residual, verdict.tolerance, round(verdict.seconds, 3))
        texts = ("" if number is None else repr(float(number)) for number in numbers)
        words = (verdict.name, verdict.kind, verdict.claim.recorded, terminal.means(verdict))
        print(terminal.tabbed((*words, *texts, terminal.places(verdict.where))))


def summary(verdicts: Sequence[ClaimResult]) -> str:
    """How many verdicts of each kind, whether all are as recorded, and how long they took."""
    kinds = [verdict.kind for verdict in verdicts]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in KINDS if kind in kinds)
    different = [verdict for verdict in verdicts if not verdict.as_recorded]
    record = (
        "all as the ledger records"
        if not different
        else f"{len(different)} not as the ledger records: "
        + (", ".join(f"{verdict.name} is {verdict.kind}, recorded {verdict.claim.recorded}" for verdict in different))
    )
    noun = "claim" if len(verdicts) == 1 else "claims"
    injected = sum(len(verdict.faults) for verdict in verdicts)
    if injected:
        record += f"; {injected - sum(len(verdict.unnoticed) for verdict in verdicts)} of {injected} faults noticed"
    total = terminal.duration(sum(verdict.seconds for verdict in verdicts))
    return f"{len(verdicts)} {noun}: {counts or 'none settled'}; {record}; {total}"


def _kind(verdict: ClaimResult) -> str:
    style = terminal.STYLES.get(verdict.kind, "")
    text = verdict.kind if verdict.as_recorded else f"{verdict.kind} (recorded: {verdict.claim.recorded})"
    return f"[{style}]{text}[/]" if style else text


# -- one claim ---------------------------------------------------------------------------------------------------------
def print_claim(verdict: ClaimResult, screen: Console) -> None:
    """Statement, assumptions, the steps of the proof, the models it was checked on, the counterexample."""
    claim = verdict.claim
    screen.print(f"[bold]{claim.name}[/]  {_kind(verdict)}  [dim]{escape(claim.section)}[/]")
    screen.print(escape(sentence(claim.text)))
    if claim.statement:
        screen.print()
        _print(screen, escape(unicode_math(claim.statement)), 4)
        screen.print()
    _print_list("In the paper", [f"{version}  {place}" for version, place in claim.where.items()], screen)
    _print_list("Assumptions", claim.assumptions, screen)
    if verdict.proofs:
        screen.print("Proof", style="bold")
        for proof in verdict.proofs:
            _print_proof(proof, screen)
    _print_list(
        "Numerical checks",
        [f"{item.text}: residual {item.residual:.1e}, tolerance {item.tolerance:.1e}" for item in verdict.checks],
        screen,
    )
    _print_list("Notices", [name for name in verdict.faults if name not in verdict.unnoticed], screen)
    _print_list("Does not notice", verdict.unnoticed, screen)
    if verdict.models:
        screen.print("Closed form against eigenstates, largest relative difference", style="bold")
        for name, value in verdict.models.items():
            _print(screen, f"{name:<24} {value:.1e}", 2)
        _print(screen, f"[dim]tolerance {MODEL_TOLERANCE:.0e}[/]", 2)
    screen.print(f"[bold]Verdict[/]  {_kind(verdict)}  [dim]{terminal.duration(verdict.seconds)}[/]")
    _print(screen, escape(verdict.how), 2)


def _print(screen: Console, markup: str, indent: int) -> None:
    screen.print(Padding(markup, (0, 0, 0, indent), expand=False))


def _print_list(title: str, lines: Sequence[str], screen: Console) -> None:
    if lines:
        screen.print(title, style="bold")
        for line in lines:
            _print(screen, escape(line), 2)


def _print_proof(proof: ProofResult, screen: Console) -> None:
    equality = proof.equality
    role = ROLES.get(equality.role, "")
    _print(screen, f"{terminal.coloured(proof.outcome)}  {role}{escape(sentence(equality.note))}", 2)
    left, right = map(unicode_math, equality.latex())
    _print(screen, escape(left), 6)
    _print(screen, escape(f"= {right}"), 4)
    _print(screen, f"[dim]{escape(proof.how)}[/]", 4)
    if proof.counterexample:
        _print(screen, escape(f"counterexample: {proof.counterexample}"), 4)
