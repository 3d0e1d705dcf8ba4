"""Equilibrium: currents that cancel, the dipole and quadrupole densities, and the s orbital magnetization.

All take ``mu`` and ``temperature`` (numbers or arrays; a scan costs one sweep over k) and the options of ``conductivity``;
e = hbar = k_B = 1. Results have the shape (*mu, *temperature, components).
"""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from symcur.model import Model
from symcur.observables.assemble import assemble
from symcur.observables.result import Result
from symcur.observables.sums import Parts, Term

SEA = "Fermi sea: sums over occupied states"
DENSITY = "s energy / (hbar length^(D-2))"
CURRENT = "s energy / (hbar length^(D-1))"


def equilibrium_current(model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, **options: Any) -> Result:
    """The current of uniform equilibrium: conventional int f J^i, torque int f d^{i tau} + g Omega^{i tau}, and their sum.

    The total vanishes, Eq. (5) of B and C, in a periodic zone or where the integrand decays.
    """
    conventional = [Term("s_current", "f")]
    torque = [Term("torque_dipole", "f"), Term("torque_berry_curvature", "g")]
    parts: Parts = {"conventional": conventional, "torque": torque, "total": [*conventional, *torque]}
    labels = {"form": SEA, "indices": ("i",), "kind": "current", "unit": CURRENT, "convention": "[i] = flow along i"}
    sums = "conventional + torque = total"
    return assemble("equilibrium_current", model, parts, "total", mu, temperature, options, False, sums=sums, **labels)


def _density(
    name: str,
    model: Model,
    mu: ArrayLike,
    temperature: ArrayLike,
    options: dict[str, Any],
    parts: dict[str, list[Term]],
    by_parts: bool,
    **labels: Any,
) -> Result:
    """An observable of two parts, a moment and its Berry-phase partner."""
    sums = " + ".join(parts) + " = total"
    parts["total"] = [term for terms in parts.values() for term in terms]
    labels = {"form": SEA, "kind": "density", "unit": DENSITY} | labels
    return assemble(name, model, parts, "total", mu, temperature, options, by_parts, sums=sums, **labels)


def current_dipole_density(model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, **options: Any) -> Result:
    """D^{lis} = int f d^{lis} + g Omega^{lis}, C (1): [l, i] = [position, flow]. Not antisymmetric unless [s, H] = 0."""
    parts = {"moment": [Term("s_current_dipole", "f")], "berry": [Term("s_berry_curvature", "g")]}
    labels = {"indices": ("l", "i"), "convention": "[l, i] = [position, flow]"}
    return _density("current_dipole_density", model, mu, temperature, options, parts, False, **labels)


def torque_dipole_density(model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, **options: Any) -> Result:
    """D^{i tau} = int f d^{i tau} + g Omega^{i tau}, C (3)."""
    parts = {"moment": [Term("torque_dipole", "f")], "berry": [Term("torque_berry_curvature", "g")]}
    labels = {"indices": ("i",), "unit": CURRENT, "convention": "[i] = position"}
    return _density("torque_dipole_density", model, mu, temperature, options, parts, False, **labels)


def torque_quadrupole_density(
    model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, **options: Any
) -> Result:
    """Q^{il tau} = int f q^{il} + g chi^{il}, C (3), with the sign of chi of B and C. Only its symmetric part acts."""
    parts = {"moment": [Term("torque_quadrupole", "f")], "polarizability": [Term("torque_polarizability", "g")]}
    labels = {"indices": ("i", "l"), "convention": "[i, l], tau = -d_i D^i + d_i d_l Q^il"}
    return _density("torque_quadrupole_density", model, mu, temperature, options, parts, False, **labels)


def _magnetization_parts(f: str, g: str, sign: float, form: str) -> dict[str, list[Term]]:
    """int f m + g Omega s; in the regular form Omega s is symmetrized, by parts of g (d_i d^{ls} - d_l d^{is})/2."""
    moment, berry = [Term("orbital_moment", f)], [Term("s_weighted_curvature", g) * sign]
    if form == "regular":
        carried = Term("s_dipole", f, times_velocity=True)  # [i, l] = d^{is} v_l
        berry = [Term("symmetrized_curvature", g) * sign, carried * -0.5, carried.T * 0.5]
    elif form == "regular":
        raise ValueError(f"form: {form!r} came; valid are 'regular' and 'sea'")
    return {"moment": moment, "berry": berry}


def magnetization(
    model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, *, form: str = "regular", **options: Any
) -> Result:
    """The s orbital magnetization M^{li} = int f m^{lis} + g Omega^{li} s = eps_{lik} M_k, A (13), B and C (6).

    [l, i] is antisymmetric; in 2D M_z = M^{xy}; in 1D there is no M and the result is 0. For s = 1 it is the charge
    orbital magnetization per unit charge. M^s is defined up to a gradient (C [34]). The regular form weighs the curvature
    with s of both bands and moves the rest to the dipole by parts, so that it holds where bands touch.
    """
    labels = {"indices": ("l", "i"), "convention": "[l, i] = eps_{lik} M_k (2D: M_z = [x, y])"}
    parts = _magnetization_parts("f", "g", 1.0, form)
    return _density("magnetization", model, mu, temperature, options, parts, form == "regular", **labels)


def magnetization_slope(
    model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, *, form: str = "regular", **options: Any
) -> Result:
    """dM^{li}/dmu = int (-df/de) m^{lis} - f Omega^{li} s, by differentiating under the integral.

    With mu in a gap and T -> 0 the surface part vanishes and what is left is sigma_H: e dM/dmu = sigma_H, C (12).
    """
    labels = {
        "indices": ("l", "i"),
        "kind": "conductivity",
        "unit": "e s / (hbar length^(D-2))",
        "form": "Fermi surface for the moment, Fermi sea for the curvature",
        "convention": "[l, i] = eps_{lik} dM_k/dmu",
    }
    parts = _magnetization_parts("-df/de", "f", -1.0, form)
    return _density("magnetization_slope", model, mu, temperature, options, parts, form == "regular", **labels)
