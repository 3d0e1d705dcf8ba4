"""Wannier functions from a checkpoint: H, spin and position between cells, from what the Bloch states have on the mesh.

H(k) = V^+ diag(e) V and S(k) = V^+ sigma V/2, V the ``states`` of the checkpoint; A(k) = i sum_b w_b b [M(k, b) - 1], the form of
X. Wang et al., PRB 74, 195118 (2006), Eq. (44), with the weights of N. Marzari, D. Vanderbilt, PRB 56, 12847 (1997), Eq. (B1).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from symcur.arrays import Array, ComplexArray, Indices
from symcur.brillouin import LatticeCell
from symcur.materials.bloch_files import read_eig, read_neighbours, read_spn
from symcur.materials.checkpoint import Checkpoint
from symcur.materials.replicas import TIES, between_cells, on_supercell
from symcur.materials.wannier_functions import WannierFunctions, assembled

_OFF_CENTRE = 1e-2  # Angstrom: how far centres from the overlaps may be from those of the checkpoint


def from_checkpoint(
    checkpoint: Checkpoint,
    eig: Path,
    spn: Path | None = None,
    neighbours: Path | None = None,
    *,
    minimal_distance: bool = True,
    ties: float = TIES,
) -> WannierFunctions:
    """H(R) from ``.eig``, S(R) if there is an ``.spn``, and A(R) if ``.nnkp`` or ``.mmn`` says which points are neighbours."""
    V = checkpoint.states
    K, B, _ = V.shape
    adjoint = V.conj().swapaxes(1, 2)
    values: dict[str, ComplexArray] = {"hamiltonian": adjoint @ (read_eig(eig, K, B)[..., None] * V)}
    notes = [f"Energies: {eig}."]
    if spn is not None:
        sigma = read_spn(spn, K, B)
        values["spin"] = np.stack([adjoint @ sigma[..., i] @ V for i in range(3)], axis=-1) / 2
        notes.append(f"Spin matrices: {spn}.")
    if neighbours is not None:
        values["position"], off = _position(checkpoint, neighbours)
        notes.append(
            f"A(R): overlaps of {checkpoint.path}, neighbours of {neighbours}; the centres follow from them to {off:.1g} Angstrom."
        )
    else:
        notes.append("A(R) is not there: no .nnkp or .mmn says which k are neighbours.")
    supercell = [on_supercell(matrices, checkpoint.k, checkpoint.mesh) for matrices in values.values()]
    centres = checkpoint.centres if minimal_distance else None
    cells, arrays = between_cells(checkpoint.lattice, supercell, centres, ties)
    notes.append(
        f"Elements belong to the R with the smallest {'|R + r_b - r_a|' if minimal_distance else '|R|'} on the mesh "
        f"{checkpoint.mesh.tolist()}; those equal to {ties:g} Angstrom share."
    )
    found = assembled(
        str(checkpoint.path),
        checkpoint.lattice,
        cells,
        centres=checkpoint.centres,
        notes=tuple(notes),
        **dict(zip(values, arrays, strict=True)),
    )
    if found.position is None:
        return found
    diagonal = np.diagonal(found.position[found.home]).real.T
    apart = float(np.linalg.norm(diagonal - checkpoint.centres, axis=1).max())
    return found.noting(
        f"The diagonal of A(R = 0), from finite differences on the mesh, is up to {apart:.2g} Angstrom from the centres."
    )


def _position(checkpoint: Checkpoint, path: Path) -> tuple[ComplexArray, float]:
    """A(k), (K, N, N, 3), and how far the centres of the functions are from those that the overlaps give, in Angstrom."""
    M = checkpoint.overlaps
    K, count, N, _ = M.shape
    to, G = read_neighbours(path, K, count)
    vectors = (checkpoint.k[to] + G - checkpoint.k[:, None]) @ LatticeCell(checkpoint.lattice).reciprocal
    weights = _weights(path, vectors)
    A = 1j * np.einsum("kb,kbi,kbmn->kmni", weights, vectors, M - np.eye(N))
    phases = np.exp(1j * vectors @ checkpoint.centres.T) * np.diagonal(M, axis1=2, axis2=3)
    off = np.einsum("kb,kbi,kbn->ni", weights, vectors, np.angle(phases)) / K
    most = float(np.linalg.norm(off, axis=1).max())
    if most > _OFF_CENTRE:
        raise ValueError(
            f"{path}: expected the neighbours in the order of {checkpoint.path}, got ones that put centres {most:.2g} Angstrom "
            "from where they are"
        )
    return np.asarray(A), most


def _weights(path: Path, vectors: Array) -> Array:
    """w_b, (K, b), with sum_b w_b b_i b_j = delta_ij, equal for vectors of one length."""
    lengths, shell = np.unique(np.round(np.linalg.norm(vectors, axis=-1), 5), return_inverse=True)
    shell = _merged(lengths)[shell.reshape(vectors.shape[:2])]
    squares = vectors[..., :, None] * vectors[..., None, :]
    weights = np.empty(vectors.shape[:2])
    for k, label in enumerate(shell):
        sums = np.array([squares[k, label == n].sum(axis=0) for n in range(shell.max() + 1)])
        found = np.linalg.lstsq(sums.reshape(len(sums), 9).T, np.eye(3).ravel(), rcond=1e-8)[0]
        weights[k] = found[label]
    off = float(np.abs(np.einsum("kb,kbij->kij", weights, squares) - np.eye(3)).max())
    if not off < 1e-4:
        raise ValueError(
            f"{path}: expected neighbours b with sum w_b b_i b_j = delta_ij, got ones that miss it by {off:.1g}"
        )
    return weights


def _merged(lengths: Array) -> Indices:
    """A number for each of ascending lengths, the same where they differ by rounding."""
    return np.concatenate([[0], np.cumsum(np.diff(lengths) > 1e-4)]).astype(np.intp)
