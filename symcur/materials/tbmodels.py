"""Files of TBmodels: ``hop`` holds one of R and -R with H = sum + adjoint, the diagonal of R = 0 halved. Energies in eV, lengths in Angstrom."""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from symcur.arrays import AnyArray, Array
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
            lattice, size = np.array(file["uc"][()], dtype=float), int(file["size"][()])
            x = np.array(file["pos"][()], dtype=float) if "pos" in file else np.zeros((size, len(lattice)))
            hoppings = [(np.array(hop["R"][()]), _matrix(hop, size)) for hop in file["hop"].values()]
    except (
        KeyError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        MemoryError,
    ) as error:
        raise ValueError(
            f"{path}: expected a whole file of TBmodels with uc, size and hop, got one where {error}"
        ) from None
    return _from_half(str(path), lattice, x, hoppings)


def _from_half(source: str, lattice: Array, x: Array, hoppings: list[tuple[AnyArray, AnyArray]]) -> WannierFunctions:
    if lattice.ndim != 2 or lattice.shape[0] != lattice.shape[1] or not 1 <= len(lattice) <= 3:
        raise ValueError(f"{source}: expected a lattice of 1 to 3 primitive vectors in uc, got shape {lattice.shape}")
    size, D = len(x), len(lattice)
    if x.shape != (size, D) or size == 0 or not np.isfinite(x).all():
        raise ValueError(f"{source}: expected positions with {D} coordinates in pos, got shape {x.shape}")
    for R, t in hoppings:
        if R.shape != (D,) or R.dtype.kind not in "iu" or t.shape != (size, size):
            raise ValueError(
                f"{source}: expected R of {D} integers and matrices {(size, size)} in hop, got {R.tolist()} and {t.shape}"
            )
    if not hoppings:
        raise ValueError(f"{source}: expected hoppings in hop, got none")
    cells = np.array([sign * R for R, _ in hoppings for sign in (1, -1)])
    matrices = np.array([matrix for _, t in hoppings for matrix in (t, t.conj().T)])
    return assembled(source, lattice, cells, matrices, centres=x @ lattice)


def _matrix(hop: Mapping[str, Any], size: int) -> AnyArray:
    """Dense, or sparse by rows."""
    if "mat" in hop:
        return np.array(hop["mat"][()], dtype=complex)
    from scipy.sparse import csr_matrix

    values, columns, starts = (np.array(hop[name][()]) for name in ("data", "indices", "indptr"))
    return np.asarray(csr_matrix((values, columns, starts), shape=(size, size)).toarray(), dtype=complex)
