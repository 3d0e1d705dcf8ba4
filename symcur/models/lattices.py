"""Models on the chain, the square, the kagome and the cubic lattice."""

from __future__ import annotations

import sympy as sp

from symcur.band_structures import Model
from symcur.models.library import library_model
from symcur.models.pauli import k_x, k_y, k_z, kron, sigma_0, sigma_x, sigma_y, sigma_z


@library_model
def rice_mele() -> Model:
    """Sites A at 0 and B at 1/2, cell length 1; hoppings t + delta within the cell and t - delta between cells.

    H = 2 t cos(k_x/2) sigma_x - 2 delta sin(k_x/2) sigma_y + Delta sigma_z, s = sigma_z (A minus B). Parameters t = 1,
    delta = 0.3, Delta = 0.4.
    """
    t, delta, Delta = sp.symbols("t delta Delta", real=True)
    return Model(
        2 * t * sp.cos(k_x / 2) * sigma_x - 2 * delta * sp.sin(k_x / 2) * sigma_y + Delta * sigma_z,
        s=sigma_z,
        k=(k_x,),
        parameters={t: 1.0, delta: 0.3, Delta: 0.4},
        lattice=((1,),),
        reference="M. J. Rice and E. J. Mele, Phys. Rev. Lett. 49, 1455 (1982)",
        facts="Energies +- sqrt(4 t^2 cos^2(k_x/2) + 4 delta^2 sin^2(k_x/2) + Delta^2), gap 2 sqrt(4 delta^2 + "
        "Delta^2) for |delta| < |t|. At Delta = 0 the Wannier centre of the lower band sits in the middle of "
        "the strong bond; around delta = Delta = 0 one charge is pumped.",
    )


@library_model
def bhz() -> Model:
    """Bands (E1+, H1+, E1-, H1-): spin is the outer, orbital the inner factor; s = (spin sigma_z)/2, the Kramers label.

    H = -2 D c + (M - 2 B c) tau_z + A (sin k_x sigma_z tau_x + sin k_y tau_y) + Delta_BIA sigma_y tau_y with
    c = 2 - cos k_x - cos k_y and lattice constant 1. Parameters A = 1, B = 1, D = 0.1, M = 1, Delta_BIA = 0.3.
    """
    A, B, D, M, Delta_BIA = sp.symbols("A B D M Delta_BIA", real=True)
    c = 2 - sp.cos(k_x) - sp.cos(k_y)
    H = -2 * D * c * kron(sigma_0, sigma_0) + (M - 2 * B * c) * kron(sigma_0, sigma_z)
    H += A * (sp.sin(k_x) * kron(sigma_z, sigma_x) + sp.sin(k_y) * kron(sigma_0, sigma_y))
    H += Delta_BIA * kron(sigma_y, sigma_y)
    return Model(
        H,
        s=kron(sigma_z, sigma_0) / 2,
        k=(k_x, k_y),
        parameters={A: 1.0, B: 1.0, D: 0.1, M: 1.0, Delta_BIA: 0.3},
        lattice=((1, 0), (0, 1)),
        reference="B. A. Bernevig, T. L. Hughes and S.-C. Zhang, Science 314, 1757 (2006); Delta_BIA: M. König et "
        "al., J. Phys. Soc. Jpn. 77, 031007 (2008)",
        facts="Energies -2 D c +- sqrt((M - 2 B c)^2 + (kappa +- Delta_BIA)^2), kappa = |A| sqrt(sin^2 k_x + sin^2 "
        "k_y). At Delta_BIA = 0 spin is conserved and the gap closes at M = 0, 4B, 8B; in between the two spins "
        "carry opposite Chern numbers +-1, and none outside.",
    )


@library_model
def altermagnet() -> Model:
    """H = -2t (cos k_x + cos k_y) + t_am (cos k_x - cos k_y) sigma_z + lambda_R (sin k_y sigma_x - sin k_x sigma_y).

    s = sigma_z/2 (spin); square lattice with constant 1. Parameters t = 1, t_am = 0.5, lambda_R = 0.3.
    """
    t, t_am, lambda_R = sp.symbols("t t_am lambda_R", real=True)
    H = -2 * t * (sp.cos(k_x) + sp.cos(k_y)) * sigma_0 + t_am * (sp.cos(k_x) - sp.cos(k_y)) * sigma_z
    H += lambda_R * (sp.sin(k_y) * sigma_x - sp.sin(k_x) * sigma_y)
    return Model(
        H,
        s=sigma_z / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, t_am: 0.5, lambda_R: 0.3},
        lattice=((1, 0), (0, 1)),
        reference="L. Šmejkal, J. Sinova and T. Jungwirth, Phys. Rev. X 12, 031042 (2022)",
        facts="Symmetric under a quarter turn followed by time reversal, so the Berry curvature and the spin along z "
        "change sign under k -> C_4 k. The bands touch at (0, 0) and (pi, pi) only; without Rashba coupling on "
        "|k_x| = |k_y|.",
    )


@library_model
def kagome_antiferromagnet() -> Model:
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
    return Model(
        H,
        s=kron(sp.ImmutableDenseMatrix(sp.eye(3)), sigma_z) / 2,
        k=(k_x, k_y),
        parameters={t: 1.0, J: 1.7},
        lattice=lattice,
        reference="Y. Zhang, J. Železný, Y. Sun, J. van den Brink and B. Yan, New J. Phys. 20, 073028 (2018)",
        facts="H(-k) = H(k), and sigma_x H(k)* sigma_x = H(k) (time reversal and a half turn of the spins), so the "
        "Berry curvature and the spin along z vanish while the spin Berry curvature of s_z does not. Energies "
        "at k = 0: -t +- sqrt(9 t^2 + J^2), twice each, and 2t +- J. Bands 2 and 3, 5 and 6 touch at the zone "
        "corners; bands 3 and 4 are separated at the default values. At J = 0 a flat band lies at 2t.",
    )


@library_model
def weyl() -> Model:
    """H = t (sin k_x sigma_x + sin k_y sigma_y) + [t (cos k_z - cos k_0) + m (2 - cos k_x - cos k_y)] sigma_z.

    s = sigma_z/2; simple cubic lattice with constant 1. Parameters t = 1, m = 2, k_0 = 1.
    """
    t, m, k_0 = sp.symbols("t m k_0", real=True)
    mass = t * (sp.cos(k_z) - sp.cos(k_0)) + m * (2 - sp.cos(k_x) - sp.cos(k_y))
    return Model(
        t * (sp.sin(k_x) * sigma_x + sp.sin(k_y) * sigma_y) + mass * sigma_z,
        s=sigma_z / 2,
        k=(k_x, k_y, k_z),
        parameters={t: 1.0, m: 2.0, k_0: 1.0},
        lattice=((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        reference="K.-Y. Yang, Y.-M. Lu and Y. Ran, Phys. Rev. B 84, 075129 (2011), axes relabelled",
        facts="For t > 0, 2m > t (1 + cos k_0) and 0 < k_0 < pi the bands touch at (0, 0, +-k_0) only, monopoles of "
        "the Berry curvature of the lower band with charges -+1; its Chern number is -1 on the planes k_0 < "
        "|k_z| and zero on the others.",
    )
