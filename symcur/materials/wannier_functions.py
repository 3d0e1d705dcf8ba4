"""What the files of a Wannier calculation hold, as plain arrays in eV and Angstrom."""

from __future__ import annotations

from dataclasses import dataclass

from symcur.arrays import Array, ComplexArray, Indices


@dataclass(frozen=True)
class WannierFunctions:
    """H(R), and what else the files say, with the degeneracy weights of R divided out and every R once.

    ``lattice`` (3, 3): primitive vectors as rows, Angstrom. ``cells`` (M, 3): R in units of them, integers; with R comes -R.
    ``hamiltonian`` (M, N, N): <a 0|H|b R>, eV. ``centres`` (N, 3): Cartesian, Angstrom, or None where the files do not hold them.
    ``position`` (M, N, N, 3): <a 0|r|b R>, Angstrom, its diagonal at R = 0 the centres. ``spin`` (M, N, N, 3): <a 0|sigma/2|b R>,
    in units of hbar. ``notes``: what was found and what was done on reading, a sentence each, to be shown to the user.
    """

    lattice: Array
    cells: Indices
    hamiltonian: ComplexArray
    centres: Array | None = None
    position: ComplexArray | None = None
    spin: ComplexArray | None = None
    source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The number N of Wannier functions."""
        return int(self.hamiltonian.shape[-1])
