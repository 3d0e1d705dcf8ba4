"""The checks of the claims on disorder.

Each compares computations that share no step: transport on traced Fermi lines against sums over the Fermi sea, closed forms
of the literature, symmetry, and the same currents from differences of energies and states on lines in polar coordinates.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symcur import models
from symcur.arrays import Array
from symcur.band_structures import Model
from symcur.claims.claim import CheckResult
from symcur.claims.comparison import Pair, agreement
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
from symcur.disorder.boltzmann import solve
from symcur.disorder.rates import shift_rate, weighted_shift
from symcur.linear_response import Estimate
from symcur.linear_response.fermi_lines import Channel, born_transport
from symcur.linear_response.finite_differences import side_jump_by_phases
from symcur.linear_response.interband import interband_transport
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z
from symcur.observables import Form, Observable, Term, conductivity

UNIT = 1 / (8 * np.pi)  # e/8pi, the conventional spin Hall conductivity of the Rashba model


def _spin(axis: int, sites: int = 1) -> Any:
    """(1/2) sigma_axis on every site."""
    spin = (sigma_x, sigma_y, sigma_z)[axis] / 2
    return spin if sites == 1 else kron(sigma_0.eye(sites).as_immutable(), spin)


def _disorders(magnetic: sp.ImmutableDenseMatrix = sigma_z) -> dict[str, Disorder]:
    """Kinds of impurities; the magnetic ones conserve the spin along their own direction."""
    return {
        "white noise": white_noise(),
        "Gaussian": gaussian(1.0),
        "Yukawa": yukawa(0.7),
        "magnetic and scalar": white_noise(structure=magnetic) + gaussian(0.5, 0.8),
    }


_SCALAR, _MAGNETIC = np.eye(2), np.diag([1.0, -1.0])
_CHANNELS: dict[str, list[Channel]] = {  # the same impurities by their correlators
    "white noise": [(_SCALAR, lambda q2: 1.0)],
    "Gaussian": [(_SCALAR, lambda q2: np.exp(-q2))],
    "Yukawa": [(_SCALAR, lambda q2: (1 + 0.7**2 * q2) ** -2)],
    "magnetic and scalar": [(_MAGNETIC, lambda q2: 1.0), (_SCALAR, lambda q2: 0.8**2 * np.exp(-(0.5**2) * q2))],
}


@cache
def _independent(model: Model, mu: float, disorder: str, angles: int = 72) -> dict[str, Estimate]:
    """The currents in a continuum by ``born_transport``, which knows the impurities by their correlators."""
    return born_transport(model, mu, _CHANNELS[disorder], reach=4.0, angles=angles)


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
            if model.cell is None:
                other = _independent(model, mu, name)["dipole_shift"]
                pairs.append(Pair.of(f"{model.name}, {name}, differences of states", other, found))
    text = "J_dp = int df sum W (d' - d) against -E_l int f d_l d, and against differences of states on Fermi lines in polar "
    return agreement(pairs, 1e-6, f"{text}coordinates.")


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
    """s = 1, massive Dirac electron, white noise: J_sj/J_int = 2x/(4 D^2 + x) over a decade of k_F; s not conserved: by states."""
    model = models.massive_dirac(v=1.3, Delta=0.4).with_s(1)
    pairs = []
    for k_F in np.geomspace(0.2, 2.0, 6):
        x, D = (1.3 * k_F) ** 2, 0.4
        found = transport(model, white_noise(), float(np.sqrt(x + D**2)), intrinsic=False)["side_jump"]
        intrinsic = -D / (4 * np.pi * np.sqrt(x + D**2))  # int f Omega^{yx}, the filled lower band included
        expected = intrinsic * 2 * x / (4 * D**2 + x) * np.array([[0, 1], [-1, 0]])
        pairs.append(Pair(f"k_F = {k_F:.2f}", found, expected))
    model = models.rashba_dresselhaus()
    for name, disorder in _disorders().items():
        found = transport(model, disorder, 1.0, rtol=1e-8, intrinsic=False)["side_jump"]
        pairs.append(Pair.of(f"{model.name}, {name}", _independent(model, 1.0, name)["side_jump"], found))
    text = "s = 1: side-jump accumulation against 2x/(4 D^2 + x) of the intrinsic part. s = sigma_z/2, four kinds of "
    text += "impurities: against the printed shift by differences of states, on Fermi lines in polar coordinates."
    return agreement(pairs, 1e-6, text)


def side_jump_at_packets(model: Model, mu: float, disorder: Disorder) -> Array:
    """sum df W s' dr with dr the coordinate shift: the moved s counted from the centre of the incoming packet."""
    scattering = Scattering(sampled(fermi_surface(model, mu), 2), disorder)
    q, paths = scattering.surface.weight, solve(scattering).values
    s, one = scattering.surface.quantity("s_expectation")[:, 0], np.ones(len(q))
    return np.array([(q * ((q * s) @ weighted_shift(scattering, i, one))) @ paths for i in range(2)])


