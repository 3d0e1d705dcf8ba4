"""Bosons given by formulas, for closed forms and kernels."""

from __future__ import annotations

import sympy as sp

import symcur as sc

k_x, k_y, h, kappa = sp.symbols("k_x k_y h kappa", real=True)
LATTICE = [[1, 0], [0, 1]]


def two_magnons() -> sc.Model:
    """A square lattice with two sites, pairing on and between them, and no symmetry between k and -k."""
    back = {k_x: -k_x, k_y: -k_y}
    f = 1 + sp.exp(sp.I * k_x) + sp.exp(sp.I * k_y)
    g = sp.Rational(1, 5) * (1 + sp.exp(sp.I * (k_x - k_y)))
    onsite = 4 + sp.Rational(3, 10) * sp.sin(k_x), sp.Rational(7, 2) - sp.Rational(3, 10) * sp.sin(k_x + k_y)
    A = sp.Matrix([[onsite[0], f / 2], [sp.conjugate(f) / 2, onsite[1]]])
    B = sp.Matrix([[sp.cos(k_x) / 2, g], [g.subs(back, simultaneous=True), sp.I * sp.cos(k_y) / 3]])
    holes = A.subs(back, simultaneous=True).applyfunc(sp.conjugate)
    H = sp.Matrix(sp.BlockMatrix([[A, B], [B.H, holes]]))
    return sc.Model(H, sp.diag(1, -1, 1, -1), (k_x, k_y), lattice=LATTICE, metric="bosons", name="two magnons")


def raman_phonons() -> sc.Model:
    """Phonons of a square lattice with an elastic anisotropy, pinned by kappa, in a Raman field h; s = L_z."""
    A, one = h * sp.Matrix([[0, 1], [-1, 0]]), sp.eye(2)
    across = sp.Rational(2, 5)
    mixed = sp.Rational(3, 10) * sp.sin(k_x) * sp.sin(k_y)
    D = sp.Matrix(
        [
            [kappa + 2 - 2 * sp.cos(k_x) + across * (1 - sp.cos(k_y)), mixed],
            [mixed, kappa + 2 - 2 * sp.cos(k_y) + across * (1 - sp.cos(k_x))],
        ]
    )
    H = sp.Matrix(sp.BlockMatrix([[D + A.T * A, -A.T], [-A, one]]))
    s = sp.Matrix([[0, 0, 0, 1], [0, 0, -1, 0], [0, -1, 0, 0], [1, 0, 0, 0]])
    return sc.Model(H, s, (k_x, k_y), {h: 0.3, kappa: 0.5}, lattice=LATTICE, metric="phonons", name="phonons")


def magnon_phonon() -> sc.Model:
    """One magnon and one phonon, coupled: the metric is a direct sum, s counts magnons."""
    a, D, c = 3 - sp.cos(k_x), 3 - sp.cos(k_x) - sp.cos(k_y), (sp.I * sp.sin(k_y) + sp.cos(k_x)) / 4
    rows = [[a, sp.sin(k_x) ** 2 / 3, c, 0], [0, a, sp.conjugate(c).subs({k_x: -k_x, k_y: -k_y}, simultaneous=True), 0]]
    H = sp.Matrix([*rows, [0, 0, D, 0], [0, 0, 0, 1]])
    H = H + sp.Matrix(4, 4, lambda i, j: sp.conjugate(H[j, i]) if i > j else 0)
    metric = [("bosons", 1), ("phonons", 1)]
    return sc.Model(H, sp.diag(1, 1, 0, 0), (k_x, k_y), lattice=LATTICE, metric=metric, name="hybrid")


def twin_magnons() -> sc.Model:
    """The same boson twice, hence every energy twice."""
    a, b = 3 - sp.cos(k_x) - sp.cos(k_y), sp.sin(k_x) / 2 + sp.I * sp.sin(k_y)
    b = b * b
    H = sp.Matrix([[a, 0, b, 0], [0, a, 0, b], [sp.conjugate(b), 0, a, 0], [0, sp.conjugate(b), 0, a]])
    s = sp.diag(1, 2, 1, 2)
    return sc.Model(H, s, (k_x, k_y), lattice=LATTICE, metric="bosons", name="twins")
