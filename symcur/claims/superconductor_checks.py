"""The numerical checks of the claims on superconductors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sympy as sp

from symcur import models
from symcur.arrays import Array
from symcur.band_structures import Model
from symcur.brillouin import LatticeCell
from symcur.claims import superconductor_proofs
from symcur.claims.claim import CheckResult
from symcur.claims.comparison import Pair, Zone, agreement, antisymmetric
from symcur.eigenstates import evaluate
from symcur.linear_response.expansion import extrapolated
from symcur.models.pauli import kron, sigma_0, sigma_y, sigma_z
from symcur.observables import equilibrium_current, magnetization, thermoelectric
from symcur.superconductors import (
    SPIN_QUANTUM,
    THERMAL_QUANTUM,
    Superconductor,
    bdg,
    soft_boundary,
    spin_hall,
    thermal_hall,
)

_OFFSET = (0.3, 0.2)  # of grids, in their spacing


def check_conventional_current() -> CheckResult:
    operator = superconductor_proofs.current_operator()
    at_rest, moving = (
        equilibrium_current(models.s_wave_superconductor(phi=phi), temperature=0.05, rtol=1e-8) for phi in (0, 0.1)
    )
    x, error = (float(array[0]) for array in (moving.parts["conventional"].value, moving.parts["conventional"].error))
    residual = max(float(np.abs(y).max()) for y in (at_rest.parts["conventional"].value, moving.value))
    text = (
        "J = grad xi times the unit matrix for an even xi, diag(grad xi(k), grad[xi(-k)]) in general (exact); the sum over "
        f"states vanishes for even xi since f(E) + f(-E) = 1, and is J_x = {x:.9f} +- {error:.0e} for an s-wave "
        "superconductor with hopping phase 0.1 at T = 0.05; there the backflow cancels it. Residual: the sum for even xi "
        "and the conserved current"
    )
    holds = operator.holds and residual < 1e-9 and abs(x) > 1e4 * error
    return CheckResult(holds, residual, 1e-9, text)


def check_null_magnetization() -> CheckResult:
    exact = superconductor_proofs.exact(*superconductor_proofs.null_magnetization_statements())
    pairs = []
    for model in (models.chiral_p_superconductor(), *_chiral_d()):
        for E_F in (-1.0, 0.6):
            tuned = model.with_values(E_F=E_F)
            integrand = magnetization.integrand(tuned, _cell(tuned).momenta(48, _OFFSET), temperature=0.2, form="sea")
            scale = float(np.abs(integrand["total"]).max())
            found = magnetization(tuned, temperature=[0.05, 0.2], form="sea", atol=1e-10 * scale, method="trapezoid")
            pairs.append(Pair(f"{model.name}, E_F = {E_F}", found.value, 0.0, scale=scale))
    nontrivial = magnetization(models.haldane_superconductor(), temperature=0.05, rtol=1e-6)
    M, error = float(nontrivial.value[0, 1]), float(nontrivial.error[0, 1])
    also = exact.holds and abs(M) > 1e4 * error and nontrivial.status == "converged"
    text = (
        f"{exact.text}; |M| / max|integrand| of the chiral p- and d-wave models (square and triangular) at two E_F and two T; "
        f"haldane_superconductor at T = 0.05 has M = {M:.6f} +- {error:.0e}."
    )
    return agreement(pairs, 1e-8, text, also=also)


def _between(low: Zone, high: Zone) -> tuple[Array, Array, Array]:
    """The differences [l, i] of D^{lis}, of Q^{il tau} transposed, and of M^{li} from one state to another."""
    integrands = (
        ("s_current_dipole", "s_berry_curvature"),
        ("torque_quadrupole", "torque_polarizability"),
        ("orbital_moment", "s_weighted_curvature"),
    )
    D, Q, M = (high.integral(a, "f", (b, "g")) - low.integral(a, "f", (b, "g")) for a, b in integrands)
    return D, Q.T, M


def _along_the_boundary(model: Superconductor, U_0: float, temperature: float, couples_to: str) -> Pair:
    """The current of exact lattices where U rises, extrapolated in 1/L^2; ``expected`` is still to be filled in."""
    sizes = np.array([20, 26, 32, 40])
    currents = np.array(
        [soft_boundary(model, U_0, L, temperature, couples_to=couples_to, momenta=20).rising for L in sizes]
    )
    limit, error = extrapolated(1.0 / sizes, currents, 0)
    return Pair("", float(limit), 0.0, float(error))


def check_edge_current() -> CheckResult:
    """The printed current is J + J^tau with the paper's Q; what flows on exact lattices is J, and nothing at T -> 0."""
    U_0, T = 0.2, 0.2
    model, normal = models.haldane_superconductor(Delta_0=0.8), models.haldane_superconductor(Delta_0=0.0)
    # U times the unit matrix moves the energies up, as mu = -U does.
    (D, Q, M), (_, cold_Q, cold_M) = (
        _between(Zone(model, 0.0, temperature, 40), Zone(model, -U_0, temperature, 40)) for temperature in (T, 0.01)
    )
    printed = U_0 * float(Zone(model, 0.0, 0.01, 40).integral("s_weighted_curvature", "f")[0, 1])
    flows = _along_the_boundary(model, U_0, T, "quasiparticles")
    cold = soft_boundary(model, U_0, 12, 0.01, momenta=24).rising
    reference = _along_the_boundary(normal, 0.3, T, "charge")
    E_F = float(normal.values()["E_F"])
    deep, high = (Zone(normal.with_values(E_F=E_F - U), 0.0, T, 40) for U in (0.3, 0.0))
    charge = _between(high, deep)[2]
    pairs = [
        Pair("J + J^tau = curl M", antisymmetric(D + Q), M),
        Pair("J + J^tau = curl M, T -> 0", antisymmetric(cold_Q), cold_M),
        Pair("grad U x int f Omega rho", cold_M[0, 1], printed),
        replace(flows, label="lattice, J = -d_l D^{lis}", expected=-D[1, 0]),
        replace(reference, label="lattice, normal state, curl M", expected=-charge[1, 0]),
    ]
    text = (
        f"haldane_superconductor, U_0 = {U_0}: the printed current {printed:.6f} is that of D^{{lis}} and Q^{{il tau}} at T = 0.01. "
        f"Exact lattices with U(y) = U_0 sin^2 carry {cold:.0e} there, and at T = {T} {flows.found:.6f}, the curl of D alone, where "
        f"curl M gives {-M[1, 0]:.6f}. In the normal state, where charge is conserved, they carry curl M."
    )
    apart = abs(cold) < 1e-6 * abs(printed) and abs(float(flows.found) + M[1, 0]) > 0.5 * abs(M[1, 0])
    return agreement(pairs, 1e-4, text, also=apart and abs(printed) > 1e-2)


