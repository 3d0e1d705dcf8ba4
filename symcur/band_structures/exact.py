"""Numbers, formulas and matrices of the user as exact SymPy expressions. Text is refused: SymPy would run it as Python code.

What may come in is listed, not what may not: SymPy also runs text inside sets, deques and structured arrays, and prints
some of its own objects (units, pieces of generated code) into the functions that it makes.
"""

from __future__ import annotations

from functools import lru_cache
from numbers import Number
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike
from sympy.core.function import AppliedUndef
from sympy.core.symbol import Str

from symcur.arrays import AnyArray

_HOMES = ("sympy.core.", "sympy.functions.", "sympy.logic.", "sympy.concrete.")  # of what a formula may consist of


def is_formula(value: Any) -> bool:
    """Whether this is a number (no truth value) or a SymPy expression made of numbers, symbols and functions."""
    if not isinstance(value, sp.Expr):
        return isinstance(value, Number) and not isinstance(value, (bool, np.bool_))
    return all(
        isinstance(node, AppliedUndef)  # f(x), refused by name where it matters
        or (type(node).__module__.startswith(_HOMES) and not isinstance(node, (Str, sp.Lambda)))
        for node in sp.preorder_traversal(value)
    )


def exact(entry: Any) -> sp.Expr:
    """Floats become rationals (0.1 is 1/10), so that closed forms and proofs stay exact."""
    return entry.xreplace({number: _rational(number) for number in entry.atoms(sp.Float)})


def exact_formula(name: str, value: Any) -> sp.Expr:
    """A real number or a formula as an exact one; anything else raises TypeError."""
    if not is_formula(value) or isinstance(value, (complex, np.complexfloating)):
        raise TypeError(f"{name}: expected a number or a formula, got {value!r}")
    return exact(sp.sympify(value, strict=True))


def exact_matrix(label: str, matrix: Any, expected: str) -> sp.ImmutableDenseMatrix:
    """A SymPy matrix, an array or a nested list with exact entries; anything else raises TypeError."""
    try:
        if not isinstance(matrix, sp.ImmutableDenseMatrix):
            matrix = sp.ImmutableDenseMatrix(_nested(matrix))
        return _exact_entries(matrix)
    except _NoFormula as found:
        raise TypeError(f"{label}: expected {expected} of numbers and SymPy expressions, got {found}") from None
    except (TypeError, ValueError, NotImplementedError) as error:
        raise TypeError(f"{label}: expected {expected}, got {type(matrix).__name__}") from error


def square_matrix(label: str, matrix: Any, size: int | None = None) -> sp.ImmutableDenseMatrix:
    """A SymPy matrix, nested list, or (where the size is known) number as an exact N x N matrix."""
    if size is not None and isinstance(matrix, (int, float, np.number, sp.Expr)) and not hasattr(matrix, "rows"):
        matrix = (exact_formula(label, matrix + 0) * sp.eye(size)).tolist()
    result = exact_matrix(label, matrix, "a square SymPy matrix or nested list")
    if result.rows != result.cols or result.rows == 0:
        raise ValueError(f"{label}: expected a square matrix, got shape {result.shape}")
    if size is not None and result.rows != size:
        raise ValueError(f"{label}: expected shape ({size}, {size}), that of H, got {result.shape}")
    return result


def number_array(label: str, value: ArrayLike, kind: type = complex) -> AnyArray:
    """An array of numbers from anything that NumPy takes for one but text, which it would read; otherwise TypeError."""
    try:
        raw = np.asarray(value)
        if raw.dtype.kind not in "biufcO" or (raw.dtype.kind == "O" and not all(map(is_formula, raw.ravel()))):
            raise TypeError
        return np.array(raw, dtype=kind)
    except (TypeError, ValueError):
        raise TypeError(f"{label}: expected numbers, got {value!r}") from None


def lattice_place(label: str, R: Any, dimension: int) -> tuple[int, ...]:
    """R as so many integers, which count primitive vectors; a single one may stand for itself."""
    place = tuple(n.item() if isinstance(n, np.generic) else n for n in (R if isinstance(R, tuple) else (R,)))
    if len(place) != dimension or not all(type(n) is int for n in place):
        raise ValueError(f"{label}: expected {dimension} integers for each R, got {R!r}")
    return place


class _NoFormula(Exception):
    """What stands where a number or a formula should."""


def _nested(value: Any) -> Any:
    """A SymPy matrix, or nested lists of SymPy expressions and matrices; raises _NoFormula where anything else is inside."""
    if isinstance(value, sp.MatrixExpr):
        return value.as_explicit()
    if isinstance(value, sp.MatrixBase):
        return value
    if isinstance(value, sp.NDimArray):
        value = value.tolist()
    elif hasattr(value, "__array__") and not isinstance(value, (sp.Basic, Number)):
        value = np.asarray(value).tolist()
    if isinstance(value, (list, tuple, sp.Tuple)):
        return [_nested(part) for part in value]
    if is_formula(value):
        return sp.sympify(value, strict=True)
    raise _NoFormula("text" if isinstance(value, (str, bytes)) else type(value).__name__)


@lru_cache(maxsize=256)
def _exact_entries(matrix: sp.ImmutableDenseMatrix) -> sp.ImmutableDenseMatrix:
    """Kept, because new values of the parameters come with the same matrices."""
    for entry in matrix:
        if not is_formula(entry):
            raise _NoFormula(type(entry).__name__)
    return sp.ImmutableDenseMatrix(matrix.applyfunc(exact))


def _rational(number: sp.Float) -> sp.Rational:
    """The simplest rational that rounds to the number: 1/3 for 0.333..., else the decimal fraction it prints."""
    simple = sp.nsimplify(number, rational=True)
    return simple if float(simple) == float(number) else sp.Rational(repr(float(number)))
