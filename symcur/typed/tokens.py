"""The text of an identity as a list of tokens, and the complaint that points at a place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symcur.quantities import QUANTITIES

LONGEST = 4000  # characters
MOST_DIGITS = 18  # of a number as it is typed
WINDOW = 72  # characters of a long text that are shown around the place of a complaint

_LAYOUT = "left|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|q?quad|(?:no)?limits|nonumber|notag"
_ENVIRONMENT = r"\\(?:begin|end)\s*\{(?:equation|align|aligned|split|gather|gathered|multline|eqnarray)\*?\}"
_SPACE = rf"\s+|\\[,;:! \[\]]|\\\\(?:\[[\d.\s]*[a-z]{{2}}\])?|\\(?:{_LAYOUT})(?![A-Za-z])|[~$&]|%[^\n]*|{_ENVIRONMENT}|\\(?:label|tag)\s*\{{[^{{}}]*\}}"
_FONT = r"\\(?:mathrm|operatorname\*?|text|textrm|rm)"
_WORD = "Im|Re|Tr|tr|mod|i"
_PRINTED_WORD = rf"{_FONT}\s*\{{\s*(?P<word>{_WORD})\s*\}}|\{{\s*\\(?:rm|bf)\s+(?P<word2>{_WORD})\s*\}}"
_BAR = r"(?P<bar>\\(?:bar|overline)\s*(?:\{\s*\\Omega\s*\}|\\Omega(?![A-Za-z])))"
_CALLIGRAPHIC = r"\\mathcal\s*(?:\{\s*(?P<cal>[AG])\s*\}|(?P<cal2>[AG])(?![A-Za-z]))"
_HAT = r"\\hat\s*(?:\{\s*(?P<hat>\\?[A-Za-z]+)\s*\}|(?P<hat2>\\[A-Za-z]+|[A-Za-z]))"
_THICK = r"\\(?:bm|mathbf|boldsymbol|vec)"  # of a vector, whose component an index tells; s and tau are no vectors
_VECTOR = r"\\Omega|[vJdkmD]"
_BOLD = "|".join(
    rf"{before}(?:\{{\s*(?P<bold{j}a>{_VECTOR})\s*\}}|(?P<bold{j}b>{_VECTOR})(?![A-Za-z])){after}"
    for j, (before, after) in enumerate(
        (
            (rf"{_THICK}\s*", ""),
            (rf"\\hat\s*\{{\s*{_THICK}\s*", r"\s*\}"),
            (rf"{_THICK}\s*\{{\s*\\hat\s*", r"\s*\}"),
        )
    )
)
_SIGN = r"(?P<sign>\\[{}]|!=|\\not\s*=|[-+*/=(){}\[\]_^',|])"
_END = re.compile(rf"(?:\\[,;:!\]]|[\s.,;$~]|{_ENVIRONMENT})*\Z")  # punctuation behind a formula
_NUMBER = r"(?P<number>\d+(?:\.\d+)?)"

# What is typed: the name by which it is known.
_NAMES = {
    **{name: name for name in ("tau", "omega", "Omega", "chi", "theta", "phi", "eta")},
    **{name: name for name in ("partial", "nabla", "sum", "mod", "frac", "Im", "Re", "Tr")},
    "tr": "Tr",
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
    "prime": "'",
    **dict.fromkeys(("vert", "mid", "lvert", "rvert"), "|"),
    **{name: name for name in ("langle", "rangle", "bra", "ket", "braket")},
}
# What theorists write and what it would have to be here.
_ADVICE = {
    "hbar": "units in which \\hbar is 1, so that it is left out",
    "int": "the integrands; what integrates to zero stands behind mod, as in mod \\partial_{k_l}(g_n s_n)",
    **dict.fromkeys(("sqrt", "pi", "exp", "ln", "log"), "exact complex rational numbers, such as 1/2 or \\frac{i}{3}"),
    **dict.fromkeys(("mathrm", "text", "operatorname"), "Im, Re, Tr, mod or i in upright letters"),
    **dict.fromkeys(("leftrightarrow", "dagger"), "the other terms written out"),
    **dict.fromkeys(
        ("bm", "boldsymbol", "mathbf", "vec"), "one component, as in v_i or \\Omega^{li}; s and \\tau are no vectors"
    ),
}
_CHARACTERS = {
    **{"τ": "tau", "ω": "omega", "Ω": "Omega", "χ": "chi", "θ": "theta", "φ": "phi", "η": "eta", "ε": "e", "ϵ": "e"},
    **{"∂": "partial", "∇": "nabla", "∑": "sum", "⟨": "langle", "⟩": "rangle"},
    **{"≠": "!=", "·": "*", "×": "*", "−": "-", "′": "'"},
}
SIGNS = frozenset("-+*/=(){}[]_^',|") | {"!=", r"\{", r"\}", "langle", "rangle", "bra", "ket", "braket"}


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
    end = _END.search(text).start()  # type: ignore[union-attr]
    return [*_tokens(text, end), Token("end", "the end", end, end)]


def _tokens(text: str, end: int) -> Iterator[Token]:
    pattern, position = _pattern(), 0
    while position < end:
        found = pattern.match(text, position, end)
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
        _BOLD,
        _HAT,
        rf"(?P<quantity>(?:{quantity})(?!\w))",
        rf"(?P<plain>(?:{words})(?![A-Za-z]))",
        _SIGN,
        r"\\(?P<command>[A-Za-z]+)",
        r"(?P<letter>[A-Za-z])",
        _NUMBER,
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
        return "sign", "!=" if group["sign"].startswith("\\not") else group["sign"]
    if "bar" in group:
        return "name", "Omegabar"
    if any(key.startswith("bold") for key in group):
        return "name", next(iter(group.values())).removeprefix("\\")
    name = next(value for key, value in group.items())
    if "hat" in group or "hat2" in group:
        name = _NAMES.get(name.removeprefix("\\"), name)
    elif "plain" in group or "word" in group or "word2" in group:
        name = _NAMES.get(name, name)
    elif "character" in group:
        name = _CHARACTERS[name]
    elif "command" in group:
        if not _COMMANDS.get(name):
            known = "a symbol of the paper, such as \\tau, \\Omega or \\frac"
            raise Unreadable(text, found.start(), _ADVICE.get(name, known))
        name = _COMMANDS[name]
    elif "letter" in group and name == "E":
        name = "e"
    elif "cal" in group or "cal2" in group:
        name = {"A": "connection", "G": "G"}[name]
    return ("sign" if name in SIGNS else "name"), name
