"""Compiled kernels against plain vectorised NumPy, side by side: microseconds per k point and ratios in extra_info.

Run with ``pytest tests/benchmarks/test_kernels.py -n 0 --benchmark-enable -s``.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symcur.models
from symcur.eigenstates import DegeneracyWarning
from symcur.kernels import compile

QUANTITIES = ["berry_curvature", "s_dipole", "s_berry_curvature"]
ROUNDS, GRID, BLOCK = 8, 400, 4096


def honeycomb_grid(size: int) -> np.ndarray:
    """size x size points over a cell of the honeycomb's reciprocal lattice (lattice constant 1), (size^2, 2)."""
    b = 2 * np.pi * np.array([[1, -1 / np.sqrt(3)], [0, 2 / np.sqrt(3)]])
    fraction = np.arange(size) / size
    return np.stack(np.meshgrid(fraction, fraction, indexing="ij"), axis=-1).reshape(-1, 2) @ b


def plain_numpy(k: np.ndarray, t=1.0, lambda_SO=0.3, lambda_R=0.25, lambda_v=1.0) -> tuple[np.ndarray, np.ndarray]:
    """Kane-Mele-Rashba as one writes it with NumPy: H, dH, eigh, sum over states. Energies and Omega^{xy}."""
    bonds = np.array([[1 / 2, np.sqrt(3) / 6], [0, -np.sqrt(3) / 3], [-1 / 2, np.sqrt(3) / 6]])
    second = np.array([[1, 0], [-1 / 2, np.sqrt(3) / 2], [-1 / 2, -np.sqrt(3) / 2]])
    sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    H = np.zeros((len(k), 4, 4), dtype=complex)
    v = np.zeros((2, len(k), 4, 4), dtype=complex)
    for bond in bonds:
        d_x, d_y = np.sqrt(3) * bond
        hop = t * np.eye(2) + 1j * lambda_R * (d_y * sigma[0] - d_x * sigma[1])
        phase = np.exp(1j * (k @ bond))[:, None, None]
        H[:, :2, 2:] += phase * hop
        for i in range(2):
            v[i, :, :2, 2:] += 1j * bond[i] * phase * hop
    H[:, 2:, :2] = H[:, :2, 2:].conj().swapaxes(-1, -2)
    v[:, :, 2:, :2] = v[:, :, :2, 2:].conj().swapaxes(-1, -2)
    signs = np.array([1, -1, -1, 1])
    angles = k @ second.T
    diagonal = np.arange(4)
    H[:, diagonal, diagonal] = (
        lambda_v * np.array([1, 1, -1, -1]) - 2 * lambda_SO * np.sin(angles).sum(-1)[:, None] * signs
    )
    for i in range(2):
        v[i, :, diagonal, diagonal] = (-2 * lambda_SO * (np.cos(angles) @ second[:, i])[:, None] * signs).T
    energies, U = np.linalg.eigh(H)
    x, y = U.conj().swapaxes(-1, -2) @ v @ U
    gap = energies[:, :, None] - energies[:, None, :]
    weight = np.divide(1, gap**2, out=np.zeros_like(gap), where=gap != 0)
    return energies, -2 * (x * y.swapaxes(-1, -2) * weight).imag.sum(axis=-1)


def plain_in_blocks(k: np.ndarray) -> np.ndarray:
    return np.concatenate([plain_numpy(k[a : a + BLOCK])[1] for a in range(0, len(k), BLOCK)])


def timed(function: Callable[[np.ndarray], Any], k: np.ndarray) -> tuple[Any, float]:
    """The result and the processor time of a call, called until the clock has moved: it may stand still for one."""
    start, calls, taken = time.process_time(), 0, 0.0
    while taken == 0:
        result, calls, taken = function(k), calls + 1, time.process_time() - start
    return result, taken / calls


@pytest.mark.parametrize("backend", ["heyoka", "numpy"])
@pytest.mark.parametrize("asked", [QUANTITIES, ["berry_curvature"]], ids=["all_quantities", "berry_curvature"])
def test_kane_mele_rashba(benchmark, backend: str, asked: list[str]) -> None:
    """One thread, all bands, processor time (so that other work on the machine counts little).

    The plain code computes energies and Berry curvature only.
    """
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    k = honeycomb_grid(GRID if benchmark.enabled else 40)
    kernel = compile(symcur.models.kane_mele(), asked, backend=backend)
    seconds: dict[str, list[float]] = {"plain": [], "plain_in_blocks": [], "kernel": []}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegeneracyWarning)
        for _ in range(ROUNDS if benchmark.enabled else 1):
            for name, function in (("plain", plain_numpy), ("plain_in_blocks", plain_in_blocks), ("kernel", kernel)):
                result, taken = timed(function, k)
                seconds[name].append(taken)
        values = benchmark.pedantic(kernel, (k,), rounds=3 if benchmark.enabled else 1)
    microseconds = {name: 1e6 * min(times) / len(k) for name, times in seconds.items()}
    benchmark.extra_info.update(
        {
            **{f"{name}_us_per_point": round(value, 4) for name, value in microseconds.items()},
            "ratio": round(microseconds["plain"] / microseconds["kernel"], 1),
            "ratio_in_blocks": round(microseconds["plain_in_blocks"] / microseconds["kernel"], 1),
            "by_eigenstates": values.by_eigenstates,
            "points": len(k),
        }
    )
    print(backend, asked, benchmark.extra_info)
    assert values.by_eigenstates < 20
    regular = np.diff(values["energy"], axis=-1).min(axis=-1) > 1e-3
    np.testing.assert_allclose(
        result["berry_curvature"][regular][..., 0, 1], plain_in_blocks(k)[regular], rtol=1e-7, atol=1e-7
    )


@pytest.mark.parametrize("backend", ["heyoka", "numpy"])
def test_compilation(benchmark, backend: str) -> None:
    """From a fresh model to a kernel; meant to stay below 2 s. heyoka's caches are off."""
    if backend == "heyoka":
        state = pytest.importorskip("heyoka").llvm_state
        cached, limit = state.get_diskcache_enabled(), state.get_memcache_limit()
        state.set_diskcache_enabled(False)
        state.clear_memcache()
        state.set_memcache_limit(0)
    kernel = benchmark.pedantic(
        compile,
        setup=lambda: ((symcur.models.kane_mele(), QUANTITIES, backend), {}),
        rounds=3 if benchmark.enabled else 1,
    )
    if backend == "heyoka":
        state.set_diskcache_enabled(cached)
        state.set_memcache_limit(limit)
    assert kernel.route == "closed form"


def test_six_bands_through_lapack(benchmark) -> None:
    model = symcur.models.kagome_antiferromagnet()
    k = np.random.default_rng(0).uniform(-3, 3, (4096, 2))
    kernel = compile(model, QUANTITIES)
    assert kernel.route == "LAPACK"
    values = benchmark(kernel, k)
    assert values.by_eigenstates == 0
