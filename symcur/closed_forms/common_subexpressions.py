"""A straight-line program as SymPy: intermediate steps with symbols of their own, or one expression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

import sympy as sp

from symcur.program import Program, operations
from symcur.program.program import FUNCTIONS, at_values

Terms = list[tuple[Any, tuple[sp.Expr, ...]]]  # a sum of products: (number, factors) each
Definitions = tuple[tuple[sp.Symbol, sp.Expr], ...]
_ONE, _MINUS = sp.Integer(1), sp.Integer(-1)


def symbolic_operations(symbols: Mapping[str, sp.Symbol], evaluate: bool = True) -> dict[str, Callable[..., Any]]:
    """The arithmetic of a program in SymPy; unevaluated, it shares equal parts and never expands them."""
    return operations(sp, symbols.__getitem__, lambda number: number) | {
        "+": lambda a, b: sp.Add(a, b, evaluate=evaluate),
        "-": lambda a, b: sp.Add(a, sp.Mul(_MINUS, b, evaluate=evaluate), evaluate=evaluate),
        "*": lambda a, b: sp.Mul(a, b, evaluate=evaluate),
        "/": lambda a, b: sp.Mul(a, sp.Pow(b, _MINUS, evaluate=evaluate), evaluate=evaluate),
    }


def steps(
    program: Program,
    outputs: Sequence[int],
    symbols: Mapping[str, sp.Symbol],
    labels: Mapping[int, str],
) -> tuple[Definitions, list[sp.Expr]]:
    """The program as definitions and results: what is used more than once, as a result or in others, or has a label, gets a symbol.

    Everything else is written into the sum or product that uses it. Sums and products are left as they are: SymPy's
    sorting of terms would take most of the time.
    """
    uses = Counter(argument for node in program.live(outputs) for argument in set(program.arguments(node)))
    uses += Counter(dict.fromkeys({*outputs} & uses.keys(), 1))
    taken = {*symbols, *labels.values()}
    prefix = next(letter for letter in ("x", "y", "u", "aux") if not any(n.startswith(f"{letter}_") for n in taken))
    definitions: list[tuple[sp.Symbol, sp.Expr]] = []

    def keep(node: int, value: Terms) -> Terms:
        operation = program.nodes[node][0]
        if operation in ("input", "constant") or node not in uses or (node not in labels and uses[node] < 2):
            return value
        if len(value) == 1 and len(value[0][1]) == 1 and value[0][1][0].is_Symbol:
            return value  # a number times a symbol
        name = labels.get(node, f"{prefix}_{len(definitions) + 1}")
        symbol = sp.Symbol(unused(name, symbols), real=True)
        definitions.append((symbol, _expression(value)))
        return [(_ONE, (symbol,))]

    results = program.run(outputs, _TERMS | {"input": lambda name: [(_ONE, (symbols[name],))]}, keep)
    return tuple(definitions), [_expression(value) for value in results]


def unused(name: str, taken: Container[str]) -> str:
    """The name with as many underscores as make it new."""
    return unused(name + "_", taken) if name in taken else name


def _factors(terms: Terms) -> tuple[Any, tuple[sp.Expr, ...]]:
    return terms[0] if len(terms) == 1 else (_ONE, (_expression(terms),))


def _product(a: Terms, b: Terms) -> Terms:
    (c, f), (d, g) = _factors(a), _factors(b)
    return [(d if c is _ONE else c if d is _ONE else c * d, f + g)]


def _quotient(a: Terms, b: Terms) -> Terms:
    (c, f), (d, g) = _factors(a), _factors(b)
    return [(c / d, (*f, *(sp.Pow(factor, _MINUS) for factor in g)))]


def _atom(atom: sp.Expr, values: Sequence[Terms]) -> sp.Expr:
    return at_values(atom, [*map(_expression, values)])


def _function(name: str) -> Callable[[Terms], Terms]:
    return lambda a: [(_ONE, (getattr(sp, name)(_expression(a)),))]


_TERMS: dict[str, Callable[..., Any]] = {
    "constant": lambda number: [(number, ())] if number else [],
    "atom": lambda atom, *values: [(_ONE, (_atom(atom, values),))],
    "+": lambda a, b: a + b,
    "-": lambda a, b: a + [(-c, f) for c, f in b],
    "*": _product,
    "/": _quotient,
    **{name: _function(name) for name in FUNCTIONS},
}


def _expression(terms: Terms) -> sp.Expr:
    if not terms:
        return sp.Integer(0)
    summands = [_monomial(number, factors) for number, factors in terms]
    return summands[0] if len(summands) == 1 else sp.Add(*summands, evaluate=False)


def _monomial(number: Any, factors: tuple[sp.Expr, ...]) -> sp.Expr:
    if len(set(factors)) < len(factors):
        factors = tuple(factor ** factors.count(factor) for factor in dict.fromkeys(factors))
    if number.is_Mul:  # -sqrt(3)/2, say: SymPy looks for signs in the first factor
        number, irrational = number.as_coeff_Mul()
        factors = (irrational, *factors)
    if number != 1 or not factors:
        factors = (number, *factors)
    return factors[0] if len(factors) == 1 else sp.Mul(*factors, evaluate=False)
