"""The ledger as one self-contained HTML page: inline style, mathematics as MathML, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from symcur import claims
from symcur.claims import ClaimResult, ProofResult
from symcur.claims.claim import KINDS
from symcur.display import mathml, sentence

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --dim: #666; --back: #fff; --text: #1a1a1a; --link: #0a4fb3; }
@media (prefers-color-scheme: dark) { :root { --dim: #aaa; --back: #16181c; --text: #e6e6e6; --link: #8ab4f8; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem;
       background: var(--back); color: var(--text); }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--dim); }
td.number { white-space: nowrap; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; margin: 1rem 0; }
article h3 { margin: 0; font-size: 1.05rem; } p { margin: .4rem 0; }
math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", math; font-size: 1.1em; }
a { color: var(--link); }
.formula { overflow: auto hidden; padding: .3rem 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem; }
.columns > div { border-left: .25rem solid var(--line); padding-left: .8rem; min-width: 0; }
.dim { color: var(--dim); }
.kind { display: inline-block; border-radius: .3rem; padding: 0 .5rem; color: #fff; background: #555; font-size: .9rem; }
.proved, .proved-for-a-model { background: #1b6e37; } .confirmed { background: #0b6470; }
.refuted { background: #84237f; } .misprint { background: #8a5200; } .open { background: #2a57a8; }
.failed { background: #b3161d; }
.interrupted { border: 2px solid #b3161d; border-radius: .5rem; padding: .4rem .8rem; }
"""


_HEAD = [
    "<h1>The claims of the paper and their verdicts</h1>",
    "<p>Cong Xiao and Qian Niu, “Conserved current of nonconserved quantities”, Phys. Rev. B 104, L241411 (2021). "
    "A is its first preprint, B the revised preprint, C the Letter.</p>",
]


def html(verdicts: Sequence[ClaimResult], asked: int | None = None) -> str:
    """The page for these verdicts, grouped by the sections of the paper; write it to a file as UTF-8.

    ``asked`` is how many claims were to be settled; a page with fewer says that it was interrupted.
    """
    from symcur.version import __version__

    sections = dict.fromkeys(verdict.claim.section for verdict in verdicts)
    body = [
        *(_HEAD if set(sections) & claims.sections() else ["<h1>Claims and their verdicts</h1>"]),
        _interruption(len(verdicts), len(verdicts) if asked is None else asked),
        _kinds(verdicts),
    ]
    for section in sections:
        rows = [verdict for verdict in verdicts if verdict.claim.section == section]
        body += [f"<h2>{escape(section)}</h2>", _table(rows), *map(_article, rows)]
    body.append(f'<p class="dim">symcur {escape(__version__)}</p>')
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>symcur: the ledger</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _interruption(done: int, asked: int) -> str:
    if done >= asked:
        return ""
    return f'<p class="interrupted"><strong>Interrupted after {done} of {asked} claims. The others are missing here.</strong></p>'


def _kinds(verdicts: Sequence[ClaimResult]) -> str:
    """What the kinds of verdict mean, and how many there are of each."""
    counts = {kind: sum(verdict.kind == kind for verdict in verdicts) for kind in KINDS}
    items = [f"<li>{_badge(kind)} {counts[kind]}: {escape(KINDS[kind])}</li>" for kind in KINDS if counts[kind]]
    different = [verdict.name for verdict in verdicts if not verdict.as_recorded]
    record = f"Not as the ledger records: {', '.join(different)}." if different else "All are as the ledger records."
    return f"<ul>{''.join(items)}</ul><p>{len(verdicts)} claims. {escape(record)}</p>"


def _badge(kind: str) -> str:
    return f'<span class="kind {kind.replace(" ", "-")}">{escape(kind)}</span>'


