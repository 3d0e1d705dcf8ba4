"""What can be done to a closed form: energies put in, derivatives, substitution. Each gives a closed form again.

``form`` is a ``ClosedForm`` throughout; its methods of the same names are the way in. Everything works on the program
of the form, node by node, so that results stay of the size of the form; where the form is written in short expressions,
these are treated likewise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from flint import Ordering, fmpz_mpoly_ctx

from symcur import expressions as ex
from symcur.band_structures import Metric, Model
from symcur.band_structures.exact import exact_formula
from symcur.closed_forms.common_subexpressions import Definitions, unused
from symcur.closed_forms.degeneracy import multiplicities
from symcur.closed_forms.rational import rational_functions
from symcur.program import Complex, Program, Scalar, from_sympy
from symcur.program.matrices import trace, trace_of_any_product, trace_of_product
from symcur.program.rewriting import differentiated, substituted
from symcur.program.source import needed

_SYMBOLS = 12  # in expressions that are factored: with more of them it takes seconds
_SEARCHED = 400  # operations: no shorter form is searched for longer expressions
_LONGEST_TREE = 10**6  # nodes as a tree; equal parts cancel when they are written as rational functions
Written = tuple[Definitions, Sequence[sp.Expr]]


def derived(form: Any, **changes: Any) -> Any:
    """The form with other contents, which what is known about how the quantity is written does not hold for."""
    return replace(form, **{"formula": "", "in_words": "", "latex_names": {}, "in_blocks": None, **changes})


def _in_matrices(form: Any) -> dict[str, str]:
    """The formula in P and S and that in H', which hold for a band and for values of parameters as well."""
    return {"formula": form.formula, "in_words": form.in_words}


# -- energies put in ---------------------------------------------------------------------------------------------------
def explicit(form: Any, band: int) -> Any:
    """The form for one band with its energy put in, a function of k and the parameters alone."""
    if form.band is not None:
        raise ValueError(f"band: expected a form with the energy {form.energy_symbol}, got that of band {form.band}")
    form.require_band(band)
    if form.energies is None and form.written is not None and not _holds_energy(form):
        return derived(form, band=band, guarded=False, **_in_matrices(form))
    if form.energies is None and form.in_blocks is not None:
        return form.in_blocks().explicit(band)
    if form.energies is None:
        raise ValueError(
            f"band: expected a model whose energies have a short closed form, got {form.model.name} with "
            f"{len(form.multiplicities)} distinct ones, or none in the same order at every k; work with the energy {form.energy_symbol}, or expand by form.series"
        )
    level = int(np.repeat(np.arange(len(form.multiplicities)), form.multiplicities)[band])
    energy = form.energies[level]
    node = from_sympy(form.program, energy).real
    outputs, places = _replaced(form, form.program, {form.energy_symbol.name: node})
    labels = _moved(form.node_labels, places, form.program)
    if node.number is None and form.program.nodes[node.node][0] != "input":
        labels[node.node] = form.energy_symbol.name
    written = form.written and _put_in(form.written, {form.energy_symbol: energy})
    changes = {"band": band, "outputs": outputs, "node_labels": labels, "written": written}
    return in_lowest_terms(derived(form, **changes, **_in_matrices(form)))


def _holds_energy(form: Any) -> bool:
    definitions, results = form.written
    return any(form.energy_symbol in formula.free_symbols for formula in (*results, *(f for _, f in definitions)))


def in_lowest_terms(form: Any) -> Any:
    """The form written as rational functions with at most one root, where that is shorter than how it is written."""
    if form.written is None and form.tree_size() > _LONGEST_TREE:
        return form
    symbols = {symbol.name: symbol for symbol in form.arguments}
    found = rational_functions(form.program, form.nodes, symbols, form.model.k)
    if found is None:
        return form
    values = found if not form.complex else [re + sp.I * im for re, im in zip(found[::2], found[1::2], strict=True)]
    if form.written is not None and length(form.written) <= length(((), values)):
        return form
    return replace(form, written=((), tuple(values)))


