"""Random models and the natural scale of each quantity, shared by the tests of the kernels."""

from __future__ import annotations

import mpmath
import numpy as np
import sympy as sp

from symcur import quantities
from symcur.band_structures import Model

TRACED = tuple(name for name in quantities.names() if not quantities.get(name).operator)


def hermitian(generator: np.random.Generator, N: int) -> sp.Matrix:
    real, imaginary = generator.integers(-9, 10, (2, N, N))
    real, imaginary = real + real.T, imaginary - imaginary.T
    return sp.Matrix(N, N, lambda a, b: sp.Rational(int(real[a, b]), 10) + sp.I * sp.Rational(int(imaginary[a, b]), 10))


def random_model(N: int, D: int, seed: int, diagonal_s: bool = False) -> Model:
    """Random hopping along the axes and one diagonal; two parameters, one of them in front of a random matrix."""
    generator = np.random.default_rng(seed)
    k = sp.symbols("k_x k_y k_z", real=True)[:D]
    g, t = sp.symbols("g t", real=True)
    H = hermitian(generator, N) + g * hermitian(generator, N)
    for k_i in k:
        H += t * sp.cos(k_i) * hermitian(generator, N) + sp.sin(k_i) * hermitian(generator, N)
    if D > 1:
        H += sp.cos(k[0] - k[1]) * hermitian(generator, N) / 2
    s = sp.diag(*[sp.Rational((-1) ** a, 2) for a in range(N)]) if diagonal_s else hermitian(generator, N)
    return Model(H, s=s, k=k, parameters={g: 0.3, t: 1.0}, name=f"random {N}")


def crossing_model(N: int, lower: int, seed: int) -> Model:
    """A Dirac point of the bands lower and lower + 1 at k = 0 (exact up to the rounding of its matrices)."""
    generator = np.random.default_rng(seed)
    k = sp.symbols("k_x k_y", real=True)
    frame, _ = np.linalg.qr(generator.normal(size=(N, N)) + 1j * generator.normal(size=(N, N)))
    levels = np.sort(generator.uniform(-2, 2, N))
    levels[lower + 1] = levels[lower]
    H = exact(frame @ np.diag(levels) @ frame.conj().T)
    H += k[0] * hermitian(generator, N) + k[1] * hermitian(generator, N)
    return Model(H, s=hermitian(generator, N), k=k, name=f"crossing {N}")


def exact(matrix: np.ndarray) -> sp.Matrix:
    """A numeric matrix as a Hermitian matrix of rational numbers."""
    upper = np.triu(matrix)

    def number(x: float) -> sp.Rational:
        return sp.Rational(*float(x).as_integer_ratio())

    result = sp.zeros(*matrix.shape)
    for a in range(len(matrix)):
        result[a, a] = number(upper[a, a].real)
        for b in range(a + 1, len(matrix)):
            result[a, b] = number(upper[a, b].real) + sp.I * number(upper[a, b].imag)
            result[b, a] = number(upper[a, b].real) - sp.I * number(upper[a, b].imag)
    return result


def natural_scales(model: Model, k: np.ndarray) -> dict[str, np.ndarray]:
    """What each quantity of a band is measured in at k of shape (n, D): |v|, |w|, |s| and the gap to the next level.

    Where v or w vanish at k, their size elsewhere counts: they are sums of hoppings that cancel. Levels closer than 1e-9 of the spread count as one. Arrays (n, N).
    """
    e = model.energies(k)
    distance = np.abs(e[:, :, None] - e[:, None, :])
    same = distance <= 1e-9 * (e[:, -1:] - e[:, :1])[:, :, None]
    gap = np.where(same, np.inf, distance).min(axis=-1)
    axes = range(model.dimension)
    anywhere = np.random.default_rng(3).uniform(-2, 2, (20, model.dimension))

    def norm(matrices: np.ndarray) -> np.ndarray:
        return np.abs(np.linalg.eigvalsh(matrices)).max(axis=-1)

    def size(*choices: tuple[int, ...]) -> np.ndarray:
        at_k, elsewhere = (
            np.max([norm(model.matrix("H", x, axes)) for axes in choices], axis=0) for x in (k, anywhere)
        )
        return np.maximum(at_k, np.median(elsewhere))

    v = size(*((i,) for i in axes))[:, None]
    w = size(*((i, l) for i in axes for l in axes))
    s = float(norm(model.matrix("s", k[:1]))[0])
    curvature, dipole_slope = v**2 / gap**2, w[:, None] / gap + v**2 / gap**2
    scales = {
        "energy": np.abs(e).max(axis=-1, keepdims=True),
        "velocity": v,
        "s_expectation": s,
        "s_current": v * s,
        "drift_current": v * s,
        "berry_curvature": curvature,
        "s_dipole": v * s / gap,
        "s_current_dipole": v**2 * s / gap,
        "orbital_moment": v**2 * s / gap,
        "s_weighted_moment": v**2 * s / gap,
        "mixed_berry_curvature": v * s / gap**2,
        "mixed_metric": v * s / gap**2,
        "dipole_gradient": s * dipole_slope,
        "torque_polarizability": s * dipole_slope,
        "torque_dipole": v * s,
        "torque_berry_curvature": v * s / gap,
        "torque_metric": v * s / gap,
        "torque_quadrupole": s * (w[:, None] + v**2 / gap),
    }
    for name in ("s_berry_curvature", "s_weighted_curvature", "symmetrized_curvature", "faraday_curvature"):
        scales[name] = s * curvature
    tiny = np.finfo(float).tiny
    return {name: np.broadcast_to(scale, e.shape) + tiny for name, scale in scales.items()}


def largest_error(got: np.ndarray, expected: np.ndarray, scale: np.ndarray) -> float:
    """The largest deviation over points, bands and components, in units of the natural scale of point and band."""
    assert got.shape == expected.shape
    if got.size == 0:
        return 0.0
    deviation = np.abs(got - expected).reshape(*scale.shape, -1).max(axis=-1)
    assert np.isfinite(got).all()
    return float((deviation / scale).max())


def fifty_digits(model: Model, k: np.ndarray) -> dict[str, np.ndarray]:
    """Energies, Berry curvature [x, y] and s dipole [x] by sums over states in fifty digits."""
    with mpmath.workdps(50):
        place = dict(zip(model.k, (sp.Rational(*float(x).as_integer_ratio()) for x in k), strict=True))

        def numbers(matrix: sp.Matrix) -> mpmath.matrix:
            entries = matrix.subs(model.parameters).subs(place)
            return mpmath.matrix([[mpmath.mpmathify(sp.N(x, 60)) for x in entries.row(a)] for a in range(model.size)])

        e, U = mpmath.eighe(numbers(model.H))
        x, y, s = (U.H * numbers(X) * U for X in (model.derivative((0,)), model.derivative((1,)), sp.Matrix(model.s)))
        N = range(model.size)
        berry = [-2 * sum(mpmath.im(x[n, m] * y[m, n]) / (e[n] - e[m]) ** 2 for m in N if m != n) for n in N]
        dipole = [sum(mpmath.im(x[n, m] * s[m, n]) / (e[n] - e[m]) for m in N if m != n) for n in N]
        results = {"energy": list(e), "berry_curvature": berry, "s_dipole": dipole}
        return {name: np.array([float(value) for value in values]) for name, values in results.items()}
