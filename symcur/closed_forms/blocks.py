"""Constant blocks: a constant unitary matrix that makes H(k) and s block diagonal at every k and for all parameters.

Every trace with the projector of a band is that of its block. Blocks that have energies in common everywhere (Kramers pairs, say)
stay together, because their bands are one multiplet. A block that occurs several times, in different bases, is kept once.
Those of bosons commute with each other: the metric has the same blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import chain
from math import gcd

import sympy as sp

from symcur.band_structures import Metric, Model
from symcur.closed_forms.degeneracy import multiplicities
from symcur.closed_forms.pieces import Piece, chiral, equivalent, pieces
from symcur.closed_forms.simple_basis import simple

_FEW = 4  # energies that are read without the adjugate where H has a chiral symmetry


@dataclass(frozen=True)
class Block:
    """H and s between some constant states: ``basis`` holds them as orthonormal columns, and ``model`` has
    H_b = basis^+ H basis, s_b and the metric of bosons likewise. The same matrices occur ``copies`` times in the whole model."""

    basis: sp.ImmutableDenseMatrix
    model: Model
    copies: int


@lru_cache(maxsize=64)
def blocks(model: Model) -> tuple[Block, ...]:
    """The blocks of a model, those that have energies in common as one; empty where no basis is better than that of the model.

    A single block is the whole model in a basis in which it falls into parts of equal energies or, with more than four energies,
    has off-diagonal blocks only (chiral symmetry).
    """
    if model.size == 1:
        return ()
    whole = Piece(sp.eye(model.size), model.H, model.s, model.bosons and model.bosons.g)
    found = pieces(whole, model.k)
    if len(found) == 1:
        many = model.bosons is None and len(multiplicities(model)) > _FEW
        rotated = chiral(whole, model.k) if many else None
        return () if rotated is None else (_block(model, [rotated], 1),)
    groups = [[piece] for piece in found]
    models = [_model(model, [piece]) for piece in found]
    if sum(len(multiplicities(m)) for m in models) > len(multiplicities(model)):
        groups = _with_common_energies(model, found)
    result = tuple(_kept(model, group) for group in groups)
    trivial = len(result) == 1 and result[0].copies == 1 and all(x in (0, 1) for x in result[0].basis)
    return () if trivial else result


def simple_basis(model: Model) -> Block | None:
    """The whole model in a constant basis in which H and s have fewer entries; None where none is known."""
    found = None if model.bosons else simple(Piece(sp.eye(model.size), model.H, model.s), model.k)
    return None if found is None else _block(model, [found], 1)


def _block(model: Model, parts: Sequence[Piece], copies: int) -> Block:
    basis = sp.ImmutableDenseMatrix(sp.Matrix.hstack(*(part.basis for part in parts)))
    return Block(basis, _model(model, parts), copies)


def _model(model: Model, parts: Sequence[Piece]) -> Model:
    H, s, *g = (sp.diag(*matrices) for matrices in zip(*(part.matrices for part in parts), strict=True))
    metric = Metric(g[0]) if g else None
    return Model(H, s, model.k, dict(model.parameters), name=f"a block of {model.name}", metric=metric)


# -- which of them belong together -------------------------------------------------------------------------------------
def _with_common_energies(model: Model, found: Sequence[Piece]) -> list[list[Piece]]:
    """Together those that have energies in common, identically, directly or through others."""
    groups: list[list[Piece]] = []
    for piece in found:
        joined = [group for group in groups if any(_meet(model, piece, other) for other in group)]
        groups = [group for group in groups if group not in joined] + [[*chain(*joined), piece]]
    return groups


def _meet(model: Model, a: Piece, b: Piece) -> bool:
    apart, together = [_model(model, [a]), _model(model, [b])], _model(model, [a, b])
    return len(multiplicities(together)) < sum(len(multiplicities(m)) for m in apart)


def _kept(model: Model, group: Sequence[Piece]) -> Block:
    """Pieces of equal energies as one block, those that are the same in another basis once."""
    kinds: list[list[Piece]] = []
    for piece in group:
        kind = next((kind for kind in kinds if equivalent(kind[0], piece, model.k)), None)
        if kind is None:
            kinds.append([piece])
        else:
            kind.append(piece)
    copies = reduce(gcd, map(len, kinds))
    return _block(model, [piece for kind in kinds for piece in kind[: len(kind) // copies]], copies)
