"""Identities that are looked for: linear relations among expressions, and how they compare with the ledger."""

from symcur.identities.linear_relations import Relations, relations

__all__ = ["Relations", "relations"]
