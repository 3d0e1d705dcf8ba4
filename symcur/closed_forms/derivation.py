"""derive: expression + model -> closed form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symcur import expressions as ex
from symcur import quantities, running
from symcur.arrays import Array
from symcur.band_structures import BandStructure, Model, named
from symcur.closed_forms.adjugate import Bands
from symcur.closed_forms.block_form import BlockForm
from symcur.closed_forms.blocks import Block, blocks, simple_basis
from symcur.closed_forms.calculus import length_of
from symcur.closed_forms.circles import circles, in_circles
from symcur.closed_forms.common_subexpressions import unused
from symcur.closed_forms.conditioning import FEW, Bounded
from symcur.closed_forms.degeneracy import multiplicities
from symcur.closed_forms.energies import explicit_energies
from symcur.closed_forms.entries import Components, Entries
from symcur.closed_forms.form import ClosedForm
from symcur.closed_forms.four_levels import FourLevels
from symcur.closed_forms.letters import Section
from symcur.closed_forms.one_level import OneLevel
from symcur.closed_forms.powers import levels_of
from symcur.closed_forms.reading import Reading, Reads, up_to_sign
from symcur.closed_forms.ring import NotExact
from symcur.closed_forms.several_levels import SeveralLevels
from symcur.closed_forms.three_levels import ThreeLevels
from symcur.closed_forms.two_levels import TwoLevels
from symcur.closed_forms.words import in_words
from symcur.closed_forms.writing import Written
from symcur.expressions import Expression, Matrix
from symcur.expressions.additive import is_sum_over_blocks
from symcur.expressions.normal_form import normal_form
from symcur.program import Complex
from symcur.quantities import Quantity

_EXPLICIT = 120  # operations in components of H, up to which lattice models are written out as well
# How much longer a formula in the functions of the model may be than one in components of H: a part of it and _FREE, at most _LONGER.
_PREFERENCE, _FREE, _LONGER = 0.2, 6, 12
_LONGEST = 25_000  # pairs of terms in a product: with more of them steps are shorter than any formula


def derive(model: BandStructure | str, quantity: str | Quantity | Expression) -> ClosedForm | BlockForm:
    """The closed form of a quantity, or of any scalar expression with integer axes, in k, parameters and the band energy.

    Up to four distinct energies are treated by polynomials in H and simplified, others through the adjugate and the square-free
    part of the characteristic polynomial, constant blocks one by one (``BlockForm``). The shortest form is kept. Eigenvectors are
    never used. For bosons every operator X is read as g X, and E is the signed energy. Raises ValueError or TypeError naming the argument.

    >>> import symcur as sc
    >>> form = sc.derive(sc.models.rashba(), "s_dipole")
    >>> print(form.latex().splitlines()[1])
    d^{xs} &= - \\frac{\\alpha^{2} k_{y}}{4 \\left(M^{2} + \\alpha^{2} \\left(k_{x}^{2} + k_{y}^{2}\\right)\\right)} \\\\
    >>> form([0.3, 0.2]).shape  # [band, i]
    (2, 2)
    """
    if not isinstance(quantity, (str, Quantity, Expression)):
        raise TypeError(f"quantity: expected a name, a Quantity or an Expression, got {type(quantity).__name__}")
    model = _symbolic(model)
    with running.progress(f"closed form of {model.name}"):
        return _shared(model).form(quantity)


class Algebraic:
    """The real parts of scalar expressions at some k of a model, through the adjugate for any N and without simplifying.

    For numbers: nothing is printed as it would be by hand. What the expressions share is derived and computed once, also those
    of different calls.
    """

    def __init__(self, model: BandStructure, k: ArrayLike) -> None:
        self._shared = _shared(_symbolic(model))
        self.k = self._shared.model.points(k)
        if self.k.ndim != 2 or len(self.k) > FEW:
            raise ValueError(f"k: expected (M, D) with at most {FEW} points, got an array of shape {self.k.shape}")
        self._known: dict[int, Bounded] = {}

    def __call__(self, several: Sequence[Expression]) -> Array:
        """The values (M, bands, expressions)."""
        return np.asarray(self.form(several).evaluated(self.k, self._known))

    def form(self, several: Sequence[Expression]) -> ClosedForm:
        """The expressions as the components of one closed form."""
        bands, multiplet = self._shared.bands, max(self._shared.multiplicities) > 1
        values = (bands.interpreter.read(in_circles(expression, multiplet)) for expression in several)
        outputs = tuple(Complex(_scalar(value).real / bands.resolvent.rank) for value in values)
        common = self._shared.common("expressions", (r"\mathcal{W}",) * len(several), (len(several),), several)
        return ClosedForm(**common, energies=None, complex=False, outputs=outputs, node_labels=bands.resolvent.labels)


def _scalar(value: Any) -> Complex:
    if not isinstance(value, Complex):
        raise ValueError("several: expected scalar expressions (traces), got an operator")
    return value


def _symbolic(model: BandStructure | str) -> Model:
    model = named(model)
    if isinstance(model, Model):
        return model
    raise TypeError(
        "model: expected a Model given by formulas, because closed forms are made of them, "
        f"got {model.name}, which is given by numbers"
    )


class _Derivation:
    """What all closed forms of one model share."""

    def __init__(self, model: Model, ranks: tuple[int, ...] = (), energy: sp.Symbol | None = None) -> None:
        self.model, self.multiplicities = model, ranks or multiplicities(model)
        simple = None if isinstance(model, Section) else simple_basis(model)
        self._simple = None if simple is None else _shared(simple.model)
        self._basis = None if simple is None else simple.basis
        taken = {symbol.name for symbol in (*model.k, *model.parameters)}
        self.energy = energy or sp.Symbol(unused("E", taken), real=True)
        taken.add(self.energy.name)
        self._taken = taken
        self._reading = cache(self._new_reading)

    def _new_reading(self, kind: Callable[..., Entries]) -> Reading | None:
        """The exact reading of the model in its own functions or in its components; None where there is none."""
        ranks = self.multiplicities
        levels, unequal = len(ranks), len(set(ranks)) > 1
        if self.model.bosons is not None and (levels > 2 or unequal or kind is Components):
            return None  # components of Hermitian matrices
        if levels > (3 if unequal else 4):
            return None
        names = ("epsilon", "h2", "a", "w", "D", "c", "d", "chi", "z", "a_2", "a_3", "a_4", "b_2", "b_3", "b_4")
        symbols = {name: sp.Symbol(unused(name, self._taken), real=True) for name in names}
        eps, w = sp.Dummy("eps", real=True), sp.Dummy("w", real=True)
        a = [symbols[f"{letter}_{j}"] for letter in "ab" for j in range(2, levels + 1)]

        def entries(*extra: sp.Symbol) -> Entries:
            found = kind(self.model, extra, self._taken | {*names})
            found.ring.longest = _LONGEST
            return found

        ways: list[Callable[[], Reading]] = [
            lambda: SeveralLevels(entries(eps, w, *a), levels, (eps, w), self.energy, symbols)
        ]
        if levels == 1:
            ways = [lambda: OneLevel(entries(), self.energy, symbols)]
        elif levels == 2:
            ways = [lambda: TwoLevels(entries(eps), ranks, eps, self.energy, symbols)]
        elif unequal:
            ways = [lambda: ThreeLevels(entries(eps, w), ranks, (eps, w), self.energy, symbols)]
        elif levels == 4:
            ways.insert(0, lambda: FourLevels(entries(eps, w), eps, w, self.energy, symbols))
        for way in ways:
            with suppress(NotExact):
                return way()
        return None

    @cached_property
    def energies(self) -> tuple[sp.Expr, ...] | None:
        return explicit_energies(self.model, self.multiplicities)

    @cached_property
    def bands(self) -> Bands:
        return Bands(self.model, self.energy.name, self.multiplicities)

    def common(
        self, name: str, labels: tuple[str, ...], shape: tuple[int, ...], parts: Sequence[Expression]
    ) -> dict[str, Any]:
        """Arguments shared by all closed forms."""
        return {
            "model": self.model,
            "name": name,
            "labels": labels,
            "shape": shape,
            "energy_symbol": self.energy,
            "multiplicities": self.multiplicities,
            "program": self.bands.program,
            "hamiltonian": tuple(self.bands.operator("H", ()).flat),
            "projector": tuple(self.bands.resolvent.projector.flat),
            "parts": tuple(parts),
            "read": _read_there,
        }

    def form(self, quantity: str | Quantity | Expression) -> ClosedForm | BlockForm:
        target = _target(self.model, quantity, max(self.multiplicities) > 1)
        found = () if target.operator or not all(map(is_sum_over_blocks, target.expressions)) else blocks(self.model)
        if not found and self._simple is not None and not target.operator:
            delegated: ClosedForm | BlockForm = self._of_simple(self._simple.form(quantity))
            return delegated
        written = self._shortest(target)
        if not found:
            return self._whole(target, written)
        whole, in_blocks = self._in_blocks(target, written, found)
        return replace(whole, in_blocks=in_blocks) if isinstance(whole, ClosedForm) else whole

    def _of_simple(self, form: Any) -> Any:
        """A form derived in the simple basis: its numbers are those of the model."""
        if isinstance(form, BlockForm):
            states = (self._basis * basis for basis in form.bases)
            bases = tuple(sp.ImmutableDenseMatrix(x.applyfunc(sp.expand)) for x in states)
            return replace(form, model=self.model, bases=bases)
        in_blocks = None if form.in_blocks is None else lambda: self._of_simple(form.in_blocks())
        named = "" if form.written and not form.latex_names else ", in a simple basis"
        return replace(form, model=self.model, structure=form.structure + named, in_blocks=in_blocks)

    def _in_blocks(
        self, target: _Target, written: Written | None, found: Sequence[Block]
    ) -> tuple[ClosedForm | BlockForm, Callable[[], BlockForm]]:
        """The shorter of the form of all bands and that of blocks; and how to make the latter."""
        derived = [(derivation := _shared(block.model), derivation._shortest(target)) for block in found]
        forms = [derivation._whole(target, own) for derivation, own in derived]

        def in_blocks() -> BlockForm:
            return BlockForm(
                model=self.model, name=target.name, labels=target.labels, shape=target.shape, energy_symbol=self.energy,
                multiplicities=self.multiplicities, blocks=tuple(forms), bases=tuple(block.basis for block in found),
                copies=tuple(block.copies for block in found), owners=tuple(range(len(found))), formula=target.formula,
            )  # fmt: skip

        if len(found) == 1 and found[0].copies == 1:
            whole = self._whole(target, written)
            return whole if self.model.bosons is not None else self._in_basis(forms[0], whole), in_blocks
        if written and written.length() <= sum(map(length_of, forms)):
            return self._whole(target, written), in_blocks
        first = derived[0][1]
        if first and target.real and forms[0].written and all(form.written == forms[0].written for form in forms):
            return self._form(self._common(target), target, first), in_blocks  # whatever the block
        return in_blocks(), in_blocks

    def _in_basis(self, rotated: ClosedForm, whole: ClosedForm) -> ClosedForm:
        """The shorter one of the form derived in another basis, in which numbers are the same, and that in the basis of H."""
        measure = length_of if rotated.written or whole.written else _steps
        if measure(whole) <= measure(rotated):
            return whole
        return replace(rotated, model=self.model, structure=f"{rotated.structure}, in a basis of its blocks")

    def _common(self, target: _Target) -> dict[str, Any]:
        common = self.common(target.name, target.labels, target.shape, target.expressions)
        return common | {"energies": self.energies, "formula": target.formula, "in_words": self._in_words(target)}

    def _whole(self, target: _Target, written: Written | None) -> ClosedForm:
        """One formula for all bands: what is written, or the steps of the adjugate where these are shorter."""
        if self._simple is not None and not target.operator:
            form: ClosedForm = self._of_simple(self._simple._whole(target, written))
            return form
        common = self._common(target)
        if written and written.length() <= written.not_compared:
            return self._form(common, target, written)
        resolvent = self.bands.resolvent
        values = target.read(self.bands.interpreter)
        outputs = tuple(value if target.operator else value / resolvent.rank for value in values)
        steps = ClosedForm(**common, complex=not target.real, outputs=outputs, node_labels=resolvent.labels)
        return self._form(common, target, written) if written and written.length() <= length_of(steps) else steps

    def _in_words(self, target: _Target) -> str:
        """The formula in H' alone, of three or four energies; empty where there is no short one."""
        levels, terms = len(self.multiplicities), circles(target.free, self.multiplicities[0] > 1)
        if target.operator or terms is None or self.model.bosons is not None:
            return ""
        if levels not in (3, 4) or len(set(self.multiplicities)) > 1:
            return ""
        polynomials = levels_of(levels, self.multiplicities[0])
        try:
            return in_words(polynomials, polynomials.expanded(terms)) or ""
        except NotExact:
            return ""

    def _shortest(self, target: _Target) -> Written | None:
        """In the components of H or, where that is about as short or shorter, in the functions of the model."""
        if target.operator and self.model.size > 2:
            return None  # its N^2 entries are shorter as a product of matrices
        if self._simple is not None and not target.operator:
            return self._simple._shortest(target)
        components = self._written(self._reading(Components), target)
        lattice, four = self.model.H.has(sp.cos, sp.sin, sp.exp), len(self.multiplicities) == 4
        if components is None and four and not isinstance(self.model, Section):
            return None
        short = isinstance(self.model, Section)  # with a momentum less, say
        if (
            components
            and not short
            and ((lattice and four) or ((lattice or four) and components.length(False) > _EXPLICIT))
        ):
            return components  # written out it takes long
        explicit = self._written(self._reading(Entries), target)
        if explicit and components:
            longer = min(components.length() * _PREFERENCE + _FREE, _LONGER)
            return explicit if explicit.length() <= components.length() + longer else components
        return explicit or components

    def _written(self, reading: Reading | None, target: _Target) -> Written | None:
        if reading is None:
            return None
        try:
            values = target.read(reading.interpreter)
            if not target.operator:
                values = [value / reading.rank for value in values]
            parts = up_to_sign(values, reading.real_pair if target.real else reading.complex)
        except NotExact:  # a derivative of H is no polynomial although H is
            return None
        definitions = reading.used([part for pair in parts for part in pair])
        return Written(definitions, parts, reading.structure, reading.entries.names, reading.not_compared)

    def _form(self, common: dict[str, Any], target: _Target, written: Written) -> ClosedForm:
        return written.put_into(ClosedForm(**common, complex=not target.real, outputs=(), node_labels={}))


