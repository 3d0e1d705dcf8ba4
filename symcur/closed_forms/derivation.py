"""derive: expression + model -> closed form."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp
from flint import fmpq

from symcur import expressions as ex
from symcur import quantities
from symcur.band_structures import BandStructure, Model
from symcur.closed_forms.adjugate import Bands
from symcur.closed_forms.common_subexpressions import unused
from symcur.closed_forms.degeneracy import multiplicities, power_sums, traceless
from symcur.closed_forms.form import ClosedForm
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.ring import Exact, NotExact, Ring
from symcur.closed_forms.two_band import TwoBands
from symcur.expressions import Expression, Matrix, MatrixInterpreter
from symcur.expressions.normal_form import normal_form
from symcur.program import Complex, from_sympy
from symcur.quantities import Quantity

_SHORT = 150  # operations in all radicands of explicit energies together


def derive(model: BandStructure, quantity: str | Quantity | Expression) -> ClosedForm:
    """The closed form of a quantity, or of any scalar expression with integer axes, in k, parameters and the band energy.

    Two bands are treated in vector form and simplified; more bands through the adjugate and the square-free part of
    the characteristic polynomial. Eigenvectors are never used. Raises ValueError or TypeError naming the argument.
    """
    if not isinstance(quantity, (str, Quantity, Expression)):
        raise TypeError(f"quantity: expected a name, a Quantity or an Expression, got {type(quantity).__name__}")
    return _shared(_symbolic(model)).form(quantity)


def algebraic(model: BandStructure, several: Sequence[Expression]) -> ClosedForm:
    """The real parts of several scalar expressions at once, through the adjugate for any N and without simplifying.

    For numbers: nothing is printed as it would be by hand, and what the expressions share is computed once.
    """
    shared = _shared(_symbolic(model))
    rank = shared.bands.resolvent.rank
    outputs = tuple(Complex(_scalar(shared.bands.interpreter.read(expression)).real / rank) for expression in several)
    common = shared.common("expressions", (r"\mathcal{W}",) * len(several), (len(several),))
    return ClosedForm(**common, complex=False, outputs=outputs, node_labels=shared.bands.resolvent.labels)


def _scalar(value: Any) -> Complex:
    if not isinstance(value, Complex):
        raise ValueError("several: expected scalar expressions (traces), got an operator")
    return value


def _symbolic(model: BandStructure) -> Model:
    if isinstance(model, Model) and model.bosons is not None:
        raise ValueError(
            f"model: expected electrons or quasiparticles, whose closed forms are derived, got the bosons of {model.name}; evaluate gives "
            "their numbers"
        )
    if isinstance(model, Model):
        return model
    given = f"{model.name}, which is given by numbers" if isinstance(model, BandStructure) else type(model).__name__
    raise TypeError(f"model: expected a Model given by formulas, because closed forms are made of them, got {given}")


class _Derivation:
    """What all closed forms of one model share."""

    def __init__(self, model: Model) -> None:
        self.model, self.multiplicities = model, multiplicities(model)
        taken = {symbol.name for symbol in (*model.k, *model.parameters)}
        self.energy = sp.Symbol(unused("E", taken), real=True)
        taken.add(self.energy.name)
        self.energies = _explicit_energies(model, self.multiplicities)
        self.two: TwoBands | None = None
        if self.multiplicities == (1, 1):
            symbols = (sp.Symbol(unused(name, taken), real=True) for name in ("epsilon", "h2"))
            with contextlib.suppress(NotExact):
                self.two = TwoBands(model, self.energy, (next(symbols), next(symbols)))

    @cached_property
    def bands(self) -> Bands:
        return Bands(self.model, self.energy.name, self.multiplicities)

    def common(self, name: str, labels: tuple[str, ...], shape: tuple[int, ...]) -> dict[str, Any]:
        """Arguments shared by all closed forms."""
        return {
            "model": self.model,
            "name": name,
            "labels": labels,
            "shape": shape,
            "energy_symbol": self.energy,
            "energies": self.energies,
            "multiplicities": self.multiplicities,
            "program": self.bands.program,
            "hamiltonian": tuple(self.bands.operator("H", ()).flat),
        }

    def form(self, quantity: str | Quantity | Expression) -> ClosedForm:
        target = _target(self.model, quantity, max(self.multiplicities) > 1)
        common = self.common(target.name, target.labels, target.shape)
        if self.two:
            try:
                return self._in_vector_form(self.two, target, common)
            except NotExact:
                self.two = None  # a derivative of H is no polynomial although H is
        resolvent = self.bands.resolvent
        values = target.read(self.bands.interpreter)
        outputs = tuple(value if target.operator else value / resolvent.rank for value in values)
        return ClosedForm(**common, complex=not target.real, outputs=outputs, node_labels=resolvent.labels)

    def _in_vector_form(self, two: TwoBands, target: _Target, common: dict[str, Any]) -> ClosedForm:
        values = target.read(two.interpreter)
        parts = [(two.real(value), sp.Integer(0)) if target.real else two.written(value) for value in values]
        results = tuple(re + sp.I * im for re, im in parts)
        used = set().union(*(result.free_symbols for result in results))
        definitions = tuple((symbol, value) for symbol, value in two.definitions.items() if symbol in used)
        known = dict(definitions)
        outputs = tuple(
            Complex(*(from_sympy(self.bands.program, part.xreplace(known)).real for part in pair)) for pair in parts
        )
        return ClosedForm(
            **common,
            complex=not target.real,
            outputs=outputs,
            node_labels={},
            written=(definitions, results),
        )


@lru_cache(maxsize=32)
def _shared(model: Model) -> _Derivation:
    return _Derivation(model)


@dataclass(frozen=True)
class _Target:
    """What is to be derived: the expressions of the components; ``real`` where they are real numbers."""

    name: str
    labels: tuple[str, ...]
    shape: tuple[int, ...]
    expressions: tuple[Expression, ...]
    operator: bool = False
    real: bool = True

    def read(self, interpreter: MatrixInterpreter) -> list[Any]:
        values = [interpreter.read(expression) for expression in self.expressions]
        if self.operator:
            return [entry for value in values for entry in value.array.flat]
        if any(isinstance(value, Matrix) for value in values):
            raise ValueError("quantity: expected a scalar expression (a trace), got an operator")
        return values


def _target(model: Model, quantity: str | Quantity | Expression, multiplet: bool) -> _Target:
    if isinstance(quantity, Expression):
        _require_one_band(quantity)
        symbol = quantity.symbol if isinstance(quantity, ex.Named) else r"\mathcal{W}"
        real = normal_form(quantity, multiplet) == normal_form(ex.adjoint(quantity), multiplet)
        return _Target("expression", (symbol,), (), (quantity,), real=real)
    quantity = quantities.get(quantity)
    axes = quantity.components(model.dimension)
    components = tuple(quantity.expression(*chosen) for chosen in axes)
    symbols = [quantity.symbol(*chosen) for chosen in axes]
    shape = (model.dimension,) * len(quantity.indices)
    if not quantity.operator:
        return _Target(quantity.name, tuple(symbols), shape, components)
    places = list(np.ndindex(model.size, model.size))
    labels = tuple(rf"\left({symbol}\right)_{{{a + 1}{b + 1}}}" for symbol in symbols for a, b in places)
    return _Target(quantity.name, labels, (*shape, model.size, model.size), components, operator=True, real=False)


def _require_one_band(expression: Expression) -> None:
    for node in ex.walk(expression):
        if isinstance(node, ex.Occupation | ex.Gap):
            raise ValueError(
                f"quantity: expected P, S, H, s and band energies of one band, got {type(node).__name__} in an expression"
            )
    bands = ex.bands_of(expression)
    if len(bands) > 1:
        raise ValueError(f"quantity: expected an expression of one band, got the bands {', '.join(bands)}")


# -- explicit energies -------------------------------------------------------------------------------------------------
def _explicit_energies(model: Model, multiplicities: tuple[int, ...]) -> tuple[sp.Expr, ...] | None:
    """The distinct energies, ascending, for one or two of them, and for three or four that lie symmetrically.

    With H traceless (h0 = Tr H/N taken out) and p_j = Tr H^j/r: two energies are -+sqrt(p_2/2); with p_3 = 0, three
    are 0, -+sqrt(p_2/2), and four are -+sqrt(p_2/4 +- sqrt(p_4/4 - p_2^2/16)).
    """
    distinct, r = len(multiplicities), multiplicities[0]
    if distinct > 4 or len(set(multiplicities)) > 1:
        return None
    try:
        ring = Ring(model.H, model.k)
        h0, H = traceless(ring, model)
        if distinct == 1:
            return (written(h0).expression,)
        p = [moment * fmpq(1, r) for moment in power_sums(H, 2 if distinct == 2 else 4)]
    except NotExact:
        return None
    if distinct > 2 and not p[3].is_zero:
        return None
    if distinct < 4:
        inner = _root(p[2] * fmpq(1, 2))
        values = [-inner, inner] if distinct == 2 else [-inner, sp.Integer(0), inner]
    else:
        splitting = _root((p[4] * fmpq(1, 4) - p[2] * p[2] * fmpq(1, 16)).reduced())
        middle = written(p[2] * fmpq(1, 4)).expression
        outer, inner = sp.sqrt(middle + splitting), sp.sqrt(middle - splitting)
        values = [-outer, -inner, inner, outer]
    if sum(sp.count_ops(value) for value in values) > _SHORT * distinct:
        return None
    start = written(h0).expression
    return tuple(start + value for value in values)


def _root(value: Exact) -> sp.Expr:
    return sp.sqrt(written(value).expression)
