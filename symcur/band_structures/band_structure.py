"""What a band structure is: H(k), an operator s, a cell, and how its states are occupied.

Everything in symcur asks a band structure for no more than is written here. ``Model`` is given by formulas and can also be
derived; ``NumericModel`` is given by functions or by hoppings; ``symcur.superconductors.Superconductor`` is a Model in Nambu
space.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import cards
from symcur.band_structures.hermitian import eigenvalues, eigenvectors
from symcur.band_structures.metric import Metric
from symcur.band_structures.periodicity import orbital_positions
from symcur.brillouin import Bending, LatticeCell
from symcur.display import Card, Shown

Parameters = Mapping[Any, Any] | None
"""Parameter values by name or by symbol; None for the defaults of the model."""
_FEW = 4096  # numbers, of which BLAS adds up the squares by itself


@dataclass(frozen=True)
class Statistics:
    """How the states of a band structure are occupied and counted.

    ``factor`` multiplies every sum over states (1/2 where Nambu space holds each excitation twice). ``fixed_mu`` says that
    energies are measured from the chemical potential, so that only mu = 0 has a meaning. ``no_electric_field`` is the
    reason why a response to an electric field must be refused, empty for electrons. ``occupations`` maps the functions of
    electrons ("f", "g", ...) to those that stand for them, where others do; ``zero_point`` to the two that these are sums of, the
    one that vanishes at T = 0 and the one that does not depend on T.
    """

    name: str
    factor: Fraction = Fraction(1)
    fixed_mu: bool = False
    no_electric_field: str = ""
    occupations: Mapping[str, str] = field(default_factory=dict)
    zero_point: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def occupation(self, name: str) -> str:
        return self.occupations.get(name, name)


FERMI = Statistics("Fermi")
BOSE = Statistics(
    "Bose",
    Fraction(1, 2),
    fixed_mu=True,
    no_electric_field="bosons carry no charge; gradients of temperature drive them",
    occupations={"f": "n", "g": "G", "-df/de": "-dn/de", "entropy": "c_1", "df/dT": "dn/dT", "heat": "c_2"},
    zero_point={"f": ("n_thermal", "n_zero_point"), "g": ("G_thermal", "G_zero_point")},
)


class BandStructure(Shown, ABC):
    """H(k), its derivatives and s, in the gauge in which position is i d/dk, with hbar = e = k_B = 1.

    ``size`` is N, the number of bands, and ``dimension`` D, the number of momenta. ``cell`` holds the primitive and the
    reciprocal vectors of a periodic one, and is None in the continuum; ``positions`` are then those of the orbitals as
    fractions of the primitive vectors, modulo 1, shape (N, D). ``bosons`` is their metric where the states are bosons, N
    then the number of the components of Psi. ``window`` is the energy, or "auto", below which observables take levels for one
    multiplet, None where only degenerate ones are. Band structures do not change: ``with_values``, ``with_s`` and
    ``replace`` give new ones. ``covariant``: position has elements between orbitals and s depends on k, as in a basis of Wannier
    functions, so that derivatives are D_i X = d_i X - i[A_i, X]; ``level`` says what is known of position, and ``remarks`` are
    sentences that belong to every number. ``neutral`` bands are filled where a filling is 0: none, but for Dirac electrons of a continuum.
    """

    name: str
    reference: str
    facts: str
    size: int
    dimension: int
    cell: LatticeCell | None
    positions: Array | None
    statistics: Statistics = FERMI
    bosons: Metric | None = None
    window: float | str | None = None
    covariant: bool = False
    level: str = ""
    length_unit: float | None = None
    remarks: tuple[str, ...] = ()
    neutral: int = 0

    # -- to be supplied ----------------------------------------------------------------------------------------------
    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """What the constructor takes to build the same again."""

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """The value of every parameter by name; raises ValueError where one has no default."""

    @abstractmethod
    def with_values(self, parameters: Parameters = None, /, **by_name: Any) -> Self:
        """The same with other values of some parameters, by name or by symbol."""

    @abstractmethod
    def operator_matrices(self, name: str, k: Array, axes: tuple[int, ...]) -> ComplexArray:
        """ "H" differentiated along axes, or "s", at k of shape (M, D): shape (M, N, N)."""

    def operators_at(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        """``operator_matrices`` at some momenta, for those who know what several derivatives share."""
        return lambda name, axes: self.operator_matrices(name, k, axes)

    def operators_up_to_phases(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        """The same, or D X D^+ with phases D of the orbitals that all operators share at a k, where that costs less."""
        return self.operators_at(k)

    @property
    def bending(self) -> Bending | None:
        """A bound on what H does between samples, see ``bending.py``; None where nothing is known."""
        return None

    @property
    def suits_threads(self) -> bool:
        """Whether H may be asked for in several threads at once, unlike functions of the user, of which nothing is known."""
        return True

    # -- what follows ------------------------------------------------------------------------------------------------
    @property
    def metric(self) -> ComplexArray:
        """g in the equation of motion i dPsi/dt = g H Psi, shape (N, N): 1 for electrons and quasiparticles."""
        return np.eye(self.size, dtype=complex) if self.bosons is None else self.bosons.matrix

    @property
    def periodic(self) -> bool:
        return self.cell is not None

    @property
    def description(self) -> dict[str, Any]:
        """What it is, as plain data: the reference, the primitive vectors, and for formulas momenta, H and s as texts."""
        return {"reference": self.reference, "lattice": None if self.cell is None else self.cell.vectors.tolist()}

    @property
    def larger(self) -> BandStructure | None:
        """The same with more of what was cut off, by which observables tell what is missing; None where nothing was."""
        return None

    @property
    def distinct_energies(self) -> int | None:
        """How many distinct energies there are at a generic k for the values of the parameters; None where it is not known."""
        return None

    def lattice_cell(self, purpose: str) -> LatticeCell:
        """The cell; in the continuum a ValueError that says what a lattice is needed for."""
        if self.cell is None:
            raise ValueError(f"model: expected a lattice model ({purpose}), got the continuum model {self.name}")
        return self.cell

    def covariant_matrix(self, name: str, k: ArrayLike, axes: Iterable[int] = ()) -> ComplexArray:
        """ "H" or "s" with covariant derivatives, the first axis first, or "curvature", F_il with its indices as the first axes."""
        return self.covariant_at(self.points(k))(name, tuple(axes))

    def covariant_at(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        """``covariant_matrix`` as a function of name and axes at some momenta."""

        def unknown(name: str, axes: tuple[int, ...]) -> ComplexArray:
            raise ValueError(
                f"name: expected 'H' with axes, or 's', got {name!r} along {axes}; for numbers of {self.name} expected integer "
                "axes of ordinary derivatives: covariant ones, and F, need a material with the position between its functions"
            )

        return unknown

    def require_local(self, what: str, why: str) -> None:
        """Raise ValueError that says why ``what`` is not defined where position has elements between orbitals; no reason, no error."""
        if self.covariant and why:
            raise ValueError(
                f"model: expected the level 'tight_binding' for {what}, because {why}; got {self.name} at the level {self.level!r}"
            )

    def matrix(self, name: str, k: ArrayLike, axes: Iterable[int] = ()) -> ComplexArray:
        """ "H" differentiated along axes, or "s", as numbers: k of shape (..., D), Cartesian, gives (..., N, N).

        Where derivatives are ``covariant``, higher ones are the mean over the orders.
        """
        return self.at(self.points(k))(name, axes)

    def at(self, k: Array, up_to_phases: bool = False) -> Callable[[str, Iterable[int]], ComplexArray]:
        """``matrix`` as a function of name and axes at some momenta, whose phases are computed once; on demand up to phases of the orbitals,
        which leave energies and traces as they are."""
        flat = k.reshape(-1, self.dimension)
        operators = self.operators_up_to_phases(flat) if up_to_phases else self.operators_at(flat)

        def matrix(name: str, axes: Iterable[int]) -> ComplexArray:
            axes = ordered_axes(axes, self.dimension)
            if name not in ("H", "s") or (name == "s" and axes):
                raise ValueError(f"name: expected 'H' with axes, or 's', got {name!r} with axes {axes}")
            result = operators(name, axes)
            with np.errstate(invalid="ignore", over="ignore"):
                total = result.sum()
            if not np.isfinite(total) and not np.isfinite(result).all():
                bad = flat[np.argmin(np.isfinite(result).all(axis=(-1, -2)))]
                along = f", differentiated along {axes}," if axes else ""
                raise ValueError(f"k: expected momenta where {name}{along} is finite, got k = {bad.tolist()}")
            return result.reshape(*k.shape[:-1], self.size, self.size)

        return matrix

    def energies(self, k: ArrayLike) -> Array:
        """The eigenvalues of g H(k), ascending, shape (..., N)."""
        H = self.matrix("H", k)
        return eigenvalues(H) if self.bosons is None else self.bosons.energies(H, self.points(k))

    def eigenstates(self, k: ArrayLike) -> tuple[Array, ComplexArray, ComplexArray]:
        """The energies, and the matrices L and R, (..., N, N), with which L X R holds the elements of an operator X in the eigenbasis.

        For electrons R has the eigenvectors of H(k) as columns and L = R^+; for bosons see ``Metric.eigenstates``.
        """
        return self.diagonalized(self.matrix("H", k), self.points(k))

    def diagonalized(self, H: ComplexArray, k: Array) -> tuple[Array, ComplexArray, ComplexArray]:
        """``eigenstates`` where H(k) is known."""
        if self.bosons is not None:
            return self.bosons.eigenstates(H, k)
        energies, vectors = eigenvectors(H)
        return energies, vectors.conj().mT, vectors

    def size_of_terms(self, k: Array) -> Array:
        """How large the terms are of which H(k) is the sum, shape (...): what its rounding goes by where they cancel.

        The largest norm of H at a few generic momenta, about as large as k in the continuum.
        """
        if self.periodic:
            return np.full(k.shape[:-1], self._generic_size(np.pi))
        with np.errstate(divide="ignore"):
            shells = np.ceil(np.log2(np.abs(k).max(axis=-1)))
        found, where = np.unique(shells, return_inverse=True)
        return np.array([self._generic_size(float(2.0**shell)) for shell in found])[where.reshape(shells.shape)]

    def _generic_size(self, reach: float) -> float:
        if reach not in self._sizes:
            generic = reach * np.random.default_rng(43).uniform(-1, 1, size=(8, self.dimension))
            with np.errstate(all="ignore"):
                H = self.operators_at(generic)("H", ())
                self._sizes[reach] = float(np.nan_to_num(np.abs(H), posinf=0.0).sum(axis=-1).max())
        return self._sizes[reach]

    @cached_property
    def _sizes(self) -> dict[float, float]:
        return {}

    def points(self, k: ArrayLike) -> Array:
        """k as a float array of shape (..., D); a wrong shape, complex or non-finite numbers raise."""
        points = k if type(k) is np.ndarray and k.dtype == float else self._real(k)
        if points.ndim == 0 or points.shape[-1] != self.dimension:
            raise ValueError(f"k: expected an array of shape (..., {self.dimension}), Cartesian, got {points.shape}")
        if points.size <= _FEW:
            total = np.vdot(points, points)  # without a word about infinities
        else:
            with np.errstate(invalid="ignore", over="ignore"):
                total = points.sum()
        if not isfinite(total) and not np.isfinite(points).all():
            raise ValueError("k: expected finite numbers, got NaN or infinity")
        return points

    def _real(self, k: ArrayLike) -> Array:
        try:
            raw = np.asarray(k)
            points = np.asarray(raw.real, dtype=float)
        except (TypeError, ValueError):
            raise TypeError(f"k: expected real numbers of shape (..., {self.dimension}), got {k!r}") from None
        if np.iscomplexobj(raw):
            raise TypeError("k: expected real momenta, got complex ones")
        return points

    def _become_bosons(self, metric: Any, matrix: Callable[[str, Array], ComplexArray]) -> None:
        """For constructors: the states are bosons with this metric, if there is one; ``matrix(name, k)`` gives H and s."""
        if metric is None:
            return
        bosons, k = Metric.of(metric, self.size), np.random.default_rng(13).uniform(-2, 2, size=(4, self.dimension))
        vars(self).update(bosons=bosons, statistics=BOSE if bosons.doubled else replace(BOSE, factor=Fraction(1)))
        for name in ("H", "s"):
            bosons.require_symmetry(name, matrix(name, k), matrix(name, -k))
        if self.cell is not None:
            local = {"s": matrix("s", k)[0], "metric": bosons.matrix}
            local |= {"conjugation": bosons.exchange} if bosons.doubled else {}
            vars(self)["positions"] = orbital_positions(lambda k: matrix("H", k), local, self.cell)

    def replace(self, **changes: Any) -> Self:
        """The same with some constructor arguments changed, e.g. ``model.replace(name="mine")``."""
        arguments = self.arguments()
        unknown = set(changes) - set(arguments)
        if unknown:
            raise TypeError(f"replace: expected some of {listed(arguments)}, got {listed(unknown)}")
        return type(self)(**{**arguments, **changes})

    def with_s(self, s: Any) -> Self:
        """The same Hamiltonian with another operator s."""
        return self.replace(s=s)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name}: models do not change; with_values, with_s and replace(...) give new ones")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __reduce__(self) -> tuple[Any, ...]:
        """Band structures travel to worker processes as their arguments, without compiled functions."""
        return rebuilt, (type(self), self.arguments())

    def __repr__(self) -> str:
        kind = "lattice" if self.periodic else "continuum"
        return (
            f"{type(self).__name__}({self.name}: {self.size} bands, {self.dimension}D {kind}{self._parameters_text()})"
        )

    def card(self) -> Card:
        """What notebooks show: H and s as matrices, parameters, lattice and facts."""
        return cards.card(self)

    def _parameters_text(self) -> str:
        parameters = self.arguments()["parameters"]
        return f", parameters { {str(name): value for name, value in parameters.items()} }"


def rebuilt(kind: type[BandStructure], arguments: dict[str, Any]) -> BandStructure:
    """A band structure from its arguments, in another process."""
    return kind(**arguments)


def ordered_axes(axes: Iterable[int], dimension: int) -> tuple[int, ...]:
    """Axes of derivatives in ascending order (the order is irrelevant)."""
    axes = tuple(axes)
    if any(i not in range(dimension) for i in axes):
        raise ValueError(f"axes: expected integers from 0 to {dimension - 1}, got {axes}")
    return tuple(sorted(axes))


def by_name(parameters: Parameters, more: Mapping[str, Any], structure: BandStructure) -> dict[str, Any]:
    """Values by name, from a mapping by name or symbol and from keywords; names that the structure lacks raise."""
    if parameters is not None and not isinstance(parameters, Mapping):
        raise TypeError(f"parameters: expected a mapping from names or symbols to numbers, got {parameters!r}")
    values = {str(name): value for name, value in (parameters or {}).items()} | dict(more)
    if not values:
        return values
    known = {str(name) for name in structure.arguments()["parameters"]}
    if set(values) - known:
        raise ValueError(
            f"parameters: expected some of {listed(known)} of {structure.name}, got {listed(set(values) - known)}"
        )
    return values


def listed(names: Iterable[Any]) -> str:
    return ", ".join(sorted(str(name) for name in names)) or "(none)"
