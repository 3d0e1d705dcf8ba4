"""The response to a field h of the charge's moment and curvature, H -> H - h s: what a changing magnetic field drives.

m^{il} and Omega^{il} without s are the charge orbital moment and the Berry curvature, v_h = dH/dh = -s, and
d_hP = -(S s P + P s S). The two-form G^{ab} = m^{ab} + e_n Omega^{ab} of (k, h) space weighs every pair of bands with
-(e_n + e_m), so that its sum over filled bands knows only filled and empty states; and so does its curl, the three-form

    W^{il} = d_h m^{il} + d_i m^{lh} + d_l m^{hi} + v_h Omega^{il} + v_i Omega^{lh} + v_l Omega^{hi},    m^{hl} = d^{ls}.

It is bar-Omega^{lis}, the term in which s stands between the derivatives of P, and the two in which v_i and v_l do.
"""

from __future__ import annotations

from symcur.expressions import Axis, Derivative, Expression, Filled, I, Im, P, S, Trace, s, v
from symcur.quantities.geometry import S2, symmetrized_curvature
from symcur.quantities.quantity import Quantity, define


def _drag(l: Axis, i: Axis) -> Expression:
    """The term of W^{il} in which v_i stands between d_lP and d_hP."""
    return Im(Trace(P * v(l) * S * v(i) * S * s)) + Im(Trace(P * v(i) * P * v(l) * S2 * s))


faraday_curvature = define(
    "faraday_curvature",
    ("i", "l"),
    lambda i, l: symmetrized_curvature.expression(l, i) + _drag(l, i) - _drag(i, l),
    r"W^{<i><l>s}",
    "s x length^2",
    "curl in (k, h) space of the charge's orbital moment and curvature: the flow of s that a changing magnetic field drives",
    local="it is then not the curl of moment and curvature",
)
s_weighted_moment = define(
    "s_weighted_moment",
    ("l", "i"),
    lambda l, i: Im(Trace(P * s * P * v(l) * S * v(i))),
    r"m^{<l><i>}s",
    "s x velocity x length",
    "charge orbital moment weighted with s (for a multiplet the trace of the product)",
)

# Not listed with the quantities of one band: it belongs to all bands up to n.
filled_curvature = Quantity(
    "filled_curvature",
    ("i", "l"),
    lambda i, l: Filled(
        Trace(s * P * I * (Derivative(i, P) * Derivative(l, P) - Derivative(l, P) * Derivative(i, P)) * P)
    ),
    r"\Delta_n \mathrm{Tr}[s\,\Omega_P^{<i><l>}]",
    "s x length^2",
    "what band n adds to Tr[s Omega_P], P the projector onto the bands up to n",
)
