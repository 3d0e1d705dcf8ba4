"""Claims on the moments of a wave packet (dipoles, the geometric tensor, the orbital moment) and on what the torque makes of them.

A wave packet of band n has amplitudes C(k) on |u_n(k)>; position acts as i d/dk. What (r - r_c)^i does to it is
i (d_i P) P, plus a term along |u_n> from the envelope C. In a first moment Re<(r - r_c)^i theta> the envelope term is
(real number) x theta_n with Re<(r - r_c)> = 0 by the choice of the centre r_c, plus an imaginary part d_i|C|^2/2 that
the real part drops. What is left is Re Tr[(i d_iP P)^+ theta P] = Re(-i Tr[P d_iP theta]).
"""

from __future__ import annotations

from symcur.claims.claim import section
from symcur.claims.densities import chi_by_torque
from symcur.claims.notation import (
    G_tau,
    J_n,
    Omega_lis,
    Omega_tau,
    Omega_weighted,
    chi,
    d,
    d_lis,
    d_tau,
    drift,
    driven,
    f,
    g,
    geometric,
    grad_d,
    m,
    q,
    s_n,
)
from symcur.claims.prover import Equality
from symcur.expressions import (
    ZERO,
    Axis,
    Derivative,
    Expression,
    Gap,
    H,
    I,
    Im,
    J,
    Named,
    Operator,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    substitute,
    tau,
    v,
    v_band,
    without_torque,
)
from symcur.quantities import get
from symcur.quantities.dipoles import dipole_of
from symcur.quantities.geometry import mixed_curvature_of, mixed_metric_of
from symcur.quantities.torque import interband_dipole

theta = Operator("theta")
define = section("Wave packets")


def packet_moment(i: Axis, operator: Expression) -> Expression:
    """Re<(r - r_c)^i operator> on a zero-field wave packet."""
    return Re(-I * Trace(P * Derivative(i, P) * operator))


conjugate = Operator("H", ("c",))  # H -> H + c theta: the derivative along c is theta

define(
    "torque-moment-vanishes",
    {"A": "below (8)", "B": "above (3)", "C": "above (3)"},
    "The torque has no expectation value in a band: tau_n = 0, so the sum of f tau_n vanishes.",
    r"\tau_n = \mathrm{Tr}[P\,\tau] = 0",
    equalities=(Equality(Trace(P * tau), 0 * P, "the trace of P tau vanishes"),),
)
define(
    "theta-dipole",
    {"A": "(3)"},
    "The wave-packet moment of an operator theta is a sum over interband elements.",
    r"d^{i\theta} = \mathrm{Re}\langle (r - r_c)^i \theta \rangle = \mathrm{Im} \sum_{n_1 \neq n}"
    r" \frac{v^i_{n n_1} \theta_{n_1 n}}{\omega_{n n_1}}",
    equalities=(Equality(packet_moment("i", theta), dipole_of("i", theta), "moment of theta on a wave packet"),),
)
define(
    "mixed-geometric-tensor",
    {"A": "(2)"},
    "The quantum geometric tensor of (k, h), with H + theta h and h -> 0, is G - (i/2) Omega with the printed sums.",
    r"\langle \partial_{k_i} u | (1 - P) | \partial_h u \rangle = \mathcal{G}^{i\theta} - \tfrac{i}{2}"
    r" \Omega^{i\theta}",
    equalities=(
        Equality(
            Trace(P * Derivative("i", P) * (1 - P) * Derivative("c", P) * P),
            mixed_metric_of("i", conjugate) - I / 2 * mixed_curvature_of("i", conjugate),
            "real part G, imaginary part -Omega/2",
        ),
    ),
)

rate = Named(r"\dot\theta", -I * (theta * H - H * theta), hermitian=True)


def without_rate(expression: Expression) -> Expression:
    """The expression with [theta, H] = 0: zero if and only if every term, as written, contains the commutator."""
    return substitute(expression, lambda node: ZERO if node == rate else None)


def _tensor_by_rate(i: Axis) -> Expression:
    """G - (i/2) Omega with one more power of the resolvent and i times the rate of change of theta."""
    return I * Trace(P * v(i) * Resolvent("n", 3) * rate)


_dipole_by_rate = Im(I * Trace(P * v("i") * Resolvent("n", 2) * rate))

