"""Numbers as text: with the digits that their errors leave, as they were typed, and zeros together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, Context

from symcur.display.blocks import Numbers

_DECIMALS = 8
_SMALL = 1e-4  # of which eight decimals show less than four digits
_LONG = 12  # significant digits; what needs more was computed, not typed
_NOTHING = 1e-12  # of the largest number of a list: what rounding leaves of zero


def number(value: float, error: float) -> str:
    """As many decimals as the error allows, at most eight; large numbers, and small ones that are not zero, in scientific notation.

    What is smaller than its error by its printed digits is zero; nothing else is.
    """
    if not (math.isfinite(value) and math.isfinite(error)) or abs(value) >= 1e6:
        return f"{value:.6e}"
    decimals = _DECIMALS + 1 if error < 10.0**-_DECIMALS else max(math.ceil(-math.log10(error)) + 1, 0)
    if decimals > _DECIMALS and error < abs(value) < _SMALL:
        digits = math.log10(abs(value) / error) if error > 0 else 8.0
        return f"{value:.{min(math.ceil(digits) + 1, 8)}e}"
    text = f"{value:.{min(decimals, _DECIMALS)}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def bound(error: float, decimals: int = 0) -> str:
    """An error in scientific notation, never less than it is: 2.1e-3 as 3e-03."""
    text = f"{error:.{decimals}e}"
    if not float(text) < error:
        return text
    upwards = Context(prec=decimals + 1, rounding=ROUND_CEILING)
    return f"{float(upwards.create_decimal_from_float(error)):.{decimals}e}"


def as_typed(values: Iterable[float]) -> list[str]:
    """Numbers as one types them: short ones whole, others with six digits or as many as tell them apart, rounding errors as 0.

    For numbers of one kind: what rounding leaves of zero is told by its size beside the others, and by its many digits.
    """
    numbers = [float(value) for value in values]
    most = max((abs(x) for x in numbers if math.isfinite(x)), default=0.0)
    numbers = [0.0 if abs(x) < _NOTHING * most and not _is_short(x) else x for x in numbers]
    for digits in range(6, 18):
        texts = [_short(x, digits) for x in numbers]
        if len(set(texts)) == len(set(numbers)):
            break
    return texts


def _short(x: float, digits: int) -> str:
    return f"{x:.{_LONG if _is_short(x) else digits}g}"


def _is_short(x: float) -> bool:
    return float(f"{x:.{_LONG}g}") == x


def without_zeros(numbers: Numbers) -> Numbers:
    """The table whose ``vanishing`` names the components, its last key, all of whose numbers are printed as zero."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    for row in numbers.rows:
        pairs.setdefault(row.keys[-1], []).extend(row.values)
    empty, vanishing = zeros(pairs)
    return replace(numbers, rows=tuple(row for row in numbers.rows if row.keys[-1] not in empty), vanishing=vanishing)


def zeros(components: Mapping[str, Sequence[tuple[float, float]]]) -> tuple[list[str], str]:
    """The components all of whose numbers are printed as zero, and the line that says so: "xx = yy = 0 (4e-9)".

    The number in brackets is the largest error. Empty where there are none.
    """
    names = [
        name
        for name, pairs in components.items()
        if pairs and all(math.isfinite(error) and float(number(value, error)) == 0 for value, error in pairs)
    ]
    if not names:
        return [], ""
    largest = max(error for name in names for _, error in components[name])
    return names, f"{' = '.join(names)} = 0 ({bound(largest).replace('e-0', 'e-')})"
