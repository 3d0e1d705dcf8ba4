"""A proved equality once more, on numbers: closed form of one side against eigenstates of the other.

The two routes share nothing but the expression: the closed form comes from H(k) by algebra, without eigenvectors; the
eigenstates come from LAPACK. Free axes are given all the values that a model's dimension allows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache, lru_cache

import numpy as np

from symcur import expressions as ex
from symcur.arrays import AnyArray
from symcur.band_structures import Model
from symcur.claims.prover import Equality
from symcur.closed_forms import Algebraic
from symcur.eigenstates import Eigenstates
from symcur.expressions import Axis, Expression

_POINTS = 3


def readable(equality: Equality) -> bool:
    """Whether both sides are scalars of one band of a model: made of H, s and band n, along the axes i and l."""
    for letter in ex.letters(equality.difference):
        match letter:
            case ex.Operator(name, axes):
                if name not in ("H", "s") or not set(axes) <= {"i", "l"}:
                    return False
            case ex.Projector(band) | ex.Resolvent(band, _) if band != "n":
                return False
            case ex.Gap():
                return False
    return _is_scalar(equality.lhs)


def _is_scalar(expression: Expression) -> bool:
    """Whether the expression is a number of one band, and no operator."""
    return ex.fold(expression, {ex.Trace: lambda *_: True}, lambda node, *parts: all(parts) and not _is_operator(node))


def _is_operator(node: Expression) -> bool:
    return isinstance(node, ex.Operator | ex.Projector | ex.Resolvent | ex.Gap)


@lru_cache(maxsize=4096)
def residual(equality: Equality, model: Model) -> float:
    """The largest |lhs - rhs| over components and random k, relative to the largest value that occurs."""
    left, right = numbers(equality, model.dimension)
    at = _states(model).afresh()
    values = np.moveaxis(_closed(model)(left), -1, 0)
    expected = np.array(
        [np.broadcast_to((at.scalar(expression) / at.rank).real, at.energies.shape) for expression in right]
    )
    return relative(values, expected, _rounding_scale(model))


@lru_cache(maxsize=1024)
def numbers(equality: Equality, dimension: int) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    """Both sides without free axes and occupations: a pair of numbers of one band for each choice of axes and each occupation."""
    left: list[Expression] = []
    right: list[Expression] = []
    for choice in _choices(equality, dimension):
        closed, states = (ex.by_occupation(ex.with_axes(side, choice)) for side in equality.sides)
        for occupation in dict.fromkeys([*closed, *states]):
            left.append(closed.get(occupation, ex.ZERO))
            right.append(states.get(occupation, ex.ZERO))
    return tuple(left), tuple(right)


def relative(values: AnyArray, expected: AnyArray, smallest: float) -> float:
    """The largest difference, each number (first axis) relative to its largest value, or to ``smallest``."""
    axes = tuple(range(1, values.ndim))
    scale = np.maximum(np.abs(expected).max(axis=axes), np.abs(values).max(axis=axes))
    difference = np.abs(values - expected).max(axis=axes)
    return float((difference / np.maximum(scale, smallest)).max())


def _choices(equality: Equality, dimension: int) -> Iterator[dict[Axis, Axis]]:
    free = ex.axes_of(equality.difference)
    for axes in itertools.product(range(dimension), repeat=len(free)):
        yield dict(zip(free, axes, strict=True))


@cache
def _closed(model: Model) -> Algebraic:
    return Algebraic(model, _states(model).k)


@cache
def _states(model: Model) -> Eigenstates:
    generator = np.random.default_rng(20211227)
    return Eigenstates(model, generator.uniform(0.3, 1.1, size=(_POINTS, model.dimension)))


@cache
def _rounding_scale(model: Model) -> float:
    """The scale of numbers that vanish identically: a thousandth of |s| times the spread of the energies."""
    at = _states(model)
    return 1e-3 * float(np.abs(at.operator(ex.s)).max() * np.ptp(at.energies)) or 1e-3
