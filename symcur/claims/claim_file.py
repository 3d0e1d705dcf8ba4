"""Claims in TOML files: identities as they are typed, with their places in a paper. Reading such a file runs nothing.

    title = "Spin currents in our paper"

    [[claim]]
    name = "torque-dipole"
    where = "Eq. (5)"                                    # or a table, { draft = "(4)", printed = "(5)" }
    text = "The torque dipole is the deviation of the current from the classical one."
    identity = 'd^{i\\tau} = -J^{is} + v^i s'            # or identities, a list
    verdict = "proved"                                   # what is expected; proved where left out
    assumptions = ["..."]

    [[claim]]
    name = "misprinted"
    printed = '...'                                      # what is in print and wrong, identity being what replaces it
    identity = '...'

name and one of identity, identities and printed must be there. The grammar of identities is that of ``symcur.typed``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symcur import files
from symcur.claims.claim import Claim
from symcur.claims.prover import Equality, typed_equality
from symcur.files import shortened

MOST_CLAIMS = 200
MOST_IDENTITIES = 20  # of a claim
LONGEST_TEXT = 1000
VERDICTS = ("proved", "refuted", "misprint", "open")
_KEYS = ("name", "where", "text", "identity", "identities", "printed", "verdict", "assumptions")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}", re.ASCII)


def load(path: str | Path) -> tuple[Claim, ...]:
    """The claims in a TOML file, for ``verify``; ``symcur.claims.claim_file`` describes it. Nothing in the file is run.

    Raises ValueError that names the entry, what was expected and what was given.
    """
    path = Path(path)
    table = files.toml_table("claims", path)
    unknown = next((key for key in table if key not in ("title", "claim")), None)
    if unknown is not None:
        raise ValueError(f"{shortened(unknown)}: expected title and [[claim]] tables in {path}")
    title = _words("title", table.get("title", path.stem))
    entries = table.get("claim")
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_CLAIMS:
        raise ValueError(f"claim: expected one to {MOST_CLAIMS} tables [[claim]] in {path}")
    claims = tuple(_claim(number, entry, title) for number, entry in enumerate(entries, 1))
    names = [claim.name for claim in claims]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"name: expected every name once, got {twice} more often")
    return claims


def _claim(number: int, entry: Any, title: str) -> Claim:
    label = f"claim {number}"
    if not isinstance(entry, dict):
        raise ValueError(f"{label}: expected a table [[claim]], got {shortened(str(entry))}")
    for key in entry:
        if key not in _KEYS:
            raise ValueError(f"{label}: expected the entries {', '.join(_KEYS)}, got {shortened(key)}")
    name = entry.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{label}: expected a name of letters, digits and - _ ., got {shortened(str(name))}")
    if "identity" in entry and "identities" in entry:
        raise ValueError(f"{name}: expected identity or identities, got both")
    equalities = _equalities(name, entry)
    printed = any(equality.role == "printed" for equality in equalities)
    corrected = any(equality.role == "corrected" for equality in equalities)
    verdict = entry.get("verdict", "proved" if not printed else "misprint" if corrected else "refuted")
    if verdict not in VERDICTS:
        raise ValueError(f"{name}.verdict: expected one of {', '.join(VERDICTS)}, got {shortened(str(verdict))}")
    return Claim(
        name,
        _places(name, entry.get("where", {})),
        _words(f"{name}.text", entry.get("text", equalities[0].note)),
        r",\quad ".join(" = ".join(equality.latex()) for equality in equalities if equality.role != "printed"),
        title,
        verdict,
        tuple(
            _words(f"{name}.assumptions", item) for item in _list(f"{name}.assumptions", entry.get("assumptions", []))
        ),
        equalities,
    )


def _equalities(name: str, entry: Mapping[str, Any]) -> tuple[Equality, ...]:
    """What is printed, and what is claimed or replaces it."""
    role = "corrected" if "printed" in entry else "claim"
    found = []
    for key, kind in (("printed", "printed"), ("identity", role), ("identities", role)):
        texts = entry.get(key, [])
        for place, text in enumerate(_list(f"{name}.{key}", [texts] if isinstance(texts, str) else texts), 1):
            if not isinstance(text, str):
                raise ValueError(f"{name}.{key}: expected text, got {shortened(str(text))}")
            try:
                found.append(typed_equality(text, role=kind))
            except ValueError as reason:
                raise ValueError(
                    f"{name}.{key}{f' {place}' if len(texts) > 1 and texts != text else ''}: {reason}"
                ) from None
    if not found:
        raise ValueError(
            f"{name}: expected an identity, as in identity = '\\Omega^{{i\\tau}} = \\partial_i s', got none"
        )
    return tuple(found)


def _list(label: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_IDENTITIES:
        raise ValueError(f"{label}: expected a list of at most {MOST_IDENTITIES}, got {shortened(str(value))}")
    return value


def _places(name: str, where: Any) -> dict[str, str]:
    """The places by versions; a single place has no version."""
    table = {"": where} if isinstance(where, str) else where
    if not isinstance(table, dict) or len(table) > 6:
        raise ValueError(f"{name}.where: expected a place, or a table of places, got {shortened(str(where))}")
    return {_words(f"{name}.where", key) if key else "": _words(f"{name}.where", place) for key, place in table.items()}


def _words(label: str, value: Any) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text.isprintable() or not 0 < len(text) <= LONGEST_TEXT:
        raise ValueError(f"{label}: expected up to {LONGEST_TEXT} printable characters, got {shortened(repr(value))}")
    return text
