"""A lattice Weyl semimetal with two nodes and broken time reversal."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, k_z, sigma_x, sigma_y, sigma_z


def weyl(**overrides: Any) -> Model:
    """H = t (sin k_x sigma_x + sin k_y sigma_y) + [t (cos k_z - cos k_0) + m (2 - cos k_x - cos k_y)] sigma_z.

    s = sigma_z/2; simple cubic lattice with constant 1. Parameters t = 1, m = 2, k_0 = 1.
    """
    t, m, k_0 = sp.symbols("t m k_0", real=True)
    mass = t * (sp.cos(k_z) - sp.cos(k_0)) + m * (2 - sp.cos(k_x) - sp.cos(k_y))
    model = Model(
        t * (sp.sin(k_x) * sigma_x + sp.sin(k_y) * sigma_y) + mass * sigma_z,
        s=sigma_z / 2,
        k=(k_x, k_y, k_z),
        parameters={t: 1.0, m: 2.0, k_0: 1.0},
        lattice=((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        name="weyl",
        reference="K.-Y. Yang, Y.-M. Lu and Y. Ran, Phys. Rev. B 84, 075129 (2011), axes relabelled",
        facts="For t > 0, 2m > t (1 + cos k_0) and 0 < k_0 < pi the bands touch at (0, 0, +-k_0) only, monopoles of "
        "the Berry curvature of the lower band with charges -+1; its Chern number is -1 on the planes k_0 < "
        "|k_z| and zero on the others.",
    )
    return with_values(model, overrides)
