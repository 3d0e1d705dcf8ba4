"""A Rashba superconductor in an in-plane Zeeman field: Bogoliubov Fermi surfaces."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z
from symcur.superconductors.nambu import bdg


def spin_orbit_superconductor(**overrides: Any) -> Model:
    """h = -2t (cos k_x + cos k_y) - E_F + lambda_R (sin k_y sigma_x - sin k_x sigma_y) + B sigma_x, Delta = i Delta_0 sigma_y.

    Full Nambu form, basis (up, down, up^+, down^+), so sums over states carry the factor 1/2; s = charge, spin = S_z.
    Lattice constant 1. Parameters t = 1, E_F = -2, lambda_R = 0.5, B = 0.3, Delta_0 = 0.2.
    """
    t, E_F, lambda_R, B, Delta_0 = sp.symbols("t E_F lambda_R B Delta_0", real=True)
    h = (-2 * t * (sp.cos(k_x) + sp.cos(k_y)) - E_F) * sigma_0
    h += lambda_R * (sp.sin(k_y) * sigma_x - sp.sin(k_x) * sigma_y) + B * sigma_x
    model = bdg(
        h,
        sp.I * Delta_0 * sigma_y,
        (k_x, k_y),
        parameters={t: 1.0, E_F: -2.0, lambda_R: 0.5, B: 0.3, Delta_0: 0.2},
        lattice=((1, 0), (0, 1)),
        form="nambu",
        spin=sigma_z / 2,
        name="spin_orbit_superconductor",
        reference="N. F. Q. Yuan, L. Fu, Phys. Rev. B 97, 115139 (2018); Bogoliubov Fermi surfaces: D. F. Agterberg, "
        "P. M. R. Brydon, C. Timm, Phys. Rev. Lett. 118, 127001 (2017)",
        facts="The field shifts the energies of opposite momenta against one another; once the shift exceeds the gap "
        "(about |B| > |Delta_0| for lambda_R k_F >> |B|) states of zero energy form closed curves, Bogoliubov Fermi "
        "surfaces. Spin-orbit coupling breaks the conservation of S_z. At B = 0 the model is time-reversal symmetric and has "
        "a full gap.",
    )
    return with_values(model, overrides)