def length(written: Written) -> int:
    """The operations in definitions and results."""
    return int(sp.count_ops([formula for _, formula in written[0]]) + sp.count_ops(list(written[1])))


def _put_in(written: Written, values: Mapping[sp.Symbol, sp.Expr]) -> Written:
    """Expressions put in for symbols; definitions that become numbers or symbols are put in as well."""
    known, definitions = dict(values), []
    for symbol, formula in written[0]:
        formula = formula.subs(known, simultaneous=True)
        if formula.is_Atom:
            known[symbol] = formula
        else:
            definitions.append((symbol, formula))
    results = tuple(tidied(result.subs(known, simultaneous=True)) for result in written[1])
    return needed(definitions, results), results


def tidied(expression: sp.Expr) -> sp.Expr:
    """The shortest of an expression and two ways to factor it (one where it has many symbols); long ones are left alone."""
    if expression.is_Atom or sp.count_ops(expression) > _SEARCHED:
        return expression
    try:
        others = [sp.factor_terms(expression)]
        if len(expression.free_symbols) <= _SYMBOLS:
            others.append(_factored(expression))
    except sp.PolynomialError:
        return expression
    return min([expression, *others], key=sp.count_ops)


def _factored(expression: sp.Expr) -> sp.Expr:
    """A rational function in factors. FLINT finds them: SymPy chooses at random where it looks, and some choices never end."""
    result: list[sp.Expr] = []
    for part, sign in zip(sp.fraction(sp.together(expression)), (1, -1), strict=True):
        if part.is_Rational:
            result.append(part**sign)
            continue
        polynomial, options = sp.poly_from_expr(part)
        if not (polynomial.domain.is_ZZ or polynomial.domain.is_QQ):
            raise sp.PolynomialError("numbers that are not rational")
        denominator, polynomial = polynomial.clear_denoms(convert=True)
        context = fmpz_mpoly_ctx.get([f"g{j}" for j in range(len(options.gens))], Ordering.lex)
        number, factors = context.from_dict({powers: int(c) for powers, c in polynomial.terms()}).factor()
        result.append((sp.Integer(int(number)) / denominator) ** sign)
        for factor, power in factors:
            found = sp.Poly({powers: int(c) for powers, c in factor.to_dict().items()}, *options.gens)
            result.append(found.as_expr() ** (sign * int(power)))
    return sp.Mul(*result)


# -- derivatives -------------------------------------------------------------------------------------------------------
def diff(form: Any, variable: Any) -> Any:
    """The total derivative by a momentum (an axis, a name or a symbol) or a parameter, with that of the energy."""
    symbol = variable_of(form, variable)
    program = form.program
    rates = {symbol.name: program.one}
    if form.band is None:
        rates[form.energy_symbol.name] = _energy_rate(form, symbol)
    found = differentiated(program, form.nodes, rates)
    outputs = tuple(Complex(found[z.real.node], found.get(z.imag.node, program.zero)) for z in form.outputs)
    labels = dict(form.node_labels)
    for node, label in form.node_labels.items():
        rate = found.get(node)
        if rate is not None and rate.number is None and program.nodes[rate.node][0] != "input":
            labels.setdefault(rate.node, f"{label}_{symbol.name}")
    axis = form.model.k.index(symbol) if symbol in form.model.k else None
    left, equals, right = form.formula.partition("&= ")
    sign = rf"\partial_{{{sp.latex(symbol)}}}"
    formula = rf"{sign} {left}{equals}{sign} \left[{right}\right]" if equals and axis is None else ""
    return derived(
        form,
        name=f"{form.name}_by_{symbol.name}",
        labels=tuple(f"{sign} {label}" for label in form.labels),
        formula=formula,
        outputs=outputs,
        node_labels=labels,
        written=_written_rate(form, symbol),
        parts=() if axis is None else tuple(ex.derivative(part, axis) for part in form.parts),
    )


