"""Claims on the density of s in a magnetic field, refuted: the field changes s_n itself.

The grand potential -B M_orb of a crystal with H - h s gives, by Maxwell, ds/dB = dM_orb/dh. Differentiated,

    dM_orb/dh = int [-f' s_n m - f s_n Omega] + int [f d_h m + g d_h Omega],

m and Omega the charge moment and curvature, f' = df/de. The first integral is what the semiclassical count
int (1 - B.Omega) f s_n at the energies e_n - m B gives. The second, in which the states follow h while the occupations
stay, is missing there. It vanishes where [s, H] = 0 (word for word: at s = 1).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from symcur import microscope
from symcur.claims.claim import Claim, Evidence
from symcur.claims.lattices import Pair, Zone, agreement, chern_insulator, fermi, grand, middle_of_gap, random_lattice
from symcur.claims.response import magnetization_at_fixed_occupation, sigma
from symcur.claims.substitution import conserved
from symcur.model import Model
from symcur.quantities import get

SECTION = "Magnetic field"
TOLERANCE = 1e-5  # relative; the lattices in a field, extrapolated in B^2, claim 1e-6


def s_induced_by_field(model: Model, mu: float, temperature: float) -> tuple[float, float]:
    """ds/dB from Peierls phases on magnetic cells, and its error."""
    found = microscope.density_per_magnetic_field(model, mu, temperature)
    return float(found.value), float(found.error)


def magnetization_by_field(model: Model, mu: float, temperature: float, size: int = 48, step: float = 0.04) -> float:
    """dM_orb/dh at H - h s by sixth-order differences of the grand-canonical charge magnetization, sums over pairs.

    M_z = sum over states n and m != n of Im(v^x_nm v^y_mn) [f_n/w - 2 g_n/w^2], w = e_n - e_m, summed here with the pair.
    """
    k = Zone(model, mu, temperature, size).k
    H, s = model.matrix("H", k), model.matrix("s", k[0])
    v = [model.matrix("H", k, (axis,)) for axis in (0, 1)]

    def M(h: float) -> float:
        e, U = np.linalg.eigh(H - h * s)
        vx, vy = (np.conj(U.swapaxes(1, 2)) @ component @ U for component in v)
        w = e[:, :, None] - e[:, None, :]
        inverse = np.where(w == 0, 0.0, 1 / np.where(w == 0, 1.0, w))
        f, g = (occupation(e, mu, temperature)[:, :, None] for occupation in (fermi, grand))
        terms = (vx * vy.swapaxes(1, 2)).imag * (f * inverse - 2 * g * inverse**2)
        return float(terms.sum() / len(k))

    rule = {1: 45, 2: -9, 3: 1}
    return sum(c * (M(j * step) - M(-j * step)) for j, c in rule.items()) / (60 * step)


@cache
def insulators() -> tuple[tuple[Model, int], ...]:
    """Models with their number of filled bands: nonconserved s with and without a Chern number, and a conserved s."""
    return (chern_insulator("1/2"), 2), (random_lattice(7, hopping=96, spacing=3), 1), (chern_insulator("0"), 2)


def check_streda_density() -> Evidence:
    """ds/dB of lattices in a field against dM_orb/dh (right) and against dM^s/dmu = sigma_H (claimed)."""
    pairs, apart, lines = [], [], []
    for model, filled in insulators():
        mu, gap = middle_of_gap(model, filled)
        T = gap / 100
        lattice, error = s_induced_by_field(model, mu, T)
        maxwell = magnetization_by_field(model, mu, T)
        claimed = float(sigma(Zone(model, mu, T, 64))[0, 1])  # sigma_H along z: -int f Omega^{xy} s = sigma^{xy}
        pairs.append(Pair(f"ds/dB = dM/dh, {model.name}", lattice, maxwell, error))
        if "mixing 0" in model.name:
            pairs.append(Pair("all equal, conserved s", lattice, claimed, error))
        else:
            apart.append(abs(lattice - claimed) > 1e2 * error + TOLERANCE * abs(maxwell))
        lines.append(f"{model.name}: {lattice:.6f}, {maxwell:.6f}, {claimed:.6f}")
    text = f"ds/dB on lattices with Peierls phases, dM_orb/dh, and dM^s/dmu as claimed: {'; '.join(lines)}."
    return agreement(pairs, TOLERANCE, text, also=all(apart))


streda_density = Claim(
    "streda-density",
    SECTION,
    {"A": "(17), first equality"},
    "The density of s that a magnetic field induces in an insulator is the slope of M^s with mu: refuted unless [s, H] = 0. "
    "What holds is Maxwell's relation with the charge magnetization.",
    r"\frac{\partial s}{\partial \mathbf B} \neq e\, \frac{\partial \mathbf M^s}{\partial \mu};\qquad \frac{\partial s}{\partial"
    r" \mathbf B} = \frac{\partial \mathbf M_{\mathrm{orb}}}{\partial h}\Big|_{H - h s},\qquad [s, H] = 0:\ \text{all equal}",
    recorded="refuted",
    assumptions=("an insulator; B and C no longer state it",),
    check=check_streda_density,
)


def density_claimed(zone: Zone) -> float:
    """d/dB of int (1 - B Omega) f(e - m B) s_n: int -f Omega^{xy} s_n - f' m^{xy} s_n, m the charge moment."""
    moment = conserved(get("orbital_moment").word(0, 1)) * get("s_expectation").word()
    return float(zone.integral(moment, "df/dmu") + zone.integral("s_weighted_curvature", "dg/dmu")[0, 1])


def check_density_in_field() -> Evidence:
    """ds/dB of metals at a temperature that smooths the Landau levels."""
    pairs, apart, lines = [], [], []
    mu, T = 1.0, 0.5
    for seed in (2, 4):
        model = random_lattice(seed, spacing=3)
        zone = Zone(model, mu, T)
        lattice, error = s_induced_by_field(model, mu, T)
        claimed, missing = density_claimed(zone), float(magnetization_at_fixed_occupation(zone)[0, 1])
        pairs.append(Pair(f"claimed + missing, {model.name}", lattice, claimed + missing, error))
        pairs.append(Pair(f"Maxwell, {model.name}", lattice, magnetization_by_field(model, mu, T), error))
        apart.append(abs(lattice - claimed) > 1e2 * error)
        lines.append(f"{model.name}: {lattice:.7f}, claimed {claimed:.7f}, missing {missing:.7f}")
    text = f"ds/dB of two metals with Peierls phases on magnetic cells, mu = {mu}, T = {T}: {'; '.join(lines)}."
    return agreement(pairs, TOLERANCE, text, also=all(apart))


density_in_field = Claim(
    "density-in-field",
    SECTION,
    {"A": "above (17)"},
    "In a magnetic field the density of s is the sum of s_n with the phase-space measure: refuted, the change of s_n with B "
    "is missing. It holds where [s, H] = 0.",
    r"s \neq \int (1 - e\mathbf B \cdot \boldsymbol\Omega_n) f_n s_n;\qquad \frac{\partial s}{\partial \mathbf B} = \int (-f_n'"
    r" s_n \mathbf m_n - f_n s_n \boldsymbol\Omega_n) + \int (f_n \partial_h \mathbf m_n + g_n \partial_h \boldsymbol\Omega_n)",
    recorded="refuted",
    assumptions=("m_n and Omega_n the charge moment and curvature of H - h s; the second integral is what is missing",),
    check=check_density_in_field,
)

CLAIMS = (streda_density, density_in_field)
