"""A census of short expressions: two expressions have the same normal form exactly when they have the same value.

All products of letters up to a length are multiplied out twice: as normal forms, and as plain matrices modulo a prime
(several integer arrays, a few lines of code, no rules). The number of different normal forms must be the number of
different values. Equal normal forms with different values would be a wrong rule; different normal forms with equal
values a missing one.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from jets import PRIME

from symcur.expressions import Operator, P, Projector, Resolvent, S, s, v, w
from symcur.expressions.normal_form import NormalForm, NormalFormInterpreter

SAMPLES = 2  # independent sets of matrices; a chance coincidence has a probability of 1e-11


def matrices(letters, ranks, size, seed=0):
    """Every letter as random matrices modulo PRIME, (SAMPLES, size, size), with H diagonal and energies repeated."""
    generator = np.random.default_rng(seed)

    def random(*shape):
        return generator.integers(1, PRIME, size=(SAMPLES, *shape))

    multiplet = np.repeat(np.arange(len(ranks) + size - sum(ranks)), [*ranks, *[1] * (size - sum(ranks))])
    energy = random(len(set(multiplet)))[:, multiplet]
    same = multiplet[:, None] == multiplet
    label = {"n": 0, "m": 1}

    def value(letter):
        match letter:
            case Projector(band):
                return np.broadcast_to(np.diag((multiplet == label[band]).astype(int)), (SAMPLES, size, size))
            case Resolvent(band, power):
                own = energy[:, list(multiplet).index(label[band]), None]
                inverse = [[pow(int(x), -power, PRIME) if x else 0 for x in row] for row in (own - energy) % PRIME]
                return np.array([np.diag(row) for row in inverse])
            case Operator("H", ()):
                return np.array([np.diag(row) for row in energy])
            case Operator("H", (_,)):  # within a multiplet a velocity is a number: the bands coincide for every k
                block = np.einsum("ab,xa->xab", np.eye(size, dtype=int), random(len(set(multiplet)))[:, multiplet])
                return np.where(same, block, random(size, size))
            case Operator("H", (_, _)):
                assert set(ranks) == {1}  # of a multiplet it would not be free
                return random(size, size)
            case Operator():
                return random(size, size)

    return [value(letter) for letter in letters]


def multiply(left, right):
    partial = left[:, :, :, :, None] * right[None, :, None, :, :] % PRIME
    return partial.sum(axis=-2) % PRIME


def census(letters, ranks, size, length, start=None):
    """(normal forms, values) that occur among all products of up to ``length`` letters; traces of P X where start."""
    interpreter = NormalFormInterpreter(multiplet=max(ranks) > 1)
    letter_forms = [interpreter.read(letter) for letter in letters]
    letter_values = matrices(letters, ranks, size)
    forms = [interpreter.read(start)] if start else letter_forms
    values = matrices([start], ranks, size)[0][None] if start else np.array(letter_values)
    count, all_forms, all_values, pairs = 0, set(), set(), set()
    for step in range(length + bool(start)):
        if step:
            forms = [form * letter for form in forms for letter in letter_forms]
            values = np.concatenate([multiply(values, value)[:, None] for value in letter_values], axis=1)
            values = values.reshape(-1, SAMPLES, size, size)
        results: list[NormalForm] = [form.trace() for form in forms] if start else forms
        numbers = np.trace(values, axis1=-2, axis2=-1) % PRIME if start else values
        keys = [frozenset(form.terms.items()) for form in results]
        numeric = [number.tobytes() for number in np.ascontiguousarray(numbers)]
        count += len(keys)
        all_forms.update(keys)
        all_values.update(numeric)
        pairs.update(zip(keys, numeric, strict=True))
    return count, len(all_forms), len(all_values), len(pairs)


S2, theta = Resolvent("n", 2), Operator("theta")
P_m, S_m = Projector("m"), Resolvent("m")
CASES = {
    "traces, one band": ([P, S, S2, v("i"), v("l"), s], (1,), 6, 6, P),
    "traces with w and H, one band": ([P, S, Operator("H"), v("i"), w("i", "l"), s], (1,), 6, 5, P),
    "operators, one band": ([P, S, S2, v("i"), s], (1,), 6, 6, None),
    "operators, two bands": ([P, S, P_m, S_m, v("i"), s], (1, 1), 6, 5, None),
    "traces, two bands": ([P_m, S, S_m, v("i"), s], (1, 1), 6, 6, P),
    "traces, a pair": ([P, S, S2, v("i"), v("l"), s], (2,), 7, 6, P),
    "traces, a triple": ([P, S, v("i"), theta, s], (3,), 8, 6, P),
    "cells between projectors, one band": ([P, v("i"), s], (1,), 7, 8, P),
    "cells between projectors, a pair": ([P, v("i"), s], (2,), 8, 8, P),
    "operators, two pairs": ([P, S, P_m, S_m, v("i"), s], (2, 2), 8, 5, None),
}


@cache
def counted(case):
    return census(*CASES[case])


@pytest.mark.slow_for(
    "cells between projectors, a pair",
    "traces, two bands",
    "traces, a triple",
    "cells between projectors, one band",
    "traces, a pair",
    "traces, one band",
)
@pytest.mark.parametrize("case", CASES)
def test_as_many_normal_forms_as_values(case):
    count, forms, values, pairs = counted(case)
    assert forms == values == pairs
    assert 10 < forms < count


@pytest.mark.slow
def test_the_cells_of_one_band_commute_and_those_of_a_pair_do_not():
    """Seven letters are needed: Tr[P s P ss P sv] and Tr[P s P sv P ss]."""
    _, commuting, *_ = counted("cells between projectors, one band")
    _, ordered, *_ = counted("cells between projectors, a pair")
    assert commuting < ordered
