"""How far H(k) may bend between sampled momenta: rigorous bounds from its formulas or hoppings.

The bound is on sup |H(k + d) - H(k) - d.H'(k)| (Frobenius norm) over all k in a box and all d in a smaller box, which is half
the second derivative along d. For formulas it is the t^2 coefficient of H(k + t d) in ball arithmetic of power series (flint),
with k and d balls. Hoppings that do not reach far hide nothing from the grid.

Energies follow H. Where H changes linearly, the sum of the lowest energies of electrons is concave (K. Fan, Proc. Natl. Acad. Sci.
35, 652 (1949)), and so is that of the lowest positive E of g H for H > 0, which is the minimum of Tr T^+ H T over T^+ g^-1 T = 1 (J.
Kovac-Striko, K. Veselic, Linear Algebra Appl. 216, 139 (1995); R. Bhatia, T. Jain, J. Math. Phys. 56, 112201 (2015)): no band dips
between samples unless bands come close, those of opposite norm at a soft mode among them. What deviates from linear by delta
moves an energy of electrons by delta at most, and one of bosons by delta t^+ t, t^+ t <= |E|/lambda with the least eigenvalue lambda
of H, since t^+ H t = |E|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.hoppings import TightBinding
from symcur.brillouin import Bending, LatticeCell
from symcur.brillouin.zooming import GRID
from symcur.program import Program, from_sympy, operations

_LITTLE = 1e-3


class OfFormulas:
    """The bound for a matrix of formulas; raises ValueError where these hold functions that programs lack."""

    def __init__(self, H: sp.ImmutableDenseMatrix, symbols: Sequence[sp.Symbol]) -> None:
        self.names = [symbol.name for symbol in symbols]
        self.program = _Arithmetic()
        self.nodes: list[int] = []
        self.counts: list[int] = []  # an entry beside the diagonal stands for two
        for a, b in product(range(H.rows), repeat=2):
            if a <= b:
                entry = from_sympy(self.program, H[a, b])
                self.nodes += [entry.real.node, entry.imag.node]
                self.counts += [1 + (a != b)] * 2

    def __call__(self, values: Sequence[float], k: Array, radius: Array, step: Array) -> Array:
        return np.array([self._one(values, *box) for box in zip(k, radius, step, strict=True)])

    def _one(self, values: Sequence[float], k: Array, radius: Array, step: Array) -> float:
        from flint import arb, arb_series

        lines = [arb_series([arb(x, r), arb(0, s)], prec=3) for x, r, s in zip(k, radius, step, strict=True)]
        given = dict(zip(self.names, [*lines, *(arb_series([arb(v)], prec=3) for v in values)], strict=True))
        numbers = operations(_Functions, given.__getitem__, lambda x: arb_series([_ball(x)], prec=3))
        try:
            entries = self.program.run(self.nodes, numbers)
        except ValueError:  # a denominator may vanish in the box
            return np.inf
        squares = [n * float(entry[2].abs_upper()) ** 2 for n, entry in zip(self.counts, entries, strict=True)]
        size = float(np.sqrt(sum(squares)))
        return size if np.isfinite(size) else np.inf

    def reach(self, cell: LatticeCell) -> float:
        """The highest harmonic of the entries of H along an axis of the cell, or more; infinite where they are none."""
        found: dict[int, _Harmonics] = {}
        for node in self.program.live(self.nodes):
            operation, own = self.program.nodes[node][0], [found[a] for a in self.program.arguments(node)]
            if operation == "input":
                name = self.program.nodes[node][1][0]
                slope = [float(name == other) for other in self.names[: cell.dimension]]
                found[node] = _Harmonics(np.array(slope), 0.0)
            elif operation == "constant":
                found[node] = _Harmonics(np.zeros(cell.dimension), 0.0, float(self.program.nodes[node][1][0]))
            else:
                found[node] = _combined(operation, own, cell)
        return max((found[node].highest for node in self.nodes), default=0.0)


@dataclass(frozen=True)
class _Harmonics:
    """A function of k that is linear with this slope, or, where the slope is 0, has harmonics up to ``reach``; a ``number``."""

    slope: Array
    reach: float
    number: float | None = None

    @property
    def highest(self) -> float:
        return np.inf if self.slope.any() else self.reach


def _combined(operation: str, own: list[_Harmonics], cell: LatticeCell) -> _Harmonics:
    a, b, none = own[0], own[-1], np.zeros(cell.dimension)
    if operation in ("+", "-") and max(a.reach, b.reach) == 0:
        return _Harmonics(a.slope + b.slope if operation == "+" else a.slope - b.slope, 0.0)
    if operation == "*" and max(a.reach, b.reach) == 0 and (a.number is not None or b.number is not None):
        numbers = (b.number or 0.0, a.number or 0.0)
        return _Harmonics(numbers[0] * a.slope + numbers[1] * b.slope, 0.0)
    if operation in ("cos", "sin") and a.reach == 0:
        return _Harmonics(none, float(np.abs(cell.reciprocal @ a.slope).max() / (2 * np.pi)))
    high = [x.highest for x in own]
    if operation in ("+", "-"):
        return _Harmonics(none, max(high))
    if operation == "*" or (operation == "/" and high[1] == 0):
        return _Harmonics(none, sum(high))
    return _Harmonics(none, np.inf if any(high) else 0.0)


@dataclass(frozen=True)
class AtValues:
    """The bound for values of the parameters. ``shown``: H reaches so little that the grid shows it all, see ``of_hoppings``."""

    bound: OfFormulas
    values: list[float]
    shown: bool

    def __call__(self, k: Array, radius: Array, step: Array) -> Array:
        return self.bound(self.values, k, radius, step)


class _Arithmetic(Program):
    keeps_atoms = False


class _Functions:
    """The functions of programs, in power series."""

    @staticmethod
    def sqrt(x: Any) -> Any:
        return x.sqrt()

    @staticmethod
    def cos(x: Any) -> Any:
        return _trigonometric(x)[0]

    @staticmethod
    def sin(x: Any) -> Any:
        return _trigonometric(x)[1]


def _trigonometric(x: Any) -> tuple[Any, Any]:
    """cos and sin of a + b t + c t^2, a taken apart into its middle and radius: next to an extremum of the cosine it varies by the
    square of the radius, which the functions of flint do not say of small ones."""
    from flint import arb, arb_series

    a, b, c = x[0], x[1], x[2]
    cosine, sine, radius = a.mid().cos(), a.mid().sin(), a.rad()
    if radius < 0.5:
        around = arb(0, 1) * radius
        cosine, sine = (
            middle + around * slope + around * radius / 2 for middle, slope in ((cosine, sine), (sine, cosine))
        )
    else:
        cosine, sine = a.cos(), a.sin()
    square = b * b / 2
    return arb_series([cosine, -sine * b, -sine * c - cosine * square], prec=3), arb_series(
        [sine, cosine * b, cosine * c - sine * square], prec=3
    )


@lru_cache(maxsize=1024)
def _ball(number: sp.Expr) -> object:
    """An exact real number as a ball: its digits to forty places and their rounding."""
    from flint import arb

    return arb(str(number.evalf(40)), "1e-38") if not number.is_Integer else arb(int(number))


def of_bosons(bound: Bending, H: ComplexArray, g: ComplexArray) -> Bending:
    """The bound on H as one on energies: times |g| |H|/lambda, from samples of H (M, N, N)."""
    eigenvalues = np.linalg.eigvalsh(H)
    least = float(eigenvalues.min())
    if least <= 0:  # refused where it is integrated
        return bound
    factor = float(np.linalg.norm(g, 2) * eigenvalues.max()) / least
    return lambda k, radius, step: factor * bound(k, radius, step)


def of_hoppings(bonds: TightBinding) -> Bending | None:
    """Nothing but what the grid shows, where hoppings reach at most a quarter of its points along each axis; else None.

    Such a trigonometric polynomial, and each of its derivatives, is nowhere larger than sqrt(2)^D times its largest value on the
    grid (Ehlich and Zeller, Math. Z. 86, 41 (1964)). Longer hoppings may count for a thousandth of the largest one.
    """
    reach = np.abs(np.array(list(bonds.hoppings))).max(axis=1)
    size = np.linalg.norm(np.array(list(bonds.hoppings.values())), axis=(1, 2))
    far = 2 * size[reach > GRID[bonds.cell.dimension] / 4].sum()
    return _nothing if far <= _LITTLE * size[reach > 0].max(initial=0.0) else None


def _nothing(k: Array, radius: Array, step: Array) -> Array:
    return np.zeros(len(k))
