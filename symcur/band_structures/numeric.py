"""A band structure given by numbers: functions of k, or hoppings on the vectors of a lattice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.band_structure import BandStructure, Parameters, by_name
from symcur.band_structures.bending import of_hoppings
from symcur.band_structures.exact import lattice_place, number_array
from symcur.band_structures.formulas import require_admissible
from symcur.band_structures.hoppings import HERMITIAN, TightBinding, tight_binding
from symcur.band_structures.periodicity import orbital_positions
from symcur.brillouin import Bending, LatticeCell

Function = Callable[..., Any]
_HERMITIAN = 1e-10  # relative
_WRONG = 1e-6  # relative: a given derivative that differs by more from differences of H is refused


class NumericModel(BandStructure):
    """H(k), its derivatives and s as numbers, ``Model.from_functions``: everything but ``derive`` and ``verify`` takes it.

    Parameters
    ----------
    H : a function of k of shape (M, D), Cartesian, that returns Hermitian matrices (M, N, N), in the gauge in which
        position is i d/dk. It gets the parameters by keyword.
    s : a Hermitian N x N array, or a number.
    derivatives : ``derivatives(k, axes)`` of the same shape, axes a sorted tuple of integers; first and second ones are
        compared with differences of H and refused where they differ. Without it a lattice is needed: H is then taken apart
        into its hoppings, whose derivatives are exact, and refused where these do not reproduce it.
    lattice : D primitive vectors as rows; ``dimension`` is needed only without it.
    metric : for bosons, as in ``Model``.

    Raises
    ------
    ValueError or TypeError naming the argument, what was expected and what was given.
    """

    H: Function
    s: ComplexArray
    derivatives: Function | None
    parameters: Mapping[str, float]

    def __init__(
        self,
        H: Function,
        s: ArrayLike,
        *,
        derivatives: Function | None = None,
        lattice: ArrayLike | None = None,
        dimension: int | None = None,
        parameters: Mapping[str, float] | None = None,
        name: str = "model",
        reference: str = "",
        facts: str = "",
        metric: Any = None,
    ) -> None:
        cell = None if lattice is None else _cell(lattice)
        dimension = _dimension(dimension, cell)
        if not (derivatives is None or callable(derivatives)):
            raise TypeError(f"derivatives: expected a function (k, axes) or None, got {derivatives!r}")
        if not isinstance(parameters, Mapping | None):
            raise TypeError(f"parameters: expected a mapping from names to numbers, got {parameters!r}")
        values = {str(key): value for key, value in (parameters or {}).items()}
        for key, value in values.items():
            require_admissible(sp.Symbol(key, real=True), value)
        s = _operator(s, _size(H, dimension, values))
        vars(self).update(
            H=H, s=s, dimension=dimension, cell=cell, derivatives=derivatives, parameters=MappingProxyType(values),
            name=name, reference=reference, facts=facts, size=len(s), positions=None,
        )  # fmt: skip
        k = np.random.default_rng(7).uniform(-2, 2, size=(5, dimension))
        _require_hermitian("H", self.matrix("H", k))
        vars(self)["positions"] = cell and orbital_positions(lambda k: self.matrix("H", k), {"s": s}, cell)
        if derivatives is not None:
            if self._given_hoppings is None:  # those are exact
                self._check_derivatives()
        elif cell is None:
            raise ValueError("derivatives: expected a function (k, axes) for a continuum model, got None")
        else:
            self._hoppings  # noqa: B018, refuses what has none
        self._become_bosons(metric, self.matrix)

    def arguments(self) -> dict[str, Any]:
        names = ("H", "s", "dimension", "derivatives", "name", "reference", "facts")
        more = {"parameters": dict(self.parameters), "lattice": self.cell and self.cell.vectors, "metric": self.bosons}
        return {key: getattr(self, key) for key in names} | more

    def values(self) -> dict[str, Any]:
        return dict(self.parameters)

    def with_values(self, parameters: Parameters = None, /, **by_keyword: Any) -> Self:
        values = by_name(parameters, by_keyword, self)
        return self.replace(parameters={**self.parameters, **values}) if values else self

    def operator_matrices(self, name: str, k: Array, axes: tuple[int, ...]) -> ComplexArray:
        return self.operators_at(k)(name, axes)

    def operators_at(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        return self._operators_at(k, phases=True)

    def operators_up_to_phases(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        """Without the phases of the positions, where s has no elements between orbitals at different ones, which it keeps."""
        return self._operators_at(k, phases=False) if self._s_at_positions else self.operators_at(k)

    def _operators_at(self, k: Array, phases: bool) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        bonds = self._given_hoppings
        at_k = cache(lambda: bonds and bonds.at(k, phases))

        def operator(name: str, axes: tuple[int, ...]) -> ComplexArray:
            if name == "s":
                return np.broadcast_to(self.s, (len(k), *self.s.shape))
            if exact := at_k():
                return exact(axes)
            if not axes:
                return self._called("H", self.H, k)
            if self.derivatives is not None:
                return self._called("derivatives", self.derivatives, k, axes)
            return self._hoppings.matrix(k, axes)

        return operator

    @property
    def suits_threads(self) -> bool:
        return self._given_hoppings is not None

    @cached_property
    def _s_at_positions(self) -> bool:
        """Whether s commutes with the positions that the hoppings are given with."""
        bonds = self._given_hoppings
        if bonds is None:
            return False
        a, b = np.nonzero(self.s)
        return bool((bonds.positions[a] == bonds.positions[b]).all())

    @property
    def _given_hoppings(self) -> TightBinding | None:
        """The hoppings that H is given by; None for other functions."""
        bonds = getattr(self.H, "__self__", None)
        return bonds if isinstance(bonds, TightBinding) and bonds.matrix == self.H == self.derivatives else None

    def _called(self, label: str, function: Function, *arguments: Any) -> ComplexArray:
        result = np.array(function(*arguments, **self.parameters), dtype=complex)  # a copy: it may be a buffer
        expected = (len(arguments[0]), self.size, self.size)
        if result.shape != expected:
            raise ValueError(
                f"{label}: expected an array of shape {expected} for k of shape (M, D), got {result.shape}"
            )
        return result

    @property
    def bending(self) -> Bending | None:
        """Known for hoppings; a function may do anything between samples."""
        bonds = self._given_hoppings
        return of_hoppings(bonds) if bonds is not None else None

    @cached_property
    def _hoppings(self) -> TightBinding:
        return tight_binding(self)

    def _check_derivatives(self) -> None:
        """Compare first and second derivatives with differences of H and of the first ones, at three random momenta."""
        for start in np.random.default_rng(7).uniform(-2, 2, size=(3, self.dimension)):
            for inner in ((), *((j,) for j in range(self.dimension))):
                self._compare_with_differences(start, inner)

    def _compare_with_differences(self, start: Array, inner: tuple[int, ...]) -> None:
        from scipy.differentiate import jacobian

        def entries(k: Array, axes: tuple[int, ...] = inner) -> Array:
            """All real and imaginary parts, shape (2 N^2, ...), at k of shape (D, ...)."""
            flat = self.matrix("H", np.moveaxis(k, 0, -1), axes).reshape(*k.shape[1:], -1)
            return np.moveaxis(np.concatenate([flat.real, flat.imag], axis=-1), -1, 0)

        given = np.stack([entries(start, tuple(sorted((*inner, i)))) for i in range(self.dimension)], axis=-1)
        found = jacobian(entries, start)
        wrong, scale = np.abs(given - found.df), float(np.abs([given, found.df]).max())
        if (wrong > _WRONG * scale + found.error).any() or found.error.max() > 1e-3 * scale:
            i, error = int(np.argmax(wrong.max(axis=0))), float(found.error.max())
            raise ValueError(
                f"derivatives: expected the derivative of H along axes {tuple(sorted((*inner, i)))}, got a function that "
                f"differs from differences of H by {wrong.max():.1e}, where these have an error of {error:.1e} and the "
                f"derivatives a size of {scale:.1e}"
            )


def from_hoppings(
    hoppings: Mapping[tuple[int, ...], ArrayLike],
    s: ArrayLike,
    lattice: ArrayLike,
    *,
    positions: ArrayLike | None = None,
    name: str = "model",
    reference: str = "",
    facts: str = "",
    metric: Any = None,
) -> NumericModel:
    """A band structure H_ab(k) = sum_R t_ab(R) exp(i k.(R + r_b - r_a)), numbers with exact derivatives.

    ``hoppings`` maps R, D integers that count primitive vectors, to N x N matrices t(R) = <a in 0|H|b in R>, with
    t(-R) = t(R)^+; ``positions`` are the r_a as fractions of the primitive vectors, shape (N, D), 0 by default.
    """
    cell = _cell(lattice)
    if not isinstance(hoppings, Mapping) or not hoppings:
        raise ValueError(f"hoppings: expected a mapping from integers to matrices, got {hoppings!r}")
    matrices: dict[tuple[int, ...], ComplexArray] = {}
    for R, t in hoppings.items():
        place, matrix = lattice_place("hoppings", R, cell.dimension), number_array("hoppings", t)
        size = len(next(iter(matrices.values()), np.atleast_1d(matrix)))
        if matrix.shape != (size, size):
            raise ValueError(f"hoppings: expected square matrices of one size, got shape {matrix.shape} at R = {place}")
        if place in matrices or not np.isfinite(matrix).all():
            raise ValueError(f"hoppings: expected finite numbers and every R once, got {t!r} for R = {R}")
        matrices[place] = matrix
    largest = max(np.abs(t).max() for t in matrices.values())
    for place, t in matrices.items():
        partner = matrices.get(tuple(-n for n in place), np.zeros_like(t))
        if np.abs(partner - t.conj().T).max() > HERMITIAN * largest:
            raise ValueError(
                f"hoppings: expected t(-R) = t(R)^+, got {t.tolist()} for R = {place} and {partner.tolist()} for -R"
            )
    x = np.zeros((size, cell.dimension)) if positions is None else number_array("positions", positions, float)
    if x.shape != (size, cell.dimension):
        raise ValueError(f"positions: expected an array of shape {(size, cell.dimension)}, got {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"positions: expected finite numbers, got {x.tolist()}")
    bonds = TightBinding(cell, x, matrices)
    return NumericModel(
        bonds.matrix,
        s,
        derivatives=bonds.matrix,
        lattice=lattice,
        name=name,
        reference=reference,
        facts=facts,
        metric=metric,
    )


def _cell(lattice: ArrayLike) -> LatticeCell:
    try:
        return LatticeCell(number_array("lattice", lattice, float))
    except (TypeError, ValueError) as error:
        raise ValueError(f"lattice: expected 1 to 3 primitive vectors as rows, got {lattice!r} ({error})") from None


def _dimension(dimension: int | None, cell: LatticeCell | None) -> int:
    if cell is not None and dimension not in (None, cell.dimension):
        raise ValueError(f"dimension: expected that of the lattice, {cell.dimension}, got {dimension!r}")
    dimension = dimension if cell is None else cell.dimension
    if type(dimension) is not int or dimension not in (1, 2, 3):
        raise ValueError(f"dimension: expected 1, 2 or 3 where no lattice is given, got {dimension!r}")
    return dimension


def _size(H: Function, dimension: int, parameters: Mapping[str, float]) -> int:
    """The number of bands, read off H at one momentum."""
    if not callable(H):
        raise TypeError(f"H: expected a function of k that returns matrices (M, N, N), got {type(H).__name__}")
    try:
        shape = np.shape(H(np.full((1, dimension), 0.1), **parameters))
    except TypeError as error:
        names = "".join(f", {name}=..." for name in parameters)
        raise TypeError(f"H: expected a function called as H(k{names}), got one that fails: {error}") from error
    if len(shape) != 3 or shape[1] != shape[2]:
        raise ValueError(f"H: expected an array of shape (1, N, N) for k of shape (1, {dimension}), got {shape}")
    return int(shape[-1])


def _operator(s: ArrayLike, size: int) -> ComplexArray:
    """s as a Hermitian matrix that nobody can write to; a number stands for a multiple of the identity."""
    matrix = number_array("s", s)
    if matrix.ndim == 0:
        matrix = matrix * np.eye(size)
    if matrix.shape != (size, size):
        raise ValueError(f"s: expected shape {(size, size)}, that of H, got {matrix.shape}")
    _require_hermitian("s", matrix)
    matrix.setflags(write=False)
    return matrix


def _require_hermitian(label: str, matrix: ComplexArray) -> None:
    difference = float(np.abs(matrix - matrix.conj().swapaxes(-1, -2)).max())
    if not difference <= _HERMITIAN * float(np.abs(matrix).max()):
        raise ValueError(
            f"{label}: expected a Hermitian matrix, got one that differs from its adjoint by {difference:.1e}"
        )
