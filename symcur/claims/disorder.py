"""Claims on disorder: what the occupation of the Fermi surface, and scattering on it, add to the conserved current."""

from __future__ import annotations

from symcur.claims import disorder_checks as checks
from symcur.claims.claim import Claim
from symcur.claims.engine import Equality
from symcur.quantities import get
from symcur.words import Occupation, v_band

SECTION = "Disorder"
BORN = (
    "weak disorder: lowest Born order, no skew scattering",
    "nondegenerate bands at the Fermi surface",
    "even potentials of randomly placed impurities",
)
PERIODIC = "a periodic Brillouin zone, or integrands that decay: total derivatives integrate to zero"
f, df = Occupation("f"), Occupation("f", order=1)
uniform_torque = Claim(
    "uniform-torque",
    SECTION,
    {"A": "below (5), (8)"},
    "The uniform intrinsic torque vanishes: refuted as printed; in a metal int f d_l s_n remains, and only the torque "
    "exerted by scattering cancels it.",
    r"\tau_{\mathrm{un}} = \int f \tau_n + F_l \int f\, \Omega^{l\tau} = F_l \int f\, \partial_{k_l} s_n \neq 0",
    recorded="refuted",
    assumptions=("a metal; in an insulator with a periodic zone the integral of d_l s_n does vanish",),
    check=checks.check_uniform_torque,
)
steady_torque = Claim(
    "steady-torque-response",
    SECTION,
    {"A": "below (8)", "B": "above (10)", "C": "above (10)"},
    "With disorder the uniform steady-state linear response of the torque vanishes.",
    r"E_l \int f\, \partial_{k_l} s_n + \int \delta f \sum W (s' - s) = 0",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_steady_torque,
)
occupation_current = Claim(
    "occupation-current",
    SECTION,
    {"A": "(19)", "B": "(13)", "C": "(13)"},
    "Conventional and torque part of the occupation current add up as if s were conserved.",
    r"\int \delta f (J^{is}_n + d^{i\tau}_n) = \int \delta f\, v^i_n s_n",
    equalities=(
        Equality(
            get("s_current").word() + get("torque_dipole").word(),
            get("drift_current").word(),
            "node by node, for any df",
        ),
    ),
)
anisotropic_transverse = Claim(
    "anisotropic-transverse",
    SECTION,
    {"B": "below (13)", "C": "below (13)"},
    "J_c may have transverse components in anisotropic systems, with first Born rates.",
    r"J_c^{xy} \neq 0",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_anisotropic_transverse,
)
noncollinear_afm = Claim(
    "noncollinear-afm",
    SECTION,
    {"A": "below (19)"},
    "Noncollinear antiferromagnets have a time-reversal-odd transverse J_c without spin-orbit coupling.",
    r"J_c^{xy}[\{-\mathbf{n}_a\}] = -J_c^{xy}[\{\mathbf{n}_a\}] \neq 0",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_noncollinear,
)
parity = Claim(
    "parity-under-time-reversal",
    SECTION,
    {"A": "below (19)", "B": "below (13)", "C": "below (13)"},
    "For an s that is odd under time reversal the intrinsic parts (and J_dp, J_sj) are even, J_c is odd.",
    r"J_{\mathrm{in}} \to J_{\mathrm{in}},\quad J_c \to -J_c",
    recorded="confirmed",
    assumptions=(*BORN, "s odd under time reversal, as spin; for an even s all signs are opposite"),
    check=checks.check_parity,
)
side_jump_gauge = Claim(
    "side-jump-gauge",
    SECTION,
    {"B": "above (14)", "C": "above (14)"},
    "The s-coordinate shift does not depend on the phases of the Bloch functions; for s = 1 it is the coordinate shift.",
    r"\delta_{\mathrm{sj}} r^s = s' \mathcal{A}' - s \mathcal{A} - (s' \partial_{k'} + s \partial_k) \mathrm{arg}\, V ="
    r" -\frac{s'\, \mathrm{Im\,Tr}[P' v' S' V P V^\dagger] + s\, \mathrm{Im\,Tr}[P' V S v P V^\dagger]}"
    r"{\mathrm{Tr}[P' V P V^\dagger]}",
    recorded="confirmed",
    assumptions=("nondegenerate bands", "V without a k-dependence other than an even form factor"),
    check=checks.check_side_jump_gauge,
)
dipole_shift_current = Claim(
    "dipole-shift-current",
    SECTION,
    {"B": "(14) and below", "C": "(14) and below"},
    "The dipole-shift current is the dipole term of the intrinsic current with the opposite sign, for any weak disorder.",
    r"J_{\mathrm{dp}} = \int \delta f \sum W (d^{s\prime} - d^s) = -e E_l \int f\, \partial_{k_l} d^s",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_dipole_shift,
)
side_jump_current = Claim(
    "side-jump-current",
    SECTION,
    {"B": "below (14)", "C": "below (14), [46]"},
    "J_sj is the accumulation of the shift upon scattering; for s = 1 that of the anomalous Hall effect. That J_dp + J_sj "
    "equals the interband coherence of a quantum kinetic theory is not checked for an s that is not conserved.",
    r"J_{\mathrm{sj}} = \int \delta f \sum W \delta_{\mathrm{sj}} r^s;\quad s = 1:\;"
    r" J_{\mathrm{sj}}/J_{\mathrm{int}} = \frac{2 x}{4 \Delta^2 + x},\; x = (v k_F)^2",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_side_jump_current,
)
band_current = Claim(
    "band-current",
    SECTION,
    {"B": "(15)", "C": "(15)"},
    "Intrinsic and dipole-shift current add up to a current of Hall type.",
    r"J_{\mathrm{in}} + J_{\mathrm{dp}} = -e \mathbf{E} \times \int f\, \boldsymbol{\Omega} s_n",
    assumptions=(*BORN, PERIODIC, "J_dp = -e E_l int f d_{k_l} d^s, the claim dipole-shift-current"),
    equalities=(
        Equality(
            f * (get("s_berry_curvature").word("l", "i") + get("torque_polarizability").word("i", "l")),
            f * get("s_weighted_curvature").word("l", "i") + f * get("dipole_gradient").word("i", "l"),
            "J_in from its definitions is J_B plus what J_dp cancels",
        ),
        Equality(
            f * get("dipole_gradient").word("i", "l"),
            -df * v_band("l") * get("s_dipole").word("i"),
            "the dipole term lives on the Fermi surface",
            primitive=(("l", f * get("s_dipole").word("i")),),
        ),
    ),
    check=checks.check_band_current,
)
transport_total = Claim(
    "transport-total",
    SECTION,
    {"B": "below (15)", "C": "below (15)"},
    "The transport current of the semiclassical theory is J_B + J_sj + J_c.",
    r"J = J_{\mathrm{in}} + J_{\mathrm{dp}} + J_{\mathrm{sj}} + J_c = J_B + J_{\mathrm{sj}} + J_c",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_total,
)
rashba_null = Claim(
    "rashba-null",
    SECTION,
    {"B": "last section", "C": "last section"},
    "In 2D Rashba models s_n^z = 0, so J_B, J_sj and J_c vanish for s = s_z, and J_in is cancelled by J_dp.",
    r"J_B = J_{\mathrm{sj}} = J_c = 0,\quad J_{\mathrm{in}} = -J_{\mathrm{dp}} \neq 0",
    recorded="confirmed",
    assumptions=(
        *BORN,
        "no mass; J_in in its surface form, the delta function of Omega s at the touching left out: with a mass M -> 0 "
        "and both bands occupied J_in tends to zero and J_B to e/8pi",
    ),
    check=checks.check_rashba_null,
)
rashba_inplane = Claim(
    "rashba-inplane",
    SECTION,
    {"B": "last section", "C": "last section"},
    "C_inf,v forbids spin conductivities with the spin in the plane of the Rashba model.",
    r"\sigma^{i s_x l} = \sigma^{i s_y l} = 0",
    recorded="confirmed",
    assumptions=(*BORN, "isotropic scalar disorder"),
    check=checks.check_rashba_inplane,
)

CLAIMS: tuple[Claim, ...] = (
    uniform_torque,
    steady_torque,
    occupation_current,
    anisotropic_transverse,
    noncollinear_afm,
    parity,
    side_jump_gauge,
    dipole_shift_current,
    side_jump_current,
    band_current,
    transport_total,
    rashba_null,
    rashba_inplane,
)
