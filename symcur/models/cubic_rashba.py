"""Heavy holes in a quantum well, with Rashba coupling cubic in k."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z


def cubic_rashba(**overrides: Any) -> Model:
    """H = k^2/2m + (i alpha/2)(k_-^3 sigma_+ - k_+^3 sigma_-) + M sigma_z, s = 3 sigma_z/2.

    k_+- = k_x +- i k_y and sigma_+- = sigma_x +- i sigma_y, so that <up|H|down> = i alpha k_-^3.
    Parameters m = 1, alpha = 0.2, M = 0.1.
    """
    m = sp.Symbol("m", positive=True)
    alpha, M = sp.symbols("alpha M", real=True)
    # i alpha k_-^3 = alpha (k_y (3 k_x^2 - k_y^2) + i k_x (k_x^2 - 3 k_y^2))
    coupling = k_y * (3 * k_x**2 - k_y**2) * sigma_x - k_x * (k_x**2 - 3 * k_y**2) * sigma_y
    model = Model(
        (k_x**2 + k_y**2) / (2 * m) * sigma_0 + alpha * coupling + M * sigma_z,
        s=3 * sigma_z / 2,
        k=(k_x, k_y),
        parameters={m: 1.0, alpha: 0.2, M: 0.1},
        name="cubic_rashba",
        reference="J. Schliemann and D. Loss, Phys. Rev. B 71, 085308 (2005)",
        facts="Energies k^2/2m +- sqrt(alpha^2 k^6 + M^2): the lower band is unbounded below; at M = 0 it turns over "
        "at k = 1/(3 m |alpha|), beyond which the model does not hold. At M = 0 the in-plane pseudospin winds "
        "three times around k = 0.",
    )
    return with_values(model, overrides)
