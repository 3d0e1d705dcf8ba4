"""Certificates: proofs and counterexamples as small files that ``checker.py`` checks with Python's standard library alone."""

from symcur.certificates.writer import NoCertificate, certificate, prepare, write

__all__ = ["NoCertificate", "certificate", "prepare", "write"]
