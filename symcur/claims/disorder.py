"""Claims on disorder: what the occupation of the Fermi surface, and scattering on it, add to the conserved current.

Each check compares two computations that share no step: the Boltzmann equation on Fermi lines against sums over the Fermi
sea, closed forms of the literature, printed formulas with finite differences in random gauges, or symmetry.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symcur import models
from symcur.arrays import Array
from symcur.band_structures import Model
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, agreement
from symcur.claims.notation import PERIODIC, J_n, d, d_tau, df, drift, driven, f, geometric, grad_d
from symcur.claims.prover import Equality
from symcur.disorder import (
    Disorder,
    FermiSurface,
    Scattering,
    fermi_surface,
    gaussian,
    sampled,
    transport,
    white_noise,
    yukawa,
)
from symcur.disorder.rates import shift_rate, weighted_shift
from symcur.expressions import v_band
from symcur.linear_response.finite_differences import side_jump_by_phases
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z
from symcur.observables import Form, Observable, Term, conductivity

UNIT = 1 / (8 * np.pi)  # e/8pi, the conventional spin Hall conductivity of the Rashba model


def _spin(axis: int, sites: int = 1) -> Any:
    """(1/2) sigma_axis on every site."""
    spin = (sigma_x, sigma_y, sigma_z)[axis] / 2
    return spin if sites == 1 else kron(sigma_0.eye(sites).as_immutable(), spin)


def _disorders() -> dict[str, Disorder]:
    return {
        "white noise": white_noise(),
        "Gaussian": gaussian(1.0),
        "Yukawa": yukawa(0.7),
        "magnetic and scalar": white_noise(structure=sigma_z) + gaussian(0.5, 0.8),
    }


def _anisotropic() -> tuple[tuple[Model, float], ...]:
    return (models.rashba_dresselhaus(), 1.0), (models.altermagnet(), -1.5)


def check_dipole_shift() -> CheckResult:
    """J_dp by scattering against the dipole part of the intrinsic current, from sums over the zone."""
    pairs = []
    for model, mu in _anisotropic():
        form = "sea" if model.name == "rashba_dresselhaus" else "surface"
        dipole = conductivity(model, mu, form=form, rtol=1e-7).parts["dipole"].value
        for name, disorder in _disorders().items():
            found = transport(model, disorder, mu, rtol=1e-8, intrinsic=False)["dipole_shift"]
            pairs.append(Pair(f"{model.name}, {name}", found, -dipole))
    return agreement(pairs, 1e-6, "J_dp = int df sum W (d' - d) against -E_l int f d_l d.")


def check_side_jump_gauge() -> CheckResult:
    """The printed shift in random gauges against the trace formula, and J_sj with random phases."""
    generator = np.random.default_rng(17)
    pairs = []
    for model, Gamma in ((models.rashba_dresselhaus(), np.eye(2)), (models.altermagnet(), np.diag([1.0, 0.4]))):
        k, band = generator.uniform(0.4, 1.2, size=(4, 2)), np.array([0, 1, 0, 1])
        disorder = white_noise(structure=Gamma)
        for name, conserved in (("s", False), ("s = 1", True)):
            surfaces = [FermiSurface(model, 0.0, k, band, np.ones(4), phases=p) for p in (None, np.arange(4.0))]
            s = np.ones(4) if conserved else surfaces[0].quantity("s_expectation")[:, 0]
            first, second = (shift_rate(Scattering(surface, disorder), s) for surface in surfaces)
            pairs.append(Pair(f"{model.name}, {name}, phases", second, first))
            scattering = Scattering(surfaces[0], disorder)
            shift = np.stack([weighted_shift(scattering, i, s) / scattering.w.matrix for i in range(2)], axis=-1)
            printed = [side_jump_by_phases(model, (0, 1), (k[0], k[1]), Gamma, seed, conserved) for seed in (1, 2)]
            pairs.append(Pair(f"{model.name}, {name}, printed", printed, shift[1, 0]))
    return agreement(pairs, 1e-8, "Printed shift, differences in two random gauges, against the trace formula.")


def check_side_jump_current() -> CheckResult:
    """s = 1, massive Dirac electron, white noise: J_sj/J_int = 2x/(4 D^2 + x) over a decade of k_F."""
    model = models.massive_dirac(v=1.3, Delta=0.4).with_s(1)
    pairs = []
    for k_F in np.geomspace(0.2, 2.0, 6):
        x, D = (1.3 * k_F) ** 2, 0.4
        found = transport(model, white_noise(), float(np.sqrt(x + D**2)), intrinsic=False)["side_jump"]
        intrinsic = -D / (4 * np.pi * np.sqrt(x + D**2))  # int f Omega^{yx}, the filled lower band included
        expected = intrinsic * 2 * x / (4 * D**2 + x) * np.array([[0, 1], [-1, 0]])
        pairs.append(Pair(f"k_F = {k_F:.2f}", found, expected))
    return agreement(pairs, 1e-6, "s = 1: side-jump accumulation against 2x/(4 D^2 + x) of the intrinsic part.")


def check_band_current() -> CheckResult:
    """J_in + J_dp = J_B, with J_dp from scattering and the others from sums over the zone."""
    pairs = []
    for model, mu in _anisotropic():
        found = transport(model, gaussian(1.0), mu, rtol=1e-7)
        pairs.append(Pair(model.name, found["intrinsic"] + found["dipole_shift"], found["band"]))
    return agreement(pairs, 1e-6, "J_in + J_dp against J_B.")


def check_total() -> CheckResult:
    """Every conventional and torque part, added up, against J_B + J_sj + J_c."""
    model, mu = models.rashba_dresselhaus(), 1.0
    found = transport(model, gaussian(1.0), mu, rtol=1e-7)
    sea = conductivity(model, mu, form="sea", rtol=1e-7)
    pieces = [found[name] for name in ("conventional", "torque", "dipole_shift", "side_jump")]
    total = sum(pieces, sea.parts["conventional"].value + sea.parts["torque"].value)
    text = "int f Omega^{lis} + int f chi + J_c^{is} + J_c^{i tau} + J_dp + J_sj against J_B + J_sj + J_c."
    return agreement([Pair(model.name, total, found["total"])], 1e-6, text)


def time_reversed(model: Model) -> Model:
    """H(-k)^* with s -> -s^*: the time-reversed model and an s that, like spin, is odd under time reversal."""
    H = model.H.subs({k: -k for k in model.k}, simultaneous=True).conjugate()
    return model.replace(H=H, s=-model.s.conjugate())


def check_parity() -> CheckResult:
    """J_in, J_dp, J_B and J_sj keep their sign under time reversal, J_c changes it."""
    pairs = []
    for model, mu in _anisotropic():
        here, there = (transport(m, gaussian(0.8), mu, rtol=1e-8) for m in (model, time_reversed(model)))
        for name, sign in (("intrinsic", 1), ("dipole_shift", 1), ("band", 1), ("side_jump", 1), ("occupation", -1)):
            pairs.append(Pair(f"{model.name}, {name}", sign * there[name], here[name]))
    return agreement(pairs, 1e-6, "Model against its time reverse: J_in, J_dp, J_B, J_sj even, J_c odd.")


def check_rashba_null() -> CheckResult:
    """k-linear and cubic Rashba without a mass: J_B, J_sj, J_c vanish, J_in does not and is cancelled by J_dp."""
    pairs, large = [], []
    for model, mu, cutoff in ((models.rashba(M=0), 1.0, None), (models.cubic_rashba(M=0), 0.4, 1.6)):
        for name, disorder in list(_disorders().items())[:3]:
            found = transport(model, disorder, mu, cutoff=cutoff, rtol=1e-9)
            large.append(np.abs(found["intrinsic"]).max() > 0.5 * UNIT)
            vanishing = {part: found[part] for part in ("band", "side_jump", "occupation")}
            vanishing["J_in + J_dp"] = found["intrinsic"] + found["dipole_shift"]
            pairs += [Pair(f"{model.name}, {name}, {part}", J, 0.0, scale=UNIT) for part, J in vanishing.items()]
    text = "Parts in units of e/8pi; J_in is of order one in its surface form."
    return agreement(pairs, 1e-8, text, also=all(large))


def check_rashba_inplane() -> CheckResult:
    """In-plane spin in the Rashba model: every part vanishes."""
    pairs = []
    for axis in (0, 1):
        model = models.rashba(M=0).with_s(_spin(axis))
        for name, disorder in list(_disorders().items())[:2]:
            found = transport(model, disorder, 1.0, rtol=1e-9)
            charge = float(np.abs(found["charge"]).max())
            for part in ("conventional", "torque", "occupation", "dipole_shift", "side_jump", "intrinsic", "band"):
                size = charge if part in ("conventional", "torque", "occupation") else UNIT
                pairs.append(Pair(f"s_{'xy'[axis]}, {name}, {part}", found[part], 0.0, scale=size))
    text = "Each part relative to the charge conductivity (J_c) or to e/8pi (the others)."
    return agreement(pairs, 1e-8, text)


def check_anisotropic_transverse() -> CheckResult:
    """J_c^{xy} of s_z: zero for isotropic bands, of the size of J_c^{xx} for anisotropic ones."""
    ratios = {}
    for beta in (0.0, 0.3):
        found = transport(models.rashba_dresselhaus(beta=beta), white_noise(), 1.0, rtol=1e-9, intrinsic=False)
        ratios[beta] = abs(found["occupation"][0, 1] / found["occupation"][0, 0])
    text = f"J_c^xy/J_c^xx of s_z, white noise, Rashba model: {ratios[0.3]:.3f} with Dresselhaus coupling; residual without."
    return CheckResult(ratios[0.0] < 1e-9 and ratios[0.3] > 0.1, float(ratios[0.0]), 1e-9, text)


def check_noncollinear() -> CheckResult:
    """Kagome antiferromagnet without spin-orbit coupling: J_c^{xy} of the spins in the plane, and its symmetry."""
    tensors = {}
    for J in (1.7, -1.7):
        for axis in range(3):
            model = models.kagome_antiferromagnet(J=J).with_s(_spin(axis, sites=3))
            found = transport(model, white_noise(), -2.2, rtol=1e-9, intrinsic=False)
            tensors[J, axis] = found["occupation"] / np.abs(found["charge"]).max()
    x, y, z = (tensors[1.7, axis] for axis in range(3))
    pairs = [
        Pair("s_z", z, 0.0, scale=1.0),
        *(Pair("odd under time reversal", tensors[1.7, a], -tensors[-1.7, a], scale=1.0) for a in range(3)),
        Pair("threefold symmetry, trace", [np.trace(x), np.trace(y)], 0.0, scale=1.0),
        Pair("threefold symmetry, antisymmetric part", [x - x.T, y - y.T], 0.0, scale=1.0),
        Pair("threefold symmetry, s_x and s_y", [y[0, 0], y[0, 1]], [x[0, 1], -x[0, 0]], scale=1.0),
    ]
    text = f"J_c^xy/sigma = {x[0, 1]:.4f} (s_x), {y[0, 1]:.4f} (s_y). Forbidden parts vanish."
    return agreement(pairs, 1e-8, text, also=abs(x[0, 1]) > 0.01)


def _torques() -> tuple[Array, Array, Array]:
    """int f d_l s over the sea, the same on the surface, and the scattering torque; Rashba with a mass, spin s_x."""
    model = models.rashba(M=0.3).with_s(_spin(0))
    parts = {"total": [Term("torque_berry_curvature", "f")]}
    uniform = Observable("uniform torque", "", "", "", ("l",), "[l] = field", "current", {"sea": Form("", parts)})
    sea = uniform(model, 0.5, rtol=1e-8).value
    surface = sampled(fermi_surface(model, 0.5), 2)
    line = -surface.weight @ (surface.velocity * surface.quantity("s_expectation"))
    return sea, -line, transport(model, gaussian(1.0), 0.5, rtol=1e-8, intrinsic=False).torque.value


def check_uniform_torque() -> CheckResult:
    """Counterexample: int f Omega^{l tau} = int f d_l s_n does not vanish in a metal."""
    sea, surface, _ = _torques()
    text = (
        f"Rashba model, M = 0.3, mu = 0.5, s = sigma_x/2: int f Omega^(l tau) = ({sea[0]:.2e}, {sea[1]:.6f}) over the Fermi "
        f"sea; on the Fermi lines ({surface[0]:.2e}, {surface[1]:.6f})."
    )
    return agreement([Pair("sea and surface", surface, sea)], 1e-6, text, also=abs(sea[1]) > 1e-3)


def check_steady_torque() -> CheckResult:
    """The scattering torque int df sum W (s' - s) cancels int f d_l s_n."""
    sea, _, scattering = _torques()
    text = f"int f d_y s = {sea[1]:.6f}, scattering torque {scattering[1]:.6f}."
    return agreement([Pair("rashba, s = sigma_x/2", scattering, -sea)], 1e-6, text)


# -- the rows of the ledger --------------------------------------------------------------------------------------------
define = section("Disorder")
BORN = (
    "weak disorder: lowest Born order, no skew scattering",
    "nondegenerate bands at the Fermi surface",
    "even potentials of randomly placed impurities",
)
define(
    "uniform-torque",
    {"A": "below (5), (8)"},
    "The uniform intrinsic torque vanishes: refuted as printed; in a metal int f d_l s_n remains, and only the torque "
    "exerted by scattering cancels it.",
    r"\tau_{\mathrm{un}} = \int f \tau_n + F_l \int f\, \Omega^{l\tau} = F_l \int f\, \partial_{k_l} s_n \neq 0",
    recorded="refuted",
    assumptions=("a metal; in an insulator with a periodic zone the integral of d_l s_n does vanish",),
    check=check_uniform_torque,
)
define(
    "steady-torque-response",
    {"A": "below (8)", "B": "above (10)", "C": "above (10)"},
    "With disorder the uniform steady-state linear response of the torque vanishes.",
    r"E_l \int f\, \partial_{k_l} s_n + \int \delta f \sum W (s' - s) = 0",
    recorded="confirmed",
    assumptions=BORN,
    check=check_steady_torque,
)
define(
    "occupation-current",
    {"A": "(19)", "B": "(13)", "C": "(13)"},
    "Conventional and torque part of the occupation current add up as if s were conserved.",
    r"\int \delta f (J^{is}_n + d^{i\tau}_n) = \int \delta f\, v^i_n s_n",
    equalities=(Equality(J_n() + d_tau(), drift(), "node by node, for any df"),),
)
define(
    "anisotropic-transverse",
    {"B": "below (13)", "C": "below (13)"},
    "J_c may have transverse components in anisotropic systems, with first Born rates.",
    r"J_c^{xy} \neq 0",
    recorded="confirmed",
    assumptions=BORN,
    check=check_anisotropic_transverse,
)
define(
    "noncollinear-afm",
    {"A": "below (19)"},
    "Noncollinear antiferromagnets have a time-reversal-odd transverse J_c without spin-orbit coupling.",
    r"J_c^{xy}[\{-\mathbf{n}_a\}] = -J_c^{xy}[\{\mathbf{n}_a\}] \neq 0",
    recorded="confirmed",
    assumptions=BORN,
    check=check_noncollinear,
)
define(
    "parity-under-time-reversal",
    {"A": "below (19)", "B": "below (13)", "C": "below (13)"},
    "For an s that is odd under time reversal the intrinsic parts (and J_dp, J_sj) are even, J_c is odd.",
    r"J_{\mathrm{in}} \to J_{\mathrm{in}},\quad J_c \to -J_c",
    recorded="confirmed",
    assumptions=(*BORN, "s odd under time reversal, as spin; for an even s all signs are opposite"),
    check=check_parity,
)
define(
    "side-jump-gauge",
    {"B": "above (14)", "C": "above (14)"},
    "The s-coordinate shift does not depend on the phases of the Bloch functions; for s = 1 it is the coordinate shift.",
    r"\delta_{\mathrm{sj}} r^s = s' \mathcal{A}' - s \mathcal{A} - (s' \partial_{k'} + s \partial_k) \mathrm{arg}\, V ="
    r" -\frac{s'\, \mathrm{Im\,Tr}[P' v' S' V P V^\dagger] + s\, \mathrm{Im\,Tr}[P' V S v P V^\dagger]}"
    r"{\mathrm{Tr}[P' V P V^\dagger]}",
    recorded="confirmed",
    assumptions=("nondegenerate bands", "V without a k-dependence other than an even form factor"),
    check=check_side_jump_gauge,
)
define(
    "dipole-shift-current",
    {"B": "(14) and below", "C": "(14) and below"},
    "The dipole-shift current is the dipole term of the intrinsic current with the opposite sign, for any weak disorder.",
    r"J_{\mathrm{dp}} = \int \delta f \sum W (d^{s\prime} - d^s) = -e E_l \int f\, \partial_{k_l} d^s",
    recorded="confirmed",
    assumptions=BORN,
    check=check_dipole_shift,
)
define(
    "side-jump-current",
    {"B": "below (14)", "C": "below (14), [46]"},
    "J_sj is the accumulation of the shift upon scattering; for s = 1 that of the anomalous Hall effect. That J_dp + J_sj "
    "equals the interband coherence of a quantum kinetic theory is not checked for an s that is not conserved.",
    r"J_{\mathrm{sj}} = \int \delta f \sum W \delta_{\mathrm{sj}} r^s;\quad s = 1:\;"
    r" J_{\mathrm{sj}}/J_{\mathrm{int}} = \frac{2 x}{4 \Delta^2 + x},\; x = (v k_F)^2",
    recorded="confirmed",
    assumptions=BORN,
    check=check_side_jump_current,
)
define(
    "band-current",
    {"B": "(15)", "C": "(15)"},
    "Intrinsic and dipole-shift current add up to a current of Hall type.",
    r"J_{\mathrm{in}} + J_{\mathrm{dp}} = -e \mathbf{E} \times \int f\, \boldsymbol{\Omega} s_n",
    assumptions=(*BORN, PERIODIC, "J_dp = -e E_l int f d_{k_l} d^s, the claim dipole-shift-current"),
    equalities=(
        Equality(f * driven, f * geometric, "J_in from its definitions is J_B plus what J_dp cancels"),
        Equality(
            f * grad_d("i", "l"),
            -df * v_band("l") * d("i"),
            "the dipole term lives on the Fermi surface",
            primitive=(("l", f * d("i")),),
        ),
    ),
    check=check_band_current,
)
define(
    "transport-total",
    {"B": "below (15)", "C": "below (15)"},
    "The transport current of the semiclassical theory is J_B + J_sj + J_c.",
    r"J = J_{\mathrm{in}} + J_{\mathrm{dp}} + J_{\mathrm{sj}} + J_c = J_B + J_{\mathrm{sj}} + J_c",
    recorded="confirmed",
    assumptions=BORN,
    check=check_total,
)
define(
    "rashba-null",
    {"B": "last section", "C": "last section"},
    "In 2D Rashba models s_n^z = 0, so J_B, J_sj and J_c vanish for s = s_z, and J_in is cancelled by J_dp.",
    r"J_B = J_{\mathrm{sj}} = J_c = 0,\quad J_{\mathrm{in}} = -J_{\mathrm{dp}} \neq 0",
    recorded="confirmed",
    assumptions=(
        *BORN,
        "no mass; J_in in its surface form, the delta function of Omega s at the touching left out: with a mass M -> 0 "
        "and both bands occupied J_in tends to zero and J_B to e/8pi",
    ),
    check=check_rashba_null,
)
define(
    "rashba-inplane",
    {"B": "last section", "C": "last section"},
    "C_inf,v forbids spin conductivities with the spin in the plane of the Rashba model.",
    r"\sigma^{i s_x l} = \sigma^{i s_y l} = 0",
    recorded="confirmed",
    assumptions=(*BORN, "isotropic scalar disorder"),
    check=check_rashba_inplane,
)
