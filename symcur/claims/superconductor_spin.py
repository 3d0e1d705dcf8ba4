"""Claims on the spin currents of superconductors with spin-orbit coupling, for which the paper names its outlook.

Full Nambu space, s = diag(S, -S^*) with S the spin of the normal state, which neither spin-orbit coupling nor triplets conserve.
"""

from __future__ import annotations

from symcur.claims import superconductor_spin_checks as checks
from symcur.claims.claim import section
from symcur.claims.faults import attribute, exchanged, formula, instead, occupied, of_term, opposite, times
from symcur.claims.superconductors import NAMBU, ONE_SIDED
from symcur.expressions import Im, J, P, Re, Resolvent, S, Trace, s, v
from symcur.observables import spin_current, spin_nernst
from symcur.observables.observable import as_it_stands
from symcur.observables.quasiparticles import zeeman_current

define = section("Superconductors")
OUTLOOK = {"B": "outlook, spin Nernst effect", "C": "concluding remarks, spin Nernst effect"}
PAIRED = "H(k) of Nambu space with any pairing; sums count each excitation once (factor 1/2)"
FIXED = "the pair potential does not follow the perturbation"
UNTOUCHED = "bands do not touch"

define(
    "bdg-spin-equilibrium",
    {"B": "(5), (6); outlook, spin Nernst effect", "C": "(5), (6); concluding remarks, spin Nernst effect"},
    "The conserved spin current of a superconductor with spin-orbit coupling vanishes in uniform equilibrium, the conventional one does "
    "not; what is left circulates.",
    r"\int f J^{is} + \int (f d^{i\tau} + g\,\Omega^{i\tau}) = 0,\qquad \mathbf M^s = \tfrac12\sum\int (f\mathbf m^s + g\,\mathbf\Omega s)",
    recorded="confirmed",
    assumptions=(PAIRED, "the antisymmetric part of Q is the paper's"),
    check=checks.check_equilibrium,
    faults={
        **NAMBU,
        "v s for (1/2){v, s}": ONE_SIDED,
        "d^{i tau} with the opposite sign": opposite("torque_dipole"),
        "twice Omega^{i tau}": times("torque_berry_curvature", 2),
        "m with the opposite sign": opposite("orbital_moment"),
        "charge for spin": attribute(spin_current, "prepare", lambda honest: as_it_stands),
    },
)
define(
    "bdg-spin-nernst",
    OUTLOOK,
    "A gradient of temperature drives a spin current of quasiparticles, whose conserved part is that of (11).",
    r"\alpha^{ils} = -\tfrac12\sum\int \partial_T g\,(\Omega^{li} s_n + \partial_{k_l} d^{is})",
    recorded="confirmed",
    assumptions=(PAIRED, FIXED, UNTOUCHED, "exact response fixes the symmetric part of that of the torque"),
    check=checks.check_nernst,
    faults={
        **NAMBU,
        "the dipole with the opposite sign": of_term(spin_nernst, "dipole_gradient", -1.0),
        "the curvature dropped": of_term(spin_nernst, "s_weighted_curvature", 0.0),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "chi with the sign of A": opposite("torque_polarizability"),
        "f for -dg/dT": occupied("entropy", by="f"),
        "charge for spin": attribute(spin_nernst, "prepare", lambda honest: as_it_stands),
    },
)
define(
    "bdg-fermi-surface-nernst",
    OUTLOOK,
    "alpha/T vanishes at low temperature in a full gap, and has a limit where there are Bogoliubov Fermi surfaces.",
    r"\alpha^{ils}/T \to \frac{\pi^2}{3}\,\partial_E\,\tfrac12\sum\int_{\varepsilon < E}(\Omega^{li} s_n + \partial_{k_l} d^{is})\Big|_{E = 0}",
    recorded="confirmed",
    assumptions=(PAIRED, FIXED, "the intrinsic part; touchings of bands are lifted"),
    check=checks.check_fermi_surfaces,
    faults={
        **NAMBU,
        "the dipole with the opposite sign": of_term(spin_nernst, "s_dipole", -1.0),
        "the magnetic weight f' for that of heat": occupied("df/dT", by="-df/de"),
    },
)
define(
    "bdg-zeeman-gradient",
    {"B": "above (7), above (10)", "C": "above (7), above (10)"},
    "The conserved current of a spin that is not conserved, driven by the gradient of a Zeeman energy, is a Hall current: the torque "
    "takes back the symmetric part of the conventional one, in metals too.",
    r"J^{is} = \partial_l b \int f z^{il},\quad z^{il} = -2\,\mathrm{Im\,Tr}[P J_i (S v_l S - S^2 v_l P - P v_l S^2) s] -"
    r" \mathrm{Im\,Tr}[P (\partial_l J_i) S s],\quad J^{i\tau} = -\partial_l b \int f \tfrac12(z^{il} + z^{li})",
    recorded="confirmed",
    assumptions=(
        "energy -b(r) s, q -> 0 before the frequency; for a conserved s, which the paper treats, z^{il} = Omega^{li} s^2",
        PAIRED,
        FIXED,
        UNTOUCHED,
        "no antisymmetric part is added to that of the conventional current; the paper derives none for this perturbation",
    ),
    check=checks.check_zeeman,
    faults={
        **NAMBU,
        "z with the opposite sign": opposite(zeeman_current),
        "the change of J along q left out": formula(
            zeeman_current,
            lambda honest, i, l: (
                -2
                * Im(Trace(P * J(i) * (S * v(l) * S - Resolvent("n", 2) * v(l) * P - P * v(l) * Resolvent("n", 2)) * s))
            ),
        ),
        "twice the current": times(zeeman_current, 2),
        "a force s_n d_l b, as if s were conserved": formula(
            zeeman_current, lambda honest, i, l: -2 * Im(Trace(P * v(l) * Resolvent("n", 2) * J(i))) * Trace(P * s)
        ),
        "v s for (1/2){v, s}": instead(J, lambda honest: lambda i: v(i) * s),
    },
)
define(
    "bdg-spin-conjugation",
    OUTLOOK,
    "With a field in the plane S_z has no expectation value in any state of a Rashba superconductor: its Nernst effect is all dipole. Spins "
    "in the plane have no dipole and no Nernst effect.",
    r"\tau_z\sigma_x H(k)^* \sigma_x\tau_z = H(k):\quad s^z_n = 0,\ \Omega s^z = 0,\qquad d^{ix} = d^{iy} = 0",
    recorded="confirmed",
    assumptions=("Rashba coupling, a field in the plane and singlet pairing with a constant phase",),
    check=checks.check_conjugation,
    faults={
        "Re for Im in d": formula("s_dipole", lambda honest, i: Re(Trace(P * v(i) * S * s))),
        "Re for Im in Omega^{lis}": formula(
            "s_berry_curvature", lambda honest, l, i: -2 * Re(Trace(P * v(l) * Resolvent("n", 2) * J(i)))
        ),
    },
)
