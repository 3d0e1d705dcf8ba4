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


def from_pythtb(model: Any) -> WannierFunctions:
    """A model of PythTB 1.x or 2.x, periodic along all of its directions, by its attributes; its unit of length stands for Angstrom.

    With spin, functions are ordered up, down, up, down, and the spin matrices are those of these.
    """
    source = f"the model of PythTB with {model.get_num_orbitals()} orbitals"
    lattice, x = np.array(model.get_lat(), dtype=float), np.array(model.get_orb(), dtype=float)
    periodic = list(getattr(model, "periodic_dirs", getattr(model, "_per", ())))
    if sorted(periodic) != list(range(len(lattice))):
        raise ValueError(f"source: expected a model periodic along all {len(lattice)} directions, got {periodic}")
    if len(getattr(model, "parameters", ())):
        raise ValueError(
            f"source: expected a model of numbers, got the parameters {model.parameters}; see with_parameters"
        )
    site, hoppings = _content(model)
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


def _content(model: Any) -> tuple[Any, list[tuple[Any, int, int, Any]]]:
    """The energies of the sites, and the hoppings (t, a, b, R) with H = sum t |a 0><b R| + adjoint."""
    if hasattr(model, "onsite"):  # 2.x
        zero = [0] * len(model.get_lat())
        return np.array(model.onsite), [
            (h["amplitude"], h["from_orbital"], h["to_orbital"], h.get("lattice_vector", zero)) for h in model.hoppings
        ]
    zero = [0] * len(model.get_lat())
    return np.array(model._site_energies), [(t, a, b, (R or [zero])[0]) for t, a, b, *R in model._hoppings]
