"""LaTeX as a line of Unicode, for terminals and running text: d^{i\\tau}_n becomes d^{iτ}ₙ.

It knows the notation that the ledger and the printed words use. A command that it does not know stays visible by its
name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_SYMBOLS = {
    "epsilon": "ϵ",
    "varepsilon": "ε",
    "varphi": "φ",
    "phi": "ϕ",
    "hbar": "ħ",
    "ell": "ℓ",
    "sum": "Σ",
    "int": "∫",
    "partial": "∂",
    "nabla": "∇",
    "neq": "≠",
    "ne": "≠",
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "approx": "≈",
    "sim": "∼",
    "equiv": "≡",
    "propto": "∝",
    "pm": "±",
    "mp": "∓",
    "times": "×",
    "cdot": "·",
    "otimes": "⊗",
    "oplus": "⊕",
    "dagger": "†",
    "infty": "∞",
    "in": "∈",
    "to": "→",
    "rightarrow": "→",
    "Rightarrow": "⇒",
    "Leftrightarrow": "⇔",
    "langle": "⟨",
    "rangle": "⟩",
    "ldots": "…",
    "dots": "…",
    "cdots": "⋯",
    "quad": " ",
    "qquad": " ",
    "mid": "|",
    "lvert": "|",
    "rvert": "|",
    "prime": "′",
}
_SPACES = {",": " ", ";": " ", ":": " ", " ": " ", "!": "", "\\": " "}
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "vec": "\u20d7"}
_LETTERS = {"mathcal": "SCRIPT", "mathbf": "BOLD", "boldsymbol": "BOLD", "bm": "BOLD"}
_PLAIN = {"mathrm", "text", "mathit", "operatorname", "textrm"}
_SILENT = {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "limits", "nolimits"}
_FRACTIONS = {("1", "2"): "½", ("1", "4"): "¼", ("3", "4"): "¾", ("1", "3"): "⅓", ("2", "3"): "⅔"}
_SCRIPTS = {
    "^": dict(zip("0123456789+-=()ilnsrmkjpabcdeghtuvwxyz*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱˡⁿˢʳᵐᵏʲᵖᵃᵇᶜᵈᵉᵍʰᵗᵘᵛʷˣʸᶻ*", strict=True)),
    "_": dict(zip("0123456789+-=()ijklmnoprstuvxaeh", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓₐₑₕ", strict=True)),
}


def readable(latex: str) -> str:
    """One line of Unicode for a piece of LaTeX mathematics."""
    text = "".join(_pieces(iter(_TOKEN.findall(latex)), None))
    text = re.sub(r"(?<=⟨) +| +(?=⟩)", "", text)
    text = re.sub(r"(?<=[^\s({[=<>≠,⟨-])-(?=\S)", " - ", text)
    return re.sub(r" +", " ", text).strip()


def sentence(text: str) -> str:
    """A sentence in which letters with indices in braces, as in d^{is}, are made readable."""
    return re.sub(r"\\?[A-Za-z]+(?:[_^]\{[^{}]*\})+", lambda symbol: readable(symbol.group()), text)


def _pieces(tokens: Iterator[str], stop: str | None) -> Iterator[str]:
    for token in tokens:
        if token == stop:
            return
        yield _piece(token, tokens)


def _argument(tokens: Iterator[str]) -> str:
    """The next group or single token; white space before it does not count."""
    token = next((token for token in tokens if not token.isspace()), "")
    return _piece(token, tokens).strip()


def _piece(token: str, tokens: Iterator[str]) -> str:
    if token == "{":
        return "".join(_pieces(tokens, "}"))
    if token in _SCRIPTS:
        return _script(token, _argument(tokens))
    if token.isspace():
        return " "
    if not token.startswith("\\"):
        return "′" if token == "'" else token
    name = token[1:]
    if name in ("frac", "tfrac", "dfrac"):
        return _fraction(_argument(tokens), _argument(tokens))
    if name == "sqrt":
        return "√" + _grouped(_argument(tokens))
    if name in _ACCENTS:
        return _argument(tokens) + _ACCENTS[name]
    if name in _LETTERS:
        return "".join(_styled(character, _LETTERS[name]) for character in _argument(tokens))
    if name in _PLAIN:
        return _argument(tokens)
    if name in _SILENT:
        return ""
    return _symbol(name)


def _symbol(name: str) -> str:
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    if name in _SPACES:
        return _SPACES[name]
    case = "CAPITAL" if name[:1].isupper() else "SMALL"
    spelling = {"lambda": "LAMDA"}.get(name.lower(), name.upper())
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {spelling}")
    except KeyError:
        return name


def _script(kind: str, text: str) -> str:
    """Unicode superscripts and subscripts where all characters have one, braces otherwise."""
    table = _SCRIPTS[kind]
    text = re.sub(r" ?([≠=<>]) ?", r"\1", text)
    if all(character in table for character in text):
        return "".join(table[character] for character in text)
    return f"{kind}{text}" if len(text) == 1 else f"{kind}{{{text}}}"


def _fraction(numerator: str, denominator: str) -> str:
    if (numerator, denominator) in _FRACTIONS:
        return _FRACTIONS[numerator, denominator]
    return f"{_grouped(numerator)}/{_grouped(denominator)}"


def _grouped(text: str) -> str:
    """In brackets unless it is a single symbol, with or without scripts."""
    outside = re.sub(r"\{[^{}]*\}", "", text)
    return text if not re.search(r"[ +\-/·]", outside) else f"({text})"


def _styled(character: str, style: str) -> str:
    """A mathematical letter; a few script capitals have older names in Unicode."""
    if not (character.isascii() and character.isalpha()):
        return character
    case = "CAPITAL" if character.isupper() else "SMALL"
    for name in (f"MATHEMATICAL {style} {case} {character.upper()}", f"{style} {case} {character.upper()}"):
        try:
            return unicodedata.lookup(name)
        except KeyError:
            continue
    return character
