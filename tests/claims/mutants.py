"""Systematic mutations of a formula: one sign, index, factor, power, term or operator order changed at a time."""

from __future__ import annotations

from collections.abc import Iterator

from symcur import words
from symcur.words import Word

OTHER = {"i": "l", "l": "i"}


def mutants(word: Word) -> Iterator[tuple[str, Word]]:
    """All (description, mutant) with exactly one change anywhere in the word, abbreviations written out."""
    yield from _here(word)
    match word:
        case words.Sum(terms):
            for j, term in enumerate(terms):
                yield "sign", words.total(*terms[:j], -term, *terms[j + 1 :])
                yield "dropped term", words.total(*terms[:j], *terms[j + 1 :])
                yield "factor 2", words.total(*terms[:j], 2 * term, *terms[j + 1 :])
                for what, changed in mutants(term):
                    yield what, words.total(*terms[:j], changed, *terms[j + 1 :])
        case words.Product(factors):
            for j, factor in enumerate(factors):
                for what, changed in mutants(factor):
                    yield what, words.product(*factors[:j], changed, *factors[j + 1 :])
        case words.Trace(operand) | words.Re(operand) | words.Im(operand):
            for what, changed in mutants(operand):
                yield what, type(word)(changed)
        case words.Derivative(axis, operand):
            for what, changed in mutants(operand):
                yield what, words.Derivative(axis, changed)
        case words.Named(_, definition):
            yield from mutants(definition)


def _here(word: Word) -> Iterator[tuple[str, Word]]:
    match word:
        case words.Operator("H", axes):
            for j, axis in enumerate(axes):
                if axis in OTHER:
                    yield "index", words.Operator("H", words._ordered((*axes[:j], OTHER[axis], *axes[j + 1 :])))
        case words.BandEnergy(band, (axis,)) if axis in OTHER:
            yield "index", words.BandEnergy(band, (OTHER[axis],))
        case words.Derivative(axis, operand) if axis in OTHER:
            yield "index", words.Derivative(OTHER[axis], operand)
            yield "dropped derivative", operand
        case words.Resolvent(band, power):
            yield "S^2 for S", words.Resolvent(band, power + 1)
            if power > 1:
                yield "S for S^2", words.Resolvent(band, power - 1)
            yield "Q for S", 1 - words.Projector(band)
        case words.Trace(operand):
            yield "adjoint", words.Trace(words.adjoint(operand))
        case words.Re(operand):
            yield "Im for Re", words.Im(operand)
        case words.Im(operand):
            yield "Re for Im", words.Re(operand)
        case words.Occupation("f", band, 0):
            yield "g for f", words.Occupation("g", band)
        case words.Occupation("g", band, 0):
            yield "f for g", words.Occupation("f", band)
        case words.Gap(m, n, power):
            yield "gap power", words.Gap(m, n, power - 1)
            yield "gap sign", words.Gap(n, m, power)