def _cell(model: Model) -> LatticeCell:
    return model.lattice_cell("a sum over its zone")


def _chiral_d() -> list[Superconductor]:
    return [models.chiral_d_superconductor(), models.chiral_d_superconductor(lattice="triangular")]


def _in_full_nambu_space(model: Superconductor) -> Superconductor:
    """A singlet form for both spins, in a space that holds every excitation twice."""
    n = model.size // 2
    normal, pairing = (sp.ImmutableDenseMatrix(model.H[:n, part]) for part in (slice(0, n), slice(n, 2 * n)))
    return bdg(
        kron(normal, sigma_0),
        kron(pairing, sp.I * sigma_y),
        model.k,
        model.parameters,
        model.lattice,
        form="nambu",
        spin=kron(sp.ImmutableDenseMatrix(sp.eye(n)), sigma_z) / 2,
        name=f"{model.name}, full Nambu form",
    )


def _moving() -> Superconductor:
    """The chiral d-wave superconductor with an odd part in xi, as pairs in motion give it."""
    still = models.chiral_d_superconductor()
    return bdg(
        still.H[0, 0] + sp.sin(sum(still.k)) / 2,
        still.H[0, 1],
        still.k,
        still.parameters,
        still.lattice,
        name="chiral_d_superconductor in motion",
    )


