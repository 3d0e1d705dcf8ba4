"""Bernal-stacked bilayer graphene with an interlayer bias."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.honeycomb import LATTICE, bond_sum
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, kron, sigma_0, sigma_z


def bilayer_graphene(**overrides: Any) -> Model:
    """Sites (A1, B1, A2, B2): hopping t in each layer, gamma_1 between B1 and A2 above it, bias +-u/2.

    s = tau_z/2 (layer). Lattice constant 1, so that v = sqrt(3) t/2. Parameters t = 1, gamma_1 = 0.4, u = 0.2.
    """
    t, gamma_1, u = sp.symbols("t gamma_1 u", real=True)
    f = t * bond_sum()
    layer = sp.ImmutableDenseMatrix([[0, f], [sp.conjugate(f), 0]])
    tunnel = sp.ImmutableDenseMatrix(4, 4, lambda i, j: int({i, j} == {1, 2}))
    model = Model(
        kron(sigma_0, layer) + gamma_1 * tunnel + u / 2 * kron(sigma_z, sigma_0),
        s=kron(sigma_z, sigma_0) / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, gamma_1: 0.4, u: 0.2},
        lattice=LATTICE,
        name="bilayer_graphene",
        reference="E. McCann and V. I. Fal'ko, Phys. Rev. Lett. 96, 086805 (2006)",
        facts="With e = |t f(k)|, energies squared gamma_1^2/2 + u^2/4 + e^2 +- sqrt(gamma_1^4/4 + e^2 (gamma_1^2 + "
        "u^2)). At u = 0 the inner bands touch at the zone corners with mass |gamma_1|/(2 v^2), v = sqrt(3) "
        "|t|/2.",
    )
    return with_values(model, overrides)
