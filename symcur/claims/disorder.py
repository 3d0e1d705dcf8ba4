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
from symcur.claims.comparison import largest_residual
from symcur.claims.notation import PERIODIC, J_n, Omega_lis, Omega_weighted, chi, d, d_tau, df, drift, f, grad_d
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
    residuals = {}
    for model, mu in _anisotropic():
        form = "sea" if model.name == "rashba_dresselhaus" else "surface"
        dipole = conductivity(model, mu, form=form, rtol=1e-7).parts["dipole"].value
        for name, disorder in _disorders().items():
            found = transport(model, disorder, mu, rtol=1e-8, intrinsic=False)["dipole_shift"]
            residuals[f"{model.name}, {name}"] = float(np.abs(found + dipole).max() / np.abs(dipole).max())
    return largest_residual(
        residuals, 1e-6, "J_dp = int df sum W (d' - d) against -E_l int f d_l d, relative difference."
    )


def check_side_jump_gauge() -> CheckResult:
    """The printed shift in random gauges against the trace formula, and J_sj with random phases."""
    generator = np.random.default_rng(17)
    residuals = {}
    for model, Gamma in ((models.rashba_dresselhaus(), np.eye(2)), (models.altermagnet(), np.diag([1.0, 0.4]))):
        k, band = generator.uniform(0.4, 1.2, size=(4, 2)), np.array([0, 1, 0, 1])
        disorder = white_noise(structure=Gamma)
        for name, conserved in (("s", False), ("s = 1", True)):
            surfaces = [FermiSurface(model, 0.0, k, band, np.ones(4), phases=p) for p in (None, np.arange(4.0))]
            s = np.ones(4) if conserved else surfaces[0].quantity("s_expectation")[:, 0]
            first, second = (shift_rate(Scattering(surface, disorder), s) for surface in surfaces)
            residuals[f"{model.name}, {name}, phases"] = float(np.abs(first - second).max() / np.abs(first).max())
            scattering = Scattering(surfaces[0], disorder)
            shift = np.stack([weighted_shift(scattering, i, s) / scattering.w.matrix for i in range(2)], axis=-1)
            printed = [side_jump_by_phases(model, (0, 1), (k[0], k[1]), Gamma, seed, conserved) for seed in (1, 2)]
            difference = max(float(np.abs(found - shift[1, 0]).max()) for found in printed)
            residuals[f"{model.name}, {name}, printed"] = difference / float(np.abs(shift[1, 0]).max())
    text = "Printed shift, differences in two random gauges, against the trace formula."
    return largest_residual(residuals, 1e-8, text)


def check_side_jump_current() -> CheckResult:
    """s = 1, massive Dirac electron, white noise: J_sj/J_int = 2x/(4 D^2 + x) over a decade of k_F."""
    model = models.massive_dirac(v=1.3, Delta=0.4).with_s(1)
    residuals = {}
    for k_F in np.geomspace(0.2, 2.0, 6):
        x, D = (1.3 * k_F) ** 2, 0.4
        found = transport(model, white_noise(), float(np.sqrt(x + D**2)), intrinsic=False)["side_jump"]
        intrinsic = -D / (4 * np.pi * np.sqrt(x + D**2))  # int f Omega^{yx}, the filled lower band included
        expected = intrinsic * 2 * x / (4 * D**2 + x) * np.array([[0, 1], [-1, 0]])
        residuals[f"k_F = {k_F:.2f}"] = float(np.abs(found - expected).max() / np.abs(expected).max())
    return largest_residual(
        residuals, 1e-6, "s = 1: side-jump accumulation against 2x/(4 D^2 + x) of the intrinsic part."
    )


def check_band_current() -> CheckResult:
    """J_in + J_dp = J_B, with J_dp from scattering and the others from sums over the zone."""
    residuals = {}
    for model, mu in _anisotropic():
        found = transport(model, gaussian(1.0), mu, rtol=1e-7)
        rest = found["intrinsic"] + found["dipole_shift"] - found["band"]
        residuals[model.name] = float(np.abs(rest).max() / np.abs(found["band"]).max())
    return largest_residual(residuals, 1e-6, "J_in + J_dp - J_B relative to J_B.")


def check_total() -> CheckResult:
    """Every conventional and torque part, added up, against J_B + J_sj + J_c."""
    model, mu = models.rashba_dresselhaus(), 1.0
    found = transport(model, gaussian(1.0), mu, rtol=1e-7)
    sea = conductivity(model, mu, form="sea", rtol=1e-7)
    pieces = [found[name] for name in ("conventional", "torque", "dipole_shift", "side_jump")]
    total = sum(pieces, sea.parts["conventional"].value + sea.parts["torque"].value)
    residual = float(np.abs(total - found["total"]).max() / np.abs(found["total"]).max())
    text = "int f Omega^{lis} + int f chi + J_c^{is} + J_c^{i tau} + J_dp + J_sj against J_B + J_sj + J_c."
    return largest_residual({model.name: residual}, 1e-6, text)


def time_reversed(model: Model) -> Model:
    """H(-k)^* with s -> -s^*: the time-reversed model and an s that, like spin, is odd under time reversal."""
    H = model.H.subs({k: -k for k in model.k}, simultaneous=True).conjugate()
    return model.replace(H=H, s=-model.s.conjugate())


