"""Claims on the density of s in a magnetic field, refuted: the field changes s_n itself.

The grand potential -B M_orb of a crystal with H - h s gives, by Maxwell, ds/dB = dM_orb/dh. Differentiated,

    dM_orb/dh = int [-f' s_n m - f s_n Omega] + int [f d_h m + g d_h Omega],

m and Omega the charge moment and curvature, f' = df/de. The first integral is what the semiclassical count
int (1 - B.Omega) f s_n at the energies e_n - m B gives. The second, in which the states follow h while the occupations
stay, is missing there. It vanishes where [s, H] = 0 (letter for letter: at s = 1).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import spence

from symcur import linear_response
from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.brillouin.occupation import occupation
from symcur.claims.claim import CheckResult, section
from symcur.claims.clean_crystal import magnetization_at_fixed_occupation
from symcur.claims.comparison import Pair, Zone, agreement, gap_above
from symcur.claims.faults import instead, occupied, opposite, times
from symcur.claims.notation import m, s_n
from symcur.claims.response import sigma, transverse_response
from symcur.eigenstates import evaluate
from symcur.expressions import FIELD, Derivative, conserved
from symcur.linear_response import density_per_magnetic_field
from symcur.linear_response.finite_differences import SIXTH_ORDER, magnetization_by_field
from symcur.linear_response.lattices import chern_insulator, random_lattice
from symcur.quantities import get

define = section("Magnetic field")
TOLERANCE = 1e-5  # relative; the lattices in a field, extrapolated in B^2, claim 1e-6


def check_streda_density() -> CheckResult:
    """ds/dB of lattices in a field against dM_orb/dh (right) and against dM^s/dmu = sigma_H (claimed)."""
    pairs, apart, lines = [], [], []
    # Nonconserved s with and without a Chern number, and a conserved s.
    insulators = (chern_insulator("1/2"), 2), (random_lattice(7, hopping=96, spacing=3), 1), (chern_insulator("0"), 2)
    for model, filled in insulators:
        between = gap_above(model, filled)
        mu, T = between.mu, between.width / 100
        found, (maxwell, uncertainty) = density_per_magnetic_field(model, mu, T), magnetization_by_field(model, mu, T)
        lattice, error = float(found.value), float(found.error) + uncertainty
        claimed = float(sigma(Zone(model, mu, T, 64))[0, 1])  # sigma_H along z: -int f Omega^{xy} s = sigma^{xy}
        pairs.append(Pair(f"ds/dB = dM/dh, {model.name}", lattice, maxwell, error))
        if "mixing 0" in model.name:
            pairs.append(Pair("all equal, conserved s", lattice, claimed, error))
        else:
            apart.append(abs(lattice - claimed) > 1e2 * error + TOLERANCE * abs(maxwell))
        lines.append(f"{model.name}: {lattice:.6f}, {maxwell:.6f}, {claimed:.6f}")
    text = f"ds/dB on lattices with Peierls phases, dM_orb/dh, and dM^s/dmu as claimed: {'; '.join(lines)}."
    return agreement(pairs, TOLERANCE, text, also=all(apart))


define(
    "streda-density",
    {"A": "(17), first equality"},
    "The density of s that a magnetic field induces in an insulator is the slope of M^s with mu: refuted unless [s, H] = 0. "
    "What holds is Maxwell's relation with the charge magnetization.",
    r"\frac{\partial s}{\partial \mathbf B} \neq e\, \frac{\partial \mathbf M^s}{\partial \mu};\qquad \frac{\partial s}{\partial"
    r" \mathbf B} = \frac{\partial \mathbf M_{\mathrm{orb}}}{\partial h}\Big|_{H - h s},\qquad [s, H] = 0:\ \text{all equal}",
    recorded="refuted",
    assumptions=("an insulator; B and C no longer state it",),
    check=check_streda_density,
    faults={
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "twice Omega s": times("s_weighted_curvature", 2),
        "dM_orb/dh with the opposite sign": instead(
            magnetization_by_field, lambda honest: lambda *at: (-honest(*at)[0], honest(*at)[1])
        ),
    },
)


def density_claimed(zone: Zone) -> float:
    """d/dB of int (1 - B Omega) f(e - m B) s_n: int -f Omega^{xy} s_n - f' m^{xy} s_n, m the charge moment."""
    moment = conserved(m(0, 1)) * s_n()
    return float(zone.integral(moment, "df/dmu") + zone.integral("s_weighted_curvature", "dg/dmu")[0, 1])


