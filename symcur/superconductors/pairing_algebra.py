"""The 2 x 2 Bogoliubov-de Gennes Hamiltonian with undetermined xi(k), |Delta|(k) and theta(k): exact algebra.

    H = eta + [[xi, |Delta| e^{i theta}], [|Delta| e^{-i theta}, -xi]],   bands eta + sigma E,  E^2 = xi^2 + |Delta|^2

xi and eta are the even and the odd part of the electron's energy: the electron block is xi(k) + eta(k), and the hole
block -xi(k) + eta(k) is minus the electron block at -k. The paper's hole block -xi_k is the case eta = 0.

Everything is a polynomial in xi, |Delta|, z = e^{i theta}, 1/z, 1/E and the derivatives of the four functions, which are
independent symbols at a point k. The only relations are z (1/z) = 1 and (1/E)^2 (xi^2 + |Delta|^2) = 1, so
reduction by them decides every equality for all functions at once. Expressions are read in this algebra letter by letter.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from sympy import QQ, QQ_I
from sympy.polys.orderings import lex
from sympy.polys.rings import ring

from symcur.expressions import Axis, Expression, Interpreter, Matrix
from symcur.expressions.axes import momenta

FUNCTIONS = ("eta", "xi", "D", "theta")
_DIMENSION, _ORDER = 2, 3
_AXES = [axes for order in range(_ORDER + 1) for axes in combinations_with_replacement(range(_DIMENSION), order)]
_JETS = [(name, axes) for name in FUNCTIONS for axes in _AXES if (name, axes) != ("theta", ())]
_SPINOR = ("mu", "mu_conjugate", "nu", "nu_conjugate")
_OCCUPATIONS = [f"{kind}_{sign}" for sign in "+-" for kind in ("f", "g")]


def _label(name: str, axes: tuple[int, ...]) -> str:
    return name + ("_" + "".join("xy"[axis] for axis in axes) if axes else "")


class PairingAlgebra:
    """The ring, its derivations d/dk_x and d/dk_y, and interpreters of expressions for the bands sigma = +1 and -1.

    ``odd=False`` sets eta = 0, the paper's Hamiltonian. Elements are reduced by ``vanishes`` only.
    """

    def __init__(self, odd: bool = False) -> None:
        names = ["z", "zi", "Ei", *(_label(*jet) for jet in _JETS), *_OCCUPATIONS, *_SPINOR]
        self.ring, *generators = ring(names, QQ_I, lex)
        self.generator = dict(zip(names, generators, strict=True))
        self.odd = odd
        z, zi, Ei, xi, D = (self.generator[name] for name in ("z", "zi", "Ei", "xi", "D"))
        self.phase, self.phase_inverse, self.inverse_energy = z, zi, Ei
        self.relations = [z * zi - 1, Ei**2 * (xi**2 + D**2) - 1]
        self.energy = Ei * (xi**2 + D**2)
        self.rho = xi * Ei

    def jet(self, name: str, *axes: int) -> Any:
        """The symbol of d^m name/dk_i dk_l ... for name in eta, xi, D (= |Delta|), theta."""
        if name == "eta" and not self.odd:
            return self.ring.zero
        return self.generator[_label(name, tuple(sorted(axes)))]

    def number(self, value: Any) -> Any:
        """An exact number (int, Fraction or element of QQ_I) as an element."""
        return self.ring.ground_new(QQ_I.convert(value))

    def derivative(self, element: Any, axis: int) -> Any:
        """d/dk_axis of an element; occupations obey dg = f de and are differentiated once."""
        total = self.ring.zero
        for name, degree in zip(self.generator, element.degrees(), strict=True):
            if degree > 0:
                total += element.diff(self.generator[name]) * self._slope(name, axis)
        return total

    def _slope(self, name: str, axis: int) -> Any:
        z, zi, Ei = self.phase, self.phase_inverse, self.inverse_energy
        match name.split("_", 1):
            case ["z"]:
                return self.number(QQ_I(0, 1)) * self.jet("theta", axis) * z
            case ["zi"]:
                return self.number(QQ_I(0, -1)) * self.jet("theta", axis) * zi
            case ["Ei"]:
                gradient = self.jet("xi") * self.jet("xi", axis) + self.jet("D") * self.jet("D", axis)
                return -(Ei**3) * gradient
            case ["g", sign]:
                return self.generator[f"f_{sign}"] * self.band_velocity(1 if sign == "+" else -1, axis)
            case [("eta" | "xi" | "D" | "theta") as function, *axes]:
                return self.jet(function, *(map("xy".index, "".join(axes))), axis)
        raise ValueError(f"element: {name} has no derivative in this algebra")

    def band_velocity(self, sigma: int, axis: int) -> Any:
        """d_{k_axis} (eta + sigma E)"""
        gradient = self.jet("xi") * self.jet("xi", axis) + self.jet("D") * self.jet("D", axis)
        return self.jet("eta", axis) + sigma * gradient * self.inverse_energy

    def vanishes(self, element: Any) -> bool:
        """Whether the element is zero for all functions: its remainder modulo the two relations is zero.

        The leading monomials z zi and Ei^2 xi^2 have no common factor, so the relations are a Groebner basis.
        """
        return not element.rem(self.relations)

    def read(self, expression: Expression, sigma: int) -> Any:
        """The value of an expression with integer axes for the band sigma = +1 or -1; operators give a ``Matrix``."""
        return _BandInterpreter(self, sigma).read(expression)


class _BandInterpreter(Interpreter):
    def __init__(self, algebra: PairingAlgebra, sigma: int) -> None:
        super().__init__()
        self.algebra, self.sigma = algebra, sigma
        own, other = (self._projector(sign) for sign in (sigma, -sigma))
        self._own, self._other = own, other

    def _matrix(self, rows: list[list[Any]]) -> Matrix:
        array = np.empty((2, 2), dtype=object)
        for a, b in np.ndindex(2, 2):
            array[a, b] = self.algebra.ring.zero + rows[a][b]
        return Matrix(array)

    def _projector(self, sign: int) -> Matrix:
        a = self.algebra
        half, D, Ei = a.number(QQ_I(QQ(1, 2))), a.jet("D"), a.inverse_energy
        off, diagonal = sign * half * D * Ei, sign * half * a.rho
        return self._matrix([[half + diagonal, off * a.phase], [off * a.phase_inverse, half - diagonal]])

    def number(self, value: Any) -> Any:
        return self.algebra.number(value)

    def operator(self, name: str, axes: tuple[Axis, ...]) -> Matrix:
        a = self.algebra
        if name == "s":
            return self._matrix([[1, 0], [0, -1]])
        rows = [
            [a.jet("eta") + a.jet("xi"), a.jet("D") * a.phase],
            [a.jet("D") * a.phase_inverse, a.jet("eta") - a.jet("xi")],
        ]
        for axis in momenta(axes):
            rows = [[a.derivative(entry, int(axis)) for entry in row] for row in rows]
        return self._matrix(rows)

    def projector(self, band: str) -> Matrix:
        return self._own

    def resolvent(self, band: str, power: int) -> Matrix:
        """S^p = (1 - P)/(2 sigma E)^p"""
        inverse_gap = self.algebra.number(QQ_I(QQ(self.sigma, 2))) * self.algebra.inverse_energy
        power_of_gap = inverse_gap**power
        return Matrix(self._other.array * power_of_gap)

    def band_energy(self, band: str, axes: tuple[Axis, ...]) -> Any:
        value = self.algebra.jet("eta") + self.sigma * self.algebra.energy
        for axis in momenta(axes):
            value = self.algebra.derivative(value, int(axis))
        return value

    def occupation(self, kind: str, band: str, order: int) -> Any:
        if order:
            raise TypeError("occupation: derivatives of f are not elements of the pairing algebra")
        return self.algebra.generator[f"{kind}_{'+' if self.sigma > 0 else '-'}"]

    def trace(self, value: Matrix) -> Any:
        return value.array[0, 0] + value.array[1, 1]
