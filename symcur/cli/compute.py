"""``symcur compute``: an observable of a model, with its parts, errors, unit and convention."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from symcur import observables
from symcur.arrays import ObjectArray
from symcur.band_structures import BandStructure
from symcur.brillouin import Interrupted, Mesh
from symcur.cli import terminal
from symcur.cli.files import name_for, record_beside, require_picture, require_result
from symcur.cli.named_models import ModelName, Settings, find_model, with_settings
from symcur.observables import Result

MOST_ROWS = 60  # of a scan in the terminal; a file holds all
NOTHING = "Interrupted before the first complete round; no file was written."


def compute(
    model: ModelName,
    observable: Annotated[str, typer.Argument(help="An observable; symcur list observables shows them.")],
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
    workers: Annotated[
        int | None,
        typer.Option(
            help="Threads; the result does not depend on it. By default one, for levels with a window one per core."
        ),
    ] = None,
    unit: Annotated[
        str, typer.Option(help="1, e/2pi, e/8pi (2D) or '(hbar/e) S/cm' (3D); of the charge e^2/h, S/cm.")
    ] = "1",
    s_unit: Annotated[str, typer.Option(help="hbar or hbar/2: what s is counted in.")] = "hbar",
    sign: Annotated[str, typer.Option(help="paper, or literature: carriers of charge -|e|.")] = "paper",
    lattice_constant: Annotated[
        float | None, typer.Option(help="Angstrom per unit length of the model, for 3D.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="FILE.csv, .json, .nc or .zarr.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the scan: FILE.png, .pdf or .svg.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="With --method mesh: go on from FILE.part beside -o FILE, if it is there.")
    ] = False,
) -> None:
    """An observable with its parts, error estimates, unit and convention, for one or many mu and temperatures.

    After Ctrl-C what was finished is shown, and FILE.interrupted.csv (.json, .nc) written instead of FILE.csv. With --method mesh
    and -o FILE the finished sums are kept in FILE.part: --resume goes on from there and ends with the same numbers, bit by bit.
    """
    require_result("--output", output)
    require_picture("--plot", plot)
    kept = _record(method, output, resume)
    subject = with_settings(find_model(model), set_)
    temperatures = numbers("--temperature", temperature)
    levels = numbers("--mu", mu) if filling is None else _levels(subject, numbers("--filling", filling), temperatures)
    if plot is not None and np.size(levels) == np.size(temperatures) == 1:
        raise ValueError("--plot: expected several values of mu or of temperature, got one of each")
    with terminal.progress(f"{observable} of {subject.name}") as progress:
        result = complete(
            lambda: observables.get(observable)(
                subject,
                levels,
                temperatures,
                form=form,
                hall=hall,
                rtol=rtol,
                method=method if kept is None else Mesh(record=kept),
                window=None if window is None else energy("--window", window),
                eta=eta,
                cutoff=cutoff,
                workers=workers,
                progress=progress,
            ),
            kept,
        )
    if unit != "1" or s_unit != "hbar" or sign != "paper":
        result = result.convert(unit, s_unit=s_unit, lattice_constant=lattice_constant, sign=sign)
    finish(result, subject, output, plot, kept=kept)


def _record(method: str, output: Path | None, resume: bool) -> Path | None:
    """Where the sums are kept: those of a mesh; other methods choose their next momenta by all numbers so far, and keep none."""
    if method != Mesh.name:
        if resume:
            raise ValueError(
                f"--resume: expected --method {Mesh.name}, whose sums are kept beside -o FILE, got {method}; "
                "symcur scan keeps the points of any method"
            )
        return None
    return record_beside(output, resume)


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
    subject: BandStructure,
    output: Path | None,
    plot: Path | None,
    components: str = "*",
    kept: Path | None = None,
    as_json: bool = False,
    *,
    panels: bool = False,
) -> None:
    """Write the files, show the table of the components that a pattern like "x?" names, or JSON, and set the exit status.

    ``kept``, the file of what was summed, goes when the result is written.
    """
    try:
        note = write_files(result, output, plot, panels)
    except OSError:
        show(result, subject, most=None, components=components)  # the file would have held all rows
        raise
    if as_json:
        print(observables.json_text(result), end="")
    else:
        show(result, subject, components=components)
    if note:
        terminal.console(stderr=as_json).print(note, style="bold red", markup=False)
    if kept is not None and result.status != "interrupted":
        kept.unlink(missing_ok=True)
    if result.status != "converged":
        raise typer.Exit(terminal.INTERRUPTED if result.status == "interrupted" else 1)


def _levels(
    model: BandStructure, filling: float | ObjectArray, temperature: float | ObjectArray
) -> float | ObjectArray:
    """mu of a filling; one temperature, or whole numbers of bands below a gap, whose middle does not depend on it."""
    if np.size(temperature) == 1 and (np.size(filling) > 1 or filling != round(float(filling))):
        levels, error = observables.chemical_potential(model, filling, float(np.ravel(temperature)[0]))
        note = f"mu of the filling is known to within {float(error.max()):.1g}, which is no part of the errors below."
        terminal.console(stderr=True).print(note, markup=False)
        return levels
    if np.size(filling) > 1 or float(filling) != round(float(filling)):
        raise ValueError(
            f"--temperature: expected one where a filling that is no gap is asked for, got {np.size(temperature)}"
        )
    return observables.gap(model, round(float(filling))).mu


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
            return np.linspace(float(first), float(last), int(count))
        values = [float(part) for part in text.split(",")]
        return values[0] if len(values) == 1 else np.array(values)
    except ValueError:
        raise ValueError(
            f"{option}: expected a number, a list 0,0.1,0.2 or a range first:last:count, got {text!r}"
        ) from None


def energy(option: str, text: str) -> float | str:
    """A number, or the word auto."""
    if text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{option}: expected an energy or auto, got {text!r}") from None


def show(result: Result, model: BandStructure, most: int | None = MOST_ROWS, components: str = "*") -> None:
    """The table of parts and components, those of a pattern and at most so many rows, then what the numbers mean."""
    screen = terminal.console()
    headings = ["mu", "T", "component", *result.parts, "largest error"]
    lines = list(_lines(result, components))
    if _width(headings, lines) > screen.width:  # one row for each part
        headings, lines = ["mu", "T", "component", "part", "value", "error"], list(_stacked(result, components))
    table = Table(
        title=escape(f"{result.observable} of {model.name}"),
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1),
    )
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "part" else "right")
    for line in lines[:most]:
        table.add_row(*line)
    screen.print(table)
    if most is not None and len(lines) > most:
        screen.print(f"... {len(lines) - most} more rows; -o FILE writes all", style="dim")
    for label, text in (
        ("sum", result.sums),
        ("unit", result.unit),
        ("convention", f"{result.convention}; hbar = e = k_B = 1 inside"),
        ("form", result.form),
        ("hall part", result.hall),
        ("window", "" if result.window is None else f"levels closer than {result.window:.3g} are one multiplet"),
        ("note", "\n".join(result.notes)),
        ("parameters", ", ".join(f"{name} = {value:g}" for name, value in result.parameters.items()) or "none"),
        ("domain", result.domain),
        ("method", f"{result.method}; {result.evaluations} k points, {result.by_eigenstates or 0} by eigenstates"),
        ("status", f"{result.status}: {result.message}"),
    ):
        if text:
            screen.print(f"[dim]{label:>11}[/]  {escape(text)}")


def _rows(result: Result, components: str) -> Iterator[tuple[float, float, str, dict[str, tuple[float, float]], bool]]:
    return (row for row in result.rows() if fnmatchcase(row[2], components))


def _lines(result: Result, components: str) -> Iterator[tuple[str, ...]]:
    for mu, temperature, component, parts, met in _rows(result, components):
        error = max(error for _, error in parts.values())
        mark = "" if met else " (not met)"
        yield (
            f"{mu:g}",
            f"{temperature:g}",
            component,
            *(_cell(*pair) for pair in parts.values()),
            f"{error:.1e}{mark}",
        )


def _stacked(result: Result, components: str) -> Iterator[tuple[str, ...]]:
    """The same with a row for each part, what repeats left out."""
    before: tuple[str, ...] = ()
    for mu, temperature, component, parts, met in _rows(result, components):
        for name, (value, error) in parts.items():
            place = (f"{mu:g}", f"{temperature:g}", component)
            mark = "" if met else " (not met)"
            shown = ("", "", "") if place == before else place
            yield (*shown, name, _cell(value, error), f"{error:.1e}{mark}")
            before = place


def _width(headings: list[str], lines: list[tuple[str, ...]]) -> int:
    """The columns of the terminal that a table takes, two between each two columns."""
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    return sum(widths) + 2 * (len(widths) - 1)


def _cell(value: float, error: float) -> str:
    """As many decimals as the error allows, at most eight; large numbers in scientific notation."""
    if not np.isfinite([value, error]).all() or abs(value) >= 1e6:
        return f"{value:.6e}"
    decimals = 8 if error <= 1e-8 else max(int(np.ceil(-np.log10(error))) + 1, 0)
    text = f"{value:.{min(decimals, 8)}f}"
    return text.removeprefix("-") if float(text) == 0 else text
