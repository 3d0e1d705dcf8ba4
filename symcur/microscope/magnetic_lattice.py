"""A two-dimensional lattice model in a uniform magnetic field: Peierls phases on a magnetic supercell.

The hoppings t_ab(R) are the Fourier components of H(k); the bonds are straight lines between the orbitals, so a bond
from r_b to r_a gets the phase exp(i int A.dl), for carriers of charge e = 1. In coordinates r = x_1 a_1 + x_2 a_2 the
gauge is A = Phi x_1 grad x_2, with the flux Phi per cell; p cells along a_1 with Phi = 2 pi/p are one magnetic cell.
Energies and states come from diagonalisation: no perturbation theory, and no formula for the response.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symcur.lattice import reciprocal_vectors
from symcur.microscope.expansion import Estimate, extrapolated, require_lattice
from symcur.microscope.susceptibility import ComplexArray, FloatArray
from symcur.model import Model

_RANGE = 16  # sampling points per axis: hoppings up to 7 cells away
_NEGLIGIBLE = 1e-13


def positions(model: Model, **parameters: Any) -> FloatArray:
    """Coordinates (N, 2) of the orbitals along a_1, a_2, modulo 1, from H(k + G) = U_G H(k) U_G^+.

    Orbitals that neither H nor s links, directly or in steps, count as lying at the origin of their own group.
    """
    k = np.random.default_rng(5).uniform(-2.0, 2.0, size=(4, model.dimension))
    H, s = model.matrix("H", k, **parameters), model.matrix("s", k[0], **parameters)
    assert model.lattice is not None
    columns = []
    for G in reciprocal_vectors(model.lattice):
        product = (model.matrix("H", k + G, **parameters) * H.conj()).sum(axis=0)
        linked = np.abs(product) > _NEGLIGIBLE * (1 + np.abs(H).max() ** 2)
        # All paths from a to b have the same phase, so the powers add up without cancellation.
        step = np.where(linked, np.exp(1j * np.angle(product)), 0) + (~linked & (np.abs(s) > _NEGLIGIBLE))
        paths = np.linalg.matrix_power(np.eye(model.size) + step, model.size)
        first = (np.abs(paths) > 0.5).argmax(axis=1)
        columns.append(-np.angle(paths[np.arange(model.size), first]) / (2 * np.pi))
    x = np.stack(columns, axis=1)
    return np.asarray(x - np.floor(x + 1e-9))  # rounding must not push 0 to 1


def hoppings(model: Model, **parameters: Any) -> dict[tuple[int, int], ComplexArray]:
    """t(R) with H_ab(k) = sum_R t_ab(R) exp(i k.(R + r_b - r_a)), R in units of the primitive vectors, 2D.

    Raises ValueError if hoppings reach further than 7 cells.
    """
    assert model.lattice is not None
    x = positions(model, **parameters)
    steps = np.arange(_RANGE) / _RANGE
    fractions = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1)
    phases = np.exp(2j * np.pi * np.einsum("...j,aj->...a", fractions, x))
    H = model.matrix("H", fractions @ reciprocal_vectors(model.lattice), **parameters)
    periodic = phases[..., :, None] * H * phases[..., None, :].conj()
    components = np.fft.fft2(periodic, axes=(0, 1)) / _RANGE**2
    found = {}
    for n1, n2 in np.ndindex(_RANGE, _RANGE):
        R = ((n1 + _RANGE // 2) % _RANGE - _RANGE // 2, (n2 + _RANGE // 2) % _RANGE - _RANGE // 2)
        if np.abs(components[n1, n2]).max() > _NEGLIGIBLE * (1 + np.abs(H).max()):
            if min(R) == -_RANGE // 2:
                raise ValueError(f"model: {model.name} has hoppings further than {_RANGE // 2 - 1} cells")
            found[R] = components[n1, n2]
    return found


def magnetic_hamiltonian(
    hopping: Mapping[tuple[int, int], ComplexArray], x: FloatArray, cells: int, theta: tuple[float, float]
) -> ComplexArray:
    """H of a magnetic cell of |cells| cells, flux 2 pi/cells per cell; shape (|cells| N, |cells| N).

    theta_1 is the Bloch phase over the magnetic cell along a_1, theta_2 over a_2; the sign of cells is that of the
    flux.
    """
    p, flux, size = abs(cells), 2 * np.pi / cells, len(x)
    H = np.zeros((p, size, p, size), dtype=complex)
    for (R1, R2), t in hopping.items():
        rise = R2 + x[None, :, 1] - x[:, None, 1]  # of x_2, from a to b
        for c in range(p):
            middle = c + (R1 + x[None, :, 0] + x[:, None, 0]) / 2
            wraps, target = divmod(c + R1, p)
            # Moving by p a_1 changes A by 2 pi sign(cells) grad x_2: a gauge transformation of the states.
            closing = wraps * (theta[0] + 2 * np.pi * np.sign(cells) * x[None, :, 1])
            H[c, :, target, :] += t * np.exp(1j * (theta[1] * R2 + closing - flux * middle * rise))
    return H.reshape(p * size, p * size)


def density_in_magnetic_field(
    model: Model, cells: int, mu: float, temperature: float, *, operator: str = "s", phases: int = 3, **parameters: Any
) -> float:
    """The density (per area) of "s" or of carriers ("density") with flux 2 pi/cells per cell, at fixed mu and T.

    phases is the number of Bloch phases per direction of the magnetic zone.
    """
    _require(model, mu, temperature, operator, [cells])
    hopping, x = hoppings(model, **parameters), positions(model, **parameters)
    s = model.matrix("s", np.zeros(2), **parameters) if operator == "s" else np.eye(model.size)
    p = abs(cells)
    total = 0.0
    for j1, j2 in np.ndindex(phases, phases):
        # One cell along a_1 shifts theta_2 by 2 pi/p: the zone repeats.
        theta = (2 * np.pi * (j1 + 0.3) / phases, 2 * np.pi * (j2 + 0.3) / (phases * p))
        energies, states = np.linalg.eigh(magnetic_hamiltonian(hopping, x, cells, theta))
        occupied = (1 - np.tanh((energies - mu) / (2 * temperature))) / 2
        blocks = states.reshape(p, model.size, -1)
        total += float(np.einsum("can,ab,cbn,n->", blocks.conj(), s, blocks, occupied, optimize=True).real)
    return total / (phases**2 * p * abs(_area(model)))


def density_per_magnetic_field(
    model: Model,
    mu: float,
    temperature: float,
    *,
    operator: str = "s",
    cells: Sequence[int] = (16, 20, 26, 36),
    phases: int = 3,
    **parameters: Any,
) -> Estimate:
    """ds/dB at B = 0 (or dn/dB), from lattices with B and -B, extrapolated in B^2; B = 2 pi/(cells area).

    The error is the larger change on leaving out the largest or the smallest field; points counts the
    diagonalisations per magnetic cell. At low temperature only a model with mu in a gap has a smooth density.
    """
    _require(model, mu, temperature, operator, cells)
    ascending = sorted(cells)
    fields = np.array([2 * np.pi / (p * _area(model)) for p in ascending])
    sides: NDArray[np.float64] = np.array(
        [
            [
                density_in_magnetic_field(
                    model, sign * p, mu, temperature, operator=operator, phases=phases, **parameters
                )
                for p in ascending
            ]
            for sign in (1, -1)
        ]
    )
    value, error = extrapolated(fields, (sides[0] - sides[1]) / 2, 1)
    return Estimate(np.asarray(value), np.asarray(error), phases**2)


def _area(model: Model) -> float:
    assert model.lattice is not None
    return float(model.lattice.det().evalf())


def _require(model: Model, mu: float, temperature: float, operator: str, cells: Sequence[int]) -> None:
    require_lattice(model, mu, temperature)
    if model.dimension != 2:
        raise ValueError(f"model: {model.name} has dimension {model.dimension}; a magnetic lattice needs 2")
    if operator not in ("s", "density"):
        raise ValueError(f"operator: {operator!r} came; valid are 's' and 'density'")
    if not all(isinstance(p, (int, np.integer)) and abs(p) >= 3 for p in cells) or len(set(cells)) != len(cells):
        raise ValueError(f"cells: {list(cells)} came; different integers of absolute value 3 or more are valid")
