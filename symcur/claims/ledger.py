"""The ledger: every claim of the three versions of the paper, in its order. Open rows say what a verdict needs."""

from __future__ import annotations

from difflib import get_close_matches

from symcur.claims import (
    densities,
    disorder,
    equilibrium,
    fields,
    magnetic_field,
    magnetization,
    moments,
    response,
    superconductors,
    torque,
    transport,
)
from symcur.claims.claim import Claim

_FILES = (
    densities,
    moments,
    torque,
    equilibrium,
    magnetization,
    response,
    transport,
    magnetic_field,
    fields,
    disorder,
    superconductors,
)
CLAIMS: tuple[Claim, ...] = tuple(claim for file in _FILES for claim in file.CLAIMS)
_BY_NAME = {claim.name: claim for claim in CLAIMS}


def names() -> list[str]:
    """The names of all claims, in the order of the paper."""
    return list(_BY_NAME)


def get(name: str) -> Claim:
    """The claim of this name; an unknown name raises a ValueError that lists the valid ones."""
    if name not in _BY_NAME:
        close = get_close_matches(name, _BY_NAME, 1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise ValueError(f"claim: {name!r} came{hint}; valid are {', '.join(_BY_NAME)}")
    return _BY_NAME[name]
