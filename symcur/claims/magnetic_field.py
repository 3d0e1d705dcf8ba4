"""Claims on the density of s in a magnetic field, refuted: the field changes s_n itself.

The grand potential -B M_orb of a crystal with H - h s gives, by Maxwell, ds/dB = dM_orb/dh. Differentiated,

    dM_orb/dh = int [-f' s_n m - f s_n Omega] + int [f d_h m + g d_h Omega],

m and Omega the charge moment and curvature, f' = df/de. The first integral is what the semiclassical count
int (1 - B.Omega) f s_n at the energies e_n - m B gives. The second, in which the states follow h while the occupations
stay, is missing there. It vanishes where [s, H] = 0 (letter for letter: at s = 1).
"""

from __future__ import annotations

import numpy as np

from symcur.band_structures import gap
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Zone, agreement
from symcur.claims.faults import instead, opposite, times
from symcur.claims.notation import m, s_n
from symcur.claims.response import magnetization_at_fixed_occupation, sigma
from symcur.expressions import conserved
from symcur.linear_response import density_per_magnetic_field
from symcur.linear_response.finite_differences import magnetization_by_field
from symcur.linear_response.lattices import chern_insulator, random_lattice

define = section("Magnetic field")
TOLERANCE = 1e-5  # relative; the lattices in a field, extrapolated in B^2, claim 1e-6


def check_streda_density() -> CheckResult:
    """ds/dB of lattices in a field against dM_orb/dh (right) and against dM^s/dmu = sigma_H (claimed)."""
    pairs, apart, lines = [], [], []
    # Nonconserved s with and without a Chern number, and a conserved s.
    insulators = (chern_insulator("1/2"), 2), (random_lattice(7, hopping=96, spacing=3), 1), (chern_insulator("0"), 2)
    for model, filled in insulators:
        between = gap(model, filled)
        mu, T = between.mu, between.width / 100
        found, (maxwell, uncertainty) = density_per_magnetic_field(model, mu, T), magnetization_by_field(model, mu, T)
        lattice, error = float(found.value), float(found.error) + uncertainty
        claimed = float(sigma(Zone(model, mu, T, 64))[0, 1])  # sigma_H along z: -int f Omega^{xy} s = sigma^{xy}
        pairs.append(Pair(f"ds/dB = dM/dh, {model.name}", lattice, maxwell, error))
        if "mixing 0" in model.name:
            pairs.append(Pair("all equal, conserved s", lattice, claimed, error))
        else:
            apart.append(abs(lattice - claimed) > 1e2 * error + TOLERANCE * abs(maxwell))
        lines.append(f"{model.name}: {lattice:.6f}, {maxwell:.6f}, {claimed:.6f}")
    text = f"ds/dB on lattices with Peierls phases, dM_orb/dh, and dM^s/dmu as claimed: {'; '.join(lines)}."
    return agreement(pairs, TOLERANCE, text, also=all(apart))


define(
    "streda-density",
    {"A": "(17), first equality"},
    "The density of s that a magnetic field induces in an insulator is the slope of M^s with mu: refuted unless [s, H] = 0. "
    "What holds is Maxwell's relation with the charge magnetization.",
    r"\frac{\partial s}{\partial \mathbf B} \neq e\, \frac{\partial \mathbf M^s}{\partial \mu};\qquad \frac{\partial s}{\partial"
    r" \mathbf B} = \frac{\partial \mathbf M_{\mathrm{orb}}}{\partial h}\Big|_{H - h s},\qquad [s, H] = 0:\ \text{all equal}",
    recorded="refuted",
    assumptions=("an insulator; B and C no longer state it",),
    check=check_streda_density,
    faults={
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "twice Omega s": times("s_weighted_curvature", 2),
        "dM_orb/dh with the opposite sign": instead(
            magnetization_by_field, lambda honest: lambda *at: (-honest(*at)[0], honest(*at)[1])
        ),
    },
)


def density_claimed(zone: Zone) -> float:
    """d/dB of int (1 - B Omega) f(e - m B) s_n: int -f Omega^{xy} s_n - f' m^{xy} s_n, m the charge moment."""
    moment = conserved(m(0, 1)) * s_n()
    return float(zone.integral(moment, "df/dmu") + zone.integral("s_weighted_curvature", "dg/dmu")[0, 1])


def check_density_in_field() -> CheckResult:
    """ds/dB of metals at a temperature that smooths the Landau levels."""
    pairs, apart, lines = [], [], []
    mu, T = 1.0, 0.5
    for seed in (2, 4):
        model = random_lattice(seed, spacing=3)
        zone = Zone(model, mu, T)
        found, (maxwell, uncertainty) = density_per_magnetic_field(model, mu, T), magnetization_by_field(model, mu, T)
        lattice, error = float(found.value), float(found.error) + uncertainty
        claimed, missing = density_claimed(zone), float(magnetization_at_fixed_occupation(zone)[0, 1])
        pairs.append(Pair(f"claimed + missing, {model.name}", lattice, claimed + missing, error))
        pairs.append(Pair(f"Maxwell, {model.name}", lattice, maxwell, error))
        apart.append(abs(lattice - claimed) > 1e2 * error)
        lines.append(f"{model.name}: {lattice:.7f}, claimed {claimed:.7f}, missing {missing:.7f}")
    text = f"ds/dB of two metals with Peierls phases on magnetic cells, mu = {mu}, T = {T}: {'; '.join(lines)}."
    return agreement(pairs, TOLERANCE, text, also=all(apart))


define(
    "density-in-field",
    {"A": "above (17)"},
    "In a magnetic field the density of s is the sum of s_n with the phase-space measure: refuted, the change of s_n with B "
    "is missing. It holds where [s, H] = 0.",
    r"s \neq \int (1 - e\mathbf B \cdot \boldsymbol\Omega_n) f_n s_n;\qquad \frac{\partial s}{\partial \mathbf B} = \int (-f_n'"
    r" s_n \mathbf m_n - f_n s_n \boldsymbol\Omega_n) + \int (f_n \partial_h \mathbf m_n + g_n \partial_h \boldsymbol\Omega_n)",
    recorded="refuted",
    assumptions=("m_n and Omega_n the charge moment and curvature of H - h s; the second integral is what is missing",),
    check=check_density_in_field,
    faults={
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "twice the moment": times("orbital_moment", 2),
        "the change of the states with h left out": instead(
            magnetization_at_fixed_occupation, lambda honest: lambda zone: np.zeros((2, 2))
        ),
    },
)
