"""Coefficients of normal forms that are rational functions of the band energies, in a form of their own.

Terms of a normal form carry powers of gaps e_a - e_b and of energies. For each choice of everything else their sum is
N / (product of powers of gaps), with a polynomial N of the energies. It is brought to a common denominator, and gaps that divide N are
cancelled. As the gaps are different linear polynomials, which are prime, what remains is unique: two sums are the same
rational function exactly when their terms are then the same, and a sum vanishes exactly when it has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx
from sympy import QQ, QQ_I

from symcur.expressions.bounds import require_powers

Atoms = tuple[tuple[tuple[Any, ...], int], ...]
Key = tuple[Atoms, Any]


def reduced(terms: dict[Key, Any]) -> Iterator[tuple[Key, Any]]:
    """The terms {(atoms, string): coefficient} with equal rational functions of energies written in the same way."""
    if not any(letter[0] == "gap" for atoms, _ in terms for letter, _ in atoms):
        yield from terms.items()
        return
    groups: dict[Key, list[tuple[Atoms, Any]]] = defaultdict(list)
    for (atoms, string), value in terms.items():
        energetic = tuple(pair for pair in atoms if _is_energetic(pair[0]))
        rest = tuple(pair for pair in atoms if not _is_energetic(pair[0]))
        groups[rest, string].append((energetic, value))
    for (rest, string), summands in groups.items():
        if any(letter[0] == "gap" for energetic, _ in summands for letter, _ in energetic):
            summands = _canonical(summands)
        for energetic, value in summands:
            yield (tuple(sorted((*rest, *energetic), key=repr)), string), value


def _is_energetic(letter: tuple[Any, ...]) -> bool:
    return letter[0] == "gap" or (letter[0] == "e" and not letter[2])


def _canonical(summands: list[tuple[Atoms, Any]]) -> list[tuple[Atoms, Any]]:
    """A sum of coefficients times powers of energies and gaps as a reduced fraction, term by term of its numerator."""
    letters = {letter for energetic, _ in summands for letter, _ in energetic}
    labels = sorted({label for kind, *rest in letters for label in (rest if kind == "gap" else rest[:1])})
    context = fmpq_mpoly_ctx.get(["i", *(f"x{j}" for j in range(len(labels)))], Ordering.lex)
    imaginary, *generators = context.gens()
    energy = dict(zip(labels, generators, strict=True))
    gaps = {letter: energy[letter[1]] - energy[letter[2]] for letter in sorted(letters) if letter[0] == "gap"}
    lowest = {gap: min(0, *(dict(energetic).get(gap, 0) for energetic, _ in summands)) for gap in gaps}
    require_powers([[dict(e).get(gap, 0) - lowest[gap] for gap in gaps] for e, _ in summands], len(labels))
    numerator = context.constant(0)
    for energetic, value in summands:
        powers = dict(energetic)
        term = context.constant(_fmpq(value.x)) + _fmpq(value.y) * imaginary
        for gap, polynomial in gaps.items():
            term *= polynomial ** (powers.get(gap, 0) - lowest[gap])
        for label in labels:
            term *= energy[label] ** powers.get(("e", label, ()), 0)
        numerator += term
    if numerator == 0:
        return []
    for gap, polynomial in gaps.items():
        while lowest[gap]:
            quotient, remainder = divmod(numerator, polynomial)
            if remainder != 0:
                break
            numerator, lowest[gap] = quotient, lowest[gap] + 1
    denominator = tuple((gap, power) for gap, power in lowest.items() if power)
    result = []
    for (i, *exponents), coefficient in numerator.terms():
        energies = tuple((("e", label, ()), int(p)) for label, p in zip(labels, exponents, strict=True) if p)
        real = QQ(int(coefficient.p), int(coefficient.q))
        result.append(((*energies, *denominator), QQ_I(QQ(0), real) if i else QQ_I(real, QQ(0))))
    return result


def _fmpq(value: Any) -> Any:
    return fmpq(int(value.numerator), int(value.denominator))
