"""Claims on twisted bilayers, whose layer pseudospin is not conserved: what symmetry forbids, exact response, electrons and holes.

Sums over the moire zone are compared at momenta that a symmetry maps onto each other, where they hold for any number of plane waves.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from symcur import linear_response
from symcur.arrays import Array
from symcur.band_structures import BandStructure, PlaneWaveModel
from symcur.brillouin.occupation import occupation
from symcur.claims.claim import CheckResult, section
from symcur.claims.comparison import Pair, Summand, Zone, agreement, antisymmetric
from symcur.claims.faults import attribute, formula, instead, opposite, times
from symcur.claims.notation import PERIODIC, Omega_lis, Omega_weighted
from symcur.eigenstates import evaluate
from symcur.expressions import v_band
from symcur.models import twisted_bilayer_graphene, twisted_dichalcogenide
from symcur.quantities import get

define = section("Twisted bilayers")
_OUTLOOK = {"B": "concluding remarks", "C": "concluding remarks"}
MU, TEMPERATURE, WIDE = 5.0, 6.0, 3**0.5  # meV; 12 plane waves in each layer
OFF_MIRRORS = (0.3, 0.1)  # of a mesh none of whose points lie where close bands of high energy cross
STEEP: dict[str, float] = {"theta": 5.0, "reach": WIDE}  # bands as wide as need few plane waves


def holes(**values: float | str) -> PlaneWaveModel:
    """Holes of twisted MoTe2, 4 degrees, 20 meV between the layers, six plane waves in each; other values by keyword."""
    made = twisted_dichalcogenide(**{"theta": 4.0, "displacement": 20.0, "reach": 1.0, **values}).made
    assert isinstance(made, PlaneWaveModel)
    return made


def summed(model: BandStructure, quantity: Summand, k: Array, mu: float = MU, weight: str = "f") -> Array:
    """The mean over momenta k of the sum over bands of weight x quantity, per area of the cell."""
    cell = model.lattice_cell("a sum over its zone")
    filled = occupation(weight, model.energies(k), mu, TEMPERATURE)
    return np.tensordot(filled, evaluate(model, quantity, k).real, axes=2) / (len(k) * cell.volume)


def layer_conductivity(model: BandStructure, k: Array, mu: float = MU) -> tuple[Array, Array]:
    """The conventional and the conserved conductivity [i, l] at momenta k."""
    conserved = summed(model, "s_weighted_curvature", k, mu).T + summed(model, "dipole_gradient", k, mu)
    return summed(model, "s_berry_curvature", k, mu).T, conserved


# -- symmetry ----------------------------------------------------------------------------------------------------------
MIRROR = np.array([1, -1])  # C_2y T takes k to its mirror image, exchanges the layers and reverses a displacement


def check_symmetry() -> CheckResult:
    """Valleys, reversed displacement, no tunnelling, and graphene without masses."""
    model, apart = holes(), holes(w=0.0)
    k = model.cell.momenta(4, 0.3)
    of_model = layer_conductivity(model, k)
    scale = float(np.abs(of_model[1]).max())
    partners = (
        ("opposite valley", layer_conductivity(model.time_reversed(), -k), -np.ones((2, 2))),
        ("reversed displacement", layer_conductivity(holes(displacement=-20.0), k * MIRROR), np.outer(MIRROR, MIRROR)),
    )
    pairs = [
        Pair(label, one, signs * other)
        for label, them, signs in partners
        for one, other in zip(of_model, them, strict=True)
    ]
    conventional, conserved = layer_conductivity(apart, k)
    pairs.append(Pair("no tunnelling", conserved, conventional))
    s, H = (apart.matrix(name, k) for name in ("s", "H"))
    pairs.append(Pair("torque without tunnelling", s @ H, H @ s))
    graphene = layer_conductivity(twisted_bilayer_graphene(mass_1=0.0, displacement=10.0, reach=1.0), k[:4])
    pairs += [Pair("graphene without masses", value, np.zeros((2, 2)), scale=scale) for value in graphene]
    text = (
        f"Holes of twisted MoTe2 in one valley, layer conductivities up to {scale:.4f}: the opposite valley, the reversed displacement, "
        "no tunnelling; graphene without masses."
    )
    return agreement(pairs, 1e-8, text, also=scale > 1e-3)


define(
    "layer-hall-symmetry",
    _OUTLOOK,
    "The layer pseudospin Hall conductivities, conventional and conserved, of the two valleys of a twisted bilayer cancel. In one "
    "valley of a homobilayer the Hall part is odd in the displacement field and vanishes without it; it vanishes in graphene without "
    "masses in any displacement field. Without tunnelling the torque vanishes, and the two conductivities are the same.",
    r"\sigma^{ils}_{K'} = -\sigma^{ils}_{K},\qquad \sigma^{[x,y]s}(-u) = -\sigma^{[x,y]s}(u)",
    recorded="confirmed",
    assumptions=(
        "time reversal takes H(k) to H(-k)^* of the other valley and keeps s; C_2y T exchanges the layers within a valley; C_2z T keeps k "
        "and s, so that H and s are real in one basis at each k",
        "a layer Hall effect therefore needs carriers that prefer a valley, and a displacement field or another difference of the layers",
    ),
    check=check_symmetry,
    faults={
        "the opposite valley not conjugated": attribute(
            PlaneWaveModel, "time_reversed", lambda honest: lambda self: self
        ),
        "momenta not reflected": instead(MIRROR, lambda honest: np.array([1, 1])),
        "Omega s with a factor 2": times("s_weighted_curvature", 2),
        "Omega^{lis} with the opposite sign": opposite("s_berry_curvature"),
    },
)


# -- exact response ----------------------------------------------------------------------------------------------------
@cache
def exact_response() -> linear_response.Estimate:
    """ds/dB [i, l] at fixed mu and T from states at k and k + q."""
    return linear_response.magnetic_response(holes(**STEEP), 3 * MU, TEMPERATURE, rtol=1e-3)


def check_finite_q() -> CheckResult:
    """The layer polarisation that a magnetic field induces, exactly, against the static Hall part."""
    zone, surface = Zone(holes(**STEEP), 3 * MU, TEMPERATURE, 16, OFF_MIRRORS), "-df/de"
    d = get("s_dipole").expression
    A = float(zone.integral(v_band(1) * d(0) - v_band(0) * d(1), surface)) / 2
    W = float(zone.integral("faraday_curvature", "f")[0, 1])
    static = W - 2 * A + float(zone.integral("s_weighted_moment", surface)[0, 1])
    exact = antisymmetric(exact_response())
    text = (
        f"Holes of twisted MoTe2 with {zone.model.size} bands, of which the lowest are occupied: s induced by a magnetic field, from states "
        f"at k and k + q, {exact.value[0, 1]:.6f}, against W {W:.6f}, dipoles and moments on the Fermi surface {static - W:.6f}."
    )
    pair = Pair("ds/dB", exact.value[0, 1], static, exact.error[0, 1])
    return agreement([pair], 1e-3, text, also=abs(static) < 0.1 * abs(W))


define(
    "layer-hall-finite-q",
    _OUTLOOK,
    "The conserved layer Hall conductivity of a moire continuum, with the static choice of the Hall part, is the layer polarisation that "
    "a magnetic field induces: exact response at finite q, in plane waves.",
    r"\sigma^{[x,y]s}_{\mathrm{static}} = \partial s/\partial B = \lim_{q \to 0} \lim_{\omega \to 0} \frac{(J + J^\tau)_{\mathbf q}}{E_{\mathbf q}}",
    recorded="confirmed",
    assumptions=(
        "12 plane waves in each layer, which break the period: total derivatives leave what integrands differ by at opposite faces of "
        "the zone; at 5 degrees the two differ by 6e-4 with 6 plane waves, and by less than the error of the response with 12",
        "in a gap the transverse choice is the same number (maxwell-relation)",
    ),
    check=check_finite_q,
    faults={
        "W with the opposite sign": opposite("faraday_curvature"),
        "W without d_h of the moment": formula(
            "faraday_curvature", lambda honest, i, l: get("symmetrized_curvature").expression(l, i)
        ),
        "m s with the opposite sign": opposite("s_weighted_moment"),
        "half of the dipole": formula("s_dipole", lambda honest, i: honest(i) / 2),
    },
)


# -- electrons and holes ---------------------------------------------------------------------------------------------------
def electrons(model: PlaneWaveModel) -> PlaneWaveModel:
    """The electrons whose absence the holes are, that fill all bands of -H but the highest, as many as plane waves give."""
    h, V = ({place: -X for place, X in terms.items()} for terms in (model.kinetic, model.potentials))
    return model.replace(kinetic=h, potentials=V)


def check_counting() -> CheckResult:
    """Hall parts of the same carriers, counted as holes of the highest bands and as electrons in the others."""
    pairs, paper = [], []
    for reach in (1.0, WIDE, 2.0):
        model = holes(reach=reach)
        k = model.cell.momenta(6, OFF_MIRRORS)
        counted = {}
        for label, one, mu in (("holes", model, MU), ("electrons", electrons(model), -MU)):
            names = ("s_berry_curvature", "symmetrized_curvature", *(("faraday_curvature",) if reach < 2 else ()))
            counted[label] = [float(antisymmetric(summed(one, name, k, mu))[1, 0]) for name in names]
        (J, hole_paper, *W), (J_electrons, electron_paper, *W_electrons) = counted.values()
        pairs += [Pair("conventional", J, -J_electrons), *(Pair("W", W[0], -W_electrons[0]) for _ in W)]
        paper.append((hole_paper, electron_paper))
    of_holes, of_electrons = np.array(paper).T
    converges = abs(of_holes[2] - of_holes[1]) < 0.05 * abs(of_holes[2])
    diverges = (np.abs(np.diff(of_electrons)) > np.abs(of_holes).max()).all()
    numbers = "; ".join(f"{a:.4f} of holes, {b:.4f} of electrons" for a, b in paper)
    text = f"Twisted MoTe2 with 6, 12 and 18 plane waves in each layer; the paper's Hall part: {numbers}. The others are opposite."
    return agreement(pairs, 1e-5, text, also=bool(converges and diverges))


define(
    "paper-hall-part-of-a-filled-sea",
    {"A": "(16)", "B": "(12)", "C": "(12)"},
    "The Hall part of the conventional current, and that of the transverse and static choices, are the same for carriers counted as holes or as "
    "electrons that fill all other bands. The paper's is not: of holes it settles with the number of plane waves, of the electrons of "
    "a deep filled sea it still changes by more than the holes' whole value from 12 to 18 in each layer.",
    r"\int f\,\Omega^{[li]s}\big|_{e} = -\int f\,\Omega^{[li]s}\big|_{h},\qquad \int f\,\bar\Omega^{lis}\big|_{e} \neq -\int f\,\bar\Omega^{lis}\big|_{h}",
    recorded="confirmed",
    assumptions=(
        "the electrons' sum holds Omega s of each filled band with each other one, close ones far below mu among them; it is the response of a "
        "completely filled lattice (full-lattice-response) that grows with the number of bands",
        PERIODIC,
    ),
    check=check_counting,
    faults={
        "Omega s for Omega^{lis}": formula("s_berry_curvature", lambda honest, l, i: Omega_weighted(l, i)),
        "W without d_h of the moment": formula(
            "faraday_curvature", lambda honest, i, l: get("symmetrized_curvature").expression(l, i)
        ),
        "the conventional Hall part for the paper's": formula(
            "symmetrized_curvature", lambda honest, l, i: (Omega_lis(l, i) - Omega_lis(i, l)) / 2
        ),
    },
)
