"""Claims on superconductors: s = e sigma_z in Nambu space (e = 1).

Exact statements are in ``superconductor_proofs``, numerical checks in ``superconductor_checks``. Two domains are kept apart. The
paper's hole block -xi_k is the case of an xi even in k; spin-singlet pairing has -xi_{-k}, which differs once xi has an odd
part eta(k) (energies eta + sigma E).
"""

from __future__ import annotations

from fractions import Fraction

from symcur.claims import superconductor_checks as checks
from symcur.claims import superconductor_proofs
from symcur.claims.claim import section
from symcur.claims.faults import (
    WITHOUT_DIPOLE,
    Fault,
    attribute,
    exchanged,
    formula,
    instead,
    occupied,
    of_term,
    opposite,
    times,
    together,
)
from symcur.expressions import H, I, Im, J, P, Re, Resolvent, S, Trace, s, tau, v
from symcur.observables import thermoelectric
from symcur.observables.quasiparticles import spin_curvature
from symcur.superconductors import soft_boundary
from symcur.superconductors.nambu import FORMS

define = section("Superconductors")
EVEN = "xi(k) even in k, so that the hole block -h(-k)^* is the paper's -xi_k; any |Delta|(k) and theta(k)"
GAP = "E(k) > 0 everywhere: |Delta| and xi do not vanish together"
TYPE_II = "strongly type-II: no screening of the currents"


# -- faults ------------------------------------------------------------------------------------------------------------
NAMBU: dict[str, Fault] = {
    "Nambu counting 1 for 1/2": together(
        *(attribute(FORMS[form], "factor", lambda honest: Fraction(1)) for form in ("nambu", "spinless"))
    )
}
ONE_SIDED = instead(J, lambda honest: lambda i: v(i) * s)


