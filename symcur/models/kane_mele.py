"""The Kane-Mele model of the quantum spin Hall effect, with Rashba coupling and a staggered potential."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.honeycomb import BONDS, LATTICE, bond_sum, circulating_sum, phase
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, kron, sigma_0, sigma_x, sigma_y, sigma_z


def kane_mele(**overrides: Any) -> Model:
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
    model = Model(
        H,
        s=kron(sigma_0, sigma_z) / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, lambda_SO: 0.3, lambda_R: 0.25, lambda_v: 1.0},
        lattice=LATTICE,
        name="kane_mele",
        reference="C. L. Kane and E. J. Mele, Phys. Rev. Lett. 95, 146802 (2005)",
        facts="At lambda_R = 0 spin is conserved, spin up is the Haldane model at phi = pi/2 and the gap closes at "
        "|lambda_v| = 3 sqrt(3) |lambda_SO|. With the default values the occupied (two lowest) bands have int "
        "d^2k/2pi of -2 Im sum J^x_nm v^y_mn/omega^2 = -1.027158.",
    )
    return with_values(model, overrides)
