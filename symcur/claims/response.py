"""Claims on the response to fields and statistical forces, settled by proof and by exact response at finite q.

The semiclassical statement, A Eqs. (4)-(6) with F = (eE - grad mu) f - e_n grad T: a bounded operator responds with
int F_l Omega^{l theta}, the torque current with -int F_l chi_A^{il} (chi = -chi_A in B and C). With local mu(r), T(r) and no
field these terms cancel the Berry-phase half of the gradient terms, and -d_l int f d^{l theta} is left: the density of a
gas of wave packets with the local occupation, whose coherences between bands have died out.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from symcur import linear_response
from symcur.band_structures import Model
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric, gap_above, symmetric
from symcur.claims.densities import MU, TEMPERATURE, static_response
from symcur.claims.faults import WITHOUT_DIPOLE, exchanged, formula, occupied, opposite, times
from symcur.claims.moments import DEFINITION_A, RESULT_A
from symcur.claims.notation import PERIODIC, Omega_weighted, d, d_lis, df, driven, f, geometric, m, q
from symcur.claims.prover import Equality
from symcur.expressions import (
    BandEnergy,
    Derivative,
    H,
    I,
    Im,
    P,
    Re,
    S,
    Trace,
    tau,
    v,
    v_band,
)
from symcur.linear_response.finite_differences import charge_moved_by_torque_field
from symcur.linear_response.lattices import random_lattice
from symcur.quantities.torque import interband_dipole

define = section("Response")
DYNAMIC = 2e-5  # relative; the extrapolations in q, eta and the zone sum together claim 1e-5
UNTOUCHED = (
    "bands do not touch: the answer at a touching is that of the touching lifted, see the derivation of transport"
)


# Responses that several claims share.
field_response_of = cache(linear_response.uniform_field_response)
accumulated = cache(linear_response.accumulation_response)
transverse_response = cache(linear_response.transverse_field_response)


@cache
def dephased(model: Model, by: str) -> tuple[dict[str, linear_response.Estimate], dict[str, linear_response.Estimate]]:
    """Current and torque of the dephased gas at ``MU`` and ``TEMPERATURE``."""
    terms = {"current": ("uniform", "gradient"), "torque": ("gradient", "curvature")}
    found = linear_response.dephased_response(model, terms, by, MU, TEMPERATURE, rtol=1e-6)
    return found["current"], found["torque"]


def sigma(zone: Zone, weight: str = "f") -> Any:
    """int f (Omega^{li} s + d_{k_l} d^{is}), [i, l] = [flow, field]; with "entropy" it is alpha."""
    return zone.integral("s_weighted_curvature", weight).T + zone.integral("dipole_gradient", weight)


# -- the driven terms ------------------------------------------------------------------------------------------------
def check_field_response() -> CheckResult:
    """E: q -> 0 before the frequency. grad mu and grad T: the dephased gas of local mu(r), T(r)."""
    pairs = []
    for seed in (0, 4):
        model = random_lattice(seed, spacing=3)
        zone, found = Zone(model, MU, TEMPERATURE), field_response_of(model, MU, TEMPERATURE)
        for name, expected in (
            ("current", zone.integral("s_berry_curvature", "f")),
            ("torque", zone.integral("torque_berry_curvature", "f")),
            ("torque_gradient", symmetric(zone.integral("torque_polarizability", "f"))),
        ):
            pairs.append(Pair.of(f"E, {name}", found[name], expected))
    for by in ("mu", "T"):
        current, torque = dephased(model, by)
        weight = f"df/d{by}"
        for label, density, expected in (
            ("J", current["uniform"], zone.integral("s_current", weight)),
            ("J", current["gradient"], -zone.integral("s_current_dipole", weight)),
            ("tau", torque["gradient"], -zone.integral("torque_dipole", weight)),
            ("tau", torque["curvature"], -symmetric(zone.integral("torque_quadrupole", weight))),
        ):
            pairs.append(Pair.of(f"grad {by}, {label}", density, expected))
    text = (
        "Two random 2D lattices. Field: J, tau and tau's term -i q_i E_l against int f Omega^{lis}, int f Omega^{l tau}, int f "
        "chi^{il}. Gradients of mu and T: J to first and tau to second order, against sums of f d^{lis}, f d^{i tau}, f q^{il}."
    )
    return agreement(pairs, DYNAMIC, text)


define(
    "field-response",
    {"A": "(4), (6)"},
    "A bounded operator responds to E, grad mu and grad T with its mixed Berry curvature, the torque current with the "
    "torque polarizability.",
    r"\theta \ni \int F_l\, \Omega^{l\theta}_n,\quad J^{i\tau} \ni -\int F_l\, \chi_A^{il\tau},\quad \mathbf F_n = (e\mathbf E"
    r" - \nabla\mu) f_n - \frac{(\varepsilon_n - \mu) f_n - g_n}{T} \nabla T",
    recorded="confirmed",
    assumptions=(
        "clean crystal; the intraband acceleration of the carriers is left out",
        "of chi the symmetric part, since a longitudinal field tests J^tau by its divergence",
        UNTOUCHED,
    ),
    check=check_field_response,
    faults={
        "Omega^{lis} with the opposite sign": opposite("s_berry_curvature"),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "Omega^{l tau} with the opposite sign": opposite("torque_berry_curvature"),
        "chi with the sign of A": opposite("torque_polarizability"),
        "half of d^{lis}": formula("s_current_dipole", lambda honest, l, i: honest(l, i) / 2),
        "q without its factor 1/2": times("torque_quadrupole", 2),
        "d^{i tau} with the opposite sign": opposite("torque_dipole"),
    },
)

# -- chi as a Berry connection ---------------------------------------------------------------------------------------
_D = interband_dipole("i")
_dragged = (1 - P) * (I / 2 * Derivative("i", tau) * P + I * tau * Derivative("i", P) * P)
_amplitude = (BandEnergy() - H) * S * _D + I * v_band("i") * S * tau * P
_shift = 2 * Re(-I * Trace(P * v("l") * S * S * _D)) + Derivative("i", Im(-I * Trace(P * v("l") * S * S * tau)))


def check_connection() -> CheckResult:
    """In an insulator: the charge that grad h of H + h tau moves, i.e. n_q = -i q_l int f a^l, a^l = i q_i h_q chi_A."""
    model = random_lattice(7, hopping=96, spacing=3)
    between = gap_above(model, 1)
    moved = charge_moved_by_torque_field(model, between.mu)
    expected = -symmetric(Zone(model, between.mu, between.width / 60).integral("torque_polarizability", "f"))
    text = f"{model.name}, one band filled: density response to a field of the torque at second order in q, from energies and "
    text += "states at k and k + q, against the symmetric part of int f chi_A."
    return agreement([Pair("q_i q_l n_q", moved, expected)], 1e-6, text)


define(
    "polarizability-as-connection",
    {"A": "(8)"},
    "The torque polarizability is the derivative of the k-space Berry connection with respect to the gradient of the field "
    "conjugate to the torque.",
    r"\chi_A^{il\tau} = \frac{\partial a^l}{\partial(\partial_i h)} = 2\, \mathrm{Im} \sum_{n_1 \neq n} \frac{v^l_{n n_1}"
    r" D^i_{n_1 n}}{\omega_{n n_1}^2} - \partial_{k_i} \mathcal{G}^{l\tau}",
    assumptions=(
        "a wave packet of one band in H + (1/2){(r - r_c)^i, tau} d_i h, to first order in d_i h: the part "
        "C_m = [b C + a (i d_i + A_n - r_c)C] d_i h along other bands has a = S tau P, b = S D^i P",
        "the envelope C is integrated by parts: Re C*(i d_i + A_n - r_c)C averages to 0, its imaginary part is d_i|C|^2/2",
    ),
    equalities=(
        Equality(_dragged, _amplitude, "Schroedinger equation for b: (1/2){i d_i, tau} = (e_n - H) b + i v_n a"),
        Equality(_shift, DEFINITION_A, "a^l = 2 Re Tr[A^l b] - d_i Im Tr[...]: the shift of the packet is (8)"),
        Equality(DEFINITION_A, RESULT_A, "(8) = (10)"),
    ),
    check=check_connection,
    faults={
        "chi with the opposite sign": opposite("torque_polarizability"),
        "D^i without the drag of the band velocity": formula(
            "interband_torque_dipole", lambda honest, i: honest(i) + I * v_band(i) * S * tau * P
        ),
        "half of chi": formula("torque_polarizability", lambda honest, i, l: honest(i, l) / 2),
    },
)


# -- statistical forces ----------------------------------------------------------------------------------------------


def check_subtraction() -> CheckResult:
    """The divergence of J + J^tau in the dephased gas with local T(r) or mu(r), against alpha and sigma."""
    model = random_lattice(4, spacing=3)
    zone, pairs = Zone(model, MU, TEMPERATURE), []
    for by, weight in (("mu", "f"), ("T", "entropy")):
        current, torque = dephased(model, by)
        found = symmetric(current["gradient"]) + torque["curvature"]
        pairs.append(Pair.of(f"grad {by}", -found, symmetric(sigma(zone, weight))))
    text = (
        f"{model.name}: in a gas with local mu(r) or T(r) whose bands are dephased, J + J^tau flows with -sigma grad mu or "
        "-alpha grad T plus a curl; compared is the symmetric part, the one with a divergence."
    )
    return agreement(pairs, DYNAMIC, text)


define(
    "magnetization-subtraction",
    {"A": "(14), (15)", "B": "above (10)", "C": "above (10)"},
    "The transport current is J + J^tau minus the curl of M: the gradient terms of local mu and T are that curl, and "
    "the terms driven by F are left.",
    r"\partial_\mu\left[f(d^{lis} + q^{il\tau}) + g(\Omega^{lis} + \chi^{il\tau})\right] = \partial_\mu\left[f m^{lis} + g\,"
    r" \Omega^{li} s_n\right] - \partial_{k_l}(f d^{is})",
    assumptions=(
        PERIODIC,
        "the same with T for mu: only dg/de = f is used",
        "the thermal half is confirmed, not proved",
    ),
    equalities=(
        Equality(
            -df * (d_lis("l", "i") + q("i", "l")) - f * driven,
            -df * m("l", "i") - f * Omega_weighted("l", "i"),
            "d_mu of the gradient terms = d_mu M, up to a total derivative",
            primitive=(("l", -f * d("i")),),
        ),
        Equality(f * driven, f * geometric, "what F drives"),
    ),
    check=check_subtraction,
    faults={
        "the dipole gradient with the opposite sign": opposite("dipole_gradient"),
        "half of d^{is}": formula("s_dipole", lambda honest, i: honest(i) / 2),
        "f for -dg/dT": occupied("entropy", by="f"),
    },
)


def check_einstein() -> CheckResult:
    """A static potential: eE and grad mu cancel, and of J + J^tau only the curl of d_mu M is left."""
    pairs = []
    for seed in (0, 7):
        model = random_lattice(seed)
        found, zone = static_response(model), Zone(model, MU, TEMPERATURE, 48)
        M = zone.integral("orbital_moment", "df/dmu", ("s_weighted_curvature", "dg/dmu"))
        chi = zone.integral("torque_polarizability", "dg/dmu")  # [i, l], where M and D are [l, i]
        scale = float(np.abs(found["D"].value).max())
        pairs += [
            Pair.of("symmetric", symmetric(found["D"]) + found["Q"], 0 * M, scale),
            Pair.of("antisymmetric", antisymmetric(found["D"]), M + antisymmetric(chi)),
            Pair.of("uniform", found["uniform"] + -found["dipole"], 0 * M[0], scale),
        ]
    text = (
        "Two random 2D lattices in a static potential: the net current and the symmetric part of the tensor of J + J^tau "
        "vanish, so the response to grad mu undoes that to eE; the antisymmetric part of J is d_mu M less that of J^tau."
    )
    return agreement(pairs, 1e-6, text)


define(
    "einstein-relation",
    {"A": "below (15)", "B": "below (11)", "C": "below (11)"},
    "The transport current answers to grad mu as to -eE.",
    r"\mathcal J^{is} = \sigma^{ils}(E_l - \partial_l \mu/e):\quad U(\mathbf r) + \mu(\mathbf r) = \mathrm{const}"
    r" \Rightarrow \mathbf J + \mathbf J^\tau = \nabla \times \mathbf M^s",
    recorded="confirmed",
    assumptions=(UNTOUCHED, "the antisymmetric part of J^tau is not fixed by tau; it is taken from int f q + g chi"),
    check=check_einstein,
    faults={
        "d x v dropped from m^s": WITHOUT_DIPOLE,
        "m with the opposite sign": opposite("orbital_moment"),
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "chi with the sign of A": opposite("torque_polarizability"),
    },
)
