"""Which bands are one and which have nothing to do with each other: multiplets, and blocks of H and s.

Orbitals that neither H nor s couples to others, at any k, are a block. A state lies in one block, and so do the states over which
its quantities sum: each block is a band structure of its own, with fewer bands. Energies order the bands of all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import sympy as sp

from symcur.band_structures import BandStructure, Model
from symcur.band_structures.formulas import Formulas, generic_values
from symcur.band_structures.levels import DEGENERACY_TOLERANCE, Closeness, follows
from symcur.kernels.spectrum import LARGEST, PAIRS

_POINTS = 5  # momenta at which the pattern of multiplets is looked at


@dataclass(frozen=True)
class Block:
    """Some orbitals, and the ranks of the multiplets of their bands by ascending energy. ``twins``: the orbitals of others with the same
    energies everywhere, with whose bands they are multiplets."""

    orbitals: tuple[int, ...]
    ranks: tuple[int, ...]
    twins: tuple[tuple[int, ...], ...] = ()

    @property
    def all(self) -> tuple[tuple[int, ...], ...]:
        """The orbitals, and those of each twin."""
        return (self.orbitals, *self.twins)


@dataclass(frozen=True)
class Structure:
    """The multiplets of all bands by ascending energy, and the blocks, which are there as long as the parameters ``zeros`` vanish."""

    ranks: tuple[int, ...]
    blocks: tuple[Block, ...]
    zeros: tuple[str, ...] = ()

    @property
    def largest(self) -> int:
        """The number of bands of the largest block."""
        return max(len(block.orbitals) for block in self.blocks)

    @property
    def closed_form(self) -> bool:
        """Whether each block has one."""
        distinct = all(len(block.ranks) == len(block.orbitals) or block.ranks == PAIRS for block in self.blocks)
        return distinct and self.largest <= LARGEST


def whole(model: BandStructure, tolerance: Closeness) -> Structure:
    """All bands as one block."""
    ranks = multiplets(model, tolerance)
    return Structure(ranks, (Block(tuple(range(model.size)), ranks),))


def in_blocks(model: Model, additive: bool) -> Structure:
    """With as many blocks as there are, of those the fewest parameters that are zero make where there is no closed form otherwise.

    One block where bands of different ones are degenerate everywhere, unless all of them are, and what is asked for ``additive``: a
    sum over the states of a multiplet in different blocks.
    """
    found = _in_blocks(model.formulas, ())
    zeros = tuple(x for x, value in model.parameters.items() if value is not None and value == 0)
    if not found.closed_form and zeros:
        found = _in_blocks(model.formulas, _needed(model.formulas, zeros))
    together = whole(model, None)
    several = found.blocks[0].orbitals != together.blocks[0].orbitals
    shared = any(block.twins for block in found.blocks)
    known = found.zeros or len(found.ranks) == len(together.ranks)  # values may make two pairs of four bands
    return found if several and known and (additive or not shared) else together


@lru_cache(maxsize=64)
def _in_blocks(formulas: Formulas, zeros: tuple[sp.Symbol, ...]) -> Structure:
    """Once for models that differ in the values of parameters."""
    H, s = (matrix.subs(dict.fromkeys(zeros, 0)) for matrix in (formulas.H, formulas.s))
    parameters = [x for x in formulas.symbols[len(formulas.k) :] if x not in zeros]
    labels = _labels(formulas, zeros)

    def part(orbitals: tuple[int, ...]) -> Model:
        return Model(H.extract(orbitals, orbitals), s.extract(orbitals, orbitals), formulas.k, parameters)

    everything = tuple(range(H.rows))
    together = multiplets(part(everything), None)
    blocks: list[Block] = []
    for label in dict.fromkeys(labels):
        orbitals = tuple(a for a in everything if labels[a] == label)
        alike = (n for n, block in enumerate(blocks) if _equal_energies(part(block.orbitals), part(orbitals)))
        if (n := next(alike, None)) is None:
            blocks.append(Block(orbitals, multiplets(part(orbitals), None)))
        else:
            blocks[n] = replace(blocks[n], twins=(*blocks[n].twins, orbitals))
    if sum(len(block.ranks) for block in blocks) != len(together):
        return Structure(together, (Block(everything, together),))
    return Structure(together, tuple(blocks), tuple(x.name for x in zeros))


def _equal_energies(one: Model, other: Model) -> bool:
    """At a random momentum, for random values of the parameters; a kernel notices where they are not."""
    if one.size != other.size:
        return False
    generator = np.random.default_rng(9)
    some, k = generic_values(one.parameters, generator), generator.uniform(-2.0, 2.0, size=one.dimension)
    try:
        energies, others = (model.with_values(some).energies(k) for model in (one, other))
    except ValueError:  # not finite there
        return False
    return bool((np.abs(energies - others) <= DEGENERACY_TOLERANCE * np.abs(energies).max()).all())


def _needed(formulas: Formulas, zeros: tuple[sp.Symbol, ...]) -> tuple[sp.Symbol, ...]:
    """Those of the parameters that have to vanish for the blocks that there are where all do."""
    labels = _labels(formulas, zeros)
    for x in zeros:
        fewer = tuple(y for y in zeros if y != x)
        if _labels(formulas, fewer) == labels:
            zeros = fewer
    return zeros


@lru_cache(maxsize=256)
def _labels(formulas: Formulas, zeros: tuple[sp.Symbol, ...]) -> tuple[int, ...]:
    """For each orbital the first one that elements of H and s link it to where the parameters vanish, directly or in steps."""
    links = {(a, b) for matrix in (formulas.H, formulas.s) for a, b in matrix.todok() if a != b}
    nothing = dict.fromkeys(zeros, 0)
    label = list(range(formulas.H.rows))
    for a, b in sorted(links):
        if label[a] == label[b] or all(matrix[a, b].subs(nothing) == 0 for matrix in (formulas.H, formulas.s)):
            continue
        low, high = sorted((label[a], label[b]))
        label = [low if x == high else x for x in label]
    return tuple(label)


# -- multiplets --------------------------------------------------------------------------------------------------------
def multiplets(model: BandStructure, tolerance: Closeness) -> tuple[int, ...]:
    """The ranks of the multiplets by ascending energy, as most of a few random momenta and parameter values show them, or two pairs where
    the values of the model's parameters make them of four bands.

    Elsewhere another pattern may occur (bands of different rank cross; a parameter value raises the symmetry): a kernel
    notices such points.
    """
    if isinstance(model, Model) and model.bosons is None:  # bosons are stable for some values of parameters only
        some = generic_values(model.parameters, np.random.default_rng(3))
        generic = _of_generic_values(model.with_values(some), tolerance)
        return PAIRS if generic == (1,) * 4 and _in_pairs(model, tolerance) else generic
    return _ranks(model, tolerance, lambda generator: model)


def _in_pairs(model: Model, tolerance: Closeness) -> bool:
    """Whether four bands are two pairs at a few random momenta for the values of the model's parameters."""
    k = np.random.default_rng(5).uniform(-2.0, 2.0, size=(_POINTS, model.dimension))
    try:
        return bool((follows(model, model.energies(k), k, tolerance) == [False, True, False, True]).all())
    except ValueError:  # a parameter without a value, or not finite there
        return False


@lru_cache(maxsize=64)
def _of_generic_values(model: Model, tolerance: Closeness) -> tuple[int, ...]:
    """Once for models that differ in the values of parameters."""
    return _ranks(model, tolerance, lambda generator: model.with_values(generic_values(model.parameters, generator)))


def _ranks(
    model: BandStructure, tolerance: Closeness, drawn: Callable[[np.random.Generator], BandStructure]
) -> tuple[int, ...]:
    generator = np.random.default_rng(5)
    seen: Counter[tuple[int, ...]] = Counter()
    for _ in range(_POINTS):
        model = drawn(generator)
        try:
            k = generator.uniform(-2.0, 2.0, size=(1, model.dimension))
            energies = model.energies(k)
        except ValueError:  # not finite there
            continue
        starts = np.flatnonzero(~follows(model, energies, k, tolerance)[0])
        seen[tuple(int(r) for r in np.diff([*starts, model.size]))] += 1
    return seen.most_common(1)[0][0] if seen else (1,) * model.size
