"""Claims on intrinsic transport: sigma and alpha, the Mott relation, insulators."""

from __future__ import annotations

from functools import cache, partial
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symcur import microscope
from symcur.claims.claim import Claim, Evidence
from symcur.claims.engine import Equality
from symcur.claims.equilibrium import PERIODIC, f
from symcur.claims.lattices import (
    WEIGHTS,
    FloatArray,
    Pair,
    Zone,
    agreement,
    chern_insulator,
    middle_of_gap,
    random_lattice,
    symmetric,
)
from symcur.claims.response import UNTOUCHED, sigma
from symcur.eigenstates import evaluate
from symcur.model import Model
from symcur.quantities import get

SECTION = "Transport"
chi, Omega_lis, weighted, gradient, d = (
    get(n).word
    for n in ("torque_polarizability", "s_berry_curvature", "s_weighted_curvature", "dipole_gradient", "s_dipole")
)


# -- sigma and alpha -------------------------------------------------------------------------------------------------
def _grand_potential(x: Any, T: Any) -> Any:
    """g at the energy x above mu, any number of digits."""
    return -T * mpmath.log(1 + mpmath.exp(-x / T))


def check_intrinsic_conductivity() -> Evidence:
    """The entropy forms of A and of B and C, with 60 digits; the integral with the printed index against the right one."""
    pairs = []
    with mpmath.workdps(60):
        for energy, mu, T in ((0.3, 1.1, 0.2), (-2.0, 0.4, 0.05), (5.0, 0.1, 1.7)):
            e, m, t = (mpmath.mpf(str(number)) for number in (energy, mu, T))
            g = partial(_grand_potential, e - m)
            f_n = 1 / (1 + mpmath.exp((e - m) / t))
            of_A, of_C = ((e - m) * f_n - g(t)) / t, -mpmath.diff(g, t)
            pairs.append(Pair("-dg/dT = [(e - mu) f - g]/T", float(of_A - of_C), 0.0, scale=float(abs(of_A))))
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


intrinsic_conductivity = Claim(
    "intrinsic-conductivity",
    SECTION,
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
            f * (Omega_lis("l", "i") + chi("i", "l")),
            f * (weighted("l", "i") + gradient("i", "i")),
            "C (11) as printed, d_{k_i} d^{is}",
            role="printed",
        ),
        Equality(
            f * (Omega_lis("l", "i") + chi("i", "l")),
            f * (weighted("l", "i") + gradient("i", "l")),
            "A (15), B (11): d_{k_l} d^{is}",
            role="corrected",
        ),
    ),
    check=check_intrinsic_conductivity,
)


# -- Mott ------------------------------------------------------------------------------------------------------------
@cache
def wire() -> Model:
    """Two nondegenerate bands in one dimension, s not conserved; each band rises once and falls once."""
    k = sp.Symbol("k_x", real=True)
    X, Y, Z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.Matrix([[1, 0], [0, -1]])
    H = -sp.cos(k) * sp.eye(2) + sp.Rational(3, 2) * Z + sp.sin(k) * X / 2 + sp.cos(k) * Y / 3
    return Model(H, (X + Z) / 2, (k,), lattice=[[1]], name="two-band wire")


def sigma_at_zero_temperature(model: Model, band: int, levels: FloatArray) -> FloatArray:
    """sigma^{xx} of one band of a wire at T = 0 from its Fermi points: int f dd/dk is the sum of sign(v) d over 2 pi."""
    from scipy.optimize import brentq

    k = np.linspace(0, 2 * np.pi, 129) + 0.01

    def energy(x: FloatArray | float) -> FloatArray:
        return np.asarray(np.linalg.eigvalsh(model.matrix("H", np.reshape(x, (-1, 1))))[:, band])

    curve, owners, points, signs = energy(k), [], [], []
    for number, level in enumerate(levels):
        for j in np.flatnonzero(np.diff(np.sign(curve - level))):
            owners.append(number)
            points.append(brentq(lambda x, level=level: energy(x)[0] - level, k[j], k[j + 1], xtol=1e-15, rtol=1e-15))
            signs.append(np.sign(curve[j + 1] - curve[j]))
    dipoles = evaluate(model, "s_dipole", np.reshape(points, (-1, 1)))[:, band, 0]
    return np.bincount(owners, np.array(signs) * dipoles, len(levels)) / (2 * np.pi)


