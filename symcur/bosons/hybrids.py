"""Magnons and phonons that are coupled: the direct sum of their metrics, and the coupling in the off-diagonal block.

To the lowest order spins couple to displacements by sum S_i^T G u_j. The part of S_i across the order, sqrt(S/2)(u^* b + u b^+) in
the frame of ``spin_lattice``, gives a Hamiltonian quadratic in b and the displacements; that along it is a force on the atoms,
which must be balanced in the equilibrium about which displacements are counted.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BuiltModel, NumericModel, TightBinding, tight_binding
from symcur.band_structures.numeric import from_hoppings
from symcur.bosons.spin_lattice import SpinLattice, frames

_BALANCED = 1e-10


def hybrid(
    spins: SpinLattice,
    directions: ArrayLike,
    phonons: NumericModel | BuiltModel,
    coupling: Iterable[tuple[int, int, tuple[int, ...], ArrayLike]],
    s: str = "total",
    *,
    name: str = "hybrid",
    reference: str = "",
    facts: str = "",
) -> NumericModel:
    """Magnons about a state of the spins, phonons, and S_i^T G u_j between them, as one band structure.

    Parameters
    ----------
    spins, directions : as for ``SpinLattice.magnons``.
    phonons : of the same lattice, from ``phonons(...)``; its s is the angular momentum about z.
    coupling : (i, j, R, G), site i of a cell and atom j of the cell at R, G (3, directions of motion); u in the units of the phonons,
        in which masses are 1.
    s : "spin" for S_z (its part -n_z b^+ b), "phonon" for the angular momentum of the phonons, "total" for their sum.

    Raises
    ------
    ValueError where the lattices differ, or where the ordered spins pull at the atoms.
    """
    if s not in ("spin", "phonon", "total"):
        raise ValueError(f"s: expected 'spin', 'phonon' or 'total', got {s!r}")
    magnons = spins.magnons(directions, "S_z")
    if phonons.cell is None or not np.allclose(phonons.cell.vectors, spins.lattice):
        raise ValueError(f"phonons: expected those of the lattice {spins.lattice.tolist()}, got {phonons!r}")
    parts = tight_binding(magnons), tight_binding(phonons)
    sizes = magnons.size, phonons.size
    hoppings = _direct_sum(*parts, *sizes)
    for R, t in _coupled(spins, np.asarray(directions, dtype=float), coupling, *sizes).items():
        hoppings[R] = hoppings.get(R, np.zeros_like(t)) + t
    operator = _block_diagonal(magnons.s * (s != "phonon"), phonons.s * (s != "spin"))
    return from_hoppings(
        hoppings,
        operator,
        spins.lattice,
        positions=np.concatenate([part.positions for part in parts]),
        name=name,
        reference=reference,
        facts=facts,
        metric=[("bosons", sizes[0] // 2), ("phonons", sizes[1] // 2)],
    )


def _block_diagonal(a: AnyArray, b: AnyArray) -> AnyArray:
    across = np.zeros((len(a), len(b)))
    return np.block([[a, across], [across.T, b]])


def _direct_sum(a: TightBinding, b: TightBinding, n: int, m: int) -> dict[tuple[int, ...], ComplexArray]:
    nothing = np.zeros((n, n)), np.zeros((m, m))
    return {
        R: _block_diagonal(a.hoppings.get(R, nothing[0]), b.hoppings.get(R, nothing[1])).astype(complex)
        for R in {*a.hoppings, *b.hoppings}
    }


def _coupled(
    spins: SpinLattice,
    directions: Array,
    coupling: Iterable[tuple[int, int, tuple[int, ...], ArrayLike]],
    n: int,
    m: int,
) -> dict[tuple[int, ...], ComplexArray]:
    """The off-diagonal blocks: b^+ u has the coefficient sqrt(S/2) u_i.G, and b u its conjugate."""
    N, unit = n // 2, directions / np.linalg.norm(directions, axis=1, keepdims=True)
    u = frames(unit)
    found: dict[tuple[int, ...], ComplexArray] = {}
    force = np.zeros(m // 2)
    for i, j, R, given in coupling:
        G = np.asarray(given, dtype=float)
        if G.ndim != 2 or G.shape[0] != 3 or G.shape[1] not in (2, 3) or (m // 2) % G.shape[1]:
            raise ValueError(f"coupling: expected G of shape (3, directions of motion), got {given!r}")
        first = G.shape[1] * j
        if not (0 <= i < N and 0 <= first < m // 2) or len(R) != len(spins.lattice):
            raise ValueError(f"coupling: expected a site, an atom and a cell, got {(i, j, R)}")
        place = slice(first, first + G.shape[1])
        force[place] += spins.spins[i] * (unit[i] @ G)
        g = np.sqrt(spins.spins[i] / 2) * (u[i] @ G)
        block = np.zeros((n + m, n + m), dtype=complex)
        block[i, n + first : n + first + G.shape[1]] = g
        block[i + N, n + first : n + first + G.shape[1]] = g.conj()
        for cell, t in ((tuple(R), block), (tuple(-r for r in R), block.conj().T)):
            found[cell] = found.get(cell, np.zeros_like(t)) + t
    if np.abs(force).max() > _BALANCED * (1 + max((np.abs(t).max() for t in found.values()), default=0.0)):
        raise ValueError(
            f"coupling: expected forces of the ordered spins on the atoms that add up to zero, got {force.tolist()}; the "
            "displacements are not counted from equilibrium"
        )
    return found
