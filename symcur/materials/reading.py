"""Files of Wannier functions in, a material out: which files there are, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures.exact import number_array
from symcur.materials.material import Material
from symcur.materials.tbmodels import read_tbmodels
from symcur.materials.wannier90 import read_hr, read_tb, read_wsvec, shifted
from symcur.materials.wannier_functions import WannierFunctions, assembled

Paths = str | Path | Sequence[str | Path]
_ENDINGS = {
    "hr": r"_hr\.dat",
    "tb": r"_tb\.dat",
    "wsvec": r"_wsvec\.dat$",
    "hdf5": r"\.(hdf5|h5)$",
}  # of names without .gz and .bz2
_MAIN = ("hr", "tb", "hdf5")
_SAME_LATTICE = 1e-4  # relative


def read(
    source: Paths,
    *,
    s: str | ArrayLike = "spin_z",
    spin: Any = None,
    level: str = "tight_binding",
    lattice: ArrayLike | None = None,
    centres: ArrayLike | None = None,
    at_one_centre: float = 0.05,
    name: str = "",
) -> Material:
    """A material from files: ``read_functions`` and ``Material`` in one; see there for the arguments and what is raised."""
    functions = read_functions(source, lattice=lattice, centres=centres)
    return Material(functions, s, spin=spin, level=level, at_one_centre=at_one_centre, name=name)


def read_functions(
    source: Paths, *, lattice: ArrayLike | None = None, centres: ArrayLike | None = None
) -> WannierFunctions:
    """What files of a Wannier calculation hold.

    Parameters
    ----------
    source : a file, with those of the same seedname in its directory, or a list of exactly the files to read. One of them is
        ``_hr.dat`` or ``_tb.dat`` of Wannier90 or an HDF5 file of TBmodels; plain or compressed by gzip or bzip2.
    lattice : (3, 3) primitive vectors as rows, in Angstrom, where no file holds them; otherwise they must agree.
    centres : (N, 3) Cartesian, in Angstrom; they take the place of those of the files.

    Raises
    ------
    ValueError that names the file, the line and what was expected there, or the argument that is missing.
    """
    files = _files(source)
    [kind] = [kind for kind in _MAIN if kind in files]
    given = None if lattice is None else _array("lattice", lattice, (3, 3))
    functions = read_tbmodels(files[kind]) if kind == "hdf5" else _from_text(kind, files, given)
    if given is not None:
        _require_same(functions.lattice, given, "lattice", functions.source)
    if centres is None:
        return functions
    own = _array("centres", centres, (functions.size, len(functions.lattice)))
    notes = functions.notes
    if functions.centres is not None:
        apart = float(np.linalg.norm(own - functions.centres, axis=1).max())
        notes = (*notes, f"The centres are as given, up to {apart:.2g} Angstrom from those of the files.")
    return WannierFunctions(**{**vars(functions), "centres": own, "notes": notes})


def _from_text(kind: str, files: dict[str, Path], lattice: Array | None) -> WannierFunctions:
    blocks = read_tb(files[kind]) if kind == "tb" else read_hr(files[kind])
    if blocks.lattice is None and lattice is None:
        raise ValueError(
            f"lattice: expected the primitive vectors, which {blocks.path} does not hold; give lattice=..., rows in Angstrom"
        )
    weights = blocks.weights
    cells, arrays = blocks.cells, [blocks.hamiltonian / weights[:, None, None]]
    if blocks.position is not None:
        arrays.append(blocks.position / weights[:, None, None, None])
    if "wsvec" in files:
        cells, arrays = shifted(cells, arrays, *read_wsvec(files["wsvec"], blocks))
    position = arrays[1] if len(arrays) > 1 else None
    vectors = blocks.lattice if blocks.lattice is not None else lattice
    assert vectors is not None
    found = assembled(str(blocks.path), vectors, cells, arrays[0], position=position)
    if found.position is None:
        return found
    own = np.diagonal(found.position[found.home], axis1=0, axis2=1).real.T.copy()
    return WannierFunctions(**{**vars(found), "centres": own})


def _files(source: Paths) -> dict[str, Path]:
    """The files by kind: those listed, or one with those of its seedname."""
    if isinstance(source, str | Path):
        first = Path(source)
        kind, seed = _kind(first)
        found = {kind: first}
        for other in sorted(first.parent.glob("*")) if first.parent.is_dir() else ():
            label, name = _known(other)
            if label is not None and name == seed and label not in _MAIN and label not in found:
                found[label] = other
    else:
        found = {}
        for path in map(Path, source):
            kind, _ = _kind(path)
            if kind in found:
                raise ValueError(f"source: expected one file of each kind, got {found[kind]} and {path}")
            found[kind] = path
    main = [str(found[kind]) for kind in _MAIN if kind in found]
    if len(main) != 1:
        raise ValueError(
            f"source: expected one file with the Hamiltonian (_hr.dat, _tb.dat, .hdf5), got {', '.join(main) or 'none'}"
        )
    return found


def _kind(path: Path) -> tuple[str, str]:
    kind, seed = _known(path)
    if kind is None:
        raise ValueError(
            f"{path}: expected a name that tells what the file is: SEED_hr.dat, SEED_tb.dat, SEED_wsvec.dat, NAME.hdf5, each "
            "also with .gz or .bz2"
        )
    return kind, seed


def _known(path: Path) -> tuple[str | None, str]:
    """The kind of a file and its seedname, by its name."""
    name = re.sub(r"\.(gz|bz2)$", "", path.name)
    for kind, ending in _ENDINGS.items():
        if found := re.search(ending, name):
            return kind, name[: found.start()]
    return None, ""


def _array(label: str, value: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = number_array(label, value, float)
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"{label}: expected finite numbers of shape {shape}, got shape {array.shape}")
    return np.asarray(array)


def _require_same(own: Array, other: Array, label: str, source: str) -> None:
    if own.shape != other.shape or np.abs(own - other).max() > _SAME_LATTICE * np.abs(own).max():
        raise ValueError(f"{label}: expected that of {source}, {own.tolist()}, got {other.tolist()}")
