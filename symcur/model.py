"""A model: a Bloch Hamiltonian H(k), an operator s, its momenta and its parameters.

Everything else of the theory follows from these: v_i = dH/dk_i, w_il = d^2H/dk_i dk_l, tau = -i[s, H]
and J_i = (v_i s + s v_i)/2, with hbar = e = k_B = 1. H(k) is written in the gauge in which the position operator is
i d/dk: the phases of a tight-binding model contain the atomic positions. s does not depend on k.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from sympy.core.function import AppliedUndef

from symcur.lattice import check_periodicity

ComplexArray = NDArray[np.complex128]

_RESERVED = frozenset({"k", "operator", "axes", "model", "quantity", "tolerance"})
_HERMITICITY_DIGITS = 1e-12  # relative, for entries whose Hermiticity no symbolic cancellation shows


class Model:
    """A Hermitian matrix H(k) of size N x N in D dimensions and a Hermitian, k-independent operator s.

    Parameters
    ----------
    H, s : SymPy matrices (or nested lists) of the same size N x N. A number stands for a multiple of the identity.
    k : the momenta, one to three real symbols, Cartesian.
    parameters : mapping from symbols (declared real or positive) to default values; ``None`` means that a value must be
        given wherever numbers are asked for.
    lattice : D primitive vectors (rows) in real space; H(k + G) must equal H(k) up to a diagonal unitary U_G that
        commutes with s. Without a lattice the model is a continuum (k.p) model.
    name, reference, facts : what the model is called, where it comes from, and what is known exactly about it.

    Raises
    ------
    ValueError or TypeError naming the argument, what came and what is valid.

    Attributes for observables: ``counting`` multiplies every sum over states (1/2 where Nambu space counts each
    excitation twice); ``no_electric_field`` is the reason why a response to an electric field must be refused, empty
    for electrons.
    """

    counting: sp.Rational = sp.Integer(1)
    no_electric_field: str = ""
    _arguments: ClassVar[tuple[str, ...]] = ("H", "s", "k", "parameters", "lattice", "name", "reference", "facts")

    def __init__(
        self,
        H: Any,
        s: Any,
        k: Sequence[sp.Symbol] | sp.Symbol,
        parameters: Mapping[sp.Symbol, float | None] | Iterable[sp.Symbol] = (),
        lattice: Sequence[Sequence[Any]] | None = None,
        name: str = "model",
        reference: str = "",
        facts: str = "",
    ) -> None:
        self.k = _momenta(k)
        self.parameters = _parameters(parameters)
        self.H = _square_matrix("H", H)
        self.s = _square_matrix("s", s, size=self.H.rows)
        self.name, self.reference, self.facts = name, reference, facts
        clash = {symbol.name for symbol in self.parameters} & ({symbol.name for symbol in self.k} | _RESERVED)
        if clash:
            raise ValueError(
                f"parameters: the name {_listed(clash)} came; it is taken by a momentum or by an argument of the "
                f"functions that take parameters by name ({_listed(_RESERVED)})"
            )
        known = set(self.k) | set(self.parameters)
        for label, matrix in (("H", self.H), ("s", self.s)):
            unknown = matrix.free_symbols - known
            if unknown:
                raise ValueError(
                    f"{label}: the symbols {_listed(unknown)} are neither momenta {_listed(self.k)} nor parameters "
                    f"{_listed(self.parameters) or '(none)'}; declare them in parameters={{symbol: default}} "
                    "(symbols of the same name but other assumptions are different symbols)"
                )
            if matrix.atoms(AppliedUndef):
                raise ValueError(f"{label}: the undefined functions {_listed(matrix.atoms(AppliedUndef))} came")
            _require_finite(label, matrix)
        if self.s.free_symbols & set(self.k):
            raise ValueError(
                f"s: depends on the momenta {_listed(self.s.free_symbols & set(self.k))}; s must commute with "
                "position, so it must not depend on k"
            )
        _require_hermitian("H", self.H)
        _require_hermitian("s", self.s)
        self.lattice = _lattice(lattice, self.dimension)
        if self.lattice is not None:
            check_periodicity(self)

    # -- what follows from H and s ---------------------------------------------------------------------------------
    @property
    def size(self) -> int:
        """N, the number of bands."""
        return int(self.H.rows)

    @property
    def dimension(self) -> int:
        """D, the number of momenta."""
        return len(self.k)

    @property
    def periodic(self) -> bool:
        return self.lattice is not None

    @cached_property
    def _derivatives(self) -> dict[tuple[int, ...], sp.ImmutableDenseMatrix]:
        return {(): self.H}

    def derivative(self, axes: Iterable[int] = ()) -> sp.ImmutableDenseMatrix:
        """d^m H/dk_i dk_l ..., symbolic; axes are integers 0 <= i < D, their order is irrelevant."""
        axes = tuple(sorted(axes))
        if any(i not in range(self.dimension) for i in axes):
            raise ValueError(f"axes: {axes} came; each must be an integer from 0 to {self.dimension - 1}")
        if axes not in self._derivatives:
            self._derivatives[axes] = self.derivative(axes[:-1]).diff(self.k[axes[-1]])
        return self._derivatives[axes]

    def replace(self, **changes: Any) -> Model:
        """The same model with some constructor arguments changed, e.g. ``model.replace(s=sympy.eye(2))``."""
        arguments: dict[str, Any] = {key: getattr(self, key) for key in self._arguments}
        unknown = set(changes) - set(arguments)
        if unknown:
            raise TypeError(f"replace: unknown argument {_listed(unknown)}; valid are {_listed(arguments)}")
        return type(self)(**{**arguments, **changes})

    # -- numbers -----------------------------------------------------------------------------------------------------
    def values(self, **overrides: Any) -> dict[sp.Symbol, Any]:
        """The value of every parameter: the defaults, overridden by name. Missing, unknown or non-finite ones raise."""
        by_name = {symbol.name: symbol for symbol in self.parameters}
        unknown = set(overrides) - set(by_name)
        if unknown:
            raise ValueError(
                f"{self.name}: unknown parameter {_listed(unknown)}; valid are {_listed(by_name) or '(none)'}"
            )
        values: dict[sp.Symbol, Any] = {}
        for name, symbol in by_name.items():
            value = overrides.get(name, self.parameters[symbol])
            if value is None:
                raise ValueError(f"{self.name}: the parameter {name} has no default; give {name}=<number>")
            _require_admissible(symbol, value)
            values[symbol] = value
        return values

    def matrix(self, operator: str, k: ArrayLike, axes: Iterable[int] = (), **parameters: Any) -> ComplexArray:
        """ "H" (with derivatives along axes) or "s" as numbers: k of shape (..., D) gives (..., N, N)."""
        points = self.points(k)
        values = [complex(v).real for v in self.values(**parameters).values()]
        key = (operator, tuple(sorted(axes)))
        if key not in self._functions:
            if operator not in ("H", "s") or (operator == "s" and key[1]):
                raise ValueError(f"operator: {operator!r} with axes {key[1]} came; valid are 'H' with axes, and 's'")
            symbolic = self.s if operator == "s" else self.derivative(key[1])
            self._functions[key] = _numeric(symbolic, (*self.k, *self.parameters))
        return self._functions[key](points, values)

    @cached_property
    def _functions(self) -> dict[tuple[str, tuple[int, ...]], Callable[..., ComplexArray]]:
        return {}

    def points(self, k: ArrayLike) -> NDArray[np.float64]:
        """k as a float array of shape (..., D); a wrong shape, complex or non-finite numbers raise."""
        try:
            raw = np.asarray(k)
            points = np.asarray(raw.real, dtype=float)
        except (TypeError, ValueError):
            raise TypeError(
                f"k: {k!r} came; real numbers in an array of shape (..., {self.dimension}) are valid"
            ) from None
        if np.iscomplexobj(raw):
            raise TypeError("k: complex momenta came; they must be real")
        if points.ndim == 0 or points.shape[-1] != self.dimension:
            raise ValueError(
                f"k: an array of shape {points.shape} came; the shape must be (..., {self.dimension}), Cartesian"
            )
        if not np.isfinite(points).all():
            raise ValueError("k: a non-finite number came; every component must be finite")
        return points

    def bounded_below(self, **parameters: Any) -> bool:
        """Whether the lowest band stays above a bound for these parameters: always on a lattice, for a continuum model
        read off its energies far out along random directions."""
        if self.periodic:
            return True
        directions = np.random.default_rng(3).normal(size=(32, self.dimension))
        directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
        radii = 10.0 ** np.arange(4, 7)[:, None, None]
        lowest = np.linalg.eigvalsh(self.matrix("H", radii * directions, **parameters))[..., 0]
        drop, further = -np.diff(lowest, axis=0)
        # Unbounded: the energy falls, and faster from decade to decade.
        return not bool((further > 2 * np.abs(drop) + 1e-9 * np.abs(lowest).max(axis=0)).any())

    def __repr__(self) -> str:
        kind = "lattice" if self.periodic else "continuum"
        return (
            f"Model({self.name}: {self.size} bands, {self.dimension}D {kind}, parameters "
            f"{ {symbol.name: value for symbol, value in self.parameters.items()} })"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Models travel to worker processes without their compiled functions."""
        return type(self), tuple(getattr(self, key) for key in self._arguments)


