"""Values put into a closed form: exact numbers or formulas for momenta, parameters and undefined functions.

Derivatives of H come first: with k_x = 0 put in, d^{xs} still holds dH/dk_x at k_x = 0. A form that has no short formula of its own,
or loses a momentum, is read once more from these matrices, whose structure may be richer, and the shorter formula is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symcur.band_structures import Metric, Model
from symcur.band_structures.exact import exact_formula
from symcur.closed_forms.calculus import derived, in_lowest_terms, moved_labels, pairs, put_in, read_again, tidied
from symcur.closed_forms.degeneracy import multiplicities
from symcur.closed_forms.energies import explicit_energies
from symcur.closed_forms.letters import Section
from symcur.program import Complex, Program, Scalar, from_sympy
from symcur.program.program import symbols_of
from symcur.program.rewriting import substituted

Values = Mapping[sp.Expr, sp.Expr]  # of symbols, or of undefined functions such as h_x(k_x, k_y)


def subs(form: Any, replacements: Any) -> Any:
    """Momenta, parameters and undefined functions replaced by exact numbers or formulas; functions first."""
    functions, symbols = _divided(form.model, replacements)
    if functions and any(one.whole for one in getattr(form, "blocks", [form])):
        raise ValueError("replacements: expected values of functions before those of momenta, or together with them")
    if functions:
        form = _put(form, functions)
    return _put(form, symbols) if symbols or not functions else form


def _put(form: Any, given: Mapping[Any, Any]) -> Any:
    model, values = replaced_model(form, given)
    if not hasattr(form, "blocks"):
        return _with_values(form, model, values)
    blocks = [_with_values(one, *replaced_model(one, given, of=form.model)) for one in form.blocks]
    return form.with_blocks(blocks, model=model)


def _divided(model: Model, replacements: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """What replaces functions, by the function at its arguments, and the rest as it is."""
    if not isinstance(replacements, Mapping):
        raise TypeError(
            f"replacements: expected a mapping from names or symbols to numbers or formulas, got {replacements!r}"
        )
    functions: dict[Any, Any] = {}
    named: dict[str, list[Any]] = {}
    for function in model.H.atoms(AppliedUndef):
        named[str(function)] = [function]
        named.setdefault(function.func.__name__, []).append(function)
    for key in (key for key in replacements if str(key) in named):
        found = named[str(key)]
        if len(found) > 1:
            raise ValueError(
                f"replacements: expected one of {', '.join(sorted(map(str, found)))}, which H has, got {key}"
            )
        functions[found[0]] = replacements[key]
    return functions, {key: value for key, value in replacements.items() if str(key) not in named}


def replaced_model(form: Any, replacements: Mapping[Any, Any], of: Model | None = None) -> tuple[Model, Values]:
    """The model with the values put in, and the values by symbol or function; ValueError where bands coincide that are distinct.

    Functions are those of the form's model, or ``of`` the model of which that is a block.
    """
    functions = sorted((of or form.model).H.atoms(AppliedUndef), key=str)
    symbols = (*form.model.k, *form.model.parameters, *functions)
    named = {str(name): exact_formula(str(name), value) for name, value in replacements.items()}
    unknown = set(named) - set(map(str, symbols))
    if unknown:
        raise ValueError(
            f"replacements: expected some of {', '.join(map(str, symbols))}, got {', '.join(sorted(unknown))}"
        )
    values = {symbol: named[str(symbol)] for symbol in symbols if str(symbol) in named}
    require_free_names(form, "replacements", values.values())
    model = _substituted_model(form.model, values)
    differ = different_levels(form, model)
    if differ:
        raise ValueError(
            f"replacements: expected values at which bands stay distinct, got {_listed(values)}, where {differ}; with the "
            "values in H, by model.with_parameters, derive treats the multiplets as such"
        )
    return model, values


def _with_values(form: Any, model: Model, values: Values) -> Any:
    """The form where these symbols or functions have these values, of a model in which they are put in already."""
    program = Program()
    given = {symbol.name: from_sympy(program, x).real for symbol, x in values.items() if isinstance(symbol, sp.Symbol)}

    def nodes(nodes: Sequence[int]) -> tuple[list[Scalar], dict[int, int]]:
        return substituted(
            form.program, nodes, program, given, lambda atom, *known: _atom(program, atom, known, values)
        )

    def entries(matrix: Sequence[Complex]) -> tuple[Complex, ...]:
        return pairs(nodes([part.node for z in matrix for part in (z.real, z.imag)])[0])

    written = form.written and put_in(form.written, lambda formula: _replaced(formula, values))
    try:
        if written and any(result.has(sp.zoo, sp.nan, sp.oo) for result in written[1]):
            raise ZeroDivisionError
        parts, places = nodes(form.nodes)
    except ZeroDivisionError:
        raise ValueError(
            f"replacements: expected values at which {form.name} is finite, got {_listed(values)}"
        ) from None
    energies = form.energies and tuple(tidied(_replaced(energy, values)) for energy in form.energies)
    if energies is None and form.band is None:
        energies = explicit_energies(model, multiplicities(model))
    section = _section(form, model, values)
    kept = ("formula", "in_words", "parts", "latex_names", "outer")
    result = derived(
        form,
        **{name: getattr(form, name) for name in kept},
        model=model,
        whole=section if section.moved else None,
        program=program,
        outputs=pairs(parts) if form.complex else tuple(map(Complex, parts)),
        hamiltonian=entries(form.hamiltonian),
        projector=entries(form.projector),
        energies=energies,
        node_labels=moved_labels(form.node_labels, places, program),
        written=written,
    )
    if written is not None and section.given and not section.moved:
        return result  # parameters have values: as it was written
    return _shortest(result, section)


def _shortest(form: Any, section: Section) -> Any:
    """The shorter of the form and what is read from its matrices."""
    found = None if section.H.atoms(AppliedUndef) else read_again(form, section)
    if found:
        return found.put_into(form)
    return in_lowest_terms(form) if form.written is None else form


def _section(form: Any, model: Model, values: Values) -> Section:
    """The model as what is left of the one in which derivatives are taken."""
    if any(isinstance(key, AppliedUndef) for key in values):
        return Section(model, model, {})
    if form.whole is None:
        return Section(form.model, model, values)
    whole = form.whole.whole
    known = {symbol: _replaced(x, values) for symbol, x in form.whole.given.items()}
    return Section(
        whole, model, {s: x for s, x in values.items() if s in {*whole.k, *whole.parameters}} | known, form.whole.point
    )


def _replaced(formula: Any, values: Values) -> Any:
    """A formula with the values put in, all at once; derivatives of undefined functions are taken before momenta have values."""
    rates: dict[sp.Expr, sp.Expr] = {}
    for rate in formula.atoms(sp.Derivative):
        if rate.expr in values:
            rates[rate] = values[rate.expr].diff(*rate.variable_count)
        elif moved := [symbol for symbol in values if symbol in rate.free_symbols]:
            rates[rate] = sp.Subs(rate, moved, [values[symbol] for symbol in moved])
    if any(isinstance(key, AppliedUndef) for key in values):
        return formula.xreplace({**values, **rates})
    hidden = {rate: sp.Dummy(real=True) for rate in rates}
    found = formula.xreplace(hidden).xreplace(dict(values))
    return found.xreplace({dummy: rates[rate] for rate, dummy in hidden.items()})


def _atom(program: Program, atom: sp.Expr, given: Sequence[Scalar], values: Values) -> Scalar:
    known = dict(zip(symbols_of(atom), map(Complex, given), strict=True))
    functions = {key: value for key, value in values.items() if isinstance(key, AppliedUndef)}
    return from_sympy(program, _replaced(atom, functions) if functions else atom, known).real


def require_free_names(form: Any, argument: str, formulas: Iterable[sp.Expr]) -> None:
    """Raise ValueError where a new symbol has the name of the energy or of a definition."""
    old = {*form.model.k, *form.model.parameters}
    new = set().union(*(formula.free_symbols for formula in formulas)) - old
    taken = {form.energy_symbol.name, *(symbol.name for symbol in old)}
    taken |= {symbol.name for symbol, _ in form.written[0]} if form.written else set()
    clash = sorted({symbol.name for symbol in new} & taken)
    if clash:
        raise ValueError(
            f"{argument}: expected new symbols with names of their own, got {', '.join(clash)}, which the form has (symbols of "
            "the same name but other assumptions are different symbols)"
        )


def different_levels(form: Any, model: Model) -> str:
    """Says so where the bands of a model coincide otherwise than those of the form; empty where they do not."""
    try:
        found = multiplicities(model)
    except ValueError:  # as at a zero mode of bosons, where E and -E meet and there are no states
        return "bands coincide that do not in this form"
    if sorted(found) == sorted(form.multiplicities):
        return ""
    return f"the bands have the multiplicities {found} and not {form.multiplicities}: the formula for separate bands does not hold"


def _substituted_model(model: Model, values: Values) -> Model:
    """H and s with the values put in; symbols in what replaces a momentum are momenta."""
    moved = [symbol for symbol in model.k if symbol in values]
    k = [symbol for symbol in model.k if symbol not in moved]
    rest = {symbol: value for symbol, value in model.parameters.items() if symbol not in values}
    if moved:
        new = set().union(*(values[symbol].free_symbols for symbol in moved)) - set(k) - set(rest)
        k += sorted(new, key=str)
        if not 1 <= len(k) <= 3:
            raise ValueError(
                f"replacements: expected one to three momenta to remain, got {len(k)} ({_listed(values)}); form.at gives values at one k"
            )
    fresh = set().union(*(value.free_symbols for value in values.values())) - set(k) - set(rest)
    rest |= dict.fromkeys(sorted(fresh, key=str))
    H, s = (_replaced(matrix, values) for matrix in (model.H, model.s))
    lattice = None if moved or model.lattice is None else model.lattice.tolist()
    return Model(H, s, k, rest, lattice, model.name, metric=at_some_k(model) if moved else model.bosons)


def at_some_k(model: Model) -> Metric | None:
    """The metric of H at some k, where nothing is said about -k."""
    return model.bosons and Metric(model.bosons.g)


def _listed(values: Values) -> str:
    return ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
