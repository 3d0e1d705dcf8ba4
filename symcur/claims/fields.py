"""Claims on the response to an electric field, version A around Eq. (18): the field-modified torque dipole.

In a field the projector becomes P + E_l delta_l P with delta_l P = -i S^2 v_l P + i P v_l S^2 (the interband mixing that
E . r induces, e = 1), and the torque dipole of the modified packet is -Im Tr[tau (1 - P) d_iP P] taken at P + E_l delta_l P.
"""

from __future__ import annotations

from symcur.claims.claim import section
from symcur.claims.notation import J_n, Omega_lis, Omega_ls, Omega_weighted, chi, d_tau, drift, grad_d
from symcur.claims.prover import Equality
from symcur.expressions import Axis, Derivative, Expression, I, Im, J, P, Resolvent, Trace, tau, v, v_band

define = section("Electric field")
S2 = Resolvent("n", 2)


def mixed_in(l: Axis) -> Expression:
    """delta_l P, the first-order change of the projector in a field along l."""
    return I * (P * v(l) * S2 - S2 * v(l) * P)


def chi_A(i: Axis, l: Axis) -> Expression:
    """The torque polarizability with the sign of version A."""
    return -chi(i, l)


def _modified_dipole(i: Axis, l: Axis) -> Expression:
    """The term of first order in E_l of -Im Tr[tau (1 - P) d_iP P]."""
    delta, dP = mixed_in(l), Derivative(i, P)
    first = -1 * Trace(tau * delta * dP * P)
    return -Im(first + Trace(tau * (1 - P) * Derivative(i, delta) * P) + Trace(tau * (1 - P) * dP * delta))


_TILDE = -chi_A("i", "l") + v_band("i") * Omega_ls("l")

define(
    "field-modified-dipole",
    {"A": "(18)"},
    "The torque dipole of a band in an electric field, to first order.",
    r"\tilde d^{i\tau} = d^{i\tau} - e E_l (\chi_A^{il\tau} - v^i_n \Omega^{ls}_n)",
    equalities=(
        Equality(-Im(Trace(tau * (1 - P) * Derivative("i", P) * P)), d_tau("i"), "order zero"),
        Equality(_modified_dipole("i", "l"), _TILDE, "first order in the field"),
    ),
)
define(
    "conventional-decomposition",
    {"A": "above (18)"},
    "The conventional current in a field, taken apart into v s, geometric terms and the field-modified torque dipole.",
    r"J^{is} + e E_l \Omega^{lis} = v^i_n s_n + e E_l (v^i_n \Omega^{ls}_n - \Omega^{il}_n s_n + \partial_{k_l} d^{is}_n)"
    r" - \tilde d^{i\tau}_n",
    assumptions=(
        "chi inside d-tilde is the paper's; an antisymmetric addition to it moves between the geometric term and d-tilde "
        "(hall-part-freedom)",
    ),
    equalities=(
        Equality(Trace(J("i") * mixed_in("l")), Omega_lis("l", "i"), "the field-induced J is the s-Berry curvature"),
        Equality(J_n("i"), drift("i") - d_tau("i"), "order zero"),
        Equality(
            Omega_lis("l", "i"),
            v_band("i") * Omega_ls("l") - Omega_weighted("i", "l") + grad_d("i", "l") - _TILDE,
            "first order in the field",
        ),
    ),
)
define(
    "torque-current-not-moment",
    {"A": "around (18)"},
    "The torque current in a field is not the sum of the modified dipoles; with the right one the pieces recombine.",
    r"J^{i\tau} \neq \int f \tilde d^{i\tau}:\quad -\chi_A^{il\tau} \neq -\chi_A^{il\tau} + v^i_n \Omega^{ls}_n,\qquad"
    r" \Omega^{lis} - \chi_A^{il\tau} = \Omega^{li} s_n + \partial_{k_l} d^{is}",
    recorded="proved",
    assumptions=("the first line concerns the integrand; int f v^i Omega^{ls} is nonzero in general",),
    equalities=(
        Equality(-chi_A("i", "l"), _TILDE, "the sum of modified dipoles as the torque current", role="denied"),
        Equality(
            Omega_lis("l", "i") - chi_A("i", "l"),
            Omega_weighted("l", "i") + grad_d("i", "l"),
            "conventional + torque recombine to the intrinsic conserved current",
        ),
    ),
)
