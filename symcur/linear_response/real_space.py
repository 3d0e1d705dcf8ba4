"""Lattices in real space: the moment of open flakes, flows through samples, densities on a ring from its grand potential."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import BandStructure, TightBinding, tight_binding
from symcur.brillouin.occupation import occupation
from symcur.linear_response.expansion import extrapolated

FLAKES = (8, 11, 14, 17)  # cells along an edge
RING = 48  # cells
WAVE = 2 * np.pi * 6 / RING


def flake(bonds: TightBinding, cells: int) -> ComplexArray:
    """H of cells x cells cells with open boundaries."""
    N = len(bonds.positions)
    blocks = np.zeros((cells, cells, N, cells, cells, N), dtype=complex)
    for (R1, R2), t in bonds.hoppings.items():
        for c1, c2 in np.ndindex(cells, cells):
            if 0 <= c1 + R1 < cells and 0 <= c2 + R2 < cells:
                blocks[c1, c2, :, c1 + R1, c2 + R2, :] += t
    return blocks.reshape(cells**2 * N, cells**2 * N)


def moment_of_flake(model: BandStructure, cells: int, mu: float, temperature: float) -> float:
    """(1/2) <r x v> of a rhombic flake of cells x cells cells with open boundaries, e = 1."""
    bonds = tight_binding(model)
    H = flake(bonds, cells)
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


# -- flows through a sample in equilibrium ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class CellFlows:
    """What flows into cell x from cell y of the conventional current, (cells, cells), and the torque on s in each cell."""

    current: Array
    torque: Array

    def into(self, inside: AnyArray) -> float:
        """The net flow of the conventional current into the cells marked by ``inside``."""
        return float(self.current[np.ix_(inside, ~inside)].sum())


def conventional_flow(H: ComplexArray, occupied: ComplexArray, s: ComplexArray) -> Array:
    """Into x from y: (1/2){dP_x/dt, s} bond by bond, -2 Im Tr[(1/2){rho, s}_xy H_yx], P_x the projector on the cell."""
    N, cells = len(s), len(H) // len(s)
    rho, t = (matrix.reshape(cells, N, cells, N) for matrix in (occupied, H))
    anticommutator = (np.einsum("xayb,bc->xayc", rho, s) + np.einsum("ab,xbyc->xayc", s, rho)) / 2
    return np.asarray(-2 * np.einsum("xayb,ybxa->xy", anticommutator, t, optimize=True).imag)


def flows(H: ComplexArray, s: ComplexArray, mu: float, temperature: float) -> CellFlows:
    """The flows in the thermal state of H, cells of len(s) orbitals each; s acts within a cell."""
    energies, states = np.linalg.eigh(H)
    occupied = (states * occupation("f", energies, mu, temperature)) @ states.conj().T
    S = np.kron(np.eye(len(H) // len(s)), s)
    torque = np.einsum("ab,ba->a", -1j * (S @ H - H @ S), occupied).real
    return CellFlows(conventional_flow(H, occupied, s), torque.reshape(-1, len(s)).sum(axis=1))


def flows_of_flake(
    model: BandStructure, cells: int, potential: Callable[[AnyArray, AnyArray], Array], mu: float, temperature: float
) -> CellFlows:
    """A flake of cells x cells cells with a potential of the cell (c_1, c_2)."""
    c1, c2 = np.indices((cells, cells)).reshape(2, -1)
    U = np.diag(np.repeat(potential(c1, c2), model.size))
    return flows(flake(tight_binding(model), cells) + U, model.matrix("s", np.zeros(2)), mu, temperature)


def torque_current(torque: Array, cells: int) -> Array:
    """J^tau of a flake on the bonds between neighbouring cells, into x from y, with div J^tau = -tau and no flow outwards.

    The gradient of a potential; a current that circulates may be added, and adds no net flow through any cut.
    """
    laplacian = graph_laplacian(cells)
    phi = np.linalg.lstsq(laplacian, -torque, rcond=None)[0]
    neighbours = -np.where(np.eye(len(laplacian)) > 0, 0.0, laplacian)
    return np.asarray(neighbours * (phi[None, :] - phi[:, None]))


def graph_laplacian(cells: int) -> Array:
    """The Laplacian of the graph of neighbouring cells, free at the edge."""
    chain = np.diag(np.ones(cells - 1), 1)
    one = np.eye(cells)
    adjacent = np.kron(chain + chain.T, one) + np.kron(one, chain + chain.T)
    return np.asarray(np.diag(adjacent.sum(axis=1)) - adjacent)


def flow_through_ribbon(
    model: BandStructure, cells: int, potential: Callable[[Array], Array], mu: float, temperature: float, momenta: int
) -> tuple[float, float]:
    """A ribbon of ``cells`` cells along a_1, open at its ends, periodic along a_2: what passes its middle towards larger x.

    The conventional current, and J^tau: minus the torque on the side of smaller x, since none leaves at the end. The potential
    is a function of (c + 1/2)/cells; both flows are per length.
    """
    bonds, N = tight_binding(model), model.size
    s, U = model.matrix("s", np.zeros(2)), potential((np.arange(cells) + 0.5) / cells)
    current = torque = 0.0
    left = np.arange(cells) < cells // 2
    for k in 2 * np.pi * (np.arange(momenta) + 0.3) / momenta:
        H = np.zeros((cells, N, cells, N), dtype=complex)
        for (R1, R2), t in bonds.hoppings.items():
            for c in range(max(0, -R1), min(cells, cells - R1)):
                H[c, :, c + R1, :] += t * np.exp(1j * k * R2)
        found = flows(H.reshape(cells * N, -1) + np.diag(np.repeat(U, N)), s, mu, temperature)
        current -= found.into(left) / momenta
        torque += float(found.torque[left].sum()) / momenta
    return current, -torque


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
