"""Hall and spin Hall conductivities of 2D lattice models by WannierBerri: its grids, symmetries and refinement, one process, T = 0."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from test_many_bands import Matrices, plain

import symcur as sc
from symcur.band_structures import tight_binding

HAS_WANNIER_BERRI = all(map(find_spec, ("wannierberri", "numba")))  # its calculators import numba
FAST = 12  # points per axis that go through one fast Fourier transform: the fastest for all sizes of random hoppings


class Step(NamedTuple):
    """A conductivity [flow, field] with symcur's sign and units, the momenta that it took so far, and the processor time."""

    value: np.ndarray
    points: int
    seconds: float


class Counted:
    """A calculator of WannierBerri that counts the momenta it is given."""

    def __init__(self, calculator: Any) -> None:
        self.calculator, self.points = calculator, 0

    def __call__(self, data: Any) -> Any:
        self.points += data.nk
        return self.calculator(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.calculator, name)


class WannierBerri:
    """A model there, with Pauli matrices along z for twice s, and ``symmetries`` by their names there."""

    def __init__(self, model: sc.Model, symmetries: Sequence[str] = ()) -> None:
        from wannierberri.fourier.rvectors import Rvectors
        from wannierberri.system.system_R import System_R

        bonds, N = tight_binding(model), model.size
        lattice, cells, centres = np.eye(3), np.zeros((len(bonds.hoppings), 3), dtype=int), np.zeros((N, 3))
        lattice[:2, :2], cells[:, :2], centres[:, :2] = bonds.cell.vectors, list(bonds.hoppings), bonds.positions
        spins = np.zeros((N, N, 3), dtype=complex)
        spins[..., 2] = 2 * model.matrix("s", np.zeros(2))
        self.system = System_R(periodic=(True, True, False), force_internal_terms_only=True, silent=True)
        self.system.real_lattice, self.system.num_wann = lattice, N
        self.system.periodic = np.array([True, True, False])  # its constructor sets all axes
        self.system.set_wannier_centers(wannier_centers_red=centres)
        self.system.rvec = Rvectors(lattice=lattice, iRvec=cells, shifts_left_red=centres, dim=2)
        self.system.set_R_mat("Ham", np.array(list(bonds.hoppings.values())))
        self.system.set_R_mat("SS", spins, R=[0, 0, 0])
        self.system.do_at_end_of_init()
        self.symmetric = bool(symmetries)
        if symmetries:
            self.system.set_pointgroup(symmetries)

    def steps(
        self, what: str, mu: float, points: int, fast: int, *, tetra: bool = False, refine: int = 0
    ) -> list[Step]:
        """The "charge" or "spin" conductivity on points^2 momenta, ``fast`` of each axis in one transform, and after each refinement."""
        import wannierberri as wb
        from wannierberri.result import ResultDict

        counted, steps = Counted(_calculator(what, mu, tetra)), []

        def record(results: Any, **at: object) -> None:
            steps.append(
                Step(_tensor(what, results.results[what].data[0]), counted.points, time.process_time() - start)
            )

        symmetric = {"use_irred_kpt": self.symmetric, "symmetrize": self.symmetric}
        with redirect_stdout(io.StringIO()), patch.object(ResultDict, "savedata", record):  # no files
            grid = wb.Grid(self.system, NK=(points, points, 1), NKFFT=(fast, fast, 1), use_symmetry=self.symmetric)
            start = time.process_time()
            wb.run(self.system, grid, {what: counted}, parallel=False, adpt_num_iter=refine, **symmetric)
        return steps


def _calculator(what: str, mu: float, tetra: bool) -> Any:
    from wannierberri.calculators import static

    at = {"Efermi": np.array([mu]), "tetra": tetra}
    if what == "charge":
        return static.AHC(**at, constant_factor=1.0, kwargs_formula={"external_terms": False})
    simple = {"spin_current_type": "simple", "external_terms": False}  # the velocity and the spin, anticommuted
    return static.SHC(**at, constant_factor=0.5, kwargs_formula=simple)


def _tensor(what: str, data: np.ndarray) -> np.ndarray:
    """The other sign, because the field acts on charges -|e| there."""
    return -data[2] * np.array([[0, 1], [-1, 0]]) if what == "charge" else -data[:2, :2, 2]


def per_point(model: sc.Model, matrices: Matrices, points: int = 2 * FAST) -> list[float]:
    """Seconds per momentum of the Hall and of the spin Hall conductivity with half the bands filled, both checked with NumPy."""
    k, program, times = model.cell.momenta(points), WannierBerri(model), []
    for what, s in (("charge", np.eye(model.size)), ("spin", model.matrix("s", np.zeros(2)))):
        found = min((program.steps(what, 0.0, points, FAST)[0] for _ in range(2)), key=lambda step: step.seconds)
        values = plain(matrices, s, k)
        expected = (values["s_berry_curvature"] * (values["energy"] < 0)[..., None]).sum(axis=(0, 1))
        expected = expected.reshape(2, 2).T / len(k) / model.cell.volume
        assert np.abs(found.value - expected).max() < 1e-9 * max(1.0, np.abs(expected).max()), (what, model.size)
        assert found.points == len(k)
        times.append(found.seconds / found.points)
    return times
