"""Numerical checks of the claims on disorder.

Each compares two computations that share no step: the Boltzmann equation on Fermi lines against sums over the Fermi sea,
closed forms of the literature, printed formulas with finite differences in random gauges, or symmetry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from symcur import models
from symcur.claims.claim import Evidence
from symcur.model import Model
from symcur.quantities import get

if TYPE_CHECKING:
    from symcur.disorder import Disorder

Array = NDArray[np.float64]
UNIT = 1 / (8 * np.pi)  # e/8pi, the conventional spin Hall conductivity of the Rashba model


def _spin(axis: int, sites: int = 1) -> Any:
    """(1/2) sigma_axis on every site."""
    from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z

    spin = (sigma_x, sigma_y, sigma_z)[axis] / 2
    return spin if sites == 1 else kron(sigma_0.eye(sites).as_immutable(), spin)


def _disorders() -> dict[str, Disorder]:
    from symcur.disorder import gaussian, white_noise, yukawa
    from symcur.models.pauli import sigma_z

    return {
        "white noise": white_noise(),
        "Gaussian": gaussian(1.0),
        "Yukawa": yukawa(0.7),
        "magnetic and scalar": white_noise(structure=sigma_z) + gaussian(0.5, 0.8),
    }


def _anisotropic() -> tuple[tuple[Model, float], ...]:
    return (models.rashba_dresselhaus(), 1.0), (models.altermagnet(), -1.5)


def _evidence(residuals: dict[str, float], tolerance: float, text: str) -> Evidence:
    worst = max(residuals, key=lambda name: residuals[name])
    found = f"{text} Largest at {worst}: {residuals[worst]:.1e}."
    return Evidence(all(r <= tolerance for r in residuals.values()), residuals[worst], tolerance, found)


def check_dipole_shift() -> Evidence:
    """J_dp by scattering against the dipole part of the intrinsic current, from sums over the zone."""
    from symcur.disorder import transport
    from symcur.observables.transport import conductivity

    residuals = {}
    for model, mu in _anisotropic():
        form = "sea" if model.name == "rashba_dresselhaus" else "surface"
        dipole = conductivity(model, mu, form=form, rtol=1e-7).parts["dipole"].value
        for name, disorder in _disorders().items():
            found = transport(model, disorder, mu, rtol=1e-8, intrinsic=False)["dipole_shift"]
            residuals[f"{model.name}, {name}"] = float(np.abs(found + dipole).max() / np.abs(dipole).max())
    return _evidence(residuals, 1e-6, "J_dp = int df sum W (d' - d) against -E_l int f d_l d, relative difference.")


def printed_shift(
    model: Model, bands: tuple[int, int], k: tuple[Array, Array], Gamma: Array, seed: int, conserved: bool = False
) -> Array:
    """The printed delta_sj r^s for scattering bands[0] at k[0] -> bands[1] at k[1], with A and arg V by finite differences.

    Each state has a random phase that varies with k; the result must not depend on ``seed``. ``conserved`` sets s = 1.
    """
    generator = np.random.default_rng(seed)
    slopes, curvatures = generator.normal(size=(2, 2, 2))
    h, stencil = 5e-4, np.array([1, -8, 0, 8, -1]) / 12
    s = model.matrix("s", k[0])
    centre = [np.linalg.eigh(model.matrix("H", k[j]))[1][:, bands[j]] for j in range(2)]

    def state(j: int, step: Array) -> Any:
        u = np.linalg.eigh(model.matrix("H", k[j] + step))[1][:, bands[j]]
        overlap = np.vdot(centre[j], u)
        return u * (overlap.conj() / abs(overlap)) * np.exp(1j * (slopes[j] @ step + curvatures[j] @ step**2))

    def slope(function: Any, axis: int) -> Any:
        e = np.eye(2)[axis]
        return sum(c * function((m - 2) * h * e) for m, c in enumerate(stencil) if c) / h

    result = np.zeros(2)
    weights = [1.0, 1.0] if conserved else [float(np.vdot(u, s @ u).real) for u in centre]
    V = np.vdot(centre[1], Gamma @ centre[0])
    for axis in range(2):
        for j, sign in ((0, -1), (1, 1)):
            connection = (1j * np.vdot(centre[j], slope(lambda step, j=j: state(j, step), axis))).real
            if j == 0:
                dV = slope(lambda step: np.vdot(centre[1], Gamma @ state(0, step)), axis)
            else:
                dV = slope(lambda step: np.vdot(state(1, step), Gamma @ centre[0]), axis)
            result[axis] += weights[j] * (sign * connection - (dV / V).imag)
    return result


def check_side_jump_gauge() -> Evidence:
    """The printed shift in random gauges against the trace formula, and J_sj with random phases."""
    from symcur.disorder import FermiSurface, Scattering, white_noise
    from symcur.disorder.side_jump import shift_rate, weighted_shift

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
            printed = [printed_shift(model, (0, 1), (k[0], k[1]), Gamma, seed, conserved) for seed in (1, 2)]
            difference = max(float(np.abs(found - shift[1, 0]).max()) for found in printed)
            residuals[f"{model.name}, {name}, printed"] = difference / float(np.abs(shift[1, 0]).max())
    return _evidence(
        residuals, 1e-8, "Printed shift, finite differences in two random gauges, against the trace formula."
    )


def check_side_jump_current() -> Evidence:
    """s = 1, massive Dirac electron, white noise: J_sj/J_int = 2x/(4 D^2 + x) over a decade of k_F."""
    import sympy as sp

    from symcur.disorder import transport, white_noise

    model = models.massive_dirac(v=1.3, Delta=0.4).replace(s=sp.eye(2))
    residuals = {}
    for k_F in np.geomspace(0.2, 2.0, 6):
        x, D = (1.3 * k_F) ** 2, 0.4
        found = transport(model, white_noise(), float(np.sqrt(x + D**2)), intrinsic=False)["side_jump"]
        intrinsic = -D / (4 * np.pi * np.sqrt(x + D**2))  # int f Omega^{yx}, the filled lower band included
        expected = intrinsic * 2 * x / (4 * D**2 + x) * np.array([[0, 1], [-1, 0]])
        residuals[f"k_F = {k_F:.2f}"] = float(np.abs(found - expected).max() / np.abs(expected).max())
    return _evidence(residuals, 1e-6, "s = 1: side-jump accumulation against 2x/(4 D^2 + x) of the intrinsic part.")


def check_band_current() -> Evidence:
    """J_in + J_dp = J_B, with J_dp from scattering and the others from sums over the zone."""
    from symcur.disorder import gaussian, transport

    residuals = {}
    for model, mu in _anisotropic():
        found = transport(model, gaussian(1.0), mu, rtol=1e-7)
        rest = found["intrinsic"] + found["dipole_shift"] - found["band"]
        residuals[model.name] = float(np.abs(rest).max() / np.abs(found["band"]).max())
    return _evidence(residuals, 1e-6, "J_in + J_dp - J_B relative to J_B.")


def check_total() -> Evidence:
    """Every conventional and torque part, added up, against J_B + J_sj + J_c."""
    from symcur.disorder import gaussian, transport
    from symcur.observables.transport import conductivity

    model, mu = models.rashba_dresselhaus(), 1.0
    found = transport(model, gaussian(1.0), mu, rtol=1e-7)
    sea = conductivity(model, mu, form="sea", rtol=1e-7)
    pieces = [found[name] for name in ("conventional", "torque", "dipole_shift", "side_jump")]
    total = sum(pieces, sea.parts["conventional"].value + sea.parts["torque"].value)
    residual = float(np.abs(total - found["total"]).max() / np.abs(found["total"]).max())
    text = "int f Omega^{lis} + int f chi + J_c^{is} + J_c^{i tau} + J_dp + J_sj against J_B + J_sj + J_c."
    return _evidence({model.name: residual}, 1e-6, text)


def time_reversed(model: Model) -> Model:
    """H(-k)^* with s -> -s^*: the time-reversed model and an s that, like spin, is odd under time reversal."""
    H = model.H.subs({k: -k for k in model.k}, simultaneous=True).conjugate()
    return model.replace(H=H, s=-model.s.conjugate())


def check_parity() -> Evidence:
    """J_in, J_dp, J_B and J_sj keep their sign under time reversal, J_c changes it."""
    from symcur.disorder import gaussian, transport

    residuals = {}
    for model, mu in _anisotropic():
        here, there = (transport(m, gaussian(0.8), mu, rtol=1e-8) for m in (model, time_reversed(model)))
        for name, sign in (("intrinsic", 1), ("dipole_shift", 1), ("band", 1), ("side_jump", 1), ("occupation", -1)):
            difference = np.abs(here[name] - sign * there[name]).max() / np.abs(here[name]).max()
            residuals[f"{model.name}, {name}"] = float(difference)
    return _evidence(residuals, 1e-6, "Model against its time reverse: J_in, J_dp, J_B, J_sj even, J_c odd.")


def check_rashba_null() -> Evidence:
    """k-linear and cubic Rashba without a mass: J_B, J_sj, J_c vanish, J_in does not and is cancelled by J_dp."""
    from symcur.disorder import transport

    residuals = {}
    for model, mu, cutoff in ((models.rashba(M=0), 1.0, None), (models.cubic_rashba(M=0), 0.4, 1.6)):
        for name, disorder in list(_disorders().items())[:3]:
            found = transport(model, disorder, mu, cutoff=cutoff, rtol=1e-9)
            size = float(np.abs(found["intrinsic"]).max())
            if size < 0.5 * UNIT:
                return Evidence(False, size, UNIT, f"J_in of {model.name} was expected to be of order e/8pi")
            for part in ("band", "side_jump", "occupation"):
                residuals[f"{model.name}, {name}, {part}"] = float(np.abs(found[part]).max() / UNIT)
            rest = np.abs(found["intrinsic"] + found["dipole_shift"]).max()
            residuals[f"{model.name}, {name}, J_in + J_dp"] = float(rest / UNIT)
    return _evidence(residuals, 1e-8, "Parts in units of e/8pi; J_in is of order one in its surface form.")


def check_rashba_inplane() -> Evidence:
    """In-plane spin in the Rashba model: every part vanishes."""
    from symcur.disorder import transport

    residuals = {}
    for axis in (0, 1):
        model = models.rashba(M=0).replace(s=_spin(axis))
        for name, disorder in list(_disorders().items())[:2]:
            found = transport(model, disorder, 1.0, rtol=1e-9)
            charge = float(np.abs(found["charge"]).max())
            for part in ("conventional", "torque", "occupation", "dipole_shift", "side_jump", "intrinsic", "band"):
                size = charge if part in ("conventional", "torque", "occupation") else UNIT
                residuals[f"s_{'xy'[axis]}, {name}, {part}"] = float(np.abs(found[part]).max() / size)
    return _evidence(residuals, 1e-8, "Each part relative to the charge conductivity (J_c) or to e/8pi (the others).")


def check_anisotropic_transverse() -> Evidence:
    """J_c^{xy} of s_z: zero for isotropic bands, of the size of J_c^{xx} for anisotropic ones."""
    from symcur.disorder import transport, white_noise

    ratios = {}
    for beta in (0.0, 0.3):
        found = transport(models.rashba_dresselhaus(beta=beta), white_noise(), 1.0, rtol=1e-9, intrinsic=False)
        ratios[beta] = abs(found["occupation"][0, 1] / found["occupation"][0, 0])
    text = f"J_c^xy/J_c^xx of s_z, white noise, Rashba model: {ratios[0.3]:.3f} with Dresselhaus coupling; residual without."
    return Evidence(ratios[0.0] < 1e-9 and ratios[0.3] > 0.1, float(ratios[0.0]), 1e-9, text)


def check_noncollinear() -> Evidence:
    """Kagome antiferromagnet without spin-orbit coupling: J_c^{xy} of the spins in the plane, and its symmetry."""
    from symcur.disorder import transport, white_noise

    tensors = {}
    for J in (1.7, -1.7):
        for axis in range(3):
            model = models.kagome_antiferromagnet(J=J).replace(s=_spin(axis, sites=3))
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
    evidence = _evidence(
        residuals, 1e-8, f"J_c^xy/sigma = {x[0, 1]:.4f} (s_x), {y[0, 1]:.4f} (s_y). Forbidden parts vanish."
    )
    return evidence if abs(x[0, 1]) > 0.01 else Evidence(False, abs(x[0, 1]), 0.01, "no transverse current was found")


def _torques() -> tuple[Array, Array, Array]:
    """int f d_l s over the sea, the same on the surface, and the scattering torque; Rashba with a mass, spin s_x."""
    from symcur.brillouin import integrate_bands
    from symcur.disorder import fermi_surface, gaussian, sampled, transport
    from symcur.eigenstates import Eigenstates
    from symcur.observables.sums import domain_of

    model = models.rashba(M=0.3).replace(s=_spin(0))
    curvature = get("torque_berry_curvature")

    def bands(k: Array) -> tuple[Array, Array]:
        states = Eigenstates(model, k)
        values = [states.scalar(curvature.word(l)).real / states.rank for l in range(2)]
        return states.energies, np.stack(values, axis=-1)

    domain = domain_of(model, 0.5, 0.0, None)
    sea = integrate_bands(bands, domain, ("f", "f"), 0.5, 0.0, rtol=1e-8, relative_to="integrand").value
    surface = sampled(fermi_surface(model, 0.5), 2)
    line = -surface.weight @ (surface.velocity * surface.quantity("s_expectation"))
    return sea, -line, transport(model, gaussian(1.0), 0.5, rtol=1e-8, intrinsic=False).torque.value


def check_uniform_torque() -> Evidence:
    """Counterexample: int f Omega^{l tau} = int f d_l s_n does not vanish in a metal."""
    sea, surface, _ = _torques()
    agreement = float(np.abs(sea - surface).max() / np.abs(sea).max())
    text = (
        f"Rashba model, M = 0.3, mu = 0.5, s = sigma_x/2: int f Omega^(l tau) = ({sea[0]:.2e}, {sea[1]:.6f}) over the Fermi "
        f"sea; on the Fermi lines ({surface[0]:.2e}, {surface[1]:.6f}); the residual is their relative difference."
    )
    return Evidence(agreement < 1e-6 and abs(sea[1]) > 1e-3, agreement, 1e-6, text)


def check_steady_torque() -> Evidence:
    """The scattering torque int df sum W (s' - s) cancels int f d_l s_n."""
    sea, _, scattering = _torques()
    residual = {"rashba, s = sigma_x/2": float(np.abs(sea + scattering).max() / np.abs(sea).max())}
    return _evidence(
        residual, 1e-6, f"int f d_y s = {sea[1]:.6f}, scattering torque {scattering[1]:.6f}; relative sum."
    )
