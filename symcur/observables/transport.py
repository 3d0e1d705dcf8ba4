"""Intrinsic transport of the conserved current: sigma^{ils} and alpha^{ils}, Eqs. (10)-(12) of B and C.

Component [i, l] is flow along i, field along l. The current is J^i = sigma^{il} (E_l - d_l mu/e) - alpha^{il} d_l T with
e = hbar = k_B = 1; it is the response to a uniform field (q -> 0 first) of a clean system.

Three forms of the same integral. The sum over occupied states of the printed integrand ("sea") does not converge
absolutely where bands touch: d_l d^{is} grows like 1/k^2 there, and delta functions at the touching are left out. With the
identity

    Omega^{li} s_n + d_l d^{is} = bar-Omega^{lis} + (d_l d^{is} + d_i d^{ls})/2,

bar-Omega the symmetrized curvature, and an integration by parts of the dipoles,

    sigma^{ils} = int f bar-Omega^{lis} + int (-df/de) (v_l d^{is} + v_i d^{ls})/2,

whose integrand is integrable at touchings. It equals the other forms where no bands touch and is the limit of lifting the
touching infinitesimally where they do ("regular", the default). The antisymmetric part of sigma is a sum over the sea, the
symmetric part lives on the Fermi surface. Where states at the cutoff of a continuum model are occupied, the integration by
parts leaves boundary terms: the regular form is not defined there and is refused.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from symcur.model import Model
from symcur.observables.assemble import assemble
from symcur.observables.result import Result
from symcur.observables.sums import Parts, Term

CONVENTION = "[i, l] = [flow, field], uniform field"
SUMS = "conventional + torque = intrinsic = band + dipole"
FORMS = {
    "regular": "regular form: symmetrized curvature over the Fermi sea, dipoles on the Fermi surface; touchings lifted",
    "sea": "Fermi sea: every part is a sum over occupied states; delta functions at touchings left out",
    "surface": "Fermi surface for the dipole part, Fermi sea for the others; delta functions at touchings left out",
}
SURFACE = {"f": "-df/de", "entropy": "df/dT"}  # minus the derivative of each weight by energy


def intrinsic_parts(weight: str, form: str) -> Parts:
    """The parts of sigma (weight "f") or alpha (weight "entropy") in one of the three forms."""
    if form not in FORMS:
        raise ValueError(f"form: {form!r} came; valid are {', '.join(map(repr, FORMS))}")
    conventional = Term("s_berry_curvature", weight).T
    curvature = Term("s_weighted_curvature", weight).T
    surface = Term("s_dipole", SURFACE[weight], times_velocity=True)
    band, dipole = [curvature], [surface]
    if form == "regular":
        band = [Term("symmetrized_curvature", weight).T, surface.T * 0.5, surface * -0.5]
    if form == "sea":
        dipole = [Term("dipole_gradient", weight)]
    intrinsic = [*band, *dipole]
    torque = [Term("torque_polarizability", weight)] if form == "sea" else [*intrinsic, conventional * -1.0]
    return {"conventional": [conventional], "torque": torque, "band": band, "dipole": dipole, "intrinsic": intrinsic}


def conductivity(
    model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, *, form: str = "regular", **options: Any
) -> Result:
    """The intrinsic conserved conductivity sigma^{ils} = int f (Omega^{li} s + d_{k_l} d^{is}), B (11).

    ``mu`` and ``temperature`` are numbers or arrays; a scan costs one sweep over k, and the result has the shape
    (*mu, *temperature, D, D). ``parts`` holds the conventional and the torque part beside the band and the dipole part.
    ``form`` is "regular", "sea" or "surface" (see the module): they agree where no bands touch and no cutoff is met.
    In "sea" the torque part is its own sum, int f chi; in the others it is what the conventional part leaves of the total.

    Options: rtol (1e-6, relative to the integral of the absolute value of the integrand), atol, method ("auto",
    "trapezoid", "patches"), cutoff (continuum), workers, progress, max_evaluations, and the model's parameters by name.
    Units: s e / (hbar length^(D-2)) with e = hbar = 1; see Result.convert.
    """
    parts = intrinsic_parts("f", form)
    labels = {"sums": SUMS, "form": FORMS[form], "convention": CONVENTION, "indices": ("i", "l")}
    unit = {"kind": "conductivity", "unit": "e s / (hbar length^(D-2))"}
    return assemble(
        "conductivity", model, parts, "intrinsic", mu, temperature, options, form == "regular", **labels, **unit
    )


def thermoelectric(
    model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, *, form: str = "regular", **options: Any
) -> Result:
    """alpha^{ils} = int (-dg/dT) (Omega^{li} s + d_{k_l} d^{is}), B (11): the s Nernst response, entropy form.

    -dg/dT >= 0 is the entropy of a state. alpha vanishes at T = 0; alpha/T has a limit. Arguments as for conductivity.
    """
    parts = intrinsic_parts("entropy", form)
    convention = "[i, l] = [flow, temperature gradient], J = -alpha grad T"
    labels = {"sums": SUMS, "form": FORMS[form], "convention": convention, "indices": ("i", "l")}
    unit = {"kind": "thermoelectric", "unit": "k_B s / (hbar length^(D-2))"}
    return assemble(
        "thermoelectric", model, parts, "intrinsic", mu, temperature, options, form == "regular", **labels, **unit
    )


def hall_conductivity(
    model: Model, mu: ArrayLike = 0.0, temperature: ArrayLike = 0.0, *, form: str = "regular", **options: Any
) -> Result:
    """The band part int f Omega^{li} s alone, [i, l]; in an insulator it is all of sigma.

    sigma_H = -e int Omega s of Eq. (12) is the pseudovector with J = E x sigma_H; here [i, l] = -eps_{ilk} sigma_H,k.
    """
    band = intrinsic_parts("f", form)["band"]
    labels = {"sums": "", "form": FORMS[form], "convention": CONVENTION, "indices": ("i", "l")}
    unit = {"kind": "conductivity", "unit": "e s / (hbar length^(D-2))"}
    return assemble(
        "hall_conductivity",
        model,
        {"band": band},
        "band",
        mu,
        temperature,
        options,
        form == "regular",
        **labels,
        **unit,
    )
