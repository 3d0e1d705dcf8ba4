"""Choose a method, run it, return an ``Integral``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from symcur.cores import one_core

from .domains import Domain
from .memory import Memory
from .method import METHODS, Method
from .problem import BandProblem, Bands, Function, Problem, SmoothProblem
from .sections import without_idle_axes
from .solution import Estimate, Integral, Interrupted, Tolerance, nothing
from .sweep import Map, Progress, Sweep, open_map, threads_of
from .wedges import within_wedge

# From so many evaluations on peaks of a function are looked for before it is integrated, which takes ten thousand or more.
ENOUGH_TO_LOOK = 100_000


def integrate(
    function: Function,
    domain: Domain,
    *,
    rtol: float,
    atol: ArrayLike = 0.0,
    relative_to: str = "value",
    method: str | Method = "auto",
    max_evaluations: int = 10_000_000,
    workers: int | Map = 1,
    progress: Progress | None = None,
    memory: float | None = None,
) -> Integral:
    """The integral of function(k) d^Dk/(2 pi)^D over the domain, for a smooth array-valued function.

    ``function`` takes Cartesian k of shape (M, D) and returns shape (M, *shape); it is called with thousands of
    points at once. The tolerance error <= atol + rtol |value| holds for every component; with
    relative_to="integrand" rtol is multiplied with the integral of |integrand| instead, for results that vanish by
    cancellation, and relative_to="largest" takes the largest of these among all components. ``method`` is a name of
    METHODS, "auto" for one that fits, or an object. ``workers`` is a number of threads or a map, see ``open_map``; results
    do not depend on it. Peaks are looked for first, unless ``max_evaluations`` is small. ``progress(fraction or None,
    message)`` is called now and then. ``memory``, bytes, is what arrays may take, by default 2e9: with less momenta are taken in
    smaller blocks, whose sums differ by rounding, and no more boxes are kept than fit. If the tolerance is not met, ``status``
    says so. Ctrl-C raises ``Interrupted``, a KeyboardInterrupt that holds what was finished.
    """
    if not callable(function):
        raise TypeError(f"function: expected a function of k that returns an array (M, ...), got {function!r}")
    problem = SmoothProblem(function, _checked(domain), look=_positive(max_evaluations) >= ENOUGH_TO_LOOK)
    tolerance = _tolerance(rtol, atol, relative_to, problem)
    return _solve(problem, tolerance, method, max_evaluations, workers, progress, memory)


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
    natural: float = np.inf,
    method: str | Method = "auto",
    max_evaluations: int = 10_000_000,
    workers: int | Map = 1,
    progress: Progress | None = None,
    memory: float | None = None,
) -> Integral:
    """The integral d^Dk/(2 pi)^D over the domain of sum_n weight_c(e_n; mu, T) values_nc, for all mu and T at once.

    ``bands`` takes Cartesian k of shape (M, D) and returns energies (M, N) and values (M, N, C). ``weights`` names
    the occupation function of each of the C components, in ``occupation.OCCUPATIONS``. ``mu`` and ``temperature``
    (k_B = 1, >= 0) are numbers or 1D arrays; the result has the shape (*mu.shape, *temperature.shape, C), and all of it comes
    from one sweep over k. With relative_to="largest" the integral of |integrand| counts as the larger of ``natural`` and ten
    times the largest component where it is above both. The other arguments are those of ``integrate``.
    """
    problem = BandProblem(bands, _checked(domain), weights, mu, temperature)
    tolerance = _tolerance(rtol, atol, relative_to, problem, natural)
    return _solve(problem, tolerance, method, max_evaluations, workers, progress, memory)


def _solve(
    problem: Problem,
    tolerance: Tolerance,
    method: str | Method,
    max_evaluations: int,
    workers: int | Map,
    progress: Progress | None,
    memory: float | None,
) -> Integral:
    _positive(max_evaluations)
    if progress is not None and not callable(progress):
        raise TypeError(f"progress: expected a function (fraction or None, message) or None, got {progress!r}")
    chosen = METHODS.get(method)
    if not isinstance(chosen, Method):
        raise TypeError(f"method: expected one of {', '.join(METHODS.names())} or a Method, got {method!r}")
    obstacle = chosen.obstacle(problem)
    if obstacle:
        raise ValueError(f"method: expected one for this integral, got {chosen.name!r}; {obstacle}")
    problem.alone = tolerance.relative_to != "largest"
    problem.memory = Memory(memory, threads_of(workers))
    with one_core(), open_map(workers) as mapper:
        sweep = Sweep(mapper, max_evaluations, progress, problem.memory)
        try:
            problem, idle = without_idle_axes(problem, tolerance.rtol)
            problem = within_wedge(problem, tolerance.rtol)
            rounding = problem.rounding()  # before the work, so that an interruption leaves what was finished
            found = _recorded(chosen, problem, sweep, tolerance)
            found = replace(found, reason=found.reason + idle, error=found.error + rounding)
            if problem.unresolved:
                text = f"H may be narrow between samples in {problem.unresolved:.1e} of the zone"
                found = replace(found, met=np.zeros_like(found.met), message=f"{text}; {found.message}")
        except KeyboardInterrupt:
            found = replace(nothing(problem.size), method=chosen.description, reason="not begun", interrupted=True)
    sweep.report(1.0, f"{found.status}: {found.message}", now=True)
    shaped = {name: getattr(found, name).reshape(problem.shape) for name in ("value", "error", "scale", "met")}
    result = Integral(
        **vars(found) | shaped,
        evaluations=sweep.evaluations + problem.looked,
        domain=problem.domain.description,
        tolerance=tolerance,
        memory=sweep.memory.peak,
    )
    if result.status == "interrupted":
        raise Interrupted(result, result.message)
    return result


def _recorded(method: Method, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> Estimate:
    """The estimate, with what is finished in the file of the method's record, if it has one."""
    try:
        found = method.estimate(problem, sweep, tolerance)
    finally:
        if method.record is not None:
            method.record.write()
    return found if method.record is None or not method.record.trouble else found.saying(method.record.trouble)