def check_density_in_field() -> CheckResult:
    """ds/dB of metals at a temperature that smooths the Landau levels."""
    pairs, apart, lines = [], [], []
    mu, T = 1.0, 0.5
    for seed in (2, 4):
        model = random_lattice(seed, spacing=3)
        zone = Zone(model, mu, T)
        found, (maxwell, uncertainty) = density_per_magnetic_field(model, mu, T), magnetization_by_field(model, mu, T)
        lattice, error = float(found.value), float(found.error) + uncertainty
        claimed, missing = density_claimed(zone), float(magnetization_at_fixed_occupation(zone)[0, 1])
        pairs.append(Pair(f"claimed + missing, {model.name}", lattice, claimed + missing, error))
        pairs.append(Pair(f"Maxwell, {model.name}", lattice, maxwell, error))
        apart.append(abs(lattice - claimed) > 1e2 * error)
        lines.append(f"{model.name}: {lattice:.7f}, claimed {claimed:.7f}, missing {missing:.7f}")
    text = f"ds/dB of two metals with Peierls phases on magnetic cells, mu = {mu}, T = {T}: {'; '.join(lines)}."
    return agreement(pairs, TOLERANCE, text, also=all(apart))


define(
    "density-in-field",
    {"A": "above (17)"},
    "In a magnetic field the density of s is the sum of s_n with the phase-space measure: refuted, the change of s_n with B "
    "is missing. It holds where [s, H] = 0.",
    r"s \neq \int (1 - e\mathbf B \cdot \boldsymbol\Omega_n) f_n s_n;\qquad \frac{\partial s}{\partial \mathbf B} = \int (-f_n'"
    r" s_n \mathbf m_n - f_n s_n \boldsymbol\Omega_n) + \int (f_n \partial_h \mathbf m_n + g_n \partial_h \boldsymbol\Omega_n)",
    recorded="refuted",
    assumptions=("m_n and Omega_n the charge moment and curvature of H - h s; the second integral is what is missing",),
    check=check_density_in_field,
    faults={
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "twice the moment": times("orbital_moment", 2),
        "the change of the states with h left out": instead(
            magnetization_at_fixed_occupation, lambda honest: lambda zone: np.zeros((2, 2))
        ),
    },
)


# -- Maxwell's relation ------------------------------------------------------------------------------------------------
magnetic_response = cache(linear_response.magnetic_response)


def integral_of_g(x: Array, temperature: float) -> Array:
    """g2 with dg2/dmu = g at x = (mu - e)/T: T^2 Li_2(-exp x), for every x without overflow."""
    dilogarithm = spence(1 + np.exp(-np.abs(x)))
    return np.asarray(temperature**2 * np.where(x < 0, dilogarithm, -(np.pi**2) / 6 - x**2 / 2 - dilogarithm))


def static_magnetization(model: BandStructure, size: int = 40) -> Callable[[float, float], float]:
    """M_c^{yx}(mu, T) = d_h int (-g m^{yx} + g2 Omega^{yx}): energies, occupations and states follow H - h s."""
    cell, k = model.lattice_cell("a sum over its zone"), Zone(model, 0.0, 1.0, size).k
    moment, curvature = conserved(m(1, 0)), conserved(get("berry_curvature").expression(1, 0))
    e = model.energies(k)
    asked = (s_n(), moment, curvature, Derivative(FIELD, moment), Derivative(FIELD, curvature))
    found = evaluate(model, {str(number): x for number, x in enumerate(asked)}, k)
    s, m_n, Omega, dm, dOmega = (x.real for x in found.values())

    def at(mu: float, temperature: float) -> float:
        f, g = (occupation(name, e, mu, temperature) for name in "fg")
        g2 = integral_of_g((mu - e) / temperature, temperature)
        return float((s * (f * m_n + g * Omega) - g * dm + g2 * dOmega).sum() / len(k) / cell.volume)

    return at


def magnetization_of_the_paper(model: BandStructure) -> Callable[[float, float], float]:
    """M^{s, yx}(mu, T) = int f m^{lis} + g Omega^{li} s."""
    terms, zone = ("orbital_moment", "f", ("s_weighted_curvature", "g")), Zone(model, 0.0, 1.0, 40)
    return lambda mu, temperature: float(zone.at(mu, temperature).integral(*terms)[1, 0])