def check_side_jump_kinetic() -> CheckResult:
    """J_dp + J_sj against the current of what the Born collision operator creates between bands; and two places of the torque."""
    pairs = []
    generic = sp.Matrix([[1, sp.Rational(1, 3) - sp.I / 5], [sp.Rational(1, 3) + sp.I / 5, -sp.Rational(1, 2)]])
    massive = models.rashba_dresselhaus(M=0.5)
    cases = [(massive, 1.0, "magnetic and scalar")]
    for model, mu in ((massive, 1.0), (models.rashba_dresselhaus(beta=0.0), 1.0), (massive, 0.2)):
        cases += [(model, mu, "Gaussian"), (model.with_s(generic), mu, "white noise")]
    cases.append((massive.with_s(generic), 1.0, "Gaussian"))
    for model, mu, name in cases:
        found = transport(model, _disorders()[name], mu, rtol=1e-8, intrinsic=False)
        other = interband_transport(model, mu, _CHANNELS[name], reach=4.0)
        label = f"mu = {mu}, {name}, s {'generic' if model.s == generic else 'sigma_z/2'}"
        pairs.append(Pair.of(label, other["interband"], found["dipole_shift"] + found["side_jump"]))
        if model is massive and name == "Gaussian":
            centred = side_jump_at_packets(model, mu, _disorders()[name])
            pairs.append(Pair.of(f"order q, {label}", other["at_packets"], found["dipole_shift"] + centred))
            if mu == 1.0:
                printed, at_packet = found["side_jump"][0, 1], centred[0, 1]
    text = (
        "Massive Rashba model with and without Dresselhaus coupling, one and two Fermi lines: J_dp + J_sj against J_od from "
        f"differences of projectors. With the torque at the centre of the incoming packet J_sj^xy would be {at_packet:.5f}, "
        f"printed it is {printed:.5f} (alpha = 0.7, beta = 0.3, M = 0.5, mu = 1, Gaussian impurities)."
    )
    return agreement(pairs, 1e-6, text, also=abs(printed - at_packet) > 1e-3)


def check_band_current() -> CheckResult:
    """J_in + J_dp = J_B, with J_dp from scattering and the others from sums over the zone."""
    pairs, bands = [], {}
    for model, mu in _anisotropic():
        found = transport(model, gaussian(1.0), mu, rtol=1e-7)
        bands[model.name] = found["band"]
        pairs.append(Pair(model.name, found["intrinsic"] + found["dipole_shift"], found["band"]))
    model, mu = _anisotropic()[0]
    sea = conductivity(model, mu, form="sea", rtol=1e-7)
    driven = sea.parts["conventional"].value + sea.parts["torque"].value
    shifted = _independent(model, mu, "Gaussian")["dipole_shift"]
    pairs.append(Pair(f"{model.name}, by definition", driven + shifted.value, bands[model.name], shifted.error))
    text = "J_in + J_dp against J_B; also with J_in = int f Omega^{lis} + int f chi and J_dp by differences of states."
    return agreement(pairs, 1e-6, text)


