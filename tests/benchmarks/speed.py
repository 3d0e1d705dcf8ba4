"""What symcur costs beside NumPy, PythTB and WannierBerri, as one page of tables.

``python tests/benchmarks/speed.py -o docs/speed_tables.md`` measures everything in one run, processor time on one core (a few minutes);
a program that is not installed has no column. ``--quick`` takes few points, to see that it runs.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from test_many_bands import BLOCK, LOOP, QUANTITIES, hoppings, plain

import symcur as sc
from symcur.band_structures import tight_binding

SIZES = (2, 4, 6, 8, 12, 16, 24, 40)


def seconds(function: Callable[[], object], rounds: int = 3) -> float:
    """The least processor time of some rounds, after one that is not counted."""
    function()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def table(title: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [[*head], *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def digits(number: float) -> str:
    return f"{number:.3g}" if number >= 1e-2 else f"{number:.0e}"


def pythtb_model(model: sc.Model) -> object:
    """The same hoppings in PythTB."""
    import pythtb

    bonds = tight_binding(model)
    D, N = model.dimension, model.size
    found = pythtb.tb_model(D, D, bonds.cell.vectors.tolist(), bonds.positions.tolist())
    origin = (0,) * D
    found.set_onsite(np.diag(bonds.hoppings[origin]).real.tolist())
    for R, T in bonds.hoppings.items():
        for a in range(N):
            for b in range(N):
                if origin < R or (origin == R and a < b):
                    found.set_hop(complex(T[a, b]), a, b, list(R), allow_conjugate_pair=True)
    return found


def per_point(sizes: Iterable[int], points: int) -> str:
    """Energies, velocities, the s dipole and two curvatures at one k, in microseconds."""
    others = ["PythTB, states alone"] if find_spec("pythtb") else []
    rows = [one_size(size, points, bool(others)) for size in sizes]
    head = (
        "bands",
        "NumPy, a loop",
        "NumPy, blocks",
        "eigh alone",
        *others,
        "symcur",
        "loop / symcur",
        "blocks / symcur",
    )
    return table("Microseconds per k point, random hoppings in 2D", head, rows)


def one_size(size: int, points: int, others: bool) -> list[object]:
    model, matrices = hoppings(size, 2, 1)
    s = model.matrix("s", np.zeros(2))
    k = (model.cell.grid(64, 0.3).reshape(-1, 2) @ model.cell.reciprocal)[:points]
    kernel, H = sc.compile(model, QUANTITIES, threads=1), matrices(k)[0]
    loop = seconds(lambda: [plain(matrices, s, q) for q in k[:LOOP]]) / min(LOOP, len(k))
    blocks = seconds(lambda: [plain(matrices, s, k[i : i + BLOCK]) for i in range(0, len(k), BLOCK)]) / len(k)
    own, eigh = (seconds(f) / len(k) for f in (lambda: kernel(k), lambda: np.linalg.eigh(H)))
    times = [loop, blocks, eigh]
    if others:
        tb, u = pythtb_model(model), k[:10] @ model.cell.vectors.T / (2 * np.pi)
        assert np.abs(np.sort(tb.solve_all(u).T) - model.energies(k[:10])).max() < 1e-10
        times.append(seconds(lambda: tb.solve_all(u, eig_vectors=True)) / len(u))
    cells = [f"{1e6 * t:.3g}" for t in (*times, own)]
    return [size, *cells, f"{loop / own:.1f}", f"{blocks / own:.1f}"]


def accuracy(tolerances: Iterable[float]) -> str:
    """True errors of the conserved conductivity, and of plain meshes of as many momenta."""
    cases = {
        "insulator, T = 0": (sc.models.kane_mele(lambda_v=0.3), 0.0, 0.0),
        "metal, T = 0.05": (sc.models.kane_mele(lambda_v=0.3), 1.2, 0.05),
        "metal, T = 0": (sc.models.kane_mele(lambda_v=0.3), 1.2, 0.0),
        "gap 1e-3, T = 0": (sc.models.haldane(M=float(0.3 * np.sqrt(3)) - 1e-3, t2=0.1, phi=np.pi / 2).with_s(1), 0.0, 0.0),
    }  # fmt: skip
    rows = []
    for name, (model, mu, T) in cases.items():
        known = sc.conductivity(model, mu, T, rtol=1e-8)
        for rtol in tolerances:
            found = sc.conductivity(model, mu, T, rtol=rtol)
            error, n = np.abs(found.value - known.value).max(), int(np.sqrt(found.evaluations))
            k, width = model.cell.momenta(n, 0.3), max(T, 1e-9)
            integrand = sc.observables.get("conductivity").integrand(model, k, mu, width)["intrinsic"]
            mesh = np.abs(integrand.mean(axis=0) / model.cell.volume - known.value).max()
            rows.append([name, digits(rtol), found.evaluations, digits(error), digits(found.error.max()), digits(mesh)])
    head = ("", "rtol", "k points", "true error", "estimate", "error of a mesh of as many")
    return table("Accuracy against k points, conserved conductivity in 2D", head, rows)


def integrals(quick: bool) -> str:
    """Whole calls, in seconds."""
    kane_mele, haldane = sc.models.kane_mele(lambda_R=0.05, lambda_v=0.1), sc.models.haldane()
    many, numbers = np.linspace(-2.9, 2.9, 20 if quick else 200), iter(np.linspace(0.05, 0.2, 100))
    calls = {
        "haldane, a parameter set, 2 mu, T = 0.3, rtol 1e-3": lambda: sc.conductivity(
            haldane, [0, 0.1], 0.3, rtol=1e-3, parameters={"M": next(numbers)}
        ),
        "kane_mele, a parameter set, T = 0.02, rtol 1e-3": lambda: sc.conductivity(
            kane_mele, 0.0, 0.02, rtol=1e-3, parameters={"lambda_R": next(numbers)}
        ),
        f"kane_mele, {len(many)} mu at T = 0, rtol 1e-3": lambda: sc.conductivity(kane_mele, many, 0.0, rtol=1e-3),
        "luttinger, 3D, T = 0, rtol 1e-3": lambda: sc.conductivity("luttinger", 0.5, 0.0, rtol=1e-1 if quick else 1e-3),
    }
    rows = []
    for name, call in calls.items():
        result = call()
        rows.append([name, f"{seconds(call, 1 if quick else 2):.3g}", result.evaluations, result.status])
    return table("Whole integrals, seconds once kernels are compiled", ("", "seconds", "k points", "status"), rows)


def workers(points: int) -> str:
    """Wall-clock time of a kernel and of an integral with threads."""
    rows = []
    for size in (4, 16):
        model, _ = hoppings(size, 2, 1)
        k = np.random.default_rng(1).uniform(-3, 3, size=(points, 2))
        times = []
        for threads in (1, 2):
            kernel = sc.compile(model, QUANTITIES, threads=threads)
            kernel(k)
            start = time.perf_counter()
            kernel(k)
            times.append(time.perf_counter() - start)
        rows.append([f"kernel, {size} bands, {points} k", *(f"{t:.3g}" for t in times), f"{times[0] / times[1]:.2f}"])
    return table("Threads, seconds by the clock", ("", "1", "2", "ratio"), rows)


def wannier_berri(grid: int) -> str:
    """The anomalous Hall conductivity of Haldane's model on one mesh, whole calls."""
    import wannierberri as wb

    model = sc.models.haldane()
    system = wb.system.System_R.from_pythtb(pythtb_model(model))
    mesh = wb.Grid(system, NK=(grid, grid, 1), NKFFT=(8, 8, 1), use_symmetry=False)
    calculators = {
        "ahc": wb.calculators.static.AHC(
            Efermi=np.array([0.0]), constant_factor=1.0, kwargs_formula={"external_terms": False}
        )
    }

    def run() -> None:
        with redirect_stdout(io.StringIO()), TemporaryDirectory() as folder:  # it writes files
            options = {"use_irred_kpt": False, "symmetrize": False, "parallel": False, "fout_name": f"{folder}/result"}
            wb.run(system, mesh, calculators, **options)

    charge, rows = model.with_s(1), []
    own = lambda: sc.conductivity(charge, 0.0, 0.0, rtol=1e-3)  # noqa: E731
    rows.append(["WannierBerri", grid**2, f"{seconds(run, 1):.3g}"])
    rows.append(["symcur", own().evaluations, f"{seconds(own, 1):.3g}"])
    return table("The Hall conductivity of Haldane's model at T = 0, seconds", ("", "k points", "seconds"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    if "OMP_NUM_THREADS" not in os.environ:
        one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "SYMCUR_PROGRESS": "0"}
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | one)
    quick = chosen.quick
    warnings.simplefilter("ignore")
    programs = [f"{name} {version(name)}" for name in ("numpy", "pythtb", "wannierberri") if find_spec(name)]
    parts = [
        lambda: (
            f"Measured by `python tests/benchmarks/speed.py` with {', '.join(programs)} and symcur {sc.__version__}, one core.\n"
        ),
        lambda: per_point((2, 8) if quick else SIZES, 256 if quick else 2048),
        lambda: accuracy((1e-3,) if quick else (1e-3, 1e-5)),
        lambda: integrals(quick),
        lambda: workers(2000 if quick else 20_000),
    ]
    if find_spec("pythtb") and find_spec("wannierberri"):
        parts.append(lambda: wannier_berri(16 if quick else 48))
    text = ""
    for part in parts:
        text += part() + "\n"
        if chosen.output is not None:
            chosen.output.write_text(text, encoding="utf-8")
    if chosen.output is None:
        print(text)


if __name__ == "__main__":
    main()
