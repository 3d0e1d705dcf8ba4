"""Isotropic continuum models: of the literature, and with windings and signs of one's own."""

from __future__ import annotations

import sympy as sp

from symcur import Model

k_x, k_y, k_z = k = sp.symbols("k_x k_y k_z", real=True)
A, B, D, M, alpha, v, v_x, v_y = sp.symbols("A B D M alpha v v_x v_y", real=True)
m = sp.Symbol("m", positive=True)
X, Y, Z = (sp.Matrix(entries) for entries in ([[0, 1], [1, 0]], [[0, -sp.I], [sp.I, 0]], [[1, 0], [0, -1]]))
ONE = sp.eye(2)
SQUARE = k_x**2 + k_y**2


def winding(n: int, name: str = "", s: sp.Matrix = Z / 2) -> Model:
    """h = (alpha k^n cos n phi, alpha k^n sin n phi, M + B k^2), h0 = k^2/2m."""
    power = sp.expand((k_x + sp.I * k_y) ** n)
    in_plane = sp.expand(sp.re(power)) * X + sp.expand(sp.im(power)) * Y
    H = SQUARE / (2 * m) * ONE + alpha * in_plane + (M + B * SQUARE) * Z
    return Model(H, s, (k_x, k_y), parameters={m: 1, alpha: 0.7, M: 0.3, B: 0.2}, name=name or f"winding {n}")


def bhz_continuum() -> Model:
    """Two blocks with opposite curvature; s tells them apart."""
    rest = (M - B * SQUARE) * Z - D * SQUARE * ONE
    blocks = [sp.Matrix(sign * A * k_x * X + A * k_y * Y + rest) for sign in (1, -1)]
    H = sp.Matrix(sp.BlockDiagMatrix(*blocks))
    parameters = {A: 1, B: 1, M: 0.5, D: -1.5}
    return Model(H, sp.diag(1, 1, -1, -1) / 2, (k_x, k_y), parameters=parameters, name="BHZ continuum")


def weyl() -> Model:
    return Model(v * (k_x * X + k_y * Y + k_z * Z), Z / 2, k, parameters={v: 0.8}, name="Weyl")


def dirac() -> Model:
    """Massive Dirac electrons in 3D; s is the spin, conserved at k = 0 only."""
    product = sp.kronecker_product
    H = v * sum((k_i * product(X, sigma) for k_i, sigma in zip(k, (X, Y, Z), strict=True)), sp.zeros(4))
    return Model(H + M * product(Z, ONE), product(ONE, Z) / 2, k, parameters={v: 0.8, M: 0.4}, name="Dirac")


def anisotropic() -> Model:
    """Energies that depend on v_x^2 k_x^2 + v_y^2 k_y^2."""
    H = (v_x**2 * k_x**2 + v_y**2 * k_y**2) / (2 * m) * ONE + v_x * k_x * X + v_y * k_y * Y + M * Z
    return Model(H, Z / 2, (k_x, k_y), parameters={m: 1, v_x: 0.7, v_y: -1.3, M: 0.3}, name="anisotropic")


def one_dimensional() -> Model:
    H = k_x**2 / (2 * m) * ONE + alpha * k_x * X + M * Z
    return Model(H, Y / 2, k_x, parameters={m: 1, alpha: 0.7, M: 0.3}, name="one-dimensional")
