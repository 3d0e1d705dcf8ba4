"""Models on the honeycomb lattice with lattice constant 1: sublattices A and B, neighbours at the distance 1/sqrt(3)."""

from __future__ import annotations

import sympy as sp

from symcur.band_structures import Model
from symcur.models.library import library_model
from symcur.models.pauli import k_x, k_y, kron, sigma_0, sigma_x, sigma_y, sigma_z

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


@library_model
def haldane() -> Model:
    """Sublattices (A, B): hopping t, second-neighbour hopping t2 with phase phi, mass M; s = sigma_z/2 (sublattice).

    Lattice constant 1. Parameters t = 1, t2 = 0.2, phi = 1, M = 0.3.
    """
    t, t2, phi, M = sp.symbols("t t2 phi M", real=True)
    f = bond_sum()
    H = sp.ImmutableDenseMatrix([[0, t * f], [t * sp.conjugate(f), 0]])
    H += t2 * sp.cos(phi) * second_neighbour_sum() * sigma_0
    H += (M - t2 * sp.sin(phi) * circulating_sum()) * sigma_z
    return Model(
        H,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, t2: 0.2, phi: 1.0, M: 0.3},
        lattice=LATTICE,
        reference="F. D. M. Haldane, Phys. Rev. Lett. 61, 2015 (1988)",
        facts="Chern number int d^2 k/2pi Omega^{xy} of the lower band -sign(t2 sin phi) for |M| < 3 sqrt(3) |t2 sin "
        "phi|, zero otherwise; the gap closes at a corner of the zone where |M| = 3 sqrt(3) |t2 sin phi|.",
    )


@library_model
def kane_mele() -> Model:
    """Bands (A up, A down, B up, B down), nearest neighbours at 1/sqrt(3); s = (spin sigma_z)/2.

    Hopping t, spin-orbit hopping i nu lambda_SO s_z (nu = 1 for a left turn), staggered potential +-lambda_v, and
    Rashba hopping <A|H|B> = i lambda_R (s_x d_y - s_y d_x) with d the unit vector from A to B. Parameters t = 1,
    lambda_SO = 0.3, lambda_R = 0.25, lambda_v = 1.
    """
    t, lambda_SO, lambda_R, lambda_v = sp.symbols("t lambda_SO lambda_R lambda_v", real=True)
    hop = t * bond_sum() * sigma_0
    for bond in BONDS:
        d_x, d_y = (sp.sqrt(3) * component for component in bond)
        hop += sp.I * lambda_R * sp.exp(sp.I * phase(bond)) * (d_y * sigma_x - d_x * sigma_y)
    H = lambda_v * kron(sigma_z, sigma_0) - lambda_SO * circulating_sum() * kron(sigma_z, sigma_z)
    H += sp.ImmutableDenseMatrix(sp.BlockMatrix([[sp.zeros(2), hop], [hop.H, sp.zeros(2)]]))
    return Model(
        H,
        s=kron(sigma_0, sigma_z) / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, lambda_SO: 0.3, lambda_R: 0.25, lambda_v: 1.0},
        lattice=LATTICE,
        reference="C. L. Kane and E. J. Mele, Phys. Rev. Lett. 95, 146802 (2005)",
        facts="At lambda_R = 0 spin is conserved, spin up is the Haldane model at phi = pi/2 and the gap closes at "
        "|lambda_v| = 3 sqrt(3) |lambda_SO|. With the default values the occupied (two lowest) bands have int "
        "d^2 k/2pi of -2 Im sum J^x_nm v^y_mn/omega^2 = -1.027158.",
    )


@library_model
def bilayer_graphene() -> Model:
    """Sites (A1, B1, A2, B2): hopping t in each layer, gamma_1 between B1 and A2 above it, bias +-u/2.

    s = tau_z/2 (layer). Lattice constant 1, so that v = sqrt(3) t/2. Parameters t = 1, gamma_1 = 0.4, u = 0.2.
    """
    t, gamma_1, u = sp.symbols("t gamma_1 u", real=True)
    f = t * bond_sum()
    layer = sp.ImmutableDenseMatrix([[0, f], [sp.conjugate(f), 0]])
    tunnel = sp.ImmutableDenseMatrix(4, 4, lambda i, j: int({i, j} == {1, 2}))
    return Model(
        kron(sigma_0, layer) + gamma_1 * tunnel + u / 2 * kron(sigma_z, sigma_0),
        s=kron(sigma_z, sigma_0) / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, gamma_1: 0.4, u: 0.2},
        lattice=LATTICE,
        reference="E. McCann and V. I. Fal'ko, Phys. Rev. Lett. 96, 086805 (2006)",
        facts="With e = |t f(k)|, energies squared gamma_1^2/2 + u^2/4 + e^2 +- sqrt(gamma_1^4/4 + e^2 (gamma_1^2 + "
        "u^2)). At u = 0 the inner bands touch at the zone corners with mass |gamma_1|/(2 v^2), v = sqrt(3) "
        "|t|/2.",
    )
