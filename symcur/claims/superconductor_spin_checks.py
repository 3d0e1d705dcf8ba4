"""The numerical checks of the claims on the spin currents of superconductors.

They keep nothing: a mistake in the counting of Nambu space reaches exact response, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from symcur import models
from symcur.arrays import Array
from symcur.band_structures import BandStructure, Model
from symcur.claims.claim import CheckResult
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric, symmetric
from symcur.claims.prover import ProofResult, settle
from symcur.eigenstates import evaluate
from symcur.expressions import (
    Axis,
    Expression,
    P,
    Re,
    Resolvent,
    S,
    Trace,
    conserved,
    derivative,
    derivative_along,
    s,
    tau,
    v_band,
)
from symcur.linear_response import luttinger_response, nernst_response, zeeman_gradient_response
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z
from symcur.observables import (
    SPIN_QUANTUM,
    Observable,
    conductivity,
    spin_current,
    spin_hall,
    spin_magnetization,
    spin_nernst,
)
from symcur.observables.quasiparticles import zeeman_current
from symcur.quantities import get
from symcur.superconductors import Superconductor, bdg, singlet, spin_operator, triplet

SQUARE = ((1, 0), (0, 1))
MICROSCOPE = 1e-5  # relative; exact response at finite q claims 2e-6 and better
SIZE, T = 40, 0.8
DERIVED = "symmetric_quadrupole"


def _normal_state() -> sp.ImmutableDenseMatrix:
    h = (sp.Rational(1, 2) - sp.cos(k_x) - sp.cos(k_y)) * sigma_0 + sp.Rational(3, 5) * sigma_z + sigma_x / 5
    return h + sp.Rational(4, 5) * (sp.sin(k_y) * sigma_x - sp.sin(k_x) * sigma_y)


def pairs_of_both_kinds() -> Superconductor:
    """Singlets and triplets, Rashba coupling and a field: no symmetry but that of Nambu space, and no bands touch."""
    d = [2 * sp.sin(k_x), 2 * sp.sin(k_y) + sp.Rational(2, 3) * sp.sin(k_x), sp.I * sp.sin(k_x + k_y)]
    spin = spin_operator("z") + sp.Rational(2, 5) * spin_operator("x")
    pairing = singlet(sp.Rational(3, 2)) + triplet([component / 5 for component in d])
    name = "singlets and triplets"
    return bdg(_normal_state(), pairing, (k_x, k_y), lattice=SQUARE, form="nambu", spin=spin, name=name)


def with_s(model: Superconductor) -> Superconductor:
    """The model with its spin for s."""
    return model.with_s(model.spin)


class _Symmetric(Zone):
    """A mesh that holds -k with every k."""

    @property
    def k(self) -> Array:
        return self.model.lattice_cell("a sum over its zone").momenta(self.size, 0.5)


def _unpaired(observable: Observable, part: str, of_electrons: Callable[[Zone], Any]) -> Pair:
    """Without pairing: the sum over Nambu space, each excitation counted once, against that over electrons."""
    h, spin, k = _normal_state(), spin_operator("z"), (k_x, k_y)
    pairs = bdg(h, sp.zeros(2), k, lattice=SQUARE, form="nambu", spin=spin)
    electrons = _Symmetric(Model(h, spin, k, lattice=SQUARE), 0.0, T, SIZE)
    integrand = observable.integrand(pairs, electrons.k, temperature=T, form="sea")[part]
    volume = pairs.lattice_cell("a sum over its zone").volume
    return Pair("no pairing", integrand.mean(axis=0) / volume, of_electrons(electrons))


# -- equilibrium -------------------------------------------------------------------------------------------------------
def _moments(zone: Zone) -> Array:
    """M^{li}"""
    return np.asarray(zone.integral("orbital_moment", "f", ("s_weighted_curvature", "g")))


def check_equilibrium() -> CheckResult:
    """The net flow vanishes, J^tau being the exact one; the current circulates, up to the antisymmetric part of Q."""
    model = with_s(pairs_of_both_kinds())
    zone, exact = Zone(model, 0.0, T, SIZE), luttinger_response(model, T, rtol=1e-7)
    flow = spin_current(pairs_of_both_kinds(), temperature=T, rtol=1e-8, method="trapezoid")
    J, torque = (flow.parts[name].value for name in ("conventional", "torque"))
    M, Q = _moments(zone), zone.integral("torque_quadrupole", "f", ("torque_polarizability", "g"))
    pairs = [
        Pair("net flow", flow.value, 0 * J, scale=float(np.abs(J).max())),
        Pair.of("D^tau", exact["D_tau"], torque),
        Pair.of("symmetric", symmetric(exact["D"]) + exact["Q"], 0 * M, float(np.abs(exact["D"].value).max())),
        Pair.of("antisymmetric", antisymmetric(exact["D"]), M + antisymmetric(Q)),
        _unpaired(spin_magnetization, "total", _moments),
    ]
    text = (
        f"{model.name}, T = {T}: conventional flow {np.abs(J).max():.4f}, M^{{xy}} = {M[0, 1]:.5f}; D, D^tau and Q by exact response, "
        "their antisymmetric part up to that of int f q + g chi. Without pairing M is that of the electrons."
    )
    return agreement(pairs, MICROSCOPE, text, also=float(np.abs(J).max()) > 1e-4)


# -- the spin Nernst effect --------------------------------------------------------------------------------------------
def _weighted(zone: Zone) -> tuple[Array, Array]:
    """int c Omega^{lis} as [i, l], and int c chi, c the entropy of a state."""
    return zone.integral("s_berry_curvature", "entropy").T, zone.integral("torque_polarizability", "entropy")


def check_nernst() -> CheckResult:
    model = pairs_of_both_kinds()
    zone, exact = Zone(with_s(model), 0.0, T, SIZE), nernst_response(with_s(model), T, rtol=1e-6)
    conventional, chi = _weighted(zone)
    alpha = spin_nernst(model, temperature=T, form="sea", rtol=1e-8, method="trapezoid")
    apart = float(np.abs(chi).max() / np.abs(conventional).max())
    pairs = [
        Pair.of("conventional", exact["current"], conventional),
        Pair.of("torque", exact["torque"], symmetric(chi)),
        Pair.of("conserved", exact["total"], symmetric(alpha.value)),
        Pair("definition = result", conventional + chi, alpha.value),
        _unpaired(spin_nernst, "intrinsic", lambda zone: sum(_weighted(zone))),
    ]
    text = (
        f"{model.name}, T = {T}: the spin and its torque in a field that couples to energy, q -> 0 before the frequency, less the "
        f"densities of equilibrium; the torque part is {apart:.2f} of the conventional one. Without pairing alpha is that of the electrons."
    )
    return agreement(pairs, MICROSCOPE, text, also=apart > 0.1)


def check_fermi_surfaces() -> CheckResult:
    """alpha/T for T -> 0: none with a full gap, and with Bogoliubov Fermi surfaces what Mott's relation says."""
    h, k, cold, step = _normal_state(), (k_x, k_y), 0.01, 0.02
    spin, gap, field = spin_operator("z"), sp.Symbol("Delta", real=True), 4 * sigma_x / 5
    model = bdg(h + field, singlet(gap), k, {gap: 0.6}, SQUARE, form="nambu", spin=spin, name="Rashba superconductor")
    alpha, frozen = (spin_nernst(model.with_values(Delta=x), temperature=cold, rtol=1e-4) for x in (0.6, 2.0))
    sigma = conductivity(Model(model.H, model.spin, k, model.parameters, SQUARE), [-step, step], rtol=1e-4)
    slope = np.pi**2 / 6 * (sigma.value[1] - sigma.value[0]) / (2 * step)  # half of pi^2/3: k and -k are one excitation
    found = alpha.value / cold
    pairs = [
        Pair("Mott", found, slope, alpha.error / cold + np.pi**2 / 6 * sigma.error.max() / step),
        Pair("full gap", frozen.value / cold, 0.0, frozen.error / cold, scale=float(np.abs(found).max())),
    ]
    text = (
        f"{model.name} in a field of 1 at T = {cold}: alpha^{{xy}}/T = {found[0, 1]:.4f} and alpha^{{yx}}/T = {found[1, 0]:.4f} with the gap "
        f"0.6, from differences of the sum over states below +-{step}; {np.abs(frozen.value).max() / cold:.0e} with the gap 2."
    )
    return agreement(pairs, 0.01, text, also=bool(np.abs(found).max() > 1e-2))


