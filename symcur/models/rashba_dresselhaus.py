"""Two-dimensional electrons with k-linear Rashba and Dresselhaus coupling."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z


def rashba_dresselhaus(**overrides: Any) -> Model:
    """H = k^2/2m + alpha (k_y sigma_x - k_x sigma_y) + beta (k_x sigma_x - k_y sigma_y) + M sigma_z, s = sigma_z/2.

    Parameters m = 1, alpha = 0.7, beta = 0.3, M = 0.1.
    """
    m = sp.Symbol("m", positive=True)
    alpha, beta, M = sp.symbols("alpha beta M", real=True)
    H = (k_x**2 + k_y**2) / (2 * m) * sigma_0 + M * sigma_z
    H += alpha * (k_y * sigma_x - k_x * sigma_y) + beta * (k_x * sigma_x - k_y * sigma_y)
    model = Model(
        H,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={m: 1.0, alpha: 0.7, beta: 0.3, M: 0.1},
        name="rashba_dresselhaus",
        reference="J. Schliemann, J. C. Egues and D. Loss, Phys. Rev. Lett. 90, 146801 (2003)",
        facts="Energies k^2/2m +- sqrt((alpha^2 + beta^2) k^2 + 4 alpha beta k_x k_y + M^2), bounded below. At M = 0 "
        "the spin along (1, -1) is conserved for alpha = beta, along (1, 1) for alpha = -beta; sigma_z is not.",
    )
    return with_values(model, overrides)