def _listed(symbols: Iterable[Any]) -> str:
    return ", ".join(sorted(str(symbol) for symbol in symbols))


def _momenta(k: Any) -> tuple[sp.Symbol, ...]:
    momenta = tuple(k) if isinstance(k, (tuple, list, sp.Tuple)) else (k,)
    if not 1 <= len(momenta) <= 3 or len(set(momenta)) != len(momenta):
        raise ValueError(f"k: {k!r} came; one to three different symbols are valid")
    for symbol in momenta:
        if not isinstance(symbol, sp.Symbol) or not symbol.is_extended_real:
            raise TypeError(f"k: {symbol!r} came; momenta must be symbols declared real (real=True)")
    return momenta


def _parameters(parameters: Any) -> dict[sp.Symbol, Any]:
    if not isinstance(parameters, Iterable):
        raise TypeError(f"parameters: {parameters!r} came; a mapping from symbols to default values is valid")
    pairs = dict(parameters) if isinstance(parameters, Mapping) else dict.fromkeys(parameters)
    for symbol, value in pairs.items():
        if not isinstance(symbol, sp.Symbol) or not symbol.is_extended_real:
            raise TypeError(f"parameters: {symbol!r} came; parameters must be symbols declared real or positive")
        if value is not None:
            _require_admissible(symbol, value)
    names = [symbol.name for symbol in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"parameters: two symbols share a name in {_listed(names)}")
    return pairs


