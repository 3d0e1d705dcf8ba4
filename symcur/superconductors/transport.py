"""Transport by quasiparticles: thermal Hall, spin Hall in a Zeeman gradient, charge current in a temperature gradient.

Component xy means flow along x, gradient along y. mu = 0, e = hbar = k_B = 1; the counting of Nambu space is taken care
of. ``temperature`` is a number or a 1D array; options as in ``symcur.superconductors.equilibrium``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symcur.brillouin import Domain, integrate
from symcur.brillouin.occupation import occupation
from symcur.eigenstates import Eigenstates
from symcur.model import Model
from symcur.observables.result import Part, Result
from symcur.quantities import get
from symcur.superconductors.equilibrium import SEA, split
from symcur.superconductors.nambu import Superconductor
from symcur.superconductors.sums import (
    Terms,
    checked_temperature,
    finished,
    grouped,
    planes,
    require_superconductor,
    scalars,
    sum_over_states,
    tolerances,
    zone,
)
from symcur.words import Im, P, Resolvent, S, Trace, s, v

Array = NDArray[np.float64]

THERMAL_QUANTUM = np.pi / 6
"""pi^2 k_B^2/3h with hbar = k_B = 1: kappa_xy/T of one chiral fermion mode."""

SPIN_QUANTUM = 1 / (8 * np.pi)
"""hbar/8pi with hbar = 1: the spin Hall response of one chiral mode of spin 1/2."""


def heat_weight(x: Array) -> Array:
    """int_x^inf y^2 (-df/dy) dy, y = e/T: from pi^2/3 far below the chemical potential to 0 far above."""
    from scipy.special import spence

    decay = np.exp(-np.abs(x))
    above = x**2 * decay / (1 + decay) + 2 * np.abs(x) * np.log1p(decay) - 2 * spence(1 + decay)
    return np.asarray(np.where(x >= 0, above, np.pi**2 / 3 - above))


def thermal_hall(model: Model, temperature: ArrayLike, *, domain: Domain | None = None, **options: Any) -> Result:
    """kappa_xy(T), the heat current along x per -d_yT: kappa^{il} = T int sum_n Omega^{li}_n w(e_n/T), T > 0.

    w(x) = int_x^inf y^2 (-df/dy) dy. Parts: "kubo", the response of the heat current (1/2){v, H} to a field that couples
    to (1/2){r, H}; and "energy_magnetization", what the circulating heat current adds. Each diverges as 1/T, their
    sum is linear in T with a full gap: kappa_xy/T -> -C THERMAL_QUANTUM x counting, where C = int d^2k/2pi Omega^{xy} of
    the states below zero. In 2D no component axis; in 3D (yz, zx, xy).

    Sources: T. Qin, Q. Niu, J. Shi, Phys. Rev. Lett. 107, 236601 (2011); H. Sumiyoshi, S. Fujimoto, J. Phys. Soc. Jpn.
    82, 023602 (2013) for superconductors.
    """
    model, T = require_superconductor(model), checked_temperature(temperature, zero_allowed=False)
    settings, parameters = split(options)
    pairs = planes(model)
    values = [
        *(get("berry_curvature").word(l, i) for i, l in pairs),
        *(2 * Im(Trace(P * v(l) * S * v(i))) for i, l in pairs),
        *(-Im(Trace(P * v(l) * v(i))) / 2 for i, l in pairs),
    ]

    def heat(k: Array) -> Array:
        states = Eigenstates(model, k, **parameters)
        omega, moment, rest = np.split(scalars(states, values), 3, axis=-1)
        e, t = states.energies[..., None, None], np.atleast_1d(T)[:, None]
        f = occupation("f", e, 0.0, t)
        total = (omega[..., None, :] * heat_weight(e / t) * t).sum(axis=1)
        kubo = (f * (e**2 * omega[..., None, :] + e * moment[..., None, :] + rest[..., None, :]) / t).sum(axis=1)
        stacked: Array = float(model.counting) * np.stack([kubo, total - kubo, total], axis=-1)
        return stacked

    cell = zone(model, domain)
    integral = integrate(heat, cell, **tolerances(heat, cell, settings))
    names = ("kubo", "energy_magnetization", "total")
    n, shape = len(pairs), () if len(pairs) == 1 else (len(pairs),)
    parts = {
        name: Part(*(array[..., j].reshape((*T.shape, *shape)) for array in (integral.value, integral.error)))
        for j, name in enumerate(names)
    }
    return finished(
        "thermal_hall", model, integral, parts, "total", T, parameters,
        sums="kubo + energy_magnetization = total", form=SEA, indices=() if n == 1 else ("il",), kind="thermal",
        convention="kappa_xy: heat along x per -d_yT; divide by T THERMAL_QUANTUM for units of pi^2 k_B^2/3h",
        unit="k_B^2 x temperature / (hbar length^(D-2))",
    )  # fmt: skip


def spin_hall(model: Model, temperature: ArrayLike = 0.0, *, domain: Domain | None = None, **options: Any) -> Result:
    """sigma^s_xy: the spin current along x per gradient d_yb, where the Zeeman energy is -b(r) S_z.

    sigma^s_{il} = int f (-2 Im Tr[P S_z v_l S^2 v_i S_z]), C (10), (11) with the force S_z grad b in the place of eE. It is
    defined where the spin is conserved, as in spin-singlet superconductors without spin-orbit coupling, S_z = 1/2 for
    both components of the singlet form. With a full gap at T = 0: -C SPIN_QUANTUM, C = int d^2k/2pi Omega^{xy} of the
    states below zero. Raises ValueError where [S_z, H] != 0 or the model has no spin.
    """
    model, T = require_superconductor(model), checked_temperature(temperature)
    settings, parameters = split(options)
    spin = _conserved_spin(model, parameters)
    pairs = planes(model)
    S2 = Resolvent("n", 2)
    terms: Terms = [(-2 * Im(Trace(P * s * v(l) * S2 * v(i) * s)), "f") for i, l in pairs]
    integral = sum_over_states(spin, terms, T, domain, parameters, **settings)
    n = len(pairs)
    parts = grouped(integral, {"total": list(range(n))}, () if n == 1 else (n,))
    return finished(
        "spin_hall", model, integral, parts, "total", T, parameters,
        sums="", form=SEA, indices=() if n == 1 else ("il",), kind="spin",
        convention="flow of S_z (in hbar) along x per d_y b, Zeeman energy -b S_z; divide by SPIN_QUANTUM for hbar/8pi",
        unit="hbar / length^(D-2)",
    )  # fmt: skip


def _conserved_spin(model: Superconductor, parameters: dict[str, Any]) -> Superconductor:
    """The model with s replaced by its spin, if that is conserved."""
    if model.spin is None:
        raise ValueError(
            f"model: {model.name} has no spin (form={model.form!r}); a spin Hall response needs the singlet form, or "
            "form='nambu' with spin=<spin operator of the normal state>"
        )
    result = model.replace(s=model.spin)
    assert isinstance(result, Superconductor)
    k = np.random.default_rng(17).uniform(-2, 2, size=(4, model.dimension))
    H_k, spin = result.matrix("H", k, **parameters), result.matrix("s", k[0], **parameters)
    broken = float(np.abs(spin @ H_k - H_k @ spin).max())
    if broken > 1e-10 * (1 + float(np.abs(H_k).max())):
        raise ValueError(
            f"model: {model.name} does not conserve its spin (|[S_z, H]| = {broken:.2g}); a Zeeman gradient is then not a "
            "force with a definite value in each state, and the formula does not apply"
        )
    return result


def thermoelectric_current(
    model: Model, temperature: ArrayLike, *, domain: Domain | None = None, **options: Any
) -> Result:
    """alpha^{il}: the intrinsic conserved charge current along i per -d_lT, C (10), (11), for strongly type-II systems.

    alpha^{il} = int (-dg/dT) (Omega^{li} s_n + d_{k_l} d^i), s = sigma_z. Parts: "band" and "dipole".
    Component [i, l] = [flow, gradient], shape (*temperature, D, D).
    """
    model, T = require_superconductor(model), checked_temperature(temperature)
    settings, parameters = split(options)
    D = model.dimension
    pairs = [(i, l) for i in range(D) for l in range(D)]
    terms: Terms = [
        *((get("s_weighted_curvature").word(l, i), "entropy") for i, l in pairs),
        *((get("dipole_gradient").word(i, l), "entropy") for i, l in pairs),
    ]
    integral = sum_over_states(model, terms, T, domain, parameters, **settings)
    columns = list(range(2 * D * D))
    named = {"band": columns[: D * D], "dipole": columns[D * D :], "total": columns}
    return finished(
        "thermoelectric_current", model, integral, grouped(integral, named, (D, D)), "total", T, parameters,
        sums="band + dipole = total", form=SEA, indices=("i", "l"), kind="thermoelectric",
        convention="[i, l]: charge current along i per -d_lT, e = hbar = k_B = 1", unit="e k_B / (hbar length^(D-2))",
    )  # fmt: skip
