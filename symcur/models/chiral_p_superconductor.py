"""A spinless chiral p-wave superconductor on the square lattice."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y
from symcur.superconductors.nambu import bdg


def chiral_p_superconductor(**overrides: Any) -> Model:
    """xi = -2t (cos k_x + cos k_y) - E_F, Delta = Delta_0 (sin k_x + i sin k_y), spinless; s = sigma_z (charge).

    Lattice constant 1; sums over states carry the factor 1/2. Parameters t = 1, E_F = -1, Delta_0 = 0.5.
    """
    t, E_F, Delta_0 = sp.symbols("t E_F Delta_0", real=True)
    model = bdg(
        -2 * t * (sp.cos(k_x) + sp.cos(k_y)) - E_F,
        Delta_0 * (sp.sin(k_x) + sp.I * sp.sin(k_y)),
        (k_x, k_y),
        parameters={t: 1.0, E_F: -1.0, Delta_0: 0.5},
        lattice=((1, 0), (0, 1)),
        form="spinless",
        name="chiral_p_superconductor",
        reference="N. Read, D. Green, Phys. Rev. B 61, 10267 (2000)",
        facts="Chern number int d^2k/2pi Omega^{xy} of the lower band -sign(E_F) for 0 < |E_F| < 4|t|, zero for |E_F| > 4|t|; the "
        "gap closes at E_F = 0 and E_F = +-4t. The edge carries Majorana modes: kappa_xy/T is half of pi^2 k_B^2/3h per Chern "
        "number at low T. M = 0.",
    )
    return with_values(model, overrides)
