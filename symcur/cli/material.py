"""``symcur material``: files of Wannier functions in, the conventional and the conserved conductivity out, side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from symcur import observables, running
from symcur.brillouin import Mesh
from symcur.cli import terminal
from symcur.cli.compute import complete, energy, finish, in_bytes, numbers
from symcur.cli.files import record_beside, require_picture, require_result
from symcur.cli.plot import corners, vectors
from symcur.cli.wannier import Centres, Lattice, Operator, Spin, made, read_functions, rows_of

if TYPE_CHECKING:
    from symcur.materials import Material, WannierFunctions

POINTS = {1: 400, 2: 120, 3: 41}  # of the mesh along each axis, where nothing is asked for
UNITS = {2: "e/2pi", 3: "(hbar/e) S/cm"}
SAME = 1e-6  # eV: an operation that changes H(R) by less is there


def material(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="SEED_hr.dat, SEED_tb.dat, SEED.chk or NAME.hdf5 (then its neighbours are found), or several files."
        ),
    ],
    mu: Annotated[
        list[str] | None,
        typer.Option("--mu", "--energies", help="eV: E, list a,b,c or first:last:count; given again, all."),
    ] = None,
    temperature: Annotated[list[str] | None, typer.Option(help="The same, k_B T in eV, > 0; 0.05.")] = None,
    s: Operator = "spin_z",
    level: Annotated[
        str, typer.Option(help="tight_binding, projected or full: how much of position enters.")
    ] = "tight_binding",
    spin: Spin = None,
    lattice: Lattice = None,
    centres: Centres = None,
    atoms: Annotated[
        str | None, typer.Option(help="'Ga=0,0,0 As=0.25,0.25,0.25', fractions; else those of .win.")
    ] = None,
    orbitals: Annotated[
        str | None, typer.Option(help="'Pt: s; p; d', lines or |; else the projections of .win.")
    ] = None,
    moments: Annotated[str | None, typer.Option(help="Magnetic moments, 'Fe=0,0,1', for --symmetrize.")] = None,
    symmetrize: Annotated[bool, typer.Option("--symmetrize", help="Restore the symmetry of the crystal.")] = False,
    mesh: Annotated[int | None, typer.Option(help="Points per axis; 41 in 3D unless --rtol is given.")] = None,
    rtol: Annotated[float | None, typer.Option(help="Tolerance; without --mesh it is doubled until it is met.")] = None,
    window: Annotated[str, typer.Option(help="Levels closer than this, in eV, are one multiplet; auto.")] = "auto",
    eta: Annotated[
        float | None, typer.Option(help="eV: the conventional part alone, pairs with 1/((e_n - e_m)^2 + eta^2).")
    ] = None,
    flow: Annotated[str | None, typer.Option(help="Show only flow along x, y or z.")] = None,
    field: Annotated[str | None, typer.Option(help="Show only the field along x, y or z.")] = None,
    memory: Annotated[float | None, typer.Option(help="Megabytes that arrays may take; 2000.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Threads, by default one per core; the result does not depend on it.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="FILE.csv, .json, .nc or .zarr.")] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the parts of the scan, or --path, or --plane at the first mu: FILE.png, .pdf, .svg."),
    ] = None,
    path: Annotated[
        str | None,
        typer.Option(help="'G=0,0,0 X=0,0,1.6', 1/Angstrom, names of points, or auto: bands coloured by --by."),
    ] = None,
    by: Annotated[
        str,
        typer.Option(help="s_dipole, another quantity, or the integrand of the conductivity: conventional, conserved."),
    ] = "s_dipole",
    plane: Annotated[
        str | None, typer.Option(help="'0,0,0 1,0,0 0,1,0', corner and edges in 1/Angstrom: maps of both integrands.")
    ] = None,
    as_json: terminal.Json = False,
    plain: terminal.Plain = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from FILE.part beside -o FILE, if it is there.")
    ] = False,
) -> None:
    """Wannier functions from files: the conventional and the conserved conductivity, in (hbar/e) S/cm (S/cm of the charge) and the literature's sign.

    First what the files hold. Then the parts side by side: conventional, torque, and the conserved current, intrinsic = band + dipole;
    filled_multiplet does not depend on how filled levels split. For 18 functions a mesh of 41 points takes seconds with the symmetry of
    the crystal (--symmetrize) and about a minute without. With -o FILE the finished sums are kept in FILE.part, also after Ctrl-C:
    --resume goes on from there and ends with the same numbers, bit by bit.
    """  # fmt: skip
    require_result("--output", output)
    require_picture("--plot", plot)
    kept = record_beside(output, resume)
    levels, temperatures = _levels(mu), numbers("--temperature", temperature or ["0.05"])
    k_space = path is not None or plane is not None
    if plot is not None and not k_space and np.size(levels) == np.size(temperatures) == 1:
        raise ValueError("--plot: expected --path, --plane, or several values of mu or of temperature, got one of each")
    if k_space and (plot is None or None not in (path, plane)):
        raise ValueError(
            f"--{'path' if path else 'plane'}: expected --plot FILE and only one of the two, got {path or plane!r}"
        )
    method, merged = Mesh(mesh, record=kept), energy("--window", window)
    _axis("--flow", flow), _axis("--field", field)  # what is wrong is said before the work
    functions, symmetry = _functions(files, lattice, centres, atoms, orbitals, moments, spin, symmetrize)
    subject = made(functions, s, spin, orbitals, level)
    screen = terminal.console(stderr=as_json or terminal.is_plain(plain))
    screen.print(f"{subject.summary()}\n{symmetry}\n", markup=False, soft_wrap=True)
    components = _axis("--flow", flow, subject.dimension) + _axis("--field", field, subject.dimension)
    if mesh is None and rtol is None:
        method = Mesh(POINTS[subject.dimension], record=kept)
    if plot is not None and k_space:
        _draw(subject, plot, path, plane, by, components, float(np.ravel(levels)[0]), float(np.ravel(temperatures)[0]))
        plot = None
    with running.progress(subject.name) as progress:
        result = complete(
            lambda: observables.conductivity(
                subject,
                levels,
                temperatures,
                hall="paper, filled_multiplet" if subject.level == "tight_binding" else "paper",
                rtol=0.01 if rtol is None else rtol,
                method=method,
                window=merged,
                eta=eta,
                workers=workers,
                memory=in_bytes(memory),
                progress=progress,
            ),
            kept,
        )
    result = result.convert(UNITS.get(subject.dimension, "1"), sign="literature")
    finish(result, output, plot, components, kept, as_json=as_json, plain=plain, panels=True)


def _levels(mu: list[str] | None) -> Any:
    if not mu:
        raise ValueError("--mu: expected the Fermi energy in eV, or several energies, got none; files do not hold it")
    return numbers("--mu", mu)


def _functions(
    files: list[Path],
    lattice: str | None,
    centres: str | None,
    atoms: str | None,
    orbitals: str | None,
    moments: str | None,
    spin: str | None,
    symmetrize: bool,
) -> tuple[WannierFunctions, str]:
    """The functions, symmetrised where it is asked for, and what is known of their symmetry."""
    from symcur import materials

    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise ValueError(f"files: expected files that are there, got {', '.join(missing)}")
    functions = read_functions(files[0] if len(files) == 1 else files, lattice, centres)
    if atoms is not None:
        functions = replace(functions, atoms=_by_species("--atoms", atoms))
    crystal: dict[str, Any] = {
        "orbitals": None if orbitals is None else orbitals.replace("|", "\n"),
        "moments": None if moments is None else _by_species("--moments", moments),
        "spin": spin if spin in ("block", "interlaced") else None,
    }
    if not symmetrize and not (functions.atoms and (orbitals or functions.projections)):
        return functions, "Space group: not looked for, which needs atoms and orbitals, from .win or as options."
    try:
        group = materials.symmetry_group(functions, **crystal)
    except (ValueError, ImportError) as error:
        if symmetrize:
            raise
        return functions, f"Space group: not known ({error})."
    if symmetrize:
        done = materials.symmetrize_with_group(functions, group)
        return done, f"Space group: {group.name}, {len(group)} operations, which H(R) now has to rounding."
    broken = materials.residuals(functions, group)
    worst = group.operations[int(broken.argmax())]
    if broken.max() < SAME:
        return functions, f"Space group: {group.name}, {len(group)} operations, which H(R) has to 1e-6 eV."
    return functions, (
        f"Space group: {group.name}, {len(group)} operations; H(R) has {(broken < SAME).sum()} of them to 1e-6 eV and breaks "
        f"({worst}) by {broken.max():.2g} eV, the most (' is time reversal); --symmetrize restores them."
    )


def _draw(
    subject: Material, file: Path, path: str | None, plane: str | None, by: str, components: str, mu: float, T: float
) -> None:
    """Bands along a path, or the integrands on a plane; of the component that was asked for, [x, y] by default."""
    from symcur import plotting

    flow, field = (0 if asked == "?" else "xyz".index(asked) for asked in components)
    pair = (flow, 1 if components[1] == "?" else field)
    if plane is not None:
        origin, *span = vectors("--plane", plane, subject.dimension, 3)
        parts = ("intrinsic",) if subject.level == "full" else ("conventional", "intrinsic")
        figure = plotting.draw_plane(subject, mu, T, parts, pair, origin=origin, spanning=span)
    else:
        chosen = pair if by in ("conventional", "conserved") else ()
        figure = plotting.draw_path(subject, by, corners(path or "", subject.dimension), chosen, mu=mu)
    plotting.save(figure, file)


# -- what stands in options --------------------------------------------------------------------------------------------
def _by_species(option: str, text: str) -> dict[str, list[list[float]]]:
    """ "Ga=0,0,0 As=0.25,0.25,0.25" by species, which may come again."""
    found: dict[str, list[list[float]]] = {}
    for part in text.split():
        name, _, numbers = part.partition("=")
        vector = rows_of(option, numbers or "?") if name else np.zeros(0)
        if vector.shape != (1, 3):
            raise ValueError(f"{option}: expected 'SPECIES=x,y,z ...', got {part!r}")
        found.setdefault(name, []).extend(vector.tolist())
    return found


def _axis(option: str, axis: str | None, dimension: int = 3) -> str:
    """The letter of an axis, "?" for any."""
    if axis is not None and axis not in tuple("xyz"[:dimension]):
        raise ValueError(f"{option}: expected {' or '.join('xyz'[:dimension])}, got {axis!r}")
    return axis or "?"
