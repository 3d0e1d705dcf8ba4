"""A crystal in the basis of its Wannier functions as a band structure: energies in eV, lengths in Angstrom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import NumericModel, TightBinding
from symcur.brillouin import LatticeCell
from symcur.materials.local_operators import Operator, at_common_centres, operator
from symcur.materials.orbitals import Orbital
from symcur.materials.wannier_basis import Elements, WannierBasis, spread_operator, spread_position
from symcur.materials.wannier_functions import WannierFunctions

LEVELS = {
    "tight_binding": "position is diagonal with the centres of the functions, s constant and at one centre: every identity is exact",
    "projected": "position and s as between the functions, with what [r, s] = 0 loses there restored where it is known to be exact",
    "full": "position and s of the whole space: what is outside of the functions enters through F and <s r>",
}
EXTERNAL = ("E_x", "E_y", "E_z")  # letters of s r between the functions and what is outside of their space
_POINTS = 64  # random k at which residuals are looked at


class Material(NumericModel):
    """H(k) = sum_R H(R) exp(i k.(R + r_b - r_a)) of Wannier functions at the centres r_a, and an operator s, in eV and Angstrom.

    ``functions`` are those that were read, ``centres`` (N, 3) the ones in use, Cartesian, and ``notes`` what was found and done,
    a sentence each. Everything but ``derive`` and ``verify`` takes a material. Observables take levels that are close on the scale of
    their mesh for one multiplet, ``window="auto"``, and say what half and twice as much change.

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
        that every identity of the paper is exact. "projected": A(R) and s(R) as they are, which needs ``functions.position``;
        ``matrix("H", k, axes)`` are then covariant derivatives and s depends on k. "full": with what is outside of the space of
        the functions, which needs ``s_position`` too. What has no meaning at a level is refused there.
    s_position : <a 0|s (r - R)|b R>, (M, N, N, D) in s x Angstrom, for the level "full". Known by itself where s is a number.
    at_one_centre : centres that differ by less, in Angstrom, count as one. Functions that s links are put at the mean of theirs.

    Raises
    ------
    ValueError or TypeError naming the argument, what was expected and what was given.
    """

    functions: WannierFunctions
    level: str
    window = "auto"
    length_unit = 1.0
    notes: tuple[str, ...]
    centres: Array
    _given: dict[str, Any]
    _basis: WannierBasis | None = None

    def __init__(
        self,
        functions: WannierFunctions,
        s: str | ArrayLike = "spin_z",
        *,
        spin: Any = None,
        orbitals: str | Sequence[Orbital] | None = None,
        level: str = "tight_binding",
        s_position: ArrayLike | None = None,
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
        found: Operator | Elements
        if level == "tight_binding":
            _require_unused(s_position)
            basis, found = None, operator(functions, s, spin, orbitals, at_one_centre)
            matrix = placed = found.matrix
            centres, moved = at_common_centres(functions.centres, found, at_one_centre)
        else:
            centres, moved = functions.centres, ()
            basis, found = _basis(functions, s, spin, orbitals, level, s_position, at_one_centre)
            matrix = found.matrices[functions.home]
            placed = np.zeros_like(matrix)  # it may link functions at any places
        cell = LatticeCell(functions.lattice)
        hoppings = dict(zip(map(tuple, functions.cells.tolist()), functions.hamiltonian, strict=True))
        bonds = TightBinding(cell, centres @ np.linalg.inv(functions.lattice), hoppings)
        super().__init__(
            bonds.matrix,
            placed,
            derivatives=bonds.matrix,
            lattice=functions.lattice,
            name=name or Path(functions.source).name or "material",
            reference=reference,
            facts=facts,
        )
        vars(self).update(
            functions=functions, level=level, centres=centres, notes=(*functions.notes, *found.notes, *moved),
            spin_pairs=found.pairs, positions=bonds.positions % 1.0, s=matrix, covariant=basis is not None, _basis=basis,
            _given={"s": s, "spin": spin, "orbitals": orbitals, "at_one_centre": at_one_centre, "s_position": s_position},
        )  # fmt: skip

    def arguments(self) -> dict[str, Any]:
        names = ("functions", "level", "name", "reference", "facts")
        return {name: getattr(self, name) for name in names} | {"parameters": {}} | self._given

    def operators_at(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        return super().operators_at(k) if self._basis is None else self._basis.at(k).symmetric

    def operators_up_to_phases(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        return super().operators_up_to_phases(k) if self._basis is None else self.operators_at(k)

    def covariant_matrix(self, name: str, k: ArrayLike, axes: Iterable[int] = ()) -> ComplexArray:
        """ "H" or "s" with covariant derivatives, the first axis first; "curvature", F_il, with its indices as the first axes; and at
        the level "full" "E_x", Herm(<s x> - s A_x), "E_y" and "E_z": k of shape (..., D) gives (..., N, N).
        """
        return super().covariant_matrix(name, k, axes)

    def covariant_at(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        if self._basis is None:
            return super().covariant_at(k)
        at = self._basis.at(k.reshape(-1, self.dimension))

        def matrix(name: str, axes: tuple[int, ...]) -> ComplexArray:
            if name in EXTERNAL and self.level != "full":
                raise ValueError(f"level: expected 'full' where <s r> is asked for, got {self.level!r}")
            result = at.external_dipole(EXTERNAL.index(name)) if name in EXTERNAL else at.covariant(name, axes)
            return result.reshape(*k.shape[:-1], self.size, self.size)

        return matrix

    @cached_property
    def remarks(self) -> tuple[str, ...]:  # type: ignore[override]
        """The level, and by how much s depends on k, which belong to every number."""
        return (f"level {self.level}: {LEVELS[self.level]}", *self._residuals)

    @cached_property
    def _residuals(self) -> tuple[str, ...]:
        if self._basis is None:
            return ()
        k = self._random_k
        off = float(np.abs(self.energies(k) - self.energies(-k)).max())
        return (
            f"D_i s, which is 0 where [r, s] = 0, has elements of {self._basis.at(k).rms_of_s:.2g} per Angstrom, root mean square; "
            f"levels at k and -k differ by up to {off:.2g} eV ({len(k)} random k)",
        )

    @property
    def _random_k(self) -> Array:
        u = np.random.default_rng(17).uniform(size=(_POINTS, self.dimension))
        return u @ LatticeCell(self.functions.lattice).reciprocal

    def derivative(self, axes: Iterable[int] = ()) -> NoReturn:
        """There are no formulas to differentiate; numbers are given by ``matrix("H", k, axes)``."""
        raise TypeError(
            f"model: expected a Model given by formulas, because derivatives of formulas are asked for, got {self.name}, which "
            "is given by numbers; matrix('H', k, axes) has its derivatives at k"
        )

    @cached_property
    def pair_splitting(self) -> tuple[float, float]:
        """e_2n - e_2n-1, the median and the largest over 64 random k, in eV: that of Kramers pairs under inversion and T."""
        energies = self.energies(self._random_k)
        gaps = energies[:, 1::2] - energies[:, : 2 * (self.size // 2) : 2]
        return float(np.median(gaps)), float(gaps.max())

    def summary(self) -> str:
        """What was found in the files and done with it, as text."""
        lowest, highest = np.sort(np.linalg.eigvalsh(self.s))[[0, -1]]
        lines = [
            f"{self.name}: level {self.level}, {self.size} Wannier functions, lattice in Angstrom {(self.functions.lattice.round(6) + 0.0).tolist()}",
            *self.notes,
            *self._residuals,
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


def _basis(
    functions: WannierFunctions,
    s: str | ArrayLike,
    spin: Any,
    orbitals: str | Sequence[Orbital] | None,
    level: str,
    s_position: ArrayLike | None,
    at_one_centre: float,
) -> tuple[WannierBasis, Elements]:
    """What the levels beyond tight binding read; ValueError that says what the files lack."""
    assert functions.centres is not None
    if functions.position is None:
        raise ValueError(
            f"level: expected 'tight_binding', or the position between functions, as in _tb.dat, or from a .chk with .nnkp, or with .mmn in a list of files, "
            f"got {level!r} and {functions.source or 'functions'} without it"
        )
    found = spread_operator(functions, s, spin, orbitals, at_one_centre)
    outside = None
    if level == "full":
        outside = spread_position(functions, found.matrices, s_position)
        if outside is None:
            raise ValueError(
                f"s_position: expected <a 0|s (r - R)|b R> at the level 'full', because s r leads out of the space of the functions "
                f"where s is no number; got none, and {functions.source or 'functions'} holds none; give it, or take the level "
                "'projected'"
            )
    else:
        _require_unused(s_position)
    return WannierBasis(functions, functions.centres, found.matrices, outside), found


def _require_unused(s_position: ArrayLike | None) -> None:
    if s_position is not None:
        raise ValueError("s_position: expected None but at the level 'full', got an array")
