"""Coefficients of normal forms that are rational functions of the band energies, in a form of their own.

Terms of a normal form carry powers of gaps e_a - e_b and of energies. For each choice of everything else their sum is
N / (product of powers of gaps), with a polynomial N of the energies. It is brought to a common denominator, and gaps that divide N are
cancelled. As the gaps are different linear polynomials, which are prime, what remains is unique: two sums are the same
rational function exactly when their terms are then the same, and a sum vanishes exactly when it has none.

For linear relations between several normal forms the sums of all of them are brought to one denominator, which is dropped:
what is left are polynomials, whose monomials are linearly independent (``cleared``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx
from sympy import QQ, QQ_I

Atoms = tuple[tuple[tuple[Any, ...], int], ...]
Key = tuple[Atoms, Any]
Summands = list[tuple[Atoms, Any]]  # coefficients times powers of energies and gaps


def reduced(terms: dict[Key, Any]) -> Iterator[tuple[Key, Any]]:
    """The terms {(atoms, string): coefficient} with equal rational functions of energies written in the same way."""
    if not any(letter[0] == "gap" for atoms, _ in terms for letter, _ in atoms):
        yield from terms.items()
        return
    for (rest, string), summands in _groups(terms).items():
        if _letters(summands, "gap"):
            summands = _canonical(summands)
        yield from _joined(rest, string, summands)


def cleared(forms: Sequence[Mapping[Key, Any]]) -> list[dict[Key, Any]]:
    """The terms of several normal forms, each group of them times one product of gaps, so that no gap is left.

    Linear relations with constant coefficients stay the same, and now they are those between the coefficients of the keys.
    """
    result: list[dict[Key, Any]] = [{} for _ in forms]
    grouped = [_groups(terms) for terms in forms]
    for rest, string in dict.fromkeys(key for groups in grouped for key in groups):
        parts = [groups.get((rest, string), []) for groups in grouped]
        everything = [pair for summands in parts for pair in summands]
        if _letters(everything, "gap"):
            polynomials = _Polynomials(everything)
            lowest = polynomials.lowest(everything)
            parts = [polynomials.summands(polynomials.numerator(summands, lowest)) for summands in parts]
        for terms, summands in zip(result, parts, strict=True):
            terms.update(_joined(rest, string, summands))
    return result


def _groups(terms: Mapping[Key, Any]) -> dict[Key, Summands]:
    """What stands with the same atoms and string, energies and gaps aside."""
    groups: dict[Key, Summands] = defaultdict(list)
    for (atoms, string), value in terms.items():
        energetic = tuple(pair for pair in atoms if _is_energetic(pair[0]))
        rest = tuple(pair for pair in atoms if not _is_energetic(pair[0]))
        groups[rest, string].append((energetic, value))
    return groups


def _joined(rest: Atoms, string: Any, summands: Summands) -> Iterator[tuple[Key, Any]]:
    for energetic, value in summands:
        yield (tuple(sorted((*rest, *energetic), key=repr)), string), value


def _is_energetic(letter: tuple[Any, ...]) -> bool:
    return letter[0] == "gap" or (letter[0] == "e" and not letter[2])


def _letters(summands: Iterable[tuple[Atoms, Any]], kind: str) -> set[tuple[Any, ...]]:
    return {letter for energetic, _ in summands for letter, _ in energetic if letter[0] == kind}


class _Polynomials:
    """Polynomials of the energies that occur in summands, and the gaps among them."""

    def __init__(self, summands: Summands) -> None:
        gaps = _letters(summands, "gap")
        self.labels = sorted({a for _, *pair in gaps for a in pair} | {a for _, a, _ in _letters(summands, "e")})
        self.context = fmpq_mpoly_ctx.get(["i", *(f"x{j}" for j in range(len(self.labels)))], Ordering.lex)
        self.imaginary, *generators = self.context.gens()
        self.energy = dict(zip(self.labels, generators, strict=True))
        self.gaps = {gap: self.energy[gap[1]] - self.energy[gap[2]] for gap in sorted(gaps)}

    def lowest(self, summands: Summands) -> dict[tuple[Any, ...], int]:
        """The lowest power of every gap; those of the common denominator."""
        return {gap: min(0, *(dict(energetic).get(gap, 0) for energetic, _ in summands)) for gap in self.gaps}

    def numerator(self, summands: Summands, lowest: Mapping[tuple[Any, ...], int]) -> Any:
        """The sum over the product of gaps to the lowest powers."""
        numerator = self.context.constant(0)
        for energetic, value in summands:
            powers = dict(energetic)
            term = self.context.constant(_fmpq(value.x)) + _fmpq(value.y) * self.imaginary
            for gap, polynomial in self.gaps.items():
                term *= polynomial ** (powers.get(gap, 0) - lowest[gap])
            for label in self.labels:
                term *= self.energy[label] ** powers.get(("e", label, ()), 0)
            numerator += term
        return numerator

    def summands(self, numerator: Any, denominator: Atoms = ()) -> Summands:
        """A polynomial over powers of gaps, term by term; i, which occurs at most once in one, stands in the coefficients."""
        result: dict[Atoms, Any] = defaultdict(lambda: QQ_I(0))
        for (i, *exponents), coefficient in numerator.terms():
            energies = tuple((("e", label, ()), int(p)) for label, p in zip(self.labels, exponents, strict=True) if p)
            real = QQ(int(coefficient.p), int(coefficient.q))
            result[*energies, *denominator] += QQ_I(QQ(0), real) if i else QQ_I(real, QQ(0))
        return list(result.items())


def _canonical(summands: Summands) -> Summands:
    """A sum of coefficients times powers of energies and gaps as a reduced fraction, term by term of its numerator."""
    polynomials = _Polynomials(summands)
    lowest = polynomials.lowest(summands)
    numerator = polynomials.numerator(summands, lowest)
    if numerator == 0:
        return []
    for gap, polynomial in polynomials.gaps.items():
        while lowest[gap]:
            quotient, remainder = divmod(numerator, polynomial)
            if remainder != 0:
                break
            numerator, lowest[gap] = quotient, lowest[gap] + 1
    return polynomials.summands(numerator, tuple((gap, power) for gap, power in lowest.items() if power))


def _fmpq(value: Any) -> Any:
    return fmpq(int(value.numerator), int(value.denominator))
