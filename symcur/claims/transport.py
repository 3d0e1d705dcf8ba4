"""Claims on intrinsic transport: sigma and alpha, the Mott relation, insulators."""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from scipy.differentiate import derivative

from symcur import linear_response, models
from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.brillouin.occupation import occupation
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric, gap_above, symmetric
from symcur.claims.faults import formula, instead, occupied, of_term, opposite, times, together
from symcur.claims.notation import PERIODIC, Omega_weighted, d, driven, f, geometric, grad_d
from symcur.claims.prover import Equality
from symcur.claims.response import UNTOUCHED, sigma
from symcur.eigenstates import evaluate
from symcur.linear_response import Estimate
from symcur.linear_response.expansion import extrapolated
from symcur.linear_response.fermi_lines import sea_response
from symcur.linear_response.finite_differences import SIXTH_ORDER, curvature_by_projectors
from symcur.linear_response.lattices import chern_insulator, random_lattice, wire
from symcur.observables import thermoelectric

define = section("Transport")


# -- sigma and alpha -------------------------------------------------------------------------------------------------
def grand_potential(x: Any, T: Any) -> Any:
    """g at the energy x above mu, any number of digits."""
    return -T * mpmath.log(1 + mpmath.exp(-x / T))


def check_intrinsic_conductivity() -> CheckResult:
    """The entropy forms of A and of B and C, with 60 digits; the integral with the printed index against the right one."""
    pairs = []
    with mpmath.workdps(60):
        for energy, mu, T in ((0.3, 1.1, 0.2), (-2.0, 0.4, 0.05), (5.0, 0.1, 1.7)):
            e, m, t = (mpmath.mpf(str(number)) for number in (energy, mu, T))
            g = partial(grand_potential, e - m)
            f_n = 1 / (1 + mpmath.exp((e - m) / t))
            of_A, of_C = ((e - m) * f_n - g(t)) / t, -mpmath.diff(g, t)
            pairs.append(Pair("-dg/dT = [(e - mu) f - g]/T", float(of_A - of_C), 0.0, scale=float(abs(of_A))))
            computed = occupation("entropy", np.array(energy), mu, T)
            pairs.append(Pair("the entropy of a state in doubles", computed, float(of_A)))
    zone = Zone(random_lattice(4, spacing=3), 1.0, 0.3)
    right = zone.integral("dipole_gradient", "f")
    # printed d_{k_i} d^{is}, with i the flow and l free: the same number for every l
    printed = np.repeat(np.diag(right)[:, None], 2, axis=1)
    apart = float(np.abs(printed - right).max() / np.abs(right).max())
    text = (
        "Both entropy forms at three energies with 60 digits. As printed in C, "
        f"d_i d^(is) for d_l d^(is), int f d d is off by {apart:.2f} of its largest component on {zone.model.name}."
    )
    return agreement(pairs, 1e-9, text, also=apart > 1e-3)


define(
    "intrinsic-conductivity",
    {"A": "(14), (15)", "B": "(10), (11)", "C": "(10), (11), indices misprinted"},
    "The intrinsic conductivity and thermoelectric response of the conserved current; the entropy forms of A and of B, C agree.",
    r"\sigma^{ils} = e\int f_n (\Omega^{li}_n s_n + \partial_{k_l} d^{is}_n),\quad \alpha^{ils} = -\int \frac{\partial g_n}"
    r"{\partial T} (\Omega^{li}_n s_n + \partial_{k_l} d^{is}_n),\quad -\frac{\partial g_n}{\partial T} ="
    r" \frac{(\varepsilon_n - \mu) f_n - g_n}{T}",
    recorded="misprint",
    assumptions=(
        UNTOUCHED,
        "response to a uniform field of a clean crystal; against exact response see clean-kubo-agreement",
    ),
    equalities=(
        Equality(
            f * driven,
            f * (Omega_weighted("l", "i") + grad_d("i", "i")),
            "C (11) as printed, d_{k_i} d^{is}",
            role="printed",
        ),
        Equality(f * driven, f * geometric, "A (15), B (11): d_{k_l} d^{is}", role="corrected"),
    ),
    check=check_intrinsic_conductivity,
    faults={
        "g with the opposite sign": instead(grand_potential, lambda honest: lambda x, T: -honest(x, T)),
        "f for -dg/dT": occupied("entropy", by="f"),
        "d_{k_i} d^{is} as printed in C": formula("dipole_gradient", lambda honest, i, l: honest(i, i)),
    },
)


