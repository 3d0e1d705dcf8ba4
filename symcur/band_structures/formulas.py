"""H and s as checked formulas: what models that differ only in the values of their parameters share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.band_structure import listed, ordered_axes
from symcur.band_structures.bending import OfFormulas
from symcur.band_structures.periodicity import orbital_positions
from symcur.brillouin import LatticeCell
from symcur.brillouin.zooming import GRID
from symcur.program import Scalar, SimplifyingProgram, from_sympy
from symcur.program.numpy_backend import function_of_arrays
from symcur.program.rewriting import differentiated

_HERMITICITY_DIGITS = 1e-12  # relative, for entries whose Hermiticity no symbolic cancellation shows


class Formulas:
    """H and s as checked formulas, with their derivatives and compiled functions: what models with other values share."""

    def __init__(
        self,
        H: sp.ImmutableDenseMatrix,
        s: sp.ImmutableDenseMatrix,
        k: tuple[sp.Symbol, ...],
        parameters: tuple[sp.Symbol, ...],
        lattice: sp.ImmutableDenseMatrix | None,
    ) -> None:
        self.H, self.s, self.k = H, s, k
        self.symbols = (*k, *parameters)
        clash = {symbol.name for symbol in k} & {symbol.name for symbol in parameters}
        if clash:
            raise ValueError(f"parameters: expected names that no momentum has, got {listed(clash)}")
        for label, matrix in (("H", H), ("s", s)):
            _require_known_symbols(label, matrix, k, parameters)
            for entry in matrix:
                if entry.has(sp.nan, sp.oo, -sp.oo, sp.zoo):
                    raise ValueError(f"{label}: expected finite entries, got {entry}")
        if s.free_symbols & set(k):
            raise ValueError(
                f"s: expected an operator that commutes with position, got one that depends on the momenta "
                f"{listed(s.free_symbols & set(k))}"
            )
        require_hermitian("H", H)
        require_hermitian("s", s)
        if lattice is not None:
            _require_primitive_vectors(lattice, len(k))
        self.derivative, self.function = cache(self._derivative), cache(self._function)
        self.cell = None if lattice is None else LatticeCell(np.array(lattice.evalf(30).tolist(), dtype=float))
        self.positions = None if self.cell is None else self._positions(self.cell, parameters)

    def _positions(self, cell: LatticeCell, parameters: Sequence[sp.Symbol]) -> Array:
        """At random values of the parameters, so that every link is there."""
        values = [float(value) for value in generic_values(parameters, np.random.default_rng(11)).values()]
        s = self.function("s", ())(np.zeros((1, cell.dimension)), values)[0]
        return orbital_positions(lambda k: self.function("H", ())(k, values), {"s": s}, cell)

    @cached_property
    def bending(self) -> OfFormulas | None:
        """How far H bends between samples, for values of the parameters; None for functions that programs lack."""
        try:
            return OfFormulas(self.H, self.symbols)
        except ValueError:
            return None

    @cached_property
    def shown(self) -> bool:
        """Whether the entries of H are harmonics so low that the grid of landmarks shows all that they do."""
        if self.cell is None or self.bending is None:
            return False
        return self.bending.reach(self.cell) + 1 <= GRID[self.cell.dimension] / 4

    @cached_property
    def texts(self) -> dict[str, Any]:
        """The momenta, H and s as they are printed."""
        matrices = {
            name: [list(map(str, row)) for row in matrix.tolist()] for name, matrix in (("H", self.H), ("s", self.s))
        }
        return {"momenta": [symbol.name for symbol in self.k], **matrices}

    def _derivative(self, axes: tuple[int, ...]) -> sp.ImmutableDenseMatrix:
        if not axes:
            return self.H
        k, rates = self.k[axes[-1]], dict[sp.Expr, sp.Expr]()

        def rate(term: sp.Expr) -> sp.Expr:
            """Terms of different entries often depend on k alike."""
            factors = sp.Mul.make_args(term)
            rest = sp.Mul(*(x for x in factors if k in x.free_symbols))
            if rest not in rates:
                rates[rest] = rest.diff(k)
            return sp.Mul(*(x for x in factors if k not in x.free_symbols), rates[rest])

        return self.derivative(axes[:-1]).applyfunc(  # term by term is faster than SymPy is with sums and with matrices
            lambda entry: sp.Add(*(rate(x) for x in sp.Add.make_args(entry) if k in x.free_symbols))
        )

    def symbolic(self, name: str, axes: tuple[Any, ...]) -> sp.ImmutableDenseMatrix:
        """ "H" differentiated along integer axes, or "s", as an expression of the formula language names them."""
        if name not in ("H", "s") or not all(isinstance(axis, int) for axis in axes):
            raise ValueError(f"expression: expected H or s with integer axes, got {name} with axes {axes}")
        return self.s if name == "s" else self.derivative(ordered_axes(axes, len(self.k)))

    def _function(self, name: str, axes: tuple[int, ...]) -> Callable[[Array, Sequence[float]], ComplexArray]:
        """A function (k of shape (M, D), parameter values) -> (M, N, N)."""
        undefined = self.H.atoms(AppliedUndef) | self.s.atoms(AppliedUndef)
        if undefined:
            raise ValueError(f"H: expected explicit functions where numbers are asked for, got {listed(undefined)}")
        if name == "H" and self._program is not None:
            return self._program.function(axes)
        return _numeric(self.symbolic(name, axes), self.symbols)

    @cached_property
    def _program(self) -> _HermitianProgram | None:
        """None for functions that programs lack."""
        try:
            return _HermitianProgram(self.H, self.symbols)
        except ValueError:
            return None


_Entries = dict[tuple[int, int], Scalar]


class _HermitianProgram:
    """The upper half of H as a program, which is differentiated node by node: that costs a thirtieth of SymPy's derivatives."""

    def __init__(self, H: sp.ImmutableDenseMatrix, symbols: Sequence[sp.Symbol]) -> None:
        self.size, self.names = H.rows, [symbol.name for symbol in symbols]
        self.program = SimplifyingProgram()
        entries = {(a, b): from_sympy(self.program, H[a, b]) for a in range(H.rows) for b in range(a, H.rows)}
        real = {place: entry.real for place, entry in entries.items()}
        imag = {(a, b): entry.imag for (a, b), entry in entries.items() if a != b}
        self._parts: dict[tuple[int, ...], tuple[_Entries, _Entries]] = {(): (real, imag)}

    def parts(self, axes: tuple[int, ...]) -> tuple[_Entries, _Entries]:
        """Real and imaginary parts of the derivative along axes."""
        if axes not in self._parts:
            before = self.parts(axes[:-1])
            nodes = [entry.node for part in before for entry in part.values()]
            rates = differentiated(self.program, nodes, {self.names[axes[-1]]: self.program.one})
            real, imag = ({place: rates[entry.node] for place, entry in part.items()} for part in before)
            self._parts[axes] = (real, imag)
        return self._parts[axes]

    def function(self, axes: tuple[int, ...]) -> Callable[[Array, Sequence[float]], ComplexArray]:
        parts = [{place: x for place, x in part.items() if not x.is_zero} for part in self.parts(axes)]
        entries = function_of_arrays(self.program, self.names, [x.node for part in parts for x in part.values()])
        size, split = self.size, len(parts[0])
        # The columns of the entry and of its partner in rows of 2 N^2 real numbers.
        places = [(2 * (a * size + b) + j, 2 * (b * size + a) + j) for j in (0, 1) for a, b in parts[j]]

        def function(points: Array, values: Sequence[float]) -> ComplexArray:
            result = np.zeros((len(points), size, size), dtype=complex)
            columns = result.view(float).reshape(len(points), 2 * size**2).T
            with np.errstate(all="ignore"):
                computed = entries(*points.T.copy(), *map(np.float64, values))  # which divide by 0 as arrays do
            for (place, partner), entry in zip(places[:split], computed[:split], strict=True):
                columns[place] = entry
                if partner != place:
                    columns[partner] = entry
            for (place, partner), entry in zip(places[split:], computed[split:], strict=True):
                columns[place] = entry
                np.negative(entry, out=columns[partner])
            return result

        return function


