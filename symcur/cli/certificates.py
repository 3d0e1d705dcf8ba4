"""The option --certificates of ``symcur verify`` and ``symcur settle``: a file for everything proved or refuted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from symcur.certificates import NoCertificate, certificate, write
from symcur.claims import ProofResult

HELP = "Write a file for each proof and counterexample to DIR, which checker.py in it checks with nothing but Python."


def write_certificates(folder: Path, proofs: Iterable[tuple[str, int, ProofResult]], screen: Console) -> bool:
    """Write those of (claim, number, proof) and say what has none and why; whether all have one."""
    written, missing = [], []
    for claim, number, proof in proofs:
        try:
            written.append(certificate(proof, claim, number))
        except NoCertificate as reason:
            missing.append(f"{claim}.{number} has no certificate: {reason}")
    write(folder, written)
    for line in missing:
        screen.print(line, style="bold red", markup=False)
    noun = "certificate" if len(written) == 1 else "certificates"
    screen.print(
        f"{len(written)} {noun} in {folder}; check with: python {folder / 'checker.py'} {folder}", markup=False
    )
    return not missing