define(
    "quadrupole-of-conserved",
    {"A": "below (2)"},
    "Only for an operator that is not conserved can the geometric tensor Q^{i theta} of (k, h) be nonzero (A's letter Q; it is no "
    "quadrupole): it is a sum over the commutator [theta, H]. The torque quadrupole and the dipoles of a conserved s vanish too.",
    r"Q^{i\theta} = \mathcal G^{i\theta} - \tfrac i2 \Omega^{i\theta} = \sum_{n_1 \neq n} \frac{v^i_{n n_1} [\theta,"
    r" H]_{n_1 n}}{\omega_{n n_1}^3};\qquad [\theta, H] = 0:\ Q^{i\theta} = d^{i\theta} = 0,\quad [s, H] = 0:\;"
    r" q^{il\tau} = \chi^{il\tau} = 0",
    assumptions=(
        "theta any Hermitian operator, also one that depends on k; conserved means [theta, H(k)] = 0 for all k",
        "a conserved theta enters as [theta, H] = 0 in expressions whose every term contains the commutator",
        "can be: that a nonconserved theta gives a nonzero tensor, by a counterexample to zero; some nonconserved ones give zero",
    ),
    equalities=(
        Equality(
            mixed_metric_of("i", theta) - I / 2 * mixed_curvature_of("i", theta),
            _tensor_by_rate("i"),
            "the geometric tensor in terms of i [theta, H]",
        ),
        Equality(dipole_of("i", theta), _dipole_by_rate, "the dipole likewise"),
        Equality(without_rate(_tensor_by_rate("i") + _dipole_by_rate), 0 * P, "with [theta, H] = 0 both vanish"),
        Equality(mixed_curvature_of("i", theta), 0 * P, "without that condition: the curvature", role="denied"),
        Equality(mixed_metric_of("i", theta), 0 * P, "without that condition: the metric", role="denied"),
        Equality(chi("i", "l"), chi_by_torque("i", "l"), "the torque polarizability in expressions that contain tau"),
        Equality(without_torque(f * q("i", "l") + g * chi_by_torque("i", "l")), 0 * P, "[s, H] = 0: it and q vanish"),
    ),
)


def _vector_form(l: Axis, i: Axis) -> Expression:
    """The component eps_{lik} of (1/2) Re sum A x J + (1/2) d x v, with A_{nm} = -i v_{nm}/omega_{nm}."""
    cross = Re(-I * Trace(P * v(l) * S * J(i))) - Re(-I * Trace(P * v(i) * S * J(l)))
    d = get("s_dipole").named
    return (cross + d(l) * v_band(i) - d(i) * v_band(l)) / 2


define(
    "orbital-moment",
    {"A": "(11)", "B": "below (6)", "C": "below (6)"},
    "Tensor and vector form of the s orbital moment agree, and the first term is the self-rotation of the packet.",
    r"m^{lis} = \epsilon_{lik} m_k,\quad \mathbf{m} = \tfrac12 \mathrm{Re} \sum_{n_1 \neq n} \mathcal{A}_{n n_1} \times"
    r" \mathbf{J}_{n_1 n} + \tfrac12\, \mathbf{d}^s \times \mathbf{v}_n",
    equalities=(
        Equality(m("l", "i"), _vector_form("l", "i"), "tensor form = vector form"),
        Equality(
            (packet_moment("l", J("i")) - packet_moment("i", J("l"))) / 2,
            Im(Trace(P * v("l") * S * J("i"))) / 2 - Im(Trace(P * v("i") * S * J("l"))) / 2,
            "the first term is <(1/2)(r - r_c) x J> on the packet",
        ),
        Equality(m("l", "i"), -m("i", "l"), "m is antisymmetric"),
    ),
)

# -- the torque: dipole, curvature, metric, polarizability and quadrupole ------------------------------------------------
define = section("The torque")

define(
    "torque-dipole",
    {"A": "(10)", "B": "above (5)", "C": "above (5)"},
    "The torque dipole is the deviation of the conventional current from the classical one.",
    r"d^{i\tau}_n = -J^{is}_n + v^i_n s_n",
    equalities=(Equality(d_tau(), -J_n() + drift()),),
)
define(
    "torque-berry",
    {"A": "(10)", "B": "above (5)", "C": "above (5)"},
    "The mixed Berry curvature of the torque is the momentum gradient of s_n.",
    r"\Omega^{i\tau}_n = \partial_{k_i} s_n",
    equalities=(Equality(Omega_tau(), Derivative("i", s_n())),),
)
define(
    "torque-metric",
    {"A": "(10)"},
    "The mixed metric of the torque is the s dipole.",
    r"\mathcal{G}^{i\tau}_n = d^{is}_n",
    equalities=(Equality(G_tau(), d("i")),),
)


