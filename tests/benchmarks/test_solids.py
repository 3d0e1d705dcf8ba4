"""The conductivity of a solid with 18 functions on a mesh against NumPy, processor time per momentum in one run.

Conventional and all conserved parts of one spin, with a window and its half and double: the whole call, divided by its momenta, against a
loop over k and against ``eigh`` alone. Where the crystal has symmetries, momenta of the mesh count besides those that are evaluated.
Run with ``pytest tests/benchmarks/test_solids.py -n 0 --benchmark-enable -s``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_many_bands import LOOP, hoppings, plain

from symcur import conductivity
from symcur.band_structures import tight_binding
from symcur.brillouin import Mesh

ROUNDS = 3


def random_solid():
    """No symmetry at all: every component at every point."""
    model, matrices = hoppings(18, 3, 3)
    return model, matrices, 0.1, 0.1


def platinum_solid():
    """The Pt file of WannierTools, symmetrised: 48 operations."""
    sys.path.append(str(Path(__file__).parents[1] / "materials"))
    from crystals import platinum

    from symcur.materials import Material, symmetrize

    functions = symmetrize(platinum(), atoms={"Pt": [[0, 0, 0]]}, orbitals="Pt: s; p; d", spin="block")
    model = Material(functions, spin="block")
    bonds = tight_binding(model)
    R, T = (np.array(list(part)) for part in (bonds.hoppings, bonds.hoppings.values()))
    along, flat = R @ bonds.cell.vectors, T.reshape(len(T), -1)
    prepared = [flat, *(1j * along[:, [i]] * flat for i in range(3))]

    def matrices(k):
        phases = np.exp(1j * k @ along.T)
        return [(phases @ X).reshape(*k.shape[:-1], 18, 18) for X in prepared]

    return model, matrices, 11.3158, 0.05


@pytest.mark.parametrize(("solid", "n"), [(random_solid, 20), (platinum_solid, 61)])
def test_a_solid_on_a_mesh(benchmark, solid, n) -> None:
    model, matrices, mu, T = solid()
    n = n if benchmark.enabled else 7
    k = model.cell.momenta(n, 0.3)[:: max(1, n**3 // LOOP)][:LOOP]
    s, H = model.matrix("s", np.zeros(3)), matrices(k)[0]
    ways = {
        "eigh": lambda: np.linalg.eigh(H),
        "loop": lambda: [plain(matrices, s, q) for q in k],
        "mesh": lambda: conductivity(model, mu, T, method=Mesh(n), rtol=0.05, window=0.01, workers=1),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}

    def run():
        for way, function in ways.items():
            start = time.process_time()
            with np.errstate(divide="ignore", invalid="ignore"):  # the loop knows no multiplets
                result = function()
            seconds[way].append(time.process_time() - start)
        return result

    result = benchmark.pedantic(run, rounds=ROUNDS if benchmark.enabled else 1)
    points = {"eigh": len(k), "loop": len(k), "mesh": result.evaluations}
    microseconds = {way: 1e6 * min(times) / points[way] for way, times in seconds.items()}
    of_mesh = 2 * n**3 / result.evaluations  # of two meshes of n^3 points
    benchmark.extra_info.update(
        {f"{way}_us_per_point": round(value, 1) for way, value in microseconds.items()},
        ratio=round(microseconds["loop"] / microseconds["mesh"], 1),
        ratio_with_symmetry=round(of_mesh * microseconds["loop"] / microseconds["mesh"], 1),
        ratio_to_eigh=round(microseconds["mesh"] / microseconds["eigh"], 1),
    )
    print(solid.__name__, benchmark.extra_info)
    assert result.parts["conventional"].error.max() < np.inf
    assert ("48 symmetries used" in result.message) == (solid is platinum_solid)
