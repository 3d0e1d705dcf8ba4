"""The claims of the paper and their verdicts."""

from __future__ import annotations

from symcur.claims.claim import Claim, Evidence, Verdict
from symcur.claims.engine import Counterexample, Equality, Finding, examine, settle
from symcur.claims.ledger import CLAIMS, get, names
from symcur.claims.verify import verify, verify_all

__all__ = [
    "CLAIMS",
    "Claim",
    "Counterexample",
    "Equality",
    "Evidence",
    "Finding",
    "Verdict",
    "examine",
    "get",
    "names",
    "settle",
    "verify",
    "verify_all",
]