def slope_with_mu(M: Callable[[float, float], float], mu: float, temperature: float) -> float:
    """dM/dmu by sixth-order differences."""
    step = temperature / 16
    return sum(c * (M(mu + j * step, temperature) - M(mu - j * step, temperature)) for j, c in SIXTH_ORDER) / step


def check_maxwell() -> CheckResult:
    """ds/dB, dM_orb/dh and -dM_c^{yx}/dmu in a metal and in insulators; dM^s/dmu where s is and is not conserved."""
    pairs, apart, lines = [], [], []
    insulators = (chern_insulator("1/2"), 2), (chern_insulator("0"), 2)
    cases = [(random_lattice(2, spacing=3), 1.0, 0.5)]
    cases += [(model, gap_above(model, n).mu, gap_above(model, n).width / 100) for model, n in insulators]
    for model, mu, T in cases:
        exact, maxwell = magnetic_response(model, mu, T), magnetization_by_field(model, mu, T)
        slope = -slope_with_mu(static_magnetization(model), mu, T)
        claimed = -slope_with_mu(magnetization_of_the_paper(model), mu, T)
        response, error = float(exact.value[0, 1]), float(exact.error[0, 1])
        pairs += [
            Pair(f"ds/dB = dM_orb/dh, {model.name}", response, maxwell[0], error + maxwell[1]),
            Pair(f"-dM_c/dmu = ds/dB, {model.name}", slope, response, error),
        ]
        if "mixing 0" in model.name:
            pairs.append(Pair("dM^s/dmu = ds/dB, conserved s", claimed, response, error))
        else:
            apart.append(abs(response - claimed) > 1e2 * error + TOLERANCE * abs(claimed))
        if "mixing 1/2" in model.name:
            hall = transverse_response(model, mu, T)
            pairs.append(
                Pair("-dM_c/dmu = sigma_H, transverse field", slope, float(hall.value[0, 1]), float(hall.error[0, 1]))
            )
        lines.append(f"{model.name} {response:.7f}, {slope:.7f}, {claimed:.7f}")
    text = f"Exact ds/dB, -dM_c^yx/dmu, dM^s/dmu of a metal and two insulators: {'; '.join(lines)}."
    return agreement(pairs, TOLERANCE, text, also=all(apart))


define(
    "maxwell-relation",
    {"A": "below (17)"},
    "That the equality of ds/dB and the slope of the magnetization with mu is not connected to any Maxwell relation: refuted. "
    "ds/dB = dM_orb/dh always; the equality of A holds where it is that relation, for [s, H] = 0, or for any s with the static "
    "choice of the antisymmetric part of J^tau, whose magnetization is M_c.",
    r"\frac{\partial s}{\partial B} = \frac{\partial M_{\mathrm{orb}}}{\partial h} = -\frac{\partial M_c^{yx}}{\partial \mu},"
    r"\qquad M_c^{li} = \partial_h \int (-g\, m^{li} + g_2\, \Omega^{li})\Big|_{H - h s},\quad \partial_\mu g_2 = g",
    recorded="refuted",
    assumptions=(
        "m and Omega of the charge; M_c is fixed by its slope: -d_mu M_c^{li} = d_h (int f m^{li} + g Omega^{li}), by algebra",
        "the static choice: Q and chi with antisymmetric parts that make J + J^tau = curl M_c, which no torque forbids "
        "(magnetization-gauge); then both equalities of A (17) hold at any mu and T, sigma_H being the static Hall "
        "response, in an insulator that to a slow transverse field",
        "with the paper's own M^s and an s that is not conserved there is nothing to connect: the two sides differ "
        "(streda-density)",
    ),
    check=check_maxwell,
    faults={
        "M^s for M_c": instead(static_magnetization, lambda honest: magnetization_of_the_paper),
        "g2 with the opposite sign": instead(integral_of_g, lambda honest: lambda x, T: -honest(x, T)),
        "m with the opposite sign": opposite("orbital_moment"),
        "twice Omega": times("berry_curvature", 2),
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "f for g": occupied("g", by="f"),
        "dM_orb/dh with the opposite sign": instead(
            magnetization_by_field, lambda honest: lambda *at: (-honest(*at)[0], honest(*at)[1])
        ),
    },
)
