"""Crystals to test symmetry on: atomic orbitals with spin-orbit coupling, random hoppings, the Pt file of WannierTools.

The Hamiltonians of atomic orbitals are invariant under every operation of space by physics, and know nothing of how symcur rotates: hoppings are
overlaps of Gaussians, spin-orbit coupling is L . S from the derivative of polynomials.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
from reference_materials import data

from symcur.materials import Orbital, WannierFunctions, projections, read_functions

FCC = np.array([[0.0, 1, 1], [1, 0, 1], [1, 1, 0]]) * 1.7
DIAMOND = {"C": [[0, 0, 0], [0.25, 0.25, 0.25]]}
SPIN = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]]) / 2

POLYNOMIALS = {
    "s": lambda x, y, z: 1 + 0 * x,
    "p_x": lambda x, y, z: x,
    "p_y": lambda x, y, z: y,
    "p_z": lambda x, y, z: z,
    "d_z2": lambda x, y, z: (2 * z**2 - x**2 - y**2) / np.sqrt(12),
    "d_xz": lambda x, y, z: x * z,
    "d_yz": lambda x, y, z: y * z,
    "d_x2-y2": lambda x, y, z: (x**2 - y**2) / 2,
    "d_xy": lambda x, y, z: x * y,
    "f_z3": lambda x, y, z: z * (2 * z**2 - 3 * x**2 - 3 * y**2) / np.sqrt(60),
    "f_xz2": lambda x, y, z: x * (4 * z**2 - x**2 - y**2) / np.sqrt(40),
    "f_yz2": lambda x, y, z: y * (4 * z**2 - x**2 - y**2) / np.sqrt(40),
    "f_z(x2-y2)": lambda x, y, z: z * (x**2 - y**2) / 2,
    "f_xyz": lambda x, y, z: x * y * z,
    "f_x(x2-3y2)": lambda x, y, z: x * (x**2 - 3 * y**2) / np.sqrt(24),
    "f_y(3x2-y2)": lambda x, y, z: y * (3 * x**2 - y**2) / np.sqrt(24),
}
"""Each shell with one norm, so that rotations are orthogonal."""

_NODES = np.polynomial.hermite.hermgauss(6)
GAUSS = np.stack(np.meshgrid(*[_NODES[0]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
WEIGHTS = np.prod(np.stack(np.meshgrid(*[_NODES[1]] * 3, indexing="ij")), axis=0).ravel()


def overlap(a: str, b: str, d: np.ndarray, width: float) -> float:
    """int of two polynomials times exp(-r^2/2) around 0 and d, with Gaussians of the given width; exact for polynomials of this degree."""
    r = np.sqrt(width) * GAUSS + d / 2
    values = POLYNOMIALS[a](*r.T) * POLYNOMIALS[b](*(r - d).T)
    return float(WEIGHTS @ values * np.exp(-d @ d / (4 * width)))


def angular_momentum(names: tuple[str, ...]) -> np.ndarray:
    """L between these functions at one atom, (3, n, n): -i r x grad by central differences, exact for cubic polynomials to rounding."""
    h, L = 0.5, np.zeros((3, len(names), len(names)), dtype=complex)

    def slope(name, axis):
        step = h * np.eye(3)[axis]
        value = lambda r: POLYNOMIALS[name](*r.T)  # noqa: E731
        first, second = value(GAUSS + step) - value(GAUSS - step), value(GAUSS + 2 * step) - value(GAUSS - 2 * step)
        return (8 * first - second) / (12 * h)

    norms = [WEIGHTS @ POLYNOMIALS[name](*GAUSS.T) ** 2 for name in names]
    for n, name in enumerate(names):
        gradient = [slope(name, axis) for axis in range(3)]
        for j, (k, l) in enumerate(((1, 2), (2, 0), (0, 1))):
            function = GAUSS[:, k] * gradient[l] - GAUSS[:, l] * gradient[k]
            L[j, :, n] = [
                -1j * (WEIGHTS @ (POLYNOMIALS[m](*GAUSS.T) * function)) / norm
                for m, norm in zip(names, norms, strict=True)
            ]
    return L


def atomic_orbitals(lattice, atoms, text, *, coupling=0.7, reach=1, spin="block"):
    """Overlaps of Gaussians as hoppings, and L . S at each atom: (functions, orbitals)."""
    basis = projections(atoms, text, spin)
    cells = np.array(list(itertools.product(range(-reach, reach + 1), repeat=3)))
    position, N = np.array([o.position for o in basis]) @ lattice, len(basis)
    H = np.zeros((len(cells), N, N), dtype=complex)
    bond = cells[:, None, None] @ lattice + position[None, None] - position[None, :, None]
    length = np.linalg.norm(bond, axis=-1)
    cut = sorted(np.linalg.norm(cells @ lattice, axis=1))[1] + 1e-6  # complete shells of neighbours
    for R, a, b in itertools.product(range(len(cells)), range(N), range(N)):
        if basis[a].spin == basis[b].spin and length[R, a, b] < cut:
            degree = {"s": 1.0, "p": 0.8, "d": 0.6, "f": 0.5}
            width = degree[basis[a].character[0]] + degree[basis[b].character[0]]
            H[R, a, b] = overlap(basis[a].character, basis[b].character, bond[R, a, b], width)
    home = int((cells == 0).all(axis=1).argmax())
    L = angular_momentum(tuple(dict.fromkeys(o.character for o in basis)))
    names = list(dict.fromkeys(o.character for o in basis))
    for a, b in itertools.product(range(N), repeat=2) if spin else ():
        if np.allclose(position[a], position[b]):
            up = [("up", "down").index(basis[n].spin) for n in (a, b)]
            element = L[:, names.index(basis[a].character), names.index(basis[b].character)]
            H[home, a, b] += coupling * element @ SPIN[:, up[0], up[1]]
    return WannierFunctions(lattice, cells, H, position), basis


def random_functions(lattice, basis: tuple[Orbital, ...], seed: int = 0, reach: int = 1) -> WannierFunctions:
    """Random Hermitian H(R), A(R) and S(R) with all centres off their atoms: no symmetry at all."""
    generator, N = np.random.default_rng(seed), len(basis)
    cells = np.array(list(itertools.product(range(-reach, reach + 1), repeat=3)))

    def hermitian(*more):
        X = generator.normal(size=(len(cells), N, N, *more)) + 1j * generator.normal(size=(len(cells), N, N, *more))
        return (X + X[::-1].conj().swapaxes(1, 2)) * np.exp(-np.abs(cells).sum(axis=1)).reshape(-1, *[1] * (X.ndim - 1))

    H, A, S = hermitian(), 0.02 * hermitian(3), hermitian(3)
    home = len(cells) // 2
    A[home, range(N), range(N)] += np.array([o.position for o in basis]) @ lattice
    return WannierFunctions(lattice, cells, H, A[home, range(N), range(N)].real, A, S)


def bloch(functions: WannierFunctions, X: np.ndarray, k: np.ndarray) -> np.ndarray:
    """sum_R X(R) exp(i k.(R + r_b - r_a)), (..., N, N) or (..., N, N, 3)."""
    sums = np.tensordot(np.exp(1j * k @ (functions.cells @ functions.lattice).T), X, axes=1)
    phases = np.exp(1j * k @ functions.centres.T)
    between = phases.conj()[..., :, None] * phases[..., None, :]
    return sums * between.reshape(*between.shape, *[1] * (sums.ndim - between.ndim))


@cache
def platinum() -> WannierFunctions:
    """The Pt file of WannierTools: 18 functions, all up, then all down; skips where the file is not there."""
    return read_functions(data("Pt/wannier90_hr.dat.gz"), lattice=FCC / 1.7 * 3.9239 / 2, centres=np.zeros((18, 3)))
