"""A scan: one call of an observable for every parameter set, here or on an executor, with what is finished kept."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import as_completed
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from symcur import observables
from symcur.band_structures import BandStructure, named
from symcur.brillouin import METHODS, Domain, Interrupted, Method, require_accuracy
from symcur.brillouin.memory import Memory
from symcur.observables import Observable, Result
from symcur.observables.labelled import require_xarray
from symcur.scans.layout import MISSING, template
from symcur.scans.points import Place, Points
from symcur.scans.store import Block, Table

if TYPE_CHECKING:
    from xarray import Dataset

FAILED = "failed"
Jobs = Iterable[tuple[Place, list[dict[str, Any]]]]


class Incomplete(RuntimeError):
    """A scan whose executor or store failed; ``result`` is the Dataset with what was finished, the rest "missing"."""

    def __init__(self, result: Dataset, message: str) -> None:
        super().__init__(message)
        self.result = result


def scan(
    model: BandStructure | str,
    observable: str | Observable,
    parameters: Mapping[Any, ArrayLike],
    mu: ArrayLike = 0.0,
    temperature: ArrayLike = 0.0,
    *,
    paired: bool = False,
    form: str | None = None,
    hall: str = "paper",
    rtol: float = 1e-6,
    atol: float = 0.0,
    method: str | Method = "auto",
    window: float | str | None = None,
    eta: float | None = None,
    cutoff: float | None = None,
    domain: Domain | None = None,
    max_evaluations: int = 10_000_000,
    memory: float | None = None,
    executor: Any = None,
    store: str | Path | None = None,
    chunk: int = 1,
    progress: Callable[..., object] | None = None,
) -> Dataset:
    """An observable for many values of the parameters of a model, as an xarray Dataset.

    Dimensions are the parameters, then part, mu, temperature, flow, field as in ``Result.to_xarray``; variables value, error (NaN
    and infinite where a point failed), status ("converged", "tolerance not met", "failed" or "missing") and message; attributes
    unit, convention, version, tolerance and the model. Every number is bit by bit that of ``observable(model, mu, temperature,
    parameters=...)``, whatever the executor and however often the scan was stopped.

    Parameters
    ----------
    observable : a name in ``symcur.observables``, or such a record.
    parameters : values by name or symbol, 1D: every combination of them, or with ``paired`` the first of each, the second, ...,
        along the dimension "point". A parameter called mu is labelled parameter_mu.
    mu, temperature, form ... memory : as in ``Observable``, the same for all points; each worker may take so much.
    executor : None for this process, or what has ``submit``: any executor of concurrent.futures, mpi4py.futures.MPIPoolExecutor,
        a dask.distributed.Client. Processes get the model as it pickles.
    store : the path of a Zarr group that keeps each chunk once it is finished. Where it exists, only what is missing is computed;
        one of another scan is refused. The version of symcur is part of what a scan is.
    chunk : how many points one task computes and the store writes together; that of the store, where it exists.
    progress : called now and then as ``progress(fraction, message)``.

    Raises
    ------
    ValueError or TypeError naming the argument; a point that cannot be computed is recorded with its message instead. ``Incomplete``
    where an executor lost points, or the store could not be written, and after Ctrl-C ``Interrupted``: both hold the Dataset so far.

    >>> import symcur as sc
    >>> model = sc.models.rice_mele()
    >>> found = sc.scan(model, "equilibrium_current", {"Delta": [0.1, 0.2], "delta": [0.3, 0.4, 0.5]}, temperature=0.2, rtol=1e-3)
    >>> dict(found["status"].sizes), (found["status"] == "converged").all().item()
    ({'Delta': 2, 'delta': 3}, True)
    """
    require_xarray("scan")
    model = named(model)
    if isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1:
        raise ValueError(f"chunk: expected an integer >= 1, got {chunk!r}")
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise TypeError(f"executor: expected None or what has the method submit, got {executor!r}")
    require_accuracy(rtol, atol, max_evaluations)
    Memory(memory)
    chosen, record = METHODS.get(method), observables.get(observable)
    if not isinstance(chosen, Method):
        raise TypeError(f"method: expected one of {', '.join(METHODS.names())} or a Method, got {method!r}")
    if not isinstance(record, Observable):
        raise TypeError(
            f"observable: expected one of {', '.join(observables.names())} or an Observable, got {observable!r}"
        )
    if getattr(chosen, "record", None) is not None:
        raise ValueError("method: expected one without a record, which belongs to a single integral, got one with it")
    points = Points(parameters, paired)
    options = {
        "mu": mu, "temperature": temperature, "form": form, "hall": hall, "rtol": rtol, "atol": atol, "method": method,
        "window": window, "eta": eta, "cutoff": cutoff, "domain": domain, "max_evaluations": max_evaluations,
        "memory": memory,
    }  # fmt: skip
    table = Table(template(points, model, record, options), store, chunk)
    shape = table.dataset["value"].shape[len(points.shape) :]
    known = record.name in observables.OBSERVABLES and observables.get(record.name) is record
    task = Task(
        record.name if known else record,
        model,
        options | ({} if executor is None else {"workers": 1}),
        tuple(map(str, table.dataset["part"].values)),
        shape,
    )
    jobs = [(place, sets) for place, sets in points.chunks(table.chunk) if not table.has(place)]
    return _run(table, task, jobs, executor, progress)


@dataclass(frozen=True)
class Task:
    """What a worker does: the observable at some parameter sets. ``parts`` are the rows of a value of this ``shape``."""

    observable: str | Observable
    model: BandStructure
    options: Mapping[str, Any]
    parts: tuple[str, ...]
    shape: tuple[int, ...]

    def __call__(self, sets: Sequence[dict[str, Any]]) -> Block:
        found = [self._one(values) for values in sets]
        return {
            "value": np.stack([value for value, *_ in found]),
            "error": np.stack([error for _, error, *_ in found]),
            "status": np.array([status for *_, status, _ in found], dtype=object),
            "message": np.array([message for *_, message in found], dtype=object),
        }

    def _one(self, values: dict[str, Any]) -> tuple[Any, Any, str, str]:
        value, error = np.full(self.shape, np.nan), np.full(self.shape, np.inf)
        try:
            result: Result = observables.get(self.observable)(self.model, **self.options, parameters=values)
        except (MemoryError, OSError):  # of the machine, not of the point
            raise
        except Exception as failure:
            return value, error, FAILED, f"{type(failure).__name__}: {failure}"
        for n, name in enumerate(self.parts):
            if name in result.parts:  # a choice that a point does not have is left out
                value[n] = result.parts[name].value
                error[n] = np.nan_to_num(result.parts[name].error, nan=np.inf, posinf=np.inf)
        return value, error, result.status, "; ".join([result.message, *result.notes])


def _run(table: Table, task: Task, jobs: list[Any], executor: Any, progress: Callable[..., object] | None) -> Dataset:
    """All jobs, each kept when it is finished."""
    total, troubles = table.dataset["status"].size, list[Exception]()
    finished = total - sum(len(sets) for _, sets in jobs)
    try:
        with closing(_outcomes(executor, task, jobs)) as outcomes:
            for place, outcome in outcomes:
                try:
                    finished += table.put(place, outcome())
                except Exception as error:
                    troubles.append(error)
                if progress is not None:
                    progress(finished / total, f"{finished} of {total} points")
    except KeyboardInterrupt:
        text = f"interrupted with {_finished(table)} of {total} points finished"
        raise Interrupted(table.dataset, text) from None
    if troubles:
        first = f"{type(troubles[0]).__name__}: {troubles[0]}".rstrip(": ")
        kept = f", {finished} of them kept in the store" if finished < _finished(table) else ""
        raise Incomplete(
            table.dataset,
            f"{_finished(table)} of {total} points are finished{kept}; the executor or the store failed {len(troubles)} times, first with "
            f"{first}; with a store, the same call does what is missing",
        ) from troubles[0]
    return table.dataset


def _finished(table: Table) -> int:
    return int((table.dataset["status"].values != MISSING).sum())


def _outcomes(executor: Any, task: Task, jobs: Jobs) -> Generator[tuple[Place, Callable[[], Block]], None, None]:
    """Where the numbers of each job go, and a function that returns them or raises what went wrong; in any order."""
    if executor is None:
        for place, sets in jobs:
            yield place, partial(task, sets)
        return
    submit, completed = executor.submit, cast(Any, as_completed)
    if hasattr(executor, "get_executor"):  # dask, whose own futures survive that their results are lost with a worker
        import distributed

        submit, completed = partial(submit, pure=False), distributed.as_completed
    waiting: dict[Any, Place] = {}
    try:
        for place, sets in jobs:
            try:
                waiting[submit(task, sets)] = place
            except Exception as error:  # it takes no more; what it has is waited for
                yield place, partial(_raise, error)
                break
        for future in completed(list(waiting)):
            yield waiting.pop(future), future.result
    finally:
        for future in waiting:
            future.cancel()


def _raise(error: Exception) -> Block:
    raise error
