"""A scan of the layer Hall conductivity of a moire continuum over fillings against NumPy, processor time for the same mesh.

Two plain ways: a loop over momenta that diagonalises once and sums for all fillings, and one that starts anew for each filling, as a
script for one filling run in a loop does. symcur takes one momentum of each orbit under the symmetries that it finds. The third number
is that of the public call, which also looks for narrow features, compares with a larger basis and with other meshes, against a loop
over as many momenta as stand behind its value. Run with ``pytest tests/benchmarks/test_moire_scan.py -n 0 --benchmark-enable -s``.
"""

from __future__ import annotations

import re
import time

import numpy as np

from symcur.brillouin import irreducible_mesh
from symcur.brillouin.mesh_symmetry import mesh_symmetry
from symcur.brillouin.problem import BandProblem
from symcur.models import twisted_dichalcogenide
from symcur.observables import conductivity, engine

POINTS, T = 48, 0.6
LEVELS = np.linspace(-3.0, 4.0, 20)


def plain(model, k, levels) -> np.ndarray:
    """Conventional and conserved [y, x] of all levels, a loop over momenta, shape (levels, 2)."""
    total = np.zeros((len(levels), 2))
    for q in k:
        e, U = np.linalg.eigh(model.matrix("H", q))
        vx, vy, s = (
            U.conj().T @ X @ U for X in (model.matrix("H", q, (0,)), model.matrix("H", q, (1,)), model.matrix("s", q))
        )
        gaps = e[:, None] - e
        np.fill_diagonal(gaps, np.inf)
        J = (vy @ s + s @ vy) / 2
        conventional = -2 * ((vx / gaps**2) * J.T).sum(axis=1).imag
        x, y = vx / gaps, vy / gaps
        s_n, v = np.diag(s).real, [np.diag(X).real for X in (vx, vy)]
        dipoles = [(X * s.T).sum(axis=1).imag for X in (x, y)]
        band = -((x / gaps) * vy.T).sum(axis=1).imag * s_n - ((x @ s / gaps) * vy.T).sum(axis=1).imag
        dipole = (v[0] * dipoles[1] + v[1] * dipoles[0]) / 2
        for j, mu in enumerate(levels):
            f = 1 / (1 + np.exp(np.clip((e - mu) / T, -500, 500)))
            total[j] += [f @ conventional, f @ band + (f * (1 - f) / T) @ dipole]
    return total / len(k) / model.cell.volume


def test_a_moire_scan(benchmark) -> None:
    model = twisted_dichalcogenide(theta=3.0, displacement=5.0, reach=5**0.5)
    points = POINTS if benchmark.enabled else 6
    k = model.cell.momenta(points)
    assert model.size == 42
    parts = conductivity.forms["regular"].parts
    wanted = {name: parts[name] for name in ("conventional", "intrinsic")}
    seconds: dict[str, float] = {}

    def timed(way, function):
        start = time.process_time()
        result = function()
        seconds[way] = min(seconds.get(way, np.inf), time.process_time() - start)
        return result

    def scan() -> np.ndarray:
        bands = engine.BandValues(model, wanted, engine.occupied_bands(model, model.cell, LEVELS, np.array(T)))
        problem = BandProblem(bands, model.cell, bands.weights, LEVELS, np.array(T))
        symmetry = mesh_symmetry(problem)
        mesh = irreducible_mesh(symmetry.matrices, (points, points))
        sums = symmetry.average(symmetry.problem.sums(mesh.points, mesh.weights) / len(k))
        total = sums[0].reshape(len(LEVELS), -1)
        found = [bands.part(name, total, total, np.array(T)).value for name in wanted]
        return np.stack([value[:, 1, 0] for value in found], axis=-1)

    def run() -> tuple[np.ndarray, np.ndarray]:
        symcur = timed("symcur", scan)
        numpy = timed("once", lambda: plain(model, k, LEVELS))
        timed("anew", lambda: [plain(model, k, LEVELS[j : j + 1]) for j in (0, 10)])
        return symcur, numpy

    symcur, numpy = benchmark.pedantic(run, rounds=2 if benchmark.enabled else 1)
    # Momenta on opposite faces of the zone are one but for what the cutoff breaks of the period.
    np.testing.assert_allclose(symcur, numpy, rtol=0, atol=1e-3 * np.abs(numpy).max())
    assert np.abs(symcur).max() > 1e-3
    if benchmark.enabled:
        result = timed("call", lambda: conductivity(model, LEVELS, T, rtol=1e-2))
        assert result.status == "converged"
        behind = int(re.search(r"(\d+) points per axis", result.message)[1]) ** 2
        benchmark.extra_info.update(
            milliseconds_symcur=round(1e3 * seconds["symcur"], 1),
            ratio_to_one_loop=round(seconds["once"] / seconds["symcur"], 1),
            ratio_to_a_loop_for_each_filling=round(10 * seconds["anew"] / seconds["symcur"], 1),
            seconds_of_a_call=round(seconds["call"], 1),
            ratio_of_one_loop_to_a_call=round(seconds["once"] * behind / len(k) / seconds["call"], 1),
        )
        print(benchmark.extra_info)
