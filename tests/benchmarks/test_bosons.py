"""Magnons of the kagome antiferromagnet against a loop over k as one writes it with NumPy: processor time per k point.

Run with ``pytest tests/benchmarks/test_bosons.py -n 0 --benchmark-enable -s``.
"""

from __future__ import annotations

import time

import numpy as np

import symcur as sc
from symcur.band_structures.hoppings import tight_binding

TEMPERATURES = np.linspace(0.1, 1.0, 20)
GRID = 16  # points a side of the loop


def plain_loop(model: sc.band_structures.BandStructure, size: int) -> np.ndarray:
    """alpha^{ils} of the conserved current, (temperatures, i, l): Colpa at one k after the other, surface form of the dipole."""
    cell = model.cell
    g, s, total = model.metric, model.matrix("s", np.zeros(2)), np.zeros((len(TEMPERATURES), 2, 2))
    hoppings = tight_binding(model)
    cells = np.array(list(hoppings.hoppings)) @ cell.vectors
    t = np.array(list(hoppings.hoppings.values()))
    orbitals = hoppings.positions @ cell.vectors
    bonds = cells[:, None, None] + orbitals[None, :] - orbitals[:, None]
    T = TEMPERATURES[:, None]
    for m, n in np.ndindex(size, size):
        k = np.array([(m + 0.5) / size, (n + 0.5) / size]) @ cell.reciprocal
        phased = t * np.exp(1j * bonds @ k)
        H = phased.sum(axis=0)
        v = [(1j * bonds[..., i] * phased).sum(axis=0) for i in range(2)]
        K = np.linalg.cholesky(H).conj().T
        E, U = np.linalg.eigh(K @ g @ K.conj().T)
        right = np.linalg.solve(K, U * np.sqrt(np.abs(E)))
        left = np.sign(E)[:, None] * right.conj().T
        v, s_k = [left @ X @ right for X in v], left @ s @ right
        gaps = E[:, None] - E
        np.fill_diagonal(gaps, np.inf)
        curvature = -2 * ((v[0] * v[1].T) / gaps**2).imag.sum(axis=1)
        dipole = [(X * s_k.T / gaps).imag.sum(axis=1) for X in v]
        x = E / T
        occupation = 1 / np.expm1(x)
        entropy = x * occupation - np.log(np.abs(-np.expm1(-x)))
        slope = x / T * occupation * (1 + occupation) * T  # dc_1/dE = -(E/T) n (1 + n)/T
        band = (entropy * curvature * np.diag(s_k).real).sum(axis=1) / 2
        total[:, 0, 1] -= band
        total[:, 1, 0] += band
        for i, l in np.ndindex(2, 2):
            total[:, i, l] += (slope * np.diag(v[l]).real * dipole[i] / T).sum(axis=1) / 2
    return total / size**2 / abs(np.linalg.det(cell.vectors))


def test_kagome_magnons(benchmark) -> None:
    """alpha at twenty temperatures to 1e-6, everything included: the search for features, the refinement, the error estimate."""
    model, size, rounds = sc.bosons.kagome_magnons(), GRID, 1
    if benchmark.enabled:
        size, rounds = 3 * GRID, 3
    seconds: dict[str, list[float]] = {"loop": [], "thermoelectric": [], "kernel": []}
    k = (model.cell.grid(size).reshape(-1, 2) + 0.5 / size) @ model.cell.reciprocal
    kernel = sc.compile(model, ["s_dipole", "berry_curvature", "s_expectation", "velocity"])

    def timed(name, function, *arguments, **more):
        start = time.process_time()
        result = function(*arguments, **more)
        seconds[name].append(time.process_time() - start)
        return result

    def run():
        expected = timed("loop", plain_loop, model, size)
        timed("kernel", kernel, k)
        return expected, timed("thermoelectric", sc.thermoelectric, model, temperature=TEMPERATURES, rtol=1e-6)

    expected, result = benchmark.pedantic(run, rounds=rounds)
    counts = {"loop": size**2, "kernel": size**2, "thermoelectric": result.evaluations}
    microseconds = {name: 1e6 * min(times) / counts[name] for name, times in seconds.items()}
    benchmark.extra_info.update(
        {f"{name}_us_per_point": round(value, 1) for name, value in microseconds.items()},
        seconds=round(min(seconds["thermoelectric"]), 3),
        ratio=round(microseconds["loop"] / microseconds["thermoelectric"], 1),
        ratio_of_kernel=round(microseconds["loop"] / microseconds["kernel"], 1),
        points=result.evaluations,
    )
    print(benchmark.extra_info)
    found = sc.thermoelectric.integrand(model, k, temperature=TEMPERATURES[-1], form="surface")
    mean = found["intrinsic"].mean(axis=0)
    area = abs(np.linalg.det(model.cell.vectors))
    np.testing.assert_allclose(mean / area, expected[-1], rtol=0, atol=1e-12)
