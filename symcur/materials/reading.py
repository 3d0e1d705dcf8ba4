"""Files of Wannier functions in, a material out: which files there are, what each of them is, and whether they agree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures.exact import number_array
from symcur.importers import pythtb
from symcur.materials.centres import read_wout, read_xyz
from symcur.materials.checkpoint import read_checkpoint
from symcur.materials.from_bloch_states import from_checkpoint
from symcur.materials.material import Material
from symcur.materials.orbitals import Orbital, projections
from symcur.materials.replicas import TIES, shifted
from symcur.materials.spin_order import found_order, pairs_of, spin_half
from symcur.materials.tbmodels import read_tbmodels
from symcur.materials.text_files import require_file
from symcur.materials.wannier90 import read_hr, read_tb, read_wsvec
from symcur.materials.wannier_functions import WannierFunctions, assembled
from symcur.materials.win_file import WinFile, read_win

_ENDINGS = {
    "hr": r"_hr\.dat",
    "tb": r"_tb\.dat",
    "wsvec": r"_wsvec\.dat$",
    "xyz": r"_centres\.xyz$",
    "chk": r"\.chk(\.fmt)?$",
    "eig": r"\.eig$",
    "spn": r"\.spn(\.fmt)?$",
    "nnkp": r"\.nnkp$",
    "mmn": r"\.mmn$",
    "win": r"\.win$",
    "wout": r"\.wout$",
    "hdf5": r"\.(hdf5|h5)$",
}  # of names without .gz and .bz2
_MAIN = ("hr", "tb", "chk", "hdf5")
_USED = {
    "hr": ("wsvec", "xyz", "wout", "win"),
    "tb": ("wsvec", "win"),
    "chk": ("eig", "spn", "nnkp", "win"),
    "hdf5": (),
}
_SAME_LATTICE = 1e-4  # relative


def read(
    source: Any,
    *,
    s: str | ArrayLike = "spin_z",
    spin: Any = None,
    orbitals: str | Sequence[Orbital] | None = None,
    level: str = "tight_binding",
    s_position: ArrayLike | None = None,
    lattice: ArrayLike | None = None,
    centres: ArrayLike | None = None,
    minimal_distance: bool | None = None,
    ties: float = TIES,
    at_one_centre: float = 0.05,
    name: str = "",
) -> Material:
    """A material from files: ``read_functions`` and ``Material`` in one; see there for the arguments and what is raised."""
    functions = read_functions(source, lattice=lattice, centres=centres, minimal_distance=minimal_distance, ties=ties)
    more: dict[str, Any] = {"level": level, "s_position": s_position, "at_one_centre": at_one_centre, "name": name}
    return Material(functions, s, spin=spin, orbitals=orbitals, **more)


def holds_functions(path: str | Path) -> bool:
    """Whether a file is one of Wannier functions by its name, SEED_hr.dat, SEED_tb.dat, SEED.chk, NAME.hdf5 and the like."""
    return _known(Path(path))[0] in _MAIN


def read_functions(
    source: Any,
    *,
    lattice: ArrayLike | None = None,
    centres: ArrayLike | None = None,
    minimal_distance: bool | None = None,
    ties: float = TIES,
) -> WannierFunctions:
    """What files of a Wannier calculation hold.

    Parameters
    ----------
    source : the path of ``SEED_hr.dat``, ``SEED_tb.dat``, ``SEED.chk`` or ``SEED.chk.fmt`` of Wannier90, or of an HDF5 file of
        TBmodels, plain or compressed by gzip or bzip2: files of the same SEED in its directory are read as well where they are
        needed (_wsvec.dat, .wout, _centres.xyz, .win; for a checkpoint .eig, .spn, .nnkp). Or a list of paths: these files and
        no others, also .mmn, which may be large, in the place of .nnkp. Or a model of PythTB.
    lattice : (D, D) primitive vectors as rows, in Angstrom, where no file holds them; where one does, they must agree.
    centres : (N, D) Cartesian, in Angstrom, or (D,) for all; they take the place of those of the files.
    minimal_distance : for a checkpoint, whether matrix elements belong to the R with the smallest |R + r_b - r_a|, or |R|;
        by default as use_ws_distance in .win, and the former without it.
    ties : Angstrom; R that are equally near up to this share an element.

    Raises
    ------
    ValueError that names the file, the line and what was expected there, or the argument that is missing; ImportError where
    h5py is needed and missing.
    """
    given = None if lattice is None else _vectors("lattice", lattice)
    if not 0 <= ties < np.inf:
        raise ValueError(f"ties: expected a length in Angstrom, got {ties!r}")
    if pythtb.recognised(source):
        found, win = _from_pythtb(source), None
    else:
        files = _files(source)
        if centres is not None:
            files.pop("xyz", None)
        win = read_win(files["win"]) if "win" in files else None
        if win is not None and win.lattice is not None:
            given = _agreed(given, win.lattice, str(win.path))
        found = _functions(files, win, given, minimal_distance, ties)
    _agreed(given, found.lattice, found.source)
    if win is not None and (number := win.integers("num_wann", 1)) is not None and number[0] != found.size:
        raise ValueError(f"{win.path}: expected num_wann = {found.size}, as in {found.source}, got {number[0]}")
    if win is not None:
        found = replace(found, atoms=win.atoms, projections=win.projections)
    if centres is not None:
        return _with_centres(found, centres)
    return _at_projections(found, win) if found.centres is None and win is not None else found


def _functions(
    files: dict[str, Path], win: WinFile | None, lattice: Array | None, minimal_distance: bool | None, ties: float
) -> WannierFunctions:
    if "hdf5" in files:
        return read_tbmodels(files["hdf5"])
    if "chk" not in files:
        return _from_text(files, win, lattice)
    if "eig" not in files:
        raise ValueError(f"source: expected the energies of {files['chk']}, SEED.eig, got none")
    if minimal_distance is None:
        minimal_distance = win is None or win.logical("use_ws_distance", True)
    neighbours = files.get("nnkp", files.get("mmn"))
    return from_checkpoint(
        read_checkpoint(files["chk"]),
        files["eig"],
        files.get("spn"),
        neighbours,
        minimal_distance=minimal_distance,
        ties=ties,
    )


def _from_pythtb(model: Any) -> WannierFunctions:
    """Its unit of length stands for Angstrom, its unit of energy for eV."""
    if names := pythtb.parameters(model):
        raise ValueError(
            f"source: expected a model of numbers, got the parameters {', '.join(names)}; see with_parameters"
        )
    crystal = pythtb.read(model, {})
    cells, matrices = np.array(list(crystal.hoppings)), np.array(list(crystal.hoppings.values()))
    spin = None
    if crystal.spinful:
        spin = np.zeros((*matrices.shape, 3), dtype=complex)
        spin[0] = spin_half(pairs_of("interlaced", crystal.size))
    source = f"the model of PythTB with {len(crystal.sites)} orbitals"
    return assembled(source, crystal.lattice, cells, matrices, centres=crystal.centres, spin=spin)


def _from_text(files: dict[str, Path], win: WinFile | None, lattice: Array | None) -> WannierFunctions:
    """From ``_tb.dat`` or ``_hr.dat``, and the files that hold what these lack."""
    main = files.get("tb", files.get("hr"))
    assert main is not None
    source, notes, centres = str(main), [f"The Hamiltonian: {main}."], None
    if "wout" in files:
        printed, centres = read_wout(files["wout"])
        lattice = printed if lattice is None else _agreed(lattice, printed, str(files["wout"]))
        notes.append(f"Lattice and centres: {files['wout']}.")
    elif "xyz" in files:
        if win is None or win.logical("translate_home_cell", False):
            raise ValueError(
                f"{files['xyz']}: expected a .wout file, or a .win file without translate_home_cell = true, beside it, got none: the "
                "centres may have been moved by lattice vectors, which H(R) does not follow; give centres=... if not"
            )
        centres = read_xyz(files["xyz"])
        notes.append(f"Centres: {files['xyz']}.")
    if lattice is None and "tb" not in files:
        raise ValueError(
            f"lattice: expected the primitive vectors, got {source}, which does not hold them; give lattice=..., rows in "
            "Angstrom, or a .win or .wout file"
        )
    blocks = read_tb(main) if "tb" in files else read_hr(main)
    vectors = blocks.lattice if blocks.lattice is not None else lattice
    assert vectors is not None
    if centres is not None and len(centres) != blocks.hamiltonian.shape[1]:
        raise ValueError(
            f"{files.get('wout', files.get('xyz'))}: expected {blocks.hamiltonian.shape[1]} Wannier functions, as in {source}, "
            f"got {len(centres)}"
        )
    weights = blocks.weights[:, None, None]
    cells, arrays = blocks.cells, [blocks.hamiltonian / weights]
    if blocks.position is not None:
        arrays.append(blocks.position / weights[..., None])
    if "wsvec" not in files and win is not None and win.logical("use_ws_distance", False):
        notes.append(
            f"{win.path} says use_ws_distance, but there is no _wsvec.dat: between the points of the mesh H(k) is another "
            "interpolation than that of Wannier90."
        )
    if "wsvec" in files:
        cells, arrays = shifted(cells, arrays, *read_wsvec(files["wsvec"], blocks))
        notes.append(f"Elements belong to R + T, T as in {files['wsvec']}.")
    position = arrays[1] if len(arrays) > 1 else None
    found = assembled(source, vectors, cells, arrays[0], centres=centres, position=position, notes=tuple(notes))
    if found.position is None or centres is not None:
        return found
    return replace(found, centres=np.diagonal(found.position[found.home]).real.T.copy())


def _at_projections(functions: WannierFunctions, win: WinFile) -> WannierFunctions:
    """With the sites of the projections as centres, where the order of the functions is known."""
    if not win.projections:
        return functions
    try:
        orbitals = projections(win.atoms, win.projections, by_number=True)
    except ValueError as error:
        raise ValueError(
            f"{win.path}: expected projections at sites that can stand for the centres, got {error}"
        ) from None
    sites = np.array([orbital.position for orbital in orbitals]) @ functions.lattice
    if 2 * len(sites) == functions.size:
        try:
            pairs = pairs_of(found_order(functions), functions.size)
        except ValueError:
            return functions.noting(
                "Centres are not known: the order of the spin, and with it that of the projections, is not."
            )
        sites = np.repeat(sites, 2, axis=0)[np.argsort(pairs.ravel())]
    if len(sites) != functions.size:
        raise ValueError(
            f"{win.path}: expected projections for {functions.size} functions, or half of them, got {len(sites)}"
        )
    note = f"Centres: the sites of the projections of {win.path}, not those of the functions."
    return replace(functions, centres=sites).noting(note)


def _with_centres(functions: WannierFunctions, centres: ArrayLike) -> WannierFunctions:
    expected = (functions.size, len(functions.lattice))
    own = number_array("centres", centres, float)
    own = np.broadcast_to(own, expected) if own.shape == expected[1:] else own
    if own.shape != expected or not np.isfinite(own).all():
        raise ValueError(f"centres: expected finite numbers of shape {expected}, got shape {own.shape}")
    note = "The centres are as given."
    if functions.centres is not None:
        apart = float(np.linalg.norm(own - functions.centres, axis=1).max())
        note = f"The centres are as given, up to {apart:.2g} Angstrom from those of the files."
    return replace(functions, centres=own).noting(note)


def _files(source: Any) -> dict[str, Path]:
    """The files by kind: those listed, or one with those of its seedname that go with it."""
    if isinstance(source, str | Path):
        first = Path(source)
        kind, seed = _kind(first)
        found = {kind: first}
        for other in sorted(first.parent.glob("*")) if first.parent.is_dir() else ():
            label, name = _known(other)
            if label in _USED.get(kind, ()) and name == seed:
                found.setdefault(label, other)
    elif isinstance(source, Sequence) and all(isinstance(path, str | Path) for path in source):
        found = {}
        for path in map(Path, source):
            kind, _ = _kind(path)
            if kind in found:
                raise ValueError(f"source: expected one file of each kind, got {found[kind]} and {path}")
            found[kind] = path
    else:
        raise TypeError(f"source: expected a path, a list of paths or a model of PythTB, got {type(source).__name__}")
    for path in found.values():
        require_file(path)
    main = [str(found[kind]) for kind in _MAIN if kind in found]
    if len(main) != 1:
        given = " and ".join(main or map(str, found.values()))
        hint = "" if main else "; it holds none, and is read by itself where the name of its neighbour with H is given"
        raise ValueError(
            f"source: expected one file with the Hamiltonian, SEED_hr.dat, SEED_tb.dat, SEED.chk or NAME.hdf5, got {given}{hint}"
        )
    return found


def _kind(path: Path) -> tuple[str, str]:
    kind, seed = _known(path)
    if not kind:
        raise ValueError(
            f"{path}: expected a name that tells what the file is: SEED_hr.dat, SEED_tb.dat, SEED_wsvec.dat, SEED_centres.xyz, "
            "NAME.hdf5, or SEED with .chk, .chk.fmt, .eig, .spn, .nnkp, .mmn, .win, .wout; each also with .gz or .bz2"
        )
    return kind, seed


def _known(path: Path) -> tuple[str, str]:
    """The kind of a file, "" where it is none of these, and its seedname, by its name."""
    name = re.sub(r"\.(gz|bz2)$", "", path.name)
    for kind, ending in _ENDINGS.items():
        if found := re.search(ending, name):
            return kind, name[: found.start()]
    return "", ""


def _vectors(label: str, value: ArrayLike) -> Array:
    array = number_array(label, value, float)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not np.isfinite(array).all():
        raise ValueError(f"{label}: expected as many primitive vectors as dimensions, as rows, got shape {array.shape}")
    return np.asarray(array)


def _agreed(own: Array | None, other: Array, source: str) -> Array:
    """A lattice where both are the same or there is only the other; ValueError where they differ."""
    if own is None:
        return other
    if own.shape != other.shape or np.abs(own - other).max() > _SAME_LATTICE * np.abs(own).max():
        raise ValueError(f"lattice: expected that of {source}, {other.tolist()}, got {own.tolist()}")
    return own
