"""Intrinsic transport of the conserved current: sigma^{ils} and alpha^{ils}, Eqs. (10)-(12) of B and C.

Component [i, l] is flow along i, field along l. The current is J^i = sigma^{il} (E_l - d_l mu/e) - alpha^{il} d_l T with
e = hbar = k_B = 1, of a clean system, q -> 0 before omega -> 0. The symmetric part is what any torque density gives; the
antisymmetric one depends on a choice, see ``observables.hall``. What follows is the paper's.

Three forms of the same integral. The sum over occupied states of the printed integrand ("sea") does not converge
absolutely where bands touch: d_l d^{is} grows like 1/k^2 there, and delta functions at the touching are left out. With the
identity

    Omega^{li} s_n + d_l d^{is} = bar-Omega^{lis} + (d_l d^{is} + d_i d^{ls})/2,

bar-Omega the symmetrized curvature, and an integration by parts of the dipoles,

    sigma^{ils} = int f bar-Omega^{lis} + int (-df/de) (v_l d^{is} + v_i d^{ls})/2,

whose integrand is integrable at touchings. It equals the other forms where no bands touch and is the limit of lifting the
touching infinitesimally where they do ("regular", the default). The antisymmetric part of sigma is a sum over the sea, the
symmetric part lives on the Fermi surface. Where states at the cutoff of a continuum model are occupied, the integration by
parts leaves boundary terms: the regular form is not defined there and is refused. In "sea" the torque part is its own sum,
int f chi; in the others it is what the conventional part leaves of the total.
"""

from __future__ import annotations

from symcur.observables.engine import Term
from symcur.observables.hall import Choice, conductivity_choices, hall_choices
from symcur.observables.levels import conductivity_levels
from symcur.observables.observable import Form, define

FLOW_FIELD = "[i, l] = [flow, field]"
SUMS = "conventional + torque = intrinsic = band + dipole"
TEXTS = {
    "regular": "regular form: symmetrized curvature over the Fermi sea, dipoles on the Fermi surface; touchings lifted",
    "sea": "Fermi sea: every part is a sum over occupied states; delta functions at touchings left out",
    "surface": "Fermi surface for the dipole part, Fermi sea for the others; delta functions at touchings left out",
}
SURFACE = {"f": "-df/de", "entropy": "df/dT"}  # minus the derivative of each weight by energy


def _intrinsic(weight: str) -> dict[str, Form]:
    """The forms of sigma (weight "f") or alpha (weight "entropy")."""
    conventional, curvature = Term("s_berry_curvature", weight).T, Term("s_weighted_curvature", weight).T
    surface = Term("s_dipole", SURFACE[weight], times_velocity=True)
    forms = {}
    for form, band, dipole in (
        ("regular", [Term("symmetrized_curvature", weight).T, surface.T * 0.5, surface * -0.5], [surface]),
        ("sea", [curvature], [Term("dipole_gradient", weight)]),
        ("surface", [curvature], [surface]),
    ):
        total = [*band, *dipole]
        torque = [Term("torque_polarizability", weight)] if form == "sea" else [*total, conventional * -1.0]
        parts = {"conventional": [conventional], "torque": torque, "band": band, "dipole": dipole, "intrinsic": total}
        choices = conductivity_choices(weight, SURFACE[weight], conventional, dipole, total)
        levels = conductivity_levels(weight, SURFACE[weight], parts) if form == "regular" else {}
        forms[form] = Form(TEXTS[form], parts, by_parts=form == "regular", choices=choices, levels=levels)
    return forms


conductivity = define(
    "conductivity",
    "the intrinsic conserved conductivity, conventional and torque part side by side",
    r"\sigma^{ils}",
    r"\int f\,\Omega^{lis} + \int f\,\chi^{il\tau} = \int f\,\Omega^{li} s_n + \int f\,\partial_{k_l} d^{is}",
    ("i", "l"),
    FLOW_FIELD,
    "conductivity",
    _intrinsic("f"),
    total="intrinsic",
    sums=SUMS,
    where={"A": "(14), (15)", "B": "(10), (11)", "C": "(10), (11)"},
    hall_term=Term("symmetrized_curvature", "f").T,
)
thermoelectric = define(
    "thermoelectric",
    "the intrinsic conserved s Nernst response, weighted with the entropy of each state; alpha/T has a limit at T = 0",
    r"\alpha^{ils}",
    r"-\int \partial_T g\,(\Omega^{li} s_n + \partial_{k_l} d^{is})",
    ("i", "l"),
    "[i, l] = [flow, temperature gradient], J = -alpha grad T",
    "thermoelectric",
    _intrinsic("entropy"),
    total="intrinsic",
    sums=SUMS,
    where={"A": "(14), (15)", "B": "(10), (11)", "C": "(10), (11)"},
    hall_term=Term("symmetrized_curvature", "entropy").T,
)
hall_conductivity = define(
    "hall_conductivity",
    "the band part of the conductivity alone, or its Hall part by another choice; in an insulator it is all of it",
    r"\sigma^{[i,l]s}",
    r"\int f\,\Omega^{li} s_n",
    ("i", "l"),
    f"{FLOW_FIELD}; with J = E x sigma_H it is eps_(ilk) sigma_H,k",
    "conductivity",
    {
        name: Form(
            form.text,
            {"band": form.parts["band"]},
            form.by_parts,
            hall_choices(form.parts["band"], form.choices),
            {name: Choice({"band": found.parts["band"]}, "band", "") for name, found in form.levels.items()},
        )
        for name, form in conductivity.forms.items()
    },
    total="band",
    where={"A": "(16)", "B": "(12)", "C": "(12)"},
    hall_term=Term("symmetrized_curvature", "f").T,
)
