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

from symcur.arrays import AnyArray, Array
from symcur.materials.spin_order import pairs_of, spin_half
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


def from_pythtb(model: Any) -> WannierFunctions:
    """A model of PythTB 1.x or 2.x, periodic along all of its directions, by its attributes; its unit of length stands for Angstrom.

    With spin, functions are ordered up, down, up, down, and the spin matrices are those of these.
    """
    vectors = (model.lat_vecs, model.orb_vecs) if hasattr(model, "orb_vecs") else (model.get_lat(), model.get_orb())
    lattice, x = (np.array(rows, dtype=float) for rows in vectors)
    source = f"the model of PythTB with {len(x)} orbitals"
    periodic = list(getattr(model, "periodic_dirs", getattr(model, "_per", ())))
    if sorted(periodic) != list(range(len(lattice))):
        raise ValueError(f"source: expected a model periodic along all {len(lattice)} directions, got {periodic}")
    if len(getattr(model, "parameters", ())):
        raise ValueError(
            f"source: expected a model of numbers, got the parameters {model.parameters}; see with_parameters"
        )
    site, hoppings = _content(model, [0] * len(lattice))
    spinful = site.ndim == 3
    m = 2 if spinful else 1
    N, D = m * len(x), len(lattice)
    H = {(0,) * D: np.zeros((N, N), dtype=complex)}

    def add(a: int, b: int, R: Any, t: Any) -> None:
        matrix = H.setdefault(tuple(map(int, R)), np.zeros((N, N), dtype=complex))
        matrix[m * a : m * (a + 1), m * b : m * (b + 1)] += np.reshape(t, (m, m))

    for a, energy in enumerate(site):
        add(a, a, (0,) * D, energy)
    for t, a, b, R in hoppings:
        add(a, b, R, t)
        add(b, a, -np.asarray(R), np.conj(np.reshape(t, (m, m)).T))
    cells, matrices = np.array(list(H)), np.array(list(H.values()))
    centres = np.repeat(x @ lattice, m, axis=0)
    spin = None
    if spinful:
        spin = np.zeros((len(cells), N, N, 3), dtype=complex)
        spin[0] = spin_half(pairs_of("interlaced", N))
    return assembled(source, lattice, cells, matrices, centres=centres, spin=spin)


def _content(model: Any, zero: list[int]) -> tuple[Any, list[tuple[Any, int, int, Any]]]:
    """The energies of the sites, and the hoppings (t, a, b, R) with H = sum t |a 0><b R| + adjoint."""
    if hasattr(model, "onsite"):  # 2.x
        return np.array(model.onsite), [
            (h["amplitude"], h["from_orbital"], h["to_orbital"], h.get("lattice_vector", zero)) for h in model.hoppings
        ]
    return np.array(model._site_energies), [(t, a, b, (R or [zero])[0]) for t, a, b, *R in model._hoppings]
