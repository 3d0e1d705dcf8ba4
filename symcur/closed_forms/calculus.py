"""What can be done to a closed form: energies put in, derivatives. Each gives a closed form again.

``form`` is a ``ClosedForm`` throughout; its methods of the same names are the way in. Everything works on the program
of the form, node by node, so that results stay of the size of the form; where the form is written in short expressions,
these are treated likewise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from flint import Ordering, fmpz_mpoly_ctx

from symcur import expressions as ex
from symcur.closed_forms.common_subexpressions import Definitions, unused
from symcur.closed_forms.letters import Section
from symcur.closed_forms.printed_names import printed
from symcur.closed_forms.rational import rational_functions
from symcur.program import Complex, Program, Scalar, from_sympy
from symcur.program.matrices import trace, trace_of_any_product, trace_of_product
from symcur.program.rewriting import differentiated, substituted
from symcur.program.source import needed

_COMPONENT = re.compile(r"h_\{?(\w+?)((?:,\w+)?)\}?")  # h_zx or h_{zx,x}
_LONG = 8  # operations in an energy that is given a symbol
_SYMBOLS = 12  # in expressions that are factored: with more of them it takes seconds
_SEARCHED = 400  # operations: no shorter form is searched for longer expressions
_LONGEST_TREE = 10**6  # nodes as a tree; equal parts cancel when they are written as rational functions
Written = tuple[Definitions, Sequence[sp.Expr]]


def derived(form: Any, **changes: Any) -> Any:
    """The form with other contents, which what is known about how the quantity is written does not hold for."""
    unknown: dict[str, Any] = {
        "formula": "",
        "in_words": "",
        "latex_names": {},
        "in_blocks": None,
        "whole": None,
        "outer": (),
    }
    return replace(form, **{**unknown, **changes})


def _in_matrices(form: Any) -> dict[str, str]:
    """The formula in P and S and that in H', which hold for one band as well."""
    return {"formula": form.formula, "in_words": form.in_words, "whole": form.whole, "outer": form.outer}


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
    labels = moved_labels(form.node_labels, places, form.program)
    if node.number is None and form.program.nodes[node.node][0] != "input":
        labels[node.node] = form.energy_symbol.name
    changes = {"band": band, "outputs": outputs, "node_labels": labels, "latex_names": form.latex_names}
    written = form.written and _with_energy(form, energy)
    return in_lowest_terms(derived(form, **changes, **_in_matrices(form), written=written))


def _with_energy(form: Any, energy: sp.Expr) -> Written:
    """E = h_0 + eps put in, with h_0 as it is written where it is a definition, and one for eps where it is long."""
    definitions, results = form.written
    middle = sp.Add(*form.energies) / len(form.energies)
    eps, known = energy - middle, {formula: symbol for symbol, formula in definitions}
    if sp.count_ops(eps) > sp.count_ops(energy):
        eps, middle = energy, sp.Integer(0)
    if sp.count_ops(eps) > _LONG:
        names = {symbol.name for symbol in (*form.arguments, *known.values())}
        symbol = sp.Symbol(unused("epsilon", names), real=True)
        definitions, eps = ((symbol, eps), *definitions), symbol
    put = {form.energy_symbol: known.get(middle, middle) + eps}
    return put_in((definitions, results), lambda formula: formula.subs(put))


def _holds_energy(form: Any) -> bool:
    definitions, results = form.written
    return any(form.energy_symbol in formula.free_symbols for formula in (*results, *(f for _, f in definitions)))


def in_lowest_terms(form: Any) -> Any:
    """The form written as rational functions with few roots, where that is shorter than how it is written."""
    if form.written is None and form.tree_size() > _LONGEST_TREE:
        return form
    symbols = {symbol.name: symbol for symbol in form.arguments}
    found = rational_functions(form.program, form.nodes, symbols, form.model.k)
    if found is None:
        return form
    values = found if not form.complex else [re + sp.I * im for re, im in zip(found[::2], found[1::2], strict=True)]
    if form.written is not None and length(form.written) <= length(((), values)) + _LONG:
        return form  # definitions have names
    return replace(form, written=((), tuple(values)))


def length(written: Written) -> int:
    """The operations in definitions and results."""
    return int(sp.count_ops([formula for _, formula in written[0]]) + sp.count_ops(list(written[1])))


def length_of(form: Any) -> int:
    """The operations of a form as it is written."""
    return length((form.definitions, sp.flatten(form.compact)))


def read_again(form: Any, section: Section) -> Any:
    """What a form is in the matrices of a section, where that can be told and is not longer; None otherwise."""
    if form.read is None or form.band is not None or form.outer or not form.parts:
        return None
    found = form.read(form, section)
    return found if found and found.length() <= length_of(form) else None


