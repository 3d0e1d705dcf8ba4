"""Dipoles: where s and its current sit on a wave packet, and the orbital moment that follows."""

from __future__ import annotations

from symcur.expressions import Axis, Derivative, Expression, Im, J, P, S, Trace, s, v, v_band
from symcur.quantities.quantity import define


def dipole_of(i: Axis, theta: Expression) -> Expression:
    """d^{i theta} = Im sum v^i_{nm} theta_{mn}/omega_{nm}: A, Eq. (3)."""
    return Im(Trace(P * v(i) * S * theta))


s_dipole = define(
    "s_dipole",
    ("i",),
    lambda i: dipole_of(i, s),
    r"d^{<i>s}",
    "s x length",
    "s-dipole moment of a wave packet",
    {"A": "(3), (10)", "B": "below (6), (14)", "C": "below (6), (14)"},
)
s_current_dipole = define(
    "s_current_dipole",
    ("l", "i"),
    lambda l, i: dipole_of(l, J(i)),
    r"d^{<l><i>s}",
    "s x velocity x length",
    "dipole moment of the conventional s current: position l, flow i",
    {"A": "(4) with theta = J", "B": "below (1)", "C": "below (1)"},
)
dipole_gradient = define(
    "dipole_gradient",
    ("i", "l"),
    lambda i, l: Derivative(l, s_dipole.named(i)),
    r"\partial_{k_{<l>}} d^{<i>s}",
    "s x length^2",
    "momentum derivative of the s dipole",
    {"A": "(10), (15)", "B": "(11)", "C": "(11), printed with d_{k_i}"},
)


def _moment(l: Axis, i: Axis) -> Expression:
    rotation = (s_current_dipole.named(l, i) - s_current_dipole.named(i, l)) / 2
    return rotation + (v_band(i) * s_dipole.named(l) - v_band(l) * s_dipole.named(i)) / 2


orbital_moment = define(
    "orbital_moment",
    ("l", "i"),
    _moment,
    r"m^{<l><i>s}",
    "s x velocity x length",
    "s orbital moment tensor, antisymmetric; m^{lis} = eps_{lik} m_k",
    {"A": "(11)", "B": "below (6)", "C": "below (6)"},
    local="M = int f m + g Omega s then misses terms that are not known",
)