# -- a Zeeman energy with a gradient -----------------------------------------------------------------------------------
def zeeman_torque(i: Axis, l: Axis) -> Expression:
    """Of J^{i tau} per d_l b in each band: tau at second order in q, from Tr[P(k) (tau(k) + tau(k + q))/2 R(k + q) s].

    R(k + q) = sum_m P_m/(e - e_m) over the other bands at k + q, e = e_n(k): its derivatives are those of S at a fixed energy.
    """
    S2, S3 = Resolvent("n", 2), Resolvent("n", 3)
    first = {axis: derivative(S, axis) + v_band(axis) * S2 for axis in (i, l)}
    second = derivative_along(S, (i, l)) + v_band(i) * derivative(S2, l) + v_band(l) * derivative(S2, i)
    second += derivative(v_band(i), l) * S2 + 2 * v_band(i) * v_band(l) * S3
    along = derivative(tau, i) * first[l] + derivative(tau, l) * first[i] + derivative_along(tau, (i, l)) * S
    return -Re(Trace(P * (tau * second + along / 2) * s))


def zeeman_proofs() -> list[ProofResult]:
    """For any number of bands: the torque takes back the symmetric part of z, and z = Omega^{li} s^2 where s is conserved."""
    z = zeeman_current.expression
    return [
        settle(zeeman_torque("i", "l"), (z("i", "l") + z("l", "i")) / -2),
        settle(conserved(z("i", "l")), get("berry_curvature").expression("l", "i")),
    ]


