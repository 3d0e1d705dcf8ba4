"""The commuting part of a normal form: letters of a term that are numbers, with their powers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from sympy import QQ_I

Letter = tuple[Any, ...]
String = tuple[Letter, ...]
Atoms = tuple[tuple[Letter, int], ...]  # commuting scalars with their powers
Key = tuple[Atoms, String]
ONE, MINUS = QQ_I(1), QQ_I(-1)
Reduced = tuple[Any, Atoms, String]  # coefficient, atoms, reduced string


def after(coefficient: Any, atoms: Atoms, terms: Iterable[Reduced]) -> Iterator[Reduced]:
    """A sum times a coefficient and atoms."""
    for factor, more, string in terms:
        yield times(coefficient, factor), merge(atoms, more), string


def times(a: Any, b: Any) -> Any:
    return b if a is ONE else a if b is ONE else a * b


def circle(closed: String, multiplet: bool) -> Atoms:
    """The circle P ... P as an atom: a cyclic word of blocks, or the rank of P when nothing is left between."""
    if not multiplet:
        return ()  # everything has been cut into numbers; one |a><a| is left
    if len(closed) == 1:
        return ((("rank", closed[0][1]), 1),)
    places = [j for j, entry in enumerate(closed[:-1]) if entry[0] == "K"]
    return ((("Tr", min((closed[j:-1] + closed[:j] for j in places), key=place)), 1),)


def times_gap(
    a: str, b: str, power: int, terms: Iterable[Reduced] = ((ONE, (), ()),), factor: Any = ONE
) -> Iterator[Reduced]:
    """factor (e_a - e_b)^power times a sum of terms; the gap is an atom with a fixed order of the labels."""
    sign = MINUS if a > b and power % 2 else ONE
    gap = (("gap", *sorted((a, b))), power)
    for coefficient, atoms, string in terms:
        yield times(times(sign, factor), coefficient), merge((gap,) if power else (), atoms), string


def merge(*groups: Atoms) -> Atoms:
    filled = [group for group in groups if group]
    if len(filled) < 2:
        return filled[0] if filled else ()
    powers: dict[Letter, int] = {}
    for group in filled:
        for atom, power in group:
            powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(((atom, power) for atom, power in powers.items() if power), key=place))


@lru_cache(maxsize=2**16)
def place(entry: Any) -> str:
    """The key by which atoms, and the letters of circles, are ordered."""
    return repr(entry)
