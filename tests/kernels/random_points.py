"""The error estimate of kernels at random momenta, a million say, of library models and random lattices of two to eight bands.

python tests/kernels/random_points.py 1000000       # points; prints the routes and the largest errors in units of the estimates
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from kernel_models import fifty_digits, natural_scales, random_model

import symcur.models
from symcur.eigenstates import values_at
from symcur.kernels import compile

NAMES = ("velocity", "s_expectation", "s_berry_curvature", "mixed_berry_curvature", "s_dipole", "torque_polarizability")
_BLOCK = 100_000


def models():
    yield from (getattr(symcur.models, name)() for name in ("bhz", "kane_mele", "haldane", "altermagnet"))
    for N, D in ((2, 2), (3, 2), (3, 3), (4, 2), (4, 3), (5, 2), (8, 2)):
        yield random_model(N, D, seed=10 * N + D, diagonal_s=D == 2)


def against_eigenstates(kernel, points, generator):
    """(values, {name: error in natural units (points,)}, k) at random momenta, block by block."""
    model, names = kernel.model, kernel.quantities
    for start in range(0, points, _BLOCK):
        k = generator.uniform(-np.pi, np.pi, (min(_BLOCK, points - start), model.dimension))
        values = kernel(k)
        expected, *_ = values_at(model, kernel._components, k, kernel.tolerance)
        scales = natural_scales(model, k)
        errors = {
            name: (np.abs(values[name] - expected[name]).reshape(*scales[name].shape, -1).max(-1) / scales[name]).max(
                -1
            )
            for name in names
        }
        yield values, errors, k


def against_fifty_digits(model, k):
    """The largest error of the kernel at momenta (n, D) in units of its estimate."""
    names = ("berry_curvature", "s_dipole")
    kernel, worst = compile(model, names), 0.0
    values, scales = kernel(k), natural_scales(model, k)
    for j, point in enumerate(k):
        truth = fifty_digits(model, point)
        got = {"berry_curvature": values["berry_curvature"][j, :, 0, 1], "s_dipole": values["s_dipole"][j, :, 0]}
        for name in names:
            error = np.abs(got[name] - truth[name]) / scales[name][j] / values.error_estimate[j]
            worst = max(worst, float(error.max()))
    return worst


def main():
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    every = list(models())
    warnings.simplefilter("ignore")
    print(f"{'model':16s} {'route':12s}    points  by eigenstates  largest error  in estimates  near gaps, 50 digits")
    for model in every:
        generator, count, by_eigenstates, largest, ratio = np.random.default_rng(8), 0, 0, 0.0, 0.0
        closest, kernel = (np.inf, None), compile(model, NAMES)
        share = points // len(every) // (100 if kernel.route == "eigenstates" else 1)  # they are their own comparison
        for values, errors, k in against_eigenstates(kernel, share, generator):
            error = np.max(list(errors.values()), axis=0)
            count, by_eigenstates = count + len(k), by_eigenstates + values.by_eigenstates
            largest, ratio = max(largest, error.max()), max(ratio, (error / values.error_estimate).max())
            gap = np.diff(values["energy"], axis=-1).min(axis=-1)
            closest = min(closest, (gap.min(), k[np.argsort(gap)[:3]]), key=lambda pair: pair[0])
        digits = against_fifty_digits(model, closest[1]) if model.dimension > 1 else 0.0
        print(
            f"{model.name:16s} {kernel.route:12s} {count:9d}  {by_eigenstates:14d}  {largest:13.1e}  {ratio:12.2f}  {digits:21.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
