"""What the symbols of an identity mean.

A letter is an operator in a trace and in a matrix element, and a number of the band outside: s is there Tr[P s], v^i the band
velocity. An identity in which P, S, H, D^i or a letter for any operator (A, theta, ...) stands outside of every trace is one
of operators on both sides. i is an axis where an index stands and the imaginary unit everywhere else.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from symcur import expressions as ex
from symcur import quantities
from symcur.expressions import Axis, Expression
from symcur.quantities import Quantity
from symcur.typed import size
from symcur.typed.nodes import (
    AXES,
    ByName,
    Commutator,
    Constant,
    Element,
    Factors,
    Gradient,
    Node,
    Power,
    States,
    Symbol,
    Terms,
    Wrapped,
    walk,
)
from symcur.typed.states import Monomial, of_states
from symcur.typed.symbols import has_metric, hint, is_covariant, is_curvature, is_s, key, symbols, typed
from symcur.typed.syntax import LARGEST_POWER
from symcur.typed.tokens import Unreadable

_OPERATORS = {"s": ex.s, "tau": ex.tau, "H": ex.H, "eta": ex.METRIC}
_LETTERS = ("s", "J")  # operators in a trace, quantities outside of it
FREE = ("theta", "phi", "A", "B", "C", "Q")  # any Hermitian operators, also ones that depend on k


def axis_of(index: str) -> str | int:
    """An axis as it is typed: x, y, z are 0, 1, 2."""
    return "xyz".index(index) if index in "xyz" else index


class Reader:
    """Turns the nodes of one text into expressions; ``operators`` tells whether letters are operators.

    All derivatives are covariant where nabla or F stands anywhere in the text, ``nodes``, and where the metric eta does,
    letters are the forms of bosons and quantities those of bosons.
    """

    def __init__(self, text: str, *nodes: Node) -> None:
        self.text = text
        self.covariant, self.metric = any(map(is_covariant, nodes)), any(map(has_metric, nodes))
        self.symbols = symbols()

    def axis(self, index: str) -> Axis:
        axis = axis_of(index)
        return ex.Covariant(axis) if self.covariant and axis != ex.FIELD else axis

    def fail(self, node: Node, expected: str, got: str = "") -> Unreadable:
        return Unreadable(self.text, node.at, expected, got)

    def value(self, node: Node, operators: bool) -> Expression:
        """The expression; its size is bounded as it grows."""
        match node:
            case Constant(value=value):
                result = ex.as_expression(value.numerator) / value.denominator
            case Terms(signs=signs, terms=terms):
                values = [self.value(term, operators) for term in terms]
                result = _sum([value if sign > 0 else -value for sign, value in zip(signs, values, strict=True)])
            case Wrapped(kind="()", inner=inner):
                result = self.value(inner, operators)
            case Wrapped(kind="Re" | "Im" as kind, inner=inner):
                result = {"Re": ex.Re, "Im": ex.Im}[kind](self.value(inner, operators))
            case Wrapped(kind="Tr", inner=inner):
                result = self.trace(node, self.value(inner, True))
            case Power(inner=inner, exponent=exponent):
                result = self.power(node, self.value(inner, operators), exponent)
            case Commutator(left=left, right=right, sign=sign):
                a, b = self.value(left, operators), self.value(right, operators)
                result = a * b + sign * (b * a)
            case Gradient(axis=axis, inner=inner):
                result = self.derivative(self.value(inner, operators), self.axis(axis))
            case ByName(name=name, axes=axes):
                result = self.quantity(node, quantities.get(name), axes, operators)
            case Symbol() if not is_element(node) and node.base != "omega":
                result = self.symbol(node, operators)
            case Element() | States() if self.metric:
                raise self.fail(node, "traces of P and S beside the metric \\eta")
            case _:
                result = ex.add(*(self.assembled(m, node) for m in self.monomials(node, operators, frozenset())))
        return self.bounded(node, result)

    def bounded(self, node: Node, value: Expression) -> Expression:
        try:
            size.check(value)
        except size.TooLarge as reason:
            raise self.fail(node, str(reason), "more") from None
        return value

    def power(self, node: Node, value: Expression, exponent: int) -> Expression:
        if isinstance(value, ex.Number) and value.value:
            base = value if exponent > 0 else ex.ONE / value.value
        elif exponent > 0:
            base = value
        else:
            raise self.fail(node, "negative powers of numbers and of omega alone")
        return reduce(lambda a, b: self.bounded(node, a * b), [base] * abs(exponent))

    def trace(self, node: Node, operand: Expression) -> Expression:
        if operand == ex.ZERO:
            return ex.ZERO
        if not _has_projector(operand):
            raise self.fail(node, "a P in every term of the trace: traces are over a band")
        return ex.Trace(operand)

    def derivative(self, operand: Expression, axis: Axis) -> Expression:
        match operand:
            case ex.Number():
                return ex.ZERO
            case ex.BandEnergy() if axis != ex.FIELD:
                return ex.derivative(operand, axis)
        return ex.Derivative(axis, operand)

    # -- products, matrix elements and sums over states ----------------------------------------------------------------
    def monomials(self, node: Node, operators: bool, scope: frozenset[str]) -> list[Monomial]:
        """The node as a sum of products in which the states of ``scope``, and open matrix elements, stand by themselves."""
        match node:
            case Factors(factors=factors):
                return self.multiplied(node, self.flat(factors, operators), operators, scope)
            case Element(inner=inner, bands=(a, b)):
                return [Monomial(elements=((self.value(inner, True), a, b),))]
            case Symbol(base="omega"):
                return [Monomial(gaps=(self.gap(node),))]
            case Symbol() if is_element(node):
                return [self.element(node)]
            case Symbol(base="e", lower=(label,)) if label in scope and not node.upper:
                return [Monomial(energies=(label,))]
            case States(labels=labels, inner=inner):
                return self.summed(node, labels, inner, operators, scope)
            case Wrapped(kind="/", inner=inner):
                return [self.inverse(inner, operators)]
        if not self.mentions(node, scope) and not (isinstance(node, Terms | Wrapped) and _opens(node)):
            return [Monomial(factors=(self.value(node, operators),))]
        match node:
            case Terms(signs=signs, terms=terms):
                pairs = zip(signs, terms, strict=True)
                return [m.times(sign) for sign, term in pairs for m in self.monomials(term, operators, scope)]
            case Wrapped(kind="()", inner=inner):
                return self.monomials(inner, operators, scope)
            case Wrapped(kind="Re" | "Im" as kind, inner=inner):
                return [Monomial(parts=((kind, tuple(self.monomials(inner, operators, scope))),))]
            case Power(inner=inner, exponent=exponent) if exponent > 0:
                return self.multiplied(node, [inner] * exponent, operators, scope)
        raise self.fail(node, "matrix elements, energies and omegas of the states that are summed over")

    def multiplied(self, node: Node, factors: list[Node], operators: bool, scope: frozenset[str]) -> list[Monomial]:
        result = [Monomial()]
        for factor in factors:
            found = self.monomials(factor, operators, scope)
            if len(result) * len(found) > size.MOST_MONOMIALS:
                raise self.fail(node, f"at most {size.MOST_MONOMIALS} terms in a sum over states", "more")
            result = [left.joined(right) for left in result for right in found]
        return result

    def summed(
        self, node: Node, labels: tuple[tuple[str, str], ...], inner: Node, operators: bool, scope: frozenset[str]
    ) -> list[Monomial]:
        new = {label for label, _ in labels}
        if len(new) < len(labels) or new & scope or new & {other for _, other in labels}:
            raise self.fail(node, "every state summed over once, under a label of its own")
        found = self.monomials(inner, operators, scope | new)
        return [m.joined(Monomial(dummies=labels)) for m in found]

    def assembled(self, monomial: Monomial, node: Node) -> Expression:
        try:
            return of_states(monomial)
        except ValueError as reason:
            raise self.fail(node, str(reason)) from None

    def flat(self, factors: tuple[Node, ...], operators: bool) -> list[Node]:
        """The factors of nested products, with Omega^{li} and s_n, wherever they stand, as one quantity."""
        flat: list[Node] = []
        for factor in factors:
            bare = factor.inner if isinstance(factor, Wrapped) and factor.kind == "()" else factor
            factor = bare if isinstance(bare, Symbol | ByName) else factor
            flat += self.flat(factor.factors, operators) if isinstance(factor, Factors) else [factor]
        partners = [place for place, factor in enumerate(flat) if is_s(factor, operators)]
        taken = set()
        for place, factor in enumerate(flat):
            if partners and (quantity := self.followed_by_s(factor, operators)):
                flat[place] = quantity
                taken.add(partners.pop(0))
        return [factor for place, factor in enumerate(flat) if place not in taken]

    def followed_by_s(self, node: Node, operators: bool) -> ByName | None:
        """What a factor stands for together with s_n, as Omega^{li} s_n."""
        if isinstance(node, ByName):
            symbol = next((symbol for symbol, quantity in self.symbols.items() if quantity.name == node.name), None)
            found = self.symbols.get((*symbol[:3], "s")) if symbol and not symbol[3] else None
            return ByName(node.at, found.name, node.axes) if found else None
        if not isinstance(node, Symbol) or not set(node.bands()) <= {"n"}:
            return None
        if node.base == "v" and (operators or node.lower not in ((), ("n",))):
            return None
        found = self.symbols.get(key(node, "s"))
        return ByName(node.at, found.name, node.axes()) if found else None

    def mentions(self, node: Node, scope: frozenset[str]) -> bool:
        return bool(scope) and any(
            scope & set(part.bands() if isinstance(part, Symbol) else part.bands if isinstance(part, Element) else ())
            for part in walk(node)
        )

    def gap(self, node: Symbol) -> tuple[str, str, int]:
        bands = node.lower
        powers = node.upper or ("1",)
        good = len(bands) == 2 and bands == node.bands() and bands[0] != bands[1] and len(powers) == 1
        if not good or not powers[0].removeprefix("-").isdigit() or not 0 < abs(int(powers[0])) <= LARGEST_POWER:
            raise self.fail(node, f"\\omega_{{nm}} of two different bands, with a power up to {LARGEST_POWER}")
        return bands[0], bands[1], int(powers[0])

    def inverse(self, node: Node, operators: bool) -> Monomial:
        """One over a number, over omegas, or over differences of energies."""
        match node:
            case Wrapped(kind="()", inner=inner):
                return self.inverse(inner, operators)
            case Factors(factors=factors):
                return reduce(Monomial.joined, (self.inverse(factor, operators) for factor in factors))
            case Power(inner=inner, exponent=exponent) if exponent > 0:
                return reduce(Monomial.joined, [self.inverse(inner, operators)] * exponent)
            case Symbol(base="omega"):
                a, b, power = self.gap(node)
                return Monomial(gaps=((a, b, -power),))
            case Terms(signs=(1, -1), terms=(Symbol(base="e", lower=(a,)), Symbol(base="e", lower=(b,)))) if a != b:
                return Monomial(gaps=((a, b, -1),))
        number = self.value(node, operators)
        if not isinstance(number, ex.Number) or not number.value:
            raise self.fail(node, "a number, \\omega_{nm} or e_n - e_m below a fraction")
        return Monomial(factors=(ex.ONE / number.value,))

    # -- symbols -------------------------------------------------------------------------------------------------------
    def element(self, node: Symbol) -> Monomial:
        """The matrix element X_{ab}; A_{nm} = -i v_{nm}/omega_{nm} is the Berry connection."""
        a, b = node.bands()
        if node.base == "connection":
            if len(node.axes()) != 1 or a == b:
                raise self.fail(node, "\\mathcal{A}^i_{nm} with one axis and two different bands")
            return Monomial((-ex.I,), ((ex.v(self.axis(node.axes()[0])), a, b),), ((a, b, -1),))
        if node.base == "d" and node.others() == ("tau",):  # the paper's name for the elements of D^i
            node = Symbol(node.at, "D", (), node.axes())
        operator = self.operator(node)
        if operator is None:
            raise self.fail(node, "the element of an operator: v^i, w^{il}, s, \\tau, J^{is}, H or D^i")
        return Monomial(elements=((operator, a, b),))

    def operator(self, node: Symbol) -> Expression | None:
        """The operator that a symbol stands for, its band labels aside; None where it stands for none."""
        axes, others = tuple(map(self.axis, node.axes())), node.others()
        if node.primes:
            return None
        if node.base in ("v", "w", "H") and not others and len(axes) == {"v": 1, "w": 2}.get(node.base, len(axes)):
            letter = ex.derivative_along(ex.H, map(ex.momentum, axes))
            return ex.covariant(letter) if self.covariant else letter
        if node.base == "F" and len(axes) == 2 and not others and set(node.upper) <= set(node.bands()):
            return ex.F(*axes)
        if node.base in _OPERATORS and not axes and not others:
            return self.of_bosons(_OPERATORS[node.base])
        if node.base in FREE and not others and set(node.upper) <= set(node.bands()):
            return ex.Operator(node.base + ("_" if axes else "") + "".join(node.axes()))
        if node.base == "J" and len(axes) == 1 and others == ("s",):
            return self.of_bosons(ex.J(axes[0]))
        if node.base == "D" and len(axes) == 1 and not others:
            return quantities.get("interband_torque_dipole").named(*axes)
        return None

    def of_bosons(self, letter: Expression) -> Expression:
        """tau and J as the forms that they are beside the metric; other letters are forms as they stand."""
        return ex.form(ex.bosonic(letter)) if self.metric and isinstance(letter, ex.Named) else letter

    def symbol(self, node: Symbol, operators: bool) -> Expression:
        bands, axes, others = node.bands(), node.axes(), node.others()
        if node.lower and node.upper == others and len(others) == 1 and others[0].isdigit() and node.base not in "SHP":
            return self.power(node, self.symbol(replace(node, upper=()), operators), self.digit(node, others))
        band = bands[0] if bands else "n"
        plain = not axes and not others and not node.primes
        if len(bands) > 1:
            raise self.fail(node, "at most two bands below a symbol")
        if node.base == "i" and not (node.lower or node.upper or node.primes):
            return ex.I
        if node.base == "P" and plain:
            return ex.Projector(band)
        if node.base == "S" and not axes and not node.primes and len(others) <= 1:
            return ex.Resolvent(band, self.digit(node, others))
        if node.base in ("f", "g") and not axes and not others and node.primes <= 3:
            if node.base == "g" and node.primes:
                raise self.fail(node, "f_n for the derivative of g_n")
            return ex.Occupation(node.base, band, node.primes)
        if node.base == "e" and plain:
            return ex.BandEnergy(band)
        if (
            len(others) == 1
            and others[0].isdigit()
            and not axes
            and node.base in _OPERATORS
            and operators
            and not bands
        ):
            return self.power(node, _OPERATORS[node.base], self.digit(node, others))
        if node.base == "v" and len(axes) == 1 and not others and (bands or not operators):
            if not bands and node.lower:
                raise self.fail(node, "v^i, the velocity of the band, outside of traces; v_i is an operator")
            return ex.v_band(self.axis(axes[0]), band)
        found = self.symbols.get(key(node, ""))
        operator = self.operator(node)
        if operator is not None and (operators or node.base == "D") and not bands:
            return operator
        if found and band == "n":
            return self.quantity(node, found, axes, operators)
        if operator is not None and (bands or node.upper or not axes):
            return ex.Trace(ex.Projector(band) * (ex.METRIC * operator if self.metric else operator))
        raise self.fail(node, f"a symbol of the paper; {hint(node, self.symbols)}", typed(node))

    def digit(self, node: Symbol, others: tuple[str, ...]) -> int:
        if not others:
            return 1
        if not others[0].isdigit() or not 0 < int(others[0]) <= LARGEST_POWER:
            raise self.fail(node, f"a power from 1 to {LARGEST_POWER}", repr(others[0]))
        return int(others[0])

    def quantity(self, node: Node, quantity: Quantity, axes: tuple[str, ...], operators: bool) -> Expression:
        """The quantity, under its symbol if that is read again as the same thing: in a trace s is the operator."""
        if len(axes) != len(quantity.indices) or not set(axes) <= AXES:
            raise self.fail(
                node,
                f"{quantity.name}[{', '.join(quantity.indices)}] with axes such as i, l, x",
                f"[{', '.join(axes)}]",
            )
        chosen = tuple(map(self.axis, axes))
        symbol = next((symbol for symbol, known in self.symbols.items() if known is quantity), None)
        bare = symbol is None or (operators and (symbol[0] in _LETTERS or symbol[3]))
        value = quantity.expression(*chosen) if bare else quantity.named(*chosen)
        return ex.bosonic(value) if self.metric else value


def _sum(values: list[Expression]) -> Expression:
    """The sum; numbers are added up at once, so that 1 + i is one number."""
    if all(isinstance(value, ex.Number) for value in values):
        return ex.Number(sum((value.value for value in values if isinstance(value, ex.Number)), ex.ZERO.value))
    return ex.add(*values)


def is_element(node: Node) -> bool:
    """Whether it is X_{ab}, an open matrix element."""
    return isinstance(node, Symbol) and len(node.bands()) == 2 and node.base != "omega"


def speaks_of_operators(node: Node) -> bool:
    """Whether P, S, H, D^i or a free letter stands outside of traces and matrix elements."""
    if isinstance(node, Element) or (isinstance(node, Wrapped) and node.kind == "Tr"):
        return False
    if isinstance(node, Symbol) and (node.base in ("P", "S", "H", "D", "eta", *FREE) or is_curvature(node)):
        return not node.bands() or node.base in "PS"
    return any(map(speaks_of_operators, node.parts))


def _opens(node: Node) -> bool:
    """Whether a matrix element of this sum belongs to a product around it."""
    if isinstance(node, States):
        return False
    return (
        False if isinstance(node, Wrapped) and node.kind != "()" else is_element(node) or any(map(_opens, node.parts))
    )


def _has_projector(expression: Expression) -> bool:
    match expression:
        case ex.Projector():
            return True
        case ex.Sum(terms):
            return all(map(_has_projector, terms))
        case ex.Trace():
            return False
    return any(map(_has_projector, expression.children))
