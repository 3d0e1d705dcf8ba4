"""Claims on what the theory leaves free, the antisymmetric part of J^tau, and on conservation away from equilibrium.

The torque density fixes the torque quadrupole through d_i d_l Q^{il}: the symmetric part of Q, q and chi. Antisymmetric
tensors a^{il}, b^{il} of every band may be added to chi and q, with M^{li} -> M^{li} + int f b^{il} + g a^{il}.
"""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric, gap_above, symmetric
from symcur.claims.densities import MU, TEMPERATURE, static_response
from symcur.claims.faults import formula, instead, opposite, times
from symcur.claims.moments import RESULT_A
from symcur.claims.notation import (
    PERIODIC,
    Omega_lis,
    Omega_weighted,
    chi,
    d,
    d_lis,
    df,
    driven,
    f,
    g,
    geometric,
    grad_d,
    m,
    q,
)
from symcur.claims.prover import Equality
from symcur.claims.response import UNTOUCHED, accumulated, field_response_of, sigma, transverse_response
from symcur.expressions import Axis, Derivative, Expression, Im, Operator, P, Re, Resolvent, S, Trace, v, v_band
from symcur.linear_response.finite_differences import magnetization_by_field
from symcur.linear_response.lattices import chern_insulator, random_lattice

define = section("The Hall part")


# -- the freedom of the antisymmetric part ---------------------------------------------------------------------------
def free(name: str, i: Axis, l: Axis) -> Expression:
    """An arbitrary antisymmetric tensor of the band: Tr[P X_il] - Tr[P X_li] with arbitrary operators X_il(k), X_li(k)."""
    return Trace(P * Operator(f"{name}_{i}{l}")) - Trace(P * Operator(f"{name}_{l}{i}"))


def _freed(i: Axis, l: Axis) -> tuple[Expression, Expression]:
    """chi + a and q + b."""
    return chi(i, l) + free("A", i, l), q(i, l) + free("B", i, l)


def _magnetization(l: Axis, i: Axis) -> Expression:
    """The integrand of M^{li} with what a and b add."""
    return f * (m(l, i) + free("B", i, l)) + g * (Omega_weighted(l, i) + free("A", i, l))


_chi, _q = _freed("i", "l")
_added = f * free("B", "i", "l") + g * free("A", "i", "l")
_added_li = f * free("B", "l", "i") + g * free("A", "l", "i")
_hall = Omega_weighted("l", "i") + free("A", "i", "l")
_even = f * Trace(P * Operator("C"))


def added(i: int, l: int) -> tuple[Expression, Expression]:
    """One choice of a and b for numbers: multiples of the charge curvature and of Im Tr[P v_i S v_l]."""
    return 3 * Im(Trace(P * v(i) * Resolvent("n", 2) * v(l))), 2 * Im(Trace(P * v(i) * S * v(l)))


def _tensor(zone: Zone, a: str, b: str | None = None) -> Array:
    """int (weight a) a + (weight b) b, [i, l]."""

    def component(i: int, l: int) -> float:
        of_chi, of_q = added(i, l)
        return float(zone.integral(of_chi, a, *([(of_q, b)] if b else [])))

    return np.array([[component(i, l) for l in (0, 1)] for i in (0, 1)])


def magnetization_added(zone: Zone) -> Array:
    """What a and b add to d_mu M^{li}, [l, i]."""
    return _tensor(zone, a="dg/dmu", b="df/dmu").T


