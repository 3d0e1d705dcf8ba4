"""Haldane's honeycomb model of the quantum Hall effect without Landau levels."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.honeycomb import LATTICE, bond_sum, circulating_sum, second_neighbour_sum
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_z


def haldane(**overrides: Any) -> Model:
    """Sublattices (A, B): hopping t, second-neighbour hopping t2 with phase phi, mass M; s = sigma_z/2 (sublattice).

    Lattice constant 1. Parameters t = 1, t2 = 0.2, phi = 1, M = 0.3.
    """
    t, t2, phi, M = sp.symbols("t t2 phi M", real=True)
    f = bond_sum()
    H = sp.ImmutableDenseMatrix([[0, t * f], [t * sp.conjugate(f), 0]])
    H += t2 * sp.cos(phi) * second_neighbour_sum() * sigma_0
    H += (M - t2 * sp.sin(phi) * circulating_sum()) * sigma_z
    model = Model(
        H,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, t2: 0.2, phi: 1.0, M: 0.3},
        lattice=LATTICE,
        name="haldane",
        reference="F. D. M. Haldane, Phys. Rev. Lett. 61, 2015 (1988)",
        facts="Chern number int d^2k/2pi Omega^{xy} of the lower band -sign(t2 sin phi) for |M| < 3 sqrt(3) |t2 sin "
        "phi|, zero otherwise; the gap closes at a corner of the zone where |M| = 3 sqrt(3) |t2 sin phi|.",
    )
    return with_values(model, overrides)
