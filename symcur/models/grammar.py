"""Formulas as text, in a closed grammar: reading one runs nothing, and its size is bounded before SymPy sees it.

    formula  = sums, differences, products, quotients, powers with whole exponents, brackets
    numbers  = 2, 0.5, 1e-3; i and pi
    names    = momenta, parameters and definitions of the file; sigma_0, sigma_x, sigma_y, sigma_z
    calls    = sin, cos, exp, sqrt, conj of a number; adj, the adjoint, of a matrix; kron of two matrices

Python's parser takes the text apart; the nodes listed in ``_value`` are then read one by one, and any other is refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import comb
from typing import Any

import sympy as sp

from symcur.files import shortened
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z

LONGEST = 2000  # characters of a formula
LARGEST_NUMBER = 10**18  # also of numerators and denominators: they stay within 64 bits
LARGEST_EXPONENT = 16
MOST_TERMS = 2000  # of an entry, multiplied out, real and imaginary parts counted apart
HIGHEST_DEGREE = 48  # in the names together
LARGEST_MATRIX = 32  # rows
MOST_ENTRIES = 50_000  # of a matrix, entries times their terms
DEEPEST = 60  # brackets and operations within each other; sums count once

_TOKEN = re.compile(
    r"\s+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?(?![\w.])|(?P<name>[A-Za-z][A-Za-z0-9_]*)|\*\*|[-+*/(),]", re.ASCII
)


class NotInGrammar(ValueError):
    """Why a text is not a formula."""


@dataclass(frozen=True)
class Term:
    """A value with bounds: ``terms`` and ``degree`` when multiplied out, ``roots`` and ``waves`` nested within each other.

    A wave is a sine, a cosine or an exponential.
    """

    value: Any  # sp.Expr or sp.ImmutableDenseMatrix
    terms: int = 1
    degree: int = 0
    roots: int = 0
    waves: bool = False

    @property
    def rows(self) -> int | None:
        """The number of rows of a matrix, None for a number."""
        return self.value.rows if isinstance(self.value, sp.MatrixBase) else None


CONSTANTS = {
    "i": Term(sp.I),
    "pi": Term(sp.pi),
    **{
        f"sigma_{label}": Term(matrix)
        for label, matrix in zip("0xyz", (sigma_0, sigma_x, sigma_y, sigma_z), strict=True)
    },
}


def formula(text: str, names: Mapping[str, Term] = CONSTANTS) -> Term:
    """The value of a formula in the names given; raises NotInGrammar, a ValueError, with the reason."""
    if len(text) > LONGEST:
        raise NotInGrammar(f"at most {LONGEST} characters, got {len(text)}")
    code = "".join(_tokens(text))
    try:
        tree = ast.parse(code, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotInGrammar(f"a formula such as 2*t*cos(k_x), got {shortened(text)}") from None
    return _value(tree.body, names, 0)


def _tokens(text: str) -> Iterator[str]:
    """The text for Python's parser: every name with an underscore in front, so that none is a word of Python."""
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise NotInGrammar(f"numbers, names and + - * / ** ( ) , got {text[position : position + 12]!r}")
        position = token.end()
        yield "_" + token["name"] if token["name"] else " " if token.group().isspace() else token.group()


