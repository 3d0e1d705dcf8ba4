"""What a claim's result shows of itself in notebooks: statement, verdict, evidence, counterexample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symcur.display import Block, Card, Facts, Folded, Formula, Sentence

ROLES = {"printed": "as printed: ", "corrected": "as corrected: "}  # before the note of an equality


def against(residual: float, tolerance: float) -> str:
    """A residual beside its tolerance: 2.0e-13 ≤ 1e-09."""
    return f"{residual:.1e} {'≤' if residual <= tolerance else '>'} {tolerance:.0e}"


def of_claim(claim: Any) -> Card:
    """The statement and where it stands."""
    return Card(claim.name, (*_statement(claim), _places(claim)), f"recorded: {claim.recorded}")


def of_result(result: Any) -> Card:
    """The statement, the verdict with what it rests on; the counterexample in full, the other evidence folded."""
    claim = result.claim
    verdict = result.kind if result.as_recorded else f"{result.kind} (recorded: {claim.recorded})"
    blocks: list[Block] = [*_statement(claim), Sentence(f"{verdict}: {result.how}", strong=True)]
    if result.counterexample is not None:
        blocks += _counterexample(result.counterexample)
    return Card(claim.name, (*blocks, *_evidence(result), _places(claim)), verdict)


def of_proof(proof: Any) -> Card:
    """Both sides, the outcome and how it was found; where it is refuted the counterexample."""
    blocks = [*_sides(proof), Sentence(proof.how)]
    if proof.counterexample is not None:
        blocks += _counterexample(proof.counterexample)
    return Card(proof.outcome, tuple(blocks))


def _statement(claim: Any) -> Iterator[Block]:
    yield Sentence(claim.text)
    if claim.statement:
        yield Formula(claim.statement)


def _places(claim: Any) -> Facts:
    places = "; ".join(f"{version} {place}".strip() for version, place in claim.where.items())
    return Facts((("in the paper", places), ("assumptions", "\n".join(claim.assumptions)), ("open", claim.why_open)))


def _evidence(result: Any) -> Iterator[Block]:
    if result.proofs:
        steps = [
            block
            for proof in result.proofs
            for block in (
                Sentence(f"{proof.outcome}, {ROLES.get(proof.equality.role, '')}{proof.equality.note or proof.how}"),
                *_sides(proof),
            )
        ]
        yield Folded("proof", tuple(steps))
    if result.checks:
        pairs = ((against(item.residual, item.tolerance), item.text) for item in result.checks)
        yield Folded("numerical checks", (Facts(tuple(pairs)),))
    if result.models:
        pairs = ((name, f"{value:.1e}") for name, value in result.models.items())
        yield Folded("closed form against eigenstates, largest relative difference", (Facts(tuple(pairs)),))
    if result.faults:
        noticed = ((name, "not noticed" if item.holds else "noticed") for name, item in result.faults.items())
        yield Folded("faults injected", (Facts(tuple(noticed)),))


def _sides(proof: Any) -> list[Block]:
    relation = r"\neq" if proof.outcome == "refuted" else "="
    return [Formula(f" {relation} ".join(proof.equality.latex()))]


def _counterexample(found: Any) -> list[Block]:
    note = f" to “{found.equality.note}”" if found.equality.note else ""
    return [Sentence(f"Counterexample{note}: {found}.")]
