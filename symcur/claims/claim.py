"""A claim of the paper, and the verdict on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import isnan
from typing import Any

from symcur.claims import cards
from symcur.claims.faults import Fault
from symcur.claims.prover import Counterexample, Equality, ProofResult
from symcur.display import Card, Shown
from symcur.registry import Registry

KINDS = {
    "proved": "exact, any number of bands, of electrons or bosons",
    "proved for a model": "exact closed form",
    "confirmed": "numerically, with the residual and the tolerance",
    "refuted": "with a counterexample anyone can rerun",
    "misprint": "refuted as printed, proved as corrected",
    "open": "no verdict yet",
    "failed": "not what was asserted; see the evidence",
}


@dataclass(frozen=True)
class CheckResult:
    """The outcome of a numerical check: a residual against a tolerance, and what was compared."""

    holds: bool
    residual: float
    tolerance: float
    text: str


@dataclass(frozen=True)
class Claim(Shown):
    """One row of the ledger.

    ``where`` maps versions A, B, C of the paper to places; ``statement`` is LaTeX; ``recorded`` is the kind of verdict
    the ledger expects. ``equalities`` are settled by proof; ``check`` is a numerical check, for what expressions cannot say;
    ``faults`` are mistakes in what the claim is about, each of which must turn the check to failed; ``why_open`` tells what a
    verdict would need.

    >>> import symcur as sc
    >>> claim = sc.claims.get("torque-dipole")
    >>> claim.recorded, claim.where["A"]
    ('proved', '(10)')
    """

    name: str
    where: Mapping[str, str]
    text: str
    statement: str = ""
    section: str = "Further claims"
    recorded: str = "proved"
    assumptions: tuple[str, ...] = ()
    equalities: tuple[Equality, ...] = ()
    check: Callable[[], CheckResult] | None = None
    why_open: str = ""
    faults: Mapping[str, Fault] = field(default_factory=dict)

    def card(self) -> Card:
        """What notebooks show: the statement and its places."""
        return cards.of_claim(self)


CLAIMS: Registry[Claim] = Registry("claim")
define = CLAIMS.maker(Claim)
"""A new row of the ledger; the arguments are those of ``Claim``."""


def section(title: str) -> Callable[..., Claim]:
    """``define`` for the rows of one section."""
    return partial(define, section=title)


@dataclass(frozen=True)
class ClaimResult(Shown):
    """The result of checking one claim: its kind, how it was reached, residuals on models, a counterexample, the time.

    ``faults`` are the checks with each fault of the claim injected, if that was asked for.

    >>> import symcur as sc
    >>> result = sc.verify("torque-dipole", "rashba")
    >>> result.as_recorded, result.residual < 1e-9
    (True, True)
    """

    claim: Claim
    kind: str
    how: str
    proofs: tuple[ProofResult, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    seconds: float = 0.0
    models: Mapping[str, float] = field(default_factory=dict)
    faults: Mapping[str, CheckResult] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.claim.name

    @property
    def where(self) -> Mapping[str, str]:
        return self.claim.where

    @property
    def residual(self) -> float | None:
        """The relative difference in the numerical check that holds least; None where there was none."""
        return self._worst[0]

    @property
    def tolerance(self) -> float | None:
        """The tolerance of that check."""
        return self._worst[1]

    @property
    def _worst(self) -> tuple[float, float] | tuple[None, None]:
        pairs = [(value, MODEL_TOLERANCE) for value in self.models.values()]
        pairs += [(item.residual, item.tolerance) for item in self.checks]
        return max(pairs, key=_miss, default=(None, None))

    @property
    def counterexample(self) -> Counterexample | None:
        return next((proof.counterexample for proof in self.proofs if proof.counterexample), None)

    @property
    def unnoticed(self) -> list[str]:
        """The injected faults with which the check still holds."""
        return [name for name, result in self.faults.items() if result.holds]

    @property
    def as_recorded(self) -> bool:
        """Whether the verdict is what the ledger records."""
        return self.kind == self.claim.recorded

    def card(self) -> Card:
        """What notebooks show: statement, verdict, counterexample, and folded the evidence."""
        return cards.of_result(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        counterexample = self.counterexample
        return {
            "name": self.name,
            "section": self.claim.section,
            "kind": self.kind,
            "recorded": self.claim.recorded,
            "how": self.how,
            "where": dict(self.where),
            "text": self.claim.text,
            "statement": self.claim.statement,
            "assumptions": list(self.claim.assumptions),
            "residual": self.residual,
            "tolerance": self.tolerance,
            "models": dict(self.models),
            "faults": {name: {"noticed": not r.holds, "residual": r.residual} for name, r in self.faults.items()},
            "counterexample": str(counterexample) if counterexample else None,
            "seconds": self.seconds,
        }


MODEL_TOLERANCE = 1e-9  # relative: closed form of one side against eigenstates of the other


def _miss(pair: tuple[float, float]) -> tuple[bool, bool, float]:
    """By how much a residual misses its tolerance, which may be zero; NaN misses any."""
    residual, tolerance = pair
    return isnan(residual), residual > tolerance, residual / (tolerance or 1.0)
