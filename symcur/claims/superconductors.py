"""Claims on superconductors: s = e sigma_z in Nambu space (e = 1).

Exact statements are in ``superconductor_proofs``. Two domains are kept apart. The paper's hole block -xi_k is the case of an xi even in
k; spin-singlet pairing has -xi_{-k}, which differs once xi has an odd part eta(k) (energies eta + sigma E).
"""

from __future__ import annotations

import numpy as np

from symcur import models
from symcur.band_structures import Model
from symcur.brillouin import LatticeCell
from symcur.claims import superconductor_proofs
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, agreement
from symcur.eigenstates import evaluate
from symcur.observables import equilibrium_current, magnetization, thermoelectric
from symcur.superconductors import SPIN_QUANTUM, THERMAL_QUANTUM, soft_boundary, spin_hall, thermal_hall

define = section("Superconductors")
EVEN = "xi(k) even in k, so that the hole block -h(-k)^* is the paper's -xi_k; any |Delta|(k) and theta(k)"
_OFFSET = (0.3, 0.2)  # of grids, in their spacing
GAP = "E(k) > 0 everywhere: |Delta| and xi do not vanish together"
TYPE_II = "strongly type-II: no screening of the currents"


def _conventional_current() -> CheckResult:
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


def _null_magnetization() -> CheckResult:
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


def _edge_current() -> CheckResult:
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


def _chiral_d() -> list[Model]:
    return [models.chiral_d_superconductor(), models.chiral_d_superconductor(lattice="triangular")]


def _thermal_hall() -> CheckResult:
    T = np.array([0.01, 0.015])
    pairs = [
        Pair(m.name, thermal_hall(m, temperature=T, rtol=1e-8).value[:, 0, 1] / (T * THERMAL_QUANTUM), 2.0, scale=1.0)
        for m in _chiral_d()
    ]
    text = (
        "kappa_xy/T = 2 pi^2 k_B^2/3h on the square and the triangular lattice at T = 0.01 and 0.015, gap 0.75 and 0.60: one "
        "quantum per Chern number of the 2 x 2 singlet form (-2 for the filled band)."
    )
    return agreement(pairs, 1e-6, text)


def _spin_hall() -> CheckResult:
    values = [spin_hall(m, temperature=0.01, rtol=1e-8, method="trapezoid").value[0, 1] for m in _chiral_d()]
    pair = Pair("both", np.array(values) / SPIN_QUANTUM, 2.0, scale=1.0)
    return agreement([pair], 1e-6, "Spin Hall response 2 hbar/8pi on both lattices at T = 0.01.")


def _thermal_current() -> CheckResult:
    """alpha against the definition: conventional and torque responses weighted with the entropy, on a plain grid."""
    model, T = models.haldane_superconductor(), 0.1
    k = _cell(model).momenta(96, _OFFSET)
    response = evaluate(model, "s_berry_curvature", k).swapaxes(-1, -2) + evaluate(model, "torque_polarizability", k)
    x = np.abs(evaluate(model, "energy", k)) / T
    entropy = np.log1p(np.exp(-x)) + x / (np.exp(x) + 1)
    defined = np.einsum("kn,knil->il", entropy, response) / len(k) / _cell(model).volume
    alpha = thermoelectric(model, temperature=T, rtol=1e-9)
    scale = float(np.abs(defined).max())
    null = thermoelectric(_chiral_d()[0], temperature=T, rtol=1e-8).value
    pairs = [Pair("alpha", alpha.value, defined), Pair("chiral_d_superconductor", null, 0.0, scale=scale)]
    text = (
        f"haldane_superconductor, T = 0.1: alpha_xy = {alpha.value[0, 1]:.9f} +- {alpha.error[0, 1]:.0e} from (11) and from "
        f"int (-dg/dT)(Omega^{{lis}} + chi^{{il}}); for chiral_d_superconductor alpha vanishes."
    )
    return agreement(pairs, 1e-8, text, also=scale > 1e-3)


