"""``symcur plot``: a quantity over the zone, or bands along a path coloured by it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symcur.cli.files import require_picture
from symcur.cli.named_models import ModelName, Settings, find_model, with_settings

AXES = {"x": 0, "y": 1, "z": 2}


def plot(
    model: ModelName,
    quantity: Annotated[str, typer.Argument(help="A band quantity; symcur list quantities shows them.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.png, .pdf or .svg.")] = Path("symcur.png"),
    band: Annotated[int, typer.Option(help="The band, from 0, for a map of the zone.")] = 0,
    component: Annotated[str, typer.Option(help="Axes of the component, for example xy.")] = "",
    path: Annotated[
        str | None, typer.Option(help="Corners 'G=0,0 K=4.19,0 M=3.14,1.81' (Cartesian): bands along a path.")
    ] = None,
    both_norms: Annotated[
        bool,
        typer.Option("--both-norms", help="Bosons: also the bands of negative norm, which repeat the others at -k."),
    ] = False,
    set_: Settings = None,
) -> None:
    """A quantity of one band over a 2D zone; with --path, all bands along straight lines, coloured by it."""
    from symcur import plotting

    require_picture("--output", output)
    subject = with_settings(find_model(model), set_)
    if any(letter not in AXES for letter in component):
        raise ValueError(f"--component: expected letters x, y, z, for example xy, got {component!r}")
    chosen = tuple(AXES[letter] for letter in component)
    if path is None:
        figure = plotting.draw_zone(subject, quantity, band, chosen, both_norms=both_norms)
    else:
        figure = plotting.draw_path(subject, quantity, corners(path, subject.dimension), chosen, both_norms=both_norms)
    plotting.save(figure, output)
    print(f"{output} written")


def corners(text: str, dimension: int) -> list[tuple[str, tuple[float, ...]]]:
    """ "G=0,0 K=4.19,0" as names and momenta; ValueError unless there are at least two."""
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
