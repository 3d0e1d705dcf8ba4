"""Closed forms to any number of digits, through mpmath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp

if TYPE_CHECKING:
    from symcur.closed_forms.form import ClosedForm

_GUARD = 20  # digits beyond those asked for, at first
_DOUBLINGS = 7


def evaluate(form: ClosedForm, k: Any, band: int, digits: int, parameters: dict[str, Any]) -> Any:
    """See ClosedForm.at."""
    from symcur.closed_forms.form import nested

    size = form.model.size
    if isinstance(band, bool) or not isinstance(band, int) or not 0 <= band < size:
        raise ValueError(f"band: {band!r} came; an integer from 0 to {size - 1}, by ascending energy, is valid")
    if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
        raise ValueError(f"digits: {digits!r} came; a positive integer is valid")
    given = _numbers(form, k, parameters)
    precision = digits + _GUARD
    before = _values(form, given, band, precision, digits)
    for _ in range(_DOUBLINGS):
        precision *= 2
        after = _values(form, given, band, precision, digits)
        with mpmath.workdps(precision):
            settled = [_settled(a, b, digits, precision) for a, b in zip(before, after, strict=True)]
        if all(value is not None for value in settled):
            with mpmath.workdps(digits):
                return nested([+value for value in settled], form.shape)
        before = after
    raise ArithmeticError(
        f"digits: {digits} digits were not reached with {precision} working digits at k = {k!r}; the bands are too "
        "close to a touching"
    )


def _settled(before: Any, after: Any, digits: int, precision: int) -> Any:
    """The value where two precisions agree; 0 where it shrinks with the precision; else None."""
    if abs(after - before) <= mpmath.mpf(10) ** (-digits - 2) * abs(after):
        return after
    if abs(after) < mpmath.mpf(10) ** (-digits) and abs(after) <= abs(before) * mpmath.mpf(10) ** (-precision // 4):
        return after * 0
    return None


def _numbers(form: ClosedForm, k: Any, parameters: dict[str, Any]) -> dict[str, sp.Expr]:
    from symcur.closed_forms.form import real_number

    model = form.model
    try:
        components = list(k)
    except TypeError:
        components = [k]
    if len(components) != model.dimension:
        raise ValueError(f"k: {len(components)} components came; {model.dimension} are valid")
    exact = {name: real_number(name, value) for name, value in parameters.items()}
    values = model.values(**exact)
    numbers = {symbol.name: real_number("k", value) for symbol, value in zip(model.k, components, strict=True)}
    return numbers | {symbol.name: real_number(symbol.name, value) for symbol, value in values.items()}


def _values(form: ClosedForm, given: dict[str, sp.Expr], band: int, precision: int, digits: int) -> list[Any]:
    with mpmath.workdps(precision):
        operations = _operations(given)
        energy = _energy(form, operations, band, digits)
        operations["input"] = lambda name: energy if name == form.energy_symbol.name else _mpf(given[name])
        try:
            parts = form.program.run(form._nodes, operations)
        except ZeroDivisionError:
            raise _touching(form, band) from None
        if not form.complex:
            return parts
        return [mpmath.mpc(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]


def _energy(form: ClosedForm, operations: dict[str, Any], band: int, digits: int) -> Any:
    """The energy of the multiplet that the band belongs to; raises where it touches another one."""
    size = form.model.size
    nodes = [node for entry in form.hamiltonian for node in (entry.real.node, entry.imag.node)]
    parts = form.program.run(nodes, operations)
    H = mpmath.matrix(size, size)
    for j in range(size * size):
        H[j // size, j % size] = mpmath.mpc(parts[2 * j], parts[2 * j + 1])
    energies = sorted(mpmath.eigh(H, eigvals_only=True))
    tolerance = mpmath.mpf(10) ** (-digits) * max(energies[-1] - energies[0], abs(energies[0]) * mpmath.eps)
    clusters: list[list[int]] = [[0]]
    for n in range(1, size):
        if energies[n] - energies[n - 1] > tolerance:
            clusters.append([])
        clusters[-1].append(n)
    own = next(cluster for cluster in clusters if band in cluster)
    uniform = len(set(form.multiplicities)) == 1
    if len(own) > max(form.multiplicities) or (not uniform and len(clusters) < len(form.multiplicities)):
        raise _touching(form, band)
    return mpmath.fsum(energies[n] for n in own) / len(own)


def _touching(form: ClosedForm, band: int) -> ValueError:
    return ValueError(
        f"k: band {band} of {form.model.name} touches another band at this k; the closed form of {form.name} holds "
        "for separate bands (if the bands coincide for these parameter values at every k, put the values into H)"
    )


def _operations(given: dict[str, sp.Expr]) -> dict[str, Any]:
    return {
        "input": lambda name: _mpf(given[name]),
        "constant": _mpf,
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "sqrt": mpmath.sqrt,
        "cos": mpmath.cos,
        "sin": mpmath.sin,
    }


def _mpf(number: sp.Expr) -> Any:
    if number.is_Rational:
        return mpmath.mpf(int(number.p)) / int(number.q)
    return mpmath.mpf(sp.N(number, mpmath.mp.dps + 5)._mpf_)