MASS = 1.2


# -- Mott ------------------------------------------------------------------------------------------------------------
def sigma_at_zero_temperature(model: BandStructure, band: int, levels: Array) -> Array:
    """sigma^{xx} of one band of a wire at T = 0 from its Fermi points: int f dd/dk is the sum of sign(v) d over 2 pi."""
    from scipy.optimize import brentq

    k = np.linspace(0, 2 * np.pi, 129) + 0.01

    def energy(x: Array | float) -> Array:
        return model.energies(np.reshape(x, (-1, 1)))[:, band]

    curve, owners, points, signs = energy(k), [], [], []
    for number, level in enumerate(levels):
        for j in np.flatnonzero(np.diff(np.sign(curve - level))):
            owners.append(number)
            points.append(brentq(lambda x, level=level: energy(x)[0] - level, k[j], k[j + 1], xtol=1e-15, rtol=1e-15))
            signs.append(np.sign(curve[j + 1] - curve[j]))
    dipoles = evaluate(model, "s_dipole", np.reshape(points, (-1, 1)))[:, band, 0]
    return np.bincount(owners, np.array(signs) * dipoles, len(levels)) / (2 * np.pi)


def mott_convolution(model: BandStructure, mu: float, temperature: float) -> float:
    """int de (e - mu)/T (-df/de) sigma(e, T = 0) of a wire, band by band.

    Cosine nodes take up the square roots at band edges.
    """
    nodes, weights = np.polynomial.legendre.leggauss(80)
    angle, total = (nodes + 1) * np.pi / 2, 0.0
    energies = model.energies(np.linspace(0, 2 * np.pi, 200_001)[:, None])
    for band, (low, high) in enumerate(zip(energies.min(axis=0), energies.max(axis=0), strict=True)):
        levels = (low + high) / 2 - (high - low) / 2 * np.cos(angle)
        measure = weights * np.pi / 2 * (high - low) / 2 * np.sin(angle)
        kernel = occupation("df/dT", levels, mu, temperature)
        total += float(np.sum(measure * kernel * sigma_at_zero_temperature(model, band, levels)))
    return total


def _mott_of_wire() -> list[Pair]:
    """alpha of a wire against the convolution of its sigma at T = 0, and alpha/T as T -> 0 against its slope."""
    model, mu, T = wire(), -1.2, 0.25
    exact = float(sigma(Zone(model, mu, T, 400), "entropy")[0, 0])
    rise = derivative(lambda x: sigma_at_zero_temperature(model, 0, x.ravel()).reshape(x.shape), mu, initial_step=3e-3)
    slope = float(rise.df) * np.pi**2 / 3
    cold = np.array([0.02, 0.01, 0.005])
    ratios = np.array([float(sigma(Zone(model, mu, t, 8000), "entropy")[0, 0]) / t for t in cold])
    limit, colder = (float(extrapolated(cold[j:], ratios[j:], 0)[0]) for j in (0, 1))
    return [
        Pair("wire, any T", exact, mott_convolution(model, mu, T)),
        Pair("wire, T -> 0", limit, slope, abs(limit - colder) + float(rise.error)),
    ]


