"""Is a band structure periodic, where do its orbitals lie, and does s respect the cell?

With the atomic positions r_a in the phases of H(k), H(k + G) = U_G H(k) U_G^+ with the diagonal unitary U_G = exp(-i G.r). An
s that links orbitals at different positions does not commute with U_G: its expectation value would depend on the choice of
the cell. Nor may the metric of bosons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.brillouin import LatticeCell

_TOLERANCE = 1e-9


_REASONS = {
    "s": "an operator local at each position, got one that links orbitals at different positions ([s, U_G] != 0), so that its "
    "expectation value depends on the choice of the unit cell",
    "metric": "components of Psi that commute with those at other positions, got ones that do not ([g, U_G] != 0)",
    "conjugation": "components of Psi that annihilate where what they are the adjoint of creates, got others (X U_G != U_G X)",
}


def orbital_positions(
    H: Callable[[Array], ComplexArray], local: Mapping[str, ComplexArray], cell: LatticeCell
) -> Array:
    """Coordinates (N, D) of the orbitals along the primitive vectors, modulo 1.

    Decided at random momenta. ``local`` holds s, and what else must not link different positions. Orbitals that neither H nor these
    link, directly or in steps, count as lying at the origin of their own group. Raises ValueError unless H(k + G) = U_G H(k) U_G^+ for
    every primitive G, and [s, U_G] = 0.
    """
    k = np.random.default_rng(11).uniform(-2.0, 2.0, size=(6, cell.dimension))
    here = H(k)
    if not np.isfinite(here).all():
        raise ValueError("H: expected finite numbers at generic k, got NaN or infinity")
    scale = float(np.abs(here).max())
    columns = []
    for number, G in enumerate(cell.reciprocal):
        shifted = H(k + G)
        phases = _phases(here, shifted, list(local.values()))
        U = np.exp(1j * phases)
        residual = np.abs(U[:, None] * here * U.conj() - shifted).max()
        if residual > _TOLERANCE * scale:
            raise ValueError(
                f"lattice: expected H(k + G_{number + 1}) = H(k) up to a diagonal unitary, got a residual of "
                f"{residual:.1e}; the primitive vectors do not fit the phases of H(k)"
            )
        for label, matrix in local.items():
            commutator = np.abs(U[:, None] * matrix * U.conj() - matrix).max()
            if commutator > _TOLERANCE * float(np.abs(matrix).max()):
                raise ValueError(f"{label}: expected {_REASONS[label]}")
        columns.append(-phases / (2 * np.pi))
    return np.mod(np.stack(columns, axis=-1) + 1e-9, 1.0) - 1e-9  # rounding must not push 0 to 1


def _phases(H: ComplexArray, shifted: ComplexArray, local: list[ComplexArray]) -> Array:
    """The phases of U_G along a spanning tree of the links of H; unlinked orbitals that a local operator joins share a phase."""
    size = H.shape[-1]
    strength = np.abs(H).max(axis=0)
    phases = np.full(size, np.nan)
    floor = _TOLERANCE * float(np.abs(H).max())
    shared = np.any([np.abs(matrix) > _TOLERANCE * float(np.abs(matrix).max()) for matrix in local], axis=0)
    for start in range(size):
        if not np.isnan(phases[start]):
            continue
        joined = [b for b in range(size) if not np.isnan(phases[b]) and shared[start, b]]
        phases[start] = phases[joined[0]] if joined else 0.0
        queue = [start]
        while queue:
            a = queue.pop()
            for b in range(size):
                if np.isnan(phases[b]) and strength[a, b] > floor:
                    point = int(np.abs(H[:, a, b]).argmax())
                    phases[b] = phases[a] - np.angle(shifted[point, a, b] / H[point, a, b])
                    queue.append(b)
    return phases
