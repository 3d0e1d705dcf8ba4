"""Twisted bilayers in one valley, continuum models in plane waves. Energies in meV, lengths in nm, s = the layer pseudospin.

Both have one momentum k of the moire zone, k = 0 its centre. Layer 1 has the corner K_1 of its own zone at the corner kappa_1 of the
moire zone, layer 2 at kappa_2, kappa_1 - kappa_2 = q_1 = (0, -1) k_theta, and the reciprocal vectors are b_j = q_(j+1) - q_1 with
q_2, q_3 = (+-sqrt 3, 1) k_theta/2.

The valley is "K" or "K'": the opposite one is the time-reversed model, H(-k)^*, and in both together every layer Hall conductivity
vanishes. What is computed is that of carriers in one valley, as in a valley-polarised state. ``reach`` counts the plane waves of each
layer, |G - kappa_l|^2 <= (reach |b_1|)^2 + k_theta^2: 6 for 1, 18 for 2, 36 for 3, 63 for 4. Threefold turns, and what else a model
has, take them to each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import BuildingFunction, PlaneWaveModel
from symcur.registry import Registry

NUMERIC: Registry[BuildingFunction] = Registry("model")
"""Library models given by numbers: they are computed, and refused where formulas are needed."""

HALF_BY_MASS = 38.09982112  # hbar^2/2m_e in meV nm^2
_WU = "F. Wu, T. Lovorn, E. Tutuc, I. Martin, A. H. MacDonald, Phys. Rev. Lett. 122, 086402 (2019)"
_BISTRITZER = "R. Bistritzer, A. H. MacDonald, Proc. Natl. Acad. Sci. 108, 12233 (2011)"
LAYER = np.diag([0.5, -0.5])
X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
_DICHALCOGENIDE = (
    "Bounded below. C_2y T exchanges the layers at fixed momentum up to a reflection: without displacement the layer Hall conductivity "
    "vanishes, and with one it is odd in it; that of the charge is even. For w = 0 the layer of each carrier is conserved."
)
_GRAPHENE = (
    "Bands of Dirac electrons of both signs: half of them are filled at neutrality. For w_AA = w_AB = 0 two cones with v; for equal "
    "w and small w/(v k_theta) = alpha their velocity is v (1 - 3 alpha^2)/(1 + 6 alpha^2)."
)


def library_numbers(build: Callable[..., PlaneWaveModel]) -> BuildingFunction:
    """Decorates a function of parameters that have defaults: from here on it is known by its name."""
    return NUMERIC.add(BuildingFunction(build))


@library_numbers
def twisted_dichalcogenide(
    theta: float = 1.2,
    displacement: float = 0.0,
    V: float = 8.0,
    psi: float = -89.6,
    w: float = -8.5,
    mass: float = 0.62,
    a: float = 0.3472,
    reach: float = 3.0,
    valley: str = "K",
) -> PlaneWaveModel:
    """Holes of a twisted transition-metal dichalcogenide homobilayer, MoTe2 by default; s = sigma_z/2, layer 1 has +1/2.

    H = -H_v with the valence bands H_v of Wu et al.: p^2/2m - 2 V sum_g cos(g.r +- psi) in the layers, g = b_1 - b_2, b_2, -b_1, and
    -w (1 + e^{-i b_1.r} + e^{-i b_2.r}) between them, + displacement s. Theta and psi in degrees, V, w and displacement, the difference of the layers'
    energies, in meV, mass in m_e, the lattice constant a in nm. Energies ascend: the lowest band of holes is the highest valence
    band, with its Berry curvature (those of the opposite valley lack the electrons).
    """
    k_theta, kappa, lattice = _moire(theta, a)
    kinetic = {axes: HALF_BY_MASS / _positive("mass", mass) * np.eye(2) for axes in ((0, 0), (1, 1))}
    potentials: dict[tuple[int, ...], ComplexArray] = {}
    for g in ((1, -1), (0, 1), (-1, 0)):  # at 0, 120 and 240 degrees
        _add(potentials, g, -V * np.diag(np.exp(1j * np.radians(psi) * np.array([1, -1]))))
    for g in ((0, 0), (-1, 0), (0, -1)):
        _add(potentials, g, -w * np.array([[0, 1], [0, 0]]))
    model = PlaneWaveModel(
        kinetic | {(): displacement * LAYER}, potentials, LAYER, lattice=lattice, offsets=-kappa,
        cutoff=_cutoff(reach, k_theta), name="twisted_dichalcogenide", reference=_WU, facts=_DICHALCOGENIDE,
    )  # fmt: skip
    return _of_valley(model, valley)


@library_numbers
def twisted_bilayer_graphene(
    theta: float = 1.05,
    displacement: float = 0.0,
    mass_1: float = 15.0,
    mass_2: float = 0.0,
    w_AA: float = 79.7,
    w_AB: float = 97.5,
    v: float = 525.3,
    a: float = 0.246,
    reach: float = 3.0,
    valley: str = "K",
) -> PlaneWaveModel:
    """Electrons of twisted bilayer graphene after Bistritzer and MacDonald, of one spin; s = sigma_z/2 of the layer, layer 1 has +1/2.

    h_l(p) = v p.sigma, sigma turned with the layer by -+theta/2, + mass_l sigma_z; between the layers the sum over q_1, q_2, q_3 of (w_AA + w_AB
    (cos phi_j sigma_x + sin phi_j sigma_y)) e^{-i (q_j - q_1).r}, phi_j = 0, 120, 240 degrees; + displacement s. Theta in degrees, v in
    meV nm, the other energies in meV, a in nm. Fillings count electrons from neutrality, where half of the bands are filled. v and w of M. Koshino et al., Phys. Rev. X
    8, 031087 (2018). The mass is that of a layer aligned with boron nitride (N. Bultinck, S. Chatterjee, M. P. Zaletel, Phys. Rev.
    Lett. 124, 166601 (2020)): without masses C_2z T makes H real in some basis at every k, s with it, and all curvatures and dipoles vanish.
    """
    k_theta, kappa, lattice = _moire(theta, a)
    half = np.radians(theta) / 2
    kinetic: dict[tuple[int, ...], Any] = {(): np.kron(displacement * LAYER, np.eye(2))}
    for layer, angle, mass in ((0, -half, mass_1), (1, half, mass_2)):
        here = np.diag([1 - layer, layer])
        along, across = np.cos(angle) * X + np.sin(angle) * Y, np.cos(angle) * Y - np.sin(angle) * X
        for axes, part in (((), mass * Z), ((0,), v * along), ((1,), v * across)):
            kinetic[axes] = kinetic.get(axes, 0) + np.kron(here, part)
    potentials: dict[tuple[int, ...], ComplexArray] = {}
    for j, g in enumerate(((0, 0), (-1, 0), (0, -1))):
        phi = 2 * np.pi * j / 3
        _add(potentials, g, np.kron([[0, 1], [0, 0]], w_AA * np.eye(2) + w_AB * (np.cos(phi) * X + np.sin(phi) * Y)))
    model = PlaneWaveModel(
        kinetic, potentials, np.kron(LAYER, np.eye(2)), lattice=lattice, offsets=-np.repeat(kappa, 2, axis=0),
        filled=2, cutoff=_cutoff(reach, k_theta), name="twisted_bilayer_graphene", reference=_BISTRITZER, facts=_GRAPHENE,
    )  # fmt: skip
    return _of_valley(model, valley)


def _moire(theta: float, a: float) -> tuple[float, Array, Array]:
    """k_theta, the corners kappa_1 and kappa_2 (2, 2) of the moire zone, and its primitive vectors as rows."""
    k_theta = 8 * np.pi / (3 * _positive("a", a)) * np.sin(np.radians(_positive("theta", theta)) / 2)
    kappa = k_theta * np.array([[-np.sqrt(3) / 2, -0.5], [-np.sqrt(3) / 2, 0.5]])
    reciprocal = k_theta * np.sqrt(3) * np.array([[0.5, np.sqrt(3) / 2], [-0.5, np.sqrt(3) / 2]])
    return k_theta, kappa, 2 * np.pi * np.linalg.inv(reciprocal).T


def _add(potentials: dict[tuple[int, ...], ComplexArray], g: tuple[int, int], V: ArrayLike) -> None:
    """V e^{i g.r} and its adjoint."""
    V = np.array(V, dtype=complex)
    for place, matrix in ((g, V), ((-g[0], -g[1]), V.conj().T)):
        potentials[place] = potentials.get(place, np.zeros(V.shape, dtype=complex)) + matrix


def _cutoff(reach: float, k_theta: float) -> float:
    return float(np.sqrt(3 * _positive("reach", reach) ** 2 + 1) * k_theta)


def _positive(label: str, value: float) -> float:
    if not value > 0:
        raise ValueError(f"{label}: expected a positive number, got {value!r}")
    return value


def _of_valley(model: PlaneWaveModel, valley: str) -> PlaneWaveModel:
    if valley not in ("K", "K'"):
        raise ValueError(f'valley: expected "K" or "K\'", got {valley!r}')
    return model if valley == "K" else model.time_reversed()