# -- the rows of the ledger --------------------------------------------------------------------------------------------
define(
    "bdg-source",
    {"A": "introduction"},
    "The charge of a quasiparticle changes through the pair potential; the source is 4e Im(Delta mu^* nu).",
    r"\psi^\dagger \hat\tau \psi = 4e\,\mathrm{Im}(\Delta \mu^* \nu),\quad \psi = (\mu, \nu)^T",
    recorded="proved for a model",
    assumptions=("pair potential local in space, or a Bloch state with Delta(k)",),
    check=superconductor_proofs.source,
)
define(
    "bdg-conventional-current",
    {"B": "above (7)", "C": "above (7)"},
    "The conventional quasiparticle current operator is e d_k xi; its equilibrium sum need not vanish.",
    r"\hat{\mathbf J} = e\,\mathrm{diag}(\partial_k \xi_k,\ \partial_k[\xi_{-k}]),\quad \int f_n \mathbf J_n \neq 0",
    recorded="confirmed",
    assumptions=(
        "hole block -xi_{-k}: with the paper's -xi_k the operator is e d_k xi times the unit matrix and its sum "
        "vanishes identically, so the nonzero sum needs an xi with an odd part (no time reversal, no inversion)",
        "this is another domain than that of the null magnetization",
    ),
    check=_conventional_current,
)
define(
    "bdg-charge",
    {"A": "below (20)", "B": "below (7)", "C": "below (7)"},
    "The charge of a quasiparticle is sigma rho^0 with rho^0 = xi/|e|.",
    r"\rho_\sigma = \sigma \rho^0,\quad \rho^0 = \xi/\sqrt{\xi^2 + |\Delta|^2}",
    recorded="proved for a model",
    assumptions=(EVEN, "|e| is half the distance of the two bands where xi has an odd part"),
    check=superconductor_proofs.charge,
)
define(
    "bdg-dipole",
    {"A": "(22)", "B": "(9)", "C": "(9)"},
    "The charge dipole of a quasiparticle is (e/2)[(rho^0)^2 - 1] times the gradient of the gap's phase, in both bands.",
    r"\mathbf d_\sigma = \tfrac e2 [(\rho^0)^2 - 1]\, \partial_{\mathbf k}\theta",
    recorded="proved for a model",
    assumptions=(
        "one Bloch band; an odd part of xi changes nothing",
        "for several Bloch bands with intraband pairing theta_eta depends on the phases of the Bloch states: grad theta "
        "stands for Im Tr[Delta_eta^+ grad Delta_eta]/|Delta_eta|^2, equal to grad theta_eta - A(k) + A(-k)",
    ),
    check=superconductor_proofs.dipole,
)
define(
    "bdg-berry",
    {"A": "below (22)", "B": "below (9)", "C": "below (9)"},
    "The Berry curvature of Bogoliubov bands from unconventional pairing.",
    r"\Omega_\sigma = -\tfrac\sigma2\, \partial_{\mathbf k}\rho^0 \times \partial_{\mathbf k}\theta",
    recorded="proved for a model",
    assumptions=("one Bloch band without Berry curvature of its own",),
    check=superconductor_proofs.berry,
)
define(
    "bdg-moment",
    {"A": "(21)", "B": "(8)", "C": "(8)"},
    "The orbital moment has two circuits; the first vanishes by particle-hole symmetry for trivial bands.",
    r"\mathbf m_n = \tfrac12 \mathrm{Re}\sum \mathcal A_{nn_1} \times \mathbf J_{n_1n} + \tfrac12 \mathbf d_n \times"
    r" \mathbf v_n",
    recorded="proved for a model",
    assumptions=(EVEN, "with an odd part eta the first circuit is (1/2) d x grad eta and does not vanish"),
    check=superconductor_proofs.moment,
)
define(
    "bdg-null-magnetization",
    {"A": "below (22)", "B": "below (9)", "C": "below (9)"},
    "The orbital magnetization of geometrically trivial bands vanishes: the integrand is a curl in k of a function "
    "without singularities at the vortices of the gap; not so for nontrivial Bloch bands.",
    r"\sum_\sigma (f m + g \rho\, \Omega) = \partial_{\mathbf k} \times \tfrac14 (g_+ + g_-)\,"
    r" \frac{\mathrm{Im}(\Delta^* \partial_{\mathbf k} \Delta)}{\xi^2 + |\Delta|^2} \;\Rightarrow\; \mathbf M = 0",
    recorded="proved for a model",
    assumptions=(
        EVEN,
        GAP,
        "a periodic zone; at a vortex of theta |Delta|^2 grad theta = Im(Delta^* grad Delta) is regular and vanishes",
        "an odd part eta adds (1/4)(1 - rho0^2)(f_+ + f_-) grad eta x grad theta, not a total derivative",
        TYPE_II,
    ),
    check=_null_magnetization,
)
define(
    "bdg-edge-current",
    {"A": "below (22)"},
    "With a soft boundary a current grad U x e int f Omega rho flows at T = 0 (printed without e and the occupation f).",
    r"\mathbf J_{eq} = \nabla \times \mathbf M = \nabla U \times e\int f_n \mathbf\Omega_n \rho_n",
    recorded="refuted",
    assumptions=(
        "U couples to quasiparticles (unit matrix in Nambu space), as the text says",
        "curl M contains the curl of the antisymmetric part of the torque quadrupole, int g chi^[il], which no source "
        "density shows and no lattice carries; what flows is the curl of the conventional dipole density alone",
    ),
    check=_edge_current,
)
define(
    "thermal-hall-chiral-d",
    {"A": "above (20)", "B": "above (7)", "C": "above (7)"},
    "A chiral d + id superconductor has a quantised thermal Hall conductivity.",
    r"\kappa_{xy}/T \to 2\, \pi^2 k_B^2/3h",
    recorded="confirmed",
    assumptions=(
        "full gap, k_B T well below it; no number is printed in the paper, the value is that of Senthil, Marston and "
        "Fisher: one quantum per Chern number of the singlet form, which holds both spins; half as much per Chern number "
        "of a full Nambu form",
    ),
    check=_thermal_hall,
)
define(
    "spin-hall-chiral-d",
    {"A": "above (20)", "B": "above (7)", "C": "above (7)"},
    "A chiral d + id superconductor has a quantised spin current in response to a Zeeman gradient.",
    r"\sigma^s_{xy} \to 2\, \hbar/8\pi",
    recorded="confirmed",
    assumptions=("full gap, k_B T well below it; Zeeman energy -b S_z with S_z in units of hbar",),
    check=_spin_hall,
)
define(
    "bdg-thermal-current",
    {"B": "(10), (11)", "C": "(10), (11)"},
    "The intrinsic charge current of quasiparticles driven by a temperature gradient.",
    r"\alpha^{il} = -\int \frac{\partial g_n}{\partial T} (\Omega^{li}_n e\rho_n + \partial_{k_l} d^i_n)",
    recorded="confirmed",
    assumptions=(TYPE_II, "a periodic zone", "the index of the dipole gradient as in B, d_{k_l} d^i"),
    check=_thermal_current,
)
