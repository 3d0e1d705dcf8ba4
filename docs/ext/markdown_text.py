"""Plain text in Markdown: its characters have no meaning there, and its symbols are mathematics."""

from __future__ import annotations

from symcur.display import Formula, pieces


def told(text: str) -> str:
    """A text with its mathematics."""
    return "".join(f"${piece.latex}$" if isinstance(piece, Formula) else plain(piece) for piece in pieces(text))


def plain(text: str) -> str:
    """Text whose characters have no meaning in Markdown."""
    return "".join(f"\\{character}" if character in r"\_<*[]`" else character for character in text)
