"""Superconductors, with constant, chiral and spin-orbit coupled pairing."""

from __future__ import annotations

import sympy as sp

from symcur.models.honeycomb import LATTICE, SECOND_NEIGHBOURS, haldane, phase
from symcur.models.library import library_model
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z
from symcur.superconductors.nambu import Superconductor, bdg


@library_model
def s_wave_superconductor() -> Superconductor:
    """xi = -2t [cos(k_x + phi) + cos k_y] - E_F, Delta = Delta_0, in the 2 x 2 singlet form; s = sigma_z (charge).

    Lattice constant 1. Parameters t = 1, E_F = -1, Delta_0 = 0.4, phi = 0.
    """
    t, E_F, Delta_0, phi = sp.symbols("t E_F Delta_0 phi", real=True)
    return bdg(
        -2 * t * (sp.cos(k_x + phi) + sp.cos(k_y)) - E_F,
        Delta_0,
        (k_x, k_y),
        parameters={t: 1.0, E_F: -1.0, Delta_0: 0.4, phi: 0.0},
        lattice=((1, 0), (0, 1)),
        reference="G. E. Blonder, M. Tinkham, T. M. Klapwijk, Phys. Rev. B 25, 4515 (1982) for the source term of the "
        "quasiparticle charge; P. G. de Gennes, Superconductivity of Metals and Alloys (1966)",
        facts="Delta has a constant phase: charge dipole, Berry curvature and orbital magnetization vanish. The charge "
        "changes at the rate 4 Im(Delta_0 mu^* nu). phi != 0 breaks time reversal and inversion (a condensate that moves "
        "with the pair momentum -2 phi, in the frame where Delta is uniform): the conventional current of equilibrium no "
        "longer vanishes.",
    )


@library_model
def chiral_p_superconductor() -> Superconductor:
    """xi = -2t (cos k_x + cos k_y) - E_F, Delta = Delta_0 (sin k_x + i sin k_y), spinless; s = sigma_z (charge).

    Lattice constant 1; sums over states carry the factor 1/2. Parameters t = 1, E_F = -1, Delta_0 = 0.5.
    """
    t, E_F, Delta_0 = sp.symbols("t E_F Delta_0", real=True)
    return bdg(
        -2 * t * (sp.cos(k_x) + sp.cos(k_y)) - E_F,
        Delta_0 * (sp.sin(k_x) + sp.I * sp.sin(k_y)),
        (k_x, k_y),
        parameters={t: 1.0, E_F: -1.0, Delta_0: 0.5},
        lattice=((1, 0), (0, 1)),
        form="spinless",
        reference="N. Read, D. Green, Phys. Rev. B 61, 10267 (2000)",
        facts="Chern number int d^2 k/2pi Omega^{xy} of the lower band -sign(E_F) for 0 < |E_F| < 4|t|, zero for |E_F| > 4|t|; the "
        "gap closes at E_F = 0 and E_F = +-4t. The edge carries Majorana modes: kappa_xy/T is half of pi^2 k_B^2/3h per Chern "
        "number at low T. M = 0.",
    )


@library_model
def chiral_d_superconductor(lattice: str = "square") -> Superconductor:
    """Nearest-neighbour hopping t and d + id pairing in the 2 x 2 singlet form; s = sigma_z (charge).

    square: Delta = Delta_1 (cos k_x - cos k_y) + i Delta_2 sin k_x sin k_y.
    triangular: Delta = Delta_0 sum_j exp(2 pi i j/3) cos(k.b_j) over the three bonds b_j, 120 degrees apart.
    Lattice constant 1. Parameters t = 1, E_F = -1, and Delta_1 = 0.6, Delta_2 = 0.8 or Delta_0 = 0.6.
    """
    kinds = {"square": _square, "triangular": _triangular}
    if lattice not in kinds:
        raise ValueError(f"lattice: expected 'square' or 'triangular', got {lattice!r}")
    return kinds[lattice]()


t, E_F, Delta_1, Delta_2, Delta_0 = sp.symbols("t E_F Delta_1 Delta_2 Delta_0", real=True)


def _square() -> Superconductor:
    return bdg(
        -2 * t * (sp.cos(k_x) + sp.cos(k_y)) - E_F,
        Delta_1 * (sp.cos(k_x) - sp.cos(k_y)) + sp.I * Delta_2 * sp.sin(k_x) * sp.sin(k_y),
        (k_x, k_y),
        parameters={t: 1.0, E_F: -1.0, Delta_1: 0.6, Delta_2: 0.8},
        lattice=((1, 0), (0, 1)),
        reference="T. Senthil, J. B. Marston, M. P. A. Fisher, Phys. Rev. B 60, 4245 (1999)",
        facts="Delta has double vortices at (0, 0) and (pi, pi). Chern number int d^2 k/2pi Omega^{xy} of the lower "
        "band -2 sign(t Delta_1 Delta_2) for |E_F| < 4|t|, zero beyond. At low T |kappa_xy|/T = 2 pi^2 k_B^2/3h and "
        "the spin Hall response to a Zeeman gradient is 2 hbar/8pi. M = 0.",
    )


