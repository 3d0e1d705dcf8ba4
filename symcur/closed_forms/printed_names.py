"""What symbols are called in LaTeX, so that no two print alike.

Parameters, momenta and undefined functions keep the names that they were given. The symbols of a form itself take a free one: where
the user has E, the energy is a calligraphic E, where there is an h_x, the components of H are tilde h_x, tilde h_y, ... all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

import sympy as sp

_ACCENTS = (r"\tilde", r"\hat", r"\bar", r"\check", r"\breve")
_PLAIN = re.compile(r"[^\W\d_]\w*")  # a name that SymPy sets with its subscripts
_SETS_ITSELF = re.compile(r"[\\{}]")  # LaTeX already
_ESCAPED = {
    **{letter: "\\" + letter for letter in "_#$%&{}"},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}
_BASE = re.compile(r"(?:\\mathrm\{\w+\}\\,\s*\(?)?(\\[A-Za-z]+|[A-Za-z]+)")
MATRIX_LETTERS = ("H", "H'", "P", "S", "s", "q", "z", "g", "h_0", r"\tau", r"\Psi", "J", "F", "v", "w", "i")
"""Of formulas in matrices, with a_j, c_j and z_a besides."""


def bare(text: str) -> str:
    """What a reader tells symbols by: braces, spaces and empty indices are not seen, nor is one epsilon known from the other."""
    text = re.sub(r"\s|\\,|\\mathrm", "", text)
    while (shorter := re.sub(r"[_^]\{\}", "", text)) != text:
        text = shorter
    return re.sub(r"[{}]", "", text).replace(r"\varepsilon", r"\epsilon")


def given_names(symbols: Iterable[sp.Symbol], reserved: Iterable[str]) -> dict[sp.Symbol, str]:
    """Those of the user as they are typed; in typewriter type where they print like what is ``reserved`` or an earlier one."""
    taken = {bare(text) for text in reserved}
    names: dict[sp.Symbol, str] = {}
    for symbol in dict.fromkeys(symbols):
        name = symbol.name.removesuffix("()")  # of a function
        text = _typeset(name)
        if _seen_as(text) in taken:
            text = verbatim(name if verbatim(name) not in names.values() else symbol.name)
        taken.add(_seen_as(text))
        names[symbol] = text
    return names


def _seen_as(text: str) -> str:
    """``bare``, but both shapes of epsilon may be parameters."""
    return bare(text.replace(r"\varepsilon", r"\var epsilon "))


def _typeset(name: str) -> str:
    if _SETS_ITSELF.search(name) and name.isprintable():
        return name
    if not _PLAIN.fullmatch(name) or re.search(r"__\d", name):  # an index that reads as a power
        return verbatim(name)
    text = str(sp.latex(sp.Symbol(name)))
    letters = re.match(r"[A-Za-z]{2,}", text)  # hx is not h times x
    return text if letters is None else rf"\mathrm{{{letters[0]}}}{text[letters.end() :]}"


def verbatim(name: str) -> str:
    """The name letter by letter."""
    return rf"\texttt{{{''.join(_ESCAPED.get(x, x if x.isprintable() else ' ') for x in name)}}}"


def own_names(wanted: Mapping[sp.Symbol, str], given: Iterable[str]) -> dict[sp.Symbol, str]:
    """Names of the symbols of a form: as ``wanted``, or with another letter for all that share it where one is taken."""
    taken = {bare(text) for text in given}
    families: dict[str, dict[sp.Symbol, str]] = {}
    for symbol, text in wanted.items():
        if bare(text) in map(bare, [other for before, other in wanted.items() if before != symbol]):
            text = verbatim(symbol.name)
        found = _BASE.match(text)
        families.setdefault(found[1] if found else text, {})[symbol] = text
    names: dict[sp.Symbol, str] = {}
    for letter, members in families.items():
        for other in _letters(letter):
            texts = {symbol: text.replace(letter, other, 1) for symbol, text in members.items()}
            seen = [mark for text in texts.values() for mark in _marks(text)]
            if taken.isdisjoint(seen):
                names |= texts
                taken.update(seen)
                break
    return {symbol: names[symbol] for symbol in wanted}


def _marks(text: str) -> set[str]:
    """What a symbol may be taken for: also h for h^2, and P_1 for the real part of P_1."""
    part = re.sub(r"^\\mathrm\{(?:Re|Im)\}\\,\s*", "", text)
    return {bare(text), bare(part), bare(re.sub(r"\^\{?2\}?$", "", part))}


def _letters(letter: str) -> Iterator[str]:
    """The letter and what stands for it, best first."""
    yield letter
    if len(letter) == 1 and letter.isupper():
        yield rf"\mathcal{{{letter}}}"
    yield from (rf"{accent}{{{letter}}}" for accent in _ACCENTS)
    yield from (rf"{accent}{{{letter}}}^{{({n})}}" for n in count(1) for accent in _ACCENTS)