# -- the rows of the ledger --------------------------------------------------------------------------------------------
define(
    "bdg-source",
    {"A": "introduction"},
    "The charge of a quasiparticle changes through the pair potential; the source is 4e Im(Delta mu^* nu).",
    r"\psi^\dagger \hat\tau \psi = 4e\,\mathrm{Im}(\Delta \mu^* \nu),\quad \psi = (\mu, \nu)^T",
    recorded="proved for a model",
    assumptions=("pair potential local in space, or a Bloch state with Delta(k)",),
    check=superconductor_proofs.source,
    faults={
        "tau with the opposite sign": instead(tau, lambda honest: -honest),
        "-i s H without the commutator": instead(tau, lambda honest: -I * s * H),
    },
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
    check=checks.check_conventional_current,
    faults={
        "v s for (1/2){v, s}": ONE_SIDED,
        "d^{i tau} with the opposite sign": opposite("torque_dipole"),
        "twice Omega^{i tau}": times("torque_berry_curvature", 2),
    },
)
define(
    "bdg-charge",
    {"A": "below (20)", "B": "below (7)", "C": "below (7)"},
    "The charge of a quasiparticle is sigma rho^0 with rho^0 = xi/|e|.",
    r"\rho_\sigma = \sigma \rho^0,\quad \rho^0 = \xi/\sqrt{\xi^2 + |\Delta|^2}",
    recorded="proved for a model",
    assumptions=(EVEN, "|e| is half the distance of the two bands where xi has an odd part"),
    check=superconductor_proofs.charge,
    faults={
        "rho with the opposite sign": opposite("s_expectation"),
        "twice rho": times("s_expectation", 2),
    },
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
    faults={
        "d with the opposite sign": opposite("s_dipole"),
        "twice d": times("s_dipole", 2),
        "Re for Im in d": formula("s_dipole", lambda honest, i: Re(Trace(P * v(i) * S * s))),
        "S^2 for S in d": formula("s_dipole", lambda honest, i: Im(Trace(P * v(i) * Resolvent("n", 2) * s))),
    },
)
define(
    "bdg-berry",
    {"A": "below (22)", "B": "below (9)", "C": "below (9)"},
    "The Berry curvature of Bogoliubov bands from unconventional pairing.",
    r"\Omega_\sigma = -\tfrac\sigma2\, \partial_{\mathbf k}\rho^0 \times \partial_{\mathbf k}\theta",
    recorded="proved for a model",
    assumptions=("one Bloch band without Berry curvature of its own",),
    check=superconductor_proofs.berry,
    faults={
        "Omega with the opposite sign": opposite("berry_curvature"),
        "twice Omega": times("berry_curvature", 2),
        "S for S^2 in Omega": formula("berry_curvature", lambda honest, i, l: -2 * Im(Trace(P * v(i) * S * v(l)))),
    },
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
    faults={
        "d x v dropped": WITHOUT_DIPOLE,
        "m with the opposite sign": opposite("orbital_moment"),
        "v s for (1/2){v, s}": ONE_SIDED,
    },
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
    check=checks.check_null_magnetization,
    faults={
        "d x v dropped": WITHOUT_DIPOLE,
        "rho Omega with the opposite sign": opposite("s_weighted_curvature"),
        "twice rho Omega": times("s_weighted_curvature", 2),
    },
)
define(
    "bdg-edge-current",
    {"A": "below (22)"},
    "With a soft boundary a current grad U x e int f Omega rho flows at T = 0 (printed without e and the occupation f). With the "
    "paper's own torque quadrupole J + J^tau obeys this identically; as a current that a lattice carries it is refuted.",
    r"\mathbf J + \mathbf J^\tau = \nabla \times \mathbf M = \nabla U \times e\int f_n \mathbf\Omega_n \rho_n,\qquad"
    r" \mathbf J_{\mathrm{lattice}} = -\partial_l D^{lis} \to 0\ (T \to 0)",
    recorded="refuted",
    assumptions=(
        "U couples to quasiparticles (unit matrix in Nambu space), as the text says",
        "the identity is that of circulating-current: the antisymmetric part of Q, int f q + g chi, is put in by hand. No source "
        "density fixes it (magnetization-gauge), and no lattice carries its curl; a completely filled set of bands has one too",
        "what flows is the curl of the conventional dipole density alone, which vanishes for T -> 0: spin rotation forbids any "
        "linear response of charge current or charge source to a potential that splits up and down spins",
    ),
    check=checks.check_edge_current,
    faults={
        "rho Omega with the opposite sign": opposite("s_weighted_curvature"),
        "d x v dropped from m": WITHOUT_DIPOLE,
        "m with the opposite sign": opposite("orbital_moment"),
        "chi with the sign of A": opposite("torque_polarizability"),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "half of d^{lis}": formula("s_current_dipole", lambda honest, l, i: honest(l, i) / 2),
        "f for g": occupied("g", by="f"),
        "U acts on the charge": instead(
            soft_boundary, lambda honest: lambda *at, **how: honest(*at, **how | {"couples_to": "charge"})
        ),
    },
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
    check=checks.check_thermal_hall,
    faults={
        **NAMBU,
        "Omega with the opposite sign": opposite("berry_curvature"),
        "half of Omega": formula("berry_curvature", lambda honest, i, l: honest(i, l) / 2),
        "f / 2 for the weight of heat": occupied("heat", by="f", factor=0.5),
    },
)
define(
    "spin-hall-chiral-d",
    {"A": "above (20)", "B": "above (7)", "C": "above (7)"},
    "A chiral d + id superconductor has a quantised spin current in response to a Zeeman gradient.",
    r"\sigma^s_{xy} \to 2\, \hbar/8\pi",
    recorded="confirmed",
    assumptions=("full gap, k_B T well below it; Zeeman energy -b S_z with S_z in units of hbar",),
    check=checks.check_spin_hall,
    faults={
        **NAMBU,
        "s for s^2": formula(
            spin_curvature, lambda honest, i, l: -2 * Im(Trace(P * v(l) * Resolvent("n", 2) * v(i) * s))
        ),
        "Omega with the opposite sign": opposite(spin_curvature),
    },
)
define(
    "bdg-thermal-current",
    {"B": "(10), (11)", "C": "(10), (11)"},
    "The intrinsic charge current of quasiparticles driven by a temperature gradient.",
    r"\alpha^{il} = -\int \frac{\partial g_n}{\partial T} (\Omega^{li}_n e\rho_n + \partial_{k_l} d^i_n)",
    recorded="confirmed",
    assumptions=(TYPE_II, "a periodic zone", "the index of the dipole gradient as in B, d_{k_l} d^i"),
    check=checks.check_thermal_current,
    faults={
        **NAMBU,
        "the dipole with the opposite sign": of_term(thermoelectric, "s_dipole", -1.0),
        "the curvature dropped": of_term(thermoelectric, "symmetrized_curvature", 0.0),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "chi with the sign of A": opposite("torque_polarizability"),
        "f for -dg/dT": occupied("entropy", by="f"),
    },
)
