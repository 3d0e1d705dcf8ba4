"""H, its derivatives and s as exact matrices: as the model writes them, or in the components of H as letters.

With H = sum_a h_a(k) B_a in constant Hermitian matrices B_a, a formula in h_a and their derivatives holds for the whole
class of models with these matrices, and is often the shortest one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property, reduce
from math import prod

import numpy as np
import sympy as sp
from flint import fmpq
from sympy.core.function import AppliedUndef

from symcur.arrays import ObjectArray
from symcur.band_structures import Model
from symcur.band_structures.formulas import any_functions, generic_values
from symcur.closed_forms.common_subexpressions import unused
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.independent import independent
from symcur.closed_forms.letters import Section, axes_of, letters
from symcur.closed_forms.ring import Exact, NotExact, Ring, ratio, rational, reduced, total
from symcur.expressions.interpreter import shifted

_ORDERS = 3  # derivatives of H at most, where they bring functions that H does not have
_TINY = 1e-9  # of the largest term of a sum: what is larger is not zero
_COMPONENT_ORDERS = 2  # the highest derivatives of H in the quantities of the theory
_Groups = list[tuple[str, list[tuple[fmpq, str]]]]  # a name, and the factors of matrices of ``basis`` with these labels


class Entries:
    """H, its derivatives and s of a model over one ring, as they stand; ``extra`` are further real symbols.

    Raises NotExact where they are no polynomials in real functions.
    """

    letters: Mapping[sp.Symbol, sp.Expr] = {}  # symbols for components of H and their derivatives, and what they are
    names: Mapping[sp.Symbol, str] = {}  # of those for derivatives, in LaTeX

    def __init__(self, model: Model, extra: Iterable[sp.Symbol] = (), taken: Iterable[str] = ()) -> None:
        self.model, extra = model, tuple(extra)
        entries = [*model.H, *model.s]
        self.ring = Ring(entries, model.k, extra)
        if self.ring.opaque or isinstance(model, Section):
            axes = range(model.dimension)
            for order in range(1, _ORDERS + 1):
                for chosen in itertools.combinations_with_replacement(axes, order):
                    entries += model.formulas.symbolic("H", chosen).flat()
            self.ring = Ring(entries, model.k, extra)
        read = letters(model)
        self.operator = cache(lambda name, axes: self.ring.matrix(read(name, axes)))

    def vanishes(self, value: Exact) -> bool:
        """Is the value zero as a function of k and the parameters?"""
        return value.is_zero

    @cached_property
    def h0(self) -> Exact:
        """Tr H/N."""
        return total(self.operator("H", ()).diagonal(), self.ring) / self.model.size

    @cached_property
    def traceless(self) -> ObjectArray:
        """H - h0."""
        return reduced(shifted(self.operator("H", ()), -self.h0))


class Components(Entries):
    """The same with a symbol for each component h_a(k) and each of its derivatives; without momenta they stay as they are."""

    def __init__(self, model: Model, extra: Iterable[sp.Symbol] = (), taken: Iterable[str] = ()) -> None:
        self.model, self.given = model, Entries(model)
        self._taken = {*taken}
        self._known: list[tuple[Exact, sp.Symbol]] = []
        self.letters: dict[sp.Symbol, sp.Expr] = {}
        self.names: dict[sp.Symbol, str] = {}
        self._parts = self._components()
        explicit = [f for functions, _ in self._parts for f in functions.values()]
        numbers = [number for _, matrix in self._parts for number in matrix.values()]
        self.ring = Ring([*explicit, *numbers, *model.s], model.k, extra)
        self.operator = cache(self._operator)

    def _components(self) -> list[tuple[dict[tuple[int, ...], sp.Expr], dict[tuple[int, int], sp.Expr]]]:
        """H = sum_a h_a B_a: the functions h_a and their derivatives, and the entries of B_a.

        Where no more than half as many functions are independent, as in a constant basis in which H is not simple, these are taken.
        Where momenta have values, functions may agree there and differ in their derivatives.
        """
        if isinstance(self.model, Section):
            return self._with_derivatives_of_their_own()
        groups = self._proportional(self.given.operator("H", ()))

        @cache
        def values(axes: tuple[int, ...]) -> list[Exact]:
            return [component(self.given.operator("H", axes), pairs[0][1]) for _, pairs in groups]

        ring = self.given.ring
        found = independent(values(())) if groups else []
        names = [str(j) for j in range(1, len(found) + 1)]
        if 2 * len(found) > len(groups):
            found, names = [({a: ring.one}, {a: ring.one}) for a in range(len(groups))], [name for name, _ in groups]

        def combined(weights: Mapping[int, Exact]) -> Callable[..., Exact]:
            return lambda axes: total((values(axes)[a] * w for a, w in weights.items()), ring)

        return [
            (self._functions(name, combined(weights)), self._matrix(numbers, groups))
            for name, (weights, numbers) in zip(names, found, strict=True)
        ]

    def _with_derivatives_of_their_own(
        self,
    ) -> list[tuple[dict[tuple[int, ...], sp.Expr], dict[tuple[int, int], sp.Expr]]]:
        """One function for each matrix of the basis that occurs in H or its derivatives."""
        found = []
        for label in basis(self.model.size):
            functions = self._functions(
                label if label.strip("0") else "0", lambda axes, a=label: component(self.given.operator("H", axes), a)
            )
            if any(functions.values()):
                entries = entries_of(label, self.model.size).items()
                found.append((functions, {place: re + sp.I * im for place, (re, im) in entries}))
        return found

    def _matrix(self, numbers: Mapping[int, Exact], groups: _Groups) -> dict[tuple[int, int], sp.Expr]:
        """sum_a number_a B_a."""
        result: dict[tuple[int, int], sp.Expr] = {}
        for a, number in numbers.items():
            value = written(number).expression
            for factor, label in groups[a][1]:
                for place, (re, im) in entries_of(label, self.model.size).items():
                    entry = value * rational(factor) * (re + sp.I * im)
                    result[place] = sp.expand(result.get(place, 0) + entry)
        return result

    def _proportional(self, H: ObjectArray) -> _Groups:
        """The components, those that differ by a rational factor together: (name, [(factor, label of B)])."""
        groups: list[tuple[Exact, list[tuple[fmpq, str]]]] = []
        for label in basis(len(H)):
            value = component(H, label)
            if value.is_zero:
                continue
            for first, pairs in groups:
                factor = ratio(value, first)
                if factor is not None:
                    pairs.append((factor, label))
                    break
            else:
                groups.append((value, [(fmpq(1), label)]))
        single = all(len(pairs) == 1 for _, pairs in groups)
        names = [pairs[0][1] if single else str(j) for j, (_, pairs) in enumerate(groups, 1)]
        names = ["0" if name and not name.strip("0") else name for name in names]
        return [(name, pairs) for name, (_, pairs) in zip(names, groups, strict=True)]

    def _functions(self, label: str, component: Callable[..., Exact]) -> dict[tuple[int, ...], sp.Expr]:
        """The component and its derivatives: symbols where they depend on k."""
        moving = set(self.model.k)
        functions: dict[tuple[int, ...], sp.Expr] = {}
        for order in range(_COMPONENT_ORDERS + 1):
            for axes in itertools.combinations_with_replacement(range(self.model.dimension), order):
                exact = component(axes).reduced()
                same = ((ratio(exact, other), symbol) for other, symbol in self._known if axes)
                multiple = next((rational(number) * symbol for number, symbol in same if number is not None), None)
                value = written(exact).expression if multiple is None else multiple
                if (
                    multiple is None
                    and value.free_symbols & moving
                    and not isinstance(value, AppliedUndef | sp.Derivative)
                ):
                    along = [axes_of(self.model)[axis].name for axis in axes]
                    suffix = "".join(f"_{name}" for name in along)
                    symbol = sp.Symbol(unused(f"h_{label}{suffix}", self._taken), real=True)
                    self._taken.add(symbol.name)
                    self.letters[symbol] = value
                    self._known.append((exact, symbol))
                    if axes:
                        indices = "".join(name.removeprefix("k_") for name in along)
                        self.names[symbol] = f"h_{{{label},{indices}}}"
                    value = symbol
                functions[axes] = value
        return functions

    def vanishes(self, value: Exact) -> bool:
        """A value that is not zero whatever the components are may be zero for those of the model: a point, then a proof."""
        return value.is_zero or (self._is_small(value) and self._explicit(value).is_zero)

    @cached_property
    def _point(self) -> list[complex]:
        """The values of all generators at random k and parameters."""
        letters = {symbol: any_functions(expression) for symbol, expression in self.letters.items()}
        generators = [any_functions(generator) for generator in self.ring.generators]
        symbols = set().union(*(expression.free_symbols for expression in (*letters.values(), *generators)))
        point = generic_values(sorted(symbols, key=str), np.random.default_rng(17))
        known = point | {symbol: expression.xreplace(point) for symbol, expression in letters.items()}
        return [complex(generator.xreplace(known).evalf(20)) for generator in generators]

    def _is_small(self, value: Exact) -> bool:
        terms = [
            complex(float(c.p) / float(c.q))
            * factor
            * prod(z ** int(e) for z, e in zip(self._point, exponents, strict=True) if e)
            for part, factor in ((value.real, 1), (value.imag, 1j))
            for exponents, c in part.to_dict().items()
        ]
        return abs(sum(terms)) < _TINY * max(map(abs, terms), default=0.0)

    def _explicit(self, value: Exact) -> Exact:
        """The numerator with the components written out, as an element of the ring of the model."""
        ring, generators = self.given.ring, self.ring.generators
        known = cache(lambda j: ring.convert(self.letters.get(generators[j], generators[j])))
        parts = ((value.real, ring.one), (value.imag, ring.number(0, 1)))
        return total(
            (
                prod((known(j) ** int(e) for j, e in enumerate(exponents) if e), start=i * c)
                for part, i in parts
                for exponents, c in part.to_dict().items()
            ),
            ring,
        )

    def _operator(self, name: str, axes: tuple[int, ...]) -> ObjectArray:
        symbolic = self.model.formulas.symbolic(name, axes)  # which refuses what is neither H nor s
        if name != "H":
            return self.ring.matrix(symbolic)
        axes = tuple(sorted(axes))
        if len(axes) > _COMPONENT_ORDERS:
            raise NotExact(f"expression: expected derivatives up to order {_COMPONENT_ORDERS}, got {axes}")
        H = np.full((self.model.size, self.model.size), self.ring.zero)
        for functions, matrix in self._parts:
            value = self.ring.convert(functions[axes])
            for place, number in matrix.items():
                H[place] = H[place] + value * self.ring.convert(number)
        return reduced(H)


# -- constant Hermitian matrices, orthogonal under the trace -------------------------------------------------------------
_Sparse = dict[tuple[int, int], tuple[int, int]]
_PAULI: dict[str, _Sparse] = {
    "0": {(0, 0): (1, 0), (1, 1): (1, 0)},
    "x": {(0, 1): (1, 0), (1, 0): (1, 0)},
    "y": {(0, 1): (0, -1), (1, 0): (0, 1)},
    "z": {(0, 0): (1, 0), (1, 1): (-1, 0)},
}


@cache
def basis(size: int) -> tuple[str, ...]:
    """Labels: products of Pauli matrices (outer first) for N = 2^n; else the entries "ab", real and imaginary part."""
    if size > 1 and size & (size - 1) == 0:
        return tuple(map("".join, itertools.product("0xyz", repeat=size.bit_length() - 1)))
    pairs = itertools.combinations_with_replacement(range(1, size + 1), 2)
    return tuple(f"{part}{a},{b}" for a, b in pairs for part in ("r", "i") if part == "r" or a != b)


@cache
def entries_of(label: str, size: int) -> _Sparse:
    """The entries (real, imaginary) of a matrix of ``basis``."""
    if "," not in label:
        return reduce(_kron, (_PAULI[letter] for letter in label))
    a, b = (int(number) - 1 for number in label[1:].split(","))
    if a == b:
        return {(a, a): (1, 0)}
    return {(a, b): (1, 0), (b, a): (1, 0)} if label[0] == "r" else {(a, b): (0, 1), (b, a): (0, -1)}


def _kron(A: _Sparse, B: _Sparse) -> _Sparse:
    return {
        (2 * a + c, 2 * b + d): (p * r - q * s, p * s + q * r)
        for (a, b), (p, q) in A.items()
        for (c, d), (r, s) in B.items()
    }


def component(matrix: ObjectArray, label: str) -> Exact:
    """Tr[B X]/Tr[B^2] of a matrix B of ``basis``."""
    ring = matrix[0, 0].ring
    entries = entries_of(label, len(matrix))
    return total((matrix[b, a] * ring.number(*number) for (a, b), number in entries.items()), ring) / len(entries)
