"""Magnons and phonons of the literature, known by their names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symcur.arrays import Array
from symcur.band_structures import BuildingFunction, NumericModel
from symcur.bosons.lattice_dynamics import phonons
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
    bonds = [Bond(0, 1, R, exchange_tensor(J)) for R in _TO_B]
    for R in ((1, 0), (-1, 1), (0, -1)):
        bonds += [Bond(0, 0, R, exchange_tensor(D=D * Z)), Bond(1, 1, R, exchange_tensor(D=-D * Z))]
    lattice = SpinLattice.of(TRIANGULAR, _HONEYCOMB, spin, bonds, anisotropy=-kappa * np.outer(Z, Z), field=field * Z)
    return lattice.magnons([Z, -Z], "S_z", name="honeycomb_magnons", reference=_CHENG)


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
    spin: float = 1.0,
    s: str = "S_x",
) -> NumericModel:
    """Magnons of the noncollinear antiferromagnet on the kagome lattice, canted out of the plane by Dp; s a component of the spin.

    The spins of a triangle point at 30, 150 and 270 degrees in the plane. Jarosite: spin 5/2, J1 = 3.23, J2 = 0.11, Dz = -0.195,
    Dp = 0.218 meV, T. Yildirim, A. B. Harris, Phys. Rev. B 73, 214446 (2006).
    """
    lattice = kagome_spins(J1, J2, Dz, Dp, spin)
    directions = lattice.relaxed(_radial(0.1 * np.sign(-Dp) if Dp else 0.0))
    return lattice.magnons(directions, s=s, name=f"kagome_magnons, s = {s}", reference=_ELHAJAL)


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
    constants: dict[tuple[int, ...], Array] = {(0, 0): np.zeros((2, 2))}
    for R, along, across in (((1, 0), k_L, k_T), ((0, 1), k_L, k_T), ((1, 1), k_D, 0.0), ((1, -1), k_D, 0.0)):
        e = np.array(R) / np.linalg.norm(R)
        spring = along * np.outer(e, e) + across * (np.eye(2) - np.outer(e, e))
        constants[0, 0] += 2 * spring
        constants[R] = constants[-R[0], -R[1]] = -spring
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
