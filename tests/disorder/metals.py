"""Models whose Fermi surfaces and conductivities are known exactly."""

from __future__ import annotations

import sympy as sp

from symcur.band_structures import Model

k_x, k_y, k_z = sp.symbols("k_x k_y k_z", real=True)
sigma_x, sigma_y, sigma_z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)


def parabolic(m_x: float = 1.0, m_y: float = 1.0) -> Model:
    """One band k_x^2/2m_x + k_y^2/2m_y, s = 1."""
    return Model([[k_x**2 / (2 * m_x) + k_y**2 / (2 * m_y)]], [[1]], (k_x, k_y), name="parabolic")


def square_lattice() -> Model:
    """One band -2 cos k_x - cos k_y, s = 1: open Fermi lines for |energy| < 1."""
    return Model([[-2 * sp.cos(k_x) - sp.cos(k_y)]], [[1]], (k_x, k_y), lattice=((1, 0), (0, 1)), name="square lattice")


def warped_sphere() -> Model:
    """Two anisotropic sheets in three dimensions, s = sigma_z/2."""
    kinetic = (k_x**2 + k_y**2 + k_z**2 / 2) / 2
    H = kinetic * sp.eye(2) + (k_x * sigma_x + k_y * sigma_y + k_z * sigma_z) / 2 + sigma_z / 3
    return Model(H, sigma_z / 2, (k_x, k_y, k_z), name="warped sphere")


def massless_dirac() -> Model:
    """A massless Dirac cone with velocity 1, s = 1."""
    return Model(k_x * sigma_x + k_y * sigma_y, sp.eye(2), (k_x, k_y), name="massless Dirac")