def variable_of(form: Any, variable: Any) -> sp.Symbol:
    k, known = form.model.k, {symbol.name: symbol for symbol in (*form.model.k, *form.model.parameters)}
    if isinstance(variable, int) and not isinstance(variable, bool) and 0 <= variable < len(k):
        return k[variable]
    found = known.get(str(variable)) if isinstance(variable, (str, sp.Symbol)) else None
    if found is None:
        raise ValueError(
            f"variable: expected an axis from 0 to {len(k) - 1} or one of {', '.join(known)} of {form.model.name}, got {variable!r}"
        )
    return found


def _energy_rate(form: Any, symbol: sp.Symbol) -> Scalar:
    """dE/dx = Tr[P dH/dx]/r (Hellmann and Feynman); for a momentum the band velocity."""
    H = np.array(form.hamiltonian).reshape(form.model.size, -1)
    P = np.array(form.projector).reshape(H.shape)
    nodes = [part.node for z in form.hamiltonian for part in (z.real, z.imag)]
    rates = differentiated(form.program, nodes, {symbol.name: form.program.one})
    dH = np.frompyfunc(lambda z: Complex(rates[z.real.node], rates[z.imag.node]), 1, 1)(H)
    ranks = set(form.multiplicities)
    product = trace_of_product if form.model.bosons is None else trace_of_any_product
    return product(P, dH) / (ranks.pop() if len(ranks) == 1 else trace(P))


def _written_rate(form: Any, symbol: sp.Symbol) -> Written | None:
    """The chain rule through the definitions; None where no short derivative of the energy is known."""
    if form.written is None:
        return None
    definitions, results = form.written
    rates: dict[sp.Symbol, sp.Expr] = {symbol: sp.Integer(1)}
    used = set().union(*(formula.free_symbols for _, formula in definitions), *(r.free_symbols for r in results))
    if form.band is None and form.energy_symbol in used:
        if form.energies is None or len(form.energies) > 2:
            return None
        rates[form.energy_symbol] = _two_level_rate(form, symbol)
    new: list[tuple[sp.Symbol, sp.Expr]] = []
    for defined, formula in definitions:
        new.append((defined, formula))
        rate = tidied(_total(formula, rates))
        if sp.count_ops(rate) > 3:
            name = unused(f"{defined.name}_{symbol.name}", {s.name for s, _ in new} | {s.name for s in form.arguments})
            new.append((sp.Symbol(name, real=True), rate))
            rate = new[-1][0]
        rates[defined] = rate
    values = tuple(tidied(_total(result, rates)) for result in results)
    return needed(new, values), values


