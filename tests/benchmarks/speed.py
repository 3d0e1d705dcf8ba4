"""What symcur costs beside NumPy, PythTB and WannierBerri, as one page of tables.

``python tests/benchmarks/speed.py -o docs/speed_tables.md`` measures everything in one run, processor time on one core (a few minutes);
a program that is not installed has no column. ``--quick`` takes few points, to see that it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tables import accuracy, calls, kernels, two_programs, zones
from tables.wannier_berri import HAS_WANNIER_BERRI

import symcur as sc

SIZES = (2, 4, 6, 8, 12, 16, 24, 36, 40)
FEW_CLAIMS = ["torque-dipole", "intrinsic-geometry"]


def parts(quick: bool) -> list[Callable[[], str]]:
    return [
        lambda: kernels.formulas(1000 if quick else 10**6),
        lambda: kernels.many_bands((2, 8) if quick else SIZES, 256 if quick else 2048),
        lambda: kernels.structure(),
        lambda: accuracy.accuracy((1e-3,) if quick else (1e-3, 1e-5, 1e-7, 1e-10), 64 if quick else 724),
        *([lambda: two_programs.shared((1e-3,) if quick else (1e-3, 1e-5, 1e-7), 256)] if HAS_WANNIER_BERRI else []),
        lambda: calls.integrals(quick),
        lambda: zones.symmetric(quick),
        *([lambda: calls.scans((1, 4) if quick else (1, 10, 100))] if calls.HAS_DATA else []),
        lambda: kernels.threads(2000 if quick else 20_000),
        lambda: calls.workers(8 if quick else 40, FEW_CLAIMS if quick else None),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    if "OMP_NUM_THREADS" not in os.environ:
        one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "SYMCUR_PROGRESS": "0"}
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | one)
    warnings.simplefilter("ignore")
    programs = [f"{name} {version(name)}" for name in ("numpy", "pythtb", "wannierberri", "pyfftw") if find_spec(name)]
    text = f"Measured by `python tests/benchmarks/speed.py` with {', '.join(programs)} and symcur {sc.__version__}, one core.\n\n"
    for part in parts(chosen.quick):
        text += part() + "\n"
        if chosen.output is not None:
            chosen.output.write_text(text, encoding="utf-8")
    if chosen.output is None:
        print(text)


if __name__ == "__main__":
    main()
