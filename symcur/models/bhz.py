"""The Bernevig-Hughes-Zhang model of HgTe quantum wells on the square lattice, with bulk inversion asymmetry."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, kron, sigma_0, sigma_x, sigma_y, sigma_z


def bhz(**overrides: Any) -> Model:
    """Bands (E1+, H1+, E1-, H1-): spin is the outer, orbital the inner factor; s = (spin sigma_z)/2, the Kramers label.

    H = -2 D c + (M - 2 B c) tau_z + A (sin k_x sigma_z tau_x + sin k_y tau_y) + Delta_BIA sigma_y tau_y with
    c = 2 - cos k_x - cos k_y and lattice constant 1. Parameters A = 1, B = 1, D = 0.1, M = 1, Delta_BIA = 0.3.
    """
    A, B, D, M, Delta_BIA = sp.symbols("A B D M Delta_BIA", real=True)
    c = 2 - sp.cos(k_x) - sp.cos(k_y)
    H = -2 * D * c * kron(sigma_0, sigma_0) + (M - 2 * B * c) * kron(sigma_0, sigma_z)
    H += A * (sp.sin(k_x) * kron(sigma_z, sigma_x) + sp.sin(k_y) * kron(sigma_0, sigma_y))
    H += Delta_BIA * kron(sigma_y, sigma_y)
    model = Model(
        H,
        s=kron(sigma_z, sigma_0) / 2,
        k=(k_x, k_y),
        parameters={A: 1.0, B: 1.0, D: 0.1, M: 1.0, Delta_BIA: 0.3},
        lattice=((1, 0), (0, 1)),
        name="bhz",
        reference="B. A. Bernevig, T. L. Hughes and S.-C. Zhang, Science 314, 1757 (2006); Delta_BIA: M. König et "
        "al., J. Phys. Soc. Jpn. 77, 031007 (2008)",
        facts="Energies -2 D c +- sqrt((M - 2 B c)^2 + (kappa +- Delta_BIA)^2), kappa = |A| sqrt(sin^2 k_x + sin^2 "
        "k_y). At Delta_BIA = 0 spin is conserved and the gap closes at M = 0, 4B, 8B; in between the two spins "
        "carry opposite Chern numbers +-1, and none outside.",
    )
    return with_values(model, overrides)
