"""Numbers to any number of digits, through mpmath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symcur.band_structures.exact import exact_formula, is_formula
from symcur.band_structures.levels import multiplets

_GUARD = 20  # digits beyond those asked for, at first
_DOUBLINGS = 7
_SEPARATIONS = 2  # of them are tried where bands seem to touch


class Touching(ArithmeticError):
    """A band that the formula takes as separate cannot be told from another one; says at what relative distance."""


def agreed(values: Callable[[int], Sequence[Any]], digits: int) -> list[Any]:
    """values(working precision) with the precision doubled until two results agree to ``digits``.

    Where bands touch at a precision, or a divisor is 0, a higher one is tried. A component that shrinks with the
    precision is 0. Raises Touching or ArithmeticError where no precision suffices.
    """
    precision, before = digits + _GUARD, None
    for doubled in range(_DOUBLINGS + 1):
        try:
            after = values(precision)
        except (Touching, ZeroDivisionError) as found:
            if doubled >= _SEPARATIONS:
                raise found if isinstance(found, Touching) else Touching(closest(precision)) from None
            precision *= 2
            continue
        if before is not None:
            with mpmath.workdps(precision):
                settled = [_settled(a, b, digits, precision) for a, b in zip(before, after, strict=True)]
            if all(value is not None for value in settled):
                with mpmath.workdps(digits):
                    return [+value for value in settled]
        before = after
        precision *= 2
    raise ArithmeticError(
        f"digits: {digits} digits were not reached with {precision // 2} working digits; the bands are too close to a touching"
    )


def closest(precision: int) -> str:
    """The relative distance of energies below which a working precision does not tell them apart."""
    return f"1e-{3 * precision // 4}"


def _settled(before: Any, after: Any, digits: int, precision: int) -> Any:
    """The value where two precisions agree; 0 where it shrinks with the precision; else None."""
    if abs(after - before) <= mpmath.mpf(10) ** (-digits - 2) * abs(after):
        return after
    # Rounding may also have left nothing at half the precision, by chance.
    least = max(abs(before), mpmath.mpf(10) ** (-precision // 2))
    if abs(after) < mpmath.mpf(10) ** (-digits) and abs(after) <= least * mpmath.mpf(10) ** (-precision // 4):
        return after * 0
    return None


def band_energy(H: Sequence[Any], band: int, multiplicities: Sequence[int], metric: sp.Matrix | None = None) -> Any:
    """The energy of the multiplet that the band belongs to, from the entries of H; raises Touching where it meets another.

    For bosons the entries are those of g H, g the metric; ValueError where H is not positive.
    """
    energies = levels(H, sum(multiplicities), metric)
    distance = closest(mpmath.mp.dps)
    found = multiplets(energies, mpmath.mpf(distance) * max(map(abs, energies)))
    own = [multiplet for multiplet in found for _ in multiplet][band]
    uniform = len(set(multiplicities)) == 1
    if len(own) > max(multiplicities) or (not uniform and len(found) < len(multiplicities)):
        raise Touching(distance)
    return mpmath.fsum(own) / len(own)


def levels(H: Sequence[Any], size: int, metric: sp.Matrix | None = None) -> list[Any]:
    """All energies, ascending, from the entries of H (of g H for bosons with the metric g)."""
    matrix = mpmath.matrix(np.reshape(H, (size, size)).tolist())
    if metric is not None:
        matrix = _hermitian(matrix, mpmath.matrix([[_mpc(x) for x in row] for row in metric.tolist()]))
    return sorted(mpmath.eigh(matrix, eigvals_only=True))


def _hermitian(gH: Any, g: Any) -> Any:
    """L^+ g L with the eigenvalues of g H, H = L L^+."""
    H = mpmath.inverse(g) * gH
    try:
        L = mpmath.cholesky((H + H.H) / 2)
    except ValueError:
        raise ValueError("H: expected a positive H(k) for bosons, got one that is not at this k") from None
    return L.H * g * L


def _mpc(number: sp.Expr) -> Any:
    return mpmath.mpc(*map(mpf, number.as_real_imag()))


def mpf(number: sp.Expr) -> Any:
    """An exact SymPy number at the working precision."""
    if number.is_Rational:
        return mpmath.mpf(int(number.p)) / int(number.q)
    return mpmath.mpf(sp.N(number, mpmath.mp.dps + 5)._mpf_)


def exact_parameter(name: str, value: Any) -> sp.Expr:
    """A parameter as an exact number; a float stands for the decimal fraction that it prints, as in matrices."""
    if isinstance(value, (float, np.floating)) and np.isfinite(value):
        return _decimal(float(value))
    return real_number(name, value)


@lru_cache(maxsize=1024)
def _decimal(value: float) -> sp.Expr:
    return exact_formula("value", value)


def real_number(name: str, value: Any) -> sp.Expr:
    """An exact SymPy number from anything that stands for a finite real number; floats by their binary value."""
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, str) and not is_formula(value):
        raise TypeError(f"{name}: expected a real number, got {value!r}")
    try:
        number = sp.Rational(value) if isinstance(value, str) else sp.sympify(value, strict=True)
    except (TypeError, ValueError, AttributeError):
        number = None
    if not isinstance(number, sp.Expr) or not number.is_number:
        raise TypeError(f"{name}: expected a real number, got {value!r}")
    if not (number.is_real and number.is_finite):
        raise ValueError(f"{name}: expected a finite real number, got {value!r}")
    if isinstance(value, (float, mpmath.mpf)):
        sign, mantissa, exponent, _ = mpmath.mpf(value)._mpf_
        return (-1) ** int(sign) * sp.Integer(mantissa) * sp.Integer(2) ** int(exponent)
    return sp.Rational(number) if number.is_Float else number
