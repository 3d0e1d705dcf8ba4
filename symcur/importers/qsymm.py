"""Hamiltonians of qsymm, symbolic in the momenta and the parameters: a ``Model``, a ``BlochModel``, or a family of them.

A family, a list, stands for the sum of its members with coefficients c0, c1, ..., as in ``qsymm.hamiltonian_from_family``. Phases hold
the positions of the orbitals. Euler's number is a symbol e there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp

from symcur.importers.exact_numbers import exact_number
from symcur.importers.formulas import Formula


def recognised(source: Any) -> bool:
    """Whether it is a model or a family."""
    return _is_model(source) or (isinstance(source, Sequence) and bool(source) and all(map(_is_model, source)))


def _is_model(source: Any) -> bool:
    return all(hasattr(source, name) for name in ("momenta", "items", "tosympy", "shape"))


def read(source: Any) -> Formula:
    """The matrix, and the momenta in their order; those that H does not hold at the end of the list are left out later."""
    members = [source] if _is_model(source) else list(source)
    momenta, shape = members[0].momenta, members[0].shape
    if any(tuple(member.momenta) != tuple(momenta) or member.shape != shape for member in members):
        raise ValueError("source: expected members of a family with the same momenta and shape, got others")
    coefficients = [sp.S.One] if _is_model(source) else sp.symbols(f"c0:{len(members)}", real=True)
    k = tuple(sp.Symbol(str(momentum), real=True) for momentum in momenta)
    H = sp.zeros(*(shape or (1, 1)))
    for c, member in zip(coefficients, members, strict=True):
        for key, value in member.items():
            H += c * _coefficient(key, k) * _matrix(value)
    return Formula("qsymm", _with_waves(H), k, waves=True)


def _coefficient(key: Any, k: tuple[sp.Symbol, ...]) -> sp.Expr:
    if isinstance(key, tuple):  # of a BlochModel
        hop, coefficient = key
        return _real_symbols(coefficient) * sp.exp(
            sp.I * sp.Add(*(exact_number(x) * q for x, q in zip(hop, k, strict=True)))
        )
    return _real_symbols(key)


def _real_symbols(expression: Any) -> sp.Expr:
    """With real symbols of the same names, and numbers in the place of e and of floats."""
    expression = sp.sympify(expression)
    known = {x: sp.E if x.name == "e" else sp.Symbol(x.name, real=True) for x in expression.free_symbols}
    return expression.xreplace({x: exact_number(x) for x in expression.atoms(sp.Float)} | known)


def _matrix(value: Any) -> sp.Matrix:
    dense = np.atleast_2d(value.toarray() if hasattr(value, "toarray") else value)
    if dense.dtype == object:
        raise ValueError(f"source: expected matrices of numbers in the model of qsymm, got {type(value).__name__}")
    return sp.Matrix(*dense.shape, [exact_number(x) for x in dense.ravel()])


def _with_waves(H: sp.Matrix) -> sp.Matrix:
    """Exponentials as sines and cosines, and like terms together."""
    return H.applyfunc(lambda entry: sp.expand(sp.expand(entry).rewrite(sp.cos)))
