"""Whole calls: integrals, scans of parameters, the claims, on one process and on two."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context

import numpy as np

import symcur as sc

from .clock import by_the_clock, once, seconds, table


def integrals(quick: bool) -> str:
    kane_mele, haldane = sc.models.kane_mele(lambda_R=0.05, lambda_v=0.1), sc.models.haldane()
    many, numbers = np.linspace(-2.9, 2.9, 20 if quick else 200), iter(np.linspace(0.05, 0.2, 10_000))
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


HAS_DATA = all(map(find_spec, ("xarray", "zarr", "h5netcdf")))
ARGUMENTS = {"mu": [0.0, 0.1], "temperature": 0.3, "rtol": 1e-3}


def scans(counts: tuple[int, ...]) -> str:
    """Parameter sets of a scan: the first call derives and compiles, the others do not."""
    rows = []
    for name, parameter in (("haldane", "M"), ("kane_mele", "lambda_R")):
        run = lambda count: sc.scan(name, "conductivity", {parameter: np.linspace(0.1, 0.3, count)}, **ARGUMENTS)  # noqa: B023, E731
        _, first = once(lambda: run(1))  # noqa: B023
        each = [once(lambda: run(count))[1] / count for count in counts]  # noqa: B023
        rows.append([name, f"{first:.3g}", *(f"{t:.3g}" for t in each), f"{each[-1] / each[0]:.2f}"])
    head = ("", "first call", *(f"of {count}" for count in counts), f"of {counts[-1]} / of {counts[0]}")
    return table("Seconds per parameter set of a scan, 2 mu at T = 0.3, rtol 1e-3", head, rows)


def workers(sets: int, claims: list[str] | None) -> str:
    """A scan and the claims on one process and on two, by the clock; processes of a pool are there before."""
    rows = [_scans(sets)] if HAS_DATA else []
    name = "symcur verify, all claims" if claims is None else f"symcur verify, {len(claims)} claims"
    calls = (lambda count=count: sc.verify_all(names=claims, workers=count) for count in (1, 2))
    rows.append(_compared(name, *calls))
    return table("Processes, seconds by the clock", ("", "1", "2", "ratio"), rows)


def _scans(sets: int) -> list[object]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        run = lambda count, executor: sc.scan(  # noqa: E731
            "kane_mele", "conductivity", {"lambda_R": np.linspace(0.1, 0.3, count)}, **ARGUMENTS, executor=executor
        )
        run(1, None), run(8, pool)
        return _compared(f"a scan of {sets} sets", *(lambda e=e: run(sets, e) for e in (None, pool)))


def _compared(name: str, one: Callable[[], object], two: Callable[[], object]) -> list[object]:
    times = [by_the_clock(one), by_the_clock(two)]
    return [name, *(f"{t:.3g}" for t in times), f"{times[0] / times[1]:.2f}"]