@lru_cache(maxsize=128)
def checked_formulas(*arguments: Any) -> Formulas:
    """Checked once for equal formulas, whatever the values of the parameters."""
    return Formulas(*arguments)


# -- the arguments -----------------------------------------------------------------------------------------------------
def momenta(k: Any) -> tuple[sp.Symbol, ...]:
    """One to three different symbols declared real."""
    symbols = tuple(k) if isinstance(k, (tuple, list, sp.Tuple)) else (k,)
    if not 1 <= len(symbols) <= 3 or len(set(symbols)) != len(symbols):
        raise ValueError(f"k: expected one to three different symbols, got {k!r}")
    for symbol in symbols:
        if not isinstance(symbol, sp.Symbol) or not symbol.is_extended_real:
            raise TypeError(f"k: expected symbols declared real (real=True), got {symbol!r}")
    return symbols


def default_values(parameters: Any, *matrices: sp.ImmutableDenseMatrix) -> dict[sp.Symbol, Any]:
    """Default values by symbol; a name stands for the symbol of this name that occurs in the matrices."""
    if not isinstance(parameters, Iterable) or isinstance(parameters, str):
        raise TypeError(f"parameters: expected a mapping from symbols or names to default values, got {parameters!r}")
    pairs = dict(parameters) if isinstance(parameters, Mapping) else dict.fromkeys(parameters)
    defaults: dict[sp.Symbol, Any] = {}
    for key, value in pairs.items():
        symbol = _by_name(key, matrices) if isinstance(key, str) else key
        if not isinstance(symbol, sp.Symbol) or not symbol.is_extended_real:
            raise TypeError(f"parameters: expected symbols declared real or positive, got {symbol!r}")
        if symbol.name in {other.name for other in defaults}:
            raise ValueError(f"parameters: expected every name once, got {symbol.name} twice")
        if value is not None:
            require_admissible(symbol, value)
        defaults[symbol] = value
    return defaults


