"""Faults: physically meaningful mistakes that the check of a claim must notice.

A fault is entered like a file: until it is left, a formula, a term of an observable, an occupation function or a function
of the package is another one, wherever it is used. The mistake is made where the physics stands, not where two numbers are
compared. What checks keep from one to the next is exact response to fields, made of H and s alone: a fault that reaches it
belongs only to checks that keep nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any

from symcur import quantities
from symcur.brillouin.occupation import OCCUPATIONS
from symcur.expressions import Expression
from symcur.observables import Form, Observable, Term, magnetization, magnetization_slope
from symcur.observables.engine import Parts
from symcur.observables.equilibrium import travelling_dipole
from symcur.quantities import Quantity

Fault = Callable[[], AbstractContextManager[None]]


def instead(honest: Any, change: Callable[[Any], Any]) -> Fault:
    """``change(honest)`` in place of a function, class or expression in every module of the package that has it."""

    @contextmanager
    def injected() -> Iterator[None]:
        faulty, before = change(honest), set(sys.modules)
        places = _places(honest)
        for module, name in places:
            setattr(module, name, faulty)
        try:
            yield
        finally:
            loaded = [place for place in _places(faulty) if place[0].__name__ not in before]
            for module, name in places + loaded:
                setattr(module, name, honest)

    return injected


def _places(value: Any) -> list[tuple[ModuleType, str]]:
    """The modules of the package that have this very object, and its name there."""
    modules = [m for name, m in sys.modules.items() if name.partition(".")[0] == "symcur" and m is not None]
    return [(module, name) for module in modules for name, other in vars(module).items() if other is value]


def attribute(owner: Any, name: str, change: Callable[[Any], Any]) -> Fault:
    """``change`` applied to an attribute, e.g. a method of a class or a field of a record."""
    assign = setattr if isinstance(owner, type) else object.__setattr__  # records are frozen

    @contextmanager
    def injected() -> Iterator[None]:
        honest = getattr(owner, name)
        assign(owner, name, change(honest))
        try:
            yield
        finally:
            assign(owner, name, honest)

    return injected


def together(*faults: Fault) -> Fault:
    """Several at once: one mistake that shows in several places."""

    @contextmanager
    def injected() -> Iterator[None]:
        with ExitStack() as stack:
            for fault in faults:
                stack.enter_context(fault())
            yield

    return injected


# -- formulas ----------------------------------------------------------------------------------------------------------
def formula(quantity: str | Quantity, change: Callable[..., Expression]) -> Fault:
    """A quantity, and all that are made of it, with the definition ``change(honest definition, *axes)``."""
    return attribute(quantities.get(quantity), "definition", lambda honest: partial(change, honest))


def times(quantity: str | Quantity, factor: int) -> Fault:
    """A quantity with a wrong factor."""
    return formula(quantity, lambda honest, *axes: factor * honest(*axes))


def opposite(quantity: str | Quantity) -> Fault:
    """A quantity with the wrong sign."""
    return times(quantity, -1)


def exchanged(quantity: str | Quantity) -> Fault:
    """A quantity of two indices with them exchanged."""
    return formula(quantity, lambda honest, i, l: honest(l, i))


# -- observables -------------------------------------------------------------------------------------------------------
def terms(observable: Observable, change: Callable[[Term], Term]) -> Fault:
    """Every term of every form of an observable as ``change(term)``."""

    def changed(parts: Parts) -> Parts:
        return {name: [change(term) for term in terms] for name, terms in parts.items()}

    def of(form: Form) -> Form:
        choices = {
            name: choice if isinstance(choice, str) else replace(choice, parts=changed(choice.parts))
            for name, choice in form.choices.items()
        }
        return replace(form, parts=changed(form.parts), choices=choices)

    return attribute(observable, "forms", lambda forms: {name: of(form) for name, form in forms.items()})


def of_term(observable: Observable, quantity: str | Quantity, factor: float) -> Fault:
    """The terms with one quantity in an observable times a factor; 0 leaves them out."""
    return terms(observable, lambda term: term * factor if term.quantity == quantity else term)


def occupied(name: str, by: str, factor: float = 1.0) -> Fault:
    """One occupation function in place of another (at T > 0), times a factor."""
    other = OCCUPATIONS.get(by).warm
    return attribute(OCCUPATIONS.get(name), "warm", lambda honest: lambda x, decay, T: factor * other(x, decay, T))


_rotation = quantities.get("s_current_dipole").expression
WITHOUT_DIPOLE = together(
    formula("orbital_moment", lambda honest, l, i: (_rotation(l, i) - _rotation(i, l)) / 2),
    *(of_term(observable, travelling_dipole, 0.0) for observable in (magnetization, magnetization_slope)),
)
"""d x v dropped from m^s, in the formula and in the observables."""
