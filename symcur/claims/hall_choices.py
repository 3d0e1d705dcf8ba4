"""Claims on the choices of the Hall part: a filled lattice, bands that split, Berry against spin Berry curvature.

For two bands n and m, D_i = d_i(P_n + P_m) has no elements between them. What can be written with D_i, v_i and s alone knows
nothing of their gap, and stays what it is when they become degenerate or split.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy as sp

from symcur.band_structures import Model
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Summand, Zone, agreement, antisymmetric, gap_above
from symcur.claims.faults import formula, instead, opposite, times
from symcur.claims.notation import PERIODIC, Omega_lis, Omega_weighted, chi, d, grad_d
from symcur.claims.prover import Equality
from symcur.claims.response import transverse_response
from symcur.expressions import (
    Axis,
    Derivative,
    Expression,
    I,
    Im,
    P,
    Projector,
    Resolvent,
    S,
    Trace,
    multiply,
    s,
    substitute,
    v,
    v_band,
)
from symcur.linear_response.finite_differences import curvature_by_projectors, magnetization_by_field
from symcur.linear_response.lattices import chern_insulator, random_lattice
from symcur.quantities import get
from symcur.quantities.field import filled_curvature

define = section("The Hall part")
faraday, symmetrized = get("faraday_curvature").expression, get("symmetrized_curvature").expression

# -- two bands as one ------------------------------------------------------------------------------------------------------
_PAIR = Projector("n") + Projector("m")


def _D(axis: Axis) -> Expression:
    return Derivative(axis, Projector("n")) + Derivative(axis, Projector("m"))


def _of_band(expression: Expression, band: str) -> Expression:
    """The same expression of another band."""

    def moved(node: Expression) -> Expression | None:
        match node:
            case Projector():
                return Projector(band)
            case Resolvent(_, power):
                return Resolvent(band, power)
        return None

    return substitute(expression, moved)


def _both(expression: Expression) -> Expression:
    return expression + _of_band(expression, "m")


def _curl(a: Axis, b: Axis, c: Axis) -> Expression:
    """Charge moment and curvature: d_a m^{bc} + v_a Omega^{bc} and its cyclic companions, for derivatives along any axes."""

    def term(a: Axis, b: Axis, c: Axis) -> Expression:
        moment, curvature = Im(Trace(P * v(b) * S * v(c))), -2 * Im(Trace(P * v(b) * Resolvent("n", 2) * v(c)))
        return Derivative(a, moment) + v_band(a) * curvature

    return term(a, b, c) + term(b, c, a) + term(c, a, b)


def _along_c(expression: Expression) -> Expression:
    """With -dH/dc in the place of s, for an axis c like any other: of multiplets that s does not split, at any c."""
    return substitute(expression, lambda node: -v("c") if node == s else None)


def _between(a: Axis, b: Axis, c: Axis) -> Expression:
    """-Im of what stands between D_b and D_c: v_a of the empty states, and v_a of the pair in front."""
    first = multiply(_PAIR, _D(b), v(a), _D(c))
    second = multiply(_PAIR, v(a), _PAIR, _D(b), _D(c))
    return -Im(Trace(first + second))


_together = _between("c", "i", "l") + _between("i", "l", "c") + _between("l", "c", "i")
_pair_curvature = Trace(s * _PAIR * I * (_D("l") * _D("i") - _D("i") * _D("l")) * _PAIR)
NO_GAP = "the right side has no element of D between n and m, and so no gap between them"


# -- a completely filled lattice ---------------------------------------------------------------------------------------------
OTHERS: dict[str, Summand] = {
    "s-Berry curvature": "s_berry_curvature",
    "W": "faraday_curvature",
    "Tr[s Omega_P]": filled_curvature,
}


def _of_all_bands(zone: Zone, quantity: Summand) -> float:
    """int of the antisymmetric part of a quantity, summed over all bands, [x, y]."""
    return float(antisymmetric(zone.integral(quantity, "one"))[0, 1])


def check_filled_lattice() -> CheckResult:
    """Sums over all bands: the paper's against projectors, and the other choices against zero."""
    pairs, largest = [], 0.0
    for seed in (0, 4, 7):
        zone = Zone(random_lattice(seed, spacing=3), 0.0, 1.0, 40)
        printed = _of_all_bands(zone, "s_weighted_curvature")
        projectors = float(curvature_by_projectors(zone.model, zone.k).sum(axis=1).mean())
        pairs += [
            Pair(f"Omega s, {zone.model.name}", printed, projectors),
            Pair(f"bar-Omega, {zone.model.name}", -_of_all_bands(zone, "symmetrized_curvature"), -printed),
        ]
        for name, quantity in OTHERS.items():
            pairs.append(Pair(f"{name}, {zone.model.name}", _of_all_bands(zone, quantity), 0.0, scale=abs(printed)))
        largest = max(largest, abs(printed))
    two = Zone(random_lattice(1, bands=2, spacing=3), 0.0, 1.0, 40)
    pairs.append(Pair("two bands", _of_all_bands(two, "s_weighted_curvature"), 0.0, scale=largest))
    text = (
        f"All bands of three random lattices filled: int Omega^(xy) s is up to {largest:.4f}, by sums over states and by projectors, "
        "while the antisymmetric s-Berry curvature, W and Tr[s Omega_P] of the filled bands vanish; of two bands all vanish."
    )
    return agreement(pairs, 1e-7, text, also=largest > 1e-3)


