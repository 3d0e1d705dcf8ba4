"""Claims on disorder: what the occupation of the Fermi surface, and scattering on it, add to the conserved current."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symcur.arrays import Array
from symcur.band_structures import Model
from symcur.claims import disorder_checks as checks
from symcur.claims.claim import section
from symcur.claims.faults import Fault, attribute, exchanged, formula, instead, of_term, opposite, times, together
from symcur.claims.notation import PERIODIC, J_n, d, d_tau, df, drift, driven, f, geometric, grad_d
from symcur.claims.prover import Equality
from symcur.disorder import Disorder, Scattering, relaxation_time_approximation, solve, transport
from symcur.disorder.rates import ScatteringKernel, half_shift, shift_rate, weighted_shift
from symcur.expressions import P, Re, Resolvent, S, Trace, s, v, v_band
from symcur.linear_response.interband import between_bands
from symcur.observables import conductivity


# -- faults ------------------------------------------------------------------------------------------------------------
def _kernels(scattering: Scattering) -> list[ScatteringKernel]:
    return [half_shift(scattering, axis) for axis in range(scattering.surface.model.dimension)]


def _at_the_wrong_end(scattering: Scattering, s: Array) -> Array:
    q = scattering.surface.weight
    return np.stack([K.onto(q * s) - s * K.back(q) for K in _kernels(scattering)], axis=-1)


def _matrix_at_the_wrong_end(scattering: Scattering, axis: int, s: Array) -> Array:
    K = half_shift(scattering, axis).matrix
    return np.asarray(s[:, None] * K.T - s * K)


def _of_the_final_state(scattering: Scattering, s: Array) -> Array:
    q = scattering.surface.weight
    return np.stack([-K.back(q * s) for K in _kernels(scattering)], axis=-1)


def _from_the_packet(scattering: Scattering, s: Array) -> Array:
    q, one = scattering.surface.weight, np.ones(len(s))
    return np.stack([(q * s) @ weighted_shift(scattering, axis, one) for axis in range(2)], axis=-1)


def _as_printed(model: Model, mu: float, disorder: Disorder) -> Array:
    return transport(model, disorder, mu, rtol=1e-8, intrinsic=False)["side_jump"]


STRENGTH: dict[str, Fault] = {
    "lambda / 2 for lambda": instead(
        solve, lambda honest: lambda at: (lambda found: replace(found, values=found.values / 2))(honest(at))
    ),
    "pi for 2 pi in all rates": attribute(
        Disorder, "channels", lambda honest: lambda self, *at: [(a, b, c / 2) for a, b, c in honest(self, *at)]
    ),
}
HALF = {name: fault for name, fault in STRENGTH.items() if name.startswith("lambda")}
NOT_SCATTERED_IN = instead(
    solve, lambda honest: lambda at: replace(honest(at), values=relaxation_time_approximation(at))
)
WITH_PARTICLES = instead(
    solve, lambda honest: lambda at: (lambda found: replace(found, values=found.values + 1))(honest(at))
)
FINAL_STATE_ONLY = attribute(
    Scattering, "accumulated", lambda honest: lambda self, x: self.w.onto(self.surface.weight[:, None] * x)
)
SHIFT: dict[str, Fault] = {
    "s taken at the wrong end of the shift": together(
        instead(shift_rate, lambda honest: _at_the_wrong_end),
        instead(weighted_shift, lambda honest: _matrix_at_the_wrong_end),
    ),
    "S^2 for S in the shift": instead(
        half_shift, lambda honest: lambda at, i: at.kernel(at.surface.bra(v(i), Resolvent("n", 2)), "imag")
    ),
    "Re for Im in the shift": instead(
        half_shift, lambda honest: lambda at, i: at.kernel(at.surface.bra(v(i), S), "real")
    ),
}
CURRENT: dict[str, Fault] = {
    "-5 J_sj for J_sj": instead(shift_rate, lambda honest: lambda at, s: -5 * honest(at, s)),
    "only s' A' of the shift": instead(shift_rate, lambda honest: _of_the_final_state),
}
CONSERVED = formula("s_expectation", lambda honest: Trace(P))
DIPOLE_SIGN = of_term(conductivity, "s_dipole", -1.0)

# -- the rows of the ledger --------------------------------------------------------------------------------------------
define = section("Disorder")
BORN = (
    "weak disorder: lowest Born order, no skew scattering",
    "nondegenerate bands at the Fermi surface",
    "even potentials of randomly placed impurities",
)
define(
    "uniform-torque",
    {"A": "below (5), (8)"},
    "The uniform intrinsic torque vanishes: refuted as printed; in a metal int f d_l s_n remains, and only the torque "
    "exerted by scattering cancels it.",
    r"\tau_{\mathrm{un}} = \int f \tau_n + F_l \int f\, \Omega^{l\tau} = F_l \int f\, \partial_{k_l} s_n \neq 0",
    recorded="refuted",
    assumptions=("a metal; in an insulator with a periodic zone the integral of d_l s_n does vanish",),
    check=checks.check_uniform_torque,
    faults={
        "Omega^{l tau} with the opposite sign": opposite("torque_berry_curvature"),
        "twice Omega^{l tau}": times("torque_berry_curvature", 2),
        "s_n = 1": CONSERVED,
    },
)
define(
    "steady-torque-response",
    {"A": "below (8)", "B": "above (10)", "C": "above (10)"},
    "With disorder the uniform steady-state linear response of the torque vanishes.",
    r"E_l \int f\, \partial_{k_l} s_n + \int \delta f \sum W (s' - s) = 0",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_steady_torque,
    faults={
        **HALF,
        "s' for s' - s": FINAL_STATE_ONLY,
        "Omega^{l tau} with the opposite sign": opposite("torque_berry_curvature"),
    },
)
define(
    "occupation-current",
    {"A": "(19)", "B": "(13)", "C": "(13)"},
    "Conventional and torque part of the occupation current add up as if s were conserved.",
    r"\int \delta f (J^{is}_n + d^{i\tau}_n) = \int \delta f\, v^i_n s_n",
    equalities=(Equality(J_n() + d_tau(), drift(), "node by node, for any df"),),
)
define(
    "anisotropic-transverse",
    {"B": "below (13)", "C": "below (13)"},
    "J_c may have transverse components in anisotropic systems, with first Born rates.",
    r"J_c^{xy} \neq 0",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_anisotropic_transverse,
    faults={
        **STRENGTH,
        "what is scattered in left out": NOT_SCATTERED_IN,
        "s_n with the opposite sign": opposite("s_expectation"),
    },
)
define(
    "noncollinear-afm",
    {"A": "below (19)"},
    "Noncollinear antiferromagnets have a time-reversal-odd transverse J_c without spin-orbit coupling.",
    r"J_c^{xy}[\{-\mathbf{n}_a\}] = -J_c^{xy}[\{\mathbf{n}_a\}] \neq 0",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_noncollinear,
    faults={**STRENGTH, "s_n with the opposite sign": opposite("s_expectation"), "s_n = 1": CONSERVED},
)
define(
    "parity-under-time-reversal",
    {"A": "below (19)", "B": "below (13)", "C": "below (13)"},
    "For an s that is odd under time reversal the intrinsic parts (and J_dp, J_sj) are even, J_c is odd.",
    r"J_{\mathrm{in}} \to J_{\mathrm{in}},\quad J_c \to -J_c",
    recorded="confirmed",
    assumptions=(*BORN, "s odd under time reversal, as spin; for an even s all signs are opposite"),
    check=checks.check_parity,
    faults={
        "s_n = 1": CONSERVED,
        "Re for Im in the shift": SHIFT["Re for Im in the shift"],
        "Re for Im in d^{is}": formula("s_dipole", lambda honest, i: Re(Trace(P * v(i) * S * s))),
    },
)
define(
    "side-jump-gauge",
    {"B": "above (14)", "C": "above (14)"},
    "The s-coordinate shift does not depend on the phases of the Bloch functions; for s = 1 it is the coordinate shift.",
    r"\delta_{\mathrm{sj}} r^s = s' \mathcal{A}' - s \mathcal{A} - (s' \partial_{k'} + s \partial_k) \mathrm{arg}\, V ="
    r" -\frac{s'\, \mathrm{Im\,Tr}[P' v' S' V P V^\dagger] + s\, \mathrm{Im\,Tr}[P' V S v P V^\dagger]}"
    r"{\mathrm{Tr}[P' V P V^\dagger]}",
    recorded="confirmed",
    assumptions=("nondegenerate bands", "V without a k-dependence other than an even form factor"),
    check=checks.check_side_jump_gauge,
    faults=SHIFT,
)
define(
    "dipole-shift-current",
    {"B": "(14) and below", "C": "(14) and below"},
    "The dipole-shift current is the dipole term of the intrinsic current with the opposite sign, for any weak disorder.",
    r"J_{\mathrm{dp}} = \int \delta f \sum W (d^{s\prime} - d^s) = -e E_l \int f\, \partial_{k_l} d^s",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_dipole_shift,
    faults={
        **HALF,
        "d' for d' - d": FINAL_STATE_ONLY,
        "d^{is} with the opposite sign": opposite("s_dipole"),
        "d_{k_i} d^{ls} for d_{k_l} d^{is}": exchanged("dipole_gradient"),
        "the dipole on the Fermi surface with the opposite sign": DIPOLE_SIGN,
    },
)
define(
    "side-jump-current",
    {"B": "below (14)", "C": "below (14)"},
    "J_sj is the accumulation of the shift upon scattering; for s = 1 that of the anomalous Hall effect.",
    r"J_{\mathrm{sj}} = \int \delta f \sum W \delta_{\mathrm{sj}} r^s;\quad s = 1:\;"
    r" J_{\mathrm{sj}}/J_{\mathrm{int}} = \frac{2 x}{4 \Delta^2 + x},\; x = (v k_F)^2",
    recorded="confirmed",
    assumptions=(*BORN, "the shift is counted from the impurity; that with J_dp it is all: see side-jump-kinetic"),
    check=checks.check_side_jump_current,
    faults={**CURRENT, **SHIFT, **HALF},
)
define(
    "side-jump-kinetic",
    {"B": "[46], around (14)", "C": "[46], around (14)"},
    "J_dp + J_sj is the current of s that disorder makes between the bands in a quantum kinetic theory: the interband elements "
    "that the Born collision operator creates, followed by their current and their torque.",
    r"J_{\mathrm{dp}} + J_{\mathrm{sj}} = J_{\mathrm{od}} = -\mathrm{Tr}\left[(\hat s\, \hat{\mathbf r})^{\mathrm{od}}\,"
    r" \mathcal C^{\mathrm{od}}(\delta f)\right]",
    recorded="confirmed",
    assumptions=(
        *BORN,
        "impurities that commute with s and with r: scalar ones, or a Gamma that commutes with s; C the superoperator of the "
        "golden rule, its principal parts left out, as in the semiclassical rates",
        "shown on Fermi lines of two-band models, for every component; J_od uses no shift and no dipole",
        "the torque of scattering is counted from the impurity. Where df varies as exp(i q.r), the rate at which the collision operator "
        "changes the band-diagonal part of s is, to first order in q, that of sum df W (s' dr + d' - d): each event at the centre of its "
        "incoming packet, dr the coordinate shift (checked). It differs by sum df W (s' - s)(A + d_k arg V), which vanishes only "
        "where s' = s: the value of J_sj is tied to the origin of the torque",
    ),
    check=checks.check_side_jump_kinetic,
    faults={
        **CURRENT,
        **SHIFT,
        **HALF,
        "d' for d' - d": FINAL_STATE_ONLY,
        "d^{is} with the opposite sign": opposite("s_dipole"),
        "the torque at the incoming packet in J_sj": instead(shift_rate, lambda honest: _from_the_packet),
        "J_sj as printed at order q": instead(checks.side_jump_at_packets, lambda honest: _as_printed),
        "the rotation of the bands, B_i, left out": instead(
            between_bands, lambda honest: lambda *at: (honest(*at)[0], 0 * honest(*at)[1])
        ),
        "B_i with the opposite sign": instead(
            between_bands, lambda honest: lambda *at: (honest(*at)[0], -honest(*at)[1])
        ),
    },
)
define(
    "band-current",
    {"B": "(15)", "C": "(15)"},
    "Intrinsic and dipole-shift current add up to a current of Hall type.",
    r"J_{\mathrm{in}} + J_{\mathrm{dp}} = -e \mathbf{E} \times \int f\, \boldsymbol{\Omega} s_n",
    assumptions=(*BORN, PERIODIC, "J_dp = -e E_l int f d_{k_l} d^s, the claim dipole-shift-current"),
    equalities=(
        Equality(f * driven, f * geometric, "J_in from its definitions is J_B plus what J_dp cancels"),
        Equality(
            f * grad_d("i", "l"),
            -df * v_band("l") * d("i"),
            "the dipole term lives on the Fermi surface",
            primitive=(("l", f * d("i")),),
        ),
    ),
    check=checks.check_band_current,
    faults={
        **HALF,
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "chi^{li} for chi^{il}": exchanged("torque_polarizability"),
        "the dipole on the Fermi surface with the opposite sign": DIPOLE_SIGN,
    },
)
define(
    "transport-total",
    {"B": "below (15)", "C": "below (15)"},
    "The transport current of the semiclassical theory is J_B + J_sj + J_c.",
    r"J = J_{\mathrm{in}} + J_{\mathrm{dp}} + J_{\mathrm{sj}} + J_c = J_B + J_{\mathrm{sj}} + J_c",
    recorded="confirmed",
    assumptions=BORN,
    check=checks.check_total,
    faults={
        **CURRENT,
        **SHIFT,
        **STRENGTH,
        "what is scattered in left out": NOT_SCATTERED_IN,
        "d' for d' - d": FINAL_STATE_ONLY,
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "chi with the sign of A": opposite("torque_polarizability"),
        "d^{i tau} with the opposite sign": opposite("torque_dipole"),
        "s_n = 1": CONSERVED,
    },
)
define(
    "rashba-null",
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
    faults={
        **HALF,
        "s_n = 1": CONSERVED,
        "the dipole on the Fermi surface with the opposite sign": DIPOLE_SIGN,
    },
)
define(
    "rashba-inplane",
    {"B": "last section", "C": "last section"},
    "C_inf,v forbids spin conductivities with the spin in the plane of the Rashba model.",
    r"\sigma^{i s_x l} = \sigma^{i s_y l} = 0",
    recorded="confirmed",
    assumptions=(*BORN, "isotropic scalar disorder"),
    check=checks.check_rashba_inplane,
    faults={"s_n = 1": CONSERVED, "particles created by the field": WITH_PARTICLES},
)
