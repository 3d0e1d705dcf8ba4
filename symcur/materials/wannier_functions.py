"""What the files of a Wannier calculation hold, as plain arrays in eV and Angstrom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from symcur.arrays import AnyArray, Array, ComplexArray, Indices
from symcur.brillouin import LatticeCell

_LONGEST = 1e6  # Angstrom
_NOT_HERMITIAN = 1e-3  # eV: H(R) that is further from H(-R)^+ is no Hamiltonian that was printed with few digits


@dataclass(frozen=True)
class WannierFunctions:
    """H(R), and what else the files say, with the degeneracy weights of R divided out and every R once.

    ``lattice`` (3, 3): primitive vectors as rows, Angstrom. ``cells`` (M, 3): R in units of them, integers; with R comes -R.
    ``hamiltonian`` (M, N, N): <a 0|H|b R>, eV. ``centres`` (N, 3): Cartesian, Angstrom, or None where the files do not hold them.
    ``position`` (M, N, N, 3): <a 0|r|b R>, Angstrom, its diagonal at R = 0 the centres up to the
    error of finite differences on the mesh of k. ``spin`` (M, N, N, 3): <a 0|sigma/2|b R>,
    in units of hbar. ``notes``: what was found and what was done on reading, a sentence each, to be shown to the user.
    ``atoms``, {species: positions (n, D), fractions of the primitive vectors}, and ``projections``, lines in the form of Wannier90,
    as a .win file holds them, or empty.
    Models of layers and chains have lattices (D, D) with D = 2 and 1, and D in the place of every 3 but that of the spin.
    """

    lattice: Array
    cells: Indices
    hamiltonian: ComplexArray
    centres: Array | None = None
    position: ComplexArray | None = None
    spin: ComplexArray | None = None
    source: str = ""
    notes: tuple[str, ...] = ()
    atoms: Mapping[str, list[list[float]]] = field(default_factory=dict)
    projections: str = ""

    @property
    def size(self) -> int:
        """The number N of Wannier functions."""
        return int(self.hamiltonian.shape[-1])

    @property
    def home(self) -> int:
        """The index of R = 0."""
        return int(np.argmin(np.abs(self.cells).sum(axis=1)))

    def noting(self, *sentences: str) -> Self:
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *sentences))


def assembled(
    source: str,
    lattice: Array,
    cells: Indices,
    hamiltonian: ComplexArray,
    *,
    centres: Array | None = None,
    position: ComplexArray | None = None,
    spin: ComplexArray | None = None,
    notes: tuple[str, ...] = (),
) -> WannierFunctions:
    """Wannier functions from matrices (M, N, N, ...) with weights divided out: every R once, R = 0 and -R there, made Hermitian.

    Notes say how far they were from Hermitian. Raises ValueError that names the source where H is no such Hamiltonian.
    """
    require_lattice(source, lattice)
    everything, inverse = np.unique(np.concatenate([cells, -cells, 0 * cells[:1]]), axis=0, return_inverse=True)
    place = np.reshape(inverse, -1)[: len(cells)]
    opposite = len(everything) - 1 - np.arange(len(everything))  # sorted, and with R comes -R

    def hermitian(matrices: AnyArray) -> tuple[ComplexArray, Array]:
        """The Hermitian part, and the largest element of the rest for each R."""
        summed = np.zeros((len(everything), *matrices.shape[1:]), dtype=complex)
        np.add.at(summed, place, matrices)
        adjoint: ComplexArray = np.conj(summed[opposite].swapaxes(1, 2))
        off: Array = np.abs(summed - adjoint).reshape(len(everything), -1).max(axis=1)
        mean: ComplexArray = (summed + adjoint) / 2
        return mean, off

    H, off = hermitian(hamiltonian)
    if not np.isfinite(H).all():
        raise ValueError(f"{source}: expected finite numbers in H(R), got NaN or infinity")
    if off.max() > _NOT_HERMITIAN:
        R = everything[off.argmax()]
        missing = [cell.tolist() for cell in (R, -R) if not (cells == cell).all(axis=1).any()]
        why = f", and the file has no R = {missing[0]}" if missing else ""
        raise ValueError(
            f"{source}: expected H(-R) = H(R)^+, got a difference of {off.max():.2g} eV at R = {R.tolist()}{why}"
        )
    notes = (
        *notes,
        f"{H.shape[-1]} Wannier functions, {len(everything)} R vectors; H(R) is Hermitian to {off.max():.1e} eV.",
    )
    if position is not None:
        position, off = hermitian(position)
        notes = (
            *notes,
            f"A(R) = <0|r|R> was up to {off.max():.2g} Angstrom from Hermitian; its Hermitian part is taken.",
        )
    if spin is not None:
        spin, off = hermitian(spin)
        notes = (*notes, f"The spin matrices S(R) are Hermitian to {off.max():.1e}.")
    return WannierFunctions(lattice, everything, H, centres, position, spin, source, notes)


def require_lattice(source: str, lattice: Array) -> None:
    """Raise ValueError that names the source unless the rows are independent finite vectors."""
    try:
        if not np.abs(lattice).max() < _LONGEST:
            raise ValueError(f"longer than {_LONGEST:g}")
        LatticeCell(lattice)
    except ValueError as error:
        raise ValueError(
            f"{source}: expected a lattice of independent vectors, got {lattice.tolist()} ({error})"
        ) from None
