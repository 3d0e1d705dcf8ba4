"""A two-dimensional d-wave altermagnet with Rashba coupling."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z


def altermagnet(**overrides: Any) -> Model:
    """H = -2t (cos k_x + cos k_y) + t_am (cos k_x - cos k_y) sigma_z + lambda_R (sin k_y sigma_x - sin k_x sigma_y).

    s = sigma_z/2 (spin); square lattice with constant 1. Parameters t = 1, t_am = 0.5, lambda_R = 0.3.
    """
    t, t_am, lambda_R = sp.symbols("t t_am lambda_R", real=True)
    H = -2 * t * (sp.cos(k_x) + sp.cos(k_y)) * sigma_0 + t_am * (sp.cos(k_x) - sp.cos(k_y)) * sigma_z
    H += lambda_R * (sp.sin(k_y) * sigma_x - sp.sin(k_x) * sigma_y)
    model = Model(
        H,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, t_am: 0.5, lambda_R: 0.3},
        lattice=((1, 0), (0, 1)),
        name="altermagnet",
        reference="L. Šmejkal, J. Sinova and T. Jungwirth, Phys. Rev. X 12, 031042 (2022)",
        facts="Symmetric under a quarter turn followed by time reversal, so the Berry curvature and the spin along z "
        "change sign under k -> C_4 k. The bands touch at (0, 0) and (pi, pi) only; without Rashba coupling on "
        "|k_x| = |k_y|.",
    )
    return with_values(model, overrides)