def number(value: float) -> Term:
    """A number of the file as an exact one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NotInGrammar(f"a number, got {value!r}")
    if not abs(value) <= LARGEST_NUMBER:
        raise NotInGrammar(f"numbers up to {LARGEST_NUMBER:.0e}, got {shortened(str(value))}")
    for digits in range(19):  # the simplest fraction that is this number in double precision: 0.1 is 1/10
        simple = Fraction(value).limit_denominator(10**digits)
        if float(simple) == value:
            return Term(sp.Rational(simple.numerator, simple.denominator))
    raise NotInGrammar(f"numbers with denominators up to {LARGEST_NUMBER:.0e}, got {value!r}")


def _value(node: ast.expr, names: Mapping[str, Term], depth: int) -> Term:
    if depth > DEEPEST:
        raise NotInGrammar(f"at most {DEEPEST} brackets and operations within each other, got more")
    match node:
        case ast.Constant(value=int() | float() as value):
            return number(value)
        case ast.Name(id=name):
            if name[1:] not in names:
                raise NotInGrammar(f"one of the names {', '.join(names)}, got {shortened(name[1:])}")
            return names[name[1:]]
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, names, depth + 1)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _negative(_value(operand, names, depth + 1))
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return _sum([sign(_value(part, names, depth + 1)) for sign, part in _summands(node)])
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() | ast.Pow() as sign, right=right):
            return _OPERATIONS[type(sign)](_value(left, names, depth + 1), _value(right, names, depth + 1))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name[1:] in FUNCTIONS:
            count, call = FUNCTIONS[name[1:]]
            if len(arguments) != count:
                raise NotInGrammar(f"{name[1:]} of {count} argument{'s' * (count > 1)}, got {len(arguments)}")
            return call(*(_value(argument, names, depth + 1) for argument in arguments))
    raise NotInGrammar(f"numbers, names, + - * / ** and the functions {', '.join(FUNCTIONS)}, got something else")


def _summands(node: ast.expr) -> list[tuple[Callable[[Term], Term], ast.expr]]:
    """The parts of a long sum, each with its sign."""
    parts: list[tuple[Callable[[Term], Term], ast.expr]] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        parts.append((_negative if isinstance(node.op, ast.Sub) else _unchanged, node.right))
        node = node.left
    return [(_unchanged, node), *reversed(parts)]


# -- operations, each with the bounds of its result --------------------------------------------------------------------
def _checked(term: Term) -> Term:
    """The term; raises NotInGrammar where it is too large or not finite. Bounds come first: they cost nothing."""
    _bounded(term.terms, term.degree, term.rows)
    entries = term.value if term.rows else (term.value,)
    for entry in entries:
        if entry.has(sp.zoo, sp.nan, sp.oo):
            raise NotInGrammar("finite numbers, got a division by zero")
        for atom in entry.atoms(sp.Rational):
            if max(abs(atom.p), atom.q) > LARGEST_NUMBER:
                raise NotInGrammar(
                    f"numerators and denominators up to {LARGEST_NUMBER:.0e}, got {shortened(str(atom))}"
                )
    return term


def _bounded(terms: int, degree: int, rows: int | None = None) -> None:
    if terms * (rows or 1) ** 2 > MOST_ENTRIES:
        raise NotInGrammar(f"at most {MOST_ENTRIES} terms in all entries of a matrix, got up to {terms} in each")
    if terms > MOST_TERMS:
        raise NotInGrammar(f"at most {MOST_TERMS} terms when multiplied out, got up to {min(terms, 10**18):.0e}")
    if degree > HIGHEST_DEGREE:
        raise NotInGrammar(f"a degree up to {HIGHEST_DEGREE}, got up to {degree}")


def _joined(value: Any, terms: int, degree: int, *parts: Term) -> Term:
    return _checked(Term(value, terms, degree, max(part.roots for part in parts), any(part.waves for part in parts)))


def _unchanged(a: Term) -> Term:
    return a


def _negative(a: Term) -> Term:
    return replace(a, value=-a.value)


def _sum(parts: Sequence[Term]) -> Term:
    first = parts[0]
    if any(part.rows != first.rows for part in parts):
        raise NotInGrammar("sums of numbers, or of matrices of one size (M*sigma_0 stands for a number M)")
    terms, degree = sum(part.terms for part in parts), max(part.degree for part in parts)
    _bounded(terms, degree, first.rows)
    values = [part.value for part in parts]
    if first.rows is None:
        return _joined(sp.Add(*values), terms, degree, *parts)
    entries = [sp.Add(*entry) for entry in zip(*values, strict=True)]
    return _joined(sp.ImmutableDenseMatrix(first.rows, first.rows, entries), terms, degree, *parts)


def _product(a: Term, b: Term) -> Term:
    inner = a.rows if a.rows and b.rows else 1
    if a.rows and b.rows and a.rows != b.rows:
        raise NotInGrammar(f"products of matrices of one size, got {a.rows} and {b.rows} rows")
    terms, degree = inner * a.terms * b.terms, a.degree + b.degree
    _bounded(terms, degree, a.rows or b.rows)
    return _joined(a.value * b.value, terms, degree, a, b)


def _quotient(a: Term, b: Term) -> Term:
    return _product(a, _power(b, Term(sp.Integer(-1))))


def _power(a: Term, b: Term) -> Term:
    exponent = b.value
    if a.rows or not isinstance(exponent, sp.Integer) or abs(exponent) > LARGEST_EXPONENT:
        raise NotInGrammar(f"powers of numbers, with whole exponents up to {LARGEST_EXPONENT}; roots are sqrt(...)")
    n = int(exponent)
    terms, degree = comb(a.terms + abs(n) - 1, abs(n)), a.degree * abs(n)
    terms = terms**3 if n < 0 else terms  # 1/z = conj(z)/|z|^2: as many as z, over as many as |z|^2
    _bounded(terms, degree)
    if n < 0 and a.value == 0:
        raise NotInGrammar("finite numbers, got a division by zero")
    return _joined(a.value**n, terms, degree, a)


def _wave(function: Callable[[Any], Any]) -> Callable[[Term], Term]:
    def call(a: Term) -> Term:
        if a.rows or a.waves:
            raise NotInGrammar("sin, cos and exp of numbers in which no sin, cos or exp stands")
        terms = 4 * a.terms
        _bounded(terms, a.degree)
        return _checked(Term(function(a.value), terms, max(a.degree, 1), a.roots, True))

    return call


def _root(a: Term) -> Term:
    if a.rows or a.roots > 1:
        raise NotInGrammar("sqrt of numbers, two within each other at most")
    terms = 4 * a.terms**2
    _bounded(terms, a.degree)
    return _checked(Term(sp.sqrt(a.value), terms, max(a.degree, 1), a.roots + 1, a.waves))


def _conjugate(a: Term) -> Term:
    if a.rows:
        raise NotInGrammar("conj of a number; adj of a matrix")
    return replace(a, value=sp.conjugate(a.value))


def _adjoint(a: Term) -> Term:
    if not a.rows:
        raise NotInGrammar("adj of a matrix; conj of a number")
    return replace(a, value=a.value.H)


def _kron(a: Term, b: Term) -> Term:
    if not (a.rows and b.rows) or a.rows * b.rows > LARGEST_MATRIX:
        raise NotInGrammar(f"kron of two matrices with at most {LARGEST_MATRIX} rows together")
    terms, degree = a.terms * b.terms, a.degree + b.degree
    _bounded(terms, degree, a.rows * b.rows)
    return _joined(kron(a.value, b.value), terms, degree, a, b)


_OPERATIONS: dict[type[ast.operator], Callable[[Term, Term], Term]] = {
    ast.Mult: _product,
    ast.Div: _quotient,
    ast.Pow: _power,
}
FUNCTIONS: dict[str, tuple[int, Callable[..., Term]]] = {
    "sin": (1, _wave(sp.sin)),
    "cos": (1, _wave(sp.cos)),
    "exp": (1, _wave(sp.exp)),
    "sqrt": (1, _root),
    "conj": (1, _conjugate),
    "adj": (1, _adjoint),
    "kron": (2, _kron),
}
