"""The identities of the ledger read with g X for every operator X: bosons through matrices and through para-unitary states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.claims import on_models
from symcur.claims.claim import CLAIMS, CheckResult
from symcur.eigenstates import Eigenstates
from symcur.expressions import Axis, Expression, MatrixInterpreter
from symcur.linear_response.lattices import random_bosons

WORDS = 1e-9  # relative; rounding errors of sums over states
KINDS = ((("bosons", 2),), (("phonons", 2),), (("bosons", 1), ("phonons", 1)))


def in_orbitals(model: BandStructure, k: Array) -> Iterator[tuple[int, MatrixInterpreter]]:
    """Each band at one k, its lowest member first: g H, g v and g s as they are, P and S from a general solver and an inverse matrix."""
    g = model.metric

    def operator(name: str, axes: tuple[Axis, ...]) -> ComplexArray:
        matrix = model.matrix(name, k, [axis for axis in axes if isinstance(axis, int)])
        return np.asarray(g @ matrix)

    energies, R = np.linalg.eig(operator("H", ()))
    order = np.argsort(energies.real)
    e, R = energies.real[order], R[:, order]
    L = np.linalg.inv(R)
    starts = [0, *(np.flatnonzero(np.diff(e) > 1e-6) + 1).tolist(), len(e)]
    for first, last in pairwise(starts):
        mine, energy = np.arange(len(e)), e[first:last].mean()
        inside = (mine >= first) & (mine < last)
        weights = np.where(inside, 0.0, 1 / np.where(inside, 1.0, energy - e))
        P = (R * inside) @ L

        def resolvent(power: int, weights: Array = weights) -> ComplexArray:
            return np.asarray((R * weights**power) @ L, dtype=complex)

        def scalar(value: Any) -> complex:
            return complex(value.x, value.y)

        yield first, MatrixInterpreter(operator, P, resolvent, last - first, scalar, energy=energy)


class Reader:
    """A model at one k, its lowest and its highest band read in both ways."""

    def __init__(self, model: BandStructure, k: Array) -> None:
        self.states = Eigenstates(model, k)
        bands = list(in_orbitals(model, k))
        self.bands = [bands[0], bands[-1]]
        self.smallest = 1e-3 * float(np.abs(model.matrix("s", k)).max() * np.ptp(self.states.energies))  # for zeros

    def residual(self, left: Sequence[Expression], right: Sequence[Expression]) -> float:
        """The left sides by matrices, the right ones by para-unitary eigenstates."""
        rank = self.states.rank
        values = [[complex(matrices.read(x)).real / rank[n] for n, matrices in self.bands] for x in left]
        scalars = [np.broadcast_to((self.states.scalar(x) / rank).real, rank.shape) for x in right]
        expected = [[x[n] for n, _ in self.bands] for x in scalars]
        return on_models.relative(np.array(values), np.array(expected), self.smallest)


def check_words() -> CheckResult:
    """Every identity of one band that the ledger proves or refutes, with g X for X."""
    k = np.random.default_rng(20).uniform(-3, 3, size=2)
    models = [random_bosons(seed, metric) for seed, metric in enumerate(KINDS)]
    readers = [Reader(model, k) for model in (*models, random_bosons(4, (("bosons", 1),), copies=2))]
    known = [e for claim in CLAIMS if claim.section != "Further claims" for e in claim.equalities]
    residuals: dict[bool, list[float]] = {True: [], False: []}
    for equality in filter(on_models.readable, known):
        sides = on_models.numbers(equality, 2)
        worst = [reader.residual(*sides) for reader in readers]
        true = equality.role in ("claim", "corrected")
        residuals[true].append(max(worst) if true else min(worst))
    largest, smallest = max(residuals[True]), min(residuals[False])
    text = (
        f"{len(residuals[True])} equalities of one band at a random k of random magnons, phonons, hybrids and twofold degenerate bosons: one "
        f"side from matrices in the basis of the modes, the other from para-unitary eigenstates. The {len(residuals[False])} printed or denied "
        f"ones are off by {smallest:.1e} at least. Largest relative difference {largest:.1e}."
    )
    return CheckResult(bool(largest <= WORDS and smallest > 1e-3), largest, WORDS, text)
