"""The ledger as one self-contained HTML page: style, font and script inline, mathematics as MathML, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from symcur import claims
from symcur.claims import ClaimResult, ProofResult
from symcur.claims.cards import against
from symcur.claims.claim import KINDS
from symcur.cli import page_style
from symcur.display import mathml, prose

FIRST = ("failed", "refuted", "misprint", "open")  # what a reader wants to see before all that holds
_HEAD = (
    "<h1>The claims of the paper and their verdicts</h1>",
    "<p>Cong Xiao and Qian Niu, “Conserved current of nonconserved quantities”, Phys. Rev. B 104, L241411 (2021). "
    "A is its first preprint, B the revised preprint, C the Letter.</p>",
)


def html(verdicts: Sequence[ClaimResult], asked: int | None = None, when: datetime | None = None) -> str:
    """The page for these verdicts, what does not hold first and the others in the sections of the paper; write it to a file as UTF-8.

    ``asked`` is how many claims were to be settled; a page with fewer says that it is incomplete. ``when`` they were, by default now.
    """
    from symcur.version import __version__

    of_paper = any(verdict.claim.section in claims.sections() for verdict in verdicts)
    groups = _groups(verdicts)
    body = [
        *(_HEAD if of_paper else ("<h1>Claims and their verdicts</h1>",)),
        _interruption(len(verdicts), len(verdicts) if asked is None else asked),
        _kinds(verdicts),
        _contents(groups),
    ]
    for number, (title, rows) in enumerate(groups.items()):
        body.append(f'<section id="section-{number}"><h2>{escape(title)}</h2>{"".join(map(_article, rows))}</section>')
    date = (when or datetime.now(UTC)).astimezone(UTC)
    body.append(f'<p class="dim">symcur {escape(__version__)}, {date:%Y-%m-%d %H:%M} UTC</p>')
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>symcur: the ledger</title>\n<style>{page_style.style()}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + f"\n<script>{page_style.FILTER}</script>\n</body>\n</html>\n"
    )


def _groups(verdicts: Sequence[ClaimResult]) -> dict[str, list[ClaimResult]]:
    """Those that do not hold as they are printed or asserted, by how much, and the others by section."""
    first = sorted((verdict for verdict in verdicts if verdict.kind in FIRST), key=lambda x: FIRST.index(x.kind))
    groups = {"What does not hold, or is open": first} if first else {}
    for verdict in verdicts:
        if verdict.kind not in FIRST:
            groups.setdefault(verdict.claim.section, []).append(verdict)
    return groups


def _interruption(done: int, asked: int) -> str:
    if done >= asked:
        return ""
    return (
        f'<p class="interrupted"><strong>Incomplete: interrupted after {done} of {asked} claims.</strong> '
        "The others are missing here.</p>"
    )


def _kinds(verdicts: Sequence[ClaimResult]) -> str:
    """How many verdicts there are of each kind and what it means: with a script, boxes that show and hide them."""
    counts = {kind: sum(verdict.kind == kind for verdict in verdicts) for kind in KINDS}
    boxes = [
        f'<label><input type="checkbox" checked value="{kind}"> {_badge(kind)} {counts[kind]}: {escape(KINDS[kind])}</label>'
        for kind in KINDS
        if counts[kind]
    ]
    different = [verdict.name for verdict in verdicts if not verdict.as_recorded]
    record = f"Not as the ledger records: {', '.join(different)}." if different else "All are as the ledger records."
    search = '<label class="search">Containing <input type="search"></label>'
    return f'<form class="filter">{"".join(boxes)}{search}</form><p>{len(verdicts)} claims. {escape(record)}</p>'


def _badge(kind: str) -> str:
    return f'<span class="kind {kind.replace(" ", "-")}">{escape(kind)}</span>'


def _contents(groups: Mapping[str, Sequence[ClaimResult]]) -> str:
    """The sections with the names in each."""
    items = (
        f'<li><a href="#section-{number}">{escape(title)}</a> <span class="dim">{len(rows)}</span> <span class="names">'
        + " ".join(f'<a href="#{verdict.name}">{verdict.name}</a>' for verdict in rows)
        + "</span></li>"
        for number, (title, rows) in enumerate(groups.items())
    )
    return f"<nav><details><summary>Contents</summary><ol>{''.join(items)}</ol></details></nav>"


def _article(verdict: ClaimResult) -> str:
    """One claim: a head with its verdict, the statement, where it is printed, what was settled; folded, the numbers and the faults."""
    claim = verdict.claim
    parts = [_head(verdict), f"<p>{prose(claim.text)}</p>"]
    if claim.statement:
        parts.append(_formula(claim.statement))
    parts += [_places(verdict), *_side_by_side(verdict), *_counterexample(verdict)]
    if claim.assumptions:
        parts.append(f"<p>Assumptions: {'; '.join(map(prose, claim.assumptions))}.</p>")
    if claim.why_open:
        parts.append(f"<p>Open: {prose(claim.why_open)}</p>")
    parts += [_folded("Evidence", _evidence(verdict)), _faults(verdict)]
    return f'<article id="{claim.name}" data-kind="{verdict.kind}">{"".join(parts)}</article>'


def _head(verdict: ClaimResult) -> str:
    recorded = "" if verdict.as_recorded else f" recorded: {escape(verdict.claim.recorded)}"
    told = [verdict.how, _number(verdict.residual, verdict.tolerance), f"{verdict.seconds:.2f} s"]
    return (
        f'<header><h3><a href="#{verdict.name}">{verdict.name}</a></h3> {_badge(verdict.kind)}{recorded} '
        f'<span class="dim">{escape("; ".join(filter(None, told)))}</span></header>'
    )


def _number(residual: float | None, tolerance: float | None) -> str:
    if residual is None or tolerance is None:
        return ""
    return f"residual {against(residual, tolerance)}"


def _formula(latex: str) -> str:
    return f'<div class="formula">{mathml(latex, display=True)}</div>'


def _places(verdict: ClaimResult) -> str:
    """Where the versions print it, side by side; marked, those that print what is refuted."""
    notes = [proof.equality.note for proof in verdict.proofs if _misprinted(proof)]
    cells = [
        f"<div{' class=wrong' * any(note.startswith(f'{version} ') for note in notes)}>"
        f"<dt>{escape(version or 'Place')}</dt><dd>{escape(place)}</dd></div>"
        for version, place in verdict.where.items()
    ]
    return f'<dl class="places">{"".join(cells)}</dl>' if cells else ""


def _misprinted(proof: ProofResult) -> bool:
    return proof.equality.role == "printed" and proof.outcome == "refuted"


def _side_by_side(verdict: ClaimResult) -> Iterator[str]:
    """What was printed next to what replaces it, where the two differ."""
    columns = [
        f'<div class="{"wrong" if proof.outcome == "refuted" else "right"}">'
        f"<p><strong>{title}</strong> ({escape(proof.outcome)}): {prose(proof.equality.note)}</p>"
        + "".join(map(_formula, _sides(proof)))
        + "</div>"
        for role, title in (("printed", "As printed"), ("corrected", "As corrected"))
        for proof in verdict.proofs
        if proof.equality.role == role
    ]
    if columns:
        yield f'<div class="columns">{"".join(columns)}</div>'


def _sides(proof: ProofResult) -> tuple[str, str]:
    """Both sides on lines of their own."""
    left, right = proof.equality.latex()
    return left, f"{chr(92)}neq {right}" if proof.outcome == "refuted" else f"= {right}"


def _counterexample(verdict: ClaimResult) -> Iterator[str]:
    if example := verdict.counterexample:
        yield f"<p>Counterexample to “{prose(example.equality.note)}”: {prose(str(example))}.</p>"


def _evidence(verdict: ClaimResult) -> Iterator[str]:
    for proof in verdict.proofs:
        if proof.equality.role == "claim":
            yield f"<p>{prose(proof.equality.note)}: {escape(proof.outcome)}, {escape(proof.how)}.</p>"
    for item in verdict.checks:
        yield f"<p>{prose(item.text.rstrip('.'))}: {_number(item.residual, item.tolerance)}.</p>"
    if verdict.models:
        worst = ", ".join(f"{escape(name)} {value:.0e}" for name, value in verdict.models.items())
        yield f"<p>Closed form against eigenstates: {worst}.</p>"


def _folded(title: str, content: Iterable[str], seen: bool = False) -> str:
    inside = "".join(content)
    return f"<details{' open' * seen}><summary>{title}</summary>{inside}</details>" if inside else ""


def _faults(verdict: ClaimResult) -> str:
    """The mistakes that turn the check to failed: as found, or as demanded where they were not injected."""
    rows = [
        (prose(name), f"{found.residual:.0e}", "no" if name in verdict.unnoticed else "yes")
        for name, found in verdict.faults.items()
    ]
    if not rows:
        demanded = "".join(f"<li>{prose(name)}</li>" for name in verdict.claim.faults)
        words = "<p>This row must notice, as <code>symcur verify --faults</code> shows:</p>"
        return _folded("Faults", (f"{words}<ul>{demanded}</ul>",) if demanded else ())
    head = "<tr><th>injected fault</th><th>residual</th><th>noticed</th></tr>"
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return _folded("Faults", (f"<table>{head}{lines}</table>",), seen=bool(verdict.unnoticed))
