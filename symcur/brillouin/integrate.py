"""The front: problems in, ``Integral`` out, and the choice of the method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .choice import sharpness
from .cubature import cubature
from .domains import Domain
from .patches import patches
from .problem import BandProblem, Bands, Function, Problem, SmoothProblem, band_problem
from .solution import Estimate, Integral, Tolerance, nothing
from .sweep import Map, Progress, Sweep, open_map
from .trapezoid import trapezoid

Array = NDArray[np.float64]

# Grids larger than this are not tried before the adaptive methods.
LARGEST_GRID = {1: 2**11, 2: 2**17, 3: 2**20}
NAMES = {
    "trapezoid": "periodic trapezoid with doubling",
    "cubature": "adaptive cubature, tensor Gauss rules",
    "patches": "adaptive polynomial patches with exact level sets",
}


def integrate(
    function: Function,
    domain: Domain,
    *,
    rtol: float,
    atol: ArrayLike = 0.0,
    relative_to: str = "value",
    method: str = "auto",
    max_evaluations: int = 10_000_000,
    workers: int | Map = 1,
    progress: Progress | None = None,
) -> Integral:
    """The integral of function(k) d^Dk/(2 pi)^D over the domain, for a smooth array-valued function.

    ``function`` takes Cartesian k of shape (M, D) and returns shape (M, *shape); it is called with thousands of
    points at once. The tolerance error <= atol + rtol |value| holds for every component; with
    relative_to="integrand" rtol is multiplied with the integral of |integrand| instead, for results that vanish by
    cancellation, and relative_to="largest" takes the largest of these among all components. ``method`` is "trapezoid"
    (periodic domains), "cubature" or "auto". ``workers`` is a number of
    threads or a map, see ``open_map``; results do not depend on it. ``progress(fraction or None, message)`` is
    called now and then. A tolerance that is not met is told in ``status``; so is an interruption by the keyboard.
    """
    tolerance = _tolerance(rtol, atol, relative_to)
    _check(domain, max_evaluations, method, ("auto", "trapezoid", "cubature"))
    problem = SmoothProblem(function, domain)
    together = int(np.prod(problem.shape))
    tolerance = Tolerance(rtol, _components(tolerance.atol, problem.shape), relative_to, together)
    with open_map(workers) as mapper:
        sweep = Sweep(mapper, max_evaluations, progress)
        if method == "auto" and not all(domain.periodic):
            method, reason = "cubature", "the domain is not periodic"
        elif method == "auto":
            method, reason = "trapezoid", "periodic integrand"
        else:
            reason = "asked for"
        return _solve(problem, sweep, tolerance, method, reason, 0.0, problem.shape)


def integrate_bands(
    bands: Bands,
    domain: Domain,
    weights: Sequence[str],
    mu: ArrayLike,
    temperature: ArrayLike,
    *,
    rtol: float,
    atol: ArrayLike = 0.0,
    relative_to: str = "value",
    method: str = "auto",
    max_evaluations: int = 10_000_000,
    workers: int | Map = 1,
    progress: Progress | None = None,
) -> Integral:
    """The integral d^Dk/(2 pi)^D over the domain of sum_n weight_c(e_n; mu, T) values_nc, for all mu and T at once.

    ``bands`` takes Cartesian k of shape (M, D) and returns energies (M, N) and values (M, N, C). ``weights`` names
    the occupation function of each of the C components (see ``occupation``): "f", "g", "-df/de", "entropy", "one".
    ``mu`` and ``temperature`` (k_B = 1, >= 0) are numbers or 1D arrays; the result has the shape
    (*mu.shape, *temperature.shape, C), and all of it comes from one sweep over k. ``method`` is "trapezoid"
    (periodic domains, smooth occupations), "patches" (any), "cubature" (T > 0) or "auto"; the other arguments are those of ``integrate``.
    """
    tolerance = _tolerance(rtol, atol, relative_to)
    _check(domain, max_evaluations, method, ("auto", "trapezoid", "patches", "cubature"))
    levels, temperatures = np.asarray(mu, dtype=float), np.asarray(temperature, dtype=float)
    problem = band_problem(bands, domain, weights, levels, temperatures)
    shape = (*levels.shape, *temperatures.shape, len(problem.weights))
    tolerance = Tolerance(rtol, _components(tolerance.atol, shape), relative_to, len(problem.weights))
    with open_map(workers) as mapper:
        sweep = Sweep(mapper, max_evaluations, progress)
        reason, least = "asked for", 0.0
        if method == "auto" and not all(domain.periodic):
            method, reason = _adaptive(problem), "the domain is not periodic"
        elif method == "cubature" and (problem.temperature == 0).any():
            raise ValueError("method='cubature' cannot integrate the step of T = 0; use 'patches' or 'auto'")
        elif method in ("auto", "trapezoid"):
            try:
                occupations = sharpness(problem, sweep, rtol, LARGEST_GRID[domain.dimension])
            except KeyboardInterrupt:
                return _finish(nothing(problem.size, "interrupted"), sweep, "trapezoid", "not begun", shape, domain)
            least = occupations.points
            if method == "auto":
                method, reason = (_adaptive(problem) if occupations.sharp else "trapezoid"), occupations.why
            elif least == np.inf:
                raise ValueError(
                    f"method='trapezoid' cannot integrate a step ({occupations.why}); use 'patches' or 'auto'"
                )
        return _solve(problem, sweep, tolerance, method, reason, least, shape)


def _solve(
    problem: Problem,
    sweep: Sweep,
    tolerance: Tolerance,
    method: str,
    reason: str,
    least: float,
    shape: tuple[int, ...],
) -> Integral:
    """Run the method; a trapezoid rule that was chosen, not asked for, and does not converge gives way."""
    first: Estimate | None = None
    if method == "trapezoid":
        chosen = reason != "asked for"
        most = LARGEST_GRID[problem.domain.dimension] if chosen else sweep.max_evaluations
        first, done = trapezoid(problem, sweep, tolerance, least, most, patient=not chosen)
        if done or not chosen or first.status == "interrupted":
            return _finish(first, sweep, method, reason, shape, problem.domain)
        method = "cubature" if isinstance(problem, SmoothProblem) else _adaptive(problem)
        reason = f"the trapezoid rule converged too slowly ({first.message})"
    if isinstance(problem, SmoothProblem):
        estimate = cubature(problem, sweep, tolerance)
    elif method == "cubature":
        estimate = cubature(problem.weighted(), sweep, tolerance)
    else:
        estimate = patches(problem, sweep, tolerance)
    if first is not None and np.isnan(estimate.value).any():
        # Stopped before its first result: what the trapezoid rule had is better than nothing.
        first.status, first.message = estimate.status, f"{estimate.message}; the value is the trapezoid rule's"
        return _finish(first, sweep, "trapezoid", reason, shape, problem.domain)
    return _finish(estimate, sweep, method, reason, shape, problem.domain)


def _adaptive(problem: BandProblem) -> str:
    """Level sets, but in 3D, where they are dear, the sum over bands as it is if its occupations are soft enough.

    Soft means that 50 T span all energies up to 10 T above mu: coarse boxes then see every step.
    """
    if problem.domain.dimension != 3 or (problem.temperature == 0).any():
        return "patches"
    u = np.random.default_rng(1).uniform(size=(512, 3))
    energies, _ = problem.sample(u)
    coldest = float(problem.temperature.min())
    width = float(problem.mu.max()) + 10 * float(problem.temperature.max()) - float(energies.min())
    return "cubature" if width <= 50 * coldest else "patches"


def _finish(
    estimate: Estimate, sweep: Sweep, method: str, reason: str, shape: tuple[int, ...], domain: Domain
) -> Integral:
    sweep.report(1.0, f"{estimate.status}: {estimate.message}", now=True)
    return Integral(
        value=estimate.value.reshape(shape),
        error=estimate.error.reshape(shape),
        evaluations=sweep.evaluations,
        status=estimate.status,
        message=estimate.message,
        method=NAMES[method],
        reason=reason,
        domain=domain.description,
        scale=estimate.scale.reshape(shape),
    )


def _tolerance(rtol: float, atol: ArrayLike, relative_to: str) -> Tolerance:
    if not isinstance(rtol, (int, float, np.floating)) or not 0 < rtol < 1:
        raise ValueError(f"rtol is {rtol!r}; valid is a number between 0 and 1")
    absolute = np.asarray(atol, dtype=float)
    if not np.isfinite(absolute).all() or (absolute < 0).any():
        raise ValueError(f"atol is {atol!r}; valid are numbers >= 0")
    if relative_to not in ("value", "integrand", "largest"):
        raise ValueError(f"relative_to is {relative_to!r}; valid are 'value', 'integrand' and 'largest'")
    return Tolerance(float(rtol), absolute, relative_to)


def _components(atol: Array, shape: tuple[int, ...]) -> Array:
    try:
        return np.broadcast_to(atol, shape).reshape(-1)
    except ValueError:
        raise ValueError(f"atol has shape {atol.shape}; it must broadcast to the result's shape {shape}") from None


def _check(domain: Domain, max_evaluations: int, method: str, methods: tuple[str, ...]) -> None:
    if not isinstance(domain, Domain):
        raise ValueError(f"domain is {domain!r}; valid is a LatticeCell, Plane or Ball")
    if max_evaluations < 1:
        raise ValueError(f"max_evaluations is {max_evaluations!r}; valid is a positive int")
    if method not in methods:
        raise ValueError(f"method is {method!r}; valid are {', '.join(methods)}")
    if method == "trapezoid" and not all(domain.periodic):
        raise ValueError(f"method='trapezoid' needs a periodic domain, this is {domain.description}")