def check_total() -> CheckResult:
    """Every conventional and torque part, added up, against J_B + J_sj + J_c; the parts of scattering by another route too."""
    model, mu = models.rashba_dresselhaus(), 1.0
    found, other = transport(model, gaussian(1.0), mu, rtol=1e-7), _independent(model, mu, "Gaussian")
    sea = conductivity(model, mu, form="sea", rtol=1e-7)
    driven = sea.parts["conventional"].value + sea.parts["torque"].value
    pieces = [found[name] for name in ("conventional", "torque", "dipole_shift", "side_jump")]
    scattered = other["occupation"] + other["dipole_shift"] + other["side_jump"]
    pairs = [
        Pair(model.name, sum(pieces, driven), found["total"]),
        Pair("scattering from energies and states", driven + scattered.value, found["total"], scattered.error),
        Pair(
            "J_dp + J_sj + J_B", found["total"] - found["occupation"], driven + (scattered + -other["occupation"]).value
        ),
        *(
            Pair.of(name, other[name], found[name])
            for name in ("conventional", "occupation", "dipole_shift", "side_jump")
        ),
    ]
    text = "int f Omega^{lis} + int f chi + J_c^{is} + J_c^{i tau} + J_dp + J_sj against J_B + J_sj + J_c, and what scattering "
    text += "carries against differences of energies and states on Fermi lines in polar coordinates."
    return agreement(pairs, 1e-6, text)


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


def _parts(model: Model, disorder: Disorder, mu: float, cutoff: float | None, intrinsic: bool) -> dict[str, Array]:
    """The parts of the current; those of the Fermi sea, ``intrinsic`` and ``band``, know no impurities: once is enough."""
    found = transport(model, disorder, mu, cutoff=cutoff, rtol=1e-9, intrinsic=intrinsic)
    return {name: found[name] for name in found.parts}


def check_rashba_null() -> CheckResult:
    """k-linear and cubic Rashba without a mass: J_B, J_sj, J_c vanish, J_in does not and is cancelled by J_dp."""
    pairs, large = [], []
    for model, mu, cutoff in ((models.rashba(M=0), 1.0, None), (models.cubic_rashba(M=0), 0.4, 1.6)):
        found: dict[str, Array] = {}
        for name, disorder in list(_disorders().items())[:3]:
            found |= _parts(model, disorder, mu, cutoff, intrinsic=not found)
            vanishing = {part: found[part] for part in ("band", "side_jump", "occupation")}
            vanishing["J_in + J_dp"] = found["intrinsic"] + found["dipole_shift"]
            pairs += [Pair(f"{model.name}, {name}, {part}", J, 0.0, scale=UNIT) for part, J in vanishing.items()]
        large.append(np.abs(found["intrinsic"]).max() > 0.5 * UNIT)
    text = "Parts in units of e/8pi; J_in is of order one in its surface form."
    return agreement(pairs, 1e-8, text, also=all(large))


def check_rashba_inplane() -> CheckResult:
    """In-plane spin in the Rashba model: every part vanishes."""
    pairs = []
    for axis in (0, 1):
        model = models.rashba(M=0).with_s(_spin(axis))
        found: dict[str, Array] = {}
        for name, disorder in list(_disorders().items())[:2]:
            found |= _parts(model, disorder, 1.0, None, intrinsic=not found)
            charge = float(np.abs(found["charge"]).max())
            for part in ("conventional", "torque", "occupation", "dipole_shift", "side_jump", "intrinsic", "band"):
                size = charge if part in ("conventional", "torque", "occupation") else UNIT
                pairs.append(Pair(f"s_{'xy'[axis]}, {name}, {part}", found[part], 0.0, scale=size))
    text = "Each part relative to the charge conductivity (J_c) or to e/8pi (the others)."
    return agreement(pairs, 1e-8, text)


def check_anisotropic_transverse() -> CheckResult:
    """J_c^{xy} of s_z: zero for isotropic bands; for anisotropic ones of the size of J_c^{xx}, by two routes."""
    isotropic, anisotropic = (
        transport(models.rashba_dresselhaus(beta=beta), white_noise(), 1.0, rtol=1e-9, intrinsic=False)["occupation"]
        for beta in (0.0, 0.3)
    )
    other = _independent(models.rashba_dresselhaus(), 1.0, "white noise", angles=108)["occupation"]
    ratio = float(abs(anisotropic[0, 1] / anisotropic[0, 0]))
    pairs = [
        Pair("isotropic", isotropic[0, 1], 0.0, scale=float(np.abs(isotropic).max())),
        Pair.of("anisotropic", other, anisotropic),
    ]
    text = f"J_c^xy/J_c^xx of s_z, white noise, Rashba model: {ratio:.3f} with Dresselhaus coupling, as from energies and states "
    text += "on Fermi lines in polar coordinates; zero without."
    return agreement(pairs, 1e-9, text, also=ratio > 0.1)


