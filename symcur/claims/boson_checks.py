"""The numerical checks of the claims on bosons."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial, reduce
from typing import Any

import numpy as np
import sympy as sp

from symcur import bosons, linear_response
from symcur.arrays import Array
from symcur.band_structures import BandStructure, Model
from symcur.brillouin.occupation import occupation
from symcur.claims import superconductor_proofs
from symcur.claims.claim import CheckResult
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric, symmetric
from symcur.claims.notation import Omega_lis, Omega_weighted, d
from symcur.eigenstates import evaluate
from symcur.linear_response.finite_differences import slope
from symcur.linear_response.lattices import random_bosons
from symcur.observables import equilibrium_current, magnetization, thermoelectric
from symcur.superconductors import PairingAlgebra

MICROSCOPE = 1e-8  # relative; exact response at finite q claims 1e-8 and better
SIZE = 24  # of the zone sums


@cache
def magnet() -> BandStructure:
    return random_bosons(2)


@cache
def hybrid() -> BandStructure:
    return random_bosons(2, (("bosons", 1), ("phonons", 1)))


# -- densities ---------------------------------------------------------------------------------------------------------
luttinger_response = cache(partial(linear_response.luttinger_response, rtol=1e-10))
nernst_response = cache(linear_response.nernst_response)


def scaled(zone: Zone, moment: str, curvature: str | None = None) -> Any:
    """int (n + E n') moment + E n curvature."""
    T = zone.temperature
    total = zone.integral(moment, "n") - T * zone.integral(moment, "dn/dT")
    if curvature:
        total = total + zone.integral(curvature, "G") + T * zone.integral(curvature, "c_1")
    return total


def grand_potential(model: BandStructure, temperature: float, h: float, size: int = 40) -> float:
    """sum over positive norms of T ln(1 - exp(-omega/T)) + omega/2 per cell for H + h s, from energies alone."""
    k = model.lattice_cell("a sum over its zone").momenta(size, 0.2)
    H = model.matrix("H", k) + h * model.matrix("s", k)
    omega = np.sort(np.linalg.eigvals(model.metric @ H).real)[:, model.size // 2 :]
    return float((temperature * np.log(-np.expm1(-omega / temperature)) + omega / 2).sum() / len(k))


def check_number() -> CheckResult:
    """The half sum over both norms against the derivative of the grand potential of the positive ones."""
    pairs, h = [], 2e-3
    for model, T in ((magnet(), 0.8), (hybrid(), 0.5), (hybrid(), 0.05)):
        steps = (
            (c / (60 * h), grand_potential(model, T, j * h))
            for j, c in zip((-3, -2, -1, 1, 2, 3), (-1, 9, -45, 45, -9, 1), strict=True)
        )
        expected = sum(c * value for c, value in steps)
        pairs.append(Pair(f"{model.name}, T = {T}", Zone(model, 0.0, T, 40).integral("s_expectation", "n"), expected))
    text = (
        "Random magnons and a random hybrid: the half sum of n s_n over the states of both norms against the derivative of sum over positive "
        "norms T ln(1 - exp(-omega/T)) + omega/2 by h, energies of H + h s by a general solver."
    )
    return agreement(pairs, 1e-9, text)


def check_density() -> CheckResult:
    """Static response to Luttinger's field, and what it integrates to over T."""
    pairs = []
    for model, T in ((magnet(), 0.8), (hybrid(), 0.5)):
        zone = Zone(model, 0.0, T, SIZE)
        found = luttinger_response(model, T)
        D = zone.integral("s_current_dipole", "n", ("s_berry_curvature", "G"))
        Q = zone.integral("torque_quadrupole", "n", ("torque_polarizability", "G"))
        quadrupole = symmetric(scaled(zone, "torque_quadrupole", "torque_polarizability"))
        pairs += [
            Pair.of("s", found["s"], -T * zone.integral("s_expectation", "dn/dT")),
            Pair.of("s, order q", -found["s_gradient"], scaled(zone, "s_dipole", "mixed_berry_curvature")),
            Pair.of("J", found["current"], scaled(zone, "s_current")),
            Pair.of("J, order q", -found["current_gradient"], scaled(zone, "s_current_dipole", "s_berry_curvature")),
            Pair.of("tau, order q", found["torque_gradient"], scaled(zone, "s_current")),
            Pair.of("tau, order q^2", -found["torque_curvature"], quadrupole),
            Pair.of("D", found["D"], D),
            Pair.of("Q", found["Q"], symmetric(Q)),
        ]
    text = (
        "Random magnons and a random magnon-phonon hybrid in H + (1/2){H, psi}, at finite q from H, s and g: the uniform, linear and "
        "quadratic parts of s, J and tau; D and Q from what depends on T so that x - T dx/dT is that response."
    )
    return agreement(pairs, MICROSCOPE, text)


# -- transport ---------------------------------------------------------------------------------------------------------
def check_transport() -> CheckResult:
    """The slow response to Luttinger's field less the equilibrium densities against alpha, part by part."""
    model, T = random_bosons(0), 0.8
    zone, found = Zone(model, 0.0, T, SIZE), nernst_response(model, T)
    alpha = thermoelectric(model, temperature=T, form="sea", rtol=1e-10, method="trapezoid")
    conventional = zone.integral("s_berry_curvature", "c_1").T
    chi = zone.integral("torque_polarizability", "c_1")
    pairs = [
        Pair.of("conventional", found["current"], conventional),
        Pair.of("torque", found["torque"], symmetric(chi)),
        Pair.of("conserved", found["total"], symmetric(alpha.value)),
        Pair("definition = result", conventional + chi, alpha.value),
    ]
    apart = float(np.abs(symmetric(chi)).max() / np.abs(conventional).max())
    text = (
        f"{model.name}, T = {T}: J and tau in a field psi exp(i q.r + eta t), q -> 0 before eta -> 0, less D and Q; the torque part is "
        f"{apart:.2f} of the conventional one."
    )
    return agreement(pairs, MICROSCOPE, text, also=apart > 0.1)


def check_vanishing_flow() -> CheckResult:
    """int n J + n d^{i tau} + G Omega^{i tau} = 0, the torque's part against exact response."""
    pairs, conventional = [], []
    for model, T in ((magnet(), 0.8), (hybrid(), 0.5)):
        flow = equilibrium_current(model, temperature=T, rtol=1e-10, method="trapezoid")
        J, torque = (flow.parts[name].value for name in ("conventional", "torque"))
        conventional.append(float(np.abs(J).max()))
        pairs += [
            Pair(f"{model.name}, net flow", flow.value, 0 * J, scale=conventional[-1]),
            Pair.of(f"{model.name}, D^tau", luttinger_response(model, T)["D_tau"], torque),
        ]
    text = (
        f"Random magnons and a random hybrid, conventional flow {conventional[0]:.4f} and {conventional[1]:.4f}: the net flow, and D^{{i "
        "tau} from the exact response of tau."
    )
    return agreement(pairs, MICROSCOPE, text, also=min(conventional) > 1e-3)


def check_circulating() -> CheckResult:
    """J + J^tau has no divergence, by exact response alone; what circulates is M, up to the antisymmetric part of Q."""
    pairs, largest = [], []
    for model, T in ((magnet(), 0.8), (hybrid(), 0.5)):
        zone, found = Zone(model, 0.0, T, SIZE), luttinger_response(model, T)
        M = magnetization(model, temperature=T, form="sea", rtol=1e-10, method="trapezoid").value
        Q = zone.integral("torque_quadrupole", "n", ("torque_polarizability", "G"))
        largest.append(float(np.abs(M).max()))
        pairs += [
            Pair.of("symmetric", symmetric(found["D"]) + found["Q"], 0 * M, float(np.abs(found["D"].value).max())),
            Pair.of("antisymmetric", antisymmetric(found["D"]), M + antisymmetric(Q)),
        ]
    text = (
        f"Random magnons and a random hybrid, M^{{xy}} = {largest[0]:.1e} and {largest[1]:.1e}: the symmetric part of D + Q vanishes by "
        "exact response; that of D which is antisymmetric is M less the part of int n q + G chi."
    )
    return agreement(pairs, MICROSCOPE, text, also=min(largest) > 1e-6)


# -- one boson per cell ------------------------------------------------------------------------------------------------
def squeezed(odd: Any = 0) -> Model:
    """H = [[a(k), b], [b^*, a(-k)]], s the number; ``odd`` is the part of a that is odd in k, in units of sin k_x."""
    x, y = k = sp.symbols("k_x k_y", real=True)
    even, b = sp.Rational(7, 2) - sp.cos(x) - sp.cos(y), sp.Rational(3, 5) * (sp.cos(x) - sp.cos(y))
    b += sp.Rational(4, 5) * sp.I * sp.sin(x) * sp.sin(y)
    eta = sp.sympify(odd) * sp.sin(x)
    H = sp.Matrix([[even + eta, b], [sp.conjugate(b), even - eta]])
    return Model(H, sp.eye(2), k, lattice=[[1, 0], [0, 1]], metric="bosons", name=f"one boson per cell, odd part {odd}")


def _exact() -> CheckResult:
    """In the algebra of the 2 x 2 Bogoliubov Hamiltonian, with i|b| for |Delta|: g H = [[a, b], [-b^*, -a]]."""
    even = PairingAlgebra()
    statements: dict[str, Any] = {}
    for sigma in (1, -1):
        d_x, d_y = (even.read(d(i), sigma) for i in (0, 1))
        twist = even.derivative(d_x, 1) - even.derivative(d_y, 0)
        statements |= {
            f"2 Omega^{{yx}} s + d_y d^x - d_x d^y = 0, band {sigma:+d}": 2 * even.read(Omega_weighted(1, 0), sigma)
            + twist,
            f"Omega^{{yxs}} = 0, band {sigma:+d}": even.read(Omega_lis(1, 0), sigma),
        }
    forms = (superconductor_proofs.charge(), superconductor_proofs.dipole(), superconductor_proofs.berry())
    nulls = superconductor_proofs.exact(*superconductor_proofs.null_magnetization_statements())
    return reduce(superconductor_proofs.both, (*forms, nulls, superconductor_proofs.exact(even, statements)))


def closed_forms(k: Array) -> tuple[Array, Array, Array]:
    """s = rho, d = (rho^2 - 1) grad theta/2 and Omega^{xy} = -(grad rho x grad theta)/2 of ``squeezed``, by differences of a and b."""

    def pairing(shift: Array) -> Any:
        x, y = (k + shift).T
        return 0.6 * (np.cos(x) - np.cos(y)) + 0.8j * np.sin(x) * np.sin(y)

    def height(shift: Array) -> Any:
        a = 3.5 - np.cos(k + shift).sum(axis=1)
        return a / np.sqrt(a**2 - np.abs(pairing(shift)) ** 2)

    rho, b = height(np.zeros(2)), pairing(np.zeros(2))
    rho_x, rho_y = (slope(height, axis, 0.01) for axis in (0, 1))
    theta_x, theta_y = ((slope(pairing, axis, 0.01) / b).imag for axis in (0, 1))
    dipole = (rho**2 - 1)[:, None] / 2 * np.stack([theta_x, theta_y], axis=1)
    return rho, dipole, -(rho_x * theta_y - rho_y * theta_x) / 2


def check_one_boson() -> CheckResult:
    exact = _exact()
    k = np.random.default_rng(8).uniform(0.4, 1.2, size=(5, 2))
    rho, dipole, Omega = closed_forms(k)
    still, moving, T = squeezed(), squeezed("2/5"), 0.9
    pairs = [
        Pair("s = rho", evaluate(moving, "s_expectation", k)[:, 1], rho),
        Pair("d", evaluate(moving, "s_dipole", k)[:, 1], dipole),
        Pair("Omega", evaluate(moving, "berry_curvature", k)[:, 1, 0, 1], Omega),
    ]
    of = partial(thermoelectric, temperature=T, form="sea", rtol=1e-10, method="trapezoid")
    M = partial(magnetization, temperature=T, form="sea", rtol=1e-10, method="trapezoid")
    alpha, flows = of(still), of(moving)
    scale = float(np.abs(alpha.parts["band"].value).max())
    odd = float(np.abs(flows.parts["conventional"].value).max())
    pairs += [
        Pair("M", M(still).value, 0.0, scale=scale),
        Pair("conventional alpha", alpha.parts["conventional"].value, 0.0, scale=scale),
        Pair("Hall part of alpha", antisymmetric(alpha.parts["intrinsic"].value), 0.0, scale=scale),
    ]
    text = (
        f"{exact.text}; all with i|b| for |Delta|. One boson per cell, rho up to {rho.max():.3f}: s, d and Omega against "
        f"differences of a and b; M, the conventional alpha and the Hall part vanish. With an odd part of a the conventional one is {odd:.1e}."
    )
    apart = float(rho.min()) > 1 and odd > 1e-6 and float(np.abs(M(moving).value).max()) > 1e-6
    return agreement(pairs, 1e-9, text, also=exact.holds and apart)


# -- conserved spin ----------------------------------------------------------------------------------------------------
def neel_alpha(J: float, D: float, kappa: float, T: float, size: int = 96) -> float:
    """alpha^{xy} of S_z of the Neel honeycomb, S = 1/2, from closed forms: E = e_0 + D_k twice, Omega^{xy} of a squeezed boson."""
    u = 2 * np.pi * (np.arange(size) + 0.5) / size
    lattice = np.array([[1, 0], [0.5, np.sqrt(3) / 2]])
    k = np.stack(np.meshgrid(u, u), axis=-1).reshape(-1, 2) @ np.linalg.inv(lattice).T
    S = 0.5
    to_B = np.array([[np.cos(t), np.sin(t)] for t in np.deg2rad([90, 210, 330])]) / np.sqrt(3)
    second = np.array([[np.cos(t), np.sin(t)] for t in np.deg2rad([0, 120, 240])])
    phases = np.exp(1j * k @ to_B.T)
    b, slopes = J * S * phases.sum(axis=1), 1j * J * S * phases @ to_B
    a = 3 * J * S + 2 * kappa * S
    e_0 = np.sqrt(a**2 - np.abs(b) ** 2)
    E = e_0 + 2 * D * S * np.sin(k @ second.T).sum(axis=1)
    Omega = -(a / (2 * e_0**3)) * (slopes[:, 0].conj() * slopes[:, 1]).imag
    # The two magnons of an energy carry -1 and +1 along z and have opposite curvatures.
    c_1 = occupation("c_1", E, 0.0, T)
    return float(2 * (c_1 * Omega).sum() / len(k) / np.linalg.det(lattice))


def check_neel() -> CheckResult:
    J, D, kappa, T = 1.0, 0.1, 0.05, 1.0
    model = bosons.honeycomb_magnons(J, D, kappa)
    alpha = thermoelectric(model, temperature=T, rtol=1e-10, method="trapezoid")
    parts = {name: part.value for name, part in alpha.parts.items()}
    expected = neel_alpha(J, D, kappa, T)
    k = np.random.default_rng(2).uniform(-3, 3, size=(5, 2))
    g, H, s = model.metric, model.matrix("H", k), model.matrix("s", k)
    torque = float(np.abs(s @ g @ H - H @ g @ s).max())
    pairs = [
        Pair("closed form", parts["intrinsic"][0, 1], expected),
        Pair("conserved = conventional", parts["intrinsic"], parts["conventional"]),
        Pair("torque", parts["torque"], 0.0, scale=abs(expected)),
        Pair("dipole", parts["dipole"], 0.0, scale=abs(expected)),
        Pair("[g s, g H]", torque, 0.0, scale=1.0),
    ]
    text = f"{model.name}, T = {T}: alpha_xy = {expected:.10f} from the closed forms of its energies and curvature."
    return agreement(pairs, 1e-9, text, also=abs(expected) > 1e-4)


# -- phonons -----------------------------------------------------------------------------------------------------------
def oblique_phonons(angular_momentum: str) -> BandStructure:
    """A Bravais lattice without any rotation but by pi, its springs at all neighbours."""
    lattice = np.array([[1.0, 0.0], [0.35, 0.9]])
    D: dict[tuple[int, ...], Array] = {(0, 0): np.zeros((2, 2))}
    for R, along, across in (((1, 0), 1.0, 0.3), ((0, 1), 0.7, 0.15), ((1, -1), 0.4, 0.1)):
        e = np.array(R) @ lattice
        e = e / np.linalg.norm(e)
        spring = along * np.outer(e, e) + across * (np.eye(2) - np.outer(e, e))
        D[0, 0] = D[0, 0] + 2 * spring
        D[R] = D[-R[0], -R[1]] = -spring
    raman = 0.4 * np.array([[0.0, 1.0], [-1.0, 0.0]])
    return bosons.phonons(
        D, lattice, raman=raman, angular_momentum=angular_momentum, pinning=0.5, name="oblique phonons"
    )


def _turning(model: BandStructure, k: Array) -> Array:
    """grad theta, theta the angle of the deviatoric part of D(k): D_xx - D_yy + 2 i D_xy = |...| exp(i theta)."""

    def deviator(*axes: int) -> Any:
        M = model.matrix("H", k, axes)
        return (M[:, 0, 0] - M[:, 1, 1]).real + 2j * M[:, 0, 1].real

    return np.stack([(deviator(i) / deviator()).imag for i in (0, 1)], axis=-1)[:, None]


def _driven(model: BandStructure, k: Array) -> Array:
    """Omega^{li} s_n + d_l d^{is} of every band, [i, l]."""
    return np.asarray(evaluate(model, "s_weighted_curvature", k).mT + evaluate(model, "dipole_gradient", k))


def check_canonical() -> CheckResult:
    """Band by band at every k, so that it holds at every temperature; other operators and the conventional current have a Hall part."""
    k = np.random.default_rng(6).uniform(-3, 3, size=(6, 2))
    pairs, others = [], []
    kinds: tuple[Callable[[str], BandStructure], ...] = (
        lambda which: bosons.square_phonons(angular_momentum=which),
        lambda which: bosons.square_phonons(raman=0.6, angular_momentum=which),
        oblique_phonons,
    )
    for kind in kinds:
        model = kind("canonical")
        canonical, kinetic = _driven(model, k), _driven(kind("kinetic"), k)
        zero, scale = canonical - canonical.mT, float(np.abs(canonical).max())
        s, ds = evaluate(model, "s_expectation", k), evaluate(model, "torque_berry_curvature", k)
        turning, Omega = _turning(model, k), evaluate(model, "berry_curvature", k)[..., 0, 1]
        curl = ds[..., 0] * turning[..., 1] - ds[..., 1] * turning[..., 0]
        pairs += [
            Pair(f"{model.name}, Hall part", zero, 0 * zero, scale=scale),
            Pair(f"{model.name}, d", evaluate(model, "s_dipole", k), (1 - s**2)[..., None] / 2 * turning),
            Pair(f"{model.name}, Omega", Omega, curl / 2),
        ]
        conventional = Zone(model, 0.0, 0.5, 40).integral("s_berry_curvature", "c_1")
        others += [
            float(np.abs(kinetic - kinetic.mT).max() / scale),
            2 * float(np.abs(antisymmetric(conventional)).max()),
        ]
    text = (
        "Square and oblique lattices in Raman fields at random k: the antisymmetric part of Omega^{li} s + d_l d^{is} of every band for u x "
        "p, d against (1/2)(1 - s_n^2) d_k theta and Omega against (1/2) d_k s_n x d_k theta, theta from D(k). "
        f"Of u x (p - Au) it is {others[0]:.1e} to {others[4]:.1e} of the largest component; the conventional Hall response at T = 0.5 is "
        f"{others[1]:.4f} to {others[5]:.4f}."
    )
    return agreement(pairs, 1e-9, text, also=min(others) > 1e-4)
