"""A massive Dirac cone in two dimensions."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, sigma_x, sigma_y, sigma_z


def massive_dirac(**overrides: Any) -> Model:
    """H = v (k_x sigma_x + k_y sigma_y) + Delta sigma_z, s = sigma_z/2.

    Parameters v = 1, Delta = 0.5.
    """
    v, Delta = sp.symbols("v Delta", real=True)
    model = Model(
        v * (k_x * sigma_x + k_y * sigma_y) + Delta * sigma_z,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={v: 1.0, Delta: 0.5},
        name="massive_dirac",
        reference="N. A. Sinitsyn et al., Phys. Rev. B 75, 045315 (2007)",
        facts="Energies +- e with e = sqrt(v^2 k^2 + Delta^2), unbounded below. The Berry curvature Omega^{xy} is -+ "
        "v^2 Delta/(2 e^3), so the lower band carries int d^2k/2pi Omega^{xy} = sign(Delta)/2.",
    )
    return with_values(model, overrides)
