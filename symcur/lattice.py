"""Is a tight-binding model periodic, and does s respect the cell?

With the atomic positions in the phases of H(k), H(k + G) = U_G H(k) U_G^+ with a diagonal unitary U_G. An s that links
orbitals at different positions does not commute with U_G: its expectation value would depend on the choice of the cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

if TYPE_CHECKING:
    from symcur.model import Model

_TOLERANCE = 1e-9


def reciprocal_vectors(lattice: sp.ImmutableDenseMatrix) -> NDArray[np.float64]:
    """Rows b_j with a_i . b_j = 2 pi delta_ij, as floats, shape (D, D)."""
    direct = np.array(lattice.evalf(30).tolist(), dtype=float)
    return np.asarray(2 * np.pi * np.linalg.inv(direct).T)


def check_periodicity(model: Model) -> None:
    """Raise ValueError unless H(k + G) = U_G H(k) U_G^+ for every primitive G, and [s, U_G] = 0.

    Decided at random momenta and random parameter values; the phases of U_G are read off H itself.
    """
    assert model.lattice is not None
    generator = np.random.default_rng(11)
    parameters: dict[str, Any] = {symbol.name: float(generator.uniform(0.3, 1.7)) for symbol in model.parameters}
    k = generator.uniform(-2.0, 2.0, size=(6, model.dimension))
    H = model.matrix("H", k, **parameters)
    s = model.matrix("s", k[0], **parameters)
    scale = 1 + float(np.abs(H).max())
    for number, G in enumerate(reciprocal_vectors(model.lattice)):
        shifted = model.matrix("H", k + G, **parameters)
        phases = cell_phases(H, shifted, s)
        U = np.exp(1j * phases)
        residual = np.abs(U[:, None] * H * U.conj() - shifted).max()
        if residual > _TOLERANCE * scale:
            raise ValueError(
                f"lattice: H(k + G_{number + 1}) is not H(k) up to a diagonal unitary (residual {residual:.1e}); the "
                "primitive vectors do not fit the phases of H(k)"
            )
        commutator = np.abs(U[:, None] * s * U.conj() - s).max()
        if commutator > _TOLERANCE * (1 + float(np.abs(s).max())):
            raise ValueError(
                "s: links orbitals at different positions ([s, U_G] != 0), so that its expectation value depends on "
                "the choice of the unit cell; s must be local at each position"
            )


def cell_phases(
    H: NDArray[np.complex128], shifted: NDArray[np.complex128], s: NDArray[np.complex128]
) -> NDArray[np.float64]:
    """The phases of U_G along a spanning tree of the links of H; unlinked orbitals that s joins share a phase."""
    size = H.shape[-1]
    strength = np.abs(H).max(axis=0)
    phases = np.full(size, np.nan)
    floor = _TOLERANCE * (1 + float(np.abs(H).max()))
    for start in range(size):
        if not np.isnan(phases[start]):
            continue
        joined = [b for b in range(size) if not np.isnan(phases[b]) and abs(s[start, b]) > _TOLERANCE]
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
