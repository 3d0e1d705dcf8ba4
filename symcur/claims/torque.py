"""Claims on the torque: what tau = -i[s, H] makes of its dipole, curvature, metric, polarizability and quadrupole."""

from __future__ import annotations

from symcur.claims.claim import Claim
from symcur.claims.engine import Equality
from symcur.quantities import get
from symcur.quantities.torque import interband_dipole_word
from symcur.words import (
    Axis,
    Derivative,
    Gap,
    I,
    Im,
    Operator,
    P,
    Projector,
    Resolvent,
    S,
    Trace,
    Word,
    tau,
    v,
    v_band,
)

SECTION = "The torque"
_word = {
    name: get(name).word for name in ("s_current", "drift_current", "s_expectation", "s_dipole", "s_current_dipole")
}
d, Omega_s, chi, q = (
    get(n).word for n in ("s_dipole", "s_berry_curvature", "torque_polarizability", "torque_quadrupole")
)
Omega_weighted, gradient, m = (get(n).word for n in ("s_weighted_curvature", "dipole_gradient", "orbital_moment"))

torque_dipole = Claim(
    "torque-dipole",
    SECTION,
    {"A": "(10)", "B": "above (5)", "C": "above (5)"},
    "The torque dipole is the deviation of the conventional current from the classical one.",
    r"d^{i\tau}_n = -J^{is}_n + v^i_n s_n",
    equalities=(Equality(get("torque_dipole").word(), -_word["s_current"]() + _word["drift_current"]()),),
)
torque_berry = Claim(
    "torque-berry",
    SECTION,
    {"A": "(10)", "B": "above (5)", "C": "above (5)"},
    "The mixed Berry curvature of the torque is the momentum gradient of s_n.",
    r"\Omega^{i\tau}_n = \partial_{k_i} s_n",
    equalities=(Equality(get("torque_berry_curvature").word(), Derivative("i", _word["s_expectation"]())),),
)
torque_metric = Claim(
    "torque-metric",
    SECTION,
    {"A": "(10)"},
    "The mixed metric of the torque is the s dipole.",
    r"\mathcal{G}^{i\tau}_n = d^{is}_n",
    equalities=(Equality(get("torque_metric").word(), d("i")),),
)


def _printed_interband(i: Axis) -> Word:
    """P_m D^i P_n as printed, term by term.

    The covariant derivative (i d_i + A_m - A_n) tau_mn is i times <m|d_i tau|n> plus what first-order perturbation
    theory makes of the two states; A_{mp} = -i v_{mp}/omega_{mp}.
    """
    Pm, Sm = Projector("m"), Resolvent("m")
    covariant = I * Pm * (Derivative(i, tau) + v(i) * Sm * tau + tau * S * v(i)) * P
    diagonal = -I * v_band(i) * Gap("n", "m", -1) * Pm * tau * P
    connections = -I * Pm * v(i) * Sm * tau * P + I * Pm * tau * S * v(i) * P
    return covariant / 2 + diagonal + connections / 2


interband_torque_dipole = Claim(
    "interband-torque-dipole",
    SECTION,
    {"A": "[22]", "B": "[33]", "C": "[33]"},
    "The printed interband element is that of one operator, and its diagonal extension is the torque dipole.",
    r"D^i_{n_1 n} = \tfrac12 (i\partial_{k_i} + \mathcal{A}^i_{n_1} - \mathcal{A}^i_n)\tau_{n_1 n}"
    r" - \frac{i \tau_{n_1 n} v^i_n}{\omega_{n n_1}}"
    r" + \tfrac12 \sum_{n_2 \neq n_1} \mathcal{A}^i_{n_1 n_2} \tau_{n_2 n} + \tfrac12 \sum_{n_2 \neq n}"
    r" \tau_{n_1 n_2} \mathcal{A}^i_{n_2 n}",
    assumptions=("the printed element holds for either sign of tau; it fixes D once tau = -i[s, H] is given",),
    equalities=(
        Equality(Projector("m") * interband_dipole_word("i"), _printed_interband("i"), "printed element, n_1 != n"),
        Equality(Trace(P * interband_dipole_word("i")), get("torque_dipole").word(), "extended to n_1 = n"),
    ),
)