def check_freedom() -> CheckResult:
    """Exact response against sums with chi + a and q + b: torque in a potential and in a field, and d_mu M."""
    model = random_lattice(0)
    found, zone = static_response(model), Zone(model, MU, TEMPERATURE, 48)
    Q = zone.integral("torque_quadrupole", "df/dmu", ("torque_polarizability", "dg/dmu"))
    freed = Q + _tensor(zone, a="dg/dmu", b="df/dmu")
    M = zone.integral("orbital_moment", "df/dmu", ("s_weighted_curvature", "dg/dmu")) + magnetization_added(zone)
    pairs = [
        Pair.of("torque density", found["Q"], symmetric(freed)),
        Pair.of("J + J^tau = curl M", antisymmetric(found["D"]), M + antisymmetric(freed)),
    ]
    apart = float(np.abs(antisymmetric(freed - Q)).max())
    model = random_lattice(4, spacing=3)
    zone = Zone(model, MU, TEMPERATURE)
    a = _tensor(zone, a="f")
    responses = symmetric(zone.integral("torque_polarizability", "f") + a)
    pairs.append(Pair.of("torque in a field", field_response_of(model, MU, TEMPERATURE)["torque_gradient"], responses))
    before = float(sigma(zone)[0, 1])
    text = (
        "Two random 2D lattices, a and b multiples of the charge curvature and of Im Tr[P v_i S v_l]: exact torque at second order in "
        "q in a potential and in a field, and the antisymmetric part of the exact d_mu D, with chi + a, q + b and the M that goes with "
        f"them. sigma^xy of {model.name} is {before:.6f} with the paper's chi and {before + float(a[0, 1]):.6f} with this one."
    )
    return agreement(pairs, 1e-6, text, also=apart > 1e-3 and abs(float(a[0, 1])) > 1e-3)


define(
    "hall-part-freedom",
    {"A": "(6), (10), (12), (15)", "B": "(2)-(6), (11), (12)", "C": "(2)-(6), (11), (12)"},
    "The antisymmetric part of the conserved conductivity is a convention: antisymmetric tensors added to chi and q, with M moved "
    "along, pass every identity of the versions and change no torque. Only the definitions of chi and q choose one.",
    r"\chi^{il} \to \chi^{il} + a_n^{il},\quad q^{il} \to q^{il} + b_n^{il},\quad M^{li} \to M^{li} + \int (f b_n^{il} + g\,"
    r" a_n^{il}):\qquad \tau(\mathbf r)\ \text{unchanged},\quad \sigma^{ils} \to \sigma^{ils} + \int f a_n^{il}",
    assumptions=(
        "a^{il} = Tr[P A_il] - Tr[P A_li] with arbitrary Hermitian matrices A_il(k), A_li(k), likewise b: as values of nondegenerate "
        "bands any real functions of k, band by band",
        "moved along: torque-density and quadrupole-symmetric-part, circulating-current (M stays antisymmetric), intrinsic-geometry, "
        "torque-current-not-moment, magnetization-subtraction, intrinsic-conductivity, einstein- and mott-relation (f and -dg/dT on "
        "the same new integrand), insulator-hall and streda-magnetization (in a gap d_mu M = -int f of it), band-current; "
        "vanishing-net-flow, and what df and scattering carry, contain neither chi nor q",
        "not moved: what defines chi and q as moments of a wave packet (torque-polarizability, polarizability-as-connection, "
        "torque-quadrupole with its symmetry, field-modified-dipole). These fix a and b, and nothing that is measured by a torque does",
        "the symmetric parts are fixed: a symmetric addition changes the torque density",
        PERIODIC,
    ),
    equalities=(
        Equality(
            Derivative("i", Derivative("l", _added)) + Derivative("l", Derivative("i", _added_li)),
            0 * P,
            "a and b make no torque: d_i d_l of what they add to Q^{il}, the pair (i, l), (l, i); any derivatives that commute",
        ),
        Equality(
            f * (d_lis("l", "i") + _q) + g * (Omega_lis("l", "i") + _chi),
            _magnetization("l", "i"),
            "circulating-current with the new chi, q and M",
            primitive=(("l", g * d("i")),),
        ),
        Equality(_magnetization("l", "i"), -1 * _magnetization("i", "l"), "the new M is antisymmetric"),
        Equality(Omega_lis("l", "i") + _chi, _hall + grad_d("i", "l"), "intrinsic-geometry, torque-current-not-moment"),
        Equality(
            -df * (d_lis("l", "i") + _q) - f * (Omega_lis("l", "i") + _chi),
            -df * (m("l", "i") + free("B", "i", "l")) - f * _hall,
            "magnetization-subtraction",
            primitive=(("l", -f * d("i")),),
        ),
        Equality(
            Omega_lis("l", "i") + _chi,
            _hall,
            "insulator-hall: a filled band, up to a total derivative",
            primitive=(("l", d("i")),),
        ),
        Equality(_hall, -Omega_weighted("i", "l") - free("A", "l", "i"), "insulator-hall: antisymmetric"),
        Equality(f * (driven + free("A", "i", "l")), f * (geometric + free("A", "i", "l")), "band-current"),
        Equality(-1 * _chi, RESULT_A, "the definition of chi chooses a", role="denied"),
        Equality(_q, -d_lis("l", "i") + d("i") * v_band("l") + m("l", "i"), "that of q chooses b", role="denied"),
        Equality(Derivative("i", Derivative("l", _even)), 0 * P, "a symmetric addition makes a torque", role="denied"),
    ),
    check=check_freedom,
    faults={
        "a symmetric a": instead(
            added, lambda honest: lambda i, l: (Re(Trace(P * v(i) * Resolvent("n", 2) * v(l))), honest(i, l)[1])
        ),
        "a symmetric b": instead(added, lambda honest: lambda i, l: (honest(i, l)[0], Re(Trace(P * v(i) * S * v(l))))),
        "M not moved along": instead(magnetization_added, lambda honest: lambda zone: 0 * honest(zone)),
        "M moved the other way": instead(magnetization_added, lambda honest: lambda zone: -honest(zone)),
        "chi with the sign of A": opposite("torque_polarizability"),
        "q without its factor 1/2": times("torque_quadrupole", 2),
    },
)


