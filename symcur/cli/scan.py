"""``symcur scan``: an observable over values of the parameters of a model, kept point by point."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.markup import escape

from symcur import observables, running, scans
from symcur.arrays import AnyArray
from symcur.band_structures import BandStructure
from symcur.brillouin import Interrupted
from symcur.cli import terminal
from symcur.cli.compute import energy, in_bytes, numbers
from symcur.cli.files import require_result
from symcur.cli.named_models import ModelName, Settings, find_model, with_settings
from symcur.display import as_typed

if TYPE_CHECKING:
    from xarray import Dataset

MOST_FAILURES = 10  # shown


def scan(
    model: ModelName,
    observable: Annotated[str, typer.Argument(help="An observable; symcur list observables shows them.")],
    over: Annotated[
        list[str],
        typer.Option(metavar="NAME=VALUES", help="A parameter and its values: a,b,c or first:last:count. Several: every combination."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.zarr, written point by point, or FILE.nc.")],
    paired: Annotated[bool, typer.Option("--paired", help="The first value of each --over, the second, ... instead.")] = False,
    mu: Annotated[list[str] | None, typer.Option(help="Number, list a,b,c, or range first:last:count; 0.")] = None,
    temperature: Annotated[list[str] | None, typer.Option(help="The same, k_B = 1.")] = None,
    set_: Settings = None,
    rtol: Annotated[float, typer.Option(help="Tolerance, as of symcur compute.")] = 1e-6,
    form: Annotated[str | None, typer.Option(help="regular, sea or surface (where the observable has forms).")] = None,
    hall: Annotated[str, typer.Option(help="The Hall part, as of symcur compute.")] = "paper",
    method: Annotated[str, typer.Option(help="How to integrate; auto chooses.")] = "auto",
    window: Annotated[str | None, typer.Option(help="Levels closer than this energy are one multiplet; auto.")] = None,
    eta: Annotated[float | None, typer.Option(help="The conventional part alone, as of symcur compute.")] = None,
    cutoff: Annotated[float | None, typer.Option(help="Momentum cutoff of a continuum model.")] = None,
    memory: Annotated[float | None, typer.Option(help="Megabytes that arrays may take in each worker; 2000.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes on this machine; by default this one alone.")] = None,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The scheduler of a Dask cluster, host:port.")] = None,
    chunk: Annotated[int, typer.Option(help="Points that are computed and written together.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Do what is missing of a scan that was stopped.")] = False,
) -> None:  # fmt: skip
    """An observable over one or several parameters, for one or many mu and temperatures; numbers as of symcur compute, bit by bit.

    What is finished is kept, also after Ctrl-C or a crash, in FILE.zarr, or in FILE.nc.part until FILE.nc is written; --resume does
    what is missing. Points that cannot be computed are recorded with the reason.
    """
    store = _store(output, resume)
    if workers is not None and dask is not None:
        raise ValueError("--workers: expected either this or --dask, got both")
    if workers is not None and workers < 1:
        raise ValueError(f"--workers: expected an integer >= 1, got {workers}")
    subject = with_settings(find_model(model), set_)
    with _executor(workers, dask) as executor, running.progress(f"{observable} of {subject.name}") as progress:
        try:
            found = scans.scan(
                subject,
                observable,
                _parameters(subject, over, set_),
                numbers("--mu", mu),
                numbers("--temperature", temperature),
                paired=paired,
                form=form,
                hall=hall,
                rtol=rtol,
                method=method,
                window=None if window is None else energy("--window", window),
                eta=eta,
                cutoff=cutoff,
                memory=in_bytes(memory),
                executor=executor,
                store=store,
                chunk=chunk,
                progress=progress,
            )
        except (Interrupted, scans.Incomplete) as stopped:
            show(stopped.result)
            _say_where(store, str(stopped.args[-1]))
            raise typer.Exit(terminal.INTERRUPTED if isinstance(stopped, Interrupted) else 1) from None
    show(found)
    if store != output:
        try:
            observables.write_arrays(found, output)
        except OSError as error:
            _say_where(store, str(error))
            raise typer.Exit(2) from None
        shutil.rmtree(store)
    terminal.console().print(f'In Python: symcur.load("{output}")', style="dim", markup=False)
    if (found["status"] != "converged").any():
        raise typer.Exit(1)


def _store(output: Path, resume: bool) -> Path:
    """The Zarr group of a scan; what an interruption left is not lost by chance."""
    if output.suffix not in observables.LABELLED:
        raise ValueError(f"--output: expected a name that ends in .zarr or .nc, got {output}")
    path = output if output.suffix == ".zarr" else output.with_name(f"{output.name}.part")
    if resume and output.exists() and not path.exists():
        raise ValueError(f"--resume: expected {path}, which a scan that was stopped leaves, got none beside {output}, which is finished")  # fmt: skip
    if path.exists() and not resume:
        raise ValueError(f"--output: expected no {path}, which holds a scan, got one; --resume does what is missing of it, or remove it")  # fmt: skip
    if path != output or not path.exists():
        require_result("--output", output)
    return path


def _say_where(store: Path, why: str) -> None:
    told = f"{why}\nWhat is kept is in {store}; --resume goes on from there."
    terminal.console(stderr=True).print(told, style="bold red", markup=False)


def _parameters(model: BandStructure, over: list[str], fixed: list[str] | None) -> dict[str, Any]:
    """ "lambda_R=0:1:50" and the like; words where the parameter is one."""
    taken = {text.partition("=")[0].strip() for text in fixed or ()}
    known = {str(name): value for name, value in model.arguments()["parameters"].items()}
    found: dict[str, Any] = {}
    for text in over:
        name, equals, values = (part.strip() for part in text.partition("="))
        if not equals or name in found:
            raise ValueError(
                f"--over: expected NAME=VALUES with each name once, for example lambda_R=0:1:50, got {text!r}"
            )
        if name in taken:
            raise ValueError(f"--over: expected parameters that --set does not fix, got {name}")
        word = isinstance(known.get(name), str)
        found[name] = values.split(",") if word else np.atleast_1d(numbers("--over", [values]))
    return found


@contextmanager
def _executor(workers: int | None, dask: str | None) -> Iterator[Any]:
    if dask is not None:
        try:
            from distributed import Client
        except ImportError as error:
            raise ImportError(f"--dask: expected that dask.distributed is installed, which pip install 'symcur[scan]' does, got none ({error})") from None  # fmt: skip
        with Client(dask, timeout=30) as client:
            yield client
    elif workers is not None:
        # Ctrl-C is for this process, which keeps what the others finish.
        ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
        with ProcessPoolExecutor(min(workers, running.MOST_PROCESSES), get_context("spawn"), ignore) as pool:
            yield pool
    else:
        yield None


def show(found: Dataset) -> None:
    """How many points have which status, what failed, and what the numbers mean."""
    screen, status = terminal.console(), found["status"]
    shape = " x ".join(f"{found.sizes[dim]} {dim}" for dim in status.dims)
    screen.print(f"{found.attrs['observable']} of {found.attrs['model']}: {shape}", style="italic", markup=False)
    counts = Counter(status.values.ravel().tolist())
    notes = [("points", ", ".join(f"{count} {kind}" for kind, count in counts.items()))]
    notes += [(key, found.attrs[key]) for key in ("unit", "convention", "form")]
    for label, text in notes:
        screen.print(f"[dim]{label:>11}[/]  {escape(text)}")
    failures = np.argwhere(status.values == "failed")
    labels = [(name, status.dims.index(x.dims[0]), _texts(x.values)) for name, x in status.coords.items() if x.dims]
    for place in failures[:MOST_FAILURES]:
        at = ", ".join(f"{name} = {texts[place[axis]]}" for name, axis, texts in labels)
        text = f"{at}: {found['message'].values[tuple(place)]}"
        screen.print(f"[dim]{'failed':>11}[/]  {escape(text)}")
    if len(failures) > MOST_FAILURES:
        screen.print(f"... and {len(failures) - MOST_FAILURES} more", style="dim")


def _texts(values: AnyArray) -> list[str]:
    return as_typed(values) if values.dtype.kind == "f" else list(map(str, values))
