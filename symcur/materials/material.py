"""A crystal in the basis of its Wannier functions as a band structure: energies in eV, lengths in Angstrom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures import NumericModel, TightBinding
from symcur.brillouin import LatticeCell
from symcur.materials.local_operators import Operator, at_common_centres, operator
from symcur.materials.orbitals import Orbital
from symcur.materials.wannier_functions import WannierFunctions

LEVELS = ("tight_binding",)


class Material(NumericModel):
    """H(k) = sum_R H(R) exp(i k.(R + r_b - r_a)) of Wannier functions at the centres r_a, and an operator s, in eV and Angstrom.

    ``functions`` are those that were read, ``centres`` (N, 3) the ones in use, Cartesian, and ``notes`` what was found and done,
    a sentence each. Everything but ``derive`` and ``verify`` takes a material.

    Parameters
    ----------
    functions : Wannier functions, see ``read_functions``.
    s : "spin_x", "spin_y", "spin_z"; "orbital_x", "orbital_y", "orbital_z" (angular momenta in hbar); an array of N real numbers,
        one for each function, such as ``functions.centres[:, 2] > 3`` for a layer; or a Hermitian N x N matrix.
    spin : which functions are partners: "block" (all up, then all down), "interlaced" (up, down, up, down) or pairs
        [(up, down), ...] of indices from 0; "files" for the spin matrices of a .spn file. By default these where they are
        there, else what time reversal shows.
    orbitals : for orbital angular momenta, what the functions look like: text as in ``projections``, in the order of
        the functions or of the pairs of up and down, or an ``Orbital`` for each function. By default the projections of the
        .win file.
    level : "tight_binding": position is diagonal with the centres, and s constant and between functions at one centre, so
        that every identity of the paper is exact.
    at_one_centre : centres that differ by less, in Angstrom, count as one. Functions that s links are put at the mean of theirs.

    Raises
    ------
    ValueError or TypeError naming the argument, what was expected and what was given.
    """

    functions: WannierFunctions
    level: str
    notes: tuple[str, ...]
    centres: Array
    _given: dict[str, Any]

    def __init__(
        self,
        functions: WannierFunctions,
        s: str | ArrayLike = "spin_z",
        *,
        spin: Any = None,
        orbitals: str | Sequence[Orbital] | None = None,
        level: str = "tight_binding",
        at_one_centre: float = 0.05,
        name: str = "",
        reference: str = "",
        facts: str = "",
        parameters: Mapping[str, float] | None = None,
    ) -> None:
        if parameters:
            raise ValueError(f"parameters: expected none for a material, got {parameters!r}")
        if not isinstance(functions, WannierFunctions):
            raise TypeError(f"functions: expected WannierFunctions, got {type(functions).__name__}; see read_functions")
        if level not in LEVELS:
            raise ValueError(f"level: expected {' or '.join(map(repr, LEVELS))}, got {level!r}")
        if functions.centres is None:
            raise ValueError(
                f"centres: expected the centres of the {functions.size} Wannier functions, got {functions.source}, which holds "
                "none; give centres=..., Cartesian in Angstrom, or a .wout or _centres.xyz file"
            )
        found: Operator = operator(functions, s, spin, orbitals, at_one_centre)
        centres, moved = at_common_centres(functions.centres, found, at_one_centre)
        cell = LatticeCell(functions.lattice)
        hoppings = dict(zip(map(tuple, functions.cells.tolist()), functions.hamiltonian, strict=True))
        bonds = TightBinding(cell, centres @ np.linalg.inv(functions.lattice), hoppings)
        super().__init__(
            bonds.matrix,
            found.matrix,
            derivatives=bonds.matrix,
            lattice=functions.lattice,
            name=name or Path(functions.source).name or "material",
            reference=reference,
            facts=facts,
        )
        vars(self).update(
            functions=functions, level=level, centres=centres, notes=(*functions.notes, *found.notes, *moved),
            spin_pairs=found.pairs, positions=bonds.positions % 1.0,
            _given={"s": s, "spin": spin, "orbitals": orbitals, "at_one_centre": at_one_centre},
        )  # fmt: skip

    def arguments(self) -> dict[str, Any]:
        names = ("functions", "level", "name", "reference", "facts")
        return {name: getattr(self, name) for name in names} | {"parameters": {}} | self._given

    def derivative(self, axes: Iterable[int] = ()) -> NoReturn:
        """There are no formulas to differentiate; numbers are given by ``matrix("H", k, axes)``."""
        raise TypeError(
            f"model: expected a Model given by formulas, because derivatives of formulas are asked for, got {self.name}, which "
            "is given by numbers; matrix('H', k, axes) has its derivatives at k"
        )

    @cached_property
    def pair_splitting(self) -> tuple[float, float]:
        """e_2n - e_2n-1, the median and the largest over 64 random k, in eV: that of Kramers pairs under inversion and T."""
        k = (
            np.random.default_rng(17).uniform(size=(64, self.dimension))
            @ LatticeCell(self.functions.lattice).reciprocal
        )
        energies = self.energies(k)
        gaps = energies[:, 1::2] - energies[:, : 2 * (self.size // 2) : 2]
        return float(np.median(gaps)), float(gaps.max())

    def summary(self) -> str:
        """What was found in the files and done with it, as text."""
        lowest, highest = np.sort(np.linalg.eigvalsh(self.s))[[0, -1]]
        lines = [
            f"{self.name}: level {self.level}, {self.size} Wannier functions, lattice in Angstrom {self.functions.lattice.tolist()}",
            *self.notes,
            f"s has eigenvalues from {lowest:.4g} to {highest:.4g}.",
        ]
        if self.size > 1:
            median, most = self.pair_splitting
            lines.append(
                f"Levels 2n and 2n - 1 are {median:.2g} eV apart in the median, {most:.2g} eV at most (64 random k)."
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"Material({self.name}: {self.size} Wannier functions, {len(self.functions.cells)} R vectors, "
            f"{self.dimension}D, level {self.level})"
        )
