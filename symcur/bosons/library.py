"""Magnons and phonons of the literature, known by their names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symcur.arrays import Array
from symcur.band_structures import BuildingFunction, NumericModel
from symcur.bosons.hybrids import hybrid
from symcur.bosons.lattice_dynamics import phonons, springs
from symcur.bosons.spin_lattice import Bond, SpinLattice, exchange_tensor, kitaev_tensor, neighbours
from symcur.registry import Registry

TRIANGULAR = np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]])
_HONEYCOMB = np.array([[0.0, 0.0], [-1 / 3, 2 / 3]])  # B at (0, 1/sqrt 3) from A
_TO_B = ((0, 0), (0, -1), (1, -1))  # the cells of the three B neighbours of A: at 90, 210 and 330 degrees
_KAGOME = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]])
Z = np.array([0.0, 0.0, 1.0])
_CHENG = "R. Cheng, S. Okamoto, D. Xiao, Phys. Rev. Lett. 117, 217202 (2016)"
_MCCLARTY = "P. A. McClarty et al., Phys. Rev. B 98, 060404 (2018); D. G. Joshi, Phys. Rev. B 98, 060405 (2018)"
_ELHAJAL = "M. Elhajal, B. Canals, C. Lacroix, Phys. Rev. B 66, 014422 (2002)"
_YILDIRIM = "T. Yildirim, A. B. Harris, Phys. Rev. B 73, 214446 (2006)"
_ZHANG_2015 = "L. Zhang, Q. Niu, Phys. Rev. Lett. 115, 115502 (2015)"
_PARK = "S. Park, N. Nagaosa, B.-J. Yang, Nano Lett. 20, 2741 (2020)"
_OWERRE = "S. A. Owerre, Phys. Rev. B 95, 014422 (2017)"
_ZHANG = "L. Zhang, Q. Niu, Phys. Rev. Lett. 112, 085503 (2014)"

MODELS: Registry[BuildingFunction] = Registry("model")


def library_bosons(build: Callable[..., NumericModel]) -> BuildingFunction:
    """Decorates a function of parameters that have defaults: from here on it is known by its name."""
    return MODELS.add(BuildingFunction(build))


@library_bosons
def honeycomb_magnons(
    J: float = 1.0, D: float = 0.1, kappa: float = 0.05, field: float = 0.0, spin: float = 0.5
) -> NumericModel:
    """Magnons of a Neel antiferromagnet on the honeycomb lattice; s = S_z, which is conserved.

    J S_i.S_j between neighbours, D z.(S_i x S_j) along the second-neighbour vectors at 0, 120 and 240 degrees on A and against
    them on B, -kappa (S^z)^2; a = 1. R. Cheng, S. Okamoto, D. Xiao, Phys. Rev. Lett. 117, 217202 (2016).
    """
    lattice = _honeycomb_spins(J, D, kappa, spin).with_field(field * Z)
    return lattice.magnons([Z, -Z], "S_z", name="honeycomb_magnons", reference=_CHENG)


def _honeycomb_spins(J: float, D: float, kappa: float, spins: float | tuple[float, float]) -> SpinLattice:
    bonds = [Bond(0, 1, R, exchange_tensor(J)) for R in _TO_B]
    for R in ((1, 0), (-1, 1), (0, -1)):
        bonds += [Bond(0, 0, R, exchange_tensor(D=D * Z)), Bond(1, 1, R, exchange_tensor(D=-D * Z))]
    return SpinLattice.of(TRIANGULAR, _HONEYCOMB, spins, bonds, anisotropy=-kappa * np.outer(Z, Z))


@library_bosons
def kitaev_magnons(J: float = -0.2, K: float = -1.0, field: float = 1.0, spin: float = 0.5) -> NumericModel:
    """Magnons of a Kitaev magnet polarised by a field along [111]; s = their number, which is not conserved.

    J S_i.S_j + 2 K S_i^g S_j^g, g = z, x, y on the bonds from A to B at 90, 210 and 330 degrees; a = 1. P. A. McClarty et al.,
    Phys. Rev. B 98, 060404 (2018); D. G. Joshi, Phys. Rev. B 98, 060405 (2018).
    """
    bonds = [
        Bond(0, 1, R, exchange_tensor(J) + kitaev_tensor(2 * K, axis=axis))
        for R, axis in zip(_TO_B, "zxy", strict=True)
    ]
    along = np.ones(3) / np.sqrt(3)
    lattice = SpinLattice.of(TRIANGULAR, _HONEYCOMB, spin, bonds, field=field * along)
    return lattice.magnons([along, along], name="kitaev_magnons", reference=_MCCLARTY)


def kagome_spins(J1: float = 1.0, J2: float = 0.2, Dz: float = -0.3, Dp: float = 0.5, spin: float = 1.0) -> SpinLattice:
    """Spins on the kagome lattice, J1 and D between neighbours (at 1/2), J2 between second ones.

    D_12 = (0, -Dp, Dz) from the site at (0, 0) to those at +-(1/2, 0), the others by threefold rotations. M. Elhajal, B. Canals,
    C. Lacroix, Phys. Rev. B 66, 014422 (2002).
    """
    turn = np.array([[-0.5, -np.sqrt(3) / 2, 0], [np.sqrt(3) / 2, -0.5, 0], [0, 0, 1]])
    D_12 = np.array([0.0, -Dp, Dz])
    vectors = {(0, 1): D_12, (1, 2): turn @ D_12, (2, 0): turn @ turn @ D_12}
    vectors |= {(j, i): -D for (i, j), D in vectors.items()}
    bonds = [Bond(i, j, R, exchange_tensor(J1, vectors[i, j])) for i, j, R in neighbours(TRIANGULAR, _KAGOME, 0.5)]
    bonds += [Bond(i, j, R, exchange_tensor(J2)) for i, j, R in neighbours(TRIANGULAR, _KAGOME, np.sqrt(3) / 2)]
    return SpinLattice.of(TRIANGULAR, _KAGOME, spin, bonds)


@library_bosons
def kagome_magnons(
    J1: float = 1.0,
    J2: float = 0.2,
    Dz: float = -0.3,
    Dp: float = 0.5,
    field: float = 0.0,
    spin: float = 1.0,
    s: str = "S_x",
) -> NumericModel:
    """Magnons of the noncollinear antiferromagnet on the kagome lattice, canted out of the plane by Dp; s a component of the spin.

    The spins of a triangle point at 30, 150 and 270 degrees in the plane; the field is perpendicular to it.
    """
    lattice = kagome_spins(J1, J2, Dz, Dp, spin).with_field(field * Z)
    return lattice.magnons(umbrella(lattice), s, name=f"kagome_magnons, s = {s}", reference=_ELHAJAL)


@library_bosons
def jarosite_magnons(
    J1: float = 3.23,
    J2: float = 0.11,
    Dz: float = -0.195,
    Dp: float = 0.218,
    field: float = 0.0,
    spin: float = 2.5,
    s: str = "S_x",
) -> NumericModel:
    """``kagome_magnons`` with the parameters of the iron jarosite KFe3(OH)6(SO4)2 in meV.

    Two of its bands come as close as 0.006 meV: Hall parts of single bands converge slowly.
    """
    lattice = kagome_spins(J1, J2, Dz, Dp, spin).with_field(field * Z)
    return lattice.magnons(umbrella(lattice), s, name=f"jarosite_magnons, s = {s}", reference=_YILDIRIM)


@library_bosons
def canted_kagome_magnons(
    J: float = 1.0, Dz: float = -0.2, kappa: float = 0.1, field: float = 2.0, spin: float = 0.5, s: str = "S_z"
) -> NumericModel:
    """Magnons of the kagome antiferromagnet that a field perpendicular to its plane cants, sin eta = field/(S (6 J + 2 sqrt(3) |Dz| + 2 kappa)).

    Dz < 0. -kappa (S.e_i)^2 holds the spins along the e_i in the plane at 30, 150 and 270 degrees: without it they turn freely about the
    field, and the mode of k = 0 costs no energy.
    """
    free, easy = kagome_spins(J, 0.0, Dz, 0.0, spin), _radial(0.0)
    lattice = SpinLattice.of(
        TRIANGULAR, _KAGOME, spin, free.bonds, anisotropy=[-kappa * np.outer(e, e) for e in easy], field=field * Z
    )
    return lattice.magnons(umbrella(lattice), s, name=f"canted_kagome_magnons, s = {s}", reference=_OWERRE)


def umbrella(lattice: SpinLattice) -> Array:
    """The lower one of the minima next to spins that are canted up and down."""
    return min((lattice.relaxed(_radial(height)) for height in (0.1, -0.1)), key=lattice.energy)


def _radial(height: float) -> Array:
    angles = np.deg2rad([30.0, 150.0, 270.0])
    return np.stack([np.cos(angles), np.sin(angles), np.full(3, height)], axis=1)


@library_bosons
def square_phonons(
    k_L: float = 1.0,
    k_T: float = 0.2,
    k_D: float = 0.3,
    raman: float = 0.3,
    pinning: float = 0.5,
    angular_momentum: str = "canonical",
) -> NumericModel:
    """Phonons of the square lattice in its plane, with a Raman coupling A = raman [[0, 1], [-1, 0]]; s = angular momentum.

    Springs k_L along and k_T across the bonds to neighbours, k_D along the diagonals; masses and the lattice constant are 1.
    """
    neighbours, diagonals = ((1, 0), (0, 1)), ((1, 1), (1, -1))
    bonds = [(0, 0, R, k_L, k_T) for R in neighbours] + [(0, 0, R, k_D, 0.0) for R in diagonals]
    constants = springs(np.eye(2), [[0, 0]], bonds)
    A = raman * np.array([[0.0, 1.0], [-1.0, 0.0]])
    return phonons(
        constants,
        np.eye(2),
        raman=A,
        angular_momentum=angular_momentum,
        pinning=pinning,
        name="square_phonons",
        reference=_ZHANG,
    )


def _honeycomb_springs(k_L: float, k_T: float, masses: tuple[float, float]) -> dict[tuple[int, ...], Array]:
    return springs(TRIANGULAR, _HONEYCOMB, [(0, 1, R, k_L, k_T) for R in _TO_B], masses=masses)


@library_bosons
def honeycomb_phonons(
    k_L: float = 1.0,
    k_T: float = 0.25,
    mass_A: float = 1.0,
    mass_B: float = 1.5,
    raman: float = 0.1,
    pinning: float = 0.0,
    angular_momentum: str = "canonical",
) -> NumericModel:
    """Phonons of the honeycomb lattice in its plane; s = angular momentum. At K they are chiral where the masses differ.

    Springs k_L along and k_T across the bonds to neighbours; A = raman [[0, 1], [-1, 0]] on both atoms; a = 1. L. Zhang, Q. Niu,
    Phys. Rev. Lett. 115, 115502 (2015).
    """
    return phonons(
        _honeycomb_springs(k_L, k_T, (mass_A, mass_B)),
        TRIANGULAR,
        positions=_HONEYCOMB,
        raman=raman * np.kron(np.eye(2), [[0, 1], [-1, 0]]),
        angular_momentum=angular_momentum,
        pinning=pinning,
        name="honeycomb_phonons",
        reference=_ZHANG_2015,
    )


@library_bosons
def ferrimagnet_hybrid(
    J: float = 1.0,
    D: float = 0.1,
    kappa: float = 0.2,
    spin_A: float = 1.0,
    spin_B: float = 0.5,
    k_L: float = 1.0,
    k_T: float = 0.25,
    mass_A: float = 1.0,
    mass_B: float = 1.5,
    pinning: float = 0.3,
    coupling: float = 0.2,
    s: str = "total",
) -> NumericModel:
    """Magnons and phonons of a collinear ferrimagnet on the honeycomb lattice; s = "spin" S_z, "phonon" L_z, or their "total".

    Exchange as in ``honeycomb_magnons``, springs as in ``honeycomb_phonons``. The coupling is +-S_i.(u_i - mean of the u of its
    neighbours) in the plane, + on A and - on B: the simplest that a substrate allows, S^z S.u with the mean of S^z. The total is
    conserved where k_T = k_L. A model of the kind of S. Park, N. Nagaosa, B.-J. Yang, Nano Lett. 20, 2741 (2020).
    """
    spins = _honeycomb_spins(J, D, kappa, (spin_A, spin_B))
    masses = (mass_A, mass_B)
    plane = np.eye(3)[:, :2] * coupling
    coupled = [(0, 0, (0, 0), plane / np.sqrt(mass_A)), (1, 1, (0, 0), -plane / np.sqrt(mass_B))]
    for x, y in _TO_B:
        coupled += [(0, 1, (x, y), -plane / 3 / np.sqrt(mass_B)), (1, 0, (-x, -y), plane / 3 / np.sqrt(mass_A))]
    constants = _honeycomb_springs(k_L, k_T, masses)
    waves = phonons(constants, TRIANGULAR, positions=_HONEYCOMB, pinning=pinning)
    return hybrid(spins, [Z, -Z], waves, coupled, s, name=f"ferrimagnet_hybrid, s = {s}", reference=_PARK)
