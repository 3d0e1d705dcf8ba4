"""The formula language: every band quantity is a short word.

A word is made of letters that multiply as operators,

    P = Projector(n)        the eigenprojector of band (or multiplet) n,
    S = Resolvent(n)        the reduced resolvent, sum over m != n of P_m / (e_n - e_m); S^p = Resolvent(n, p),
    H_il... = Operator("H", (i, l, ...))   derivatives of the Hamiltonian: v_i = H_i, w_il = H_il,
    s = Operator("s")       an operator that does not depend on k,

of commuting scalars (band energies and their derivatives, occupation functions, gaps, traces) and of exact complex
rational numbers. Words are added, multiplied, differentiated, conjugated; nothing is simplified here. What a word
means is decided by a reading (``symcur.reading``): a normal form, a sum over states, an array, a closed form.

Axes are Cartesian: integers when numbers are wanted, strings ("i", "l") when the index is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sympy import QQ_I
from sympy.polys.polyerrors import CoercionFailed

Axis = str | int
CONSTANT = frozenset({"s"})  # operators that do not depend on k


@dataclass(frozen=True)
class Word:
    """A node of a formula. Immutable and hashable; + - * and division by numbers build new words."""

    def __add__(self, other: Word | complex) -> Word:
        return total(self, as_word(other))

    def __radd__(self, other: complex) -> Word:
        return total(as_word(other), self)

    def __sub__(self, other: Word | complex) -> Word:
        return total(self, -as_word(other))

    def __rsub__(self, other: complex) -> Word:
        return total(as_word(other), -self)

    def __neg__(self) -> Word:
        return product(Number(QQ_I(-1)), self)

    def __mul__(self, other: Word | Any) -> Word:
        return product(self, as_word(other))

    def __rmul__(self, other: Any) -> Word:
        return product(as_word(other), self)

    def __truediv__(self, other: Any) -> Word:
        return product(Number(QQ_I(1) / _exact(other)), self)

    def latex(self, form: str = "trace") -> str:
        """LaTeX: form "trace" writes Tr[P v_i S s], form "sum" the paper's sum over states."""
        from symcur.latex import latex

        return latex(self, form)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def __str__(self) -> str:
        return self.latex()


@dataclass(frozen=True)
class Number(Word):
    """An exact complex rational, an element of SymPy's QQ_I (which refuses floats)."""

    value: Any


@dataclass(frozen=True)
class Operator(Word):
    """A Hermitian operator in the space of the N bands; axes are the directions it has been differentiated along."""

    name: str
    axes: tuple[Axis, ...] = ()


@dataclass(frozen=True)
class Projector(Word):
    """P_n, the projector onto the band n or onto the whole multiplet n."""

    band: str = "n"


@dataclass(frozen=True)
class Resolvent(Word):
    """S_n^p with p >= 1: sum over the states m outside n of P_m / (e_n - e_m)^p."""

    band: str = "n"
    power: int = 1


@dataclass(frozen=True)
class BandEnergy(Word):
    """e_n and its derivatives along axes: a scalar, the same for all members of a multiplet."""

    band: str = "n"
    axes: tuple[Axis, ...] = ()


@dataclass(frozen=True)
class Occupation(Word):
    """f_n (kind "f", with its order-th derivative by energy) or g_n = k_B T ln(1 - f_n) (kind "g"): dg/de = f."""

    kind: str = "f"
    band: str = "n"
    order: int = 0


@dataclass(frozen=True)
class Gap(Word):
    """(e_m - e_n)^power for two different bands, a scalar."""

    m: str
    n: str
    power: int = 1


@dataclass(frozen=True)
class Sum(Word):
    terms: tuple[Word, ...]


@dataclass(frozen=True)
class Product(Word):
    factors: tuple[Word, ...]


@dataclass(frozen=True)
class Trace(Word):
    """Tr[...]; the operand must contain a projector."""

    operand: Word


@dataclass(frozen=True)
class Re(Word):
    operand: Word


@dataclass(frozen=True)
class Im(Word):
    operand: Word


@dataclass(frozen=True)
class Derivative(Word):
    """d/dk_axis of the operand, kept as written until someone reads it."""

    axis: Axis
    operand: Word


@dataclass(frozen=True)
class Named(Word):
    """An abbreviation such as tau, J_i or d^{is}: printed by its symbol, read by its definition."""

    symbol: str
    definition: Word
    hermitian: bool = False


ZERO, ONE, I = Number(QQ_I(0)), Number(QQ_I(1)), Number(QQ_I(0, 1))


def as_word(value: Any) -> Word:
    """A word, or an exact complex rational number as a word; floats raise TypeError."""
    return value if isinstance(value, Word) else Number(_exact(value))


def _exact(value: Any) -> Any:
    if not isinstance(value, complex):  # QQ_I refuses real floats itself, but would take the binary digits of these
        try:
            return QQ_I.convert(value)
        except CoercionFailed:
            pass
    raise TypeError(f"word: {value!r} came; an exact complex rational is valid, e.g. Rational(1, 2) or words.I / 2")


def total(*terms: Word) -> Word:
    flat: list[Word] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Sum) else (term,))
    flat = [term for term in flat if term != ZERO]
    return ZERO if not flat else flat[0] if len(flat) == 1 else Sum(tuple(flat))


def product(*factors: Word) -> Word:
    flat: list[Word] = []
    coefficient = QQ_I(1)
    for factor in factors:
        for part in factor.factors if isinstance(factor, Product) else (factor,):
            if isinstance(part, Number):
                coefficient *= part.value
            else:
                flat.append(part)
    if not coefficient:
        return ZERO
    if coefficient != QQ_I(1) or not flat:
        flat.insert(0, Number(coefficient))
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


