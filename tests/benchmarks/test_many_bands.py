"""Many bands against NumPy, processor time per k point: a loop over k, the same lines for blocks of k, a kernel, and eigh alone.

The energies, the velocity, the s dipole, the conventional and the symmetrized curvature, all components: what the conventional and
the conserved conductivity need. Run with ``pytest tests/benchmarks/test_many_bands.py -n 0 --benchmark-enable -s``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from symcur import Model
from symcur.band_structures import tight_binding
from symcur.kernels import compile

QUANTITIES = ["velocity", "s_dipole", "s_berry_curvature", "symmetrized_curvature"]
BLOCK, LOOP, POINTS, ROUNDS = 256, 100, 2048, 3
Matrices = Callable[[np.ndarray], list[np.ndarray]]


def plain(matrices: Matrices, s: np.ndarray, k: np.ndarray) -> dict[str, np.ndarray]:
    """As one writes it with NumPy, for one k or many; ``matrices`` gives H and its derivatives."""
    H, *v = matrices(k)
    energies, U = np.linalg.eigh(H)
    inverse = U.conj().swapaxes(-1, -2)
    v, s = [inverse @ X @ U for X in v], inverse @ s @ U
    J = [(X @ s + s @ X) / 2 for X in v]
    gaps = energies[..., :, None] - energies[..., None, :]
    gaps[..., range(len(U.T)), range(len(U.T))] = np.inf
    once = [X / gaps for X in v]
    twice = [X / gaps for X in once]
    around = [X @ s / gaps for X in once]
    s_n = np.diagonal(s, axis1=-2, axis2=-1).real

    def pair(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        return (X * Y.swapaxes(-1, -2)).imag.sum(axis=-1)

    axes = range(len(v))
    conventional = [-2 * pair(twice[l], J[i]) for l, i in product(axes, repeat=2)]
    symmetrized = [-pair(twice[l], v[i]) * s_n - pair(around[l], v[i]) for l, i in product(axes, repeat=2)]
    return {
        "energy": energies,
        "velocity": np.stack([np.diagonal(X, axis1=-2, axis2=-1).real for X in v], axis=-1),
        "s_dipole": np.stack([pair(X, s) for X in once], axis=-1),
        "s_berry_curvature": np.stack(conventional, axis=-1),
        "symmetrized_curvature": np.stack(symmetrized, axis=-1),
    }


def hoppings(size: int, dimension: int, reach: int) -> tuple[Model, Matrices]:
    """Random hoppings to ``reach`` cells along each axis, and the sum over them as one writes it."""
    generator, t = np.random.default_rng([size, dimension]), {}
    for R in product(range(-reach, reach + 1), repeat=dimension):
        T = generator.normal(size=(size, size)) + 1j * generator.normal(size=(size, size))
        T *= np.exp(-np.abs(R).sum()) / np.sqrt(size)
        if (0,) * dimension < R:
            t |= {R: T, tuple(-n for n in R): T.conj().T}
    t[(0,) * dimension] = np.diag(np.linspace(-2, 2, size))
    s = np.diag(np.tile([0.5, -0.5], size // 2))
    model = Model.from_hoppings(t, s, np.eye(dimension), positions=generator.uniform(size=(size, dimension)))
    return model, hopping_sums(model)


def hopping_sums(model: Model) -> Matrices:
    """H and its derivatives as one writes them with NumPy: sums over the hoppings of a lattice model."""
    bonds = tight_binding(model)
    cells, x = np.array(list(bonds.hoppings)) @ bonds.cell.vectors, bonds.positions @ bonds.cell.vectors
    T, d = np.array(list(bonds.hoppings.values())), cells[:, None, None] + x - x[:, None]
    prepared = [X.reshape(len(T), -1) for X in (T, *(1j * d[..., i] * T for i in range(model.dimension)))]

    def matrices(k: np.ndarray) -> list[np.ndarray]:
        phases, orbitals = np.exp(1j * k @ cells.T), np.exp(1j * k @ x.T)
        between = orbitals.conj()[..., :, None] * orbitals[..., None, :]
        return [(phases @ X).reshape(between.shape) * between for X in prepared]

    return matrices


def quadratic(size: int) -> tuple[Model, Matrices]:
    """A dense k.p matrix with all terms to second order in three momenta, as a sum over monomials."""
    generator = np.random.default_rng(size)
    powers = [n for n in product(range(3), repeat=3) if sum(n) <= 2]
    X = generator.normal(size=(len(powers), size, size)) + 1j * generator.normal(size=(len(powers), size, size))
    terms = (X + X.conj().swapaxes(-1, -2)).reshape(len(powers), -1)

    def derivative(k: np.ndarray, axes: tuple[int, ...] = ()) -> np.ndarray:
        factors, left = np.ones(len(powers)), np.array(powers)
        for axis in axes:
            factors, left = factors * left[:, axis], left - np.eye(3, dtype=int)[axis]
        monomials = factors * np.prod(k[..., None, :] ** np.maximum(left, 0), axis=-1)
        return (monomials @ terms).reshape(*k.shape[:-1], size, size)

    s = np.diag(np.tile([0.5, -0.5], size // 2))
    model = Model.from_functions(derivative, s, derivatives=derivative, dimension=3)
    return model, lambda k: [derivative(k, axes) for axes in ((), (0,), (1,), (2,))]


CASES = {
    **{f"{size} bands": lambda size=size: hoppings(size, 2, 1) for size in (8, 12, 16, 24, 36)},
    "18 Wannier functions": lambda: hoppings(18, 3, 3),
    "8-band k.p": lambda: quadratic(8),
}


@pytest.mark.parametrize("case", CASES)
def test_many_bands(benchmark, case: str) -> None:
    model, matrices = CASES[case]()
    s, points = model.matrix("s", np.zeros(model.dimension)), POINTS if benchmark.enabled else 60
    if model.cell is None:
        k = np.random.default_rng(0).uniform(-1, 1, size=(points, model.dimension))
    else:
        n = {2: 64, 3: 41}[model.dimension]
        k = (model.cell.grid(n, 0.3).reshape(-1, model.dimension) @ model.cell.reciprocal)[:points]
    kernel = compile(model, QUANTITIES, threads=1)
    H = matrices(k)[0]
    ways = {
        "eigh": lambda: np.linalg.eigh(H),
        "loop": lambda: [plain(matrices, s, q) for q in k[:LOOP]],
        "blocks": lambda: [plain(matrices, s, k[start : start + BLOCK]) for start in range(0, len(k), BLOCK)],
        "kernel": lambda: kernel(k),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}

    def run():
        for way, function in ways.items():
            start = time.process_time()
            result = function()
            seconds[way].append(time.process_time() - start)
        return result

    values = benchmark.pedantic(run, rounds=ROUNDS if benchmark.enabled else 1)
    microseconds = {way: 1e6 * min(times) / (LOOP if way == "loop" else len(k)) for way, times in seconds.items()}
    benchmark.extra_info.update(
        {f"{way}_us_per_point": round(value, 1) for way, value in microseconds.items()},
        ratio=round(microseconds["loop"] / microseconds["kernel"], 1),
        ratio_to_blocks=round(microseconds["blocks"] / microseconds["kernel"], 2),
        route=kernel.route,
    )
    print(case, benchmark.extra_info)
    clear = np.diff(values["energy"], axis=-1).min(axis=-1) > 1e-3
    for name, expected in plain(matrices, s, k).items():
        found = values[name].reshape(expected.shape)[clear]
        np.testing.assert_allclose(found, expected[clear], rtol=0, atol=1e-8 * np.abs(expected[clear]).max())