def check_zeeman() -> CheckResult:
    model = pairs_of_both_kinds()
    exact = zeeman_gradient_response(with_s(model), 0.0, T, rtol=1e-6)
    found = spin_hall(model, temperature=T, hall=DERIVED, rtol=1e-8, method="trapezoid")
    conventional, torque = (found.parts[name].value for name in ("conventional", "torque"))
    chiral = models.chiral_d_superconductor()
    d_wave = chiral.with_parameters(chiral.values()).H
    full = bdg(
        d_wave[0, 0] * sigma_0, singlet(d_wave[0, 1]), chiral.k, lattice=SQUARE, form="nambu", spin=spin_operator("z")
    )
    quantum = spin_hall(full, temperature=0.02, hall=DERIVED, rtol=1e-6, method="trapezoid").value[0, 1]
    scale, proofs = float(np.abs(conventional).max()), [proof.outcome for proof in zeeman_proofs()]
    pairs = [
        Pair.of("conventional", exact["current"], conventional),
        Pair.of("torque", exact["torque"], symmetric(torque), scale),
        Pair.of("symmetric part of the conserved current", exact["total"], symmetric(found.value), scale),
        Pair("conserved spin", quantum / SPIN_QUANTUM, 2.0),
    ]
    text = (
        f"{model.name}, T = {T}: conventional xy {conventional[0, 1]:.6f}, yx {conventional[1, 0]:.6f}, conserved {found.value[0, 1]:.6f} and "
        "minus that, by exact response to a Zeeman energy with a wave vector, q -> 0 before the frequency; d + id with a conserved spin. "
        f"z^{{il}} + z^{{li}} = -2 times what tau gives at second order in q: {proofs[0]}; z = Omega^{{li}} s^2 for a conserved s: {proofs[1]}."
    )
    apart = float(np.abs(torque).max()) > 0.05 * scale and abs(found.value[0, 1]) > 0.1 * scale
    return agreement(pairs, MICROSCOPE, text, also=apart and proofs == ["proved", "proved"])


# -- what symmetry forbids ---------------------------------------------------------------------------------------------
def _at(model: BandStructure, name: Any) -> Array:
    k = np.random.default_rng(59).uniform(-3, 3, size=(40, 2))
    return np.asarray(evaluate(model, name, k).real)


def check_conjugation() -> CheckResult:
    """U H(k)^* U = H(k), U = tau_z sigma_x, turns S_z and keeps S_x and S_y: what is odd vanishes in every band."""
    model = models.spin_orbit_superconductor()
    x, y, z = (with_s(model.with_spin(spin_operator(axis))) for axis in "xyz")
    k = np.random.default_rng(59).uniform(-3, 3, size=(40, 2))
    scales = {name: float(np.abs(_at(z, name)).max()) for name in ("s_dipole", "s_berry_curvature")}
    pairs = [
        Pair("s of S_z", _at(z, "s_expectation"), 0.0, scale=0.5),
        Pair(
            "Omega s of S_z",
            _at(z, "s_weighted_curvature"),
            0.0,
            scale=float(np.abs(_at(z, "s_berry_curvature")).max()),
        ),
        *(Pair(f"d of S_{a}", _at(m, "s_dipole"), 0.0, scale=scales["s_dipole"]) for a, m in (("x", x), ("y", y))),
        *(
            Pair(f"Omega^{{lis}} of S_{a}", _at(m, "s_berry_curvature"), 0.0, scale=scales["s_berry_curvature"])
            for a, m in (("x", x), ("y", y))
        ),
    ]
    zeeman = np.abs(spin_hall.integrand(model, k, temperature=0.1, hall=DERIVED)["total"]).max()
    text = (
        f"spin_orbit_superconductor at 40 momenta: S_z has dipoles up to {scales['s_dipole']:.2f} and no expectation value, spins in the "
        f"plane the reverse; the integrand of the Zeeman response of S_z is {zeeman:.0e}."
    )
    also = min(scales.values()) > 0.1 and zeeman < 1e-9 and float(np.abs(_at(x, "s_expectation")).max()) > 0.1
    return agreement(pairs, 1e-10, text, also=also)
