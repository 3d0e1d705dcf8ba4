"""A finite lattice with a slowly varying potential: the exact currents that the semiclassical M must reproduce.

L cells along a_2 close on themselves; the potential U(y) = U_0 (1 - cos 2 pi y/Y)/2 rises from 0 to U_0 over half of
the circumference Y and falls over the other half. Nothing semiclassical enters: energies and states of the whole lattice
are found for every k_x, and the conventional current of each row is summed over them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import TightBinding, tight_binding
from symcur.brillouin.occupation import occupation
from symcur.superconductors.nambu import Superconductor


@dataclass(frozen=True)
class SoftBoundary:
    """Rows of a lattice: height y, potential, and the current of the row along x (per row, not per length)."""

    y: Array
    potential: Array
    current: Array
    circumference: float

    @property
    def rising(self) -> float:
        """The total current along x where U rises from 0 to U_0, half the difference of the two halves.

        Currents that circulate within each cell are the same in both halves and drop out.
        """
        angle = 2 * np.pi * self.y / self.circumference
        side = np.where(np.abs(np.sin(angle)) < 1e-9, 0.0, np.sign(np.sin(angle)))
        return float(self.current @ side) / 2


def soft_boundary(
    model: Superconductor,
    U_0: float,
    cells: int,
    temperature: float,
    *,
    couples_to: str = "quasiparticles",
    momenta: int = 48,
) -> SoftBoundary:
    """The conventional charge current of every row, (1/2){v_x, sigma_z}, at mu = 0 and temperature T > 0.

    couples_to="quasiparticles" adds U(y) times the unit matrix of Nambu space, the potential "felt by the bogolon" of A
    (for a singlet superconductor a Zeeman energy, U for spin up and -U for spin down); "charge" adds U(y) sigma_z, an
    electrostatic potential. ``cells`` is L, even; ``momenta`` the number of k_x in the zone. a_1 must lie along x.
    """
    if not isinstance(model, Superconductor):
        raise TypeError(f"model: expected a superconductor built by symcur.superconductors.bdg, got {model!r}")
    cell = model.lattice_cell("its rows are counted")
    if model.dimension != 2 or cell.vectors[0, 1] != 0:
        raise ValueError(f"model: expected a 2D lattice with a_1 along x, got {model.name}")
    if couples_to not in ("quasiparticles", "charge"):
        raise ValueError(f"couples_to: expected 'quasiparticles' or 'charge', got {couples_to!r}")
    if cells < 4 or cells % 2 or not temperature > 0:
        raise ValueError(
            f"cells: expected an even number >= 4 and a temperature > 0, got {cells} and temperature = {temperature}"
        )
    bonds, s = tight_binding(model), np.diag(model.matrix("s", np.zeros(2))).real
    lattice, x = cell.vectors, bonds.positions
    N, height = model.size, lattice[1, 1]
    y = height * (np.arange(cells)[:, None] + x[:, 1])
    Y = cells * height
    U = U_0 * (1 - np.cos(2 * np.pi * y / Y)) / 2
    charges = np.tile(s, cells)
    diagonal = np.diag((U * (s if couples_to == "charge" else 1)).ravel())
    current = np.zeros(cells * N)
    for k_x in 2 * np.pi / lattice[0, 0] * (np.arange(momenta) + 0.3) / momenta:
        H, v = _row_matrices(bonds, cells, k_x)
        energies, states = np.linalg.eigh(H + diagonal)
        f = occupation("f", energies, 0.0, temperature)
        flow = (v * charges + charges[:, None] * v) / 2
        current += ((states.conj() * (flow @ states)).real @ f) / (momenta * lattice[0, 0])
    rows, row = np.unique(np.round(y.ravel(), 9), return_inverse=True)
    sums: Array = np.bincount(row, float(model.statistics.factor) * current).astype(float)
    return SoftBoundary(rows, U_0 * (1 - np.cos(2 * np.pi * rows / Y)) / 2, sums, Y)


def _row_matrices(bonds: TightBinding, cells: int, k_x: float) -> tuple[ComplexArray, ComplexArray]:
    """H and dH/dk_x of the rows, (L N, L N), with the phase exp(i k_x displacement) on every bond."""
    x, N, rows = bonds.positions, len(bonds.positions), np.arange(cells)
    H = np.zeros((cells, N, cells, N), dtype=complex)
    v = np.zeros_like(H)
    for (R1, R2), t in bonds.hoppings.items():
        steps = np.array([R1, R2]) + x[None, :, :] - x[:, None, :]
        along = steps @ bonds.cell.vectors[:, 0]
        bond = t * np.exp(1j * k_x * along)
        H[rows, :, (rows + R2) % cells, :] += bond
        v[rows, :, (rows + R2) % cells, :] += 1j * along * bond
    return H.reshape(cells * N, -1), v.reshape(cells * N, -1)