def _table(verdicts: Sequence[ClaimResult]) -> str:
    named = dict.fromkeys(version for verdict in verdicts for version in verdict.where)
    versions = list("ABC") if set(named) <= set("ABC") else list(named)
    titles = ("Claim", "Verdict", "How", "Residual", "Tolerance", "Time", *(version or "Place" for version in versions))
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(_row(verdict, versions) for verdict in verdicts)}</tbody></table>"


def _row(verdict: ClaimResult, versions: Iterable[str]) -> str:
    places = (verdict.where.get(version, "–") for version in versions)
    recorded = "" if verdict.as_recorded else f" recorded: {escape(verdict.claim.recorded)}"
    numbers = (_number(verdict.residual), _number(verdict.tolerance), f"{verdict.seconds:.2f} s")
    return (
        f'<tr><th scope="row"><a href="#{verdict.name}">{verdict.name}</a></th>'
        f"<td>{_badge(verdict.kind)}{recorded}</td><td>{escape(verdict.how)}</td>"
        + "".join(f'<td class="number">{number}</td>' for number in numbers)
        + "".join(f"<td>{escape(place)}</td>" for place in places)
        + "</tr>"
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1e}"


def _article(verdict: ClaimResult) -> str:
    """One claim: statement, assumptions, what was settled, the counterexample, the numbers."""
    claim = verdict.claim
    parts = [f"<h3>{claim.name} {_badge(verdict.kind)}</h3>", f"<p>{escape(sentence(claim.text))}</p>"]
    if claim.statement:
        parts.append(f'<div class="formula">{mathml(claim.statement, display=True)}</div>')
    if claim.assumptions:
        parts.append("<p>Assumptions: " + "; ".join(map(escape, claim.assumptions)) + ".</p>")
    parts.append(_side_by_side(verdict))
    example = verdict.counterexample
    if example:
        parts.append(f"<p>Counterexample to “{escape(sentence(example.equality.note))}”: {escape(str(example))}.</p>")
    for item in verdict.checks:
        relation = "≤" if item.residual <= item.tolerance else ">"
        parts.append(f"<p>{escape(item.text)}: residual {item.residual:.1e} {relation} {item.tolerance:.0e}.</p>")
    parts.append(_faults(verdict))
    if verdict.models:
        worst = ", ".join(f"{escape(name)} {value:.0e}" for name, value in verdict.models.items())
        parts.append(f'<p class="dim">Closed form against eigenstates: {worst}.</p>')
    return f'<article id="{claim.name}">{"".join(parts)}</article>'


def _faults(verdict: ClaimResult) -> str:
    """The mistakes that turn the check to failed: as found, or as demanded where they were not injected."""
    if not verdict.faults:
        demanded = "; ".join(map(escape, verdict.claim.faults))
        text = f"The faults that this row must notice (<code>symcur verify --faults</code> injects them): {demanded}."
        return f'<p class="dim">{text}</p>' if demanded else ""
    noticed = [
        f"{escape(name)} (residual {found.residual:.0e})"
        for name, found in verdict.faults.items()
        if name not in verdict.unnoticed
    ]
    text = f"This row notices: {'; '.join(noticed) or 'none of its faults'}."
    if verdict.unnoticed:
        text += f" It does not notice: {'; '.join(map(escape, verdict.unnoticed))}."
    return f"<p>{text}</p>"


def _side_by_side(verdict: ClaimResult) -> str:
    """What was printed next to what replaces it, where the two differ."""
    columns = [
        f"<div><p><strong>{title}</strong> ({escape(proof.outcome)}): {escape(sentence(proof.equality.note))}</p>"
        + "".join(f'<div class="formula">{mathml(side, display=True)}</div>' for side in _sides(proof))
        + "</div>"
        for role, title in (("printed", "As printed"), ("corrected", "As corrected"))
        for proof in verdict.proofs
        if proof.equality.role == role
    ]
    return f'<div class="columns">{"".join(columns)}</div>' if columns else ""


def _sides(proof: ProofResult) -> tuple[str, str]:
    """Both sides on lines of their own."""
    left, right = proof.equality.latex()
    return left, f"= {right}"