# -- the letters by the names of the paper -----------------------------------------------------------------------------
P, S = Projector(), Resolvent()
H, s = Operator("H"), Operator("s")
tau = Named(r"\tau", -I * (s * H - H * s), hermitian=True)


def v(i: Axis) -> Operator:
    """The velocity dH/dk_i."""
    return Operator("H", (i,))


def w(i: Axis, l: Axis) -> Operator:
    """d^2H/dk_i dk_l."""
    return Operator("H", _ordered((i, l)))


def J(i: Axis) -> Named:
    """The conventional s current (1/2){v_i, s}."""
    return Named(f"J^{{{axis_name(i)}s}}", (v(i) * s + s * v(i)) / 2, hermitian=True)


def v_band(i: Axis, n: str = "n") -> BandEnergy:
    """The band velocity d_{k_i} e_n."""
    return BandEnergy(n, (i,))


def axis_name(axis: Axis) -> str:
    return "xyz"[axis] if isinstance(axis, int) else axis


def _ordered(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    return tuple(sorted(axes, key=lambda axis: (str(type(axis)), axis)))


# -- operations on words ---------------------------------------------------------------------------------------
@cache
def adjoint(word: Word) -> Word:
    """The Hermitian adjoint: products reversed, numbers conjugated; operators, projectors and scalars are Hermitian."""
    match word:
        case Number(value):
            return Number(value.parent()(value.x, -value.y))
        case Sum(terms):
            return total(*(adjoint(term) for term in terms))
        case Product(factors):
            return product(*(adjoint(factor) for factor in reversed(factors)))
        case Trace(operand):
            return Trace(adjoint(operand))
        case Derivative(axis, operand):
            return Derivative(axis, adjoint(operand))
        case Named(_, definition, hermitian):
            return word if hermitian else adjoint(definition)
    return word


@cache
def derivative(word: Word, axis: Axis) -> Word:
    """d/dk_axis by the rules d_iP = S v_i P + P v_i S, d_iS = S(v_i - d_i e)S - S^2 v_i P - P v_i S^2, dg/de = f."""
    match word:
        case Number():
            return ZERO
        case Operator(name, axes):
            return ZERO if name in CONSTANT else Operator(name, _ordered((*axes, axis)))
        case Projector(n):
            return Resolvent(n) * v(axis) * word + word * v(axis) * Resolvent(n)
        case Resolvent(n, power):
            S, P, S2 = Resolvent(n), Projector(n), Resolvent(n, 2)
            once = S * v(axis) * S - v_band(axis, n) * S2 - S2 * v(axis) * P - P * v(axis) * S2
            return total(*(product(*[S] * j, once, *[S] * (power - 1 - j)) for j in range(power)))
        case BandEnergy(n, axes):
            return BandEnergy(n, _ordered((*axes, axis)))
        case Occupation(kind, n, order):
            return Occupation("f", n, order + 1 if kind == "f" else 0) * v_band(axis, n)
        case Gap(m, n, power):
            return power * Gap(m, n, power - 1) * (v_band(axis, m) - v_band(axis, n))
        case Sum(terms):
            return total(*(derivative(term, axis) for term in terms))
        case Product(factors):
            return total(
                *(product(*factors[:j], derivative(f, axis), *factors[j + 1 :]) for j, f in enumerate(factors))
            )
        case Trace(operand) | Re(operand) | Im(operand):
            inner = derivative(operand, axis)
            return ZERO if inner == ZERO else type(word)(inner)
        case Derivative(inner_axis, operand):
            return derivative(derivative(operand, inner_axis), axis)
        case Named(_, definition):
            return derivative(definition, axis)
    raise TypeError(f"derivative: {type(word).__name__} is not a word")


def at_axes(word: Word, choice: dict[Axis, Axis]) -> Word:
    """The word with free axes replaced, e.g. {"i": 0, "l": 1}; axes not named stay."""

    def moved(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
        return _ordered(tuple(choice.get(axis, axis) for axis in axes))

    match word:
        case Operator(name, axes):
            return Operator(name, moved(axes))
        case BandEnergy(n, axes):
            return BandEnergy(n, moved(axes))
        case Sum(terms):
            return total(*(at_axes(term, choice) for term in terms))
        case Product(factors):
            return product(*(at_axes(factor, choice) for factor in factors))
        case Trace(operand) | Re(operand) | Im(operand):
            return type(word)(at_axes(operand, choice))
        case Derivative(axis, operand):
            return Derivative(choice.get(axis, axis), at_axes(operand, choice))
        case Named(symbol, definition, hermitian):
            return Named(symbol, at_axes(definition, choice), hermitian)
    return word


def by_occupation(word: Word) -> dict[Word, Word]:
    """A word linear in occupation functions as {occupation: coefficient}; what carries none has the key ONE."""
    match word:
        case Sum(terms):
            result: dict[Word, Word] = {}
            for term in terms:
                for occupation, coefficient in by_occupation(term).items():
                    result[occupation] = result.get(occupation, ZERO) + coefficient
            return result
        case Derivative(axis, operand) if any(key != ONE for key in by_occupation(operand)):
            return by_occupation(derivative(operand, axis))
        case Occupation():
            return {word: ONE}
        case Product(factors):
            parts: dict[Word, Word] = {ONE: ONE}
            for factor in factors:
                split = by_occupation(factor) if isinstance(factor, Sum | Occupation | Product) else {ONE: factor}
                parts = {product(a, b): product(x, y) for a, x in parts.items() for b, y in split.items()}
            return parts
    return {ONE: word}
