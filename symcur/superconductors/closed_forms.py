"""What the paper prints for Bogoliubov quasiparticles, as SymPy expressions in xi(k), |Delta|(k) and theta(k).

The functions may be undefined (``Function("xi", real=True)(k_x, k_y)``) or explicit. They hold for H = [[xi, Delta],
[Delta^*, -xi]] with Delta = |Delta| exp(i theta) and e = 1: one Bloch band, even in k. That they follow from the definitions
is proved in ``symcur.claims.superconductors`` by ``PairingAlgebra``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symcur.band_structures.exact import exact_formula


@dataclass(frozen=True)
class QuasiparticleForms:
    """Closed forms of the bands sigma = +1, -1; ``k`` are the momenta, e = hbar = 1."""

    xi: sp.Expr
    gap: sp.Expr
    theta: sp.Expr
    k: tuple[sp.Symbol, ...]

    @property
    def energy(self) -> sp.Expr:
        """E = sqrt(xi^2 + |Delta|^2); the bands are sigma E."""
        return sp.sqrt(self.xi**2 + self.gap**2)

    @property
    def rho(self) -> sp.Expr:
        """rho^0 = xi/E; the charge of the band sigma is sigma rho^0. C below (7)."""
        return self.xi / self.energy

    def dipole(self) -> list[sp.Expr]:
        """d = (1/2)[(rho^0)^2 - 1] grad theta, the same for both bands. C Eq. (9), A Eq. (22).

        (rho^0)^2 - 1 = -|Delta|^2/E^2, so d is regular where Delta vanishes and E does not.
        """
        return [-(self.gap**2) / self.energy**2 * sp.diff(self.theta, k) / 2 for k in self.k]

    def berry_curvature(self, sigma: int) -> sp.Expr:
        """Omega_sigma = -sigma (grad rho^0 x grad theta)_z/2 in 2D. C, text on the null magnetization."""
        return -sp.Integer(sigma) * self._cross(self._gradient(self.rho), self._gradient(self.theta)) / 2

    def moment(self, sigma: int) -> sp.Expr:
        """m_sigma = (1/2) d x v, 2D: the first circuit of C Eq. (8) vanishes for these bands."""
        return self._cross(self.dipole(), [sigma * v for v in self._gradient(self.energy)]) / 2

    def magnetization_potential(self, g_sum: sp.Expr) -> list[sp.Expr]:
        """a with sum_sigma (f m + g rho Omega) = curl a: a = (1/4)(g_+ + g_-) Im(Delta^* grad Delta)/E^2."""
        return [g_sum * self.gap**2 / self.energy**2 * sp.diff(self.theta, k) / 4 for k in self.k]

    def _gradient(self, function: sp.Expr) -> list[sp.Expr]:
        return [sp.diff(function, k) for k in self.k]

    def _cross(self, a: list[sp.Expr], b: list[sp.Expr]) -> sp.Expr:
        if len(self.k) != 2:
            raise ValueError(f"k: expected two momenta for a z component, got {len(self.k)}")
        return a[0] * b[1] - a[1] * b[0]


def quasiparticle_forms(xi: Any, gap: Any, theta: Any, k: Sequence[sp.Symbol]) -> QuasiparticleForms:
    """The closed forms for given xi(k), |Delta|(k) and theta(k)."""
    return QuasiparticleForms(
        exact_formula("xi", xi), exact_formula("gap", gap), exact_formula("theta", theta), tuple(k)
    )
