"""Claims on the moments of a wave packet: dipoles, the geometric tensor, the orbital moment.

A wave packet of band n has amplitudes C(k) on |u_n(k)>; position acts as i d/dk. What (r - r_c)^i does to it is
i (d_i P) P, plus a term along |u_n> from the envelope C. In a first moment Re<(r - r_c)^i theta> the envelope term is
(real number) x theta_n with Re<(r - r_c)> = 0 by the choice of the centre r_c, plus an imaginary part d_i|C|^2/2 that
the real part drops. What is left is Re Tr[(i d_iP P)^+ theta P] = Re(-i Tr[P d_iP theta]).
"""

from __future__ import annotations

from symcur.claims.claim import Claim
from symcur.claims.engine import Equality
from symcur.quantities import get
from symcur.quantities.dipoles import dipole_word
from symcur.quantities.geometry import mixed_curvature_word, mixed_metric_word
from symcur.words import Axis, Derivative, I, Im, J, Operator, P, Re, S, Trace, Word, tau, v, v_band

theta = Operator("theta")
SECTION = "Wave packets"


def packet_moment(i: Axis, operator: Word) -> Word:
    """Re<(r - r_c)^i operator> on a zero-field wave packet."""
    return Re(-I * Trace(P * Derivative(i, P) * operator))


conjugate = Operator("H", ("h",))  # H -> H + h theta: the derivative along h is theta

torque_moment_vanishes = Claim(
    "torque-moment-vanishes",
    SECTION,
    {"A": "below (8)", "B": "above (3)", "C": "above (3)"},
    "The torque has no expectation value in a band: tau_n = 0, so the sum of f tau_n vanishes.",
    r"\tau_n = \mathrm{Tr}[P\,\tau] = 0",
    equalities=(Equality(Trace(P * tau), 0 * P, "the trace of P tau vanishes"),),
)
theta_dipole = Claim(
    "theta-dipole",
    SECTION,
    {"A": "(3)"},
    "The wave-packet moment of an operator theta is a sum over interband elements.",
    r"d^{i\theta} = \mathrm{Re}\langle (r - r_c)^i \theta \rangle = \mathrm{Im} \sum_{n_1 \neq n}"
    r" \frac{v^i_{n n_1} \theta_{n_1 n}}{\omega_{n n_1}}",
    equalities=(Equality(packet_moment("i", theta), dipole_word("i", theta), "moment of theta on a wave packet"),),
)
mixed_geometric_tensor = Claim(
    "mixed-geometric-tensor",
    SECTION,
    {"A": "(2)"},
    "The quantum geometric tensor of (k, h), with H + theta h and h -> 0, is G - (i/2) Omega with the printed sums.",
    r"\langle \partial_{k_i} u | (1 - P) | \partial_h u \rangle = \mathcal{G}^{i\theta} - \tfrac{i}{2}"
    r" \Omega^{i\theta}",
    equalities=(
        Equality(
            Trace(P * Derivative("i", P) * (1 - P) * Derivative("h", P) * P),
            mixed_metric_word("i", conjugate) - I / 2 * mixed_curvature_word("i", conjugate),
            "real part G, imaginary part -Omega/2",
        ),
    ),
)


def _vector_form(l: Axis, i: Axis) -> Word:
    """The component eps_{lik} of (1/2) Re sum A x J + (1/2) d x v, with A_{nm} = -i v_{nm}/omega_{nm}."""
    cross = Re(-I * Trace(P * v(l) * S * J(i))) - Re(-I * Trace(P * v(i) * S * J(l)))
    d = get("s_dipole").named
    return (cross + d(l) * v_band(i) - d(i) * v_band(l)) / 2


orbital_moment = Claim(
    "orbital-moment",
    SECTION,
    {"A": "(11)", "B": "below (6)", "C": "below (6)"},
    "Tensor and vector form of the s orbital moment agree, and the first term is the self-rotation of the packet.",
    r"m^{lis} = \epsilon_{lik} m_k,\quad \mathbf{m} = \tfrac12 \mathrm{Re} \sum_{n_1 \neq n} \mathcal{A}_{n n_1} \times"
    r" \mathbf{J}_{n_1 n} + \tfrac12\, \mathbf{d}^s \times \mathbf{v}_n",
    equalities=(
        Equality(get("orbital_moment").word("l", "i"), _vector_form("l", "i"), "tensor form = vector form"),
        Equality(
            (packet_moment("l", J("i")) - packet_moment("i", J("l"))) / 2,
            Im(Trace(P * v("l") * S * J("i"))) / 2 - Im(Trace(P * v("i") * S * J("l"))) / 2,
            "the first term is <(1/2)(r - r_c) x J> on the packet",
        ),
        Equality(get("orbital_moment").word("l", "i"), -get("orbital_moment").word("i", "l"), "m is antisymmetric"),
    ),
)

CLAIMS = (torque_moment_vanishes, theta_dipole, mixed_geometric_tensor, orbital_moment)
