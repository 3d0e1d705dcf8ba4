"""An s-wave superconductor on the square lattice, at rest or with a moving condensate."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y
from symcur.superconductors.nambu import bdg


def s_wave_superconductor(**overrides: Any) -> Model:
    """xi = -2t [cos(k_x + phi) + cos k_y] - E_F, Delta = Delta_0, in the 2 x 2 singlet form; s = sigma_z (charge).

    Lattice constant 1. Parameters t = 1, E_F = -1, Delta_0 = 0.4, phi = 0.
    """
    t, E_F, Delta_0, phi = sp.symbols("t E_F Delta_0 phi", real=True)
    model = bdg(
        -2 * t * (sp.cos(k_x + phi) + sp.cos(k_y)) - E_F,
        Delta_0,
        (k_x, k_y),
        parameters={t: 1.0, E_F: -1.0, Delta_0: 0.4, phi: 0.0},
        lattice=((1, 0), (0, 1)),
        name="s_wave_superconductor",
        reference="G. E. Blonder, M. Tinkham, T. M. Klapwijk, Phys. Rev. B 25, 4515 (1982) for the source term of the "
        "quasiparticle charge; P. G. de Gennes, Superconductivity of Metals and Alloys (1966)",
        facts="Delta has a constant phase: charge dipole, Berry curvature and orbital magnetization vanish. The charge "
        "changes at the rate 4 Im(Delta_0 mu^* nu). phi != 0 breaks time reversal and inversion (a condensate that moves "
        "with the pair momentum -2 phi, in the frame where Delta is uniform): the conventional current of equilibrium no "
        "longer vanishes.",
    )
    return with_values(model, overrides)
