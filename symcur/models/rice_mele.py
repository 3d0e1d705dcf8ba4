"""The Rice-Mele chain."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, sigma_x, sigma_y, sigma_z


def rice_mele(**overrides: Any) -> Model:
    """Sites A at 0 and B at 1/2, cell length 1; hoppings t + delta within the cell and t - delta between cells.

    H = 2 t cos(k_x/2) sigma_x - 2 delta sin(k_x/2) sigma_y + Delta sigma_z, s = sigma_z (A minus B). Parameters t = 1,
    delta = 0.3, Delta = 0.4.
    """
    t, delta, Delta = sp.symbols("t delta Delta", real=True)
    model = Model(
        2 * t * sp.cos(k_x / 2) * sigma_x - 2 * delta * sp.sin(k_x / 2) * sigma_y + Delta * sigma_z,
        s=sigma_z,
        k=(k_x,),
        parameters={t: 1.0, delta: 0.3, Delta: 0.4},
        lattice=((1,),),
        name="rice_mele",
        reference="M. J. Rice and E. J. Mele, Phys. Rev. Lett. 49, 1455 (1982)",
        facts="Energies +- sqrt(4 t^2 cos^2(k_x/2) + 4 delta^2 sin^2(k_x/2) + Delta^2), gap 2 sqrt(4 delta^2 + "
        "Delta^2) for |delta| < |t|. At Delta = 0 the Wannier centre of the lower band sits in the middle of "
        "the strong bond; around delta = Delta = 0 one charge is pumped.",
    )
    return with_values(model, overrides)
