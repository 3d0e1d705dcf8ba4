"""Equilibrium: currents that cancel, the dipole and quadrupole densities, and the s orbital magnetization."""

from __future__ import annotations

from symcur.expressions import v_band
from symcur.observables.engine import Parts, Term
from symcur.observables.hall import magnetization_choices
from symcur.observables.observable import Form, define
from symcur.quantities import Quantity, get

SEA = "Fermi sea: sums over occupied states"
REGULAR = "regular form: Fermi sea, the curvature weighted with s of both bands of a pair and dipoles moved by parts; touchings lifted"


def _sea(**parts: list[Term]) -> dict[str, Form]:
    """Parts that add up to the total."""
    return {"sea": Form(SEA, {**parts, "total": [term for terms in parts.values() for term in terms]})}


equilibrium_current = define(
    "equilibrium_current",
    "the net current of uniform equilibrium: the conventional one, that of the torque, and their sum, which vanishes",
    r"\mathcal J^{i}_{\mathrm{un}}",
    r"\int f J^{is} + \int (f d^{i\tau} + g\,\Omega^{i\tau}) = 0",
    ("i",),
    "[i] = flow along i",
    "current",
    _sea(
        conventional=[Term("s_current", "f")],
        torque=[Term("torque_dipole", "f"), Term("torque_berry_curvature", "g")],
    ),
    sums="conventional + torque = total",
    where={"A": "below (11)", "B": "(5)", "C": "(5)"},
)
current_dipole_density = define(
    "current_dipole_density",
    "the dipole density of the conventional current; not antisymmetric unless [s, H] = 0",
    r"D^{lis}",
    r"\int f d^{lis} + g\,\Omega^{lis}",
    ("l", "i"),
    "[l, i] = [position, flow]",
    "density",
    _sea(moment=[Term("s_current_dipole", "f")], berry=[Term("s_berry_curvature", "g")]),
    sums="moment + berry = total",
    where={"A": "(4)", "B": "(1)", "C": "(1)"},
)
torque_dipole_density = define(
    "torque_dipole_density",
    "the dipole density of the torque",
    r"D^{i\tau}",
    r"\int f d^{i\tau} + g\,\Omega^{i\tau}",
    ("i",),
    "[i] = position",
    "current",
    _sea(moment=[Term("torque_dipole", "f")], berry=[Term("torque_berry_curvature", "g")]),
    sums="moment + berry = total",
    where={"A": "(5), (6)", "B": "(3)", "C": "(3)"},
)
torque_quadrupole_density = define(
    "torque_quadrupole_density",
    "the quadrupole density of the torque, chi with the sign of B and C; only its symmetric part acts",
    r"Q^{il\tau}",
    r"\int f q^{il\tau} + g\,\chi^{il\tau}",
    ("i", "l"),
    "[i, l], tau = -d_i D^i + d_i d_l Q^il",
    "density",
    _sea(moment=[Term("torque_quadrupole", "f")], polarizability=[Term("torque_polarizability", "g")]),
    sums="moment + polarizability = total",
    where={"A": "(5), (7)", "B": "(3)", "C": "(3)"},
)

# The two circuits of the orbital moment, C (8): the conventional current turns about the centre of the packet, and a dipole
# of s travels.
_current, _dipole = get("s_current_dipole"), get("s_dipole")
rotation = Quantity(
    "rotation",
    ("l", "i"),
    lambda l, i: (_current.named(l, i) - _current.named(i, l)) / 2,
    r"m_{\mathrm{rot}}^{<l><i>s}",
    "s x velocity x length",
    "local circuit of the conventional current about the centre of the wave packet",
)
travelling_dipole = Quantity(
    "travelling_dipole",
    ("l", "i"),
    lambda l, i: (v_band(i) * _dipole.named(l) - v_band(l) * _dipole.named(i)) / 2,
    r"m_{\mathrm{dip}}^{<l><i>s}",
    "s x velocity x length",
    "local circuit of an s dipole that travels with the band velocity, (1/2) d x v",
)


def _magnetization(f: str, g: str, sign: float) -> dict[str, Form]:
    """int f m + g Omega s; in the regular form Omega s is symmetrized, by parts of g (d_i d^{ls} - d_l d^{is})/2."""
    carried = Term("s_dipole", f, times_velocity=True)  # [i, l] = d^{is} v_l
    local = {"rotation": [Term(rotation, f)], "dipole": [Term(travelling_dipole, f)]}
    moment = [*local["rotation"], *local["dipole"]]

    def form(text: str, berry: list[Term], by_parts: bool = False) -> Form:
        parts: Parts = {**local, "moment": moment, "berry": berry, "total": [*moment, *berry]}
        return Form(text, parts, by_parts, magnetization_choices(f, g, sign, parts))

    regular = [Term("symmetrized_curvature", g) * sign, carried * -0.5, carried.T * 0.5]
    return {
        "regular": form(REGULAR, regular, by_parts=True),
        "sea": form(f"{SEA}; delta functions at touchings left out", [Term("s_weighted_curvature", g) * sign]),
    }


magnetization = define(
    "magnetization",
    "the s orbital magnetization, defined up to a gradient; for s = 1 that of the charge, per unit charge",
    r"M^{li}",
    r"\int f\, m^{lis} + \int g\,\Omega^{li} s_n",
    ("l", "i"),
    "[l, i] = eps_{lik} M_k (2D: M_z = [x, y]; 1D: none)",
    "density",
    _magnetization("f", "g", 1.0),
    sums="rotation + dipole = moment; moment + berry = total",
    where={"A": "(13)", "B": "(6)-(8)", "C": "(6)-(8)"},
    hall_term=Term("symmetrized_curvature", "g"),
)
magnetization_slope = define(
    "magnetization_slope",
    "the derivative of the magnetization by mu, under the integral; with mu in a gap e dM/dmu = sigma_H",
    r"\partial_\mu M^{li}",
    r"\int (-\partial_\varepsilon f)\, m^{lis} - \int f\,\Omega^{li} s_n",
    ("l", "i"),
    "[l, i] = eps_{lik} dM_k/dmu",
    "conductivity",
    _magnetization("-df/de", "f", -1.0),
    sums="rotation + dipole = moment; moment + berry = total",
    where={"A": "(17)", "B": "(12)", "C": "(12)"},
    hall_term=Term("symmetrized_curvature", "f") * -1.0,
)
