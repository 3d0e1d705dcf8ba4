"""Settle the claims: proofs, checks on models, numerical evidence; one verdict a claim."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from symcur import models
from symcur.claims import on_models
from symcur.claims.claim import MODEL_TOLERANCE, Claim, Evidence, Verdict
from symcur.claims.engine import Finding, examine
from symcur.claims.ledger import CLAIMS, get
from symcur.model import Model


def verify(claim: str | Claim, model: str | Model | None = None, check_models: bool = True) -> Verdict:
    """Settle one claim of the ledger (or a Claim of your own).

    Equalities are settled by proof and, where they speak of numbers of one band, compared on models as closed form
    against eigenstates: on ``model``, or on every library model. Other claims run their numerical check.
    """
    claim = get(claim) if isinstance(claim, str) else claim
    start = time.perf_counter()
    findings = tuple(examine(equality) for equality in claim.equalities)
    evidence = (claim.check(),) if claim.check else ()
    residuals: dict[str, float] = {}
    if check_models:
        for candidate in _models(model):
            residuals.update(_on_model(findings, candidate))
    kind, how = _combine(claim, findings)
    if evidence:
        kind, how = _with_evidence(claim, kind, how, evidence[0])
    misses = [name for name, residual in residuals.items() if not residual <= MODEL_TOLERANCE]  # NaN is a miss
    if kind != "open" and misses:
        worst = misses[0]
        kind, how = "failed", f"closed form and eigenstates differ on {worst} by {residuals[worst]:.1e}"
    return Verdict(claim, kind, how, findings, evidence, time.perf_counter() - start, residuals)


def verify_all(
    model: str | Model | None = None,
    names: Iterable[str] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Verdict]:
    """The whole ledger (or the claims named), in the order of the paper; ``progress(done, total, name)`` is told."""
    chosen = [get(name) for name in names] if names is not None else list(CLAIMS)
    verdicts = []
    for number, claim in enumerate(chosen):
        if progress:
            progress(number, len(chosen), claim.name)
        verdicts.append(verify(claim, model))
    if progress:
        progress(len(chosen), len(chosen), "")
    return verdicts


def _models(model: str | Model | None) -> Iterator[Model]:
    if isinstance(model, Model):
        yield model
    else:
        for name in [model] if model else models.names():
            yield _library_model(name)


def _library_model(name: str) -> Model:
    if name not in _LIBRARY:
        _LIBRARY[name] = models.get(name)
    return _LIBRARY[name]


_LIBRARY: dict[str, Model] = {}


def _on_model(findings: tuple[Finding, ...], model: Model) -> dict[str, float]:
    """The residual of the proved equalities on a model; nothing where none of them speaks of numbers."""
    proved = [f.equality for f in findings if f.outcome == "proved" and on_models.readable(f.equality)]
    return {model.name: float(np.max([on_models.residual(e, model) for e in proved]))} if proved else {}


def _combine(claim: Claim, findings: tuple[Finding, ...]) -> tuple[str, str]:
    """The kind of verdict that the outcomes of all equalities amount to."""
    if not findings:
        return "open", claim.why_open
    asserted = [f for f in findings if f.equality.role in ("claim", "corrected")]
    printed = [f for f in findings if f.equality.role == "printed"]
    for finding in findings:
        if finding.outcome == "undecided":
            return "open", finding.how
        if finding.outcome == "proved" and finding.equality.role in ("denied", "printed"):
            return "failed", f"recorded as untrue but proved: {finding.equality.note}"
    refuted = next((f for f in asserted if f.outcome == "refuted"), None)
    if refuted or (printed and not asserted):
        return "refuted", f"counterexample: {(refuted or printed[0]).counterexample}"
    if printed:
        return "misprint", "as printed refuted by a counterexample in exact arithmetic; as corrected proved"
    return "proved", asserted[0].how


def _with_evidence(claim: Claim, kind: str, how: str, evidence: Evidence) -> tuple[str, str]:
    """A check that holds supports what the ledger records; a proof beside it stays the stronger means."""
    if not evidence.holds:
        return "failed", f"the check does not hold: {evidence.text}"
    return (claim.recorded, evidence.text) if kind == "open" else (kind, how)
