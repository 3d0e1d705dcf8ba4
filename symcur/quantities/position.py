"""What position adds in a basis of Wannier functions, A_i(k) = <u|i d_i u>, where [r, s] = 0 does not hold between the functions.

Derivatives are covariant, F_il = d_i A_l - d_l A_i - i[A_i, A_l]. Then (proved for multiplets of any rank)

    Omega^{li} s_n + d_l d^{is} = bar-Omega^{lis} + (d_l d^{is} + d_i d^{ls})/2 + X^{lis},
    X^{lis} = -(1/2) {Re Tr[P F_il Q s] + Im Tr[P (v_l S D_i s - v_i S D_l s)]},        Q = 1 - P,

and X vanishes in tight binding, where F = 0 and D_i s = 0. All of this is within the space of the functions. In the whole space,
where r and s commute, s r leads outside of it, and the two sides gain Tr[P s P F_li] and d_l Re Tr[P E_i],
E_i = Herm(<u|s i d_i u> - s A_i).
"""

from __future__ import annotations

from symcur.expressions import (
    Axis,
    Covariant,
    Expression,
    F,
    Im,
    Operator,
    P,
    Re,
    S,
    Trace,
    axis_name,
    derivative,
    momentum,
    s,
    v,
)
from symcur.quantities.geometry import symmetrized_curvature
from symcur.quantities.quantity import Quantity


def _position(l: Axis, i: Axis) -> Expression:
    along_i, along_l = Covariant(momentum(i)), Covariant(momentum(l))
    slopes = v(along_l) * S * derivative(s, along_i) - v(along_i) * S * derivative(s, along_l)
    return -(Re(Trace(P * F(i, l) * (1 - P) * s)) + Im(Trace(P * slopes))) / 2


# Not listed with the quantities of any band structure: they belong to a material that holds position between its functions.
position_curvature = Quantity(
    "position_curvature",
    ("l", "i"),
    _position,
    r"X^{<l><i>s}",
    "s x length^2",
    "what position between Wannier functions adds to the symmetrized curvature",
)
projected_curvature = Quantity(
    "projected_curvature",
    ("l", "i"),
    lambda l, i: symmetrized_curvature.expression(Covariant(momentum(l)), Covariant(momentum(i))) + _position(l, i),
    r"\bar{\Omega}^{<l><i>s} + X^{<l><i>s}",
    "s x length^2",
    "s-weighted curvature within the space of Wannier functions, regular at band touchings",
)
external_curvature = Quantity(
    "external_curvature",
    ("l", "i"),
    lambda l, i: Re(Trace(P * s * P * F(l, i))),
    r"\mathrm{Tr}[P s P F_{<l><i>}]",
    "s x length^2",
    "what states outside of the space of Wannier functions add to the s-weighted curvature",
)
external_dipole = Quantity(
    "external_dipole",
    ("i",),
    lambda i: Re(Trace(P * Operator(f"E_{axis_name(i)}"))),
    r"\mathrm{Tr}[P E_{<i>}]",
    "s x length",
    "what states outside of the space of Wannier functions add to the s dipole",
)
slope_of_s = Quantity(
    "slope_of_s",
    ("i",),
    lambda i: Re(Trace(P * derivative(s, Covariant(momentum(i))))),
    r"\mathrm{Tr}[P \nabla_{<i>} s]",
    "s x length",
    "what is left of the net flow of uniform equilibrium, -int g Tr[P D_i s]",
)
