"""Programs made from programs: inputs replaced, and derivatives by the chain rule, node by node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import sympy as sp

from symcur.program.program import FUNCTIONS, Complex, Program, Scalar, from_sympy, operations, symbols_of


def applied(name: str, a: Scalar) -> Scalar:
    """A function of a scalar; its value where that is rational."""
    if a.number is not None:
        value = getattr(sp, name)(a.number)
        if value.is_Rational:
            return a.program.constant(value)
    return a.program.function(name, a)


def scalar_arithmetic(program: Program, given: Callable[[str], Scalar]) -> dict[str, Callable[..., Any]]:
    """The arithmetic that builds nodes of ``program``; raises ZeroDivisionError where a divisor is the number 0."""

    def quotient(a: Scalar, b: Scalar) -> Scalar:
        if b.is_zero:
            raise ZeroDivisionError
        return a / b

    functions = SimpleNamespace(**{name: partial(applied, name) for name in FUNCTIONS})
    return operations(functions, given, program.constant) | {"/": quotient, "atom": _atom}


def _atom(atom: sp.Expr, *values: Scalar) -> Scalar:
    """A real function that is kept as it stands, of other scalars."""
    return values[0].program.atom(atom, dict(zip(symbols_of(atom), map(Complex, values), strict=True)))


def substituted(
    program: Program,
    nodes: Iterable[int],
    into: Program,
    values: Mapping[str, Scalar],
    atom: Callable[..., Scalar] | None = None,
) -> tuple[list[Scalar], dict[int, int]]:
    """The nodes as scalars of ``into``, with inputs replaced by ``values`` (others stay), and {old node: new node}.

    ``atom(function, *values)`` makes what stands for a function that is kept as it stands; by default itself.
    """
    places: dict[int, int] = {}

    def keep(node: int, value: Scalar) -> Scalar:
        places[node] = value.node
        return value

    arithmetic = scalar_arithmetic(into, lambda name: values[name] if name in values else into.input(name))
    return program.run(nodes, arithmetic | ({"atom": atom} if atom else {}), keep), places


def differentiated(program: Program, nodes: Iterable[int], rates: Mapping[str, Scalar]) -> dict[int, Scalar]:
    """The derivative of every node that the nodes need, in the same program.

    ``rates`` are the derivatives of the inputs; those of the others are 0.
    """
    found: dict[int, Scalar] = {}
    for node in program.live(nodes):
        operation, arguments = program.nodes[node]
        if operation == "input":
            found[node] = rates.get(arguments[0], program.zero)
        elif operation == "constant":
            found[node] = program.zero
        elif operation == "atom":
            atom, own = arguments[0], arguments[1:]
            known = {x: Complex(Scalar(program, a)) for x, a in zip(symbols_of(atom), own, strict=True)}
            terms = (from_sympy(program, atom.diff(x), known).real * found[a] for x, a in zip(known, own, strict=True))
            found[node] = sum(terms, program.zero)
        else:
            values = [Scalar(program, argument) for argument in arguments]
            found[node] = _RULES[operation](Scalar(program, node), *values, *(found[a] for a in arguments))
    return found


_RULES: dict[str, Callable[..., Scalar]] = {
    "+": lambda value, a, b, da, db: da + db,
    "-": lambda value, a, b, da, db: da - db,
    "*": lambda value, a, b, da, db: da * b + a * db,
    "/": lambda value, a, b, da, db: (da - value * db) / b,
    "sqrt": lambda value, a, da: da / (2 * value),
    "cos": lambda value, a, da: -(a.program.function("sin", a) * da),
    "sin": lambda value, a, da: a.program.function("cos", a) * da,
}
