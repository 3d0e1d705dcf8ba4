"""The numerical checks of the claims on superconductors."""

from __future__ import annotations

import numpy as np
import sympy as sp

from symcur import models
from symcur.arrays import Array
from symcur.band_structures import Model
from symcur.brillouin import LatticeCell
from symcur.claims import superconductor_proofs
from symcur.claims.claim import CheckResult
from symcur.claims.comparison import Pair, agreement
from symcur.eigenstates import evaluate
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
            value = magnetization(tuned, temperature=[0.05, 0.2], form="sea", rtol=1e-8, method="trapezoid").value
            integrand = magnetization.integrand(tuned, _cell(tuned).momenta(48, _OFFSET), temperature=0.2, form="sea")
            pairs.append(Pair(f"{model.name}, E_F = {E_F}", value, 0.0, scale=float(np.abs(integrand["total"]).max())))
    nontrivial = magnetization(models.haldane_superconductor(), temperature=0.05, rtol=1e-9)
    M, error = float(nontrivial.value[0, 1]), float(nontrivial.error[0, 1])
    also = exact.holds and abs(M) > 1e4 * error and nontrivial.status == "converged"
    text = (
        f"{exact.text}; |M| / max|integrand| of the chiral p- and d-wave models (square and triangular) at two E_F and two T; "
        f"haldane_superconductor at T = 0.05 has M = {M:.9f} +- {error:.0e}."
    )
    return agreement(pairs, 1e-8, text, also=also)


def check_edge_current() -> CheckResult:
    """At T -> 0 with a full gap; the normal state shows that the finite lattice finds the current where s is conserved."""
    U_0 = 0.2
    model = models.haldane_superconductor(Delta_0=0.8)
    band = evaluate(model, "s_weighted_curvature", _cell(model).momenta(64, _OFFSET))[..., 0, 1]
    predicted = U_0 * float(band[:, :2].sum(axis=1).mean()) / _cell(model).volume
    exact = soft_boundary(model, U_0, 12, 0.01, momenta=24).rising
    normal = models.haldane_superconductor(Delta_0=0.0)
    M = [
        float(magnetization(normal.with_values(E_F=E_F), temperature=0.1, rtol=1e-7).value[0, 1]) for E_F in (0.7, 1.0)
    ]
    sizes = np.array([24, 32, 40])
    currents = [soft_boundary(normal, 0.3, L, 0.1, couples_to="charge", momenta=24).rising for L in sizes]
    limit = np.linalg.solve(np.vander(1.0 / sizes**2, 3, increasing=True), currents)[0]
    reference = abs(float(limit) - (M[0] - M[1])) / abs(M[0] - M[1])
    residual = abs(exact / predicted)
    text = (
        f"haldane_superconductor (Delta_0 = 0.8): U_0 int Omega rho over the filled bands = {predicted:.6f}; the exact lattice "
        f"of 12 cells with U(y) = U_0 sin^2 carries {exact:.1e} (residual: their ratio). Spin rotation forbids any linear "
        "response of charge current or charge source to a potential that splits up and down spins. In the normal state, where "
        f"charge is conserved, the same lattices extrapolate to Delta M within {reference:.1e}"
    )
    return CheckResult(residual < 1e-6 and abs(predicted) > 1e-2 and reference < 1e-3, residual, 1e-6, text)


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
