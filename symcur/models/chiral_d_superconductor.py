"""A chiral d-wave (d + id) spin-singlet superconductor on the square or on the triangular lattice."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.honeycomb import LATTICE, SECOND_NEIGHBOURS, phase
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y
from symcur.superconductors.nambu import bdg

t, E_F, Delta_1, Delta_2, Delta_0 = sp.symbols("t E_F Delta_1 Delta_2 Delta_0", real=True)


def chiral_d_superconductor(lattice: str = "square", **overrides: Any) -> Model:
    """Nearest-neighbour hopping t and d + id pairing in the 2 x 2 singlet form; s = sigma_z (charge).

    square: Delta = Delta_1 (cos k_x - cos k_y) + i Delta_2 sin k_x sin k_y.
    triangular: Delta = Delta_0 sum_j exp(2 pi i j/3) cos(k.b_j) over the three bonds b_j, 120 degrees apart.
    Lattice constant 1. Parameters t = 1, E_F = -1, and Delta_1 = 0.6, Delta_2 = 0.8 or Delta_0 = 0.6.
    """
    if lattice == "square":
        model = _square()
    elif lattice == "triangular":
        model = _triangular()
    else:
        raise ValueError(f"lattice: {lattice!r} came; valid are 'square' and 'triangular'")
    return with_values(model, overrides)


def _square() -> Model:
    return bdg(
        -2 * t * (sp.cos(k_x) + sp.cos(k_y)) - E_F,
        Delta_1 * (sp.cos(k_x) - sp.cos(k_y)) + sp.I * Delta_2 * sp.sin(k_x) * sp.sin(k_y),
        (k_x, k_y),
        parameters={t: 1.0, E_F: -1.0, Delta_1: 0.6, Delta_2: 0.8},
        lattice=((1, 0), (0, 1)),
        name="chiral_d_superconductor",
        reference="T. Senthil, J. B. Marston, M. P. A. Fisher, Phys. Rev. B 60, 4245 (1999)",
        facts="Delta has double vortices at (0, 0) and (pi, pi). Chern number int d^2k/2pi Omega^{xy} of the lower "
        "band -2 sign(t Delta_1 Delta_2) for |E_F| < 4|t|, zero beyond. At low T |kappa_xy|/T = 2 pi^2 k_B^2/3h and "
        "the spin Hall response to a Zeeman gradient is 2 hbar/8pi. M = 0.",
    )


def _triangular() -> Model:
    cosines = [sp.cos(phase(b)) for b in SECOND_NEIGHBOURS]
    turn = sp.Rational(-1, 2) + sp.sqrt(3) / 2 * sp.I
    return bdg(
        -2 * t * sum(cosines) - E_F,
        Delta_0 * sum(turn**j * cosine for j, cosine in enumerate(cosines)),
        (k_x, k_y),
        parameters={t: 1.0, E_F: -1.0, Delta_0: 0.6},
        lattice=LATTICE,
        name="chiral_d_superconductor",
        reference="A. M. Black-Schaffer, C. Honerkamp, J. Phys.: Condens. Matter 26, 423201 (2014) for hexagonal lattices; "
        "T. Senthil, J. B. Marston, M. P. A. Fisher, Phys. Rev. B 60, 4245 (1999)",
        facts="Delta has a double vortex at k = 0 and single ones at the corners K and K' of the zone. Chern number "
        "int d^2k/2pi Omega^{xy} of the lower band -2 for -6t < E_F < 3t (t > 0), zero beyond. "
        "Responses as on the square lattice. M = 0.",
    )
