"""Transport by the quasiparticles of superconductors and by bosons: thermal Hall; spin Hall in a Zeeman gradient, of the former.

Component [i, l] means flow along i, gradient along l; mu = 0, e = hbar = k_B = 1. Their other observables (currents of
equilibrium, magnetization, thermoelectric response) are those of all band structures.
"""

from __future__ import annotations

import numpy as np

from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.expressions import BandEnergy, Im, P, Resolvent, S, Trace, s, v
from symcur.observables.engine import Term
from symcur.observables.observable import Form, define
from symcur.quantities import Quantity, get

THERMAL_QUANTUM = np.pi / 6
"""pi^2 k_B^2/3h with hbar = k_B = 1: kappa_xy/T of one chiral fermion mode."""

SPIN_QUANTUM = 1 / (8 * np.pi)
"""hbar/8pi with hbar = 1: the spin Hall response of one chiral mode of spin 1/2."""

SEA = "sums over all Bogoliubov states, occupied as in equilibrium at mu = 0"

heat_response = Quantity(
    "heat_response",
    ("i", "l"),
    lambda i, l: (
        BandEnergy() * BandEnergy() * get("berry_curvature").named(l, i)
        + 2 * BandEnergy() * Im(Trace(P * v(l) * S * v(i)))
        - Im(Trace(P * v(l) * v(i))) / 2
    ),
    r"\Omega_Q^{<l><i>}",
    "energy^2 x length^2",
    "response of the heat current (1/2){v, H} to a field that couples to (1/2){r, H}",
)
spin_curvature = Quantity(
    "spin_curvature",
    ("i", "l"),
    lambda i, l: -2 * Im(Trace(P * s * v(l) * Resolvent("n", 2) * v(i) * s)),
    r"\Omega^{<l><i>}s^2",
    "s^2 x length^2",
    "Berry curvature times the square of a conserved s",
)


def _quasiparticles(model: BandStructure, temperature: Array) -> BandStructure:
    if not model.statistics.fixed_mu:
        raise TypeError(
            f"model: expected a superconductor built by symcur.superconductors.bdg, or bosons, got {model!r}, which does not know "
            "that its components are electrons and holes"
        )
    if model.dimension == 1:
        raise ValueError(f"model: expected 2D or 3D for a Hall response, got {model.name} in one dimension")
    return model


def _warm_quasiparticles(model: BandStructure, temperature: Array) -> BandStructure:
    if not temperature.all():
        raise ValueError(f"temperature: expected numbers > 0, got {temperature.tolist()}")
    return _quasiparticles(model, temperature)


def _with_conserved_spin(model: BandStructure, temperature: Array) -> BandStructure:
    """The model with s replaced by its spin, if that is conserved."""
    spin = getattr(_quasiparticles(model, temperature), "spin", None)
    if spin is None:
        raise ValueError(
            "model: expected the singlet form, or form='nambu' with spin=<spin operator of the normal state>, got "
            f"{model.name}, which has no spin"
        )
    result = model.with_s(spin)
    k = np.random.default_rng(17).uniform(-2, 2, size=(4, model.dimension))
    H, S_z = result.matrix("H", k), result.matrix("s", k[0])
    broken = float(np.abs(S_z @ H - H @ S_z).max())
    if broken > 1e-10 * (1 + float(np.abs(H).max())):
        raise ValueError(
            "model: expected a conserved spin, because a Zeeman gradient is a force with a definite value in each state only "
            f"then, got {model.name} with |[S_z, H]| = {broken:.2g}"
        )
    return result


_total = [Term("berry_curvature", "heat", factor=np.pi**2 / 3, power=1).T]
_kubo = [Term(heat_response, "f", power=-1)]

thermal_hall = define(
    "thermal_hall",
    "the thermal Hall conductivity of quasiparticles, T > 0; with a full gap kappa_xy/T -> -C THERMAL_QUANTUM x factor, "
    "C the Chern number of the states below zero. Qin, Niu, Shi, Phys. Rev. Lett. 107, 236601 (2011); Sumiyoshi, "
    "Fujimoto, J. Phys. Soc. Jpn. 82, 023602 (2013)",
    r"\kappa^{il}",
    r"T \int \Omega^{li} w(\varepsilon/T),\ w(x) = \int_x^\infty y^2 (-\partial_y f)\, dy",
    ("i", "l"),
    "[i, l]: heat along i per -d_lT; divide by T THERMAL_QUANTUM for units of pi^2 k_B^2/3h",
    "thermal",
    {
        "sea": Form(
            SEA,
            {
                "kubo": _kubo,
                "energy_magnetization": [*_total, *(term * -1.0 for term in _kubo)],
                "total": _total,
            },
        )
    },
    sums="kubo + energy_magnetization = total; each of the two diverges as 1/T",
    where={"A": "above (20)", "B": "above (7)", "C": "above (7)"},
    prepare=_warm_quasiparticles,
)
spin_hall = define(
    "spin_hall",
    "the spin current per gradient of a Zeeman energy -b S_z where the spin is conserved; with a full gap at T = 0 it is "
    "-C SPIN_QUANTUM",
    r"\sigma^{s}_{il}",
    r"\int f\,\Omega^{li} s^2",
    ("i", "l"),
    "[i, l]: flow of S_z (in hbar) along i per d_l b, Zeeman energy -b S_z; divide by SPIN_QUANTUM for hbar/8pi",
    "spin",
    {"sea": Form(SEA, {"total": [Term(spin_curvature, "f")]})},
    where={"A": "above (20)", "B": "above (7), (10), (11)", "C": "above (7), (10), (11)"},
    prepare=_with_conserved_spin,
)
