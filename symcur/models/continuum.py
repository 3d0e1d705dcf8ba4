"""Models of the continuum: electron and hole gases, a Dirac cone."""

from __future__ import annotations

import sympy as sp

from symcur.band_structures import Model
from symcur.models.library import library_model
from symcur.models.pauli import k_x, k_y, k_z, sigma_0, sigma_x, sigma_y, sigma_z


@library_model
def rashba() -> Model:
    """H = k^2/2m + alpha (k_y sigma_x - k_x sigma_y) + M sigma_z, s = sigma_z/2 (spin).

    Parameters m = 1, alpha = 0.7, M = 0.1. At M = 0 the bands touch at k = 0.
    """
    m = sp.Symbol("m", positive=True)
    alpha, M = sp.symbols("alpha M", real=True)
    kinetic = (k_x**2 + k_y**2) / (2 * m)
    return Model(
        kinetic * sigma_0 + alpha * (k_y * sigma_x - k_x * sigma_y) + M * sigma_z,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={m: 1.0, alpha: 0.7, M: 0.1},
        reference="Y. A. Bychkov and E. I. Rashba, J. Phys. C 17, 6039 (1984)",
        facts="Energies k^2/2m +- sqrt(alpha^2 k^2 + M^2), bounded below. At M = 0 the s dipole is (-k_y, k_x)/(4 "
        "k^2) in both bands and the Berry curvature vanishes away from k = 0.",
    )


@library_model
def rashba_dresselhaus() -> Model:
    """H = k^2/2m + alpha (k_y sigma_x - k_x sigma_y) + beta (k_x sigma_x - k_y sigma_y) + M sigma_z, s = sigma_z/2.

    Parameters m = 1, alpha = 0.7, beta = 0.3, M = 0.1.
    """
    m = sp.Symbol("m", positive=True)
    alpha, beta, M = sp.symbols("alpha beta M", real=True)
    H = (k_x**2 + k_y**2) / (2 * m) * sigma_0 + M * sigma_z
    H += alpha * (k_y * sigma_x - k_x * sigma_y) + beta * (k_x * sigma_x - k_y * sigma_y)
    return Model(
        H,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={m: 1.0, alpha: 0.7, beta: 0.3, M: 0.1},
        reference="J. Schliemann, J. C. Egues and D. Loss, Phys. Rev. Lett. 90, 146801 (2003)",
        facts="Energies k^2/2m +- sqrt((alpha^2 + beta^2) k^2 + 4 alpha beta k_x k_y + M^2), bounded below. At M = 0 "
        "the spin along (1, -1) is conserved for alpha = beta, along (1, 1) for alpha = -beta; sigma_z is not.",
    )


@library_model
def cubic_rashba() -> Model:
    """H = k^2/2m + (i alpha/2)(k_-^3 sigma_+ - k_+^3 sigma_-) + M sigma_z, s = 3 sigma_z/2.

    k_+- = k_x +- i k_y and sigma_+- = sigma_x +- i sigma_y, so that <up|H|down> = i alpha k_-^3.
    Parameters m = 1, alpha = 0.2, M = 0.1.
    """
    m = sp.Symbol("m", positive=True)
    alpha, M = sp.symbols("alpha M", real=True)
    # i alpha k_-^3 = alpha (k_y (3 k_x^2 - k_y^2) + i k_x (k_x^2 - 3 k_y^2))
    coupling = k_y * (3 * k_x**2 - k_y**2) * sigma_x - k_x * (k_x**2 - 3 * k_y**2) * sigma_y
    return Model(
        (k_x**2 + k_y**2) / (2 * m) * sigma_0 + alpha * coupling + M * sigma_z,
        s=3 * sigma_z / 2,
        k=(k_x, k_y),
        parameters={m: 1.0, alpha: 0.2, M: 0.1},
        reference="J. Schliemann and D. Loss, Phys. Rev. B 71, 085308 (2005)",
        facts="Energies k^2/2m +- sqrt(alpha^2 k^6 + M^2): the lower band is unbounded below; at M = 0 it turns over "
        "at k = 1/(3 m |alpha|), beyond which the model does not hold. At M = 0 the in-plane pseudospin winds "
        "three times around k = 0.",
    )


@library_model
def massive_dirac() -> Model:
    """H = v (k_x sigma_x + k_y sigma_y) + Delta sigma_z, s = sigma_z/2.

    Parameters v = 1, Delta = 0.5.
    """
    v, Delta = sp.symbols("v Delta", real=True)
    return Model(
        v * (k_x * sigma_x + k_y * sigma_y) + Delta * sigma_z,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={v: 1.0, Delta: 0.5},
        reference="N. A. Sinitsyn et al., Phys. Rev. B 75, 045315 (2007)",
        facts="Energies +- e with e = sqrt(v^2 k^2 + Delta^2), unbounded below. The Berry curvature Omega^{xy} is -+ "
        "v^2 Delta/(2 e^3), so the lower band carries int d^2 k/2pi Omega^{xy} = sign(Delta)/2.",
    )


def spin_three_halves() -> tuple[sp.ImmutableDenseMatrix, ...]:
    """J_x, J_y, J_z in the basis J_z = 3/2, 1/2, -1/2, -3/2."""
    raising = sp.ImmutableDenseMatrix([[0, sp.sqrt(3), 0, 0], [0, 0, 2, 0], [0, 0, 0, sp.sqrt(3)], [0, 0, 0, 0]])
    J_z = sp.ImmutableDenseMatrix(sp.diag(3, 1, -1, -3)) / 2
    return (raising + raising.T) / 2, (raising - raising.T) / (2 * sp.I), J_z


@library_model
def luttinger() -> Model:
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
    return Model(
        (H / 2).applyfunc(sp.expand),
        s=J[2],
        k=k,
        parameters={gamma1: 6.98, gamma2: 2.06, gamma3: 2.93},
        reference="J. M. Luttinger, Phys. Rev. 102, 1030 (1956)",
        facts="Two Kramers pairs with energies gamma1 k^2/2 +- sqrt(gamma2^2 k^4 + 3 (gamma3^2 - gamma2^2)(k_x^2 "
        "k_y^2 + k_y^2 k_z^2 + k_z^2 k_x^2)); bounded below for gamma1 > 2 max(|gamma2|, |gamma3|). All bands "
        "meet at k = 0.",
    )
