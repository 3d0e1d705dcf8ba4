"""The torque tau = -i[s, H]: its dipole, curvature, metric, polarizability and quadrupole, from their definitions."""

from __future__ import annotations

from symcur.expressions import Axis, Derivative, Expression, I, Im, P, Re, S, Trace, tau, v, v_band
from symcur.quantities.dipoles import dipole_of, s_dipole
from symcur.quantities.geometry import S2, mixed_curvature_of, mixed_metric_of
from symcur.quantities.quantity import define

torque_dipole = define(
    "torque_dipole",
    ("i",),
    lambda i: dipole_of(i, tau),
    r"d^{<i>\tau}",
    "s x velocity",
    "torque dipole moment",
    {"A": "(3), (10)", "B": "below (3)", "C": "below (3)"},
)
torque_berry_curvature = define(
    "torque_berry_curvature",
    ("i",),
    lambda i: mixed_curvature_of(i, tau),
    r"\Omega^{<i>\tau}",
    "s x length",
    "mixed Berry curvature of the torque",
    {"A": "(2), (10)", "B": "below (3)", "C": "below (3)"},
)
torque_metric = define(
    "torque_metric",
    ("i",),
    lambda i: mixed_metric_of(i, tau),
    r"\mathcal{G}^{<i>\tau}",
    "s x length",
    "mixed quantum metric of the torque",
    {"A": "(2), (10)"},
)


def interband_dipole(i: Axis) -> Expression:
    """D^i P_n, whose elements <m|D^i|n> are the interband torque dipole: A [22], C [33] as an operator."""
    return I / 2 * Derivative(i, tau) * P + I * tau * S * v(i) * P - I * v_band(i) * S * tau * P


interband_torque_dipole = define(
    "interband_torque_dipole",
    ("i",),
    interband_dipole,
    r"D^{<i>}",
    "s x velocity",
    "interband torque dipole; <m|D^i|n> depends on the phases of the states, the operator D^i P_n does not",
    {"A": "[22]", "B": "[33]", "C": "[33]"},
    operator=True,
    local="chi, which it defines, is then not what conventional + torque = intrinsic needs",
)


def _polarizability(i: Axis, l: Axis) -> Expression:
    return Derivative(i, s_dipole.named(l)) - 2 * Im(Trace(P * v(l) * S2 * interband_torque_dipole.named(i)))


torque_polarizability = define(
    "torque_polarizability",
    ("i", "l"),
    _polarizability,
    r"\chi^{<i><l>\tau}",
    "s x length^2",
    "torque-dipole polarizability, with the sign of versions B and C (minus that of A)",
    {"A": "(8), opposite sign", "B": "below (3)", "C": "below (3), printed with d_{k_i} d^{is}"},
    local="Omega^{lis} + chi is then not Omega^{li} s_n + d_l d^{is}",
)


def _moment(i: Axis) -> Expression:
    """Tr[P (d_i P) tau], the first moment that the centre of the packet and its envelope leave."""
    return Trace(P * Derivative(i, P) * tau)


def _quadrupole(i: Axis, l: Axis) -> Expression:
    second = Trace(P * (Derivative(l, Derivative(i, P)) + Derivative(l, P) * Derivative(i, P)) * tau)
    envelope = (Derivative(l, _moment(i)) + Derivative(i, _moment(l))) / 2
    return -Re(second - envelope) / 2


torque_quadrupole = define(
    "torque_quadrupole",
    ("i", "l"),
    _quadrupole,
    r"q^{<i><l>\tau}",
    "s x velocity x length",
    "torque quadrupole moment Re<(1/2)(r - r_c)^i (r - r_c)^l tau> of a zero-field wave packet",
    {"A": "(7), (10)", "B": "below (3)", "C": "below (3)"},
    local="the components of r then do not commute, and the moment is not symmetric",
)
