"""Real functions as combinations, with real numbers, of as few as there are independent ones among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symcur.closed_forms.quotients import divided
from symcur.closed_forms.ring import Exact

_Row = dict[Any, Exact]


def independent(values: Sequence[Exact]) -> list[tuple[dict[int, Exact], dict[int, Exact]]]:
    """f_j = sum_a w_ja value_a with value_a = sum_j c_aj f_j: for each j the numbers w_j and c_j by a.

    The f_j are the reduced row echelon form of the values, which depends on the space that these span and not on its basis.
    """
    ring, count = values[0].ring, len(values)
    coordinates = [_coordinates(value) for value in values]
    columns = sorted({key for row in coordinates for key in row}, key=lambda key: (sum(map(abs, key[0])), key))
    rows: list[tuple[_Row, _Row]] = [({**row}, {a: ring.one}) for a, row in enumerate(coordinates)]
    found: list[Any] = []
    for key in columns:
        place = next((j for j in range(len(found), count) if key in rows[j][0]), None)
        if place is None:
            continue
        first = len(found)
        rows[first], rows[place] = rows[place], rows[first]
        inverse = divided(ring.one, rows[first][0][key])
        assert inverse is not None  # of a number
        rows[first] = tuple(_plus({}, row, inverse) for row in rows[first])  # type: ignore[assignment]
        for j in range(count):
            if j != first and key in rows[j][0]:
                factor = -rows[j][0][key]
                rows[j] = tuple(_plus(*pair, factor) for pair in zip(rows[j], rows[first], strict=True))  # type: ignore
        found.append(key)
    return [
        (rows[j][1], {a: row[key] for a, row in enumerate(coordinates) if key in row}) for j, key in enumerate(found)
    ]


def _coordinates(value: Exact) -> _Row:
    """The real numbers that multiply each product of generators, real and imaginary parts apart."""
    ring = value.ring
    zero, outer = ring.zero.real, [j for j in range(ring.size) if j not in ring.squares]
    return {
        (tuple(int(e) - s for e, s in zip(exponents, value.shift, strict=True)), which): Exact(
            ring, part, zero, ring.no_shift
        )
        for exponents, number in value.by_powers(outer).items()
        for which, part in enumerate((number.real, number.imag))
        if not part.is_zero()
    }


def _plus(row: _Row, other: _Row, factor: Exact) -> _Row:
    result = dict(row)
    for key, number in other.items():
        total = (result[key] + number * factor if key in result else number * factor).reduced()
        if total.is_zero:
            del result[key]
        else:
            result[key] = total
    return result
