"""What one k costs: with NumPy, PythTB, WannierBerri and compiled kernels, for few k and many, beside the program alone, and with structure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import sympy as sp
from test_many_bands import BLOCK, LOOP, QUANTITIES, Matrices, hopping_sums, hoppings, plain

import symcur as sc
from symcur.kernels.buffers import BufferPool

from .clock import by_the_clock, seconds, table
from .other_programs import HAS_PYTHTB, in_pythtb
from .wannier_berri import HAS_WANNIER_BERRI, per_point


def grid(model: sc.Model, count: int) -> np.ndarray:
    """So many momenta of a cell."""
    return model.cell.momenta(int(np.ceil(np.sqrt(count))), 0.3)[:count]


def in_blocks(matrices: Matrices, s: np.ndarray, k: np.ndarray) -> None:
    for start in range(0, len(k), BLOCK):
        plain(matrices, s, k[start : start + BLOCK])


def many_bands(sizes: Iterable[int], points: int) -> str:
    """Energies, velocities, the s dipole and two curvatures at one k, in microseconds."""
    others = ["PythTB, states alone"] if HAS_PYTHTB else []
    others += ["WannierBerri, Hall", "WannierBerri, spin Hall"] if HAS_WANNIER_BERRI else []
    head = ("bands", "NumPy, a loop", "NumPy, blocks", "eigh alone", *others, "symcur", "loop / symcur", "blocks / symcur")  # fmt: skip
    return table("Microseconds per k point, random hoppings in 2D", head, [_one_size(size, points) for size in sizes])


def _one_size(size: int, points: int) -> list[object]:
    model, matrices = hoppings(size, 2, 1)
    s, k = model.matrix("s", np.zeros(2)), grid(model, points)
    kernel, H = sc.compile(model, QUANTITIES, threads=1), matrices(k)[0]
    loop = seconds(lambda: [plain(matrices, s, q) for q in k[:LOOP]]) / min(LOOP, len(k))
    blocks = seconds(lambda: in_blocks(matrices, s, k)) / len(k)
    own, eigh = (seconds(f) / len(k) for f in (lambda: kernel(k), lambda: np.linalg.eigh(H)))
    times = [loop, blocks, eigh]
    if HAS_PYTHTB:
        tb, u = in_pythtb(model), k[:10] @ model.cell.vectors.T / (2 * np.pi)
        assert np.abs(np.sort(tb.solve_all(u).T) - model.energies(k[:10])).max() < 1e-10
        times.append(seconds(lambda: tb.solve_all(u, eig_vectors=True), 1) / len(u))
    if HAS_WANNIER_BERRI:
        times += per_point(model, matrices)
    return [size, *(f"{1e6 * t:.3g}" for t in (*times, own)), f"{loop / own:.1f}", f"{blocks / own:.1f}"]


def formulas(most: int) -> str:
    """Models given by formulas: the kernel beside its program on arrays that are there, and beside NumPy, for 100 k and more."""
    models = {
        "haldane": sc.models.haldane(),
        "kane_mele": sc.models.kane_mele(lambda_R=0.25, lambda_v=1.0),
        "bhz": sc.models.bhz(),
    }
    rows = []
    for name, model in models.items():
        s, matrices = model.matrix("s", np.zeros(2)), hopping_sums(model)
        some = grid(model, 2048)
        numpy = seconds(lambda: in_blocks(matrices, s, some)) / len(some)  # noqa: B023
        kernel = sc.compile(model, QUANTITIES)
        check = kernel(some)["s_berry_curvature"]
        expected = plain(matrices, s, some)["s_berry_curvature"].reshape(check.shape)
        assert np.abs(check - expected).max() < 1e-6 * np.abs(expected).max()
        for count in (10**n for n in range(2, 7) if 10**n <= most):
            k = grid(model, count)
            own, alone = _own_and_alone(kernel, model, k)
            handed = kernel(k).by_eigenstates
            times = (f"{1e9 * t / count:.3g}" for t in (alone, own))
            rows.append([name, f"{count:g}", *times, f"{own / alone:.2f}", f"{numpy / (own / count):.0f}", handed])
    head = ("", "k points", "program alone", "kernel", "kernel / program", "NumPy, blocks / kernel", "by eigenstates")
    return table("Nanoseconds per k point, models given by formulas, all bands and quantities", head, rows)


def _own_and_alone(kernel: sc.Kernel, model: sc.Model, k: np.ndarray) -> tuple[float, float]:
    """Seconds of the kernel and of its program, in turn."""
    compiled = kernel._compiled
    padded = -(-len(k) // compiled.backend.width) * compiled.backend.width
    inputs, outputs = (
        BufferPool().empty((rows, padded)) for rows in (len(compiled.inputs), len(compiled.layout.nodes) + 1)
    )
    inputs[:2] = k[np.minimum(np.arange(padded), len(k) - 1)].T
    inputs[2:] = np.array([kernel._numbers(compiled, model)]).T
    alone = lambda: compiled.backend(inputs, outputs)  # noqa: E731
    rounds = [(seconds(lambda: kernel(k), 1), seconds(alone, 1)) for _ in range(2 if len(k) > 10**5 else 5)]
    own, program = np.min(rounds, axis=0)
    return float(own), float(program)


def threads(points: int) -> str:
    """Kernels beside the loop over k that NumPy's BLAS may share among threads as it likes, by the clock."""
    rows = []
    for size in (4, 8, 16, 24, 36):
        model, matrices = hoppings(size, 2, 1)
        s, k, times = model.matrix("s", np.zeros(2)), grid(model, points * 4 // size), []
        for count in (1, 2):
            kernel = sc.compile(model, QUANTITIES, threads=count)
            kernel(k)
            times.append(min(by_the_clock(lambda: kernel(k)) for _ in range(3)) / len(k))  # noqa: B023
        some = k[:LOOP]
        loop = min(by_the_clock(lambda: [plain(matrices, s, q) for q in some]) for _ in range(3)) / len(some)  # noqa: B023
        ratios = times[0] / times[1], loop / times[1]
        rows.append([size, *(f"{1e6 * t:.3g}" for t in (loop, *times)), *(f"{ratio:.2f}" for ratio in ratios)])
    head = ("bands", "NumPy, a loop", "1 thread", "2 threads", "1 / 2 threads", "loop / 2 threads")
    return table("Kernels with threads, microseconds per k point by the clock", head, rows)


def structure() -> str:
    """Kernels of models with structure: what a k costs beside one without it, or beside the parts."""
    kane_mele, haldane, bhz = sc.models.kane_mele(), sc.models.haldane(), sc.models.bhz()
    pairs = kane_mele.with_parameters(lambda_R=0, lambda_v=0), bhz.with_parameters(Delta_BIA=0)
    cases = [
        ("Kramers pairs, kane_mele without Rashba and staggered terms", pairs[0], [kane_mele]),
        ("the same by values, lambda_R = lambda_v = 0", sc.models.kane_mele(lambda_R=0.0, lambda_v=0.0), [kane_mele]),
        ("Kramers pairs, bhz with inversion", pairs[1], [bhz]),
        ("Kramers pairs, luttinger in 3D", sc.models.luttinger(), [kane_mele]),
        ("two blocks of 2 bands, beside the two", _twice(haldane), [haldane, haldane]),
        ("two blocks of 4 bands, beside the two", _twice(kane_mele), [kane_mele, kane_mele]),
        ("real H, 4 bands", _dense(0), [_dense(1)]),
    ]
    rows = []
    for name, model, others in cases:
        own, beside = _nanoseconds(model), sum(map(_nanoseconds, others))
        rows.append([name, f"{own:.3g}", f"{beside:.3g}", f"{own / beside:.2f}"])
    return table("Structure of H, nanoseconds per k point", ("", "kernel", "without, or the parts", "ratio"), rows)


def _nanoseconds(model: sc.Model) -> float:
    kernel, count = sc.compile(model, QUANTITIES), 4096
    k = np.random.default_rng(0).uniform(-1, 1, size=(count, 3)) if model.cell is None else grid(model, count)
    return 1e9 * seconds(lambda: kernel(k)) / count


def _twice(model: sc.Model) -> sc.Model:
    H = sp.diag(model.H, model.H + sp.eye(model.size) / 3)
    return sc.Model(H, sp.diag(model.s, model.s), k=model.k, parameters=dict(model.parameters), lattice=model.lattice)


def _dense(imaginary: int) -> sc.Model:
    """Four bands with waves in every element, real or complex."""
    x, y = k = sp.symbols("k_x k_y", real=True)
    H = sp.diag(1 + sp.cos(x), -1 + sp.cos(y), sp.cos(x - y) / 2, -sp.cos(x))
    for a in range(4):
        for b in range(a + 1, 4):
            wave, other = sp.cos(x + a) * sp.cos(y - b) / 2, imaginary * sp.I * sp.sin(x + a + b) / 3
            H[a, b], H[b, a] = wave + other, wave - other
    return sc.Model(H, sp.diag(1, -1, 1, -1) / 2, k=k, lattice=[[1, 0], [0, 1]])
