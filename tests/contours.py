"""Expressions of one band read by contour integrals alone: no eigenvectors, no characteristic polynomial, no rules for derivatives.

P = oint R(z) dz/(2 pi i) and S^p = (-1)^(p+1) oint R(z) (z - E)^(-p) dz/(2 pi i) around the energies of one multiplet, with
R(z) = (z - H)^(-1). H(k) is analytic, and so is all that is made of it: a derivative by a momentum is Cauchy's integral over
a circle in the complex plane of this momentum. Re and Im are read through the adjoint expression. The trapezoidal rule on a
circle converges geometrically.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symcur import expressions as ex
from symcur import quantities
from symcur.band_structures import Model
from symcur.expressions import Interpreter

ENERGIES = 64  # points of a circle around an energy
MOMENTA = 20  # points of a circle around a momentum
RADIUS = 1 / 10  # of it, in units of gap/|dH|


class Stack:
    """Matrices (..., N, N) or numbers (..., 1, 1), which multiply and add as such."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __add__(self, other: Stack) -> Stack:
        a, b = self.array, other.array
        if a.shape[-1] != b.shape[-1]:  # a number beside an operator is a multiple of the identity
            size = max(a.shape[-1], b.shape[-1])
            a, b = (x * np.eye(size) if x.shape[-1] == 1 else x for x in (a, b))
        return Stack(a + b)

    def __mul__(self, other: Stack) -> Stack:
        a, b = self.array, other.array
        return Stack(a * b if 1 in (a.shape[-1], b.shape[-1]) else a @ b)


class Contours(Interpreter):
    """Reads expressions at k (..., D), complex, for the ``rank`` energies of the model nearest to ``centre``.

    ``gap`` is the distance of ``centre`` to the nearest other energy at the first k; H changes by much less than ``gap`` where
    a momentum changes by RADIUS gap/slope.
    """

    def __init__(self, model: Model, k: np.ndarray, centre: float, rank: int, gap: float, slope: float) -> None:
        super().__init__()
        self.model, self.k, self.rank, self.gap, self.slope = model, k, rank, gap, slope
        self.centre = centre
        z = gap / 2 * np.exp(2j * np.pi * (np.arange(ENERGIES) + 0.5) / ENERGIES)
        self.weights = z / ENERGIES
        self.z = centre + z
        H = self.operator("H", ()).array
        self.R = np.linalg.inv(self.z[:, None, None] * np.eye(model.size) - H[..., None, :, :])
        self.P = np.einsum("z,...zab->...ab", self.weights, self.R)
        self.E = np.trace(self.P @ H, axis1=-2, axis2=-1) / rank

    def shifted(self, axis: int) -> Contours:
        return self.remember(("k", axis), lambda: self._shifted(axis))

    def _shifted(self, axis: int) -> Contours:
        steps = np.zeros((MOMENTA, self.model.dimension), dtype=complex)
        steps[:, axis] = RADIUS * self.gap / self.slope * np.exp(2j * np.pi * np.arange(MOMENTA) / MOMENTA)
        k = self.k[..., None, :] + steps
        return Contours(self.model, k, self.centre, self.rank, self.gap, self.slope)

    def remember(self, key: object, value: object) -> object:
        if key not in self.memory:
            self.memory[key] = value()
        return self.memory[key]

    # -- letters -----------------------------------------------------------------------------------------------------
    def number(self, value: object) -> Stack:
        return Stack(np.array([[complex(value.x, value.y)]]))

    def operator(self, name: str, axes: tuple[int, ...]) -> Stack:
        numbers = [float(value) for value in self.model.values().values()]
        rows = functions(self.model.H if name == "H" else self.model.s, (*self.model.k, *self.model.parameters), axes)
        entries = [function(*np.moveaxis(self.k, -1, 0), *numbers) for function in rows]
        array = np.stack([np.broadcast_to(entry, self.k.shape[:-1]) for entry in entries], axis=-1)
        return Stack(array.reshape(*self.k.shape[:-1], self.model.size, self.model.size).astype(complex))

    def projector(self, band: str) -> Stack:
        return Stack(self.P)

    def resolvent(self, band: str, power: int) -> Stack:
        distance = (self.z - self.E[..., None]) ** -power
        return Stack((-1) ** (power + 1) * np.einsum("z,...z,...zab->...ab", self.weights, distance, self.R))

    def band_energy(self, band: str, axes: tuple[int, ...]) -> Stack:
        if axes:
            return self.derivative(axes[0], ex.BandEnergy(band, axes[1:]))
        return Stack(self.E[..., None, None])

    def trace(self, value: Stack) -> Stack:
        return Stack(np.trace(value.array, axis1=-2, axis2=-1)[..., None, None])

    def derivative(self, axis: int, operand: ex.Expression) -> Stack:
        around = self.shifted(axis)
        array = around.read(operand).array
        inverse = 1 / (around.k - self.k[..., None, :])[..., axis]
        return Stack((array * inverse[..., None, None]).mean(axis=-3))


@cache
def functions(matrix: sp.ImmutableDenseMatrix, symbols: tuple[sp.Symbol, ...], axes: tuple[int, ...]) -> list:
    """The entries of a matrix, differentiated by these momenta, as functions of numbers."""
    taken = [entry.diff(*(symbols[axis] for axis in axes)) if axes else entry for entry in matrix]
    return [sp.lambdify(symbols, entry, "numpy") for entry in taken]


def reader(model: Model, k: np.ndarray, band: int, rank: int) -> Contours:
    """What reads expressions at a real k for the multiplet of ``rank`` energies that a band (from 0) belongs to."""
    return _around(model, k, band - band % rank, rank)


def reader_of_multiplet(model: Model, k: np.ndarray, band: int) -> Contours:
    """The same for the energies that coincide with that of the band to 1e-9 of the largest one."""
    energies = np.linalg.eigvalsh(model.matrix("H", k))
    own = np.flatnonzero(np.abs(energies - energies[band]) < 1e-9 * np.abs(energies).max())
    return _around(model, k, int(own[0]), len(own))


def _around(model: Model, k: np.ndarray, first: int, rank: int) -> Contours:
    energies = np.linalg.eigvalsh(model.matrix("H", k))
    centre = energies[first : first + rank].mean()
    others = np.delete(energies, range(first, first + rank))
    gap = np.abs(others - centre).min(initial=np.ptp(energies) or 1.0)
    axes = range(model.dimension)
    slope = max(np.linalg.norm(model.matrix("H", k, (axis,)), 2) for axis in axes)
    curvature = max(np.linalg.norm(model.matrix("H", k, (i, j)), 2) for i in axes for j in axes)
    slope = max(slope, np.sqrt(gap * curvature))
    return Contours(model, k.astype(complex), centre, rank, gap, slope)


def largest_difference(form: Any, name: str, k: np.ndarray) -> float:
    """Between a closed form of a quantity and contour integrals at one k, all bands, in units of the largest value."""
    model, quantity = form.model, quantities.get(name)
    components = [quantity.expression(*axes) for axes in quantity.components(model.dimension)]
    expected = []
    for band in range(model.size):
        contours = reader_of_multiplet(model, k, band)
        expected.append([contours.read(component).array[0, 0] / contours.rank for component in components])
    found = form(k).reshape(model.size, -1)
    return float(np.abs(found - np.array(expected)).max() / np.abs(expected).max())
