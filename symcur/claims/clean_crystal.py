"""Claims on the quantum theory of the clean crystal and on reciprocity, settled by exact response, Hall parts included.

The torque fixes the symmetric part of sigma. What a field perpendicular to q drives, and what charge a gradient of the field
conjugate to s drives, have antisymmetric parts of their own: both are those of the transverse choice, in every component.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symcur import linear_response
from symcur.arrays import Array
from symcur.band_structures import Model
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric, gap_above, symmetric
from symcur.claims.densities import MU, TEMPERATURE
from symcur.claims.faults import exchanged, formula, instead, occupied, of_term, opposite, times
from symcur.claims.response import DYNAMIC, UNTOUCHED, field_response_of, sigma, transverse_response
from symcur.expressions import FIELD, Derivative, conserved
from symcur.linear_response.lattices import chern_insulator, random_lattice
from symcur.observables import conductivity
from symcur.quantities import get

define = section("Response")
EIGHTH = 8 * np.pi  # units of e/8pi


@cache
def rashba_lattice(M: str, spacing: str = "1") -> Model:
    """k-linear Rashba electrons on a square lattice, m = 1, alpha = 0.3, s = sigma_z/2."""
    k_x, k_y = k = sp.symbols("k_x k_y", real=True)
    X, Y, Z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)
    a = sp.Rational(spacing)
    spin_orbit = sp.Rational(3, 10) / a * (sp.sin(a * k_y) * X - sp.sin(a * k_x) * Y)
    H = (2 - sp.cos(a * k_x) - sp.cos(a * k_y)) / a**2 * sp.eye(2) + spin_orbit + sp.Rational(M) * Z
    return Model(H, Z / 2, k, lattice=[[a, 0], [0, a]], name=f"Rashba lattice, M = {M}, a = {spacing}")


def of_choice(model: Model, mu: float, temperature: float, hall: str) -> Array:
    """sigma [i, l] with a choice of its Hall part."""
    return conductivity(model, mu, temperature, hall=hall, rtol=1e-6).value


# -- the quantum theory of the clean crystal -------------------------------------------------------------------------
def _longitudinal(seed: int) -> list[Pair]:
    """A field along q: J with all components, J^tau by its divergence and the antisymmetric part of int f chi."""
    model = random_lattice(seed, spacing=3)
    found, zone = field_response_of(model, MU, TEMPERATURE), Zone(model, MU, TEMPERATURE)
    total = symmetric(found["current"]) + found["torque_gradient"]
    complete = found["current"].T + found["torque_gradient"]
    of_paper = sigma(zone) - antisymmetric(zone.integral("torque_polarizability", "f"))
    return [
        Pair.of(f"sigma of the paper with int f chi, {model.name}", complete, of_paper),
        Pair.of(f"sigma, symmetric, {model.name}", total, symmetric(sigma(zone))),
        Pair.of(f"int f Omega^lis, {model.name}", found["current"], zone.integral("s_berry_curvature", "f")),
    ]


def _transverse(model: Model, mu: float, temperature: float, rtol: float = 1e-5) -> tuple[Pair, float, float]:
    """A field perpendicular to q against the transverse choice; [x, y] of the exact answer, and its error."""
    exact = transverse_response(model, mu, temperature, rtol=rtol)
    off_diagonal = 1 - np.eye(model.dimension)
    expected = of_choice(model, mu, temperature, "transverse") * off_diagonal
    pair = Pair.of(f"transverse field, {model.name}", exact, expected)
    return pair, float(exact.value[0, 1]), float(exact.error.max())


def _rashba() -> tuple[list[Pair], list[tuple[float, float]], str]:
    """Rashba electrons in a transverse field, near the continuum at M = 0 and on a lattice with M > 0."""
    pairs, numbers, text = [], [], []
    for model, T in ((rashba_lattice("0", "1/2"), 0.05), (rashba_lattice("3/100"), 0.1)):
        pair, exact, error = _transverse(model, 0.25, T, rtol=8e-5)
        paper = float(of_choice(model, 0.25, T, "paper")[0, 1])
        pairs.append(pair)
        numbers.append((abs(exact - paper), error))
        J = float(antisymmetric(of_choice(model, 0.25, T, "symmetric_quadrupole"))[0, 1])
        text.append(
            f"{exact * EIGHTH:.4f}, the paper's {abs(paper) * EIGHTH:.4f}, J in a uniform field {J * EIGHTH:.4f} "
            f"({model.name})"
        )
    return pairs, numbers, "; ".join(text)


def check_clean_kubo() -> CheckResult:
    """Fields along and perpendicular to q, q -> 0 before the frequency: metals, an insulator, Rashba electrons with M -> 0."""
    pairs = [pair for seed in (0, 4) for pair in _longitudinal(seed)]
    insulator = chern_insulator("1/2")
    between = gap_above(insulator, 2)
    metal, _, _ = _transverse(random_lattice(4, spacing=3), MU, TEMPERATURE)
    filled, at_q, error = _transverse(insulator, between.mu, between.width / 100)
    uniform = float(of_choice(insulator, between.mu, between.width / 100, "paper")[0, 1])
    of_rashba, differences, rashba = _rashba()
    text = (
        "Two random metals in a longitudinal field, q -> 0 before the frequency; the paper's Hall part with int f chi for the "
        "antisymmetric part of J^tau. In a transverse field all components are those of the transverse choice; the paper's Hall "
        f"part is another: in {insulator.name} {at_q:.6f} against {uniform:.6f}. Rashba electrons in e/8 pi: {rashba}."
    )
    apart = all(difference > 1e2 * e for difference, e in [*differences, (abs(at_q - uniform), error)])
    return agreement([*pairs, metal, filled, *of_rashba], 1e-4, text, also=apart)


define(
    "clean-kubo-agreement",
    {"B": "below (11), last section", "C": "below (11), last section"},
    "The symmetric part of the intrinsic conductivity is that of the quantum theory of the clean crystal, in any field. The Hall "
    "part of the quantum theory, that of a field perpendicular to q, is the transverse choice's; the paper's own differs, but for "
    "k-linear Rashba electrons in the continuum at M = 0 with the dipole on the Fermi surface.",
    r"\sigma^{ils}_{\perp} = \lim_{\omega \to 0} \lim_{q \to 0} \frac{(J + J^\tau)^i_{\mathbf q}}{E_{l \mathbf q}}",
    recorded="confirmed",
    assumptions=(
        "q -> 0 before omega -> 0; along q the current is fixed by continuity, J + J^tau = i tau_q/|q| + J. In a uniform field J "
        "alone is the response of an operator, int f Omega^{lis}; J^tau is defined up to a curl (hall-part-freedom)",
        "Rashba, both subbands filled, in the continuum, e/8 pi: the transverse value tends to -1 for M -> 0, the number of the "
        "literature; C (11) gives 0 for every M != 0, and -1 at M = 0 in the Fermi-surface form alone",
        "with omega -> 0 first a transverse field induces ds/dB instead (maxwell-relation); in a gap the two agree",
    ),
    check=check_clean_kubo,
    faults={
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "chi with the sign of A": opposite("torque_polarizability"),
        "W with the opposite sign": of_term(conductivity, "faraday_curvature", -1.0),
        "W without the drag by s": formula(
            "faraday_curvature", lambda honest, i, l: get("symmetrized_curvature").expression(l, i)
        ),
        "the dipole on the Fermi surface with the opposite sign": of_term(conductivity, "s_dipole", -1.0),
        "half of the dipole": of_term(conductivity, "s_dipole", 0.5),
        "the dipole gradient with the opposite sign": opposite("dipole_gradient"),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "omega -> 0 first": instead(of_choice, lambda honest: lambda *at: honest(*at[:3], "static")),
        "the paper's Hall part": instead(of_choice, lambda honest: lambda *at: honest(*at[:3], "paper")),
    },
)


# -- reciprocity -----------------------------------------------------------------------------------------------------------
def magnetization_at_fixed_occupation(zone: Zone) -> Any:
    """d_h M^{il} of the charge magnetization int f m + g Omega at H - h s with f and g of every state held fixed."""

    def integral(i: int, l: int) -> float:
        moment, curvature = (
            Derivative(FIELD, conserved(get(n).expression(i, l))) for n in ("orbital_moment", "berry_curvature")
        )
        return float(zone.integral(moment, "f") + zone.integral(curvature, "g"))

    D = zone.model.dimension
    return np.array([[0.0 if i == l else integral(i, l) for l in range(D)] for i in range(D)])


def _filled(model: Model) -> tuple[Pair, Pair]:
    """All bands filled: no charge flows, and the magnetization at fixed occupation is minus the paper's sigma."""
    top = float(model.energies(model.cell.momenta(12)).max()) + 4.0 if model.cell is not None else np.nan
    zone = Zone(model, top, 0.05)
    charge = linear_response.field_gradient_response(model, "charge", top, 0.05)
    of_paper = antisymmetric(sigma(zone))
    scale = float(np.abs(of_paper).max())
    return (
        Pair("charge current, filled lattice", charge.value, np.zeros((2, 2)), charge.error, scale),
        Pair("d_h M at fixed occupation = -sigma, filled lattice", magnetization_at_fixed_occupation(zone), -of_paper),
    )