def mott_convolution(model: Model, mu: float, temperature: float) -> float:
    """int de (e - mu)/T (-df/de) sigma(e, T = 0), band by band; cosine nodes take up the square roots at band edges."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    angle, total = (nodes + 1) * np.pi / 2, 0.0
    fine = np.linspace(0, 2 * np.pi, 200_001)[:, None]
    energies = np.linalg.eigvalsh(model.matrix("H", fine))
    for band, (low, high) in enumerate(zip(energies.min(axis=0), energies.max(axis=0), strict=True)):
        levels = (low + high) / 2 - (high - low) / 2 * np.cos(angle)
        measure = weights * np.pi / 2 * (high - low) / 2 * np.sin(angle)
        kernel = WEIGHTS["df/dT"](levels, mu, temperature)
        total += float(np.sum(measure * kernel * sigma_at_zero_temperature(model, band, levels)))
    return total


def check_mott() -> Evidence:
    """alpha of a wire against the convolution of its sigma at T = 0, and alpha/T as T -> 0 against its slope."""
    model, mu, T, step = wire(), -1.2, 0.25, 1e-3
    exact = float(sigma(Zone(model, mu, T, 400), "entropy")[0, 0])
    shifts = np.array([-3, -2, -1, 1, 2, 3]) * step
    rule = np.array([-1, 9, -45, 45, -9, 1]) / (60 * step)
    slope = float(rule @ sigma_at_zero_temperature(model, 0, mu + shifts)) * np.pi**2 / 3
    cold = [float(sigma(Zone(model, mu, t, 8000), "entropy")[0, 0]) / t for t in (0.02, 0.01, 0.005)]
    first = [(4 * b - a) / 3 for a, b in pairwise(cold)]
    limit = (16 * first[1] - first[0]) / 15
    text = (
        f"{model.name}, mu = {mu} in the lower band. T = {T}: alpha as a sum over states against (e - mu)/T (-df/de) "
        "convoluted with sigma at T = 0 from the Fermi points; and alpha/T, T -> 0, against (pi^2/3) dsigma/dmu."
    )
    convolution = mott_convolution(model, mu, T)
    return agreement(
        [Pair("any T", exact, convolution), Pair("T -> 0", limit, slope, abs(limit - first[1]))], 1e-5, text
    )


mott_relation = Claim(
    "mott-relation",
    SECTION,
    {"A": "below (15)", "B": "below (11)", "C": "below (11)"},
    "alpha follows from sigma at zero temperature: exactly by a convolution, and as its slope in the low-temperature limit.",
    r"\alpha(\mu, T) = \frac1e \int d\varepsilon\, \frac{\varepsilon - \mu}{T} \left(-\frac{\partial f}{\partial"
    r" \varepsilon}\right) \sigma(\varepsilon, 0),\qquad \alpha \to \frac{\pi^2 k_B^2 T}{3e}\,"
    r" \frac{\partial \sigma}{\partial \mu}",
    recorded="confirmed",
    assumptions=(
        "the convolution holds state by state, for any integrand: -dg/dT is the integral of (e - mu)/T (-df/de) above e_n; "
        "checked on a wire, where sigma at T = 0 is known from the Fermi points",
    ),
    check=check_mott,
)


# -- insulators ------------------------------------------------------------------------------------------------------
def check_insulator_hall() -> Evidence:
    """In a gap J has a symmetric part and J + J^tau has none, by exact response."""
    model = random_lattice(7, hopping=96, spacing=3)
    mu, gap = middle_of_gap(model, 1)
    found = microscope.uniform_field_response(model, mu, gap / 60)
    conventional = symmetric(found["current"].value)
    size, error = float(np.abs(conventional).max()), found["current"].error + found["torque_gradient"].error
    text = (
        f"{model.name}, one band filled: the conventional conductivity has a symmetric part of {size:.1e}, error "
        f"{float(error.max()):.0e}; that of J + J^tau vanishes (relative to it)."
    )
    pairs = [Pair("sigma, symmetric", conventional + found["torque_gradient"].value, 0 * conventional, error, size)]
    return agreement(pairs, 1e-4, text, also=size > 1e3 * float(found["current"].error.max()))


insulator_hall = Claim(
    "insulator-hall",
    SECTION,
    {"A": "(16)", "B": "(12)", "C": "(12)"},
    "In an insulator the intrinsic response is of Hall type, with the s-weighted curvature of the filled bands; the "
    "conventional one is not.",
    r"f_n \in \{0, 1\}:\quad \sigma^{ils} = e \int \Omega^{li}_n s_n = -\sigma^{lis},\qquad \boldsymbol\sigma_H^s = -e \int"
    r" \boldsymbol\Omega_n s_n",
    assumptions=(
        PERIODIC,
        "the chemical potential in a gap, T -> 0",
        "that J alone is not of Hall type: by a counterexample",
        "the formula as it stands: for three or more bands Omega^{li} s summed over all bands does not vanish, so that it "
        "gives a completely filled lattice a response too (Kane-Mele: 0.1065 e/2pi), where the conventional part is zero",
    ),
    equalities=(
        Equality(
            Omega_lis("l", "i") + chi("i", "l"),
            weighted("l", "i"),
            "a filled band, up to a total derivative",
            primitive=(("l", d("i")),),
        ),
        Equality(weighted("l", "i"), -weighted("i", "l"), "Omega^{li} s is antisymmetric"),
    ),
    check=check_insulator_hall,
)


def curvature_by_projectors(model: Model, k: FloatArray, step: float = 0.02) -> FloatArray:
    """Tr[s i P(d_xP d_yP - d_yP d_xP)P] of every band from finite differences of P, shape (K, N): no sum over states."""

    def projectors(points: FloatArray) -> np.ndarray:
        U = np.linalg.eigh(model.matrix("H", points))[1]
        return np.asarray(np.einsum("kan,kbn->knab", U, U.conj()))

    rule = {1: 45, 2: -9, 3: 1}
    derivatives = []
    for axis in np.eye(2) * step:
        differences = (c * (projectors(k + j * axis) - projectors(k - j * axis)) for j, c in rule.items())
        derivatives.append(sum(differences) / (60 * step))
    P, (Px, Py), s = projectors(k), derivatives, model.matrix("s", k[0])
    return np.asarray(np.einsum("ab,knbc,kncd,knda->kn", s, P, Px @ Py - Py @ Px, P, optimize=True).imag * -1)


def check_streda_magnetization() -> Evidence:
    """dM/dmu in the gap by differences of M against -int Omega s by differences of projectors."""
    pairs = []
    for model, filled in ((chern_insulator("1/2"), 2), (random_lattice(7, hopping=96, spacing=3), 1)):
        mu, gap = middle_of_gap(model, filled)
        T, half = gap / 200, gap / 8
        M = [
            Zone(model, level, T, 64).integral("orbital_moment", "f", ("s_weighted_curvature", "g"))[0, 1]
            for level in (mu + half, mu - half)
        ]
        zone = Zone(model, mu, T, 64)
        curvature = curvature_by_projectors(model, zone.k)[:, :filled]
        pairs.append(Pair(model.name, (M[0] - M[1]) / (2 * half), -float(curvature.sum(axis=1).mean())))
    text = "Two insulators: [M_z(mu + g/8) - M_z(mu - g/8)]/(g/4) within the gap g, against -int Omega_z s from projectors."
    return agreement(pairs, 1e-7, text)


streda_magnetization = Claim(
    "streda-magnetization",
    SECTION,
    {"A": "(17), second equality", "B": "(12)", "C": "(12)"},
    "In an insulator the Hall conductivity is the slope of the s orbital magnetization with the chemical potential.",
    r"\boldsymbol\sigma_H^s = -e \int \boldsymbol\Omega_n s_n = e\, \frac{\partial \mathbf M^s}{\partial \mu}",
    recorded="confirmed",
    assumptions=("the chemical potential in a gap, T -> 0", "exact: there only g depends on mu, and dg/dmu = -f"),
    check=check_streda_magnetization,
)

CLAIMS = (intrinsic_conductivity, mott_relation, insulator_hall, streda_magnetization)
