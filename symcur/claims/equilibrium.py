"""Claims on equilibrium: no net flow, a current that only circulates, and its magnetization."""

from __future__ import annotations

from functools import partial

import numpy as np
import sympy as sp

from symcur import models
from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.claims import densities
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric
from symcur.claims.faults import WITHOUT_DIPOLE, exchanged, formula, instead, of_term, opposite, times
from symcur.claims.notation import (
    PERIODIC,
    J_n,
    Omega_lis,
    Omega_tau,
    Omega_weighted,
    chi,
    d,
    d_lis,
    d_tau,
    f,
    g,
    m,
    q,
    s_n,
)
from symcur.claims.prover import Equality
from symcur.expressions import Axis, Derivative, Expression, Operator, P, Trace, add
from symcur.linear_response.expansion import extrapolated
from symcur.linear_response.lattices import random_lattice
from symcur.linear_response.real_space import (
    FLAKES,
    conventional_flow,
    flow_through_ribbon,
    flows_of_flake,
    graph_laplacian,
    magnetization_of_flakes,
    torque_current,
)
from symcur.observables import magnetization_slope

define = section("Equilibrium")

define(
    "vanishing-net-flow",
    {"A": "below (11)", "B": "(4), (5)", "C": "(4), (5)"},
    "In uniform equilibrium the conserved current vanishes: the integrand is a total derivative.",
    r"f J^{is} + f d^{i\tau} + g\, \Omega^{i\tau} = \partial_{k_i}(g\, s_n) \;\Rightarrow\;"
    r" \mathcal{J}_{\mathrm{un}} = 0",
    assumptions=(PERIODIC,),
    equalities=(
        Equality(
            f * J_n() + f * d_tau() + g * Omega_tau(),
            0 * f,
            "zero up to the derivative of g s",
            primitive=(("i", g * s_n()),),
        ),
    ),
)
define(
    "circulating-current",
    {"A": "(12)", "B": "above (6)", "C": "above (6)"},
    "The dipole density of J plus the torque quadrupole density is antisymmetric up to a total derivative: a curl.",
    r"f(d^{lis} + q^{il\tau}) + g(\Omega^{lis} + \chi^{il\tau}) = f m^{lis} + g\, \Omega^{li} s_n +"
    r" \partial_{k_l}(g\, d^{is}) \;\Rightarrow\; \mathbf{J} + \mathbf{J}^\tau = \nabla \times \mathbf{M}^s",
    assumptions=(PERIODIC, "first order in gradients for J, second order for the torque"),
    equalities=(
        Equality(
            f * (d_lis("l", "i") + q("i", "l")) + g * (Omega_lis("l", "i") + chi("i", "l")),
            f * m("l", "i") + g * Omega_weighted("l", "i"),
            "M^{li} = int f m^{lis} + g Omega^{li} s",
            primitive=(("l", g * d("i")),),
        ),
        Equality(
            f * m("l", "i") + g * Omega_weighted("l", "i"),
            -f * m("i", "l") - g * Omega_weighted("i", "l"),
            "M^{li} is antisymmetric, so that -d_l M^{li} is a curl and its divergence vanishes",
        ),
    ),
)


# -- net flow through cuts of a sample ---------------------------------------------------------------------------------
def _rough(c1: AnyArray, c2: AnyArray) -> Array:
    return np.asarray(2 * np.cos(0.7 * c1 + 0.3) * np.sin(0.5 * c2) + 0.15 * c1)


def _cuts(cells: int) -> list[AnyArray]:
    """The cells on one side of straight and slanted cuts, and of cuts of any shape (random sets of cells)."""
    c1, c2 = np.indices((cells, cells)).reshape(2, -1)
    straight = [c < position for c in (c1, c2, (c1 + c2) / 2) for position in range(1, cells)]
    return [*straight, *(np.random.default_rng(5).random((40, cells**2)) < 0.5)]


