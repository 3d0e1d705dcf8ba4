"""A proved equality once more, on numbers: closed form of one side against eigenstates of the other.

The two routes share nothing but the word: the closed form comes from H(k) by algebra, without eigenvectors; the
eigenstates come from LAPACK. Free axes are given all the values that a model's dimension allows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np

from symcur import words
from symcur.claims.engine import Equality
from symcur.eigenbasis import letters
from symcur.eigenstates import Eigenstates
from symcur.model import Model
from symcur.words import Axis, Word

_POINTS = 3


def readable(equality: Equality) -> bool:
    """Whether both sides are scalars of one band of a model: made of H, s and band n, along the axes i and l."""
    for letter in letters(equality.difference):
        match letter:
            case words.Operator(name, axes):
                if name not in ("H", "s") or not set(axes) <= {"i", "l"}:
                    return False
            case words.Projector(band) | words.Resolvent(band, _) if band != "n":
                return False
            case words.Gap():
                return False
    return _is_scalar(equality.lhs)


def _is_scalar(word: Word) -> bool:
    match word:
        case words.Trace() | words.Re() | words.Im() | words.Number() | words.Occupation() | words.BandEnergy():
            return True
        case words.Sum(parts) | words.Product(parts):
            return all(map(_is_scalar, parts))
        case words.Named(_, operand) | words.Derivative(_, operand):
            return _is_scalar(operand)
    return False


def residual(equality: Equality, model: Model) -> float:
    """The largest |lhs - rhs| over components and random k, relative to the largest value that occurs."""
    from symcur.closed_forms import algebraic

    derivatives = (words.Derivative(axis, word) for axis, word in equality.primitive)
    sides = (equality.lhs, words.total(equality.rhs, *derivatives))
    left: list[Word] = []
    right: list[Word] = []
    for choice in _choices(equality, model.dimension):
        closed, states = (words.by_occupation(words.at_axes(side, choice)) for side in sides)
        for occupation in dict.fromkeys([*closed, *states]):
            left.append(closed.get(occupation, words.ZERO))
            right.append(states.get(occupation, words.ZERO))
    at = _states(model)
    values = np.moveaxis(np.asarray(algebraic(model, left)(at.k)).real, -1, 0)
    expected = np.array([np.broadcast_to((at.scalar(word) / at.rank).real, at.energies.shape) for word in right])
    scale = np.maximum(np.abs(expected).max(axis=(1, 2)), np.abs(values).max(axis=(1, 2)))
    difference = np.abs(values - expected).max(axis=(1, 2))
    return float((difference / np.maximum(scale, _rounding_scale(model))).max())


def _choices(equality: Equality, dimension: int) -> Iterator[dict[Axis, Axis]]:
    free = sorted({axis for letter in letters(equality.difference) for axis in getattr(letter, "axes", ())})
    for axes in itertools.product(range(dimension), repeat=len(free)):
        yield dict(zip(free, axes, strict=True))


@cache
def _states(model: Model) -> Eigenstates:
    generator = np.random.default_rng(20211227)
    return Eigenstates(model, generator.uniform(0.3, 1.1, size=(_POINTS, model.dimension)))


@cache
def _rounding_scale(model: Model) -> float:
    """The scale of numbers that vanish identically: a thousandth of |s| times the spread of the energies."""
    at = _states(model)
    return 1e-3 * float(np.abs(at.operator(words.s)).max() * np.ptp(at.energies)) or 1e-3