def _require_admissible(symbol: sp.Symbol, value: Any) -> None:
    try:
        number = complex(value) if not isinstance(value, str) else None
    except (TypeError, OverflowError):
        number = None
    if number is None:
        raise TypeError(f"{symbol.name}: {value!r} came; a finite real number is valid")
    if number.imag != 0 or not math.isfinite(number.real):
        raise ValueError(f"{symbol.name}: {value!r} came; a finite real number is valid")
    for sign, contradicts in (
        ("positive", number.real <= 0),
        ("negative", number.real >= 0),
        ("nonnegative", number.real < 0),
        ("nonpositive", number.real > 0),
    ):
        if getattr(symbol, f"is_{sign}") and contradicts:
            raise ValueError(f"{symbol.name}: {value!r} came, but the symbol is declared {sign}")


def _square_matrix(label: str, matrix: Any, size: int | None = None) -> sp.ImmutableDenseMatrix:
    if isinstance(matrix, (int, float, np.number, sp.Expr)) and not hasattr(matrix, "rows") and size is not None:
        matrix = sp.sympify(matrix + 0) * sp.eye(size)
    try:
        result = sp.ImmutableDenseMatrix(matrix)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise TypeError(
            f"{label}: {type(matrix).__name__} came; a square SymPy matrix or nested list is valid"
        ) from error
    if result.rows != result.cols or result.rows == 0:
        raise ValueError(f"{label}: a matrix of shape {result.shape} came; it must be square")
    if size is not None and result.rows != size:
        raise ValueError(
            f"{label}: a matrix of shape {result.shape} came; H has shape ({size}, {size}), so must {label}"
        )
    return sp.ImmutableDenseMatrix(result.applyfunc(_exact))


def _exact(entry: Any) -> sp.Expr:
    """Floats become rationals (0.1 is 1/10), so that closed forms and proofs stay exact."""
    return entry.xreplace({number: _rational(number) for number in entry.atoms(sp.Float)})


def _rational(number: sp.Float) -> sp.Rational:
    """The simplest rational that rounds to the number: 1/3 for 0.333..., else the decimal fraction it prints."""
    simple = sp.nsimplify(number, rational=True)
    return simple if float(simple) == float(number) else sp.Rational(repr(float(number)))


