"""Settle the claims: proofs, checks on models, numerical evidence; one verdict per claim."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from symcur import models
from symcur.band_structures import BandStructure, Model
from symcur.brillouin import Interrupted
from symcur.claims import on_models
from symcur.claims.claim import CLAIMS, MODEL_TOLERANCE, CheckResult, Claim, ClaimResult
from symcur.claims.prover import examine


def verify(
    claim: str | Claim,
    model: str | BandStructure | None = None,
    check_models: bool = True,
    faults: bool = False,
) -> ClaimResult:
    """Settle one claim of the ledger (or a Claim of your own).

    Equalities are settled by proof and, where they speak of numbers of one band, compared on models as closed form
    against eigenstates: on ``model``, or on every library model. Other claims run their numerical check. ``faults`` also
    runs it with each fault of the claim injected; one that it does not notice makes the verdict "failed".
    """
    claim = CLAIMS.get(claim)
    start = time.perf_counter()
    proofs = tuple(examine(equality) for equality in claim.equalities)
    checks = (claim.check(),) if claim.check else ()
    candidates = _models(model) if check_models else ()
    readable = [p.equality for p in proofs if p.outcome == "proved" and on_models.readable(p.equality)]
    residuals = {m.name: float(np.max([on_models.residual(e, m) for e in readable])) for m in candidates if readable}
    kind, how = _combine(claim, proofs)
    if checks:
        kind, how = _with_check(claim, kind, how, checks[0])
    misses = [name for name, residual in residuals.items() if not residual <= MODEL_TOLERANCE]  # NaN is a miss
    if kind != "open" and misses:
        worst = misses[0]
        kind, how = "failed", f"closed form and eigenstates differ on {worst} by {residuals[worst]:.1e}"
    injected = {name: with_fault(claim, name) for name in claim.faults} if faults else {}
    result = ClaimResult(claim, kind, how, proofs, checks, time.perf_counter() - start, residuals, injected)
    if result.unnoticed:
        result = replace(result, kind="failed", how=f"the check does not notice: {'; '.join(result.unnoticed)}")
    return result


def with_fault(claim: str | Claim, name: str) -> CheckResult:
    """The numerical check of a claim with one of its faults injected; it must not hold."""
    claim = CLAIMS.get(claim)
    if name not in claim.faults or claim.check is None:
        raise ValueError(f"name: expected one of {', '.join(claim.faults) or '(none)'} for {claim.name}, got {name!r}")
    with claim.faults[name]():
        return claim.check()


def verify_all(
    model: str | BandStructure | None = None,
    names: Iterable[str] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    faults: bool = False,
) -> list[ClaimResult]:
    """The whole ledger (or the claims named), in the order of the paper; ``progress(done, total, name)`` is called before each.

    Ctrl-C raises ``Interrupted``, whose ``result`` holds the verdicts so far.
    """
    chosen = [CLAIMS.get(name) for name in names] if names is not None else list(CLAIMS)
    verdicts: list[ClaimResult] = []
    for number, claim in enumerate(chosen):
        if progress:
            progress(number, len(chosen), claim.name)
        try:
            verdicts.append(verify(claim, model, faults=faults))
        except KeyboardInterrupt:
            raise Interrupted(verdicts, f"after {number} of {len(chosen)} claims") from None
    if progress:
        progress(len(chosen), len(chosen), "")
    return verdicts


def _models(model: str | BandStructure | None) -> Iterable[Model]:
    if not model:
        return (_made(models.MODELS.get(name)) for name in models.names())
    chosen = models.get(model) if isinstance(model, str) else model
    if not isinstance(chosen, Model):
        raise TypeError(f"model: expected one given by formulas, for its closed forms, got {chosen!r}")
    return (chosen,)


@lru_cache(maxsize=64)
def _made(maker: Callable[[], Model]) -> Model:
    return maker()


def _combine(claim: Claim, proofs: tuple[ProofResult, ...]) -> tuple[str, str]:
    """The kind of verdict that the outcomes of all equalities amount to."""
    if not proofs:
        return "open", claim.why_open
    asserted = [p for p in proofs if p.equality.role in ("claim", "corrected")]
    printed = [p for p in proofs if p.equality.role == "printed"]
    for proof in proofs:
        if proof.outcome not in ("proved", "refuted"):
            return "open", proof.how
        if proof.outcome == "proved" and proof.equality.role in ("denied", "printed"):
            return "failed", f"recorded as untrue but proved: {proof.equality.note}"
    refuted = next((p for p in asserted if p.outcome == "refuted"), None)
    if refuted or (printed and not asserted):
        return "refuted", f"counterexample: {(refuted or printed[0]).counterexample}"
    if printed:
        return "misprint", "as printed refuted by a counterexample in exact arithmetic; as corrected proved"
    return "proved", asserted[0].how


def _with_check(claim: Claim, kind: str, how: str, check: CheckResult) -> tuple[str, str]:
    """A check that holds supports what the ledger records; a proof beside it stays the stronger means."""
    if not check.holds:
        return "failed", f"the check does not hold: {check.text}"
    return (claim.recorded, check.text) if kind == "open" else (kind, how)