def check_cross_section() -> CheckResult:
    """Every cut of a flake with a rough potential; a ribbon with a slow one against C (1), (2) and (3) at the local mu."""
    model, cells, T = random_lattice(0), 9, 1.0
    found = flows_of_flake(model, cells, _rough, densities.MU, densities.TEMPERATURE)
    by_torque = torque_current(found.torque, cells)
    conventional = np.array([found.into(inside) for inside in _cuts(cells)])
    backflow = np.array([by_torque[np.ix_(inside, ~inside)].sum() for inside in _cuts(cells)])
    size = float(np.abs(conventional).max())
    pairs = [
        Pair("every cut of the flake", conventional + backflow, 0.0, scale=size),
        Pair("torque of the whole flake", found.torque.sum(), 0.0, scale=size),
    ]
    sizes, U_0 = np.array([16, 20, 26, 34, 44]), 1.5
    up, down = (
        np.array([flow_through_ribbon(model, L, partial(_slope, U), densities.MU, T, 13) for L in sizes]).T
        for U in (U_0, -U_0)
    )
    zone, slope = Zone(model, densities.MU, T, 44), np.pi * U_0  # d U/dx = slope/L in the middle, where U = 0
    for label, index, uniform, gradient in (
        ("J", 0, ("s_current", "f"), ("s_current_dipole", "df/dmu", ("s_berry_curvature", "dg/dmu"))),
        (
            "J^tau",
            1,
            ("torque_dipole", "f", ("torque_berry_curvature", "g")),
            ("torque_quadrupole", "df/dmu", ("torque_polarizability", "dg/dmu")),
        ),
    ):
        half_sum, half_difference = (up + down)[index] / 2, (up - down)[index] / 2
        for order, values, expected in (
            (0, half_sum, zone.integral(*uniform)[0]),
            (1, half_difference, slope * zone.integral(*gradient)[0, 0]),
        ):
            value, error = extrapolated(1 / sizes, values, order)
            pairs.append(Pair(f"ribbon, {label}, order {order}", float(value), float(expected), float(error)))
    text = (
        f"{model.name}, {cells} x {cells} cells in a rough potential: through {len(conventional)} cuts J flows with up to "
        f"{size:.4f}, J + J^tau with {float(np.abs(conventional + backflow).max()):.0e}. Ribbons with a slow U(x), extrapolated in "
        "their width: J, and J^tau from the torque on one side, against C (1) and (2), (3) to first order in the gradient."
    )
    return agreement(pairs, 1e-6, text, also=size > 1e-2)


def _slope(U_0: float, x: Array) -> Array:
    return np.asarray(U_0 * np.sin(np.pi * (x - 0.5)))


