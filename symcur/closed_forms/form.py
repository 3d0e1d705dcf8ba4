"""The closed form of one quantity of one model: what ``derive`` returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array
from symcur.band_structures import Model, Parameters
from symcur.band_structures.band_structure import by_name
from symcur.closed_forms import calculus, cards, conditioning
from symcur.closed_forms.arbitrary_precision import (
    Touching,
    agreed,
    band_energy,
    exact_parameter,
    levels,
    mpf,
    real_number,
)
from symcur.closed_forms.common_subexpressions import Definitions, steps, symbolic_operations
from symcur.closed_forms.expansion import Series
from symcur.closed_forms.export import exported
from symcur.closed_forms.letters import Section
from symcur.closed_forms.series import limit, series
from symcur.closed_forms.substitution import subs
from symcur.closed_forms.text import latex
from symcur.display import Card, Shown
from symcur.expressions import Expression
from symcur.program import Complex, MergingProgram, Program, operations

_DOUBLE = 14  # digits of a double-precision number where rounding has spoilt those of the formula
_EXPANDED_OPERATIONS = 20_000  # longer expressions are built unevaluated, with shared parts


@dataclass(frozen=True, eq=False)
class ClosedForm(Shown):
    """A band quantity as an exact function of k, the parameters and the band energy E (``energy_symbol``).

    ``structure`` says in words what the form rests on, ``formula`` is the quantity in P and S in LaTeX, ``in_words`` the same
    in H' = H - Tr H/N where that is short.
    ``energies`` are explicit distinct energies, ascending, or None where they have no short closed form;
    ``multiplicities`` says how often each distinct energy occurs. ``shape`` is that of the components, in the paper's
    index order. A member of a multiplet of r bands carries the trace divided by r. For ``interband_torque_dipole``
    the components are [i, a, b]: the matrix of D^i P_n between the orbitals a and b, which does not depend on the
    phases of eigenvectors (complex; not divided by r). ``band`` is that of ``explicit``, whose components do not contain E.

    At band touchings the formulas divide by zero. At parameter values where more bands coincide at every k than for generic
    ones they do not hold, even where they are finite; numbers are refused there.
    """

    model: Model
    name: str
    labels: tuple[str, ...]
    shape: tuple[int, ...]
    complex: bool
    energy_symbol: sp.Symbol
    energies: tuple[sp.Expr, ...] | None
    multiplicities: tuple[int, ...]
    program: Program
    hamiltonian: tuple[Complex, ...]
    projector: tuple[Complex, ...]
    outputs: tuple[Complex, ...]
    node_labels: Mapping[int, str]
    written: tuple[Definitions, tuple[sp.Expr, ...]] | None = None
    formula: str = ""
    in_words: str = ""
    latex_names: Mapping[sp.Symbol, str] = field(default_factory=dict)
    structure: str = "the adjugate of H - E and the characteristic polynomial"
    parts: tuple[Expression, ...] = ()
    band: int | None = None
    energy_at: str = ""  # where E is the energy of the band, in LaTeX; empty: at k
    outer: str = ""  # the derivatives of ``formula`` and ``parts`` that are still to be taken, in LaTeX
    whole: Section | None = None  # with momenta put in: where the derivatives in ``formula`` and ``parts`` are taken
    read: Callable[[Any, Section], Any] | None = None  # a short formula for ``parts`` there, or None
    guarded: bool = True  # does code check that the band is separate?
    in_blocks: Callable[[], Any] | None = None  # the same in blocks, whose energies may be explicit where these are not

    # -- expressions -------------------------------------------------------------------------------------------------
    @property
    def definitions(self) -> Definitions:
        """Intermediate steps (symbol, expression), each in k, parameters, E and earlier symbols; may be empty."""
        return self._steps[0]

    @cached_property
    def compact(self) -> sp.Array:
        """The components in the symbols of ``definitions``."""
        return _array(self._steps[1], self.shape)

    @cached_property
    def expressions(self) -> sp.Array:
        """The components in k, the parameters and E alone.

        For more than two bands they can be very long: parts are then shared in memory and left as they were built,
        and ``definitions`` with ``compact`` are the better way to work with them.
        """
        if self.written is not None:
            definitions, results = self.written
            known: dict[sp.Symbol, sp.Expr] = {}
            for symbol, expression in definitions:
                known[symbol] = expression.xreplace(known)
            return _array([expression.xreplace(known) for expression in results], self.shape)
        program, nodes, _ = self.merged(self.nodes)
        arithmetic = symbolic_operations(self._symbols, evaluate=_tree_size(program, nodes) < _EXPANDED_OPERATIONS)
        return _array(self.joined(program.run(nodes, arithmetic)), self.shape)

    @cached_property
    def _steps(self) -> tuple[Definitions, tuple[sp.Expr, ...]]:
        if self.written is not None:
            return self.written
        program, nodes, labels = self.merged(self.nodes)
        definitions, values = steps(program, nodes, self._symbols, labels)
        return definitions, tuple(self.joined(values))

    def merged(self, nodes: Sequence[int]) -> tuple[Program, list[int], dict[int, str]]:
        """The program without repeated steps, these nodes in it and the labels of what they need."""
        program, new = MergingProgram.of(self.program, nodes)
        labels: dict[int, str] = {}
        for node, label in self.node_labels.items():
            if node in new and program.nodes[new[node]][0] not in ("input", "constant"):
                labels.setdefault(new[node], label)
        return program, [new[node] for node in nodes], labels

    @property
    def nodes(self) -> list[int]:
        """The places of the components in the program; real and imaginary parts alternate where they are complex."""
        parts = ("real", "imag") if self.complex else ("real",)
        return [getattr(z, part).node for z in self.outputs for part in parts]

    def joined(self, values: Sequence[Any]) -> list[Any]:
        """Real and imaginary parts, which alternate in ``nodes``, put together."""
        if not self.complex:
            return list(values)
        return _complex_pairs(values, lambda re, im: re + sp.I * im)

    @property
    def _symbols(self) -> dict[str, sp.Symbol]:
        return {symbol.name: symbol for symbol in self.arguments}

    @property
    def arguments(self) -> tuple[sp.Symbol, ...]:
        """k..., E (unless it is put in), parameters...: the arguments of the functions that ``source`` writes."""
        energy = (self.energy_symbol,) if self.band is None else ()
        return (*self.model.k, *energy, *self.model.parameters)

    def tree_size(self) -> int:
        """The number of nodes of the longest component, written without definitions."""
        return _tree_size(self.program, self.nodes)

    # -- calculus ----------------------------------------------------------------------------------------------------
    def explicit(self, band: int) -> Any:
        """The form for one band (from 0, by ascending energy) with its energy put in: k and parameters alone remain.

        Where only the blocks of H have short energies it is a ``BlockForm``. Raises ValueError where no energies have a short
        closed form (``energies`` is None), or their order changes with k.
        """
        return calculus.explicit(self, band)

    def diff(self, variable: int | str | sp.Symbol) -> ClosedForm:
        """The total derivative, dE/dx = Tr[P dH/dx]/r included, by a momentum (its axis, name or symbol) or a parameter."""
        result: ClosedForm = calculus.diff(self, variable)
        return result

    def subs(self, replacements: Mapping[Any, Any]) -> ClosedForm:
        """Momenta, parameters and undefined functions, by name or symbol, replaced by exact numbers or formulas.

        Symbols in what replaces a momentum become momenta of the result, whose ``model`` serves for the energies; derivatives of H
        are those before momenta are put in. A function f(k) is named by "f" or by itself at its arguments. The shorter of the formula
        with the values and of what the matrices there allow is kept. Raises ValueError where bands coincide that are distinct in
        this form, or where a component is not finite.
        """
        result: ClosedForm = subs(self, replacements)
        return result

    def series(self, variable: int | str | sp.Symbol, order: int, point: Any = 0) -> Series:
        """The Laurent series up to t^order, t = variable - point, or t = 1/variable for ``point`` oo.

        ``variable`` as for ``diff``, or "k": k = point + t k, all momenta scaled (those in the coefficients are measured
        from the point). The energy is expanded too; in the coefficients E is that at the point, which must not be a touching
        (ValueError otherwise), unless the bands that meet belong to different constant blocks: then the coefficients are
        ``BlockForm``s. With the energy put in by ``explicit``, the point may be a touching: along rays k = point + t k with t > 0
        bands of Kramers pairs expand, too, and so in a variable that is declared positive.
        """
        return series(self, variable, order, point)

    def limit(self, variable: int | str | sp.Symbol, point: Any) -> ClosedForm:
        """The limit, of "k" along a ray, also where the formula itself divides by zero; raises ValueError where there is none."""
        result: ClosedForm = limit(self, variable, point)
        return result

    # -- text --------------------------------------------------------------------------------------------------------
    def latex(self) -> str:
        """The components and what their symbols mean as one aligned environment, to be pasted into display mathematics.

        Equal and vanishing components are said to be so. Where no short form exists: the definition of the quantity in
        matrices, with P and S as polynomials in H; ``source`` writes the steps.
        """
        return latex(self)

    def card(self) -> Card:
        """What notebooks show: the formulas, folded what their symbols mean."""
        return cards.card(self.name, self.model.name, self.latex(), self.structure, self.band)

    def source(self, language: str) -> str:
        """A complete function of k..., E, parameters... in "python", "numpy", "jax", "c", "fortran", "julia" or "mathematica".

        It returns (C and Fortran: fills) the components in row-major order; complex components are complex numbers,
        in C and Fortran alternating real and imaginary parts. In NumPy and JAX the arguments are arrays that broadcast, and the
        components stand along the last axis. Julia and Mathematica are parsed by the tests, not executed. Where the band touches another one, for parameter values at which
        it does at every k as well, they are not a number (Mathematica: Indeterminate); a comment states this condition.
        """
        result: str = exported(self, language)
        return result

    # -- numbers -----------------------------------------------------------------------------------------------------
    def at(
        self, k: Any, /, band: int | None = None, digits: int = 50, *, parameters: Parameters = None, **by_keyword: Any
    ) -> Any:
        """The value at one k for one band (from 0, by ascending energy) to the given number of digits.

        k and the parameters, by keyword or in a mapping by name or symbol, may be int, float, str, Fraction, mpmath or SymPy
        numbers; of a float in k the exact binary value is taken, of a parameter the decimal fraction that it prints, as in H
        (0.7 is 7/10). The result is an mpmath number, or nested lists of them in the shape of the components. The working
        precision is doubled until two results agree to ``digits``; a component that keeps vanishing is returned as 0. Raises
        ValueError where the band touches another one, or comes so close that no precision tried tells them apart.
        """
        band = self.band if band is None else band
        self.require_band(band)
        if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
            raise ValueError(f"digits: expected a positive integer, got {digits!r}")
        given = by_name(parameters, by_keyword, self.model)
        model = self.model.with_values({name: exact_parameter(name, x) for name, x in given.items()})
        values = replace(self, model=model).component_digits(k, band, digits)
        return np.array(values, dtype=object).reshape(self.shape).tolist()

    def component_digits(self, k: Any, band: Any, digits: int) -> list[Any]:
        """The components in row-major order as mpmath numbers, for the parameters of the model."""
        given = self._exact_numbers(k)
        try:
            return agreed(lambda precision: self._values(given, band, precision), digits)
        except Touching as found:
            raise ValueError(
                f"k: expected a k at which band {band} of {self.model.name} is separate, got one at which it touches another, "
                f"or comes closer than {found} of the largest energy, so that more digits would be needed (at(..., digits=)); "
                f"at a touching the closed form of {self.name} does not hold (if the bands coincide for these parameter "
                "values at every k, put the values into H with model.with_parameters)"
            ) from None

    def require_band(self, band: Any) -> None:
        size = self.model.size
        if isinstance(band, bool) or not isinstance(band, int) or not 0 <= band < size:
            raise ValueError(f"band: expected an integer from 0 to {size - 1}, by ascending energy, got {band!r}")

    def _exact_numbers(self, k: Any) -> dict[str, sp.Expr]:
        components = list(k) if np.iterable(k) else [k]
        if len(components) != self.model.dimension:
            raise ValueError(f"k: expected {self.model.dimension} components, got {len(components)}")
        numbers = {symbol.name: real_number("k", x) for symbol, x in zip(self.model.k, components, strict=True)}
        return numbers | {name: exact_parameter(name, x) for name, x in self.model.values().items()}

    def _values(self, given: Mapping[str, sp.Expr], band: int, precision: int) -> list[Any]:
        """The components with this many working digits."""
        with mpmath.workdps(precision):
            numbers = {name: mpf(number) for name, number in given.items()}
            H = self._hamiltonian(numbers)
            metric = None if self.model.bosons is None else self.model.bosons.g
            numbers[self.energy_symbol.name] = band_energy(H, band, self.multiplicities, metric)
            parts = self.program.run(self.nodes, operations(mpmath, numbers.__getitem__, mpf))
            return _complex_pairs(parts, mpmath.mpc) if self.complex else parts

    def levels(self, k: Any, precision: int) -> list[Any]:
        """All energies at one k, ascending, as mpmath numbers with this many working digits, for the parameters of the model."""
        with mpmath.workdps(precision):
            H = self._hamiltonian({name: mpf(number) for name, number in self._exact_numbers(k).items()})
            return levels(H, self.model.size, None if self.model.bosons is None else self.model.bosons.g)

    def _hamiltonian(self, numbers: Mapping[str, Any]) -> list[Any]:
        nodes = [node for entry in self.hamiltonian for node in (entry.real.node, entry.imag.node)]
        return _complex_pairs(self.program.run(nodes, operations(mpmath, numbers.__getitem__, mpf)), mpmath.mpc)

    def __call__(self, k: ArrayLike, /, parameters: Parameters = None, **by_keyword: Any) -> AnyArray:
        """The values for k of shape (..., D), all bands: shape (..., band, components); without the band where E is put in.

        Parameters by keyword or in a mapping by name or symbol. k are taken by their binary values, parameters as the
        decimal fractions that they print. An estimate of the rounding error is computed along; where it exceeds 1e-9 of the
        largest component of the band (or of what the quantity would be without small gaps and cancellation, if that is
        more), more digits are used. A DigitsWarning says so where these are too many points. Not a number at touchings; ValueError
        for parameter values at which bands coincide at every k that are distinct for generic ones.
        """
        model = self.model.with_values(parameters, **by_keyword)
        points = model.points(k)
        flat = points.reshape(-1, model.dimension)
        form = self if model is self.model else replace(self, model=model)
        return form.evaluated(flat).reshape(
            (*points.shape[:-1], *([model.size] if self.band is None else []), *self.shape)
        )

    def evaluated(self, k: Array, known: dict[int, conditioning.Bounded] | None = None) -> AnyArray:
        """The values at k (M, D), (M, bands, components); ``known`` is as in ``conditioning.evaluated``."""
        return conditioning.evaluated(
            self, self.model, k, lambda k, band: self.component_digits(k, band, _DOUBLE), known
        )

    def __repr__(self) -> str:
        energy = (
            f" in k and {self.energy_symbol}, the energy of the band"
            if self.band is None
            else f" of band {self.band} in k"
        )
        return f"ClosedForm({self.name} of {self.model.name}: {len(self.outputs)} components{energy})"


def _complex_pairs(parts: Sequence[Any], number: Callable[[Any, Any], Any]) -> list[Any]:
    return [number(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]


def _array(entries: Sequence[sp.Expr], shape: tuple[int, ...]) -> sp.Array:
    return sp.ImmutableDenseNDimArray(list(entries), shape)


def _tree_size(program: Program, nodes: Sequence[int]) -> int:
    """The number of operations of the longest output, with repeated parts counted as often as they stand there."""
    size: dict[int, int] = {}
    for node in program.live(nodes):
        size[node] = 1 + sum(size[a] for a in program.arguments(node))
    return max((size[node] for node in nodes), default=0)
