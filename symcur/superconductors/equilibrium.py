"""Equilibrium of a superconductor: the conventional quasiparticle current, and the orbital magnetization.

Both are sums over Bogoliubov states with mu = 0; the double counting of Nambu space is taken care of. The charge is
s = sigma_z with e = 1. ``temperature`` is a number or a 1D array (k_B = 1); a scan costs one sweep over k. Options: rtol
(1e-9, relative to the largest part of the integrand), atol, method, workers, max_evaluations as in
symcur.brillouin.integrate_bands. Parameters of the model are overridden by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symcur.brillouin import Domain
from symcur.brillouin.occupation import occupation
from symcur.eigenstates import Eigenstates
from symcur.model import Model
from symcur.observables.result import Result
from symcur.quantities import get
from symcur.superconductors.sums import (
    Terms,
    checked_temperature,
    finished,
    grouped,
    planes,
    require_superconductor,
    scalars,
    sum_over_states,
)
from symcur.words import Word, v_band

Array = NDArray[np.float64]

OPTIONS = frozenset({"rtol", "atol", "method", "workers", "progress", "max_evaluations"})
SEA = "sums over all Bogoliubov states, occupied with the Fermi function at mu = 0"


def split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(options of the integration, parameters of the model)"""
    chosen = {key: value for key, value in options.items() if key in OPTIONS}
    return chosen, {key: value for key, value in options.items() if key not in OPTIONS}


def conventional_current(
    model: Model, temperature: ArrayLike = 0.0, *, domain: Domain | None = None, **options: Any
) -> Result:
    """The net flow of the conventional quasiparticle current in uniform equilibrium, int f J^i, C above (7).

    It vanishes for bands even in k, and need not where time reversal and inversion are both broken. Parts:
    "conventional"; "backflow", the current int f d^{i tau} + g Omega^{i tau} of the source (the condensate); and
    "conserved", their sum, which vanishes (C Eq. (5)). Component [i], shape (*temperature, D).
    """
    model, T = require_superconductor(model), checked_temperature(temperature)
    settings, parameters = split(options)
    D = model.dimension
    sources = (("s_current", "f"), ("torque_dipole", "f"), ("torque_berry_curvature", "g"))
    terms: Terms = [(get(name).word(i), weight) for name, weight in sources for i in range(D)]
    integral = sum_over_states(model, terms, T, domain, parameters, **settings)
    columns = list(range(3 * D))
    parts = grouped(integral, {"conventional": columns[:D], "backflow": columns[D:], "conserved": columns}, (D,))
    return finished(
        "conventional_current", model, integral, parts, "conventional", T, parameters,
        sums="conventional + backflow = conserved = 0", form=SEA, convention="[i] = flow along i, e = hbar = k_B = 1",
        unit="e energy / (hbar length^(D-1))", indices=("i",), kind="current",
    )  # fmt: skip


def orbital_magnetization(
    model: Model, temperature: ArrayLike = 0.0, *, domain: Domain | None = None, **options: Any
) -> Result:
    """M = int (f m + e g rho Omega), C Eqs. (7), (8): the charge orbital magnetization of Bogoliubov quasiparticles.

    Parts: "rotation", the local circuit of the conventional current about the centre of the wave packet,
    (1/2) Re sum A x J; "dipole", the local circuit of a charge dipole that travels, (1/2) d x v; "global", the
    circuit of the packets' centres, e g rho Omega. Component z in 2D (then no component axis), or x, y, z in 3D.
    The theory is that of strongly type-II superconductors: no screening.
    """
    model, T = require_superconductor(model), checked_temperature(temperature)
    settings, parameters = split(options)
    integral = sum_over_states(model, _circuits(model), T, domain, parameters, **settings)
    n = len(planes(model))
    columns = list(range(3 * n))
    named = {
        "rotation": columns[:n],
        "dipole": columns[n : 2 * n],
        "local": columns[: 2 * n],
        "global": columns[2 * n :],
    }
    parts = grouped(integral, {**named, "total": columns}, () if n == 1 else (n,))
    return finished(
        "orbital_magnetization", model, integral, parts, "total", T, parameters,
        sums="rotation + dipole = local; local + global = total", form=SEA, indices=() if n == 1 else ("k",),
        convention="M^{li} = eps_{lik} M_k, current = curl M; 2D: M_z; e = hbar = k_B = 1",
        unit="e energy / (hbar length^(D-2))", kind="density",
    )  # fmt: skip


def magnetization_integrand(model: Model, k: ArrayLike, temperature: float, **parameters: Any) -> dict[str, Array]:
    """The integrand of ``orbital_magnetization`` at k of shape (..., 2), summed over bands: {part: array of shape (...)}.

    2D, temperature > 0; integrate d^2k/(2 pi)^2 for M.
    """
    model, points = require_superconductor(model), model.points(k)
    if model.dimension != 2 or not temperature > 0:
        raise ValueError(f"model: {model.dimension}D, temperature: {temperature!r} came; 2D and a number > 0 are valid")
    states = Eigenstates(model, points.reshape(-1, 2), **parameters)
    words, weights = zip(*_circuits(model), strict=True)
    f = np.stack([occupation(weight, states.energies, 0.0, temperature) for weight in weights], axis=-1)
    rotation, dipole, circuit = np.moveaxis(float(model.counting) * (f * scalars(states, words)).sum(axis=1), -1, 0)
    parts = {"rotation": rotation, "dipole": dipole, "local": rotation + dipole, "global": circuit}
    parts["total"] = parts["local"] + circuit
    return {name: part.reshape(points.shape[:-1]) for name, part in parts.items()}


def _circuits(model: Model) -> list[tuple[Word, str]]:
    """rotation, dipole and global terms, each for all components."""
    current, dipole = get("s_current_dipole").word, get("s_dipole").word
    pairs = planes(model)
    return [
        *(((current(l, i) - current(i, l)) / 2, "f") for l, i in pairs),
        *(((dipole(l) * v_band(i) - dipole(i) * v_band(l)) / 2, "f") for l, i in pairs),
        *((get("s_weighted_curvature").word(l, i), "g") for l, i in pairs),
    ]
