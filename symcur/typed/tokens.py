"""The text of an identity as a list of tokens, and the complaint that points at a place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symcur.quantities import QUANTITIES

LONGEST = 4000  # characters
MOST_DIGITS = 18  # of a number as it is typed
WINDOW = 72  # characters of a long text that are shown around the place of a complaint

_SPACE = r"\s+|\\[,;:! ]|\\(?:left|right|[bB]igg?[lr]?|displaystyle|q?quad|limits)(?![A-Za-z])|[~$&]"
_PRINTED_WORD = r"\\(?:mathrm|operatorname|text|rm)\s*\{\s*(?P<word>Im|Re|Tr|mod)\s*\}"
_BAR = r"(?P<bar>\\(?:bar|overline)\s*(?:\{\s*\\Omega\s*\}|\\Omega(?![A-Za-z])))"
_CALLIGRAPHIC = r"\\mathcal\s*(?:\{\s*(?P<cal>[AG])\s*\}|(?P<cal2>[AG])(?![A-Za-z]))"
_HAT = r"\\hat\s*(?:\{\s*(?P<hat>\\?[A-Za-z]+)\s*\}|(?P<hat2>\\[A-Za-z]+|[A-Za-z]))"
_SIGN = r"(?P<sign>\\[{}]|!=|[-+*/=(){}\[\]_^',])"
_NUMBER = r"(?P<number>\d+(?:\.\d+)?)"

# What is typed: the name by which it is known.
_NAMES = {
    **{name: name for name in ("tau", "omega", "Omega", "chi", "theta", "phi", "eta")},
    **{name: name for name in ("partial", "nabla", "sum", "mod", "frac", "Im", "Re", "Tr")},
    **dict.fromkeys(("varepsilon", "epsilon", "eps"), "e"),
    "Omegabar": "Omegabar",
}
_COMMANDS = {
    **_NAMES,
    **dict.fromkeys(("tfrac", "dfrac"), "frac"),
    **dict.fromkeys(("ne", "neq"), "!="),
    **dict.fromkeys(("cdot", "times"), "*"),
    **dict.fromkeys(("lbrace", "rbrace"), ""),
    "bmod": "mod",
    "lbrack": "[",
    "rbrack": "]",
}
_CHARACTERS = {
    **{"τ": "tau", "ω": "omega", "Ω": "Omega", "χ": "chi", "θ": "theta", "φ": "phi", "η": "eta", "ε": "e", "ϵ": "e"},
    **{"∂": "partial", "∇": "nabla", "∑": "sum"},
    **{"≠": "!=", "·": "*", "×": "*", "−": "-", "′": "'"},
}
SIGNS = frozenset("-+*/=(){}[]_^',") | {"!=", r"\{", r"\}"}


class Unreadable(ValueError):
    """A text that is not an identity: what was expected, what came, and where.

    ``position`` is the character of ``text`` at which the complaint points.
    """

    def __init__(self, text: str, position: int, expected: str, got: str = "") -> None:
        self.text, self.position, self.expected = text, position, expected
        start = max(0, min(position - WINDOW // 2, len(text) - WINDOW))
        line = "".join(c if c.isprintable() else " " for c in text[start : start + WINDOW])
        found = got or (repr(text[position : position + 12]) if position < len(text) else "the end")
        super().__init__(f"identity: expected {expected}, got {found}\n    {line}\n    {' ' * (position - start)}^")


@dataclass(frozen=True)
class Token:
    """A piece of the text: ``kind`` is "name", "quantity", "number", "sign" or "end"; ``command`` where it has a backslash."""

    kind: str
    text: str
    at: int
    end: int
    command: bool = False


def tokens(text: str) -> list[Token]:
    """The tokens of a text, with one of the kind "end" behind them."""
    if len(text) > LONGEST:
        raise Unreadable(text, LONGEST, f"at most {LONGEST} characters", f"{len(text)}")
    return [*_tokens(text), Token("end", "the end", len(text), len(text))]


def _tokens(text: str) -> Iterator[Token]:
    pattern, position = _pattern(), 0
    while position < len(text):
        found = pattern.match(text, position)
        if found is None:
            raise Unreadable(text, position, "a letter, a number, a bracket or a sign")
        kind, name = _meaning(found, text)
        if kind:
            yield Token(kind, name, position, found.end(), text[position] == "\\")
        position = found.end()


def _pattern() -> re.Pattern[str]:
    """What a token may be; the names of quantities are those that are known now."""
    known = [name for name in QUANTITIES.names() if len(name) > 2 and name not in _NAMES]
    quantity = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    words = "|".join(sorted(_NAMES, key=len, reverse=True))
    alternatives = (
        rf"(?P<space>{_SPACE})",
        _PRINTED_WORD,
        _BAR,
        _CALLIGRAPHIC,
        _HAT,
        rf"(?P<quantity>(?:{quantity})(?!\w))",
        rf"(?P<plain>(?:{words})(?![A-Za-z]))",
        r"\\(?P<command>[A-Za-z]+)",
        r"(?P<letter>[A-Za-z])",
        _NUMBER,
        _SIGN,
        rf"(?P<character>[{''.join(_CHARACTERS)}])",
    )
    return re.compile("|".join(alternatives), re.ASCII)


def _meaning(found: re.Match[str], text: str) -> tuple[str, str]:
    """The kind and the name of what was found; no kind for white space."""
    group = {name: value for name, value in found.groupdict().items() if value is not None}
    if "space" in group:
        return "", ""
    if "quantity" in group:
        return "quantity", group["quantity"]
    if "number" in group:
        if len(group["number"]) > MOST_DIGITS:
            raise Unreadable(text, found.start(), f"numbers of at most {MOST_DIGITS} digits", f"{len(found.group())}")
        return "number", group["number"]
    if "sign" in group:
        return "sign", group["sign"]
    if "bar" in group:
        return "name", "Omegabar"
    name = next(value for key, value in group.items())
    if "hat" in group or "hat2" in group:
        name = _NAMES.get(name.removeprefix("\\"), name)
    elif "plain" in group:
        name = _NAMES[name]
    elif "character" in group:
        name = _CHARACTERS[name]
    elif "command" in group:
        if not _COMMANDS.get(name):
            raise Unreadable(text, found.start(), "a symbol of the paper, such as \\tau, \\Omega or \\frac")
        name = _COMMANDS[name]
    elif "cal" in group or "cal2" in group:
        name = {"A": "connection", "G": "G"}[name]
    return ("sign" if name in SIGNS else "name"), name