def _printed_interband(i: Axis) -> Expression:
    """P_m D^i P_n as printed, term by term.

    The covariant derivative (i d_i + A_m - A_n) tau_mn is i times <m|d_i tau|n> plus what first-order perturbation
    theory makes of the two states; A_{mp} = -i v_{mp}/omega_{mp}.
    """
    Pm, Sm = Projector("m"), Resolvent("m")
    covariant = I * Pm * (Derivative(i, tau) + v(i) * Sm * tau + tau * S * v(i)) * P
    diagonal = -I * v_band(i) * Gap("n", "m", -1) * Pm * tau * P
    connections = -I * Pm * v(i) * Sm * tau * P + I * Pm * tau * S * v(i) * P
    return covariant / 2 + diagonal + connections / 2


define(
    "interband-torque-dipole",
    {"A": "[22]", "B": "[33]", "C": "[33]"},
    "The printed interband element is that of one operator, and its diagonal extension is the torque dipole.",
    r"D^i_{n_1 n} = \tfrac12 (i\partial_{k_i} + \mathcal{A}^i_{n_1} - \mathcal{A}^i_n)\tau_{n_1 n}"
    r" - \frac{i \tau_{n_1 n} v^i_n}{\omega_{n n_1}}"
    r" + \tfrac12 \sum_{n_2 \neq n_1} \mathcal{A}^i_{n_1 n_2} \tau_{n_2 n} + \tfrac12 \sum_{n_2 \neq n}"
    r" \tau_{n_1 n_2} \mathcal{A}^i_{n_2 n}",
    assumptions=("the printed element holds for either sign of tau; it fixes D once tau = -i[s, H] is given",),
    equalities=(
        Equality(Projector("m") * interband_dipole("i"), _printed_interband("i"), "printed element, n_1 != n"),
        Equality(Trace(P * interband_dipole("i")), d_tau(), "extended to n_1 = n"),
    ),
)

DEFINITION_A = 2 * Im(Trace(P * v("l") * Resolvent("n", 2) * interband_dipole("i"))) - Derivative("i", G_tau("l"))
RESULT_A = Omega_lis("l", "i") + Omega_weighted("i", "l") - grad_d("i", "l")
PRINTED_C = Derivative("i", d("i")) - 2 * Im(Trace(P * v("l") * Resolvent("n", 2) * interband_dipole("i")))

define(
    "torque-polarizability",
    {"A": "(8), (10), sign opposite to B and C", "B": "below (3)", "C": "below (3), index misprinted"},
    "The torque-dipole polarizability from its definition equals the printed result.",
    r"\chi^{il\tau} = \partial_{k_i} d^{ls} - 2\,\mathrm{Im} \sum_{n_1 \neq n}"
    r" \frac{v^l_{n n_1} D^i_{n_1 n}}{\omega_{n n_1}^2} = -\Omega^{lis} + \Omega^{li} s_n + \partial_{k_l} d^{is}",
    recorded="misprint",
    equalities=(
        Equality(DEFINITION_A, RESULT_A, "A: definition (8) = result (10)", role="claim"),
        Equality(PRINTED_C, -RESULT_A, "C as printed, d_{k_i} d^{is} in the definition of chi", role="printed"),
        Equality(chi("i", "l"), -RESULT_A, "B: d_{k_i} d^{ls} in the definition of chi = -chi_A", role="corrected"),
    ),
)
define(
    "torque-quadrupole",
    {"A": "(7), (10)", "B": "below (3)", "C": "below (3)"},
    "The torque quadrupole from the wave-packet moment equals the printed result, and is symmetric.",
    r"q^{il\tau} = -\mathrm{Im} \sum_{n_1 \neq n} \frac{v^l_{n n_1} J^{is}_{n_1 n}}{\omega_{n n_1}} + d^{is} v^l_n"
    r" + m^{lis}",
    equalities=(
        Equality(q("i", "l"), -d_lis("l", "i") + d("i") * v_band("l") + m("l", "i"), "moment = result"),
        Equality(q("i", "l"), q("l", "i"), "symmetric in i and l"),
    ),
)
_Q_il, _Q_li = (Trace(P * Operator(name)) for name in ("Q_il", "Q_li"))
define(
    "quadrupole-symmetric-part",
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
define(
    "intrinsic-geometry",
    {"A": "(4), (6), (10), (15)", "B": "above (10)", "C": "above (10), index misprinted"},
    "The s-Berry curvature and the torque polarizability add up to the weighted curvature and the dipole gradient.",
    r"\Omega^{lis} + \chi^{il\tau} = \Omega^{li} s_n + \partial_{k_l} d^{is}",
    recorded="misprint",
    equalities=(
        Equality(driven, Omega_weighted("l", "i") + grad_d("i", "i"), "C as printed, d_{k_i} d^{is}", role="printed"),
        Equality(driven, geometric, "B: d_{k_l} d^{is}", role="corrected"),
    ),
)