def check_parity() -> CheckResult:
    """J_in, J_dp, J_B and J_sj keep their sign under time reversal, J_c changes it."""
    residuals = {}
    for model, mu in _anisotropic():
        here, there = (transport(m, gaussian(0.8), mu, rtol=1e-8) for m in (model, time_reversed(model)))
        for name, sign in (("intrinsic", 1), ("dipole_shift", 1), ("band", 1), ("side_jump", 1), ("occupation", -1)):
            difference = np.abs(here[name] - sign * there[name]).max() / np.abs(here[name]).max()
            residuals[f"{model.name}, {name}"] = float(difference)
    return largest_residual(residuals, 1e-6, "Model against its time reverse: J_in, J_dp, J_B, J_sj even, J_c odd.")


def check_rashba_null() -> CheckResult:
    """k-linear and cubic Rashba without a mass: J_B, J_sj, J_c vanish, J_in does not and is cancelled by J_dp."""
    residuals = {}
    for model, mu, cutoff in ((models.rashba(M=0), 1.0, None), (models.cubic_rashba(M=0), 0.4, 1.6)):
        for name, disorder in list(_disorders().items())[:3]:
            found = transport(model, disorder, mu, cutoff=cutoff, rtol=1e-9)
            size = float(np.abs(found["intrinsic"]).max())
            if size < 0.5 * UNIT:
                return CheckResult(False, size, UNIT, f"J_in of {model.name} was expected to be of order e/8pi")
            for part in ("band", "side_jump", "occupation"):
                residuals[f"{model.name}, {name}, {part}"] = float(np.abs(found[part]).max() / UNIT)
            rest = np.abs(found["intrinsic"] + found["dipole_shift"]).max()
            residuals[f"{model.name}, {name}, J_in + J_dp"] = float(rest / UNIT)
    return largest_residual(residuals, 1e-8, "Parts in units of e/8pi; J_in is of order one in its surface form.")


def check_rashba_inplane() -> CheckResult:
    """In-plane spin in the Rashba model: every part vanishes."""
    residuals = {}
    for axis in (0, 1):
        model = models.rashba(M=0).with_s(_spin(axis))
        for name, disorder in list(_disorders().items())[:2]:
            found = transport(model, disorder, 1.0, rtol=1e-9)
            charge = float(np.abs(found["charge"]).max())
            for part in ("conventional", "torque", "occupation", "dipole_shift", "side_jump", "intrinsic", "band"):
                size = charge if part in ("conventional", "torque", "occupation") else UNIT
                residuals[f"s_{'xy'[axis]}, {name}, {part}"] = float(np.abs(found[part]).max() / size)
    return largest_residual(
        residuals, 1e-8, "Each part relative to the charge conductivity (J_c) or to e/8pi (the others)."
    )


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
    residuals = {
        "s_z": float(np.abs(z).max()),
        "odd under time reversal": max(float(np.abs(tensors[1.7, a] + tensors[-1.7, a]).max()) for a in range(3)),
        "threefold symmetry, trace": float(max(abs(np.trace(x)), abs(np.trace(y)))),
        "threefold symmetry, antisymmetric part": float(max(np.abs(x - x.T).max(), np.abs(y - y.T).max())),
        "threefold symmetry, s_x and s_y": float(max(abs(y[0, 0] - x[0, 1]), abs(y[0, 1] + x[0, 0]))),
    }
    if abs(x[0, 1]) <= 0.01:
        return CheckResult(False, abs(x[0, 1]), 0.01, "no transverse current was found")
    text = f"J_c^xy/sigma = {x[0, 1]:.4f} (s_x), {y[0, 1]:.4f} (s_y). Forbidden parts vanish."
    return largest_residual(residuals, 1e-8, text)


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
    agreement = float(np.abs(sea - surface).max() / np.abs(sea).max())
    text = (
        f"Rashba model, M = 0.3, mu = 0.5, s = sigma_x/2: int f Omega^(l tau) = ({sea[0]:.2e}, {sea[1]:.6f}) over the Fermi "
        f"sea; on the Fermi lines ({surface[0]:.2e}, {surface[1]:.6f}); the residual is their relative difference."
    )
    return CheckResult(agreement < 1e-6 and abs(sea[1]) > 1e-3, agreement, 1e-6, text)


def check_steady_torque() -> CheckResult:
    """The scattering torque int df sum W (s' - s) cancels int f d_l s_n."""
    sea, _, scattering = _torques()
    residual = {"rashba, s = sigma_x/2": float(np.abs(sea + scattering).max() / np.abs(sea).max())}
    text = f"int f d_y s = {sea[1]:.6f}, scattering torque {scattering[1]:.6f}; relative sum."
    return largest_residual(residual, 1e-6, text)


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
    equalities=(
        Equality(
            J_n() + d_tau(),
            drift(),
            "node by node, for any df",
        ),
    ),
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
        Equality(
            f * (Omega_lis("l", "i") + chi("i", "l")),
            f * Omega_weighted("l", "i") + f * grad_d("i", "l"),
            "J_in from its definitions is J_B plus what J_dp cancels",
        ),
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
