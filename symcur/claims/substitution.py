"""Letters of a word replaced: what is left of it without torque, for a conserved s, or when the field of s changes.

The proof engine knows no conditional rules; these replacements are how the condition [s, H] = 0 enters a claim.
"""

from __future__ import annotations

from collections.abc import Callable

from symcur import words
from symcur.words import ONE, ZERO, P, Trace, Word, derivative, s, tau

FIELD = "h"


def substitute(word: Word, rule: Callable[[Word], Word | None]) -> Word:
    """The word with every letter for which rule(letter) is not None replaced by it; abbreviations that change dissolve."""
    replacement = rule(word)
    if replacement is not None:
        return replacement
    match word:
        case words.Sum(terms):
            return words.total(*(substitute(term, rule) for term in terms))
        case words.Product(factors):
            return words.product(*(substitute(factor, rule) for factor in factors))
        case words.Trace(operand) | words.Re(operand) | words.Im(operand):
            inner = substitute(operand, rule)
            return ZERO if inner == ZERO else type(word)(inner)
        case words.Derivative(axis, operand):
            inner = substitute(operand, rule)
            return ZERO if isinstance(inner, words.Number) else words.Derivative(axis, inner)
        case words.Named(_, definition):
            inner = substitute(definition, rule)
            return word if inner == definition else inner
    return word


def without_torque(word: Word) -> Word:
    """The word with tau = 0: the zero word if and only if every term, as written, contains the torque."""
    return substitute(word, lambda letter: ZERO if letter == tau else None)


def conserved(word: Word) -> Word:
    """The word with s = 1.

    Where [s, H(k)] = 0 for all k, H and its derivatives are block diagonal in the eigenspaces of s, and so are P and S of
    a band. In the traces of a band s is then the number s_n, and a word linear in s is s_n times this.
    """
    return substitute(word, lambda letter: ONE if letter == s else None)


def by_field(word: Word, conserved: bool = False) -> Word:
    """d/dh of a word at H -> H - h s, occupation functions aside: of its letters e_n, P, S and v (nondegenerate bands).

    ``conserved``: with s = 1, as in the block of a band where [s, H] = 0.
    """
    charge = ONE if conserved else s
    value = ONE if conserved else Trace(P * s)

    def letter(word: Word) -> Word | None:
        match word:
            case words.Operator("H", axes) if FIELD in axes:
                return -charge if len(axes) == 1 else ZERO
            case words.BandEnergy("n", axes) if FIELD in axes:
                change = -value
                for axis in axes:
                    change = change if axis == FIELD else ZERO if conserved else words.Derivative(axis, change)
                return change
        return None

    occupations: tuple[Word, ...] = (words.Occupation("f"), words.Occupation("g"))
    parts = words.by_occupation(word)
    frozen = {kind: substitute(derivative(part, FIELD), letter) for kind, part in parts.items()}
    if not set(frozen) <= {ONE, *occupations}:
        raise ValueError("by_field: a word with f and g themselves is valid, without their derivatives")
    return words.total(*(words.product(kind, part) for kind, part in frozen.items()))