def _triangular() -> Superconductor:
    cosines = [sp.cos(phase(b)) for b in SECOND_NEIGHBOURS]
    turn = sp.Rational(-1, 2) + sp.sqrt(3) / 2 * sp.I
    return bdg(
        -2 * t * sum(cosines) - E_F,
        Delta_0 * sum(turn**j * cosine for j, cosine in enumerate(cosines)),
        (k_x, k_y),
        parameters={t: 1.0, E_F: -1.0, Delta_0: 0.6},
        lattice=LATTICE,
        reference="A. M. Black-Schaffer, C. Honerkamp, J. Phys.: Condens. Matter 26, 423201 (2014) for hexagonal lattices; "
        "T. Senthil, J. B. Marston, M. P. A. Fisher, Phys. Rev. B 60, 4245 (1999)",
        facts="Delta has a double vortex at k = 0 and single ones at the corners K and K' of the zone. Chern number "
        "int d^2 k/2pi Omega^{xy} of the lower band -2 for -6t < E_F < 3t (t > 0), zero beyond. "
        "Responses as on the square lattice. M = 0.",
    )


@library_model
def haldane_superconductor() -> Superconductor:
    """The Haldane model for both spins, minus E_F, and Delta = Delta_0 on both sublattices; s = sigma_z (charge).

    4 x 4 singlet form, basis (A up, B up, A^+ down, B^+ down). Lattice constant 1. Parameters t = 1, t2 = 0.2, phi = 1,
    M = 0.3 of the Haldane model, E_F = 1, Delta_0 = 0.4.
    """
    normal = haldane()
    E_F, Delta_0 = sp.symbols("E_F Delta_0", real=True)
    return bdg(
        normal.H - E_F * sigma_0,
        Delta_0 * sigma_0,
        (k_x, k_y),
        parameters={**normal.parameters, E_F: 1.0, Delta_0: 0.4},
        lattice=normal.lattice,
        reference="F. D. M. Haldane, Phys. Rev. Lett. 61, 2015 (1988) for the bands; paired states of such bands in J. Robbins, "
        "J. F. Annett, M. Gradhand, Phys. Rev. B 101, 134505 (2020)",
        facts="The Bloch bands carry Berry curvature, and the orbital magnetization does not vanish. For Delta_0 -> 0 it is "
        "twice (two spins) the charge orbital magnetization of the Haldane model at the chemical potential E_F.",
    )


@library_model
def spin_orbit_superconductor() -> Superconductor:
    """h = -2t (cos k_x + cos k_y) - E_F + lambda_R (sin k_y sigma_x - sin k_x sigma_y) + B sigma_x, Delta = i Delta_0 sigma_y.

    Full Nambu form, basis (up, down, up^+, down^+), so sums over states carry the factor 1/2; s = charge, spin = S_z.
    Lattice constant 1. Parameters t = 1, E_F = -2, lambda_R = 0.5, B = 0.3, Delta_0 = 0.2.
    """
    t, E_F, lambda_R, B, Delta_0 = sp.symbols("t E_F lambda_R B Delta_0", real=True)
    h = (-2 * t * (sp.cos(k_x) + sp.cos(k_y)) - E_F) * sigma_0
    h += lambda_R * (sp.sin(k_y) * sigma_x - sp.sin(k_x) * sigma_y) + B * sigma_x
    return bdg(
        h,
        sp.I * Delta_0 * sigma_y,
        (k_x, k_y),
        parameters={t: 1.0, E_F: -2.0, lambda_R: 0.5, B: 0.3, Delta_0: 0.2},
        lattice=((1, 0), (0, 1)),
        form="nambu",
        spin=sigma_z / 2,
        reference="N. F. Q. Yuan, L. Fu, Phys. Rev. B 97, 115139 (2018); Bogoliubov Fermi surfaces: D. F. Agterberg, "
        "P. M. R. Brydon, C. Timm, Phys. Rev. Lett. 118, 127001 (2017)",
        facts="The field shifts the energies of opposite momenta against one another; once the shift exceeds the gap "
        "(about |B| > |Delta_0| for lambda_R k_F >> |B|) states of zero energy form closed curves, Bogoliubov Fermi "
        "surfaces. Spin-orbit coupling breaks the conservation of S_z. At B = 0 the model is time-reversal symmetric and has "
        "a full gap.",
    )
