"""The Luttinger Hamiltonian of holes in the valence band of cubic semiconductors."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, k_z


def spin_three_halves() -> tuple[sp.ImmutableDenseMatrix, ...]:
    """J_x, J_y, J_z in the basis J_z = 3/2, 1/2, -1/2, -3/2."""
    raising = sp.ImmutableDenseMatrix([[0, sp.sqrt(3), 0, 0], [0, 0, 2, 0], [0, 0, 0, sp.sqrt(3)], [0, 0, 0, 0]])
    J_z = sp.ImmutableDenseMatrix(sp.diag(3, 1, -1, -3)) / 2
    return (raising + raising.T) / 2, (raising - raising.T) / (2 * sp.I), J_z


def luttinger(**overrides: Any) -> Model:
    """Bands J_z = 3/2, 1/2, -1/2, -3/2, as hole energies (positive masses); s = J_z. Energies in units of hbar^2/m_0.

    H = (1/2)[(gamma1 + 5 gamma2/2) k^2 - 2 gamma2 sum_i k_i^2 J_i^2 - 2 gamma3 sum_{i<j} k_i k_j (J_i J_j + J_j J_i)].
    Parameters gamma1 = 6.98, gamma2 = 2.06, gamma3 = 2.93 (GaAs: Vurgaftman, Meyer and Ram-Mohan, J. Appl. Phys. 89,
    5815 (2001)).
    """
    gamma1 = sp.Symbol("gamma1", positive=True)
    gamma2, gamma3 = sp.symbols("gamma2 gamma3", real=True)
    k, J = (k_x, k_y, k_z), spin_three_halves()
    H = (gamma1 + 5 * gamma2 / 2) * sum(k_i**2 for k_i in k) * sp.eye(4)
    for i in range(3):
        H -= 2 * gamma2 * k[i] ** 2 * J[i] ** 2
        for j in range(i):
            H -= 2 * gamma3 * k[i] * k[j] * (J[i] * J[j] + J[j] * J[i])
    model = Model(
        (H / 2).applyfunc(sp.expand),
        s=J[2],
        k=k,
        parameters={gamma1: 6.98, gamma2: 2.06, gamma3: 2.93},
        name="luttinger",
        reference="J. M. Luttinger, Phys. Rev. 102, 1030 (1956)",
        facts="Two Kramers pairs with energies gamma1 k^2/2 +- sqrt(gamma2^2 k^4 + 3 (gamma3^2 - gamma2^2)(k_x^2 "
        "k_y^2 + k_y^2 k_z^2 + k_z^2 k_x^2)); bounded below for gamma1 > 2 max(|gamma2|, |gamma3|). All bands "
        "meet at k = 0.",
    )
    return with_values(model, overrides)
