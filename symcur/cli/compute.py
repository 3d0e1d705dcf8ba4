"""``symcur compute``: an observable of a model, with its parts, errors, unit and convention."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import typer

from symcur import observables, running
from symcur.arrays import ObjectArray
from symcur.band_structures import BandStructure
from symcur.brillouin import METHODS, Interrupted
from symcur.cli import completion, terminal
from symcur.cli.files import name_for, record_beside, require_picture, require_result
from symcur.cli.named_models import ModelName, Settings, bounded, find_model, with_settings
from symcur.display import text
from symcur.files import shortened
from symcur.observables import Result, cards

MOST_ROWS = 60  # of a scan in the terminal; a file holds all
MOST_VALUES = 10_000  # of mu or of temperature
MEGABYTE = 1e6
NOTHING = "Interrupted before the first complete round; no file was written."


def compute(
    model: ModelName,
    observable: Annotated[
        str,
        typer.Argument(
            help="An observable; symcur list observables shows them.", autocompletion=completion.observables
        ),
    ],
    mu: Annotated[
        list[str] | None, typer.Option(help="Number, list a,b,c, or range first:last:count; 0. Given again, all.")
    ] = None,
    temperature: Annotated[list[str] | None, typer.Option(help="The same, k_B = 1.")] = None,
    filling: Annotated[
        list[str] | None,
        typer.Option(
            help="Instead of mu: states filled per cell, as mu; at T = 0 a whole number is the middle of its gap."
        ),
    ] = None,
    set_: Settings = None,
    rtol: Annotated[float, typer.Option(help="Tolerance, relative to the integral of |integrand|.")] = 1e-6,
    form: Annotated[str | None, typer.Option(help="regular, sea or surface (where the observable has forms).")] = None,
    hall: Annotated[
        str,
        typer.Option(help="The Hall part: paper, symmetric_quadrupole, transverse, static, filled_multiplet, or all."),
    ] = "paper",
    method: Annotated[str, typer.Option(help="How to integrate; auto chooses.")] = "auto",
    window: Annotated[
        str | None,
        typer.Option(help="Levels closer than this energy are one multiplet; auto: by the spacing of the mesh."),
    ] = None,
    eta: Annotated[
        float | None, typer.Option(help="The conventional part alone, pairs of bands with 1/((e_n - e_m)^2 + eta^2).")
    ] = None,
    cutoff: Annotated[float | None, typer.Option(help="Momentum cutoff of a continuum model.")] = None,
    memory: Annotated[float | None, typer.Option(help="Megabytes that arrays may take; 2000.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Threads; the result does not depend on it. By default one, for levels with a window one per core."
        ),
    ] = None,
    unit: Annotated[
        str, typer.Option(help="1, SI, e/2pi, e/8pi (2D) or '(hbar/e) S/cm' (3D); of the charge e^2/h, S/cm.")
    ] = "1",
    s_unit: Annotated[str, typer.Option(help="hbar or hbar/2: what s is counted in.")] = "hbar",
    sign: Annotated[str, typer.Option(help="paper, or literature: carriers of charge -|e|.")] = "paper",
    lattice_constant: Annotated[
        float | None, typer.Option(help="Angstrom per unit length of the model, where the unit holds a length.")
    ] = None,
    energy_unit: Annotated[
        float | None, typer.Option(help="eV per unit energy of the model, where the unit holds an energy.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="FILE.csv, .json, .nc or .zarr.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the scan: FILE.png, .pdf or .svg.")] = None,
    as_json: terminal.Json = False,
    plain: terminal.Plain = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from FILE.part beside -o FILE, if it is there.")
    ] = False,
) -> None:
    """An observable with its parts, error estimates, unit and convention, for one or many mu and temperatures.

    After Ctrl-C what was finished is shown, and FILE.interrupted.csv (.json, .nc) written instead of FILE.csv. With -o FILE what is
    finished is kept in FILE.part, sums of a mesh and complete rounds of other methods: --resume goes on from there and ends with the
    same numbers, bit by bit.
    """
    require_result("--output", output)
    require_picture("--plot", plot)
    kept = record_beside(output, resume)
    subject = with_settings(find_model(model), set_)
    if mu and filling is not None:
        raise ValueError("--filling: expected it in the place of --mu, got both")
    temperatures = numbers("--temperature", temperature)
    budget = in_bytes(memory)
    levels = (
        numbers("--mu", mu)
        if filling is None
        else _levels(subject, numbers("--filling", filling), temperatures, budget)
    )
    if plot is not None and np.size(levels) == np.size(temperatures) == 1:
        raise ValueError("--plot: expected several values of mu or of temperature, got one of each")
    with running.progress(f"{observable} of {subject.name}") as progress:
        result = complete(
            lambda: observables.get(observable)(
                subject,
                levels,
                temperatures,
                form=form,
                hall=hall,
                rtol=rtol,
                method=METHODS.get(method).recorded(kept),
                window=None if window is None else energy("--window", window),
                eta=eta,
                cutoff=cutoff,
                workers=workers,
                memory=budget,
                progress=progress,
            ),
            kept,
        )
    if unit != "1" or s_unit != "hbar" or sign != "paper":
        result = result.convert(
            unit, s_unit=s_unit, lattice_constant=lattice_constant, energy_unit=energy_unit, sign=sign
        )
    finish(result, output, plot, as_json=as_json, plain=plain, kept=kept)


def complete(compute: Callable[[], Result], kept: Path | None = None) -> Result:
    """The result, after Ctrl-C that of the last complete round; ``kept``, the file of what was summed, is named then."""
    try:
        return compute()
    except KeyboardInterrupt as stopped:
        screen = terminal.console(stderr=True)
        if kept is not None and kept.exists():
            screen.print(f"What was summed is in {kept}; --resume goes on from there.", markup=False)
        if isinstance(stopped, Interrupted):
            return cast(Result, stopped.result)
        screen.print(NOTHING)
        raise


def finish(
    result: Result,
    output: Path | None,
    plot: Path | None,
    components: str = "*",
    kept: Path | None = None,
    *,
    as_json: bool = False,
    plain: bool | None = None,
    panels: bool = False,
) -> None:
    """Write the files, show the table of the components that a pattern like "x?" names, or JSON, and set the exit status.

    ``kept``, the file of what was summed, goes when the result is written.
    """
    try:
        note = write_files(result, output, plot, panels)
    except OSError:
        show(result, most=None, components=components, plain=plain)  # the file would have held all rows
        raise
    if as_json:
        print(observables.json_text(result), end="")
    else:
        show(result, components=components, plain=plain)
    if note:
        terminal.console(stderr=as_json).print(note, style="bold red", markup=False)
    if kept is not None and result.status != "interrupted":
        kept.unlink(missing_ok=True)
    if result.status != "converged":
        raise typer.Exit(terminal.INTERRUPTED if result.status == "interrupted" else 1)


def _levels(
    model: BandStructure, filling: float | ObjectArray, temperature: float | ObjectArray, memory: float | None
) -> float | ObjectArray:
    """mu of a filling; one temperature, or a whole number of bands below a gap, whose middle then stands for all of them."""
    if np.size(temperature) == 1:
        levels, error = observables.chemical_potential(model, filling, float(np.ravel(temperature)[0]), memory=memory)
        note = f"mu of the filling is known to within {float(error.max()):.1g}, which is no part of the errors below."
        terminal.console(stderr=True).print(note, markup=False)
        return levels
    if np.size(filling) > 1 or float(filling) != round(float(filling)):
        raise ValueError(
            f"--temperature: expected one where a filling that is no gap is asked for, got {np.size(temperature)}"
        )
    return observables.gap(model, round(float(filling)), memory=memory).mu


def write_files(result: Result, output: Path | None, plot: Path | None, panels: bool = False) -> str:
    """Write the result and its picture, under other names after an interruption: the text then says where they are."""
    interrupted = result.status == "interrupted"
    if interrupted and not np.isfinite(result.value).any():
        return NOTHING
    written = []
    if output is not None:
        written.append(name_for(output, interrupted))
        observables.write(result, written[-1])
    if plot is not None:
        from symcur import plotting

        written.append(name_for(plot, interrupted))
        plotting.save(plotting.draw_panels(result) if panels else plotting.draw_scan(result), written[-1])
    if not interrupted or not written:
        return ""
    asked = " and ".join(str(path) for path in (output, plot) if path is not None)
    return f"Interrupted: what was finished is in {' and '.join(map(str, written))}; nothing was written to {asked}."


def numbers(option: str, given: list[str] | None) -> float | ObjectArray:
    """ "0.1" as a number, "0,0.1" as a list, "-1:1:41" as 41 numbers from -1 to 1; all of them where an option is repeated."""
    found = [_numbers(option, text) for text in given or ["0"]]
    return found[0] if len(found) == 1 else np.concatenate([np.atleast_1d(values) for values in found])


def _numbers(option: str, text: str) -> float | ObjectArray:
    try:
        if ":" in text:
            first, last, count = text.split(":")
            values = _range(Fraction(bounded(first)), Fraction(bounded(last)), int(count))
        else:
            values = [float(part) for part in text.split(",")]
    except (ValueError, OverflowError, ZeroDivisionError):
        raise ValueError(
            f"{option}: expected a number, a list 0,0.1,0.2 or a range first:last:count, at most {MOST_VALUES} values, "
            f"got {shortened(text)}"
        ) from None
    return values[0] if len(values) == 1 and ":" not in text else np.array(values)


def _range(first: Fraction, last: Fraction, count: int) -> list[float]:
    """As typed: -0.2:0.2:5 has 0 in its middle, and not what rounding leaves of it."""
    if not 0 < count <= MOST_VALUES:
        raise ValueError
    return [float(first + (last - first) * j / max(count - 1, 1)) for j in range(count)]


def in_bytes(megabytes: float | None) -> float | None:
    return None if megabytes is None else megabytes * MEGABYTE


def energy(option: str, text: str) -> float | str:
    """A number, or the word auto."""
    if text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{option}: expected an energy or auto, got {text!r}") from None


def show(result: Result, most: int | None = MOST_ROWS, components: str = "*", plain: bool | None = None) -> None:
    """The table of parts and components, those of a pattern and at most so many rows, then what the numbers mean.

    ``plain``: tab-separated values of all rows below lines that begin with #; by default where the output is no terminal.
    """
    if terminal.is_plain(plain):
        print("\n".join(_plain(result, components)))
    else:
        card = cards.card(result, components, most, "; -o FILE writes all")
        print(text(card, terminal.console().width))


def _plain(result: Result, components: str) -> Iterator[str]:
    yield terminal.comment("title", f"{result.observable} of {result.model}")
    for label, told in cards.facts(result).told:
        yield terminal.comment(label, str(told))
    yield terminal.tabbed(("mu", "T", "component", "part", "value", "error", "met"))
    for place, parts, met in cards.rows(result, components):
        for part, (value, error) in parts.items():
            yield terminal.tabbed((*place, part, repr(value), repr(error), "yes" if met else "no"))
