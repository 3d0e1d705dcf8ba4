"""Consoles that lack a letter, such as those of Windows in cp1252, get it spelled: ``tau`` for τ, ``<=`` for ≤, never an error."""

from __future__ import annotations

import codecs
import io
import re
import sys
import unicodedata

_WRITTEN = {
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "−": "-",
    "…": "...",
    "→": "->",
    "⟨": "<",
    "⟩": ">",
    "√": "sqrt",
    "∂": "d_",
    "∇": "D_",
    "∫": "int ",
    "∑": "sum ",
    "ħ": "hbar",
    "ϵ": "epsilon",
    "⋅": "*",
    "′": "'",
    "≡": "==",
    "∞": "oo",
    "“": '"',
    "”": '"',
    "–": "-",
    "≈": "~",
}

_SCRIPTS = re.compile(r"([\^_])\w(?:\1\w)+")  # ^i^s, that is ^{is}


def spell_what_is_missing() -> None:
    """From here on stdout and stderr spell what their encoding lacks."""
    codecs.register_error("symcur.spelled", _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="symcur.spelled")


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = "".join(map(spelled, error.object[error.start : error.end]))
    return _SCRIPTS.sub(lambda run: f"{run[1]}{{{run[0].replace(run[1], '')}}}", text), error.end


def spelled(letter: str) -> str:
    """ASCII characters for a letter, "?" where nothing is known."""
    if letter in _WRITTEN:
        return _WRITTEN[letter]
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK "):
        word = name.split()[-1].lower()
        return word.capitalize() if " CAPITAL " in name else word
    if name.startswith("COMBINING "):
        return ""
    if name.startswith("BOX DRAWINGS "):
        return "|" if "VERTICAL" in name else "-"
    kind, *code = unicodedata.decomposition(letter).split() or [""]
    if kind in ("<super>", "<sub>"):
        raised = "".join(chr(int(number, 16)) for number in code)
        return ("^" if kind == "<super>" else "_") + "".join(c if c.isascii() else spelled(c) for c in raised)
    plain = unicodedata.normalize("NFKD", letter)
    return plain if plain.isascii() else "?"
