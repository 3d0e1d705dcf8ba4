"""LaTeX as a line of Unicode, for terminals and running text: d^{i\\tau}_n becomes d^{iτ}ₙ.

The characters are those of ``unicodeit``; groups, scripts and fractions are taken apart here. A command that is not known
stays visible by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unicodeit import replace

from symcur.display.blocks import Formula
from symcur.display.symbols import pieces

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_OURS = {
    "epsilon": "ϵ",
    "hbar": "ħ",
    "langle": "⟨",
    "rangle": "⟩",
    "dots": "…",
    "quad": " ",
    "qquad": " ",
    "lim": "lim",
    "mid": "|",
    "lvert": "|",
    "rvert": "|",
    "^*": "*",
    **dict.fromkeys(",;: \\", " "),
    **dict.fromkeys(("!", "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "limits"), ""),
}
_ACCENTS = {"hat", "tilde", "bar", "dot", "vec"}
_LETTERS = {"mathcal": "mathcal", "mathbf": "mathbf", "boldsymbol": "mathbf", "bm": "mathbf"}
_PLAIN = {"mathrm", "text", "mathit", "operatorname", "textrm"}
_FRACTIONS = {("1", "2"): "½", ("1", "4"): "¼", ("3", "4"): "¾", ("1", "3"): "⅓", ("2", "3"): "⅔"}


def unicode_math(latex: str) -> str:
    """One line of Unicode for a piece of LaTeX mathematics."""
    text = "".join(_pieces(iter(_TOKEN.findall(latex)), None))
    text = re.sub(r"(?<=⟨) +| +(?=⟩)", "", text)
    text = re.sub(r"(?<=[^\s({[=<>≠,⟨-])-(?=\S)", " - ", text)
    return re.sub(r" +", " ", text).strip()


def sentence(text: str) -> str:
    """A sentence with its mathematics, as in d^{is} or int f Omega, in Unicode."""
    return "".join(unicode_math(piece.latex) if isinstance(piece, Formula) else piece for piece in pieces(text))


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
    if token in ("^", "_"):
        return _script(token, _argument(tokens))
    if not token.startswith("\\"):
        return " " if token.isspace() else "′" if token == "'" else token
    name = token[1:]
    if name in ("frac", "tfrac", "dfrac"):
        return _fraction(_argument(tokens), _argument(tokens))
    if name == "sqrt":
        return "√" + _grouped(_argument(tokens))
    if name in _ACCENTS:
        return _argument(tokens) + str(replace(token + "{ }")).strip(" ")
    if name in _LETTERS:
        return "".join(_one(f"\\{_LETTERS[name]}{{{letter}}}") or letter for letter in _argument(tokens))
    if name in _PLAIN:
        return _argument(tokens)
    return _OURS[name] if name in _OURS else str(replace(token)).removeprefix("\\")


def _one(latex: str) -> str:
    """The character that stands for this piece of LaTeX; nothing where there is none."""
    text = str(replace(latex))
    return text if len(text) == 1 else ""


def _script(kind: str, text: str) -> str:
    """Unicode superscripts and subscripts where all characters have one, braces otherwise."""
    text = re.sub(r" ?([≠=<>]) ?", r"\1", text)
    raised = [_one(f"{kind}{{{character}}}") or _OURS.get(kind + character, "") for character in text]
    if all(raised):
        return "".join(raised)
    return f"{kind}{text}" if len(text) == 1 else f"{kind}{{{text}}}"


def _fraction(numerator: str, denominator: str) -> str:
    if (numerator, denominator) in _FRACTIONS:
        return _FRACTIONS[numerator, denominator]
    return f"{_grouped(numerator)}/{_grouped(denominator)}"


def _grouped(text: str) -> str:
    """In brackets unless it is a single symbol, with or without scripts."""
    outside = re.sub(r"\{[^{}]*\}", "", text)
    return text if not re.search(r"[ +\-/·⋅]", outside) else f"({text})"
