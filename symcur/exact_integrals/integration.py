"""integrate_exactly: model + observable -> exact functions of mu."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symcur.arrays import ObjectArray
from symcur.band_structures import BandStructure, Model, Parameters, named
from symcur.band_structures.exact import exact_formula, is_formula
from symcur.closed_forms.common_subexpressions import unused
from symcur.exact_integrals.curve import Curve
from symcur.exact_integrals.fermi_momenta import FermiMomenta
from symcur.exact_integrals.isotropy import DoesNotClose, Isotropic
from symcur.exact_integrals.result import ExactIntegral
from symcur.exact_integrals.sums import PER_TEMPERATURE, BandSums, is_warm
from symcur.observables import KINDS, OBSERVABLES, Form, Observable
from symcur.observables.hall import ALL, FARADAY, PAPER, Choice, chosen, hall_text, is_charge
from symcur.running import watched


@watched("integrate_exactly")
def integrate_exactly(
    model: BandStructure | str,
    observable: str | Observable,
    *,
    form: str | None = None,
    hall: str = PAPER,
    cutoff: Any = None,
    parameters: Parameters = None,
) -> ExactIntegral:
    """An observable of an isotropic continuum model as an exact function of mu at T = 0, hbar = e = k_B = 1.

    The model has two distinct energies, N/2 times each, which depend on k_1^2 + g_2 k_2^2 + g_3 k_3^2 alone, and entries that
    are polynomials in the momenta. Parameters stay symbols, and the result is true for all their values. It has the parts,
    forms and choices of the Hall part that the observable has as a function, and its numbers are those of that function.

    Parameters
    ----------
    observable : a name in ``symcur.observables.names()``, or such an object.
    form, hall : as in ``symcur.conductivity``.
    cutoff : the largest |k|, a positive number or an expression of positive symbols that the model does not have; needed where
        energies are not bounded below. Boundary terms are then part of the result.
    parameters : exact values or expressions by name or symbol, put in before the integration; floats become simple fractions.
        Needed where the Fermi momenta solve an equation of the third degree or higher.

    Raises
    ------
    TypeError or ValueError naming the argument, what was expected and what was given; DoesNotClose, a ValueError, where the
    total has no exact form of this kind, with the reason. Other parts without one are left out, see ``refused``.

    >>> import symcur as sc
    >>> exact = sc.integrate_exactly(sc.models.rashba(), "conductivity")
    >>> print(exact.between(exact.intervals[-1], "conventional")[0, 1])  # [flow, field] with both subbands filled
    alpha**2*m*mu/(4*pi*(M**2 + 2*alpha**2*m*mu))
    """
    record = _observable(observable)
    model = _continuum(record.prepare(_continuum(model).with_parameters(parameters), np.ones(()), hall))
    name, written = _form(record, form)
    radius = _cutoff(cutoff, model)
    choice = (
        Choice(written.parts, record.total, record.sums)
        if hall == PAPER
        else chosen(written.choices, hall, record.name, model)
    )
    if hall == ALL and radius is not None:
        choice = choice.without(FARADAY)  # as states at the cutoff may be occupied
    warm = {is_warm(terms) for terms in choice.parts.values()}
    isotropic = Isotropic(model)
    momenta = FermiMomenta(isotropic, *_variables(model, radius), radius)
    condition, assumptions = _conditions(isotropic, momenta, radius)
    bands = BandSums(Curve(isotropic))
    components, refused = _closed(bands, choice)
    return ExactIntegral(
        model=model,
        observable=record.name,
        total=choice.total,
        sums=choice.sums,
        form=written.text,
        hall=hall_text(hall) if written.choices else "",
        convention=record.convention,
        unit=KINDS[record.kind].unit + (PER_TEMPERATURE if warm == {True} else ""),
        kind=record.kind,
        charge=_charge(model, record),
        indices=record.indices,
        integrate=partial(integrate_exactly, observable=record, form=name, hall=hall, cutoff=radius),
        condition=condition,
        assumptions=assumptions,
        by_parts=radius is not None and (written.by_parts or hall in FARADAY),
        warm=warm == {True},
        bands=bands,
        momenta=momenta,
        components=components,
        refused=refused,
    )


def _charge(model: Model, observable: Observable) -> bool | None:
    """Whether s is the charge, which only counts where s does; None where it is at some values of the free parameters alone."""
    if KINDS[observable.kind].counts != "s":
        return False
    depends = model.s.free_symbols and (is_charge(model) or model.s == model.s[0, 0] * sp.eye(model.s.rows))
    return None if depends else is_charge(model)


def _closed(bands: BandSums, choice: Choice) -> tuple[dict[str, ObjectArray], dict[str, str]]:
    """The parts that have an exact form, and why the others have none; raises DoesNotClose where the total has none."""
    components, refused = {}, {}
    for name, terms in choice.parts.items():
        try:
            found = bands.part(terms)
            for pair in found.flat:
                _ = [band.antiderivatives for band in pair]
        except DoesNotClose as reason:
            if name == choice.total:
                raise
            refused[name] = str(reason)
        else:
            components[name] = found
    return components, refused


# -- arguments ---------------------------------------------------------------------------------------------------------
def _observable(observable: str | Observable) -> Observable:
    if not isinstance(observable, str | Observable):
        raise TypeError(f"observable: expected a name or an Observable, got {type(observable).__name__}")
    return OBSERVABLES.get(observable)


def _continuum(model: BandStructure | str) -> Model:
    model = named(model)
    if not isinstance(model, Model):
        raise TypeError(
            "model: expected a Model given by formulas, because integrals are made of them, "
            f"got {model.name}, which is given by numbers"
        )
    if model.periodic:
        raise DoesNotClose(
            f"model: expected a continuum model, whose bands can be isotropic, got the lattice model {model.name}"
        )
    if model.statistics.fixed_mu:
        raise DoesNotClose(f"model: expected electrons, got {model.name}, whose energies are measured from mu")
    return model


def _form(observable: Observable, form: str | None) -> tuple[str, Form]:
    if form is not None and form not in observable.forms:
        raise ValueError(
            f"form: expected {' or '.join(map(repr, observable.forms))} for {observable.name}, got {form!r}"
        )
    name = form or next(iter(observable.forms))
    return name, observable.forms[name]


def _cutoff(cutoff: Any, model: Model) -> sp.Expr | None:
    if cutoff is None:
        return None
    if not is_formula(cutoff):
        raise TypeError(f"cutoff: expected a positive number or an expression of positive symbols, got {cutoff!r}")
    radius = exact_formula("cutoff", cutoff)
    if not (radius.is_positive and radius.is_finite is not False):
        raise ValueError(f"cutoff: expected a positive number or an expression of positive symbols, got {cutoff!r}")
    clash = {s.name for s in radius.free_symbols} & {s.name for s in (*model.k, *model.parameters)}
    if clash:
        raise ValueError(f"cutoff: expected symbols that {model.name} does not have, got {', '.join(sorted(clash))}")
    return radius


def _variables(model: Model, cutoff: sp.Expr | None) -> tuple[sp.Symbol, sp.Symbol]:
    """mu and T, with names that are free."""
    others = cutoff.free_symbols if cutoff is not None else set()
    taken = {symbol.name for symbol in (*model.k, *model.parameters, *others)}
    return sp.Symbol(unused("mu", taken), real=True), sp.Symbol(unused("T", taken), positive=True)


def _conditions(
    isotropic: Isotropic, momenta: FermiMomenta, cutoff: sp.Expr | None
) -> tuple[sp.Basic, tuple[str, ...]]:
    """What the parameters must satisfy, and what is assumed, in words."""
    model = isotropic.model
    free = cutoff.free_symbols if cutoff is not None else set()
    symbols = sorted({*isotropic.symbols.values(), *model.parameters, *free}, key=str)
    if momenta.degree > 2 and symbols:
        raise DoesNotClose(
            f"parameters: expected rational numbers in place of {', '.join(map(str, symbols))}, because the Fermi momenta of {model.name} "
            f"solve an equation of degree {momenta.degree} in k^2, got them as they stand"
        )
    g = [isotropic.expression(element) for element in isotropic.g]
    if cutoff is not None and any(element != 1 for element in g):
        raise DoesNotClose(
            f"cutoff: expected None for {model.name}, whose energies depend on {g} times k_i^2 and not on |k|, got {cutoff}"
        )
    conditions = [element > 0 for element in g if not element.is_positive] + _regular(isotropic)
    assumptions = ["T = 0"]
    if cutoff is None:
        bounded = _bounded(isotropic)
        default = {
            symbol: exact_formula(symbol.name, value) for symbol, value in model.parameters.items() if value is not None
        }
        if bounded.xreplace(default) == sp.false:
            where = "" if bounded == sp.false else f" (it is where {bounded})"
            raise ValueError(
                f"cutoff: expected a momentum, because {model.name} is not bounded below{where} and its sums over occupied "
                "states need a regularisation, got None; boundary terms at the cutoff are then part of the result"
            )
        conditions.append(bounded)
        assumptions.append("all states below mu are occupied; energies are bounded below")
    else:
        assumptions.append(
            f"states with |k| > {cutoff} are left out; boundary terms at the cutoff are part of the result"
        )
    condition = sp.And(*conditions)
    if condition != sp.true:
        assumptions.append(f"{condition}")
    return condition, tuple(assumptions)


def _regular(isotropic: Isotropic) -> list[sp.Basic]:
    """That the levels do not touch where they do not for generic parameters: r = u^n rho(u), rho(0) != 0, all roots simple.

    r >= 0 is a sum of squares, so that a zero at u > 0 would be a double one.
    """
    u, lowest = sp.Dummy("u"), min(isotropic.r)
    rho = sp.Poly(isotropic.polynomial({n - lowest: c for n, c in isotropic.r.items()}, u), u)
    numbers = [rho.nth(0), *([rho.discriminant()] if rho.degree() > 1 else [])]
    factors = {factor for number in numbers for factor, _ in sp.factor_list(sp.fraction(sp.together(number))[0])[1]}
    return [sp.Ne(factor, 0) for factor in sorted(factors, key=str) if factor.is_zero is not False]


def _bounded(isotropic: Isotropic) -> sp.Basic:
    """When the lower level rises without bound: h0 beats sqrt(r) far out."""
    p, q = max(isotropic.h0, default=0), max(isotropic.r)
    if p == 0 or q > 2 * p:
        return sp.false
    a, b = isotropic.expression(isotropic.h0[p]), isotropic.expression(isotropic.r[q])
    rising = a > 0
    return sp.And(rising, a**2 > b) if q == 2 * p else rising
