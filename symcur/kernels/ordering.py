"""The bands of several blocks as those of one: ascending in energy at every k, by a program without branches."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from symcur.arrays import ObjectArray
from symcur.band_structures.levels import DEGENERACY_TOLERANCE, RESOLVED
from symcur.kernels.spectrum import Spectrum
from symcur.program import Complex, Scalar, SimplifyingProgram
from symcur.program.matrices import total

MEETING = 1e200
"""Squared estimates of errors that say that blocks do not decide."""
# What eigenstates take for one multiplet, and surely not: the spread of the energies is at least twice their standard deviation, and at most
# sqrt(2) times the root of the sum of their squares, which _SAME and _CLOSEST are parts of.
_SPLIT, _SAME, _CLOSEST = Fraction(str(RESOLVED)), Fraction(1, 10**15), 2 * Fraction(str(DEGENERACY_TOLERANCE))

Rows = list[list[Scalar]]  # (band, numbers), ascending by the first number at every k


def ascending(program: SimplifyingProgram, values: Sequence[Mapping[str, ObjectArray]]) -> dict[str, ObjectArray]:
    """{name: array (band, components...)} of all blocks from those of each, whose bands ascend in the first name, the energy."""
    if len(values) == 1:
        return dict(values[0])
    queue = [_rows(own) for own in values]
    while len(queue) > 1:
        queue.append(_merged(program, queue.pop(0), queue.pop(0)))
    found, start, result = queue[0], 0, {}
    for name, array in values[0].items():
        shape = (len(found), *array.shape[1:])
        size = array[0].size if array.ndim > 1 else 1
        entries = [Complex(*row[start + 2 * j : start + 2 * j + 2]) for row in found for j in range(size)]
        result[name], start = np.array(entries, dtype=object).reshape(shape), start + 2 * size
    return result


def shared(twins: Sequence[Mapping[str, ObjectArray]]) -> Mapping[str, ObjectArray]:
    """The bands of blocks of equal energies, of which a multiplet shares what its parts add up to."""
    if len(twins) == 1:
        return twins[0]
    copies = len(twins)
    return {name: np.repeat(total(own[name] for own in twins) / copies, copies, axis=0) for name in twins[0]}


def _rows(values: Mapping[str, ObjectArray]) -> Rows:
    flat = np.concatenate([array.reshape(len(array), -1) for array in values.values()], axis=1)
    return [[part for entry in band for part in (entry.real, entry.imag)] for band in flat]


def _merged(program: SimplifyingProgram, first: Rows, second: Rows) -> Rows:
    """Batcher's merging by odd and even places, for any two lengths (Knuth, The Art of Computer Programming, 5.3.4)."""
    if not first or not second:
        return first or second
    if len(first) == len(second) == 1:
        return _ordered(program, first[0], second[0])
    odd, even = (_merged(program, first[start::2], second[start::2]) for start in (0, 1))
    result = [odd[0]]
    for low, high in itertools.zip_longest(even, odd[1:]):
        result += _ordered(program, low, high) if low and high else [low or high]
    return result


def _ordered(program: SimplifyingProgram, one: list[Scalar], other: list[Scalar]) -> Rows:
    difference = one[0] - other[0]
    lower = [program.select(difference, b, a) for a, b in zip(one, other, strict=True)]
    return [lower, [program.select(difference, a, b) for a, b in zip(one, other, strict=True)]]


def error_of_blocks(
    program: SimplifyingProgram, blocks: Sequence[tuple[Sequence[Spectrum], tuple[int, ...]]]
) -> Scalar:
    """The square of the estimated error of blocks, each with its twins and the ranks of its multiplets, see ``Spectrum.error_estimate``.

    To that of each comes |H|/|e_n - e_m| with H as a whole, for neighbours n, m in a block, and MEETING where levels of different
    ones may be a multiplet, of which no block knows, or where those of twins are not one: where eigenstates decide.
    """
    spectra = [found for twins, _ in blocks for found in twins]
    if len(spectra) == 1:
        return spectra[0].error_estimate
    levels = [[_levels(found, ranks) for found in twins] for twins, ranks in blocks]
    energies = [found.mean + level for found in spectra for level in found.levels]
    size, mean = total(e * e for e in energies), total(energies) / len(energies)
    closest, variance = _CLOSEST**2 * size, total((e - mean) ** 2 for e in energies) / len(energies)
    split = _SPLIT**2 * variance + _SAME**2 * size
    meeting, result = program.constant(MEETING), total(found.error_estimate for found in spectra)
    for a, b in itertools.chain.from_iterable(itertools.pairwise(own) for twins in levels for own in twins):
        result += size / (b - a) ** 2
    for (one, *_), (other, *_) in itertools.combinations(levels, 2):
        for a, b in itertools.product(one, other):
            result += program.select((a - b) ** 2 - closest, program.zero, meeting)  # also for what is no number
    for one, *twins in levels:
        for a, b in [pair for other in twins for pair in zip(one, other, strict=True)]:
            result += program.select(split - (a - b) ** 2, program.zero, meeting)
    return Scalar(program, result.node)


def _levels(found: Spectrum, ranks: tuple[int, ...]) -> list[Scalar]:
    return [found.mean + found.levels[n] for n in np.cumsum((0, *ranks[:-1]))]
