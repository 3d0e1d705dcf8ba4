"""Curvatures and metrics: momentum space, mixed with s, and of the conventional s current."""

from __future__ import annotations

from symcur.expressions import Axis, Expression, I, Im, J, P, Re, Resolvent, S, Trace, s, v
from symcur.quantities.quantity import define

S2 = Resolvent("n", 2)


def mixed_curvature_of(i: Axis, theta: Expression) -> Expression:
    """Omega^{i theta} = -2 Im sum v^i_{nm} theta_{mn}/omega_{nm}^2: A, Eq. (2)."""
    return -2 * Im(Trace(P * v(i) * S2 * theta))


def mixed_metric_of(i: Axis, theta: Expression) -> Expression:
    """G^{i theta} = Re sum v^i_{nm} theta_{mn}/omega_{nm}^2: A, Eq. (2)."""
    return Re(Trace(P * v(i) * S2 * theta))


def curvature_operator(i: Axis, l: Axis) -> Expression:
    """Omega_P^{il} = i P(v_i S^2 v_l - v_l S^2 v_i)P, the (matrix-valued) Berry curvature of a multiplet."""
    return I * P * (v(i) * S2 * v(l) - v(l) * S2 * v(i)) * P


berry_curvature = define(
    "berry_curvature",
    ("i", "l"),
    lambda i, l: mixed_curvature_of(i, v(l)),
    r"\Omega^{<i><l>}",
    "length^2",
    "momentum-space Berry curvature tensor",
    {"A": "below (10)", "B": "below (6)", "C": "below (6), above (10)"},
)
s_berry_curvature = define(
    "s_berry_curvature",
    ("l", "i"),
    lambda l, i: mixed_curvature_of(l, J(i)),
    r"\Omega^{<l><i>s}",
    "s x length^2",
    "s-Berry (spin Berry) curvature: velocity along l, current along i",
    {"A": "(4) with theta = J", "B": "below (1)", "C": "below (1)"},
)
mixed_berry_curvature = define(
    "mixed_berry_curvature",
    ("i",),
    lambda i: mixed_curvature_of(i, s),
    r"\Omega^{<i>s}",
    "s x length / energy",
    "Berry curvature of momentum and the field conjugate to s",
    {"A": "(2) with theta = s, (18)"},
)
mixed_metric = define(
    "mixed_metric",
    ("i",),
    lambda i: mixed_metric_of(i, s),
    r"\mathcal{G}^{<i>s}",
    "s x length / energy",
    "quantum metric of momentum and the field conjugate to s",
    {"A": "(2) with theta = s"},
)
s_weighted_curvature = define(
    "s_weighted_curvature",
    ("i", "l"),
    lambda i, l: Trace(s * curvature_operator(i, l)),
    r"\Omega^{<i><l>}s",
    "s x length^2",
    "Berry curvature weighted with s (for a multiplet the trace of the product)",
    {"A": "(10), (15)", "B": "(11)", "C": "(11)"},
)


def _symmetrized(l: Axis, i: Axis) -> Expression:
    return s_weighted_curvature.expression(l, i) / 2 - Im(Trace(P * v(l) * S * s * S * v(i)))


# Omega^{li} s_n weighs each interband pair with s_n; here half of the weight is s between the other bands, QsQ with its elements
# off the diagonal: for two bands (s_n + s_m)/2, for more bands not. The two differ by half the curl of the s dipole, a total
# derivative, but this one stays integrable where bands touch.
symmetrized_curvature = define(
    "symmetrized_curvature",
    ("l", "i"),
    _symmetrized,
    r"\bar{\Omega}^{<l><i>s}",
    "s x length^2",
    "s-weighted curvature, half with the s of the band and half with s among the others; regular at band touchings",
)
