"""Tight-binding models of other packages: files of TBmodels, and objects of PythTB by their attributes.

TBmodels: ``hop`` holds one of R and -R with H = sum + adjoint, the diagonal of R = 0 halved. Energies in eV, lengths in Angstrom.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from symcur.materials.text_files import content
from symcur.materials.wannier_functions import WannierFunctions, assembled

MISSING = "h5py: expected the package, which reads HDF5 files: python -m pip install 'symcur[materials]'"


def read_tbmodels(path: Path) -> WannierFunctions:
    """A file that ``tbmodels.io.save`` wrote; raises ValueError that names the file, ImportError without h5py."""
    try:
        h5py = import_module("h5py")
    except ImportError:
        raise ImportError(MISSING) from None
    data = content(path)
    if not data.startswith(b"\x89HDF\r\n\x1a\n"):
        raise ValueError(f"{path}: expected an HDF5 file, got one that begins with {data[:8]!r}")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return _from_tree(str(path), file)
    except (KeyError, OSError, RuntimeError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise ValueError(
            f"{path}: expected a whole file of TBmodels with uc, pos and hop, got one where {error}"
        ) from None


def _from_tree(source: str, file: Mapping[str, Any]) -> WannierFunctions:
    lattice = np.array(file["uc"][()], dtype=float)
    if lattice.ndim != 2 or lattice.shape[0] != lattice.shape[1] or not 1 <= len(lattice) <= 3:
        raise ValueError(f"{source}: expected a lattice of 1 to 3 primitive vectors in uc, got shape {lattice.shape}")
    size, D = int(file["size"][()]), len(lattice)
    cells, matrices = [], []
    for name, hop in file["hop"].items():
        R = np.array(hop["R"][()])
        t = np.array(hop["mat"][()], dtype=complex) if "mat" in hop else _sparse(hop, size)
        if R.shape != (D,) or R.dtype.kind not in "iu" or t.shape != (size, size):
            raise ValueError(
                f"{source}: expected R of {D} integers and a matrix {(size, size)} in hop/{name}, got {R.tolist()} and {t.shape}"
            )
        cells += [R, -R]
        matrices += [t, t.conj().T]
    if not cells:
        raise ValueError(f"{source}: expected hoppings in hop, got none")
    x = np.array(file["pos"][()], dtype=float) if "pos" in file else np.zeros((size, D))
    if x.shape != (size, D) or not np.isfinite(x).all():
        raise ValueError(f"{source}: expected positions of shape {(size, D)} in pos, got {x.shape}")
    return assembled(source, lattice, np.array(cells), np.array(matrices), centres=x @ lattice)


def _sparse(hop: Mapping[str, Any], size: int) -> Any:
    from scipy.sparse import csr_matrix

    values, columns, starts = (np.array(hop[name][()]) for name in ("data", "indices", "indptr"))
    return csr_matrix((values, columns, starts), shape=(size, size)).toarray()
