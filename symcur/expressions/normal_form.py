"""Normal forms: two expressions are equal for any number of bands exactly when their normal forms are the same.

The letters of a normal form are

    ("O", name, axes)   an operator of the model, H differentiated at least once, or s;
    ("K", a, b)         |a><b|; the projector P_a for a = b, and only that for multiplets;
    ("G", a, k)         (e_a - H)^k for k > 0, and S_a^(-k) for k < 0, on the space outside a.

Only the two letters that meet in a product react:

    P_a P_b = delta_ab P_a,   P_a G_a^k = 0,   P_b G_a^k = (e_a - e_b)^k P_b,
    G_a^k G_a^l = G_a^(k+l),  or 1 - P_a when k + l = 0,
    S_a S_b = (S_b - S_a)/w + (P_a + P_b)/w^2,  w = e_a - e_b    (partial fractions, also of powers),
    P_a H_i P_a = (d_i e_a) P_a, and its derivatives for P_a H_il P_a ...

H itself disappears: H = e_n - G_n^1 with one reference band n, which need not occur: e_n is then a free number that
cancels. Energies and gaps in the coefficients are compared as rational functions (``symcur.expressions.energies``). A trace
is a cyclic string, cut at its projectors. For a single nondegenerate band P_a = |a><a|, so a cut string is a product of
commuting numbers <a|X|b>; for a multiplet it stays a cyclic word of the blocks P_a X P_b, and the form for one band is read
off that one. Equal normal forms prove equality of the expressions for every number of bands. Unequal normal forms refute it
only together with a counterexample (``symcur.expressions.exact_points``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, reduce
from math import comb
from operator import mul
from typing import Any

from sympy import QQ_I

from symcur.expressions import expression as ex
from symcur.expressions.atoms import (
    MINUS,
    ONE,
    Atoms,
    Key,
    Letter,
    Reduced,
    String,
    after,
    circle,
    merge,
    times,
    times_gap,
)
from symcur.expressions.bosons import electronic
from symcur.expressions.bounds import made
from symcur.expressions.calculus import collected, derivative
from symcur.expressions.energies import reduced
from symcur.expressions.interpreter import Interpreter
from symcur.expressions.splitting import along_field
from symcur.expressions.wannier import covariant, is_curved

REFERENCE = "n"  # the band that positive powers of (e_n - H) refer to, whether it occurs or not


class NormalForm:
    """A sum of exact coefficients times commuting atoms times reduced operator strings."""

    __slots__ = ("multiplet", "terms")

    def __init__(self, terms: Iterable[tuple[Key, Any]], multiplet: bool) -> None:
        self.terms = {key: value for key, value in collected(terms).items() if value}
        made(len(self.terms) + 1)
        self.multiplet = multiplet

    def __add__(self, other: NormalForm) -> NormalForm:
        return NormalForm((*self.terms.items(), *other.terms.items()), self.multiplet)

    def __mul__(self, other: NormalForm) -> NormalForm:
        return NormalForm(self._products(other), self.multiplet)

    def _products(self, other: NormalForm) -> Iterator[tuple[Key, Any]]:
        made(len(self.terms) * len(other.terms))
        for (atoms, left), value in self.terms.items():
            for (more, right), factor in other.terms.items():
                both, product = merge(atoms, more), times(value, factor)
                if not left or not right:
                    yield (both, left + right), product
                    continue
                for coefficient, extra, string in _multiply(self.multiplet, left, right):
                    yield (merge(both, extra), string), times(product, coefficient)

    def trace(self) -> NormalForm:
        terms = (
            ((merge(atoms, extra), ()), value * coefficient)
            for (atoms, string), value in self.terms.items()
            for coefficient, extra in _trace(string, self.multiplet)
        )
        return NormalForm(terms, self.multiplet)

    def derivative(self, axis: ex.Axis, curved: bool = False) -> NormalForm:
        """By the product rule, letter by letter; of a form for multiplets. ``curved``: derivatives are covariant."""
        parts: list[tuple[Key, Any]] = []
        for (atoms, string), value in self.terms.items():
            for atom, power in atoms:
                rest = _term(merge(atoms, ((atom, -1),)), string, value * power)
                parts += (_slope(atom, axis, curved) * rest).terms.items()
            for j, letter in enumerate(string):
                left, right = _term(atoms, string[:j], value), _term((), string[j + 1 :])
                parts += (left * _slope(letter, axis, curved) * right).terms.items()
        return NormalForm(parts, True)

    def nondegenerate(self) -> NormalForm:
        """The form for a nondegenerate band from that for multiplets: circles become products of numbers."""
        total: list[tuple[Key, Any]] = []
        for (atoms, string), value in self.terms.items():
            kept = tuple((atom, power) for atom, power in atoms if atom[0] not in ("Tr", "rank"))
            product = _term(kept, (), value, multiplet=False) * _cut(string)
            for (kind, *word), power in atoms:
                if kind == "Tr":
                    cycle = _cut((*word[0], word[0][0])).trace()
                    product = reduce(mul, [cycle] * power, product)
            total += product.terms.items()
        return NormalForm(total, False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NormalForm) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __len__(self) -> int:
        return len(self.terms)


class NormalFormInterpreter(Interpreter):
    """Reads an expression as its normal form, for one nondegenerate band or for multiplets of any rank.

    ``split``: the field h may split the multiplets, so that its derivatives are those of ``symcur.expressions.splitting``.
    ``curved``: all derivatives by k are covariant.
    """

    remembered = ex.Expression

    def __init__(self, multiplet: bool = False, split: bool = False, curved: bool = False) -> None:
        super().__init__()
        self.multiplet, self.split, self.curved = multiplet, split, curved

    def _single(self, coefficient: Any, atoms: Atoms, string: String) -> NormalForm:
        return NormalForm([((atoms, string), coefficient)], self.multiplet)

    def _atom(self, *letter: Any) -> NormalForm:
        return self._single(ONE, ((letter, 1),), ())

    def number(self, value: Any) -> NormalForm:
        return self._single(value, (), ())

    def operator(self, name: str, axes: tuple[ex.Axis, ...]) -> NormalForm:
        if name == "H" and not axes:
            positive = self._single(MINUS, (), (("G", REFERENCE, 1),))
            return self.band_energy(REFERENCE, ()) + positive
        return self._single(ONE, (), (("O", name, axes),))

    def projector(self, band: str) -> NormalForm:
        return self._single(ONE, (), (("K", band, band),))

    def resolvent(self, band: str, power: int) -> NormalForm:
        return self._single(ONE, (), (("G", band, -power),))

    def band_energy(self, band: str, axes: tuple[ex.Axis, ...]) -> NormalForm:
        return self._atom("e", band, axes)

    def occupation(self, kind: str, band: str, order: int) -> NormalForm:
        return self._atom(kind, band, order)

    def gap(self, m: str, n: str, power: int) -> NormalForm:
        ((sign, atoms, string),) = times_gap(m, n, power)
        return self._single(sign, atoms, string)

    def trace(self, value: NormalForm) -> NormalForm:
        return value.trace()

    def derivative(self, axis: ex.Axis, operand: ex.Expression) -> NormalForm:
        if axis == ex.FIELD and self.split:
            return self._read(along_field(operand))
        if not self.multiplet:
            return self._read(derivative(operand, axis))
        return self._read(operand).derivative(axis, self.curved)

    def _read(self, expression: ex.Expression) -> NormalForm:
        value: NormalForm = self.read(expression)
        return value

    def total(self, values: Iterable[NormalForm]) -> NormalForm:
        return NormalForm((pair for value in values for pair in value.terms.items()), self.multiplet)


def normal_form(expression: ex.Expression, multiplet: bool = False) -> NormalForm:
    """The normal form of an expression; ``multiplet=True`` lets every band be degenerate with any rank.

    Raises Split, a ValueError, for derivatives by h that a multiplet does not have.
    """
    interpreter = NormalFormInterpreter(multiplet=True, split=multiplet, curved=is_curved(expression))
    result: NormalForm = interpreter.read(electronic(expression))
    return _reduced(result if multiplet else result.nondegenerate())


def _reduced(form: NormalForm) -> NormalForm:
    return NormalForm(reduced(form.terms), form.multiplet)


def has_normal_form(expression: ex.Expression) -> bool:
    """Whether every trace has a projector in each of its terms as written; without, one may still be found on the way."""
    traces = (node for node in ex.walk(expression) if isinstance(node, ex.Trace))
    return all(ex.fold(trace.operand, _PROJECTED, lambda node, *parts: any(parts)) for trace in traces)


_PROJECTED: dict[type[ex.Expression], Callable[..., bool]] = {
    ex.Projector: lambda node: True,
    ex.Trace: lambda node, inner: False,  # a number
    ex.Sum: lambda node, *terms: all(terms),
}


def _term(atoms: Atoms, string: String, value: Any = ONE, multiplet: bool = True) -> NormalForm:
    return NormalForm([((atoms, string), value)], multiplet)


def _cut(string: String) -> NormalForm:
    """A string of the form for multiplets as one for a nondegenerate band."""
    parts: list[Reduced] = [(ONE, (), ())]
    for letter in string:
        parts = [
            (times(value, factor), merge(atoms, more), result)
            for value, atoms, left in parts
            for factor, more, result in _push(left, letter, multiplet=False)
        ]
    return NormalForm((((atoms, result), value) for value, atoms, result in parts), False)


@lru_cache(maxsize=4096)
def _slope(letter: Letter, axis: ex.Axis, curved: bool) -> NormalForm:
    """The derivative of a letter or an atom, for multiplets."""
    match letter:
        case ("rank", _):
            return NormalForm((), True)
        case ("Tr", string):
            return _term((), string).derivative(axis, curved).trace()
    slope = derivative(_meaning(letter), axis)
    return _reduced(NormalFormInterpreter(multiplet=True, curved=curved).read(covariant(slope) if curved else slope))


def _meaning(letter: Letter) -> ex.Expression:
    match letter:
        case ("O", name, axes):
            return ex.Operator(name, axes)
        case ("K", a, b) if a == b:
            return ex.Projector(a)
        case ("G", a, k) if k < 0:
            return ex.Resolvent(a, -k)
        case ("G", a, k):
            return ex.multiply(*[ex.BandEnergy(a) - ex.H] * k)
        case ("e", a, axes):
            return ex.BandEnergy(a, axes)
        case ("gap", a, b):
            return ex.Gap(a, b)
        case ("f" | "g" as kind, a, order):
            return ex.Occupation(kind, a, order)
    raise AssertionError(letter)


# -- the rules ---------------------------------------------------------------------------------------------------------
def _multiply(multiplet: bool, left: String, *others: String) -> Iterator[Reduced]:
    """The product of reduced strings as a sum of (coefficient, atoms, reduced string).

    Of the right one the first letter can react and the first projector, which closes what is open on the left.
    """
    if not others:
        yield ONE, (), left
        return
    right, *rest = others
    if not left or not right:
        yield from _multiply(multiplet, left + right, *rest)
        return
    closing = next((j for j, letter in enumerate(right) if letter[0] == "K"), 0)
    for coefficient, atoms, string in _push(left, right[0], multiplet):
        if not closing:
            yield from after(coefficient, atoms, _multiply(multiplet, string + right[1:], *rest))
            continue
        for factor, more, closed in _push(string + right[1:closing], right[closing], multiplet):
            tail = _multiply(multiplet, closed + right[closing + 1 :], *rest)
            yield from after(times(coefficient, factor), merge(atoms, more), tail)


def _push(string: String, letter: Letter, multiplet: bool) -> Iterator[Reduced]:
    """A reduced string times one letter."""
    rest, last = string[:-1], string[-1] if string else ("",)
    match last[0] + letter[0]:
        case "KK":
            if last[2] == letter[1]:
                yield ONE, (), (*rest, ("K", last[1], letter[2]))
        case "KG":
            if last[2] != letter[1]:
                yield from times_gap(letter[1], last[2], letter[2], [(ONE, (), string)])
        case "GK":
            if last[1] != letter[1]:
                yield from times_gap(last[1], letter[1], last[2], _push(rest, letter, multiplet))
        case "GG":
            for coefficient, atoms, replacement in _powers(last, letter):
                yield from after(coefficient, atoms, _multiply(multiplet, rest, replacement))
        case "OK":
            yield from _close(string, letter, multiplet)
        case _:
            yield ONE, (), (*string, letter)


@lru_cache(maxsize=4096)
def _powers(left: Letter, right: Letter) -> tuple[Reduced, ...]:
    """G_a^k G_b^l with the same or with two different reference bands, terms collected."""
    terms = collected(((atoms, string), value) for value, atoms, string in _product_of_powers(left, right))
    return tuple((value, atoms, string) for (atoms, string), value in terms.items() if value)


def _product_of_powers(left: Letter, right: Letter) -> Iterator[Reduced]:
    (_, a, k), (_, b, l) = left, right
    if a == b and k + l:
        yield ONE, (), (("G", a, k + l),)
    elif a == b:
        yield ONE, (), ()
        yield MINUS, (), (("K", a, a),)
    elif k > 0 or l > 0:
        # (e_a - H)^k = sum_j C(k, j) (e_a - e_b)^(k-j) (e_b - H)^j; the factors commute. What is left of a positive
        # power returns to its reference.
        (a, k), (b, l) = ((a, k), (b, l)) if k > 0 else ((b, l), (a, k))
        for j in range(k + 1):
            yield from times_gap(a, b, k - j, _at_reference(a, b, j, l), QQ_I(comb(k, j)))
    else:
        # S_a^p S_b^q = sum_j c_j S_a^j + d_j S_b^j plus what makes P_a and P_b of it vanish; w = e_a - e_b, S_b P_a = -P_a/w
        p, q = -k, -l
        sign = MINUS if q % 2 else ONE
        terms = [((("G", a, -j),), comb(p + q - j - 1, q - 1), j) for j in range(1, p + 1)]
        terms += [((("G", b, -j),), (-1) ** j * comb(p + q - j - 1, p - 1), j) for j in range(1, q + 1)]
        terms += [((("K", a, a),), -comb(p + q - 1, p), 0), ((("K", b, b),), -comb(p + q - 1, q), 0)]
        for string, coefficient, j in terms:
            yield from times_gap(a, b, j - p - q, [(ONE, (), string)], sign * QQ_I(coefficient))


def _at_reference(a: str, b: str, j: int, l: int) -> Iterator[Reduced]:
    """(e_b - H)^j S_b^(-l), where positive powers are again powers of e_a - H."""
    if j + l > 0:
        for i in range(j + l + 1):
            string: String = (("G", a, i),) if i else ()
            yield from times_gap(b, a, j + l - i, [(ONE, (), string)], QQ_I(comb(j + l, i)))
    elif j:
        yield from _powers(("G", b, j), ("G", b, l))
    else:
        yield ONE, (), (("G", b, l),)


def _close(string: String, letter: Letter, multiplet: bool) -> Iterator[Reduced]:
    """... |a><b| X times |c><d|: the block between b and c is cut off."""
    start = max((j for j, entry in enumerate(string) if entry[0] == "K"), default=-1)
    (_, a, b), (_, c, d), block = string[start] if start >= 0 else ("", "", ""), letter, string[start + 1 :]
    if start >= 0 and b == c and len(block) == 1 and block[0][1] == "H":
        for (atoms, replacement), value in _band_block(b, block[0][2], multiplet).terms.items():
            yield from after(value, atoms, _multiply(multiplet, string[: start + 1], replacement, (letter,)))
    elif start >= 0 and not multiplet:
        yield ONE, ((("<>", b, block, c), 1),), (*string[:start], ("K", a, d))
    else:
        yield ONE, (), (*string, letter)


@cache
def _band_block(n: str, axes: tuple[ex.Axis, ...], multiplet: bool) -> NormalForm:
    """P H_I P for one band or multiplet, by differentiating P H_i P = (d_i e_n) P once for every further axis."""
    return normal_form(_band_block_expression(n, axes), multiplet)


@cache
def _band_block_expression(n: str, axes: tuple[ex.Axis, ...]) -> ex.Expression:
    P, S = ex.Projector(n), ex.Resolvent(n)
    if len(axes) == 1:
        return ex.v_band(axes[0], n) * P
    shorter, last = axes[:-1], ex.v(axes[-1])
    H_I = ex.Operator("H", shorter)
    return P * derivative(_band_block_expression(n, shorter), axes[-1]) * P - P * (last * S * H_I + H_I * S * last) * P


def _trace(string: String, multiplet: bool) -> Iterator[tuple[Any, Atoms]]:
    """Tr[string] as a sum of (coefficient, atoms): a projector is rotated to the front and the circle closed."""
    start = next((j for j, entry in enumerate(string) if entry[0] == "K"), None)
    if start is None:
        raise ValueError(
            "Trace: expected a projector in every term, got a term without, which has no normal form for an unspecified "
            "number of bands"
        )
    opened, first = string[start:], ("K", string[start][1], string[start][1])
    for coefficient, atoms, closed in _multiply(multiplet, opened, string[:start], (first,)):
        yield coefficient, merge(atoms, circle(closed, multiplet))
