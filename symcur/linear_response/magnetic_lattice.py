"""A two-dimensional lattice model in a uniform magnetic field: Peierls phases on a magnetic supercell.

The bonds are straight lines between the orbitals, so a bond
from r_b to r_a gets the phase exp(i int A.dl), for carriers of charge e = 1. In coordinates r = x_1 a_1 + x_2 a_2 the
gauge is A = Phi x_1 grad x_2, with the flux Phi per cell; p cells along a_1 with Phi = 2 pi/p are one magnetic cell.
Energies and states come from diagonalisation: no perturbation theory, and no formula for the response.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import ComplexArray
from symcur.band_structures import BandStructure, TightBinding, tight_binding
from symcur.brillouin import LatticeCell
from symcur.brillouin.memory import Memory
from symcur.brillouin.occupation import occupation
from symcur.linear_response.expansion import Estimate, extrapolated
from symcur.linear_response.scales import require_lattice, scales

_MARGIN = 2.5  # of what extrapolations in B^2 differ by
_SMOOTH = 5.0  # fields above this, in squares of the length in k over which occupations vary, do not show how a density varies


def magnetic_hamiltonian(bonds: TightBinding, cells: int, theta: ArrayLike) -> ComplexArray:
    """H of a magnetic cell of |cells| cells, flux 2 pi/cells per cell; theta (..., 2) gives (..., |cells| N, |cells| N).

    theta_1 is the Bloch phase over the magnetic cell along a_1, theta_2 over a_2; the sign of cells is that of the
    flux.
    """
    x, p, flux = bonds.positions, abs(cells), 2 * np.pi / cells
    along, across = np.moveaxis(np.asarray(theta, dtype=float)[..., None, None, None], -4, 0)
    size, c = len(x), np.arange(p)
    H = np.zeros((*along.shape[:-3], p, p, size, size), dtype=complex)
    for (R1, R2), t in bonds.hoppings.items():
        rise = R2 + x[None, :, 1] - x[:, None, 1]  # of x_2, from a to b
        middle = c[:, None, None] + (R1 + x[None, :, 0] + x[:, None, 0]) / 2
        wraps, target = np.divmod(c + R1, p)
        # Moving by p a_1 changes A by 2 pi sign(cells) grad x_2: a gauge transformation of the states.
        closing = wraps[:, None, None] * (along + 2 * np.pi * np.sign(cells) * x[None, :, 1])
        H[..., c, target, :, :] += t * np.exp(1j * (across * R2 + closing - flux * middle * rise))
    return H.swapaxes(-3, -2).reshape(*along.shape[:-3], p * size, p * size)


def density_in_magnetic_field(
    model: BandStructure, cells: int, mu: float, temperature: float, *, operator: str = "s", phases: int = 3
) -> float:
    """The density (per area) of "s" or of carriers ("density") with flux 2 pi/cells per cell, at fixed mu and T.

    phases is the number of Bloch phases per direction of the magnetic zone.
    """
    cell, bonds = _require(model, mu, temperature, operator, [cells]), tight_binding(model)
    s = model.matrix("s", np.zeros(2)) if operator == "s" else np.eye(model.size)
    p = abs(cells)
    total, steps = 0.0, 2 * np.pi * (np.arange(phases) + 0.3) / phases
    for along in steps:
        # One cell along a_1 shifts theta_2 by 2 pi/p: the zone repeats.
        theta = np.stack([np.full(phases, along), steps / p], axis=-1)
        energies, states = np.linalg.eigh(magnetic_hamiltonian(bonds, cells, theta))
        occupied = occupation("f", energies, mu, temperature)
        blocks = states.reshape(phases, p, model.size, -1)
        expectations = (blocks.conj() * (s @ blocks)).real.sum(axis=(1, 2))
        total += float((expectations * occupied).sum())
    return total / (phases**2 * p * cell.volume)


def density_per_magnetic_field(
    model: BandStructure,
    mu: float,
    temperature: float,
    *,
    operator: str = "s",
    cells: Sequence[int] = (16, 20, 26, 36),
    phases: int = 3,
) -> Estimate:
    """ds/dB at B = 0 (or dn/dB), from lattices with B and -B, extrapolated in B^2; B = 2 pi/(cells area).

    Next to each of ``cells`` the following number is taken too, so that Landau levels lie elsewhere; the value is the mean over all choices of one
    of each two. The error is the change of one when its largest or its smallest field is left out, or 2.5 times what all differ by. Fields show how the
    density varies below (|e - mu - i pi T|/|v|)^2; where the smallest is five times that, an extrapolation says nothing, and 2.5 times its whole change
    from there belongs to the error: so at low temperature, unless mu is in a gap. points counts the diagonalisations per magnetic cell.
    """
    cell = _require(model, mu, temperature, operator, cells)
    area = float(np.linalg.det(cell.vectors))  # the sign of the flux is that of a_1 x a_2
    pairs = [(abs(p), abs(p) + 1) for p in cells]

    def slope(p: int) -> float:
        plus, minus = (
            density_in_magnetic_field(model, q, mu, temperature, operator=operator, phases=phases) for q in (p, -p)
        )
        return (plus - minus) * p * area / (4 * np.pi)

    slopes = {p: slope(p) for p in sorted({p for pair in pairs for p in pair})}
    choices = {tuple(sorted(set(choice))) for choice in product(*pairs)}
    found = [
        extrapolated(1 / np.array(p), np.array([slopes[x] for x in p]), 0) for p in choices if len(p) == len(pairs)
    ]
    values, changes = np.transpose(found)
    scale = scales(model, mu, temperature, Memory(None))
    smallest = 2 * np.pi / (max(slopes) * abs(area)) * (scale.speed / scale.thermal) ** 2
    unseen = np.abs(values - slopes[max(slopes)]).max() * min(1.0, (smallest / _SMOOTH) ** 3)
    error = max(changes.max(), _MARGIN * np.ptp(values), _MARGIN * unseen)
    return Estimate(np.asarray(values.mean()), np.asarray(error), phases**2)


def _require(model: BandStructure, mu: float, temperature: float, operator: str, cells: Sequence[int]) -> LatticeCell:
    cell = require_lattice(model, mu, temperature)
    if model.dimension != 2:
        raise ValueError(
            f"model: expected two dimensions for a magnetic lattice, got {model.name} in {model.dimension}"
        )
    if operator not in ("s", "density"):
        raise ValueError(f"operator: expected 's' or 'density', got {operator!r}")
    if not all(isinstance(p, (int, np.integer)) and abs(p) >= 3 for p in cells) or len(set(cells)) != len(cells):
        raise ValueError(f"cells: expected different integers of absolute value 3 or more, got {list(cells)}")
    return cell