def _by_name(name: str, matrices: Sequence[sp.ImmutableDenseMatrix]) -> sp.Symbol:
    found = [x for x in set().union(*(matrix.free_symbols for matrix in matrices)) if x.name == name]
    if len(found) > 1:
        raise ValueError(f"parameters: expected one symbol named {name} in H and s, got several with other assumptions")
    return found[0] if found else sp.Symbol(name, real=True)


def require_admissible(symbol: sp.Symbol, value: Any) -> None:
    """Raise unless the value is a finite real number of the sign that the symbol is declared with."""
    try:
        number = complex(value) if not isinstance(value, str) else None
    except (TypeError, OverflowError, ValueError):
        number = None
    if number is None:
        raise TypeError(f"{symbol.name}: expected a finite real number, got {value!r}")
    if number.imag != 0 or not math.isfinite(number.real):
        raise ValueError(f"{symbol.name}: expected a finite real number, got {value!r}")
    for sign, contradicts in (
        ("positive", number.real <= 0),
        ("negative", number.real >= 0),
        ("nonnegative", number.real < 0),
        ("nonpositive", number.real > 0),
    ):
        if getattr(symbol, f"is_{sign}") and contradicts:
            raise ValueError(f"{symbol.name}: expected a {sign} number, as the symbol is declared, got {value!r}")


def _require_known_symbols(
    label: str, matrix: sp.ImmutableDenseMatrix, k: Sequence[sp.Symbol], parameters: Sequence[sp.Symbol]
) -> None:
    unknown = matrix.free_symbols - set(k) - set(parameters)
    if unknown:
        raise ValueError(
            f"{label}: expected the momenta {listed(k)} and the parameters {listed(parameters)}, got the symbols "
            f"{listed(unknown)}; declare them in parameters={{symbol: default}} (symbols of the same name but other "
            "assumptions are different symbols)"
        )
    complex_functions = [function for function in matrix.atoms(AppliedUndef) if not function.is_extended_real]
    if complex_functions:
        raise ValueError(
            f"{label}: expected undefined functions declared real (real=True), got {listed(complex_functions)}"
        )


