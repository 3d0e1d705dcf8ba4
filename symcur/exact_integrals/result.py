"""An exact integral: what ``integrate_exactly`` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symcur.arrays import Array, ObjectArray
from symcur.band_structures import Model, Parameters
from symcur.band_structures.band_structure import by_name
from symcur.band_structures.exact import exact_formula
from symcur.closed_forms.common_subexpressions import unused
from symcur.display import Card, Facts, Folded, Formula, Shown
from symcur.exact_integrals.fermi_momenta import EdgeReached, FermiMomenta, Occupied
from symcur.exact_integrals.isotropy import DoesNotClose
from symcur.exact_integrals.pieces import Interval, intervals, level_energies
from symcur.exact_integrals.sums import LEVELS, PER_TEMPERATURE, BandSum, BandSums, at_center
from symcur.exact_integrals.text import latex, latex_names
from symcur.observables.units import Measured, conversion, exact_factor

_DIGITS = 40


@dataclass(frozen=True, eq=False)
class ExactIntegral(Shown):
    """An observable of an isotropic model as an exact function of ``mu`` at T = 0, and its expansion to order T^2.

    ``parts`` hold all parts as SymPy arrays in ``mu``, the parameters and the cutoff, with the axes of ``indices``; ``value`` is the
    one named ``total``. Where the observable vanishes at T = 0 (``warm``: thermoelectric) all expressions and numbers are those
    of observable/T in the limit T -> 0. Without free parameters components are Piecewise in mu between the band edges; else
    sums over the Fermi momenta, each of which is there where its condition holds, so that they are true for all values of the
    parameters, and nan where ``condition`` does not hold. At the band edges themselves one-sided limits may differ.
    ``assumptions`` say what else was used; ``refused`` holds the parts that have no exact form, with the reason. What else the
    fields say is as in ``symcur.observables.Result``.
    """

    model: Model
    observable: str
    total: str
    sums: str
    form: str
    hall: str
    convention: str
    unit: str
    indices: tuple[str, ...]
    integrate: Callable[..., ExactIntegral]
    condition: sp.Basic
    assumptions: tuple[str, ...]
    by_parts: bool
    warm: bool
    bands: BandSums
    momenta: FermiMomenta
    components: Mapping[str, ObjectArray]
    refused: Mapping[str, str]
    kind: str
    charge: bool | None
    factor: sp.Expr = sp.S.One
    conversion: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mu(self) -> sp.Symbol:
        return self.momenta.mu

    @property
    def temperature(self) -> sp.Symbol:
        return self.momenta.temperature

    @property
    def cutoff(self) -> sp.Expr | None:
        return self.momenta.cutoff

    # -- expressions -------------------------------------------------------------------------------------------------
    @property
    def value(self) -> sp.Array:
        return self.parts[self.total]

    @cached_property
    def parts(self) -> dict[str, sp.Array]:
        return {name: self._array(name, self._everywhere) for name in self.components}

    @cached_property
    def intervals(self) -> list[Interval]:
        """The intervals of mu between band edges, in the order that these have at the values of the model's parameters."""
        values = self._values({})
        self._require_defined(values)
        return intervals(self.momenta, values)

    def interval(self, mu: Any) -> Interval:
        """The one of ``intervals`` that holds this mu at the values of the model's parameters."""
        level, values = exact_formula("mu", mu), self._values({})
        for found in self.intervals:
            if found.holds(self.mu).xreplace({**values, self.mu: level}) == sp.true:
                return found
        raise EdgeReached(f"mu: expected a number off the band edges, got {mu}")

    def between(self, interval: Interval, part: str | None = None) -> sp.Array:
        """A part within one of ``intervals``, in mu and the parameters."""
        return self._array(self.named(part), lambda pair: self._within(pair, interval.occupied))

    def fermi_circle(self, part: str | None = None, level: int = 1) -> sp.Array:
        """What one Fermi momentum k_F adds to a part (subtracts where the band falls there), in k_F, mu and the parameters.

        In 2D this is a Fermi circle, in 3D a sphere; where the energies depend on u = sum_i g_i k_i^2, k_F is the root of u.
        """
        if level not in LEVELS:
            raise ValueError(f"level: expected -1 (lower) or 1 (upper), got {level!r}")
        index = LEVELS.index(level)
        return self._array(self.named(part), lambda pair: self._circle(pair[index], self.fermi_momentum**2, level))

    @property
    def fermi_momentum(self) -> sp.Symbol:
        """The symbol k_F of ``fermi_circle``."""
        return sp.Symbol(unused("k_F", {symbol.name for symbol in self.symbols}), positive=True)

    @property
    def latex_names(self) -> dict[sp.Symbol, str]:
        """How ``latex`` prints each symbol, for ``sympy.latex(..., symbol_names=)``: no two alike."""
        return latex_names(self)

    @property
    def fermi_momenta(self) -> dict[int, sp.Expr]:
        """k_F^2 as functions of mu by label; empty where the equation has no explicit solution."""
        return {label: self.momenta.root(label) for label in self.momenta.labels}

    def sommerfeld(self, interval: Interval, part: str | None = None) -> sp.Array:
        """The term of order T^2 that follows ``between``: its expansion in T at a distance from the band edges.

        A. Sommerfeld, Z. Phys. 47, 1 (1928).
        """
        factor = (7 * sp.pi**2 / 30 if self.warm else sp.pi**2 / 6) * self.temperature**2
        return self.between(interval, part).applyfunc(lambda value: factor * sp.factor(sp.diff(value, self.mu, 2)))

    def subs(self, parameters: Parameters = None, /, **by_keyword: Any) -> ExactIntegral:
        """The same with exact numbers or expressions in place of some parameters; floats become simple fractions."""
        fixed = by_name(parameters, by_keyword, self.model)
        found = self.integrate(self.model, parameters=fixed)
        return found.convert(**self.conversion) if self.conversion else found

    def convert(
        self,
        unit: str,
        *,
        s_unit: str = "hbar",
        lattice_constant: float | None = None,
        energy_unit: float | None = None,
        sign: str = "paper",
    ) -> ExactIntegral:
        """The same in another unit, as ``Result.convert``: all expressions and numbers are multiplied by ``factor``.

        mu, T, the parameters and the cutoff stay as they are. 2 pi and 8 pi are exact, factors of SI have the digits of a float.

        >>> import symcur as sc
        >>> exact = sc.integrate_exactly(sc.models.rashba(), "conductivity").convert("e/8pi")
        >>> print(exact.between(exact.intervals[-1], "conventional")[0, 1], exact.unit)
        2*alpha**2*m*mu/(M**2 + 2*alpha**2*m*mu) e/8pi, s in hbar
        """
        model, per = self.model, PER_TEMPERATURE if self.warm else ""
        what = (self.observable, model.name, self.kind, self.unit.removesuffix(per), model.dimension, self.charge)
        known = Measured(*what, model.length_unit, self.conversion)
        found = conversion(known, unit, s_unit, lattice_constant, energy_unit, sign)
        return replace(
            self,
            factor=exact_factor(found.factor),
            unit=found.unit + per,
            convention=self.convention + found.convention,
            conversion=found.given,
        )

    def latex(self, part: str | None = None) -> str:
        """The components that do not vanish, between the band edges in the order that these have at the model's values.

        No two symbols print alike: beside a parameter mu the chemical potential has a tilde.
        """
        key = ("latex", self.named(part))
        if key not in self._known:
            self._known[key] = latex(self, part)
        return str(self._known[key])

    def card(self) -> Card:
        """What notebooks show: the total between the band edges, folded the other parts, and what they mean."""
        others = tuple(Formula(self.latex(name)) for name in self.components if name != self.total)
        facts = (("unit", self.unit), ("convention", self.convention), ("form", self.form), ("hall part", self.hall))
        return Card(
            f"{self.observable} of {self.model.name} at T = 0",
            (Formula(self.latex()), Folded("parts", others), Facts(facts)),
        )

    # -- numbers -----------------------------------------------------------------------------------------------------
    def __call__(
        self, mu: ArrayLike, parameters: Parameters = None, part: str | None = None, **by_keyword: Any
    ) -> Array:
        """A part (the total by default) at numbers, shape (*mu.shape, components), evaluated with forty digits.

        Parameters without a value given are those of the model; a symbol of the cutoff is named like one. What is occupied is
        decided in exact arithmetic at these numbers. Raises ValueError where ``condition`` does not hold, where the form is not
        defined, and EdgeReached, a ValueError, where mu is a band edge.
        """
        name = self.named(part)
        values = self._values(by_keyword | {str(key): value for key, value in (parameters or {}).items()})
        self._require_defined(values)
        levels = np.asarray(mu, dtype=object)
        found = np.zeros((*levels.shape, *self.components[name].shape))
        for place in np.ndindex(levels.shape):
            level = exact_formula("mu", levels[place])
            if not level.is_real:
                raise ValueError(f"mu: expected finite real numbers, got {levels[place]!r}")
            occupied = self.momenta.occupied(
                values, level if level.is_Rational else sp.Rational(str(sp.N(level, _DIGITS)))
            )
            self._require_free_cutoff(occupied, level)
            for axes, pair in np.ndenumerate(self.components[name]):
                try:
                    found[(*place, *axes)] = self._number(pair, occupied, level, values)
                except ZeroDivisionError:
                    raise ValueError(
                        f"parameters: expected generic values, got {values}, at which the formula divides by zero; put them in "
                        "before the integration with subs"
                    ) from None
        return found

    def _number(
        self, pair: tuple[BandSum, BandSum], occupied: Occupied, mu: sp.Expr, values: Mapping[Any, Any]
    ) -> float:
        with mpmath.workdps(_DIGITS):
            at = {symbol: mpmath.mpmathify(sp.N(value, _DIGITS)) for symbol, value in values.items()}
            at[self.mu] = mpmath.mpmathify(sp.N(mu, _DIGITS))
            total = mpmath.mpf(0)
            for crossing in occupied.crossings:
                function = self._compiled(pair[LEVELS.index(crossing.level)], crossing.level)
                total += crossing.rises * function(crossing.u, *(at[symbol] for symbol in self.symbols))
            ends = self._ends(pair, occupied).xreplace({**values, self.mu: mu})
            total += mpmath.mpmathify(sp.N(ends, _DIGITS))
            if not mpmath.isfinite(total):
                raise ValueError(f"form: expected one that converges at k = 0 for {self.model.name}, got {self.form}")
            total *= mpmath.mpmathify(sp.N(self._constant.xreplace(dict(values)), _DIGITS))
            if abs(total.imag) > mpmath.mpf(10) ** (-_DIGITS // 2) * (abs(float(self.factor)) + abs(total)):
                raise ArithmeticError(f"the integral of {self.observable} of {self.model.name} is not real: {total}")
            return float(total.real)

    @cached_property
    def _known(self) -> dict[Any, Any]:
        """What numbers need again and again, by the identity of the bands."""
        return {}

    def _compiled(self, band: BandSum, level: int) -> Callable[..., Any]:
        key = (id(band), level)
        if key not in self._known:
            u = sp.Dummy("u", positive=True)
            expression = self._circle(band, u, level) / self._constant
            self._known[key] = sp.lambdify((u, *self.symbols), expression, modules="mpmath", cse=True)
        function: Callable[..., Any] = self._known[key]
        return function

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """mu, the parameters and the symbols of the cutoff."""
        more = self.cutoff.free_symbols if self.cutoff is not None else set()
        return (self.mu, *self.model.parameters, *sorted(more, key=str))

    def _values(self, given: Mapping[str, Any]) -> dict[sp.Symbol, sp.Expr]:
        """Exact values of all parameters, and of the symbols of the cutoff among ``given``."""
        extra = {s.name: s for s in (self.cutoff.free_symbols if self.cutoff is not None else ())}
        model = self.model.with_values({name: value for name, value in given.items() if name not in extra})
        values = {symbol: exact_formula(symbol.name, model.values()[symbol.name]) for symbol in model.parameters}
        for name, symbol in extra.items():
            if name not in given:
                raise ValueError(f"cutoff: expected a value of {name} for numbers and band edges, got none")
            values[symbol] = exact_formula(name, given[name])
            if not values[symbol].is_positive:
                raise ValueError(f"cutoff: expected a positive number for {name}, got {given[name]!r}")
        return values

    def _require_defined(self, values: Mapping[sp.Symbol, sp.Expr]) -> None:
        if self.condition.xreplace(dict(values)) != sp.true:
            raise ValueError(
                f"parameters: expected values with {self.condition} for {self.model.name}, got {dict(values)}; elsewhere its "
                "levels touch or its energies are not bounded below: put the values in with subs, or give a cutoff"
            )

    def _require_free_cutoff(self, occupied: Occupied, mu: sp.Expr) -> None:
        if self.by_parts and occupied.outer:
            raise ValueError(
                f"form: expected 'sea', because states at the cutoff are occupied at mu = {mu}, where integration by parts "
                f"leaves boundary terms; got {self.form}"
            )

    # -- assembly ----------------------------------------------------------------------------------------------------
    def named(self, part: str | None) -> str:
        if part is not None and part in self.refused:
            raise DoesNotClose(f"part: expected one that has an exact form, got {part!r}: {self.refused[part]}")
        if part is not None and part not in self.components:
            raise ValueError(f"part: expected one of {', '.join(self.components)}, got {part!r}")
        return part or self.total

    def _array(self, part: str, write: Callable[[tuple[BandSum, BandSum]], sp.Expr]) -> sp.Array:
        entries = self.components[part]
        zero = sp.Integer(0)
        return sp.ImmutableDenseNDimArray(
            [zero if pair[0].is_zero and pair[1].is_zero else write(pair) for pair in entries.flat], entries.shape
        )

    @cached_property
    def _constant(self) -> sp.Expr:
        return self.factor * self.bands.curve.constant * (sp.pi**2 / 3 if self.warm else 1)

    def _x(self, u: sp.Expr) -> sp.Expr:
        return sp.sqrt(u) if self.bands.curve.root else u

    def _circle(self, band: BandSum, u: sp.Expr, level: sp.Expr | int) -> sp.Expr:
        """What the Fermi momentum with this u gives."""
        eps = self.mu - self.bands.isotropic.polynomial(self.bands.isotropic.h0, u)
        x = self._x(u)
        return self._constant * (band.circle.expression(x, eps) + band.logarithms(x, eps, level, self.mu))

    def _within(self, pair: tuple[BandSum, BandSum], occupied: Occupied) -> sp.Expr:
        if self.by_parts and occupied.outer:
            return sp.nan
        total = self._constant * (self._crossings(pair, occupied) + self._ends(pair, occupied))
        return sp.nan if total.has(sp.oo, -sp.oo, sp.zoo, sp.nan) else total

    def _crossings(self, pair: tuple[BandSum, BandSum], occupied: Occupied) -> sp.Expr:
        """The sum over Fermi momenta, without the constant."""
        explicit: dict[int, list[tuple[Any, Any]]] = {}
        rest: list[sp.Expr] = []
        for crossing in occupied.crossings:
            band, u = pair[LEVELS.index(crossing.level)], self.momenta.root(crossing.label)
            eps = self.mu - self.bands.isotropic.polynomial(self.bands.isotropic.h0, u)
            if crossing.label in self.momenta.labels:
                value = self.momenta.on_circle(band.circle, crossing.label)
                explicit[crossing.label] = [(crossing.rises * a, crossing.rises * b) for a, b in value]
            else:
                rest.append(crossing.rises * band.circle.expression(self._x(u), eps))
            rest.append(crossing.rises * band.logarithms(self._x(u), eps, crossing.level, self.mu))
        return self.momenta.written(explicit) + sp.Add(*rest) if explicit else sp.Add(*rest)

    def _ends(self, pair: tuple[BandSum, BandSum], occupied: Occupied) -> sp.Expr:
        """What occupied states at the cutoff and at k = 0 give, without the constant."""
        key = (id(pair), occupied.inner, occupied.outer)
        if key not in self._known:
            outer = (self._outer(pair, level, self.cutoff) for level in occupied.outer)
            self._known[key] = sp.Add(-at_center(pair, occupied.inner, self.mu), *outer)
        return self._known[key]

    def _outer(self, pair: tuple[BandSum, BandSum], level: int, cutoff: sp.Expr) -> sp.Expr:
        lower, upper = level_energies(self.momenta, cutoff**2)
        eps = level * (upper - lower) / 2
        return pair[LEVELS.index(level)].end(self._x(cutoff**2), eps, level, self.mu)

    def _everywhere(self, pair: tuple[BandSum, BandSum]) -> sp.Expr:
        if not self.model.parameters and (self.cutoff is None or not self.cutoff.free_symbols):
            cases = [(self._within(pair, interval.occupied), interval.holds(self.mu)) for interval in self.intervals]
            return sp.Piecewise(*cases, (sp.nan, True))
        total = sp.Add(*self._terms(pair))
        guards = [self.condition]
        if self.by_parts and self.cutoff is not None:
            guards.append(self.mu < level_energies(self.momenta, self.cutoff**2)[0])
        guard = sp.And(*guards)
        return total if guard == sp.true else sp.Piecewise((total, guard), (sp.nan, True))

    def _terms(self, pair: tuple[BandSum, BandSum]) -> Iterator[sp.Expr]:
        """Every Fermi momentum and end with the condition under which it is there."""
        mu, momenta = self.mu, self.momenta
        positive = momenta.expression(momenta.discriminant) > 0 if momenta.degree == 2 else sp.true
        for label in momenta.labels:
            u = momenta.root(label)
            eps = sp.factor(mu - self.bands.isotropic.polynomial(self.bands.isotropic.h0, u))
            rises = -sp.sign(eps) * (label or sp.sign(momenta.expression(momenta.coefficients[1])))
            branches = []
            for level, band in zip(LEVELS, pair, strict=True):
                circle = momenta.written({label: momenta.on_circle(band.circle, label)})
                branches.append(circle + band.logarithms(self._x(u), eps, level, mu))
            inside = sp.And(u > 0, u < self.cutoff**2) if self.cutoff is not None else u > 0
            either = (
                branches[1] if branches[0] == branches[1] else sp.Piecewise((branches[1], eps > 0), (branches[0], True))
            )
            there = _where(self._constant * rises * either, inside)
            yield _where(there, positive)
        energies = level_energies(momenta, sp.Integer(0))
        if energies[0] == energies[1]:
            yield _where(-self._constant * at_center(pair, LEVELS, mu), mu > energies[0])
        else:
            for level, energy in zip(LEVELS, energies, strict=True):
                yield _where(-self._constant * at_center(pair, (level,), mu), mu > energy)
        if self.cutoff is not None:
            for level, energy in zip(LEVELS, level_energies(momenta, self.cutoff**2), strict=True):
                yield _where(self._constant * self._outer(pair, level, self.cutoff), mu > energy)

    def __repr__(self) -> str:
        return f"ExactIntegral({self.observable} of {self.model.name}: {', '.join(self.components)}; {self.form})"


def _where(expression: sp.Expr, condition: sp.Basic) -> sp.Expr:
    return sp.Integer(0) if expression == 0 else sp.Piecewise((expression, condition), (0, True))
