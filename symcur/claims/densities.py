"""Claims on local densities: continuity, the variation that gives them, current and torque density, what circulates.

The numerical checks compare zone sums of the expressions with the exact linear response of lattice models at
finite q, expanded in q. Static response to U exp(i q.r): J^i_q/U = -d_mu int f J^i_n + i q_l d_mu D^{lis} and
tau_q/U = -i q_i d_mu int f J^i_n + q_i q_l d_mu Q^{il}.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from symcur import linear_response, models
from symcur.band_structures import Model
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Zone, agreement, symmetric
from symcur.claims.faults import exchanged, formula, instead, opposite, times
from symcur.claims.notation import (
    PERIODIC,
    G_tau,
    J_n,
    Omega_lis,
    Omega_tau,
    Omega_weighted,
    d_lis,
    d_tau,
    f,
    g,
    m,
    q,
    s_n,
)
from symcur.claims.prover import Equality
from symcur.expressions import (
    Derivative,
    Expression,
    I,
    Im,
    Operator,
    P,
    Resolvent,
    S,
    Trace,
    s,
    tau,
    v,
    v_band,
    without_torque,
)
from symcur.linear_response.lattices import random_lattice
from symcur.linear_response.real_space import WAVE, ring_variation
from symcur.linear_response.susceptibility import anticommutator
from symcur.quantities.torque import interband_dipole

define = section("Local densities")
MU, TEMPERATURE = 1.0, 0.3
TOLERANCE = 1e-6  # relative to the largest component; the expansion in q claims 1e-8 and better
LINEAR_IN_TORQUE = "[s, H] = 0 enters as tau = 0 in expressions whose every term contains tau"


def static_response(
    model: Model, mu: float = MU, temperature: float = TEMPERATURE
) -> dict[str, linear_response.Estimate]:
    """The exact response of the densities of s, its current and its torque, shared by several claims."""
    s, of_current, of_torque = _static(model, mu, temperature).values()
    current, torque = linear_response.current_density(of_current), linear_response.torque_density(of_torque)
    return {
        "s": s["uniform"],
        "s_gradient": s["gradient"],
        "uniform": current["uniform"],
        "D": current["dipole"],
        "dipole": torque["dipole"],
        "Q": torque["quadrupole"],
    }


@cache
def _static(model: Model, mu: float, temperature: float) -> dict[str, dict[str, linear_response.Estimate]]:
    first = "uniform", "gradient"
    terms = {"s": first, "current": first, "torque": (*first, "curvature")}
    return linear_response.expanded_static_response(model, terms, mu, temperature, rtol=1e-7)


@cache
def probed_models() -> tuple[tuple[Model, float, float, int], ...]:
    """Models, mu, T and the size of the zone sums on which densities are checked."""
    return (
        (random_lattice(0), MU, TEMPERATURE, 48),
        (random_lattice(7), MU, TEMPERATURE, 48),
        (random_lattice(1, dimension=3, bands=2, hopping=96, spacing=4), 2.0, 1.0, 12),
        (models.haldane(), 0.4, 0.3, 48),
    )


# -- continuity ------------------------------------------------------------------------------------------------------
_H0, _H1 = Operator("A"), Operator("B")  # H(k) and H(k + q)


def check_continuity() -> CheckResult:
    """The equation between |k> and |k + q>, element by element, q of the size of the zone."""
    generator = np.random.default_rng(11)
    lattices = [random_lattice(3, dimension=D) for D in (1, 2, 3)]
    lattices += [models.haldane(), models.kane_mele(), models.rice_mele(), models.altermagnet()]
    pairs = []
    for model in lattices:
        k, q = generator.uniform(-3, 3, size=(2, 20, model.dimension))
        scale = float(np.abs(model.matrix("H", k)).max())
        pairs.append(Pair(model.name, linear_response.continuity_residual(model, k, q), 0.0, scale=scale))
    return agreement(
        pairs, 1e-13, f"Largest element of the equation on {len(pairs)} lattices at 20 random k and q each."
    )


define(
    "continuity",
    {"A": "introduction", "B": "introduction, Equilibrium current", "C": "introduction, Equilibrium current"},
    "The density of s obeys a continuity equation with a source, exactly, also on a lattice at finite q.",
    r"\partial_t\, \mathrm{Re}\, \psi^\dagger s \psi + \nabla \cdot \mathrm{Re}\, \psi^\dagger J^s \psi = \mathrm{Re}\,"
    r" \psi^\dagger \tau \psi",
    assumptions=(
        "s commutes with position; between |k> and |k + q> the velocity is averaged along the straight line, "
        "q.v = H(k + q) - H(k)",
        "A and B stand for H(k) and H(k + q), any two operators",
    ),
    equalities=(
        Equality(
            I * (_H0 * s - s * _H1) + I / 2 * ((_H1 - _H0) * s + s * (_H1 - _H0)),
            -I * (s * (_H0 + _H1) / 2 - (_H0 + _H1) / 2 * s),
            "i[H, s_q] + i q.J_q = tau_q between |k> and |k + q>",
        ),
    ),
    check=check_continuity,
    faults={
        "v s for (1/2){v, s}": instead(anticommutator, lambda honest: lambda v, s: v @ s),
        "v at k for its mean on the way to k + q": instead(
            linear_response.line_velocity, lambda honest: lambda model, k, q, i: model.matrix("H", k, (i,))
        ),
    },
)


# -- variation -------------------------------------------------------------------------------------------------------
def check_variation() -> CheckResult:
    """d^2 Omega/dU dh on a ring against the density matrix; the small-q limit of s against the expressions."""
    ring = random_lattice(2, dimension=1, bands=2)
    pairs = []
    for operator in ("s", "torque", "current"):
        exact = linear_response.static_response(ring, operator, [WAVE], MU, 0.5).value[0]
        pairs.append(Pair(f"{operator} at finite q", ring_variation(ring, operator, MU), exact))
    for model in (random_lattice(0), random_lattice(7)):
        zone = Zone(model, MU, TEMPERATURE, 48)
        density = static_response(model)
        dipole = zone.integral("s_dipole", "df/dmu", ("mixed_berry_curvature", "dg/dmu"))
        pairs += [
            Pair.of("s_n", -density["s"], zone.integral("s_expectation", "df/dmu")),
            Pair.of("dipole density of s", density["s_gradient"], dipole),
        ]
    text = (
        "Densities of s, tau and J on a ring of 48 cells at q = pi/4, as derivatives of the grand potential by their fields, "
        "and the expansion of the density of s to first order in gradients on two random 2D lattices."
    )
    return agreement(pairs, TOLERANCE, text)


define(
    "variational-density",
    {"A": "(1)", "B": "above (1)", "C": "above (1)"},
    "The local density of a bounded operator is the variation of the action (at rest: of the grand potential) with the "
    "field conjugate to it.",
    r"\theta(\mathbf r) = -\int \mathcal D f\, \frac{\delta S}{\delta \mathbf h}\Big|_{\mathbf h \to 0},\qquad"
    r" \theta_n = \partial_h \varepsilon_n",
    recorded="confirmed",
    assumptions=("checked in equilibrium, where the variation of the action is that of the grand potential",),
    check=check_variation,
    faults={
        "d^{is} with the opposite sign": opposite("s_dipole"),
        "Omega^{is} with the opposite sign": opposite("mixed_berry_curvature"),
        "half of Omega^{is}": formula("mixed_berry_curvature", lambda honest, i: honest(i) / 2),
        "s_n with the opposite sign": opposite("s_expectation"),
    },
)


# -- current and torque density --------------------------------------------------------------------------------------
def check_current_density() -> CheckResult:
    """Both terms of C (1), differentiated by mu, for every component."""
    pairs = []
    for model, mu, T, size in probed_models():
        found, zone = static_response(model, mu, T), Zone(model, mu, T, size)
        dipole = zone.integral("s_current_dipole", "df/dmu", ("s_berry_curvature", "dg/dmu"))
        pairs += [
            Pair.of(f"int f J, {model.name}", found["uniform"], zone.integral("s_current", "df/dmu")),
            Pair.of(f"D^lis, {model.name}", found["D"], dipole),
        ]
    text = "Static response at finite q, expanded in q, against d_mu int f J_n and d_mu D^{lis}, on 4 lattices (2D and 3D)."
    return agreement(_with_scales(pairs), TOLERANCE, text)


def check_torque_density() -> CheckResult:
    """D^{i tau} and the symmetric part of Q^{il tau}, differentiated by mu."""
    pairs = []
    for model, mu, T, size in probed_models():
        found, zone = static_response(model, mu, T), Zone(model, mu, T, size)
        dipole = zone.integral("torque_dipole", "df/dmu", ("torque_berry_curvature", "dg/dmu"))
        Q = symmetric(zone.integral("torque_quadrupole", "df/dmu", ("torque_polarizability", "dg/dmu")))
        pairs += [
            Pair.of(f"D^i tau, {model.name}", -found["dipole"], dipole),
            Pair.of(f"Q^il tau, {model.name}", found["Q"], Q),
        ]
    text = "Static response of tau at finite q against d_mu D^{i tau} and d_mu Q^{il tau}, on 4 lattices (2D and 3D)."
    return agreement(_with_scales(pairs), TOLERANCE, text)


def _with_scales(pairs: list[Pair]) -> list[Pair]:
    """Tensors that vanish by symmetry are measured against the largest of the others."""
    smallest = 1e-3 * max(pair.unit for pair in pairs)
    return [replace(pair, scale=max(pair.unit, smallest)) for pair in pairs]


define(
    "current-density",
    {"A": "(4)", "B": "(1)", "C": "(1)"},
    "The conventional s-current density to first order in gradients: a sum over bands and the gradient of its dipole density.",
    r"J^{is} = \int f_n J^{is}_n - \partial_l D^{lis},\qquad D^{lis} = \int (f_n d^{lis}_n + g_n \Omega^{lis}_n)",
    recorded="confirmed",
    assumptions=(
        "equilibrium, slowly varying chemical potential; checked as the derivative by mu",
        "bands do not touch: at a touching the sum over bands leaves out delta functions",
    ),
    check=check_current_density,
    faults={
        "d^{ils} for d^{lis}": exchanged("s_current_dipole"),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "Omega^{lis} with the opposite sign": opposite("s_berry_curvature"),
        "v_n s_n for J_n": formula("s_current", lambda honest, i: Trace(P * v(i) * P * s)),
    },
)
define(
    "torque-density",
    {"A": "(5), (6)", "B": "(2), (3)", "C": "(2), (3)"},
    "The torque density to second order in gradients: minus the divergence of a dipole density, less that of a quadrupole.",
    r"\tau(\mathbf r) = -\partial_i D^{i\tau} + \partial_i \partial_l Q^{il\tau},\quad D^{i\tau} = \int (f d^{i\tau} + g\,"
    r" \Omega^{i\tau}),\quad Q^{il\tau} = \int (f q^{il\tau} + g\, \chi^{il\tau})",
    recorded="confirmed",
    assumptions=(
        "equilibrium, slowly varying chemical potential; checked as the derivative by mu",
        "of Q the symmetric part, the only one that acts",
        "bands do not touch: at a touching the sum over bands leaves out delta functions",
    ),
    check=check_torque_density,
    faults={
        "d^{i tau} with the opposite sign": opposite("torque_dipole"),
        "Omega^{i tau} with the opposite sign": opposite("torque_berry_curvature"),
        "q without its factor 1/2": times("torque_quadrupole", 2),
        "chi with the sign of A": opposite("torque_polarizability"),
        "D^i without the drag of the band velocity": formula(
            "interband_torque_dipole", lambda honest, i: honest(i) + I * v_band(i) * S * tau * P
        ),
    },
)


# -- what does not circulate -----------------------------------------------------------------------------------------
def chi_by_torque(i: str, l: str) -> Expression:
    """The torque polarizability with d^{ls} written as G^{l tau}, so that every term contains tau."""
    dipole = Im(Trace(P * v(l) * Resolvent("n", 2) * interband_dipole(i)))
    return Derivative(i, G_tau(l)) - 2 * dipole


NET_FLOW = Equality(
    f * J_n("i"),
    -1 * (f * d_tau("i") + g * Omega_tau("i")),
    "int f J_n up to a total derivative, in expressions that contain tau",
    primitive=(("i", g * s_n()),),
)
DIPOLE_DENSITY = Equality(
    f * d_lis("l", "i") + g * Omega_lis("l", "i"),
    f * m("l", "i") + g * Omega_weighted("l", "i") - (f * q("i", "l") + g * chi_by_torque("i", "l")),
    "D^{lis} = M^{li} - Q^{il tau} up to a total derivative, and Q contains tau",
    primitive=(("l", g * G_tau("i")),),
)


def check_not_circulating() -> CheckResult:
    """The symmetric part of d_mu D by exact response: nonzero for one lattice, zero where [s, H] = 0."""
    general, special = random_lattice(0), random_lattice(6, conserved=True)
    found, kept = static_response(general), static_response(special)
    noncirculating = float(np.abs(symmetric(found["D"].value)).max())
    zone = Zone(special, MU, TEMPERATURE, 48)
    M = zone.integral("orbital_moment", "df/dmu", ("s_weighted_curvature", "dg/dmu"))
    scale = float(np.abs(M).max())
    pairs = [
        Pair.of("D symmetric, conserved s", symmetric(kept["D"]), 0 * M, scale),
        Pair.of("D = M, conserved s", kept["D"], M),
        Pair.of("int f J, conserved s", kept["uniform"], 0.0, scale),
    ]
    text = (
        f"Nonconserved s: the symmetric part of d_mu D^lis reaches {noncirculating:.4f} with an error of "
        f"{float(found['D'].error.max()):.0e} ({general.name}). Conserved s: D is antisymmetric and int f J vanishes."
    )
    return agreement(pairs, TOLERANCE, text, also=noncirculating > 1e4 * float(found["D"].error.max()))


define(
    "current-not-circulating",
    {"A": "below (8)", "B": "below (1)", "C": "below (1)"},
    "The dipole density of the conventional current is not antisymmetric for nonconserved s. For conserved s it is, it "
    "gives the orbital magnetization, and the net current vanishes.",
    r"[s, H] \neq 0:\ D^{lis} \neq -D^{ils};\qquad [s, H] = 0:\ \int f J^{is}_n = 0,\ D^{lis} = -D^{ils} = M^{li}",
    assumptions=(PERIODIC, LINEAR_IN_TORQUE, "the first half by a counterexample of exact response"),
    equalities=(
        NET_FLOW,
        Equality(without_torque(NET_FLOW.rhs), 0 * P, "with tau = 0 the net flow vanishes"),
        DIPOLE_DENSITY,
        Equality(
            without_torque(f * q("i", "l") + g * chi_by_torque("i", "l") + Derivative("l", g * G_tau("i"))),
            0 * P,
            "with tau = 0 what separates D from M vanishes",
        ),
    ),
    check=check_not_circulating,
    faults={
        "m with the opposite sign": opposite("orbital_moment"),
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "half of m": formula("orbital_moment", lambda honest, l, i: honest(l, i) / 2),
    },
)
