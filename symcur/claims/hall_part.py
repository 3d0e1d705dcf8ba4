"""Claims on what the theory leaves free, the antisymmetric part of J^tau, and on conservation away from equilibrium.

The torque density fixes the torque quadrupole through d_i d_l Q^{il}: the symmetric part of Q, q and chi. Antisymmetric
tensors a^{il}, b^{il} of every band may be added to chi and q, with M^{li} -> M^{li} + int f b^{il} + g a^{il}.
"""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric, symmetric
from symcur.claims.densities import MU, TEMPERATURE, static_response
from symcur.claims.faults import instead, opposite, times
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
from symcur.claims.response import field_response_of, sigma
from symcur.expressions import Axis, Derivative, Expression, Im, Operator, P, Re, Resolvent, S, Trace, v, v_band
from symcur.linear_response.lattices import random_lattice

define = section("Transport")


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
    pairs, apart = [], []
    for seed in (0, 7):
        model = random_lattice(seed)
        found, zone = static_response(model), Zone(model, MU, TEMPERATURE, 48)
        Q = zone.integral("torque_quadrupole", "df/dmu", ("torque_polarizability", "dg/dmu"))
        freed = Q + _tensor(zone, a="dg/dmu", b="df/dmu")
        M = zone.integral("orbital_moment", "df/dmu", ("s_weighted_curvature", "dg/dmu")) + magnetization_added(zone)
        pairs += [
            Pair.of(f"torque density, {model.name}", found["Q"], symmetric(freed)),
            Pair.of(f"J + J^tau = curl M, {model.name}", antisymmetric(found["D"]), M + antisymmetric(freed)),
        ]
        apart.append(float(np.abs(antisymmetric(freed - Q)).max()) > 1e-3)
    model = random_lattice(4, spacing=3)
    zone = Zone(model, MU, TEMPERATURE)
    a = _tensor(zone, a="f")
    responses = symmetric(zone.integral("torque_polarizability", "f") + a)
    pairs.append(
        Pair.of(
            f"torque in a field, {model.name}", field_response_of(model, MU, TEMPERATURE)["torque_gradient"], responses
        )
    )
    before = float(sigma(zone)[0, 1])
    text = (
        "Three random 2D lattices, a and b multiples of the charge curvature and of Im Tr[P v_i S v_l]: exact torque at second order in "
        "q in a potential and in a field, and the antisymmetric part of the exact d_mu D, with chi + a, q + b and the M that goes with "
        f"them. sigma^xy of {model.name} is {before:.6f} with the paper's chi and {before + float(a[0, 1]):.6f} with this one."
    )
    return agreement(pairs, 1e-6, text, also=all(apart) and abs(float(a[0, 1])) > 1e-3)


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
