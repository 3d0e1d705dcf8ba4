"""H, s and position in a basis of Wannier functions, with covariant derivatives: the levels beyond tight binding.

With the centres r_a in the phases, |u_a> = sum_R exp(-ik.(r - R - r_a)) |a R>, every operator is
X_ab(k) = sum_R exp(ik.(R + r_b - r_a)) X_ab(R), and the connection A_i = <u|i d_i u> has the elements <a 0|r_i|b R> with r_a taken
from the diagonal at R = 0. Derivatives are covariant, D_i X = d_i X - i[A_i, X], and

    F_il = d_i A_l - d_l A_i - i[A_i, A_l],        E_i = Herm(<u|s i d_i u> - s A_i),

s r between the functions and what is outside of their space. In this gauge X(k + G) = U^+ X(k) U for every one of them, and
nothing but the phases of the states depends on which centres are taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray, Indices
from symcur.band_structures import TightBinding
from symcur.band_structures.exact import number_array
from symcur.brillouin import LatticeCell
from symcur.materials.local_operators import SPINS, operator
from symcur.materials.orbitals import Orbital
from symcur.materials.wannier_functions import WannierFunctions

CURVATURE = "curvature"
_HERMITIAN = 1e-8  # relative, of s(R)
_POSITION = 0.1  # relative, of <s r>, for which files have differences on a mesh of k
Axes = tuple[int, ...]


@dataclass(frozen=True)
class Elements:
    """<a 0|s|b R>, (M, N, N), what was found about it, and the pairs (N/2, 2) of up and down where they are known."""

    matrices: ComplexArray
    notes: tuple[str, ...]
    pairs: Indices | None = None


def spread_operator(
    functions: WannierFunctions,
    s: str | ArrayLike,
    spin: object,
    orbitals: str | Sequence[Orbital] | None,
    at_one_centre: float,
) -> Elements:
    """s between all functions: the spin matrices of files, (M, N, N) as given, or what ``Material`` takes within one cell."""
    own = spin is None or (isinstance(spin, str) and spin == "files")
    if isinstance(s, str) and s in SPINS and functions.spin is not None and own:
        return Elements(
            functions.spin[..., SPINS.index(s)],
            (f"{s} has all its elements between functions, from {functions.source}.",),
        )
    if not isinstance(s, str) and np.shape(s) == functions.hamiltonian.shape:
        given = number_array("s", s)
        require_hermitian("s", "s(-R) = s(R)^+", given, given, functions, _HERMITIAN)
        return Elements(given, ("s has all its elements between functions, as given.",))
    found = operator(functions, s, spin, orbitals, at_one_centre)
    matrices = np.zeros(functions.hamiltonian.shape, dtype=complex)
    matrices[functions.home] = found.matrix
    note = "s has no elements between functions of different cells, as no file holds them."
    return Elements(matrices, found.notes if _number(found.matrix) is not None else (*found.notes, note), found.pairs)


def spread_position(functions: WannierFunctions, s: ComplexArray, given: ArrayLike | None) -> ComplexArray | None:
    """<a 0|s (r - R)|b R>, (M, N, N, D), as given, or where s is a number; None where it is not known.

    Raises ValueError unless what is given has the shape and the adjoint that it must have, as s and r commute.
    """
    assert functions.position is not None
    if given is None:
        number = _number(s[functions.home])
        alone = not np.delete(s, functions.home, axis=0).any()
        return number * functions.position if alone and number is not None else None
    array = number_array("s_position", given)
    if array.shape != functions.position.shape:
        raise ValueError(f"s_position: expected shape {functions.position.shape}, got {array.shape}")
    along = functions.cells @ functions.lattice
    shifted = array + along[:, None, None, :] * s[..., None]
    require_hermitian("s_position", "<a 0|s (r - R)|b R> = <b 0|s r|a -R>*", array, shifted, functions, _POSITION)
    return array


def _number(matrix: ComplexArray) -> float | None:
    """x where a matrix is x times the identity."""
    x = float(matrix[0, 0].real)
    return x if (matrix == x * np.eye(len(matrix))).all() else None


def require_hermitian(
    label: str, rule: str, one: ComplexArray, other: ComplexArray, functions: WannierFunctions, tolerance: float
) -> None:
    """Raise ValueError unless the adjoint of ``one`` at -R is ``other`` at R, relative to the largest element."""
    place = {tuple(R): n for n, R in enumerate(functions.cells.tolist())}
    opposite = [place[tuple(R)] for R in (-functions.cells).tolist()]
    off = float(np.abs(np.conj(one[opposite].swapaxes(1, 2)) - other).max())
    if not off <= tolerance * float(np.abs(other).max()):
        raise ValueError(f"{label}: expected {rule}, got a difference of {off:.1e}")


class WannierBasis:
    """H, s, A_i and where it is known <s r_i> as sums over R, with their covariant derivatives at k; see the module.

    ``centres`` (N, D) stand in the phases; ``s`` (M, N, N) and ``s_position`` (M, N, N, D) as from the functions above.
    """

    def __init__(
        self, functions: WannierFunctions, centres: Array, s: ComplexArray, s_position: ComplexArray | None
    ) -> None:
        assert functions.position is not None
        cell = LatticeCell(functions.lattice)
        A = functions.position.copy()
        A[functions.home] -= centres[None] * np.eye(functions.size)[..., None]
        named = {"H": functions.hamiltonian, "s": s} | {f"A{i}": A[..., i] for i in range(cell.dimension)}
        if s_position is not None:
            outside = s_position - s[..., None] * centres[None, None]
            named |= {f"sr{i}": outside[..., i] for i in range(cell.dimension)}
        fractions, cells = centres @ np.linalg.inv(functions.lattice), list(map(tuple, functions.cells.tolist()))
        self._sums: Mapping[str, TightBinding] = {
            name: TightBinding(cell, fractions, dict(zip(cells, X, strict=True))) for name, X in named.items()
        }
        self._last: AtMomenta | None = None

    def at(self, k: Array) -> AtMomenta:
        """The matrices at k of shape (M, D); those of the last momenta are kept."""
        last = self._last
        if last is None or last.k.shape != k.shape or not (last.k == k).all():
            last = self._last = AtMomenta(self._sums, k.copy())
        return last


class AtMomenta:
    """The matrices of a Wannier basis at k of shape (M, D), each (M, N, N) and made once."""

    def __init__(self, sums: Mapping[str, TightBinding], k: Array) -> None:
        self.k = k
        self._sums = {name: bonds.at(k) for name, bonds in sums.items()}
        self._made: dict[tuple[str, Axes], ComplexArray] = {}

    def symmetric(self, name: str, axes: Axes) -> ComplexArray:
        """Covariant derivatives along axes, the mean over all orders."""
        orders = sorted(set(itertools.permutations(axes)))
        return np.asarray(sum(self.covariant(name, order) for order in orders) / len(orders))

    def covariant(self, name: str, axes: Axes, then: Axes = ()) -> ComplexArray:
        """d_then D_axes[-1] ... D_axes[0] X; for "curvature" the first two axes are those of F."""
        inner = 2 if name == CURVATURE else 0
        if len(axes) == inner:
            return self._curvature(axes[0], axes[1], then) if name == CURVATURE else self._sum(name, then)
        *first, last = axes
        result = self.covariant(name, tuple(first), (*then, last))
        for some, rest in _splits(then):
            result = result - 1j * _commutator(self._sum(f"A{last}", some), self.covariant(name, tuple(first), rest))
        return result

    def external_dipole(self, i: int) -> ComplexArray:
        """E_i = Herm(<s r_i> - s A_i)."""
        outside = self._sum(f"sr{i}", ()) - self._sum("s", ()) @ self._sum(f"A{i}", ())
        return np.asarray((outside + outside.conj().mT) / 2)

    def _curvature(self, i: int, l: int, then: Axes) -> ComplexArray:
        result = self._sum(f"A{l}", (*then, i)) - self._sum(f"A{i}", (*then, l))
        for some, rest in _splits(then):
            result = result - 1j * _commutator(self._sum(f"A{i}", some), self._sum(f"A{l}", rest))
        return result

    def _sum(self, name: str, axes: Axes) -> ComplexArray:
        key = name, tuple(sorted(axes))
        if key not in self._made:
            self._made[key] = self._sums[name](key[1])
        return self._made[key]

    @cached_property
    def rms_of_s(self) -> float:
        """The root mean square of the elements of D_i s, over elements, axes and momenta, in s per Angstrom."""
        squares = [np.abs(self.covariant("s", (i,))) ** 2 for i in range(self.k.shape[1])]
        return float(np.sqrt(np.mean(squares)))


def _commutator(a: ComplexArray, b: ComplexArray) -> ComplexArray:
    return np.asarray(a @ b - b @ a)


def _splits(axes: Axes) -> Iterator[tuple[Axes, Axes]]:
    """The product rule: every way to give some of the derivatives to one factor and the rest to the other."""
    for chosen in itertools.product((True, False), repeat=len(axes)):
        yield tuple(itertools.compress(axes, chosen)), tuple(itertools.compress(axes, _negated(chosen)))


def _negated(chosen: Iterable[bool]) -> list[bool]:
    return [not one for one in chosen]
