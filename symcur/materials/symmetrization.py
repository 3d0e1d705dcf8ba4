"""Wannier functions and their symmetry: residuals of operations, and H(R), A(R), S(R) made exactly symmetric."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symcur.arrays import Array, ComplexArray, Indices

from .orbitals import Orbital, projections
from .representation import SymmetryGroup, acting_on
from .space_groups import Atoms, space_group
from .spin_order import found_order
from .wannier_functions import WannierFunctions

LARGEST_CHANGE = 0.1  # eV: noise of Wannier functions stays below, an order of orbitals that does not fit does not
_MESH = 12  # momenta per axis at which bands are compared, off symmetric ones
_EXACT = 1e-9  # Angstrom: centres that operations map onto each other to this are kept one by one


# -- matrix elements under operations ----------------------------------------------------------------------------------
class _Cells:
    """Given cells and all their images R -> W R + shift_j - shift_i under moves (W, shifts (S, 3)), and the row of each."""

    def __init__(self, cells: Indices, moves: Sequence[tuple[Indices, Indices]]) -> None:
        far = np.abs(cells).max(axis=0)
        self.reach = np.max([np.abs(W) @ far + np.ptp(shifts, axis=0) for W, shifts in moves], axis=0)
        present = np.zeros(2 * self.reach + 1, dtype=bool)
        for W, shifts in moves:
            for between in np.unique((shifts[:, None] - shifts).reshape(-1, 3), axis=0):
                present[tuple((cells @ W.T + between + self.reach).T)] = True
        self.cells: Indices = (np.argwhere(present) - self.reach).astype(np.intp)
        self._row = np.cumsum(present).reshape(present.shape) - 1

    def rows(self, cells: Indices) -> Indices:
        return np.asarray(self._row[tuple((cells + self.reach).T)])


class _Elements:
    """Matrix elements X(R), (M, N, N) or (M, N, N, 3), and what the operations of a group make of them, on all cells that occur."""

    def __init__(self, group: SymmetryGroup, cells: Indices) -> None:
        self.group, self.given = group, cells
        self._all = _Cells(cells, list(zip((g.rotation for g in group.operations), group.shifts, strict=True)))

    @property
    def cells(self) -> Indices:
        return self._all.cells

    def embedded(self, X: ComplexArray) -> ComplexArray:
        out = np.zeros((len(self.cells), *X.shape[1:]), dtype=complex)
        out[self._all.rows(self.given)] = X
        return out

    def image(self, g: int, X: ComplexArray, kind: str | None = None) -> ComplexArray:
        """The operation g applied to X; ``kind``: "polar" or "axial" for Cartesian components, None without."""
        group, out = self.group, np.zeros((*X.shape[3:], len(self.cells), *X.shape[1:3]), dtype=complex)
        W, shift, to, D = group.operations[g].rotation, group.shifts[g], group.images[g], group.matrices[g]
        if kind:
            X = np.moveaxis(X @ group.rotations_of(kind)[g].T, -1, 0)
        X = X.conj() if group.antiunitary[g] else X
        for i, j in itertools.product(range(len(to)), repeat=2):
            (a, b), (c, d) = (group.members[i], group.members[j]), (group.members[to[i]], group.members[to[j]])
            block = D[np.ix_(c, a)] @ X[..., a[:, None], b] @ D[np.ix_(d, b)].conj().T
            rows = self._all.rows(self.given @ W.T + shift[j] - shift[i])
            out[..., rows[:, None, None], c[:, None], d] = block
        return np.moveaxis(out, 0, -1) if kind else out

    def average(self, X: ComplexArray, kind: str | None = None) -> tuple[ComplexArray, Array]:
        """The mean over the group, and by how much each operation changes X, (G,)."""
        here = self.embedded(X)
        total, changes = np.zeros_like(here), np.zeros(len(self.group))
        for g in range(len(self.group)):
            image = self.image(g, X, kind)
            total += image
            changes[g] = np.abs(image - here).max()
        return total / len(self.group), changes


def _relabelled(functions: WannierFunctions, cells: Indices) -> WannierFunctions:
    """With each function called that of another cell: what was a in the cell R becomes a in R + cells[a]."""
    if not cells.any():
        return functions
    N, table = functions.size, _Cells(functions.cells, [(np.eye(3, dtype=np.intp), cells)])

    def moved(X: ComplexArray | None) -> ComplexArray | None:
        if X is None:
            return None
        out = np.zeros((len(table.cells), *X.shape[1:]), dtype=complex)
        for a, b in itertools.product(range(N), repeat=2):
            out[table.rows(functions.cells + cells[b] - cells[a]), a, b] = X[:, a, b]
        return out

    H, A, S = map(moved, (functions.hamiltonian, functions.position, functions.spin))
    assert H is not None
    shift = cells @ functions.lattice
    if A is not None:
        A[table.rows(np.zeros((1, 3), dtype=np.intp))[0], range(N), range(N)] -= shift
    centres = None if functions.centres is None else functions.centres - shift
    return replace(functions, cells=table.cells, hamiltonian=H, position=A, spin=S, centres=centres)


def _cells_of_functions(functions: WannierFunctions, group: SymmetryGroup) -> Indices:
    """In which cell, away from its site of the group, each function lies, (N, 3)."""
    if functions.size != len(group.orbitals):
        raise ValueError(f"orbitals: expected {functions.size}, one for each function, got {len(group.orbitals)}")
    positions = np.array([orbital.position for orbital in group.orbitals], dtype=float)
    if functions.centres is not None:
        positions = functions.centres @ np.linalg.inv(functions.lattice)
    return np.rint(positions - group.site_of_functions).astype(np.intp)


# -- what holds --------------------------------------------------------------------------------------------------------
def residuals(functions: WannierFunctions, group: SymmetryGroup) -> Array:
    """max |D H(R) D^+ - H(R')| of every operation, shape (G,), in the unit of H."""
    functions = _relabelled(functions, _cells_of_functions(functions, group))
    return _Elements(group, functions.cells).average(functions.hamiltonian)[1]


def symmetries(functions: WannierFunctions, group: SymmetryGroup, tolerance: float = 1e-8) -> SymmetryGroup:
    """The operations that H(R) has to ``tolerance``, in the unit of H.

    Raises ValueError where these do not form a group, as for a tolerance in the middle of the noise.
    """
    holds = residuals(functions, group) <= tolerance
    try:
        return group.subgroup(holds, group.name if holds.all() else f"subgroup of {group.name} that H(R) has")
    except ValueError as error:
        raise ValueError(
            f"tolerance: expected one that a group of operations meets, got {tolerance}; {error}"
        ) from None


# -- symmetrisation ----------------------------------------------------------------------------------------------------
def symmetry_group(
    functions: WannierFunctions,
    *,
    atoms: Atoms | None = None,
    orbitals: str | Sequence[Orbital] | None = None,
    spin: str | None = None,
    moments: Mapping[str, Sequence[Any]] | None = None,
    time_reversal: bool = True,
    tolerance: float = 1e-4,
) -> SymmetryGroup:
    """The space group of a crystal (``space_group``) in the basis of its functions, whether or not H(R) has it.

    ``orbitals``: projections as text (``projections``), or an ``Orbital`` for each function; by default those of the .win file, as
    ``atoms`` are. ``spin``: the order of spins of text, by default what time reversal shows (``found_order``). ``atoms``,
    ``moments``, ``time_reversal`` and ``tolerance``, in Angstrom, as in ``space_group``.
    """
    atoms = functions.atoms if atoms is None else atoms
    basis = _basis(functions, atoms, orbitals, spin)
    if len(basis) != functions.size:
        raise ValueError(f"orbitals: expected {functions.size}, one for each function, got {len(basis)}")
    crystal = space_group(functions.lattice, atoms, moments=moments, time_reversal=time_reversal, tolerance=tolerance)
    return acting_on(crystal, basis, tolerance=tolerance)


def _basis(
    functions: WannierFunctions, atoms: Atoms, orbitals: str | Sequence[Orbital] | None, spin: str | None
) -> tuple[Orbital, ...]:
    """An ``Orbital`` for each function."""
    text = functions.projections if orbitals is None else orbitals
    if not isinstance(text, str):
        return tuple(text)
    if not text:
        raise ValueError(
            f"orbitals: expected the atoms and what the functions look like, got {functions.source or 'functions'} without a .win "
            "file that holds them"
        )
    by_number = orbitals is None  # as wannier90 takes the lines of its input
    basis = projections(atoms, text, spin, by_number=by_number)
    if spin is None and 2 * len(basis) == functions.size:
        basis = projections(atoms, text, found_order(functions), by_number=by_number)
    return basis


def symmetrize(
    functions: WannierFunctions,
    *,
    atoms: Atoms | None = None,
    orbitals: str | Sequence[Orbital] | None = None,
    spin: str | None = None,
    moments: Mapping[str, Sequence[Any]] | None = None,
    time_reversal: bool = True,
    most: float = LARGEST_CHANGE,
    fermi_energy: float | None = None,
) -> WannierFunctions:
    """``symmetrize_with_group`` for the group of a crystal; the other arguments as in ``symmetry_group``."""
    group = symmetry_group(
        functions, atoms=atoms, orbitals=orbitals, spin=spin, moments=moments, time_reversal=time_reversal
    )
    return symmetrize_with_group(functions, group, most=most, fermi_energy=fermi_energy)


def symmetrize_with_group(
    functions: WannierFunctions,
    group: SymmetryGroup,
    *,
    most: float = LARGEST_CHANGE,
    fermi_energy: float | None = None,
) -> WannierFunctions:
    """H(R), A(R) and S(R) averaged over a group, so that every operation holds to rounding.

    The lattice is that of the group. Centres lie at the sites of the group, with what displacement from there symmetry allows; where it
    mixes functions whose centres differ (s and p at one atom), with their mean, and A(R) keeps the difference.
    ``notes`` get what was done: operations, largest change of H(R), and of the bands on a mesh, with ``fermi_energy`` also within
    1 eV of it.

    Raises ValueError where H(R) would change by more than ``most`` eV: an order of orbitals or of spins, or positions, that do
    not fit; the message names the operation and the element.
    """
    cells = _cells_of_functions(functions, group)
    home = _relabelled(functions, cells)
    elements = _Elements(group, home.cells)
    H, changes = elements.average(home.hamiltonian)
    change = float(np.abs(H - elements.embedded(home.hamiltonian)).max())
    if not change <= most:
        raise ValueError(_refusal(home, elements, int(changes.argmax()), change, most))
    symmetric = replace(
        home,
        lattice=group.lattice,
        cells=elements.cells,
        hamiltonian=H,
        centres=_symmetric_centres(home, group),
        position=None if home.position is None else _symmetric_position(home, group, elements),
        spin=None if home.spin is None else elements.average(home.spin, "axial")[0],
    )
    result = _relabelled(_without_empty_cells(symmetric), -cells)
    return replace(result, notes=(*functions.notes, *_notes(functions, result, group, change, fermi_energy)))


def _without_empty_cells(functions: WannierFunctions) -> WannierFunctions:
    arrays = [X for X in (functions.hamiltonian, functions.position, functions.spin) if X is not None]
    filled = np.any([X.reshape(len(X), -1).any(axis=1) for X in arrays], axis=0) | ~functions.cells.any(axis=1)
    A, S = (None if X is None else X[filled] for X in (functions.position, functions.spin))
    return replace(
        functions, cells=functions.cells[filled], hamiltonian=functions.hamiltonian[filled], position=A, spin=S
    )


def _notes(
    before: WannierFunctions, after: WannierFunctions, group: SymmetryGroup, change: float, fermi_energy: float | None
) -> list[str]:
    notes = [f"symmetrised with the {len(group)} operations of {group.name}: H(R) changed by at most {change:.3g} eV"]
    notes.append(_bands_note(before, after, fermi_energy))
    if before.centres is not None and after.centres is not None:
        notes.append(f"centres moved by at most {np.abs(after.centres - before.centres).max():.3g} Angstrom")
    if (changed := float(np.abs(after.lattice - before.lattice).max())) > _EXACT:
        notes.append(f"primitive vectors changed by at most {changed:.2g} Angstrom")
    return notes


def _refusal(functions: WannierFunctions, elements: _Elements, g: int, change: float, most: float) -> str:
    """Why H(R) is refused; ``g``: the operation that changes it most."""
    group = elements.group
    wrong = np.abs(elements.image(g, functions.hamiltonian) - elements.embedded(functions.hamiltonian))
    R, a, b = np.unravel_index(int(wrong.argmax()), wrong.shape)
    hint = "check order, spins and positions"
    if len(elements.cells) > len(functions.cells) and len(group.sites) > 1:
        hint += (
            f"; the cells of H(R) are not closed under the group ({len(elements.cells)} after it, {len(functions.cells)} before): with functions "
            "at several sites it needs hoppings between nearest images (use_ws_distance, _wsvec.dat)"
        )
    return (
        f"orbitals: expected functions that {group.name} maps onto each other, got an H(R) that it changes by {change:.3g} eV, more than "
        f"most = {most:g}. {group.operations[g]} changes <{a} 0|H|{b} {elements.cells[R].tolist()}> by {wrong.max():.3g} eV, where "
        f"{a} is {_described(group, int(a))} and {b} is {_described(group, int(b))}: {hint}"
    )


def _described(group: SymmetryGroup, a: int) -> str:
    orbital = group.orbitals[a]
    return f"{orbital.name}{'' if orbital.spin is None else ' ' + orbital.spin} at {list(orbital.position)}"


def _symmetric_centres(functions: WannierFunctions, group: SymmetryGroup) -> Array:
    """Centres such that diag(centres) has the symmetry of the group, Cartesian, (N, 3)."""
    sites = group.site_of_functions @ group.lattice
    if functions.centres is None:
        return sites
    away = functions.centres - group.site_of_functions @ functions.lattice
    weights = np.abs(group.matrices) ** 2
    away = np.einsum("gba,gij,aj->bi", weights, group.cartesian, away) / len(group)
    rotated = np.einsum("gij,aj->gai", group.cartesian, away)
    differences = np.abs(away[None, :, None] - rotated[:, None]).max(axis=-1)
    if differences[weights > _EXACT].max() > _EXACT:
        for some in group.members:
            away[some] = away[some].mean(axis=0)
    return np.asarray(sites + away)


def _symmetric_position(functions: WannierFunctions, group: SymmetryGroup, elements: _Elements) -> ComplexArray:
    """A(R) averaged, each site taken as the origin of its own functions."""
    assert functions.position is not None
    N, A = functions.size, functions.position.copy()
    A[(functions.cells == 0).all(axis=1).argmax(), range(N), range(N)] -= group.site_of_functions @ functions.lattice
    A, _ = elements.average(A, "polar")
    A[(elements.cells == 0).all(axis=1).argmax(), range(N), range(N)] += group.site_of_functions @ group.lattice
    return A


def _bands_note(before: WannierFunctions, after: WannierFunctions, fermi_energy: float | None) -> str:
    mesh = [_MESH if n else 1 for n in np.abs(after.cells).max(axis=0)]
    old, new = (_energies(functions, mesh) for functions in (before, after))
    moved = np.abs(new - old)
    text = f"bands moved by at most {moved.max():.3g} eV on a mesh of {' x '.join(map(str, mesh))} momenta"
    if fermi_energy is None:
        return text
    near = moved[np.abs(old - fermi_energy) < 1]
    return f"{text}, by at most {near.max(initial=0.0):.3g} eV within 1 eV of {fermi_energy:g} eV"


def _energies(functions: WannierFunctions, mesh: Sequence[int]) -> Array:
    """The bands on a mesh off k = 0 by half a step, (..., N); the phases of positions do not change them."""
    N, n = functions.size, np.array(mesh)
    folded = np.zeros((*mesh, N, N), dtype=complex)
    half = np.exp(1j * np.pi * (functions.cells / n).sum(axis=1))
    np.add.at(folded, tuple((functions.cells % n).T), half[:, None, None] * functions.hamiltonian)
    return np.asarray(np.linalg.eigvalsh(np.fft.ifftn(folded, axes=(0, 1, 2), norm="forward")))