def _read_there(form: ClosedForm, section: Section) -> Written | None:
    """What a form is where momenta have values, in the components of H there or in its functions."""
    target = _Target(
        form.name, form.labels, form.shape, form.parts, form.parts[0], operator=ex.is_operator(form.parts[0]),
        real=not form.complex, multiplet=max(form.multiplicities) > 1,
    )  # fmt: skip
    return _Derivation(section, multiplicities(section.there), form.energy_symbol)._shortest(target)


def _steps(form: ClosedForm) -> int:
    return len(form.program.live(form.nodes))


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
    free: Expression  # at free axes
    formula: str = ""  # in P and S, in LaTeX
    operator: bool = False
    real: bool = True
    multiplet: bool = False

    def read(self, interpreter: Reads) -> list[Any]:
        expressions = (e if self.operator else in_circles(e, self.multiplet) for e in self.expressions)
        values = [interpreter.read(expression) for expression in expressions]
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
        shown = in_circles(quantity, multiplet).latex()
        return _Target("expression", (symbol,), (), (quantity,), quantity, shown, real=real, multiplet=multiplet)
    quantity = quantities.get(quantity)
    if quantity.operator and model.bosons is not None:
        raise ValueError(
            f"quantity: expected numbers per band for the bosons of {model.name}, got {quantity.name}, an operator between bands; "
            "evaluate gives its elements"
        )
    axes = quantity.components(model.dimension)
    components = tuple(quantity.expression(*chosen) for chosen in axes)
    symbols = [quantity.symbol(*chosen) for chosen in axes]
    shape = (model.dimension,) * len(quantity.indices)
    free = quantity.expression()
    formula = f"{quantity.symbol()} &= {(free if quantity.operator else in_circles(free, multiplet)).latex()}"
    if not quantity.operator:
        return _Target(quantity.name, tuple(symbols), shape, components, free, formula, multiplet=multiplet)
    places = list(np.ndindex(model.size, model.size))
    labels = tuple(rf"\left({symbol}\right)_{{{a + 1}{b + 1}}}" for symbol in symbols for a, b in places)
    return _Target(
        quantity.name, labels, (*shape, model.size, model.size), components, free, formula, operator=True, real=False
    )


def _require_one_band(expression: Expression) -> None:
    for node in ex.walk(expression):
        if isinstance(node, ex.Occupation | ex.Gap):
            raise ValueError(
                f"quantity: expected P, S, H, s and band energies of one band, got {type(node).__name__} in an expression"
            )
    bands = ex.bands_of(expression)
    if len(bands) > 1:
        raise ValueError(f"quantity: expected an expression of one band, got the bands {', '.join(bands)}")
