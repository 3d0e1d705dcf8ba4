"""Lattices in real space: the moment of open flakes, and densities on a ring as derivatives of its grand potential."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from symcur.arrays import AnyArray
from symcur.band_structures import BandStructure, tight_binding
from symcur.brillouin.occupation import occupation
from symcur.linear_response.expansion import extrapolated

FLAKES = (8, 11, 14, 17)  # cells along an edge
RING = 48  # cells
WAVE = 2 * np.pi * 6 / RING


def moment_of_flake(model: BandStructure, cells: int, mu: float, temperature: float) -> float:
    """(1/2) <r x v> of a rhombic flake of cells x cells cells with open boundaries, e = 1."""
    bonds, N = tight_binding(model), model.size
    blocks = np.zeros((cells, cells, N, cells, cells, N), dtype=complex)
    for (R1, R2), t in bonds.hoppings.items():
        for c1, c2 in np.ndindex(cells, cells):
            if 0 <= c1 + R1 < cells and 0 <= c2 + R2 < cells:
                blocks[c1, c2, :, c1 + R1, c2 + R2, :] += t
    H = blocks.reshape(cells**2 * N, cells**2 * N)
    corners = np.stack(np.meshgrid(range(cells), range(cells), indexing="ij"), axis=-1)
    X, Y = ((corners[:, :, None, :] + bonds.positions).reshape(-1, 2) @ bonds.cell.vectors).T
    energies, states = np.linalg.eigh(H)
    occupied = (states * occupation("f", energies, mu, temperature)) @ states.conj().T

    def turning(a: AnyArray, b: AnyArray) -> float:  # <a v_b>, v = i[H, r]
        return float(np.einsum("ab,ba->", occupied, a[:, None] * 1j * (H * b[None, :] - b[:, None] * H)).real)

    return (turning(X, Y) - turning(Y, X)) / 2


@cache
def magnetization_of_flakes(model: BandStructure, mu: float, temperature: float) -> tuple[float, float]:
    """The moment per area of a large flake and its error: the moment is M area + edges + corners + exponentials."""
    moments = [moment_of_flake(model, cells, mu, temperature) for cells in FLAKES]
    area = model.lattice_cell("a flake is made of its cells").volume

    def bulk(chosen: Sequence[int]) -> float:
        sizes = np.array([FLAKES[j] for j in chosen], dtype=float)
        return float(np.linalg.solve(sizes[:, None] ** [2, 1, 0], [moments[j] for j in chosen])[0] / area)

    return bulk((1, 2, 3)), abs(bulk((1, 2, 3)) - bulk((0, 1, 2)))


def ring_variation(
    model: BandStructure, operator: str, mu: float, temperature: float = 0.5, step: float = 0.04
) -> complex:
    """theta_q/U on a ring of 48 cells as d^2 Omega/dU dh: Omega the grand potential of H + U cos qx + h theta cos(qx + a).

    Only energies enter: theta(r) is read off the energy, not off states. Fourth-order differences, twice refined.
    """
    x, N = np.arange(RING), model.size
    wave = np.exp(1j * np.outer(x, 2 * np.pi * x / RING)) / np.sqrt(RING)
    k = (2 * np.pi * x / RING)[:, None]

    def spread(blocks: Any) -> Any:
        return np.einsum("xk,kab,yk->xayb", wave, blocks, wave.conj()).reshape(RING * N, RING * N)

    H, v = spread(model.matrix("H", k)), spread(model.matrix("H", k, (0,)))
    s_ring = np.kron(np.eye(RING), model.matrix("s", [0.0]))
    theta = {"s": s_ring, "torque": -1j * (s_ring @ H - H @ s_ring), "current": (v @ s_ring + s_ring @ v) / 2}[operator]
    position = np.repeat(x, N)

    def grand_potential(U: float, h: float, phase: float) -> float:
        mode = np.cos(WAVE * position + phase)
        field = (theta * mode[None, :] + mode[:, None] * theta) / 2
        energies = np.linalg.eigvalsh(H + np.diag(U * np.cos(WAVE * position)) + h * field)
        return float(-temperature * np.logaddexp(0.0, (mu - energies) / temperature).sum() / RING)

    def mixed(a: float, phase: float) -> float:
        corners = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
        return sum(sign * grand_potential(p * a, m * a, phase) for p, m, sign in corners) / (4 * a * a)

    def slope(phase: float) -> float:
        steps = step * np.array([4.0, 2.0, 1.0])
        return float(extrapolated(steps, np.array([mixed(a, phase) for a in steps]), 0)[0])

    # The mean of Re(chi exp(iqx)) cos(qx + a) is Re(chi exp(-ia))/2.
    return complex(2 * slope(0.0), 2 * slope(np.pi / 2))