define(
    "full-lattice-response",
    {"A": "(16)", "B": "(12)", "C": "(12)"},
    "With the paper's Hall part a completely filled lattice of three or more bands, in which no state can change, has a response "
    "to a field; with the four other choices it has none.",
    r"\sum_n \int \Omega^{li}_n s_n \neq 0,\qquad \sum_n \int \Omega^{[li]s}_n = \sum_n \int W^{ils}_n = \int \mathrm{Tr}[s\,"
    r" \Omega^{li}_{P = 1}] = 0",
    recorded="confirmed",
    assumptions=(
        "Kane and Mele's model with the library's parameters: 0.1065 e/2pi",
        "an artifact of the choice, not of the formula's derivation: chi of a filled lattice is a curl that no torque sees "
        "(hall-part-freedom)",
        PERIODIC,
    ),
    check=check_filled_lattice,
    faults={
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "bar-Omega without its second term": formula(
            "symmetrized_curvature", lambda honest, l, i: Omega_weighted(l, i) / 2
        ),
        "W with v_i dragged and v_l not": formula(
            "faraday_curvature", lambda honest, i, l: symmetrized(l, i) + Im(Trace(P * v(l) * S * v(i) * S * s))
        ),
        "W without d_h of the moment": formula("faraday_curvature", lambda honest, i, l: symmetrized(l, i)),
    },
)


# -- filled bands that split ---------------------------------------------------------------------------------------------------
SPLIT = 1e-5
CONTINUOUS = {
    "insulator": ("symmetric_quadrupole", "transverse", "static", "filled_multiplet"),
    "metal": ("static", "filled_multiplet"),
}


@cache
def two_pairs(direction: int | None, offset: int) -> Model:
    """Degenerate pairs sum_a f_a(k) Gamma_a + offset (cos k_x + cos k_y/2), split by SPLIT along one of the W(k)."""
    k_x, k_y = k = sp.symbols("k_x k_y", real=True)
    X, Y, Z, one = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1), sp.eye(2)
    Gamma = [sp.kronecker_product(*factors) for factors in ((X, one), (Y, one), (Z, X), (Z, Y), (Z, Z))]
    half, third = sp.Rational(1, 2), sp.Rational(1, 3)
    f = [3 * half + half * sp.cos(k_x), half * sp.sin(k_x) + third * sp.cos(k_y), half * sp.sin(k_y)]
    f += [third * sp.cos(k_x + k_y), third * sp.sin(k_x - k_y)]
    H = offset * (sp.cos(k_x) + half * sp.cos(k_y)) * sp.eye(4)
    for a, G in zip(f, Gamma, strict=True):
        H += a * G
    if direction is not None:
        generator = np.random.default_rng(direction)
        for wave in (1, sp.cos(k_x), sp.sin(k_y)):
            real, imaginary = generator.integers(-8, 9, size=(2, 4, 4)).tolist()
            W = sp.Matrix(real) + sp.I * sp.Matrix(imaginary)
            H += sp.Rational(str(SPLIT)) * wave * (W + W.H) / 16
    spin = half * sp.kronecker_product(one, Z) + third * sp.kronecker_product(Z, X) + sp.kronecker_product(X, Y) / 5
    return Model(H, spin, k, lattice=[[1, 0], [0, 1]], name="two pairs")


