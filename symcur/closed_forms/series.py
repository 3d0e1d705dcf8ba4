"""Expansions of closed forms in a momentum, in all momenta, or in a parameter; limits.

Energies are expanded by regular perturbation theory: from dE/dt = Tr[P dH/dt]/r each order follows from those before, with
P the projector of the closed form. The distinct energies must not touch at the point of expansion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symcur.band_structures import Model
from symcur.band_structures.exact import exact_formula
from symcur.band_structures.formulas import generic_values
from symcur.band_structures.levels import levels_of_any, multiplets
from symcur.closed_forms.arbitrary_precision import mpf
from symcur.closed_forms.calculus import derived, in_lowest_terms, pairs, tidied, variable_of
from symcur.closed_forms.degeneracy import multiplicities
from symcur.closed_forms.expansion import Series
from symcur.closed_forms.printed_names import printed
from symcur.closed_forms.substitution import at_some_k, different_levels
from symcur.closed_forms.taylor import as_derivative
from symcur.program import Complex, Program, Scalar, from_sympy, operations
from symcur.program.laurent import Laurent, MoreTerms, NoSeries
from symcur.program.program import FUNCTIONS, symbols_of
from symcur.program.rewriting import substituted

_SPARE = (2, 4, 8, 16)  # terms beyond those asked for: leading ones may cancel
_DIGITS = 60
_ZERO = mpmath.mpf(10) ** -40  # of numbers of order one that are known to _DIGITS
_INFINITE = (sp.oo, float("inf"))


def series(form: Any, variable: Any, order: int, point: Any = 0) -> Series:
    """The expansion of a ``ClosedForm`` or a ``BlockForm`` up to t^order, see ``ClosedForm.series``."""
    if isinstance(order, bool) or not isinstance(order, int):
        raise ValueError(f"order: expected an integer, the highest power, got {order!r}")
    form, expansions = _expansions(form, variable, point)
    found = [(expansion, value) for expansion in expansions for value in expansion.to(order)]
    powers = sorted({n for x, value in found for n in range(value.first, order + 1) if not x.vanishes(value[n])})
    return Series(expansions[0].t, order, {n: _coefficient(form, expansions, n) for n in powers}, form.shape)


def limit(form: Any, variable: Any, point: Any) -> Any:
    """The limit of a ``ClosedForm`` or a ``BlockForm``, see ``ClosedForm.limit``."""
    form, expansions = _expansions(form, variable, point)
    for expansion in expansions:
        for value in expansion.to(0):
            for n in range(value.first, 0):
                if not expansion.vanishes(value[n]):
                    raise ValueError(
                        f"point: expected one at which {form.name} of {form.model.name} has a limit, got {variable} -> {point}, "
                        f"where a component grows like t^({n}), t = {expansion.t if expansion.t != 1 else 'the scale of k'}"
                    )
    return _coefficient(form, expansions, 0)


class _Touching(ValueError):
    """Bands meet at the point of expansion."""


def _expansions(form: Any, variable: Any, point: Any) -> tuple[Any, list[_Expansion]]:
    """Those of a form; where bands meet that belong to different blocks, such as Kramers pairs do, of the form in blocks."""
    try:
        return form, _of_formulas(form, variable, point)
    except _Touching:
        if getattr(form, "in_blocks", None) is None:
            raise
        form = form.in_blocks()
        return form, _of_formulas(form, variable, point)


def _of_formulas(form: Any, variable: Any, point: Any) -> list[_Expansion]:
    """One for each formula. Those of blocks follow the energies at the point, by which bands are numbered, all together or,
    where none needs them and they touch there, not at all."""
    if not hasattr(form, "blocks"):
        return [_Expansion(form, variable, point)]
    found = [_Expansion(one, variable, point) for one in form.blocks]
    needed = any(expansion.with_energy for expansion in found)
    try:
        return found if form.band is not None else [_Expansion(one, variable, point, True) for one in form.blocks]
    except ValueError:
        if needed:
            raise
        return found


def _coefficient(form: Any, expansions: Sequence[_Expansion], power: int) -> Any:
    """The coefficient of t^power."""
    found = [expansion.coefficient(power) for expansion in expansions]
    if not hasattr(form, "blocks"):
        return found[0]
    if not expansions[0].with_energy:
        return form.with_blocks(found, ordered=False)
    model = expansions[0].moved(form.model)
    return form.with_blocks(found, model=model, multiplicities=multiplicities(model))


class _Expansion:
    """One form along one direction: the program in which the coefficients are made, and which of them vanish."""

    def __init__(self, form: Any, variable: Any, point: Any, with_energy: bool = False) -> None:
        self.form, model = form, form.model
        names = {symbol.name for symbol in (*model.k, *model.parameters)}
        if isinstance(variable, str) and variable == "k" and "k" not in names:
            given = [0] * len(model.k) if isinstance(point, int | float | sp.Expr) and point == 0 else point
            if not isinstance(given, Sequence | sp.Tuple) or isinstance(given, str) or len(given) != len(model.k):
                raise ValueError(
                    f"point: expected 0 or {len(model.k)} numbers, the momentum to expand around, got {point!r}"
                )
            self.point = dict(zip(model.k, (exact_formula("point", x) for x in given), strict=True))
            self.slope: dict[sp.Symbol, sp.Expr] = {symbol: symbol for symbol in model.k}
            self.t, self.infinite = sp.Integer(1), False
        else:
            symbol = variable_of(form, variable)
            self.infinite = point in _INFINITE
            self.point = {symbol: sp.oo if self.infinite else exact_formula("point", point)}
            self.slope = {symbol: sp.Integer(1)}
            self.t = 1 / symbol if self.infinite else symbol - self.point[symbol]
        self.positive = self.t == 1 or self.infinite or bool(self.t.is_nonnegative)
        allowed = set(model.parameters) - set(self.point)
        if not self.infinite and not set().union(*(x.free_symbols for x in self.point.values())) <= allowed:
            raise ValueError(
                f"point: expected numbers, or formulas of {', '.join(sorted(x.name for x in allowed)) or 'no symbols'}, got "
                f"{point!r}"
            )
        inputs = {
            form.program.nodes[n][1][0] for n in form.program.live(form.nodes) if form.program.nodes[n][0] == "input"
        }
        self.with_energy = with_energy or form.energy_symbol.name in inputs
        self.model = self._at_point() if self.with_energy else model

    def _at_point(self) -> Model:
        """The model at the point of expansion, where its distinct energies must not touch."""
        result = self.moved(self.form.model)
        differ = different_levels(self.form, result)
        if differ:
            hint = "" if self.form.energies is None else "; put the energy in before, by form.explicit(band)"
            raise _Touching(f"point: expected one at which no bands touch, got {self._where}, where {differ}{hint}")
        return result

    @property
    def _where(self) -> str:
        return ", ".join(f"{symbol} = {value}" for symbol, value in self.point.items())

    @property
    def _printed_where(self) -> str:
        return r",\ ".join(f"{printed(symbol)} = {sp.latex(value)}" for symbol, value in self.point.items())

    def moved(self, model: Model) -> Model:
        """A model with the point of expansion put in."""
        H, s = self._put(model.H), self._put(model.s)
        if H.has(sp.zoo, sp.nan, sp.oo, sp.I * sp.oo) or s.has(sp.zoo, sp.nan, sp.oo):
            raise ValueError(
                f"point: expected one at which H is finite, got {self._where}; with the energy put in by form.explicit(band) "
                "this is not needed"
            )
        rest = {symbol: value for symbol, value in model.parameters.items() if symbol not in self.point}
        return Model(H, s, model.k, rest, name=model.name, metric=at_some_k(model))

    def _put(self, formula: Any) -> Any:
        if not self.infinite:
            return formula.subs(self.point, simultaneous=True)
        (symbol,) = self.point
        inverse = sp.Dummy("1/x", positive=True)
        return formula.subs(symbol, 1 / inverse).subs(inverse, 0)

    # -- the series ------------------------------------------------------------------------------------------------------
    def to(self, order: int) -> list[Laurent]:
        """The components, known to t^order; real and imaginary parts alternate where they are complex."""
        for spare in _SPARE:
            self.count = max(order, 0) + 1 + spare
            self.program = Program()
            try:
                self.found = self._found()
                if all(value.end > order for value in self.found):
                    return self.found
            except MoreTerms:
                continue
            except NoSeries as reason:
                raise ValueError(f"variable: expected an expansion in whole powers of {self.t}, but {reason}") from None
        raise ValueError(
            f"variable: expected leading terms within {_SPARE[-1]} powers of {self.t}, but all of a divisor's cancel; it may "
            "vanish identically"
        )

    def _found(self) -> list[Laurent]:
        entries = [part.node for z in self.form.hamiltonian for part in (z.real, z.imag)]
        self._test_at([self._generic(seed) for seed in (1, 2)])
        if not self.with_energy:
            self.H = substituted(self.form.program, entries, self.program, {})[0]
            nodes = [part.node for z in self.form.projector for part in (z.real, z.imag)]
            self.P = substituted(self.form.program, nodes, self.program, {})[0]
            return self._run(self.form.nodes, {})
        H = self._run(entries, {})
        self.H = [value[0] for value in H]
        name = self.form.energy_symbol.name
        self._test_at([numbers | {name: e} for numbers in self._numbers for e in self._levels(numbers)])
        return self._run(self.form.nodes, {name: self._energy(H)})

    def _energy(self, H: Sequence[Laurent]) -> Laurent:
        """E(t): the coefficient of t^n from Tr[P dH/dt] of the order n - 1, where P needs E to that order only."""
        nodes = [part.node for z in self.form.projector for part in (z.real, z.imag)]
        name, size, ranks = self.form.energy_symbol.name, self.form.model.size, set(self.form.multiplicities)
        energy = [self.program.input(name)]
        # Re Tr[P dH]: real and imaginary parts alternate in the rows of both.
        places = [2 * (b * size + a) for a, b in np.ndindex(size, size)]
        transposed, signs = [H[place + part] for place in places for part in (0, 1)], (1, -1) * len(places)
        for n in range(1, self.count + 1):
            P = self._run(nodes, {name: self._series(energy)})
            if n == 1:
                self.P = [value[0] for value in P]
                diagonal = self.P[:: 2 * (size + 1)]
                rank = self.program.constant(ranks.pop()) if len(ranks) == 1 else sum(diagonal, self.program.zero)
            if n == self.count:
                break
            terms = (
                p[j] * h[n - j] * (sign * (n - j))
                for p, h, sign in zip(P, transposed, signs, strict=True)
                for j in range(n)
            )
            energy.append(sum(terms, self.program.zero) / (rank * n))
        return self._series(energy)

    def _run(self, nodes: Sequence[int], more: Mapping[str, Laurent]) -> list[Laurent]:
        handlers: dict[str, Any] = dict.fromkeys(FUNCTIONS, _refused) | {
            "sqrt": Laurent.sqrt,
            "cos": lambda a: a.wave()[0],
            "sin": lambda a: a.wave()[1],
        }
        given = {symbol.name: self._given(symbol) for symbol in self.point} | dict(more)

        def read(name: str) -> Laurent:
            return given[name] if name in given else self._series([self.program.input(name)], self.count)

        arithmetic = operations(
            SimpleNamespace(**handlers), read, lambda number: self._series([self.program.constant(number)], self.count)
        )
        result: list[Laurent] = self.form.program.run(nodes, arithmetic | {"atom": self._atom})
        return result

    def _atom(self, atom: sp.Expr, *given: Laurent) -> Laurent:
        """Taylor's series of a real function of series that stay finite."""
        count = min(value.end for value in given)
        known: dict[sp.Symbol, Complex] = {}
        t, arguments = sp.Dummy("t"), {}
        for symbol, value in zip(symbols_of(atom), given, strict=True):
            if any(not self.vanishes(value[n]) for n in range(value.first, min(0, count))):
                raise NoSeries("a function of what grows without bound has none")
            letters = [sp.Dummy(f"{symbol}_{n}", real=True) for n in range(count)]
            known |= {x: Complex(value[n]) for n, x in enumerate(letters) if not value[n].is_zero}
            arguments[symbol] = sum((x * t**n for n, x in enumerate(letters) if x in known), sp.Integer(0))
        derivative, result = atom.xreplace(arguments), []
        try:
            for n in range(count):
                result.append(from_sympy(self.program, derivative.subs(t, 0) / sp.factorial(n), known).real)
                derivative = derivative.diff(t)
        except ValueError:
            raise NoSeries(f"{atom} has no derivatives of its own there") from None
        return self._series(result)

    def _given(self, symbol: sp.Symbol) -> Laurent:
        slope = from_sympy(self.program, self.slope[symbol]).real
        if self.infinite:
            return replace(self._series([slope], self.count), first=-1)
        return self._series([from_sympy(self.program, self.point[symbol]).real, slope], self.count)

    def _series(self, coefficients: Sequence[Scalar], count: int = 0) -> Laurent:
        rest = [self.program.zero] * (count - len(coefficients))
        return Laurent(0, (*coefficients, *rest), self._divisor_vanishes, self.positive)

    # -- which coefficients vanish ---------------------------------------------------------------------------------------
    def vanishes(self, scalar: Scalar) -> bool:
        """Whether a coefficient is zero for every band: at random momenta and parameters, to forty digits."""
        return scalar.is_zero or all(self._zeros(scalar))

    def _test_at(self, numbers: list[dict[str, Any]]) -> None:
        self._numbers: list[dict[str, Any]] = numbers
        self._known: list[dict[int, Any]] = [{} for _ in numbers]

    def _divisor_vanishes(self, scalar: Scalar) -> bool:
        zeros = self._zeros(scalar)
        if any(zeros) and not all(zeros):
            raise NoSeries(
                "a divisor vanishes for some bands and not for others: put the energy in first, by explicit(band)"
            )
        return all(zeros)

    def _zeros(self, scalar: Scalar) -> list[bool]:
        if scalar.number is not None:
            return [abs(mpf(scalar.number)) < _ZERO]
        with mpmath.workdps(_DIGITS):
            return [abs(self._value(scalar.node, j)) < _ZERO for j in range(len(self._numbers))]

    def _value(self, node: int, place: int) -> Any:
        known, program = self._known[place], self.program
        arithmetic = operations(mpmath, self._numbers[place].__getitem__, mpf)
        stack = [node]
        while stack:
            current = stack[-1]
            missing = [a for a in program.arguments(current) if a not in known]
            if missing:
                stack += missing
                continue
            operation, arguments = program.nodes[current]
            own = program.arguments(current)
            values = (*arguments[: len(arguments) - len(own)], *(known[a] for a in own))
            known[stack.pop()] = arithmetic[operation](*values)
        return known[node]

    def _generic(self, seed: int) -> dict[str, Any]:
        model = self.model
        symbols = [*model.k, *model.parameters, *self.form.model.parameters]
        values = generic_values(dict.fromkeys(symbols), np.random.default_rng(seed))
        with mpmath.workdps(_DIGITS):
            return {symbol.name: mpf(value) for symbol, value in values.items()}

    def _levels(self, numbers: Mapping[str, Any]) -> list[Any]:
        """The distinct energies of H at the point of expansion."""
        with mpmath.workdps(_DIGITS):
            arithmetic = operations(mpmath, numbers.__getitem__, mpf)
            parts = self.program.run([scalar.node for scalar in self.H], arithmetic)
            size = self.form.model.size
            H = [mpmath.mpc(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
            matrix = mpmath.matrix(np.reshape(H, (size, size)).tolist())
            if self.form.model.bosons is not None:  # complex where bosons are unstable, which tells zeros as well
                levels = levels_of_any(matrix)
            else:
                levels = multiplets(sorted(mpmath.eigh(matrix, eigvals_only=True)), _ZERO)
            return [mpmath.fsum(level) / len(level) for level in levels]

    # -- the coefficients as closed forms --------------------------------------------------------------------------------
    def coefficient(self, power: int) -> Any:
        """The coefficient of t^power, of the shape of the form, of what was found last."""
        form, zero = self.form, self.program.zero
        parts = [zero if self.vanishes(value[power]) else value[power] for value in self.found]
        outputs = pairs(parts) if form.complex else tuple(map(Complex, parts))
        energies = form.energies
        if self.with_energy and energies is not None:
            energies = tuple(tidied(self._put(energy)) for energy in energies)
            if any(energy.has(sp.zoo, sp.nan, sp.oo) for energy in energies):
                energies = None
        result = derived(
            form,
            model=self.model,
            name=f"{form.name}_order_{power}".replace("-", "minus_"),
            labels=tuple(rf"\left({label}\right)_{{{power}}}" for label in form.labels),
            energies=energies,
            program=self.program,
            hamiltonian=pairs(self.H),
            projector=pairs(self.P),
            outputs=outputs,
            node_labels={},
            written=None,
            parts=(),
            guarded=self.with_energy,
            energy_at=self._printed_where if self.with_energy else form.energy_at,
        )
        result = in_lowest_terms(result)
        taylor = not self.infinite and all(self.vanishes(x[n]) for x in self.found for n in range(x.first, 0))
        return (
            as_derivative(result, form, self.point, power, self.t == 1) if taylor and result.written is None else result
        )


def _refused(value: Laurent) -> Laurent:
    raise NoSeries("a function in it has no rule for series")
