"""A straight-line program over real scalars: what closed forms and kernels are made of.

Every node is an operation on earlier nodes; equal nodes are made once, so that whatever two quantities or two bands
have in common is computed once. Zeros and ones fold away while the program is built. ``run`` interprets the program in
any arithmetic: floats, NumPy arrays, mpmath numbers, SymPy expressions, heyoka expressions or lines of source.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

Operations = Mapping[str, Callable[..., Any]]
FUNCTIONS = ("sqrt", "cos", "sin")  # unary; besides + * - / and powers


def operations(
    functions: Any, given: Callable[[str], Any], constant: Callable[[Any], Any]
) -> dict[str, Callable[..., Any]]:
    """The arithmetic of numbers with the usual operators; ``functions`` (a module, say) has sqrt, cos and sin."""
    signs = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    arithmetic = {name: getattr(functions, name) for name in FUNCTIONS}
    return {
        "input": given,
        "constant": constant,
        "atom": lambda atom, *values: _evaluated(atom, values, functions),
        **signs,
        **arithmetic,
    }


def _evaluated(atom: sp.Expr, values: Sequence[Any], functions: Any) -> Any:
    """A real function at the values of its symbols, which are in the order of their names."""
    if functions is sp:
        return at_values(atom, values)
    undefined = atom.atoms(AppliedUndef)
    if undefined:
        raise ValueError(f"H: expected explicit functions where numbers are asked for, got {min(undefined, key=str)}")
    return _compiled(atom, functions.__name__)(*values)


@functools.lru_cache(maxsize=512)
def _compiled(atom: sp.Expr, module: str) -> Callable[..., Any]:
    function: Callable[..., Any] = sp.lambdify(symbols_of(atom), atom, modules=module, dummify=True)
    return function


def symbols_of(atom: sp.Expr) -> list[sp.Symbol]:
    return sorted(atom.free_symbols, key=str)


def at_values(atom: sp.Expr, values: Sequence[sp.Expr]) -> sp.Expr:
    """A function at the values of its symbols, in the order of their names; a derivative is taken before."""
    new = {x: value for x, value in zip(symbols_of(atom), values, strict=True) if x != value}
    return sp.Subs(atom, [*new], [*new.values()]) if new and isinstance(atom, sp.Derivative) else atom.xreplace(new)


class Program:
    """The nodes, in an order in which each comes after its arguments: (operation, arguments) pairs."""

    keeps_atoms = True  # whether functions other than those of the arithmetic may be nodes

    def __init__(self) -> None:
        self.nodes: list[tuple[str, tuple[Any, ...]]] = []
        self._index: dict[tuple[str, tuple[Any, ...]], int] = {}
        self._last_live: tuple[tuple[int, ...], list[int]] = ((), [])
        self.zero, self.one = self.constant(0), self.constant(1)  # the nodes 0 and 1

    def _node(self, operation: str, *arguments: Any) -> Scalar:
        key = (operation, arguments)
        if key not in self._index:
            self._index[key] = len(self.nodes)
            self.nodes.append(key)
        return Scalar(self, self._index[key])

    def input(self, name: str) -> Scalar:
        return self._node("input", name)

    def constant(self, value: Any) -> Scalar:
        """An exact real number: int, Fraction or SymPy number (sqrt(3) and pi included)."""
        number = sp.sympify(value, strict=True)
        if not number.is_number or number.has(sp.Float):
            raise TypeError(f"value: expected an exact real number, got {value!r}")
        return self._node("constant", number)

    def add(self, a: Scalar, b: Scalar) -> Scalar:
        if a.is_zero:
            return b
        if b.is_zero:
            return a
        if a.number is not None and b.number is not None:
            return self.constant(a.number + b.number)
        first, second = (a.node, b.node) if a.node <= b.node else (b.node, a.node)
        return self._node("+", first, second)

    def subtract(self, a: Scalar, b: Scalar) -> Scalar:
        if b.is_zero:
            return a
        if a.node == b.node:
            return self.zero
        if a.number is not None and b.number is not None:
            return self.constant(a.number - b.number)
        return self._node("-", a.node, b.node)

    def multiply(self, a: Scalar, b: Scalar) -> Scalar:
        if a.is_zero or b.is_zero:
            return self.zero
        if a.node == 1:
            return b
        if b.node == 1:
            return a
        if a.number is not None and b.number is not None:
            return self.constant(a.number * b.number)
        first, second = (a.node, b.node) if a.node <= b.node else (b.node, a.node)
        return self._node("*", first, second)

    def divide(self, a: Scalar, b: Scalar) -> Scalar:
        if b.number is not None:
            return self.multiply(a, self.constant(1 / b.number))
        return self.zero if a.is_zero else self._node("/", a.node, b.node)

    def power(self, a: Scalar, exponent: int) -> Scalar:
        if exponent < 0:
            return self.divide(self.one, self.power(a, -exponent))
        result = self.one
        while exponent:
            if exponent & 1:
                result = self.multiply(result, a)
            a, exponent = self.multiply(a, a), exponent >> 1
        return result

    def function(self, name: str, a: Scalar) -> Scalar:
        if name not in FUNCTIONS:
            raise ValueError(f"name: expected one of {', '.join(FUNCTIONS)}, got {name!r}")
        return self._node(name, a.node)

    def select(self, x: Scalar, a: Scalar, b: Scalar) -> Scalar:
        """a where x > 0, b elsewhere; the other of the two has no influence, even where it is not finite."""
        return a if a.node == b.node else self._node("select", x.node, a.node, b.node)

    def atom(self, expression: sp.Expr, known: Mapping[sp.Symbol, Complex]) -> Scalar:
        """A real function that is kept as it stands (tanh(k), say), in the inputs that its symbols name."""
        if not self.keeps_atoms or not _is_atom(expression):
            raise ValueError(
                "expression: expected sums, products, integer and half-integer powers, cos, sin and exp(i x) of real symbols, "
                f"got {expression} ({type(expression).__name__})"
            )
        values = (known[x].real if x in known else self.input(x.name) for x in symbols_of(expression))
        return self._node("atom", expression, *(value.node for value in values))

    def live(self, outputs: Iterable[int]) -> list[int]:
        """The nodes that the outputs need, in order; the last answer is remembered, as nodes do not change."""
        outputs = tuple(outputs)
        if self._last_live[0] != outputs:
            self._last_live = (outputs, self.needed(outputs, ()))
        return self._last_live[1]

    def needed(self, outputs: Sequence[int], known: Container[int]) -> list[int]:
        """The nodes that the outputs need besides those that are known, in order."""
        needed: set[int] = set()
        stack = list(outputs)
        while stack:
            node = stack.pop()
            if node not in needed and node not in known:
                needed.add(node)
                stack += self.arguments(node)
        return sorted(needed)

    def arguments(self, node: int) -> tuple[int, ...]:
        operation, arguments = self.nodes[node]
        if operation in ("input", "constant"):
            return ()
        return arguments[1:] if operation == "atom" else arguments

    def run(
        self,
        outputs: Iterable[int],
        operations: Operations,
        keep: Callable[[int, Any], Any] | None = None,
        known: dict[int, Any] | None = None,
    ) -> list[Any]:
        """Interpret the program: operations give "input", "constant", "+", "-", "*", "/", the functions and, for kernels, "select".

        ``keep(node, value)`` may replace each value as it is made (to name it, say). ``known`` holds values of nodes from
        earlier runs with the same operations and inputs, and those of this one afterwards.
        """
        outputs = list(outputs)
        values: dict[int, Any] = {} if known is None else known
        for node in self.needed(outputs, known) if known else self.live(outputs):
            operation, arguments = self.nodes[node]
            own = self.arguments(node)
            kept = arguments[: len(arguments) - len(own)]
            value = operations[operation](*kept, *[values[a] for a in own])
            values[node] = keep(node, value) if keep else value
        return [values[node] for node in outputs]


class Scalar:
    """A real number of a program, with the usual arithmetic."""

    __slots__ = ("node", "program")

    def __init__(self, program: Program, node: int) -> None:
        self.program, self.node = program, node

    @property
    def number(self) -> Any | None:
        operation, arguments = self.program.nodes[self.node]
        return arguments[0] if operation == "constant" else None

    @property
    def is_zero(self) -> bool:
        return self.node == 0

    def _scalar(self, other: Any) -> Scalar:
        return other if isinstance(other, Scalar) else self.program.constant(other)

    def __add__(self, other: Any) -> Scalar:
        return self.program.add(self, self._scalar(other))

    def __sub__(self, other: Any) -> Scalar:
        return self.program.subtract(self, self._scalar(other))

    def __rsub__(self, other: Any) -> Scalar:
        return self.program.subtract(self._scalar(other), self)

    def __mul__(self, other: Any) -> Scalar:
        return self.program.multiply(self, self._scalar(other))

    def __truediv__(self, other: Any) -> Scalar:
        return self.program.divide(self, self._scalar(other))

    def __neg__(self) -> Scalar:
        return self.program.subtract(self.program.zero, self)

    def __pow__(self, exponent: int) -> Scalar:
        return self.program.power(self, exponent)

    def __rtruediv__(self, other: Any) -> Scalar:
        return self.program.divide(self._scalar(other), self)

    __radd__ = __add__
    __rmul__ = __mul__


class Complex:
    """A complex number of a program: a pair of real ones. Vanishing parts cost nothing."""

    __slots__ = ("imag", "real")

    def __init__(self, real: Scalar, imag: Scalar | None = None) -> None:
        self.real = real
        self.imag = real.program.zero if imag is None else imag

    def _complex(self, other: Any) -> Any:
        if isinstance(other, Complex):
            return other
        if isinstance(other, Scalar):
            return Complex(other)
        try:
            return Complex(self.real.program.constant(other))
        except (TypeError, sp.SympifyError):  # an array or a matrix, which knows how to multiply by a number
            return NotImplemented

    def __add__(self, other: Any) -> Complex:
        other = self._complex(other)
        if other is NotImplemented:
            return NotImplemented
        return Complex(self.real + other.real, self.imag + other.imag)

    def __sub__(self, other: Any) -> Complex:
        other = self._complex(other)
        if other is NotImplemented:
            return NotImplemented
        return Complex(self.real - other.real, self.imag - other.imag)

    def __mul__(self, other: Any) -> Complex:
        other = self._complex(other)
        if other is NotImplemented:
            return NotImplemented
        if other.imag.is_zero:
            return Complex(self.real * other.real, self.imag if self.imag.is_zero else self.imag * other.real)
        if self.imag.is_zero:
            return Complex(self.real * other.real, self.real * other.imag)
        return Complex(self.real * other.real - self.imag * other.imag, self.real * other.imag + self.imag * other.real)

    def __truediv__(self, other: Any) -> Complex:
        divisor: Complex = self._complex(other)
        if divisor.imag.is_zero:
            return Complex(self.real / divisor.real, self.imag / divisor.real)
        size = divisor.real * divisor.real + divisor.imag * divisor.imag
        return self * divisor.conjugate() / size

    def __neg__(self) -> Complex:
        return Complex(-self.real, -self.imag)

    def __pow__(self, exponent: int) -> Complex:
        if exponent < 0:
            return Complex(self.real.program.one) / self ** (-exponent)
        return math.prod([self] * exponent, start=Complex(self.real.program.one))

    def conjugate(self) -> Complex:
        return Complex(self.real, -self.imag)

    __radd__ = __add__
    __rmul__ = __mul__


def from_sympy(
    program: Program, expression: sp.Expr, known: Mapping[sp.Symbol, Complex] = MappingProxyType({})
) -> Complex:
    """A SymPy expression of real symbols as nodes: sums, products, (half-)integer powers, cos, sin, exp(i x) and i."""
    match expression:
        case sp.Symbol() if expression in known:
            return known[expression]
        case sp.Symbol():
            return Complex(program.input(expression.name))
        case _ if expression == sp.I:
            return Complex(program.zero, program.one)
        case _ if expression.is_number and expression.is_real:
            return Complex(program.constant(expression))
        case sp.Add():
            return functools.reduce(operator.add, (from_sympy(program, term, known) for term in expression.args))
        case sp.Mul():
            return functools.reduce(operator.mul, (from_sympy(program, factor, known) for factor in expression.args))
        case sp.exp() if not expression.is_extended_real:
            phase = sp.expand(expression.args[0] / sp.I)
            angle = from_sympy(program, phase, known)
            if not angle.imag.is_zero:
                raise ValueError(f"expression: expected an imaginary argument of exp, got {expression}")
            return Complex(program.function("cos", angle.real), program.function("sin", angle.real))
        case sp.Pow(base=base, exp=exponent) if exponent.is_Integer:
            return from_sympy(program, base, known) ** int(exponent)
        case sp.Pow(base=base, exp=exponent) if (2 * exponent).is_Integer:
            root = Complex(program.function("sqrt", _real(program, base, known)))
            return root ** int(2 * exponent)
        case sp.Abs():
            value = from_sympy(program, expression.args[0], known)
            return Complex(program.function("sqrt", value.real * value.real + value.imag * value.imag))
        case sp.cos() | sp.sin():
            return Complex(program.function(type(expression).__name__, _real(program, expression.args[0], known)))
        case sp.conjugate():
            return from_sympy(program, expression.args[0], known).conjugate()
    return Complex(program.atom(expression, known))


def is_real(expression: sp.Expr) -> bool:
    """Is a function real where it has a value and its arguments are real?

    SymPy does not say so of derivatives of undefined functions, and of what is infinite or complex somewhere.
    """
    match expression:
        case sp.Derivative():
            return is_real(expression.expr)
        case _ if expression.is_extended_real:
            return True
        case sp.Pow(base=base, exp=exponent):
            return is_real(base) and is_real(exponent) and bool(exponent.is_integer or base.is_nonnegative)
        case sp.acos() | sp.asin() | sp.acosh() | sp.atanh() | sp.log():
            return is_real(expression.args[0])
        case sp.Add() | sp.Mul():
            return bool(sp.expand(expression - sp.conjugate(expression)) == 0)
    return False


def _is_atom(expression: sp.Expr) -> bool:
    """Known to be real, and a function that has values: no delta function, say from the derivative of a sign."""
    return is_real(expression) and not expression.has(sp.DiracDelta)


def _real(program: Program, expression: sp.Expr, known: Mapping[sp.Symbol, Complex]) -> Scalar:
    value = from_sympy(program, expression, known)
    if not value.imag.is_zero and not is_real(expression):
        raise ValueError(f"expression: expected a real argument, got {expression}")
    return value.real