def hall_parts(zone: Zone) -> dict[str, float]:
    """[x, y] of the five choices as sums over the zone, dipoles and moments on the Fermi surface."""
    surface = "-df/de"
    A = float(zone.integral(v_band(1) * d(0) - v_band(0) * d(1), surface)) / 2
    W = float(zone.integral("faraday_curvature", "f")[0, 1])
    return {
        "paper": float(zone.integral("symmetrized_curvature", "f")[1, 0]),
        "symmetric_quadrupole": float(antisymmetric(zone.integral("s_berry_curvature", "f"))[1, 0]),
        "transverse": W - A,
        "static": W - 2 * A + float(zone.integral("s_weighted_moment", surface)[0, 1]),
        "filled_multiplet": float(zone.integral(filled_curvature, "f")[1, 0]),
    }


def check_continuity() -> CheckResult:
    """Two pairs split along three directions by 1e-5, filled and cut by mu, against the unsplit ones; and dM_orb/dh."""
    pairs, apart, lines = [], [], []
    for kind, offset, mu, T in (("insulator", 0, 0.0, 0.04), ("metal", 1, -1.3, 0.3)):
        together = hall_parts(Zone(two_pairs(None, offset), mu, T, 40))
        split = [hall_parts(Zone(two_pairs(direction, offset), mu, T, 40)) for direction in (1, 2, 3)]
        scale = max(map(abs, together.values()))
        for name, value in together.items():
            change = [found[name] - value for found in split]
            if name in CONTINUOUS[kind]:
                pairs.append(Pair(f"{name}, {kind}", np.array(change), 0.0, scale=scale))
            else:
                apart.append(max(map(abs, change)) > 1e-2 * scale)
                lines.append(f"{name} of the {kind} {value:.5f}, split {', '.join(f'{c + value:.5f}' for c in change)}")
        exact, error = magnetization_by_field(two_pairs(None, offset), mu, T)
        pairs.append(Pair(f"static = dM_orb/dh, {kind}", together["static"], exact, error, scale))
    text = f"Degenerate pairs, split by {SPLIT:g} W(k) for three W: {'; '.join(lines)}. The others change by less than the tolerance."
    return agreement(pairs, 1e-3, text, also=all(apart))


define(
    "continuity-under-splitting",
    {"A": "(15), (16)", "B": "(11), (12)", "C": "(11), (12)"},
    "Omega^{li} s of each band depends on the eigenstates inside degenerate filled bands: the paper's Hall part jumps when they "
    "split, however little. In insulators no other choice does; in metals the static and the filled-multiplet ones do not.",
    r"\Omega_n s_n + \Omega_m s_m \neq \mathrm{Tr}[s\,\Omega_{P_n + P_m}],\qquad W_n + W_m = W_{P_n + P_m}",
    recorded="proved",
    assumptions=(
        NO_GAP,
        "of the choices that the proof does not speak of, and in metals: by numbers, for pairs split by 1e-5",
        "so the number that a calculation gives for closely split filled bands is that of its eigenbasis, or of the tolerance with "
        "which it merges them",
    ),
    equalities=(
        Equality(
            _along_c(faraday("i", "l")),
            _curl("c", "i", "l"),
            "W is the curl in (k, c) of moment and curvature, v_c = -s",
        ),
        Equality(_both(_along_c(faraday("i", "l"))), _together, f"W of two bands is that of the pair; {NO_GAP}"),
        Equality(
            _both(Omega_weighted("l", "i")), _pair_curvature, "Omega s of the bands is that of the pair", role="denied"
        ),
        Equality(
            _both(_along_c(symmetrized("l", "i"))),
            _between("c", "i", "l"),
            "bar-Omega of the bands is that of the pair",
            role="denied",
        ),
    ),
    check=check_continuity,
    faults={
        "W without d_h of the moment": formula("faraday_curvature", lambda honest, i, l: symmetrized(l, i)),
        "s of the band for s in the traces": formula(
            "s_weighted_moment", lambda honest, l, i: Trace(P * s) * Im(Trace(P * v(l) * S * v(i)))
        ),
        "m s with the opposite sign": opposite("s_weighted_moment"),
        "twice the dipole on the Fermi surface": times("s_dipole", 2),
        "the pairs not split": instead(two_pairs, lambda honest: lambda direction, offset: honest(None, offset)),
    },
)


