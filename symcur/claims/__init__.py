"""The claims of the paper and their verdicts."""

# The sections of the ledger, in the order of the paper.
from symcur.claims import (  # isort: skip
    densities,
    moments,
    equilibrium,
    response,
    clean_crystal,
    transport,
    hall_part,
    hall_choices,
    magnetic_field,
    fields,
    disorder,
    superconductors,
    superconductor_spin,
    bosons,
    moire,
)
from symcur.claims.claim import CLAIMS, CheckResult, Claim, ClaimResult, define
from symcur.claims.claim_file import load
from symcur.claims.prover import Counterexample, Equality, ProofResult, examine, settle
from symcur.claims.verification import verify, verify_all, with_fault


def sections() -> set[str]:
    """The titles of the sections of the ledger."""
    return {claim.section for claim in CLAIMS}


get, names, remove = CLAIMS.get, CLAIMS.names, CLAIMS.remove

__all__ = [
    "CLAIMS",
    "CheckResult",
    "Claim",
    "ClaimResult",
    "Counterexample",
    "Equality",
    "ProofResult",
    "bosons",
    "clean_crystal",
    "define",
    "densities",
    "disorder",
    "equilibrium",
    "examine",
    "fields",
    "get",
    "hall_choices",
    "hall_part",
    "load",
    "magnetic_field",
    "moire",
    "moments",
    "names",
    "remove",
    "response",
    "sections",
    "settle",
    "superconductor_spin",
    "superconductors",
    "transport",
    "verify",
    "verify_all",
    "with_fault",
]
