"""The independent check of the prover: an expression at one random exact point, for bands and multiplets of chosen ranks.

A point is a band structure known to every order in k that the expression asks for,

    H(k) = U(k) E(k) U(k)^(-1),  U(k) = exp(i G(k)),  G(0) = 0,

with random power series for G and for the energies on the diagonal of E. Energies that are repeated there make a multiplet,
degenerate at every k. P, S and the derivatives of all of them follow by multiplying and differentiating truncated power
series: none of the rules for projectors and resolvents is used that the normal form consists of. In the eigenbasis at k = 0
every jet of a Hermitian H (with the multiplets asked for) is reached, and f and g are random functions at every energy.

With the field h it is H(k) - h s, which is made block diagonal again order by order. Covariant derivatives take commutators
with random Hermitian power series A_i(k), and s is one as well. With a metric eta = diag(+-1) of bosons U = exp(i eta G) and
H = eta U E U^(-1), which is Hermitian, and positive at k = 0.

Two arithmetics read the same point. Modulo PRIME, where -1 has a root, a random point decides in milliseconds whether an
expression vanishes: if it does not, its value is nonzero with certainty, and if it is zero the expression vanishes
identically but for a probability of at most degree / PRIME (Schwartz and Zippel; ``degree`` bounds that of its numerator).
In rational arithmetic, with Hermitian matrices of small numbers, a point is a counterexample that can be written down.

How many bands suffice. Let the expanded expression have q external bands and at most r other labels
(``sum_over_states.summed_indices``). Each monomial carries at most q + r band labels, and its coefficient does not change when
bands outside of these are added or removed: what vanishes identically for N = q + r bands vanishes for every N.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from sympy import QQ, QQ_I

from symcur.expressions import expression as ex
from symcur.expressions.axes import Momentum, momentum
from symcur.expressions.bosons import electronic, has_metric, sharp
from symcur.expressions.bounds import require_point
from symcur.expressions.expression import Axis, Covariant, Expression
from symcur.expressions.interpreter import Interpreter
from symcur.expressions.power_series import Arithmetic, Entry, Exact, Modular, Series, Truncation
from symcur.expressions.splitting import require_no_level
from symcur.expressions.sum_over_states import summed_indices
from symcur.expressions.wannier import is_curved

_ZERO = QQ_I(0)


# -- what an expression asks of a point --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Demand:
    """The bands with names, the axes with the highest derivative along each, and the highest one along all."""

    bands: tuple[str, ...]
    highest: dict[Momentum, int]
    degree: int
    others: int  # labels of bands without a name, at most, in a term of the expanded expression
    curved: bool = False  # whether derivatives are covariant, with any connection, and s depends on k
    metric: bool = False  # whether the letters are those of bosons

    @classmethod
    @lru_cache(maxsize=64)  # the prover asks for one expression several times
    def of(cls, expression: Expression) -> Demand:
        highest: Counter[Momentum] = ex.fold(expression, _HIGHEST, lambda node, *parts: _union(parts))
        degree = ex.fold(expression, _DEGREE, lambda node, *degrees: max(degrees, default=0))
        others = summed_indices(electronic(expression))
        bands = tuple(ex.bands_of(expression))
        return cls(bands, highest, degree, others, is_curved(expression), has_metric(expression))

    def states(self, ranks: tuple[int, ...]) -> int:
        """As many states as decide the expression for every number of them."""
        return max(sum(ranks) + self.others, 2)


def _union(parts: tuple[Counter[Momentum], ...]) -> Counter[Momentum]:
    return reduce(or_, parts, Counter())


_HIGHEST: dict[type[Expression], Callable[..., Counter[Momentum]]] = {
    ex.Operator: lambda node: Counter(map(momentum, node.axes)),
    ex.BandEnergy: lambda node: Counter(node.axes),
    ex.Derivative: lambda node, inner: inner + Counter([momentum(node.axis)]),
}
_DEGREE: dict[type[Expression], Callable[..., int]] = {
    ex.Operator: lambda node: len(node.axes) - (node.name == ex.CURVATURE),
    ex.BandEnergy: lambda node: len(node.axes),
    ex.Derivative: lambda node, inner: inner + 1,
}
# Letters of the longest term, powers counted.
_LENGTH: dict[type[Expression], Callable[..., int]] = {
    ex.Number: lambda node: 0,
    ex.Resolvent: lambda node: node.power,
    ex.Gap: lambda node: abs(node.power),
    ex.Product: lambda node, *lengths: sum(lengths),
}


def degree(expression: Expression) -> int:
    """A bound on the degree, in all random numbers, of the numerator of the expression over its common denominator.

    To order d in k a letter, P and H among them, is a polynomial of degree d + 1 at most, and S one over the product of
    (e_n - e_a)^(1 + d) over the other levels a. For a term of L letters with q bands of N levels the numerator has therefore
    at most the degree L (1 + d), and the common denominator of all terms at most q (N - 1) L (1 + d). With the field h every
    order divides by one more difference of any two levels, so that all N (N - 1)/2 pairs stand in the common denominator, to a
    power of at most L (1 + 2d).
    """
    demand = Demand.of(expression)
    length = ex.fold(expression, _LENGTH, lambda node, *lengths: max(lengths, default=1))
    levels = len(demand.bands) + demand.others
    if ex.FIELD in demand.highest:
        return length * (1 + 2 * demand.degree) * (1 + levels * (levels - 1) // 2)
    return length * (1 + demand.degree) * (1 + len(demand.bands) * levels)


class ExactPoint(Interpreter):
    """Reads expressions at k = 0 of a random band structure with ``states`` states; ``ranks`` are those of ``bands``."""

    remembered = Expression

    def __init__(self, demand: Demand, states: int, ranks: tuple[int, ...], arithmetic: Arithmetic, seed: int) -> None:
        super().__init__()
        self.demand, self.states, self.arithmetic, self.seed = demand, states, arithmetic, seed
        self.zero = arithmetic.number(_ZERO.x)
        self.truncation = Truncation(demand.highest, demand.degree)
        self.level_of = {band: j for j, band in enumerate(demand.bands)}
        # the level of every state: first those of the bands that have a name, each as often as its rank
        self.levels = [j for j, rank in enumerate(ranks) for _ in range(rank)]
        self.levels += range(len(ranks), len(ranks) + states - len(self.levels))
        generator = random.Random(seed)
        count, monomials = self.levels[-1] + 1, len(self.truncation.monomials)
        signs = [(-1) ** (level + seed) if demand.metric else 1 for level in range(count)]
        self.metric = Series(
            self.truncation, {0: self._entries([arithmetic.number(QQ_I(signs[j]).x) for j in self.levels])}
        )
        slopes = [[arithmetic.sample(generator) for _ in range(count)] for _ in range(monomials - 1)]
        start = arithmetic.energies(generator, count)
        if demand.metric:  # of the sign of the norm, so that H is positive
            above = arithmetic.number(QQ_I(2 * count + 1).x)
            start = [sign * (energy + above) for sign, energy in zip(signs, start, strict=True)]
        self.energy = [start, *slopes]  # by monomial and level
        self.U, self.U_inverse = self._frame(generator)
        if ex.FIELD in demand.highest:
            self._apply_field()
        else:
            self.H = self._rotated(self._diagonal(lambda energies, level: energies[level]))

    # -- pieces of a point ---------------------------------------------------------------------------------------------
    def _frame(self, generator: random.Random) -> tuple[Series, Series]:
        exponent = self._barred(self._hermitian(generator).small) * self.number(QQ_I(0, 1))
        frames = []
        for sign in (1, -1):
            frame = power = self.number(QQ_I(1))
            for j in range(1, self.truncation.degree + 1):
                power = power * exponent * self.number(QQ_I(sign) / QQ_I(j))
                frame = frame + power
            frames.append(frame)
        return frames[0], frames[1]

    def _apply_field(self) -> None:
        """H - h s: K = U^(-1)(H - h s)U has K (1 + X) = (1 + X) B with B block diagonal and X without blocks, order by order."""
        self.U, self.U_inverse = (self._without_field(frame) for frame in (self.U, self.U_inverse))
        levels = self._without_field(self._diagonal(lambda energies, level: energies[level]))
        h = self.truncation.monomials.index(tuple(int(axis == ex.FIELD) for axis in self.truncation.axes))
        coupling = Series(self.truncation, {h: self.number(QQ_I(-1)).terms[0]})
        self.H = self._rotated(levels) + coupling * self._barred(self.operator("s", ()))
        K = self.U_inverse * self.H * self.U
        X, B = Series(self.truncation, {}), Series(self.truncation, {})
        for degree in range(self.truncation.degree + 1):
            found = K + K * X + self.number(QQ_I(-1)) * X * B
            for place, matrix in found.terms.items():
                if sum(self.truncation.monomials[place]) == degree:
                    B.terms[place], X.terms[place] = self._parts(matrix)
        one = self.number(QQ_I(1))
        X_inverse = self._inverse(one + X, one.terms[0])
        self.U, self.U_inverse = self.U * (one + X), X_inverse * self.U_inverse
        first = [self.levels.index(level) for level in range(self.levels[-1] + 1)]
        nothing = self.number(_ZERO).terms[0]
        for place in range(1, len(self.energy)):
            block = B.terms.get(place, nothing)
            self.energy[place] = [self.arithmetic.entry(block, a, a)[0] for a in first]

    def _without_field(self, series: Series) -> Series:
        """The same at h = 0."""
        h = [j for j, axis in enumerate(self.truncation.axes) if axis == ex.FIELD]
        monomials = self.truncation.monomials
        return Series(self.truncation, {p: m for p, m in series.terms.items() if not any(monomials[p][j] for j in h)})

    def _parts(self, matrix: Any) -> tuple[Any, Any]:
        """The blocks of a matrix, and the rest over the differences of the energies of its columns and rows."""
        zero = self.zero, self.zero

        def inside(a: int, b: int) -> Entry:
            return self.arithmetic.entry(matrix, a, b) if self.levels[a] == self.levels[b] else zero

        def outside(a: int, b: int) -> Entry:
            if self.levels[a] == self.levels[b]:
                return zero
            distance = self.energy[0][self.levels[b]] - self.energy[0][self.levels[a]]
            x, y = self.arithmetic.entry(matrix, a, b)
            return x / distance, y / distance

        return self.arithmetic.matrix(self.states, inside), self.arithmetic.matrix(self.states, outside)

    def _hermitian(self, generator: random.Random) -> Series:
        """Random Hermitian matrices for all monomials."""
        terms = {}
        for place in range(len(self.truncation.monomials)):
            above = {
                (a, b): (self.arithmetic.sample(generator), self.arithmetic.sample(generator) if a < b else self.zero)
                for a in range(self.states)
                for b in range(a, self.states)
            }
            below = {(b, a): (x, -y) for (a, b), (x, y) in above.items()}
            entries = {**below, **above}
            terms[place] = self.arithmetic.matrix(self.states, lambda a, b: entries[a, b])  # noqa: B023, used at once
        return Series(self.truncation, terms)

    def _diagonal(self, entry: Callable[[list[Any], int], Any]) -> Series:
        """The series with entry(energies of the levels at this monomial, level) for every state."""
        return Series(
            self.truncation,
            {place: self._entries([entry(e, level) for level in self.levels]) for place, e in enumerate(self.energy)},
        )

    def _entries(self, values: list[Any]) -> Any:
        return self.arithmetic.diagonal([(value, self.zero) for value in values])

    def _rotated(self, diagonal: Series) -> Series:
        return self.U * diagonal * self.U_inverse

    def _inverse(self, series: Series, constant: Any) -> Series:
        """1/series where ``constant`` is the (reduced) inverse of its constant term, by the geometric series."""
        start = Series(self.truncation, {0: constant})
        step = series.small * start * self.number(QQ_I(-1))
        total = power = start
        for _ in range(self.truncation.degree):
            power = power * step
            total = total + power
        return total

    def _power(self, series: Series, power: int) -> Series:
        result = self.number(QQ_I(1))
        while power:
            if power % 2:
                result = result * series
            series, power = series * series, power // 2
        return result

    # -- the letters ---------------------------------------------------------------------------------------------------
    def number(self, value: Any) -> Series:
        return self._multiple((self.arithmetic.number(value.x), self.arithmetic.number(value.y)))

    def _multiple(self, value: Entry) -> Series:
        return Series(self.truncation, {0: self.arithmetic.diagonal([value] * self.states)})

    def operator(self, name: str, axes: tuple[Axis, ...]) -> Series:
        if name == ex.CURVATURE and len(axes) == 2:
            return self._curvature(*map(momentum, axes))
        if axes:
            return self.derivative(axes[-1], ex.Operator(name, axes[:-1]))
        if name == "H":
            return self._barred(self.H)
        if name == ex.METRIC.name:
            return self.metric
        series = self._hermitian(random.Random(f"{self.seed} {name}"))
        if name not in ex.CONSTANT:
            return series
        return self._without_field(series) if self.demand.curved else Series(self.truncation, {0: series.terms[0]})

    def _barred(self, form: Series) -> Series:
        """What a form is on states, and the other way round."""
        return self.metric * form if self.demand.metric else form

    def _connection(self, axis: Axis) -> Series:
        """A_i(k), any Hermitian matrices."""
        return self._without_field(self._hermitian(random.Random(f"{self.seed} A {momentum(axis)}")))

    def _commutator(self, left: Series, right: Series) -> Series:
        """-i [left, right]."""
        return self.number(QQ_I(0, -1)) * (left * right + self.number(QQ_I(-1)) * right * left)

    def _curvature(self, i: Momentum, l: Momentum) -> Series:
        A_i, A_l = self._connection(i), self._connection(l)
        return A_l.derivative(i) + self.number(QQ_I(-1)) * A_i.derivative(l) + self._commutator(A_i, A_l)

    def adjoint(self, expression: Expression) -> Expression:
        return sharp(expression) if self.demand.metric else super().adjoint(expression)

    def projector(self, band: str) -> Series:
        own, numbers = self.level_of[band], [self.arithmetic.number(QQ_I(j).x) for j in range(2)]
        inside = self._entries([numbers[level == own] for level in self.levels])
        return self._rotated(Series(self.truncation, {0: inside}))

    def resolvent(self, band: str, power: int) -> Series:
        own = self.level_of[band]
        distances = self._diagonal(lambda energies, level: energies[own] - energies[level])
        energies = self.energy[0]
        inverse = [1 / (energies[own] - energies[j]) if j != own else self.zero for j in self.levels]
        once = self._inverse(distances, self._entries(inverse))
        return self._rotated(self._power(once, power))

    def band_energy(self, band: str, axes: tuple[Axis, ...]) -> Series:
        own = self.level_of[band]
        value = self._diagonal(lambda energies, level: energies[own])
        for axis in axes:
            value = value.derivative(momentum(axis))
        return value

    def occupation(self, kind: str, band: str, order: int) -> Series:
        """The Taylor series of a random function around the energy; f is the derivative of g."""
        first = order + (kind == "f")
        step = self.band_energy(band, ()).small
        total, power = self.number(QQ_I(0)), self.number(QQ_I(1))
        for j in range(self.truncation.degree + 1):
            value = self.arithmetic.sample(random.Random(f"{self.seed} {self.level_of[band]} {first + j}"))
            total = total + self._multiple((value, 0 * value)) * power
            power = power * step * self.number(QQ_I(1) / QQ_I(j + 1))
        return total

    def gap(self, m: str, n: str, power: int) -> Series:
        upper, lower = self.level_of[m], self.level_of[n]
        value = self._diagonal(lambda energies, level: energies[upper] - energies[lower])
        if power < 0:
            distance = self.energy[0][upper] - self.energy[0][lower]
            value = self._inverse(value, self._entries([1 / distance] * self.states))
        return self._power(value, abs(power))

    def trace(self, value: Series) -> Series:
        def multiple(matrix: Any) -> Any:
            diagonal = (self.arithmetic.entry(matrix, a, a) for a in range(self.states))
            x, y = (sum(parts, self.zero) for parts in zip(*diagonal, strict=True))
            return self._multiple((x, y)).terms[0]

        return value.map(multiple)

    def derivative(self, axis: Axis, operand: Expression) -> Series:
        if axis == ex.FIELD and len(set(self.levels)) < self.states:
            require_no_level(operand)
        value: Series = self.read(operand)
        slope = value.derivative(momentum(axis))
        return slope + self._commutator(self._connection(axis), value) if isinstance(axis, Covariant) else slope

    # -- values at k = 0 -----------------------------------------------------------------------------------------------
    def value(self, expression: Expression) -> Any:
        """The matrix of the arithmetic; for a scalar a multiple of the identity."""
        series: Series = self.read(expression)
        return series.terms.get(0, self.number(_ZERO).terms[0])

    def operators(self, names: Iterable[str]) -> list[ex.Operator]:
        """H and all its derivatives by k that make up this point; where they are covariant, F and those of the other operators."""
        covariant = self.demand.curved
        axes = [axis for axis in self.truncation.axes if axis != ex.FIELD]
        marked: list[Axis] = [Covariant(axis) for axis in axes] if covariant else list(axes)
        orders = [[a[self.truncation.axes.index(axis)] for axis in axes] for a in self.truncation.monomials]
        powers = dict.fromkeys(sum(((axis,) * j for axis, j in zip(marked, a, strict=True)), ()) for a in orders)
        curvatures = [
            ex.Operator(ex.CURVATURE, ex.ordered(pair)) for pair in itertools.combinations(axes, 2) if covariant
        ]
        of = dict.fromkeys(("H", *sorted(set(names) - {"H", ex.CURVATURE})) if covariant else ("H",))
        return [ex.Operator(name, ex.ordered(power)) for name in of for power in powers] + curvatures

    def entries(self, expression: Expression) -> list[list[Any]]:
        """The same as rows of exact complex rationals, in rational arithmetic."""
        matrix, indices = self.value(expression), range(self.states)
        return [[_gaussian(*self.arithmetic.entry(matrix, a, b)) for b in indices] for a in indices]


def _gaussian(x: Any, y: Any) -> Any:
    return QQ_I(QQ(int(x.p), int(x.q)), QQ(int(y.p), int(y.q)))


def vanishes(expression: Expression, ranks: tuple[int, ...] | None = None, states: int | None = None) -> bool:
    """Whether the expression is zero at a random point modulo PRIME, by default of as many states as decide for any number.

    ``ranks`` are those of ``bands_of(expression)``, by default 1.
    """
    demand = Demand.of(expression)
    ranks = ranks or (1,) * len(demand.bands)
    states = states or demand.states(ranks)
    require_point(expression, demand.highest, demand.degree, states)
    point = ExactPoint(demand, states, ranks, Modular(), seed=1)
    return not any(int(entry) for entry in point.value(expression).entries())


def rational_point(expression: Expression, states: int, ranks: tuple[int, ...], seed: int) -> ExactPoint:
    """A point of Hermitian matrices of rational numbers at which the expression can be read."""
    demand = Demand.of(expression)
    require_point(expression, demand.highest, demand.degree, states)
    return ExactPoint(demand, states, ranks, Exact(), seed)
