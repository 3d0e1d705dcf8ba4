"""Claims on bosons: magnons, phonons and their hybrids, to which B and C say that the theory is to be generalized.

H = (1/2) sum_k Psi^+ H(k) Psi with [Psi_a, Psi_b^+] = g_ab: every operator X is read as g X, f as the Bose function n at energies of
both signs, g as G = T ln|1 - exp(-E/T)|, and sums over all states are halved. The checks are in ``boson_checks``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from symcur.arrays import Array
from symcur.band_structures.band_structure import BOSE
from symcur.bosons import square_phonons
from symcur.brillouin.occupation import OCCUPATIONS
from symcur.claims import boson_checks as checks
from symcur.claims.boson_words import check_words
from symcur.claims.claim import section
from symcur.claims.faults import (
    WITHOUT_DIPOLE,
    Fault,
    attribute,
    exchanged,
    formula,
    instead,
    occupied,
    of_term,
    opposite,
    times,
    together,
)
from symcur.eigenstates import Eigenstates
from symcur.observables import equilibrium_current, magnetization, thermoelectric

define = section("Bosons")
STABLE = "H(k) > 0 everywhere: the state is the ground state, and no mode costs no energy"
SYMMETRIC = "H(-k)^* = X H(k) X and s^* = X s X, X the exchange of what creates with what annihilates"
UNTOUCHED = "bands do not touch"


def outlook(where: str) -> dict[str, str]:
    """The place in B and C where they are to be generalized, and the formulas."""
    return {"B": f"outlook, {where}", "C": f"concluding remarks, {where}"}


# -- faults ------------------------------------------------------------------------------------------------------------
def _elements(change: Callable[[Eigenstates, Any], Any]) -> Fault:
    """``change(states, elements)`` for the elements of v_i and s between the para-unitary states."""
    return attribute(
        Eigenstates, "elements", lambda honest: lambda self, name, axes: change(self, honest(self, name, axes))
    )


def _same_norm(states: Eigenstates, elements: Any) -> Any:
    sign = np.sign(states.energies)
    return elements * (sign[..., :, None] == sign[..., None, :])


def _without_signs(states: Eigenstates, elements: Any) -> Any:
    return elements * np.sign(states.energies)[..., :, None]


def _without_norms(honest: Any) -> Any:
    def start(
        states: Eigenstates,
        model: Any,
        k: Array,
        tolerance: Any = None,
        *,
        known: Any = None,
        up_to_phases: bool = False,
    ) -> None:
        honest(states, model, k, tolerance, known=known, up_to_phases=up_to_phases)
        states.norms = None

    return start


def _without_zero_point(honest: Any) -> Any:
    def warm(x: Array, decay: Array, temperature: Array) -> Array:
        return np.asarray(np.sign(x) * honest(np.abs(x), decay, temperature))

    return warm


ONE_NORM = {"intermediate states of the other norm left out": _elements(_same_norm)}
UNSIGNED = {
    "t^+ X t for eta t^+ X t": together(_elements(_without_signs), attribute(Eigenstates, "__init__", _without_norms))
}
COUNTING: dict[str, Fault] = {
    "every boson counted at k and at -k": attribute(BOSE, "factor", lambda honest: Fraction(1)),
    "the zero point left out": attribute(OCCUPATIONS.get("n"), "warm", _without_zero_point),
}


# -- the rows of the ledger --------------------------------------------------------------------------------------------
define(
    "words-carry-over",
    outlook("all formulas"),
    "Identities and refutations hold for bosons with g X for every operator X; states of both norms are bands.",
    r"i\partial_t \Psi = gH\Psi:\quad \bar X = gX,\quad P_n = \eta_n t_n t_n^\dagger g,\quad S_n = \sum_{m \neq n}\frac{P_m}{E_n -"
    r" E_m},\quad X^\# = g X^\dagger g",
    recorded="confirmed",
    assumptions=(
        SYMMETRIC,
        STABLE,
        "proofs use P^2 = P, PS = 0, HP = eP, (e - H)S = 1 - P, cyclicity, and that an adjoint is a word reversed, which holds for X^#; "
        "a refuted identity of words is no identity of the algebra, of which Hermitian and g-Hermitian matrices are two real forms",
        "positivity is not carried over: the quantum metric of a boson may be negative, s_n may leave the spectrum of s",
    ),
    check=check_words,
    faults={
        **UNSIGNED,
        **ONE_NORM,
        "X for g X": attribute(
            Eigenstates,
            "elements",
            lambda honest: (
                lambda self, name, axes: (
                    self.left @ self.model.metric @ self.model.matrix(name, self.k, axes) @ self.vectors
                )
            ),
        ),
    },
)
define(
    "boson-number",
    outlook("above (1)"),
    "The density of s is half the sum over the states of both norms at energies of both signs: every boson once, with its zero point.",
    r"\langle s \rangle = \tfrac12\int \sum_n n(E_n)\, s_n = \int \sum_{\eta_n = 1} (n + \tfrac12)\, s_n = \partial_h \int \sum_{\eta_n = 1}"
    r" T\ln(1 - e^{-\omega_n/T}) + \tfrac12\omega_n,\quad H \to H + hs",
    recorded="confirmed",
    assumptions=(SYMMETRIC, STABLE),
    check=checks.check_number,
    faults={**COUNTING, "s_n with the opposite sign": opposite("s_expectation"), **UNSIGNED},
)
define(
    "boson-density",
    outlook("(1)-(3)"),
    "The densities of s, of the conventional current and of the torque, with n and G for f and g; the field is Luttinger's, H + "
    "(1/2){H, psi}, which moves J and tau too.",
    r"D^{lis} = \int n\, d^{lis}_n + G\, \Omega^{lis}_n,\quad Q^{il\tau} = \int n\, q^{il\tau}_n + G\, \chi^{il\tau}_n,\quad \int = \tfrac12"
    r" \int \frac{d^Dk}{(2\pi)^D} \sum_n;\qquad J^i_q/\psi_q = \int (n + En') J^i_n - i q_l \int \left[(n + En') d^{lis}_n + En\, \Omega^{lis}_n\right]",
    recorded="confirmed",
    assumptions=(
        SYMMETRIC,
        STABLE,
        "sums over both norms, halved: the zero point included (boson-number)",
        "of Q and chi the symmetric part, since a torque density tests no other",
        "D and Q belong to a varying temperature; a field on s, H - h(r)s, moves J at order q by another amount than d_h D",
    ),
    check=checks.check_density,
    faults={
        **ONE_NORM,
        "half of d^{lis}": formula("s_current_dipole", lambda honest, l, i: honest(l, i) / 2),
        "Omega^{lis} with the opposite sign": opposite("s_berry_curvature"),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "q without its factor 1/2": times("torque_quadrupole", 2),
        "chi with the sign of A": opposite("torque_polarizability"),
        "d^{is} with the opposite sign": opposite("s_dipole"),
    },
)
define(
    "boson-transport",
    outlook("(10), (11)"),
    "The conserved s Nernst response of bosons: the geometric terms of each band, weighted with the entropy of a boson.",
    r"\alpha^{ils} = \int \sum_{\eta_n = 1} c_1 (\Omega^{li}_n s_n + \partial_{k_l} d^{is}_n) = \int \sum_{\eta_n = 1} c_1 (\Omega^{lis}_n +"
    r" \chi^{il\tau}_n),\quad c_1 = (1 + n)\ln(1 + n) - n \ln n",
    recorded="confirmed",
    assumptions=(
        SYMMETRIC,
        STABLE,
        UNTOUCHED,
        "q -> 0 before the frequency, a clean crystal: the acceleration of the bosons is left out",
        "of chi the symmetric part; the antisymmetric one is a choice as for electrons (hall-part-freedom)",
    ),
    check=checks.check_transport,
    faults={
        **ONE_NORM,
        "the dipole with the opposite sign": of_term(thermoelectric, "dipole_gradient", -1.0),
        "the curvature dropped": of_term(thermoelectric, "s_weighted_curvature", 0.0),
        "Omega^{ils} for Omega^{lis}": exchanged("s_berry_curvature"),
        "chi with the sign of A": opposite("torque_polarizability"),
        "n for c_1": occupied("c_1", by="n"),
        "the entropy of electrons for c_1": occupied("c_1", by="entropy"),
    },
)
define(
    "boson-vanishing-flow",
    outlook("(4), (5)"),
    "The net current of bosons in equilibrium vanishes: the torque cancels the conventional one.",
    r"\tfrac12\int \sum_n n\, \mathbf J_n + n\, \mathbf d^\tau_n + G\, \mathbf\Omega^\tau_n = 0,\quad \mathbf d^\tau_n = \mathbf v_n s_n - \mathbf"
    r" J_n,\quad \mathbf\Omega^\tau_n = \partial_{\mathbf k} s_n",
    recorded="confirmed",
    assumptions=(SYMMETRIC, STABLE, "a periodic zone; for the bands of positive norm alone it vanishes too"),
    check=checks.check_vanishing_flow,
    faults={
        **ONE_NORM,
        "d^{i tau} with the opposite sign": opposite("torque_dipole"),
        "twice Omega^{i tau}": times("torque_berry_curvature", 2),
        "J of the conventional current dropped": of_term(equilibrium_current, "s_current", 0.0),
    },
)
define(
    "boson-circulation",
    outlook("(6)"),
    "The equilibrium current of bosons only circulates: that of the orbital magnetization, with the zero point.",
    r"\mathbf J + \mathbf J^\tau = \nabla \times \mathbf M,\quad M^{li} = \tfrac12\int \sum_n n\, m^{lis}_n + G\, \Omega^{li}_n s_n",
    recorded="confirmed",
    assumptions=(
        SYMMETRIC,
        STABLE,
        "the antisymmetric part of J^tau is not fixed by tau; it is taken from int n q + G chi",
    ),
    check=checks.check_circulating,
    faults={
        "d x v dropped from m^s": WITHOUT_DIPOLE,
        "Omega s with the opposite sign": of_term(magnetization, "s_weighted_curvature", -1.0),
        "chi with the sign of A": opposite("torque_polarizability"),
        **ONE_NORM,
    },
)
define(
    "one-boson-nulls",
    outlook("(8), (9)"),
    "One boson per cell with pairing is the paper's superconductor with rho > 1; without an odd part of its energy M, the conventional "
    "alpha and the Hall part of the conserved one vanish.",
    r"H_{11} = a(k),\ H_{12} = b(k),\ H_{22} = a(-k):\quad s_n = \rho = \frac{a}{\sqrt{a^2 - |b|^2}},\quad \mathbf d = \tfrac12"
    r"(\rho^2 - 1)\, \partial_{\mathbf k}\theta,\quad \Omega = -\tfrac12\, \partial_{\mathbf k}\rho \times \partial_{\mathbf k}\theta,\quad"
    r" \theta = \mathrm{arg} b",
    recorded="proved for a model",
    assumptions=(
        STABLE,
        "s the number of bosons; a the even part in rho",
        "the nulls for even a(k); an odd part moves the boson and gives M and a conventional alpha",
    ),
    check=checks.check_one_boson,
    faults={
        "d x v dropped": WITHOUT_DIPOLE,
        "d with the opposite sign": opposite("s_dipole"),
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "twice Omega s": times("s_weighted_curvature", 2),
        **UNSIGNED,
    },
)
define(
    "neel-conserved-limit",
    outlook("below (11)"),
    "For magnons of a collinear antiferromagnet the spin is conserved, and the conserved response is the conventional one.",
    r"[gs, gH] = 0 \;\Rightarrow\; \tau = \mathbf d = 0,\quad \alpha^{ils} = \int c_1\, \Omega^{lis} = \int c_1\, \Omega^{li} s_n",
    recorded="confirmed",
    assumptions=(
        "Neel order on the honeycomb lattice with Dzyaloshinskii-Moriya interaction; doubly degenerate E = e_0 + D_k, curvature without D",
        "the spin along the order, whose part linear in b vanishes",
    ),
    check=checks.check_neel,
    faults={
        "Omega^{lis} with the opposite sign": opposite("s_berry_curvature"),
        "twice Omega s": times("symmetrized_curvature", 2),
        **UNSIGNED,
        "n for c_1": occupied("c_1", by="n"),
        "every boson counted at k and at -k": COUNTING["every boson counted at k and at -k"],
    },
)
define(
    "canonical-phonon-null",
    outlook("(9), (11), [53]"),
    "For the canonical angular momentum u x p of phonons of a Bravais lattice in the plane the Hall part of the conserved response vanishes, "
    "band by band, by the relation of dipole and curvature in a superconductor; the conventional one does not, nor that of u x (p - Au).",
    r"s = \mathbf u \times \mathbf p:\quad \mathbf d_n = \tfrac12(1 - s_n^2)\, \partial_{\mathbf k}\theta,\quad \Omega_n = \tfrac12\,"
    r" \partial_{\mathbf k} s_n \times \partial_{\mathbf k}\theta \;\Rightarrow\; \Omega^{yx}_n s_n + \tfrac12(\partial_{k_y} d^{xs}_n -"
    r" \partial_{k_x} d^{ys}_n) = 0,\quad \theta = \mathrm{arg}(D_{xx} - D_{yy} + 2iD_{xy})",
    recorded="confirmed",
    assumptions=(
        "one atom per cell, motion in the plane, a Raman field H = (1/2)(p - Au)^2 + (1/2) u D(k) u",
        "a pinning frequency: without it alpha of phonons in the plane diverges with the logarithm of a cutoff",
        "the Hall part is the paper's, that of Q and chi of wave packets",
    ),
    check=checks.check_canonical,
    faults={
        "d with the opposite sign": opposite("s_dipole"),
        "Omega s with the opposite sign": opposite("s_weighted_curvature"),
        "d_i for d_l": exchanged("dipole_gradient"),
        **ONE_NORM,
        "kinetic for canonical": instead(
            square_phonons, lambda honest: lambda **how: honest(**how | {"angular_momentum": "kinetic"})
        ),
    },
)
