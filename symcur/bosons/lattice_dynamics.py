"""Phonons with a Raman coupling to magnetization: H = (1/2)(p - A u)^2 + (1/2) u D(k) u, and their angular momentum.

Psi = (u_k, p_k), both in units in which the masses are 1, and A is a real antisymmetric matrix: the Raman or Coriolis coupling. s
is the angular momentum u x p, canonical, or u x (p - A u), kinetic: L. Zhang, Q. Niu, Phys. Rev. Lett. 112, 085503 (2014).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import NumericModel
from symcur.band_structures.numeric import from_hoppings

_GENERATOR = np.array([[0.0, 1.0], [-1.0, 0.0]])


def phonons(
    dynamical: Mapping[tuple[int, ...], ArrayLike],
    lattice: ArrayLike,
    *,
    positions: ArrayLike | None = None,
    raman: ArrayLike | None = None,
    angular_momentum: str = "canonical",
    pinning: float = 0.0,
    name: str = "phonons",
    reference: str = "",
    facts: str = "",
) -> NumericModel:
    """Phonons in the plane or in space, as a band structure with the metric "phonons".

    Parameters
    ----------
    dynamical : D(R), force constants over masses between the cell at 0 and at R, real (n, n) matrices with D(-R) = D(R)^T; n =
        directions of motion x atoms, the directions of one atom together.
    positions : (atoms, D) as fractions of the primitive vectors.
    raman : A, a real antisymmetric (n, n) matrix.
    angular_momentum : "canonical" for u x p, "kinetic" for u x (p - A u); about z.
    pinning : the square of a frequency added to D, without which acoustic phonons have no gap.
    """
    matrices = {tuple(R): np.asarray(t, dtype=float) for R, t in dynamical.items()}
    vectors = np.atleast_2d(np.asarray(lattice, dtype=float))
    zero = (0,) * len(vectors)
    n = len(next(iter(matrices.values())))
    x = np.zeros((1, len(vectors))) if positions is None else np.asarray(positions, dtype=float)
    directions, rest = divmod(n, len(x))
    if rest or directions not in (2, 3):
        raise ValueError(
            f"dynamical: expected 2 or 3 directions of motion for each of {len(x)} atoms, got matrices of size {n}"
        )
    A = np.zeros((n, n)) if raman is None else np.asarray(raman, dtype=float)
    if A.shape != (n, n) or not np.array_equal(A, -A.T):
        raise ValueError(f"raman: expected a real antisymmetric matrix of shape {(n, n)}, got {raman!r}")
    if angular_momentum not in ("canonical", "kinetic"):
        raise ValueError(f"angular_momentum: expected 'canonical' or 'kinetic', got {angular_momentum!r}")
    hoppings = {R: _in_u(t) for R, t in matrices.items()}
    onsite = hoppings.setdefault(zero, np.zeros((2 * n, 2 * n), dtype=complex))
    onsite += np.block([[A.T @ A + pinning * np.eye(n), -A.T], [-A, np.eye(n)]])
    s = _angular_momentum(n, directions, A if angular_momentum == "kinetic" else np.zeros_like(A))
    both = np.repeat(x, directions, axis=0)
    about = {"name": name, "reference": reference, "facts": facts}
    return from_hoppings(hoppings, s, vectors, positions=np.concatenate([both, both]), **about, metric="phonons")


def springs(
    lattice: ArrayLike,
    positions: ArrayLike,
    bonds: Iterable[tuple[int, int, tuple[int, ...], float, float]],
    *,
    masses: ArrayLike = 1.0,
) -> dict[tuple[int, ...], Array]:
    """D(R) of springs (i, j, R, k_L, k_T) between atom i of a cell and atom j of the cell at R: k_L along the bond, k_T across it.

    Displacements are multiplied by the roots of the masses, one for each atom. The acoustic sum rule holds by construction.
    """
    vectors, x = np.atleast_2d(np.asarray(lattice, dtype=float)), np.asarray(positions, dtype=float)
    m, n = np.broadcast_to(np.asarray(masses, dtype=float), len(x)), vectors.shape[1]
    if not (m > 0).all():
        raise ValueError(f"masses: expected positive numbers, got {masses!r}")
    zero = (0,) * len(vectors)
    matrices: dict[tuple[int, ...], Array] = {zero: np.zeros((n * len(x), n * len(x)))}
    for i, j, R, along, across in bonds:
        bond = (np.array(R) + x[j] - x[i]) @ vectors
        e = bond / np.linalg.norm(bond)
        spring = along * np.outer(e, e) + across * (np.eye(n) - np.outer(e, e))
        a, b = slice(n * i, n * i + n), slice(n * j, n * j + n)
        for site, mass in ((a, m[i]), (b, m[j])):
            matrices[zero][site, site] += spring / mass
        for place, row, column in ((tuple(R), a, b), (tuple(-r for r in R), b, a)):
            matrices.setdefault(place, np.zeros_like(matrices[zero]))[row, column] -= spring / np.sqrt(m[i] * m[j])
    return matrices


def _in_u(t: Array) -> ComplexArray:
    return np.asarray(np.pad(t, ((0, len(t)), (0, len(t)))), dtype=complex)


def _angular_momentum(n: int, directions: int, A: Array) -> ComplexArray:
    """(1/2) Psi^+ s Psi = u_x p_y - u_y p_x, with p - A u for p."""
    turn = np.zeros((directions, directions))
    turn[:2, :2] = _GENERATOR
    L = np.kron(np.eye(n // directions), turn)  # u^T L p
    local = -L @ A
    return np.asarray(np.block([[local + local.T, L], [L.T, np.zeros((n, n))]]), dtype=complex)