def check_onsager() -> CheckResult:
    """Charge current in H - h(r) s, all components, in metals and in a filled lattice; heat current, the part with a divergence."""
    pairs = []
    for seed in (0, 4):
        model = random_lattice(seed, spacing=3)
        zone = Zone(model, MU, TEMPERATURE)
        found = linear_response.field_gradient_response(model, "charge", MU, TEMPERATURE)
        transport = found.value + magnetization_at_fixed_occupation(zone)
        pairs += [
            Pair.of(f"charge, {model.name}", found, -of_choice(model, MU, TEMPERATURE, "transverse")),
            Pair(f"charge less its magnetization, {model.name}", transport, -sigma(zone), found.error),
        ]
    pairs += _filled(model)
    heat = linear_response.field_gradient_response(model, "heat", MU, TEMPERATURE)
    pairs.append(Pair.of(f"heat, {model.name}", symmetric(heat), -TEMPERATURE * symmetric(sigma(zone, "entropy"))))
    text = (
        "Two random 2D metals with H - h(r) s, q -> 0 before the frequency: the charge current against -sigma^{ils} d_i h with the "
        "transverse choice, all components; less d_i M^il at fixed f and g, against the paper's. A filled lattice: no charge "
        "current, and d_h M at fixed f and g is -sigma of the paper. The symmetric part of the heat current against -T alpha."
    )
    return agreement(pairs, DYNAMIC, text)


