"""Two-dimensional electrons with k-linear Rashba coupling and a Zeeman mass."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z


def rashba(**overrides: Any) -> Model:
    """H = k^2/2m + alpha (k_y sigma_x - k_x sigma_y) + M sigma_z, s = sigma_z/2 (spin).

    Parameters m = 1, alpha = 0.7, M = 0.1. At M = 0 the bands touch at k = 0.
    """
    m = sp.Symbol("m", positive=True)
    alpha, M = sp.symbols("alpha M", real=True)
    kinetic = (k_x**2 + k_y**2) / (2 * m)
    model = Model(
        kinetic * sigma_0 + alpha * (k_y * sigma_x - k_x * sigma_y) + M * sigma_z,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={m: 1.0, alpha: 0.7, M: 0.1},
        name="rashba",
        reference="Y. A. Bychkov and E. I. Rashba, J. Phys. C 17, 6039 (1984)",
        facts="Energies k^2/2m +- sqrt(alpha^2 k^2 + M^2), bounded below. At M = 0 the s dipole is (-k_y, k_x)/(4 "
        "k^2) in both bands and the Berry curvature vanishes away from k = 0.",
    )
    return with_values(model, overrides)
