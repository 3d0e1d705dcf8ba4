"""The thermal Hall effect of quasiparticles and bosons, and the spin currents of superconductors.

Component [i, l] means flow along i, gradient along l; mu = 0, e = hbar = k_B = 1. The other observables are those of all band
structures, with s = charge for a superconductor; ``spin_current``, ``spin_magnetization`` and ``spin_nernst`` are three of them with
s = the spin of the model, conserved or not.

The spin Hall response is that to a Zeeman energy -b(r) s with a gradient, q -> 0 before omega -> 0. A conserved spin feels a force, s
d_l b, and all is Omega s^2. One that is not conserved has to be treated to first order in the gradient: with f fixed in each band,

    J^{is} = d_l b int f z^{il},    z^{il} = -2 Im Tr[P J_i (S v_l S - S^2 v_l P - P v_l S^2) s] - Im Tr[P (d_l J_i) S s],

the terms of first order in q of Tr[P(k) J S(k + q) s]. Its symmetric part is what the torque takes back: by continuity the symmetric
part of J + J^tau is d_t s at order q^2, which vanishes, since the response of s to a field that couples to s is even in the frequency
there. The conserved response to a Zeeman gradient is a Hall response, and its size depends on how the torque is written as a
divergence: only the choice that adds no antisymmetric part to that of J has been derived.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.expressions import Axis, BandEnergy, Derivative, Expression, Im, J, P, Resolvent, S, Trace, s, v
from symcur.observables.engine import Parts, Term
from symcur.observables.equilibrium import equilibrium_current, magnetization
from symcur.observables.hall import ALL, CHOICES, PAPER, Choice, antisymmetric, is_conserved, symmetric
from symcur.observables.observable import OBSERVABLES, Form, Observable, define
from symcur.observables.transport import thermoelectric
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


def _zeeman_current(i: Axis, l: Axis) -> Expression:
    S2 = Resolvent("n", 2)
    shifted = S * v(l) * S - S2 * v(l) * P - P * v(l) * S2  # d_l of the resolvent at a fixed energy
    return -2 * Im(Trace(P * J(i) * shifted * s)) - Im(Trace(P * Derivative(l, J(i)) * S * s))


zeeman_current = Quantity(
    "zeeman_current",
    ("i", "l"),
    _zeeman_current,
    r"z^{<i><l>}",
    "s^2 x length^2",
    "conventional current of s along i per d_l b in each band, energy -b s; Omega^{li} s^2 where s is conserved",
)


def _quasiparticles(model: BandStructure, temperature: Array, hall: str) -> BandStructure:
    if not model.statistics.fixed_mu:
        raise TypeError(
            f"model: expected a superconductor built by symcur.superconductors.bdg, or bosons, got {model!r}, which does not know "
            "that its components are electrons and holes"
        )
    if model.dimension == 1:
        raise ValueError(f"model: expected 2D or 3D for a Hall response, got {model.name} in one dimension")
    return model


def _warm_quasiparticles(model: BandStructure, temperature: Array, hall: str) -> BandStructure:
    if not temperature.all():
        raise ValueError(f"temperature: expected numbers > 0, got {temperature.tolist()}")
    return _quasiparticles(model, temperature, hall)


def _with_spin(model: BandStructure, temperature: Array, hall: str) -> BandStructure:
    """The model with its spin in the place of s."""
    spin = getattr(model, "spin", None)
    if spin is None:
        raise ValueError(
            "model: expected a superconductor in the singlet form, or form='nambu' with spin=<spin operator of the normal state>, "
            f"got {model.name}, which has no spin"
        )
    return model.with_s(spin)


def _with_spin_in_a_gradient(model: BandStructure, temperature: Array, hall: str) -> BandStructure:
    result = _with_spin(_quasiparticles(model, temperature, hall), temperature, hall)
    if hall == PAPER and not is_conserved(result):
        raise ValueError(
            f"hall: expected '{DERIVED}', the choice that is derived for the response of {model.name}, whose spin is not conserved, to "
            f"a Zeeman gradient, got {hall!r}; the moments of wave packets in such a gradient are not"
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
DERIVED = "symmetric_quadrupole"
_flow = [Term(zeeman_current, "f")]
_hall = antisymmetric(_flow)
_conserved: Parts = {"total": [Term(spin_curvature, "f")]}
_not_conserved = Choice(
    {"conventional": _flow, "torque": [term * -1.0 for term in symmetric(_flow)], "total": _hall},
    "total",
    "conventional + torque = total, a Hall response",
)

spin_hall = define(
    "spin_hall",
    "the spin current per gradient of a Zeeman energy -b S; a conserved spin has -C SPIN_QUANTUM with a full gap at T = 0, one that is "
    f"not conserved needs hall='{DERIVED}'",
    r"\sigma^{s}_{il}",
    r"\int f\,\Omega^{li} s^2",
    ("i", "l"),
    "[i, l]: flow of the spin (in hbar) along i per d_l b, Zeeman energy -b S; divide by SPIN_QUANTUM for hbar/8pi",
    "spin",
    {
        "sea": Form(
            SEA,
            _conserved,
            choices={DERIVED: _not_conserved}
            | {
                name: "it is not derived for a Zeeman gradient"
                for name in (*CHOICES, ALL)
                if name not in (PAPER, DERIVED)
            },
        )
    },
    where={"A": "above (20)", "B": "above (7), (10), (11)", "C": "above (7), (10), (11)"},
    prepare=_with_spin_in_a_gradient,
)


def _of_spin(record: Observable, name: str, meaning: str, convention: str) -> Observable:
    """The observable of the spin of a superconductor, with its own name, and in units in which the spin counts in hbar."""
    return OBSERVABLES.add(
        replace(record, name=name, meaning=meaning, convention=convention, kind=name, prepare=_with_spin)
    )


spin_current = _of_spin(
    equilibrium_current,
    "spin_current",
    "the net spin current of a uniform superconductor in equilibrium: the conventional one, that of the torque, and their sum",
    "[i] = flow of the spin (in hbar) along i",
)
spin_magnetization = _of_spin(
    magnetization,
    "spin_magnetization",
    "the orbital magnetization of the spin of a superconductor, whose curl is its conserved spin current in equilibrium",
    "[l, i] = eps_{lik} M_k of the spin (in hbar); 2D: M_z = [x, y], 1D: none",
)
spin_nernst = _of_spin(
    thermoelectric,
    "spin_nernst",
    "the spin current of quasiparticles in a temperature gradient, conventional and conserved; alpha/T has a limit at T = 0",
    "[i, l] = [flow of the spin (in hbar), temperature gradient], J = -alpha grad T",
)