# -- conservation away from equilibrium --------------------------------------------------------------------------------
def density_by_curl(model: BandStructure, mu: float, temperature: float) -> tuple[float, float]:
    """ds/dB, which by Faraday's law a field with a curl makes in time, and its error: dM_orb/dh."""
    return magnetization_by_field(model, mu, temperature)


def _longitudinal() -> list[Pair]:
    """div(J + J^tau) against -ds/dt, and both against the formulas; J + J^tau in a static potential."""
    pairs = []
    for seed in (0, 4):
        model = random_lattice(seed, spacing=3)
        zone, at = Zone(model, MU, TEMPERATURE), (model, MU, TEMPERATURE)
        found, rate = field_response_of(*at), accumulated(*at)
        flows = symmetric(found["current"]) + found["torque_gradient"]
        defined = zone.integral("s_berry_curvature", "f").T + zone.integral("torque_polarizability", "f")
        pairs += [
            Pair.of(f"ds/dt of J + J^tau, {model.name}", rate["gradient"], flows.value),
            Pair.of(f"ds/dt of J + J^tau by definition, {model.name}", rate["gradient"], symmetric(defined)),
            Pair.of(f"ds/dt from the dipoles, {model.name}", rate["gradient"], symmetric(sigma(zone))),
            Pair.of(f"uniform ds/dt, {model.name}", rate["uniform"], zone.integral("torque_berry_curvature", "f")),
        ]
    static = static_response(random_lattice(0))
    scale = float(np.abs(static["D"].value).max())
    pairs.append(Pair.of("static potential", symmetric(static["D"]) + static["Q"], np.zeros((2, 2)), scale))
    return pairs