def _mott_in_two_dimensions() -> list[Pair]:
    """The same with curvature and dipole, sigma at T = 0 from projectors and Fermi lines in polar coordinates."""
    model = models.rashba_dresselhaus(M=MASS).with_s(sp.diag(1, 0))  # bands rise from -M and M at k = 0
    mu, T = 0.3, 0.3

    def at_zero_temperature(level: float) -> Array:
        return np.asarray(sum(sea_response(model, level, reach=6.0, angles=28, radii=12)))

    convoluted = np.zeros((2, 2))
    for low, high, count in ((-MASS, MASS, 18), (MASS, MASS + 30 * T, 22)):
        x, weights = np.polynomial.legendre.leggauss(count)
        levels = (low + high) / 2 + (high - low) / 2 * x
        kernel = weights * (high - low) / 2 * occupation("df/dT", levels, mu, T)
        convoluted += sum(c * at_zero_temperature(level) for c, level in zip(kernel, levels, strict=True))
    cold, step = np.array([0.04, 0.02, 0.01]), 0.02
    rise = sum(c * (at_zero_temperature(mu + j * step) - at_zero_temperature(mu - j * step)) for j, c in SIXTH_ORDER)
    ratios = np.moveaxis(thermoelectric(model, mu, cold, rtol=1e-9).value / cold[:, None, None], 0, -1)
    limit, colder = (extrapolated(cold[j:], ratios[..., j:], 0)[0] for j in (0, 1))
    by_form = [(form, thermoelectric(model, mu, T, form=form, rtol=1e-9).value) for form in ("regular", "sea")]
    return [
        *(Pair(f"2D, any T, {form}", alpha, convoluted) for form, alpha in by_form),
        Pair("2D, T -> 0", limit, rise / step * np.pi**2 / 3, np.abs(limit - colder)),
    ]


def check_mott() -> CheckResult:
    """alpha against (e - mu)/T (-df/de) convoluted with sigma at T = 0, and alpha/T as T -> 0 against its slope."""
    text = (
        "alpha at T = 0.25 and 0.3 against (e - mu)/T (-df/de) convoluted with sigma at T = 0; and alpha/T, T -> 0, against "
        "(pi^2/3) dsigma/dmu. A wire with sigma from its Fermi points; a Rashba model with s = (1 + sigma_z)/2, whose curvature "
        "counts, with sigma from projectors and Fermi lines in polar coordinates."
    )
    return agreement([*_mott_of_wire(), *_mott_in_two_dimensions()], 1e-5, text)


define(
    "mott-relation",
    {"A": "below (15)", "B": "below (11)", "C": "below (11)"},
    "alpha follows from sigma at zero temperature: exactly by a convolution, and as its slope in the low-temperature limit.",
    r"\alpha(\mu, T) = \frac1e \int d\varepsilon\, \frac{\varepsilon - \mu}{T} \left(-\frac{\partial f}{\partial"
    r" \varepsilon}\right) \sigma(\varepsilon, 0),\qquad \alpha \to \frac{\pi^2 k_B^2 T}{3e}\,"
    r" \frac{\partial \sigma}{\partial \mu}",
    recorded="confirmed",
    assumptions=(
        "the convolution holds state by state, for any integrand: -dg/dT is the integral of (e - mu)/T (-df/de) above e_n; "
        "checked in one and in two dimensions, where sigma at T = 0 is known from Fermi points and lines",
    ),
    check=check_mott,
    faults={
        "Omega s with the opposite sign": together(
            of_term(thermoelectric, "s_weighted_curvature", -1.0),
            of_term(thermoelectric, "symmetrized_curvature", -1.0),
        ),
        "d on the Fermi surface with the opposite sign": of_term(thermoelectric, "s_dipole", -1.0),
        "the dipole gradient dropped": of_term(thermoelectric, "dipole_gradient", 0.0),
        "f for -dg/dT": occupied("entropy", by="f"),
        "-df/de for -df/dT": occupied("df/dT", by="-df/de"),
    },
)


# -- insulators ------------------------------------------------------------------------------------------------------
def check_insulator_hall() -> CheckResult:
    """In a gap J has a symmetric part and J + J^tau has none, by exact response."""
    model = random_lattice(7, hopping=96, spacing=3)
    between = gap_above(model, 1)
    T = between.width / 60
    zone, found = Zone(model, between.mu, T), linear_response.uniform_field_response(model, between.mu, T)
    hall = zone.integral("s_weighted_curvature", "f").T
    complete = found["current"].T + found["torque_gradient"]
    chi = antisymmetric(zone.integral("torque_polarizability", "f"))
    conventional, total = symmetric(found["current"]), symmetric(found["current"]) + found["torque_gradient"]
    size, error = float(np.abs(conventional.value).max()), float(found["current"].error.max())
    text = (
        f"{model.name}, one band filled: the conventional conductivity has a symmetric part of {size:.1e}, error "
        f"{float(total.error.max()):.0e}; that of J + J^tau vanishes (relative to it). All of J + J^tau is int f Omega^(li) s, the "
        "antisymmetric part of J^tau taken from int f chi."
    )
    pairs = [
        Pair.of("sigma, symmetric", total, 0.0, size),
        Pair.of("sigma, with int f chi", complete, hall - chi, float(np.abs(hall).max())),
    ]
    return agreement(pairs, 1e-4, text, also=size > 1e3 * error)


