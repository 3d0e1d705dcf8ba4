"""``symcur plot``: bands along a path, maps over the zone and on planes of it, and results of scans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from symcur import materials, observables
from symcur.band_structures import BandStructure
from symcur.cli import completion
from symcur.cli.files import require_picture
from symcur.cli.named_models import ModelName, Settings, find_model, with_settings
from symcur.cli.wannier import Centres, Lattice, Operator, Spin, made, read_functions, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AXES = {"x": 0, "y": 1, "z": 2}
SPIN = "spin_z"


def plot(
    model: ModelName,
    quantity: Annotated[
        str | None,
        typer.Argument(
            help="A band quantity (symcur list quantities); with --path also conserved or conventional; with --plane an observable.",
            autocompletion=completion.quantities_and_observables,
        ),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.png, .pdf or .svg.")] = Path("symcur.png"),
    band: Annotated[int, typer.Option(help="The band, from 0, for a map of the zone.")] = 0,
    component: Annotated[str, typer.Option(help="Axes of the component, for example xy.")] = "",
    path: Annotated[
        str | None,
        typer.Option(
            help="Bands along a path: corners 'G=0,0 K=4.19,0 M=3.14,1.81' (Cartesian), points of the lattice 'G X U|K G', or auto."
        ),
    ] = None,
    plane: Annotated[
        str | None,
        typer.Option(
            help="The integrand of an observable on a plane: 'origin edge edge', such as '0,0,0 1,0,0 0,1,0'."
        ),
    ] = None,
    reduced: Annotated[
        bool, typer.Option("--reduced", help="Momenta of --path and --plane are in the reciprocal vectors.")
    ] = False,
    mu: Annotated[float, typer.Option(help="Of --plane, and the zero of energies of --path.")] = 0.0,
    temperature: Annotated[float, typer.Option(help="Of --plane, k_B = 1.")] = 0.05,
    energies: Annotated[str | None, typer.Option(help="LOWEST:HIGHEST that --path draws, from mu.")] = None,
    window: Annotated[float | None, typer.Option(help="Levels closer than this energy are one multiplet.")] = None,
    scale: Annotated[str, typer.Option(help="Of the colours: auto, linear or symlog.")] = "auto",
    points: Annotated[int | None, typer.Option(help="On each line of --path, or along each edge of a map.")] = None,
    both_norms: Annotated[
        bool,
        typer.Option("--both-norms", help="Bosons: also the bands of negative norm, which repeat the others at -k."),
    ] = False,
    arrows: Annotated[
        str | None,
        typer.Option(
            help="A quantity with one index, such as s_dipole, as arrows on a map.",
            autocompletion=completion.quantities,
        ),
    ] = None,
    contours: Annotated[float | None, typer.Option(metavar="MU", help="Lines on a map where bands cross MU.")] = None,
    set_: Settings = None,
    s: Operator = SPIN,
    spin: Spin = None,
    lattice: Lattice = None,
    centres: Centres = None,
) -> None:
    """A quantity of one band over a 2D zone; with --path all bands along lines, coloured by it; with --plane what an observable sums up.

    MODEL may also be a file of Wannier functions, whose neighbours or options hold lattice and centres, and the result of a scan, FILE.json,
    whose parts are then drawn side by side.
    """
    from symcur import plotting

    require_picture("--output", output)
    more: dict[str, Any] = {} if points is None else {"points": points}
    chosen = _component(component)
    figure: Figure
    if model.endswith(".json"):
        _require_no_functions(model, s, spin, lattice, centres)
        _require_nothing(quantity, path, plane)
        figure = plotting.draw_panels(observables.load(model), component=chosen or None, mark=mu or None)
    else:
        subject = with_settings(_subject(model, s, spin, lattice, centres), set_)
        if quantity is None:
            raise ValueError("quantity: expected one, such as s_dipole, got none; symcur list quantities shows them")
        if path is not None and plane is not None:
            raise ValueError("--path: expected it or --plane, got both")
        if plane is not None:
            origin, *span = vectors("--plane", plane, subject.dimension, 3)
            figure = plotting.draw_plane(
                subject, mu, temperature, _parts(quantity), chosen or (0, 1), observable=quantity, origin=origin,
                spanning=span, reduced=reduced, window=window, scale=scale, **more,
            )  # fmt: skip
        elif path is not None:
            figure = plotting.draw_path(
                subject, quantity, corners(path, subject.dimension), chosen, reduced=reduced, mu=mu, energies=_range(energies),
                window=window, scale=scale, both_norms=both_norms, **more,
            )  # fmt: skip
        else:
            figure = plotting.draw_zone(
                subject, quantity, band, chosen, scale=scale, both_norms=both_norms, mu=contours, arrows=arrows, **more
            )  # fmt: skip
    plotting.save(figure, output)
    print(f"{output} written")


def _subject(model: str, s: str, spin: str | None, lattice: str | None, centres: str | None) -> BandStructure:
    """The model, or the material of a file of Wannier functions with the options that belong to one."""
    if materials.holds_functions(model) and Path(model).is_file():
        return made(read_functions(Path(model), lattice, centres), s, spin)
    _require_no_functions(model, s, spin, lattice, centres)
    return find_model(model)


def _require_no_functions(model: str, s: str, spin: str | None, lattice: str | None, centres: str | None) -> None:
    operator = None if s == SPIN else s
    for label, given in (("--s", operator), ("--spin", spin), ("--lattice", lattice), ("--centres", centres)):
        if given is not None:
            raise ValueError(
                f"{label}: expected none for {model}, which is no file of Wannier functions, got {given!r}"
            )


def _component(text: str) -> tuple[int, ...]:
    if any(letter not in AXES for letter in text):
        raise ValueError(f"--component: expected letters x, y, z, for example xy, got {text!r}")
    return tuple(AXES[letter] for letter in text)


def _require_nothing(quantity: str | None, path: str | None, plane: str | None) -> None:
    for label, given in (("quantity", quantity), ("--path", path), ("--plane", plane)):
        if given is not None:
            raise ValueError(f"{label}: expected none for a result, whose parts are drawn, got {given!r}")


def _parts(observable: str) -> tuple[str, ...]:
    """The conventional one where there is one, and the total."""
    record = observables.get(observable)
    first = next(iter(record.forms.values())).parts
    return tuple(name for name in ("conventional", record.total) if name in first)


def corners(text: str, dimension: int) -> str | list[tuple[str, tuple[float, ...]]] | None:
    """ "G=0,0 K=4.19,0" as names and momenta, names of points as they are, "auto" as None."""
    if text.strip() == "auto":
        return None
    if "=" not in text:
        return text
    found = []
    for part in text.split():
        name, _, numbers = part.partition("=")
        try:
            corner = tuple(float(number) for number in numbers.split(","))
        except ValueError:
            corner = ()
        if len(corner) != dimension:
            expected = "NAME=" + ",".join("k" + a for a in "xyz"[:dimension])
            raise ValueError(f"--path: expected {expected}, got {part!r}")
        found.append((name, corner))
    if len(found) < 2:
        raise ValueError(f"--path: expected at least two corners, got {text!r}")
    return found


def vectors(option: str, text: str, dimension: int, count: int) -> list[list[float]]:
    expected = f"{count} vectors of {dimension} numbers, such as 0,0,1"
    rows: list[list[float]] = rows_of(option, text, (count, dimension), expected).tolist()
    return rows


def _range(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(number) for number in text.split(":"))
    except ValueError:
        low = high = 0.0
    if not low < high:
        raise ValueError(f"--energies: expected LOWEST:HIGHEST, such as -8:4, got {text!r}")
    return low, high
