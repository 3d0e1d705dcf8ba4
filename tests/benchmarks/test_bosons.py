"""Magnons of the kagome antiferromagnet against a loop over k as one writes it with NumPy: processor time per k point.

Run with ``pytest tests/benchmarks/test_bosons.py -n 0 --benchmark-enable -s``.
"""

from __future__ import annotations

import time

import numpy as np

import symcur as sc
from symcur.band_structures.hoppings import tight_binding
from symcur.observables.engine import integrand

TEMPERATURES = np.linspace(0.1, 1.0, 20)
GRID = 16  # of the loop, which needs 136 a side for the points that thermoelectric takes


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
    model, size = sc.bosons.kagome_magnons(), 3 * GRID if benchmark.enabled else GRID

    def alpha():
        return sc.thermoelectric(model, temperature=TEMPERATURES, rtol=1e-6)

    expected = plain_loop(model, size)
    seconds: dict[str, list[float]] = {"loop": [], "thermoelectric": []}
    for _ in range(3 if benchmark.enabled else 1):
        for name, function in (("loop", lambda: plain_loop(model, size)), ("thermoelectric", alpha)):
            start = time.process_time()
            result = function()
            seconds[name].append(time.process_time() - start)
    benchmark.pedantic(alpha, rounds=1)
    k = np.random.default_rng(0).uniform(-3, 3, size=(4096, 2))
    kernel, start = sc.compile(model, ["s_dipole", "berry_curvature", "s_expectation"]), time.process_time()
    kernel(k)
    of_kernel = 1e6 * (time.process_time() - start) / len(k)
    of_loop = 1e6 * min(seconds["loop"]) / size**2
    of_all = 1e6 * min(seconds["thermoelectric"]) / result.evaluations
    benchmark.extra_info.update(
        loop_us_per_point=round(of_loop, 1),
        kernel_us_per_point=round(of_kernel, 1),
        thermoelectric_us_per_point=round(of_all, 1),
        seconds=round(min(seconds["thermoelectric"]), 3),
        ratio=round(of_loop / of_all, 1),
        ratio_of_kernel=round(of_loop / of_kernel, 1),
        points=result.evaluations,
    )
    print(benchmark.extra_info)
    cell, parts = model.cell, sc.thermoelectric.forms["surface"].parts
    k = (cell.grid(size).reshape(-1, 2) + 0.5 / size) @ cell.reciprocal
    mean = integrand(model, parts, k, 0.0, TEMPERATURES[-1])["intrinsic"].mean(axis=0)
    np.testing.assert_allclose(mean / abs(np.linalg.det(cell.vectors)), expected[-1], rtol=0, atol=1e-12)