def check_noncollinear() -> CheckResult:
    """Kagome antiferromagnet without spin-orbit coupling: J_c of the spins in the plane by two routes, and its symmetry."""
    tensors, currents = {}, []
    sites = [(np.kron(np.diag(np.eye(3)[a]), np.eye(2)), lambda q2: 1.0) for a in range(3)]
    for J in (1.7, -1.7):
        for axis in range(3):
            model = models.kagome_antiferromagnet(J=J).with_s(_spin(axis, sites=3))
            found = transport(model, white_noise(), -2.2, rtol=1e-9, intrinsic=False)
            tensors[J, axis] = found["occupation"] / np.abs(found["charge"]).max()
            if J > 0 and axis < 2:
                other = born_transport(model, -2.2, sites, reach=3.6, angles=180)
                currents += [Pair.of(f"J_c, s_{'xy'[axis]}", other["occupation"], found["occupation"])]
    x, y, z = (tensors[1.7, axis] for axis in range(3))
    pairs = [
        *currents,
        Pair("s_z", z, 0.0, scale=1.0),
        *(Pair("odd under time reversal", tensors[1.7, a], -tensors[-1.7, a], scale=1.0) for a in range(3)),
        Pair("threefold symmetry, trace", [np.trace(x), np.trace(y)], 0.0, scale=1.0),
        Pair("threefold symmetry, antisymmetric part", [x - x.T, y - y.T], 0.0, scale=1.0),
        Pair("threefold symmetry, s_x and s_y", [y[0, 0], y[0, 1]], [x[0, 1], -x[0, 0]], scale=1.0),
    ]
    text = f"J_c^xy/sigma = {x[0, 1]:.5f} (s_x), {y[0, 1]:.5f} (s_y), the same from energies and states on the Fermi line in "
    text += "polar coordinates. Forbidden parts vanish."
    return agreement(pairs, 1e-8, text, also=abs(x[0, 1]) > 0.01)


def _uniform_torque(model: Model, mu: float) -> Array:
    """int f Omega^{l tau} over the Fermi sea."""
    parts = {"total": [Term("torque_berry_curvature", "f")]}
    uniform = Observable("uniform torque", "", "", "", ("l",), "[l] = field", "current", {"sea": Form("", parts)})
    return uniform(model, mu, rtol=1e-8).value


def check_uniform_torque() -> CheckResult:
    """Counterexample: int f Omega^{l tau} = int f d_l s_n does not vanish in a metal; Rashba with a mass, spin s_x."""
    model, mu = models.rashba(M=0.3).with_s(_spin(0)), 0.5
    sea, line = _uniform_torque(model, mu), sampled(fermi_surface(model, mu), 2)
    surface = line.weight @ (line.velocity * line.quantity("s_expectation"))
    text = (
        f"Rashba model, M = 0.3, mu = 0.5, s = sigma_x/2: int f Omega^(l tau) = ({sea[0]:.2e}, {sea[1]:.6f}) over the Fermi "
        f"sea; on the Fermi lines ({surface[0]:.2e}, {surface[1]:.6f})."
    )
    return agreement([Pair("sea and surface", surface, sea)], 1e-6, text, also=abs(sea[1]) > 1e-3)


def check_steady_torque() -> CheckResult:
    """The scattering torque int df sum W (s' - s) cancels int f d_l s_n, whatever the impurities that conserve s."""
    pairs = []
    for model, mu in ((models.rashba(M=0.3), 0.5), (models.rashba_dresselhaus(), 1.0)):
        model = model.with_s(_spin(0))
        sea = _uniform_torque(model, mu)
        for name, disorder in _disorders(sigma_x).items():
            torque = transport(model, disorder, mu, rtol=1e-8, intrinsic=False).torque.value
            pairs.append(Pair(f"{model.name}, {name}", torque, -sea))
    text = f"Spin s_x of an isotropic and an anisotropic Rashba model, {len(_disorders())} kinds of impurities: scattering torque "
    text += "against int f d_l s over the sea."
    return agreement(pairs, 1e-6, text)