def require_hermitian(label: str, matrix: sp.ImmutableDenseMatrix) -> None:
    """Raise ValueError with the first entry that is not the conjugate of its partner."""
    for row in range(matrix.rows):
        for column in range(row, matrix.cols):
            entry, partner = matrix[row, column], sp.conjugate(matrix[column, row])
            if entry != partner and not _vanishes(entry - partner, entry):
                raise ValueError(
                    f"{label}: expected a Hermitian matrix, got {label}[{row}, {column}] = {entry} while the conjugate of "
                    f"{label}[{column}, {row}] is {partner}"
                )


def _vanishes(difference: sp.Expr, scale: sp.Expr) -> bool:
    if difference == 0:
        return True
    difference, scale = any_functions(difference), any_functions(scale)
    expanded = sp.expand(sp.expand(difference, complex=True))
    if expanded == 0:
        return True
    # Not cancelled by expansion: decide at random points with thirty digits.
    generator = np.random.default_rng(7)
    symbols = sorted(expanded.free_symbols | scale.free_symbols, key=str)
    for _ in range(6):
        point = generic_values(symbols, generator)
        size = 1 + abs(complex(scale.subs(point).evalf(30)))
        if abs(complex(expanded.subs(point).evalf(30))) > _HERMITICITY_DIGITS * size:
            return False
    return True


def any_functions(expression: Any) -> Any:
    """An expression or a matrix with a real symbol in the place of every undefined function and of its derivatives."""
    functions = expression.atoms(AppliedUndef)
    derivatives = [d for d in expression.atoms(sp.Derivative) if d.atoms(AppliedUndef)]
    return expression.xreplace({f: sp.Symbol(str(f), real=True) for f in (*functions, *derivatives)})


def generic_values(symbols: Iterable[sp.Symbol], generator: np.random.Generator) -> dict[sp.Symbol, sp.Rational]:
    """Random values between 0.3 and 1.6, of integers 3, 4 or 5, with the signs that the symbols are declared with, or
    random ones."""
    values = {}
    for symbol in symbols:
        if symbol.is_integer:
            size = sp.Integer(4 if symbol.is_even else 3 if symbol.is_odd else int(generator.integers(3, 6)))
        else:
            size = sp.Rational(int(generator.integers(200, 997)), 631)
        negative = symbol.is_nonpositive or (not symbol.is_nonnegative and generator.integers(2))
        values[symbol] = -size if negative else size
    return values


def _require_primitive_vectors(vectors: sp.ImmutableDenseMatrix, dimension: int) -> None:
    """Raise ValueError unless the rows are D independent real vectors."""
    if vectors.shape != (dimension, dimension):
        raise ValueError(
            f"lattice: expected {dimension} primitive vectors of {dimension} components, got shape {vectors.shape}"
        )
    if vectors.free_symbols:
        raise ValueError(f"lattice: expected numbers, got the symbols {listed(vectors.free_symbols)}")
    if not all(entry.is_real for entry in vectors):
        raise ValueError(f"lattice: expected finite real vectors, got {vectors.tolist()}")
    if vectors.det().evalf() == 0:
        raise ValueError(f"lattice: expected independent primitive vectors, got {vectors.tolist()}")


def _numeric(
    symbolic: sp.ImmutableDenseMatrix, symbols: Sequence[sp.Symbol]
) -> Callable[[Array, Sequence[float]], ComplexArray]:
    """A vectorised function (k, parameter values) -> (M, N, N); the upper half is computed, the rest conjugated."""
    size = symbolic.rows
    places = [(a, b) for a in range(size) for b in range(a, size) if symbolic[a, b] != 0 or symbolic[b, a] != 0]
    # A parameter may have the name of a function: symbols go by other names in the code.
    entries = sp.lambdify(symbols, [symbolic[a, b] for a, b in places], modules="numpy", cse=True, dummify=True)

    def function(points: Array, values: Sequence[float]) -> ComplexArray:
        result = np.zeros((len(points), size, size), dtype=complex)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            computed = entries(*points.T, *values)
        for (a, b), entry in zip(places, computed, strict=True):
            result[:, a, b] = np.real(entry) if a == b else entry
            if a != b:
                result[:, b, a] = np.conj(entry)
        return result

    return function
