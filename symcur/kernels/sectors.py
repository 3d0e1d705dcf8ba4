"""Products of one operator with a diagonal s: the elements between the sectors of s, each with its own weight.

Orbitals with the same value of a diagonal s form a sector. In J_i = (v_i s + s v_i)/2 the elements of v_i between the
sectors g and h carry (s_g + s_h)/2; so v_i and J_i, and whatever else is linear in v_i, share one set of elements.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from symcur import words
from symcur.words import Word

Weights = dict[Word | None, np.ndarray[Any, Any]]
"""{operator X: c[g, h]} for sum_gh c_gh X_gh; under None the diagonal d[g] of what contains no operator but s."""


def sector_weights(word: Word, s: np.ndarray[Any, Any], number: Callable[[Any], Any]) -> Weights | None:
    """The word in terms of derivatives of H between sectors; s are its values there, ``number`` makes scalars.

    None where the word contains H itself, band letters or a product of two derivatives.
    """
    match word:
        case words.Operator("s"):
            return {None: s}
        case words.Operator("H", axes) if axes:
            return {word: np.full((len(s), len(s)), number(1))}
        case words.Number(value):
            return {None: np.full(len(s), number(value))}
        case words.Named(_, definition):
            return sector_weights(definition, s, number)
        case words.Sum(terms):
            parts = [sector_weights(term, s, number) for term in terms]
            return reduce(_sum, parts)
        case words.Product(factors):
            parts = [sector_weights(factor, s, number) for factor in factors]
            return reduce(_product, parts)
    return None


def _sum(a: Weights | None, b: Weights | None) -> Weights | None:
    if a is None or b is None:
        return None
    return {key: a[key] + b[key] if key in a and key in b else {**a, **b}[key] for key in {**a, **b}}


def _product(a: Weights | None, b: Weights | None) -> Weights | None:
    if a is None or b is None:
        return None
    result: Weights | None = {}
    for x, left in a.items():
        for y, right in b.items():
            if x is not None and y is not None:
                return None
            weight = left * right if x is None and y is None else left[:, None] * right if x is None else left * right
            result = _sum(result, {x or y: weight})
    return result