_definition_A = 2 * Im(Trace(P * v("l") * Resolvent("n", 2) * interband_dipole_word("i"))) - Derivative(
    "i", get("torque_metric").word("l")
)
_result_A = Omega_s("l", "i") + Omega_weighted("i", "l") - gradient("i", "l")
_printed_C = Derivative("i", d("i")) - 2 * Im(Trace(P * v("l") * Resolvent("n", 2) * interband_dipole_word("i")))

torque_polarizability = Claim(
    "torque-polarizability",
    SECTION,
    {"A": "(8), (10), sign opposite to B and C", "B": "below (3)", "C": "below (3), index misprinted"},
    "The torque-dipole polarizability from its definition equals the printed result.",
    r"\chi^{il\tau} = \partial_{k_i} d^{ls} - 2\,\mathrm{Im} \sum_{n_1 \neq n}"
    r" \frac{v^l_{n n_1} D^i_{n_1 n}}{\omega_{n n_1}^2} = -\Omega^{lis} + \Omega^{li} s_n + \partial_{k_l} d^{is}",
    recorded="misprint",
    equalities=(
        Equality(_definition_A, _result_A, "A: definition (8) = result (10)", role="claim"),
        Equality(_printed_C, -_result_A, "C as printed, d_{k_i} d^{is} in the definition of chi", role="printed"),
        Equality(chi("i", "l"), -_result_A, "B: d_{k_i} d^{ls} in the definition of chi = -chi_A", role="corrected"),
    ),
)
torque_quadrupole = Claim(
    "torque-quadrupole",
    SECTION,
    {"A": "(7), (10)", "B": "below (3)", "C": "below (3)"},
    "The torque quadrupole from the wave-packet moment equals the printed result, and is symmetric.",
    r"q^{il\tau} = -\mathrm{Im} \sum_{n_1 \neq n} \frac{v^l_{n n_1} J^{is}_{n_1 n}}{\omega_{n n_1}} + d^{is} v^l_n"
    r" + m^{lis}",
    equalities=(
        Equality(
            q("i", "l"),
            -_word["s_current_dipole"]("l", "i") + d("i") * v_band("l") + m("l", "i"),
            "moment = result",
        ),
        Equality(q("i", "l"), q("l", "i"), "symmetric in i and l"),
    ),
)
_Q_il, _Q_li = (Trace(P * Operator(name)) for name in ("Q_il", "Q_li"))
quadrupole_symmetric_part = Claim(
    "quadrupole-symmetric-part",
    SECTION,
    {"B": "below (3)", "C": "below (3)"},
    "Only the symmetric part of the torque quadrupole density contributes to the torque.",
    r"\partial_i \partial_l Q^{il\tau} = \partial_i \partial_l \tfrac12 (Q^{il\tau} + Q^{li\tau})",
    assumptions=("Q is any pair of densities; the two derivatives are any that commute, as those in space do",),
    equalities=(
        Equality(
            Derivative("i", Derivative("l", _Q_il)) + Derivative("l", Derivative("i", _Q_li)),
            Derivative("i", Derivative("l", (_Q_il + _Q_li) / 2))
            + Derivative("l", Derivative("i", (_Q_il + _Q_li) / 2)),
            "the pair (i, l), (l, i) of the contraction",
        ),
    ),
)
intrinsic_geometry = Claim(
    "intrinsic-geometry",
    SECTION,
    {"A": "(4), (6), (10), (15)", "B": "above (10)", "C": "above (10), index misprinted"},
    "The s-Berry curvature and the torque polarizability add up to the weighted curvature and the dipole gradient.",
    r"\Omega^{lis} + \chi^{il\tau} = \Omega^{li} s_n + \partial_{k_l} d^{is}",
    recorded="misprint",
    equalities=(
        Equality(
            Omega_s("l", "i") + chi("i", "l"),
            Omega_weighted("l", "i") + gradient("i", "i"),
            "C as printed, d_{k_i} d^{is}",
            role="printed",
        ),
        Equality(
            Omega_s("l", "i") + chi("i", "l"),
            Omega_weighted("l", "i") + gradient("i", "l"),
            "B: d_{k_l} d^{is}",
            role="corrected",
        ),
    ),
)

CLAIMS = (
    torque_dipole,
    torque_berry,
    torque_metric,
    interband_torque_dipole,
    torque_polarizability,
    quadrupole_symmetric_part,
    torque_quadrupole,
    intrinsic_geometry,
)