def require_accuracy(rtol: float, atol: ArrayLike, max_evaluations: int = 1) -> None:
    """Raise ValueError where a tolerance or a number of evaluations has no meaning."""
    if not isinstance(rtol, (int, float, np.floating)) or not 0 < rtol < 1:
        raise ValueError(f"rtol: expected a number between 0 and 1, got {rtol!r}")
    absolute = np.asarray(atol, dtype=float)
    if not np.isfinite(absolute).all() or (absolute < 0).any():
        raise ValueError(f"atol: expected finite numbers >= 0, got {atol!r}")
    _positive(max_evaluations)


def _positive(max_evaluations: int) -> int:
    if isinstance(max_evaluations, bool) or not isinstance(max_evaluations, int | np.integer) or max_evaluations < 1:
        raise ValueError(f"max_evaluations: expected a positive integer, got {max_evaluations!r}")
    return int(max_evaluations)


def _tolerance(rtol: float, atol: ArrayLike, relative_to: str, problem: Problem, natural: float = np.inf) -> Tolerance:
    require_accuracy(rtol, atol)
    absolute = np.asarray(atol, dtype=float)
    if relative_to not in ("value", "integrand", "largest"):
        raise ValueError(f"relative_to: expected 'value', 'integrand' or 'largest', got {relative_to!r}")
    try:
        flat = np.broadcast_to(absolute, problem.shape).reshape(-1)
    except ValueError:
        raise ValueError(f"atol: expected a shape that broadcasts to {problem.shape}, got {absolute.shape}") from None
    return Tolerance(float(rtol), flat, relative_to, problem.together, natural)


def _checked(domain: Domain) -> Domain:
    if not isinstance(domain, Domain):
        raise ValueError(f"domain: expected a LatticeCell, Plane or Ball, got {domain!r}")
    return domain
