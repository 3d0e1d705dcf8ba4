"""The same models in PythTB and WannierBerri, where these are installed."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stdout
from importlib.util import find_spec
from tempfile import TemporaryDirectory

import numpy as np

import symcur as sc
from symcur.band_structures import tight_binding

HAS_PYTHTB = find_spec("pythtb") is not None
HAS_WANNIER_BERRI = HAS_PYTHTB and find_spec("wannierberri") is not None


def in_pythtb(model: sc.Model) -> object:
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


class WannierBerri:
    """The anomalous Hall conductivity of a 2D model with WannierBerri, sum over a mesh at T = 0."""

    def __init__(self, model: sc.Model) -> None:
        import wannierberri as wb

        with redirect_stdout(io.StringIO()):
            self.system = wb.system.System_R.from_pythtb(in_pythtb(model))

    def hall_conductivity(self, mu: float, grid: int) -> tuple[float, float]:
        """sigma_xy in units of e^2/hbar, with the sign of symcur, and the processor time."""
        import wannierberri as wb

        mesh = wb.Grid(self.system, NK=(grid, grid, 1), NKFFT=(8, 8, 1), use_symmetry=False)
        calculators = {
            "ahc": wb.calculators.static.AHC(
                Efermi=np.array([mu]), constant_factor=1.0, kwargs_formula={"external_terms": False}
            )
        }
        with redirect_stdout(io.StringIO()), TemporaryDirectory() as folder:  # it writes files
            options = {"use_irred_kpt": False, "symmetrize": False, "parallel": False, "fout_name": f"{folder}/result"}
            start = time.process_time()
            result = wb.run(self.system, mesh, calculators, **options)
            taken = time.process_time() - start
        return -float(result.results["ahc"].data[0, 2]), taken