def _require_finite(label: str, matrix: sp.ImmutableDenseMatrix) -> None:
    for entry in matrix:
        if entry.has(sp.nan, sp.oo, -sp.oo, sp.zoo):
            raise ValueError(f"{label}: the entry {entry} is not finite")


def _require_hermitian(label: str, matrix: sp.ImmutableDenseMatrix) -> None:
    difference = matrix - matrix.H
    for row in range(matrix.rows):
        for column in range(row, matrix.cols):
            if not _vanishes(difference[row, column], matrix[row, column]):
                raise ValueError(
                    f"{label}: not Hermitian; {label}[{row}, {column}] = {matrix[row, column]} but the conjugate of "
                    f"{label}[{column}, {row}] is {sp.conjugate(matrix[column, row])}"
                )


def _vanishes(difference: sp.Expr, scale: sp.Expr) -> bool:
    if difference == 0:
        return True
    expanded = sp.expand(sp.expand(difference, complex=True))
    if expanded == 0:
        return True
    # Not cancelled by expansion: decide at random points with thirty digits.
    generator = np.random.default_rng(7)
    symbols = sorted(expanded.free_symbols | scale.free_symbols, key=str)
    for _ in range(6):
        point = {x: sp.Rational(int(generator.integers(1, 997)), 331) * _random_sign(x, generator) for x in symbols}
        size = 1 + abs(complex(scale.subs(point).evalf(30)))
        if abs(complex(expanded.subs(point).evalf(30))) > _HERMITICITY_DIGITS * size:
            return False
    return True


def _random_sign(symbol: sp.Symbol, generator: np.random.Generator) -> int:
    if symbol.is_nonnegative or symbol.is_nonpositive:
        return 1 if symbol.is_nonnegative else -1
    return int(generator.choice((-1, 1)))


def _lattice(lattice: Any, dimension: int) -> sp.ImmutableDenseMatrix | None:
    if lattice is None:
        return None
    try:
        vectors = sp.ImmutableDenseMatrix(lattice).applyfunc(_exact)
    except (TypeError, ValueError):
        raise TypeError(f"lattice: {lattice!r} came; {dimension} primitive vectors are valid") from None
    if vectors.shape != (dimension, dimension):
        raise ValueError(
            f"lattice: shape {vectors.shape} came; {dimension} primitive vectors of {dimension} components are valid"
        )
    if vectors.free_symbols:
        raise ValueError(f"lattice: the symbols {_listed(vectors.free_symbols)} came; vectors must be numbers")
    if not all(entry.is_real for entry in vectors):
        raise ValueError(f"lattice: {vectors.tolist()} came; the vectors must be finite and real")
    if vectors.det().evalf() == 0:
        raise ValueError("lattice: the primitive vectors are linearly dependent")
    return sp.ImmutableDenseMatrix(vectors)


def _numeric(
    symbolic: sp.ImmutableDenseMatrix, symbols: Sequence[sp.Symbol]
) -> Callable[[NDArray[np.float64], Sequence[float]], ComplexArray]:
    """A vectorised function (k, parameter values) -> (..., N, N); the upper half is computed, the rest conjugated."""
    size = symbolic.rows
    places = [(a, b) for a in range(size) for b in range(a, size) if symbolic[a, b] != 0 or symbolic[b, a] != 0]
    entries = sp.lambdify(symbols, [symbolic[a, b] for a, b in places], modules="numpy", cse=True)

    def function(points: NDArray[np.float64], values: Sequence[float]) -> ComplexArray:
        result = np.zeros((*points.shape[:-1], size, size), dtype=complex)
        with np.errstate(divide="ignore", invalid="ignore"):
            computed = entries(*np.moveaxis(points, -1, 0), *values)
        for (a, b), entry in zip(places, computed, strict=True):
            result[..., a, b] = np.real(entry) if a == b else entry
            if a != b:
                result[..., b, a] = np.conj(entry)
        if not np.isfinite(result).all():
            bad = points.reshape(-1, points.shape[-1])[~np.isfinite(result).all(axis=(-1, -2)).reshape(-1)][0]
            raise ValueError(f"k: the matrix is not finite at k = {bad.tolist()} for these parameters")
        return result

    return function
