"""Options that say what files of Wannier functions lack, shared by the commands that read such files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from symcur.arrays import Array
from symcur.cli.compute import numbers

if TYPE_CHECKING:
    from symcur.materials import Material, WannierFunctions

Lattice = Annotated[
    str | None, typer.Option(help="Wannier: vectors in Angstrom, 'x,y,z x,y,z x,y,z', if no file has them.")
]
Centres = Annotated[str | None, typer.Option(help="Wannier: centres likewise, one for each function or one for all.")]
Spin = Annotated[
    str | None, typer.Option(help="Wannier: block, interlaced, files, or pairs 'up,down up,down'; found if it can be.")
]
Operator = Annotated[str, typer.Option(help="Wannier: spin_x, spin_y, spin_z, orbital_x, ..., or N numbers a,b,c.")]


def read_functions(source: Path | list[Path], lattice: str | None, centres: str | None) -> WannierFunctions:
    """The functions in files, with the lattice and the centres of the options."""
    from symcur import materials

    return materials.read_functions(
        source,
        lattice=None if lattice is None else rows_of("--lattice", lattice),
        centres=None if centres is None else _one_for_all(rows_of("--centres", centres)),
    )


def made(
    functions: WannierFunctions, s: str, spin: str | None, orbitals: str | None = None, level: str = "tight_binding"
) -> Material:
    """The material with the operator and the order of the spin of the options."""
    from symcur.materials import Material

    operator: Any = s if s.strip("0123456789.,-+e ") else numbers("--s", [s])
    order: Any = spin
    if spin is not None and "," in spin:
        order = rows_of("--spin", spin).astype(int).tolist()
    text = None if orbitals is None else orbitals.replace("|", "\n")
    return Material(functions, operator, spin=order, orbitals=text, level=level)


def rows_of(
    option: str, text: str, shape: tuple[int, int] | None = None, expected: str = "vectors 'x,y,z x,y,z ...'"
) -> Array:
    """ "0,0,1 1,0,0" as rows, of this shape if one is given; ``expected`` says what is."""
    try:
        rows = [[float(number) for number in part.split(",")] for part in text.split()]
        array = np.array(rows, dtype=float)
    except ValueError:
        array = np.zeros(0)
    if array.ndim != 2 or shape not in (None, array.shape):
        raise ValueError(f"{option}: expected {expected}, got {text!r}")
    return array


def _one_for_all(rows: Array) -> Array:
    return rows[0] if len(rows) == 1 else rows