def _with_half_the_torque(honest: Any) -> Any:
    def response(*at: Any) -> dict[str, Estimate]:
        found: dict[str, Estimate] = honest(*at)
        return found | {"torque_gradient": found["torque_gradient"] * 0.5}

    return response


define(
    "insulator-hall",
    {"A": "(16)", "B": "(12)", "C": "(12)"},
    "In an insulator the intrinsic response is of Hall type, whatever the choice of its Hall part; the conventional one is not. With "
    "the paper's choice it is the s-weighted curvature of the filled bands.",
    r"f_n \in \{0, 1\}:\quad \sigma^{ils} = e \int \Omega^{li}_n s_n = -\sigma^{lis},\qquad \boldsymbol\sigma_H^s = -e \int"
    r" \boldsymbol\Omega_n s_n",
    assumptions=(
        PERIODIC,
        "the chemical potential in a gap, T -> 0",
        "that J alone is not of Hall type: by a counterexample",
        "by exact response: the symmetric part vanishes. The antisymmetric part of J^tau in the check is int f chi, the paper's choice; "
        "what a transverse field drives is another number (clean-kubo-agreement), a completely filled lattice answers too "
        "(full-lattice-response), and the value jumps where filled bands split (continuity-under-splitting)",
    ),
    equalities=(
        Equality(
            driven,
            Omega_weighted("l", "i"),
            "a filled band, up to a total derivative",
            primitive=(("l", d("i")),),
        ),
        Equality(Omega_weighted("l", "i"), -Omega_weighted("i", "l"), "Omega^{li} s is antisymmetric"),
    ),
    check=check_insulator_hall,
    faults={
        "half of the torque part": instead(linear_response.uniform_field_response, _with_half_the_torque),
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "twice Omega s": times("s_weighted_curvature", 2),
    },
)


def check_streda_magnetization() -> CheckResult:
    """dM/dmu in the gap by differences of M against -int Omega s by differences of projectors."""
    pairs = []
    for model, filled in ((chern_insulator("1/2"), 2), (random_lattice(7, hopping=96, spacing=3), 1)):
        between = gap_above(model, filled)
        T, half = between.width / 200, between.width / 8
        above, below = (
            Zone(model, level, T, 64).integral("orbital_moment", "f", ("s_weighted_curvature", "g"))[0, 1]
            for level in (between.mu + half, between.mu - half)
        )
        curvature = curvature_by_projectors(model, Zone(model, between.mu, T, 64).k)[:, :filled]
        pairs.append(Pair(model.name, (above - below) / (2 * half), -float(curvature.sum(axis=1).mean())))
    text = "Two insulators: [M_z(mu + g/8) - M_z(mu - g/8)]/(g/4) within the gap g, against -int Omega_z s from projectors."
    return agreement(pairs, 1e-7, text)


define(
    "streda-magnetization",
    {"A": "(17), second equality", "B": "(12)", "C": "(12)"},
    "In an insulator the Hall conductivity is the slope of the s orbital magnetization with the chemical potential.",
    r"\boldsymbol\sigma_H^s = -e \int \boldsymbol\Omega_n s_n = e\, \frac{\partial \mathbf M^s}{\partial \mu}",
    recorded="confirmed",
    assumptions=(
        "the chemical potential in a gap, T -> 0",
        "exact: there only g depends on mu, and dg/dmu = -f",
        "the paper's choice of the Hall part and its M^s; other choices have magnetizations of their own (hall-part-freedom)",
    ),
    check=check_streda_magnetization,
    faults={
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "twice Omega s": times("s_weighted_curvature", 2),
        "f for g": occupied("g", by="f"),
    },
)
