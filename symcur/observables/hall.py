"""The antisymmetric (Hall) part of the conserved response: what the torque leaves free, and five ways to fix it.

A torque density determines J^tau up to a curl, so only the symmetric part of sigma^{ils} is fixed by it. With [i, l] = [flow,
field], A^{il} = (d_l d^{is} - d_i d^{ls})/2, and v_h = -s the velocity of a field h, H -> H - h s, sigma^{[i,l]s} is

paper                  int f bar-Omega^{lis}, that of Q and chi of wave packets: A (15), C (11)
symmetric_quadrupole   int f (Omega^{lis} - Omega^{ils})/2, that of the conventional current: Q and chi symmetric
transverse             int f (W^{il} - A^{il}), the answer to a field perpendicular to q, q -> 0 before omega -> 0
static                 int f (W^{il} - 2 A^{il}) + int (-df/de) m^{il} s = ds/dB = dM_orb/dh: omega -> 0 before q -> 0
filled_multiplet       sum_n (f_n - f_{n+1}) Tr[s Omega^{li}_P], P the projector onto the bands up to n

W is ``quantities.field.faraday_curvature``. The first depends on the eigenbasis inside the filled states: a completely filled
lattice answers, and the value jumps where degenerate filled bands split. In a gap "transverse" and "static" coincide. Where
[s, H] = 0 all agree but the static one, which holds int (-df/de) m s, an equilibrium property, in metals.
alpha has the entropy of the states for f. M follows from sigma^{il} = dM^{il}/dmu in a gap, for "static" at any mu and T.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from symcur.band_structures import BandStructure
from symcur.observables.engine import Parts, Term
from symcur.quantities.field import filled_curvature

PAPER, ALL = "paper", "all"
CHOICES = {
    PAPER: "that of the moments Q and chi of wave packets, A (15), C (11)",
    "symmetric_quadrupole": "Q and chi symmetric: the Hall part of the conventional current",
    "transverse": "the answer to a transverse field, q -> 0 before omega -> 0, J^tau from continuity",
    "static": "omega -> 0 before q -> 0: ds/dB = dM_orb/dh",
    "filled_multiplet": "the filled bands as one multiplet, Tr[s Omega_P]",
}
FARADAY = ("transverse", "static")  # those that a changing magnetic field drives
NOT_DERIVED = "it is derived for electrons, whose charge the field accelerates"
ALL_AGREE = "[s, H] = 0: every choice of the Hall part gives the same, but static in a metal"
ALL_SUMS = "each part but the first is a total: conventional + torque with this choice; their symmetric parts agree"


@dataclass(frozen=True)
class Choice:
    """The parts of an observable with one choice of its Hall part, which of them is the value, and what adds up to what."""

    parts: Parts
    total: str
    sums: str

    def without(self, names: Sequence[str]) -> Choice:
        """The same with these parts left out."""
        return replace(self, parts={name: terms for name, terms in self.parts.items() if name not in names})


def symmetric(terms: Sequence[Term]) -> list[Term]:
    return [half for term in terms for half in (term * 0.5, term.T * 0.5)]


def antisymmetric(terms: Sequence[Term]) -> list[Term]:
    return [half for term in terms for half in (term * 0.5, term.T * -0.5)]


def conductivity_choices(
    weight: str, surface: str, conventional: Term, dipole: Sequence[Term], paper: Sequence[Term]
) -> dict[str, Choice | str]:
    """sigma or alpha with every choice but the paper's, and with all side by side.

    ``surface`` is minus the derivative of the weight by energy, ``dipole`` [i, l] the terms of int f d_l d^{is} in this form,
    ``paper`` those of the paper's total.
    """
    A, W = antisymmetric(dipole), Term("faraday_curvature", weight)
    hall: dict[str, list[Term]] = {
        "symmetric_quadrupole": antisymmetric([conventional]),
        "transverse": [W, *_times(A, -1.0)],
        "static": [W, *_times(A, -2.0), Term("s_weighted_moment", surface)],
        "filled_multiplet": [Term(filled_curvature, weight).T],
    }
    even = symmetric(dipole)
    total = {name: [*even, *odd] for name, odd in hall.items()}
    choices: dict[str, Choice | str] = {
        name: Choice(
            {
                "conventional": [conventional],
                "torque": [*total[name], conventional * -1.0],
                "symmetric": even,
                "hall": odd,
                "intrinsic": total[name],
            },
            "intrinsic",
            "conventional + torque = intrinsic = symmetric + hall",
        )
        for name, odd in hall.items()
    }
    side_by_side = {"conventional": [conventional], PAPER: list(paper), **total}
    return {**choices, ALL: Choice(side_by_side, PAPER, ALL_SUMS)}


def hall_choices(paper: Sequence[Term], choices: Mapping[str, Choice | str]) -> dict[str, Choice | str]:
    """The Hall part alone, with each of these choices of sigma, and with all side by side."""
    found = {
        name: choice.parts["hall"] for name, choice in choices.items() if isinstance(choice, Choice) and name != ALL
    }
    alone: dict[str, Choice | str] = {name: Choice({"hall": terms}, "hall", "") for name, terms in found.items()}
    return {**alone, ALL: Choice({PAPER: paper, **found}, PAPER, "")}


def magnetization_choices(f: str, g: str, sign: float, paper: Parts) -> dict[str, Choice | str]:
    """The same for M^{li}: weights of m and of the curvature, the sign of the latter, the paper's parts.

    With sigma^{il} = dM^{il}/dmu the static one is M^{li} = int f m^{li} s - int f (v_i d^{ls} - v_l d^{is}) - int g W^{li}.
    """
    carried, berry = Term("s_dipole", f, times_velocity=True), Term("s_berry_curvature", g) * sign
    weighted, W, filled = (
        Term("s_weighted_moment", f),
        Term("faraday_curvature", g) * -sign,
        Term(filled_curvature, g) * sign,
    )
    choices = {
        "symmetric_quadrupole": _added(rotation=paper["rotation"], berry=antisymmetric([berry])),
        "static": _added(moment=[weighted], dipole=[carried * -1.0, carried.T], berry=[W]),
        "filled_multiplet": _added(rotation=paper["rotation"], dipole=paper["dipole"], berry=[filled]),
    }
    side_by_side = {PAPER: paper["total"]} | {name: choice.parts["total"] for name, choice in choices.items()}
    none = "it is the answer to a changing field and no slope of a magnetization; in a gap it equals the static one"
    return {**choices, "transverse": none, ALL: Choice(side_by_side, PAPER, "each part is a total")}


def _added(**parts: Sequence[Term]) -> Choice:
    """Parts that add up to the total."""
    total = [term for terms in parts.values() for term in terms]
    return Choice({**parts, "total": total}, "total", f"{' + '.join(parts)} = total")


def _times(terms: Sequence[Term], factor: float) -> list[Term]:
    return [term * factor for term in terms]


def names(hall: str) -> tuple[str, ...]:
    """The choices that were asked for, "paper, filled_multiplet" as two of them."""
    return tuple(name.strip() for name in hall.split(",")) if isinstance(hall, str) else (hall,)


def beside(first: Choice, others: Mapping[str, Choice]) -> Choice:
    """The parts of a choice, and the totals with other ones beside them."""
    totals = {name: other.parts[other.total] for name, other in others.items()}
    if not totals:
        return first
    text = f"{' and '.join(totals)}: the total with {'that choice' if len(totals) == 1 else 'each'} of the Hall part"
    return replace(first, parts={**first.parts, **totals}, sums=f"{first.sums}; {text}" if first.sums else text)


# -- what a choice needs -------------------------------------------------------------------------------------------------
def chosen(choices: Mapping[str, Choice | str], hall: str, name: str, model: BandStructure) -> Choice:
    """The choice ``hall`` of an observable called ``name``; refused, with the reason, where it has no meaning."""
    if not choices:
        raise ValueError(f"hall: expected '{PAPER}' for {name}, which has no other choice of a Hall part, got {hall!r}")
    if not isinstance(hall, str) or hall not in choices:
        raise ValueError(f"hall: expected one of {', '.join(CHOICES)} or {ALL}, got {hall!r}")
    if model.dimension == 1:
        raise ValueError(f"hall: expected '{PAPER}' in one dimension, where nothing flows sideways, got {hall!r}")
    found = choices[hall]
    if isinstance(found, str):
        raise ValueError(f"hall: expected another choice for {name}, got {hall!r}: {found}")
    if not model.statistics.fixed_mu:
        return found
    if hall in FARADAY:
        raise ValueError(f"hall: expected another choice for {model.name}, got {hall!r}: {NOT_DERIVED}")
    return found.without(FARADAY)


def hall_text(hall: str) -> str:
    """A choice, or several, in words, for results, tables and files."""
    return "all choices side by side" if hall == ALL else "; ".join(f"{one}: {CHOICES[one]}" for one in names(hall))


def is_conserved(model: BandStructure) -> bool:
    """Whether [s, H(k)] = 0 to rounding at a few momenta."""
    k = np.random.default_rng(37).uniform(-2, 2, size=(4, model.dimension))
    H, s = model.matrix("H", k), model.matrix("s", k)
    g = model.metric
    return bool(np.abs(s @ g @ H - H @ g @ s).max() <= 1e-12 * np.abs(s).max() * np.abs(H).max())


def is_charge(model: BandStructure) -> bool:
    """Whether s is the charge in units of that of the carriers, at a few momenta: 1, of holes in Nambu space -1; bosons have none."""
    if model.bosons is not None:
        return False
    k = np.random.default_rng(41).uniform(-2, 2, size=(4, model.dimension))
    s = model.matrix("s", k)
    signs = np.ones(s.shape[-1])
    if model.statistics.fixed_mu:
        signs[len(signs) // 2 :] = -1
    return bool(np.abs(s - np.diag(signs)).max() <= 1e-12)
