"""What symbols are called in LaTeX, so that no two print alike.

Parameters, momenta and undefined functions keep the names that they were given. The symbols of a form itself take a free one: where
the user has E, the energy is a calligraphic E, where there is an h_x, the components of H are tilde h_x, tilde h_y, ... all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_LETTERS = ("H", "P", "S", "s", "q", "z", "g", r"\tau", r"\Psi", "J", "F", "v", "w", "a", "c", "h")
"""Of formulas in matrices."""
_SYMBOL = re.compile(r"(\\[A-Za-z]+|[A-Za-z])('?)((?:[_^](?:\{[^{}]*\}|\w))*)")
_POWER = re.compile(r"\^(?:\{\d+\}|\d)")
_IN_WORDS = re.compile(r"(\\(?:text|mathrm|texttt|mathcal)\{[^{}]*\})")


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


def printed(symbol: sp.Symbol) -> str:
    """One symbol of the user, by itself."""
    return given_names([symbol], [])[symbol]


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


def making_room(lines: Sequence[str], given: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Lines of a formula in matrices with other letters for those of which a symbol prints like one ``given``, and which these are."""
    taken = {bare(text) for text in given}
    symbols: dict[str, set[str]] = {}
    for line in lines:
        for part in _IN_WORDS.split(line)[::2]:
            for letter, prime, scripts in _SYMBOL.findall(part):
                symbols.setdefault(letter, set()).add(bare(prime + _POWER.sub("", scripts)))
    changed: dict[str, str] = {}
    for letter in filter(symbols.__contains__, _LETTERS):
        free = (x for x in _letters(letter) if taken.isdisjoint(bare(x) + rest for rest in symbols[letter]))
        other = next(free)
        if other != letter:
            changed[letter] = other

    def renamed(part: str) -> str:
        return _SYMBOL.sub(lambda found: changed.get(found[1], found[1]) + found[2] + found[3], part)

    parts = [_IN_WORDS.split(line) for line in lines]
    return ["".join(part if j % 2 else renamed(part) for j, part in enumerate(row)) for row in parts], changed


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