def put_in(written: Written, replaced: Callable[[sp.Expr], sp.Expr]) -> Written:
    """Formulas in which something is ``replaced``; definitions that become numbers or symbols are put in as well."""
    known: dict[sp.Symbol, sp.Expr] = {}
    definitions = []
    for symbol, formula in written[0]:
        formula = replaced(formula).subs(known)
        if formula.is_Atom:
            known[symbol] = formula
        else:
            definitions.append((symbol, formula))
    results = tuple(tidied(replaced(result).subs(known)) for result in written[1])
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
    written, names = _written_rate(form, symbol)
    axis, sign = _axis_of(form, symbol), rf"\partial_{{{printed(symbol)}}}"
    return derived(
        form,
        name=f"{form.name}_by_{symbol.name}",
        labels=tuple(f"{sign} {label}" for label in form.labels),
        formula=form.formula if axis is None else "",
        whole=form.whole,
        outer=f"{sign} {form.outer}".rstrip() if axis is None else form.outer,
        outputs=outputs,
        node_labels=labels,
        written=written,
        latex_names=names,
        parts=form.parts if axis is None else tuple(ex.derivative(part, axis) for part in form.parts),
    )


def _axis_of(form: Any, symbol: sp.Symbol) -> int | None:
    """The axis along which expressions are differentiated; None for a parameter, and for what momenta depend on that are put in."""
    if form.whole is None:
        return form.model.k.index(symbol) if symbol in form.model.k else None
    momenta, given = form.whole.whole.k, form.whole.given
    fixed = symbol in given or any(symbol in value.free_symbols for value in given.values())
    return momenta.index(symbol) if symbol in momenta and not fixed else None


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


def _written_rate(form: Any, symbol: sp.Symbol) -> tuple[Written | None, dict[sp.Symbol, str]]:
    """The chain rule through the definitions, and the names of derivatives of components of H in LaTeX; None where no short
    derivative of the energy is known."""
    names: dict[sp.Symbol, str] = dict(form.latex_names)
    if form.written is None:
        return None, names
    definitions, results = form.written
    rates: dict[sp.Symbol, sp.Expr] = {symbol: sp.Integer(1)}
    used = set().union(*(formula.free_symbols for _, formula in definitions), *(r.free_symbols for r in results))
    if form.band is None and form.energy_symbol in used:
        if form.energies is None or len(form.energies) > 2:
            return None, names
        rates[form.energy_symbol] = _two_level_rate(
            form, symbol, {formula: defined for defined, formula in definitions}
        )
    new: list[tuple[sp.Symbol, sp.Expr]] = []
    for defined, formula in definitions:
        new.append((defined, formula))
        rate = tidied(_total(formula, rates))
        if sp.count_ops(rate) > 3:
            name = unused(f"{defined.name}_{symbol.name}", {s.name for s, _ in new} | {s.name for s in form.arguments})
            new.append((sp.Symbol(name, real=True), rate))
            rate = new[-1][0]
            component = _COMPONENT.fullmatch(form.latex_names.get(defined, defined.name))
            if component and form.latex_names and symbol in form.model.k:
                comma = "" if component[2] else ","
                names[rate] = f"h_{{{component[1]}{component[2]}{comma}{symbol.name.removeprefix('k_')}}}"
        rates[defined] = rate
    values = tuple(tidied(_total(result, rates)) for result in results)
    return (needed(new, values), values), names


def _total(formula: sp.Expr, rates: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    terms = (formula.diff(symbol) * rate for symbol, rate in rates.items() if symbol in formula.free_symbols)
    return sp.Add(*(term for term in terms))


def _two_level_rate(form: Any, symbol: sp.Symbol, known: Mapping[sp.Expr, sp.Symbol]) -> sp.Expr:
    """E = h0 -+ sqrt(h^2) and so dE = dh0 + d(h^2)/(2 (E - h0)); E = h0 where both are the same."""
    middle = sum(form.energies, sp.Integer(0)) / len(form.energies)
    if len(form.energies) == 1:
        return middle.diff(symbol)
    square = ((form.energies[1] - form.energies[0]) / 2) ** 2
    eps = form.energy_symbol - middle
    return tidied(middle.diff(symbol)) + tidied(square.diff(symbol)) / (2 * known.get(eps, eps))


# -- nodes -------------------------------------------------------------------------------------------------------------
def _replaced(form: Any, into: Program, given: Mapping[str, Scalar]) -> tuple[tuple[Complex, ...], dict[int, int]]:
    parts, places = substituted(form.program, form.nodes, into, given)
    return pairs(parts) if form.complex else tuple(map(Complex, parts)), places


def pairs(parts: Sequence[Scalar]) -> tuple[Complex, ...]:
    return tuple(Complex(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True))


def moved_labels(labels: Mapping[int, str], places: Mapping[int, int], program: Program) -> dict[int, str]:
    """The labels at the new places of their nodes, unless these are inputs or numbers."""
    result: dict[int, str] = {}
    for node, label in labels.items():
        if node in places and program.nodes[places[node]][0] not in ("input", "constant"):
            result.setdefault(places[node], label)
    return result