def _total(formula: sp.Expr, rates: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    terms = (formula.diff(symbol) * rate for symbol, rate in rates.items() if symbol in formula.free_symbols)
    return sp.Add(*(term for term in terms))


def _two_level_rate(form: Any, symbol: sp.Symbol) -> sp.Expr:
    """E = h0 -+ sqrt(h^2) and so dE = dh0 + d(h^2)/(2 (E - h0)); E = h0 where both are the same."""
    middle = sum(form.energies, sp.Integer(0)) / len(form.energies)
    if len(form.energies) == 1:
        return middle.diff(symbol)
    square = ((form.energies[1] - form.energies[0]) / 2) ** 2
    return tidied(middle.diff(symbol)) + tidied(square.diff(symbol)) / (2 * (form.energy_symbol - middle))


# -- substitution ------------------------------------------------------------------------------------------------------
def subs(form: Any, replacements: Any) -> Any:
    """Momenta and parameters replaced by exact numbers or formulas; definitions stay."""
    model, values = replaced_model(form, replacements)
    return _with_values(form, model, values)


def replaced_model(form: Any, replacements: Any) -> tuple[Model, dict[sp.Symbol, sp.Expr]]:
    """The model with the values put in, and the values by symbol; raises ValueError where bands coincide that are distinct."""
    symbols = (*form.model.k, *form.model.parameters)
    if not isinstance(replacements, Mapping):
        raise TypeError(
            f"replacements: expected a mapping from names or symbols to numbers or formulas, got {replacements!r}"
        )
    named = {str(name): exact_formula(str(name), value) for name, value in replacements.items()}
    unknown = set(named) - {symbol.name for symbol in symbols}
    if unknown:
        raise ValueError(
            f"replacements: expected some of {', '.join(s.name for s in symbols)}, got {', '.join(sorted(unknown))}"
        )
    values = {symbol: named[symbol.name] for symbol in symbols if symbol.name in named}
    require_free_names(form, "replacements", values.values())
    model = _substituted_model(form.model, values)
    differ = different_levels(form, model)
    if differ:
        raise ValueError(
            f"replacements: expected values at which bands stay distinct, got {_listed(values)}, where {differ}; with the "
            "values in H, by model.with_parameters, derive treats the multiplets as such"
        )
    return model, values


def _with_values(form: Any, model: Model, values: Mapping[sp.Symbol, sp.Expr]) -> Any:
    """The form where these symbols have these values, of a model in which they are put in already."""
    program = Program()
    given = {symbol.name: from_sympy(program, value).real for symbol, value in values.items()}
    written = form.written and _put_in(form.written, values)
    try:
        if written and any(result.has(sp.zoo, sp.nan, sp.oo) for result in written[1]):
            raise ZeroDivisionError
        outputs, places = _replaced(form, program, given)
    except ZeroDivisionError:
        raise ValueError(
            f"replacements: expected values at which {form.name} is finite, got {_listed(values)}"
        ) from None
    kept = {} if any(symbol in form.model.k for symbol in values) else _in_matrices(form)
    return derived(
        form,
        **kept,
        model=model,
        program=program,
        outputs=outputs,
        hamiltonian=_entries(form.program, form.hamiltonian, program, given),
        projector=_entries(form.program, form.projector, program, given),
        energies=form.energies and tuple(tidied(energy.subs(values, simultaneous=True)) for energy in form.energies),
        node_labels=_moved(form.node_labels, places, program),
        written=written,
        parts=form.parts if kept else (),
    )


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


def _substituted_model(model: Model, values: Mapping[sp.Symbol, sp.Expr]) -> Model:
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
    H, s = (matrix.subs(values, simultaneous=True) for matrix in (model.H, model.s))
    lattice = None if moved or model.lattice is None else model.lattice.tolist()
    return Model(H, s, k, rest, lattice, model.name, metric=at_some_k(model) if moved else model.bosons)


def at_some_k(model: Model) -> Metric | None:
    """The metric of H at some k, where nothing is said about -k."""
    return model.bosons and Metric(model.bosons.g)


def _listed(values: Mapping[sp.Symbol, sp.Expr]) -> str:
    return ", ".join(f"{symbol} = {value}" for symbol, value in values.items())


# -- nodes -------------------------------------------------------------------------------------------------------------
def _replaced(form: Any, into: Program, given: Mapping[str, Scalar]) -> tuple[tuple[Complex, ...], dict[int, int]]:
    parts, places = substituted(form.program, form.nodes, into, given)
    return _pairs(parts) if form.complex else tuple(map(Complex, parts)), places


def _entries(program: Program, entries: Sequence[Complex], into: Program, given: Mapping[str, Scalar]) -> Any:
    nodes = [part.node for z in entries for part in (z.real, z.imag)]
    return _pairs(substituted(program, nodes, into, given)[0])


def _pairs(parts: Sequence[Scalar]) -> tuple[Complex, ...]:
    return tuple(Complex(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True))


def _moved(labels: Mapping[int, str], places: Mapping[int, int], program: Program) -> dict[int, str]:
    """The labels at the new places of their nodes, unless these are inputs or numbers."""
    result: dict[int, str] = {}
    for node, label in labels.items():
        if node in places and program.nodes[places[node]][0] not in ("input", "constant"):
            result.setdefault(places[node], label)
    return result