def check_conservation() -> CheckResult:
    """Longitudinal fields in metals and an insulator; a field with a curl in insulators."""
    pairs = _longitudinal()
    model = random_lattice(7, hopping=96, spacing=3)
    between = gap_above(model, 1)
    at = model, between.mu, between.width / 60
    size = float(np.abs(symmetric(field_response_of(*at)["current"].value)).max())
    pairs += [Pair.of(f"{x} ds/dt, insulator", accumulated(*at)[x], 0.0, size) for x in ("uniform", "gradient")]
    numbers = {}
    for mixing in ("1/2", "0"):
        insulator = chern_insulator(mixing)
        between = gap_above(insulator, 2)
        state = insulator, between.mu, between.width / 100
        induced, exact = density_by_curl(*state), transverse_response(*state)
        flow, uniform = float(exact.value[0, 1]), float(sigma(Zone(*state, 64))[0, 1])
        pairs.append(Pair(f"flow in a field with a curl, {insulator.name}", induced[0], flow, float(exact.error[0, 1])))
        numbers[mixing] = flow, uniform
    pairs.append(Pair("conserved s, field with a curl", numbers["0"][1], numbers["0"][0]))
    flow, uniform = numbers["1/2"]
    text = (
        "Two random metals in a slow longitudinal field: div(J + J^tau) = -ds/dt by exact response, and ds/dt is what the accelerated "
        "packets gain; 0 in an insulator, and in a static potential. In a field with a curl the flow that conserves s in "
        f"{chern_insulator('1/2').name} is {flow:.6f} = ds/dB, where C (12) has {uniform:.6f}."
    )
    return agreement(pairs, 2e-5, text, also=abs(flow - uniform) > 1e-3)


define(
    "conservation-out-of-equilibrium",
    {"B": "above (10)", "C": "above (10)"},
    "Away from equilibrium the current J + J^tau is still conserved: its divergence in a longitudinal field is -ds/dt. In a field "
    "with a curl the paper's Hall current of a uniform field is not, unless s is conserved.",
    r"\partial_t s + \nabla \cdot (\mathbf J + \mathbf J^\tau) = \tau_{\mathrm{un}},\qquad \partial_t s = E_l \int f\,"
    r" \Omega^{l\tau} - \partial_i\Big(E_l \int f\, \partial_{k_l} d^{is}\Big),\qquad \nabla \times \mathbf E \neq 0:\;"
    r" \mathcal J^i = \epsilon_{ilk} \frac{\partial s}{\partial B_k} E_l",
    recorded="confirmed",
    assumptions=(
        "the sentence concerns a weak uniform field; a longitudinal one of wave vector q, q -> 0 before omega -> 0, tests the "
        "divergence. With omega -> 0 first, the steady state of a potential, the divergence vanishes",
        "a clean metal is not steady: s grows by int f Omega^{l tau} = int f d_l s_n (the uniform torque) and by the dipoles of the "
        "accelerated packets, which the symmetric part of sigma feeds. Scattering stops both: steady-torque-response, "
        "dipole-shift-current. Disorder at finite q is not shown here",
        "a field with a curl drives dB/dt, and the density follows with ds/dB; checked in insulators. The divergence of E x sigma_H, "
        "sigma_H = -e int Omega s, is then not -ds/dt. With the transverse choice of the antisymmetric part of J^tau it is "
        "(hall-part-freedom, maxwell-relation)",
        UNTOUCHED,
    ),
    check=check_conservation,
    faults={
        "ds/dt left out": instead(
            accumulated, lambda honest: lambda *at: {name: value * 0.0 for name, value in honest(*at).items()}
        ),
        "the dipole gradient with the opposite sign": opposite("dipole_gradient"),
        "chi with the sign of A": opposite("torque_polarizability"),
        "Omega^{lis} with the opposite sign": opposite("s_berry_curvature"),
        "J^tau left out": times("torque_polarizability", 0),
        "Omega^{l tau} with the opposite sign": opposite("torque_berry_curvature"),
        "half of the uniform torque": formula("torque_berry_curvature", lambda honest, i: honest(i) / 2),
        "the Hall current of a uniform field in one with a curl": instead(
            density_by_curl, lambda honest: lambda model, mu, T: (float(sigma(Zone(model, mu, T, 64))[0, 1]), 0.0)
        ),
    },
)