def _one_sided(occupied: ComplexArray, s: ComplexArray) -> ComplexArray:
    return np.asarray(occupied @ np.kron(np.eye(len(occupied) // len(s)), s))


define(
    "net-flow-cross-section",
    {"A": "introduction", "B": "below (5)", "C": "below (5)"},
    "In equilibrium the net flow of the conserved current through any cross section of a sample vanishes, uniform or not; that of "
    "the conventional current does not.",
    r"\int_{\mathrm{cut}} (\mathbf J + \mathbf J^\tau) \cdot d\mathbf A = 0,\qquad \int_{\mathrm{cut}} \mathbf J \cdot d\mathbf A ="
    r" \sum_{\mathrm{one\ side}} \tau \neq 0",
    recorded="confirmed",
    assumptions=(
        "J^tau is any field with div J^tau = -tau on the sample through whose boundary nothing flows; such fields differ by what "
        "circulates, which has no net flow through a cut; on a torus, without a boundary, the torque leaves a uniform J^tau open",
        "exact on a finite sample, for any stationary state, potential and cut: d/dt of s on one side vanishes, and a cut's flow of J "
        "is the torque on one side. It rests on the continuity equation alone, and holds at every order in gradients",
        "that the densities of C (2), (3) are this J^tau, the boundary condition included: to first order in the gradient, where "
        "the potential is slow",
    ),
    check=check_cross_section,
    faults={
        "J alone": instead(torque_current, lambda honest: lambda torque, cells: 0 * honest(torque, cells)),
        "J^tau with div J^tau = +tau": instead(
            torque_current, lambda honest: lambda torque, cells: -honest(torque, cells)
        ),
        "s leaves through the boundary": instead(
            graph_laplacian, lambda honest: lambda cells: honest(cells) + np.diag(4 - np.diag(honest(cells)))
        ),
        "v s for (1/2){v, s}": instead(
            conventional_flow, lambda honest: lambda H, occupied, s: honest(H, _one_sided(occupied, s), np.eye(len(s)))
        ),
        "d^{i tau} with the opposite sign": opposite("torque_dipole"),
        "Omega^{i tau} left out of D^{i tau}": times("torque_berry_curvature", 0),
        "the quadrupole without chi": times("torque_polarizability", 0),
        "chi with the sign of A": opposite("torque_polarizability"),
        "half of q": formula("torque_quadrupole", lambda honest, i, l: honest(i, l) / 2),
    },
)

# -- the s orbital magnetization ---------------------------------------------------------------------------------------
MU, TEMPERATURE = 0.4, 0.25


def check_orbital_magnetization() -> CheckResult:
    """s = 1: M of the Haldane model against (1/2)<r x v> of open flakes. s not conserved: dM/dmu by exact response."""
    haldane = models.get("haldane")
    charge = haldane.with_s(1)
    zone = Zone(charge, MU, TEMPERATURE, 48)
    M = zone.integral("orbital_moment", "f", ("s_weighted_curvature", "g"))[0, 1]
    flakes, error = magnetization_of_flakes(haldane, MU, TEMPERATURE)
    text = (
        f"Haldane model, mu = {MU}, T = {TEMPERATURE}: int f m + g Omega = {M:.8f} against the moment per area of rhombic "
        f"flakes of {', '.join(map(str, FLAKES))} cells along an edge, extrapolated. s not conserved, two random 2D lattices: "
        "d_mu M^s, from the observable and from m and Omega s, against the antisymmetric parts of d_mu D^{lis} by exact response "
        "and of d_mu Q^{il tau}."
    )
    pairs = [Pair("M_z", flakes, M, error)]
    for seed in (0, 7):
        model = random_lattice(seed)
        zone, D = Zone(model, densities.MU, densities.TEMPERATURE, 48), densities.static_response(model)["D"]
        Q = zone.integral(
            "torque_quadrupole", "df/dmu", ("torque_polarizability", "dg/dmu")
        )  # [i, l], where D is [l, i]
        moments = zone.integral("orbital_moment", "df/dmu", ("s_weighted_curvature", "dg/dmu"))
        observable = magnetization_slope(model, zone.mu, zone.temperature, rtol=1e-8).value
        pairs += [
            Pair.of(f"{label}, {model.name}", antisymmetric(D), slope + antisymmetric(Q))
            for label, slope in (("m and Omega s", moments), ("observable", observable))
        ]
    return agreement(pairs, 1e-5, text)


define(
    "orbital-magnetization",
    {"A": "(13)", "B": "(6)", "C": "(6)"},
    "The circulating current has the s orbital magnetization M^s, which for s -> e is the charge orbital magnetization.",
    r"\mathbf M^s = \int (f_n \mathbf m^s_n + g_n \boldsymbol\Omega_n s_n),\qquad s \to e:\ \mathbf M = \frac{1}{V}"
    r"\left\langle \tfrac12 \mathbf r \times e\mathbf v \right\rangle",
    recorded="confirmed",
    assumptions=(
        "that J + J^tau = curl M^s is proved by circulating-current",
        "the antisymmetric part of J^tau is not fixed by tau; it is taken from int f q + g chi",
    ),
    check=check_orbital_magnetization,
    faults={
        "d x v dropped from m^s": WITHOUT_DIPOLE,
        "m with the opposite sign": opposite("orbital_moment"),
        "twice d^{lis} in m": times("s_current_dipole", 2),
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "the curvature with the opposite sign in the observable": of_term(
            magnetization_slope, "symmetrized_curvature", -1.0
        ),
        "chi^{li} for chi^{il}": exchanged("torque_polarizability"),
    },
)

# -- gauge freedom ---------------------------------------------------------------------------------------------------
_AXES = ("i", "l", "j")  # three perpendicular directions, right-handed
_phi = Trace(P * Operator("phi"))  # any function; derivatives commute, as those in space do


def gradient_part(l: Axis, i: Axis) -> Expression:
    """What M_k -> M_k + d_k phi adds to M^{li} = eps_{lik} M_k."""
    sign = {k: int(sp.LeviCivita(*map(_AXES.index, (l, i, k)))) for k in _AXES}
    return add(*(sign[k] * Derivative(k, _phi) for k in _AXES if sign[k]))


define(
    "magnetization-gauge",
    {"A": "[23]", "B": "[34]", "C": "[34]"},
    "M^s is defined up to a gradient, which leaves the current density unchanged. An antisymmetric part of Q, which the torque "
    "does not fix, changes M^s by more than a gradient, and the current by a curl, but neither its divergence nor a net flow.",
    r"\nabla \times (\mathbf M^s + \nabla \phi) = \nabla \times \mathbf M^s;\qquad \partial_i \partial_l A^{il} = 0\ "
    r"(A^{il} = -A^{li})",
    assumptions=(
        "unchanged: the current density, the flow through any section, and in 2D M_z itself up to a constant",
        "phi and A are any functions; the derivatives are any that commute, as those in space do",
    ),
    equalities=(
        Equality(
            add(*(-Derivative(l, gradient_part(l, "i")) for l in ("l", "j"))),
            0 * P,
            "the gradient adds nothing to the current along i, nor by renaming to the others",
        ),
        Equality(
            Derivative("i", Derivative("l", _phi)) + Derivative("l", Derivative("i", -_phi)),
            0 * P,
            "an antisymmetric part of Q, A^{il} = -A^{li} = phi, makes no torque",
        ),
    ),
)
