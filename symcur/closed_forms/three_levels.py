"""Three energies, of which two occur r times and the third r_0 != r times, as flat bands of several states do.

The third, e_0, and the sum t and product d of the two others, measured from it, are exact functions of k. With H' = H - e_0,
H'(H'^2 - t H' + d) = 0; Pi = H'(t - H')/d projects onto the two levels e_0 + t/2 +- g, g^2 = t^2/4 - d = h^2, and P_0 = 1 - Pi. For them

    P = Pi [1 + (H' - t/2)/g]/2,   S^p = Pi [1 - (H' - t/2)/g]/2 (2 g)^(-p) + P_0 [(t/2 - g)/d]^p,

and P_0, S^p = Pi [(H' - t)/d]^p for the third. With chi = 1 on the two and 0 on the third every expression is
phi (1 - chi) + (alpha + beta/g) chi with explicit functions of k.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from typing import Any

import sympy as sp
from flint import fmpq

from symcur.arrays import ObjectArray
from symcur.closed_forms.degeneracy import determinant, power_sums
from symcur.closed_forms.entries import Entries
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.quotients import divided
from symcur.closed_forms.reading import Quotient, Reading
from symcur.closed_forms.ring import Exact, NotExact, reduced
from symcur.expressions import Expression, Matrix, MatrixInterpreter
from symcur.expressions import expression as ex
from symcur.expressions.interpreter import shifted

_LONG, _MATRIX = 5000, 20_000  # terms of a number and of a matrix, above which the steps of the adjugate are taken


class ThreeLevels(Reading):
    """Reads the expressions of a model with three distinct energies, two of one rank and one of another; one object serves all.

    ``generators`` are two symbols of the ring of the entries, for g and d. Raises NotExact where the energies are no such
    functions.
    """

    not_compared = 0

    def __init__(
        self,
        entries: Entries,
        ranks: tuple[int, ...],
        generators: tuple[sp.Symbol, ...],
        energy: sp.Symbol,
        symbols: dict[str, sp.Symbol],
    ) -> None:
        ring = self.ring = entries.ring
        self._places = tuple(ring.place[generator] for generator in generators)
        single, r, self.single, t, self.d = levels_of_three(entries, ranks)
        H, half = reduced(shifted(entries.operator("H", ()), -self.single)), t / 2
        self.h_squared = (half * half - self.d).reduced()
        if self.d.is_zero or self.h_squared.is_zero:
            raise NotExact(f"{entries.model.name}: the three energies are not distinct")
        super().__init__(entries, energy, symbols, self.single + half)
        self.structure = f"three energies, {single}, {r} and {r} times: H'(H'^2 - t H' + d) = 0"
        self.rank = Both(single, r)
        self._symmetric = t.is_zero
        self._name_invariants(t)
        g, (g1, d1) = ring.convert(generators[0]), (ring.monomial({place: -1}) for place in self._places)
        if t.is_zero:  # d = -g^2
            d1 = -(g1 * g1)
        Pi = reduced(H @ shifted(-H, t)) * d1
        P_0, odd = shifted(-Pi, ring.one), (H - Pi * half) * g1  # H' Pi = H'
        own, opposite = (Pi + odd) / 2, (Pi - odd) / 2
        of_third = self._interpreter(P_0, lambda p: _power((H - Pi * t) * d1, p), single)
        of_pair = self._interpreter(own, lambda p: opposite * (g1 / 2) ** p + P_0 * ((half - g) * d1) ** p, r)
        self.interpreter = _Interpreters(of_third, of_pair)

    def _interpreter(
        self, projector: ObjectArray, resolvent: Callable[[int], ObjectArray], rank: int
    ) -> MatrixInterpreter:
        return _Short(
            self.entries.operator,
            reduced(projector),
            cache(lambda power: reduced(resolvent(power))),
            rank,
            self.scalar,
            Exact.part,
        )

    def _name_invariants(self, t: Exact) -> None:
        h2 = self._named("h2", written(self.h_squared).expression)
        d = -h2 if t.is_zero else self._named("d", written(self.d).expression)
        self._names = {self.d: d, self.h_squared: h2}
        third = self.energy - written(self.single).expression
        ways = (
            [third**2 / h2] if t.is_zero else [(h2 - self._eps**2) / d + 1, third * (written(t).expression - third) / d]
        )
        self._chi = self._symbols["chi"]
        self.definitions[self._chi] = min(ways, key=sp.count_ops)

    # -- writing -----------------------------------------------------------------------------------------------------
    def real(self, value: Any) -> sp.Expr:
        flat, _ = self._by_parity(value.third.reduced())
        even, odd = self._by_parity(value.pair.reduced())
        if self._is_energy(flat, even, odd):
            return self.energy
        outer = flat.written(self._names).expression
        inner = even.written(self._names).expression
        # Not eps/h^2 = 1/eps: eps may vanish on the third level, where it is -t/2.
        rest = odd.written(self._names).expression * self._eps if not odd.numerator.is_zero else sp.Integer(0)
        rest *= 1 if self._symmetric else self._chi
        return rest + (outer if outer == inner else outer * (1 - self._chi) + inner * self._chi)

    def _is_energy(self, flat: Quotient, even: Quotient, odd: Quotient) -> bool:
        if any(power for quotient in (flat, even, odd) for power in quotient.powers.values()):
            return False
        expected = ((flat, self.single), (even, self.middle), (odd, self.ring.one))
        return all((quotient.numerator - value).reduced().is_zero for quotient, value in expected)

    def _by_parity(self, value: Exact) -> tuple[Quotient, Quotient]:
        """alpha and beta' with value = alpha + beta' g, both in lowest powers of d and h^2."""
        i, j = self._places
        lift = self.ring.monomial({i: value.shift[i], j: value.shift[j]})
        terms = {
            (exponents[i] - value.shift[i], exponents[j] - value.shift[j]): (c * lift).reduced()
            for exponents, c in value.by_powers([i, j]).items()
        }
        found = []
        for parity in (0, 1):
            powers = {((n - parity) // 2, m): c for (n, m), c in terms.items() if n % 2 == parity}
            lowest_h, lowest_d = (max([0, *(-key[a] for key in powers)]) for a in (0, 1))
            numerator = self.ring.zero
            for (n, m), c in powers.items():
                numerator = numerator + c * self.h_squared ** (n + lowest_h) * self.d ** (m + lowest_d)
            found.append(self.quotient(numerator, {self.h_squared: lowest_h, self.d: lowest_d}))
        return found[0], found[1]


class _Short(MatrixInterpreter):
    """Raises NotExact where values get so long that the steps of the adjugate are shorter."""

    def evaluate(self, expression: Expression) -> Any:
        if isinstance(expression, ex.Product):
            return reduce(lambda a, b: self._required(a * b), map(self.read, expression.factors))
        return self._required(super().evaluate(expression))

    @staticmethod
    def _required(value: Any) -> Any:
        entries, most = (value.array.flat, _MATRIX) if isinstance(value, Matrix) else ([value], _LONG)
        if sum(len(x.real) + len(x.imag) for x in entries) > most:
            raise NotExact("expression: expected short forms, got one with many terms")
        return value


class Both:
    """A value on the third level and one on the two others."""

    def __init__(self, third: Any, pair: Any) -> None:
        self.third, self.pair = third, pair

    def __neg__(self) -> Both:
        return Both(-self.third, -self.pair)

    def __truediv__(self, other: Both) -> Both:
        return Both(self.third / other.third, self.pair / other.pair)

    def reduced(self) -> Both:
        return Both(self.third.reduced(), self.pair.reduced())

    def part(self, which: str) -> Both:
        return Both(self.third.part(which), self.pair.part(which))

    def same(self, other: Both) -> bool:
        return bool(self.third.same(other.third) and self.pair.same(other.pair))


class _Interpreters:
    """Reads an expression of numbers on both."""

    def __init__(self, third: MatrixInterpreter, pair: MatrixInterpreter) -> None:
        self.third, self.pair = third, pair

    def read(self, expression: Expression) -> Any:
        third, pair = self.third.read(expression), self.pair.read(expression)
        return third if isinstance(third, Matrix) else Both(third, pair)


def _power(matrix: ObjectArray, power: int) -> ObjectArray:
    return reduce(lambda a, b: reduced(a @ b), [matrix] * power)


def _ranks(ranks: tuple[int, ...]) -> tuple[int, int]:
    """(r_0, r) of three multiplicities."""
    for r in set(ranks):
        if ranks.count(r) == 2:
            return next(other for other in ranks if other != r), r
    raise NotExact(f"multiplicities: expected two equal ones and another, got {ranks}")


def levels_of_three(entries: Entries, ranks: tuple[int, ...]) -> tuple[int, int, Exact, Exact, Exact]:
    """r_0, r, e_0, t and d, from the minimal polynomial z^3 + c_2 z^2 + ...: c_2 is minus the sum of the three energies."""
    single, r = _ranks(ranks)
    H, name = entries.traceless, entries.model.name
    m = power_sums(H, 5)
    zero = entries.ring.zero
    if m[3].is_zero and m[5].is_zero:
        total = zero
    else:
        below = determinant(entries.ring, [[m[a + b] for b in (0, 1, 2)] for a in range(3)]).reduced()
        above = determinant(entries.ring, [[m[a + b] for b in (0, 1, 3)] for a in range(3)]).reduced()
        quotient = None if below.is_zero else divided(above, below)
        if quotient is None:
            raise NotExact(f"{name}: the energies are no polynomials in the functions of the model")
        total = quotient
    e_0 = total * fmpq(r, r - single)  # r_0 e_0 + r (e_1 + e_2) = 0
    rest = (total - e_0).reduced()
    product = (e_0 * e_0 * single + rest * rest * r - m[2]) * fmpq(1, 2 * r)
    t = (rest - e_0 * 2).reduced()
    d = (product - e_0 * rest + e_0 * e_0).reduced()
    shift = reduced(shifted(H, -e_0))
    square = reduced(shift @ shifted(shift, -t))
    if not all(entry.is_zero for entry in reduced(shift @ shifted(square, d)).flat):
        raise NotExact(f"{name}: expected three energies, {single}, {r} and {r} times")
    return single, r, (e_0 + entries.h0).reduced(), t, d
