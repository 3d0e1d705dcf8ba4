"""The coplanar 120-degree antiferromagnet on the kagome lattice, without spin-orbit coupling."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, kron, sigma_0, sigma_x, sigma_y, sigma_z


def kagome_antiferromagnet(**overrides: Any) -> Model:
    """Three sublattices (outer) times spin: hopping -t, exchange -J n_a . sigma; s = (spin sigma_z)/2.

    The moments n_a lie in the plane at the angles 90, 210 and 330 degrees (positive vector chirality, one cell).
    Lattice constant 1, neighbours at 1/2: <a|H|b> = -2t cos k.(r_a - r_b). Parameters t = 1, J = 1.7.
    """
    t, J = sp.symbols("t J", real=True)
    positions = [(0, 0), (sp.Rational(1, 2), 0), (sp.Rational(1, 4), sp.sqrt(3) / 4)]
    lattice = [(2 * x, 2 * y) for x, y in positions[1:]]

    def hop(a: int, b: int) -> sp.Expr:
        difference = [x - y for x, y in zip(positions[a], positions[b], strict=True)]
        return -2 * t * sp.cos(k_x * difference[0] + k_y * difference[1]) if a != b else sp.Integer(0)

    H = kron(sp.ImmutableDenseMatrix(3, 3, hop), sigma_0)
    for a in range(3):
        angle = sp.pi / 2 + 2 * sp.pi * a / 3
        site = sp.ImmutableDenseMatrix(3, 3, lambda i, j, a=a: int(i == j == a))
        H -= J * kron(site, sp.cos(angle) * sigma_x + sp.sin(angle) * sigma_y)
    model = Model(
        H,
        s=kron(sp.ImmutableDenseMatrix(sp.eye(3)), sigma_z) / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, J: 1.7},
        lattice=lattice,
        name="kagome_antiferromagnet",
        reference="Y. Zhang, J. Železný, Y. Sun, J. van den Brink and B. Yan, New J. Phys. 20, 073028 (2018)",
        facts="H(-k) = H(k), and sigma_x H(k)* sigma_x = H(k) (time reversal and a half turn of the spins), so the "
        "Berry curvature and the spin along z vanish while the spin Berry curvature of s_z does not. Energies "
        "at k = 0: -t +- sqrt(9 t^2 + J^2), twice each, and 2t +- J. Bands 2 and 3, 5 and 6 touch at the zone "
        "corners; bands 3 and 4 are separated at the default values. At J = 0 a flat band lies at 2t.",
    )
    return with_values(model, overrides)
