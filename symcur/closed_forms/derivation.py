"""derive: word + model -> closed form."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symcur import quantities, words
from symcur.closed_forms.adjugate import Bands
from symcur.closed_forms.energies import explicit_energies
from symcur.closed_forms.form import ClosedForm
from symcur.closed_forms.multiplets import multiplicities
from symcur.closed_forms.ring import NotExact
from symcur.closed_forms.two_band import TwoBands
from symcur.kernels.program import Complex, from_sympy
from symcur.matrices import Matrix, MatrixReading
from symcur.model import Model
from symcur.quantities import Quantity
from symcur.rewriting import normal_form
from symcur.words import Word


def derive(model: Model, quantity: str | Quantity | Word) -> ClosedForm:
    """The closed form of a quantity, or of any scalar word with integer axes, in k, parameters and the band energy.

    Two bands are treated in vector form and simplified; more bands through the adjugate and the square-free part of
    the characteristic polynomial. Eigenvectors are never used. Raises ValueError or TypeError naming the argument.
    """
    if not isinstance(model, Model):
        raise TypeError(f"model: {type(model).__name__} came; a Model is valid")
    if not isinstance(quantity, (str, Quantity, Word)):
        raise TypeError(f"quantity: {type(quantity).__name__} came; a name, a Quantity or a Word is valid")
    return _shared(model).form(quantity)


def algebraic(model: Model, several: Sequence[Word]) -> ClosedForm:
    """The real parts of several scalar words at once, through the adjugate for any N and without simplifying.

    For numbers: nothing is printed as it would be by hand, and what the words share is computed once.
    """
    shared = _shared(model)
    rank = shared.bands.resolvent.rank
    outputs = tuple(Complex(_scalar(shared.bands.reading.read(word)).real / rank) for word in several)
    common = shared.common("words", (r"\mathcal{W}",) * len(several), (len(several),))
    return ClosedForm(**common, complex=False, outputs=outputs, node_labels=shared.bands.resolvent.labels)


def _scalar(value: Any) -> Complex:
    if not isinstance(value, Complex):
        raise ValueError("several: an operator word came; scalar words (traces) are valid")
    return value


class _Derivation:
    """What all closed forms of one model share."""

    def __init__(self, model: Model) -> None:
        self.model, self.multiplicities = model, multiplicities(model)
        taken = {symbol.name for symbol in (*model.k, *model.parameters)}
        self.energy = sp.Symbol(_unused("E", taken), real=True)
        taken.add(self.energy.name)
        self.energies = explicit_energies(model, self.multiplicities)
        self.two: TwoBands | None = None
        if self.multiplicities == (1, 1):
            symbols = (sp.Symbol(_unused(name, taken), real=True) for name in ("epsilon", "h2"))
            with contextlib.suppress(NotExact):
                self.two = TwoBands(model, self.energy, (next(symbols), next(symbols)))

    @cached_property
    def bands(self) -> Bands:
        return Bands(self.model, self.energy.name, self.multiplicities)

    def common(self, name: str, labels: tuple[str, ...], shape: tuple[int, ...]) -> dict[str, Any]:
        """What every closed form of the model is told."""
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

    def form(self, quantity: str | Quantity | Word) -> ClosedForm:
        target = _target(self.model, quantity, max(self.multiplicities) > 1)
        common = self.common(target.name, target.labels, target.shape)
        if self.two:
            try:
                return self._in_vector_form(self.two, target, common)
            except NotExact:
                self.two = None  # a derivative of H is no polynomial although H is
        resolvent = self.bands.resolvent
        values = target.read(self.bands.reading)
        outputs = tuple(value if target.operator else value / resolvent.rank for value in values)
        return ClosedForm(**common, complex=not target.real, outputs=outputs, node_labels=resolvent.labels)

    def _in_vector_form(self, two: TwoBands, target: _Target, common: dict[str, Any]) -> ClosedForm:
        values = target.read(two.reading)
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
    """What is to be derived: the words of the components; ``real`` where they are real numbers."""

    name: str
    labels: tuple[str, ...]
    shape: tuple[int, ...]
    words: tuple[Word, ...]
    operator: bool = False
    real: bool = True

    def read(self, reading: MatrixReading) -> list[Any]:
        values = [reading.read(word) for word in self.words]
        if self.operator:
            return [entry for value in values for entry in value.array.flat]
        if any(isinstance(value, Matrix) for value in values):
            raise ValueError("quantity: an operator word came; a scalar word (a trace) is valid")
        return values


def _target(model: Model, quantity: str | Quantity | Word, multiplet: bool) -> _Target:
    if isinstance(quantity, Word):
        _require_one_band(quantity)
        symbol = quantity.symbol if isinstance(quantity, words.Named) else r"\mathcal{W}"
        real = normal_form(quantity, multiplet) == normal_form(words.adjoint(quantity), multiplet)
        return _Target("word", (symbol,), (), (quantity,), real=real)
    quantity = quantities.get(quantity)
    axes = quantity.components(model.dimension)
    components = tuple(quantity.word(*chosen) for chosen in axes)
    symbols = [quantity.named(*chosen).symbol for chosen in axes]
    shape = (model.dimension,) * len(quantity.indices)
    if not quantity.operator:
        return _Target(quantity.name, tuple(symbols), shape, components)
    places = list(np.ndindex(model.size, model.size))
    labels = tuple(rf"\left({symbol}\right)_{{{a + 1}{b + 1}}}" for symbol in symbols for a, b in places)
    return _Target(quantity.name, labels, (*shape, model.size, model.size), components, operator=True, real=False)


def _require_one_band(word: Word) -> None:
    labels: set[str] = set()
    pending: list[Any] = [word]
    while pending:
        part = pending.pop()
        if isinstance(part, (words.Occupation, words.Gap)):
            raise ValueError(f"quantity: a word with {type(part).__name__} came; P, S, H, s, band energies are valid")
        if isinstance(part, (words.Projector, words.Resolvent, words.BandEnergy)):
            labels.add(part.band)
        elif isinstance(part, Word):
            pending += vars(part).values()
        elif isinstance(part, tuple):
            pending += part
    if len(labels) > 1:
        raise ValueError(
            f"quantity: a word with the bands {', '.join(sorted(labels))} came; words of one band are valid"
        )


def _unused(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name