# -- Berry or spin Berry curvature -----------------------------------------------------------------------------------------------
def check_berry() -> CheckResult:
    """The exact answer of an insulator to a transverse field against three curvatures of its filled bands."""
    pairs, apart, lines = [], [], []
    for mixing in ("1/2", "0"):
        model = chern_insulator(mixing)
        between = gap_above(model, 2)
        mu, T = between.mu, between.width / 100
        exact, zone = transverse_response(model, mu, T), Zone(model, mu, T, 64)
        response, error = float(antisymmetric(exact.value)[0, 1]), float(exact.error.max())
        W = float(zone.integral("faraday_curvature", "f")[0, 1])
        berry = float(zone.integral("s_weighted_curvature", "f")[1, 0])
        s_berry = float(antisymmetric(zone.integral("s_berry_curvature", "f"))[1, 0])
        pairs.append(Pair(f"int W, {model.name}", response, W, error))
        if mixing == "0":
            pairs += [
                Pair(f"int {name}, conserved s", response, x, error)
                for name, x in (("Omega s", berry), ("Omega^lis", s_berry))
            ]
        else:
            apart += [abs(response - x) > 1e2 * error + 1e-3 * abs(response) for x in (berry, s_berry)]
            lines.append(
                f"exact {response:.6f}, int W {W:.6f}, int Omega s {berry:.6f}, antisymmetric int Omega^lis {s_berry:.6f}"
            )
    text = f"Exact transverse response of an insulator: {'; '.join(lines)}. For conserved s all agree."
    return agreement(pairs, 1e-5, text, also=all(apart))


_a = (
    (Omega_lis("l", "i") - Omega_lis("i", "l")) / 2
    - Omega_weighted("l", "i")
    - (grad_d("i", "l") - grad_d("l", "i")) / 2
)

define(
    "berry-instead-of-spin-berry",
    {"B": "abstract, introduction", "C": "abstract, introduction"},
    "That the conserved Hall current originates in the momentum-space Berry curvature instead of the s-Berry curvature is a "
    "choice, no finding: with Q and chi symmetric, which makes the same torque, it is the s-Berry curvature, and what a slow "
    "transverse field drives in an insulator is neither.",
    r"\chi^{il} \to \chi^{il} + a^{il}:\quad \Omega^{lis} + \chi^{il} = \Omega^{li} s_n + \partial_{k_l} d^{is} \;\to\;"
    r" \Omega^{[li]s} + \partial_{k_{(l}} d^{i)s},\qquad \text{transverse}: \int f\, W^{ils}",
    recorded="refuted",
    assumptions=(
        "proved for the paper's own chi: intrinsic-geometry",
        "W^{ils} is the curl of the charge's moment and Berry curvature in the space of k and of the field conjugate to s "
        "(continuity-under-splitting)",
        "for conserved s all are the same",
        PERIODIC,
    ),
    equalities=(
        Equality(
            Omega_lis("l", "i") + chi("i", "l") + _a,
            Omega_weighted("l", "i") + grad_d("i", "l"),
            "Berry curvature with any antisymmetric a: here that of the symmetric quadrupole",
            role="printed",
        ),
    ),
    check=check_berry,
    faults={
        "W with the opposite sign": opposite("faraday_curvature"),
        "W without d_h of the moment": formula("faraday_curvature", lambda honest, i, l: symmetrized(l, i)),
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "twice the s-Berry curvature": times("s_berry_curvature", 2),
    },
)
