"""Numbers in floating point as the square roots of small integers that they round."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

_RADICANDS = (1, 2, 3, 6)
_LARGEST = 96  # denominator
_SAME = 4 * np.finfo(float).eps  # relative


def exact_number(value: Any) -> sp.Expr:
    """A number as p/q, or p sqrt(d)/q with small d and q, where it is one to rounding; else as it stands."""
    z = complex(value)
    return _real(z.real) + sp.I * _real(z.imag)


def _real(x: float) -> sp.Expr:
    for d in _RADICANDS:
        ratio = Fraction(x / d**0.5).limit_denominator(_LARGEST)
        if abs(float(ratio) * d**0.5 - x) <= _SAME * abs(x):
            return sp.Rational(ratio.numerator, ratio.denominator) * sp.sqrt(d)
    return sp.Float(x, 17)