def check_thermal_hall() -> CheckResult:
    T = np.array([0.01, 0.015])
    square, triangular = _chiral_d()
    expected = {square: 2.0, triangular: 2.0, _in_full_nambu_space(square): 2.0, models.chiral_p_superconductor(): -0.5}
    pairs = [
        Pair(m.name, thermal_hall(m, temperature=T, rtol=1e-8).value[:, 0, 1] / (T * THERMAL_QUANTUM), value, scale=1.0)
        for m, value in expected.items()
    ]
    text = (
        "kappa_xy/T = 2 pi^2 k_B^2/3h on the square and the triangular lattice at T = 0.01 and 0.015, gap 0.75 and 0.60: one "
        "quantum per Chern number of the 2 x 2 singlet form (-2 for the filled band), the same in the full Nambu form, which "
        "counts every excitation twice; half a quantum for the spinless chiral p-wave superconductor (Chern number 1)."
    )
    return agreement(pairs, 1e-6, text)


def check_spin_hall() -> CheckResult:
    values = [
        spin_hall(m, temperature=0.01, rtol=1e-8, method="trapezoid").value[0, 1]
        for m in (*_chiral_d(), _in_full_nambu_space(_chiral_d()[0]))
    ]
    pair = Pair("all", np.array(values) / SPIN_QUANTUM, 2.0, scale=1.0)
    text = "Spin Hall response 2 hbar/8pi on both lattices at T = 0.01, on the square one in the full Nambu form too."
    return agreement([pair], 1e-6, text)


def _thermal_current_by_definition(model: Superconductor, T: float) -> Array:
    """int (-dg/dT)(Omega^{lis} + chi^{il}) on a plain grid, from eigenstates."""
    k = _cell(model).momenta(96, _OFFSET)
    response = evaluate(model, "s_berry_curvature", k).swapaxes(-1, -2) + evaluate(model, "torque_polarizability", k)
    x = np.abs(evaluate(model, "energy", k)) / T
    entropy = np.log1p(np.exp(-x)) + x / (np.exp(x) + 1)
    return np.asarray(np.einsum("kn,knil->il", entropy, response) / len(k) / _cell(model).volume)


def check_thermal_current() -> CheckResult:
    """alpha against the definition: conventional and torque responses weighted with the entropy, on a plain grid."""
    model, T, moving = models.haldane_superconductor(), 0.1, _moving()
    defined, of_moving = _thermal_current_by_definition(model, T), _thermal_current_by_definition(moving, 2 * T)
    alpha = thermoelectric(model, temperature=T, rtol=1e-9)
    scale = float(np.abs(defined).max())
    null = thermoelectric(_chiral_d()[0], temperature=T, rtol=1e-8).value
    pairs = [
        Pair("alpha", alpha.value, defined),
        *(
            Pair(m.name, thermoelectric(m, temperature=2 * T, rtol=1e-9).value, of_moving)
            for m in (moving, _in_full_nambu_space(moving))
        ),
        Pair("chiral_d_superconductor", null, 0.0, scale=scale),
    ]
    text = (
        f"haldane_superconductor, T = 0.1: alpha_xy = {alpha.value[0, 1]:.9f} +- {alpha.error[0, 1]:.0e} from (11) and from "
        f"int (-dg/dT)(Omega^{{lis}} + chi^{{il}}), likewise for a chiral d-wave superconductor with an odd part in xi, in the "
        "singlet and in the full Nambu form; without that part alpha vanishes."
    )
    return agreement(pairs, 1e-8, text, also=scale > 1e-3)
