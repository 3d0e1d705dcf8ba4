"""The honeycomb lattice with lattice constant 1: sublattices A and B, nearest neighbours at the distance 1/sqrt(3)."""

from __future__ import annotations

import sympy as sp

from symcur.models.pauli import k_x, k_y

_root3 = sp.sqrt(3)
_half = sp.Rational(1, 2)

LATTICE = ((1, 0), (_half, _root3 / 2))
"""Primitive vectors a_1, a_2."""

BONDS = ((_half, _root3 / 6), (0, -_root3 / 3), (-_half, _root3 / 6))
"""The three vectors from an A site to its B neighbours."""

SECOND_NEIGHBOURS = ((1, 0), (-_half, _root3 / 2), (-_half, -_root3 / 2))
"""a_1 and its images under threefold rotations; with their negatives, the six second neighbours."""


def phase(vector: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
    """k . vector"""
    return k_x * vector[0] + k_y * vector[1]


def bond_sum() -> sp.Expr:
    """f(k) = sum over the bonds of exp(i k . delta), the element <A|H|B>/t of nearest-neighbour hopping."""
    return sum((sp.exp(sp.I * phase(delta)) for delta in BONDS), sp.Integer(0))


def circulating_sum() -> sp.Expr:
    """2 sum_b sin(k . b): second-neighbour hopping with the phase +-i, odd in k and opposite on A and B."""
    return 2 * sum((sp.sin(phase(b)) for b in SECOND_NEIGHBOURS), sp.Integer(0))


def second_neighbour_sum() -> sp.Expr:
    """2 sum_b cos(k . b): real second-neighbour hopping, the same on A and B."""
    return 2 * sum((sp.cos(phase(b)) for b in SECOND_NEIGHBOURS), sp.Integer(0))