define(
    "onsager-thermal",
    {"A": "below (15)", "B": "below (11)", "C": "below (11)"},
    "sigma and alpha are reciprocal to the charge and heat currents driven by a gradient of the field conjugate to s: the symmetric "
    "parts as they stand; of the charge current all components with the transverse choice, and with the paper's only by a "
    "definition of what is subtracted.",
    r"H - h(\mathbf r) s:\quad j^l = -\sigma^{ils}_{\perp}\, \partial_i h,\qquad j^{(l}_{Q}\, \partial_{i)} h = -T \alpha^{(il)s}",
    recorded="confirmed",
    assumptions=(
        "j^l is the local charge current, exact, q -> 0 before omega -> 0; nothing is subtracted. Less the curl of the equilibrium "
        "M(h(r)) it is sigma_static - sigma_transverse, zero in a gap",
        "the paper's sigma follows if M(h(r)) is subtracted whose bands follow h while the occupations f, g of the states do not. "
        "For the antisymmetric part this is circular: in a filled lattice no charge flows and dM_orb/dh = 0, and that term alone "
        "is what the paper's sigma is",
        "of the heat current only the symmetric part in (i, l); the rest needs the heat magnetization, which is not settled here: "
        "the local heat current is -T alpha of none of the choices",
        UNTOUCHED,
    ),
    check=check_onsager,
    faults={
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "the dipole gradient with the opposite sign": opposite("dipole_gradient"),
        "d_{k_i} d^{ls} for d_{k_l} d^{is}": exchanged("dipole_gradient"),
        "the magnetization at fixed occupation left out": instead(
            magnetization_at_fixed_occupation, lambda honest: lambda zone: np.zeros((2, 2))
        ),
        "twice the magnetization at fixed occupation": instead(
            magnetization_at_fixed_occupation, lambda honest: lambda zone: 2 * honest(zone)
        ),
        "W with the opposite sign": times("faraday_curvature", -1),
        "omega -> 0 first": instead(of_choice, lambda honest: lambda *at: honest(*at[:3], "static")),
        "f for -dg/dT": occupied("entropy", by="f"),
    },
)
